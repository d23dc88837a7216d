"""Memory settles: what deliveries, losses, returns and cancellations do to money and to shoppers."""

from __future__ import annotations

import math

import numpy as np

from sim.books.state import (
    ADVANCES,
    CASH,
    CASH_BACKS,
    COST_OF_GOODS,
    DELIVERED_ORDERS,
    DROPOUTS,
    FRAUD,
    MARKETING,
    REFUNDS,
    RETURN_HANDLING,
    RETURNED_ORDERS,
    RETURNS,
    REVIEW_POINTS,
    REVIEWS,
    TOPPED_UP_RETURNED,
    note,
    post,
)  # fmt: skip
from sim.care.kernel import at_once, tell_care, time_refund
from sim.care.state import (
    CANCELLED,
    FAULT,
    KEEPS_GOODS,
    LATE,
    LOST,
    M_KEPT,
    M_KEPT_VALUE,
    M_REFUSED,
    RETURN,
    S_DELAY,
    S_FADE,
    S_KEEPS,
    S_WRITTEN_OFF,
)  # fmt: skip
from sim.core.agenda import appoint
from sim.core.compiled import inner, prefetch
from sim.core.rng import decision, exponential, normal, philox, uniform
from sim.crowd.consideration import match
from sim.crowd.state import (
    A_REFUND,
    A_RETURN,
    ALIVE,
    FREE_RETURNS,
    N_MEASURED,
    P_DEFECT,
    P_DROPOUT,
    P_EASE,
    P_FILLER,
    P_IMPULSE,
    P_LATE,
    P_LEARNING,
    P_MISMATCH,
    P_NEGATIVITY,
    P_NEUTRAL,
    P_RETURN_FEE,
    P_REVIEW,
)  # fmt: skip
from sim.crowd.worth import unearn
from sim.fulfilment.kernel import request_return
from sim.fulfilment.pools import free_order, settled
from sim.fulfilment.state import (
    DELIVERED,
    FLAG_CASH_BACK,
    FLAG_FRAUD,
    FLAG_LATE,
    FLAG_TOPPED_UP,
    FLAG_TRIAL,
    KEPT_PENDING,
    LINE_CANCELLED,
    LINE_LOST,
    LINE_RETURNED,
    LINES,
    ORDER_DELIVERED,
    ORIGIN_BOT,
    REFUND_PENDING,
    RETURN_PENDING,
)  # fmt: skip
from sim.shelf.state import ARM_REFUNDS, CASH_BACK_TAKE, PROTECTED, TRIAL_REVIEW

EXPERIENCE = decision("delivery.experience")
KEEP = decision("delivery.keep")
STAY = decision("shopper.stay")

AHEAD = 8  # outcomes whose shoppers' rows are on their way from memory
RETURN_WINDOW = 7.0 * 1440.0  # no-reason returns within seven days [G06]
DELIGHT = 0.08  # a promise kept is worth a little more than nothing
EASED = 0.7  # share of a return's annoyance that fetching it for free takes away
LOST_LINE, CANCELLED_LINE, RETURNED_LINE, FAULTY = 0.8, 0.25, 0.1, 0.6  # disappointments, of 1


@inner
def experience(row, params, disappointment):  # type: ignore[no-untyped-def]
    """Satisfaction moves towards what was experienced; below expectation it moves further [C08]."""
    difference = min(1.0, params[P_NEUTRAL] + DELIGHT) - disappointment - row.satisfaction
    if difference < 0.0:
        difference *= params[P_NEGATIVITY]
    row.satisfaction = min(1.0, max(0.0, row.satisfaction + params[P_LEARNING] * difference))


