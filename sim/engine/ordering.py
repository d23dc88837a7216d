"""Orders are taken: from a submitted cart to a paid, priced and allocated order, or to none."""

from __future__ import annotations

import numpy as np

from sim.books.state import (
    ADVANCES,
    BALANCES,
    BALANCES_PAID,
    BUYERS_NEW,
    CARTS_ORDERED,
    CASH,
    COMMISSIONS,
    COUPONS_USED,
    DEFAULTS,
    DEMANDED_UNITS,
    DISCOUNT_COUPON,
    DISCOUNT_FULL_REDUCTION,
    DISCOUNT_ITEM,
    DISCOUNT_MEMBER,
    GMV,
    GROUP_ORDERS,
    GROUPS_FAILED,
    LOST_FAILURES,
    LOST_UNITS,
    LOST_VALUE,
    ORDER_FAILURES,
    ORDERS,
    OTHER_INCOME,
    PAID,
    RETRIES,
    S_DEPOSITS,
    TOPPED_UP,
    UNITS,
    UNPAID_ORDERS,
    UNPAID_VALUE,
    note,
    post,
)  # fmt: skip
from sim.care.kernel import tell_care
from sim.care.state import ORDER_FAILED
from sim.core.agenda import appoint
from sim.core.compiled import inner
from sim.core.rng import decision, exponential, philox, uniform
from sim.crowd.cart import clear_cart
from sim.crowd.state import (
    A_BALANCE,
    A_COMEBACK,
    A_RETRY,
    CART,
    CHECKING_OUT,
    LED,
    MEMBER,
    N_MEASURED,
    P_ATTEMPTS,
    P_CARRY,
    P_DEFAULT,
    P_LATER,
    P_LOST,
    P_PAYS,
    P_PROMPT,
    P_RETRY,
    P_RUSH,
    P_RUSH_SHAPE,
)  # fmt: skip
from sim.crowd.worth import unearn
from sim.engine.basket import check_stock, top_up
from sim.engine.world import D_MEASURED, D_REPURCHASE
from sim.fulfilment.allocation import allocate
from sim.fulfilment.pools import free_order, new_order, set_paid
from sim.fulfilment.state import (
    CANCELLED,
    DEFAULTED,
    DEPOSIT,
    FLAG_CASH_BACK,
    FLAG_FIRST,
    FLAG_GROUPED,
    FLAG_PICK_UP,
    FLAG_TOPPED_UP,
    WAITING,
)  # fmt: skip
from sim.fulfilment.stock import ask
from sim.shelf.kernel import run_down
from sim.shelf.pricing import price_basket
from sim.shelf.state import C_OFF, C_THRESHOLD, C_TO, C_USED
from sim.supply.state import LOST

SUBMIT = decision("order.submit")
BALANCE = decision("order.balance")
COME_AGAIN = decision("order.come_again")
ORIGIN_LIVESTREAM, ORIGIN_GROUP = 1, 2
ALONE, PRESOLD, IN_GROUP = 0, 1, 2  # how an article is ordered; each kind is an order of its own


@inner
def opening_delay(params, w0, w1):  # type: ignore[no-untyped-def]
    """Minutes after an opening at which somebody who waited for it comes: a Weibull rush, or in their own time."""
    if uniform(w0) < params[P_PROMPT]:
        return params[P_RUSH] * exponential(w1) ** (1.0 / params[P_RUSH_SHAPE])
    return params[P_LATER] * exponential(w1)


@inner
def fail_order(crowd, care, books, agenda, intent, minute, again, lost):  # type: ignore[no-untyped-def]
    """The platform refused or lost the order: try again within the minute, come back later, or give up."""
    row = crowd.rows[intent.shopper]
    params = crowd.params
    note(books, minute, ORDER_FAILURES, 1.0)
    if intent.attempt < params[P_ATTEMPTS] and uniform(again) < params[P_RETRY]:
        row.flags |= CHECKING_OUT
        note(books, minute, RETRIES, 1.0)
        appoint(agenda, minute + 1, A_RETRY, intent.shopper, intent.attempt + 1)
        return
    note(books, minute, LOST_FAILURES, 1.0)
    satisfaction = float(row.satisfaction)
    tell_care(care, ORDER_FAILED, intent.shopper, row.orders, minute, satisfaction, satisfaction, 0, 0, 0.0)
    if uniform(lost) < params[P_LOST]:
        clear_cart(row)
    else:
        # comes back within some hours, when the cart is still there
        word = philox(crowd.keys[0], crowd.keys[1], intent.shopper, intent.occurrence, COME_AGAIN, intent.attempt)[0]
        appoint(agenda, minute + 1 + int(240.0 * exponential(word)), A_COMEBACK, intent.shopper, 0)


