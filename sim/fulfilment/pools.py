"""Rows of orders and parcels: taken from and given back to pools that never move a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core import agenda as calendar
from sim.core.compiled import inner, prefetch
from sim.core.reserve import lengthen
from sim.fulfilment.state import (
    ALLOCATED,
    C_OPEN_ORDERS,
    C_OPEN_PARCELS,
    C_ORDER_HEAD,
    C_ORDERS_CLOSED,
    C_ORDERS_FREE,
    C_PARCEL_HEAD,
    C_PARCELS_ENDED,
    C_PARCELS_FREE,
    C_PARCELS_MADE,
    C_QUEUED,
    C_SERIAL,
    DEPOSIT,
    E_OVER,
    E_PAID,
    E_REFUNDED,
    LINES,
    NONE,
    ORIGIN_BOT,
    P_FREE,
    RETURNING,
    SHIPPED,
    WAITING,
    FulfilmentState,
)


@inner
def new_order(ful, shopper, turn):  # type: ignore[no-untyped-def]
    """Take a free order row for the shopper's ``turn``-th order; its lines are empty (state NONE).

    The caller fills the row; ``turn`` must differ between orders of one shopper, since it names the draws.
    """
    row = ful.cursor[C_ORDER_HEAD]
    order = ful.orders[row]
    ful.cursor[C_ORDER_HEAD] = order.next
    prefetch(ful.orders, np.int64(order.next))
    ful.cursor[C_ORDERS_FREE] -= 1
    ful.cursor[C_OPEN_ORDERS] += 1
    order.shopper = shopper
    order.turn = turn
    order.serial = ful.cursor[C_SERIAL]
    ful.cursor[C_SERIAL] += 1
    order.placed = 0.0
    order.paid_at = 0.0
    order.promised = 0.0
    order.delivered = 0.0
    order.lines = 0
    order.parcels = 0
    order.made = 0
    order.region = 0
    order.origin = 0
    order.live = 0
    order.flags = 0
    order.deposit = 0
    order.next = -1
    for line in range(LINES):
        order.sku[line] = -1
        order.quantity[line] = 0
        order.cash[line] = 0
        order.list_value[line] = 0
        order.paid[line] = 0
        order.refunded[line] = 0
        order.cost[line] = 0
        order.warehouse[line] = -1
        order.line_state[line] = NONE
    return row


@inner
def set_paid(ful, row, minute):  # type: ignore[no-untyped-def]
    """The order of a row is paid for, and under way until it is concluded."""
    ful.orders[row].paid_at = minute
    ful.under_way[row] = 1


@inner
def settled(ful, row):  # type: ignore[no-untyped-def]
    """True when nothing of the order is on the way any more: no open line and no parcel."""
    order = ful.orders[row]
    if order.parcels > 0:
        return False
    for line in range(np.int64(order.lines)):
        state = order.line_state[line]
        if state in (DEPOSIT, WAITING, ALLOCATED, SHIPPED, RETURNING):
            return False
    return True


@inner
def free_order(ful, row):  # type: ignore[no-untyped-def]
    """Give a settled order's row back; its money is added to `ended`, and where closed orders are kept a copy of it.

    Raises RuntimeError where something of it is still on the way.
    """
    if not settled(ful, row):
        raise RuntimeError("an order that is not settled cannot be closed")
    order = ful.orders[row]
    party = 1 if order.origin == ORIGIN_BOT else 0
    for line in range(np.int64(order.lines)):
        state = order.line_state[line]
        ful.ended[party, state, E_PAID] += order.paid[line]
        ful.ended[party, state, E_REFUNDED] += order.refunded[line]
        ful.ended[party, state, E_OVER] += order.refunded[line] > order.paid[line]
    ful.under_way[row] = 0
    if order.serial < ful.closed.shape[0]:
        ful.closed[order.serial] = order
    order.shopper = -1
    order.serial = -1
    order.next = ful.cursor[C_ORDER_HEAD]
    ful.cursor[C_ORDER_HEAD] = row
    ful.cursor[C_ORDERS_FREE] += 1
    ful.cursor[C_OPEN_ORDERS] -= 1
    ful.cursor[C_ORDERS_CLOSED] += 1


@inner
def new_parcel(ful, row, warehouse, minute):  # type: ignore[no-untyped-def]
    """Take a free parcel row for an order; the caller adds its lines and sends it on its way."""
    parcel = ful.cursor[C_PARCEL_HEAD]
    p = ful.parcels[parcel]
    order = ful.orders[row]
    ful.cursor[C_PARCEL_HEAD] = p.next
    prefetch(ful.parcels, np.int64(p.next))
    ful.cursor[C_PARCELS_FREE] -= 1
    ful.cursor[C_OPEN_PARCELS] += 1
    ful.cursor[C_PARCELS_MADE] += 1
    p.order = row
    p.warehouse = warehouse
    p.lines = 0
    p.units = 0
    p.region = order.region
    p.ordinal = order.made
    order.made += 1
    p.made = minute
    p.planned = minute
    p.arrived = minute
    p.completes = minute
    p.next = -1
    p.previous = -1
    return parcel


@inner
def free_parcel(ful, parcel):  # type: ignore[no-untyped-def]
    """Give a parcel's row back."""
    p = ful.parcels[parcel]
    p.state = P_FREE
    p.order = -1
    p.next = ful.cursor[C_PARCEL_HEAD]
    ful.cursor[C_PARCEL_HEAD] = parcel
    ful.cursor[C_PARCELS_FREE] += 1
    ful.cursor[C_OPEN_PARCELS] -= 1
    ful.cursor[C_PARCELS_ENDED] += 1


