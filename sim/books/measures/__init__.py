"""Every measure is declared once, here and in this folder, and read by reports, studies and the docs."""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

GROUPS = (
    "trade", "customers", "marketing", "stock", "fulfilment", "care", "platform", "threats", "rivals", "oversight", "result",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """One KPI: what it is called, what it means and how it is computed from a finished run."""

    name: str  # key of kpis.json
    label: str
    label_zh: str
    unit: str  # "CNY", "share", "d", "orders", ...
    better: Literal["higher", "lower", "neither"]
    formula: str  # in words or symbols
    source: str  # where the definition is from
    compute: Callable[[Any], float]  # of the marketplace at its end; nan where it has no meaning


def group(name: str) -> tuple[Measure, ...]:
    """The measures of one group, in the order of their file; none where the group has no file yet."""
    if importlib.util.find_spec(f"{__name__}.{name}") is None:
        return ()
    return tuple(importlib.import_module(f"{__name__}.{name}").MEASURES)


def all_measures() -> dict[str, Measure]:
    """All measures by name. Raises ValueError for a name declared twice."""
    table: dict[str, Measure] = {}
    for name in GROUPS:
        for measure in group(name):
            if measure.name in table:
                raise ValueError(f"measure {measure.name!r} is declared twice")
            table[measure.name] = measure
    return table


def measure_all(market: Any) -> dict[str, float]:
    """Value of every measure that has a meaning in this run (finite), by name."""
    values = {name: float(measure.compute(market)) for name, measure in all_measures().items()}
    values.update(importlib.import_module(f"{__name__}.ab").arm_measures(market))
    values.update(getattr(market, "notices", {}).get("kpis", {}))  # of stations driven alone, named by the file
    return {name: value for name, value in values.items() if math.isfinite(value)}
