"""Dates and times of day as people write them: `06-18 20:00`, `2026-06-18`, `11:00`."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass

from sim.core.errors import UnitError
from sim.core.quantities import match

_TIME = r"(?P<hour>[01][0-9]|2[0-4]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?"
WHEN = re.compile(rf"(?:(?P<year>[0-9]{{4}})-)?(?P<month>[01][0-9])-(?P<day>[0-3][0-9])(?:[ T]{_TIME})?")
CLOCK = re.compile(_TIME)
WHEN_ACCEPTED = "a date with or without year and time, such as 06-18, 06-18 20:00, 06-18 24:00 or 2026-06-18 20:00"
CLOCK_ACCEPTED = "a time of day from 00:00 to 24:00, such as 11:00"


@dataclass(frozen=True, slots=True)
class Moment:
    """A date in a file, taken apart. `year` is None where the file leaves it to the scenario's start."""

    year: int | None
    month: int
    day: int
    minute_of_day: float  # 0 .. 1440; 1440 is the midnight that ends the day


def parse_when(value: object) -> Moment:
    """The parts of a date such as `06-18 20:00`; a day that no calendar has is refused. Raises UnitError."""
    found = match(WHEN, value, WHEN_ACCEPTED)
    year = int(found["year"]) if found["year"] else None
    month, day = int(found["month"]), int(found["day"])
    # Without a year any February may have 29 days; the calendar settles it with the scenario's year.
    if year is not None and not 1970 <= year <= 2200:
        raise UnitError(value, f"{WHEN_ACCEPTED}, with a year from 1970 to 2200")
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(year or 2024, month)[1]:
        raise UnitError(value, f"{WHEN_ACCEPTED}, on a day the calendar has")
    minute = _minute_of_day(found, value, WHEN_ACCEPTED) if found["hour"] else 0.0
    return Moment(year, month, day, minute)


def _minute_of_day(found: re.Match[str], value: object, accepted: str) -> float:
    seconds = int(found["hour"]) * 3_600 + int(found["minute"]) * 60 + int(found["second"] or 0)
    if seconds > 86_400:
        raise UnitError(value, accepted)
    return seconds / 60.0


def when_text(value: object) -> str:
    """The date as checked text: one blank between date and time."""
    parse_when(value)
    return str(value).strip().replace("T", " ")


def parse_clock(value: object) -> float:
    """Minutes since midnight of a time of day such as `11:00`. Raises UnitError."""
    return _minute_of_day(match(CLOCK, value, CLOCK_ACCEPTED), value, CLOCK_ACCEPTED)


def clock_text(minute_of_day: float) -> str:
    """Canonical text of a time of day in minutes since midnight."""
    hours, seconds = divmod(round(minute_of_day * 60), 3_600)
    minutes, seconds = divmod(seconds, 60)
    return f"{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")
