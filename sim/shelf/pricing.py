"""Pricing a basket, exactly to the fen: cuts, member prices, full reductions, one coupon, and their allocation."""

from __future__ import annotations

from sim.core.compiled import inner
from sim.shelf.state import ACTIVE, EVERY, FULL_REDUCTIONS, NO_COUPON, NO_MEMBER, OFF, TIMES


@inner
def share_out(amount, weights, total, out, n):  # type: ignore[no-untyped-def]
    """Share ``amount`` over ``weights[:n]`` (their sum is ``total``) in whole fen into ``out[:n]``.

    Every line gets the floor of its proportional share; what is left goes fen by fen to the largest
    remainders, earlier lines first. The parts add up to the amount and none exceeds its weight while
    ``amount <= total``.
    """
    left = amount
    for i in range(n):
        out[i] = amount * weights[i] // total if total > 0 else 0
        left -= out[i]
    while left > 0:
        best = -1
        rest = -1
        for i in range(n):
            remainder = amount * weights[i] - out[i] * total
            if out[i] < weights[i] and remainder > rest:
                best, rest = i, remainder
        if best < 0:
            break
        out[best] += 1
        left -= 1


@inner
def full_reduction(reductions, number, eligible_total):  # type: ignore[no-untyped-def]
    """Fen taken off by full reduction ``number`` when eligible lines come to ``eligible_total`` fen."""
    if reductions[number, ACTIVE] == 0 or reductions[number, EVERY] <= 0:
        return 0
    times = min(eligible_total // reductions[number, EVERY], reductions[number, TIMES])
    return min(times * reductions[number, OFF], eligible_total)


@inner
def price_basket(skus, reductions, basket, quantity, n, member, threshold, off, lines, work):  # type: ignore[no-untyped-def]
    """Price ``n`` lines: ``basket`` (SKU of each), ``quantity`` (units), a coupon ``off`` fen from ``threshold`` on.

    Writes ``lines[i]`` = (list value, payable, cut by price, cut by member price, cut by full reduction, cut by
    coupon), int64 fen, for each line; ``work``: int64[3, lines] scratch. Returns (payable, reduction, coupon used).

    List value = payable + the four cuts on every line, and payable is never negative. A full reduction may refuse
    what is bought at a member price; where one that does not go with coupons takes something off, no coupon is used.
    """
    alone = False
    for i in range(n):
        sku = skus[basket[i]]
        q = quantity[i]
        price = sku.price
        member_price = price
        if member and sku.member_price > 0 and sku.member_price < price:
            member_price = sku.member_price
        lines[i, 0] = sku.list_price * q
        lines[i, 1] = member_price * q
        lines[i, 2] = (sku.list_price - price) * q
        lines[i, 3] = (price - member_price) * q
        lines[i, 4] = 0
        lines[i, 5] = 0
    reduced = 0
    for number in range(FULL_REDUCTIONS):
        if reductions[number, ACTIVE] == 0:
            continue
        eligible = 0
        for i in range(n):
            work[0, i] = lines[i, 1] if (skus[basket[i]].full_reduction >> number) & 1 else 0
            if reductions[number, ACTIVE] & NO_MEMBER and lines[i, 3] > 0:
                work[0, i] = 0
            eligible += work[0, i]
        cut = full_reduction(reductions, number, eligible)
        if cut > 0:
            share_out(cut, work[0], eligible, work[1], n)
            for i in range(n):
                lines[i, 1] -= work[1, i]
                lines[i, 4] += work[1, i]
            reduced += cut
            if reductions[number, ACTIVE] & NO_COUPON:
                alone = True
    total = 0
    for i in range(n):
        work[0, i] = lines[i, 1]
        total += lines[i, 1]
    used = 0
    if off > 0 and total >= threshold and total > 0 and not alone:
        used = min(off, total)
        share_out(used, work[0], total, work[1], n)
        for i in range(n):
            lines[i, 1] -= work[1, i]
            lines[i, 5] = work[1, i]
    return total - used, reduced, used
