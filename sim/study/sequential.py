"""How many replications: Stein's two-stage rule.

Watching an interval shrink and stopping when it is short enough makes it too short: the sample that
happens to vary little stops early. Stein (1945) avoids it. A pilot of ``n0`` replications fixes the
standard deviation s; the number of replications is then

    N = max(n0, ceil((t * s / h)^2)),  t = Student quantile with n0 - 1 degrees of freedom,

and mean +- t * s / sqrt(N) covers exactly at the stated confidence for normal replications, because
the mean of all N is independent of the pilot's deviation. The same holds for several contrasts at
once with N the largest of theirs, and for an upper limit on N.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.study.stats import CONFIDENCE, sample, t_quantile


@dataclass(frozen=True)
class Precision:
    """The half-width asked for: ``absolute`` in the unit of the measure, or ``relative`` to a reference mean."""

    absolute: float | None = None
    relative: float | None = None

    def half_width(self, reference: float) -> float:
        """The half-width asked, in the unit of the measure, given the reference mean."""
        asked = [math.inf]
        if self.absolute is not None:
            asked.append(self.absolute)
        if self.relative is not None:
            asked.append(self.relative * abs(reference))
        return min(asked)


@dataclass(frozen=True)
class Plan:
    """The decision after the pilot."""

    replications: int
    """to make in all, pilot included"""
    needed: int
    """that the asked half-width needs; above ``replications`` when the limit forbids it"""
    half_width: float
    """asked, in the unit of the measure"""

    @property
    def reachable(self) -> bool:
        """Whether the asked half-width will be met."""
        return self.needed <= self.replications


def plan(contrasts: list[object], half_width: float, pilot: int, limit: int, confidence: float = CONFIDENCE) -> Plan:
    """Decide the number of replications from the pilot of each contrast (each an array of ``pilot`` values).

    ``limit`` is the largest number allowed. A half-width of zero or less asks for the limit.
    """
    needed = pilot
    for values in contrasts:
        x = sample(values)[:pilot]
        x = x[~np.isnan(x)]
        if x.size < 2:
            continue
        spread = t_quantile(confidence, x.size - 1) * float(x.std(ddof=1))
        if spread == 0.0 or math.isinf(half_width):
            continue
        needed = max(needed, math.ceil((spread / half_width) ** 2) if half_width > 0.0 else limit + 1)
    return Plan(min(max(needed, pilot), max(limit, pilot)), needed, half_width)
