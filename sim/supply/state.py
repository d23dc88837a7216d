"""Stock: what lies where, what is coming, and what was asked for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: one cell: a SKU at a warehouse. Quantities in row units (one row unit = `weight` real units).
STOCK = np.dtype(
    [
        ("on_hand", "i8"),  # physically there, allocated or not
        ("allocated", "i8"),  # of on_hand, promised to orders not yet picked
        ("on_order", "i8"),  # ordered from suppliers or in transfer to here, not yet arrived
        ("backorders", "i8"),  # sold, waiting for stock
        ("reorder_point", "i8"),  # a wire trips when the inventory position is at or below it; -1: no wire
        ("demand_today", "i8"),  # asked for here today, served or not: what a perfect planner would see
        ("served_today", "i8"),  # of demand_today, served from stock: what a planner sees under stock-outs
        ("stocked", "u1"),  # this warehouse keeps this SKU
        ("tripped", "u1"),  # its wire has tripped and its owner has not yet acted
        ("stocked_out", "u1"),  # available stock was zero at some time today
    ],
    align=True,
)

# totals of the side, indices of SupplyState.totals (row units, whole run, warm-up included)
(INITIAL, RECEIVED, RESTOCKED, PICKED, SCRAPPED, TRANSFER_OUT, TRANSFER_IN, DEMANDED, SERVED, LOST, CONSUMED) = range(11)
TOTALS = 12


class SupplyState(NamedTuple):
    """Stock of every SKU at every warehouse, and the history that planners may look at."""

    stock: np.ndarray  # STOCK[warehouses, skus]
    totals: np.ndarray  # int64[TOTALS, skus], row units
    history: np.ndarray  # int32[days, skus], units demanded on each day over all warehouses, row units
    served: np.ndarray  # int32[days, skus], of these served from stock
    trips: np.ndarray  # int32[capacity, 2], (warehouse, sku) whose wire tripped in this slice
    trip_count: np.ndarray  # int64[1]
