"""Words that the tables and pictures of a comparison share: names, verdicts, what counts as decided."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.study import paired, words
from sim.study.comparison import Comparison
from sim.study.measures import Column
from sim.study.stats import Estimate
from sim.study.words import number

SIGNIFICANT = 0.05


def leader(found: Comparison, scenario: str, column: Column) -> int:
    """Index of the policy with the best estimate, the baseline where there is none."""
    means = np.array([found.estimate(scenario, p, column).value for p in range(len(found.policies))])
    signed = means if column.higher_is_better else -means
    return int(np.nanargmax(signed)) if np.isfinite(signed).any() else found.baseline


def relative(found: Comparison, scenario: str, policy: int, column: Column) -> float:
    """The difference as a share of the baseline; NaN where that has no meaning."""
    if column.statistic != "mean" or column.measure.unit in ("share", "%"):
        return math.nan
    ratio = paired.ratio(found.of(scenario, policy, column), found.of(scenario, found.baseline, column))
    return (
        ratio.value if math.isfinite(ratio.half_width) else math.nan
    )  # a baseline that may be zero has no percentages


def name(column: Column, lang: str) -> str:
    """The label of a measure."""
    return (column.measure.label_zh if lang == "zh" else column.measure.label) or column.name


def ended(estimate: Estimate, column: Column) -> Estimate:
    """An estimate with its interval within what the measure can be; tail risks are losses, which have no ends."""
    return words.within(estimate, column.kpi, column.measure.unit) if column.statistic == "mean" else estimate


def shown(column: Column, lang: str) -> Any:
    """How a measure's numbers are written."""
    return lambda value: number(value, column.measure.unit, lang)


def sign(low: float, high: float) -> int:
    """1 or -1 for an interval clear of zero, else 0."""
    return 1 if low > 0.0 else -1 if high < 0.0 else 0


def decided(p: float, low: float, high: float) -> bool:
    """Whether a difference is more than chance: by its p-value, by its interval where there is none."""
    return bool(sign(low, high)) if math.isnan(p) else p < SIGNIFICANT


def verdict(holm: float, difference: Any, lang: str) -> str:
    """What a cell says of a difference."""
    if math.isnan(difference.mean.value):
        return "一方无此指标" if lang == "zh" else "one of the two has none"
    if math.isnan(holm):
        clear = bool(sign(difference.mean.low, difference.mean.high))
        return (
            ("区间不含零" if clear else "区间含零")
            if lang == "zh"
            else ("interval clear of zero" if clear else "interval holds zero")
        )
    p = f"p={holm:.2g}" if holm >= 1e-4 else "p<0.0001"
    return words.certainty(holm, lang) + (f"（{p}）" if lang == "zh" else f" ({p})")
