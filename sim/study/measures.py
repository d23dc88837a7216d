"""Measures of a study: those of a run, and tail risk over replications.

``cvar95_loss`` and ``var95_loss`` are the tail risk of the loss, which is the negative profit where a run has no
measure ``loss``; ``cvar95_<measure>`` and ``var95_<measure>`` that of any other measure, taken as a cost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.study import risk, stats
from sim.study.model import Measure
from sim.study.parts import Kpi
from sim.study.stats import Estimate

_TAIL = re.compile(r"(cvar|var)(\d\d)_(\w[\w.]*)")


@dataclass(frozen=True)
class Column:
    """One measure asked for: ``kpi`` of a run, and the statistic over replications (mean, var or cvar)."""

    name: str
    kpi: str
    statistic: str
    level: float
    measure: Measure
    kpi_higher_is_better: bool

    @property
    def higher_is_better(self) -> bool:
        """Direction of what is reported: tail risk is a loss, so lower is better."""
        return self.measure.higher_is_better

    def estimate(self, values: np.ndarray, confidence: float, pilot: int | None = None) -> Estimate:
        """The statistic over replications, float64[n], with its interval."""
        if self.statistic == "mean":
            return stats.mean(values, confidence, pilot)
        losses = risk.loss(values, self.kpi_higher_is_better)
        if self.statistic == "var":
            return risk.value_at_risk(losses, self.level, confidence)
        return risk.conditional_value_at_risk(losses, self.level, confidence)

    def statistic_of(self, values: np.ndarray) -> np.ndarray:
        """The statistic along the last axis, without an interval."""
        if self.statistic == "mean":
            return np.asarray(np.nanmean(values, axis=-1))
        losses = -values if self.kpi_higher_is_better else values
        if self.statistic == "var":
            return np.asarray(np.quantile(losses, self.level, axis=-1, method="inverted_cdf"))
        return risk.tail_mean(losses, self.level)


def base_of(name: str, known: Mapping[str, Measure]) -> str:
    """The measure of a run that a measure over replications is made of: itself, or what a tail statistic is of."""
    tail = _TAIL.fullmatch(name)
    if tail is None or name in known:
        return name
    if tail[3] != "loss" or "loss" in known:
        return tail[3]
    return "operating_profit" if "operating_profit" in known and "profit" not in known else "profit"


def columns(asked: Sequence[Kpi], known: Mapping[str, Measure]) -> list[Column]:
    """What was asked for as columns; a measure the model does not declare counts as higher-is-better."""
    found = []
    for item in asked:
        better = None if item.better is None else item.better == "higher"
        tail = _TAIL.fullmatch(item.kpi)
        if tail and item.kpi not in known:
            base = base_of(item.kpi, known)
            kind = known.get(base)
            higher = base != tail[3] or (kind is not None and kind.higher_is_better)  # a loss is a profit's other side
            word = {"cvar": "CVaR", "var": "VaR"}[tail[1]]
            unit = kind.unit if kind is not None else ""
            of_en, of_zh = ("loss", "亏损") if tail[3] == "loss" else (base, base)
            measure = Measure(
                item.kpi, f"{word} {tail[2]}% of {of_en}", f"{of_zh} {word} {tail[2]}%", unit, better or False
            )
            found.append(Column(item.kpi, base, tail[1], int(tail[2]) / 100.0, measure, higher))
            continue
        kind = known.get(item.kpi) or Measure(item.kpi, item.kpi, item.kpi)
        if better is not None:
            kind = Measure(kind.name, kind.label, kind.label_zh, kind.unit, better)
        found.append(Column(item.kpi, item.kpi, "mean", 0.0, kind, kind.higher_is_better))
    return found
