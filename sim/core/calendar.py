"""Dates and minutes: minute 0 is the start of the warm-up, the scenario's `start` is at minute `warmup`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sim.core.units import Moment, parse_when

DAY = 1440


@dataclass(frozen=True)
class Calendar:
    """Converts between the dates of a scenario file and the minutes of a run."""

    start: date
    days: int
    warmup_days: int

    @property
    def end(self) -> int:
        """Minute at which the run ends (exclusive)."""
        return (self.warmup_days + self.days) * DAY

    @property
    def warmup(self) -> int:
        """Minute of the scenario's start: figures count from here."""
        return self.warmup_days * DAY

    @property
    def total_days(self) -> int:
        """Days of the run, warm-up included."""
        return self.warmup_days + self.days

    def minute(self, when: str | Moment) -> float:
        """Minute of a date such as ``06-18 20:00``. Without a year, the first such date from the start on.

        A date before the start falls into the warm-up if that is long enough, else the minute is negative.
        """
        moment = parse_when(when) if isinstance(when, str) else when
        day = _date(self.year(moment), moment.month, moment.day)
        return (day - self.start).days * DAY + self.warmup + moment.minute_of_day

    def year(self, moment: Moment) -> int:
        """Year of a date; without one, that of the first such date from the start on."""
        if moment.year is not None:
            return moment.year
        day = _date(self.start.year, moment.month, moment.day)
        return self.start.year + (day < self.start - timedelta(days=max(self.warmup_days, 180)))

    def has(self, moment: Moment) -> bool:
        """Whether its year has that day: 29 February is one of leap years only."""
        return _date(self.year(moment), moment.month, moment.day).day == moment.day

    def moment(self, minute: float) -> datetime:
        """Date and time of a minute."""
        return datetime(self.start.year, self.start.month, self.start.day) + timedelta(minutes=minute - self.warmup)

    def text(self, minute: float) -> str:
        """``06-18 20:00`` of a minute."""
        return self.moment(minute).strftime("%m-%d %H:%M")

    def weekday(self, day: int) -> int:
        """Weekday of a day of the run, Monday 0."""
        return (self.start + timedelta(days=day - self.warmup_days)).weekday()


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, 28)
