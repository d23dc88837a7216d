"""How the planner foresees demand. It sees what was sold, not what was wanted, unless it is told to.

Each day that closes is shown to the forecast once (`learn`); at a review the forecast is asked for an
`Outlook`. Quantities are row units a day. The methods are the standard ones: moving average, exponential
smoothing (Brown 1959), Croston (1972) for slow movers, and an exponential smoothing of demand cleared of
promotions that puts planned promotions back in. `perfect` knows the future: a bound, not a method.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from sim.core.errors import SimError
from sim.core.registry import policy

DAY = 1440.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected from now on."""

    mean: np.ndarray  # float64[skus], row units on a usual day
    sd: np.ndarray  # float64[skus], standard deviation of a day's row units
    over: Callable[[Any], np.ndarray]  # days (float or float64[skus]) -> float64[skus], row units expected over them


class Known(Protocol):
    """What a forecast may ask about the world outside its history."""

    day: int  # days closed so far
    days: int  # days of the run
    weight: float  # real units of a row unit
    skus: int

    def uplift(self, day: int) -> np.ndarray:
        """float64[skus], planned demand of a day against a usual one."""

    def foresight(self, first: int, days: int) -> np.ndarray:
        """float64[days, skus], the row units that will be asked for."""


def _steady(mean: np.ndarray, sd: np.ndarray) -> Outlook:
    return Outlook(mean, sd, lambda days: mean * days)


class _Forecast(ABC):
    """Base: the estimate the planner starts with. `prior`: float64[skus], row units a day."""

    def __init__(self, section: Any) -> None:
        self.section = section

    def start(self, prior: np.ndarray) -> None:
        """Begin with an estimate of each SKU's daily demand."""
        self.prior = prior
        self.mean = prior.copy()
        self.variance = np.maximum(prior, 1e-12)

    def learn(self, day: int, units: np.ndarray, usable: np.ndarray, known: Known) -> None:  # noqa: B027 (nothing by default)
        """See a closed day: `units` float64[skus]; `usable` bool[skus], False where a stock-out hid demand."""

    @abstractmethod
    def outlook(self, known: Known) -> Outlook:
        """What is expected from the start of day `known.day` on."""

    def _sd(self) -> np.ndarray:
        # counts vary at least like a Poisson variable
        return np.sqrt(np.maximum(self.variance, self.mean))


@policy("supply.forecast", "moving_average")
class MovingAverage(_Forecast):
    """Mean of the last `window` days."""

    def start(self, prior: np.ndarray) -> None:
        """Begin with an estimate of each SKU's daily demand."""
        super().start(prior)
        self.window = max(1, round(self.section.window / DAY))
        self.seen = np.zeros((self.window, len(prior)))
        self.ok = np.zeros((self.window, len(prior)), bool)

    def learn(self, day: int, units: np.ndarray, usable: np.ndarray, known: Known) -> None:
        """See a closed day."""
        self.seen[day % self.window] = units
        self.ok[day % self.window] = usable
        count = self.ok.sum(axis=0)
        # the starting estimate fills in for days not yet seen
        filler = np.minimum(self.section.prior_days / DAY, np.maximum(self.window - count, 0))
        filler = np.where(count == 0, 1.0, np.where(day + 1 >= self.window, 0.0, filler))
        total = np.where(self.ok, self.seen, 0.0).sum(axis=0)
        self.mean = (total + filler * self.prior) / (count + filler)
        square = np.where(self.ok, (self.seen - self.mean) ** 2, 0.0).sum(axis=0)
        self.variance = np.where(count > 1, square / np.maximum(count - 1, 1), self.mean)

    def outlook(self, known: Known) -> Outlook:
        """What is expected from now on."""
        return _steady(self.mean, self._sd())


@policy("supply.forecast", "exponential_smoothing")
class ExponentialSmoothing(_Forecast):
    """Each day moves the estimate by `smoothing` of the error."""

    def learn(self, day: int, units: np.ndarray, usable: np.ndarray, known: Known) -> None:
        """See a closed day."""
        step = np.where(usable, self.section.smoothing, 0.0)
        error = units - self.mean
        self.mean = self.mean + step * error
        self.variance = self.variance + step * (error**2 - self.variance)

    def outlook(self, known: Known) -> Outlook:
        """What is expected from now on."""
        return _steady(self.mean, self._sd())


