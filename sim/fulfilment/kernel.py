"""A parcel's way: picked, on the truck, at the couriers', at the door, and sometimes back.

`work` lets every station begin what it can begin in one minute; `handle` does what an appointment of
the agenda says. A parcel has one appointment at a time; one that is no longer true (its work was broken
off by an outage) is recognised by the parcel's state and minute and does nothing.
"""

from __future__ import annotations

import math

import numpy as np

from sim.books.state import DELIVERED_PARCELS, LATE_PARCELS, PICKED_UNITS, RETURNED_UNITS, SHIPPED_PARCELS, note
from sim.core import agenda as calendar
from sim.core.compiled import inner, prefetch
from sim.core.rng import bernoulli, normal, philox, uniform
from sim.fulfilment.allocation import serve_backorders
from sim.fulfilment.cancelling import doubt
from sim.fulfilment.closing import conclude, measured_day
from sim.fulfilment.foresight import binds, binds_picked
from sim.fulfilment.money import (
    direct_line_money,
    lose_line_money,
    return_line_money,
    return_parcel_money,
    ship_line_money,
    ship_parcel_money,
)
from sim.fulfilment.pools import free_parcel, new_parcel, tell
from sim.fulfilment.state import (
    ALLOCATED,
    BACK_TIME,
    CANCEL,
    COLLECT_TIME,
    COURIER_TIME,
    DELIVERED,
    DOOR_TIME,
    FLAG_BLEMISHED,
    FLAG_LATE,
    FLAG_PICK_UP,
    FLAG_SHIPPED,
    GRADE,
    HAUL_TIME,
    INSPECT_TIME,
    K_AT_STATION,
    K_BACK,
    K_DOOR,
    K_DOUBT,
    K_MISSING,
    K_SERVED,
    LINE_LOST,
    LINE_RETURNED,
    LOSS,
    LOST,
    M_DAMAGED,
    M_DELIVERED,
    M_LATE,
    M_LOCAL,
    M_LOST,
    M_ORDERS_SHIPPED,
    M_PARCELS,
    M_RETURN_REQUESTS,
    M_RETURNED_UNITS,
    P_BACK,
    P_COURIER,
    P_DOOR,
    P_HAULED,
    P_INSPECTING,
    P_INSPECTION,
    P_OUT,
    P_PICKING,
    PICK_TIME,
    RESIDUAL_LOW,
    RESIDUAL_STEP,
    RESIDUALS,
    RETURNED,
    RETURNING,
    S_CANCEL,
    S_CANCEL_LATE,
    S_COLLECT_CV2,
    S_COLLECT_MEAN,
    S_CONSOLIDATED,
    S_DAMAGED,
    S_DIRECT,
    S_DOOR_CV2,
    S_DOOR_MEAN,
    S_DROP,
    S_DROP_CV,
    S_LOST,
    S_MATERIAL,
    S_MISSED_AFTER,
    S_RESTOCK,
    S_RETURN_FEE,
    S_TOUR,
    SHIPPED,
)
from sim.fulfilment.stations import in_shift, join, leave, next_start, occurrence, service_noise, start_head
from sim.supply.state import PICKED, RESTOCKED

DAY = 1440
NOTHING = np.int64(0)


@inner
def work(ful, supply, skus, agenda, books, key0, key1, minute):  # type: ignore[no-untyped-def]
    """One minute [minute, minute + 1) of every station: services that can begin in it begin, in order."""
    warehouses, regions = ful.rank.shape[1], ful.rank.shape[0]
    for number in range(ful.stations.shape[0]):
        if ful.stations[number].head < 0:
            continue
        if number < warehouses:
            if not ful.warehouses[number].open:
                continue
            state, decision = P_PICKING, PICK_TIME
        elif number < warehouses + regions:
            state, decision = P_OUT, COURIER_TIME
        else:
            state, decision = P_INSPECTING, INSPECT_TIME
        while True:
            start = next_start(ful, number)
            if start >= minute + 1:
                break
            parcel = start_head(ful, key0, key1, number, start, state, decision)
            completes = int(ful.parcels[parcel].completes)
            if completes <= minute:
                _served(ful, supply, skus, agenda, books, key0, key1, parcel, minute)
            else:
                calendar.appoint(agenda, completes, K_SERVED, parcel, NOTHING)


