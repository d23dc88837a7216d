"""Tail risk over replications: value at risk and conditional value at risk of a loss.

A loss is a cost: for a measure of which more is better, its negative. VaR at 95% is the loss exceeded
in 5% of replications; CVaR is the mean loss of those (Rockafellar & Uryasev 2000).
"""

from __future__ import annotations

import numpy as np

from sim.study import bootstrap, stats
from sim.study.stats import CONFIDENCE, Estimate, sample


def loss(values: object, higher_is_better: bool) -> np.ndarray:
    """The measure as a loss, float64[n]."""
    x = sample(values)
    return -x if higher_is_better else x


def value_at_risk(losses: object, level: float = 0.95, confidence: float = CONFIDENCE) -> Estimate:
    """VaR at ``level`` with a distribution-free interval from order statistics.

    With few replications the upper end is infinite: the data cannot bound the tail.
    """
    return stats.quantile(losses, level, confidence)


def tail_mean(x: np.ndarray, level: float = 0.95) -> np.ndarray:
    """CVaR at ``level`` along the last axis: the mean of the worst ``1 - level`` of values.

    The value at the edge of the tail counts for the part of it inside (Acerbi & Tasche 2002), so the
    estimate does not jump with the number of replications.
    """
    ordered = -np.sort(-x, axis=-1)
    n = x.shape[-1]
    tail = n * (1.0 - level)
    weights = np.clip(tail - np.arange(n), 0.0, 1.0)
    if weights.sum() == 0.0:
        weights[0] = 1.0
    return np.asarray((ordered * weights).sum(axis=-1) / weights.sum())


def conditional_value_at_risk(losses: object, level: float = 0.95, confidence: float = CONFIDENCE) -> Estimate:
    """CVaR at ``level`` with a BCa bootstrap interval.

    The bootstrap cannot see losses beyond the largest replication; below ``10 / (1 - level)``
    replications (200 at 95%) the interval is optimistic, and studies say so.
    """
    return bootstrap.bca(losses, lambda x: tail_mean(x, level), confidence)


def enough(n: int, level: float = 0.95) -> bool:
    """Whether ``n`` replications put at least ten into the tail."""
    return n * (1.0 - level) >= 10.0 - 1e-9
