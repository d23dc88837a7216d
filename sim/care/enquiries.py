"""Who contacts the shop of their own accord: where is it, and the price has fallen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.care.state import INCIDENT, PRICE, WHERE_IS_IT
from sim.core.rng import decision
from sim.fulfilment.state import DELIVERED, DEPOSIT, FLAG_CONCLUDED, NONE, ORIGIN_BOT, SHIPPED

ASKS_WHERE = decision("care.asks_where")
ASKS_PRICE = decision("care.asks_price")
HOUR, DAY, WEEK = 60.0, 1440.0, 10_080.0
#: a cut smaller than this share goes unnoticed
NOTICED = 0.03


def where_is_it(market: Any, now: float) -> np.ndarray:
    """INCIDENT rows: orders under way whose shoppers will ask in the coming hour.

    The hazard is constant while the promise may still be kept and a higher one once it is missed; the chance within
    an hour of a daily share p is 1 − (1 − p)^(1/24). One draw for each order and hour since it was paid.
    """
    asking, orders = market.config.care.asking, market.world.fulfilment.orders
    under_way = (orders["shopper"] >= 0) & (orders["paid_at"] > 0.0) & (orders["origin"] != ORIGIN_BOT)
    under_way &= orders["flags"] & FLAG_CONCLUDED == 0
    rows = np.flatnonzero(under_way)
    if not len(rows):
        return np.zeros(0, INCIDENT)
    rows = rows[np.argsort(orders["serial"][rows], kind="stable")]
    mine = orders[rows]
    shares = np.where(now > mine["promised"], asking.overdue, asking.under_way)
    chance = 1.0 - (1.0 - np.minimum(shares, 0.999)) ** (HOUR / DAY)
    hours = ((now - mine["paid_at"]) // HOUR).astype(np.int64) & 4095
    drawn = market.draws.uniform(
        ASKS_WHERE, mine["shopper"].astype(np.int64), mine["turn"].astype(np.int64) * 4096 + hours
    )
    return _incidents(market, mine[drawn < chance], WHERE_IS_IT, now)


def price_fell(market: Any, now: float, before: np.ndarray) -> np.ndarray:
    """INCIDENT rows: orders in hand, placed within a week, of whose articles the price has just fallen.

    `before`: int64[skus], fen, the prices an hour ago. Who asks is told the shop's rule; what the rule pays is the
    shelf's price protection.
    """
    price = market.world.shelf.skus["price"]
    cut = price < before * (1.0 - NOTICED)
    if not cut.any():
        return np.zeros(0, INCIDENT)
    orders = market.world.fulfilment.orders
    known = (orders["shopper"] >= 0) & (orders["paid_at"] > 0.0) & (orders["origin"] != ORIGIN_BOT)
    rows = np.flatnonzero(known & (orders["placed"] >= now - WEEK))
    rows = rows[np.argsort(orders["serial"][rows], kind="stable")]
    mine = orders[rows]
    skus = np.maximum(mine["sku"], 0)
    bought = (mine["line_state"] > DEPOSIT) & (mine["line_state"] <= DELIVERED)
    dearer = mine["paid"] - price[skus] * mine["quantity"] > NOTICED * mine["paid"]
    occurrence = mine["turn"].astype(np.int64) * 4096 + int(now // HOUR) % 4096
    drawn = market.draws.uniform(ASKS_PRICE, mine["shopper"].astype(np.int64), occurrence)
    ask = (bought & cut[skus] & dearer).any(axis=1) & (drawn < market.config.care.asking.price_protection)
    return _incidents(market, mine[ask], PRICE, now)


def _incidents(market: Any, orders: np.ndarray, cause: int, now: float) -> np.ndarray:
    found = np.zeros(len(orders), INCIDENT)
    found["cause"], found["shopper"], found["turn"] = cause, orders["shopper"], orders["turn"]
    found["minute"] = math.floor(now)
    found["before"] = market.world.crowd.rows["satisfaction"][orders["shopper"]]
    found["value"] = orders["paid"].sum(axis=1)
    found["sku"] = orders["sku"]
    return found


assert NONE < DEPOSIT < SHIPPED < DELIVERED