@inner
def expect(ful, kind, subject):  # type: ignore[no-untyped-def]
    """Ask the memory for the row that an appointment is about: `handle` will soon be told of it."""
    if kind == K_DOUBT:
        prefetch(ful.orders, np.int64(subject))
    else:
        prefetch(ful.parcels, np.int64(subject))


@inner
def expect_order(ful, kind, subject):  # type: ignore[no-untyped-def]
    """Ask the memory for the order of the parcel that an appointment is about."""
    if kind != K_DOUBT:
        prefetch(ful.orders, np.int64(ful.parcels[subject].order))


@inner
def handle(ful, supply, skus, agenda, books, key0, key1, kind, subject, detail, minute):  # type: ignore[no-untyped-def]
    """Do what an appointment of this side (kinds FIRST_KIND to LAST_KIND) says."""
    if kind == K_DOUBT:
        _think_again(ful, supply, skus, agenda, books, key0, key1, np.int64(subject), detail, minute)
        return
    number = np.int64(subject)
    parcel = ful.parcels[number]
    if int(parcel.completes) != minute:
        return
    if kind == K_SERVED:
        if parcel.state == P_PICKING or parcel.state == P_OUT or parcel.state == P_INSPECTING:
            _served(ful, supply, skus, agenda, books, key0, key1, number, minute)
    elif kind == K_AT_STATION:
        if parcel.state == P_HAULED:
            _at_the_depot(ful, agenda, key0, key1, number, parcel.completes, minute)
    elif kind == K_DOOR:
        if parcel.state == P_DOOR:
            _deliver(ful, books, key0, key1, number, minute)
    elif kind == K_MISSING:
        if parcel.state == P_HAULED:
            _lose(ful, books, number, M_LOST, minute)
    elif kind == K_BACK and parcel.state == P_BACK:
        station = ful.rank.shape[1] + ful.rank.shape[0] + parcel.warehouse
        join(ful, station, number, parcel.completes, P_INSPECTION)


@inner
def _served(ful, supply, skus, agenda, books, key0, key1, parcel, minute):  # type: ignore[no-untyped-def]
    """A station has finished with a parcel."""
    state = ful.parcels[parcel].state
    if state == P_PICKING:
        _ship(ful, supply, skus, agenda, books, key0, key1, parcel, minute)
    elif state == P_OUT:
        _to_the_door(ful, agenda, books, key0, key1, parcel, minute)
    else:
        _grade(ful, supply, skus, agenda, books, key0, key1, parcel, minute)


# Out -----------------------------------------------------------------------------------------------


@inner
def next_truck(warehouse, time):  # type: ignore[no-untyped-def]
    """Minute of the next departure at or after ``time``: the next wave, or the next regular truck."""
    if warehouse.every > 0.0:
        return math.ceil(time / warehouse.every) * warehouse.every
    day = math.floor(time / DAY) * DAY
    for i in range(4):
        if day + warehouse.cutoffs[i] >= time and warehouse.cutoffs[i] < DAY:
            return day + warehouse.cutoffs[i]
    return day + DAY + warehouse.cutoffs[0]


@inner
def trip_noise(key0, key1, entity, number, decision, cv):  # type: ignore[no-untyped-def]
    """Lognormal with mean 1 and coefficient of variation ``cv``."""
    if cv <= 0.0:
        return 1.0
    sigma2 = math.log(1.0 + cv * cv)
    w0, w1, _, _ = philox(key0, key1, entity, number, decision, 0)
    return math.exp(math.sqrt(sigma2) * normal(w0, w1) - 0.5 * sigma2)


