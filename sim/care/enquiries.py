"""Who contacts the shop of their own accord: where is it, and the price has fallen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from sim.care.state import INCIDENT, PRICE, WHERE_IS_IT
from sim.core.compiled import prefetch
from sim.core.rng import decision, philox, uniform
from sim.fulfilment.state import DELIVERED, DEPOSIT, NONE, ORIGIN_BOT, SHIPPED

ASKS_WHERE = decision("care.asks_where")
ASKS_PRICE = decision("care.asks_price")
HOUR, DAY, WEEK = 60.0, 1440.0, 10_080.0
#: a cut smaller than this share goes unnoticed
NOTICED = 0.03
CHUNK = 512  # orders whose draws are made at once
AHEAD = 8  # orders whose rows are on their way from memory


def where_is_it(market: Any, now: float) -> np.ndarray:
    """INCIDENT rows: orders under way whose shoppers will ask in the coming hour.

    The hazard is constant while the promise may still be kept and a higher one once it is missed; the chance within
    an hour of a daily share p is 1 − (1 − p)^(1/24). One draw for each order and hour since it was paid.
    """
    asking, orders = market.config.care.asking, market.world.fulfilment.orders
    early, late = (1.0 - (1.0 - min(share, 0.999)) ** (HOUR / DAY) for share in (asking.under_way, asking.overdue))
    under_way = np.flatnonzero(market.world.fulfilment.under_way.view(bool))
    rows = _askers(orders, under_way, market.draws.key0, market.draws.key1, now, early, late)
    if not len(rows):
        return np.zeros(0, INCIDENT)
    return _incidents(market, orders[rows[np.argsort(orders["serial"][rows], kind="stable")]], WHERE_IS_IT, now)


@njit(cache=True)
def _askers(orders, rows, key0, key1, now, early, late):  # type: ignore[no-untyped-def]
    """int64[n]: those of the orders ``rows`` whose shoppers ask, with chance ``late`` once the promise is missed."""
    found = np.empty(rows.shape[0], np.int64)
    shopper, occurrence, word = np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int64), np.empty(CHUNK, np.uint32)
    likely = max(early, late)
    n = 0
    for first in range(0, rows.shape[0], CHUNK):
        count = min(CHUNK, rows.shape[0] - first)
        for j in range(count):
            if first + j + AHEAD < rows.shape[0]:
                prefetch(orders, rows[first + j + AHEAD])
            order = orders[rows[first + j]]
            shopper[j] = order.shopper
            occurrence[j] = np.int64(order.turn) * 4096 + ((int(now) - int(order.paid_at)) // 60 & 4095)
        for j in range(count):  # does nothing else, so that the processor does several at once
            word[j] = philox(key0, key1, shopper[j], occurrence[j], ASKS_WHERE, 0)[0]
        for j in range(count):
            u = uniform(word[j])
            if u >= likely:
                continue
            order = orders[rows[first + j]]
            if order.origin != ORIGIN_BOT and u < (late if now > order.promised else early):
                found[n] = rows[first + j]
                n += 1
    return found[:n]


def price_fell(market: Any, now: float, before: np.ndarray) -> np.ndarray:
    """INCIDENT rows: orders in hand, placed within a week, of whose articles the price has just fallen.

    `before`: int64[skus], fen, the prices an hour ago; brought up to date. Who asks is told the shop's rule; what the
    rule pays is the shelf's price protection.
    """
    cut = np.zeros(len(before), bool)
    if not _cuts(market.world.shelf.skus, before, cut):
        return np.zeros(0, INCIDENT)
    price = before
    orders = market.world.fulfilment.orders
    rows = np.flatnonzero(orders["placed"] >= now - WEEK)
    known = (orders["shopper"][rows] >= 0) & (orders["paid_at"][rows] > 0.0) & (orders["origin"][rows] != ORIGIN_BOT)
    rows = rows[known & cut[np.maximum(orders["sku"][rows], 0)].any(axis=1)]
    mine = orders[rows[np.argsort(orders["serial"][rows], kind="stable")]]
    skus = np.maximum(mine["sku"], 0)
    bought = (mine["line_state"] > DEPOSIT) & (mine["line_state"] <= DELIVERED)
    dearer = mine["paid"] - price[skus] * mine["quantity"] > NOTICED * mine["paid"]
    occurrence = mine["turn"].astype(np.int64) * 4096 + int(now // HOUR) % 4096
    drawn = market.draws.uniform(ASKS_PRICE, mine["shopper"].astype(np.int64), occurrence)
    ask = (bought & cut[skus] & dearer).any(axis=1) & (drawn < market.config.care.asking.price_protection)
    return _incidents(market, mine[ask], PRICE, now)


@njit(cache=True)
def _cuts(skus, before, cut):  # type: ignore[no-untyped-def]
    """Mark the SKUs whose price has fallen against ``before``, which then holds the prices of now; their number."""
    n = 0
    for k in range(before.shape[0]):
        price = skus[k].price
        cut[k] = price < before[k] * (1.0 - NOTICED)
        n += cut[k]
        before[k] = price
    return n


def _incidents(market: Any, orders: np.ndarray, cause: int, now: float) -> np.ndarray:
    found = np.zeros(len(orders), INCIDENT)
    found["cause"], found["shopper"], found["turn"] = cause, orders["shopper"], orders["turn"]
    found["minute"] = math.floor(now)
    found["before"] = market.world.crowd.rows["satisfaction"][orders["shopper"]]
    found["value"] = orders["paid"].sum(axis=1)
    found["sku"] = orders["sku"]
    return found


assert NONE < DEPOSIT < SHIPPED < DELIVERED
