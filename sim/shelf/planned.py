"""What is planned on the shelf, as those who buy stock see it: the price of each SKU on each coming day."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.core.calendar import DAY
from sim.shelf.promotions import Window


def planned_prices(
    calendar: list[Window], days: int, skus: int, shares: Mapping[str, float] | None = None
) -> np.ndarray:
    """float32[days, skus]: planned price of a day relative to the list price, mean over the day's minutes.

    A price cut counts with its depth, a full reduction with `off` ÷ `every`, both for the share of the day they hold;
    promotions on the same SKU multiply. A group's price counts as that of the smallest group. Coupons are not counted: who
    will use them is not known beforehand. ``shares``: share of shoppers in each arm of an A/B test, who alone are shown
    the arm's promotions.
    """
    plan = np.ones((days, skus), np.float32)
    for window in calendar:
        depth = _depth(window.spec)
        if window.arm is not None:
            depth *= (shares or {}).get(window.arm, 0.0)
        if depth <= 0.0:
            continue
        for day in range(max(0, window.opens // DAY), min(days, -(-window.closes // DAY))):
            held = (min(window.closes, (day + 1) * DAY) - max(window.opens, day * DAY)) / DAY
            plan[day, window.mask] *= 1.0 - depth * held
    return plan


def _depth(spec: object) -> float:
    rungs = getattr(spec, "rungs", None)
    if rungs:
        return float(rungs[0][1])
    every = getattr(spec, "every", None)
    off = getattr(spec, "off", None)
    if off is None or getattr(spec, "threshold", None) is not None:
        return 0.0
    return float(off) / float(every) if every else float(off)
