"""What a closed complaint is worth: loyalty regained by loss, speed and redress.

TARP's shares of shoppers who stay loyal after a small and a large loss [C04, C05], for those who stay silent, who
complain and are not satisfied, are satisfied, are satisfied quickly. What an answer regains is its share of the
distance between the silent and those who had no problem, so nothing it can do is worth more than no failure [C06, C07].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.care.config import Complaints

# silent, unsatisfied, satisfied, quick: shares loyal
SMALL = (0.37, 0.46, 0.70, 0.95)
LARGE = (0.09, 0.19, 0.54, 0.82)
#: answers without money after which a further one is worth nothing [C09]
APOLOGIES = 2


@dataclass(frozen=True)
class Outcome:
    """What became of a complaint."""

    satisfied: float  # share of complainers satisfied
    regained: float  # share of the loss of satisfaction made good


def regained(level: int, severity: float) -> float:
    """Share of the loss regained at a level (1 unsatisfied, 2 satisfied, 3 quick), between a small and a large loss."""
    small = (SMALL[level] - SMALL[0]) / (1.0 - SMALL[0])
    large = (LARGE[level] - LARGE[0]) / (1.0 - LARGE[0])
    return small + severity * (large - small)


def severity(config: Complaints, value: float) -> float:
    """0 for a small loss, 1 for a large one, by the logarithm of the CNY concerned."""
    span = math.log(config.large_loss / config.small_loss)
    return min(1.0, max(0.0, math.log(max(value, 1e-9) / config.small_loss) / span))


def outcome(config: Complaints, value: float, minutes: float, redress: float, apologies: int) -> Outcome:
    """Of a complaint about `value` CNY closed `minutes` after the failure.

    `redress`: what was given, as a multiple of the shopper's trouble; nothing satisfies the share `satisfied`, the
    others by 1 − exp(−redress). `apologies`: earlier answers to this shopper that gave nothing.
    """
    if redress <= 0.0 and apologies >= APOLOGIES:
        return Outcome(0.0, 0.0)
    satisfied = config.satisfied + (1.0 - config.satisfied) * (1.0 - math.exp(-redress))
    hard = severity(config, value)
    quick = math.exp(-max(minutes, 0.0) / config.quick)
    good = regained(2, hard) + (regained(3, hard) - regained(2, hard)) * quick
    return Outcome(satisfied, satisfied * good + (1.0 - satisfied) * regained(1, hard))