@inner
def _ship(ful, supply, skus, agenda, books, key0, key1, parcel, minute):  # type: ignore[no-untyped-def]
    """Picked and packed: the goods leave the stock and the books, and the parcel waits for the truck."""
    p = ful.parcels[parcel]
    order = ful.orders[p.order]
    warehouse, number = np.int64(p.warehouse), occurrence(order.turn, p.ordinal)
    leave(ful, warehouse, parcel, p.completes)
    binds(ful, parcel, -1)
    binds_picked(ful, parcel, 1)
    day = measured_day(ful, minute)
    for line in range(np.int64(order.lines)):
        if p.lines & (1 << line) and order.line_state[line] == ALLOCATED:
            quantity = order.quantity[line]
            cell = supply.stock[warehouse, order.sku[line]]
            cell.on_hand -= quantity
            cell.allocated -= quantity
            supply.totals[PICKED, order.sku[line]] += quantity
            order.line_state[line] = SHIPPED
            ship_line_money(books, order, line, minute)
            if order.flags & FLAG_PICK_UP:
                direct_line_money(books, _producers_saving(ful, skus, order, line), minute)
    fee = ful.fees[warehouse, p.region]
    if order.flags & FLAG_PICK_UP:
        fee = max(0, fee - int(ful.setting[S_CONSOLIDATED]))
    ship_parcel_money(books, fee, int(ful.setting[S_MATERIAL]), minute)
    note(books, minute, PICKED_UNITS, float(p.units))
    note(books, minute, SHIPPED_PARCELS, 1.0)
    ful.measured[day, M_PARCELS] += 1
    ful.measured[day, M_LOCAL] += ful.warehouses[warehouse].region == p.region
    if not order.flags & FLAG_SHIPPED:
        order.flags |= FLAG_SHIPPED
        ful.measured[day, M_ORDERS_SHIPPED] += 1
    p.state = P_HAULED
    departs = next_truck(ful.warehouses[warehouse], p.completes)
    if bernoulli(philox(key0, key1, order.shopper, number, LOSS, 0)[0], ful.setting[S_LOST]):
        p.completes = departs + ful.setting[S_MISSED_AFTER]
        _appoint(ful, agenda, parcel, K_MISSING, minute)
        return
    noise = trip_noise(key0, key1, order.shopper, number, HAUL_TIME, ful.haul_cv[warehouse, p.region])
    p.completes = departs + ful.haul_mean[warehouse, p.region] * noise
    if int(p.completes) <= minute:
        _at_the_depot(ful, agenda, key0, key1, parcel, max(p.completes, float(minute)), minute)
    else:
        calendar.appoint(agenda, int(p.completes), K_AT_STATION, parcel, NOTHING)


@inner
def _producers_saving(ful, skus, order, line):  # type: ignore[no-untyped-def]
    """Fen by which the goods of a leader's order line cost less, bought straight from the producer."""
    return int(order.cost[line] * ful.setting[S_DIRECT + np.int64(skus[order.sku[line]].category)])


@inner
def _at_the_depot(ful, agenda, key0, key1, parcel, time, minute):  # type: ignore[no-untyped-def]
    """The parcel has reached its region: it joins the couriers' queue, or waits for the next tour to the leaders.

    At the leader's it counts as delivered: when it is collected is up to the shopper.
    """
    p = ful.parcels[parcel]
    order = ful.orders[p.order]
    if not order.flags & FLAG_PICK_UP:
        join(ful, ful.rank.shape[1] + p.region, parcel, time, P_COURIER)
        return
    tour = math.ceil((time - ful.setting[S_TOUR]) / DAY) * DAY + ful.setting[S_TOUR]
    number = occurrence(order.turn, p.ordinal)
    noise = trip_noise(key0, key1, order.shopper, number, DOOR_TIME, ful.setting[S_DROP_CV])
    p.completes = tour + ful.setting[S_DROP] * noise
    p.state = P_DOOR
    _appoint(ful, agenda, parcel, K_DOOR, minute)


