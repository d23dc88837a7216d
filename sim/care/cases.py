"""Matters that shoppers have with the shop, and what is counted of them.

A case is one row of the crowd with one matter: `pieces` contacts, each of which stands for `grain` real people.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.care.state import INCIDENT

_INCIDENT = [(name, INCIDENT[name]) for name in INCIDENT.names or ()]
CASE = np.dtype(
    [
        *_INCIDENT,
        ("occurrence", "u4"),  # names its draws
        ("open", "i2"),  # pieces whose contact has not ended
        ("answered", "i2"),  # pieces answered, by bot or staff
        ("unanswered", "i2"),  # pieces that gave up for good
        ("waited", "f4"),  # minutes, sum over the answered pieces
        ("deciding", "i2"),  # pieces with the complaint office
        ("decided", "i2"),  # pieces the office has closed
        ("closing", "f8"),  # minutes from the incident to the close, sum over those
        ("given", "f4"),  # CNY given for it
    ]
)

# columns of Cases.daily, real numbers and CNY
(
    D_OPENED,  # enquiries
    D_COMPLAINTS,  # of them about a failure of the shop
    D_REPETITIVE,
    D_BOT_FIRST,
    D_BOT,  # resolved by the bot
    D_BOT_REPETITIVE,
    D_DROPPED,  # given up after the bot
    D_STAFF,  # answered by a person
    D_GAVE_UP,  # contacts that ended because somebody gave up waiting
    D_AGAIN,  # of them, contacted again later
    D_LOST,  # enquiries given up for good after waiting
    D_PROMPT,  # answered by a person within 30 s
    D_WAIT,  # minutes waited by those a person answered
    D_CLOSED,  # complaints closed
    D_IN_TIME,  # within the deadline
    D_SATISFIED,
    D_COMPENSATED,  # orders compensated
    D_GIVEN,  # CNY of money given for failures
    D_COUPONS,  # CNY of coupons given for failures
    D_REVISED,  # bad reviews revised
    D_WON_BACK,  # shoppers who had left and came back
    D_FOLLOWED,  # silent shoppers reached
    D_WAGES,  # CNY
    D_STAFF_HOURS,  # person-hours on shift
) = range(24)
DAILY = 24
WAIT_STEP, WAIT_STEPS = 1.0 / 12.0, 1441  # minutes: histogram of waits by 5 s, the last for 2 h and more
CLOSE_STEP, CLOSE_STEPS = 60.0, 961  # minutes: histogram of times to the close by the hour, up to 40 d


@njit(cache=True)
def add_to_days(daily, totals, column, minutes, sizes):  # type: ignore[no-untyped-def]
    """Add ``sizes`` float64[n] to a column of the days of ``minutes`` float64[n], and to the total of all days."""
    for i in range(minutes.shape[0]):
        day = min(int(minutes[i] // 1440.0), daily.shape[0] - 1)
        daily[day, column] += sizes[i]
        totals[column] += sizes[i]


class Cases:
    """All cases of a run, and the day's numbers. `first`: first minute that counts in histograms."""

    def __init__(self, days: int, first: float) -> None:
        self.table = np.zeros(256, CASE)
        self.count = 0
        self.daily = np.zeros((days, DAILY))
        self.totals = np.zeros(DAILY)  # of all days
        self.first = first
        self.waits = np.zeros(WAIT_STEPS)
        self.closings = np.zeros(CLOSE_STEPS)

    def add(self, incidents: np.ndarray, occurrence: np.ndarray) -> np.ndarray:
        """int64[n]: rows of new cases, nothing of them open yet."""
        rows = np.arange(self.count, self.count + len(incidents))
        self.count += len(incidents)
        if self.count > len(self.table):
            table = np.zeros(max(self.count, 2 * len(self.table)), CASE)
            table[: len(self.table)] = self.table
            self.table = table
        for name in INCIDENT.names or ():
            self.table[name][rows] = incidents[name]
        self.table["occurrence"][rows] = occurrence
        return rows

    def note(self, column: int, minutes: np.ndarray, sizes: np.ndarray | float) -> None:
        """Add sizes (real numbers, CNY) to the days of the minutes."""
        if len(minutes):
            at = np.ascontiguousarray(minutes, float)
            each = np.full(len(at), sizes) if isinstance(sizes, (int, float)) else np.ascontiguousarray(sizes, float)
            add_to_days(self.daily, self.totals, column, at, each)

    def histogram(self, counts: np.ndarray, values: np.ndarray, step: float, minutes: np.ndarray, size: float) -> None:
        """Count values (minutes) of what happened at `minutes`, of `size` real ones each."""
        used = values[minutes >= self.first]
        np.add.at(counts, np.minimum((used / step).astype(np.int64), len(counts) - 1), size)


def quantile(counts: np.ndarray, share: float, step: float) -> float:
    """Value by which ``share`` of a histogram lies, linear inside a column; nan of an empty one."""
    if counts.sum() <= 0.0:
        return float("nan")
    cumulative = np.cumsum(counts)
    column = int(np.searchsorted(cumulative, share * cumulative[-1]))
    before = cumulative[column - 1] if column else 0.0
    return float((column + (share * cumulative[-1] - before) / counts[column]) * step)
