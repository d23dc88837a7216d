"""Reading data sets: the columns a fit names, in the kind it names, from ``NAME.csv.gz`` or ``NAME.csv``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.fit.record import CannotFitError, Kind, Study


def find(folder: Path, name: str) -> Path | None:
    """The file of data set `name` in `folder`, compressed or plain; None if there is none."""
    for suffix in (".csv.gz", ".csv"):
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    return None


def convert(column: pd.Series, kind: Kind) -> pd.Series:
    """`column` as `kind`; entries that cannot be read become missing rather than stopping the fit."""
    if kind == "number":
        return pd.to_numeric(column, errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)
    if kind == "day":
        digits = column.astype("string").str.replace(r"\.0$", "", regex=True)
        return pd.to_datetime(digits, format="%Y%m%d", errors="coerce")
    if kind == "time":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pd.to_datetime(column, errors="coerce", format="mixed")
    return column.astype("string")


def read(path: Path, columns: Mapping[str, Kind]) -> pd.DataFrame:
    """The named columns of `path`. Raises CannotFitError if the file or one of the columns cannot be read."""
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=True)
    except (OSError, EOFError, ValueError, UnicodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CannotFitError(f"{path.name} cannot be read as UTF-8 CSV: {reason}") from None
    missing = [name for name in columns if name not in raw.columns]
    if missing:
        raise CannotFitError(
            f"{path.name} lacks column {', '.join(missing)}; it has {', '.join(map(str, raw.columns))}"
        )
    return pd.DataFrame({name: convert(raw[name], kind) for name, kind in columns.items()})


def tables_for(study: Study, folder: Path) -> dict[str, pd.DataFrame]:
    """All tables of `study` found in `folder`; raises CannotFitError naming the needed files that are missing."""
    missing = [name for name in study.needs if find(folder, name) is None]
    if missing:
        raise CannotFitError("no file " + ", ".join(f"{name}.csv[.gz]" for name in missing))
    tables: dict[str, pd.DataFrame] = {}
    for name, columns in study.needs.items():
        path = find(folder, name)
        assert path is not None
        tables[name] = read(path, columns)
    for name, columns in study.helped_by.items():
        path = find(folder, name)
        if path is not None:
            tables[name] = read(path, columns)
    return tables
