"""What a study comes to: a table, an answer in words, figures, and how sure it is."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.study.store import write_whole
from sim.study.words import Text, both


@dataclass(frozen=True)
class Picture:
    """A figure drawn on demand: ``draw(lang)`` gives a matplotlib figure."""

    title: Text
    draw: Callable[[str], Any]
    caption: Text = field(default_factory=lambda: both(""))


@dataclass(frozen=True)
class Block:
    """A small table for the report: headings and rows of text in both languages."""

    title: Text
    headings: list[Text]
    rows: list[list[Text]]


@dataclass
class Outcome:
    """The result of a study of any kind."""

    kind: str
    name: str
    table: pd.DataFrame
    """one tidy table; its rows do not depend on time, machine, executor or interruptions"""
    answer: Text
    """the answer in one sentence"""
    effects: list[Block] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    sure: list[Text] = field(default_factory=list)
    """how sure and why"""
    settings: dict[str, Any] = field(default_factory=dict)
    runs: int = 0
    """runs the study rests on, stored ones included"""
    runs_made: int = 0
    """of those, made now"""
    met: bool = True
    """whether what was asked for was reached (precision, a selection, a threshold in range)"""
    extra: dict[str, Any] = field(default_factory=dict)
    """what a program may want beside the table: arrays, the selected policy, boxes"""

    def figure(self, number: int = 0, lang: str = "en") -> Any:
        """One of the study's figures as a matplotlib figure. Raises IndexError when there is none of that number."""
        return self.pictures[number].draw(lang)

    def _repr_html_(self) -> str:
        """The report's body, for notebooks."""
        from sim.study.report import body

        return body(self, "en")

    def save(self, folder: str | Path, manifest: dict[str, Any] | None = None, lang: str = "en") -> Path:
        """Write manifest.json, table.parquet, table.json and study.html into ``folder``; returns it."""
        from sim.study.report import page

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        _write_parquet(self.table, folder / "table.parquet")
        text = json.dumps(rows(self.table), ensure_ascii=False, indent=1)
        write_whole(folder / "table.json", text.encode())
        record = {"study": self.kind, "name": self.name, "answer": self.answer.get(lang), "met": self.met}
        record |= {"runs": self.runs, "settings": self.settings, **(manifest or {})}
        write_whole(folder / "manifest.json", json.dumps(plain(record), ensure_ascii=False, indent=1).encode())
        write_whole(folder / "study.html", page(self, lang).encode())
        return folder


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The table as plain rows; undefined and infinite numbers are null, since JSON has neither."""
    return [plain(row) for row in table.to_dict(orient="records")]


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Parquet without anything that varies between equal tables (no pandas index, no times)."""
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    temporary = path.with_name(f".{path.name}")
    pq.write_table(arrow, temporary, compression="zstd")
    temporary.replace(path)


def folder_name(name: str) -> str:
    """The name of a study or drill as the name of a folder."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "study"
