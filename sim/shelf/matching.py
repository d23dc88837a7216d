"""Price matching: where a rival is cheaper, our page shows its price, as long as a margin is left.

It lies over whatever promotions write: a price this policy has set is taken back before the next one is set, unless
somebody else has written the page since. Exclusive goods need no match: nobody else has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mesa
import numpy as np
import simpy

from sim.core.clock import REVIEWS, call_after, wait
from sim.core.errors import SimError, UnitError
from sim.core.registry import event, policy
from sim.core.units import parse_percent
from sim.shelf.state import STALE


@policy("shelf.price_matching", "none")
class NoMatching:
    """Prices follow the promotion calendar alone."""


@policy("shelf.price_matching", "match")
class Matching:
    """The cheapest rival's price where it is below ours, down to a margin floor; exclusive goods keep theirs."""

    def __init__(self, section: Any, listed: np.ndarray) -> None:
        self.section = section
        self.listed = listed  # int64[skus], fen: rivals' indices are against the list prices of the start

    def prices(self, skus: np.ndarray, log_rival: np.ndarray, floor: float) -> np.ndarray:
        """int64[skus], fen: what to ask for, given log prices float64[categories] of the cheapest rival."""
        rival = np.rint(self.listed * np.exp(log_rival[skus["category"]])).astype(np.int64)
        least = np.ceil(skus["unit_cost"] * (1.0 + floor)).astype(np.int64)
        matched = np.minimum(skus["price"], np.maximum(rival, least))
        return np.where(skus["exclusive"] > 0, skus["price"], matched)


class Matcher(mesa.Agent):
    """Reads rivals' pages and changes ours."""

    def __init__(self, market: Any) -> None:
        super().__init__(market)
        self.market = market
        self.section = market.config.shelf.price_matching
        self.policy = Matching(self.section, market.world.shelf.skus["list_price"].copy())
        self.floor = float(self.section.floor)
        self.on = self.section.policy == "match"
        skus = market.world.shelf.skus
        self.own = skus["price"].copy()  # int64[skus], what stood there before
        self.shown = skus["price"].copy()  # int64[skus], what this policy left there
        self._running = False
        if self.on:
            self.start()

    def start(self) -> None:
        """Begin to look."""
        self.on = True
        if not self._running:
            self._running = True
            self.market.env.process(self._watch())

    def _watch(self) -> Iterator[simpy.Event]:
        while self.on:
            self.match()
            yield wait(self.market.env, self.section.every, REVIEWS)
        self._running = False

    def match(self) -> None:
        """Set every price anew."""
        world = self.market.world
        skus = world.shelf.skus
        self.release()
        self.own = skus["price"].copy()
        cheapest = world.rivals.log_price.min(axis=0)
        # no rival of the file: the board stands at our list prices, and nothing is below them
        skus["price"] = self.policy.prices(skus, cheapest, self.floor) if self.on else self.own
        self.shown = skus["price"].copy()
        cut = int((self.shown < self.own).sum())
        if cut != getattr(self, "cut", 0):
            self.cut = cut
            self.market.journal.record("shelf", "prices_matched", "", float(cut))
        world.shelf.setting[STALE] = 1.0

    def rewritten(self) -> None:
        """Promotions have just written every price: none of them is ours any more."""
        self.own = self.market.world.shelf.skus["price"].copy()
        self.shown = self.own.copy()
        self.match()

    def release(self) -> None:
        """Take our own cuts back where nobody has written since."""
        skus = self.market.world.shelf.skus
        mine = (self.shown < self.own) & (skus["price"] == self.shown)
        skus["price"] = np.where(mine, self.own, skus["price"])


def populate(market: Any, turns: list[int]) -> None:
    """The matcher, where the file asks for one. ``turns``: minutes at which promotions write the prices anew."""
    if market.config.shelf.price_matching.policy == "match":
        _matcher(market, turns)


def _matcher(market: Any, turns: list[int]) -> Matcher:
    matcher: Matcher | None = market.notices.get("price_matching")
    if matcher is None:
        matcher = market.notices["price_matching"] = Matcher(market)
        for minute in turns:
            if minute > market.env.now:
                call_after(market.env, minute - market.env.now, REVIEWS, matcher.rewritten)
    return matcher


@event("shelf.match_prices", kind="action")
def match_prices(market: Any, target: Any = None, for_minutes: Any = None, floor: Any = None) -> None:
    """Match the cheapest rival from now on (or for a time), down to a margin `floor` over cost."""
    from sim.shelf.promotions import turning_points

    matcher = _matcher(market, turning_points(market.windows, market.calendar.end))
    if floor is not None:
        try:
            matcher.floor = parse_percent(floor) if isinstance(floor, str) else float(floor)
        except UnitError as error:
            raise SimError(f"floor: found {floor!r}, accepted: {error.accepted}") from None
    matcher.start()
    if for_minutes is not None:
        call_after(market.env, float(for_minutes), REVIEWS, lambda: _stop(matcher))


@event("shelf.stop_matching", kind="action")
def stop_matching(market: Any, target: Any = None, for_minutes: Any = None) -> None:
    """Prices follow the promotion calendar alone again."""
    matcher = market.notices.get("price_matching")
    if matcher is not None:
        _stop(matcher)


def _stop(matcher: Matcher) -> None:
    matcher.on = False
    matcher.match()
