"""What the section `platform` of a scenario file may say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field, model_validator

from sim.core.config import DataFile, Given, Section, kept_with, param
from sim.core.quantities import duration_text
from sim.core.tables import Fault, columns, first, minute_by_minute, numbers
from sim.core.units import Duration, MoneyRate, Percent, Rate, Share, Size, Speed, When
from sim.platform.names import ACTION_NAMES
from sim.platform.protection_config import Breaker, RateLimit, Retries, Shedding, Throttle
from sim.platform.service_config import Action, Dependency, Service, usual_actions, usual_services
from sim.platform.sites import HotStandby, Sites


class Limits(Section):
    """Speed limit of the autoscaler in one direction; the more generous of pods and percent holds."""

    pods: int | None = Field(default=None, ge=0, description="pods in a period")
    percent: Percent | None = Field(default=None, ge=0, description="share of the replicas in a period")
    period: Duration = param("15s", "Kubernetes", "length of the period", gt=0, le=1_440)
    stabilisation: Duration = param("0s", "Kubernetes", "how long earlier recommendations hold back a later one", le=1_440)


class Autoscaler(Section):
    """Kubernetes' horizontal pod autoscaler for every service."""

    enabled: bool = param(True, "", "whether services scale by themselves")
    target: Share = param("60%", "", "utilisation aimed at", low="50%", high="80%")
    target_in_flight: float | None = Field(
        default=None, gt=0, le=1_000_000,
        description="requests in flight for each replica aimed at, a second metric; the larger recommendation holds",
    )  # fmt: skip
    tolerance: Share = param("10%", "Kubernetes", "deviation that changes nothing")
    every: Duration = param("15s", "O09", "evaluation interval; a divisor of a minute")
    pod_start: Duration = param("100s", "O11", "from decision to serving, a new node included", low="40s", high="300s")
    up: Limits = Limits(pods=4, percent="100%", stabilisation="0s")  # type: ignore[arg-type]
    down: Limits = Limits(percent="100%", stabilisation="300s")  # type: ignore[arg-type]

    @model_validator(mode="after")
    def _check(self) -> Autoscaler:
        every = round(self.every * 60)
        if every < 1 or abs(every - self.every * 60) > 1e-9 or 60 % every:
            found = duration_text(self.every)
            raise ValueError(f"every: found {found}, accepted: a whole number of seconds that divides a minute")
        if self.target <= 0.0:
            raise ValueError("target: found 0%, accepted: more than 0%")
        return self


class Prescale(Section):
    """Capacity added on schedule."""

    from_: When = Field(alias="from", description="when the replicas are ordered; they serve after the pod start time")
    to: When
    factor: float = Field(gt=0, le=1000, description="on every service's base replicas")


class Sizing(Section):
    """How many replicas `auto` means."""

    sized_for: Rate | None = Field(default=None, description="peak of user actions; left out: the peak the run expects")
    headroom: float = param(1.5, "O17", "capacity beyond the expected peak", low=1.1, high=3.0, gt=0, assumption=True)
    utilisation: Share = param("60%", "", "of workers at the peak sized for", low="40%", high="75%")
    stores: float = param(
        1.0, "", "on databases and dependencies, which do not grow during a run: what is laid in for a festival",
        low=1.0, high=20.0, gt=0,
    )  # fmt: skip
    mix: dict[Action, float] = param(
        {"browse": 66.0, "search": 25.0, "cart": 4.0, "order": 2.0, "pay": 2.0, "care": 1.0},
        "T03, T05",
        "user actions at the peak, relative",
        assumption=True,
    )

    @model_validator(mode="after")
    def _check(self) -> Sizing:
        if any(share < 0.0 for share in self.mix.values()) or sum(self.mix.values()) <= 0.0:
            raise ValueError("mix: accepted: numbers of 0 or more, not all 0")
        if not self.utilisation > 0.0:
            raise ValueError("utilisation: accepted: more than 0%")
        return self


