"""Tables beside a scenario: recorded demand, load or a catalogue, as CSV or Parquet.

Only the text of a CSV or the columns of a Parquet file are read; nothing in them is executed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sim.core.config import DATA_SUFFIXES as SUFFIXES
from sim.core.errors import Problem, ScenarioError, shown
from sim.core.tables import Fault
from sim.scenario.folder import FileRefusedError

MAX_BYTES = 1 << 30
_NESTED = ("list", "large_list", "fixed_size", "struct", "map", "dense_union", "sparse_union", "binary", "large_bin")


def check_size(path: Path, name: str) -> None:
    """Raise FileRefusedError for a table too large to read."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise FileRefusedError(f"found {name!r} of {size} bytes, accepted: at most {MAX_BYTES}")


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, or an empty text when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()


def read_table(path: Path, name: str) -> Any:
    """The table as a pandas DataFrame. Raises ScenarioError naming the file when it is malformed or empty."""

    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            table = pq.read_table(path, memory_map=False)
            nested = [field.name for field in table.schema if str(field.type).startswith(_NESTED)]
            if nested:
                raise ValueError(f"the columns {', '.join(nested)} hold no plain values")
            frame = table.to_pandas()
        else:
            frame = _read_csv(path)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        message = f"found a table that cannot be read ({reason}), accepted: {' or '.join(SUFFIXES)}"
        raise ScenarioError([Problem(name, 0, 0, "", message)]) from None
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ScenarioError([Problem(name, 1, 1, "", f"found the column {shown(str(twice))} twice, accepted: each column once")])
    if frame.empty:
        raise ScenarioError([Problem(name, 0, 0, "", "found an empty table, accepted: at least one row")])
    return frame


def _read_csv(path: Path) -> Any:
    """The table of a CSV file; row i stands in line i + 2. Raises ValueError for cells without a column, and what pandas raises."""
    import pandas as pd

    # without a header of pandas' own, so that a name that comes twice is seen; only an empty cell is no value
    options: dict[str, Any] = {"encoding": "utf-8-sig", "encoding_errors": "strict", "skip_blank_lines": False}
    options |= {"keep_default_na": False, "na_values": [""]}
    names = pd.read_csv(path, header=None, nrows=1, dtype=str, **options).iloc[0]
    frame = pd.read_csv(path, low_memory=False, header=0, **options)
    if not isinstance(frame.index, pd.RangeIndex):
        raise ValueError("rows have more cells than the first line has names")
    frame.columns = pd.Index([str(name).strip() for name in names])
    filled = frame.notna().any(axis=1).to_numpy().nonzero()[0]
    return frame.iloc[: int(filled[-1]) + 1 if len(filled) else 0]  # blank lines at the end are none


def problems_of(faults: Iterable[Fault], file: str, path: str, csv: bool) -> list[Problem]:
    """Faults of a table as problems at their line and cell, under the `path` that names the table."""
    found = []
    for fault in faults:
        row = "" if csv or fault.row is None else f", row {fault.row + 1}"
        message = f"column {fault.column}{row}: {fault.message}" if fault.column else fault.message
        line = 0 if not csv else 1 if fault.row is None else fault.row + 2
        found.append(Problem(file, line, min(line, 1), path, message, fault.suggestion))
    return found
