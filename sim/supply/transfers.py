"""Goods go down the network, from central to regional to front warehouses."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.core.compiled import inner_with_arrays
from sim.supply.kernel import settle
from sim.supply.state import AREA_BACKORDERS, AREA_ON_HAND, AREA_ON_ORDER, TRANSFER_IN, TRANSFER_OUT


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


@inner_with_arrays
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
