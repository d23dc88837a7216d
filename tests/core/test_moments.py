"""Dates and times of day are taken apart strictly."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core import moments


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
