"""Price protection: the difference back when the price falls within some days of the order."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from sim.books.state import CASH, DISCOUNTS, PROTECTED_VALUE, note, post
from sim.core.clock import REVIEWS, wait
from sim.core.rng import decision
from sim.shelf.state import PROTECT_CLAIM, PROTECTED

CLAIMS = decision("price_protection.claim")
EVERY = 60.0  # minutes between looks at the prices
WORTH = 0.01  # share of the price below which nobody asks


class ProtectionDesk(mesa.Agent):
    """Pays claims. Whoever is entitled and asks does so once, at the first hour at which the price has fallen.

    Claims are for goods delivered and kept; the price compared with is the one on the shop's page. Fen are rounded down.
    """

    def __init__(self, market: Any) -> None:
        super().__init__(market)
        self.market = market
        section = market.config.shelf.price_protection
        setting = market.world.shelf.setting
        setting[PROTECTED], setting[PROTECT_CLAIM] = section.within, section.claim
        self.within, self.claim = int(section.within), float(section.claim)
        self.open = np.zeros((0, 6), np.int64)  # purchases that may still be claimed for, columns of ShelfState.kept
        market.env.process(self._run())

    def _run(self) -> Any:
        while True:
            yield wait(self.market.env, EVERY, REVIEWS)
            self.settle(int(self.market.env.now))

    def settle(self, minute: int) -> None:
        """Take in what was kept since the last time, forget what is too old, and pay what is asked for."""
        shelf, books = self.market.world.shelf, self.market.world.books
        fresh = shelf.kept[: shelf.kept_count[0]].copy()
        shelf.kept_count[0] = 0
        asks = self.market.draws.uniform(CLAIMS, fresh[:, 0], fresh[:, 1] * 1_000_003 + fresh[:, 2]) < self.claim
        entitled = np.concatenate([self.open, fresh[asks]])
        entitled = entitled[entitled[:, 5] > minute - self.within]
        fall = falls(entitled, shelf.skus["price"])
        paid = fall > 0
        if paid.any():
            post(books, minute, DISCOUNTS, CASH, int(fall.sum()))
            note(books, minute, PROTECTED_VALUE, float(fall.sum()))
            earned = paid & (entitled[:, 5] >= self.market.calendar.warmup)
            np.subtract.at(self.market.world.crowd.rows["margin"], entitled[earned, 0], fall[earned])
            self.market.journal.record("shelf", "price_protection", "", float(paid.sum()) * self.market.weight)
        self.open = entitled[~paid]


def falls(kept: np.ndarray, price: np.ndarray) -> np.ndarray:
    """int64[n], fen by which purchases (rows of ShelfState.kept) have become cheaper, all units; 0 where not worth asking.

    Never more than what was kept of the price.
    """
    now = price[kept[:, 2]] * kept[:, 3]
    fall = kept[:, 4] - now
    return np.asarray(np.where(fall > WORTH * kept[:, 4], np.minimum(fall, kept[:, 4]), 0))
