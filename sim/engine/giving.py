"""Orders that the shop itself brings about: units given away, and groups that are complete or out of time."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.core.agenda import appoint
from sim.crowd.state import A_BALANCE, N_MEASURED
from sim.engine.ordering import send
from sim.fulfilment.pools import new_order, set_paid
from sim.fulfilment.state import FLAG_TRIAL, WAITING
from sim.fulfilment.stock import reachable

GIVEN_TURN = 1 << 20  # turns of orders given away: apart from those of what shoppers order themselves


@njit(cache=True)
def give_away(crowd, shelf, supply, ful, books, agenda, shoppers, goods, minute):  # type: ignore[no-untyped-def]
    """Send a unit of ``goods`` int64[n] to each of ``shoppers`` int64[n] for nothing; returns how many were sent.

    The sale is booked at the list price with a discount of all of it, so that the unit's cost and its way are in the ledger.
    What is out of stock is not given.
    """
    given = 0
    for n in range(shoppers.shape[0]):
        shopper, sku = shoppers[n], goods[n]
        row = crowd.rows[shopper]
        if reachable(ful, supply, row.region, sku) < 1:
            continue
        number = new_order(ful, shopper, GIVEN_TURN + minute)
        order = ful.orders[number]
        order.placed = minute
        set_paid(ful, number, minute)
        order.region = row.region
        order.lines = 1
        order.flags = FLAG_TRIAL
        order.sku[0] = sku
        order.quantity[0] = 1
        order.list_value[0] = shelf.skus[sku].list_price
        order.paid[0] = 0
        order.line_state[0] = WAITING
        row.open_orders += 1
        if minute >= crowd.counts[N_MEASURED]:
            row.margin -= shelf.skus[sku].unit_cost
        serial = order.serial
        send(crowd, shelf, supply, ful, books, agenda, number, minute)
        if ful.orders[number].serial == serial and ful.orders[number].shopper == shopper:
            given += 1
    return given


@njit(cache=True)
def appoint_ends(agenda, orders, minute):  # type: ignore[no-untyped-def]
    """The groups of ``orders`` int64[n] (rows) end at ``minute``."""
    for n in range(orders.shape[0]):
        appoint(agenda, minute, A_BALANCE, orders[n], np.int64(0))
