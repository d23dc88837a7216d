"""What a drill file may say: a fault, what should hold, what is done about it, and what must be reached."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from sim.core.config import Section, default
from sim.core.units import Count, Duration, Money, Share
from sim.engine.playbook import Response, Step, level
from sim.engine.readings import unit_of
from sim.scenario.model import Event


class Objectives(Section):
    """What must be reached; what is left out is not asked."""

    rto: Duration | None = default(None, description="longest time from the fault until the steady state is back")
    rpo: Duration | None = default(None, description="most seconds of acknowledged payments lost")
    mttd: Duration | None = default(None, description="longest time from the fault to the first alert")
    mttr: Duration | None = default(None, description="longest time from the fault to recovery once it has ended")
    max_lost_orders: Count | None = default(None, description="most orders lost against the run without the fault")
    max_lost_gmv: Money | None = default(None, description="most GMV lost against the run without the fault")
    max_lost_profit: Money | None = default(
        None, description="most profit lost against the run without the fault, as booked by the watch's end"
    )
    min_score: Share | None = default(None, description="least score of the probes")
    met_in: Share = default("90%", description="share of replications in which each objective must be met")


class Probe(Section):
    """A reading and the bound it keeps while all is well."""

    metric: str = Field(description="what is read, such as platform.order.availability")
    at_least: Any = default(None, description="lower bound in the metric's unit: 99.9%, 1.5s, 5M CNY, 20")
    at_most: Any = default(None, description="upper bound in the metric's unit")
    mode: Literal["edge", "continuous"] = default("edge", description="before and after the drill, or throughout")
    every: Duration = default("1min", description="how often a continuous probe looks; whole minutes, at least one")
    over: Duration = default("1min", description="window of the reading")
    weight: float = default(1.0, description="its weight in the score", gt=0.0, le=1_000.0)

    @field_validator("metric")
    @classmethod
    def _can_be_read(cls, name: str) -> str:
        unit_of(name)
        return name

    @model_validator(mode="after")
    def _bounded(self) -> Probe:
        if self.at_least is None and self.at_most is None:
            raise ValueError("accepted: at least one of at_least, at_most")
        for bound in (self.at_least, self.at_most):
            if bound is not None:
                level(self.metric, bound)
        return self

    def holds(self, value: float) -> bool | None:
        """Whether a reading keeps the bounds; None where nothing was read."""
        if value != value:
            return None
        low = self.at_least is None or value >= level(self.metric, self.at_least) - 1e-12
        return bool(low and (self.at_most is None or value <= level(self.metric, self.at_most) + 1e-12))


class StopWhen(Section):
    """The condition that ends fault and drill."""

    metric: str = Field(description="what is read, such as lost_gmv")
    above: Any = default(None, description="bound in the metric's unit")
    below: Any = default(None, description="bound in the metric's unit")
    lasting: Duration = default("0s", alias="for", description="how long it must be passed")
    over: Duration = default("1min", description="window of the reading")

    @model_validator(mode="after")
    def _bounded(self) -> StopWhen:
        unit_of(self.metric)
        if (self.above is None) == (self.below is None):
            raise ValueError("accepted: one of above, below")
        level(self.metric, self.above if self.above is not None else self.below)
        return self


class Drill(Section):
    """A rehearsal with a verdict."""

    drill: str = Field(description="what the drill is called; it names the folder of its results", min_length=1)
    summary: str = default("", description="what is rehearsed, and why")
    scenario: str = Field(description="path of the scenario, from this file's folder")
    set: dict[str, Any] = Field(default_factory=dict, description="overrides of the scenario: {crowd.shoppers: 5000}")
    objectives: Objectives = Field(default_factory=Objectives, description="what must be reached")
    steady_state: tuple[Probe, ...] = Field(description="what holds while all is well", min_length=1)
    inject: tuple[Event, ...] = Field(description="the faults, with their moments", min_length=1)
    stop_when: StopWhen | None = default(None, description="condition that ends the faults and the drill")
    response: Response = Field(default_factory=Response, description="how the fault is noticed and what is done")
    plans: dict[str, Response] = Field(
        default_factory=dict, description="further responses to compare on the same seeds"
    )
    afterwards: tuple[Step, ...] = default((), description="steps that always run at the end, also after a stop")
    windows: int = default(5, description="steady readings in a row that count as recovered", ge=1, le=1_000)
    patience: Duration = default("30min", description="time after the fault within which it must recover by itself")
    settle: Duration = default("10min", description="time from the afterwards steps to the last check")
    observe: Duration = default("4h", description="time after that in which deferred orders may come back")
    lasts_at_most: Duration = default("4h", description="length assumed of a fault that states none")
    replications: int = default(10, description="replications, each with and without the fault", ge=1, le=100_000)
    seed: int | None = default(None, description="seed; else the scenario's, else 1", ge=0)

    @model_validator(mode="after")
    def _can_recover(self) -> Drill:
        tick = min(max(1.0, float(probe.every // 1)) for probe in self.steady_state)
        if self.windows * tick > self.patience:
            raise ValueError(
                f"found patience {self.patience:g} min, accepted: {self.windows * tick:g} min or more, the time that "
                f"{self.windows} readings in a row take"
            )
        return self

    @property
    def responses(self) -> dict[str, Response]:
        """The responses by name, the one the verdict is about first."""
        return {"response": self.response, **self.plans}

    @field_validator("plans")
    @classmethod
    def _own_names(cls, plans: dict[str, Response]) -> dict[str, Response]:
        if "response" in plans:
            raise ValueError("found a plan called 'response', accepted: any other name")
        return plans


class Appointment(Section):
    """One drill of a calendar."""

    quarter: Literal["Q1", "Q2", "Q3", "Q4"] | None = default(None, description="when it is due")
    run: str = Field(description="path of the drill file, from this file's folder")


class DrillCalendar(Section):
    """The drills of a year, run as one suite."""

    calendar: str = Field(description="what the calendar is called", min_length=1)
    drills: tuple[Appointment, ...] = Field(description="the drills", min_length=1)
