"""Orders, parcels, warehouses and the roads between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LINES = 4  # lines an order can have

# states of an order line
(
    NONE,  # no such line
    DEPOSIT,  # presale: deposit paid, balance open
    WAITING,  # paid, waiting for stock (backorder)
    ALLOCATED,  # stock promised at a warehouse, in its queue or being picked
    SHIPPED,  # left the warehouse
    DELIVERED,
    RETURNING,  # on its way back
    RETURNED,  # back and refunded
    CANCELLED,  # cancelled before shipping, refunded
    DEFAULTED,  # presale balance never paid
    LOST,  # lost or damaged on the way, refunded
) = range(11)

ORDER = np.dtype(
    [
        ("shopper", "i4"),  # row of the crowd; -1: free row
        ("placed", "f8"),  # minute the order was placed
        ("paid_at", "f8"),  # minute it was fully paid
        ("promised", "f8"),  # minute the delivery was promised by
        ("delivered", "f8"),  # minute the last parcel arrived
        ("serial", "i8"),  # number of the order in this run: entity of its draws
        ("sku", "i4", (LINES,)),
        ("quantity", "i4", (LINES,)),  # row units
        ("list_value", "i8", (LINES,)),  # fen, at list price
        ("paid", "i8", (LINES,)),  # fen, what the shopper pays for the line after all discounts
        ("refunded", "i8", (LINES,)),  # fen
        ("cost", "i8", (LINES,)),  # fen, goods at cost when allocated
        ("warehouse", "i2", (LINES,)),  # where the line is served from, -1 not yet
        ("line_state", "u1", (LINES,)),
        ("lines", "u1"),
        ("parcels", "u1"),  # parcels not yet at an end
        ("region", "u1"),
        ("origin", "u1"),  # 0 search/browse, 1 livestream, 2 group-buy, 3 presale, 4 flash, 5 bot
        ("flags", "u4"),
        ("deposit", "i8"),  # fen, of paid, already paid as a deposit
        ("next", "i4"),  # free list, or queue of orders waiting for stock
    ],
    align=True,
)
FLAG_TOPPED_UP, FLAG_LATE, FLAG_SPLIT, FLAG_FIRST, FLAG_COUNTED, FLAG_FRAUD = 1, 2, 4, 8, 16, 32

# states of a parcel
P_FREE, P_QUEUED, P_PICKING, P_PICKED, P_LINEHAUL, P_COURIER, P_DELIVERED = range(7)

PARCEL = np.dtype(
    [
        ("order", "i4"),
        ("warehouse", "i2"),
        ("lines", "u1"),  # bit i: order line i is in it
        ("state", "u1"),
        ("region", "u1"),
        ("units", "i4"),  # row units in it
        ("arrived", "f8"),  # minute it joined the queue it is in
        ("completes", "f8"),  # minute its present service ends
        ("next", "i4"),  # next in the queue, or free list
    ],
    align=True,
)

STATION = np.dtype(
    [
        ("head", "i4"),  # first waiting row, -1
        ("tail", "i4"),
        ("waiting", "i8"),  # rows waiting
        ("servers", "i4"),  # servers present (of at most `servers` columns of FulfilmentState.free_at)
        ("opens", "f4"),  # minute of day the shift begins
        ("closes", "f4"),  # minute of day it ends; opens == 0 and closes == 1440: round the clock
        ("service", "f8"),  # minutes per row, for a row of one unit
        ("per_unit", "f8"),  # further minutes for each further unit
        ("cv2", "f8"),  # squared coefficient of variation of the service time (0: constant, 1: exponential)
        ("down_until", "f8"),  # minute an outage ends; 0: working
        ("speed", "f8"),  # 1: normal; an event may slow or stop it
        # accumulators for Little's law and utilisation
        ("arrived", "i8"),
        ("departed", "i8"),
        ("area", "f8"),  # integral over time of rows in the system (waiting and served), row·min
        ("sojourn", "f8"),  # sum of times in the system of those departed, min
        ("busy", "f8"),  # server·min
    ],
    align=True,
)

WAREHOUSE = np.dtype(
    [
        ("kind", "u1"),  # 0 central, 1 regional, 2 front
        ("region", "i2"),  # region it stands in
        ("open", "u1"),  # 0: closed (fire, strike): allocates nothing, picks nothing
        ("cutoffs", "f4", (4,)),  # minutes of day at which a wave leaves, 1e9 where unused
    ],
    align=True,
)


class FulfilmentState(NamedTuple):
    """Everything between a paid order and a settled one."""

    orders: np.ndarray  # ORDER[capacity]
    parcels: np.ndarray  # PARCEL[capacity]
    cursor: np.ndarray  # int64[8]: free order head, free orders, free parcel head, free parcels, serial, open orders, open parcels, -
    warehouses: np.ndarray  # WAREHOUSE[W]
    stations: np.ndarray  # STATION[W + R]: picking of each warehouse, then couriers of each region
    free_at: np.ndarray  # float64[W + R, servers], binary heap of the minutes the servers are free
    serving: np.ndarray  # int32[W + R, servers], rows in service (for requeueing at an outage), -1
    haul_mean: np.ndarray  # float64[W, R], mean minutes of line-haul from a warehouse to a region's station
    haul_cv: np.ndarray  # float64[W, R]
    rank: np.ndarray  # int16[R, W], warehouses in the order in which a region is served, -1 ends
    promise: np.ndarray  # float64[W, R, 24], promised minutes from payment to door by hour of day
    fees: np.ndarray  # int64[W, R], fen, shipping cost of a parcel (row unit: times weight in the books)
    measured: np.ndarray  # float64[days, 16], see the indices below
    transit: np.ndarray  # float64[W, R, 3], count, sum, sum of squares of door-to-door minutes, for promises


(
    M_PARCELS, M_DELIVERED, M_LATE, M_LOST, M_DAMAGED, M_SPLIT_ORDERS, M_ORDERS_SHIPPED, M_LOCAL, M_SAME_NEXT_DAY,
    M_DOOR_SUM, M_RETURN_REQUESTS, M_RETURNED_UNITS, M_CANCELLED, M_PERFECT, M_ORDERS_DONE, M_SPARE,
) = range(16)  # fmt: skip