@inner
def delivered(crowd, shelf, ful, care, books, agenda, order_row, minute):  # type: ignore[no-untyped-def]
    """An order is complete at the door: satisfaction, review, what will be sent back, and whether the shopper stays."""
    order = ful.orders[order_row]
    shopper = order.shopper
    row = crowd.rows[shopper]
    params = crowd.params
    k0, k1 = crowd.keys[0], crowd.keys[1]
    w0, w1, w2, w3 = philox(k0, k1, shopper, order.turn, EXPERIENCE, 0)
    disappointment = params[P_LATE] if order.flags & FLAG_LATE else 0.0
    faults, before, points = 0, float(row.satisfaction), 0.0
    goes_back = False
    for line in range(order.lines):
        if order.line_state[line] != DELIVERED:
            continue
        sku = shelf.skus[order.sku[line]]
        v0, v1, v2, v3 = philox(k0, k1, shopper, order.turn, KEEP, line)
        faulty = uniform(v1) < sku.defect
        if faulty:
            disappointment = max(disappointment, FAULTY)
            faults |= 1 << line
        if order.flags & FLAG_TRIAL:
            continue
        p = min(0.95, max(1e-4, float(sku.return_propensity)))
        odds = math.log(p / (1.0 - p)) - params[P_MISMATCH] * match(row, shelf.pages[order.sku[line]])
        if order.live & (1 << line):
            odds += params[P_IMPULSE]
        filler = order.flags & FLAG_TOPPED_UP and line == order.lines - 1
        if filler:
            odds += params[P_FILLER]
        if faulty:
            odds += params[P_DEFECT]
        if row.flags & FREE_RETURNS:
            odds += params[P_EASE]
        if uniform(v0) < 1.0 / (1.0 + math.exp(-odds)) or order.flags & FLAG_FRAUD:
            order.flags |= RETURN_PENDING << line
            wait = min(RETURN_WINDOW - 1.0, 360.0 + 2160.0 * exponential(v2))
            goes_back = True
            if not appoint(agenda, minute + 1 + int(wait), A_RETURN, order_row, line):
                order.flags &= ~(RETURN_PENDING << line)
            elif filler:
                note(books, minute, TOPPED_UP_RETURNED, 1.0)
    if not order.flags & FLAG_TRIAL:  # nobody has ordered it
        note(books, minute, DELIVERED_ORDERS, 1.0)
    if goes_back:
        note(books, minute, RETURNED_ORDERS, 1.0)
    experience(row, params, disappointment)
    after = float(row.satisfaction)
    chance = params[P_REVIEW] * (1.0 + disappointment)
    if order.flags & FLAG_CASH_BACK:
        chance = max(chance, shelf.setting[CASH_BACK_TAKE])
    if order.flags & FLAG_TRIAL:
        chance = max(chance, shelf.setting[TRIAL_REVIEW])
    if uniform(w0) < chance:
        points = min(5.0, max(1.0, round(4.9 - 4.0 * disappointment + 0.5 * normal(w1, w2))))
        for line in range(order.lines):
            sku = shelf.skus[order.sku[line]]
            sku.rating_sum += points
            sku.rating_count += 1.0
            if order.flags & FLAG_CASH_BACK and order.line_state[line] == DELIVERED:
                cash = order.cash[line]
                post(books, minute, MARKETING, CASH, cash)
                note(books, minute, CASH_BACKS, float(cash))
        note(books, minute, REVIEWS, 1.0)
        note(books, minute, REVIEW_POINTS, points)
    leave = row.dropout * math.exp(params[P_DROPOUT] * (params[P_NEUTRAL] - row.satisfaction))
    u = uniform(philox(k0, k1, shopper, order.turn, STAY, 0)[0])
    left = 0
    if u < leave and row.flags & ALIVE:
        row.flags &= ~ALIVE
        left = 1
        note(books, minute, DROPOUTS, 1.0)
    if disappointment > 0.0:
        cause = FAULT if faults else LATE
        concerned = faults if faults else (1 << int(order.lines)) - 1
        report_order(care, cause, order, concerned, minute, before, after, left, points)


@inner
def report_order(care, cause, order, concerned, minute, before, after, left, review):  # type: ignore[no-untyped-def]
    """Tell care what befell the lines ``concerned`` (bits) of an order."""
    value = 0
    for line in range(LINES):
        if (concerned >> line) & 1 and line < order.lines:
            value += order.paid[line]
    number = tell_care(care, cause, order.shopper, order.turn, minute, before, after, value, left, review)
    for line in range(LINES):
        if (concerned >> line) & 1 and line < order.lines:
            care.inbox[number].sku[line] = order.sku[line]


