"""What can befall the machine room, and what people can do about it.

`target` is a service, a database (`payment.db`, `payment.db.primary`, `payment.db.replica`), a dependency or
a user action; `for_minutes` how long it lasts; `magnitude` a number, or a share in percent. An inject of
magnitude nought does nothing at all. Times are exact to the second; what starts within a minute that
has already been served starts with the next.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field

from sim.core import arguments
from sim.core.arguments import (
    Cached,
    Database,
    Degradable,
    Node,
    Number,
    Part,
    Place,
    Primary,
    Ratio,
    Service,
    UserAction,
)
from sim.core.clock import FAULTS
from sim.core.errors import SimError
from sim.core.registry import event
from sim.core.units import Duration, Rate, parse_duration, parse_rate
from sim.platform import control
from sim.platform import state as st
from sim.platform.actors import Operations, operations
from sim.platform.config import Release


def _size(value: Any, usual: float, most: float = math.inf) -> float:
    """A magnitude as a number: `30%`, `0.3`. Raises SimError outside 0 .. `most`."""
    size = arguments.size(value, usual)
    if not 0.0 <= size <= most:
        limit = "a number of 0 or more" if most == math.inf else f"0% to {most:.0%}"
        raise SimError(f"magnitude: found {value!r}, accepted: {limit}")
    return size


def _until(team: Operations, for_minutes: Any, usual: float) -> float:
    """Second at which something ends that begins now and lasts `for_minutes` (or `usual` minutes)."""
    return team.second + arguments.minutes(for_minutes, usual) * 60.0


def _hold(market: Any, kind: int, target: Any, size: float, for_minutes: Any, usual: float, name: str) -> None:
    """One effect on one node for a while, with its end in the journal."""
    team = operations(market)
    node = team.node(target)
    until = _until(team, for_minutes, usual)
    if control.add(team.platform, kind, node, size, team.second, until) >= 0:
        team.tell(name, str(target), size)
        team.later(until, FAULTS, lambda: team.tell(f"{name}_over", str(target)))


# What can befall it -------------------------------------------------------------------------------


@event("platform.crash", kind="inject", requires=("target",))
def crash(market: Any, target: Node | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """A share of a service's replicas is gone (all, if left out) with the requests there; a primary fails over."""
    team = operations(market)
    node, size = team.node(target), _size(magnitude, 1.0, 1.0)
    if size == 0.0:
        return
    if team.plan.kinds[node] == st.PRIMARY and size == 1.0:
        team.lose_primary(node, _until(team, for_minutes, 20.0))
        return
    control.add(team.platform, st.KILL, node, size, team.second)
    _hold(market, st.CAPACITY, target, size, for_minutes, 5.0, "crashed")


@event("platform.slow", kind="inject", requires=("target",))
def slow(market: Any, target: Node | None = None, for_minutes: Any = None, magnitude: Ratio | None = None) -> None:
    """Requests take `magnitude` longer (200% if left out: three times as long)."""
    _hold(market, st.SLOW, target, _size(magnitude, 2.0), for_minutes, 15.0, "slow")


