"""Which warehouse serves an order line: stock is promised, parcels are made, the rest waits."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.books.state import SERVED_UNITS, note
from sim.core import agenda as calendar
from sim.core.calendar import DAY
from sim.core.compiled import inner
from sim.fulfilment.backlog import is_backordered, join_backlog, leave_backlog
from sim.fulfilment.foresight import binds, foresee
from sim.fulfilment.pools import new_parcel, room
from sim.fulfilment.state import (
    ALLOCATED,
    FLAG_CHECKED,
    FLAG_PICK_UP,
    FLAG_SHIPPED,
    FLAG_SPLIT,
    K_DOUBT,
    LINES,
    P_QUEUED,
    S_CUTOFF,
    S_MODE,
    S_READY,
    WAITING,
)
from sim.fulfilment.stations import join
from sim.fulfilment.stock import available, own_fronts, ranked, unplaced
from sim.supply.state import SERVED


@inner
def allocate(ful, supply, skus, agenda, books, key0, key1, row, minute, backorder):  # type: ignore[no-untyped-def]
    """Promise stock to every line of the order that waits for none yet and send parcels to be picked.

    Returns a mask: bit i is set where line i found no stock. Such a line stays WAITING; with ``backorder``
    it has joined the SKU's backorder queue, else the caller drops it. Stamps `promised` and makes the order
    think once a day of cancelling while something of it is unshipped. Needs room for LINES parcels and
    1 + LINES nodes.
    """
    order = ful.orders[row]
    first, run = own_fronts(ful, order.region)
    open_lines = unplaced(order)
    if open_lines == 0:
        return 0
    parcels_before = order.made
    if ful.setting[S_MODE] > 0.0:
        missing = _few_parcels(ful, supply, skus, row, open_lines, minute, first, run)
    else:
        missing = each_line(ful, supply, skus, row, open_lines, minute, first, run)
    latest = enqueue(ful, row, parcels_before, minute)
    served = 0
    for line in range(np.int64(order.lines)):
        if open_lines & (1 << line):
            quantity = order.quantity[line]
            if missing & (1 << line):
                if backorder:
                    join_backlog(ful, supply, row, line, True)
            else:
                served += quantity
                supply.totals[SERVED, order.sku[line]] += quantity
                supply.stock[order.warehouse[line], order.sku[line]].served_today += quantity
                day = int(minute) // DAY
                if day < supply.served.shape[0]:
                    supply.served[day, order.sku[line]] += quantity
    note(books, minute, SERVED_UNITS, float(served))
    kept = open_lines if backorder else open_lines & ~missing
    if kept:
        _promise(ful, row, minute, latest)
        if not order.flags & FLAG_CHECKED:
            order.flags |= FLAG_CHECKED
            calendar.appoint(agenda, int(minute) + DAY, K_DOUBT, row, np.int64(order.serial & 0x7FFFFFFF))
    return missing


@inner
def each_line(ful, supply, skus, row, open_lines, minute, first, run):  # type: ignore[no-untyped-def]
    """Each line from the first warehouse of the rank that has it; returns the mask of those without."""
    order = ful.orders[row]
    missing = np.int64(0)
    for line in range(np.int64(order.lines)):
        if not open_lines & (1 << line):
            continue
        found = np.int64(-1)
        for position in range(ful.rank.shape[1]):
            warehouse = ranked(ful, order.region, order.shopper, position, first, run)
            if warehouse < 0:
                break
            if _has(ful, supply, warehouse, order, line):
                found = warehouse
                break
        if found < 0:
            missing |= 1 << line
        else:
            _take(ful, supply, skus, row, line, found)
    return missing


@inner
def _few_parcels(ful, supply, skus, row, open_lines, minute, first, run):  # type: ignore[no-untyped-def]
    """Again and again the warehouse that has most of what is left, the first of the rank among equals."""
    order = ful.orders[row]
    left = open_lines
    while left:
        best, most = np.int64(-1), 0
        for position in range(ful.rank.shape[1]):
            warehouse = ranked(ful, order.region, order.shopper, position, first, run)
            if warehouse < 0:
                break
            covered = 0
            for line in range(np.int64(order.lines)):
                if left & (1 << line) and _has(ful, supply, warehouse, order, line):
                    covered += 1
            if covered > most:
                best, most = warehouse, covered
        if best < 0:
            break
        for line in range(np.int64(order.lines)):
            # asked again line by line: two lines may want the last unit of one SKU
            if left & (1 << line) and _has(ful, supply, best, order, line):
                _take(ful, supply, skus, row, line, best)
                left &= ~(1 << line)
    return left


@inner
def _has(ful, supply, warehouse, order, line):  # type: ignore[no-untyped-def]
    """Whether an open warehouse has enough of the line's SKU for it."""
    if not ful.warehouses[warehouse].open:
        return False
    return available(ful, supply, warehouse, order.region, np.int64(order.sku[line])) >= order.quantity[line]


