"""What attackers who order put on their lists: articles in stock, drawn by their own weights."""

from __future__ import annotations

import numpy as np

from sim.threats.buyers import Buyer
from sim.threats.chance import ARTICLE


def dear(agent: Buyer, n: int) -> list[tuple[int, int]]:
    """``n`` articles in stock that are easily sold on: dear ones, each with the weight of its price."""
    skus = agent.market.world.shelf.skus
    return _drawn(agent, n, skus["list_price"] * skus["appeal"].astype(float))


def ordinary(agent: Buyer, n: int) -> list[tuple[int, int]]:
    """``n`` articles in stock as everybody buys them, by popularity."""
    return _drawn(agent, n, agent.market.world.shelf.skus["appeal"].astype(float))


def _drawn(agent: Buyer, n: int, weights: np.ndarray) -> list[tuple[int, int]]:
    """(SKU, one unit) ``n`` times among what can be ordered now; ``weights``: float64[skus]."""
    skus = agent.market.world.shelf.skus
    stock = agent.market.world.supply.stock
    free = (stock["on_hand"] - stock["allocated"]).sum(axis=0)
    good = np.flatnonzero((free > 0) & (skus["paused"] == 0) & (skus["deposit"] == 0))
    if not len(good) or n <= 0:
        return []
    weight = np.cumsum(weights[good])
    u = agent.market.draws.uniform(ARTICLE, np.arange(n), agent.steps, agent.number)
    return [(int(good[np.searchsorted(weight, x * weight[-1])]), 1) for x in np.atleast_1d(u)]
