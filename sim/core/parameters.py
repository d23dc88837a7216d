"""The table of sourced parameters (`parameters.csv`), read once and looked up by id such as T09."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row of the table. `value` is text, since some rows hold a curve; `low`, `high` are in `unit`."""

    id: str
    group: str
    name: str
    value: str
    low: float | None
    high: float | None
    unit: str
    source: str
    firmness: str
    notes: str

    @property
    def number(self) -> float | None:
        """The value as one number, or None where the row holds a curve or a series."""
        return _number(self.value)

    @property
    def assumption(self) -> bool:
        """True where no source supports the value, so that a study has to sweep it."""
        return self.source.lstrip().startswith("[a]") or self.firmness == "assumption"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@cache
def parameters() -> dict[str, Parameter]:
    """Every parameter by id, in the order of the table."""
    text = files("sim.core").joinpath("parameters.csv").read_text(encoding="utf-8")
    table: dict[str, Parameter] = {}
    for row in csv.DictReader(text.splitlines()):
        table[row["id"]] = Parameter(
            id=row["id"],
            group=row["group"],
            name=row["name"],
            value=row["value"],
            low=_number(row["low"]),
            high=_number(row["high"]),
            unit=row["unit"],
            source=row["source"],
            firmness=row["firmness"],
            notes=row["notes"] or "",
        )
    return table


def parameter(id: str) -> Parameter:
    """The parameter with this id. Raises KeyError naming it when there is none."""
    try:
        return parameters()[id]
    except KeyError:
        raise KeyError(f"no parameter {id!r} in parameters.csv") from None
