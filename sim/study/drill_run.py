"""One rehearsal of a drill: the market with the fault, watched minute by minute; and the same seed without it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from sim.books.measures.platform import release_people, release_value
from sim.books.measures.result import profit
from sim.core.clock import ACTIONS, FAULTS, call_after, wait
from sim.engine.alerts import Threshold
from sim.engine.metrics import TOTALS
from sim.engine.playbook import WATCHERS, Done, Responder, Step, level, take
from sim.engine.readings import Meter
from sim.engine.withdraw import Fault
from sim.platform.state import ACTION_NAMES
from sim.study.drill_config import Drill, Probe

INF = math.inf


@dataclass
class Checked:
    """What one probe has seen."""

    metric: str
    mode: str
    weight: float
    before: bool | None = None
    after: bool | None = None
    checks: int = 0
    held: int = 0
    worst: float = math.nan
    """reading furthest on the wrong side from the fault on"""

    @property
    def percent(self) -> float:
        """Share of its checks that held, of 1."""
        if self.mode == "edge":
            known = [seen for seen in (self.before, self.after) if seen is not None]
            return sum(known) / len(known) if known else math.nan
        return self.held / self.checks if self.checks else math.nan


@dataclass
class Rehearsal:
    """What came of one replication. Minutes are of the run; nan where something never happened."""

    status: str = "done"
    first: float = 0.0
    fault_at: float = 0.0
    fault_over: float = math.nan
    alerted: float = math.nan
    decided: float = math.nan
    restored: float = math.nan
    recovered: float = math.nan
    stopped_at: float = math.nan
    end: float = 0.0
    disturbed: bool = False
    metastable: bool = False
    rpo: float = 0.0
    void_orders: float = 0.0
    release_people: float = math.nan
    """people with an order that failed through a faulty release; nan without one"""
    release_value: float = math.nan
    """CNY of orders given up after that"""
    probes: list[Checked] = field(default_factory=list)
    actions: list[Done] = field(default_factory=list)
    afterwards: list[Done] = field(default_factory=list)
    minutes: list[float] = field(default_factory=list)
    orders: list[float] = field(default_factory=list)
    gmv: list[float] = field(default_factory=list)
    profit: list[float] = field(default_factory=list)
    """CNY booked since the scenario's start, at each of the minutes"""
    readings: dict[str, list[float]] = field(default_factory=dict)
    journal: list[tuple[float, str, str, str, float]] = field(default_factory=list)

    @property
    def mttd(self) -> float:
        """Minutes from the fault to the first alert; infinite where nobody was told of a disturbance."""
        if math.isnan(self.alerted):
            return INF if self.disturbed else math.nan
        return self.alerted - self.fault_at

    @property
    def rto(self) -> float:
        """Minutes from the fault until the steady state was back; nought where it was never left."""
        if not self.disturbed:
            return 0.0
        return INF if math.isnan(self.restored) else self.restored - self.fault_at

    @property
    def mttr(self) -> float:
        """Minutes from the fault to recovery after its end."""
        return INF if math.isnan(self.recovered) else self.recovered - self.fault_at

    @property
    def score(self) -> float:
        """Weighted share of checks that held: Σ weight·share ÷ Σ weight."""
        return drill_score([(p.weight, p.percent) for p in self.probes])


def drill_score(parts: list[tuple[float, float]]) -> float:
    """Σ weight·share ÷ Σ weight over the probes that saw something."""
    known = [(weight, share) for weight, share in parts if not math.isnan(share)]
    total = sum(weight for weight, _ in known)
    return sum(weight * share for weight, share in known) / total if total > 0 else math.nan


def availabilities(drill: Drill) -> list[tuple[str, float]]:
    """(metric, objective) of every availability the steady state asks for: what burn rates watch by themselves."""
    found = [
        (probe.metric, level(probe.metric, probe.at_least))
        for probe in drill.steady_state
        if probe.metric.endswith(".availability") and probe.at_least is not None
    ]
    return found or [("platform.order.availability", 0.999), ("platform.pay.availability", 0.999)]


def span(drill: Drill, calendar: Any) -> tuple[int, int]:
    """(first minute watched, minute at which all runs end): the same for every response and for the control."""
    starts = [calendar.minute(event.at) for event in drill.inject]
    lengths = [drill.lasts_at_most if event.lasts is None else event.lasts for event in drill.inject]
    over = max(start + length for start, length in zip(starts, lengths, strict=True))
    before = max(10.0, *(max(probe.over, probe.every) for probe in drill.steady_state))
    first = max(0, math.floor(min(starts)) - math.ceil(before))
    return first, min(calendar.end, math.ceil(over + drill.patience + drill.settle + drill.observe))


