"""Memory settles: what deliveries, losses, returns and cancellations do to money and to shoppers."""

from __future__ import annotations

import math

from sim.books.state import (
    ADVANCES,
    CASH,
    CASH_BACKS,
    DROPOUTS,
    MARKETING,
    REFUNDS,
    RETURN_HANDLING,
    RETURNS,
    REVIEW_POINTS,
    REVIEWS,
    TOPPED_UP_RETURNED,
    note,
    post,
)  # fmt: skip
from sim.core.agenda import appoint
from sim.core.compiled import inner
from sim.core.rng import decision, exponential, normal, philox, uniform
from sim.crowd.choice import match
from sim.crowd.state import (
    A_RETURN,
    ALIVE,
    FREE_RETURNS,
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
    FLAG_LATE,
    FLAG_TOPPED_UP,
    FLAG_TRIAL,
    LINE_CANCELLED,
    LINE_LOST,
    LINE_RETURNED,
    ORDER_DELIVERED,
    ORIGIN_BOT,
)  # fmt: skip
from sim.shelf.state import ARM_REFUNDS, CASH_BACK_TAKE, PROTECTED, TRIAL_REVIEW

EXPERIENCE = decision("delivery.experience")
KEEP = decision("delivery.keep")
STAY = decision("shopper.stay")

RETURN_PENDING = 1 << 16  # bit of line 0 in ORDER.flags: the shopper will send it back
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
def delivered(crowd, shelf, ful, books, agenda, order_row, minute):  # type: ignore[no-untyped-def]
    """An order is complete at the door: satisfaction, review, what will be sent back, and whether the shopper stays."""
    order = ful.orders[order_row]
    shopper = order.shopper
    row = crowd.rows[shopper]
    params = crowd.params
    k0, k1 = crowd.keys[0], crowd.keys[1]
    w0, w1, w2, w3 = philox(k0, k1, shopper, order.turn, EXPERIENCE, 0)
    disappointment = params[P_LATE] if order.flags & FLAG_LATE else 0.0
    for line in range(order.lines):
        if order.line_state[line] != DELIVERED:
            continue
        sku = shelf.skus[order.sku[line]]
        v0, v1, v2, v3 = philox(k0, k1, shopper, order.turn, KEEP, line)
        faulty = uniform(v1) < sku.defect
        if faulty:
            disappointment = max(disappointment, FAULTY)
        if order.flags & FLAG_TRIAL:
            continue
        p = min(0.95, max(1e-4, float(sku.return_propensity)))
        odds = math.log(p / (1.0 - p)) - params[P_MISMATCH] * match(row, shelf.pages[order.sku[line]])
        if order.origin == 1:
            odds += params[P_IMPULSE]
        filler = order.flags & FLAG_TOPPED_UP and line == order.lines - 1
        if filler:
            odds += params[P_FILLER]
        if faulty:
            odds += params[P_DEFECT]
        if row.flags & FREE_RETURNS:
            odds += params[P_EASE]
        if uniform(v0) < 1.0 / (1.0 + math.exp(-odds)):
            order.flags |= RETURN_PENDING << line
            wait = min(RETURN_WINDOW - 1.0, 360.0 + 2160.0 * exponential(v2))
            if not appoint(agenda, minute + 1 + int(wait), A_RETURN, order_row, line):
                order.flags &= ~(RETURN_PENDING << line)
            elif filler:
                note(books, minute, TOPPED_UP_RETURNED, 1.0)
    experience(row, params, disappointment)
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
                cash = sku.cash_back_due * order.quantity[line]
                post(books, minute, MARKETING, CASH, cash)
                note(books, minute, CASH_BACKS, float(cash))
        note(books, minute, REVIEWS, 1.0)
        note(books, minute, REVIEW_POINTS, points)
    leave = row.dropout * math.exp(params[P_DROPOUT] * (params[P_NEUTRAL] - row.satisfaction))
    u = uniform(philox(k0, k1, shopper, order.turn, STAY, 0)[0])
    if u < leave and row.flags & ALIVE:
        row.flags &= ~ALIVE
        note(books, minute, DROPOUTS, 1.0)


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
def send_back(crowd, shelf, ful, agenda, order_row, line, minute):  # type: ignore[no-untyped-def]
    """The shopper asks for a return of a line."""
    order = ful.orders[order_row]
    order.flags &= ~(RETURN_PENDING << line)
    if order.line_state[line] == DELIVERED:
        request_return(ful, agenda, crowd.keys[0], crowd.keys[1], order_row, line, minute)
    else:
        close(crowd, shelf, ful, order_row)


@inner
def settle(crowd, shelf, ful, books, agenda, minute):  # type: ignore[no-untyped-def]
    """Drain fulfilment's outcomes of this minute, in their order."""
    params = crowd.params
    for n in range(ful.outcome_count[0]):
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
        if code == ORDER_DELIVERED:
            delivered(crowd, shelf, ful, books, agenda, order_row, minute)
        elif code == LINE_RETURNED:
            unearn(crowd, shelf, order, line, True)
            shelf.arms[row.arm, ARM_REFUNDS] += order.paid[line] - order.refunded[line]
            refund(ful, books, order_row, line, minute, RETURNS)
            if row.flags & FREE_RETURNS:
                post(books, minute, RETURN_HANDLING, CASH, int(params[P_RETURN_FEE]))
                experience(row, params, RETURNED_LINE * (1.0 - EASED))
            else:
                experience(row, params, RETURNED_LINE)
        elif code == LINE_LOST:
            unearn(crowd, shelf, order, line, False)
            refund(ful, books, order_row, line, minute, RETURNS)
            experience(row, params, LOST_LINE)
        elif code == LINE_CANCELLED:
            unearn(crowd, shelf, order, line, True)
            refund(ful, books, order_row, line, minute, ADVANCES)
            experience(row, params, CANCELLED_LINE)
    # only now: an order may have several outcomes in one minute
    for n in range(ful.outcome_count[0]):
        close(crowd, shelf, ful, ful.outcomes[n, 0])
    ful.outcome_count[0] = 0
