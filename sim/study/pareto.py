"""Several measures at once: the Pareto front.

A policy is on the front when no other is at least as good on every measure and better on one.
"""

from __future__ import annotations

import numpy as np

from sim.study import stats, streams


def front(values: object, higher_is_better: object) -> np.ndarray:
    """Which rows are not dominated: bool[policies].

    ``values``: float64[policies, measures]; ``higher_is_better``: bool[measures]. Equal rows are all kept;
    a row with an undefined value is not on the front.
    """
    x = np.asarray(values, dtype=np.float64)
    x = x * np.where(np.asarray(higher_is_better, dtype=bool), 1.0, -1.0)
    defined = np.isfinite(x @ np.zeros(x.shape[1]))  # false where a measure is undefined
    no_worse = (x[:, None, :] >= x[None, :, :]).all(axis=2)
    better = (x[:, None, :] > x[None, :, :]).any(axis=2)
    dominated = (no_worse & better & defined[:, None]).any(axis=0)
    return np.asarray(defined & ~dominated)


def front_probability(replications: object, higher_is_better: object, resamples: int = 500) -> np.ndarray:
    """How often each policy is on the front when replications are resampled jointly: float64[policies].

    ``replications``: float64[policies, measures, n], paired over the last axis; undefined ones (NaN) are left out.
    """
    x = np.asarray(replications, dtype=np.float64)
    draws = streams.of_data(streams.PARETO, x)
    hits = np.zeros(x.shape[0])
    for _ in range(resamples):
        index = draws.integers(0, x.shape[2], size=x.shape[2])
        hits += front(stats.means(x[:, :, index]), higher_is_better)
    return hits / resamples