class _Watch:
    """Runs one replication: ticks, probes, stop condition, recovery, afterwards."""

    def __init__(
        self, market: Any, drill: Drill, response: str, steps: tuple[Step, ...], control: Rehearsal | None
    ) -> None:
        self.market, self.drill, self.control = market, drill, control
        self.first, self.last = span(drill, market.calendar)
        self.meter = Meter(market, None if control is None else trace(control))
        self.out = Rehearsal(first=self.first)
        self.steps, self.response = steps, drill.responses[response]
        self.faults: list[Fault] = []
        self.waiting = len(drill.inject)
        self.tick = max(1, math.floor(min((probe.every for probe in drill.steady_state), default=1.0)))
        self.steady_run = 0
        self.last_bad = math.nan
        self.closing = False
        self.closed_at = math.nan
        self.end = float(self.last)
        self.out.probes = [Checked(p.metric, p.mode, p.weight) for p in drill.steady_state]
        self.out.fault_at = min(market.calendar.minute(event.at) for event in drill.inject)
        stop = drill.stop_when
        self.stop = None
        if stop is not None:
            above = None if stop.above is None else level(stop.metric, stop.above)
            below = None if stop.below is None else level(stop.metric, stop.below)
            self.stop = Threshold(stop.metric, above, below, stop.lasting, stop.over)
        self.responder: Responder | None = None

    # The faults ------------------------------------------------------------------------------------

    def schedule(self, injects: bool) -> None:
        """Put the watch, and the faults where asked, on the clock."""
        env = self.market.env
        env.process(self._ticks())
        if not injects:
            return
        for event in self.drill.inject:
            at = self.market.calendar.minute(event.at)
            call_after(env, at - env.now, FAULTS, partial(self._inject, event))
        call_after(env, self.out.fault_at - env.now, ACTIONS, self._respond)

    def tell(self, kind: str, subject: str = "", size: float = 0.0) -> None:
        """Write into the journal."""
        self.market.journal.record("drill", kind, subject, size)

    def _inject(self, event: Any) -> None:
        self.waiting -= 1
        if self.out.status == "stopped":
            return
        self.tell("inject", f"{event.do} {event.target or ''}".strip(), event.lasts or 0.0)
        self.faults.append(Fault(self.market, event))

    def _respond(self) -> None:
        detect = self.response.detect
        alerts = detect.alerts(availabilities(self.drill))
        self.responder = Responder(
            self.market, self.meter, alerts, self.steps, self.response.decide, detect.after
        )

    # The ticks -------------------------------------------------------------------------------------

    def _ticks(self) -> Iterator[Any]:
        env = self.market.env
        yield wait(env, self.first - env.now, WATCHERS)
        while True:
            self._look(float(env.now))
            yield wait(env, self.tick, WATCHERS)

    def _look(self, now: float) -> None:
        out, meter = self.out, self.meter
        meter.sample()
        orders, gmv = meter.placed()
        out.minutes.append(now)
        out.orders.append(orders)
        out.gmv.append(gmv)
        out.profit.append(float(profit(self.market)))
        held = [self._check(probe, seen, now) for probe, seen in zip(self.drill.steady_state, out.probes, strict=True)]
        if not self.faults and self.waiting == len(self.drill.inject):
            return  # still before the first fault
        held = [
            self._grows_no_more(probe) if one is False and probe.metric in TOTALS else one
            for probe, one in zip(self.drill.steady_state, held, strict=True)
        ]
        known = [one for one in held if one is not None]
        if known and not all(known):
            out.disturbed = True
            self.last_bad, self.steady_run = self._bad_until(held, now), 0
            if not self.closing:  # what the afterwards steps interrupt is planned, and no part of the fault
                out.restored = math.nan
        elif known:
            self.steady_run += 1
            if out.disturbed and self.steady_run >= self.drill.windows and math.isnan(out.restored):
                out.restored = self.last_bad
                self.tell("restored", "", out.restored - out.fault_at)
        if self.responder is not None:
            self.responder.look()
        self._follow(now)

    def _check(self, probe: Probe, seen: Checked, now: float) -> bool | None:
        value = self.meter.read(probe.metric, max(probe.over, self.tick))
        readings = self.out.readings.setdefault(probe.metric, [])
        readings.append(value)
        holds = probe.holds(value)
        if holds is not None and now <= self.out.fault_at:
            seen.before = holds
        elif holds is not None:
            seen.worst = float(np.fmin(seen.worst, value) if probe.at_least is not None else np.fmax(seen.worst, value))
        if holds is None or (holds is False and self._bad_anyway(probe, len(readings) - 1)):
            return None
        if probe.mode == "continuous" and now > self.out.fault_at:
            every = max(probe.every, self.tick)
            if math.floor(now / every) > math.floor((now - self.tick) / every):
                seen.checks += 1
                seen.held += holds
        return holds

    def _grows_no_more(self, probe: Probe) -> bool:
        """A total past its bound never comes back; the steady state is, where it has stopped growing."""
        readings = self.out.readings[probe.metric]
        return len(readings) > 1 and readings[-1] <= readings[-2]

    def _bad_anyway(self, probe: Probe, tick: int) -> bool:
        """Whether the bound is not kept at this tick without the fault either: then the fault is not to blame."""
        if self.control is None:
            return False
        without = self.control.readings.get(probe.metric, [])
        return tick < len(without) and probe.holds(without[tick]) is False

    def _bad_until(self, held: list[bool | None], now: float) -> float:
        """Minute until which the steady state was left, to the second where an action's availability is what failed."""
        until = now - self.tick
        for probe, holds in zip(self.drill.steady_state, held, strict=True):
            if holds is not False:
                continue
            action = probe.metric.removeprefix("platform.").rpartition(".")[0]
            to_the_second = probe.metric.endswith(".availability") and action in ACTION_NAMES and probe.over <= 1.0
            if not to_the_second or probe.at_least is None or self.tick > 1:
                return now
            failing = self.market.world.platform.failure[ACTION_NAMES.index(action)]
            bad = np.flatnonzero(failing > 1.0 - level(probe.metric, probe.at_least) + 1e-9)
            until = max(until, now - 1.0 + (float(bad[-1]) + 1.0) / 60.0 if len(bad) else now)
        return until

    # The end ---------------------------------------------------------------------------------------

    def _follow(self, now: float) -> None:
        """Stop condition, end of the fault, recovery, afterwards, in this order."""
        out = self.out
        if self.stop is not None and not self.closing and self.stop.check(self.meter.read, now):
            out.status, out.stopped_at = "stopped", now
            self.tell("stop", self.stop.name, self.meter.read(self.stop.metric, self.stop.over))
            if self.responder is not None:
                self.responder.stopped = True
            for fault in self.faults:
                if not fault.is_over(now):
                    fault.withdraw()
                    self.tell("withdrawn", f"{fault.event.do} {fault.event.target or ''}".strip())
            self._fault_over(now)
            self._close(now)
            return
        if math.isnan(out.fault_over) and self.waiting == 0 and all(fault.is_over(now) for fault in self.faults):
            self._fault_over(now)
            self.steady_run = min(self.steady_run, 1)
        if math.isnan(out.fault_over):
            if now >= self.last - self.drill.settle - self.drill.observe and not self.closing:
                self._close(now)  # it outlasts the time planned for it
            return
        if math.isnan(out.recovered) and self.steady_run >= self.drill.windows:
            out.recovered = max(out.fault_over, now - self.drill.windows * self.tick)
            self.tell("recovered", "", out.recovered - out.fault_at)
        if not self.closing and (not math.isnan(out.recovered) or now >= out.fault_over + self.drill.patience):
            if math.isnan(out.recovered):
                self.tell("not_recovered", "", now - out.fault_over)
                out.metastable = out.disturbed
            self._close(now)

    def _fault_over(self, now: float) -> None:
        self.out.fault_over = now
        self.tell("fault_over")

    def _close(self, now: float) -> None:
        """Take the afterwards steps now; the steady state is checked again when they have settled."""
        self.closing = True
        env = self.market.env
        if self.drill.afterwards:
            env.process(take(self.market, self.drill.afterwards, "afterwards", self.out.afterwards))
        longest = sum(step.after for step in self.drill.afterwards)
        check = min(self.last - 1.0, now + longest + self.drill.settle)
        call_after(env, max(0.0, check - now), WATCHERS, self._last_check)
        if self.out.status == "stopped":
            self.end = min(self.last, check + 2.0)

    def _last_check(self) -> None:
        values = []
        for probe, seen in zip(self.drill.steady_state, self.out.probes, strict=True):
            seen.after = probe.holds(self.meter.read(probe.metric, max(probe.over, self.tick)))
            if seen.after is False and self._bad_anyway(probe, len(self.out.minutes) - 1):
                seen.after = None
            values.append(seen.after)
        self.tell("steady_after" if all(value is not False for value in values) else "not_steady_after")

    def run(self) -> Rehearsal:
        """To the end, or to the stop and what follows it."""
        market, out = self.market, self.out
        market.run_until(self.first)
        while market.minute < min(self.last, self.end):
            market.run_until(min(self.last, self.end, market.minute + 60 if self.stop is not None else self.last))
        out.end = float(market.minute)
        if self.responder is not None:
            out.alerted = math.nan if self.responder.alerted is None else self.responder.alerted
            out.decided = math.nan if self.responder.decided is None else self.responder.decided
            out.actions = self.responder.done
        out.rpo = float(market.world.platform.lost_seconds.sum())
        out.void_orders = float(market.notices.get("void_orders", 0.0))
        out.release_people = float(release_people(market))
        out.release_value = float(release_value(market))
        out.journal = [row for row in market.journal.rows if row[0] >= self.first]
        return out


def rehearse(
    scenario: Any,
    drill: Drill,
    steps: tuple[Step, ...],
    seed: int,
    replication: int,
    response: str = "response",
    control: Rehearsal | None = None,
    injects: bool = True,
) -> tuple[Rehearsal, Any]:
    """One replication with the fault, or without (`injects` false: no fault, no response, no afterwards).

    `control`: the rehearsal without, for what is lost against it. Returns what came of it and the market as it stands.
    """  # fmt: skip
    from sim.engine.marketplace import Marketplace

    market = Marketplace(scenario, seed=seed, replication=replication)
    watch = _Watch(market, drill, response, steps, control)
    watch.schedule(injects)
    return watch.run(), market


def trace(control: Rehearsal) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Minutes, cumulative orders and GMV of a run."""
    return np.array(control.minutes), np.array(control.orders), np.array(control.gmv)