@inner
def ordered_how(article):  # type: ignore[no-untyped-def]
    """ALONE, PRESOLD or IN_GROUP."""
    if article.deposit <= 0.0:
        return ALONE
    return IN_GROUP if article.origin == ORIGIN_GROUP else PRESOLD


@inner
def take_order(crowd, shelf, supply, ful, care, rivals, books, agenda, desk, intent, minute, failure):  # type: ignore[no-untyped-def]
    """One submitted cart, one or several orders: presold articles, and each bought in a group, are orders of their own.

    ``failure``: probability that the platform fails it.
    """
    shopper = intent.shopper
    row = crowd.rows[shopper]
    row.flags &= ~CHECKING_OUT
    if row.cart_lines == 0:
        return
    w0, w1, w2, w3 = philox(crowd.keys[0], crowd.keys[1], shopper, intent.occurrence, SUBMIT, intent.attempt)
    if uniform(w0) < failure:
        fail_order(crowd, care, books, agenda, intent, minute, w2, w3)
        return
    pays = uniform(w1) < crowd.params[P_PAYS]
    kept = 0
    if pays:
        kept = check_stock(crowd, shelf, supply, ful, rivals, books, shopper, intent.occurrence, minute)
    written = False
    for way in range(3):
        n = 0
        for j in range(row.cart_lines):
            if (kept >> j) & 1 or ordered_how(shelf.skus[row.cart_sku[j]]) != way:
                continue
            desk.basket[n] = row.cart_sku[j]
            desk.quantity[n] = row.cart_quantity[j]
            n += 1
            written = True
            if way == IN_GROUP:
                write_order(crowd, shelf, supply, ful, books, agenda, desk, intent, n, way, pays, minute)
                n = 0
        if n > 0:
            write_order(crowd, shelf, supply, ful, books, agenda, desk, intent, n, way, pays, minute)
    if written:
        note(books, minute, CARTS_ORDERED, 1.0)
        if pays and minute >= desk.counts[D_MEASURED]:
            # a cart is one purchase, however many orders its articles are sent in
            if row.window_orders == 0:
                row.window_first = minute
            elif minute - row.window_first <= desk.counts[D_REPURCHASE]:
                row.bought_again = 1
            row.window_orders = min(65000, row.window_orders + 1)
    # what was kept for later moves to the front, the rest leaves the cart
    if kept == 0:
        clear_cart(row)
    else:
        n = 0
        for j in range(CART):
            if (kept >> j) & 1 and j < row.cart_lines:
                row.cart_sku[n] = row.cart_sku[j]
                row.cart_quantity[n] = row.cart_quantity[j]
                n += 1
        row.cart_lines = n
        row.wait_until = -1
        if n == 0:
            clear_cart(row)


