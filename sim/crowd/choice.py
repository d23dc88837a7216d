"""What a visit leads to: nested choice over a consideration set, a cart, and now, later or never.

A visit looks for something (a category, drawn by the shopper's needs and by what attracts attention),
sees a consideration set drawn by the ranking, and chooses between nothing, a rival and one of the SKUs
(nested logit; the log-sum of the set competes with the outside). What goes into the cart is then bought at once,
kept for an announced price, or left.
"""

from __future__ import annotations

import math

from sim.books.state import (
    ABANDONED,
    BLOCKED,
    BOUNCES,
    BURST_VISITS,
    CAPTCHA_LOST,
    CARTS,
    CHECKOUTS,
    COUPONS_CLAIMED,
    PAGE_VIEWS,
    RIVAL_PURCHASES,
    S_WAITING,
    SCREENED,
    TRIGGER_VISITS,
    VISITS,
    note,
)  # fmt: skip
from sim.core.compiled import inner
from sim.core.rng import decision, philox, uniform
from sim.crowd.cart import clear_cart, put_in_cart
from sim.crowd.consideration import pick_category, weigh
from sim.crowd.state import (
    ALIVE,
    CART,
    CHECKING_OUT,
    D_BLOCK_HURT,
    D_BLOCK_LEAVES,
    D_BLOCKED,
    D_CLAIM_FRICTION,
    D_FRICTION,
    FREE_RETURNS,
    LED,
    MEMBER,
    MULTIHOME,
    N_INTENTS,
    P_CART_LIFE,
    P_CHECKOUT,
    P_COLLECT,
    P_CONFIDENCE,
    P_EFFORT,
    P_FOLLOW,
    P_FURTHER,
    P_IDEAL,
    P_INTERCEPT,
    P_LATENCY,
    P_NEST,
    P_PAGES,
    P_REGULAR,
    P_REVISIT,
    P_RIVAL,
    P_SECOND,
    P_TRANSACTION,
    P_WAIT_DAY,
    P_WEIGHT,
    REMOVED,
    V_BURST,
    V_ORDINARY,
)  # fmt: skip
from sim.crowd.visitors import CHOOSING, LEAVING, LOOKING, SET_FIRST, SET_SECOND, draw_look
from sim.shelf.state import (
    C_BUDGET,
    C_CLAIM,
    C_CLAIMED,
    C_FROM,
    C_OFF,
    C_THRESHOLD,
    C_TO,
    PROTECT_CLAIM,
    PROTECTED,
    RANKING,
)  # fmt: skip

CHECKOUT = decision("visit.checkout")
CLAIM = decision("coupon.claim")
FRICTION = decision("checkout.friction")

WAIT_NEST = 0.5  # dissimilarity of buying now and buying at the opening: close substitutes


@inner
def browse(crowd, shelf, rivals, books, shopper, occurrence, visitor, minute):  # type: ignore[no-untyped-def]
    """Look at up to a cartful of needs; returns the lines put into the cart.

    ``visitor``: column of ``moods`` with the draws of the first look; those of further looks are put there.
    """
    row = crowd.rows[shopper]
    params = crowd.params
    moods, glance = crowd.moods, crowd.glance
    day = minute // 1440
    added = 0
    for need in range(CART):
        if need > 0:
            draw_look(crowd, need, visitor, visitor + 1)
        w0, w1 = moods[LOOKING, 0, visitor], moods[LOOKING, 1, visitor]
        category = pick_category(crowd, shelf, row, uniform(w0))
        if row.landing > 0:
            # came through an advertisement or a message that opens with a category
            category = int(row.landing) - 1
            row.landing = 0
        spec = shelf.categories[category]
        if spec.cover_days > 0.0 and row.cover[category] > day:
            # a household that is covered needs the less the longer it is covered
            if uniform(w1) < min(1.0, (row.cover[category] - day) / spec.cover_days):
                break
        for part in range(4):
            glance[part] = moods[SET_FIRST, part, visitor]
            glance[4 + part] = moods[SET_SECOND, part, visitor]
        n, logsum = weigh(crowd, shelf, row, category, glance, occurrence, shopper, need, minute)
        if n == 0:
            break
        here = math.exp(params[P_INTERCEPT] + params[P_NEST] * (logsum - spec.base_attraction))
        rival = 0.0
        if row.flags & MULTIHOME:
            rival = math.exp(params[P_RIVAL] + rivals.value[category])
        v0, v1 = moods[CHOOSING, 0, visitor], moods[CHOOSING, 1, visitor]
        v2, v3 = moods[CHOOSING, 2, visitor], moods[CHOOSING, 3, visitor]
        target = uniform(v0) * (1.0 + here + rival)
        if target >= here:
            if target < here + rival and uniform(v1) < 0.3:
                # looked at the rival's shop and bought there: the need is met
                note(books, minute, RIVAL_PURCHASES, 1.0)
                rivals.sales[category] += 1
                if spec.cover_days > 0.0:
                    row.cover[category] = max(int(row.cover[category]), day) + int(spec.cover_days)
            break
        # inside the nest: the set's own weights
        total = 0.0
        for j in range(n):
            total += crowd.scratch[j]
        target = uniform(v1) * total
        sku = crowd.picks[n - 1]
        for j in range(n):
            target -= crowd.scratch[j]
            if target < 0.0:
                sku = crowd.picks[j]
                break
        quantity = 1
        u = uniform(v2)
        while quantity < 5 and u < params[P_SECOND]:
            quantity += 1
            u /= params[P_SECOND]
        added += put_in_cart(row, sku, quantity, minute)
        if uniform(v3) >= params[P_FURTHER]:
            break
    return added


