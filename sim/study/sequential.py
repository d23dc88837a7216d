"""How many replications: triple sampling.

Watching an interval shrink and stopping when it is short enough makes it too short: the sample that
happens to vary little stops early. Stein (1945) avoids it by deciding once, from a pilot; Hall (1981) adds
a second pilot, so that the decision does not hang on the few degrees of freedom of the first. Here:

1. A pilot of ``n0`` replications gives a first idea N0 = (t * s / h)^2 of the number needed.
2. A second pilot of n1 = max(n0, 0.4 * N0) fixes the deviation s1; N = (t(n1 - 1) * s1 / h)^2, rounded up.
3. The interval is the wider of mean +- t(n1 - 1) * s1 / sqrt(N) and Student's from all N. Should the
   second be wider than asked, a few more replications close the gap.

Stein's interval covers exactly for normal replications, whatever N, since their mean is independent of
the pilot's deviation; taking the wider of the two guards it where replications are skewed, and the asked
half-width is always kept unless the limit forbids it. Several contrasts take the largest of their needs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sim.study.stats import CONFIDENCE, sample, t_quantile

SECOND_PILOT = 0.4


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
    """What is decided so far."""

    half_width: float  # asked, in the unit of the measure
    pilot: int  # replications of the second pilot, which fix the deviation
    replications: int  # to make in all, as far as is known
    needed: int  # that the asked half-width needs; above `replications` when the limit forbids it

    @property
    def reachable(self) -> bool:
        """Whether the asked half-width is met."""
        return self.needed <= self.replications


def first(
    contrasts: Sequence[object], half_width: float, pilot: int, limit: int, confidence: float = CONFIDENCE
) -> Plan:
    """The plan after the first pilot, whose values each contrast holds.

    Its ``replications`` are those of the second pilot, or all where no more are needed. A half-width
    of zero or less asks for the limit.
    """
    needed = _need(contrasts, half_width, pilot, limit, confidence)
    second = min(max(pilot, math.ceil(SECOND_PILOT * needed)), max(limit, pilot))
    plan = Plan(half_width, second, second, needed)
    return further(plan, contrasts, limit, confidence) if second == pilot else plan


def further(plan: Plan, contrasts: Sequence[object], limit: int, confidence: float = CONFIDENCE) -> Plan:
    """The plan after ``plan.replications`` replications of each contrast; unchanged when they are enough."""
    needed = _need(contrasts, plan.half_width, plan.pilot, limit, confidence)
    if needed <= plan.replications:
        needed = plan.replications
        for values in contrasts:
            x = sample(values)
            half = _student(x, confidence) / math.sqrt(max(1, x.size))
            if half > plan.half_width:
                grown = math.ceil(x.size * (half / plan.half_width) ** 2) if plan.half_width > 0.0 else limit + 1
                needed = max(needed, x.size + 1, grown)
    return Plan(plan.half_width, plan.pilot, min(max(needed, plan.replications), max(limit, plan.pilot)), needed)


def _need(contrasts: Sequence[object], half_width: float, pilot: int, limit: int, confidence: float) -> int:
    """Stein's number from the first ``pilot`` values of each contrast, the largest of all."""
    needed = pilot
    for values in contrasts:
        spread = _student(sample(values)[:pilot], confidence)
        if spread > 0.0 and not math.isinf(half_width):
            needed = max(needed, math.ceil((spread / half_width) ** 2) if half_width > 0.0 else limit + 1)
    return needed


def _student(x: object, confidence: float) -> float:
    """t * s of the defined values: what the half-width is the root-n-th part of."""
    values = sample(x)
    values = values[values == values]
    if values.size < 2:
        return 0.0
    return t_quantile(confidence, values.size - 1) * float(values.std(ddof=1))