@inner
def write_order(crowd, shelf, supply, ful, books, agenda, desk, intent, n, way, pays, minute):  # type: ignore[no-untyped-def]
    """Price the desk's ``n`` lines; write, pay and allocate the order, or count it as placed and never paid."""
    shopper = intent.shopper
    row = crowd.rows[shopper]
    skus = shelf.skus
    page_0 = row.arm * skus.shape[0]
    presale = way != ALONE
    day = minute // 1440
    before = n
    if pays and not presale:
        n = top_up(crowd, shelf, supply, ful, row, desk, n, shopper, intent.occurrence)
    member = row.flags & MEMBER != 0
    off, threshold = 0, 0
    if row.coupon_day >= day and minute < shelf.coupons[row.coupon, C_TO] and not presale:
        off, threshold = shelf.coupons[row.coupon, C_OFF], shelf.coupons[row.coupon, C_THRESHOLD]
    for i in range(n):
        desk.basket[i] += page_0
    payable, _, used = price_basket(
        shelf.boards, shelf.reductions, desk.basket, desk.quantity, n, member, threshold, off, desk.lines, desk.work
    )
    for i in range(n):
        desk.basket[i] -= page_0
    note(books, minute, ORDERS, 1.0)
    note(books, minute, GMV, float(payable))
    if not pays:
        note(books, minute, UNPAID_ORDERS, 1.0)
        note(books, minute, UNPAID_VALUE, float(payable))
        return
    if used > 0:
        row.coupon_day = -1
        shelf.coupons[row.coupon, C_USED] += 1
        note(books, minute, COUPONS_USED, 1.0)
    order_row = new_order(ful, shopper, row.orders)
    order = ful.orders[order_row]
    order.placed = minute + intent.second / 60.0
    order.region = row.region
    order.lines = n
    order.origin = intent.origin
    if row.flags & LED:
        order.flags |= FLAG_PICK_UP
    if row.orders == 0:
        order.flags |= FLAG_FIRST
        row.first_day = day
        note(books, minute, BUYERS_NEW, 1.0)
    if n > before:
        order.flags |= FLAG_TOPPED_UP
        note(books, minute, TOPPED_UP, 1.0)
    origin = 0
    for i in range(n):
        article = skus[desk.basket[i]]
        quantity = desk.quantity[i]
        order.sku[i] = desk.basket[i]
        order.quantity[i] = quantity
        order.list_value[i] = desk.lines[i, 0]
        order.paid[i] = desk.lines[i, 1]
        order.line_state[i] = DEPOSIT if presale else WAITING
        note(books, minute, DISCOUNT_ITEM, float(desk.lines[i, 2]))
        note(books, minute, DISCOUNT_MEMBER, float(desk.lines[i, 3]))
        note(books, minute, DISCOUNT_FULL_REDUCTION, float(desk.lines[i, 4]))
        note(books, minute, DISCOUNT_COUPON, float(desk.lines[i, 5]))
        note(books, minute, UNITS, float(quantity))
        article.sold += quantity
        if minute >= crowd.counts[N_MEASURED]:
            row.margin += desk.lines[i, 1] - article.unit_cost * quantity
        if article.origin != 0:
            origin = article.origin
        if article.origin == ORIGIN_LIVESTREAM:
            order.live |= 1 << i
            post(books, minute, COMMISSIONS, CASH, int(desk.lines[i, 1] * article.commission))
        if article.cash_back > 0:
            order.flags |= FLAG_CASH_BACK
            order.cash[i] = article.cash_back * quantity
        run_down(shelf, desk.basket[i], quantity)
        remember_price(crowd, shelf, row, desk.basket[i], quantity, desk.lines[i, 1], desk.lines[i, 0], day)
    order.origin = origin
    row.orders = min(65000, row.orders + 1)
    row.open_orders += 1
    row.last_order = minute
    row.money += payable
    if presale:
        deposit = 0
        for i in range(n):
            # the share is kept in single precision: a millionth is what it means; a part of a fen is a fen
            millionths = int(np.rint(skus[desk.basket[i]].deposit * 1e6))
            deposit += (desk.lines[i, 1] * millionths + 999_999) // 1_000_000
        order.deposit = deposit
        post(books, minute, CASH, ADVANCES, deposit)
        if way == IN_GROUP:
            # paid in full; the group's desk confirms it or gives the money back
            note(books, minute, GROUP_ORDERS, 1.0)
            return
        note(books, minute, S_DEPOSITS, float(deposit))
        w0, w1, _, _ = philox(crowd.keys[0], crowd.keys[1], shopper, order.turn, BALANCE, 1)
        due = skus[desk.basket[0]].balance_at + opening_delay(crowd.params, w0, w1)
        appoint(agenda, max(minute + 1, int(due)), A_BALANCE, order_row, 0)
        return
    post(books, minute, CASH, ADVANCES, payable)
    note(books, minute, PAID, float(payable))
    set_paid(ful, order_row, minute)
    send(crowd, shelf, supply, ful, books, agenda, order_row, minute)


@inner
def send(crowd, shelf, supply, ful, books, agenda, order_row, minute):  # type: ignore[no-untyped-def]
    """Ask stock for a paid order and allocate it; presale and backordered goods may wait for stock."""
    order = ful.orders[order_row]
    waits = order.deposit > 0
    for i in range(order.lines):
        ask(ful, supply, books, order.region, order.shopper, order.sku[i], order.quantity[i], minute)
        note(books, minute, DEMANDED_UNITS, float(order.quantity[i]))
        if supply.backorder[order.sku[i]]:
            waits = True
    missing = allocate(
        ful, supply, shelf.skus, agenda, books, crowd.keys[0], crowd.keys[1], order_row, minute, waits
    )
    if missing and not waits:
        # bought away between the check and here: the money goes back at once
        for i in range(order.lines):
            if (missing >> i) & 1:
                order.line_state[i] = CANCELLED
                order.refunded[i] = order.paid[i]
                unearn(crowd, shelf, order, i, True)
                supply.totals[LOST, order.sku[i]] += order.quantity[i]
                note(books, minute, LOST_UNITS, float(order.quantity[i]))
                note(books, minute, LOST_VALUE, float(shelf.skus[order.sku[i]].price * order.quantity[i]))
                note(books, minute, PAID, -float(order.paid[i]))
                post(books, minute, ADVANCES, CASH, order.paid[i])
        if missing == (1 << order.lines) - 1:
            crowd.rows[order.shopper].open_orders -= 1
            free_order(ful, order_row)