@inner
def coupon_saving(crowd, shelf, row, total, minute):  # type: ignore[no-untyped-def]
    """Fen the coupon held takes off a basket of ``total`` fen; 0 without a valid one."""
    if row.coupon_day < minute // 1440:
        return 0
    kind = shelf.coupons[row.coupon]
    if minute >= kind[C_TO]:
        return 0
    return int(kind[C_OFF]) if total >= kind[C_THRESHOLD] else 0


@inner
def stopped(crowd, books, shopper, occurrence, minute):  # type: ignore[no-untyped-def]
    """Whether defences against bots stop this person at the checkout: flagged by mistake, or lost at a captcha.

    A cart stays, except where somebody flagged gives up; being flagged costs satisfaction.
    """
    row = crowd.rows[shopper]
    w0, w1, w2, _ = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, FRICTION, 0)
    note(books, minute, SCREENED, 1.0)
    if uniform(w0) < crowd.drive[D_BLOCKED]:
        note(books, minute, BLOCKED, 1.0)
        row.satisfaction = max(0.0, row.satisfaction - crowd.drive[D_BLOCK_HURT])
        if uniform(w2) < crowd.drive[D_BLOCK_LEAVES]:
            clear_cart(row)
        return True
    if uniform(w1) < crowd.drive[D_FRICTION]:
        note(books, minute, CAPTCHA_LOST, 1.0)
        return True
    return False


@inner
def decide(crowd, shelf, books, shopper, occurrence, minute, second, how):  # type: ignore[no-untyped-def]
    """Buy the cart now, keep it for an announced price, or leave it; an order joins the intents.

    Returns True when an order is submitted.

    """
    row = crowd.rows[shopper]
    params = crowd.params
    lines = int(row.cart_lines)
    member = row.flags & MEMBER != 0
    total = 0
    gain = 0.0
    impulse = 0.0
    later_at = -1
    page_0 = row.arm * shelf.skus.shape[0]
    for j in range(lines):
        page = shelf.pages[page_0 + row.cart_sku[j]]
        sku = shelf.boards[page_0 + row.cart_sku[j]]
        total += sku.price * row.cart_quantity[j]
        log_price = page.log_price
        if member and page.log_member < log_price:
            log_price = page.log_member
        impulse += page.impulse / lines
        if page.log_later < log_price:
            weight = row.sensitivity * shelf.categories[sku.category].sensitivity
            gain += weight * (params[P_REGULAR] + params[P_TRANSACTION]) * (log_price - page.log_later) / lines
            if later_at < 0 or page.later_at < later_at:
                later_at = page.later_at
    w0, w1, _, _ = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, CHECKOUT, 0)
    base = params[P_FOLLOW] if how == V_BURST else params[P_CHECKOUT] + row.hesitation
    saving = coupon_saving(crowd, shelf, row, total, minute)
    if saving > 0:
        base -= row.sensitivity * (params[P_REGULAR] + params[P_TRANSACTION]) * math.log(1.0 - min(0.9, saving / total))
    if row.flags & FREE_RETURNS:
        base += params[P_CONFIDENCE]
    if row.flags & LED:
        base -= params[P_COLLECT]
    buy = base + impulse
    want = buy
    wait = 0.0
    if later_at > minute and later_at - minute <= shelf.setting[PROTECTED]:
        # a price that falls so soon is refunded to those who ask: nothing to wait for
        gain *= 1.0 - shelf.setting[PROTECT_CLAIM]
    if later_at > minute and gain > 0.0:
        cost = params[P_EFFORT] + params[P_WAIT_DAY] * (later_at - minute) / 1440.0
        wait = 1.0 / (1.0 + math.exp(-(gain - cost) / WAIT_NEST))
        want = buy - WAIT_NEST * math.log(1.0 - min(wait, 1.0 - 1e-12))
    if uniform(w0) >= 1.0 / (1.0 + math.exp(-want)):
        note(books, minute, ABANDONED, 1.0)
        return False
    if uniform(w1) < wait:
        row.wait_until = later_at
        note(books, minute, S_WAITING, 1.0)
        return False
    if crowd.drive[D_FRICTION] + crowd.drive[D_BLOCKED] > 0.0 and stopped(crowd, books, shopper, occurrence, minute):
        return False
    note(books, minute, CHECKOUTS, 1.0)
    row.flags |= CHECKING_OUT
    intent = crowd.intents[crowd.counts[N_INTENTS]]
    crowd.counts[N_INTENTS] += 1
    intent.shopper = shopper
    intent.occurrence = occurrence
    intent.second = second
    intent.attempt = 1
    intent.origin = how
    return True