class CanaryChecks(Section):
    """A release tried on a growing share of traffic first."""

    mode: Literal["steps", "fixed"] = param(
        "steps", "", "growing steps with checks, or one share and a two-sample test"
    )
    share: Share = param("1%", "O13", "share of traffic in mode `fixed`")
    duration: Duration = param("15min", "O14", "length of mode `fixed`")
    confidence: Share = param("99%", "", "of the two-sample test")
    step: Share = param("5%", "Flagger", "growth of the share in mode `steps`", low="1%", high="10%")
    up_to: Share = param("50%", "Flagger", "share from which the release is complete")
    every: Duration = param("60s", "Flagger", "time between checks")
    success: Share = param("99%", "Flagger", "least success ratio of a healthy check")
    latency_p99: Duration = param("500ms", "Flagger", "most latency of a healthy check")
    failures: int = param(10, "Flagger", "unhealthy checks that roll the release back", ge=1)


class Release(Section):
    """A new version of a service."""

    at: When
    service: str = "order"
    strategy: Literal["big_bang", "canary"] = "canary"
    fault: Literal["by_chance", "always", "never"] = "by_chance"
    errors: Share = param("30%", "", "requests of the new version that fail for good, when it is faulty")
    slower: Percent = param("0%", "", "added service time of the new version, when it is faulty")


class Releases(Section):
    """How changes reach production."""

    change_failure_rate: Share = param("10%", "O02", "releases that turn out faulty", low="5%", high="40%")
    canary: CanaryChecks = CanaryChecks()
    detect: Duration = param(
        "15min", "O14", "until a fault of a complete release is noticed without a playbook", low="5min", high="60min"
    )
    rollback: Duration = param(
        "10min", "O15", "from the decision to the old version everywhere", low="2min", high="30min"
    )
    automatic_rollback: bool = param(True, "", "roll back when the fault is noticed; false: wait for the action")
    schedule: list[Release] = Field(default_factory=list)


class Experience(Section):
    """What the shopper's device adds to every page."""

    page_weight: Size = param("1.6 MB", "", "transferred for a page", low="500 kB", high="4 MB")
    phone_speed: Speed = param("20 Mbit/s", "", "median mobile connection", low="5 Mbit/s", high="100 Mbit/s", gt=0)
    desktop_speed: Speed = param("60 Mbit/s", "", "median fixed connection", low="20 Mbit/s", high="300 Mbit/s", gt=0)
    phone_rendering: Duration = param("800ms", "", "rendering on a phone", low="300ms", high="2s")
    desktop_rendering: Duration = param("300ms", "", "rendering on a desktop", low="100ms", high="1s")


class Stage(Section):
    """Reach `target` in `duration`, linearly."""

    duration: Duration
    target: Rate = Field(le=1_000_000.0)


class Load(Section):
    """An exogenous load, so that the machine room runs without a crowd. Exactly one of `rate`, `stages`, `trace`."""

    rate: Rate | None = Field(None, le=1_000_000.0)
    start_rate: Rate = param("0/s", "", "rate before the first stage", le=1_000_000.0)
    stages: list[Stage] = Field(default_factory=list)
    trace: DataFile | None = Field(default=None, description="table with a column `count`: requests in each minute, in order")
    scale: float = Field(default=1.0, gt=0, le=1e6, description="factor on the trace")
    arrivals: Literal["smooth", "poisson"] = "smooth"

    @model_validator(mode="after")
    def _check(self) -> Load:
        if sum([self.rate is not None, bool(self.stages), self.trace is not None]) != 1:
            raise ValueError("accepted: exactly one of rate, stages, trace")
        most = max([self.rate or 0.0, self.start_rate, *(stage.target for stage in self.stages)])
        if self.arrivals == "poisson" and most > 50_000.0:
            raise ValueError(f"found poisson arrivals of {most:g}/s, accepted: at most 50000/s, or smooth arrivals")
        return self

    def faults(self, field: str, frame: Any) -> Iterable[Fault]:
        """What is wrong with a trace: a count in every row, and rows one minute apart where they say their time."""
        return first(
            lambda: columns(frame, ("count",)),
            lambda: numbers(frame, "count", 0, 1e12),
            lambda: [
                fault
                for name in ("period", "minute", "time")
                if name in frame.columns
                for fault in minute_by_minute(frame, name)
            ],
        )