@event("platform.packet_loss", kind="inject", requires=("target",))
def packet_loss(market: Any, target: Node | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """A share of packets to a node is lost (5% if left out): retransmissions, then timeouts."""
    _hold(market, st.LOSS, target, _size(magnitude, 0.05, 1.0), for_minutes, 15.0, "packet_loss")


@event("platform.partition", kind="inject", requires=("target",))
def partition(market: Any, target: Node | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """A share of callers cannot reach a node (all, if left out) and wait until their timeout."""
    _hold(market, st.UNREACHABLE, target, _size(magnitude, 1.0, 1.0), for_minutes, 10.0, "partitioned")


@event("platform.capacity_cut", kind="inject")
def capacity_cut(market: Any, target: Node | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """A share of workers is gone (half, if left out): of one node, or of all at the shop's sites without a target."""
    team = operations(market)
    size = _size(magnitude, 0.5, 1.0)
    for node in team.sited() if target is None else [team.node(target)]:
        _hold(market, st.CAPACITY, team.plan.names[node], size, for_minutes, 30.0, "capacity_cut")


@event("platform.cache_flush", kind="inject", requires=("target",))
def cache_flush(market: Any, target: Cached | None = None, magnitude: Part | None = None) -> None:
    """A share of a service's cache is empty (all, if left out): its misses stampede the store."""
    team = operations(market)
    node, size = team.node(target), _size(magnitude, 1.0, 1.0)
    if team.platform.nodes[node]["hit_rate"] <= 0.0:
        raise SimError(f"platform.cache_flush: {target!r} has no cache")
    if control.add(team.platform, st.FLUSH, node, size, team.second) >= 0:
        team.tell("cache_flushed", str(target), size)


@event("platform.database_crash", kind="inject", requires=("target",))
def database_crash(market: Any, target: Database | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """A service's primary database is lost; a replica takes over where there is one."""
    name = str(target)
    crash(market, name if ".db" in name else f"{name}.db", 20.0 if for_minutes is None else for_minutes, magnitude)


@event("platform.replication_lag", kind="inject", requires=("target",))
def replication_lag(market: Any, target: Primary | None = None, for_minutes: Any = None, magnitude: Duration = "60s") -> None:  # type: ignore[assignment]
    """Replicas of a primary fall behind by up to `magnitude` (a duration)."""
    team = operations(market)
    name = str(target) if ".db" in str(target) else f"{target}.db"
    if team.plan.kinds[team.node(name)] != st.PRIMARY:
        raise SimError(f"platform.replication_lag: {target!r} has no primary")
    seconds = parse_duration(magnitude) * 60.0 if isinstance(magnitude, str) else float(magnitude)
    _hold(market, st.LAG, name, seconds, for_minutes, 30.0, "replication_lag")


@event("platform.bad_release", kind="inject", requires=("target",))
def bad_release(
    market: Any,
    target: Service | None = None,
    for_minutes: Any = None,
    magnitude: Part | None = None,
    strategy: Literal["big_bang", "canary"] = "big_bang",
    slower: Ratio | None = None,
) -> None:
    """A faulty version of a service goes out: a share of its requests fails (30% if left out), big_bang or canary."""
    team = operations(market)
    if strategy not in ("big_bang", "canary"):
        raise SimError(f"strategy: found {strategy!r}, accepted: big_bang, canary")
    errors, slowing = _size(magnitude, 0.3, 1.0), _size(slower, 0.0)
    if errors == 0.0 and slowing == 0.0:
        return
    team.node(target)
    release = Release.model_construct(
        at="", service=str(target), strategy=strategy, fault="always", errors=errors, slower=slowing
    )
    rollout = team.release(10_000 + len(team.rollouts), release, faulty=True)
    if for_minutes is not None:
        team.later(_until(team, for_minutes, 0.0), FAULTS, lambda: market.env.process(rollout.roll_back()))


@event("platform.dependency_outage", kind="inject")
def dependency_outage(
    market: Any, target: Node | None = "payment_provider", for_minutes: Any = None, magnitude: Part | None = None, hangs: bool = False
) -> None:
    """A share of calls to a dependency fails (all, if left out), at once or, if it hangs, after the timeout."""
    kind = st.UNREACHABLE if hangs else st.ERROR
    _hold(market, kind, target or "payment_provider", _size(magnitude, 1.0, 1.0), for_minutes, 20.0, "dependency_out")


@event("platform.site_loss", kind="inject")
def site_loss(market: Any, target: Literal["site", "city"] | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """The site that serves is lost (target `city`: both centres of the first city); the pattern says what follows."""
    team = operations(market)
    size = _size(magnitude, 1.0, 1.0)
    if target not in (None, "site", "city"):
        raise SimError(f"platform.site_loss: found target {target!r}, accepted: site, city")
    if size == 0.0:
        return
    if size < 1.0:
        capacity_cut(market, None, 240.0 if for_minutes is None else for_minutes, size)
        return
    team.lose_site(target, _until(team, for_minutes, 240.0))


@event("platform.traffic_surge", kind="inject")
def traffic_surge(market: Any, target: UserAction | None = None, for_minutes: Any = None, magnitude: Ratio | None = None) -> None:
    """People ask `magnitude` more (100% if left out) of one user action or of all."""
    team = operations(market)
    action = -1 if target is None else team.action(str(target))
    until = _until(team, for_minutes, 15.0)
    size = _size(magnitude, 1.0)
    if control.add(team.platform, st.SURGE, action, size, team.second, until) >= 0:
        team.tell("traffic_surge", str(target or "all"), size)
        team.later(until, FAULTS, lambda: team.tell("traffic_surge_over", str(target or "all")))


@event("platform.thundering_herd", kind="inject")
def thundering_herd(market: Any, target: UserAction | None = None, for_minutes: Any = None, magnitude: Ratio | None = None) -> None:
    """Clients come back all at once: `magnitude` times the last minute's requests (1 if left out) within 10 s."""
    team = operations(market)
    size = _size(magnitude, 1.0)
    until = max(_until(team, for_minutes, 1.0 / 6.0), team.second + 1)
    seconds = until - team.second
    last = team.platform.actions[max(0, int(market.env.now) - 1), :, st.A_OFFERED]
    for a in range(st.ACTIONS):
        if target is None or a == team.action(str(target)):
            control.add(team.platform, st.HERD, a, size * float(last[a]) / seconds, team.second, until)
    if size > 0.0:
        team.tell("thundering_herd", str(target or "all"), size)


# What people do -----------------------------------------------------------------------------------


@event("platform.rollback", kind="action")
def rollback(market: Any, target: Service | None = None) -> None:
    """Take back the releases of a service that are still out (of every service without a target)."""
    team = operations(market)
    for rollout in team.rollouts:
        if not rollout.over and target in (None, rollout.release.service):
            market.env.process(rollout.roll_back())


@event("platform.failover", kind="action")
def failover(market: Any, target: Place | None = None) -> None:
    """Switch to the standby of a database (or of the site without a target) without waiting for the fault to end."""
    team = operations(market)
    reason = team.fail_over(_place(team, target))
    if reason:
        team.tell(reason, str(target or "site"))


@event("platform.failback", kind="action")
def failback(market: Any, target: Place | None = None) -> None:
    """Go back to a repaired primary or site; without a target, to all that are repaired."""
    team = operations(market)
    for node in list(team.outages) if target is None else [_place(team, target)]:
        if not team.fail_back(node):
            team.tell("failback_not_possible", "site" if node < 0 else team.plan.names[node])


def _place(team: Operations, target: Any) -> int:
    if target in (None, "site", "city"):
        return -1
    name = str(target)
    return team.node(name if ".db" in name else f"{name}.db")


@event("platform.scale", kind="action", one_of=("replicas", "factor"))
def scale(
    market: Any, target: Service | None = None, for_minutes: Any = None, replicas: Number | None = None, factor: Annotated[float, Field(gt=0.0, le=1000.0)] | None = None
) -> None:
    """Order replicas: at least `replicas`, or `factor` times the present ones, of one service or of all."""
    team = operations(market)
    if (replicas is None) == (factor is None):
        raise SimError("platform.scale: accepted: exactly one of replicas, factor")
    nodes = (
        [v for v, kind in enumerate(team.plan.kinds) if kind == st.SERVICE] if target is None else [team.node(target)]
    )
    until = math.inf if for_minutes is None else _until(team, for_minutes, 0.0)
    for node in nodes:
        live = team.platform.live[node]
        wanted = (
            replicas
            if replicas is not None
            else math.ceil((int(live["ready"]) + int(live["starting"])) * float(factor or 1.0))
        )
        if not 0 <= wanted <= 100_000:
            raise SimError(f"replicas: found {wanted}, accepted: 0 to 100000")
        control.add(team.platform, st.FLOOR, node, float(wanted), team.second, until)
        team.tell("scaled", team.plan.names[node], wanted)


@event("platform.degrade", kind="action", requires=("target",))
def degrade(market: Any, target: Degradable | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """Switch off a user action or a service (or a share of it), to spare the rest."""
    team = operations(market)
    size = _size(magnitude, 1.0, 1.0)
    until = math.inf if for_minutes is None else _until(team, for_minutes, 0.0)
    name = str(target)
    if name in st.ACTION_NAMES and name not in team.plan.aliases:
        control.add(team.platform, st.ACTION_OFF, team.action(name), size, team.second, until)
    elif name.startswith("action.") and name[7:] in st.ACTION_NAMES:
        control.add(team.platform, st.ACTION_OFF, team.action(name[7:]), size, team.second, until)
    else:
        control.add(team.platform, st.OFF, team.node(name), size, team.second, until)
    team.tell("degraded", name, size)


@event("platform.restore", kind="action")
def restore(market: Any, target: Degradable | None = None) -> None:
    """Switch on again what `platform.degrade` switched off, and end orders for replicas; all without a target."""
    team = operations(market)
    effects = team.platform.effects
    name = "" if target is None else str(target)
    places = set() if target is None else {team.plan.aliases.get(name, -9)}
    short = name.removeprefix("action.")
    chosen_action = st.ACTION_NAMES.index(short) if short in st.ACTION_NAMES else -9
    for row in range(int(team.platform.setting[st.EFFECTS_USED])):
        kind, node = int(effects[row]["kind"]), int(effects[row]["target"])
        mine = kind in (st.OFF, st.FLOOR) and (target is None or node in places)
        mine = mine or (kind == st.ACTION_OFF and (target is None or node == chosen_action))
        if mine:
            control.end(team.platform, [row], team.second)
    team.tell("restored", name or "all")


@event("platform.open_breaker", kind="action", requires=("target",))
def open_breaker(market: Any, target: Node | None = None, for_minutes: Any = None) -> None:
    """Hold the circuit breakers towards a node open until closed by hand or for a while."""
    team = operations(market)
    until = math.inf if for_minutes is None else _until(team, for_minutes, 0.0)
    control.add(team.platform, st.BREAKER, team.node(target), 1.0, team.second, until)
    team.tell("breaker_opened", str(target))


@event("platform.close_breaker", kind="action", requires=("target",))
def close_breaker(market: Any, target: Node | None = None) -> None:
    """Let go of breakers held open by hand, and close those that opened by themselves."""
    team = operations(market)
    node = team.node(target)
    control.end(team.platform, control.in_force(team.platform, st.BREAKER, node, team.second), team.second)
    chosen = team.platform.edges["callee"] == node
    team.platform.edges["breaker"][chosen] = 0
    team.platform.window[chosen] = 0.0
    team.tell("breaker_closed", str(target))


@event("platform.restart", kind="action", requires=("target",))
def restart(market: Any, target: Node | None = None, magnitude: Part | None = None) -> None:
    """Restart a share of a service's replicas (all, if left out): the queue is gone, pods take their start time."""
    team = operations(market)
    node, size = team.node(target), _size(magnitude, 1.0, 1.0)
    control.add(team.platform, st.KILL, node, size, team.second)
    start = max(float(team.platform.nodes[node]["pod_start"]), 1.0)
    control.add(team.platform, st.CAPACITY, node, size, team.second, team.second + start)
    team.tell("restarted", str(target), size)


@event("platform.limit", kind="action")
def limit(
    market: Any, rate: Annotated[Rate, Field(gt=0.0)] | None = None, burst: Annotated[float, Field(ge=1.0, le=1e12)] | None = None
) -> None:
    """Set the rate limit at the front door, such as 500/s; without a rate, lift it."""
    team = operations(market)
    s = team.platform.setting
    if rate is None:
        s[st.LIMIT_RATE] = s[st.LIMIT_BURST] = s[st.LIMIT_TOKENS] = math.inf
        team.tell("limit_lifted")
        return
    value = parse_rate(rate) if isinstance(rate, str) else float(rate)
    if value <= 0.0:
        raise SimError(f"rate: found {rate!r}, accepted: more than 0/s")
    s[st.LIMIT_RATE] = value
    s[st.LIMIT_BURST] = max(value, float(burst) if burst is not None else value)
    s[st.LIMIT_TOKENS] = min(s[st.LIMIT_TOKENS], s[st.LIMIT_BURST])
    team.tell("limit_set", "", value)


@event("platform.release", kind="action", requires=("target",))
def release(
    market: Any, target: Service | None = None, strategy: Literal["big_bang", "canary"] = "canary"
) -> None:
    """Release a new version of a service now; it is faulty with the change failure rate."""
    team = operations(market)
    if strategy not in ("big_bang", "canary"):
        raise SimError(f"strategy: found {strategy!r}, accepted: big_bang, canary")
    team.node(target)
    one = Release.model_construct(
        at="", service=str(target), strategy=strategy, fault="by_chance", errors=0.3, slower=0.0
    )
    team.release(20_000 + len(team.rollouts), one)
