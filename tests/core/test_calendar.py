"""Dates and minutes."""

from __future__ import annotations

from datetime import date

import pytest

from sim.core.calendar import Calendar

CALENDAR = Calendar(date(2026, 6, 1), 24, 7)


@pytest.mark.parametrize(
    ("when", "minute"),
    [
        ("06-01", 7 * 1440),
        ("2026-06-01 00:00", 7 * 1440),
        ("06-18 00:30", (7 + 17) * 1440 + 30),
        ("06-18 24:00", (7 + 18) * 1440),
        ("05-30 12:00", 5 * 1440 + 720),
    ],
)
def test_a_date_is_its_minute_from_the_start_of_the_warm_up(when: str, minute: float) -> None:
    assert CALENDAR.minute(when) == minute


def test_a_minute_reads_back_as_its_date() -> None:
    assert CALENDAR.text(CALENDAR.minute("06-18 20:00")) == "06-18 20:00"
    assert CALENDAR.end == 31 * 1440
    assert CALENDAR.weekday(CALENDAR.warmup // 1440) == 0  # 1 June 2026 is a Monday
