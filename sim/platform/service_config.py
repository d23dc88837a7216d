"""Services of the machine room, their stores, and those of others they depend on; what a usual shop has of them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from sim.core.config import Section, param
from sim.core.units import Count, Duration, Share
from sim.platform.names import ATTEMPTS

Action: TypeAlias = Literal["browse", "search", "cart", "order", "pay", "care"]


class Cache(Section):
    """A cache in front of a service's store."""

    hit_rate: Share = param("90%", "", "share of reads the warm cache answers")
    working_set: Count = param(5_000, "", "objects to fetch again after a flush", gt=0)
    coalescing: bool = param(True, "", "concurrent misses of one object make a single call")


class Database(Section):
    """A primary for writes and replicas for reads."""

    queries: float = param(1.0, "", "queries for each request of the service", gt=0)
    writes: Share = param("50%", "", "share of queries that write")
    query_time: Duration = param("4ms", "", "mean time of a query", gt=0, le=60)
    connections: int | Literal["auto"] = param(
        "auto", "", "queries an instance runs at once; auto: sized like the services"
    )
    queue_limit: int = param(2_000, "", "queries waiting for an instance before more are refused", gt=0)
    timeout: Duration = param("1s", "", "after which the service gives up a query")
    replicas: int = param(2, "", "read replicas; 0: the primary answers reads too", ge=0, le=64)
    replication: Literal["synchronous", "asynchronous"] = param(
        "asynchronous", "", "whether a write waits for a replica", assumption=True
    )
    lag: Duration = param("1s", "", "replication lag in quiet times, for asynchronous replication")
    failover: Literal["automatic", "manual"] = param("automatic", "", "whether a lost primary is replaced by itself")
    detect: Duration = param("30s", "O12", "until the loss of the primary is certain", low="10s", high="60s")
    elect: Duration = param("20s", "O12", "until a new primary is chosen", low="5s", high="30s")
    reconnect: Duration = param("10s", "O12", "until services have reconnected", low="5s", high="30s")
    warm_up: Duration = param("30s", "O12", "at part of the capacity, until caches are warm", low="0s", high="60s")
    warm_capacity: Share = param("50%", "", "capacity meanwhile", low="30%", high="100%")
    failback: Duration = param(
        "10s", "", "interruption of a planned switch back to the repaired primary", low="1s", high="60s"
    )

    @model_validator(mode="after")
    def _check(self) -> Database:
        if isinstance(self.connections, int) and not 1 <= self.connections <= 100_000:
            raise ValueError("connections: accepted: a whole number from 1 to 100000, or auto")
        return self


class Service(Section):
    """One service, or in a monolith one module."""

    replicas: int | Literal["auto"] = param("auto", "", "auto: sized for the stated peak")
    service_time: Duration = param("20ms", "", "mean time of a request on one worker, callees not included", gt=0, le=60)
    concurrency: int = param(8, "", "workers of one replica: requests it serves at once", ge=1, le=10_000)
    in_flight: int = param(400, "", "requests one replica can hold while they wait for callees", ge=1, le=1_000_000)
    queue_limit: int = param(1_000, "", "requests waiting for one replica before more are refused", ge=1)
    timeout: Duration = param("2s", "", "after which callers give up", gt=0)
    variability: float = param(1.0, "", "squared coefficient of variation of the service time", ge=0, le=50)
    error: Share = param("0.01%", "", "requests that fail in quiet times")
    optional: bool = param(False, "", "callers do without when it fails")
    calls: dict[str, float] = param({}, "", "other services and dependencies it calls for each request")
    attempts: int | None = Field(default=None, ge=1, le=ATTEMPTS, description="instead of `retries.attempts`")
    min_replicas: int = param(2, "", "lower bound of the autoscaler", ge=1, le=100_000)
    max_replicas: int | None = Field(
        default=None, ge=1, le=100_000, description="upper bound of the autoscaler; left out: 4 times"
    )
    target: Share | None = Field(default=None, gt=0, description="utilisation aimed at, instead of `autoscaler.target`")
    target_in_flight: float | None = Field(
        default=None, gt=0, le=1_000_000, description="instead of `autoscaler.target_in_flight`"
    )
    cache: Cache | None = None
    database: Database | None = None

    @model_validator(mode="after")
    def _check(self) -> Service:
        if isinstance(self.replicas, int) and not 1 <= self.replicas <= 100_000:
            raise ValueError("replicas: accepted: a whole number from 1 to 100000, or auto")
        for name, number in self.calls.items():
            if not 0.0 < number <= 100.0:
                raise ValueError(f"calls: {name}: accepted: a number above 0, at most 100")
        return self


class Dependency(Section):
    """Somebody else's service, such as a payment provider."""

    service_time: Duration = param("150ms", "", "mean answer time", gt=0, le=60)
    concurrency: Annotated[int, Field(ge=1, le=1_000_000)] | Literal["auto"] = param("auto", "", "requests it serves at once; auto: twice the stated peak")
    timeout: Duration = param("3s", "", "after which callers give up", gt=0)
    error: Share = param("0.1%", "", "requests that fail in quiet times")
    attempts: int | None = Field(default=None, ge=1, le=ATTEMPTS, description="instead of `retries.attempts`")


def usual_services() -> dict[str, Service]:
    """Services of a shop that names none."""
    return {
        "gateway": Service(service_time="2ms", concurrency=32, in_flight=2000, timeout="10s"),  # type: ignore[arg-type]
        "search": Service(
            service_time="30ms",  # type: ignore[arg-type]
            cache=Cache(),
            database=Database(writes="0%", query_time="20ms"),  # type: ignore[arg-type]
        ),
        "recommendation": Service(service_time="25ms", timeout="500ms", optional=True),  # type: ignore[arg-type]
        "cart": Service(service_time="10ms"),  # type: ignore[arg-type]
        "order": Service(
            service_time="40ms",  # type: ignore[arg-type]
            calls={"inventory": 1.0},
            database=Database(queries=2.0, writes="50%"),  # type: ignore[arg-type]
        ),
        "payment": Service(
            service_time="30ms",  # type: ignore[arg-type]
            timeout="5s",  # type: ignore[arg-type]
            calls={"payment_provider": 1.0},
            database=Database(queries=2.0, writes="80%"),  # type: ignore[arg-type]
        ),
        "inventory": Service(
            service_time="10ms",  # type: ignore[arg-type]
            database=Database(writes="50%", query_time="3ms"),  # type: ignore[arg-type]
        ),
        "care": Service(service_time="30ms"),  # type: ignore[arg-type]
    }


def usual_actions() -> dict[Action, dict[str, float]]:
    """Services the entry calls for each user action of such a shop, and how often."""
    return {
        "browse": {"recommendation": 1.0, "search": 0.2},
        "search": {"search": 1.0},
        "cart": {"cart": 1.0, "inventory": 1.0},
        "order": {"cart": 1.0, "order": 1.0},
        "pay": {"payment": 1.0, "order": 1.0},
        "care": {"care": 1.0, "order": 0.5},
    }
