"""What a visitor sees of a category, and what it is worth to them: the consideration set and its log-sum."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.core.compiled import inner
from sim.core.rng import decision, philox, uniform
from sim.crowd.state import (
    ADVISED,
    MEMBER,
    P_ADVISER,
    P_ADVISER_CATEGORIES,
    P_ADVISER_LOOKS,
    P_EFFORT,
    P_LOSS,
    P_REGULAR,
    P_TASTE,
    P_TRANSACTION,
    P_WAIT_DAY,
)
from sim.shelf.state import ARM_QUALITY, CONSIDERATION, QUALITY

ADVICE = decision("visit.advice")
SET = decision("visit.set")


@inner
def match(row, page):  # type: ignore[no-untyped-def]
    """Match of a shopper's taste with a SKU's position: mean 0, standard deviation 1 over pairs."""
    dot = (
        int(row.taste[0]) * int(page.position[0])
        + int(row.taste[1]) * int(page.position[1])
        + int(row.taste[2]) * int(page.position[2])
        + int(row.taste[3]) * int(page.position[3])
    )
    return dot / 8192.0


@inner
def price_utility(log_price, log_reference, weight, params):  # type: ignore[no-untyped-def]
    """Utility of a price: −regular·log(p/list) − transaction·log(p/reference), losses weighing more [P26]."""
    x = log_price - log_reference
    if x > 0.0:
        x *= params[P_LOSS]
    return -weight * (params[P_REGULAR] * log_price + params[P_TRANSACTION] * x)


@inner
def effective_log_price(page, member, minute, slope, params):  # type: ignore[no-untyped-def]
    """Log price over list that counts for interest: today's, or the announced one less the cost of waiting."""
    log_price = page.log_price
    if member and page.log_member < log_price:
        log_price = page.log_member
    if page.log_later < log_price:
        wait = params[P_EFFORT] + params[P_WAIT_DAY] * (page.later_at - minute) / 1440.0
        later = page.log_later + wait / slope
        if later < log_price:
            return later
    return log_price


@inner
def consider(crowd, shelf, row, category, occurrence, shopper, need, minute):  # type: ignore[no-untyped-def]
    """Draw the consideration set and its weights into ``picks`` and ``scratch``; returns (size, log-sum).

    A place goes to a draw from the ranking table or, with the ranking's quality, to the better of two draws
    for this shopper. A SKU drawn twice takes one place. A personal adviser looks through further SKUs for each place
    and puts the best match there.
    """
    params = crowd.params
    k0, k1 = crowd.keys[0], crowd.keys[1]
    weight = row.sensitivity * shelf.categories[category].sensitivity
    slope = max(0.2, weight * (params[P_REGULAR] + params[P_TRANSACTION]))
    log_reference = math.log(max(20.0, float(row.reference[category])) / 200.0)
    member = row.flags & MEMBER != 0
    places = int(shelf.setting[CONSIDERATION])
    personal = int((shelf.setting[QUALITY] + shelf.arms[row.arm, ARM_QUALITY]) * 256.0)
    page_0 = row.arm * shelf.skus.shape[0]
    ranking = shelf.ranking
    looks = 0
    if row.flags & ADVISED and (int(params[P_ADVISER_CATEGORIES]) >> category) & 1:
        looks = int(params[P_ADVISER_LOOKS])
    n = 0
    total = 0.0
    w0, w1, w2, w3 = philox(k0, k1, shopper, occurrence, SET, need * 2)
    for place in range(places):
        if place == 4:
            w0, w1, w2, w3 = philox(k0, k1, shopper, occurrence, SET, need * 2 + 1)
        word = w0
        if place & 3 == 1:
            word = w1
        elif place & 3 == 2:
            word = w2
        elif place & 3 == 3:
            word = w3
        sku = ranking[category, word >> np.uint32(20)]
        fit = match(row, shelf.pages[sku])
        if (word & np.uint32(255)) < personal:
            other = ranking[category, (word >> np.uint32(8)) & np.uint32(4095)]
            other_fit = match(row, shelf.pages[other])
            if other_fit > fit:
                sku, fit = other, other_fit
        for look in range(looks):
            a0, a1, _, _ = philox(k0, k1, shopper, occurrence, ADVICE, (need * 16 + place) * 16 + look)
            if uniform(a1) < params[P_ADVISER]:
                other = ranking[category, a0 >> np.uint32(20)]
                other_fit = match(row, shelf.pages[other])
                if other_fit > fit:
                    sku, fit = other, other_fit
        page = shelf.pages[page_0 + sku]
        known = page.paused != 0
        for j in range(n):
            if crowd.picks[j] == sku:
                known = True
        if known:
            continue
        log_price = effective_log_price(page, member, minute, slope, params)
        value = page.base + params[P_TASTE] * fit + price_utility(log_price, log_reference, weight, params)
        e = math.exp(value)
        crowd.picks[n] = sku
        crowd.scratch[n] = e
        total += e
        n += 1
    return n, (math.log(total) if n > 0 else -20.0)


@njit(cache=True)
def sample_logsums(crowd, shelf, out):  # type: ignore[no-untyped-def]
    """Log-sums of the sets that the first shoppers would see now: ``out`` float64[categories, sample]."""
    for c in range(out.shape[0]):
        for i in range(out.shape[1]):
            shopper = i % crowd.rows.shape[0]
            _, out[c, i] = consider(crowd, shelf, crowd.rows[shopper], c, 0xFFFF0000 + i, shopper, c, 0)


@inner
def pick_category(crowd, shelf, row, u):  # type: ignore[no-untyped-def]
    """Category a visit looks at: own needs × what attracts attention now."""
    total = 0.0
    n = shelf.attention.shape[1]
    arm = int(row.arm)
    for c in range(n):
        total += row.category_taste[c] * shelf.attention[arm, c]
    target = u * total
    for c in range(n):
        target -= row.category_taste[c] * shelf.attention[arm, c]
        if target < 0.0:
            return c
    return n - 1
