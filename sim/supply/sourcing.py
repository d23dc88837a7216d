"""From whom to order. A policy splits what replenishment asks for over a main and a second source.

Literature: base-surge split (Allon & Van Mieghem 2010), dual index (Veeraraghavan & Scheller-Wolf 2008), capped
dual index (Sun & Van Mieghem 2019). *Position of the fast source*: stock, less backorders, and all that is due
within the fast source's lead time; the slow source looks at the whole position.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np

from sim.core.registry import policy
from sim.supply.forecasts import DAY
from sim.supply.replenishment import Plan, View, order_quantity, safety_stock, z_of


class Order(NamedTuple):
    """Units to order of each SKU from its main (False) or second (True) source."""

    second: bool
    units: np.ndarray  # int64[skus], row units


class _Sourcing(ABC):
    """Base of the policies. `section`: supply.sourcing; `service_level`: of supply.replenishment."""

    #: role of the second source, "" for none
    second_role = ""

    def __init__(self, section: Any, service_level: float = 0.97) -> None:
        self.section = section
        self.service_level = service_level

    @abstractmethod
    def orders(self, view: View, plan: Plan) -> list[Order]:
        """What to order now."""

    def would_switch(self, view: View) -> bool:
        """Whether the news that a supplier is down changes what is ordered from the second source."""
        return bool(self.second_role)

    def activate(self, planner: Any) -> None:
        """Someone orders the second source to be used from now on, whatever the cover."""
        raise ValueError(f"sourcing {type(self).__name__} has no second source to activate")

    def stand_down(self, planner: Any) -> None:  # noqa: B027 (nothing by default)
        """Back to the rule."""


@policy("supply.sourcing", "single")
class Single(_Sourcing):
    """One source for each SKU."""

    def orders(self, view: View, plan: Plan) -> list[Order]:
        """What to order now."""
        return [Order(False, order_quantity(view.position, plan))]


@policy("supply.sourcing", "backup")
class Backup(_Sourcing):
    """A second source that is used below a cover threshold, and until cover has recovered.

    Cover counts what lies there and what is on the road, but nothing that a supplier known to be down
    still owes. On switching, what that supplier has not yet made is cancelled and ordered from the backup; where
    the main source works, the backup only lifts cover to the threshold.
    """

    second_role = "backup"

    def __init__(self, section: Any, service_level: float = 0.97) -> None:
        super().__init__(section, service_level)
        self.forced = False
        self.switched: np.ndarray | None = None  # bool[skus]

    def _rule(self, view: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(bool[skus] switched by the rule, bool[skus] main source known to be down, float64[skus] there soon)."""
        planner = view.planner
        daily = np.maximum(view.outlook.mean, 1e-9)
        before = np.zeros(len(daily), bool) if self.switched is None else self.switched
        down = planner.main_known_down()
        owed = planner.owed_by_main()
        # goods that can be relied on: not those a supplier known to be down has yet to make
        firm = view.position - np.where(down, owed, 0)
        soon = view.free + planner.due_within(view.fast_lead)
        cover = np.where(down, firm, soon) / daily
        at_risk = (cover < self.section.switch_below) | (planner.main_warned() & planner.switch_on_warning)
        trusted = np.isfinite(view.fast_lead) & ((view.outlook.mean > 0) | self.forced)
        switched = trusted & ((before & ~((cover > self.section.switch_back) & ~down)) | at_risk | self.forced)
        return switched, down, soon

    def would_switch(self, view: View) -> bool:
        """Only where a SKU is to come from the second source, or has come from it: else the next review is soon enough."""
        return bool(self._rule(view)[0].any() or (self.switched is not None and self.switched.any()))

    def orders(self, view: View, plan: Plan) -> list[Order]:
        """What to order now."""
        planner = view.planner
        daily = np.maximum(view.outlook.mean, 1e-9)
        self.switched, down, soon = self._rule(view)
        if not self.switched.any():
            return [Order(False, order_quantity(view.position, plan))]
        planner.activate_second(self.switched)
        frozen = self.switched & down
        cancelled = planner.cancel_owed(frozen)
        need = order_quantity(view.position - cancelled, plan)
        rescue = np.rint(np.maximum(self.section.switch_below * daily - soon, 0.0)).astype(np.int64)
        second = np.where(frozen | (self.switched & self.forced), need, np.where(self.switched, rescue, 0))
        main = np.where(frozen | self.forced, 0, order_quantity(view.position - cancelled + second, plan))
        main = np.where(self.switched & self.forced, 0, main)
        return [Order(True, second.astype(np.int64)), Order(False, main.astype(np.int64))]

    def activate(self, planner: Any) -> None:
        """Use the second source from now on, whatever the cover."""
        self.forced = True

    def stand_down(self, planner: Any) -> None:
        """Back to the rule."""
        self.forced = False


@policy("supply.sourcing", "emergency_pool")
class EmergencyPool(Backup):
    """Suppliers with reserved capacity that stand by: qualified ones deliver 48 h after activation, at a premium."""

    second_role = "emergency"


