"""The merchandiser: opens and closes promotions on time and keeps the ranking in step with what sells."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from sim.books.state import CASH, MARKETING, post
from sim.core.clock import ACTIONS, REVIEWS, wait
from sim.shelf import matching
from sim.shelf.config import Livestream
from sim.shelf.kernel import fill_ranking
from sim.shelf.promotions import Window, openings, turning_points, write_boards
from sim.shelf.state import HOST_COMMISSION, STALE, ShelfState

RANK_EVERY = 720.0  # minutes between rankings
PRIOR_SALES = 30.0  # row units of sales as strong as a SKU's initial appeal


class Merchandiser(mesa.Agent):
    """Writes the boards of prices and promotions at every turning point of the calendar."""

    def __init__(self, market: Any, windows: list[Window]) -> None:
        super().__init__(market)
        self.market, self.windows = market, windows
        self.turns = turning_points(windows, market.calendar.end)
        self.opens = set(openings(windows))
        rooms = [window.spec.commission for window in windows if isinstance(window.spec, Livestream)]
        market.world.shelf.setting[HOST_COMMISSION] = max(rooms, default=0.0)
        market.env.process(self.keep_calendar())
        market.env.process(self.rank())

    def keep_calendar(self) -> Any:
        """At each turning point: boards, then those who waited for the opening."""
        for minute in self.turns:
            yield wait(self.market.env, minute - self.market.env.now, ACTIONS)
            self.write(minute)

    def write(self, minute: int) -> None:
        """The boards as they are at ``minute``."""
        market, world = self.market, self.market.world
        write_boards(world.shelf, self.windows, minute, market.weight, market.config.shelf.price_change_limit)
        reweigh(world.shelf, market.config.shelf, market.weight)
        for window in self.windows:
            name = window.spec.kind
            if minute == window.opens:
                market.journal.record("shelf", "opens", name, float(window.mask.sum()))
                if isinstance(window.spec, Livestream):
                    post(world.books, minute, MARKETING, CASH, round(window.spec.fee * 100 / market.weight))
            if minute == window.closes:
                market.journal.record("shelf", "closes", name, float(window.mask.sum()))
        if minute in self.opens:
            market.call_waiting(minute)

    def rank(self) -> Any:
        """Twice a day the ranking follows what has sold."""
        while True:
            yield wait(self.market.env, RANK_EVERY, REVIEWS)
            reweigh(self.market.world.shelf, self.market.config.shelf, self.market.weight)


def reweigh(shelf: ShelfState, config: Any, weight: float) -> None:
    """Fill the ranking: popularity is initial appeal and sales so far; promoted SKUs are pushed."""
    skus = shelf.skus
    if config.ranking.policy == "random":
        weights = np.ones(len(skus))
    else:
        sold = skus["sold"].astype(float)
        total = np.bincount(skus["category"], sold, len(shelf.categories))[skus["category"]]
        mass = PRIOR_SALES * shelf.categories["count"][skus["category"]]
        weights = (mass * skus["appeal"] + sold) / (mass + total)
        promoted = (skus["price"] < skus["list_price"]) | (skus["exposure"] > 0)
        weights = weights * np.exp(config.ranking.promoted * promoted)
    fill_ranking(shelf, np.maximum(weights, 1e-12))
    shelf.setting[STALE] = 1.0


def populate(market: Any, windows: list[Window]) -> None:
    """One merchandiser, and one who matches rivals' prices where the file asks for it."""
    merchandiser = Merchandiser(market, windows)
    matching.populate(market, merchandiser.turns)
