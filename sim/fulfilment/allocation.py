"""Which warehouse serves an order line: stock is promised, parcels are made, the rest waits.

The board `rank` gives the order of warehouses for each region; the front warehouses of the shopper's own
region that stand next to each other in it share the region, each shopper belonging to one of them. The
setting `S_MODE` and the board `reserve` complete the board that policies write.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.books.state import CANCELLED_UNITS, SERVED_UNITS, note
from sim.core import agenda as calendar
from sim.core.compiled import inner
from sim.fulfilment.layout import FRONT
from sim.fulfilment.pools import free_parcel, new_parcel, room, tell
from sim.fulfilment.state import (
    ALLOCATED,
    C_BACKORDERED,
    CANCELLED,
    DEPOSIT,
    DOOR_STEP,
    DOORS,
    FLAG_BLEMISHED,
    FLAG_CHECKED,
    FLAG_CONCLUDED,
    FLAG_LATE,
    FLAG_SPLIT,
    K_DOUBT,
    LINE_CANCELLED,
    LINES,
    M_CANCELLED,
    M_DOOR_SUM,
    M_LATE_ORDERS,
    M_ORDERS_DONE,
    M_PERFECT,
    M_SAME_NEXT_DAY,
    M_SPLIT_ORDERS,
    ORDER_DELIVERED,
    P_QUEUED,
    S_MODE,
    S_PROTECT,
    SHIPPED,
    WAITING,
)
from sim.fulfilment.stations import join, queue_ahead, withdraw
from sim.supply.state import BACKORDERED, DEMANDED, SERVED

DAY = 1440
WHOLE = np.int64(-1)  # an outcome of the order, not of a line


# Stock ------------------------------------------------------------------------------------------


@inner
def home(ful, supply, region, shopper, sku):  # type: ignore[no-untyped-def]
    """The warehouse where a shopper's demand for a SKU belongs: the first of the rank that keeps it.

    The first of the rank at all where none keeps it; -1 for an empty rank.
    """
    first, run = _zone(ful, region)
    for position in range(ful.rank.shape[1]):
        warehouse = _ranked(ful, region, shopper, position, first, run)
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
            most = max(most, _available(ful, supply, warehouse, region, sku))
    return most


@inner
def _available(ful, supply, warehouse, region, sku):  # type: ignore[no-untyped-def]
    """Row units free for a region: on hand, not promised, less what is kept for the warehouse's own region."""
    cell = supply.stock[warehouse, sku]
    free = cell.on_hand - cell.allocated
    if ful.setting[S_PROTECT] > 0.0 and ful.warehouses[warehouse].region != region:
        free -= ful.reserve[warehouse, sku]
    return free


@inner
def _zone(ful, region):  # type: ignore[no-untyped-def]
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
def _ranked(ful, region, shopper, position, first, run):  # type: ignore[no-untyped-def]
    """The warehouse at a position of the rank, the region's front warehouses turned to the shopper's own."""
    if run > 1 and first <= position < first + run:
        return np.int64(ful.rank[region, first + (position - first + shopper) % run])
    return np.int64(ful.rank[region, position])


# Allocation -------------------------------------------------------------------------------------


@inner
def allocate(ful, supply, skus, agenda, books, key0, key1, row, minute, backorder):  # type: ignore[no-untyped-def]
    """Promise stock to every line of the order that waits for none yet and send parcels to be picked.

    Returns a mask: bit i is set where line i found no stock. Such a line stays WAITING; with ``backorder``
    it has joined the SKU's backorder queue, else the caller drops it. Stamps `promised` and makes the order
    think once a day of cancelling while something of it is unshipped. Needs room for LINES parcels and
    1 + LINES nodes.
    """
    order = ful.orders[row]
    first, run = _zone(ful, order.region)
    open_lines = np.int64(0)
    for line in range(np.int64(order.lines)):
        if order.line_state[line] == WAITING and order.warehouse[line] < 0:
            open_lines |= 1 << line
    if open_lines == 0:
        return 0
    parcels_before = order.made
    if ful.setting[S_MODE] > 0.0:
        missing = _few_parcels(ful, supply, skus, row, open_lines, minute, first, run)
    else:
        missing = _each_line(ful, supply, skus, row, open_lines, minute, first, run)
    _enqueue(ful, row, parcels_before, minute)
    served = 0
    for line in range(np.int64(order.lines)):
        if open_lines & (1 << line):
            quantity = order.quantity[line]
            if missing & (1 << line):
                if backorder:
                    _join_backlog(ful, supply, row, line, True)
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
        _promise(ful, row, minute)
        if not order.flags & FLAG_CHECKED:
            order.flags |= FLAG_CHECKED
            calendar.appoint(agenda, int(minute) + DAY, K_DOUBT, row, np.int64(order.serial & 0x7FFFFFFF))
    return missing


