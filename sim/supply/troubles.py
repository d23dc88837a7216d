"""What befalls suppliers by chance: disruptions of one or of a whole region, warnings and false alarms.

Each supplier's spells are drawn under its name, so they are the same under every policy. A second source that was never
activated has no events at all; on activation its spells since the start are worked through, and it may be found down.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from typing import Any

import simpy

from sim.core.clock import ACTIONS, FAULTS, wait
from sim.supply.state import (
    REGION_DOWN,
    REGION_UP,
    SUPPLIER_DOWN,
    SUPPLIER_FALSE_ALARM,
    SUPPLIER_UP,
    SUPPLIER_WARNING,
)
from sim.supply.supplier import Supplier


def draw_spell(draws: Any, decision: Any, entity: int, turn: int, spell: Any) -> float:
    """Minutes of a spell (section Spell)."""
    if spell.distribution == "constant":
        return float(spell.mean)
    if spell.distribution == "lognormal":
        median = spell.mean * math.exp(-(spell.sigma**2) / 2)
        return float(draws.lognormal(decision, median, spell.sigma, entity, turn))
    u = float(draws.uniform(decision, entity, turn))
    if spell.distribution == "geometric":
        p = min(1.0, spell.step / spell.mean)
        steps = 1 if p >= 1.0 else max(1, math.ceil(math.log(u) / math.log1p(-p)))
        return float(steps * spell.step)
    return -math.log(u) * float(spell.mean)


class Troubles:
    """Starts the processes that disrupt suppliers."""

    def __init__(self, market: Any, planner: Any) -> None:
        self.market, self.planner = market, planner

    def start(self) -> None:
        """Begin the processes of all regions and of all suppliers in use."""
        for name, region in self.planner.config.regions.items():
            if region.disruptions is not None:
                self.market.env.process(self._region(name, region.disruptions))
        for supplier in self.planner.suppliers.values():
            if supplier.used:
                self.begin(supplier)

    def begin(self, supplier: Supplier) -> None:
        """Begin the processes of one supplier."""
        if supplier.config.disruptions is not None:
            self.market.env.process(self._supplier(supplier, supplier.config.disruptions))
        if supplier.config.monitored and self.planner.config.monitoring.false_alarms > 0:
            self.market.env.process(self._false_alarms(supplier))

    def _region(self, name: str, disruptions: Any) -> Iterator[simpy.Event]:
        draws, env, entity, turn = self.market.draws, self.market.env, zlib.crc32(name.encode()), 0
        while True:
            yield wait(env, draw_spell(draws, REGION_UP, entity, turn, disruptions.up), FAULTS)
            down = draw_spell(draws, REGION_DOWN, entity, turn, disruptions.down)
            self.market.journal.record("supply", "region_down", name, down)
            for supplier in self.planner.in_region(name):
                supplier.fail(down, f"region {name}", disruptions.holds_shipments)
            yield wait(env, down, FAULTS)
            turn += 1

    def _supplier(self, supplier: Supplier, disruptions: Any) -> Iterator[simpy.Event]:
        draws, env, entity, turn = self.market.draws, self.market.env, supplier.entity, 0
        watch = self.planner.config.monitoring
        at = 0.0
        while True:
            fails = at + draw_spell(draws, SUPPLIER_UP, entity, turn, disruptions.up)
            ends = fails + draw_spell(draws, SUPPLIER_DOWN, entity, turn, disruptions.down)
            if ends > env.now:
                if supplier.config.monitored and float(draws.uniform(SUPPLIER_WARNING, entity, turn)) < watch.warns:
                    yield wait(env, fails - watch.ahead - env.now, ACTIONS)
                    self._warn(supplier, "warning")
                yield wait(env, fails - env.now, FAULTS)
                supplier.fail(ends - env.now, "disruption", disruptions.holds_shipments)
                yield wait(env, ends - env.now, FAULTS)
            at = ends
            turn += 1

    def _false_alarms(self, supplier: Supplier) -> Iterator[simpy.Event]:
        draws, env, turn = self.market.draws, self.market.env, 0
        gap = 1.0 / (self.planner.config.monitoring.false_alarms * 60.0)
        while True:
            yield wait(env, gap * float(draws.exponential(SUPPLIER_FALSE_ALARM, supplier.entity, turn)), ACTIONS)
            self._warn(supplier, "false_alarm")
            turn += 1

    def _warn(self, supplier: Supplier, kind: str) -> None:
        supplier.warned_until = float(self.market.env.now) + self.planner.config.monitoring.alarm_lasts
        self.market.journal.record("supply", kind, supplier.name)
