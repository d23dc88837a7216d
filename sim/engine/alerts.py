"""Alerts: when somebody is told that an objective is breached.

A *burn-rate* alert fires when the error budget of an availability objective burns at least so many times too fast, over
a long window (it matters) and over a short one (it still goes on); Google SRE workbook, ch. 5: 14.4 over 1 h and
5 min, 6 over 6 h and 30 min. A *threshold* alert fires when a reading is on the wrong side for long enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

Read = Callable[[str, float], float]
#: burn rate -> long and short window in minutes
WINDOWS = {14.4: (60.0, 5.0), 6.0: (360.0, 30.0)}


def burn_rate(availability: float, objective: float) -> float:
    """Error ratio ÷ (1 − objective): 1 spends the budget exactly."""
    if math.isnan(availability):
        return math.nan
    return (1.0 - availability) / max(1.0 - objective, 1e-12)


@dataclass
class BurnRate:
    """Fires while the budget of `metric` burns at least `rate` times too fast over both windows (minutes)."""

    metric: str
    objective: float
    rate: float
    long: float
    short: float

    def check(self, read: Read, now: float) -> bool:
        """Whether it fires at minute `now`."""
        return all(
            burn_rate(read(self.metric, window), self.objective) >= self.rate for window in (self.long, self.short)
        )

    @property
    def name(self) -> str:
        """How it is called in a journal."""
        return f"burn rate {self.rate:g} of {self.metric}"


@dataclass
class Threshold:
    """Fires once `metric` was above or below a level for `lasting` minutes; an undefined reading changes nothing."""

    metric: str
    above: float | None = None
    below: float | None = None
    lasting: float = 0.0
    over: float = 1.0
    _since: float | None = field(default=None, repr=False)

    def check(self, read: Read, now: float) -> bool:
        """Whether it fires at minute `now`."""
        value = read(self.metric, self.over)
        if not math.isnan(value):
            wrong = (self.above is not None and value > self.above) or (self.below is not None and value < self.below)
            if not wrong:
                self._since = None
            elif self._since is None:
                self._since = now
        return self._since is not None and now - self._since >= self.lasting - 1e-9

    @property
    def name(self) -> str:
        """How it is called in a journal."""
        side = f"above {self.above:g}" if self.above is not None else f"below {self.below:g}"
        return f"{self.metric} {side}"


Alert = BurnRate | Threshold
