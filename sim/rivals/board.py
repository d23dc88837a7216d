"""The market board of rivals: what their prices come to for a shopper, and what was on it over time.

The rivals' part of the nested logit is the log-sum of the shops a shopper who uses several platforms might turn to::

    value(c) = nest · log( 1/n · Σ_r range_r · carried(c) · exp(service_r − slope(c) · log price_r(c)) )

``carried``: share of a category's attraction that is not exclusive to us; ``slope``: weight of the log price for a shopper
of mean sensitivity, losses against the list price weighing more [P01, P03, P26]; ``nest``: as in our own shop. With rivals at
our list prices, equal service and nothing exclusive it is nought: the board of a scenario without rivals.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.crowd.state import MULTIHOME, P_LOSS, P_NEST, P_REGULAR, P_TRANSACTION
from sim.shelf.state import STALE

NOTHING = -20.0  # value of a category that no rival has


class Board:
    """Writes ``RivalsState.value`` whenever a price changes, and keeps the averages the measures need."""

    def __init__(self, market: Any, specs: list[Any]) -> None:
        self.market = market
        self.range = np.array([spec.range for spec in specs])
        world = market.world
        world.rivals.quality[:] = [spec.service for spec in specs]
        skus, categories = world.shelf.skus, world.shelf.categories
        count = len(categories)
        pull = skus["appeal"].astype(float) * np.exp(skus["quality"].astype(float))
        shared = pull * (skus["exclusive"] == 0)
        whole = np.bincount(skus["category"], pull, count)
        #: float64[categories], share of a category's attraction that rivals can have too
        self.carried = np.bincount(skus["category"], shared, count) / np.maximum(whole, 1e-12)
        self._pull = shared
        self._listed = skus["list_price"].astype(float)  # indices are against the list prices of the start
        self._shared = np.bincount(skus["category"], shared, count)
        #: float64[categories], cost of goods over list price of what rivals have too
        cost = np.bincount(skus["category"], shared * skus["unit_cost"] / skus["list_price"], count)
        self.cost = np.where(self._shared > 0, cost / np.maximum(self._shared, 1e-12), 1.0)
        rows, params = world.crowd.rows, world.crowd.params
        users = rows["sensitivity"][(rows["flags"] & MULTIHOME) != 0]
        mean = float(users.mean()) if len(users) else 1.0
        slope = mean * categories["sensitivity"].astype(float)
        self.slope_cut = slope * (params[P_REGULAR] + params[P_TRANSACTION])
        self.slope_rise = slope * (params[P_REGULAR] + params[P_TRANSACTION] * params[P_LOSS])
        self.nest = float(params[P_NEST])
        need = categories["need"].astype(float)
        self.need = need / need.sum()
        self.wars = 0
        self._since, self._war_since = 0.0, 0.0
        self.index_minutes = self.war_minutes = self.minutes = 0.0
        self.sales_before = np.zeros(count, np.int64)
        world.rivals.value[:] = self.value(world.rivals.log_price)  # service and range count at any price

    def ours(self) -> np.ndarray:
        """float64[categories]: log of our prices on the page over list price, of goods that rivals have too."""
        shelf = self.market.world.shelf
        log_price = shelf.pages["log_price"][: len(shelf.skus)] + np.log(shelf.skus["list_price"] / self._listed)
        sums = np.bincount(shelf.skus["category"], self._pull * log_price, len(self._shared))
        return np.where(self._shared > 0, sums / np.maximum(self._shared, 1e-12), 0.0)

    def value(self, log_price: np.ndarray) -> np.ndarray:
        """float64[categories] of log prices float64[rivals, categories]."""
        quality = self.market.world.rivals.quality
        utility = quality[:, None] - np.where(log_price > 0, self.slope_rise, self.slope_cut) * log_price
        mean = (self.range[:, None] * self.carried * np.exp(utility)).mean(axis=0)
        return np.where(mean > 0, self.nest * np.log(np.maximum(mean, 1e-300)), NOTHING)

    def write(self, number: int, log_price: np.ndarray) -> bool:
        """A rival shows other prices from now on; returns whether any is another one."""
        state = self.market.world.rivals
        if np.array_equal(state.log_price[number], log_price):
            return False
        self.settle()
        state.log_price[number] = log_price
        state.value[:] = self.value(state.log_price)
        self.market.world.shelf.setting[STALE] = 1.0
        return True

    def war(self, change: int) -> None:
        """One more (1) or one fewer (-1) rival is at war with us."""
        self.settle()
        self.wars += change

    def settle(self) -> None:
        """Bring the averages up to now."""
        now = float(self.market.env.now)
        passed = now - self._since
        cheapest = np.exp(self.market.world.rivals.log_price.min(axis=0))
        self.index_minutes += passed * float((self.need * cheapest).sum())
        self.war_minutes += passed * (self.wars > 0)
        self.minutes += passed
        self._since = now

    def begin_measuring(self) -> None:
        """Averages count from now on: the warm-up is over."""
        self.settle()
        self.index_minutes = self.war_minutes = self.minutes = 0.0
        self.sales_before = self.market.world.rivals.sales.copy()