@inner
def tell(ful, row, line, code, minute):  # type: ignore[no-untyped-def]
    """Leave an outcome for the crowd, to be drained every minute."""
    n = ful.outcome_count[0]
    if n >= ful.outcomes.shape[0]:
        raise RuntimeError("outcomes were not drained: their table is full")
    ful.outcomes[n, 0] = row
    ful.outcomes[n, 1] = line
    ful.outcomes[n, 2] = code
    ful.outcomes[n, 3] = int(minute)
    ful.outcome_count[0] = n + 1


@inner
def room(ful, agenda):  # type: ignore[no-untyped-def]
    """(free order rows, free parcel rows, agenda nodes free beyond those that waiting parcels will need).

    A parcel has at most one appointment at a time and none while it waits in a queue, so `work` and
    `handle` never run out while the third number is not negative. An order takes up to LINES parcels
    and 1 + LINES nodes.
    """
    nodes = agenda.cursor[calendar.FREE_COUNT] - ful.cursor[C_QUEUED]
    return ful.cursor[C_ORDERS_FREE], ful.cursor[C_PARCELS_FREE], nodes


def grow(state: FulfilmentState, orders: int = 0, parcels: int = 0) -> FulfilmentState:
    """The same state with room for ``orders`` and ``parcels`` rows (0: as it is); rows keep their numbers."""
    changed: dict[str, Any] = {}
    old = state.orders.shape[0]
    if orders > old:
        changed["orders"] = _longer(state.orders, orders, state.cursor, C_ORDER_HEAD, C_ORDERS_FREE)
        changed["orders"]["shopper"][old:] = -1
        changed["under_way"] = lengthen(state.under_way, orders)
        changed["waiting"] = lengthen(state.waiting, orders)
        changed["waiting"][old:] = -1
    if parcels > state.parcels.shape[0]:
        changed["parcels"] = _longer(state.parcels, parcels, state.cursor, C_PARCEL_HEAD, C_PARCELS_FREE)
        outcomes = np.zeros((parcels * LINES + 4096, 4), np.int32)
        told = state.outcome_count[0]
        outcomes[:told] = state.outcomes[:told]  # only what is used: memory nobody has written to costs nothing
        changed["outcomes"] = outcomes
    return state._replace(**changed)


def keep_closed(state: FulfilmentState, orders: int) -> FulfilmentState:
    """The same state with room to keep closed orders of all serials below ``orders``."""
    old = len(state.closed)
    if orders <= old:
        return state
    closed = lengthen(state.closed, orders)
    closed["serial"][old:] = -1
    return state._replace(closed=closed)


def _longer(rows: np.ndarray, capacity: int, cursor: np.ndarray, head: int, free: int) -> np.ndarray:
    """A pool with ``capacity`` rows, the new ones in front of its free list."""
    old = rows.shape[0]
    longer = lengthen(rows, capacity)
    longer["next"][old:] = np.arange(old + 1, capacity + 1)
    longer["next"][-1] = cursor[head]
    cursor[head] = old
    cursor[free] += capacity - old
    return longer
