"""Suppliers: they make, ship, fail and recover. Each is a Mesa agent on the SimPy clock.

A supplier works through its order book with the output it has on a day: capacity, reduced by what has
befallen it, rising while a second source ramps up, none while it is down or out of components. What it makes
leaves at once and arrives after a lead time drawn for that shipment.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import mesa
import numpy as np

from sim.core.clock import ACTIONS, ARRIVALS, FAULTS, call_after
from sim.supply.components import revive, starve
from sim.supply.kernel import place, ration, ration_in_order, receive, withdraw
from sim.supply.state import SUPPLIER_LEAD, SUPPLIER_YIELD

DAY = 1440.0


class Shipment:
    """Goods on the road from a supplier."""

    def __init__(self, supplier: Supplier, skus: np.ndarray, units: np.ndarray, paid: np.ndarray, due: float) -> None:
        self.supplier = supplier
        self.skus = skus  # int64[n]
        self.units = units  # int64[n], row units
        self.paid = paid  # float64[n], price relative to the unit cost
        self.left = float(supplier.market.env.now)  # minute it left the supplier
        self.due = due  # minute
        self.serial = supplier.shipped
        self._version = 0
        self.schedule(due)

    def schedule(self, due: float) -> None:
        """Arrive at minute ``due`` instead of what was meant before."""
        self.due = float(round(due))  # goods come at whole minutes
        self._version += 1
        version = self._version
        env = self.supplier.market.env
        call_after(env, self.due - env.now, ARRIVALS, lambda: self._arrive(version))

    def _arrive(self, version: int) -> None:
        if version == self._version:
            self._version = -1
            self.supplier.deliver(self)


class Supplier(mesa.Agent):
    """One supplier."""

    def __init__(self, market: Any, planner: Any, number: int, name: str, config: Any, region: str) -> None:
        super().__init__(market)
        self.market, self.planner, self.number, self.name, self.config = market, planner, number, name, config
        self.region = region
        # draws belong to the name, so that another supplier in the file changes nobody's
        self.entity = zlib.crc32(name.encode())
        self.is_second = config.role in ("backup", "emergency")
        default_price = 1.05 if self.is_second else 1.0
        self.price = float(config.price) if config.price is not None else default_price
        self.moq = round(config.moq / planner.weight)
        self.capacity = (
            None if config.capacity is None else config.capacity * 86_400.0 / planner.weight
        )  # row units a day
        self.activated_at: float | None = None if self.is_second else -1e18
        self.blocks: dict[str, int] = {}  # reasons why nothing leaves, and how often each
        self.slowdowns: list[float] = []  # factors on lead time
        self.cuts: list[float] = []  # factors on capacity
        self.extra_defects: list[float] = []
        self.on_road: list[Shipment] = []
        self.held_until = 0.0  # minute up to which what is on the road waits
        self.shipped = 0  # shipments so far
        self.delivered = 0  # row units
        self.first_output: float | None = None  # minute
        self.outputs: list[tuple[float, np.ndarray]] = []  # of a second source: minute, SKUs that left
        self.outages: list[tuple[float, float]] = []  # from, to (minutes), apart from each other and in order
        self.down_since = -1.0
        self.known_down = False
        self.warned_until = -1.0
        self._book = np.zeros((0, 2), np.int64)  # sku, open row units; oldest first
        self._book_price = np.zeros(0)
        self._output_day = -1
        self._output_left = 0.0
        self._waking = False

    # What it is owed and owes ---------------------------------------------------------------------

    @property
    def is_down(self) -> bool:
        """Nothing leaves it now."""
        return bool(self.blocks)

    @property
    def used(self) -> bool:
        """A main supplier, or a second source that has been activated."""
        return self.activated_at is not None

    def owed(self) -> np.ndarray:
        """int64[skus]: row units ordered and not yet shipped."""
        open_units = np.zeros(self.planner.skus, np.int64)
        np.add.at(open_units, self._book[:, 0], self._book[:, 1])
        return open_units

    def order(self, skus: np.ndarray, units: np.ndarray, price: float | None = None) -> None:
        """Take an order: ``units`` (int64[n], row units, above 0) of ``skus`` (int64[n])."""
        if self.moq:
            units = np.maximum(units, self.moq)
        now = float(self.market.env.now)
        place(self.market.world.supply, self.planner.central, skus, units, int(now // DAY), now)
        paid = np.full(len(skus), self.price if price is None else price)
        if self.activated_at is None:
            self.activate()
        if not len(self._book) and math.isinf(self.rate(now)):
            self._ship(skus, units, paid, now)
            return
        self._book = np.vstack([self._book, np.column_stack([skus, units])])
        self._book_price = np.concatenate([self._book_price, paid])
        self.work()

    def cancel(self, chosen: np.ndarray) -> np.ndarray:
        """Cancel what is not yet made of ``chosen`` (bool[skus]); int64[skus] cancelled."""
        mask = chosen[self._book[:, 0]]
        gone = np.zeros(self.planner.skus, np.int64)
        if mask.any():
            np.add.at(gone, self._book[mask, 0], self._book[mask, 1])
            skus = np.flatnonzero(gone)
            withdraw(self.market.world.supply, self.planner.central, skus, gone[skus], float(self.market.env.now))
            self._book, self._book_price = self._book[~mask], self._book_price[~mask]
        return gone

    # Working --------------------------------------------------------------------------------------

    def activate(self) -> None:
        """Begin to use this second source: first output after `switch_within` (or `qualify`), then a ramp."""
        if self.activated_at is not None:
            return
        self.activated_at = float(self.market.env.now)
        self.market.journal.record("supply", "activated", self.name)
        self.planner.troubles.begin(self)

    def _ready_at(self) -> float:
        """Minute of the first output."""
        if not self.is_second or self.activated_at is None:
            return -1e18
        # a backup delivers regularly; only a source that stood by has to be switched on
        delay = 0.0 if self.config.role == "backup" else self.config.switch_within
        return self.activated_at + (delay if self.config.qualified else self.config.qualify)

    def rate(self, now: float) -> float:
        """Row units a day it can ship now; inf without a limit."""
        if self.is_down or now < self._ready_at():
            return 0.0
        ramp = 1.0
        if self.is_second and self.config.ramp_up > 0:
            # the first day already yields a day's share of the ramp
            ramp = min(1.0, (now - self._ready_at() + DAY) / (self.config.ramp_up + DAY))
        left = math.prod(self.cuts)
        if self.capacity is None and left == 1.0 and ramp == 1.0:
            return float("inf")
        full = self.planner.usual_load(self) if self.capacity is None else self.capacity
        return float(full * ramp * left)

    def work(self) -> None:
        """Ship what today's output allows; what is left waits for tomorrow, or for the end of an outage."""
        now = float(self.market.env.now)
        rate = self.rate(now)
        if math.isinf(rate):
            given = self._book[:, 1].copy()
        else:
            if int(now // DAY) != self._output_day:
                # less than one whole unit is carried over: a slow line still makes its units
                self._output_left = rate + min(self._output_left, 1.0) % 1.0 if self._output_day >= 0 else rate
                self._output_day = int(now // DAY)
            given = self._share_out(int(self._output_left) if rate > 0 else 0)
            self._output_left -= int(given.sum())
        chosen = given > 0
        if chosen.any():
            self._ship(self._book[chosen, 0], given[chosen], self._book_price[chosen], now)
            self._book[:, 1] -= given
            open_lines = self._book[:, 1] > 0
            self._book, self._book_price = self._book[open_lines], self._book_price[open_lines]
        if len(self._book) and not self.is_down and not self._waking:
            self._waking = True
            begins = max((now // DAY + 1) * DAY, self._ready_at())
            call_after(self.market.env, begins - now, ARRIVALS, self._wake)

    def _wake(self) -> None:
        self._waking = False
        self.work()

    def _share_out(self, output: int) -> np.ndarray:
        """int64[lines of the book]: who gets how much of ``output`` row units."""
        open_units = np.ascontiguousarray(self._book[:, 1])
        if output <= 0:
            return np.zeros(len(open_units), np.int64)
        if self.config.rationing == "proportional":
            return ration(open_units, output)
        order = np.arange(len(open_units))
        if self.config.rationing == "priority":
            hero = self.market.world.shelf.skus["hero"][self._book[:, 0]]
            order = np.argsort(-hero.astype(np.int64), kind="stable")
        return ration_in_order(open_units, order, output)

    def _ship(self, skus: np.ndarray, units: np.ndarray, paid: np.ndarray, now: float) -> None:
        lead = self.config.lead_time
        mean = lead.mean * math.prod(self.slowdowns)
        minutes = mean
        if lead.cv > 0 and mean > 0:
            minutes = self._draw_lead(mean, lead.cv, lead.distribution)
        self.shipped += 1
        if self.first_output is None:
            self.first_output = now
        if self.is_second:
            self.outputs.append((now, skus))
        self.on_road.append(Shipment(self, skus, units, paid, now + minutes + self._gate(now)))

    def _gate(self, now: float) -> float:
        """Minutes that a closed port keeps a new shipment waiting."""
        return max(0.0, self.planner.gates.get(self.region, 0.0) - now)

    def _draw_lead(self, mean: float, cv: float, distribution: str) -> float:
        draws, entity, turn = self.market.draws, self.entity, self.shipped
        if distribution == "gamma":
            shape = 1.0 / cv**2
            return float(mean / shape * draws.gamma(SUPPLIER_LEAD, shape, entity, turn))
        z = float(draws.normal(SUPPLIER_LEAD, entity, turn))
        if distribution == "lognormal":
            sigma2 = np.log1p(cv**2)
            return float(mean * np.exp(np.sqrt(sigma2) * z - sigma2 / 2))
        return max(0.0, mean * (1.0 + cv * z))

    # Arriving -------------------------------------------------------------------------------------

    def deliver(self, shipment: Shipment) -> None:
        """A shipment reaches the central warehouse."""
        self.on_road.remove(shipment)
        market, config, now = self.market, self.config, float(self.market.env.now)
        world, skus, units = market.world, shipment.skus, shipment.units
        good = units
        if config.yield_ < 1.0:
            u = market.draws.uniform(SUPPLIER_YIELD, skus, shipment.serial ^ (self.entity & 0x7FFFFFFF))
            good = np.floor(units * config.yield_ + u).astype(np.int64)
        self.delivered += receive(
            world.supply, world.shelf.skus, world.books, self.planner.spent, self.planner.central, skus, units, good,
            shipment.paid, min(1.0, config.defects + sum(self.extra_defects)), self.planner.config.costs.inbound, now,
        )  # fmt: skip
        market.goods_arrived(self.planner.central, skus)

    # Failing --------------------------------------------------------------------------------------

    def fail(self, minutes: float, reason: str = "failure", holds_shipments: bool = False) -> None:
        """Stop shipping for ``minutes``; with ``holds_shipments`` what is on the road waits as long too."""
        now = float(self.market.env.now)
        self.block(reason)
        since, until = now, now + minutes
        if self.outages and self.outages[-1][1] >= since:  # still down, or just up again: one outage
            since, until = self.outages[-1][0], max(until, self.outages.pop()[1])
        self.outages.append((since, until))
        if holds_shipments:
            self.hold(minutes)
        call_after(self.market.env, minutes, FAULTS, lambda: self.unblock(reason))

    def hold(self, minutes: float) -> None:
        """What is on the road waits for ``minutes`` from now; where it waits already, until the later of both ends."""
        until = float(self.market.env.now) + minutes
        more = until - max(float(self.market.env.now), self.held_until)
        if more > 0.0:
            self.held_until = until
            for shipment in self.on_road:
                shipment.schedule(shipment.due + more)

    def block(self, reason: str) -> None:
        """Nothing leaves until as many `unblock`s of the same reason have come."""
        was = self.is_down
        self.blocks[reason] = self.blocks.get(reason, 0) + 1
        if not was:
            self.down_since = float(self.market.env.now)
            if self.used:
                self.market.journal.record("supply", "down", self.name)
            monitoring = self.planner.config.monitoring
            delay = monitoring.monitored if self.config.monitored else monitoring.unmonitored
            call_after(self.market.env, delay, ACTIONS, self._noticed)
            starve(self.planner, self)

    def unblock(self, reason: str) -> None:
        """One of the reasons is gone; it ships again if that was the last."""
        self.blocks[reason] -= 1
        if not self.blocks[reason]:
            del self.blocks[reason]
        if not self.is_down:
            if self.used:
                self.market.journal.record("supply", "up", self.name)
            self.known_down = False
            revive(self.planner, self)
            call_after(self.market.env, 0.0, ARRIVALS, self.work)

    def _noticed(self) -> None:
        if self.is_down and not self.known_down:
            self.known_down = True
            if self.used:
                self.market.journal.record("supply", "known_down", self.name)
            self.planner.learnt_of(self)
