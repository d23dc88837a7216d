"""What happens to stock: goods arrive, go on to other warehouses, and a day closes.

Quantities are whole row units, and every function moves them without creating or losing one. Time is
in minutes. A level holds from one change to the next; `settle` adds it, times its duration, to the areas
from which average stock, backorders and their costs are computed.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.books.state import CASH, INBOUND, INVENTORY, SOURCING, post
from sim.supply.state import (
    AREA_BACKORDERS,
    AREA_ON_HAND,
    AREA_ON_ORDER,
    CENTRAL,
    DEMANDED,
    ORDER_LINES,
    RECEIVED,
    SCRAPPED,
    TRANSFER_IN,
    TRANSFER_OUT,
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


@njit(cache=True)
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
def send(supply, origin, target, k, units, minute):  # type: ignore[no-untyped-def]
    """Put up to ``units`` of free stock of ``k`` on the road from ``origin`` to ``target``; how many went."""
    settle(supply, origin, k, minute)
    settle(supply, target, k, minute)
    source = supply.stock[origin, k]
    gone = max(0, min(units, source.on_hand - source.allocated))
    source.on_hand -= gone
    supply.stock[target, k].on_order += gone
    supply.totals[TRANSFER_OUT, k] += gone
    return gone


@njit(cache=True)
def unload(supply, first, units, minute):  # type: ignore[no-untyped-def]
    """Transfers arrive: ``units`` (int64[n, skus]) at the warehouses ``first`` (int64[n])."""
    for i in range(first.shape[0]):
        w = first[i]
        row, since, came = supply.stock[w], supply.since[w], units[i]
        held, waiting, coming = (
            supply.area[AREA_ON_HAND, w],
            supply.area[AREA_BACKORDERS, w],
            supply.area[AREA_ON_ORDER, w],
        )
        for k in range(came.shape[0]):
            if came[k] > 0:
                _settle_row(row, since, held, waiting, coming, k, minute)
                row[k].on_order -= came[k]
                row[k].on_hand += came[k]
                supply.totals[TRANSFER_IN, k] += came[k]


@njit(cache=True)
def transfer_levels(supply, covers, uplift, levels):  # type: ignore[no-untyped-def]
    """Write the echelon levels (``levels``: int64[warehouses, skus], row units) that transfers keep up.

    ``covers``: float64[warehouses], days of demand a warehouse and those behind it are to hold; ``uplift``:
    float64[skus], expected demand against the usual. Whole units, rounded; 0 where a SKU is not kept.
    """
    warehouses, skus = levels.shape
    rates = np.zeros((warehouses, skus))
    for w in range(warehouses - 1, -1, -1):
        parent = supply.parent[w]
        for k in range(skus):
            rates[w, k] += supply.local[w, k]
            if parent >= 0 and supply.parent[parent] >= 0:
                rates[parent, k] += supply.local[w, k]
    for w in range(warehouses):
        for k in range(skus):
            if supply.stock[w, k].stocked == 1 and supply.parent[w] >= 0:
                levels[w, k] = int(np.rint(covers[w] * rates[w, k] * uplift[k]))
            else:
                levels[w, k] = 0


@njit(cache=True)
def cascade(supply, levels, sent, minute):  # type: ignore[no-untyped-def]
    """Send goods down the network: each warehouse asks its parent for what its echelon lacks.

    ``levels``: int64[warehouses, skus], echelon levels; ``sent``: int64[warehouses, skus], filled with the units
    put on the road to each warehouse. A parent that has too little shares it in proportion to what is
    asked, whole units by largest remainder (ties to the lower number). Returns the units sent.
    """
    warehouses, skus = levels.shape
    echelon = np.zeros((warehouses, skus), np.int64)
    need = np.zeros((warehouses, skus), np.int64)
    for w in range(warehouses):
        row = supply.stock[w]
        node = w
        while node >= 0 and supply.parent[node] >= 0:
            for k in range(skus):
                cell = row[k]
                echelon[node, k] += cell.on_hand - cell.allocated - cell.backorders + cell.on_order
            node = supply.parent[node]
    total = np.int64(0)
    asked, given = np.zeros(skus, np.int64), np.zeros(skus, np.int64)
    sent[:, :] = 0
    for w in range(warehouses):
        if supply.parent[w] >= 0:
            row = supply.stock[w]
            for k in range(skus):
                if row[k].stocked == 1 and levels[w, k] > echelon[w, k]:
                    need[w, k] = levels[w, k] - echelon[w, k]
    for p in range(warehouses):
        children = np.flatnonzero(supply.parent == p)
        if children.shape[0] == 0:
            continue
        asked[:] = 0
        for w in children:  # type: ignore[assignment]
            for k in range(skus):
                asked[k] += need[w, k]
        row = supply.stock[p]
        for k in range(skus):
            cell = row[k]
            given[k] = min(asked[k], max(0, cell.on_hand - cell.allocated - cell.backorders))
        for w in children:  # type: ignore[assignment]
            for k in range(skus):
                if given[k] == asked[k]:
                    sent[w, k] = need[w, k]
        for k in range(skus):
            if 0 < given[k] < asked[k]:
                _share_out(children, need, sent, k, asked[k], given[k])
        total += _depart(supply, p, children, sent, minute)
    return total


@njit(cache=True)
def _depart(supply, origin, children, sent, minute):  # type: ignore[no-untyped-def]
    """``sent`` (int64[warehouses, skus]) leaves ``origin`` for its children; units in all. As `send`, row by row."""
    skus = sent.shape[1]
    gone = np.zeros(skus, np.int64)
    for w in children:  # type: ignore[assignment]
        row, since, units = supply.stock[w], supply.since[w], sent[w]
        held, waiting, coming = (
            supply.area[AREA_ON_HAND, w],
            supply.area[AREA_BACKORDERS, w],
            supply.area[AREA_ON_ORDER, w],
        )
        for k in range(skus):
            if units[k] > 0:
                _settle_row(row, since, held, waiting, coming, k, minute)
                row[k].on_order += units[k]
                gone[k] += units[k]
    row, since = supply.stock[origin], supply.since[origin]
    held, waiting = supply.area[AREA_ON_HAND, origin], supply.area[AREA_BACKORDERS, origin]
    coming = supply.area[AREA_ON_ORDER, origin]
    for k in range(skus):
        if gone[k] > 0:
            _settle_row(row, since, held, waiting, coming, k, minute)
            row[k].on_hand -= gone[k]
            supply.totals[TRANSFER_OUT, k] += gone[k]
    return gone.sum()


@njit(cache=True, inline="always")
def _settle_row(row, since, held, waiting, coming, k, minute):  # type: ignore[no-untyped-def]
    """`settle` for cell ``k`` of one warehouse's rows: several times as fast in a loop over SKUs."""
    elapsed = max(0.0, minute - since[k])
    held[k] += row[k].on_hand * elapsed
    waiting[k] += row[k].backorders * elapsed
    coming[k] += row[k].on_order * elapsed
    since[k] += elapsed


@njit(cache=True, inline="always")
def _share_out(children, need, sent, k, asked, given):  # type: ignore[no-untyped-def]
    """Write into ``sent[:, k]`` what each child gets of ``given`` units when all ask for ``asked`` together."""
    left = given
    for w in children:  # type: ignore[assignment]
        sent[w, k] = need[w, k] * given // asked
        left -= sent[w, k]
    while left > 0:
        best, most = -1, -1
        for w in children:  # type: ignore[assignment]
            # the remainder of the division; a child that has had its extra unit is served
            rest = need[w, k] * given - sent[w, k] * asked
            if rest > most and rest > 0 and sent[w, k] < need[w, k]:
                best, most = w, rest
        sent[best, k] += 1
        left -= 1


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
