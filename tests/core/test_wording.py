"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from sim.core.wording import number


@pytest.mark.parametrize(
    ("value", "unit", "lang", "shown", "reason"),
    [
        (0.0, "CNY", "en", "0 CNY", "nought has no digits"),
        (72_689_279.8, "CNY", "en", "72.69M CNY", "millions"),
        (72_689_279.8, "CNY", "zh", "7,269万元", "Chinese counts in 万"),
        (3.2e8, "CNY", "zh", "3.2亿元", "and in 亿"),
        (9_999.0, "", "en", "9,999", "four digits need no letter"),
        (12_345.0, "", "en", "12.35k", "five do"),
        (-1_234_567.0, "CNY", "en", "−1.235M CNY", "a minus, not a hyphen"),
        (0.0576, "share", "en", "5.76%", "shares in percent"),
        (0.99991, "share", "en", "99.99%", "near one, one digit more"),
        (1.0, "share", "en", "100%", "all"),
        (15_112.0, "SKU-days", "en", "15.11k SKU-days", "a hyphen in a unit stays one"),
        (12.61, "requests/s", "zh", "12.61次/秒", "units are translated"),
        (5.0, "widgets", "zh", "5 widgets", "a unit without translation stands apart"),
        (4.0, "ratio", "en", "4", "a ratio has no unit"),
        (math.nan, "CNY", "en", "–", "no value"),
        (-math.inf, "", "en", "−∞", "no bound"),
    ],
)
def test_a_number_reads_as(value, unit, lang, shown, reason):
    assert number(value, unit, lang) == shown, reason


def test_a_difference_of_shares_is_in_points():
    assert number(0.012, "share", "en", signed=True) == "+1.2 points"
    assert number(-0.012, "share", "zh", signed=True) == "−1.2个百分点"
