"""Bootstrap intervals: bias-corrected and accelerated (Efron 1987), reproducible.

The resampling is drawn from a generator keyed by the data themselves, so that the same replications
always give the same interval, on every machine and whatever ran before.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import stats as distributions

from sim.study import streams
from sim.study.stats import CONFIDENCE, Estimate, sample

RESAMPLES = 2000
_BLOCK = 2_000_000

Statistic = Callable[[np.ndarray], np.ndarray]
"""A statistic along the last axis: float64[..., n] -> float64[...]."""


def resampled(values: np.ndarray, statistic: Statistic, resamples: int = RESAMPLES) -> np.ndarray:
    """``statistic`` of ``resamples`` resamples with replacement: float64[resamples]. Memory stays bounded."""
    n = values.shape[-1]
    draws = streams.of_data(streams.RESAMPLE, values)
    block = max(1, _BLOCK // max(1, n))
    parts = []
    for start in range(0, resamples, block):
        index = draws.integers(0, n, size=(min(block, resamples - start), n))
        parts.append(np.atleast_1d(statistic(values[index])))
    return np.concatenate(parts)


def average(x: np.ndarray) -> np.ndarray:
    """The mean along the last axis."""
    return np.asarray(x.mean(axis=-1))


def bca(
    values: object,
    statistic: Statistic = average,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> Estimate:
    """``statistic`` of the replications with its BCa interval.

    Falls back to a single point where all replications are equal, and to an infinite interval below
    three replications. Undefined replications (NaN) are left out.
    """
    x = sample(values)
    x = x[~np.isnan(x)]
    if x.size == 0:
        return Estimate(math.nan, math.nan, math.nan, 0, confidence, "none")
    value = float(statistic(x))
    if x.size < 3:
        return Estimate(value, -math.inf, math.inf, int(x.size), confidence, "bca")
    replicas = np.sort(resampled(x, statistic, resamples))
    if replicas[0] == replicas[-1]:
        return Estimate(value, value, value, int(x.size), confidence, "bca")
    below = (np.sum(replicas < value) + 0.5 * np.sum(replicas == value)) / resamples
    below = min(max(below, 0.5 / resamples), 1 - 0.5 / resamples)
    bias = float(distributions.norm.ppf(below))
    acceleration = _acceleration(x, statistic)
    ends = []
    for tail in ((1 - confidence) / 2, (1 + confidence) / 2):
        z = bias + float(distributions.norm.ppf(tail))
        share = float(distributions.norm.cdf(bias + z / (1 - acceleration * z)))
        ends.append(float(np.quantile(replicas, share)))
    return Estimate(value, ends[0], ends[1], int(x.size), confidence, "bca")


def _acceleration(x: np.ndarray, statistic: Statistic) -> float:
    """Skewness of the jackknife influence over six (Efron & Tibshirani 1993, eq. 14.15)."""
    n = x.size
    if n > 2000:  # the jackknife of a large sample changes nothing visible and costs n^2
        x = x[:: n // 1000]
        n = x.size
    left_out = np.array([float(statistic(np.delete(x, i))) for i in range(n)])
    influence = left_out.mean() - left_out
    spread = float((influence**2).sum()) ** 1.5
    return float((influence**3).sum()) / (6.0 * spread) if spread > 0.0 else 0.0
