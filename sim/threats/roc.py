"""The binormal ROC: what a detector catches for the false alarms it is allowed, and how that fades."""

from __future__ import annotations

import math
from statistics import NormalDist

_NORMAL = NormalDist()


def true_positives(d_prime: float, false_positives: float) -> float:
    """TPR = Φ(d′ + Φ⁻¹(FPR)) of a binormal detector; 0 and 1 at the ends of the curve."""
    if false_positives <= 0.0:
        return 0.0
    if false_positives >= 1.0:
        return 1.0
    return _NORMAL.cdf(d_prime + _NORMAL.inv_cdf(false_positives))


def hit_rate(d_prime: float, false_positives: float) -> str:
    """TPR as a setting that `separation` turns into the same d′ again: never quite 0 or 1."""
    return f"{100.0 * min(max(true_positives(d_prime, false_positives), 1e-12), 1.0 - 1e-12):.14f}%"


def separation(true_share: float, false_share: float) -> float:
    """d′ = Φ⁻¹(TPR) − Φ⁻¹(FPR): how far apart attackers and people score, from one point of the curve."""
    return _NORMAL.inv_cdf(true_share) - _NORMAL.inv_cdf(false_share)


def faded(d_prime: float, since: float, decay: float | None) -> float:
    """d′ · exp(−t/τ), ``since`` minutes after training with time constant ``decay`` minutes (None: never fades)."""
    if decay is None:
        return d_prime
    return d_prime * math.exp(-max(0.0, since) / decay)


def passes_captcha(right: float, attempts: int, gives_up: float) -> float:
    """Share who get through: each try is right with ``right``; after a wrong one ``gives_up`` of them leave."""
    again = (1.0 - right) * (1.0 - gives_up)
    return right * sum(again**k for k in range(attempts))


def captcha_tries(right: float, attempts: int, gives_up: float) -> float:
    """Mean number of captchas somebody solves, rightly or wrongly, for one action."""
    again = (1.0 - right) * (1.0 - gives_up)
    return sum(again**k for k in range(attempts))