@policy("supply.forecast", "croston")
class Croston(_Forecast):
    """Size and interval of demand smoothed apart, for SKUs that sell only now and then (Croston 1972)."""

    def start(self, prior: np.ndarray) -> None:
        """Begin with an estimate of each SKU's daily demand."""
        super().start(prior)
        # a Poisson day with mean m sells with probability 1 - exp(-m), then m / (1 - exp(-m)) units
        chance = -np.expm1(-np.maximum(prior, 1e-9))
        self.size = np.maximum(prior, 1e-9) / chance
        self.interval = 1.0 / chance
        self.waited = np.ones(len(prior))

    def learn(self, day: int, units: np.ndarray, usable: np.ndarray, known: Known) -> None:
        """See a closed day."""
        a = self.section.smoothing
        sold = usable & (units > 0)
        self.size = np.where(sold, self.size + a * (units - self.size), self.size)
        self.interval = np.where(sold, self.interval + a * (self.waited - self.interval), self.interval)
        self.waited = np.where(sold, 1.0, self.waited + usable)
        self.variance = self.variance + np.where(usable, a, 0.0) * ((units - self.mean) ** 2 - self.variance)
        self.mean = self.size / self.interval

    def outlook(self, known: Known) -> Outlook:
        """What is expected from now on."""
        return _steady(self.mean, self._sd())


@policy("supply.forecast", "promotion_aware")
class PromotionAware(ExponentialSmoothing):
    """Exponential smoothing of demand cleared of promotions; planned discounts and lift days put back in."""

    #: days after the run's end that are planned too
    BEYOND = 60
    planned: np.ndarray | None = None

    def learn(self, day: int, units: np.ndarray, usable: np.ndarray, known: Known) -> None:
        """See a closed day."""
        super().learn(day, units / known.uplift(day), usable, known)

    def outlook(self, known: Known) -> Outlook:
        """What is expected from now on."""
        if self.planned is None:
            # planned[n]: sum of the uplifts of the days before n; the plan does not change while the run goes on
            uplifts = [known.uplift(day) for day in range(known.days + self.BEYOND)]
            self.planned = np.vstack([np.zeros(known.skus), np.cumsum(uplifts, axis=0)])
        mean, planned, first, rows = self.mean, self.planned, known.day, np.arange(known.skus)
        last = len(planned) - 1

        def over(days: Any) -> np.ndarray:
            span = np.broadcast_to(np.asarray(days, float), mean.shape)
            whole = np.minimum(first + span.astype(np.int64), last - 1)
            part = np.minimum(first + span - whole, 1.0)
            before = planned[whole, rows]
            inside = before + part * (planned[whole + 1, rows] - before) - planned[first]
            # beyond what is planned, usual days
            return mean * (inside + np.maximum(first + span - last, 0.0))

        return Outlook(mean, self._sd(), over)


@policy("supply.forecast", "perfect")
class Perfect(_Forecast):
    """The demand that will come, to the unit: an upper bound for every forecast."""

    AHEAD = 60

    def outlook(self, known: Known) -> Outlook:
        """What is expected from now on."""
        future = known.foresight(known.day, self.AHEAD)
        total = np.vstack([np.zeros(future.shape[1]), np.cumsum(future, axis=0)])
        rows = np.arange(future.shape[1])

        def over(days: Any) -> np.ndarray:
            span = np.minimum(np.broadcast_to(np.asarray(days, float), rows.shape), self.AHEAD - 1e-9)
            whole = span.astype(np.int64)
            return total[whole, rows] + (span - whole) * future[whole, rows]

        return Outlook(future.mean(axis=0), np.zeros(future.shape[1]), over)


@policy("supply.forecast", "given")
class Given(_Forecast):
    """A mean and a standard deviation that are known beforehand."""

    def outlook(self, known: Known) -> Outlook:
        """What is expected from now on."""
        if self.section.mean is None:
            raise SimError("supply.forecast.mean: found nothing, accepted: units a day, with the policy 'given'")
        mean = np.full(known.skus, self.section.mean / known.weight)
        return _steady(mean, np.full(known.skus, (self.section.sd or 0.0) / known.weight))
