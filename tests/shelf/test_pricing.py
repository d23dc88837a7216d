"""Baskets are priced to the fen: stacking, allocation, budgets, and never below nothing."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from sim.shelf.pricing import price_basket
from sim.shelf.state import FULL_REDUCTIONS, HOLDS, NO_COUPON, NO_MEMBER, SKU

# An article: list price (fen), per cent off, per cent off for members (0: none), bits of full reductions, units.
article = st.tuples(
    st.integers(1, 60_000), st.integers(0, 60), st.integers(0, 60), st.integers(0, 2**FULL_REDUCTIONS - 1), st.integers(1, 5)
)
# A full reduction: every (fen), off as per cent of it, most times, goes with a coupon, counts member prices.
reduction = st.tuples(
    st.integers(500, 60_000), st.integers(1, 80), st.integers(1, 5), st.booleans(), st.booleans()
)  # fmt: skip
coupon = st.tuples(st.integers(0, 60_000), st.integers(0, 20_000))  # threshold, off (fen)


def table_of(rows: list[tuple[int, int, int, int, int]]) -> np.ndarray:
    skus = np.zeros(len(rows), SKU)
    for sku, (listed, cut, member, bits, _) in zip(skus, rows, strict=True):
        sku["list_price"] = listed
        sku["price"] = listed * (100 - cut) // 100
        sku["member_price"] = max(1, listed * (100 - member) // 100) if member else 0
        sku["full_reduction"] = bits
    return skus


@njit(cache=True)
def priced(skus, reductions, basket, quantity, n, member, threshold, off, lines, work):
    """`price_basket` with an entry for Python."""
    return price_basket(skus, reductions, basket, quantity, n, member, threshold, off, lines, work)


def price(rows, member, reductions, ticket):  # type: ignore[no-untyped-def]
    """What the shop computes: (payable, reduced, coupon used, lines int64[n, 6])."""
    board = np.zeros((FULL_REDUCTIONS, 4), np.int64)
    for number, (every, part, times, with_coupon, with_member) in enumerate(reductions):
        flags = HOLDS | (0 if with_coupon else NO_COUPON) | (0 if with_member else NO_MEMBER)
        board[number] = (every, every * part // 100, times, flags)
    out, work = np.zeros((4, 6), np.int64), np.zeros((3, 4), np.int64)
    quantity = np.array([row[4] for row in rows])
    threshold, off = ticket
    paid, reduced, used = priced(
        table_of(rows), board, np.arange(len(rows)), quantity, len(rows), member, threshold, off, out, work
    )
    return int(paid), int(reduced), int(used), out[: len(rows)]


def shared(amount: int, weights: list[int]) -> list[int]:
    """Hamilton's method in exact fractions: floors first, then one fen each by largest remainder, earlier lines first."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    exact = [Fraction(amount * weight, total) for weight in weights]
    parts = [floor(share) for share in exact]
    by_rest = sorted(range(len(weights)), key=lambda i: (-(exact[i] - parts[i]), i))
    for i in by_rest[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def oracle(rows, member, reductions, ticket):  # type: ignore[no-untyped-def]
    """The rules of the house, read from their text and worked out line by line in whole numbers and fractions."""
    lines = []
    for listed, cut, off, bits, units in rows:
        page = listed * (100 - cut) // 100
        theirs = max(1, listed * (100 - off) // 100) if off else None
        pays = min(page, theirs) if member and theirs is not None else page
        lines.append({"list": listed * units, "page": page * units, "due": pays * units, "bits": bits,
                      "as member": pays < page, "reduced": 0, "ticket": 0})  # fmt: skip
    coupons_welcome = True
    for number, (every, part, times, with_coupon, with_member) in enumerate(reductions):
        counted = [
            line["due"] if line["bits"] >> number & 1 and (with_member or not line["as member"]) else 0 for line in lines
        ]
        off = min(min(sum(counted) // every, times) * (every * part // 100), sum(counted))
        for line, share in zip(lines, shared(off, counted), strict=True):
            line["due"] -= share
            line["reduced"] += share
        coupons_welcome &= with_coupon or off == 0
    due = sum(line["due"] for line in lines)
    threshold, face = ticket
    used = min(face, due) if coupons_welcome and due >= threshold else 0
    for line, share in zip(lines, shared(used, [line["due"] for line in lines]), strict=True):
        line["due"] -= share
        line["ticket"] = share
    return lines, used


@settings(max_examples=600, deadline=None)
@given(
    st.lists(article, min_size=1, max_size=4), st.booleans(), st.lists(reduction, max_size=FULL_REDUCTIONS), coupon
)  # fmt: skip
def test_every_line_of_every_basket_is_priced_as_the_rules_of_the_house_say(rows, member, reductions, ticket):  # type: ignore[no-untyped-def]
    paid, reduced, used, out = price(rows, member, reductions, ticket)
    lines, expected_used = oracle(rows, member, reductions, ticket)
    assert used == expected_used
    assert paid == sum(line["due"] for line in lines)
    assert reduced == sum(line["reduced"] for line in lines)
    for computed, line, row in zip(out, lines, rows, strict=True):
        by_price, by_member = line["list"] - line["page"], 0
        if line["as member"]:
            by_member = line["page"] - min(row[0] * (100 - row[1]) // 100, max(1, row[0] * (100 - row[2]) // 100)) * row[4]
        assert list(computed) == [line["list"], line["due"], by_price, by_member, line["reduced"], line["ticket"]]


@pytest.mark.parametrize("member", [False, True])
def test_all_small_baskets_are_priced_as_the_rules_say_without_exception(member: bool) -> None:
    """Every basket of two lines over a small grid of prices, cuts, thresholds and coupons: 3,456 of them."""
    grid = [(listed, cut, off, bits, units) for listed in (1, 7, 100) for cut in (0, 33) for off in (0, 50)
            for bits in (0, 1, 3) for units in (1, 3)]  # fmt: skip
    tickets = [(0, 0), (0, 50), (100, 9)]
    stacks = [[(500 // 5, 30, 2, True, True), (50, 40, 5, False, True)], [(101, 99, 1, True, False)]]
    tried = 0
    for i, first in enumerate(grid):
        for second in grid[i % 3 :: 9]:
            for ticket in tickets:
                for stack in stacks:
                    rows = [first, second]
                    paid, _, used, out = price(rows, member, stack, ticket)
                    lines, expected = oracle(rows, member, stack, ticket)
                    assert (used, paid) == (expected, sum(line["due"] for line in lines)), (rows, stack, ticket)
                    assert [int(v) for v in out[:, 1]] == [line["due"] for line in lines], (rows, stack, ticket)
                    tried += 1
    assert tried == 3_456


@settings(max_examples=300, deadline=None)
@given(st.lists(article, min_size=1, max_size=4), st.booleans(), st.lists(reduction, max_size=4), coupon)
def test_what_can_be_refunded_is_what_was_paid_line_by_line(rows, member, reductions, ticket):  # type: ignore[no-untyped-def]
    paid, _, used, out = price(rows, member, reductions, ticket)
    assert out[:, 1].sum() == paid >= 0
    assert (out >= 0).all()
    assert (out[:, 1] <= out[:, 0]).all()
    assert (out[:, 0] == out[:, 1:].sum(axis=1)).all()
    assert used <= ticket[1]


@pytest.mark.parametrize(
    ("rows", "member", "reductions", "ticket", "paid", "why"),
    [
        ([(30_000, 0, 0, 1, 1)], False, [(30_000, 20, 9, True, True)], (0, 0), 24_000, "300 off 60, reached exactly"),
        ([(29_999, 0, 0, 1, 1)], False, [(30_000, 20, 9, True, True)], (0, 0), 29_999, "one fen short of 300"),
        ([(30_000, 10, 0, 1, 1)], False, [(30_000, 20, 9, True, True)], (0, 0), 27_000, "the cut price counts, not the list"),
        ([(90_000, 0, 0, 1, 1)], False, [(30_000, 20, 2, True, True)], (0, 0), 78_000, "three full amounts, twice at most"),
        ([(30_000, 0, 10, 1, 1)], True, [(27_000, 20, 9, True, True)], (0, 0), 21_600, "a member price counts …"),
        ([(30_000, 0, 10, 1, 1)], True, [(27_000, 20, 9, True, False)], (0, 0), 27_000, "… unless the reduction leaves it out"),
        ([(30_000, 0, 0, 1, 1)], False, [(30_000, 20, 9, True, True)], (20_000, 1_000), 23_000, "a coupon on what is left"),
        ([(30_000, 0, 0, 1, 1)], False, [(30_000, 20, 9, False, True)], (20_000, 1_000), 24_000, "no coupon beside it"),
        ([(20_000, 0, 0, 1, 1)], False, [(30_000, 20, 9, False, True)], (20_000, 1_000), 19_000, "it took nothing off"),
        ([(30_000, 0, 0, 3, 1)], False, [(30_000, 20, 9, True, True), (25_000, 20, 9, True, True)], (0, 0), 24_000,
         "the second looks at what the first has left"),
        ([(500, 0, 0, 0, 1)], False, [], (0, 1_000), 0, "a coupon never pays anything out"),
    ],
)  # fmt: skip
def test_the_stacking_rules_by_example(rows, member, reductions, ticket, paid, why) -> None:  # type: ignore[no-untyped-def]
    assert price(rows, member, reductions, ticket)[0] == paid, why
