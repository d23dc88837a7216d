"""The compiled loop: one call advances the whole crowd from one SimPy event to the next.

Phases of each minute, in this order:

1. appointments due are taken from the agenda
2. platform serves: the load of the minute, second by second
3. crowd visits: those who come by themselves, then those who come by appointment
4. orders are taken
5. warehouses work
6. parcels arrive
7. memory settles: deliveries, returns and refunds are felt, and care is told what went wrong
8. wires are checked

Care answers between minutes, on the clock, once an hour.

A minute begins only when there is room for all it could possibly add; else the slice stops before it and
the engine makes room.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.books.state import BURST_VISITS, CARTS, VISITS
from sim.core import agenda as calendar
from sim.core.agenda import take
from sim.core.compiled import inner, prefetch
from sim.core.rng import philox
from sim.crowd.arrivals import draw_day, intensity, layers_needed, living_rate, personal
from sim.crowd.choice import visit
from sim.crowd.state import (
    A_BALANCE,
    A_BURST,
    A_COMEBACK,
    A_MESSAGE,
    A_REFUND,
    A_RETRY,
    A_RETURN,
    ALIVE,
    CHUNK,
    D_BURST_CONVERSION,
    D_CALLED,
    D_CARTS,
    D_CONVERSION,
    D_DEALS,
    D_RATE,
    D_RETRYING,
    D_SEEN_BURST,
    D_SEEN_BURST_ORDERS,
    D_SEEN_CARTS,
    D_SEEN_ORDERS,
    D_SEEN_VISITS,
    N_DUE,
    N_INTENTS,
    OPENINGS,
    P_ATTEMPTS,
    P_ATTENTION,
    P_DEAL_PULL,
    P_LATER,
    P_PAGES,
    P_PERSONAL_CAP,
    P_PROMPT,
    P_REGULAR,
    P_RETRY,
    P_RUSH,
    P_RUSH_SHAPE,
    P_TRANSACTION,
    P_WEIGHT,
    V_BURST,
    V_COMEBACK,
    V_MESSAGE,
    V_ORDINARY,
)  # fmt: skip
from sim.crowd.visitors import THIN, draw_moods, gather, second_of
from sim.engine.aftermath import refund_early, send_back, settle
from sim.engine.ordering import pay_balance, take_order
from sim.engine.world import D_DRAINED, D_PARCELS
from sim.fulfilment.kernel import expect, expect_order, handle, work
from sim.fulfilment.state import C_ORDERS_FREE, C_PARCELS_FREE, C_QUEUED, C_SERIAL
from sim.fulfilment.stations import arrange
from sim.platform.kernel import serve_minute
from sim.platform.state import BROWSE, CART, ORDER, PAY, PEOPLE, RETRIES, SEARCH
from sim.shelf.kernel import attract, refresh_pages
from sim.shelf.state import ARM_DEALS, ARM_LOAD, ARM_PHONE, ARM_PULL, DEALS, GROUPS, STALE
from sim.supply.kernel import check_wires

# why a slice stopped
END, WIRE, NO_CANDIDATES, NO_INTENTS, NO_ORDERS, NO_PARCELS, NO_NODES, FULL_INBOX = range(8)
REFRESH = 240  # minutes between refreshes of the pages for what moves slowly (ratings)
AHEAD = 12  # candidates whose rows are on their way from memory: a crowd fits in no cache
SPREAD = 15.0  # mean minutes over which the people of a row come that a message has brought
MEMORY = 720.0  # minutes over which conversion is smoothed
MARK = 0x80000000  # occurrences of visits by appointment have the top bit


@inner
def cumulative_delay(params, minutes):  # type: ignore[no-untyped-def]
    """Share of those who waited who have come ``minutes`` after the opening."""
    if minutes <= 0.0:
        return 0.0
    rush = 1.0 - math.exp(-((minutes / params[P_RUSH]) ** params[P_RUSH_SHAPE]))
    return params[P_PROMPT] * rush + (1.0 - params[P_PROMPT]) * (1.0 - math.exp(-minutes / params[P_LATER]))


@inner
def fill_demand(crowd, shelf, platform, minute):  # type: ignore[no-untyped-def]
    """Load of the minute on the platform, real requests in each second.

    The expected load, not the sampled rows: a row stands for many people who do not click in the same second.
    Those waiting for an opening come with the density of their delays. Those whom a message or an advertisement brings
    are as many as a row stands for: they come spread over the quarter of an hour that follows.
    """
    params, drive = crowd.params, crowd.drive
    weight = params[P_WEIGHT]
    demand = platform.demand
    hour = (minute // 60) % 24
    part = (minute % 60 + 0.5) / 60.0 - 0.5
    other = (hour + (1 if part > 0 else 23)) % 24
    share = crowd.hours[hour] + abs(part) * (crowd.hours[other] - crowd.hours[hour])
    visits = weight * drive[D_RATE] * intensity(drive) * share / 3600.0 * shelf.setting[ARM_LOAD]
    called = 0
    for j in range(crowd.counts[N_DUE]):
        if crowd.due[j, 1] == A_MESSAGE:
            called += 1
    drive[D_CALLED] += called
    here = drive[D_CALLED] * (1.0 - math.exp(-1.0 / SPREAD))
    drive[D_CALLED] -= here
    visits += weight * here / 60.0
    demand[PEOPLE, BROWSE, :] = visits * params[P_PAGES]
    demand[PEOPLE, SEARCH, :] = visits
    demand[PEOPLE, CART, :] = visits * drive[D_CARTS]
    demand[PEOPLE, ORDER, :] = visits * drive[D_CONVERSION]
    demand[PEOPLE, PAY, :] = visits * drive[D_CONVERSION]
    demand[RETRIES, ORDER, :] = drive[D_RETRYING]
    demand[RETRIES, PAY, :] = drive[D_RETRYING]
    for n in range(OPENINGS):
        opened = crowd.openings[n, 0]
        if opened < 0.0:
            break
        if minute < opened or minute - opened > 5760.0:
            continue
        people = weight * crowd.openings[n, 1]
        pays = crowd.openings[n, 2] > 0.0
        before = cumulative_delay(params, minute - opened)
        steps = 60 if minute - opened < 180.0 else 1
        for step in range(steps):
            after = cumulative_delay(params, minute - opened + (step + 1.0) / steps)
            come = people * (after - before) * steps / 60.0
            before = after
            for second in range(step * 60 // steps, (step + 1) * 60 // steps):
                if pays:
                    demand[PEOPLE, PAY, second] += come
                else:
                    demand[PEOPLE, BROWSE, second] += come * 2.0
                    demand[PEOPLE, CART, second] += come
                    demand[PEOPLE, ORDER, second] += come * drive[D_BURST_CONVERSION]
                    demand[PEOPLE, PAY, second] += come * drive[D_BURST_CONVERSION]


@inner
def drain(crowd, ful, agenda, desk, minute):  # type: ignore[no-untyped-def]
    """Take this minute's appointments: the crowd's own to ``crowd.due``, parcels' to ``desk.due``."""
    found, kind, subject, detail = take(agenda, minute)
    while found:
        if kind >= 100:
            n = desk.counts[D_PARCELS]
            desk.due[n, 0] = kind
            desk.due[n, 1] = subject
            desk.due[n, 2] = detail
            desk.counts[D_PARCELS] = n + 1
            expect(ful, kind, subject)
        else:
            n = crowd.counts[N_DUE]
            crowd.due[n, 0] = subject
            crowd.due[n, 1] = kind
            crowd.due[n, 2] = detail
            crowd.counts[N_DUE] = n + 1
        found, kind, subject, detail = take(agenda, minute)
    desk.counts[D_DRAINED] = minute