@inner
def _take(ful, supply, skus, row, line, warehouse):  # type: ignore[no-untyped-def]
    """Promise the line's stock at a warehouse."""
    order = ful.orders[row]
    sku, quantity = np.int64(order.sku[line]), np.int64(order.quantity[line])
    supply.stock[warehouse, sku].allocated += quantity
    order.warehouse[line] = warehouse
    order.cost[line] = skus[sku].unit_cost * quantity
    if supply.stock[warehouse, sku].on_hand <= supply.stock[warehouse, sku].allocated:
        supply.stock[warehouse, sku].stocked_out = 1


@inner
def enqueue(ful, row, parcels_before, minute):  # type: ignore[no-untyped-def]
    """One parcel for each warehouse among the lines just served (state still WAITING), into its queue.

    Returns the latest minute that could be promised for one of them, 0 for none.
    """
    order = ful.orders[row]
    latest = 0.0
    for line in range(np.int64(order.lines)):
        if order.line_state[line] != WAITING or order.warehouse[line] < 0 or is_backordered(ful, row, line):
            continue
        warehouse = np.int64(order.warehouse[line])
        parcel = new_parcel(ful, row, warehouse, float(minute))
        p = ful.parcels[parcel]
        for other in range(line, np.int64(order.lines)):
            same = order.line_state[other] == WAITING and order.warehouse[other] == warehouse
            if same and not is_backordered(ful, row, other):
                p.lines |= 1 << other
                order.parcel[other] = parcel
                p.units += order.quantity[other]
                order.line_state[other] = ALLOCATED
        order.parcels += 1
        p.planned, promised = foresee(ful, warehouse, np.int64(p.region), float(minute))
        latest = max(latest, promised)
        binds(ful, parcel, 1)
        join(ful, warehouse, parcel, float(minute), P_QUEUED)
    # a parcel that was released, its lines now in another one, has been made but will never leave
    if order.made > parcels_before and (order.parcels > 1 or order.flags & FLAG_SHIPPED):
        order.flags |= FLAG_SPLIT
    return latest


@inner
def pick_up_promise(ful, order, minute):  # type: ignore[no-untyped-def]
    """The next day at the leader's, a day later after the cut-off, and as many days more as its longest haul takes."""
    days = 1.0
    if int(minute) % DAY >= ful.setting[S_CUTOFF]:
        days = 2.0
    haul = 0.0
    for line in range(np.int64(order.lines)):
        warehouse = np.int64(order.warehouse[line])
        if warehouse >= 0:
            haul = max(haul, ful.haul_mean[warehouse, order.region])
    return (int(minute) // DAY + days + haul // DAY) * DAY + ful.setting[S_READY]


@inner
def _promise(ful, row, minute, latest):  # type: ignore[no-untyped-def]
    """Stamp the promise of an order that has none yet: that of its slowest parcel, ``latest``, or backordered line."""
    order = ful.orders[row]
    if order.promised > 0.0:
        return
    if order.flags & FLAG_PICK_UP:
        order.promised = pick_up_promise(ful, order, minute)
        return
    for line in range(np.int64(order.lines)):
        warehouse = np.int64(order.warehouse[line])
        if warehouse >= 0 and order.line_state[line] == WAITING:
            _, promised = foresee(ful, warehouse, np.int64(order.region), float(minute))
            latest = max(latest, promised)
    order.promised = latest


@inner
def serve_backorders(ful, supply, skus, agenda, books, key0, key1, sku, minute):  # type: ignore[no-untyped-def]
    """Serve waiting lines of a SKU, first come first served among those that some stock can reach.

    Returns (lines served, whether it stopped for want of free parcel rows or agenda nodes: then make
    room and call again). Stock kept for a region (`reserve`) goes to whoever has waited longest.
    """
    done = 0
    entry = np.int64(ful.backlog[sku, 0])
    while entry >= 0:
        free = 0
        for warehouse in range(ful.warehouses.shape[0]):
            cell = supply.stock[warehouse, sku]
            if ful.warehouses[warehouse].open and cell.on_hand > cell.allocated:
                free += 1
        if free == 0:
            break
        _, parcels, nodes = room(ful, agenda)
        if parcels < 1 or nodes < 1:
            return done, True
        row, line = entry // LINES, entry % LINES
        entry = np.int64(ful.waiting[row, line, 0])
        order = ful.orders[row]
        first, run = own_fronts(ful, order.region)
        for position in range(ful.rank.shape[1]):
            warehouse = ranked(ful, order.region, order.shopper, position, first, run)
            if warehouse < 0:
                break
            cell = supply.stock[warehouse, sku]
            if ful.warehouses[warehouse].open and cell.on_hand - cell.allocated >= order.quantity[line]:
                before = order.made
                leave_backlog(ful, supply, row, line)
                _take(ful, supply, skus, row, line, warehouse)
                enqueue(ful, row, before, minute)
                done += 1
                break
    return done, False


@njit(cache=True)
def serve_waiting(ful, supply, skus, agenda, books, key0, key1, sku, minute):  # type: ignore[no-untyped-def]
    """`serve_backorders` with an entry for Python."""
    return serve_backorders(ful, supply, skus, agenda, books, key0, key1, sku, minute)
