"""What a study file may say.

``study:`` names the kind; the rest of the file is that kind's section. Paths in ``scenario`` are
relative to the study file. Policies and scenarios are named sets of overrides: dotted path to value.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from sim.core.config import Section, default
from sim.core.units import Share
from sim.study.parts import (
    Amount,
    Best,
    Factors,
    Fails,
    Kpi,
    Kpis,
    Limit,
    Overrides,
    Replicate,
    Replications,
    Shock,
    named,
)


class Study(Section):
    """What all kinds of study share."""

    name: str = ""
    scenario: str = Field(description="scenario file, relative to this file")
    set: Overrides = Field(default_factory=dict, description="overrides for all designs")
    seed: int = Field(1, ge=0, lt=2**32, description="default: the scenario's, else 1")


class CompareStudy(Study):
    """Policies against each other on common random numbers."""

    study: Literal["compare"] = "compare"
    policies: dict[str, Overrides] = Field(min_length=1)
    scenarios: dict[str, Overrides] = Field(default_factory=dict)
    baseline: str | None = None
    kpis: Kpis = Field(default_factory=lambda: [Kpi(kpi="gmv"), Kpi(kpi="profit"), Kpi(kpi="fill_rate")])
    replications: Replicate = Replications()
    best: Best | None = None
    confidence: Share = Field("95%", gt=0.5, lt=1.0)  # type: ignore[assignment]

    @model_validator(mode="after")
    def _known(self) -> CompareStudy:
        if self.baseline is not None and self.baseline not in self.policies:
            raise ValueError(f"found baseline {self.baseline!r}, accepted: {', '.join(self.policies)}")
        return self


class SweepStudy(Study):
    """Many designs, one tidy table."""

    study: Literal["sweep"] = "sweep"
    factors: Factors = Field(min_length=1)
    design: Literal["full", "lhs", "sobol"] = "full"
    samples: int = Field(64, ge=1, le=10_000_000, description="of a Latin hypercube or Sobol' design")
    constraints: list[str] = Field(default_factory=list)
    policies: dict[str, Overrides] = Field(default_factory=dict)
    kpis: Kpis = Field(default_factory=lambda: [Kpi(kpi="gmv"), Kpi(kpi="profit"), Kpi(kpi="fill_rate")])
    replications: Replicate = default(3)


class SensitivityStudy(Study):
    """Which assumptions carry the answer: Morris screening, then Sobol' indices."""

    study: Literal["sensitivity"] = "sensitivity"
    factors: Factors = Field(default_factory=dict, description="default: the scenario's assumptions with their ranges")
    policies: dict[str, Overrides] = Field(
        default_factory=dict, max_length=2, description="two: their difference is explained"
    )
    kpis: Kpis = Field(default_factory=lambda: [Kpi(kpi="profit")])
    trajectories: int = Field(10, ge=2, le=10_000)
    keep: int = Field(6, ge=1, le=100, description="factors that go on from screening to indices")
    samples: int = Field(64, ge=0, le=1_000_000, description="base samples of Sobol' indices; 0 leaves them out")
    replications: Replicate = default(2)


class Objective(Section):
    """What to optimise, and over which uncertainty."""

    kpi: str
    goal: Literal["max", "min"] | None = None
    robust: Literal["mean", "cvar", "worst"] = "mean"


class OptimiseStudy(Study):
    """Search policy parameters."""

    study: Literal["optimise"] = "optimise"
    parameters: Factors = Field(min_length=1)
    objectives: list[Annotated[Objective, BeforeValidator(named)]] = Field(min_length=1)
    constraints: list[Limit] = Field(default_factory=list)
    scenarios: dict[str, Overrides] = Field(default_factory=dict)
    trials: int = Field(50, ge=1, le=1_000_000)
    replications: Replicate = default(5)


class BreakStudy(Study):
    """The smallest shock that breaks each policy."""

    study: Literal["break"] = "break"
    policies: dict[str, Overrides] = Field(default_factory=dict)
    shocks: list[Shock] = Field(min_length=1, max_length=2)
    fails_when: Fails
    probability: Share = Field("50%", gt=0.0, lt=1.0)  # type: ignore[assignment]
    steps: int = Field(7, ge=2, le=100, description="values of the first shock on a frontier of two")
    replications: Replicate = default(30)


class DiscoverStudy(Study):
    """Which combinations of uncertainties make a policy fail."""

    study: Literal["discover"] = "discover"
    factors: Factors = Field(min_length=1)
    samples: int = Field(256, ge=20, le=1_000_000)
    constraints: list[str] = Field(default_factory=list)
    policy: Overrides = Field(default_factory=dict)
    fails_when: Fails
    density: Share = Field("80%", gt=0.0, le=1.0)  # type: ignore[assignment]
    replications: Replicate = default(2)


