"""What is taken back before it leaves: lines are cancelled, parcels released, orders sent from elsewhere."""

from __future__ import annotations

import numpy as np

from sim.books.state import CANCELLED_UNITS, note
from sim.core.compiled import inner
from sim.fulfilment.allocation import each_line, enqueue, serve_backorders
from sim.fulfilment.backlog import join_backlog, leave_backlog
from sim.fulfilment.closing import conclude, measured_day
from sim.fulfilment.foresight import binds
from sim.fulfilment.pools import free_parcel, tell
from sim.fulfilment.state import ALLOCATED, CANCELLED, FLAG_BLEMISHED, LINE_CANCELLED, M_CANCELLED, P_QUEUED, WAITING
from sim.fulfilment.stations import withdraw
from sim.fulfilment.stock import own_fronts, unplaced


@inner
def cancel_line(ful, supply, skus, agenda, books, key0, key1, row, line, minute):  # type: ignore[no-untyped-def]
    """Cancel a line that is not yet being picked; returns whether it could be. The caller refunds it.

    Its stock is free again and goes to whoever waits for it. A line waiting for stock, backordered or not,
    is cancelled too. The order may end by it: then ORDER_DELIVERED is told if any of it was delivered.
    """
    done = _cancel(ful, supply, skus, agenda, books, key0, key1, row, line, minute)
    if done:
        conclude(ful, row, minute)
    return done


@inner
def _cancel(ful, supply, skus, agenda, books, key0, key1, row, line, minute):  # type: ignore[no-untyped-def]
    """`cancel_line` without the order's end."""
    order = ful.orders[row]
    sku, quantity = np.int64(order.sku[line]), np.int64(order.quantity[line])
    if order.line_state[line] == WAITING:
        if order.warehouse[line] >= 0:
            leave_backlog(ful, supply, row, line)
    elif order.line_state[line] == ALLOCATED:
        parcel = _queued_parcel(ful, row, line)
        if parcel < 0:
            return False
        p = ful.parcels[parcel]
        warehouse = np.int64(p.warehouse)
        p.lines &= ~(1 << line)
        p.units -= quantity
        ful.stations[warehouse].units -= quantity
        supply.stock[warehouse, sku].allocated -= quantity
        if p.lines == 0:
            binds(ful, parcel, -1)
            withdraw(ful, warehouse, parcel, float(minute))
            free_parcel(ful, parcel)
            order.parcels -= 1
    else:
        return False
    freed = order.line_state[line] == ALLOCATED
    order.line_state[line] = CANCELLED
    order.flags |= FLAG_BLEMISHED
    ful.measured[measured_day(ful, minute), M_CANCELLED] += 1
    note(books, minute, CANCELLED_UNITS, float(quantity))
    if freed and ful.backlog[sku, 0] >= 0:
        serve_backorders(ful, supply, skus, agenda, books, key0, key1, np.int64(sku), minute)
    return True


@inner
def _queued_parcel(ful, row, line):  # type: ignore[no-untyped-def]
    """The parcel of an allocated line while it waits to be picked, -1 where it is being picked."""
    parcel = np.int64(ful.orders[row].parcel[line])
    return parcel if ful.parcels[parcel].state == P_QUEUED else np.int64(-1)


@inner
def release(ful, supply, warehouse, parcel, minute):  # type: ignore[no-untyped-def]
    """Undo a waiting parcel: its lines wait for stock again, without a warehouse; returns the order row."""
    p = ful.parcels[parcel]
    row = np.int64(p.order)
    order = ful.orders[row]
    for line in range(np.int64(order.lines)):
        if p.lines & (1 << line):
            supply.stock[warehouse, order.sku[line]].allocated -= order.quantity[line]
            order.line_state[line] = WAITING
            order.warehouse[line] = -1
    binds(ful, parcel, -1)
    withdraw(ful, warehouse, parcel, float(minute))
    free_parcel(ful, parcel)
    order.parcels -= 1
    return row


@inner
def relocate(ful, supply, skus, agenda, books, key0, key1, row, minute):  # type: ignore[no-untyped-def]
    """Give lines without a warehouse (released ones) other stock, or let them wait as backorders.

    They were counted as served when first promised and are not counted again. Returns lines without stock.
    """
    order = ful.orders[row]
    first, run = own_fronts(ful, order.region)
    open_lines = unplaced(order)
    before = order.made
    missing = each_line(ful, supply, skus, row, open_lines, minute, first, run)
    enqueue(ful, row, before, minute)
    waiting = 0
    for line in range(np.int64(order.lines)):
        if missing & (1 << line):
            join_backlog(ful, supply, row, line, False)
            waiting += 1
    return waiting


@inner
def doubt(ful, supply, skus, agenda, books, key0, key1, row, give_up, minute):  # type: ignore[no-untyped-def]
    """A day has passed with something unshipped: cancel all of that if the shopper gives up.

    Returns whether anything is still unshipped, so that the thought will come back tomorrow.
    """
    order = ful.orders[row]
    unshipped = False
    for line in range(np.int64(order.lines)):
        state = order.line_state[line]
        if state in (WAITING, ALLOCATED):
            if give_up and _cancel(ful, supply, skus, agenda, books, key0, key1, row, line, minute):
                tell(ful, row, line, LINE_CANCELLED, minute)
            else:
                unshipped = True
    conclude(ful, row, minute)
    return unshipped