@inner
def learn(crowd, books, minute, before_visits, before_bursts, before_carts, ordinary, burst):  # type: ignore[no-untyped-def]
    """Smooth how often visits lead to carts and orders: what the load of the next minutes is expected to be."""
    drive = crowd.drive
    keep = math.exp(-1.0 / MEMORY)
    hour = minute // 60
    came = books.series[hour, BURST_VISITS] - before_bursts
    drive[D_SEEN_VISITS] = keep * drive[D_SEEN_VISITS] + books.series[hour, VISITS] - before_visits - came
    drive[D_SEEN_CARTS] = keep * drive[D_SEEN_CARTS] + books.series[hour, CARTS] - before_carts
    drive[D_SEEN_ORDERS] = keep * drive[D_SEEN_ORDERS] + ordinary
    drive[D_SEEN_BURST] = keep * drive[D_SEEN_BURST] + came
    drive[D_SEEN_BURST_ORDERS] = keep * drive[D_SEEN_BURST_ORDERS] + burst
    prior = 500.0
    drive[D_CONVERSION] = (drive[D_SEEN_ORDERS] + prior * 0.04) / (drive[D_SEEN_VISITS] + prior)
    drive[D_CARTS] = (drive[D_SEEN_CARTS] + prior * 0.13) / (drive[D_SEEN_VISITS] + prior)
    drive[D_BURST_CONVERSION] = (drive[D_SEEN_BURST_ORDERS] + 50.0 * 0.6) / (drive[D_SEEN_BURST] + 50.0)


