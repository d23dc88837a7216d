"""Ranking and selection: the procedure of Kim and Nelson (2001).

It screens policies one replication at a time and stops when one is left. With probability at least
``1 - alpha`` the one left is the best whenever the best is better than the next by the indifference
zone ``delta`` or more; where the lead is smaller, the one left is within ``delta`` of the best. The
guarantee holds for normal replications, correlated across policies or not, so common random numbers
make it faster without harming it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

Observe = Callable[[list[int], int, int], np.ndarray]
"""``observe(alive, start, stop)``: values of policies ``alive`` over replications [start, stop), float64[alive, n]."""


@dataclass(frozen=True)
class Selection:
    """The outcome: ``best`` is the index kept, or None while several survive at the limit."""

    best: int | None
    survivors: list[int]
    replications: list[int]
    """made of each policy"""
    eliminated_at: dict[int, int] = field(default_factory=dict)
    """policy to the number of replications after which it was dropped"""


def select_best(
    observe: Observe,
    policies: int,
    delta: float,
    alpha: float = 0.05,
    pilot: int = 10,
    limit: int = 10_000,
    batch: int = 1,
    higher_is_better: bool = True,
) -> Selection:
    """Select the best of ``policies`` with P(correct selection) >= 1 - ``alpha``.

    ``delta``: indifference zone in the unit of the measure, above zero. ``batch`` replications are
    made at a time and screening looks after each batch; looking less often only makes wrong elimination
    rarer (Jennison, Johnstone & Turnbull 1982). Raises ``ValueError`` for a delta or
    a pilot that admit no guarantee.
    """
    if delta <= 0.0:
        raise ValueError("the indifference zone must be above zero")
    if pilot < 2:
        raise ValueError("ranking and selection needs a pilot of at least 2 replications")
    sign = 1.0 if higher_is_better else -1.0
    alive = list(range(policies))
    values = sign * np.asarray(observe(alive, 0, pilot), dtype=np.float64)
    eta = 0.5 * ((2.0 * alpha / max(1, policies - 1)) ** (-2.0 / (pilot - 1)) - 1.0)
    h2 = 2.0 * eta * (pilot - 1)
    variance = np.zeros((policies, policies))
    for i in range(policies):
        for j in range(policies):
            if i != j:
                variance[i, j] = float((values[i] - values[j]).var(ddof=1))
    totals = values.sum(axis=1)
    made = [pilot] * policies
    dropped: dict[int, int] = {}
    r = pilot
    while True:
        means = totals / r
        keep = []
        for i in alive:
            beaten = False
            for j in alive:
                if i == j:
                    continue
                margin = max(0.0, delta / (2.0 * r) * (h2 * variance[i, j] / delta**2 - r))
                if means[i] < means[j] - margin or (margin == 0.0 and means[i] == means[j] and j < i):
                    beaten = True
                    break
            if not beaten:
                keep.append(i)
        for i in set(alive) - set(keep):
            dropped[i] = r
        alive = keep or alive[:1]
        if len(alive) == 1 or r >= limit:
            break
        stop = min(limit, r + batch)
        fresh = sign * np.asarray(observe(alive, r, stop), dtype=np.float64)
        for row, i in enumerate(alive):
            totals[i] += fresh[row].sum()
            made[i] = stop
        r = stop
    return Selection(alive[0] if len(alive) == 1 else None, alive, made, dropped)
