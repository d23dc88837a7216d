"""Carrying out a playbook: watch, be alerted, decide, take the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sim.core.clock import ACTIONS, REVIEWS, call_after, wait
from sim.core.errors import SimError
from sim.core.rng import decision
from sim.engine.alerts import Alert
from sim.engine.plans import Decide as Decide
from sim.engine.plans import Detect as Detect
from sim.engine.plans import Playbook as Playbook
from sim.engine.plans import Response as Response
from sim.engine.plans import Step as Step
from sim.engine.plans import level as level
from sim.engine.plans import written as written
from sim.engine.readings import Meter

DECIDE = decision("alert.decide")
WATCHERS = REVIEWS + 1  # those who watch see a minute after all else that happens in it


@dataclass
class Done:
    """A step that has been taken, or why not."""

    minute: float
    do: str
    target: str
    error: str = ""


class Responder:
    """Watches a market from now on; at the first alert decides, then takes the steps, one after another."""

    def __init__(
        self,
        market: Any,
        meter: Meter,
        alerts: list[Alert],
        steps: tuple[Step, ...],
        decide: Decide,
        noticed_after: float | None = None,
        number: int = 0,
        firing: int = 0,
        side: str = "drill",
    ) -> None:
        self.market, self.meter, self.alerts = market, meter, alerts
        self.steps, self.decide, self.number, self.firing, self.side = steps, decide, number, firing, side
        self.alerted: float | None = None
        self.decided: float | None = None
        self.done: list[Done] = []
        self.stopped = False
        self.finished = False  # the last step has been taken
        if noticed_after is not None:
            call_after(market.env, noticed_after, ACTIONS, lambda: self._alert("noticed"))

    def look(self) -> None:
        """Check the alerts now."""
        if self.alerted is not None or self.stopped:
            return
        now = float(self.market.env.now)
        # each is asked: a threshold keeps the time since when it has been passed
        firing = [alert for alert in self.alerts if alert.check(self.meter.read, now)]
        if firing:
            self._alert(firing[0].name)

    def _alert(self, name: str) -> None:
        if self.alerted is not None or self.stopped:
            return
        self.alerted = float(self.market.env.now)
        self.market.journal.record(self.side, "alert", name)
        if not self.steps:
            self.finished = True
            return
        delay = self.decide.delay(self.market.draws, self.number, self.firing)
        call_after(self.market.env, delay, ACTIONS, self._decided)

    def _decided(self) -> None:
        if self.stopped:
            return
        self.decided = float(self.market.env.now)
        self.market.journal.record(self.side, "decided", "", self.decided - (self.alerted or 0.0))
        self.market.env.process(self._take())

    def _take(self) -> Iterator[Any]:
        yield from take(self.market, self.steps, "action", self.done, lambda: self.stopped, self.side)
        self.finished = True


def take(
    market: Any,
    steps: tuple[Step, ...],
    kind: str,
    done: list[Done],
    stopped: Callable[[], bool] = lambda: False,
    side: str = "drill",
) -> Iterator[Any]:
    """A process that takes steps in order; one that cannot be taken is written down and the next one follows."""
    for step in steps:
        if step.after > 0.0:
            yield wait(market.env, step.after, ACTIONS)
        if stopped():
            return
        note = Done(float(market.env.now), step.do, step.target or "")
        market.journal.record(side, kind, f"{step.do} {step.target or ''}".strip())
        try:
            market.apply(step)
        except SimError as error:
            note.error = str(error)
            market.journal.record(side, f"{kind}_failed", f"{step.do}: {error}")
        done.append(note)
    yield wait(market.env, 0.0, ACTIONS)
