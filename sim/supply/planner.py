"""The planner: closes each day, reviews stock, orders from suppliers and sends goods down the network.

At one minute the order is: faults, actions, arrivals of goods, then here: the day that has ended is closed,
the forecast learns from it, orders are placed, transfers leave; then demand comes. An order from a supplier
with no lead time arrives before that demand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mesa
import numpy as np
import simpy

from sim.books.state import CASH, HOLDING, SOURCING, post
from sim.core.clock import ACTIONS, FAULTS, REVIEWS, call_after, wait
from sim.core.errors import SimError
from sim.core.registry import get_policy
from sim.supply import kernel, policies  # noqa: F401  (policies register themselves)
from sim.supply.assignment import assign, drawn_region
from sim.supply.config import Supplier as SupplierSection
from sim.supply.festival import order_for_the_festival
from sim.supply.forecasts import Outlook
from sim.supply.network import Network
from sim.supply.presale import Presale
from sim.supply.replenishment import Plan, View
from sim.supply.state import (
    CENTRAL,
    MEASURED_FROM,
    SKU_PRIOR,
    SKU_SECOND,
    SKU_SUPPLIER,
)
from sim.supply.supplier import DAY, Supplier
from sim.supply.troubles import Troubles


def _wires(plan: Plan) -> np.ndarray:
    """int64[skus], row units: where wires hang; -1, none, where reaching the point would lead to no order."""
    reorder = np.floor(plan.reorder)
    orders = (plan.lot > 0) | (np.rint(plan.up_to) > reorder)
    return np.where(orders, np.maximum(reorder, -1.0), -1.0).astype(np.int64)


class Planner(mesa.Agent):
    """Plans the stock of all SKUs of the marketplace. `market.supply` is the planner."""

    def __init__(self, market: Any, expected: np.ndarray) -> None:
        """`expected`: float64[skus], real units a day that the market is thought to ask for."""
        super().__init__(market)
        self.market, self.config, self.weight = market, market.config.supply, float(market.weight)
        self.state = market.world.supply
        self.skus = self.state.stock.shape[1]
        self.days = self.state.history.shape[0]
        self.central = int(self.state.flags[CENTRAL])
        self.day = 0  # days closed
        self.gates: dict[str, float] = {}  # region -> minute its port opens again
        self.withheld = np.zeros(self.skus, bool)  # bought out: not reordered
        self.presale = Presale(self.skus)
        self.spent = np.zeros(self.skus)  # fen paid for goods since figures count, row
        self.extra_cover = 0.0  # days of cover added by an action
        self.marks = self.state.totals.copy()  # totals when figures began to count
        self._suppliers()
        replenishment = self.config.replenishment
        self.replenishment = get_policy("supply.replenishment", replenishment.policy)(replenishment, self.config.costs)
        self.continuous = bool(self.replenishment.continuous) or replenishment.review == "continuous"
        self.review_every = DAY if self.continuous else float(replenishment.review)
        self.forecast = get_policy("supply.forecast", self.config.forecast.policy)(self.config.forecast)
        error = self.config.forecast.prior_error
        noise = error * market.draws.normal(SKU_PRIOR, np.arange(self.skus)) - error**2 / 2
        self.forecast.start(np.nan_to_num(expected) / self.weight * np.exp(noise))
        self.contracts = [get_policy("supply.contract", item.kind)(item) for item in self.config.contracts]
        self._lift = {
            int(market.calendar.minute(when) // DAY): factor for when, factor in self.config.forecast.lift_days.items()
        }
        self._fixed: Plan | None = None
        self.network = Network(market, replenishment, self.config.transfers, self.weight)

    # Who supplies what ----------------------------------------------------------------------------

    def _suppliers(self) -> None:
        config, market = self.config, self.market
        self.sourcing = get_policy("supply.sourcing", config.sourcing.policy)(
            config.sourcing, config.replenishment.service_level
        )
        roster = dict(config.roster())
        role = self.sourcing.second_role
        if role and not any(section.role == role for section in roster.values()):
            roster[f"{role}-1"] = SupplierSection(role=role)
        # main suppliers first, so that adding another kind of supplier renumbers none
        names = sorted(roster, key=lambda name: roster[name].role != "main")
        self.suppliers: dict[str, Supplier] = {}
        for number, name in enumerate(names):
            section = roster[name]
            region = section.region or drawn_region(config.regions, market.draws, name)
            self.suppliers[name] = Supplier(market, self, number, name, section, region)
        self.roll = list(self.suppliers.values())
        for supplier in self.roll:
            for upstream in supplier.config.depends_on:
                if upstream not in self.suppliers:
                    known = ", ".join(sorted(self.suppliers))
                    raise SimError(
                        f"supply.suppliers.{supplier.name}.depends_on: found {upstream!r}, accepted: {known}"
                    )
        self.main = assign(self, "main", SKU_SUPPLIER)
        self.second = assign(self, role, SKU_SECOND) if role else np.full(self.skus, -1, np.int64)
        market.world.shelf.skus["supplier"] = self.main
        self.of_main = [np.flatnonzero(self.main == s) for s in range(len(self.roll))]
        self.of_second = [np.flatnonzero(self.second == s) for s in range(len(self.roll))]
        self.troubles = Troubles(market, self)
        leads = np.array([s.config.lead_time.mean / DAY for s in self.roll])
        spread = np.array([s.config.lead_time.cv for s in self.roll]) * leads
        self.lead, self.lead_sd = leads[self.main], spread[self.main]
        self.fast_lead = np.where(self.second >= 0, leads[self.second], np.nan)

    def in_region(self, name: str) -> list[Supplier]:
        """Suppliers that stand in a region."""
        return [supplier for supplier in self.roll if supplier.region == name]

    def aimed(self, target: Any) -> list[Supplier]:
        """Suppliers an event aims at: a supplier, a region, a list of them, or `all`. Raises SimError for others."""
        if target in (None, "all"):
            return list(self.roll)
        if isinstance(target, (list, tuple)):
            return [supplier for one in target for supplier in self.aimed(one)]
        if target in self.suppliers:
            return [self.suppliers[target]]
        if target in self.config.regions or self.in_region(str(target)):
            return self.in_region(str(target))
        known = ", ".join([*self.suppliers, *self.config.regions, "all"])
        raise SimError(f"no supplier or region {target!r}; accepted: {known}")

    def select(self, text: str) -> np.ndarray:
        """bool[skus] of `all`, `hero`, `exclusive` or `supplier:NAME`. Raises SimError for others."""
        skus = self.market.world.shelf.skus
        if text == "all":
            return np.ones(self.skus, bool)
        if text in ("hero", "exclusive"):
            return np.asarray(skus[text] > 0)
        if text.startswith("supplier:") and text[9:] in self.suppliers:
            return np.asarray(self.main == self.suppliers[text[9:]].number)
        raise SimError(f"found {text!r}, accepted: all, hero, exclusive or supplier:NAME")

    def usual_load(self, supplier: Supplier) -> float:
        """Row units a day that the forecast expects of the SKUs a supplier serves."""
        served = self.of_second if supplier.is_second else self.of_main
        return float(self.forecast.mean[served[supplier.number]].sum())

    # Time -----------------------------------------------------------------------------------------

    def wait(self, delay: float, priority: int = ACTIONS) -> simpy.Event:
        """An event after `delay` minutes."""
        return wait(self.market.env, delay, priority)

    def wait_until(self, minute: float, priority: int = ACTIONS) -> simpy.Event:
        """An event at `minute`, now if that has passed."""
        return wait(self.market.env, minute - self.market.env.now, priority)

    def start(self) -> None:
        """Begin all processes of the side."""
        if self.market.calendar.warmup > 0:
            # before anything else of that minute: goods that arrive then count
            call_after(self.market.env, self.market.calendar.warmup, FAULTS, self.begin_measuring)
        self.market.env.process(self._live())
        self.troubles.start()
        for contract in self.contracts:
            contract.begin(self)
        if self.config.festival is not None:
            self.market.env.process(order_for_the_festival(self, self.config.festival))

    def _live(self) -> Iterator[simpy.Event]:
        next_day, next_review = DAY, 0.0
        yield self.wait(0.0, REVIEWS)
        while True:
            now = float(self.market.env.now)
            if now >= next_day:
                self.close_day()
                next_day += DAY
            if now >= next_review:
                self.review()
                next_review += self.review_every
            yield self.wait(min(next_day, next_review) - now, REVIEWS)

    def close_day(self) -> None:
        """The day that has ended goes into history; the forecast learns; stock is paid for."""
        state, day, now = self.state, self.day, float(self.market.env.now)
        section = self.config.forecast
        sees_demand = section.sees == "demand"
        kernel.close_day(state, day, now, section.smoothing, sees_demand)
        units = (state.history if sees_demand else state.served)[day].astype(np.float64)
        usable = np.ones(self.skus, bool) if sees_demand or not section.uncensor else state.out[day] == 0
        usable &= self.presale.plain_days(self.market.world.shelf.skus["deposit"])
        self.forecast.learn(day, units, usable, self)
        self._pay(day, now)
        self.day += 1

    def finish(self) -> None:
        """Close the last day and settle all areas. The engine calls it once, after the last minute."""
        now = float(self.market.calendar.end)
        if self.day < self.days:
            kernel.close_day(self.state, self.day, now, 0.0, False)
            self._pay(self.day, now)
            self.day += 1
        kernel.settle_all(self.state, now)

    def begin_measuring(self) -> None:
        """Figures count from now on: the warm-up is over."""
        now = float(self.market.env.now)
        kernel.settle_all(self.state, now)
        self.state.area[:] = 0.0
        self.state.flags[MEASURED_FROM] = int(now)
        self.state.cycles[2:] = 0
        self.marks = self.state.totals.copy()
        self.spent[:] = 0.0

    def _pay(self, day: int, now: float) -> None:
        world = self.market.world
        unit_cost = world.shelf.skus["unit_cost"]
        value = int((self.state.closing[day] * unit_cost).sum())
        at = day * DAY  # booked on the day it belongs to
        post(world.books, at, HOLDING, CASH, round(value * self.config.costs.carrying / 365.0))
        for supplier in self.roll:
            if supplier.config.reserve > 0 and supplier.capacity is not None:
                mine = (self.of_second if supplier.is_second else self.of_main)[supplier.number]
                cost = float(unit_cost[mine].mean()) if len(mine) else 0.0
                post(world.books, at, SOURCING, CASH, round(supplier.config.reserve * supplier.capacity * cost))

    # Reviewing ------------------------------------------------------------------------------------

    def uplift(self, day: int) -> np.ndarray:
        """float64[skus]: planned demand of a day against a usual one, from planned prices and lift days."""
        factor = np.full(self.skus, self._lift.get(day, 1.0))
        plan = getattr(self.market, "promotion_plan", None)
        if plan is not None and 0 <= day < len(plan):
            factor *= np.maximum(plan[day], 0.05) ** self.config.forecast.elasticity
        return factor

    def foresight(self, first: int, days: int) -> np.ndarray:
        """float64[days, skus]: demand to come, from the marketplace's `foresight`. Raises SimError without one."""
        look = getattr(self.market, "foresight", None)
        if look is None:
            raise SimError("supply.forecast.policy: 'perfect' needs a demand that is known beforehand (crowd.demand)")
        return np.asarray(look(first, days), dtype=np.float64)

    def outlook(self) -> Outlook:
        """What the forecast expects now."""
        return self.forecast.outlook(self)  # type: ignore[no-any-return]

    def view(self) -> View:
        """What the planner knows now."""
        position, free, on_hand = (np.zeros(self.skus, np.int64) for _ in range(3))
        kernel.summarise(self.state, position, free, on_hand)
        outlook = self.outlook()
        shelf = self.market.world.shelf.skus
        return View(
            now=float(self.market.env.now),
            outlook=outlook,
            # a presale order is demand that has come already, though its goods are not yet taken
            position=position - self.presold(),
            free=free,
            lead=self.lead,
            lead_sd=self.lead_sd,
            fast_lead=self.fast_lead,
            capacity=self._capacity_shares(outlook),
            review=0.0 if self.continuous else self.review_every / DAY,
            price=shelf["list_price"] / 100.0,
            cost=shelf["unit_cost"] / 100.0,
            weight=self.weight,
            planner=self,
        )

    def _capacity_shares(self, outlook: Outlook) -> np.ndarray:
        """float64[skus]: a supplier's daily output shared over its SKUs in proportion to expected demand; inf."""
        shares = np.full(self.skus, np.inf)
        for supplier, mine in zip(self.roll, self.of_main, strict=True):
            if supplier.capacity is not None and len(mine):
                expected = np.maximum(outlook.mean[mine], 1e-12)
                shares[mine] = supplier.capacity * expected / expected.sum()
        return shares

    def plan(self, view: View) -> Plan:
        """Levels in force now."""
        if self.config.replenishment.fixed:
            if self._fixed is None:
                self._fixed = self.replenishment.plan(view)
            plan = self._fixed
        else:
            plan = self.replenishment.plan(view)
        extra = np.full(self.skus, self.extra_cover)
        if self.config.monitoring.on_warning == "prebuild":
            extra = extra + np.where(self.main_warned(), self.config.monitoring.prebuild, 0.0)
        if extra.any():
            more = np.rint(extra * view.outlook.mean)
            plan = Plan(plan.reorder + more, plan.up_to + more, plan.lot)
        barred = self.withheld | self._slow_movers(view)
        return plan._replace(reorder=np.where(barred, -4e18, plan.reorder)) if barred.any() else plan

    def _slow_movers(self, view: View) -> np.ndarray:
        """bool[skus]: stock covers more days than allowed; raises the alert."""
        slow = view.free > self.config.stock.slow_mover * np.maximum(view.outlook.mean, 1e-9)
        slow &= view.free > 0
        fresh = int((slow & (self.state.slow == 0)).sum())
        self.state.slow[:] = slow
        if fresh:
            self.market.journal.record("supply", "slow_movers", "", float(fresh))
        return slow

    def review(self) -> None:
        """Order from suppliers what the position lacks, and send goods down the network."""
        view = self.view()
        plan = self.plan(view)
        self._order(self.sourcing.orders(view, plan))
        if self.continuous:
            kernel.set_wires(self.state, np.arange(self.skus), _wires(plan))
            self.state.seen[:] = -1
        self.network.distribute(view.outlook)

    def wires_tripped(self) -> None:
        """Wires have tripped: order for those SKUs. The engine calls it when a slice ends on a trip."""
        count = int(self.state.trip_count[0])
        tripped = np.unique(self.state.trips[:count, 1]).astype(np.int64)
        self.state.trip_count[0] = 0
        view = self.view()
        plan = self.plan(view)
        quiet = np.ones(self.skus, bool)
        quiet[tripped] = False
        self._order(self.sourcing.orders(view, plan._replace(reorder=np.where(quiet, -4e18, plan.reorder))))
        # one that is still below its wire, because its supplier took no order, is looked at when next asked for
        kernel.set_wires(self.state, tripped, _wires(plan)[tripped])

    def _order(self, orders: list[Any]) -> None:
        for order in orders:
            served = self.of_second if order.second else self.of_main
            if not order.units.any():
                continue
            for supplier, mine in zip(self.roll, served, strict=True):
                wanted = mine[order.units[mine] > 0]
                if len(wanted):
                    supplier.order(wanted, order.units[wanted])

    def buy(self, units: np.ndarray, second: bool, price: float | None = None) -> None:
        """Order `units` (int64[skus], row units) outside the rule, at a price relative to the unit cost."""
        for supplier, mine in zip(self.roll, self.of_second if second else self.of_main, strict=True):
            wanted = mine[units[mine] > 0]
            if len(wanted):
                supplier.order(wanted, units[wanted], price)

    # What sourcing asks ---------------------------------------------------------------------------

    def due_within(self, days: np.ndarray) -> np.ndarray:
        """int64[skus]: row units that arrive in central within `days` (float64[skus]), and all in transfer."""
        due = self.network.on_road()
        now = float(self.market.env.now)
        for supplier in self.roll:
            for shipment in supplier.on_road:
                inside = shipment.due <= now + days[shipment.skus] * DAY + 1e-6
                np.add.at(due, shipment.skus[inside], shipment.units[inside])
        return due

    def _flag_main(self, flags: list[bool]) -> np.ndarray:
        return np.array(flags, bool)[self.main]

    def main_known_down(self) -> np.ndarray:
        """bool[skus]: the main source is known to be down."""
        return self._flag_main([supplier.known_down for supplier in self.roll])

    def main_warned(self) -> np.ndarray:
        """bool[skus]: a warning about the main source is believed."""
        now = float(self.market.env.now)
        return self._flag_main([supplier.warned_until > now for supplier in self.roll])

    @property
    def switch_on_warning(self) -> bool:
        """A warning is enough to use the second source."""
        return bool(self.config.monitoring.on_warning == "switch")

    def owed_by_main(self) -> np.ndarray:
        """int64[skus]: row units that main suppliers known to be down have not yet shipped."""
        owed = np.zeros(self.skus, np.int64)
        for supplier in self.roll:
            if supplier.known_down and not supplier.is_second:
                owed += supplier.owed()
        return owed

    def cancel_owed(self, chosen: np.ndarray) -> np.ndarray:
        """Cancel what main suppliers known to be down owe of `chosen` (bool[skus]); int64[skus] cancelled."""
        cancelled = np.zeros(self.skus, np.int64)
        if chosen.any():
            for supplier in self.roll:
                if supplier.known_down and not supplier.is_second:
                    cancelled += supplier.cancel(chosen)
        return cancelled

    def activate_second(self, chosen: np.ndarray) -> None:
        """Activate the second sources of `chosen` (bool[skus])."""
        for number in np.unique(self.second[chosen]):
            if number >= 0:
                self.roll[number].activate()

    def learnt_of(self, supplier: Supplier) -> None:
        """A supplier is known to be down: where second sources exist, do not wait for the next review."""
        if self.sourcing.second_role and supplier.used and not supplier.is_second:
            call_after(self.market.env, 0.0, REVIEWS, self._act_on_news)

    def _act_on_news(self) -> None:
        """Review at once where that brings a second source in; what the main sources are asked for has its own days."""
        if self.sourcing.would_switch(self.view()):
            self.review()

    def presold(self) -> np.ndarray:
        """int64[skus]: row units with a deposit paid and the balance open."""
        return self.presale.units(self.market.world.fulfilment.orders)