@inner
def _each_line(ful, supply, skus, row, open_lines, minute, first, run):  # type: ignore[no-untyped-def]
    """Each line from the first warehouse of the rank that has it; returns the mask of those without."""
    order = ful.orders[row]
    missing = np.int64(0)
    for line in range(np.int64(order.lines)):
        if not open_lines & (1 << line):
            continue
        found = np.int64(-1)
        for position in range(ful.rank.shape[1]):
            warehouse = _ranked(ful, order.region, order.shopper, position, first, run)
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
            warehouse = _ranked(ful, order.region, order.shopper, position, first, run)
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
    return _available(ful, supply, warehouse, order.region, np.int64(order.sku[line])) >= order.quantity[line]


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
def _enqueue(ful, row, parcels_before, minute):  # type: ignore[no-untyped-def]
    """One parcel for each warehouse among the lines just served (state still WAITING), into its queue."""
    order = ful.orders[row]
    for line in range(np.int64(order.lines)):
        if order.line_state[line] != WAITING or order.warehouse[line] < 0 or _backordered(ful, row, line):
            continue
        warehouse = np.int64(order.warehouse[line])
        parcel = new_parcel(ful, row, warehouse, float(minute))
        p = ful.parcels[parcel]
        for other in range(line, np.int64(order.lines)):
            same = order.line_state[other] == WAITING and order.warehouse[other] == warehouse
            if same and not _backordered(ful, row, other):
                p.lines |= 1 << other
                p.units += order.quantity[other]
                order.line_state[other] = ALLOCATED
        order.parcels += 1
        p.ahead = queue_ahead(ful, warehouse, float(minute), 0)
        join(ful, warehouse, parcel, float(minute), P_QUEUED)
    if order.made > 1 and order.made > parcels_before:
        order.flags |= FLAG_SPLIT