@inner
def refund(ful, books, order_row, line, minute, from_account):  # type: ignore[no-untyped-def]
    """Give back what is still kept of a line's price; never more than was paid."""
    order = ful.orders[order_row]
    amount = order.paid[line] - order.refunded[line]
    if amount > 0:
        order.refunded[line] = order.paid[line]
        post(books, minute, from_account, CASH, amount)
        note(books, minute, REFUNDS, float(amount))


@inner
def remember_kept(shelf, order):  # type: ignore[no-untyped-def]
    """Note what a settled order's shopper has kept, for claims of price protection; what finds no room is forgotten."""
    for line in range(order.lines):
        n = shelf.kept_count[0]
        if order.line_state[line] == DELIVERED and order.paid[line] > order.refunded[line] and n < shelf.kept.shape[0]:
            shelf.kept[n, 0] = order.shopper
            shelf.kept[n, 1] = order.turn
            shelf.kept[n, 2] = order.sku[line]
            shelf.kept[n, 3] = order.quantity[line]
            shelf.kept[n, 4] = order.paid[line] - order.refunded[line]
            shelf.kept[n, 5] = int(order.placed)
            shelf.kept_count[0] = n + 1


@inner
def close(crowd, shelf, ful, order_row):  # type: ignore[no-untyped-def]
    """Fold a settled order into the totals and reuse its row."""
    order = ful.orders[order_row]
    if order.shopper >= 0 and order.flags >> 16 == 0 and settled(ful, order_row):
        if shelf.setting[PROTECTED] > 0.0 and order.origin != ORIGIN_BOT:
            remember_kept(shelf, order)
        row = crowd.rows[order.shopper]
        if row.open_orders > 0 and order.origin != ORIGIN_BOT:
            row.open_orders -= 1
        free_order(ful, order_row)


