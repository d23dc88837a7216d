"""What must hold of orders, parcels and queues at any whole minute, whatever has happened."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.laws import law, require
from sim.fulfilment.state import (
    ALLOCATED,
    C_BACKORDERED,
    C_OPEN_ORDERS,
    C_OPEN_PARCELS,
    C_ORDERS_CLOSED,
    C_ORDERS_FREE,
    C_PARCELS_ENDED,
    C_PARCELS_FREE,
    C_PARCELS_MADE,
    C_QUEUED,
    C_SERIAL,
    DELIVERED,
    E_OVER,
    E_PAID,
    E_REFUNDED,
    LINES,
    LOST,
    ORIGIN_BOT,
    P_BACK,
    P_COURIER,
    P_FREE,
    P_INSPECTING,
    P_INSPECTION,
    P_OUT,
    P_PICKING,
    P_QUEUED,
    RETURNED,
    RETURNING,
    SHIPPED,
    WAITING,
    FulfilmentState,
)
from sim.supply.state import SupplyState


def law_orders(ful: FulfilmentState) -> None:
    """Orders made = open + closed; every open line on the way is in exactly one parcel, and no other is."""
    taken = ful.orders["shopper"] >= 0
    made, open_, closed = (int(ful.cursor[i]) for i in (C_SERIAL, C_OPEN_ORDERS, C_ORDERS_CLOSED))
    require("orders", "orders made = open + closed", made, open_ + closed)
    require("orders", "open orders = rows taken", open_, int(taken.sum()))
    require("orders", "rows = open + free", len(ful.orders), open_ + int(ful.cursor[C_ORDERS_FREE]))
    live = ful.parcels["state"] != P_FREE
    carried = np.zeros((len(ful.orders), LINES), np.int64)
    for line in range(LINES):
        inside = live & (ful.parcels["lines"] >> line & 1 == 1)
        np.add.at(carried[:, line], ful.parcels["order"][inside], 1)
    states = ful.orders["line_state"]
    moving = ((states == ALLOCATED) | (states == SHIPPED) | (states == RETURNING)) & taken[:, None]
    require("orders", "lines on the way = lines in parcels", 0, int((carried != moving).sum()))


def law_parcels(ful: FulfilmentState) -> None:
    """Parcels made = ended + under way; those under way are where the queues and orders say."""
    states = ful.parcels["state"]
    live = states != P_FREE
    made, ended, under_way = (int(ful.cursor[i]) for i in (C_PARCELS_MADE, C_PARCELS_ENDED, C_OPEN_PARCELS))
    require("parcels", "parcels made = ended + under way", made, ended + under_way)
    require("parcels", "parcels under way = rows taken", under_way, int(live.sum()))
    require("parcels", "rows = under way + free", len(ful.parcels), under_way + int(ful.cursor[C_PARCELS_FREE]))
    outward = live & (states < P_BACK)
    counts = np.bincount(ful.parcels["order"][outward], minlength=len(ful.orders))
    require("parcels", "parcels to a shopper = what its order says", 0, int((counts != ful.orders["parcels"]).sum()))
    queued = np.isin(states, (P_QUEUED, P_COURIER, P_INSPECTION))
    require("parcels", "parcels queued = lengths of queues", int(queued.sum()), int(ful.stations["waiting"].sum()))
    require("parcels", "queued counter = lengths of queues", int(ful.cursor[C_QUEUED]), int(queued.sum()))


def law_little(ful: FulfilmentState) -> None:
    """Little's law at each station: the area under the number inside = the sum of times spent there.

    The area is integrated from the number inside minute by minute, the times are kept parcel by parcel.
    """
    numbers = station_of(ful)
    for number, station in enumerate(ful.stations):
        inside = numbers == number
        clock = float(station["clock"])
        require("little", f"station {number}: arrived = departed + inside",
                int(station["arrived"]), int(station["departed"]) + int(station["inside"]))  # fmt: skip
        require("little", f"station {number}: inside = parcels there", int(station["inside"]), int(inside.sum()))
        spent = float(station["sojourn"]) + float((clock - ful.parcels["arrived"][inside]).sum())
        scale = 1.0 + abs(spent) + clock * 1e-3 * float(station["arrived"])
        require("little", f"station {number}: area = times spent", float(station["area"]), spent, 1e-8 * scale)


def station_of(ful: FulfilmentState) -> np.ndarray:
    """int64[parcels]: the station a parcel is in, waiting or served; -1 on the road or free."""
    warehouses, regions = ful.haul_mean.shape
    state = ful.parcels["state"]
    numbers = np.full(len(state), -1, np.int64)
    for states, base, column in (
        ((P_QUEUED, P_PICKING), 0, "warehouse"),
        ((P_COURIER, P_OUT), warehouses, "region"),
        ((P_INSPECTION, P_INSPECTING), warehouses + regions, "warehouse"),
    ):
        there = np.isin(state, states)
        numbers[there] = base + ful.parcels[column][there].astype(np.int64)
    return numbers


def law_promised_stock(ful: FulfilmentState, supply: SupplyState) -> None:
    """Stock allocated = units of allocated lines, backorders = units of backordered lines, nothing negative."""
    warehouses, skus = supply.stock.shape
    for name, state in (("allocated", ALLOCATED), ("backorders", WAITING)):
        owed = np.zeros((warehouses, skus), np.int64)
        lines = (ful.orders["line_state"] == state) & (ful.orders["shopper"] >= 0)[:, None]
        lines &= ful.orders["warehouse"] >= 0
        where = (ful.orders["warehouse"][lines], ful.orders["sku"][lines])
        np.add.at(owed, where, ful.orders["quantity"][lines])
        wrong = int((owed != supply.stock[name]).sum())
        require("promised stock", f"cells whose {name} differ from their order lines", 0, wrong)
        if state == WAITING:
            require("promised stock", "lines backordered", int(ful.cursor[C_BACKORDERED]), int(lines.sum()))
    require("promised stock", "cells promising more than is there", 0,
            int((supply.stock["allocated"] > supply.stock["on_hand"]).sum()))  # fmt: skip
    require("promised stock", "cells below nought", 0, int((supply.stock["allocated"] < 0).sum()))


def money_of_lines(ful: FulfilmentState) -> np.ndarray:
    """int64[2, LINE_STATES, 3]: as `FulfilmentState.ended`, of all order lines there ever were, open ones included."""
    rows = ful.orders[ful.orders["shopper"] >= 0]
    used = np.arange(LINES) < rows["lines"][:, None]
    party = np.broadcast_to((rows["origin"] == ORIGIN_BOT)[:, None], used.shape)[used].astype(np.int64)
    state, paid, refunded = (rows[field][used] for field in ("line_state", "paid", "refunded"))
    money = ful.ended.copy()
    np.add.at(money, (party, state, E_PAID), paid)
    np.add.at(money, (party, state, E_REFUNDED), refunded)
    np.add.at(money, (party, state, E_OVER), refunded > paid)
    return money


def law_refunds(ful: FulfilmentState, posted: float) -> None:
    """Returned and lost lines are refunded whole, none above its price, and that is what returns in the ledger are.

    ``posted``: fen, balance of the account of returns. A line delivered to a shopper may be refunded while its goods
    are still there, or for good; what attackers' accounts get for goods they keep is no return but fraud.
    """
    money = money_of_lines(ful)
    require("refunds", "lines refunded above their price", float(money[..., E_OVER].sum()), 0.0)
    if ful.outcome_count[0] == 0:
        for state, name in ((RETURNED, "returned"), (LOST, "lost")):
            paid, refunded = money[:, state, E_PAID].sum(), money[:, state, E_REFUNDED].sum()
            require("refunds", f"refunded of {name} lines against paid", float(refunded), float(paid))
    back = money[:, [RETURNED, LOST], E_REFUNDED].sum() + money[0, [DELIVERED, RETURNING], E_REFUNDED].sum()
    require("refunds", "returns in the ledger against refunds of lines sent", posted, float(back))


@law("orders")
def _orders(market: Any) -> None:
    law_orders(market.world.fulfilment)


@law("parcels")
def _parcels(market: Any) -> None:
    law_parcels(market.world.fulfilment)


@law("little")
def _little(market: Any) -> None:
    law_little(market.world.fulfilment)


@law("promised stock")
def _promised_stock(market: Any) -> None:
    if not getattr(market, "alone", False):  # a demand without shoppers has backorders but no order lines
        law_promised_stock(market.world.fulfilment, market.world.supply)