class AbStudy(Study):
    """An A/B test inside the platform against the truth only a simulation knows."""

    study: Literal["ab"] = "ab"
    arms: tuple[str, str] | None = Field(
        None, description="two arms of the scenario's shelf.ab, the first is compared against; left out: a and b"
    )
    test: Overrides = Field(default_factory=dict, description="overrides that run the test")
    all_a: Overrides | None = Field(
        None, description="overrides that put everyone into the first arm; left out with arms: shelf.ab.everyone"
    )
    all_b: Overrides | None = Field(None, description="the same for the second arm")
    no_effect: Overrides | None = Field(
        None, description="overrides of a test whose arms are alike, such as {shelf.ab.blank: true}"
    )
    outcome: str = "orders"
    per: str = "visits"
    statistic: Literal["proportion", "mean"] = Field(
        "proportion", description="outcome ÷ per tested as a proportion (z) or as a mean (Welch)"
    )
    alpha: Share = Field("5%", gt=0.0, lt=0.5)  # type: ignore[assignment]
    replications: Replicate = default(30)

    @model_validator(mode="after")
    def _truth_known(self) -> AbStudy:
        if self.arms is None and (self.all_a is None or self.all_b is None):
            raise ValueError("accepted: arms (two arms of the scenario's shelf.ab), or both all_a and all_b")
        return self


class Case(Section):
    """One claim of practitioners, its mechanism on against off."""

    name: str
    name_zh: str = ""
    claim: str
    claim_zh: str = ""
    scenario: str | None = None
    off: Overrides = Field(default_factory=dict)
    on: Overrides = Field(default_factory=dict)
    kpi: str
    effect: Literal["relative", "difference", "level"] = "relative"
    claimed: Amount | None = None
    literature: tuple[Amount, Amount]
    source: str = ""
    replications: int | None = Field(None, ge=2, le=100_000)

    @model_validator(mode="after")
    def _range(self) -> Case:
        if self.literature[0] > self.literature[1]:
            raise ValueError("found a literature range whose first value is larger, accepted: [low, high]")
        return self


class CasesStudy(Study):
    """A table of claims, simulated."""

    study: Literal["cases"] = "cases"
    scenario: str = ""
    cases: list[Case] = Field(min_length=1)
    replications: Replicate = default(20)


class Risk(Section):
    """One thing that may happen: how often, and what happens in the scenario when it does."""

    name: str = Field("", description="filled in from the key")
    name_zh: str = ""
    per_year: float = Field(gt=0.0, le=1_000.0, description="how often it happens in a year")
    range: tuple[float, float] | None = Field(None, description="low and high of per_year")
    source: str = Field(min_length=1, description="where the likelihood is from")
    inject: list[Overrides] = Field(default_factory=list, description="events added to the scenario's own")
    changes: Overrides = Field(default_factory=dict, description="overrides where it happens")
    set: Overrides = Field(default_factory=dict, description="overrides of both runs, with it and without")

    @property
    def low(self) -> float:
        """Low end of the likelihood."""
        return self.range[0] if self.range else self.per_year

    @property
    def high(self) -> float:
        """High end of the likelihood."""
        return self.range[1] if self.range else self.per_year

    def named(self, name: str) -> Risk:
        """The risk with its name."""
        return self.model_copy(update={"name": name})

    @model_validator(mode="after")
    def _complete(self) -> Risk:
        if not self.inject and not self.changes:
            raise ValueError("found neither inject nor changes, accepted: at least one of them")
        if self.range and not 0.0 < self.range[0] <= self.per_year <= self.range[1]:
            raise ValueError(f"found range {list(self.range)}, accepted: [low, high] around per_year {self.per_year:g}")
        return self


def written(event: dict[str, Any]) -> dict[str, Any]:
    """An event of a resolved scenario as a file would have it: absent keys left out."""
    return {key: value for key, value in event.items() if value is not None}


class RegisterStudy(Study):
    """Every risk under every policy: likelihood × loss, ranked, with the tail of a year."""

    study: Literal["register"] = "register"
    risks: dict[str, Risk] = Field(min_length=1, max_length=100)
    policies: dict[str, Overrides] = Field({"as it is": {}}, min_length=1, max_length=8)
    kpi: str = Field("profit", description="what is lost")
    level: Share = Field("95%", gt=0.5, lt=1.0, description="of CVaR")  # type: ignore[assignment]
    years: int = Field(20_000, ge=100, le=1_000_000, description="years drawn from likelihoods and losses")
    replications: Replicate = default(10)


AnyStudy = Annotated[
    CompareStudy
    | SweepStudy
    | SensitivityStudy
    | OptimiseStudy
    | BreakStudy
    | DiscoverStudy
    | AbStudy
    | CasesStudy
    | RegisterStudy,
    Field(discriminator="study"),
]
KINDS: dict[str, type[Study]] = {
    kind.model_fields["study"].default: kind
    for kind in (
        CompareStudy,
        SweepStudy,
        SensitivityStudy,
        OptimiseStudy,
        BreakStudy,
        DiscoverStudy,
        AbStudy,
        CasesStudy,
        RegisterStudy,
    )
}
