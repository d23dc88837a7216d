"""From boards to pages: what a visit reads of each SKU, and what draws attention to a category."""

from __future__ import annotations

import math

from numba import njit

from sim.core.compiled import inner
from sim.shelf.state import (
    ACTIVE,
    ARM_DEALS,
    CASH_BACK_TAKE,
    DEALS,
    EVERY,
    FULL_REDUCTIONS,
    OFF,
    PROMISE_WEIGHT,
    RANKING,
    RATING_WEIGHT,
)  # fmt: skip

NOTHING = 9.0  # log price of what is not offered


@inner
def perceived(shelf, k):  # type: ignore[no-untyped-def]
    """Log of the price on board row ``k`` over the list price, as one article on the page: price cuts, what a
    running full reduction promises an article that is part of a larger basket, and the cash expected for a review."""
    sku = shelf.boards[k]
    price = float(sku.price)
    for number in range(FULL_REDUCTIONS):
        if (sku.full_reduction >> number) & 1 and shelf.reductions[number, ACTIVE]:
            every = float(shelf.reductions[number, EVERY])
            price *= 1.0 - shelf.reductions[number, OFF] / every * min(1.0, sku.price / every)
    price -= sku.cash_back * shelf.setting[CASH_BACK_TAKE]
    return math.log(max(1.0, price) / sku.list_price)


@inner
def refresh_page(shelf, k):  # type: ignore[no-untyped-def]
    """Rebuild what a visit reads of board row ``k``."""
    sku = shelf.boards[k]
    page = shelf.pages[k]
    rating = sku.rating_sum / sku.rating_count if sku.rating_count > 0 else 4.6
    page.base = (
        sku.quality + shelf.setting[RATING_WEIGHT] * (rating - 4.6) + sku.exposure
        - shelf.setting[PROMISE_WEIGHT] * page.promise
    )  # fmt: skip
    page.log_price = perceived(shelf, k)
    page.log_member = math.log(sku.member_price / sku.list_price) if sku.member_price > 0 else NOTHING
    if sku.announced_at >= 0 and sku.announced_price > 0:
        page.log_later = math.log(sku.announced_price / sku.list_price)
        page.later_at = sku.announced_at
    else:
        page.log_later = NOTHING
        page.later_at = -1
    page.impulse = sku.impulse
    page.paused = sku.paused
    for axis in range(4):
        page.position[axis] = sku.position[axis]


@inner
def run_down(shelf, sku, quantity):  # type: ignore[no-untyped-def]
    """Units sold leave the quota of a promotion; when it is spent, what the other promotions make of the price holds,
    in every arm of a test that shows it."""
    article = shelf.skus[sku]
    if article.quota <= 0:
        return
    article.quota = max(0, article.quota - quantity)
    if article.quota > 0:
        return
    gone = article.price
    for arm in range(shelf.arms.shape[0]):
        k = arm * shelf.skus.shape[0] + sku
        if shelf.boards[k].price == gone:
            shelf.boards[k].price = shelf.boards[k].price_beyond
            refresh_page(shelf, k)


@njit(cache=True)
def refresh_pages(shelf):  # type: ignore[no-untyped-def]
    """Rebuild every page; the boards of an A/B test's arms follow the shop's in what is rated, wanted and taken off."""
    skus = shelf.skus.shape[0]
    for k in range(shelf.boards.shape[0]):
        if k >= skus:
            shop = shelf.skus[k % skus]
            shelf.boards[k].rating_sum = shop.rating_sum
            shelf.boards[k].rating_count = shop.rating_count
            shelf.boards[k].paused = shop.paused
            shelf.boards[k].quality = shop.quality
        refresh_page(shelf, k)


@njit(cache=True)
def fill_ranking(shelf, weights):  # type: ignore[no-untyped-def]
    """Fill each category's table of RANKING entries in proportion to ``weights`` float64[skus], largest remainders first.

    The entries of a SKU are spread evenly by a stride, so that two SKUs of like weight meet like draws.
    """
    for c in range(shelf.categories.shape[0]):
        first, count = shelf.categories[c].first, shelf.categories[c].count
        total = 0.0
        for k in range(first, first + count):
            total += weights[k]
        cumulative = 0.0
        k = first
        cumulative = weights[first] / total
        for entry in range(RANKING):
            while (entry + 0.5) / RANKING > cumulative and k < first + count - 1:
                k += 1
                cumulative += weights[k] / total
            shelf.ranking[c, entry] = k


@njit(cache=True)
def attract(shelf, attention, regular, first_time):  # type: ignore[no-untyped-def]
    """How attractive each category's offer is now to a typical shopper, against an ordinary day.

    The log of the mean of exp(utility) over the ranking's entries, tastes left out. The first call, with every
    price at list, sets what is ordinary. Writes ShelfState.attention (need × exp(``attention`` × gain)) and, for each arm
    of an A/B test and as DEALS for the shop, the need-weighted gain in utility. ``regular``: weight of the log price.
    """
    for arm in range(shelf.arms.shape[0]):
        page_0 = arm * shelf.skus.shape[0]
        deals = 0.0
        need = 0.0
        for c in range(shelf.categories.shape[0]):
            spec = shelf.categories[c]
            total = 0.0
            for entry in range(0, RANKING, 4):
                page = shelf.pages[page_0 + shelf.ranking[c, entry]]
                if page.paused == 0:
                    total += math.exp(page.base - regular * spec.sensitivity * page.log_price)
            value = math.log(max(1e-9, total / (RANKING // 4)))
            if arm == 0:
                if first_time:
                    spec.list_attraction = value
                spec.attraction = value - spec.list_attraction
                shelf.attention[0, c] = spec.need * math.exp(attention * spec.attraction)
                deals += spec.need * spec.attraction
            else:
                gain = value - spec.list_attraction
                shelf.attention[arm, c] = spec.need * math.exp(attention * gain)
                deals += spec.need * gain
            need += spec.need
        shelf.arms[arm, ARM_DEALS] = deals / need
        if arm == 0:
            shelf.setting[DEALS] = deals / need
