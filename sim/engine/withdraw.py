"""Ending a fault before its time.

What an inject does ends by events it puts on the clock with the priority of faults, and by effects of the machine room.
`Fault` notes both while the inject is applied; `withdraw` lets the ends happen now.
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.core.clock import FAULTS
from sim.core.registry import get_event
from sim.platform import control
from sim.platform import state as st


class Fault:
    """An inject that has been applied, and how to take it back.

    How long it `lasts` counts for its end whatever the inject is; one that lasts no time by itself is not told.
    """

    def __init__(self, market: Any, event: Any) -> None:
        self.market, self.event = market, event
        self.began = float(market.env.now)
        self.withdrawn_at: float | None = None
        queued = {id(item[3]) for item in market.env._queue}
        before = market.world.platform.effects.copy()
        team = market.notices.get("operations")
        rollouts = len(team.rollouts) if team is not None else 0
        lasts = event.lasts if get_event(event.do).takes("for") else None
        self.made = market.apply(
            SimpleNamespace(do=event.do, target=event.target, lasts=lasts, arguments=event.arguments)
        )
        self.ends = [
            (float(item[0]), item[3])
            for item in sorted(market.env._queue, key=lambda item: item[:3])
            if id(item[3]) not in queued and item[1] == FAULTS and float(item[0]) > self.began
        ]
        platform = market.world.platform
        self.effects = [control.held(platform, int(row)) for row in np.flatnonzero(before != platform.effects)]
        self.rollouts = list(team.rollouts[rollouts:]) if team is not None else []

    def is_over(self, now: float) -> bool:
        """Whether nothing of the fault goes on at minute `now`."""
        if self.withdrawn_at is not None:
            return now >= self.withdrawn_at
        gone = all(rollout.over and rollout.share <= 0.0 for rollout in self.rollouts)
        if self.rollouts and gone:
            return True  # the release has been taken back, whenever it was meant to end
        if getattr(self.made, "over", False):
            return True  # people have ended it
        if self.event.lasts is not None and now < self.began + self.event.lasts - 1e-9:
            return False
        return gone and all(at <= now + 1e-9 for at, _ in self.ends)

    def withdraw(self) -> None:
        """End it now: what it put on the clock to end it happens now and not later, its effects are over."""
        market = self.market
        now = float(market.env.now)
        if self.is_over(now):
            return
        self.withdrawn_at = now
        for rollout in self.rollouts:
            if not rollout.over:
                rollout.over = True
                rollout.expose(0.0)
        for row, mine in self.effects:
            if control.still(market.world.platform, row, mine) and int(mine["kind"]) != st.KILL:
                control.end(market.world.platform, [row], now * 60.0)
        for at, event in self.ends:
            if at > now and event.callbacks:
                callbacks, event.callbacks = list(event.callbacks), []
                for callback in callbacks:
                    callback(event)
        self._resume_stations(now)

    def _resume_stations(self, now: float) -> None:
        """Stations halted until the fault's end work again from the next minute."""
        if not self.event.do.startswith("fulfilment.") or self.event.lasts is None:
            return
        stations = self.market.world.fulfilment.stations
        until = self.began + self.event.lasts
        held = np.abs(stations["down_until"] - until) < 1.0
        stations["down_until"][held] = math.floor(now)