@inner
def _appoint(ful, agenda, parcel, kind, minute):  # type: ignore[no-untyped-def]
    """Appoint the end of the parcel's present trip, at the earliest for the next minute."""
    p = ful.parcels[parcel]
    if int(p.completes) <= minute:
        p.completes = float(minute + 1)
    calendar.appoint(agenda, int(p.completes), kind, parcel, NOTHING)


@inner
def _to_the_door(ful, agenda, books, key0, key1, parcel, minute):  # type: ignore[no-untyped-def]
    """The courier's work on the parcel is done; it is on its last metres."""
    p = ful.parcels[parcel]
    order = ful.orders[p.order]
    leave(ful, ful.rank.shape[1] + p.region, parcel, p.completes)
    binds_picked(ful, parcel, -1)
    number = occurrence(order.turn, p.ordinal)
    noise = service_noise(key0, key1, order.shopper, number, DOOR_TIME, ful.setting[S_DOOR_CV2])
    p.completes += ful.setting[S_DOOR_MEAN] * noise
    p.state = P_DOOR
    if int(p.completes) <= minute:
        _deliver(ful, books, key0, key1, parcel, minute)
    else:
        calendar.appoint(agenda, int(p.completes), K_DOOR, parcel, NOTHING)


@inner
def _deliver(ful, books, key0, key1, parcel, minute):  # type: ignore[no-untyped-def]
    """At the door: delivered, or found damaged."""
    p = ful.parcels[parcel]
    row = np.int64(p.order)
    order = ful.orders[row]
    number = occurrence(order.turn, p.ordinal)
    if not order.flags & FLAG_PICK_UP:
        _learn(ful, p)
    if bernoulli(philox(key0, key1, order.shopper, number, LOSS, 0)[1], ful.setting[S_DAMAGED]):
        _lose(ful, books, parcel, M_DAMAGED, minute)
        return
    time = p.completes
    for line in range(np.int64(order.lines)):
        if p.lines & (1 << line):
            order.line_state[line] = DELIVERED
    order.delivered = max(order.delivered, time)
    day = measured_day(ful, minute)
    ful.measured[day, M_DELIVERED] += 1
    note(books, minute, DELIVERED_PARCELS, 1.0)
    if time > order.promised:
        order.flags |= FLAG_LATE
        ful.measured[day, M_LATE] += 1
        note(books, minute, LATE_PARCELS, 1.0)
    free_parcel(ful, parcel)
    order.parcels -= 1
    conclude(ful, row, minute)


@inner
def _lose(ful, books, parcel, measure, minute):  # type: ignore[no-untyped-def]
    """A parcel is given up as lost, or arrived damaged: its goods are written off, its lines to be refunded."""
    p = ful.parcels[parcel]
    row = np.int64(p.order)
    order = ful.orders[row]
    if p.state == P_HAULED:
        binds_picked(ful, parcel, -1)
    for line in range(np.int64(order.lines)):
        if p.lines & (1 << line):
            order.line_state[line] = LOST
            lose_line_money(books, order, line, minute)
            tell(ful, row, line, LINE_LOST, minute)
    order.flags |= FLAG_BLEMISHED
    ful.measured[measured_day(ful, minute), measure] += 1
    free_parcel(ful, parcel)
    order.parcels -= 1
    conclude(ful, row, minute)


@inner
def _learn(ful, p):  # type: ignore[no-untyped-def]
    """Enter how much later than planned a parcel is at the door into the histogram promises are made from."""
    column = int((p.completes - p.planned - RESIDUAL_LOW) / RESIDUAL_STEP)
    ful.residual[p.warehouse, p.region, min(max(column, 0), RESIDUALS - 1)] += 1.0


