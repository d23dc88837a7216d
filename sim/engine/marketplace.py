"""The marketplace: builds every side from a scenario, owns the clock, and lets crowd and events take turns."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import math
import pkgutil
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import simpy

from sim.books import state as books_state
from sim.books.laws import check_all
from sim.books.measures import all_measures, measure_all
from sim.books.view import total
from sim.care import state as care_state
from sim.core import agenda as agenda_module
from sim.core.calendar import DAY, Calendar
from sim.core.clock import ACTIONS, ARRIVALS, FAULTS, REVIEWS, call_after
from sim.core.errors import SimError
from sim.core.registry import get_event, load_plugins
from sim.core.rng import Draws
from sim.core.units import parse_when
from sim.crowd import demand as crowd_demand
from sim.crowd import population
from sim.crowd.config import Crowd
from sim.crowd.state import A_MESSAGE, D_DAY, REMOVED
from sim.engine.advance import (
    END,
    NO_NODES,
    NO_ORDERS,
    NO_PARCELS,
    WIRE,
    advance,
    refresh,
)  # fmt: skip
from sim.engine.building import PlatformContext, build_shelf, calibrate, expected_demand, expected_peak, open_books
from sim.engine.care_hours import CareHours
from sim.engine.crowding import appoint_visits, appoint_waiting, shown_promises
from sim.engine.first_run import share
from sim.engine.giving import appoint_ends, give_away
from sim.engine.journal import Journal
from sim.engine.refusing import check_memory, told
from sim.engine.room import free_appointments, make_room
from sim.engine.standing import stand_ready
from sim.engine.voiding import void_lost_payments
from sim.engine.world import World, build_desk
from sim.fulfilment import pools
from sim.fulfilment import state as fulfilment_state
from sim.fulfilment.allocation import serve_waiting
from sim.fulfilment.layout import assortment
from sim.fulfilment.state import C_SERIAL
from sim.platform import state as platform_state
from sim.rivals import state as rivals_state
from sim.shelf import ab
from sim.shelf import actors as shelf_actors
from sim.shelf import state as shelf_state
from sim.shelf.boards import write_boards
from sim.shelf.catalogue import build_categories, build_skus
from sim.shelf.page import seconds
from sim.shelf.planned import planned_prices
from sim.shelf.promotions import windows
from sim.supply import state as supply_state

SIDES = ("crowd", "shelf", "supply", "fulfilment", "care", "platform", "threats", "rivals", "oversight")
PROGRESS_EVERY = 0.2  # seconds between calls of a progress callback


class Priority:
    """Order of events at one minute: faults, actions, arrivals of goods, reviews, then the crowd."""

    FAULTS, ACTIONS, ARRIVALS, REVIEWS = FAULTS, ACTIONS, ARRIVALS, REVIEWS


def _kpi(market: Marketplace, name: str) -> float:
    """A KPI at the end of a run; before that, what has come together since the warm-up, or nan."""
    if market.running and name in ("visits", "orders", "gmv"):
        return total(market, name)
    return market.kpis.get(name, math.nan)


class Marketplace(mesa.Model):
    """One run of a scenario.

    ``scenario``: a checked scenario, or the path of a file. Further keywords are overrides by dotted path, so that
    Mesa's ``batch_run`` can vary them: ``batch_run(Marketplace, {"scenario": path, "crowd.shoppers": [1000, 2000]})``.
    ``seed`` (or ``rng``, as Mesa calls it) is the file's where none is given, and 1 where the file has none; 0 is a seed
    like any other. A run is a function of its seed: ``iterations=3`` gives the same run three times, ``"seed": [1, 2, 3]``
    three runs. A step is a day; the data collector holds days, visits, orders and GMV since the warm-up after each, and
    every KPI after the last. Time is in minutes on the SimPy clock ``env``; minute 0 is the start of the warm-up.
    """

    def __init__(
        self, scenario: Any, seed: int | None = None, replication: int = 0, rng: Any = None, **overrides: Any
    ) -> None:
        from sim.scenario import load

        if isinstance(scenario, (str, Path)) or overrides:
            scenario = load(getattr(scenario, "path", scenario), overrides)
        given = seed if seed is not None else rng
        named = given if given is not None else scenario.config.seed
        used = 1 if named is None else int(named)
        # Mesa's own generator is never used for decisions; it is seeded so that plug-ins stay reproducible
        super().__init__(seed=used)
        self.seed, self.replication = used, int(replication)
        self.source = scenario
        self.config = config = scenario.config
        first = parse_when(config.start)
        self.calendar = Calendar(
            date(first.year or 2026, first.month, first.day), config.days, int(config.warmup // DAY)
        )
        self.draws = Draws(self.seed, self.replication)
        self.env = simpy.Environment()
        self.journal = Journal(lambda: self.env.now)
        self.priority = Priority
        people = config.crowd.represents or config.crowd.shoppers
        self.weight = people / config.crowd.shoppers if config.crowd.shoppers else 1.0
        if config.crowd.demand is not None:
            self.weight = config.crowd.demand.resolution
        self.minute = 0
        self.notices: dict[str, Any] = {}  # what sides want to keep for their measures
        self._import_sides()
        check_memory(scenario)
        told(scenario, "", self._build)
        told(scenario, "", self._populate)
        self._schedule_timeline()
        stand_ready(self)
        self.kpis: dict[str, float] = {}  # by name, once `step` has come to the end
        reporters = {name: partial(_kpi, name=name) for name in all_measures()}
        self.datacollector = mesa.DataCollector(model_reporters=reporters | {"day": lambda market: market.minute / DAY})

    # Building --------------------------------------------------------------------------------------

    def _import_sides(self) -> None:
        """Import every module of every side, so that policies, events and laws are known, then installed plug-ins."""
        for name in SIDES:
            side = importlib.import_module(f"sim.{name}")
            for module in pkgutil.iter_modules(side.__path__):
                importlib.import_module(f"sim.{name}.{module.name}")
        importlib.import_module("sim.engine.laws")
        load_plugins()

    @property
    def alone(self) -> bool:
        """Supply is driven alone by a trace or a distribution; no shoppers, no platform."""
        return self.config.crowd.demand is not None

    def _build(self) -> None:
        config, calendar = self.config, self.calendar
        crowd_config: Crowd = config.crowd
        self.category_names = list(config.shelf.catalogue.categories)
        goods = self.source.table(config.shelf.catalogue.table) if config.shelf.catalogue.table else None
        categories = build_categories(config.shelf.catalogue, goods)
        skus = build_skus(config.shelf.catalogue, categories, self.draws, goods)
        if crowd_config.demand is not None:
            skus = np.resize(skus, crowd_config.demand.skus)
            skus["unit_cost"] = round(crowd_config.demand.unit_cost * 100)
        regions = config.fulfilment.network.regions
        self.region_share = np.resize(np.array(crowd_config.region_shares, float), regions)
        self.region_share /= self.region_share.sum()
        given = crowd_config.demand
        trace = self.source.table(given.file) if given is not None and given.distribution == "trace" else None
        demand = expected_demand(crowd_config, self.weight, skus, categories, trace)
        #: real units of each SKU a day on an ordinary day, and orders a day
        self.expected_units, self.expected_orders = demand
        minutes = 1 if self.alone else calendar.end
        nodes = 1024 if self.alone else max(16_384, int(crowd_config.shoppers * 0.15))
        popularity = skus["appeal"] * categories["need"][skus["category"]]
        if self.alone:
            popularity = self.expected_units if self.expected_units.any() else np.ones(len(skus))
        ful = fulfilment_state.build(
            config.fulfilment, weight=self.weight, days=calendar.total_days, region_share=self.region_share,
            appeal=popularity, expected_orders=self.expected_orders,
            expected_units=float(self.expected_units.sum()),
            orders=max(4096, crowd_config.shoppers // 16), parcels=max(8192, crowd_config.shoppers // 12),
        )  # fmt: skip
        supply = supply_state.build(
            config.supply, warehouses=ful.warehouses, expected=self.expected_units, region_share=self.region_share,
            days=calendar.total_days, weight=self.weight, stocked=assortment(config.fulfilment, popularity),
            draws=self.draws,
        )  # fmt: skip
        shelf = build_shelf(config, skus, categories)
        crowd = population.build(
            crowd_config, self.draws, self.category_names, categories["cover_days"], self.region_share,
            self.weight, nodes,
        )  # fmt: skip
        context = PlatformContext(minutes, calendar, expected_peak(crowd_config, self.weight), self.source.table)
        self.world = World(
            crowd=crowd,
            shelf=shelf,
            supply=supply,
            fulfilment=ful,
            care=care_state.build(config.care, shoppers=len(crowd.rows), days=calendar.total_days),
            platform=platform_state.build(config.platform, context),
            rivals=rivals_state.build(max(1, len(config.rivals.platforms)), len(categories)),
            books=books_state.build(calendar.total_days),
            agenda=agenda_module.build(minutes, nodes),
            desk=build_desk(nodes, calendar.warmup, int(config.books.repurchase_window)),
        )
        if config.shelf.page is not None:
            self.world.platform.client_latency[:] = seconds(config.shelf.page, config.platform.experience)
        if not self.alone:
            share(self.world)
        self.demand = None
        if crowd_config.demand is not None:
            self.demand = crowd_demand.build(crowd_config.demand, supply.local, trace)
        open_books(self.world)
        if not self.alone:  # the goods of a demand without shoppers belong to no category
            calibrate(self.world, config, self.weight)

    def _populate(self) -> None:
        """Let every side create its agents and processes."""
        self.windows = []
        if not self.alone:
            self.windows = windows(
                self.config.shelf, self.calendar, self.world.shelf.skus, self.category_names, self.draws
            )
            shown = [] if self.config.shelf.withheld else self.windows
            shares = ab.shares(self.config.shelf.ab)
            self.promotion_plan = planned_prices(shown, self.calendar.total_days, len(self.world.shelf.skus), shares)
            arms, limit = ab.arms_of(self.config.shelf.ab), self.config.shelf.price_change_limit
            write_boards(self.world.shelf, shown, 0, self.weight, limit, arms=arms)
            refresh(self.world.crowd, self.world.shelf)
            shelf_actors.populate(self, shown)
        for side in SIDES:
            if side == "shelf" or importlib.util.find_spec(f"sim.{side}.actors") is None:
                continue
            module = importlib.import_module(f"sim.{side}.actors")
            if hasattr(module, "populate"):
                module.populate(self)
        if "care" in self.notices:
            self.notices["care_hours"] = CareHours(self, self.notices["care"])
        if not self.alone:
            self.env.process(self._days())

    def _days(self) -> Any:
        """At each midnight: the weekday's weight and the promises shown on the pages."""
        while True:
            day = int(self.env.now // DAY)
            self.world.crowd.drive[D_DAY] = self.config.crowd.visits.day_of_week[self.calendar.weekday(day)]
            shown_promises(self.world.fulfilment, self.world.supply, self.world.shelf, self.region_share, int(self.env.now))
            self.world.shelf.setting[shelf_state.STALE] = 1.0
            yield self.env.timeout(DAY)

    def _schedule_timeline(self) -> None:
        for number, spec in enumerate(self.config.events):
            minute = self.calendar.minute(spec.at)
            if not 0 <= minute < self.calendar.end:
                continue
            priority = FAULTS if get_event(spec.do).kind == "inject" else ACTIONS
            happen = partial(told, self.source, f"events.{number}", partial(self.apply, spec))
            call_after(self.env, minute, priority, happen)

    # Running ---------------------------------------------------------------------------------------

    def apply(self, event: Any) -> Any:
        """Let an event happen now: an entry of the timeline, or anything with ``do``, ``target``, ``lasts``, ``arguments``.

        Returns what the event gives back: nothing, or a trouble that says by ``over`` when people have ended it.
        Raises SimError for a target, a duration or an argument that the event does not take.
        """
        entry = get_event(event.do)
        written = {"target": event.target, "for_minutes": event.lasts}
        given = {name: value for name, value in written.items() if value is not None} | event.arguments
        try:
            inspect.signature(entry.function).bind(self, **given)
        except TypeError as error:
            raise SimError(f"{event.do}: {error}") from None
        self.journal.record(event.do.partition(".")[0], event.do, event.target or "", event.lasts or 0.0)
        made = entry.function(self, **given)
        self.world.shelf.setting[shelf_state.STALE] = 1.0
        return made

    def run(self, progress: Callable[[int, int, float], None] | None = None) -> None:
        """Run to the end of the scenario. ``progress(minute, end, real orders so far)`` is called now and then."""
        self.run_until(self.calendar.end, progress)
        self.running = False

    def step(self) -> None:
        """One day, for Mesa's ``batch_run`` and data collection."""
        self.run_until(min(self.calendar.end, (self.minute // DAY + 1) * DAY))
        if self.minute >= self.calendar.end:
            self.running = False
            self.finish()
            self.kpis = measure_all(self)
        self.datacollector.collect(self)

    def run_until(self, end: float, progress: Callable[[int, int, float], None] | None = None) -> None:
        """Run up to minute ``end`` (exclusive): events before it have happened, the crowd's minutes before it too."""
        end = min(int(end), self.calendar.end)
        told = time.monotonic()
        while self.minute < end:
            upto = min(float(end), self.env.peek())
            if upto > self.minute:
                self._advance(int(upto) if upto == int(upto) else int(upto) + 1)
            # every event up to and including this minute, before the crowd's next minute
            while self.env.peek() <= self.minute and self.env.peek() < end:
                self.env.step()
            if progress is not None and time.monotonic() - told > PROGRESS_EVERY:
                told = time.monotonic()
                progress(self.minute, self.calendar.end, self._total(books_state.ORDERS))
        while self.env.peek() <= end and end < self.calendar.end and self.env.peek() < end:
            self.env.step()

    def _total(self, column: int) -> float:
        """Real total of an hourly series so far, warm-up included (money in fen)."""
        return float(self.world.books.series[:, column].sum() * self.weight)

    def _advance(self, end: int) -> None:
        """Advance the crowd to ``end``, or until a wire trips and its owner must act."""
        if self.alone:
            self._advance_demand(end)
            return
        while self.minute < end:
            w = self.world
            why, minute, need = advance(
                w.crowd, w.shelf, w.supply, w.fulfilment, w.care, w.platform, w.rivals, w.books, w.agenda, w.desk,
                self.minute, end,
            )  # fmt: skip
            self.minute = int(minute)
            if why == END:
                return
            if why == WIRE:
                self._clear_wires()
                return
            self._grow((int(why), int(need)))

    def _advance_demand(self, end: int) -> None:
        w = self.world
        reached = crowd_demand.exogenous_demand(w.supply, self.demand, self.draws.key0, self.draws.key1, float(end))
        self.minute = int(reached)
        if reached < end or w.supply.trip_count[0] > 0:
            self._clear_wires()

    def _clear_wires(self) -> None:
        """Owners of tripped wires act as ordinary events of this minute."""
        owner = self.notices.get("planner")
        if owner is not None:
            call_after(self.env, max(0.0, self.minute - self.env.now), REVIEWS, owner.wires_tripped)

    # What sides ask of each other ------------------------------------------------------------------

    def _grow(self, *what: tuple[int, int]) -> None:
        for why, need in what:
            self.world = make_room(self.world, why, need)

    def room_for_parcels(self, parcels: int) -> None:
        """Make room for so many further parcels and their appointments."""
        self._grow((NO_PARCELS, parcels), (NO_NODES, parcels))

    def goods_arrived(self, warehouse: int, skus: np.ndarray) -> None:
        """Stock has come in: orders that wait for these SKUs are served first, oldest first."""
        if self.alone:
            crowd_demand.serve_backorders(self.world.supply, warehouse, np.asarray(skus, np.int64), float(self.env.now))
            return
        skus = np.asarray(skus)
        for sku in skus[self.world.fulfilment.backlog[skus, 0] >= 0]:
            while True:
                w = self.world
                _, short = serve_waiting(
                    w.fulfilment, w.supply, w.shelf.skus, w.agenda, w.books, self.draws.key0, self.draws.key1,
                    int(sku), int(self.env.now),
                )  # fmt: skip
                if not short:
                    break
                self._grow((NO_PARCELS, len(w.fulfilment.parcels)))
                self._grow((NO_NODES, len(w.agenda.nodes)))

    def foresight(self, first: int, days: int) -> np.ndarray:
        """float64[days, skus]: row units that will be asked for from day ``first`` on; known only for a demand that is drawn
        or recorded beforehand. Raises SimError otherwise."""
        if self.demand is None:
            raise SimError("supply.forecast.policy: found 'perfect', accepted with shoppers: any other; it needs crowd.demand")
        skus = self.world.supply.stock.shape[1]
        return crowd_demand.foresee(self.demand, self.draws.key0, self.draws.key1, first, days, skus)

    def keep_orders(self) -> None:
        """Keep orders that are closed as well, for a table of all orders; a row takes 312 bytes. Changes nothing else."""
        ful = self.world.fulfilment
        self.world = self.world._replace(fulfilment=pools.keep_closed(ful, len(ful.orders) + int(ful.cursor[C_SERIAL])))

    def call_waiting(self, minute: int) -> None:
        """A promotion opens: those who waited for it come back, each after a delay of their own."""
        need = int((self.world.crowd.rows["wait_until"] == minute).sum())
        if need + 4096 > free_appointments(self.world):
            self._grow((NO_NODES, need + 4096))
        come = appoint_waiting(self.world.crowd, self.world.agenda, int(minute))
        self.journal.record("crowd", "come_back", "opening", come * self.weight)

    @property
    def bot_desk(self) -> Any:
        """Where attackers' accounts order, cancel and send back; opened when first asked for."""
        if "bot_desk" not in self.notices:
            from sim.engine.attacking import BotDesk

            self.notices["bot_desk"] = BotDesk(self)
        return self.notices["bot_desk"]

    def appoint_visits(self, shoppers: np.ndarray, minutes: np.ndarray, detail: int = 0) -> int:
        """Visits by appointment: ``shoppers`` (rows) at ``minutes``, not before the next minute; beyond the run's end
        they are dropped. Returns how many are kept."""
        need = len(shoppers) + 4096
        if need > free_appointments(self.world):
            self._grow((NO_NODES, need))
        at = np.maximum(np.asarray(minutes, np.int64), self.minute + 1)
        return int(appoint_visits(self.world.agenda, A_MESSAGE, np.asarray(shoppers, np.int64), at, detail))

    def have_room(self, orders: int) -> None:
        """Make room for so many further orders, their parcels and appointments, where there is none."""
        cursor = self.world.fulfilment.cursor
        closed = len(self.world.fulfilment.closed)
        lacking = closed > 0 and cursor[C_SERIAL] + orders > closed
        if lacking or cursor[fulfilment_state.C_ORDERS_FREE] < orders:
            self._grow((NO_ORDERS, orders))
        if cursor[fulfilment_state.C_PARCELS_FREE] < 2 * orders + 64:
            self._grow((NO_PARCELS, 2 * orders + 64))
        if free_appointments(self.world) < 8 * orders + 256:
            self._grow((NO_NODES, 8 * orders + 256))

    def give_away(self, shoppers: np.ndarray, goods: np.ndarray) -> int:
        """Send a unit of ``goods`` int64[n] to each of ``shoppers`` int64[n] for nothing; returns the rows sent."""
        self.have_room(len(shoppers))
        w = self.world
        return int(
            give_away(w.crowd, w.shelf, w.supply, w.fulfilment, w.books, w.agenda, shoppers, goods, int(self.env.now))
        )

    def end_group(self, orders: np.ndarray) -> None:
        """Orders int64[n] (rows) sold to a group are sent in the next minute where confirmed, else paid back."""
        self.have_room(len(orders))
        appoint_ends(self.world.agenda, orders, int(self.env.now) + 1)

    def payments_lost(self) -> None:
        """A standby has taken over without the last writes: orders whose payment was among them are void."""
        if not self.alone:
            void_lost_payments(self)

    def remove_shopper(self, row: int) -> None:
        """Take one shopper away for good: they never visit (the worlds test compares histories with and without)."""
        self.world.crowd.rows[row]["flags"] |= REMOVED

    def finish(self) -> None:
        """End the run: areas are settled, then every conservation law is checked. Raises LawBroken."""
        self.supply.finish()
        if "operations" in self.notices:
            self.notices["operations"].pay(self.minute)
        self.laws = check_all(self)
        # Mesa counts agents in a table of all models there ever were, which would keep every run of a study in memory
        mesa.Agent._ids.pop(self, None)
