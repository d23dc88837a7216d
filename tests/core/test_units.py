"""Quantities are read strictly, bounded, and written so that they read back to the same number."""

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from sim.core import units
from sim.core.config import Section
from sim.core.errors import UnitError

READ = [
    (units.parse_duration, "48h", 2_880.0, "hours"),
    (units.parse_duration, "15min", 15.0, "minutes are the base unit"),
    (units.parse_duration, "1.5s", 0.025, "decimal arithmetic, one rounding"),
    (units.parse_duration, "80ms", 80 / 60_000, "service times are in milliseconds"),
    (units.parse_duration, "7d", 10_080.0, "days"),
    (units.parse_duration, "2w", 20_160.0, "weeks"),
    (units.parse_duration, "0d", 0.0, "nothing is a duration too, with its unit"),
    (units.parse_duration, "48 h", 2_880.0, "one blank before the unit"),
    (units.parse_share, "30%", 0.3, "exactly the float nearest to 3/10"),
    (units.parse_share, "70.19%", 0.7019, "not 0.7018999999999999, which 70.19 / 100 in floats may give"),
    (units.parse_share, "100%", 1.0, "the whole"),
    (units.parse_percent, "-5%", -0.05, "a signed percentage"),
    (units.parse_percent, "+120%", 1.2, "more than the whole"),
    (units.parse_money, "300 CNY", 300.0, "plain"),
    (units.parse_money, "1.2M CNY", 1_200_000.0, "millions"),
    (units.parse_money, "5k CNY", 5_000.0, "thousands"),
    (units.parse_money, "2B CNY", 2e9, "billions"),
    (units.parse_money, "1_000 CNY", 1_000.0, "underscores group digits"),
    (units.parse_money, "50元", 50.0, "Chinese unit"),
    (units.parse_money, "3万元", 30_000.0, "ten thousands"),
    (units.parse_money, "1.2亿元", 120_000_000.0, "hundred millions"),
    (units.parse_money, "¥99.9", 99.9, "currency sign"),
    (units.parse_money_rate, "30 CNY/h", 30.0, "per hour is the base"),
    (units.parse_money_rate, "240 CNY/d", 10.0, "a day has 24 hours"),
    (units.parse_rate, "200/s", 200.0, "per second is the base"),
    (units.parse_rate, "3/min", 0.05, "per minute"),
    (units.parse_rate, "86400/d", 1.0, "per day"),
    (units.parse_rate, "583k/s", 583_000.0, "thousands per second"),
    (units.parse_count, 2_000, 2_000, "a bare whole number is a count"),
    (units.parse_count, "200_000", 200_000, "underscores"),
    (units.parse_count, "20M", 20_000_000, "millions"),
    (units.parse_count, "1.5k", 1_500, "a fraction that comes out whole"),
    (units.parse_count, "20万", 200_000, "ten thousands"),
    (units.parse_clock, "11:00", 660.0, "minutes since midnight"),
    (units.parse_clock, "24:00", 1_440.0, "the midnight that ends the day"),
    (units.parse_cover, "3d of cover", 3.0, "days of demand"),
    (units.parse_cover, "12h of cover", 0.5, "half a day"),
]