@inner
def share_pull(crowd, shelf):  # type: ignore[no-untyped-def]
    """In an A/B test the crowd's intensity is that of the most attracted arm; shoppers of the others come less."""
    pull = crowd.params[P_DEAL_PULL]
    top = 0.0
    for arm in range(shelf.arms.shape[0]):
        top = max(top, shelf.arms[arm, ARM_DEALS])
    for arm in range(shelf.arms.shape[0]):
        shelf.arms[arm, ARM_PULL] = math.exp(pull * (max(0.0, shelf.arms[arm, ARM_DEALS]) - top))
    crowd.drive[D_DEALS] = pull * top
    came, all_come = 0.0, 0.0
    for i in range(crowd.rows.shape[0]):
        row = crowd.rows[i]
        if row.flags & ALIVE:
            came += row.rate * shelf.arms[row.arm, ARM_PULL]
            all_come += row.rate
    shelf.setting[ARM_LOAD] = came / all_come if all_come > 0.0 else 1.0


@njit(cache=True)
def refresh(crowd, shelf):  # type: ignore[no-untyped-def]
    """Pages and attention follow the boards."""
    params = crowd.params
    refresh_pages(shelf)
    attract(shelf, params[P_ATTENTION], params[P_REGULAR] + params[P_TRANSACTION], False)
    crowd.drive[D_DEALS] = params[P_DEAL_PULL] * max(0.0, shelf.setting[DEALS])
    if shelf.arms.shape[0] > 1:
        share_pull(crowd, shelf)
    shelf.setting[STALE] = 0.0