@inner
def _think_again(ful, supply, skus, agenda, books, key0, key1, row, serial, minute):  # type: ignore[no-untyped-def]
    """The shopper's daily thought of cancelling what is unshipped, at a higher hazard once the promise is missed."""
    order = ful.orders[row]
    if order.shopper < 0 or order.serial & 0x7FFFFFFF != serial:
        return
    hazard = ful.setting[S_CANCEL]
    if minute > order.promised:
        hazard *= ful.setting[S_CANCEL_LATE]
    days = (minute - int(order.paid_at)) // DAY
    word = philox(key0, key1, order.shopper, occurrence(order.turn, 0), CANCEL, days)[0]
    give_up = bernoulli(word, 1.0 - math.exp(-hazard))
    if doubt(ful, supply, skus, agenda, books, key0, key1, row, give_up, minute):
        calendar.appoint(agenda, minute + DAY, K_DOUBT, row, np.int64(serial))


# Back ----------------------------------------------------------------------------------------------


@inner
def request_return(ful, agenda, key0, key1, row, line, minute):  # type: ignore[no-untyped-def]
    """A delivered line is to go back: collected, carried, inspected. Needs room for one parcel and one node.

    The end is the outcome LINE_RETURNED, upon which the caller refunds. Returns whether the line could go.
    """
    order = ful.orders[row]
    if order.line_state[line] != DELIVERED:
        return False
    order.line_state[line] = RETURNING
    warehouse = np.int64(ful.warehouses[order.warehouse[line]].returns_to)
    parcel = new_parcel(ful, row, warehouse, float(minute))
    p = ful.parcels[parcel]
    p.lines = 1 << line
    p.units = order.quantity[line]
    p.state = P_BACK
    number = occurrence(order.turn, 128 + line)
    collect = service_noise(key0, key1, order.shopper, number, COLLECT_TIME, ful.setting[S_COLLECT_CV2])
    road = trip_noise(key0, key1, order.shopper, number, BACK_TIME, ful.haul_cv[warehouse, p.region])
    road *= ful.haul_mean[warehouse, p.region]
    p.completes = max(minute + 1.0, minute + ful.setting[S_COLLECT_MEAN] * collect + road)
    calendar.appoint(agenda, int(p.completes), K_BACK, parcel, NOTHING)
    ful.measured[measured_day(ful, minute), M_RETURN_REQUESTS] += 1
    return True


@inner
def _grade(ful, supply, skus, agenda, books, key0, key1, parcel, minute):  # type: ignore[no-untyped-def]
    """Inspected: good enough to be sold again, or scrapped; either way the shopper is due a refund."""
    p = ful.parcels[parcel]
    row, warehouse = np.int64(p.order), np.int64(p.warehouse)
    order = ful.orders[row]
    leave(ful, ful.rank.shape[1] + ful.rank.shape[0] + warehouse, parcel, p.completes)
    return_parcel_money(books, int(ful.setting[S_RETURN_FEE]), minute)
    day = measured_day(ful, minute)
    for line in range(np.int64(order.lines)):
        if not p.lines & (1 << line):
            continue
        sku, quantity = order.sku[line], order.quantity[line]
        word = philox(key0, key1, order.shopper, occurrence(order.turn, 128 + line), GRADE, 0)[0]
        good = uniform(word) < ful.setting[S_RESTOCK]
        if good:
            supply.stock[warehouse, sku].on_hand += quantity
            supply.totals[RESTOCKED, sku] += quantity
        return_line_money(books, order, line, good, minute)
        if good and order.flags & FLAG_PICK_UP:
            direct_line_money(books, -_producers_saving(ful, skus, order, line), minute)
        order.line_state[line] = RETURNED
        ful.measured[day, M_RETURNED_UNITS] += quantity
        note(books, minute, RETURNED_UNITS, float(quantity))
        tell(ful, row, line, LINE_RETURNED, minute)
        if good and ful.backlog[sku, 0] >= 0:
            serve_backorders(ful, supply, skus, agenda, books, key0, key1, np.int64(sku), minute)
    free_parcel(ful, parcel)


__all__ = ["handle", "in_shift", "next_truck", "request_return", "work"]
