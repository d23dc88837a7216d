"""A machine room alone: the real clock, journal, calendar, draws and books, a given demand instead of a crowd."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import mesa
import numpy as np
import simpy
from numba import njit

from sim.books import state as books
from sim.core.calendar import Calendar
from sim.core.clock import ACTIONS, FAULTS, call_after
from sim.core.registry import get_event
from sim.core.rng import Draws
from sim.engine.journal import Journal
from sim.platform import actors, events, graph  # noqa: F401  (events: registers them)
from sim.platform import state as st
from sim.platform.config import Platform
from sim.platform.kernel import serve_minute
from sim.platform.laws import law_little, law_requests


@njit(cache=True)
def serve(platform, minute, key0, key1):
    """`serve_minute` with an entry for Python."""
    serve_minute(platform, minute, key0, key1)


MIX = np.array([66.0, 25.0, 4.0, 2.0, 2.0, 1.0]) / 100.0


class Room(mesa.Model):
    """`rate` user actions a second in the usual mix, every second the same, unless the section has a load."""

    def __init__(self, config=None, rate=100.0, days=1, seed=1, timeline=()):
        super().__init__(seed=seed)
        section = config if isinstance(config, Platform) else Platform.model_validate(config or {})
        self.config = SimpleNamespace(platform=section)
        self.calendar = Calendar(date(2026, 6, 1), days, 0)
        self.env = simpy.Environment()
        self.journal = Journal(lambda: self.env.now)
        self.draws = Draws(seed)
        self.weight = 1.0
        self.minute = 0
        self.notices = {}
        self.rate = rate
        context = SimpleNamespace(minutes=self.calendar.end, calendar=self.calendar, expected_peak=rate or None)
        self.world = SimpleNamespace(platform=st.build(section, context), books=books.build(days))
        self.failures, self.latencies = [], []
        actors.populate(self)
        for minute, name, arguments in timeline:
            entry = get_event(name)
            priority = FAULTS if entry.kind == "inject" else ACTIONS
            call_after(self.env, minute, priority, lambda e=entry, a=arguments: e.function(self, **a))

    @property
    def platform(self):
        return self.world.platform

    @property
    def names(self):
        return graph.node_names(self.config.platform)

    def live(self, name):
        return self.platform.live[self.names.index(name)]

    def history(self, name, column):
        return np.asarray(self.platform.history[:, self.names.index(name), column], "f8")

    def demand(self, minute):
        self.platform.demand[:] = 0.0
        self.platform.demand[st.PEOPLE] = (self.rate * MIX)[:, None]

    def run(self, minutes):
        """Serve so many minutes, events of a minute before it; the laws hold at the end."""
        for _ in range(minutes):
            while self.env.peek() <= self.minute:
                self.env.step()
            if self.platform.setting[st.LOAD_ON] == 0.0:
                self.demand(self.minute)
            serve(self.platform, self.minute, self.draws.key0, self.draws.key1)
            self.failures.append(self.platform.failure.copy())
            self.latencies.append(self.platform.latency.copy())
            self.minute += 1
        law_requests(self.platform)
        law_little(self.platform)
        return self

    def success(self, action=st.ORDER):
        """Success of an action in each second so far."""
        return 1.0 - np.concatenate([block[action] for block in self.failures])

    def told(self, kind):
        """Journal rows of one kind."""
        return self.journal.of("platform", kind)


def single(service_time="100ms", rate=4.0, stages=None, attempts=1, arrivals="smooth", **more):
    """One service, one user action, an exogenous load; no pattern in force unless asked for."""
    service = {
        "service_time": service_time, "concurrency": 1, "replicas": 1, "timeout": "20s", "error": "0%",
        "queue_limit": 1_000_000, "in_flight": 1_000_000,
    } | more.pop("service", {})  # fmt: skip
    load = {"rate": f"{rate}/s"} if stages is None else {"start_rate": f"{rate}/s", "stages": stages}
    retries = {"client_attempts": attempts, "attempts": attempts, "budget": None, "budget_minimum": 0}
    return Platform.model_validate(
        {
            "services": {"gateway": service}, "actions": {"browse": {}}, "dependencies": {},
            "retries": retries | more.pop("retries", {}),
            "autoscaler": {"enabled": False}, "shedding": {"enabled": False}, "breaker": {"enabled": False},
            "deadlines": False, "sizing": {"mix": {"browse": 1.0}}, "load": load | {"arrivals": arrivals}, **more,
        }
    )  # fmt: skip