@inner
def _promise(ful, row, minute):  # type: ignore[no-untyped-def]
    """Stamp the promise of an order that has none yet: the slowest of its lines, from now on."""
    order = ful.orders[row]
    if order.promised > 0.0:
        return
    hour = (int(minute) // 60) % 24
    for line in range(np.int64(order.lines)):
        warehouse = np.int64(order.warehouse[line])
        if warehouse >= 0:
            # the order's own parcel is in the queue by now
            time = ful.promise[warehouse, order.region, hour] + queue_ahead(ful, warehouse, float(minute), 1)
            order.promised = max(order.promised, float(minute) + time)


# Backorders -------------------------------------------------------------------------------------


@inner
def _backordered(ful, row, line):  # type: ignore[no-untyped-def]
    """Whether the line stands in its SKU's backorder queue."""
    sku = ful.orders[row].sku[line]
    return ful.waiting[row, line, 1] >= 0 or ful.backlog[sku, 0] == row * LINES + line


@inner
def _join_backlog(ful, supply, row, line, first_time):  # type: ignore[no-untyped-def]
    """The line waits at the end of its SKU's queue and is owed by the warehouse where it belongs."""
    order = ful.orders[row]
    sku, entry = order.sku[line], row * LINES + line
    warehouse = home(ful, supply, order.region, order.shopper, sku)
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
def _leave_backlog(ful, supply, row, line):  # type: ignore[no-untyped-def]
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


@njit(cache=True)
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
        first, run = _zone(ful, order.region)
        for position in range(ful.rank.shape[1]):
            warehouse = _ranked(ful, order.region, order.shopper, position, first, run)
            if warehouse < 0:
                break
            cell = supply.stock[warehouse, sku]
            if ful.warehouses[warehouse].open and cell.on_hand - cell.allocated >= order.quantity[line]:
                before = order.made
                _leave_backlog(ful, supply, row, line)
                _take(ful, supply, skus, row, line, warehouse)
                _enqueue(ful, row, before, minute)
                done += 1
                break
    return done, False


# Cancelling -------------------------------------------------------------------------------------


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
            _leave_backlog(ful, supply, row, line)
    elif order.line_state[line] == ALLOCATED:
        parcel = _queued_parcel(ful, row, line)
        if parcel < 0:
            return False
        p = ful.parcels[parcel]
        warehouse = np.int64(p.warehouse)
        p.lines &= ~(1 << line)
        p.units -= quantity
        supply.stock[warehouse, sku].allocated -= quantity
        if p.lines == 0:
            withdraw(ful, warehouse, parcel, float(minute))
            free_parcel(ful, parcel)
            order.parcels -= 1
    else:
        return False
    freed = order.line_state[line] == ALLOCATED
    order.line_state[line] = CANCELLED
    order.flags |= FLAG_BLEMISHED
    ful.measured[_day(ful, minute), M_CANCELLED] += 1
    note(books, minute, CANCELLED_UNITS, float(quantity))
    if freed and ful.backlog[sku, 0] >= 0:
        serve_backorders(ful, supply, skus, agenda, books, key0, key1, sku, minute)
    return True


@inner
def _queued_parcel(ful, row, line):  # type: ignore[no-untyped-def]
    """The parcel of a line while it waits to be picked, -1 where it is being picked.

    Found by walking the queue of the line's warehouse from its end, where recent orders are.
    """
    parcel = ful.stations[ful.orders[row].warehouse[line]].tail
    while parcel >= 0:
        p = ful.parcels[parcel]
        if p.order == row and p.lines & (1 << line):
            return parcel
        parcel = p.previous
    return -1


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
    first, run = _zone(ful, order.region)
    open_lines = np.int64(0)
    for line in range(np.int64(order.lines)):
        if order.line_state[line] == WAITING and order.warehouse[line] < 0:
            open_lines |= 1 << line
    before = order.made
    missing = _each_line(ful, supply, skus, row, open_lines, minute, first, run)
    _enqueue(ful, row, before, minute)
    waiting = 0
    for line in range(np.int64(order.lines)):
        if missing & (1 << line):
            _join_backlog(ful, supply, row, line, False)
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


# The end of an order ------------------------------------------------------------------------------


@inner
def _day(ful, minute):  # type: ignore[no-untyped-def]
    """Row of the daily measures a minute belongs to."""
    return min(int(minute) // DAY, ful.measured.shape[0] - 1)


@inner
def conclude(ful, row, minute):  # type: ignore[no-untyped-def]
    """Tell the crowd, once, when the last of what can still come of an order has come."""
    order = ful.orders[row]
    if order.flags & FLAG_CONCLUDED or order.parcels > 0:
        return
    for line in range(np.int64(order.lines)):
        state = order.line_state[line]
        if state in (DEPOSIT, WAITING, ALLOCATED, SHIPPED):
            return
    order.flags |= FLAG_CONCLUDED
    ful.under_way[row] = 0
    if order.delivered <= 0.0:
        return
    day = _day(ful, minute)
    door = order.delivered - order.paid_at
    late = order.delivered > order.promised
    if late:
        order.flags |= FLAG_LATE
    ful.measured[day, M_ORDERS_DONE] += 1
    ful.measured[day, M_DOOR_SUM] += door
    ful.measured[day, M_LATE_ORDERS] += late
    ful.measured[day, M_SPLIT_ORDERS] += (order.flags & FLAG_SPLIT) != 0
    ful.measured[day, M_SAME_NEXT_DAY] += int(order.delivered) // DAY <= int(order.paid_at) // DAY + 1
    ful.measured[day, M_PERFECT] += not late and not order.flags & FLAG_BLEMISHED
    ful.doors[day, min(max(int(door / DOOR_STEP), 0), DOORS - 1)] += 1
    tell(ful, row, WHOLE, ORDER_DELIVERED, minute)
