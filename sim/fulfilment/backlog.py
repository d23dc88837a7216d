"""Who waits for which SKU: a list of order lines for each, oldest first."""

from __future__ import annotations

import numpy as np

from sim.core.compiled import inner
from sim.fulfilment.state import C_BACKORDERED, LINES
from sim.fulfilment.stock import home
from sim.supply.state import BACKORDERED


@inner
def is_backordered(ful, row, line):  # type: ignore[no-untyped-def]
    """Whether the line stands in its SKU's backorder queue."""
    sku = ful.orders[row].sku[line]
    return ful.waiting[row, line, 1] >= 0 or ful.backlog[sku, 0] == row * LINES + line


@inner
def join_backlog(ful, supply, row, line, first_time):  # type: ignore[no-untyped-def]
    """The line waits at the end of its SKU's queue and is owed by the warehouse where it belongs.

    By the first of all where every warehouse is out of the ranks: somebody must owe it, or nothing says that it waits.
    """
    order = ful.orders[row]
    sku, entry = order.sku[line], row * LINES + line
    warehouse = max(home(ful, supply, order.region, order.shopper, sku), 0)
    order.warehouse[line] = warehouse
    last = ful.backlog[sku, 1]
    ful.waiting[row, line, 0] = -1
    ful.waiting[row, line, 1] = last
    if last < 0:
        ful.backlog[sku, 0] = entry
    else:
        ful.waiting[last // LINES, last % LINES, 0] = entry
    ful.backlog[sku, 1] = entry
    ful.cursor[C_BACKORDERED] += 1
    supply.stock[warehouse, sku].backorders += order.quantity[line]
    if first_time:
        supply.totals[BACKORDERED, sku] += order.quantity[line]


@inner
def leave_backlog(ful, supply, row, line):  # type: ignore[no-untyped-def]
    """Take the line out of its SKU's queue; its warehouse owes it no more."""
    order = ful.orders[row]
    sku = np.int64(order.sku[line])
    after, before = ful.waiting[row, line, 0], ful.waiting[row, line, 1]
    if before < 0:
        ful.backlog[sku, 0] = after
    else:
        ful.waiting[before // LINES, before % LINES, 0] = after
    if after < 0:
        ful.backlog[sku, 1] = before
    else:
        ful.waiting[after // LINES, after % LINES, 1] = before
    ful.waiting[row, line, 0] = -1
    ful.waiting[row, line, 1] = -1
    ful.cursor[C_BACKORDERED] -= 1
    supply.stock[order.warehouse[line], sku].backorders -= order.quantity[line]
    order.warehouse[line] = -1
