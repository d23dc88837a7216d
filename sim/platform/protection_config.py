"""Patterns that protect the machine room: retries, breakers, throttling, rate limits, shedding."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from sim.core.config import Section, param
from sim.core.units import Count, Duration, Rate, Share
from sim.platform.names import ATTEMPTS
from sim.platform.service_config import Action


class Retries(Section):
    """Retries between services; what people do is the crowd's."""

    attempts: int = param(3, "L17", "tries of a call, the first included", low=1, high=5, ge=1, le=ATTEMPTS)
    client_attempts: int = param(
        1, "", "tries the app makes by itself before the user sees an error", ge=1, le=ATTEMPTS
    )
    backoff: Duration = param("100ms", "", "wait before the first retry; doubles")
    backoff_cap: Duration = param("20s", "resilience: 20 s", "longest wait", assumption=True)
    jitter: bool = param(True, "", "full jitter: a wait uniform on (0, backoff)")
    budget: Share | None = param(
        "20%", "Envoy", "retries as a share of active requests; null: no budget", low="10%", high="20%"
    )
    budget_minimum: int = param(3, "Envoy", "retries always allowed to be active", ge=0)


class Breaker(Section):
    """A circuit breaker on every call between services."""

    enabled: bool = param(True, "", "whether calls pass a breaker")
    failure_rate: Share = param("50%", "resilience4j", "failures that open it")
    slow_rate: Share = param("100%", "resilience4j", "slow calls that open it")
    slow_after: Duration = param("60s", "resilience4j", "when a call counts as slow")
    window: int | Duration = param("20s", "", "sliding window: a number of calls, or a duration up to 120s")
    minimum: int = param(100, "resilience4j", "calls in the window before it may open", ge=1)
    wait: Duration = param("60s", "resilience4j", "time it stays open")
    permits: int = param(10, "resilience4j", "calls let through half-open", ge=1)

    @model_validator(mode="before")
    @classmethod
    def _window(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("window"), int) and not 1 <= data["window"] <= 1_000_000:
            raise ValueError("window: accepted: 1 to 1000000 calls, or a duration up to 120s")
        return data


class Throttle(Section):
    """Clients refuse part of their own calls to a callee that refuses or fails most of them."""

    enabled: bool = param(False, "", "adaptive throttling on every call between services")
    multiplier: float = param(
        2.0, "Google SRE book ch. 21", "requests tolerated for each accepted one", low=1.1, high=2.0, ge=1
    )
    window: Duration = param("2min", "Google SRE book ch. 21", "over which requests and accepts are counted")


class RateLimit(Section):
    """A token bucket at the front door."""

    rate: Rate = param("1000/s", "", "requests admitted for good")
    burst: Count = param(2_000, "", "requests admitted at once")


class Shedding(Section):
    """Load shedding by importance: what is given up first is named first."""

    enabled: bool = param(True, "", "whether the front door sheds load")
    above: Share = param("95%", "", "utilisation of any node on an action's way at which shedding starts")
    drain: Duration = param("10s", "", "time in which a backlog is to be worked off")
    order: list[Action] = param(
        ["care", "browse", "search", "cart", "order", "pay"], "", "degradation plan, first first"
    )

    @model_validator(mode="after")
    def _check(self) -> Shedding:
        if len(set(self.order)) != len(self.order):
            raise ValueError("order: an action is named twice")
        return self
