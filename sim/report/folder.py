"""A result folder as the report reads it: what is there, split into warm-up and what counts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.core.errors import SimError

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("ledger", "stock", "actions", "services", "promotions", "deliveries", "care")


class ReportError(SimError):
    """A folder that no report can be drawn of."""


@dataclass(frozen=True)
class Run:
    """One result. Hours and days count from the scenario's start; those before it (negative) are warm-up."""

    folder: Path
    manifest: dict[str, Any]
    kpis: dict[str, float]
    series: pd.DataFrame
    events: pd.DataFrame
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def counted(self) -> pd.DataFrame:
        """The hours that count."""
        return self.series[self.series["hour"] >= 0]

    @property
    def scenario(self) -> dict[str, Any]:
        """The resolved scenario."""
        found = self.manifest.get("scenario")
        return found if isinstance(found, dict) else {}

    @property
    def has_shoppers(self) -> bool:
        """Whether anybody visited."""
        return self.has("visits")

    def has(self, column: str) -> bool:
        """Whether a column of the series is there and not nought throughout."""
        return column in self.series and bool((self.series[column].fillna(0.0) != 0.0).any())

    def table(self, name: str) -> pd.DataFrame | None:
        """A table without its warm-up rows, or None where this run has none."""
        found = self.tables.get(name)
        if found is None:
            return None
        for clock in ("day", "hour"):
            if clock in found:
                found = found[found[clock] >= 0]
        return found if len(found) else None


def read(folder: Path) -> Run:
    """Read a result folder. Raises ReportError naming what is missing or damaged."""
    folder = Path(folder)
    return Run(
        folder=folder,
        manifest=_json(folder / "manifest.json"),
        kpis={name: value for name, value in _json(folder / "kpis.json").items() if isinstance(value, (int, float))},
        series=_parquet(folder / "series.parquet", ("time", "hour")),
        events=_parquet(folder / "events.parquet", ("time", "side", "kind", "subject", "size")),
        tables={
            name: _parquet(folder / f"{name}.parquet", ()) for name in TABLES if (folder / f"{name}.parquet").is_file()
        },
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, ValueError) as error:
        raise ReportError(f"{path}: cannot be read ({error}); `sim618 run --fresh` writes it again") from error
    if not isinstance(found, dict):
        raise ReportError(f"{path}: found {type(found).__name__}, accepted: a JSON object")
    return found


def _parquet(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        raise _missing(path)
    try:
        table = pd.read_parquet(path)
    except Exception as error:  # whatever the reader makes of a damaged file
        raise ReportError(f"{path}: cannot be read ({error}); `sim618 run --fresh` writes it again") from error
    lacking = [name for name in columns if name not in table]
    if lacking:
        raise ReportError(f"{path}: found no column {', '.join(lacking)}; `sim618 run --fresh` writes it again")
    return table


def _missing(path: Path) -> ReportError:
    return ReportError(f"found no {path.name} in {path.parent}, accepted: a folder that `sim618 run` has written")
