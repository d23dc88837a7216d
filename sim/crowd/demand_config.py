"""What a scenario file may say about demand without shoppers: a distribution or a recorded series."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from sim.core.config import DataFile, Section
from sim.core.tables import Fault, columns, first, numbers, repeated
from sim.core.units import Count, Duration

TRACE_COLUMNS = ("period", "sku", "units")
MOST_PERIODS, MOST_UNITS = 1_000_000, 1e12


class Demand(Section):
    """What is asked for in the whole shop, in units of each SKU and period."""

    distribution: Literal["normal", "poisson", "uniform_integers", "constant", "trace"] = "poisson"
    mean: float | None = Field(None, ge=0, description="normal, poisson, constant: units a period")
    sd: float | None = Field(
        None, ge=0, description="normal: standard deviation of a period's units; below 0 counts as 0"
    )
    negative: bool = Field(False, description="normal: a fall below 0 brings units back instead of counting as 0")
    low: int | None = Field(None, ge=0, description="uniform_integers: least units a period")
    high: int | None = Field(None, ge=0, description="uniform_integers: most units a period")
    file: DataFile | None = Field(
        None,
        description="trace: a table with the columns period (0, 1, ... from the first day of warm-up on), sku (0, 1, ...) and "
        "units of the whole shop, in any order of rows; none is asked for where a row is missing",
    )
    per: Duration = Field(
        "1d",  # type: ignore[assignment]
        ge=1.0,
        description="length of a period; a short one makes demand come all the time",
    )
    moment: Literal["start", "end"] = Field("start", description="when in a period demand comes")
    skus: Count = Field(1, ge=1, le=100_000, description="SKUs; in a distribution they are independent replicates")
    resolution: float = Field(1.0, ge=1e-6, le=1e6, description="smallest quantity told apart, units")
    unit_cost: float = Field(1.0, ge=0, le=1e7, description="cost of a unit, CNY")
    at: Literal["last", "all"] = Field(
        "last",
        description="where demand comes: drawn over the warehouses nearest to customers that keep the SKU, by the shares of "
        "demand of their regions, or evenly over all",
    )

    @model_validator(mode="after")
    def _complete(self) -> Demand:
        needed = {
            "normal": ("mean", "sd"),
            "poisson": ("mean",),
            "constant": ("mean",),
            "uniform_integers": ("low", "high"),
            "trace": ("file",),
        }[self.distribution]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            other = ", or distribution: trace" if self.file is not None else ""
            lacks = " and ".join(missing)
            raise ValueError(f"found a {self.distribution} demand without {lacks}, accepted: one with {lacks}{other}")
        if self.distribution == "uniform_integers" and self.low > self.high:  # type: ignore[operator]
            raise ValueError(f"found low {self.low} above high {self.high}, accepted: low at most high")
        return self

    def faults(self, field: str, frame: Any) -> Iterable[Fault]:
        """What is wrong with a trace: one row for each period and SKU with something in it."""
        return first(
            lambda: columns(frame, TRACE_COLUMNS),
            lambda: [
                *numbers(frame, "period", 0, MOST_PERIODS - 1, whole=True),
                *numbers(frame, "sku", 0, self.skus - 1, whole=True),
                *numbers(frame, "units", 0, MOST_UNITS),
            ],
            lambda: repeated(frame, TRACE_COLUMNS[:2], "one row for each period and SKU"),
        )

    def daily_means(self, frame: Any = None) -> np.ndarray:
        """float64[skus]: expected units a day in the whole shop; ``frame``: a trace's checked table, whose mean it is."""
        if self.distribution == "trace":
            periods = int(frame["period"].max()) + 1
            units = np.bincount(frame["sku"].to_numpy(np.int64), frame["units"].to_numpy(np.float64), self.skus)
            return np.asarray(units / periods * 1440.0 / self.per)
        mean = (self.low + self.high) / 2 if self.distribution == "uniform_integers" else self.mean  # type: ignore[operator]
        if self.distribution == "normal" and not self.negative:
            mean = _above_zero(float(mean), float(self.sd))  # type: ignore[arg-type]
        return np.full(self.skus, float(mean) * 1440.0 / self.per)  # type: ignore[arg-type]


def _above_zero(mean: float, sd: float) -> float:
    """Mean of a normal distribution of which what is below 0 counts as 0."""
    if sd == 0.0:
        return max(0.0, mean)
    z = mean / sd
    return mean * 0.5 * math.erfc(-z / math.sqrt(2.0)) + sd * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