@inner
def send_back(crowd, shelf, ful, care, books, agenda, order_row, line, minute):  # type: ignore[no-untyped-def]
    """The shopper asks for a return of a line; one whom the shop trusts may be refunded before the goods are back.

    Some of those refunded at once never send the goods; who deceives (FLAG_FRAUD) never does, refunded or not.
    """
    order = ful.orders[order_row]
    order.flags &= ~(RETURN_PENDING << line)
    if order.line_state[line] != DELIVERED:
        close(crowd, shelf, ful, order_row)
        return
    order.asked[line] = minute
    shopper = order.shopper
    row = crowd.rows[shopper]
    fraud = order.flags & FLAG_FRAUD != 0
    satisfaction = float(row.satisfaction)
    report_order(care, RETURN, order, 1 << line, minute, satisfaction, satisfaction, 0, 0.0)
    instant, trusted = at_once(care, shopper, row.orders)
    care.returned[shopper] += 1
    keeps = fraud
    if instant:
        if trusted:
            order.flags |= REFUND_PENDING << line
            if not appoint(agenda, minute + max(1, int(care.setting[S_DELAY])), A_REFUND, order_row, line):
                order.flags &= ~(REFUND_PENDING << line)
            word = philox(crowd.keys[0], crowd.keys[1], shopper, order.turn, KEEPS_GOODS, line)[0]
            keeps = fraud or uniform(word) < care.setting[S_KEEPS]
            if keeps:
                order.flags |= KEPT_PENDING << line
                due = minute + max(2, int(care.setting[S_WRITTEN_OFF]))
                if not appoint(agenda, due, A_REFUND, order_row, LINES + line):
                    order.flags &= ~(KEPT_PENDING << line)
        else:
            care.measured[min(minute // 1440, care.measured.shape[0] - 1), M_REFUSED] += 1.0
    if keeps:
        # goods that are not sent back: nothing is due but what has been promised
        close(crowd, shelf, ful, order_row)
    else:
        request_return(ful, agenda, crowd.keys[0], crowd.keys[1], order_row, line, minute)


@inner
def refund_return(crowd, shelf, ful, care, books, order_row, line, minute, annoyance, instant):  # type: ignore[no-untyped-def]
    """Pay a return and let the shopper feel what it was worth: ``annoyance`` of a whole wait for the money, of 1."""
    order = ful.orders[order_row]
    row = crowd.rows[order.shopper]
    unearn(crowd, shelf, order, line, True)
    shelf.arms[row.arm, ARM_REFUNDS] += order.paid[line] - order.refunded[line]
    refund(ful, books, order_row, line, minute, RETURNS)
    time_refund(care, order.asked[line], minute, instant)
    if row.flags & FREE_RETURNS:
        annoyance *= 1.0 - EASED
    experience(row, crowd.params, RETURNED_LINE * annoyance)


@inner
def refund_early(crowd, shelf, ful, care, books, order_row, detail, minute):  # type: ignore[no-untyped-def]
    """An appointment of an instant refund: ``detail`` below LINES pays a line, from LINES on gives its goods up."""
    order = ful.orders[order_row]
    if detail >= LINES:
        line = detail - LINES
        order.flags &= ~(KEPT_PENDING << line)
        if order.line_state[line] == DELIVERED:
            # sold, refunded and gone: the goods are a loss by fraud, no longer the cost of a sale
            post(books, minute, FRAUD, COST_OF_GOODS, order.cost[line])
            if order.placed >= crowd.counts[N_MEASURED]:
                cost = shelf.skus[order.sku[line]].unit_cost * order.quantity[line]
                crowd.rows[order.shopper].margin -= cost
            day = min(minute // 1440, care.measured.shape[0] - 1)
            care.claims[order.shopper] += 1
            care.measured[day, M_KEPT] += 1.0
            care.measured[day, M_KEPT_VALUE] += float(order.refunded[line])
    else:
        line = detail
        order.flags &= ~(REFUND_PENDING << line)
        if order.refunded[line] < order.paid[line]:
            waited = 1.0 - math.exp((order.asked[line] - minute) / care.setting[S_FADE])
            refund_return(crowd, shelf, ful, care, books, order_row, line, minute, waited, True)
    close(crowd, shelf, ful, order_row)


@inner
def settle(crowd, shelf, ful, care, books, agenda, minute):  # type: ignore[no-untyped-def]
    """Drain fulfilment's outcomes of this minute, in their order."""
    params = crowd.params
    for n in range(ful.outcome_count[0]):
        if n + AHEAD < ful.outcome_count[0]:
            prefetch(crowd.rows, np.int64(ful.orders[ful.outcomes[n + AHEAD, 0]].shopper))
        order_row, line, code = ful.outcomes[n, 0], ful.outcomes[n, 1], ful.outcomes[n, 2]
        order = ful.orders[order_row]
        if order.shopper < 0:
            continue
        if order.origin == ORIGIN_BOT:  # nobody's experience; its owner looks after the goods
            if code in (LINE_RETURNED, LINE_LOST):
                refund(ful, books, order_row, line, minute, RETURNS)
            elif code == LINE_CANCELLED:
                refund(ful, books, order_row, line, minute, ADVANCES)
            continue
        row = crowd.rows[order.shopper]
        before = float(row.satisfaction)
        if code == ORDER_DELIVERED:
            delivered(crowd, shelf, ful, care, books, agenda, order_row, minute)
        elif code == LINE_RETURNED:
            # what was refunded when it was asked for has been taken account of then
            if order.paid[line] == 0 or order.refunded[line] < order.paid[line]:
                refund_return(crowd, shelf, ful, care, books, order_row, line, minute, 1.0, False)
            if row.flags & FREE_RETURNS:
                post(books, minute, RETURN_HANDLING, CASH, int(params[P_RETURN_FEE]))
        elif code == LINE_LOST:
            unearn(crowd, shelf, order, line, False)
            refund(ful, books, order_row, line, minute, RETURNS)
            experience(row, params, LOST_LINE)
            report_order(care, LOST, order, 1 << line, minute, before, float(row.satisfaction), 0, 0.0)
        elif code == LINE_CANCELLED:
            unearn(crowd, shelf, order, line, True)
            refund(ful, books, order_row, line, minute, ADVANCES)
            experience(row, params, CANCELLED_LINE)
            report_order(care, CANCELLED, order, 1 << line, minute, before, float(row.satisfaction), 0, 0.0)
    # only now: an order may have several outcomes in one minute
    for n in range(ful.outcome_count[0]):
        close(crowd, shelf, ful, ful.outcomes[n, 0])
    ful.outcome_count[0] = 0