class _TwoSources(_Sourcing):
    """Base of the policies that use both sources all the time; the second one is the faster and dearer."""

    second_role = "backup"

    def _expedite(self, view: View, due: np.ndarray) -> np.ndarray:
        """float64[skus]: what lifts the fast source's position (free stock and `due`) to its level."""
        if self.section.expedite_level is not None:
            level = np.full(len(view.position), self.section.expedite_level / view.weight)
        else:
            span = view.fast_lead + view.review
            zero = np.zeros_like(span)
            level = view.outlook.over(span) + safety_stock(view.outlook, span, zero, z_of(self.service_level))
        return np.maximum(np.rint(level) - (view.free + due), 0.0)

    def _both(self, view: View, plan: Plan, fast: np.ndarray, slow: np.ndarray) -> list[Order]:
        without = ~np.isfinite(view.fast_lead)
        if without.any():
            slow = np.where(without, order_quantity(view.position, plan), slow)
            fast = np.where(without, 0.0, fast)
        return [Order(True, fast.astype(np.int64)), Order(False, slow.astype(np.int64))]


@policy("supply.sourcing", "dual")
class BaseSurge(_TwoSources):
    """Base-surge split: a steady quantity from the main source, surges from the fast one."""

    def __init__(self, section: Any, service_level: float = 0.97) -> None:
        super().__init__(section, service_level)
        self.asked: np.ndarray | None = None  # float64[skus], base quantity asked for so far
        self.steady = -np.inf  # minute at which it was asked for last

    def orders(self, view: View, plan: Plan) -> list[Order]:
        """What to order now."""
        span = view.review if view.review > 0 else 1.0
        if self.section.base is not None:
            base = np.full(len(view.position), self.section.base / view.weight)
        else:
            # no base for what is in ample supply, or it would pile up after demand has fallen
            base = np.where(view.position > plan.up_to, 0.0, self.section.base_share * view.outlook.over(span))
        if view.now < self.steady + span * DAY - 1e-6:  # a wire tripped between two reviews: the steady part has its days
            base = np.zeros_like(base)
        else:
            self.steady = view.now
        before = np.zeros(len(base)) if self.asked is None else self.asked
        self.asked = before + base
        # whole units: the sum of the steady quantities is never off by one
        slow = np.floor(self.asked + 1e-9) - np.floor(before + 1e-9)
        return self._both(view, plan, self._expedite(view, view.planner.due_within(view.fast_lead)), slow)


@policy("supply.sourcing", "dual_index")
class DualIndex(_TwoSources):
    """Dual index: each source has its own order-up-to level, the fast one on what is due within its lead time."""

    def orders(self, view: View, plan: Plan) -> list[Order]:
        """What to order now."""
        fast = self._expedite(view, view.planner.due_within(view.fast_lead))
        return self._both(view, plan, fast, self._slow(view, order_quantity(view.position + fast, plan)))

    def _slow(self, view: View, units: np.ndarray) -> np.ndarray:
        return units


@policy("supply.sourcing", "capped_dual_index")
class CappedDualIndex(DualIndex):
    """Capped dual index: dual index with a cap on what is ordered from the slow source at once."""

    def _slow(self, view: View, units: np.ndarray) -> np.ndarray:
        if self.section.cap is not None:
            cap = np.full(len(units), self.section.cap / view.weight)
        else:
            # asymptotically the slow source carries nearly all of mean demand (Sun & Van Mieghem 2019)
            cap = view.outlook.over(view.review if view.review > 0 else 1.0) * 1.15
        return np.minimum(units, np.maximum(np.rint(cap), 1.0))


@policy("supply.sourcing", "single_index")
class SingleIndex(_TwoSources):
    """Single index: both order-up-to levels look at the whole position (Scheller-Wolf et al. 2007)."""

    def orders(self, view: View, plan: Plan) -> list[Order]:
        """What to order now."""
        fast = self._expedite(view, view.position - view.free)
        return self._both(view, plan, fast, order_quantity(view.position + fast.astype(np.int64), plan))


# Contracts: bought beside what the sourcing policy orders -----------------------------------------


@policy("supply.contract", "buy_out")
class BuyOut:
    """A whole harvest at once, at a lower price; none of it is ordered again."""

    def __init__(self, section: Any) -> None:
        self.section = section

    def begin(self, planner: Any) -> None:
        """Called when the run begins."""
        planner.market.env.process(self._buy(planner))

    def _buy(self, planner: Any) -> Any:
        yield planner.wait_until(planner.market.calendar.minute(self.section.at))
        chosen = planner.select(self.section.skus)
        outlook = planner.outlook()
        units = np.where(chosen, np.rint(outlook.over(self.section.cover)), 0.0).astype(np.int64)
        planner.withheld |= chosen
        planner.buy(units, second=False, price=self.section.price)
        planner.market.journal.record("supply", "buy_out", self.section.skus, float(units.sum()) * planner.weight)


@policy("supply.contract", "c2m")
class C2m:
    """Produce against presale orders: what deposits promise is ordered day by day, at the factory's price."""

    def __init__(self, section: Any) -> None:
        self.section = section

    def begin(self, planner: Any) -> None:
        """Called when the run begins."""
        self.ordered = np.zeros(planner.skus, np.int64)
        planner.market.env.process(self._follow(planner))

    def _follow(self, planner: Any) -> Any:
        end = planner.market.calendar.minute(self.section.to)
        yield planner.wait_until(planner.market.calendar.minute(self.section.start))
        while planner.market.env.now <= end:
            promised = np.floor(planner.presold() * (1.0 - self.section.default)).astype(np.int64)
            units = np.maximum(promised - self.ordered, 0)
            if units.any():
                self.ordered += units
                planner.buy(units, second=False, price=self.section.price)
                planner.market.journal.record("supply", "c2m", "", float(units.sum()) * planner.weight)
            yield planner.wait(DAY)
