"""What a visitor sees of a category, and what it is worth to them: the consideration set and its log-sum."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.core.compiled import inlined, inner
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
from sim.crowd.visitors import SET
from sim.shelf.state import ARM_QUALITY, CONSIDERATION, QUALITY

ADVICE = decision("visit.advice")
MATCH = 8192.0  # standard deviation of the product of a taste and a position, in their units


@inlined
def product(t0, t1, t2, t3, page):  # type: ignore[no-untyped-def]
    """Product of a taste (four numbers) with a SKU's position."""
    position = page.position
    return t0 * int(position[0]) + t1 * int(position[1]) + t2 * int(position[2]) + t3 * int(position[3])


@inner
def match(row, page):  # type: ignore[no-untyped-def]
    """Match of a shopper's taste with a SKU's position: mean 0, standard deviation 1 over pairs."""
    taste = row.taste
    return product(int(taste[0]), int(taste[1]), int(taste[2]), int(taste[3]), page) / MATCH


@inner
def weigh(crowd, shelf, row, category, words, occurrence, shopper, need, minute):  # type: ignore[no-untyped-def]
    """Put the consideration set of these ``words`` (eight, one for each place) and its weights into ``picks`` and
    ``scratch``; returns (size, log-sum).

    A place goes to a draw from the ranking table or, with the ranking's quality, to the better of two draws
    for this shopper. A SKU drawn twice takes one place. A personal adviser looks through further SKUs for each place
    and puts the best match there.

    Utility of a price: −regular·log(p/list) − transaction·log(p/reference), losses weighing more [P26]. The price that
    counts is today's, or the announced one less the cost of waiting for it.
    """
    params = crowd.params
    regular, transaction, loss, taste = params[P_REGULAR], params[P_TRANSACTION], params[P_LOSS], params[P_TASTE]
    weight = row.sensitivity * shelf.categories[category].sensitivity
    slope = max(0.2, weight * (regular + transaction))
    effort, per_day = params[P_EFFORT], params[P_WAIT_DAY]
    log_reference = math.log(max(20.0, float(row.reference[category])) / 200.0)
    member = row.flags & MEMBER != 0
    personal = int((shelf.setting[QUALITY] + shelf.arms[row.arm, ARM_QUALITY]) * 256.0)
    page_0 = np.int64(row.arm) * shelf.skus.shape[0]
    ranking, pages, picks, scratch = shelf.ranking[category], shelf.pages, crowd.picks, crowd.scratch
    t0, t1, t2, t3 = int(row.taste[0]), int(row.taste[1]), int(row.taste[2]), int(row.taste[3])
    looks = 0
    if row.flags & ADVISED and (int(params[P_ADVISER_CATEGORIES]) >> category) & 1:
        looks = int(params[P_ADVISER_LOOKS])
    n = 0
    total = 0.0
    for place in range(int(shelf.setting[CONSIDERATION])):
        word = words[place]
        sku = np.int64(ranking[word >> np.uint32(20)])
        fit = product(t0, t1, t2, t3, pages[sku])
        if np.int64(word & np.uint32(255)) < personal:
            other = np.int64(ranking[(word >> np.uint32(8)) & np.uint32(4095)])
            other_fit = product(t0, t1, t2, t3, pages[other])
            if other_fit > fit:
                sku, fit = other, other_fit
        for look in range(looks):
            a0, a1, _, _ = philox(
                crowd.keys[0], crowd.keys[1], shopper, occurrence, ADVICE, (need * 16 + place) * 16 + look
            )
            if uniform(a1) < params[P_ADVISER]:
                other = np.int64(ranking[a0 >> np.uint32(20)])
                other_fit = product(t0, t1, t2, t3, pages[other])
                if other_fit > fit:
                    sku, fit = other, other_fit
        page = pages[page_0 + sku]
        known = page.paused != 0
        for j in range(n):
            known |= picks[j] == sku
        if known:
            continue
        log_price = float(page.log_price)
        if member and page.log_member < log_price:
            log_price = float(page.log_member)
        if page.log_later < log_price:
            log_price = min(log_price, page.log_later + (effort + per_day * (page.later_at - minute) / 1440.0) / slope)
        x = log_price - log_reference
        if x > 0.0:
            x *= loss
        e = math.exp(page.base + taste * (fit / MATCH) - weight * (regular * log_price + transaction * x))
        picks[n] = sku
        scratch[n] = e
        total += e
        n += 1
    return n, (math.log(total) if n > 0 else -20.0)


@inner
def consider(crowd, shelf, row, category, occurrence, shopper, need, minute):  # type: ignore[no-untyped-def]
    """`weigh` with the words of a shopper's ``need``-th look during visit ``occurrence``."""
    words = crowd.glance
    for block in range(2):
        words[4 * block], words[4 * block + 1], words[4 * block + 2], words[4 * block + 3] = philox(
            crowd.keys[0], crowd.keys[1], shopper, occurrence, SET, need * 2 + block
        )
    return weigh(crowd, shelf, row, category, words, occurrence, shopper, need, minute)


@njit(cache=True)
def sample_logsums(crowd, shelf, out):  # type: ignore[no-untyped-def]
    """Log-sums of the sets that the first shoppers would see now: ``out`` float64[categories, sample]."""
    for c in range(out.shape[0]):
        for i in range(out.shape[1]):
            shopper = i % crowd.rows.shape[0]
            occurrence = np.uint32(0xFFFF0000 + i)
            _, out[c, i] = consider(crowd, shelf, crowd.rows[shopper], c, occurrence, shopper, c, 0)


@inner
def pick_category(crowd, shelf, row, u):  # type: ignore[no-untyped-def]
    """Category a visit looks at: own needs × what attracts attention now."""
    attention, own = shelf.attention[row.arm], row.category_taste
    total = 0.0
    n = attention.shape[0]
    for c in range(n):
        total += own[c] * attention[c]
    target = u * total
    for c in range(n):
        target -= own[c] * attention[c]
        if target < 0.0:
            return c
    return n - 1
