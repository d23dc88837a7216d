"""Stock as orders see it: where a shopper's demand belongs, and what could be promised.

The board `rank` gives the order of warehouses for each region; the front warehouses of the shopper's own
region that stand next to each other in it share the region, each shopper belonging to one of them. The
setting `S_MODE` and the board `reserve` complete the board that policies write.
"""

from __future__ import annotations

import numpy as np

from sim.core.calendar import DAY
from sim.core.compiled import inner
from sim.fulfilment.layout import FRONT
from sim.fulfilment.state import S_PROTECT, WAITING
from sim.supply.state import DEMANDED


@inner
def home(ful, supply, region, shopper, sku):  # type: ignore[no-untyped-def]
    """The warehouse where a shopper's demand for a SKU belongs: the first of the rank that keeps it.

    The first of the rank at all where none keeps it; -1 for an empty rank.
    """
    first, run = own_fronts(ful, region)
    for position in range(ful.rank.shape[1]):
        warehouse = ranked(ful, region, shopper, position, first, run)
        if warehouse < 0:
            break
        if supply.stock[warehouse, sku].stocked:
            return warehouse
    return ful.rank[region, 0]


@inner
def ask(ful, supply, books, region, shopper, sku, quantity, minute):  # type: ignore[no-untyped-def]
    """Record demand, served or not: at the warehouse where it belongs and in the side's totals."""
    warehouse = home(ful, supply, region, shopper, sku)
    if warehouse >= 0:
        supply.stock[warehouse, sku].demand_today += quantity
    supply.totals[DEMANDED, sku] += quantity
    day = int(minute) // DAY
    if day < supply.history.shape[0]:
        supply.history[day, sku] += quantity
    return warehouse


@inner
def reachable(ful, supply, region, sku):  # type: ignore[no-untyped-def]
    """Row units of a SKU that a shopper of the region could be served with now, at the best single warehouse."""
    most = 0
    for position in range(ful.rank.shape[1]):
        warehouse = np.int64(ful.rank[region, position])
        if warehouse < 0:
            break
        if ful.warehouses[warehouse].open:
            most = max(most, available(ful, supply, warehouse, region, sku))
    return most


@inner
def available(ful, supply, warehouse, region, sku):  # type: ignore[no-untyped-def]
    """Row units free for a region: on hand, not promised, less what is kept for the warehouse's own region."""
    cell = supply.stock[warehouse, sku]
    free = cell.on_hand - cell.allocated
    if ful.setting[S_PROTECT] > 0.0 and ful.warehouses[warehouse].region != region:
        free -= ful.reserve[warehouse, sku]
    return free


@inner
def unplaced(order):  # type: ignore[no-untyped-def]
    """Mask: bit i is set where line i waits for stock and no warehouse has been chosen for it."""
    lines = np.int64(0)
    for line in range(np.int64(order.lines)):
        if order.line_state[line] == WAITING and order.warehouse[line] < 0:
            lines |= 1 << line
    return lines


@inner
def own_fronts(ful, region):  # type: ignore[no-untyped-def]
    """(position, length) of the first run of front warehouses of the region itself in its rank."""
    first, run = np.int64(-1), np.int64(0)
    for position in range(ful.rank.shape[1]):
        warehouse = np.int64(ful.rank[region, position])
        local = warehouse >= 0 and ful.warehouses[warehouse].kind == FRONT
        local = local and ful.warehouses[warehouse].region == region
        if local:
            if first < 0:
                first = np.int64(position)
            run += 1
        elif first >= 0 or warehouse < 0:
            break
    return first, run


@inner
def ranked(ful, region, shopper, position, first, run):  # type: ignore[no-untyped-def]
    """The warehouse at a position of the rank, the region's front warehouses turned to the shopper's own."""
    if run > 1 and first <= position < first + run:
        return np.int64(ful.rank[region, first + (position - first + shopper) % run])
    return np.int64(ful.rank[region, position])
