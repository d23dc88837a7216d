"""A marketplace with a supply side and nothing else: stock, suppliers, a planner and a demand of its own."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np
import simpy

import sim.supply.events  # noqa: F401
from sim.books import state as books
from sim.core.calendar import Calendar
from sim.core.registry import get_event
from sim.core.rng import Draws
from sim.crowd import demand as source
from sim.fulfilment.state import ORDER, WAREHOUSE
from sim.shelf.state import SKU
from sim.supply import state as supply_state
from sim.supply.actors import populate
from sim.supply.config import Supply


class Journal:
    """What happened, in order."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.rows: list[tuple[float, str, str, float]] = []

    def record(self, side: str, kind: str, subject: str = "", size: float = 0.0) -> None:
        self.rows.append((float(self.env.now), kind, subject, size))

    def kinds(self) -> list[str]:
        return [row[1] for row in self.rows]


class Yard(mesa.Model):
    """The protocol that sides rely on, over supply alone."""

    def __init__(
        self,
        supply: dict[str, Any],
        demand: dict[str, Any],
        *,
        days: int,
        warmup: int = 0,
        seed: int = 1,
        replication: int = 0,
        network: tuple[int, int, int] = (1, 0, 0),
        prepare: Any = None,
    ) -> None:
        super().__init__()
        section, wanted = Supply.model_validate(supply), source.Demand.model_validate(demand)
        self.config = SimpleNamespace(supply=section)
        self.weight = wanted.resolution
        self.env = simpy.Environment()
        self.draws = Draws(seed, replication)
        self.calendar = Calendar(date(2026, 6, 1), days, warmup)
        self.journal = Journal(self.env)
        warehouses = np.zeros(sum(network), WAREHOUSE)
        warehouses["kind"] = np.repeat([0, 1, 2], network)
        regionals = max(network[1], 1)
        warehouses["region"] = np.arange(sum(network)) % regionals
        warehouses["open"] = 1
        skus = np.zeros(wanted.skus, SKU)
        skus["unit_cost"] = round(wanted.unit_cost * 100)
        skus["list_price"] = round(wanted.unit_cost * 150)
        if prepare is not None:
            prepare(skus)
        total = self.calendar.total_days
        expected = wanted.daily_means()
        self.world = SimpleNamespace(
            supply=supply_state.build(
                section, warehouses=warehouses, expected=np.nan_to_num(expected),
                region_share=np.ones(regionals), days=total, weight=self.weight,
            ),
            shelf=SimpleNamespace(skus=skus),
            fulfilment=SimpleNamespace(warehouses=warehouses, orders=np.zeros(0, ORDER)),
            books=books.build(total),
        )  # fmt: skip
        self.demand = source.build(wanted, self.world.supply.local)
        self.foresight = lambda first, days: source.foresee(
            self.demand, self.draws.key0, self.draws.key1, first, days, wanted.skus
        )
        self.arrivals: list[tuple[float, int]] = []
        self.expected_units, self.notices = expected, {}
        value = int((self.world.supply.stock["on_hand"].sum(axis=0) * skus["unit_cost"]).sum())
        books.post(self.world.books, 0, books.INVENTORY, books.CAPITAL, value)
        populate(self)

    def goods_arrived(self, warehouse: int, skus: np.ndarray) -> None:
        self.arrivals.append((float(self.env.now), warehouse))
        source.serve_backorders(self.world.supply, warehouse, skus, float(self.env.now))

    def apply(self, name: str, **args: Any) -> None:
        get_event(name).function(self, **args)

    def at(self, minute: float, name: str, **args: Any) -> None:
        """Let an event of the registry happen at a minute."""

        def happen() -> Any:
            yield self.env.timeout(minute)
            self.apply(name, **args)

        self.env.process(happen())

    def run(self, until: float | None = None) -> Yard:
        end = float(self.calendar.end) if until is None else until
        while True:
            upcoming = self.env.peek()
            stop = source.exogenous_demand(
                self.world.supply, self.demand, self.draws.key0, self.draws.key1, float(min(upcoming, end))
            )
            if self.world.supply.trip_count[0]:
                if stop > self.env.now:
                    self.env.run(until=stop)
                self.supply.wires_tripped()
                continue
            if upcoming >= end:
                break
            while self.env.peek() == upcoming:
                self.env.step()
        if until is None:
            self.supply.finish()
        return self
