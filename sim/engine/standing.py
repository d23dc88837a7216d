"""Contingency plans that stand ready throughout a run, whatever happens in it.

Each plan of the scenario's `plans` is watched minute by minute, as in a drill but with no fault known beforehand: its
alert fires, people decide, the steps are taken. When they are, and the alert is silent again, the plan stands ready
anew. A scenario without plans has no watch, and runs as it would without this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.core.clock import wait
from sim.engine.playbook import WATCHERS, Responder, Response
from sim.engine.readings import Meter

USUAL = (("platform.order.availability", 0.999), ("platform.pay.availability", 0.999))
SILENT = 5.0  # minutes without alert after which a plan stands ready again


class Standing:
    """One plan, and whoever is on duty for it."""

    def __init__(self, market: Any, meter: Meter, number: int, response: Response) -> None:
        self.market, self.meter, self.number, self.response = market, meter, number, response
        self.firings = 0
        self.quiet_since = 0.0
        self.responder = self._on_duty()

    def _on_duty(self) -> Responder:
        self.alerts = self.response.detect.alerts(list(USUAL))
        assert not isinstance(self.response.playbook, str)
        return Responder(
            self.market, self.meter, self.alerts, self.response.playbook, self.response.decide,
            number=self.number, firing=self.firings, side="plans",
        )  # fmt: skip

    def look(self, now: float) -> None:
        """Check the alerts now; stand ready again once all is over."""
        if self.responder.alerted is None:
            self.responder.look()
            return
        if not self.responder.finished or any([alert.check(self.meter.read, now) for alert in self.alerts]):
            self.quiet_since = now
        elif now - self.quiet_since >= SILENT:
            self.firings += 1
            self.responder = self._on_duty()


def stand_ready(market: Any) -> None:
    """Watch the market for every plan of its scenario; nothing at all without plans."""
    plans = market.config.plans
    if not plans:
        return
    meter = Meter(market)
    ready = [Standing(market, meter, number, response) for number, response in enumerate(plans.values(), start=1)]

    def watch() -> Iterator[Any]:
        while True:
            yield wait(market.env, 1.0, WATCHERS)
            meter.sample()
            for plan in ready:
                plan.look(float(market.env.now))

    market.env.process(watch())
