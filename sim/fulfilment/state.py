"""Orders, parcels, warehouses and the roads between them.

Row units and row fen throughout: one order row stands for ``weight`` real orders. A parcel passes two
stations: the picking of its warehouse (with packing) and the couriers of its region; one that comes
back passes a third, the inspection of the warehouse it returns to.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.core.address import by_address
from sim.core.compiled import constants
from sim.core.reserve import reserve
from sim.core.rng import decision
from sim.fulfilment import layout
from sim.fulfilment.config import Fulfilment
from sim.fulfilment.layout import FRONT, Layout

LINES = 4  # lines an order can have

# states of an order line
(
    NONE,  # no such line
    DEPOSIT,  # presale: deposit paid, balance open
    WAITING,  # paid, waiting for stock; backordered once its `warehouse` is set
    ALLOCATED,  # stock promised at a warehouse, in its queue or being picked
    SHIPPED,  # left the warehouse
    DELIVERED,
    RETURNING,  # on its way back
    RETURNED,  # back and inspected
    CANCELLED,  # cancelled before shipping
    DEFAULTED,  # presale balance never paid
    LOST,  # lost or damaged on the way
) = constants(11)
LINE_STATES = 11

# last index of FulfilmentState.ended
E_PAID, E_REFUNDED, E_OVER = constants(3)  # fen paid, fen refunded, lines refunded above what was paid

ORDER = np.dtype(
    [
        ("shopper", "i4"),  # row of the crowd: entity of the order's draws; -1: free row
        ("turn", "i4"),  # number of this order among the shopper's: occurrence of the order's draws
        ("placed", "f8"),  # minute the order was placed
        ("paid_at", "f8"),  # minute it was fully paid
        ("promised", "f8"),  # minute the delivery was promised by, 0 not yet
        ("delivered", "f8"),  # minute the last parcel arrived so far, 0 none yet
        ("serial", "i8"),  # number of the order in this run
        ("sku", "i4", (LINES,)),
        ("quantity", "i4", (LINES,)),  # row units
        ("list_value", "i8", (LINES,)),  # fen, at list price
        ("paid", "i8", (LINES,)),  # fen, what the shopper pays for the line after all discounts
        ("refunded", "i8", (LINES,)),  # fen
        ("cost", "i8", (LINES,)),  # fen, goods at cost when allocated
        ("asked", "i4", (LINES,)),  # minute its return was asked for
        ("warehouse", "i2", (LINES,)),  # where the line is served from or backordered, -1 not yet
        ("line_state", "u1", (LINES,)),
        ("lines", "u1"),
        ("parcels", "u1"),  # parcels on the way to the shopper
        ("made", "u1"),  # parcels made so far, those on the way back included
        ("region", "u1"),
        ("origin", "u1"),  # 0 search/browse, 1 livestream, 2 group-buy, 3 presale, 4 flash, 5 bot; of several, the last line's
        ("live", "u1"),  # bit i: line i was bought in a livestream room
        ("flags", "u4"),
        ("deposit", "i8"),  # fen, of paid, already paid as a deposit
        ("next", "i4"),  # free list
        ("parcel", "i4", (LINES,)),  # parcel of each line while it is allocated
        ("cash", "i8", (LINES,)),  # fen, promised for a review of the line
    ],
    align=True,
)
FLAG_TOPPED_UP, FLAG_LATE, FLAG_SPLIT, FLAG_FIRST, FLAG_COUNTED, FLAG_FRAUD = 1, 2, 4, 8, 16, 32
ORIGIN_BOT = 5  # an order of an attacker's account
FLAG_CONCLUDED = 1 << 8  # told to the crowd as delivered, or nothing of it ever will be
FLAG_CHECKED = 1 << 9  # its daily thought of cancelling is in the agenda
FLAG_SHIPPED = 1 << 10  # its first parcel has left
FLAG_BLEMISHED = 1 << 11  # lost, damaged or cancelled in part: no perfect order
FLAG_PICK_UP = 1 << 12  # collected at a community leader's pick-up point
FLAG_CASH_BACK = 1 << 13  # cash is promised for its review
FLAG_TRIAL = 1 << 14  # given away
FLAG_GROUPED = 1 << 15  # its group is complete
FLAG_HELD = 1 << 24  # its row is kept after it is settled, until whoever holds it lets go
# each of these shifted by a line: 16 to 19, 20 to 23, 25 to 28
RETURN_PENDING = 1 << 16  # the shopper will send it back
REFUND_PENDING = 1 << 20  # it will be refunded before it is back
KEPT_PENDING = 1 << 25  # refunded, and never sent; the shop does not know yet

# states of a parcel
(
    P_FREE,
    P_QUEUED,  # waits for a picker
    P_PICKING,
    P_HAULED,  # waits for the truck or is on it
    P_COURIER,  # waits for a courier at the region's station
    P_OUT,  # with a courier
    P_DOOR,  # on the last metres
    P_BACK,  # collected from the shopper, on the road back
    P_INSPECTION,  # waits for inspection
    P_INSPECTING,
) = constants(10)

PARCEL = np.dtype(
    [
        ("order", "i4"),
        ("warehouse", "i2"),  # it leaves from, or returns to
        ("lines", "u1"),  # bit i: order line i is in it
        ("state", "u1"),
        ("region", "u1"),
        ("ordinal", "u1"),  # number of the parcel in its order
        ("units", "i4"),  # row units in it
        ("made", "f8"),  # minute it was made (stock was promised)
        ("planned", "f8"),  # minute at which it should be at the door, foreseen when it was made
        ("arrived", "f8"),  # minute it joined the queue it is in
        ("sequence", "i8"),  # its number among the arrivals of that queue
        ("began", "f8"),  # minute its present service began
        ("completes", "f8"),  # minute its present service or trip ends
        ("next", "i4"),  # next in the queue, or free list
        ("previous", "i4"),  # previous in the queue
    ],
    align=True,
)

STATION = np.dtype(
    [
        ("head", "i4"),  # first waiting row, -1
        ("tail", "i4"),
        ("waiting", "i8"),  # rows waiting
        ("units", "i8"),  # row units in them
        ("mixed", "u1"),  # 1: those who came in this minute do not stand in order of their times yet
        ("servers", "i4"),  # servers present (of at most `servers` columns of FulfilmentState.free_at)
        ("opens", "f4"),  # minute of day the shift begins
        ("closes", "f4"),  # minute of day it ends, may lie past midnight (opens > closes); 0 and 1440: round the clock
        ("service", "f8"),  # minutes per row, for a row of one unit
        ("per_unit", "f8"),  # further minutes for each further unit
        ("cv2", "f8"),  # squared coefficient of variation of the service time (0: constant, 1: exponential)
        ("down_until", "f8"),  # minute an outage ends; 0: working
        ("speed", "f8"),  # 1: normal; an event may slow or stop it
        ("staff", "f8"),  # real servers these stand for
        # accumulators for Little's law and utilisation
        ("inside", "i8"),  # rows waiting and served
        ("clock", "i8"),  # minute up to which `area` is integrated, but for what happened since
        ("arrived", "i8"),
        ("departed", "i8"),
        ("withdrawn", "i8"),  # of departed, taken out of the queue unserved
        ("area", "f8"),  # integral over time of rows in the system, row·min
        ("sojourn", "f8"),  # sum of times in the system of those departed, min
        ("started", "i8"),  # services begun, those broken off not counted
        ("waited", "f8"),  # sum of times from arrival to begin of service, min
        ("busy", "f8"),  # server·min
        ("overtime", "f8"),  # of busy, after the end of a shift
    ],
    align=True,
)
SERVERS = 64  # columns of free_at: more real servers than that are served by 64 quicker ones

WAREHOUSE = np.dtype(
    [
        ("kind", "u1"),  # 0 central, 1 regional, 2 front
        ("region", "i2"),  # region it stands in
        ("open", "u1"),  # 0: closed (fire, strike): allocates nothing, picks nothing
        ("returns_to", "i2"),  # warehouse that takes back what was sent from here
        ("every", "f4"),  # minutes between trucks, 0: waves only
        ("cutoffs", "f4", (4,)),  # minutes of day at which a wave leaves, ascending, 1e9 where unused
    ],
    align=True,
)

# kinds of the agenda
K_SERVED, K_AT_STATION, K_DOOR, K_MISSING, K_DOUBT, K_BACK = constants(6, 100)
FIRST_KIND, LAST_KIND = 100, 199

# codes of FulfilmentState.outcomes: (order row, line or -1, code, minute)
ORDER_DELIVERED, LINE_RETURNED, LINE_LOST, LINE_CANCELLED = constants(4, 1)

# indices of FulfilmentState.cursor
C_ORDER_HEAD, C_ORDERS_FREE, C_PARCEL_HEAD, C_PARCELS_FREE, C_SERIAL, C_OPEN_ORDERS, C_OPEN_PARCELS, C_QUEUED = (
    constants(8)
)
C_PARCELS_MADE, C_PARCELS_ENDED, C_ORDERS_CLOSED, C_BACKORDERED = 8, 9, 10, 11
CURSORS = 12

# indices of FulfilmentState.setting
(
    S_MODE,  # 0: each line from the first warehouse that has it; 1: as few parcels as can be
    S_PROTECT,  # 1: the units in `reserve` are kept for the warehouse's own region
    S_CANCEL,  # hazard of cancelling what waits unshipped, per day
    S_CANCEL_LATE,  # multiplies it once the promise is missed
    S_LOST, S_DAMAGED,  # shares of parcels
    S_MISSED_AFTER,  # minutes from dispatch after which a lost parcel is given up
    S_DOOR_MEAN, S_DOOR_CV2,  # last metres, minutes
    S_COLLECT_MEAN, S_COLLECT_CV2,  # from the request of a return to the parcel on the road, minutes
    S_RESTOCK,  # share of returned lines good enough to be sold again
    S_RETURN_FEE,  # fen a returned parcel
    S_MATERIAL,  # fen of packaging a parcel
    S_SLACK,  # prior of promises: minutes above plan nearly always kept
    S_CUTOFF, S_TOUR, S_READY,  # minutes of day: order by then, the leaders' truck leaves, promised at the pick-up point
    S_DROP, S_DROP_CV,  # from the leaders' truck to the pick-up point, minutes
    S_CONSOLIDATED,  # fen a parcel to a pick-up point costs less than one to a door, its share of the stop aside
) = constants(21)  # fmt: skip
S_DIRECT = 24  # S_DIRECT + category: share of unit cost saved on goods that leaders' people get straight from the producer
SETTINGS = 40

RESIDUAL_STEP, RESIDUAL_LOW, RESIDUALS = 30.0, -2880.0, 768  # histogram of minutes at the door after `planned`: -2 d to +14 d
DOOR_STEP, DOORS = 30.0, 1008  # histogram of click-to-door times: up to 21 d

(
    M_PARCELS, M_DELIVERED, M_LATE, M_LOST, M_DAMAGED, M_SPLIT_ORDERS, M_ORDERS_SHIPPED, M_LOCAL, M_SAME_NEXT_DAY,
    M_DOOR_SUM, M_RETURN_REQUESTS, M_RETURNED_UNITS, M_CANCELLED, M_PERFECT, M_ORDERS_DONE, M_LATE_ORDERS,
) = constants(16)  # fmt: skip
MEASURED = 16

# draws: entity = shopper, occurrence = the shopper's order · 256 + parcel or line
PICK_TIME = decision("parcel.pick")
HAUL_TIME = decision("parcel.haul")
COURIER_TIME = decision("parcel.courier")
DOOR_TIME = decision("parcel.last_mile")
LOSS = decision("parcel.lost")
CANCEL = decision("order.cancel")
COLLECT_TIME = decision("return.collect")
BACK_TIME = decision("return.transit")
INSPECT_TIME = decision("return.inspect")
GRADE = decision("return.grade")


@by_address
class FulfilmentState(NamedTuple):
    """Everything between a paid order and a settled one."""

    orders: np.ndarray  # ORDER[capacity]
    closed: np.ndarray  # ORDER[n], by serial: orders as they were when their row was given back; n = 0: none are kept
    under_way: np.ndarray  # uint8[capacity], 1 while an order is paid and not concluded, so that few rows need be read
    waiting: np.ndarray  # int32[capacity, LINES, 2], next and previous (row·LINES + line) in the SKU's backorder queue
    backlog: np.ndarray  # int32[skus, 2], first and last (row·LINES + line) backordered, -1
    parcels: np.ndarray  # PARCEL[capacity]
    cursor: np.ndarray  # int64[CURSORS], indices C_...
    warehouses: np.ndarray  # WAREHOUSE[W]
    stations: np.ndarray  # STATION[W + R + W]: picking of each warehouse, couriers of each region, inspections
    free_at: np.ndarray  # float64[W + R + W, SERVERS], binary heap of the minutes the servers are free
    serving: np.ndarray  # int32[W + R + W, SERVERS], parcel last taken by the server, -1
    bound: np.ndarray  # int64[W + 1, R], parcels to doors of a region not yet picked, by warehouse; last row: picked ones
    haul_mean: np.ndarray  # float64[W, R], mean minutes of line-haul from a warehouse to a region's couriers
    haul_cv: np.ndarray  # float64[W, R]
    rank: np.ndarray  # int16[R, W], warehouses in the order in which a region is served, -1 ends
    reserve: np.ndarray  # int32[W, skus], row units kept for the warehouse's own region (with S_PROTECT)
    plan: np.ndarray  # float64[W, R, 24], minutes from allocation to door if nothing queues, by hour of day
    promise: np.ndarray  # float64[W, R, 24], promised minutes from allocation to door by hour of day
    residual: np.ndarray  # float64[W, R, RESIDUALS], histogram of minutes at the door after `planned`, recent days
    fees: np.ndarray  # int64[W, R], fen, shipping cost of a parcel (row unit: times weight in the books)
    measured: np.ndarray  # float64[days, MEASURED], indices M_...
    doors: np.ndarray  # int32[days, DOORS], delivered orders by minutes from payment to door
    outcomes: np.ndarray  # int32[capacity, 4], see the codes above
    outcome_count: np.ndarray  # int64[1]
    ended: np.ndarray  # int64[2, LINE_STATES, 3], freed lines: shoppers', bots'; last state; indices E_...
    setting: np.ndarray  # float64[SETTINGS], indices S_...


def build(
    config: Fulfilment,
    *,
    weight: float,
    days: int,
    region_share: np.ndarray,
    appeal: np.ndarray,
    expected_orders: float = 0.0,
    expected_units: float = 0.0,
    orders: int = 4096,
    parcels: int = 8192,
) -> FulfilmentState:
    """Empty queues in the network of the config.

    `weight`: real orders of an order row. `days`: of the run, warm-up included. `region_share`: float64[regions],
    share of demand by region. `appeal`: float64[skus], share of demand by SKU. `expected_orders`,
    `expected_units`: real orders and units of an ordinary day, for staff sized by them. `orders`, `parcels`: rows of
    the pools, which `sim.fulfilment.pools.grow` makes longer.

    A station of c real servers gets c' = clip(round(c / weight), 1, SERVERS) servers, each c'·weight/c times as
    slow as a real one: its capacity in rows is exactly the real capacity divided by the weight. The waiting due to
    overload is so exact, that due to chance is that of c' servers.
    """
    net = layout.plan(config, region_share, appeal, expected_orders, expected_units)
    count, regions, skus = len(net.kind), config.network.regions, len(appeal)
    if len(region_share) != regions:
        raise ValueError(f"{len(region_share)} shares of demand for {regions} regions")
    order_rows = reserve(orders, 4 * orders, ORDER)
    order_rows["shopper"], order_rows["serial"] = -1, -1
    parcel_rows = reserve(parcels, 4 * parcels, PARCEL)
    parcel_rows["order"] = -1
    for rows in (order_rows, parcel_rows):
        rows["next"] = np.arange(1, len(rows) + 1)
        rows["next"][-1] = -1
    cursor = np.zeros(CURSORS, np.int64)
    cursor[C_ORDERS_FREE], cursor[C_PARCELS_FREE] = orders, parcels
    haul_cv = np.full((count, regions), config.network.haul_variation)
    state = FulfilmentState(
        orders=order_rows,
        closed=np.zeros(0, ORDER),
        under_way=np.zeros(orders, np.uint8),
        waiting=np.full((orders, LINES, 2), -1, np.int32),
        backlog=np.full((skus, 2), -1, np.int32),
        parcels=parcel_rows,
        cursor=cursor,
        warehouses=_warehouses(config, net),
        stations=_stations(config, net, weight),
        free_at=np.zeros((2 * count + regions, SERVERS)),
        serving=np.full((2 * count + regions, SERVERS), -1, np.int32),
        bound=np.zeros((count + 1, regions), np.int64),
        haul_mean=net.haul,
        haul_cv=haul_cv,
        rank=nearest_rank(net.haul, net.kind),
        reserve=np.zeros((count, skus), np.int32),
        plan=np.zeros((count, regions, 24)),
        promise=np.zeros((count, regions, 24)),
        residual=np.zeros((count, regions, RESIDUALS)),
        fees=_fees(config, net),
        measured=np.zeros((days, MEASURED)),
        doors=np.zeros((days, DOORS), np.int32),
        outcomes=np.zeros((parcels * LINES + 4096, 4), np.int32),
        outcome_count=np.zeros(1, np.int64),
        ended=np.zeros((2, LINE_STATES, 3), np.int64),
        setting=_setting(config),
    )
    from sim.fulfilment import promises  # reads this module

    promises.initialise(config, state)
    return state


def nearest_rank(haul: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """int16[R, W]: warehouses by their mean haul to each region; of equal ones front, regional, central, by number."""
    keys = np.lexsort((np.arange(len(kind))[None, :] + 0 * haul.T, -kind[None, :] + 0 * haul.T, haul.T), axis=1)
    return keys.astype(np.int16)


def _warehouses(config: Fulfilment, net: Layout) -> np.ndarray:
    rows = np.zeros(len(net.kind), WAREHOUSE)
    rows["kind"], rows["region"], rows["open"] = net.kind, net.region, 1
    rows["returns_to"] = layout.returns_to(net.kind, net.region)
    rows["every"] = np.where(net.kind == FRONT, config.front_trucks, 0.0)
    rows["cutoffs"] = 1e9
    leaves = sorted((cutoff + config.wave_after) % 1440.0 for cutoff in config.cutoffs)
    rows["cutoffs"][:, : len(leaves)] = leaves
    return rows


def _stations(config: Fulfilment, net: Layout, weight: float) -> np.ndarray:
    count, regions = len(net.kind), config.network.regions
    rows = np.zeros(2 * count + regions, STATION)
    rows["head"] = rows["tail"] = -1
    rows["speed"] = 1.0
    sites = (config.central, config.regional, config.front)
    picking, couriers, returns = rows[:count], rows[count : count + regions], rows[count + regions :]
    for w, k in enumerate(net.kind):
        picking[w]["opens"], picking[w]["closes"] = sites[k].opens, sites[k].closes
    picking["staff"], couriers["staff"], returns["staff"] = net.pickers, net.couriers, net.inspectors
    per_unit = 1.0 / (config.picking.rate * 60.0)
    picking["service"], picking["per_unit"] = per_unit + 1.0 / (config.picking.pack_rate * 60.0), per_unit
    picking["cv2"] = config.picking.variation**2
    couriers["opens"], couriers["closes"] = config.couriers.opens, config.couriers.closes
    tour = (config.couriers.closes - config.couriers.opens) % 1440.0 or 1440.0
    couriers["service"], couriers["cv2"] = tour / config.couriers.parcels_per_day, config.couriers.variation**2
    returns["opens"], returns["closes"] = config.returns.opens, config.returns.closes
    returns["service"], returns["cv2"] = 1.0 / (config.returns.inspect_rate * 60.0), config.picking.variation**2
    for row in rows:
        real = max(float(row["staff"]), 0.0)
        row["servers"] = row_servers(real, weight)
        if real > 0.0:
            scale = row["servers"] * weight / real
            row["service"] *= scale
            row["per_unit"] *= scale
    return rows


def row_servers(real: float, weight: float) -> int:
    """Servers that stand for ``real`` ones: one for each ``weight``, at least 1 and at most SERVERS; 0 for none."""
    return 0 if real <= 0.0 else int(min(max(round(real / weight), 1), SERVERS))


def _fees(config: Fulfilment, net: Layout) -> np.ndarray:
    km = np.where(np.arange(config.network.regions)[None, :] == net.region[:, None], 0.0, net.km)
    return np.rint((config.shipping.base + config.shipping.per_1000_km * km / 1000.0) * 100.0).astype(np.int64)


def _setting(config: Fulfilment) -> np.ndarray:
    values = np.zeros(SETTINGS)
    values[S_CANCEL] = -np.log1p(-min(config.cancelling.hazard, 0.999))
    values[S_CANCEL_LATE] = config.cancelling.late_factor
    values[S_LOST], values[S_DAMAGED] = config.shipping.lost, config.shipping.damaged
    values[S_MISSED_AFTER] = config.shipping.missed_after
    values[S_DOOR_MEAN], values[S_DOOR_CV2] = config.couriers.last_mile, config.couriers.last_mile_variation**2
    values[S_COLLECT_MEAN], values[S_COLLECT_CV2] = config.returns.collect, config.returns.variation**2
    values[S_RESTOCK] = config.returns.restock
    values[S_RETURN_FEE] = round(config.returns.fee * 100.0)
    values[S_MATERIAL] = round(config.picking.material * 100.0)
    values[S_SLACK] = config.promise.slack
    point = config.pick_up
    values[S_CUTOFF], values[S_TOUR], values[S_READY] = point.cutoff, point.tour, point.ready
    values[S_DROP], values[S_DROP_CV] = point.drop, config.network.haul_variation
    values[S_CONSOLIDATED] = round((config.shipping.base - point.parcel) * 100.0)
    return values
