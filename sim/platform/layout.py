"""From a checked configuration to the machine room's arrays: how many of everything, how fast, how patient."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np

from sim.platform import state as st
from sim.platform.config import Platform
from sim.platform.graph import Plan, plan, service_visits, trips_of
from sim.platform.load import load_of
from sim.platform.service_config import Database, Service

#: no limit, for places and queues that are somebody else's
UNLIMITED = 1e9
_REPLICA_CORES = 8  # queries at once that cost as much as one replica of a service
DEFAULT_PEAK = 200.0  # user actions a second sized for when nothing is known about demand


class Context(Protocol):
    """What `build` needs to know about a run.

    May also have `expected_peak` (float, user actions a second) and `table` (what reads the trace that a name names).
    """

    minutes: int  # length of the run, warm-up included
    calendar: Any  # .minute(when) -> float; used only where the section names dates


def peak_of(config: Platform, ctx: Any) -> np.ndarray:
    """User actions a second the machine room is sized for: float64[ACTIONS]."""
    sizing = config.sizing
    mix = mix_of(config)
    if sizing.sized_for is not None:
        return mix * sizing.sized_for
    expected = getattr(ctx, "expected_peak", None)
    if expected is None and config.load is not None:
        expected = max(
            [config.load.rate or 0.0, config.load.start_rate, *(stage.target for stage in config.load.stages)]
        )
    return mix * (expected if expected else DEFAULT_PEAK) * sizing.headroom


def mix_of(config: Platform) -> np.ndarray:
    """Shares of user actions at the peak and in an exogenous load: float64[ACTIONS], sum 1."""
    mix = np.array([config.sizing.mix.get(name, 0.0) if name in config.actions else 0.0 for name in st.ACTION_NAMES])  # type: ignore[call-overload]
    return mix / mix.sum() if mix.sum() > 0.0 else mix


def build_state(config: Platform, ctx: Context) -> st.PlatformState:
    """All arrays of the machine room for a run of `ctx.minutes` minutes."""
    graph = plan(config)
    nodes_n, edges_n = len(graph.names), len(graph.edges)
    trips = trips_of(graph, essential=False)
    nodes = np.zeros(nodes_n, st.NODE)
    work = np.ones((st.ACTIONS, nodes_n))
    _fill_nodes(config, graph, nodes, work, peak_of(config, ctx), trips)
    live = np.zeros(nodes_n, st.LIVE)
    live["ready"] = nodes["base_replicas"]
    live["warm"] = 1.0
    live["work"] = 1.0
    edges = np.zeros(edges_n, st.EDGE)
    for e, (u, v, cached, optional) in enumerate(graph.edges):
        edges[e]["caller"], edges[e]["callee"] = u, v
        edges[e]["cached"], edges[e]["optional"] = cached, optional
        edges[e]["bulkhead"] = config.bulkhead
        edges[e]["attempts"] = edges[e]["reads"] = 1.0
        edges[e]["extra"] = nodes[v]["budget"]
        edges[e]["due_until"] = -1
        edges[e]["hot"] = -st.RING
    into = np.searchsorted(np.array([v for _, v, _, _ in graph.edges]), np.arange(nodes_n + 1)).astype(np.int32)
    scaler = config.autoscaler
    span = max(scaler.up.stabilisation, scaler.down.stabilisation, scaler.up.period, scaler.down.period)
    records = np.zeros((nodes_n, 2, math.ceil(span / scaler.every) + 2, 2))
    records[..., 0] = -np.inf
    starting = np.zeros((nodes_n, st.BATCHES, 2))
    board = np.zeros(nodes_n, st.BOARD)
    board["capacity"] = board["slow"] = 1.0
    order = np.full(st.ACTIONS, -1, np.int32)
    order[: len(config.shedding.order)] = [st.ACTION_NAMES.index(name) for name in config.shedding.order]
    load = load_of(config.load, ctx) if config.load is not None else np.zeros(0)
    minutes = int(ctx.minutes)
    prescale = np.array(
        [[ctx.calendar.minute(w.from_) * 60.0, ctx.calendar.minute(w.to) * 60.0, w.factor] for w in config.prescale]
    ).reshape(len(config.prescale), 3)
    return st.PlatformState(
        demand=np.zeros((st.CLASSES, st.ACTIONS, st.SECONDS)),
        latency=np.zeros((st.ACTIONS, st.SECONDS), np.float32),
        failure=np.zeros((st.ACTIONS, st.SECONDS), np.float32),
        client_latency=client_latency(config),
        nodes=nodes,
        board=board,
        live=live,
        edges=edges,
        into=into,
        calls=graph.calls.T.copy(),
        trips=trips.T.copy(),
        essential=trips_of(graph, essential=True).T.copy(),
        reach=np.zeros((nodes_n, st.ACTIONS)),
        work=work.T.copy(),
        cohorts=np.zeros((nodes_n, st.RING, st.ACTIONS)),
        due=np.zeros((edges_n, st.DUE, st.ATTEMPTS, st.ACTIONS)),
        window=np.zeros((edges_n, st.WINDOW, 4)),
        recent=np.zeros((3, st.ACTIONS, st.SECONDS)),
        recent_edges=np.zeros((3, edges_n, st.ACTIONS + 2)),
        shape=np.zeros((st.ACTIONS, st.BINS)),
        shaped=np.full((st.ACTIONS, st.SHAPED), -1.0),
        starting=starting,
        records=records,
        prescale=prescale,
        effects=np.zeros(st.EFFECTS, st.EFFECT),
        shed_order=order,
        action_off=np.zeros(st.ACTIONS),
        surge=np.ones(st.ACTIONS),
        herd=np.zeros(st.ACTIONS),
        setting=_settings(config, ctx),
        load=load,
        mix=mix_of(config),
        totals=np.zeros((st.CLASSES, st.ACTIONS, 4)),
        balance=np.zeros((st.ACTIONS, 4)),
        histogram=np.zeros((st.ACTIONS, st.BINS)),
        history=np.zeros((minutes, nodes_n, st.HISTORY), np.float32),
        actions=np.zeros((minutes, st.ACTIONS, st.ACTION_HISTORY), np.float32),
        lost_seconds=np.zeros(minutes, np.float32),
    )


def _fill_nodes(
    config: Platform, graph: Plan, nodes: np.ndarray, work: np.ndarray, peak: np.ndarray, trips: np.ndarray
) -> None:
    """Write the NODE rows; `auto` sizes come from `peak` (user actions a second)."""
    from sim.platform.recovery import extra_cost

    into_v = np.zeros((st.ACTIONS, len(nodes)))
    for e, (u, v, cached, _) in enumerate(graph.edges):
        reads = 1.0
        if cached and u >= 0:
            caches = [one.cache for name, one in config.services.items() if graph.aliases[name] == u and one.cache]
            reads = 1.0 - min(cache.hit_rate for cache in caches)
        into_v[:, v] += trips[:, e] * reads
    order = config.order_of_services()
    by_node = {graph.aliases[name]: name for name in order} if config.architecture == "microservices" else {}
    retries, scaler = config.retries, config.autoscaler
    price = config.price * 100.0 * (1.0 + extra_cost(config.sites))
    for v in range(len(nodes)):
        row = nodes[v]
        kind = graph.kinds[v]
        rate = float(peak @ into_v[:, v])
        row["kind"], row["owner"] = kind, graph.owners[v]
        row["backoff"], row["backoff_cap"] = retries.backoff * 60.0, retries.backoff_cap * 60.0
        row["jitter"] = retries.jitter
        row["budget"] = UNLIMITED if retries.budget is None else retries.budget
        row["budget_minimum"] = retries.budget_minimum
        row["attempts"] = retries.attempts
        row["lifo"], row["deadlines"] = config.queue == "adaptive_lifo", config.deadlines
        row["target"], row["pod_start"] = scaler.target, scaler.pod_start * 60.0
        row["target_in_flight"] = scaler.target_in_flight or 0.0
        row["variability"], row["scv"] = 1.0, 1.0
        row["base_replicas"] = row["min_replicas"] = row["max_replicas"] = 1
        if kind == st.SERVICE:
            name = by_node.get(v)
            one = config.services[name] if name else _whole_shop(config, order)
            row["service_time"] = one.service_time * 60.0
            if name is None:
                visits = service_visits(config, order)
                each = np.sum([visits[s] * config.services[s].service_time * 60.0 for s in order], axis=0)
                mean = float(mix_of(config) @ each) or float(each.max())
                row["service_time"] = mean
                work[:, v] = np.where(each > 0.0, each / mean, 1.0)
            busy = float(peak @ (into_v[:, v] * work[:, v])) * float(row["service_time"])
            _fill_service(row, one, busy, config, price)
            if v == graph.aliases[config.entry]:
                row["attempts"] = retries.client_attempts if one.attempts is None else one.attempts
        elif kind in (st.PRIMARY, st.REPLICA):
            name = graph.names[v].rsplit(".db.", 1)[0]
            database = config.services[name].database
            assert database is not None
            _fill_database(row, database, kind, rate, config, price)
        else:
            other = config.dependencies[graph.names[v]]
            row["service_time"], row["timeout"] = other.service_time * 60.0, other.timeout * 60.0
            rate *= config.sizing.stores
            wanted = max(1, math.ceil(2.0 * rate * other.service_time * 60.0 / config.sizing.utilisation))
            row["concurrency"] = wanted if other.concurrency == "auto" else other.concurrency
            row["base_error"] = other.error
            row["queue_limit"] = row["in_flight"] = UNLIMITED
            if other.attempts is not None:
                row["attempts"] = other.attempts


def _whole_shop(config: Platform, order: list[str]) -> Service:
    """The monolith as one service: every module's weakness is everybody's."""
    parts = [config.services[name] for name in order]
    explicit = [one for one in parts if isinstance(one.replicas, int)]
    concurrency = max(
        one.concurrency for name, one in zip(order, parts, strict=True) if name != config.entry or len(order) == 1
    )
    workers = sum(int(one.replicas) * one.concurrency for one in explicit)
    cached = [one.cache for one in parts if one.cache is not None]
    limits = [one.max_replicas for one in parts if one.max_replicas is not None]
    return Service.model_construct(
        **{
            **parts[0].__dict__,
            "replicas": math.ceil(workers / concurrency) if len(explicit) == len(parts) else "auto",
            "concurrency": concurrency,
            "error": 1.0 - math.prod(1.0 - one.error for one in parts),
            "cache": min(cached, key=lambda cache: cache.hit_rate) if cached else None,
            "max_replicas": sum(limits) if limits else None,
            "optional": False,
            "attempts": None,
            "target": None,
            "target_in_flight": None,
        }
    )


def _fill_service(row: Any, one: Service, busy: float, config: Platform, price: float) -> None:
    wanted = math.ceil(busy / (one.concurrency * config.sizing.utilisation))
    base = max(one.min_replicas, wanted) if one.replicas == "auto" else one.replicas
    row["concurrency"], row["in_flight"] = one.concurrency, max(one.in_flight, one.concurrency)
    row["timeout"], row["queue_limit"] = one.timeout * 60.0, one.queue_limit
    row["variability"], row["scv"] = (1.0 + one.variability) / 2.0, one.variability
    row["base_error"], row["optional"] = one.error, one.optional
    row["scaled"] = 1
    row["base_replicas"] = base
    row["min_replicas"] = min(one.min_replicas, base) if one.replicas != "auto" else one.min_replicas
    row["max_replicas"] = max(one.max_replicas if one.max_replicas is not None else 4 * base, base)
    row["price"] = round(price)
    if one.target is not None:
        row["target"] = one.target
    if one.target_in_flight is not None:
        row["target_in_flight"] = one.target_in_flight
    if one.attempts is not None:
        row["attempts"] = one.attempts
    if one.cache is not None:
        row["hit_rate"], row["working_set"] = one.cache.hit_rate, one.cache.working_set
        row["coalescing"] = one.cache.coalescing


def _fill_database(row: Any, database: Database, kind: int, rate: float, config: Platform, price: float) -> None:
    time = database.query_time * 60.0
    instances = database.replicas if kind == st.REPLICA else 1
    auto = max(4, math.ceil(rate * config.sizing.stores * time / (instances * config.sizing.utilisation)))
    connections = auto if database.connections == "auto" else database.connections
    row["service_time"], row["timeout"] = time, database.timeout * 60.0
    row["concurrency"], row["in_flight"], row["queue_limit"] = connections, UNLIMITED, database.queue_limit
    row["base_replicas"] = row["min_replicas"] = instances
    row["max_replicas"] = 64
    row["price"] = round(price * max(1.0, connections / _REPLICA_CORES))
    if kind == st.PRIMARY and database.replication == "asynchronous":
        row["lag"] = database.lag * 60.0


def _settings(config: Platform, ctx: Context) -> np.ndarray:
    """The scalars of the side, in the order `sim.platform.state` names."""
    s = np.zeros(st.SETTINGS)
    breaker, throttle, scaler = config.breaker, config.throttle, config.autoscaler
    s[st.BREAKER_ON] = breaker.enabled
    s[st.BREAKER_FAILURE], s[st.BREAKER_SLOW] = breaker.failure_rate, breaker.slow_rate
    s[st.BREAKER_SLOW_AFTER] = breaker.slow_after * 60.0
    s[st.BREAKER_BY_COUNT] = isinstance(breaker.window, int)
    s[st.BREAKER_WINDOW] = breaker.window if isinstance(breaker.window, int) else min(breaker.window * 60.0, st.WINDOW)
    s[st.BREAKER_MINIMUM], s[st.BREAKER_WAIT] = breaker.minimum, breaker.wait * 60.0
    s[st.BREAKER_PERMITS] = breaker.permits
    s[st.THROTTLE_ON], s[st.THROTTLE_K] = throttle.enabled, throttle.multiplier
    s[st.THROTTLE_WINDOW] = min(throttle.window * 60.0, st.WINDOW)
    s[st.LIMIT_RATE] = s[st.LIMIT_BURST] = s[st.LIMIT_TOKENS] = np.inf
    if config.rate_limit is not None:
        s[st.LIMIT_RATE] = config.rate_limit.rate
        s[st.LIMIT_BURST] = s[st.LIMIT_TOKENS] = config.rate_limit.burst
    s[st.SHED_ON], s[st.SHED_AT] = config.shedding.enabled, config.shedding.above
    s[st.SHED_DRAIN] = max(config.shedding.drain * 60.0, 1.0)
    s[st.HPA_ON], s[st.HPA_TOLERANCE], s[st.HPA_EVERY] = scaler.enabled, scaler.tolerance, round(scaler.every * 60.0)
    for limits, window, pods, percent, period in (
        (scaler.up, st.HPA_UP_WINDOW, st.HPA_UP_PODS, st.HPA_UP_PERCENT, st.HPA_UP_PERIOD),
        (scaler.down, st.HPA_DOWN_WINDOW, st.HPA_DOWN_PODS, st.HPA_DOWN_PERCENT, st.HPA_DOWN_PERIOD),
    ):
        s[window], s[period] = limits.stabilisation * 60.0, limits.period * 60.0
        s[pods] = -1.0 if limits.pods is None else limits.pods
        s[percent] = -1.0 if limits.percent is None else limits.percent * 100.0
    s[st.MEASURE_FROM] = getattr(ctx.calendar, "warmup", 0) if getattr(ctx, "calendar", None) is not None else 0
    s[st.LAST_SLOW] = s[st.FAST] = s[st.FAST_1] = s[st.FAST_2] = -10.0
    if config.load is not None:
        s[st.LOAD_ON], s[st.LOAD_POISSON] = 1.0, config.load.arrivals == "poisson"
    return s


def client_latency(config: Platform) -> np.ndarray:
    """Seconds a page takes on the shopper's side: transfer of the page's weight and rendering; float32[DEVICES]."""
    e = config.experience
    return np.array(
        [
            e.page_weight * 8.0 / e.phone_speed + e.phone_rendering * 60.0,
            e.page_weight * 8.0 / e.desktop_speed + e.desktop_rendering * 60.0,
        ],
        np.float32,
    )
