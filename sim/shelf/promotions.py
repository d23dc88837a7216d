"""The promotion calendar: what holds when, and what it writes on the boards.

Stacking, in the order in which a basket is priced:

1. one price cut an item: of all cuts that hold at once the deepest counts, they are never added;
2. the member price, where lower;
3. full reductions over the eligible lines, each on what the one before has left; one may leave out what is bought at a
   member price (`with_member_price`);
4. one coupon over what is left, unless a full reduction that took something off goes without (`with_coupon`).

An article that is presold or sold to groups is an order of its own, at its price cut alone: no full reduction is topped up
for it and no coupon is used on it. Cash for a review and price protection come after the sale and touch no order's price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.core.calendar import Calendar
from sim.core.rng import Draws, decision
from sim.shelf.config import Coupons, Discount, FullReduction, Livestream, Presale, Shelf

SELECTION = decision("promotion.selection")

ORIGIN_BROWSE, ORIGIN_LIVESTREAM, ORIGIN_GROUP, ORIGIN_PRESALE, ORIGIN_FLASH, ORIGIN_BOT = range(6)


@dataclass(frozen=True)
class Window:
    """One promotion over one stretch of time: known from ``announced``, holds in [``opens``, ``closes``)."""

    spec: Any  # the promotion's config
    number: int  # of the promotion in the file: the bit or the row it writes
    mask: np.ndarray  # bool[skus]
    announced: int  # minute
    opens: int  # minute
    closes: int  # minute

    @property
    def arm(self) -> str | None:
        """The arm of an A/B test that alone is shown it."""
        return getattr(self.spec, "arm", None)


def select(rule: str, skus: np.ndarray, names: list[str], draws: Draws, salt: int) -> np.ndarray:
    """bool[skus] of a selector: ``all``, ``hero``, ``flash``, ``exclusive``, ``category:NAME``, ``top N%``, ``random N%``.

    ``flash`` is a random 3% of the goods. Raises ValueError naming what is accepted.
    """
    number = np.arange(len(skus))
    if rule == "all":
        return np.ones(len(skus), bool)
    if rule in ("hero", "exclusive"):
        return skus[rule].astype(bool)
    if rule.startswith("category:") and rule[9:] in names:
        return np.asarray(skus["category"] == names.index(rule[9:]))
    word, _, share = ("random", "", "3%") if rule == "flash" else rule.partition(" ")
    if word in ("top", "random") and share.endswith("%"):
        try:
            part = float(share[:-1]) / 100.0
        except ValueError:
            part = -1.0
        if 0.0 < part <= 1.0:
            if word == "random":
                return np.asarray(draws.uniform(SELECTION, number, salt) < part)
            rank = np.empty(len(skus), int)
            for category in range(len(names)):
                mine = np.flatnonzero(skus["category"] == category)
                rank[mine] = np.arange(len(mine))
                rank[mine] = (rank[mine] + 0.5) / len(mine) * 1_000_000
            return rank < part * 1_000_000
    raise ValueError(
        f"found {rule!r}, accepted: all, hero, flash, exclusive, category:NAME (one of {', '.join(names)}), "
        "top N% or random N%"
    )


def windows(config: Shelf, calendar: Calendar, skus: np.ndarray, names: list[str], draws: Draws) -> list[Window]:
    """Every promotion of the file as windows in minutes, in the order of the file."""
    found: list[Window] = []
    for number, spec in enumerate(config.promotions):
        rule = f"category:{spec.room}" if isinstance(spec, Livestream) and spec.room else getattr(spec, "skus", "hero")
        if isinstance(spec, Coupons):
            rule = "all"
        mask = select(rule, skus, names, draws, number)
        for opens, closes in _spans(spec, calendar):
            known = calendar.minute(spec.announced) if spec.announced else opens - config.announce
            found.append(Window(spec, number, mask, int(max(0, known)), int(opens), int(closes)))
    return found


def _spans(spec: Any, calendar: Calendar) -> list[tuple[float, float]]:
    if isinstance(spec, Livestream):
        at = calendar.minute(spec.at)
        return [(at, at + spec.lasts)]
    if isinstance(spec, Presale):
        return [(calendar.minute(spec.start), calendar.minute(spec.balance))]
    if isinstance(spec, Discount) and spec.at:
        lasts = spec.lasts or 60.0
        return [(calendar.minute(at), calendar.minute(at) + lasts) for at in spec.at]
    if spec.start is None or spec.to is None:
        raise ValueError("a promotion needs `from` and `to`, or `at` and `for`")
    return [(calendar.minute(spec.start), calendar.minute(spec.to))]


def turning_points(calendar: list[Window], end: int) -> list[int]:
    """Minutes at which some board changes, in order, within the run."""
    minutes = {minute for window in calendar for minute in (window.announced, window.opens, window.closes)}
    return sorted(minute for minute in minutes if 0 <= minute < end)


def openings(calendar: list[Window]) -> list[int]:
    """Minutes at which an announced price begins to hold: those who waited come back then."""
    waited = (Discount, FullReduction, Livestream)
    return sorted({window.opens for window in calendar if isinstance(window.spec, waited)})
