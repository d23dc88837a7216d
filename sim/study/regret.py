"""Regret over scenarios: what a policy gives away where another would have been better.

Savage (1951): the regret of a policy in a scenario is the best policy's mean there less its own; the
minimax-regret policy has the smallest worst regret. No probability of the scenarios is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.study import stats, streams


@dataclass(frozen=True)
class Regret:
    """Regrets in the unit of the measure, none below zero; NaN where a policy's measure is undefined in a scenario."""

    table: np.ndarray  # float64[policies, scenarios]
    worst: np.ndarray  # float64[policies], the largest over scenarios
    worst_low: np.ndarray  # float64[policies], 95% bootstrap interval of worst
    worst_high: np.ndarray  # float64[policies]
    minimax: int  # index of the policy with the smallest worst regret
    minimax_probability: float  # how often that policy has it when replications are resampled


def table(means: np.ndarray, higher_is_better: bool) -> np.ndarray:
    """Regret of each policy in each scenario from the means: float64[policies, scenarios]."""
    x = means if higher_is_better else -means
    return np.asarray(np.fmax.reduce(x, axis=0, keepdims=True) - x)


def regret(replications: object, higher_is_better: bool, resamples: int = 1000) -> Regret:
    """Regret from paired replications float64[policies, scenarios, n] of one measure; undefined ones (NaN) are left out.

    A policy whose measure is undefined in every replication of a scenario cannot have the smallest worst regret, unless
    all are so.
    """
    x = np.asarray(replications, dtype=np.float64)
    centre = table(stats.means(x), higher_is_better)
    draws = streams.of_data(streams.REGRET, x)
    worst = np.empty((resamples, x.shape[0]))
    for r in range(resamples):
        index = draws.integers(0, x.shape[2], size=x.shape[2])
        worst[r] = table(stats.means(x[:, :, index]), higher_is_better).max(axis=1)
    best = int(np.argmin(_known(centre.max(axis=1))))
    return Regret(
        table=centre,
        worst=centre.max(axis=1),
        worst_low=_quantile(worst, 0.025),
        worst_high=_quantile(worst, 0.975),
        minimax=best,
        minimax_probability=float((_known(worst).argmin(axis=1) == best).mean()),
    )


def _known(worst: np.ndarray) -> np.ndarray:
    """An undefined regret is no small one."""
    return np.where(np.isnan(worst), np.inf, worst)


def _quantile(worst: np.ndarray, probability: float) -> np.ndarray:
    """float64[policies]: over the resamples in which the regret is defined; NaN where it is in none."""
    found = np.full(worst.shape[1], np.nan)
    for policy, values in enumerate(worst.T):
        values = values[~np.isnan(values)]
        if values.size:
            found[policy] = np.quantile(values, probability)
    return found
