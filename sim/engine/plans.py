"""Contingency plans (预案) as files say them: what is watched, how long a decision takes, which steps follow.

A playbook is a named list of actions. A response says which one, by which alert the trouble is detected, and how
long those on duty need to decide; the delay is lognormal, given by its median and 90th percentile.
"""

from __future__ import annotations

import math
from typing import Any

from pydantic import ConfigDict, Field, field_validator, model_validator

from sim.core.config import Section, default, param
from sim.core.errors import UnitError
from sim.core.units import Duration, Share, parse_duration, parse_money, parse_percent
from sim.engine.alerts import WINDOWS, Alert, BurnRate, Threshold
from sim.engine.metrics import unit_of

P90 = 1.2815515655446004  # standard normal quantile at 90%


def level(metric: str, value: Any) -> float:
    """A value written for `metric` in its unit: a share in percent, seconds from a duration, CNY from money.

    Raises ValueError where it is none.
    """
    unit = unit_of(metric)
    try:
        if unit == "share":
            return parse_percent(value)
        if unit == "s":
            return parse_duration(value) * 60.0
        if unit == "CNY":
            return float(parse_money(value))
    except UnitError as error:
        raise ValueError(str(error)) from None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"found {value!r}, accepted: a number")
    return float(value)


def written(value: float, unit: str) -> Any:
    """The opposite of `level`: how a file would say it."""
    return {"share": f"{value * 100:.12g}%", "s": f"{value:.12g}s", "CNY": f"{value:.12g} CNY"}.get(unit, value)


class Step(Section):
    """One action. Keys beside these are its own arguments."""

    model_config = ConfigDict(extra="allow")

    do: str = Field(description="the action's name, such as platform.failover (see `sim618 list events`)")
    target: str | None = Field(None, description="what it is done to")
    lasts: Duration | None = Field(None, alias="for", gt=0.0, description="how long it holds")
    after: Duration = default("0s", description="time from the decision, or from the step before")

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        return {"do": value} if isinstance(value, str) else value

    @property
    def arguments(self) -> dict[str, Any]:
        """The action's own arguments as written."""
        return dict(self.model_extra or {})


class Playbook(Section):
    """A named list of actions, in order."""

    playbook: str = Field(description="its name, the one responses use", min_length=1)
    summary: str = default("", description="when it is used and what it does")
    steps: tuple[Step, ...] = Field(description="what is done, in order", min_length=1)


class Detect(Section):
    """What sets off the alert: a burn rate, a threshold, or (without either) the usual pair of burn rates."""

    metric: str | None = default(
        None, description="what is watched; left out, every availability of the steady state"
    )
    burn_rate: float | None = default(None, description="how many times too fast the error budget burns", gt=0.0)
    objective: Share | None = default(None, description="availability the budget belongs to; left out, the steady state's, else 99.9%")
    long: Duration | None = default(None, description="long window of the burn rate")
    short: Duration | None = default(None, description="short window of the burn rate")
    above: Any = default(None, description="threshold, in the metric's unit")
    below: Any = default(None, description="threshold, in the metric's unit")
    lasting: Duration = default("0s", alias="for", description="how long the threshold must be passed")
    over: Duration = default("1min", description="window of the reading")
    after: Duration | None = default(None, description="no alert: noticed so long after the fault")

    @model_validator(mode="after")
    def _one_kind(self) -> Detect:
        kinds = [self.burn_rate is not None, self.above is not None or self.below is not None, self.after is not None]
        if sum(kinds) > 1 or (self.above is not None and self.below is not None):
            raise ValueError("accepted: one of burn_rate, above, below, after")
        if kinds[1]:
            if self.metric is None:
                raise ValueError("accepted: a metric with above or below")
            level(self.metric, self.above if self.above is not None else self.below)
        elif self.metric is not None and not self.metric.endswith(".availability"):
            raise ValueError(f"found {self.metric!r}, accepted for a burn rate: an availability")
        return self

    def alerts(self, availabilities: list[tuple[str, float]]) -> list[Alert]:
        """The alerts; burn rates watch the `availabilities` (metric, objective) where no metric is stated."""
        if self.after is not None:
            return []
        if self.metric is not None and (self.above is not None or self.below is not None):
            above = None if self.above is None else level(self.metric, self.above)
            below = None if self.below is None else level(self.metric, self.below)
            return [Threshold(self.metric, above, below, self.lasting, self.over)]
        if self.metric is not None:
            availabilities = [(self.metric, dict(availabilities).get(self.metric, 0.999))]
        rates = [self.burn_rate] if self.burn_rate is not None else list(WINDOWS)
        found: list[Alert] = []
        for watched, asked in availabilities:
            for rate in rates:
                long, short = WINDOWS.get(rate, (60.0, 5.0))
                objective = asked if self.objective is None else self.objective
                found.append(BurnRate(watched, objective, rate, self.long or long, self.short or short))
        return found


class Decide(Section):
    """How long those on duty need from the alert to the decision: lognormal."""

    median: Duration = param("5min", "", "from alert to decision", low="1min", high="30min")
    p90: Duration = param("15min", "", "from alert to decision, nine times of ten", low="2min", high="2h")

    @model_validator(mode="after")
    def _ordered(self) -> Decide:
        if self.p90 < self.median or (self.median <= 0.0 and self.p90 > 0.0):
            raise ValueError("accepted: a p90 of at least the median, and a median above 0s")
        return self

    def delay(self, draws: Any, number: int, firing: int) -> float:
        """Minutes of one decision."""
        if self.median <= 0.0:
            return 0.0
        from sim.engine.playbook import DECIDE

        sigma = math.log(self.p90 / self.median) / P90
        return float(draws.lognormal(DECIDE, self.median, sigma, number, firing))


class Response(Section):
    """What is done about a fault, and how soon. Without a playbook nothing is done."""

    playbook: str | tuple[Step, ...] = default((), description="name of a playbook, or its steps")
    detect: Detect = Field(default_factory=Detect, description="what sets off the alert")
    decide: Decide = Field(default_factory=Decide, description="from the alert to the decision")

    @field_validator("playbook", mode="before")
    @classmethod
    def _one_step(cls, value: Any) -> Any:
        return (value,) if isinstance(value, dict) else value