REFUSED = [
    (units.parse_duration, 48, "a bare number says nothing about its unit"),
    (units.parse_duration, "48", "nor does its text"),
    (units.parse_duration, "48 hours", "units are not spelt out"),
    (units.parse_duration, "-1h", "time does not run backwards"),
    (units.parse_duration, "1e3h", "no exponents"),
    (units.parse_duration, "infh", "no infinity"),
    (units.parse_duration, "1h30min", "one number, one unit"),
    (units.parse_duration, "1  h", "at most one blank"),
    (units.parse_duration, "1m", "m could be minutes, months or metres"),
    (units.parse_duration, "١٢h", "digits are ASCII"),
    (units.parse_duration, "40000d", "more than a century"),
    (units.parse_duration, "9" * 80 + "h", "longer than any quantity"),
    (units.parse_duration, "1__0h", "one underscore between digits"),
    (units.parse_duration, "_1h", "no leading underscore"),
    (units.parse_duration, None, "nothing"),
    (units.parse_duration, True, "a truth value"),
    (units.parse_share, 0.3, "a share is written in percent"),
    (units.parse_share, "0.3", "likewise as text"),
    (units.parse_share, "101%", "more than the whole"),
    (units.parse_share, "-1%", "less than nothing"),
    (units.parse_share, "30 percent", "spelt out"),
    (units.parse_money, 300, "no currency"),
    (units.parse_money, "300", "no currency"),
    (units.parse_money, "300 USD", "one currency only"),
    (units.parse_money, "-5 CNY", "amounts have no sign"),
    (units.parse_money, "1m CNY", "M is million; m is not"),
    (units.parse_money, "99999999M CNY", "beyond ten trillion"),
    (units.parse_rate, 200, "no time"),
    (units.parse_rate, "200", "no time"),
    (units.parse_rate, "200/month", "months differ in length"),
    (units.parse_rate, "9999999B/s", "beyond any system"),
    (units.parse_count, 1.5, "a fraction"),
    (units.parse_count, "1.5", "a fraction"),
    (units.parse_count, -1, "negative"),
    (units.parse_count, True, "a truth value is no number"),
    (units.parse_count, 10**13, "too many"),
    (units.parse_count, "1.23456k", "a fraction remains"),
    (units.parse_clock, "24:01", "after the day has ended"),
    (units.parse_clock, "9:00", "two digits for the hour"),
    (units.parse_clock, 660, "a bare number"),
    (units.parse_cover, "3d", "says duration, not stock"),
    (units.parse_cover, 3, "a bare number"),
    (units.parse_when, "06-31", "June has 30 days"),
    (units.parse_when, "2025-02-29", "2025 is no leap year"),
    (units.parse_when, "06-18 25:00", "no such hour"),
    (units.parse_when, "06-18 24:01", "the day has ended"),
    (units.parse_when, "18.06.", "another order"),
    (units.parse_when, "0001-06-18", "not a year of this world"),
    (units.parse_when, "06-18 8pm", "twelve-hour clock"),
    (units.parse_when, 618, "a bare number"),
]


@pytest.mark.parametrize(("parse", "text", "value", "reason"), READ)
def test_a_quantity_reads_to_its_number(parse, text, value, reason):
    assert parse(text) == value, reason


@pytest.mark.parametrize(("parse", "text", "reason"), REFUSED)
def test_what_is_no_quantity_is_refused_with_what_is_accepted(parse, text, reason):
    with pytest.raises(UnitError) as caught:
        parse(text)
    assert "such as" in caught.value.accepted or "of 0 or more" in caught.value.accepted, reason
    assert "accepted" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("06-18", units.Moment(None, 6, 18, 0.0)),
        ("06-18 20:00", units.Moment(None, 6, 18, 1_200.0)),
        ("06-18 24:00", units.Moment(None, 6, 18, 1_440.0)),
        ("2026-06-18", units.Moment(2026, 6, 18, 0.0)),
        ("2026-06-18T20:00:30", units.Moment(2026, 6, 18, 1_200.5)),
        ("02-29", units.Moment(None, 2, 29, 0.0)),
    ],
)
def test_a_date_is_taken_apart(text, moment):
    assert units.parse_when(text) == moment


@pytest.mark.parametrize(
    ("write", "number", "text"),
    [
        (units.duration_text, 2_880.0, "2d"),
        (units.duration_text, 80 / 60_000, "80ms"),
        (units.duration_text, 90.0, "1.5h"),
        (units.share_text, 0.7019, "70.19%"),
        (units.money_text, 1_200_000.0, "1.2M CNY"),
        (units.money_text, 99.9, "99.9 CNY"),
        (units.rate_text, 1_000 / 86_400, "1000/d"),
        (units.money_rate_text, 200 / 24, "200 CNY/d"),
        (units.cover_text, 3.0, "3d of cover"),
        (units.clock_text, 660.0, "11:00"),
    ],
)
def test_a_number_is_written_as_people_would(write, number, text):
    assert write(number) == text


