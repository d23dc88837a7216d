"""Licences of suppliers: who has one, who finds out, and what happens to the goods of those who have none."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import mesa
import numpy as np
import simpy

from sim.books.state import COMPENSATION, STAFF
from sim.core.clock import ACTIONS, FAULTS, REVIEWS, call_after, wait
from sim.core.errors import SimError
from sim.core.rng import decision
from sim.oversight.duties import within_band
from sim.shelf.state import STALE

HAS_LICENCE = decision("supplier.licence")
LICENCE_AGE = decision("supplier.licence_age")
RENEWS = decision("supplier.licence_renews")
FOUND = decision("supplier.licence_found")
INSPECTED = decision("supplier.inspected")

DAY, YEAR = 1440.0, 365.0 * 1440.0
TAKEN_DOWN = 2  # bit of the page's `paused` that belongs to this side


class Supplier:
    """What the regulator would find at one supplier."""

    def __init__(self, name: str, number: int, skus: np.ndarray) -> None:
        self.name, self.number, self.skus = name, number, skus
        self.entity = zlib.crc32(name.encode())
        self.valid_until = float("inf")  # minute
        self.terms = 0  # licences it has had in this run
        self.down = False  # its goods are off the shelf
        self.ordered = 0  # orders of the regulator in force to keep them off, whatever its licence
        self.applied = False
        self.offences = 0
        self.sold_before = np.zeros(len(skus), np.int64)  # row units when it lost its licence

    def is_valid(self, now: float) -> bool:
        """It has a licence now."""
        return now < self.valid_until


class Registrar(mesa.Agent):
    """Keeps the files: expiries, checks, inspections, take-downs, reinstatements."""

    def __init__(self, market: Any, office: Any, config: Any, checks: Any) -> None:
        super().__init__(market)
        self.market, self.office, self.config, self.checks = market, office, config, checks
        mine = market.world.shelf.skus["supplier"]
        roster = market.config.supply.roster()
        self.suppliers = {}
        for number, (name, spec) in enumerate(roster.items()):
            if spec.role == "main":
                self.suppliers[name] = Supplier(name, number, np.flatnonzero(mine == number))
        for name in config.named:
            if name not in self.suppliers:
                known = ", ".join(self.suppliers)
                raise SimError(f"oversight.licences.named: found {name!r}, accepted: a main supplier: {known}")
        self.days_unlicensed = self.days_down = 0.0
        self.touched: set[int] = set()  # SKUs off the shelf at any time since the start
        self.inspections = 0  # since the start
        for supplier in self.suppliers.values():
            self._open_file(supplier)
        env = market.env
        env.process(self._days())
        if checks.onboarding:
            env.process(self._bill())
        if checks.periodic:
            env.process(self._check())

    # Licences --------------------------------------------------------------------------------------

    def _open_file(self, supplier: Supplier) -> None:
        config, draws, market = self.config, self.market.draws, self.market
        named = config.named.get(supplier.name)
        missing = named.missing if named else float(draws.uniform(HAS_LICENCE, supplier.entity)) < config.missing
        if missing and self.checks.onboarding and self._finds(supplier, 0):
            missing = False  # it was let in only when it had one
        age = float(draws.uniform(LICENCE_AGE, supplier.entity))
        supplier.valid_until = 0.0 if missing else max(1.0, age * config.term)
        if named and named.expires is not None and not missing:
            supplier.valid_until = market.calendar.minute(named.expires) + DAY
        if supplier.is_valid(0.0):
            market.env.process(self._term(supplier))
        else:
            supplier.valid_until = -1.0
        if config.inspected > 0:
            market.env.process(self._visits(supplier))

    def _finds(self, supplier: Supplier, turn: int) -> bool:
        keys = self.office.review.keys
        missed = (1.0 - self.checks.section.finds) ** (1 + keys)
        return float(self.market.draws.uniform(FOUND, supplier.entity, turn)) >= missed

    def _term(self, supplier: Supplier) -> Iterator[simpy.Event]:
        """Until the licence runs out: reminded or not, renewed or not."""
        env, config = self.market.env, self.config
        serial = supplier.terms
        ends = supplier.valid_until
        lead = config.obtain + self.office.review_delay
        if self.checks.periodic:
            reminded = ends - self.checks.section.warn
            yield wait(env, reminded - env.now, ACTIONS)
            if serial != supplier.terms:
                return
            self.tell("expiry_warning", supplier.name, (ends - env.now) / DAY)
            self.apply(supplier, since=reminded)
        elif float(self.market.draws.uniform(RENEWS, supplier.entity, serial)) < config.renews:
            yield wait(env, ends - lead - env.now, ACTIONS)
            if serial == supplier.terms:
                self.apply(supplier, since=ends - lead)
        yield wait(env, ends - env.now, FAULTS)
        if serial == supplier.terms and supplier.valid_until == ends:
            self.lapse(supplier)

    def lapse(self, supplier: Supplier) -> None:
        """The licence is gone from now on."""
        supplier.valid_until = float(self.market.env.now)
        supplier.terms += 1
        supplier.sold_before = self.market.world.shelf.skus["sold"][supplier.skus].copy()
        self.tell("licence_lapsed", supplier.name)

    def apply(self, supplier: Supplier, since: float | None = None) -> None:
        """The supplier asks for a licence; it has one after `obtain` and, with two keys, their review.

        ``since``: minute at which it asked, perhaps before the run; left out: now.
        """
        if supplier.applied:
            return
        supplier.applied = True
        self.office.charge_review("licence", supplier.name)
        asked = float(self.market.env.now) if since is None else since
        granted = asked + self.config.obtain + self.office.review_delay
        call_after(self.market.env, granted - self.market.env.now, ACTIONS, lambda: self._granted(supplier))

    def _granted(self, supplier: Supplier) -> None:
        supplier.applied = False
        supplier.terms += 1
        now = float(self.market.env.now)
        supplier.valid_until = max(now, supplier.valid_until) + self.config.term
        self.tell("licensed", supplier.name)
        self.market.env.process(self._term(supplier))
        if supplier.down:
            self.reinstate(supplier)

    # Checks and inspections ------------------------------------------------------------------------

    def _bill(self) -> Iterator[simpy.Event]:
        """Checks of those who join, spread over the year."""
        section = self.checks.section
        daily = section.cost * section.turnover * len(self.suppliers) * (1 + self.office.review.keys) / 365.0
        while True:
            self.office.pay(STAFF, daily)
            yield wait(self.market.env, DAY, REVIEWS)

    def _check(self) -> Iterator[simpy.Event]:
        section, turn = self.checks.section, 0
        while True:
            turn += 1
            self.office.pay(STAFF, section.cost * len(self.suppliers))
            for supplier in self.suppliers.values():
                if not supplier.is_valid(self.market.env.now) and not supplier.down and self._finds(supplier, turn):
                    self.tell("found_by_check", supplier.name)
                    self.take_down(supplier)
                    self.apply(supplier)
            yield wait(self.market.env, section.every, ACTIONS)

    def _visits(self, supplier: Supplier) -> Iterator[simpy.Event]:
        """Inspections at random [G18]."""
        turn = 0
        while True:
            gap = float(self.market.draws.exponential(INSPECTED, supplier.entity, turn)) * YEAR / self.config.inspected
            turn += 1
            yield wait(self.market.env, gap, FAULTS)
            self.inspect(supplier)

    def inspect(self, supplier: Supplier) -> float:
        """The regulator looks at a supplier's goods on our shelf; returns the fine in CNY."""
        now = float(self.market.env.now)
        self.inspections += now >= self.market.calendar.warmup
        if supplier.is_valid(now) or supplier.down or len(supplier.skus) == 0:
            self.tell("inspected", supplier.name)
            return 0.0
        value, units, food = self._sold_without(supplier)
        fine = self._fine(supplier, value, food)
        supplier.offences += 1
        self.office.fine("licence", supplier.name, fine)
        if units > 0:
            self._damages(supplier, units)
        self.take_down(supplier)
        self.apply(supplier)
        return fine

    def _sold_without(self, supplier: Supplier) -> tuple[float, float, bool]:
        """(CNY at list price, units of food, all goods concerned are food) sold since the licence was gone."""
        skus = self.market.world.shelf.skus[supplier.skus]
        sold = (skus["sold"] - supplier.sold_before) * self.market.weight
        names = self.market.category_names
        food = np.isin(skus["category"], [names.index(name) for name in self.config.food if name in names])
        return float((sold * skus["list_price"]).sum()) / 100.0, float(sold[food].sum()), bool(food.all())

    def _fine(self, supplier: Supplier, value: float, food: bool) -> float:
        config = self.config
        most = config.fine_food if food else config.fine
        if self.office.offences("licence") > 0:
            return float(max(most, config.fine_serious * self.office.config.repeat))
        return within_band(min(config.fine_least, most), most, self.checks.gravity * value / config.grave_from)

    def _damages(self, supplier: Supplier, units: float) -> None:
        """Buyers of unlicensed food claim a multiple of the price [G05]."""
        skus = self.market.world.shelf.skus[supplier.skus]
        names = self.market.category_names
        food = np.isin(skus["category"], [names.index(name) for name in self.config.food if name in names])
        sold = (skus["sold"] - supplier.sold_before)[food] * self.market.weight
        each = np.maximum(self.config.damages * skus["list_price"][food] / 100.0, self.config.damages_least)
        total = float((sold * each).sum()) * self.config.claims
        self.office.pay(COMPENSATION, total)
        self.tell("damages", supplier.name, total)

    # The shelf -------------------------------------------------------------------------------------

    def take_down(self, supplier: Supplier) -> None:
        """Every SKU of the supplier leaves the shelf."""
        if supplier.down:
            return
        supplier.down = True
        self._pause(supplier.skus, True)
        self.tell("taken_down", supplier.name, float(len(supplier.skus)))

    def order_down(self, supplier: Supplier, minutes: float) -> None:
        """The regulator orders its goods off the shelf for a time; whatever else would bring them back waits for the end."""
        supplier.ordered += 1
        self.take_down(supplier)
        call_after(self.market.env, minutes, ACTIONS, lambda: self._order_ends(supplier))

    def _order_ends(self, supplier: Supplier) -> None:
        supplier.ordered -= 1
        if not supplier.ordered:
            self.reinstate(supplier)

    def reinstate(self, supplier: Supplier) -> bool:
        """Its goods are back, where it has a licence and no order of the regulator is in force; returns whether."""
        if supplier.ordered or not supplier.is_valid(self.market.env.now):
            self.tell("reinstatement_refused", supplier.name)
            return False
        if supplier.down:
            supplier.down = False
            self._pause(supplier.skus, False)
            self.tell("reinstated", supplier.name, float(len(supplier.skus)))
        return True

    def _pause(self, skus: np.ndarray, off: bool) -> None:
        shelf = self.market.world.shelf
        board = shelf.skus["paused"]
        if off:
            board[skus] |= TAKEN_DOWN
            if self.market.env.now >= self.market.calendar.warmup:
                self.touched.update(int(k) for k in skus)
        else:
            board[skus] &= 0xFF ^ TAKEN_DOWN
        shelf.setting[STALE] = 1.0

    def _days(self) -> Iterator[simpy.Event]:
        """Each midnight: who sells without a licence, and what is off the shelf."""
        while True:
            yield wait(self.market.env, DAY, REVIEWS)
            now = float(self.market.env.now)
            if now < self.market.calendar.warmup:
                continue
            if now == self.market.calendar.warmup:  # what is off the shelf when all begins
                self.touched.update(int(k) for each in self.suppliers.values() if each.down for k in each.skus)
                continue
            for supplier in self.suppliers.values():
                if supplier.down:
                    self.days_down += len(supplier.skus)
                elif len(supplier.skus) and not supplier.is_valid(now):
                    self.days_unlicensed += 1.0

    def aimed(self, target: Any) -> list[Supplier]:
        """Suppliers an event aims at. Raises SimError for others."""
        if target in (None, "all"):
            return list(self.suppliers.values())
        if target not in self.suppliers:
            raise SimError(f"no main supplier {target!r}; accepted: {', '.join(self.suppliers)}, all")
        return [self.suppliers[target]]

    def tell(self, kind: str, subject: str = "", size: float = 0.0) -> None:
        """Write into the journal."""
        self.market.journal.record("oversight", kind, subject, size)


