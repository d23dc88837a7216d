"""Price matching: where a rival is cheaper, our page shows its price, as long as a margin is left.

It puts a ceiling on prices that promotions may still go below. Exclusive goods need no match: nobody else has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import mesa
import numpy as np
import simpy

from sim.core.arguments import size
from sim.core.clock import REVIEWS, call_after, wait
from sim.core.errors import SimError, UnitError
from sim.core.registry import event, get_policy, policy
from sim.core.units import Percent
from sim.shelf.boards import NEVER, Standing
from sim.shelf.state import STALE


@policy("shelf.price_matching", "none")
class NoMatching:
    """Prices follow the promotion calendar alone."""


@policy("shelf.price_matching", "match")
class Matching:
    """The cheapest rival's price where it is below ours, down to a margin floor; exclusive goods keep theirs."""

    def __init__(self, listed: np.ndarray) -> None:
        self.listed = listed  # int64[skus], fen: rivals' indices are against the list prices of the start

    def ceiling(self, skus: np.ndarray, log_rival: np.ndarray, floor: float) -> np.ndarray:
        """int64[skus], fen: what not to exceed, given log prices float64[categories] of the cheapest rival."""
        rival = np.rint(self.listed * np.exp(log_rival[skus["category"]])).astype(np.int64)
        least = np.ceil(skus["unit_cost"] * (1.0 + floor)).astype(np.int64)
        free = (skus["exclusive"] > 0) | (rival >= self.listed)
        return np.where(free, NEVER, np.maximum(rival, least))


class Matcher(mesa.Agent):
    """Reads rivals' pages and changes ours."""

    def __init__(self, market: Any, standing: Standing, rewrite: Callable[[], None]) -> None:
        super().__init__(market)
        self.market, self.standing, self.rewrite = market, standing, rewrite
        self.section = market.config.shelf.price_matching
        # an action may ask for matching where the file does not: then it is the plain one
        named = self.section.policy if self.section.policy != "none" else "match"
        self.policy = get_policy("shelf.price_matching", named)(market.world.shelf.skus["list_price"].copy())
        self.usual = self.section.policy != "none"  # the file asks for it, and nobody has stopped it
        self.orders: dict[int, float] = {}  # floors of actions that hold, by number, the last given last
        self._given = 0
        self._running = False
        if self.usual:
            self._start()

    @property
    def on(self) -> bool:
        """The file or an action asks for it."""
        return self.usual or bool(self.orders)

    @property
    def floor(self) -> float:
        """Least margin now: that of the last action that holds, else the file's."""
        return list(self.orders.values())[-1] if self.orders else float(self.section.floor)

    def order(self, floor: float, lasting: float | None) -> None:
        """Match down to ``floor`` from now on, or for ``lasting`` minutes; then what held without it holds again."""
        self._given += 1
        number = self._given
        self.orders[number] = floor
        self._start()
        if lasting is not None:
            call_after(self.market.env, lasting, REVIEWS, lambda: self._over(number))

    def _over(self, number: int) -> None:
        if self.orders.pop(number, None) is not None and not self.on:
            self.stop()

    def _start(self) -> None:
        """Begin to look."""
        if not self._running:
            self._running = True
            self.market.env.process(self._watch())

    def stop(self) -> None:
        """Prices follow the promotion calendar alone again, whoever asked for matching."""
        self.usual = False
        self.orders.clear()
        self._hold(np.full_like(self.standing.ceiling, NEVER))

    def _watch(self) -> Iterator[simpy.Event]:
        while self.on:
            world = self.market.world
            cheapest = world.rivals.log_price.min(axis=0)
            self._hold(self.policy.ceiling(world.shelf.skus, cheapest, self.floor))
            yield wait(self.market.env, self.section.every, REVIEWS)
        self._running = False

    def _hold(self, ceiling: np.ndarray) -> None:
        if np.array_equal(ceiling, self.standing.ceiling):
            return
        self.standing.ceiling[:] = ceiling
        self.rewrite()
        self.market.world.shelf.setting[STALE] = 1.0
        self.market.journal.record("shelf", "prices_matched", "", float((ceiling < NEVER).sum()))


def populate(market: Any, standing: Standing, rewrite: Callable[[], None]) -> None:
    """The matcher. It does nothing until the file or an action asks for it."""
    market.notices["price_matching"] = Matcher(market, standing, rewrite)


@event("shelf.match_prices", kind="action")
def match_prices(market: Any, for_minutes: Any = None, floor: Percent | None = None) -> None:
    """Match the cheapest rival from now on (or for a time), down to a margin `floor` over cost."""
    matcher: Matcher = market.notices["price_matching"]
    try:
        least = size(floor, matcher.floor)
    except UnitError as error:
        raise SimError(f"floor: found {floor!r}, accepted: {error.accepted}") from None
    matcher.order(least, None if for_minutes is None else float(for_minutes))


@event("shelf.stop_matching", kind="action")
def stop_matching(market: Any) -> None:
    """Prices follow the promotion calendar alone again."""
    market.notices["price_matching"].stop()
