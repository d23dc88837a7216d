"""Tables beside a scenario: recorded demand, load or a catalogue, as CSV or Parquet.

Only the text of a CSV or the columns of a Parquet file are read; nothing in them is executed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sim.core.config import DATA_SUFFIXES as SUFFIXES
from sim.core.errors import Problem, ScenarioError
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
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            table = pq.read_table(path, memory_map=False)
            nested = [field.name for field in table.schema if str(field.type).startswith(_NESTED)]
            if nested:
                raise ValueError(f"the columns {', '.join(nested)} hold no plain values")
            frame = table.to_pandas()
        else:
            frame = pd.read_csv(path, encoding="utf-8", encoding_errors="strict", low_memory=False)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        message = f"found a table that cannot be read ({reason}), accepted: {' or '.join(SUFFIXES)}"
        raise ScenarioError([Problem(name, 0, 0, "", message)]) from None
    if frame.empty:
        raise ScenarioError([Problem(name, 0, 0, "", "found an empty table, accepted: at least one row")])
    return frame
