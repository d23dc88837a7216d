"""What happens to stock: goods arrive, go on to other warehouses, and a day closes.

Quantities are whole row units, and every function moves them without creating or losing one. Time is
in minutes. A level holds from one change to the next; `settle` adds it, times its duration, to the areas
from which average stock, backorders and their costs are computed.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.books.state import CASH, INBOUND, INVENTORY, SOURCING, post
from sim.core.compiled import inner
from sim.supply.state import (
    AREA_BACKORDERS,
    AREA_ON_HAND,
    AREA_ON_ORDER,
    CENTRAL,
    DEMANDED,
    ORDER_LINES,
    RECEIVED,
    SCRAPPED,
    WIRED,
)


@njit(cache=True, inline="always")
def settle(supply, w, k, minute):  # type: ignore[no-untyped-def]
    """Add the levels of SKU ``k`` at warehouse ``w`` since their last change to the areas."""
    elapsed = minute - supply.since[w, k]
    if elapsed > 0.0:
        cell = supply.stock[w, k]
        supply.area[AREA_ON_HAND, w, k] += cell.on_hand * elapsed
        supply.area[AREA_BACKORDERS, w, k] += cell.backorders * elapsed
        supply.area[AREA_ON_ORDER, w, k] += cell.on_order * elapsed
        supply.since[w, k] = minute


@njit(cache=True)
def settle_all(supply, minute):  # type: ignore[no-untyped-def]
    """Settle every cell. In a run with shoppers, levels between two calls count as they are at the second."""
    for w in range(supply.stock.shape[0]):
        for k in range(supply.stock.shape[1]):
            settle(supply, w, k, minute)


@njit(cache=True, inline="always")
def position_of(supply, k):  # type: ignore[no-untyped-def]
    """Inventory position of SKU ``k`` over all warehouses: on hand − allocated − backorders + on order."""
    total = 0
    for w in range(supply.stock.shape[0]):
        cell = supply.stock[w, k]
        total += cell.on_hand - cell.allocated - cell.backorders + cell.on_order
    return total


@inner
def check_wires(supply, minute):  # type: ignore[no-untyped-def]
    """Trip the wire of every SKU whose position has reached its reorder point; how many tripped.

    Wires hang in the central warehouse's row and watch the position over all warehouses. Only SKUs asked
    for since the last check are looked at. A tripped wire stays quiet until its owner has acted.
    """
    if supply.flags[WIRED] == 0:
        return 0
    central = supply.flags[CENTRAL]
    tripped = 0
    for k in range(supply.seen.shape[0]):
        asked = supply.totals[DEMANDED, k]
        if asked == supply.seen[k]:
            continue
        supply.seen[k] = asked
        cell = supply.stock[central, k]
        if cell.reorder_point >= 0 and cell.tripped == 0 and position_of(supply, k) <= cell.reorder_point:
            cell.tripped = 1
            slot = supply.trip_count[0]
            supply.trips[slot, 0] = central
            supply.trips[slot, 1] = k
            supply.trip_count[0] += 1
            tripped += 1
    return tripped


@njit(cache=True)
def set_wires(supply, skus, points):  # type: ignore[no-untyped-def]
    """Hang the wires of ``skus`` (int64[n]) at ``points`` (int64[n], row units; -1 takes a wire down).

    They are looked at when a SKU is next asked for; where its `seen` is set to -1, at the next check.
    """
    central = supply.flags[CENTRAL]
    for i in range(skus.shape[0]):
        cell = supply.stock[central, skus[i]]
        supply.flags[WIRED] += (points[i] >= 0) - (cell.reorder_point >= 0)
        cell.reorder_point = points[i]
        cell.tripped = 0


@njit(cache=True)
def place(supply, w, skus, units, day, minute):  # type: ignore[no-untyped-def]
    """Book an order of ``units`` (int64[n]) of ``skus`` (int64[n]) for warehouse ``w``."""
    last = supply.ordered.shape[0] - 1
    for i in range(skus.shape[0]):
        k = skus[i]
        settle(supply, w, k, minute)
        supply.stock[w, k].on_order += units[i]
        supply.ordered[min(day, last), k] += units[i]
        supply.totals[ORDER_LINES, k] += 1


@njit(cache=True)
def withdraw(supply, w, skus, units, minute):  # type: ignore[no-untyped-def]
    """Take ``units`` of ``skus`` off the order books of ``w``: cancelled, or lost at the supplier."""
    for i in range(skus.shape[0]):
        settle(supply, w, skus[i], minute)
        supply.stock[w, skus[i]].on_order -= units[i]


@njit(cache=True)
def receive(supply, articles, books, spent, w, skus, ordered, good, paid, defects, inbound, minute):  # type: ignore[no-untyped-def]
    """A shipment reaches ``w``: ``good`` (int64[n]) of the ``ordered`` (int64[n]) units go on hand, no more come.

    ``articles``: the shelf's SKU[skus], whose share of defective units mixes with the shipment's ``defects``. ``paid``:
    float64[n], price relative to the unit cost, added to ``spent`` (float64[skus], row fen). Stock is valued at the
    unit cost: what a source costs more is booked as sourcing, what it costs less as a gain there. ``inbound``: freight,
    of the value. Returns the units received.
    """
    value, extra, units = 0, 0.0, 0
    for i in range(skus.shape[0]):
        k = skus[i]
        held = 0
        for other in range(supply.stock.shape[0]):
            held += supply.stock[other, k].on_hand
        settle(supply, w, k, minute)
        cell = supply.stock[w, k]
        cell.on_order -= ordered[i]
        if good[i] == 0:
            continue
        cell.on_hand += good[i]
        supply.totals[RECEIVED, k] += good[i]
        supply.cycles[0, k] += 1
        article = articles[k]
        article.defect = (held * article.defect + good[i] * defects) / (held + good[i])
        worth = good[i] * article.unit_cost
        value += worth
        extra += worth * (paid[i] - 1.0)
        spent[k] += worth * paid[i]
        units += good[i]
    post(books, minute, INVENTORY, CASH, value)
    post(books, minute, INBOUND, CASH, int(np.rint(value * inbound)))
    premium = int(np.rint(extra))
    if premium >= 0:
        post(books, minute, SOURCING, CASH, premium)
    else:
        post(books, minute, CASH, SOURCING, -premium)
    return units


@njit(cache=True)
def scrap(supply, w, k, units, minute):  # type: ignore[no-untyped-def]
    """Write off up to ``units`` of free stock of ``k`` at ``w``; how many were there to write off."""
    settle(supply, w, k, minute)
    cell = supply.stock[w, k]
    gone = max(0, min(units, cell.on_hand - cell.allocated))
    cell.on_hand -= gone
    supply.totals[SCRAPPED, k] += gone
    return gone


@njit(cache=True)
def close_day(supply, day, minute, smoothing, sees_demand):  # type: ignore[no-untyped-def]
    """Close ``day``: write down its stock and shortages, settle the areas, and start a new day.

    ``smoothing``: weight of today in each warehouse's demand rate, learnt from what was served, or from all
    that was asked for if ``sees_demand``. A day counts as short where demand was refused; a cycle (from one receipt
    to the next) is short if one of its days was.
    """
    warehouses, skus = supply.stock.shape
    free = np.zeros(skus, np.int64)
    for w in range(warehouses):
        row, below = supply.stock[w], supply.parent[w] >= 0
        held, waiting, coming = (
            supply.area[AREA_ON_HAND, w],
            supply.area[AREA_BACKORDERS, w],
            supply.area[AREA_ON_ORDER, w],
        )
        since, local = supply.since[w], supply.local[w]
        for k in range(skus):
            cell = row[k]
            elapsed = max(0.0, minute - since[k])
            since[k] = max(since[k], minute)
            units = cell.on_hand
            if units > 0:
                held[k] += units * elapsed
                supply.closing[day, k] += units
                free[k] += units - cell.allocated
            if cell.backorders > 0:
                waiting[k] += cell.backorders * elapsed
            if cell.on_order > 0:
                coming[k] += cell.on_order * elapsed
                if below:
                    supply.closing[day, k] += cell.on_order
            today = cell.demand_today if sees_demand else cell.served_today
            local[k] += smoothing * (today - local[k])
            cell.demand_today = 0
            cell.served_today = 0
            cell.stocked_out = 1 if cell.stocked == 1 and units <= cell.allocated else 0
    for k in range(skus):
        short = supply.history[day, k] > supply.served[day, k]
        supply.out[day, k] = 1 if short or free[k] <= 0 else 0
        if supply.cycles[0, k] > 0:
            supply.cycles[2, k] += 1
            supply.cycles[3, k] += supply.cycles[1, k]
            supply.cycles[0, k] = 0
            supply.cycles[1, k] = 0
        if short:
            supply.cycles[1, k] = 1


@njit(cache=True)
def summarise(supply, position, free, on_hand):  # type: ignore[no-untyped-def]
    """Write position, free stock less backorders, and stock on hand of each SKU over all warehouses (int64[skus])."""
    position[:] = 0
    free[:] = 0
    on_hand[:] = 0
    for w in range(supply.stock.shape[0]):
        for k in range(supply.stock.shape[1]):
            cell = supply.stock[w, k]
            own = cell.on_hand - cell.allocated - cell.backorders
            free[k] += own
            position[k] += own + cell.on_order
            on_hand[k] += cell.on_hand


@njit(cache=True)
def ration(open_units, output):  # type: ignore[no-untyped-def]
    """Share ``output`` units over open lines (int64[n]) in proportion, whole units by largest remainder; int64[n]."""
    given = np.zeros(open_units.shape[0], np.int64)
    asked = open_units.sum()
    if asked <= output:
        given[:] = open_units
        return given
    remainder = np.zeros(open_units.shape[0], np.int64)
    left = output
    for i in range(open_units.shape[0]):
        share = open_units[i] * output
        given[i] = share // asked
        remainder[i] = share % asked
        left -= given[i]
    order = np.argsort(-remainder, kind="mergesort")
    for i in range(left):
        given[order[i]] += 1
    return given


@njit(cache=True)
def ration_in_order(open_units, order, output):  # type: ignore[no-untyped-def]
    """Give ``output`` units to open lines (int64[n]) one after the other in ``order`` (int64[n]); int64[n]."""
    given = np.zeros(open_units.shape[0], np.int64)
    for i in order:
        given[i] = min(open_units[i], output)
        output -= given[i]
        if output == 0:
            break
    return given