@inner
def claim_coupon(crowd, shelf, books, shopper, occurrence, minute):  # type: ignore[no-untyped-def]
    """A visitor without a coupon may claim one; its face value is set aside from the budget at once."""
    row = crowd.rows[shopper]
    day = minute // 1440
    if row.coupon_day >= day:
        return
    for k in range(shelf.coupons.shape[0]):
        kind = shelf.coupons[k]
        if kind[C_OFF] > 0 and kind[C_FROM] <= minute < kind[C_TO] and kind[C_BUDGET] >= kind[C_OFF]:
            word = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, CLAIM, k)[0]
            if uniform(word) < kind[C_CLAIM] * 1e-6:
                if crowd.drive[D_CLAIM_FRICTION] > 0.0:
                    word = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, FRICTION, 1 + k)[0]
                    if uniform(word) < crowd.drive[D_CLAIM_FRICTION]:
                        return
                kind[C_BUDGET] -= kind[C_OFF]
                kind[C_CLAIMED] += 1
                row.coupon = k
                row.coupon_day = (kind[C_TO] - 1) // 1440
                note(books, minute, COUPONS_CLAIMED, 1.0)
                return


@inner
def visit(crowd, shelf, rivals, books, shopper, occurrence, visitor, minute, second, latency, broken, how):  # type: ignore[no-untyped-def]
    """One visit from landing to leaving or submitting an order.

    ``visitor``: column of the visit's draws in ``moods``; ``latency``: seconds a page takes to answer; ``broken``:
    chance that it never does, however often it is loaded again.
    """
    row = crowd.rows[shopper]
    if not row.flags & ALIVE or row.flags & (REMOVED | CHECKING_OUT):
        return
    params = crowd.params
    row.visits = min(65000, row.visits + 1)
    row.last_visit = minute
    note(books, minute, VISITS, 1.0)
    if how == V_BURST:
        note(books, minute, BURST_VISITS, 1.0)
        row.burst = min(65000, row.burst + 1)
    elif how != V_ORDINARY:
        note(books, minute, TRIGGER_VISITS, 1.0)
    w0, w1 = crowd.moods[LEAVING, 0, visitor], crowd.moods[LEAVING, 1, visitor]
    penalty = params[P_LATENCY] * row.patience * max(0.0, latency - params[P_IDEAL])
    if uniform(w0) >= math.exp(-penalty) * (1.0 - broken):
        note(books, minute, BOUNCES, 1.0)
        note(books, minute, PAGE_VIEWS, 1.0)
        return
    note(books, minute, PAGE_VIEWS, params[P_PAGES])
    claim_coupon(crowd, shelf, books, shopper, occurrence, minute)
    if row.cart_lines > 0 and how != V_BURST and minute - row.cart_since > params[P_CART_LIFE] and row.wait_until < minute:
        clear_cart(row)
    if how == V_BURST:
        if row.cart_lines > 0:
            row.wait_until = -1
            decide(crowd, shelf, books, shopper, occurrence, minute, second, how)
        return
    had = row.cart_lines
    added = browse(crowd, shelf, rivals, books, shopper, occurrence, visitor, minute)
    if added > 0:
        note(books, minute, CARTS, 1.0)
        decide(crowd, shelf, books, shopper, occurrence, minute, second, how)
    elif had > 0 and (how != V_ORDINARY or uniform(w1) < params[P_REVISIT]):
        decide(crowd, shelf, books, shopper, occurrence, minute, second, how)


assert P_WEIGHT > 0 and RANKING == 4096
