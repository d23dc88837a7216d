"""Numbers with units are read strictly, bounded, and written so that they read back to the same number."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core import moments, quantities
from sim.core.errors import UnitError

READ = {
    quantities.parse_duration: [
        ("48h", 2_880.0, "hours"),
        ("15min", 15.0, "minutes are the base unit"),
        ("1.5s", 0.025, "decimal arithmetic, one rounding"),
        ("80ms", 80 / 60_000, "service times are in milliseconds"),
        ("7d", 10_080.0, "days"),
        ("2w", 20_160.0, "weeks"),
        ("0d", 0.0, "nothing is a duration too, with its unit"),
        ("48 h", 2_880.0, "one blank before the unit"),
    ],
    quantities.parse_share: [
        ("30%", 0.3, "exactly the float nearest to 3/10"),
        ("70.19%", 0.7019, "not 0.7018999999999999, which 70.19 / 100 in floats may give"),
        ("100%", 1.0, "the whole"),
    ],
    quantities.parse_percent: [
        ("-5%", -0.05, "a signed percentage"),
        ("+120%", 1.2, "more than the whole"),
    ],
    quantities.parse_money: [
        ("300 CNY", 300.0, "plain"),
        ("1.2M CNY", 1_200_000.0, "millions"),
        ("5k CNY", 5_000.0, "thousands"),
        ("2B CNY", 2e9, "billions"),
        ("1_000 CNY", 1_000.0, "underscores group digits"),
        ("50元", 50.0, "Chinese unit"),
        ("3万元", 30_000.0, "ten thousands"),
        ("1.2亿元", 120_000_000.0, "hundred millions"),
        ("¥99.9", 99.9, "currency sign"),
    ],
    quantities.parse_money_rate: [
        ("30 CNY/h", 30.0, "per hour is the base"),
        ("240 CNY/d", 10.0, "a day has 24 hours"),
    ],
    quantities.parse_rate: [
        ("200/s", 200.0, "per second is the base"),
        ("3/min", 0.05, "per minute"),
        ("86400/d", 1.0, "per day"),
        ("583k/s", 583_000.0, "thousands per second"),
    ],
    quantities.parse_count: [
        (2_000, 2_000, "a bare whole number is a count"),
        ("200_000", 200_000, "underscores"),
        ("20M", 20_000_000, "millions"),
        ("1.5k", 1_500, "a fraction that comes out whole"),
        ("20万", 200_000, "ten thousands"),
    ],
    quantities.parse_cover: [
        ("3d of cover", 3.0, "days of demand"),
        ("12h of cover", 0.5, "half a day"),
    ],
    quantities.parse_size: [
        ("900 kB", 900e3, "decimal thousands of bytes"),
        ("1.6 MB", 1.6e6, "millions"),
    ],
    quantities.parse_speed: [
        ("12 Mbit/s", 12e6, "bits a second are the base"),
    ],
    moments.parse_clock: [
        ("11:00", 660.0, "minutes since midnight"),
        ("24:00", 1_440.0, "the midnight that ends the day"),
    ],
}

REFUSED = {
    quantities.parse_duration: [
        (48, "a bare number says nothing about its unit"),
        ("48", "nor does its text"),
        ("48 hours", "units are not spelt out"),
        ("-1h", "time does not run backwards"),
        ("1e3h", "no exponents"),
        ("infh", "no infinity"),
        ("1h30min", "one number, one unit"),
        ("1  h", "at most one blank"),
        ("1m", "m could be minutes, months or metres"),
        ("١٢h", "digits are ASCII"),
        ("40000d", "more than a century"),
        ("9" * 80 + "h", "longer than any quantity"),
        ("1__0h", "one underscore between digits"),
        ("_1h", "no leading underscore"),
        (None, "nothing"),
        (True, "a truth value"),
    ],
    quantities.parse_share: [
        (0.3, "a share is written in percent"),
        ("0.3", "likewise as text"),
        ("101%", "more than the whole"),
        ("-1%", "less than nothing"),
        ("30 percent", "spelt out"),
    ],
    quantities.parse_money: [
        (300, "no currency"),
        ("300", "no currency"),
        ("300 USD", "one currency only"),
        ("-5 CNY", "amounts have no sign"),
        ("1m CNY", "M is million; m is not"),
        ("99999999M CNY", "beyond ten trillion"),
    ],
    quantities.parse_rate: [
        ("0." + "0" * 40 + "8/w", "its digits would not fit a text that reads back"),
        (200, "no time"),
        ("200", "no time"),
        ("200/month", "months differ in length"),
        ("9999999B/s", "beyond any system"),
    ],
    quantities.parse_count: [
        (1.5, "a fraction"),
        ("1.5", "a fraction"),
        (-1, "negative"),
        (True, "a truth value is no number"),
        (10**13, "too many"),
        ("1.23456k", "a fraction remains"),
    ],
    quantities.parse_cover: [
        ("3d", "says duration, not stock"),
        (3, "a bare number"),
        ("0." + "0" * 40 + "8h of cover", "its digits would not fit a text that reads back"),
    ],
    quantities.parse_money_rate: [
        ("0." + "0" * 40 + "3 CNY/w", "its digits would not fit a text that reads back"),
    ],
    quantities.parse_size: [
        ("9" * 60 + " MB", "more than there is"),
        ("900", "no unit"),
        ("900 KiB", "no binary units"),
        ("1 Mb", "bits are a matter of speed"),
    ],
    quantities.parse_speed: [
        ("12 MB/s", "bytes are a matter of size"),
        ("12 Mbit", "no time"),
        ("9" * 56 + "Mbit/s", "more than there is"),
    ],
    moments.parse_clock: [
        ("24:01", "after the day has ended"),
        ("9:00", "two digits for the hour"),
        (660, "a bare number"),
    ],
    moments.parse_when: [
        ("06-31", "June has 30 days"),
        ("2025-02-29", "2025 is no leap year"),
        ("06-18 25:00", "no such hour"),
        ("06-18 24:01", "the day has ended"),
        ("18.06.", "another order"),
        ("0001-06-18", "not a year of this world"),
        ("06-18 8pm", "twelve-hour clock"),
        (618, "a bare number"),
    ],
}


@pytest.mark.parametrize(
    ("parse", "text", "value", "reason"), [(parse, *row) for parse, rows in READ.items() for row in rows]
)
def test_a_quantity_reads_to_its_number(parse, text, value, reason):
    assert parse(text) == value, reason


@pytest.mark.parametrize(
    ("parse", "text", "reason"), [(parse, *row) for parse, rows in REFUSED.items() for row in rows]
)
def test_what_is_no_quantity_is_refused_with_what_is_accepted(parse, text, reason):
    with pytest.raises(UnitError) as caught:
        parse(text)
    assert "such as" in caught.value.accepted or "of 0 or more" in caught.value.accepted, reason
    assert f"accepted: {caught.value.accepted}" in str(caught.value)


@pytest.mark.parametrize(
    ("write", "number", "text"),
    [
        (quantities.duration_text, 2_880.0, "2d"),
        (quantities.duration_text, 80 / 60_000, "80ms"),
        (quantities.duration_text, 90.0, "1.5h"),
        (quantities.share_text, 0.7019, "70.19%"),
        (quantities.money_text, 1_200_000.0, "1.2M CNY"),
        (quantities.money_text, 99.9, "99.9 CNY"),
        (quantities.rate_text, 1_000 / 86_400, "1000/d"),
        (quantities.money_rate_text, 200 / 24, "200 CNY/d"),
        (quantities.cover_text, 3.0, "3d of cover"),
        (quantities.size_text, 1.6e6, "1600 kB"),
        (quantities.speed_text, 12e6, "12000 kbit/s"),
    ],
)
def test_a_number_is_written_as_people_would(write, number, text):
    assert write(number) == text


ROUND_TRIPS = [
    (quantities.parse_duration, quantities.duration_text, quantities.MAX_DURATION_MINUTES),
    (quantities.parse_share, quantities.share_text, 1.0),
    (quantities.parse_money, quantities.money_text, quantities.MAX_MONEY_CNY),
    (quantities.parse_money_rate, quantities.money_rate_text, 1e9),
    (quantities.parse_rate, quantities.rate_text, quantities.MAX_RATE_PER_SECOND),
    (quantities.parse_cover, quantities.cover_text, 3_660.0),
    (quantities.parse_size, quantities.size_text, 1e12),
    (quantities.parse_speed, quantities.speed_text, 1e12),
]


@pytest.mark.parametrize(("parse", "write", "largest"), ROUND_TRIPS)
def test_every_number_reads_back_from_its_text(parse, write, largest):
    @given(st.floats(min_value=1e-9, max_value=largest, allow_nan=False) | st.just(0.0))
    def holds(number):
        assert parse(write(number)) == number

    holds()


@given(st.decimals(min_value=0, max_value=1_000, places=4), st.sampled_from(["ms", "s", "min", "h", "d"]))
def test_a_written_duration_keeps_its_number_through_the_canonical_text(number, unit):
    minutes = quantities.parse_duration(f"{number:f}{unit}")
    assert quantities.parse_duration(quantities.duration_text(minutes)) == minutes


@given(st.text(max_size=80) | st.floats() | st.integers() | st.none() | st.lists(st.integers(), max_size=2))
def test_anything_else_is_a_unit_error_and_nothing_worse(value):
    for parse in [*READ, moments.parse_when]:
        try:
            read = parse(value)
        except UnitError as error:
            assert error.accepted
        else:
            assert isinstance(read, moments.Moment) or (math.isfinite(read) and read >= -1e4), value