@njit(cache=True)
def advance(crowd, shelf, supply, ful, care, platform, rivals, books, agenda, desk, start, end):  # type: ignore[no-untyped-def]
    """Advance everything from minute ``start`` to ``end`` (exclusive); returns (why it stopped, minute reached, need).

    With END the minute is ``end``; with WIRE the minute after the one in which a wire tripped; with FULL_INBOX that
    after which care's inbox was more than half full; with a lack of room the minute that could not begin, and the
    room it needs.
    """
    k0, k1 = crowd.keys[0], crowd.keys[1]
    shoppers = crowd.rows.shape[0]
    minute = start
    while minute < end:
        day = minute // 1440
        if shelf.setting[STALE] != 0.0 or minute % REFRESH == 0:
            refresh(crowd, shelf)
        if shoppers > 0:
            if crowd.made[3] != day:
                crowd.drive[D_RATE] = living_rate(crowd)
                crowd.made[3] = day
            layers = layers_needed(crowd)
            if crowd.made[0] != day or crowd.made[1] < layers:
                n = draw_day(crowd, day, layers)
                if n < 0:
                    return NO_CANDIDATES, minute, -n
        if desk.counts[D_DRAINED] != minute:
            desk.counts[D_PARCELS] = 0
            crowd.counts[N_DUE] = 0
            drain(crowd, ful, agenda, desk, minute)
        first, last = 0, 0
        if shoppers > 0:
            m = minute % 1440
            first, last = crowd.starts[m], crowd.starts[m + 1]
        bound = last - first + crowd.counts[N_DUE]
        if bound > crowd.intents.shape[0]:
            return NO_INTENTS, minute, bound
        orders = 2 * bound + 4
        if shelf.setting[GROUPS] > 0.0:
            orders = 4 * bound + 4  # what is bought in a group is an order of its own
        if orders > ful.cursor[C_ORDERS_FREE]:
            return NO_ORDERS, minute, orders
        if ful.closed.shape[0] > 0 and ful.cursor[C_SERIAL] + orders > ful.closed.shape[0]:
            return NO_ORDERS, minute, orders
        parcels = 8 * bound + 4 * desk.counts[D_PARCELS] + 64
        if parcels > ful.cursor[C_PARCELS_FREE]:
            return NO_PARCELS, minute, parcels
        nodes = 12 * bound + 6 * desk.counts[D_PARCELS] + 256
        if nodes > agenda.cursor[calendar.FREE_COUNT] - ful.cursor[C_QUEUED]:
            return NO_NODES, minute, nodes
        hour = minute // 60
        before_visits = books.series[hour, VISITS]
        before_bursts = books.series[hour, BURST_VISITS]
        before_carts = books.series[hour, CARTS]

        if shoppers > 0:
            fill_demand(crowd, shelf, platform, minute)
        serve_minute(platform, minute, k0, k1)

        crowd.counts[N_INTENTS] = 0
        if shoppers > 0:
            level = intensity(crowd.drive)
            reach = level * crowd.params[P_PERSONAL_CAP]
            for begin in range(first, last, CHUNK):
                come = gather(crowd, day, begin, min(last, begin + CHUNK), reach)
                for j in range(min(AHEAD, come)):
                    prefetch(crowd.rows, crowd.who[j])
                draw_moods(crowd, 0, come)
                for j in range(come):
                    if j + AHEAD < come:
                        prefetch(crowd.rows, crowd.who[j + AHEAD])
                    shopper = crowd.who[j]
                    row = crowd.rows[shopper]
                    if crowd.needed[j] >= level * personal(row, crowd.params) * shelf.arms[row.arm, ARM_PULL]:
                        continue
                    second = crowd.seconds[j]
                    latency = platform.latency[BROWSE, second] + platform.client_latency[row.device]
                    latency += shelf.arms[row.arm, ARM_PHONE + row.device]
                    broken = platform.failure[BROWSE, second] ** crowd.params[P_ATTEMPTS]
                    visit(
                        crowd, shelf, rivals, books, shopper, crowd.when[j], j, minute, second, latency, broken, V_ORDINARY
                    )  # fmt: skip
        for j in range(crowd.counts[N_DUE]):
            subject, kind, detail = crowd.due[j, 0], crowd.due[j, 1], crowd.due[j, 2]
            if kind in (A_BALANCE, A_RETURN, A_REFUND):
                continue
            row = crowd.rows[subject]
            occurrence = np.uint32(MARK + (int(kind) << 27) + (int(row.visits) << 3) + (int(detail) & 7))
            second = second_of(philox(k0, k1, subject, occurrence, THIN, 0)[1])
            if kind == A_RETRY:
                intent = crowd.intents[crowd.counts[N_INTENTS]]
                crowd.counts[N_INTENTS] += 1
                intent.shopper = subject
                intent.occurrence = occurrence
                intent.second = second
                intent.attempt = detail
                intent.origin = 0
                continue
            how = V_BURST
            if kind == A_COMEBACK:
                how = V_COMEBACK
            elif kind == A_MESSAGE:
                how = V_MESSAGE
            latency = platform.latency[BROWSE, second] + platform.client_latency[row.device]
            latency += shelf.arms[row.arm, ARM_PHONE + row.device]
            broken = platform.failure[BROWSE, second] ** crowd.params[P_ATTEMPTS]
            crowd.who[0] = subject
            crowd.when[0] = occurrence
            draw_moods(crowd, 0, 1)
            visit(crowd, shelf, rivals, books, subject, occurrence, 0, minute, second, latency, broken, how)

        ordinary, burst = 0.0, 0.0
        retrying = 0.0
        for j in range(crowd.counts[N_INTENTS]):
            intent = crowd.intents[j]
            second = intent.second
            failure = 1.0 - (1.0 - platform.failure[ORDER, second]) * (1.0 - platform.failure[PAY, second])
            if intent.attempt == 1:
                if intent.origin == V_BURST:
                    burst += 1.0
                else:
                    ordinary += 1.0
            take_order(crowd, shelf, supply, ful, care, rivals, books, agenda, desk, intent, minute, failure)
        if shoppers > 0:
            for second in range(60):
                asked = platform.demand[0, ORDER, second] + platform.demand[1, ORDER, second]
                failure = 1.0 - (1.0 - platform.failure[ORDER, second]) * (1.0 - platform.failure[PAY, second])
                retrying += asked * failure
            crowd.drive[D_RETRYING] = crowd.params[P_RETRY] * retrying / 60.0
        for j in range(crowd.counts[N_DUE]):
            if crowd.due[j, 1] == A_BALANCE:
                pay_balance(crowd, shelf, supply, ful, books, agenda, crowd.due[j, 0], minute, platform.failure[PAY, 30])
            elif crowd.due[j, 1] == A_RETURN:
                send_back(crowd, shelf, ful, care, books, agenda, crowd.due[j, 0], crowd.due[j, 2], minute)
            elif crowd.due[j, 1] == A_REFUND:
                refund_early(crowd, shelf, ful, care, books, crowd.due[j, 0], crowd.due[j, 2], minute)

        work(ful, supply, shelf.skus, agenda, books, k0, k1, minute)
        for j in range(desk.counts[D_PARCELS]):
            if j + AHEAD < desk.counts[D_PARCELS]:
                expect_order(ful, desk.due[j + AHEAD, 0], desk.due[j + AHEAD, 1])
            handle(
                ful, supply, shelf.skus, agenda, books, k0, k1, desk.due[j, 0], desk.due[j, 1], desk.due[j, 2], minute
            )
        arrange(ful, minute)
        settle(crowd, shelf, ful, care, books, agenda, minute)
        if shoppers > 0:
            learn(crowd, books, minute, before_visits, before_bursts, before_carts, ordinary, burst)
        minute += 1
        if check_wires(supply, minute) > 0:
            return WIRE, minute, 0
        if 2 * care.cursor[0] > care.inbox.shape[0]:
            return FULL_INBOX, minute, 0
    return END, end, 0


assert P_TRANSACTION > 0 and A_BURST > 0
