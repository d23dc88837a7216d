"""Baskets are priced to the fen: stacking, allocation, and never below nothing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.shelf.pricing import price_basket
from sim.shelf.state import FULL_REDUCTIONS, SKU

prices = st.integers(100, 500_000)
lines = st.lists(
    st.tuples(prices, st.integers(0, 60), st.integers(0, 60), st.booleans(), st.integers(1, 5)), min_size=1, max_size=4
)


def basket_of(rows: list[tuple[int, int, int, bool, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    skus = np.zeros(len(rows), SKU)
    for sku, (listed, cut, member, eligible, _) in zip(skus, rows, strict=True):
        sku["list_price"] = listed
        sku["price"] = listed * (100 - cut) // 100
        sku["member_price"] = max(1, listed * (100 - member) // 100) if member else 0
        sku["full_reduction"] = 1 if eligible else 0
    return skus, np.arange(len(rows)), np.array([row[4] for row in rows])


def price(skus, basket, quantity, member, every, off, times, threshold, coupon):  # type: ignore[no-untyped-def]
    reductions = np.zeros((FULL_REDUCTIONS, 4), np.int64)
    reductions[0] = (every, off, times, 1)
    out, work = np.zeros((4, 6), np.int64), np.zeros((3, 4), np.int64)
    total, reduced, used = price_basket(
        skus, reductions, basket, quantity, len(basket), member, threshold, coupon, out, work
    )
    return total, reduced, used, out[: len(basket)]


@settings(max_examples=400, deadline=None)
@given(lines, st.booleans(), st.integers(1000, 100_000), st.integers(1, 60), st.integers(1, 5), st.integers(0, 200_000),
       st.integers(0, 20_000))  # fmt: skip
def test_a_basket_is_priced_as_an_exhaustive_oracle_prices_it(rows, member, every, part, times, threshold, coupon):  # type: ignore[no-untyped-def]
    skus, basket, quantity = basket_of(rows)
    off = every * part // 100
    total, reduced, used, out = price(skus, basket, quantity, member, every, off, times, threshold, coupon)

    # oracle: unit by unit, in exact fractions
    unit = [min(s["price"], s["member_price"]) if member and s["member_price"] > 0 else s["price"] for s in skus]
    value = [int(u) * int(q) for u, q in zip(unit, quantity, strict=True)]
    eligible = [v if s["full_reduction"] else 0 for v, s in zip(value, skus, strict=True)]
    cut = min(min(sum(eligible) // every, times) * off, sum(eligible))
    after = sum(value) - cut
    coupon_used = min(coupon, after) if coupon > 0 and after >= threshold and after > 0 else 0
    assert (total, reduced, used) == (after - coupon_used, cut, coupon_used)

    # every line: list = payable + cuts; nothing negative; shares proportional to within a fen
    assert (out[:, 0] == out[:, 1:].sum(axis=1)).all()
    assert (out >= 0).all()
    assert out[:, 1].sum() == total
    for line, v in enumerate(eligible):
        if sum(eligible):
            assert abs(Fraction(cut * v, sum(eligible)) - int(out[line, 4])) < len(rows)


@settings(max_examples=200, deadline=None)
@given(lines, st.integers(1000, 100_000), st.integers(1, 60))
def test_refunding_every_line_gives_back_exactly_what_was_paid(rows, every, part):  # type: ignore[no-untyped-def]
    skus, basket, quantity = basket_of(rows)
    total, _, _, out = price(skus, basket, quantity, False, every, every * part // 100, 3, 0, 500)
    assert out[:, 1].sum() == total >= 0
    assert (out[:, 1] <= out[:, 0]).all()
