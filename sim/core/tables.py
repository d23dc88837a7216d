"""What is wrong with a table a user names: columns and cells, told by row, so that a loader can say the line.

A section that names a table says in `faults` what it needs of it, with these helpers; nothing here reads files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.core.errors import shown, suggestion


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in a table. `row` counts the rows below the header from 0; None: the header, or the table as a whole."""

    row: int | None
    column: str
    message: str
    suggestion: str = ""


def columns(frame: Any, needed: Sequence[str], known: Sequence[str] | None = None) -> list[Fault]:
    """Columns that are missing and, where `known` lists all that are read, columns that nothing reads."""
    there = [str(name) for name in frame.columns]
    found = [
        Fault(None, name, f"found the columns {', '.join(there)}, accepted: a column named {name}")
        for name in needed
        if name not in there
    ]
    for name in there if known is not None else ():
        if name not in (known or ()):
            message = f"found the unknown column {shown(name)}, accepted: {', '.join(known or ())}"
            found.append(Fault(None, name, message, suggestion(name, known or ())))
    return found


def numbers(
    frame: Any, column: str, low: float, high: float, *, whole: bool = False, above: bool = False
) -> list[Fault]:
    """The first cell of a column that is no number from `low` to `high` (with `above`: above `low`; with `whole`: whole)."""
    values = numeric(frame, column)
    right = (values > low if above else values >= low) & (values <= high)
    if whole:
        right &= values == np.rint(values)
    wrong = np.flatnonzero(~right)
    if not len(wrong):
        return []
    kind = "a whole number" if whole else "a number"
    span = f"above {low:g}, at most {high:g}" if above else f"from {low:g} to {high:g}"
    more = f" ({len(wrong)} cells of this column are wrong)" if len(wrong) > 1 else ""
    row = int(wrong[0])
    return [Fault(row, column, f"found {cell(frame, column, row)}, accepted: {kind} {span}{more}")]


def numeric(frame: Any, column: str) -> np.ndarray:
    """float64[rows]: the cells of a column, nan where a cell is no finite number."""
    import pandas as pd

    series = frame[column]
    if series.dtype.kind in "mMbc":  # times, truths and complex numbers are no quantities
        return np.full(len(series), np.nan)
    values = pd.to_numeric(series, errors="coerce").to_numpy("f8", na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def cell(frame: Any, column: str, row: int) -> str:
    """A cell as a message shows it."""
    import pandas as pd

    value = frame[column].iloc[row]
    return "an empty cell" if pd.isna(value) else shown(value)


def repeated(frame: Any, names: Sequence[str], words: str) -> list[Fault]:
    """The first row whose cells in `names` an earlier row has already; `words` say what is accepted."""
    again = np.flatnonzero(frame.duplicated(list(names)).to_numpy())
    if not len(again):
        return []
    row = int(again[0])
    what = ", ".join(f"{name} {cell(frame, name, row)}" for name in names)
    return [Fault(row, names[0], f"found {what} a second time, accepted: {words}")]


def minute_by_minute(frame: Any, column: str) -> list[Fault]:
    """The first row that does not come one minute after the row before it: numbers count up by 1, moments by 1 minute."""
    import pandas as pd

    values = numeric(frame, column)
    if np.isnan(values).any():
        moments = pd.to_datetime(frame[column], errors="coerce", format="ISO8601" if frame[column].dtype == object else None)
        bad = np.flatnonzero(moments.isna().to_numpy())
        if len(bad):
            row = int(bad[0])
            message = f"found {cell(frame, column, row)}, accepted: a moment such as 2026-06-18 00:00, or the minute's number"
            return [Fault(row, column, message)]
        values = (moments - moments.iloc[0]).dt.total_seconds().to_numpy("f8") / 60.0
    wrong = np.flatnonzero(np.abs(np.diff(values) - 1.0) > 1e-6)
    if not len(wrong):
        return []
    row = int(wrong[0]) + 1
    before = cell(frame, column, row - 1)
    return [Fault(row, column, f"found {cell(frame, column, row)} after {before}, accepted: one row for each minute, in order")]


def first(*checks: Callable[[], Iterable[Fault]]) -> list[Fault]:
    """The faults of the first check that finds any: later checks may lean on earlier ones."""
    for check in checks:
        found = list(check())
        if found:
            return found
    return []