class Platform(Section):
    """The machine room: services, the patterns that protect them, releases, sites."""

    architecture: Literal["microservices", "monolith"] = param("microservices", "", "whether services fail together")
    entry: str = param("gateway", "", "the service every user action reaches first")
    services: dict[str, Service] = Field(default_factory=usual_services, min_length=1, max_length=40)
    dependencies: dict[str, Dependency] = Field(default_factory=lambda: {"payment_provider": Dependency()})
    actions: dict[Action, dict[str, float]] = Field(
        default_factory=usual_actions, description="services the entry calls for each user action, and how often"
    )
    sizing: Sizing = Sizing()
    price: MoneyRate = param(
        "1.3 CNY/h", "O16", "of a replica of 4 vCPU", low="0.85 CNY/h", high="1.75 CNY/h", gt=0, assumption=True
    )
    deadlines: bool = param(True, "", "callers pass on their deadline, and nobody works for those who have given up")
    queue: Literal["fifo", "adaptive_lifo"] = param("fifo", "", "who is served first while there is a queue")
    bulkhead: Share = param("50%", "", "share of a caller's places that one callee may hold; 100%: no bulkhead")
    retries: Retries = Retries()
    breaker: Breaker = Breaker()
    throttle: Throttle = Throttle()
    rate_limit: RateLimit | None = None
    shedding: Shedding = Shedding()
    autoscaler: Autoscaler = Autoscaler()
    prescale: list[Prescale] = Field(default_factory=list)
    sites: Sites = HotStandby()
    releases: Releases = Releases()
    experience: Experience = Experience()
    load: Load | None = None

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: Any) -> Any:
        """What a file says about a usual service adds to its usual values; the other usual services stay.

        A file with `actions` of its own describes its own shop: then only the services it names exist. Actions that still
        call all that the usual ones call, such as those of an override of one number, are not of its own.
        """
        if not isinstance(data, dict) or not isinstance(data.get("services"), dict):
            return data
        usual = {name: one.model_dump(mode="json", exclude_unset=True) for name, one in usual_services().items()}
        written = data["services"]
        actions = data.get("actions", usual_actions())
        own = not isinstance(actions, dict) or any(
            not isinstance(actions.get(name), dict) or not calls.keys() <= actions[name].keys()
            for name, calls in usual_actions().items()
        )
        services: dict[str, Any] = {}
        for name in [*usual, *(name for name in written if name not in usual)]:
            if name not in written:
                if not own:
                    services[name] = usual[name]
                continue
            one = written[name]
            services[name] = one if own else kept_with(Given(Service, usual.get(name, {})), one)
        return {**data, "services": services}

    @model_validator(mode="after")
    def _check(self) -> Platform:
        known = set(self.services) | set(self.dependencies)
        if self.entry not in self.services:
            raise ValueError(f"entry: found {self.entry!r}, accepted: {', '.join(self.services)}")
        both = set(self.services) & set(self.dependencies)
        if both:
            raise ValueError(f"dependencies: {sorted(both)[0]!r} is a service too")
        wanted = [(f"actions.{name}", callee) for name, calls in self.actions.items() for callee in calls]
        wanted += [(f"services.{name}.calls", callee) for name, one in self.services.items() for callee in one.calls]
        for path, callee in wanted:
            if callee not in known:
                raise ValueError(f"{path}: found {callee!r}, accepted: {', '.join(sorted(known - {self.entry}))}")
            if callee == self.entry:
                raise ValueError(f"{path}: {callee!r} is the entry and cannot be called")
        for name, calls in self.actions.items():
            if any(not 0.0 < number <= 100.0 for number in calls.values()):
                raise ValueError(f"actions.{name}: accepted: numbers above 0, at most 100")
        for index, release in enumerate(self.releases.schedule):
            if release.service not in self.services:
                accepted = ", ".join(self.services)
                raise ValueError(f"releases.schedule.{index}.service: found {release.service!r}, accepted: {accepted}")
        self.order_of_services()
        return self

    def order_of_services(self) -> list[str]:
        """Services so that a caller comes before whom it calls. Raises ValueError naming a cycle."""
        done: list[str] = []
        state: dict[str, int] = {}

        def visit(name: str, trail: tuple[str, ...]) -> None:
            if name not in self.services or state.get(name) == 2:
                return
            if state.get(name) == 1:
                raise ValueError(f"services: calls go in a circle: {' -> '.join((*trail, name))}")
            state[name] = 1
            for callee in sorted(self.services[name].calls, reverse=True):
                visit(callee, (*trail, name))
            state[name] = 2
            done.append(name)

        for name in reversed(self.services):
            if name != self.entry:
                visit(name, ())
        visit(self.entry, ())
        return done[::-1]


assert set(usual_actions()) == set(ACTION_NAMES)
