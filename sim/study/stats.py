"""Estimates with intervals: means, proportions and quantiles of replications.

A replication is one run; replications of one design are independent and identically distributed.
Every estimate says how its interval was made.
"""

from __future__ import annotations

import functools
import math
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats as distributions

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value with its interval ``[low, high]``, all in the unit of the measure.

    ``n`` is the number of replications behind it, ``method`` the name of the interval.
    """

    value: float
    low: float
    high: float
    n: int
    confidence: float = CONFIDENCE
    method: str = "t"

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2.0

    def covers(self, truth: float) -> bool:
        """Whether the interval holds ``truth`` (both ends included)."""
        return self.low <= truth <= self.high

    def as_dict(self) -> dict[str, float | int | str]:
        """A plain dictionary, for tables and JSON."""
        return asdict(self)


def sample(values: object) -> np.ndarray:
    """``values`` as float64[n]; replications whose measure is undefined (NaN) stay in place."""
    return np.asarray(values, dtype=np.float64).ravel()


@functools.lru_cache(maxsize=4096)
def t_quantile(confidence: float, freedom: int) -> float:
    """Two-sided Student quantile: P(|T| <= q) = ``confidence`` with ``freedom`` degrees of freedom."""
    return float(distributions.t.ppf(0.5 + confidence / 2.0, freedom))


def mean(values: object, confidence: float = CONFIDENCE, pilot: int | None = None) -> Estimate:
    """Mean of replications with Student's interval.

    With ``pilot`` the number of replications was decided from the deviation of the first ``pilot`` of them
    (:mod:`sim.study.sequential`): the interval is then the wider of Stein's and Student's. Undefined
    replications (NaN) are left out and make the count smaller. One replication gives an infinite interval.
    """
    x = sample(values)
    first = x if pilot is None else x[:pilot]
    x, first = x[~np.isnan(x)], first[~np.isnan(first)]
    if x.size == 0:
        return Estimate(math.nan, math.nan, math.nan, 0, confidence, "none")
    centre = float(x.mean())
    if first.size < 2:
        return Estimate(centre, -math.inf, math.inf, int(x.size), confidence, "t")
    spread = max(t_quantile(confidence, part.size - 1) * float(part.std(ddof=1)) for part in (first, x))
    half = spread / math.sqrt(x.size)
    return Estimate(centre, centre - half, centre + half, int(x.size), confidence, "t" if pilot is None else "stein")


def means(values: np.ndarray) -> np.ndarray:
    """Means along the last axis, undefined values (NaN) left out; NaN where none is defined."""
    if not np.isnan(values).any():
        return np.asarray(values.mean(axis=-1))
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=-1) / known.sum(axis=-1))


def t_test(values: object, pilot: int | None = None) -> float:
    """Two-sided p-value of a mean of zero; below 5% exactly where the 95% interval of :func:`mean` excludes zero.

    Values that are all equal give 1 when they are zero and 0 otherwise.
    """
    x = sample(values)
    first = x if pilot is None else x[:pilot]
    x, first = x[~np.isnan(x)], first[~np.isnan(first)]
    if x.size == 0 or first.size < 2:
        return math.nan
    p_values = []
    for part in (first, x):
        error = float(part.std(ddof=1)) / math.sqrt(x.size)
        if error == 0.0:
            p_values.append(1.0 if float(x.mean()) == 0.0 else 0.0)
        else:
            p_values.append(float(2.0 * distributions.t.sf(abs(float(x.mean())) / error, part.size - 1)))
    return max(p_values)


def proportion(successes: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """A proportion with Wilson's score interval (Wilson 1927), which stays inside [0, 1]."""
    if n == 0:
        return Estimate(math.nan, 0.0, 1.0, 0, confidence, "wilson")
    z = float(distributions.norm.ppf(0.5 + confidence / 2.0))
    p = successes / n
    scale = 1.0 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Estimate(p, low, high, n, confidence, "wilson")


def quantile(values: object, probability: float, confidence: float = CONFIDENCE) -> Estimate:
    """The quantile at ``probability`` with a distribution-free interval from order statistics.

    The estimate is the smallest value whose empirical distribution reaches ``probability``. The ends
    are the order statistics whose ranks enclose it with at least the stated confidence by the
    binomial law; an end no order statistic can give is infinite.
    """
    x = sample(values)
    x = np.sort(x[~np.isnan(x)])
    n = x.size
    if n == 0:
        return Estimate(math.nan, -math.inf, math.inf, 0, confidence, "order")
    tail = (1.0 - confidence) / 2.0
    value = float(x[min(n - 1, max(0, math.ceil(round(probability * n, 9)) - 1))])
    # X_(r) <= q has probability P(B >= r), B binomial: take the largest r with P(B < r) <= tail
    lower = int(distributions.binom.ppf(tail, n, probability))
    while lower > 0 and distributions.binom.cdf(lower - 1, n, probability) > tail:
        lower -= 1
    upper = int(distributions.binom.ppf(1.0 - tail, n, probability)) + 1
    low = float(x[lower - 1]) if lower >= 1 else -math.inf
    high = float(x[upper - 1]) if upper <= n else math.inf
    return Estimate(value, low, high, int(n), confidence, "order")
