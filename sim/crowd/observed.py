"""What the platform knows of people: the categories they bought, and a profile tag that may be wrong.

Nothing hidden is read: not tastes, not needs, not rates. The past before the run is drawn once: so many orders as the
shopper's row has, each in a category drawn by the need that would have brought it about.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.clock import REVIEWS, wait
from sim.core.rng import decision
from sim.crowd.state import PROSPECT

PAST = decision("profile.past")
TAG = decision("profile.tag")

EVERY = 120.0  # minutes between looks at the orders; one is not settled sooner
PAST_ORDERS = 12  # orders of the past that the platform has kept
PRIOR = 1.0  # people like one count as much as one's own orders
CELL_PRIOR = 50.0  # people of a cell as strong as what everybody orders


class Observer:
    """Profiles by shopper: uint16[shoppers, categories] of orders, and a tag (segment) each."""

    def __init__(self, market: Any, accuracy: float) -> None:
        self.market = market
        rows = market.world.crowd.rows
        self.profile = self._past(rows)
        segments = len(market.config.crowd.segments)
        known = market.draws.uniform(TAG, np.arange(len(rows)), 0) < accuracy
        # a wrong tag names any other segment
        step = 1 + (market.draws.uniform(TAG, np.arange(len(rows)), 1) * (segments - 1)).astype(np.int64)
        self.tag = np.where(known, rows["segment"], (rows["segment"] + step) % segments)
        self.seen = -1
        market.env.process(self._watch())

    def _past(self, rows: np.ndarray) -> np.ndarray:
        need = np.asarray(self.market.world.shelf.categories["need"], float)
        count = len(need)
        profile = np.zeros((len(rows), count), np.uint16)
        customers = np.flatnonzero((rows["orders"] > 0) & ((rows["flags"] & PROSPECT) == 0))
        chance = np.cumsum(rows["category_taste"][customers, :count] * need, axis=1)
        for order in range(PAST_ORDERS):
            mine = np.flatnonzero(rows["orders"][customers] > order)
            u = self.market.draws.uniform(PAST, customers[mine], order) * chance[mine, -1]
            category = np.minimum((u[:, None] >= chance[mine]).sum(axis=1), count - 1)
            profile[customers[mine], category] += 1
        return profile

    def _watch(self) -> Any:
        while True:
            yield wait(self.market.env, EVERY, REVIEWS)
            self.look()

    def look(self) -> None:
        """Write down the categories of orders placed since the last look."""
        world = self.market.world
        orders = world.fulfilment.orders
        new = np.flatnonzero((orders["shopper"] >= 0) & (orders["serial"] > self.seen))
        if not len(new):
            return
        self.seen = int(orders["serial"][new].max())
        for line in range(orders["sku"].shape[1]):
            sku = orders["sku"][new, line]
            held = sku >= 0
            np.add.at(self.profile, (orders["shopper"][new[held]], world.shelf.skus["category"][sku[held]]), 1)

    def score(self, category: int | None) -> np.ndarray:
        """float64[shoppers]: orders of the category to be expected of each, against others; with None, of anything.

        A customer's own orders, shrunk to what customers with the same tag, device and region ordered on average; a
        stranger's is the latter alone.
        """
        rows = self.market.world.crowd.rows
        known = (rows["flags"] & PROSPECT) == 0
        cell = (self.tag.astype(np.int64) * 2 + rows["device"]) * 16 + rows["region"]
        cells = int(cell.max(initial=0)) + 1
        mine = (self.profile.sum(axis=1) if category is None else self.profile[:, category]).astype(float)
        mean = float(mine[known].mean()) if known.any() else 0.0
        people = np.bincount(cell[known], minlength=cells)
        expected = (np.bincount(cell[known], mine[known], cells) + CELL_PRIOR * mean) / (people + CELL_PRIOR)
        return np.where(known, (mine + PRIOR * expected[cell]) / (1.0 + PRIOR), expected[cell])


def observer(market: Any) -> Observer:
    """The market's observer, made when a programme first asks for it."""
    found = market.notices.get("observer")
    if found is None:
        acquisition = market.config.crowd.acquisition
        found = market.notices["observer"] = Observer(market, acquisition.accuracy if acquisition else 0.75)
    return found  # type: ignore[no-any-return]
