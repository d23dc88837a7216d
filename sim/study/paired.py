"""Paired differences on common random numbers.

Replication r of every policy meets the same shoppers, so the difference of two policies is taken
replication by replication. What the pairing was worth is reported with each difference: the
correlation it achieved and the variance-reduction factor against independent replications.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.study import bootstrap, stats
from sim.study.stats import CONFIDENCE, Estimate, sample


@dataclass(frozen=True)
class Difference:
    """``a - b`` over paired replications."""

    mean: Estimate
    """the difference with Student's interval, in the unit of the measure"""
    bootstrap: Estimate
    """the same with a bootstrap (BCa) interval"""
    p_value: float
    """two-sided, of no difference"""
    correlation: float
    """of a and b over replications; NaN where one of them does not vary"""
    variance_reduction: float
    """(var a + var b) / var(a - b): how many times more independent replications the same interval would need"""
    better: Estimate
    """probability that a replication of a beats the same replication of b, ties counted half (Wilson interval)"""


def difference(
    a: object,
    b: object,
    higher_is_better: bool = True,
    confidence: float = CONFIDENCE,
    pilot: int | None = None,
) -> Difference:
    """The paired difference of two designs run on the same replications (arrays of equal length).

    ``pilot``: see :func:`sim.study.stats.mean`. Pairs with an undefined side are left out. Raises
    ``ValueError`` where the lengths differ: unpaired replications have no paired difference.
    """
    x, y = sample(a), sample(b)
    if x.shape != y.shape:
        raise ValueError(f"paired replications differ in number: {x.size} and {y.size}")
    d = x - y
    defined = ~np.isnan(d)
    wins = d[defined] if higher_is_better else -d[defined]
    score = float((wins > 0).sum() + 0.5 * (wins == 0).sum())
    return Difference(
        mean=stats.mean(d, confidence, pilot),
        bootstrap=bootstrap.bca(d, confidence=confidence),
        p_value=stats.t_test(d, pilot),
        correlation=correlation(x[defined], y[defined]),
        variance_reduction=variance_reduction(x[defined], y[defined]),
        better=stats.proportion(score, int(wins.size), confidence),  # type: ignore[arg-type]
    )


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Pearson's correlation; NaN below three replications or where one side does not vary."""
    if x.size < 3 or x.std() == 0.0 or y.std() == 0.0:
        return math.nan
    return float(np.corrcoef(x, y)[0, 1])


def variance_reduction(x: np.ndarray, y: np.ndarray) -> float:
    """(var x + var y) / var(x - y); infinite where the difference is constant, NaN where nothing varies."""
    if x.size < 3:
        return math.nan
    independent = float(x.var(ddof=1) + y.var(ddof=1))
    paired = float((x - y).var(ddof=1))
    if paired <= 1e-24 * independent:  # nothing but rounding is left of the difference
        return math.inf if independent > 0.0 else math.nan
    return independent / paired


def ratio(a: object, b: object, confidence: float = CONFIDENCE) -> Estimate:
    """The relative difference mean(a) / mean(b) - 1 of paired replications, with Fieller's interval.

    Fieller (1954) solves for all ratios the data do not reject: t^2 var(a - r b) >= (mean a - r mean b)^2.
    Where the denominator may be zero at this confidence the interval is unbounded.
    """
    x, y = sample(a), sample(b)
    defined = ~(np.isnan(x) | np.isnan(y))
    x, y = x[defined], y[defined]
    n = int(x.size)
    if n == 0 or y.mean() == 0.0:
        return Estimate(math.nan, -math.inf, math.inf, n, confidence, "fieller")
    value = float(x.mean() / y.mean())
    if n < 2:
        return Estimate(value - 1.0, -math.inf, math.inf, n, confidence, "fieller")
    t = stats.t_quantile(confidence, n - 1)
    covariance = np.cov(x, y, ddof=1) / n
    square = float(y.mean() ** 2 - t * t * covariance[1, 1])
    middle = float(x.mean() * y.mean() - t * t * covariance[0, 1])
    rest = float(x.mean() ** 2 - t * t * covariance[0, 0])
    root = middle * middle - square * rest
    if square <= 0.0:
        return Estimate(value - 1.0, -math.inf, math.inf, n, confidence, "fieller")
    spread = math.sqrt(max(root, 0.0))
    low, high = (middle - spread) / square, (middle + spread) / square
    return Estimate(value - 1.0, low - 1.0, high - 1.0, n, confidence, "fieller")