@inner
def remember_price(crowd, shelf, row, sku, quantity, paid, listed, day):  # type: ignore[no-untyped-def]
    """A purchase moves the reference price [P27] and fills the household's stock."""
    article = shelf.skus[sku]
    category = article.category
    carry = crowd.params[P_CARRY]
    seen = 200.0 * paid / max(1, listed)
    row.reference[category] = int(max(20.0, min(255.0, carry * row.reference[category] + (1.0 - carry) * seen)))
    spec = shelf.categories[category]
    if spec.cover_days > 0.0:
        start = max(int(row.cover[category]), day)
        # a household that has more uses more: what is stacked on an uncovered stock lasts less long
        days = spec.cover_days * quantity
        if start > day:
            days *= 1.0 - spec.expansion
        row.cover[category] = min(30000, start + int(days))


@inner
def end_group(crowd, shelf, supply, ful, books, agenda, order_row, minute):  # type: ignore[no-untyped-def]
    """The group of a paid order is complete and it is sent, or its time is up and the money goes back."""
    order = ful.orders[order_row]
    if order.flags & FLAG_GROUPED:
        payable = 0
        for i in range(order.lines):
            payable += order.paid[i]
            order.line_state[i] = WAITING
        note(books, minute, PAID, float(payable))
        set_paid(ful, order_row, minute)
        send(crowd, shelf, supply, ful, books, agenda, order_row, minute)
        return
    post(books, minute, ADVANCES, CASH, order.deposit)
    note(books, minute, GROUPS_FAILED, 1.0)
    for i in range(order.lines):
        order.refunded[i] = order.paid[i]
        order.line_state[i] = CANCELLED
        unearn(crowd, shelf, order, i, True)
    row = crowd.rows[order.shopper]
    row.open_orders -= 1
    row.money -= order.deposit
    free_order(ful, order_row)


@inner
def pay_balance(crowd, shelf, supply, ful, books, agenda, order_row, minute, failure):  # type: ignore[no-untyped-def]
    """The balance of a presale order: paid and sent, tried again after a failure, or never paid (deposit forfeited)."""
    order = ful.orders[order_row]
    shopper = order.shopper
    if order.origin == ORIGIN_GROUP:
        end_group(crowd, shelf, supply, ful, books, agenda, order_row, minute)
        return
    w0, w1, _, _ = philox(crowd.keys[0], crowd.keys[1], shopper, order.turn, BALANCE, 0)
    balance = -order.deposit
    for i in range(order.lines):
        balance += order.paid[i]
    if balance > 0 and uniform(w0) < crowd.params[P_DEFAULT]:
        post(books, minute, ADVANCES, OTHER_INCOME, order.deposit)
        note(books, minute, DEFAULTS, 1.0)
        for i in range(order.lines):
            order.line_state[i] = DEFAULTED
            unearn(crowd, shelf, order, i, True)
        crowd.rows[shopper].open_orders -= 1
        free_order(ful, order_row)
        return
    w0, w1, _, _ = philox(crowd.keys[0], crowd.keys[1], shopper, order.turn, BALANCE, 100 + minute)
    if uniform(w0) < failure:
        note(books, minute, ORDER_FAILURES, 1.0)
        appoint(agenda, minute + 1 + int(30.0 * exponential(w1)), A_BALANCE, order_row, 0)
        return
    payable = 0
    for i in range(order.lines):
        payable += order.paid[i]
        order.line_state[i] = WAITING
    post(books, minute, CASH, ADVANCES, payable - order.deposit)
    note(books, minute, BALANCES, float(payable - order.deposit))
    note(books, minute, BALANCES_PAID, 1.0)
    note(books, minute, PAID, float(payable))
    set_paid(ful, order_row, minute)
    send(crowd, shelf, supply, ful, books, agenda, order_row, minute)