ROUND_TRIPS = [
    (units.parse_duration, units.duration_text, units.MAX_DURATION_MINUTES),
    (units.parse_share, units.share_text, 1.0),
    (units.parse_money, units.money_text, units.MAX_MONEY_CNY),
    (units.parse_money_rate, units.money_rate_text, 1e9),
    (units.parse_rate, units.rate_text, units.MAX_RATE_PER_SECOND),
    (units.parse_cover, units.cover_text, 3_660.0),
]


@pytest.mark.parametrize(("parse", "write", "largest"), ROUND_TRIPS)
def test_every_number_reads_back_from_its_text(parse, write, largest):
    @given(st.floats(min_value=1e-9, max_value=largest, allow_nan=False) | st.just(0.0))
    def holds(number):
        assert parse(write(number)) == number

    holds()


@given(st.decimals(min_value=0, max_value=1_000, places=4), st.sampled_from(["ms", "s", "min", "h", "d"]))
def test_a_written_duration_keeps_its_number_through_the_canonical_text(number, unit):
    minutes = units.parse_duration(f"{number:f}{unit}")
    assert units.parse_duration(units.duration_text(minutes)) == minutes


@given(st.integers(min_value=0, max_value=86_400))
def test_every_second_of_the_day_reads_back(second):
    assert math.isclose(units.parse_clock(units.clock_text(second / 60)), second / 60, abs_tol=1e-12)


@given(st.text(max_size=80) | st.floats() | st.integers() | st.none() | st.lists(st.integers(), max_size=2))
def test_anything_else_is_a_unit_error_and_nothing_worse(value):
    for parse in {parse for parse, *_ in READ} | {units.parse_when}:
        try:
            parse(value)
        except UnitError:
            continue


class Every(Section):
    """One field of each unit type."""

    duration: units.Duration = "48h"
    share: units.Share = "30%"
    percent: units.Percent = "-5%"
    money: units.Money = "1.2M CNY"
    wage: units.MoneyRate = "30 CNY/h"
    rate: units.Rate = "1000/d"
    count: units.Count = "20M"
    when: units.When = "06-18T20:00"
    clock: units.Clock = "23:00"
    cover: units.Cover = "3d of cover"
    maybe: units.Money | None = None
    several: tuple[units.Duration, ...] = ("1h", "80ms")
    short: units.Duration = Field("1h", gt=0, le=600)


def test_a_section_holds_numbers_and_dumps_text_that_loads_to_the_same_section():
    section = Every(maybe="50元", several=["1.5s"])
    assert (section.duration, section.share, section.when) == (2_880.0, 0.3, "06-18 20:00")
    dumped = section.model_dump(mode="json")
    assert dumped["maybe"] == "50 CNY"
    assert Every(**json.loads(json.dumps(dumped))) == section


def test_a_limit_beside_a_unit_holds_in_the_base_unit():
    with pytest.raises(ValidationError):
        Every(short="11h")
    with pytest.raises(ValidationError):
        Every(short="0h")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (units.Duration, "1.5s"),
        (units.Share, "30%"),
        (units.Percent, "-5%"),
        (units.Money, "1.2M CNY"),
        (units.Money, "3万元"),
        (units.MoneyRate, "30 CNY/h"),
        (units.Rate, "583k/s"),
        (units.When, "2026-06-18 20:00"),
        (units.Clock, "11:00"),
        (units.Cover, "3d of cover"),
    ],
)
def test_the_published_pattern_accepts_what_the_parser_accepts(kind, text):
    schema = TypeAdapter(kind).json_schema()
    assert schema["type"] == "string"
    assert schema["description"]
    assert re.search(schema["pattern"], text)
    assert not re.search(schema["pattern"], "48")
    for example in schema["examples"]:
        assert re.search(schema["pattern"], example)
        TypeAdapter(kind).validate_python(example)


def test_a_count_is_published_as_a_number_or_a_text():
    whole, text = TypeAdapter(units.Count).json_schema()["anyOf"]
    assert whole["type"] == "integer"
    assert re.search(text["pattern"], "20M")
