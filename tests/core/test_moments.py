"""Dates and times of day are taken apart strictly."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core import moments
from sim.core.errors import UnitError

READ = {
    moments.parse_clock: [
        ("11:00", 660.0, "minutes since midnight"),
        ("24:00", 1_440.0, "the midnight that ends the day"),
    ],
}

REFUSED = {
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
def test_a_time_of_day_reads_to_its_number(parse, text, value, reason):
    assert parse(text) == value, reason


@pytest.mark.parametrize(
    ("parse", "text", "reason"), [(parse, *row) for parse, rows in REFUSED.items() for row in rows]
)
def test_what_is_no_date_or_time_is_refused_with_what_is_accepted(parse, text, reason):
    with pytest.raises(UnitError) as caught:
        parse(text)
    assert "such as" in caught.value.accepted or "of 0 or more" in caught.value.accepted, reason
    assert f"accepted: {caught.value.accepted}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("06-18", moments.Moment(None, 6, 18, 0.0)),
        ("06-18 20:00", moments.Moment(None, 6, 18, 1_200.0)),
        ("06-18 24:00", moments.Moment(None, 6, 18, 1_440.0)),
        ("2026-06-18", moments.Moment(2026, 6, 18, 0.0)),
        ("2026-06-18T20:00:30", moments.Moment(2026, 6, 18, 1_200.5)),
        ("02-29", moments.Moment(None, 2, 29, 0.0)),
    ],
)
def test_a_date_is_taken_apart(text, moment):
    assert moments.parse_when(text) == moment


@given(st.integers(min_value=0, max_value=86_400))
def test_every_second_of_the_day_reads_back(second):
    assert math.isclose(moments.parse_clock(moments.clock_text(second / 60)), second / 60, abs_tol=1e-12)


@given(st.text(max_size=80) | st.floats() | st.integers() | st.none() | st.lists(st.integers(), max_size=2))
def test_anything_else_is_a_unit_error_and_nothing_worse(value):
    for parse in (moments.parse_clock, moments.parse_when):
        try:
            parse(value)
        except UnitError as error:
            assert error.accepted
        else:
            assert isinstance(value, str), value
