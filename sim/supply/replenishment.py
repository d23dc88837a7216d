"""When to order how much. A policy turns an outlook into levels; `order_quantity` turns levels into orders.

Levels are on the inventory position of a SKU over all warehouses (on hand − allocated − backorders + on
order), in row units. Levels that a file gives in units are divided by the weight of a row unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from sim.core.registry import policy
from sim.supply.forecasts import DAY, Outlook


class Plan(NamedTuple):
    """Levels of every SKU."""

    reorder: np.ndarray  # float64[skus], order when the position is at or below it
    up_to: np.ndarray  # float64[skus], order up to it (where lot is 0)
    lot: np.ndarray  # float64[skus], order in multiples of it; 0: up to `up_to`


@dataclass(frozen=True, slots=True)
class View:
    """What the planner knows at a review. Arrays are per SKU; quantities in row units, times in days."""

    now: float  # minute
    outlook: Outlook
    position: np.ndarray  # int64[skus]
    free: np.ndarray  # int64[skus], on hand less allocations and backorders
    lead: np.ndarray  # float64[skus], mean lead time of the main source
    lead_sd: np.ndarray  # float64[skus]
    fast_lead: np.ndarray  # float64[skus], of the second source; nan where there is none
    capacity: np.ndarray  # float64[skus], row units a day the main source can ship of it (its share); inf
    review: float  # days between reviews; 0: continuous
    price: np.ndarray  # float64[skus], CNY
    cost: np.ndarray  # float64[skus], CNY
    weight: float
    planner: Any  # for sourcing: suppliers, what is on the road


def order_quantity(position: np.ndarray, plan: Plan) -> np.ndarray:
    """int64[skus]: row units to order at these positions.

    At or below `reorder`: up to `up_to`, or the fewest lots that lift the position above `reorder`.
    """
    reorder, lot = np.floor(plan.reorder + 1e-9), np.rint(plan.lot)
    lots = np.floor((reorder - position) / np.maximum(lot, 1.0)) + 1.0
    units = np.where(lot > 0, lots * lot, np.rint(plan.up_to) - position)
    return np.where(position <= reorder, np.maximum(units, 0.0), 0.0).astype(np.int64)


def safety_stock(outlook: Outlook, span: np.ndarray, lead_sd: np.ndarray, z: float | np.ndarray) -> np.ndarray:
    """float64[skus]: `z·sqrt(L·σ_d² + d²·σ_L²)` over a span of L days whose length varies by `lead_sd` days."""
    return z * np.sqrt(span * outlook.sd**2 + outlook.mean**2 * lead_sd**2)


def z_of(service_level: float) -> float:
    """Standard normal quantile; -8 and 8 at 0 and 1."""
    return NormalDist().inv_cdf(service_level) if 0.0 < service_level < 1.0 else (8.0 if service_level >= 1.0 else -8.0)


class _Replenishment(ABC):
    """Base of the policies. `section`: supply.replenishment; `costs`: supply.costs."""

    #: watch the position all the time instead of at reviews
    continuous = False

    def __init__(self, section: Any, costs: Any = None) -> None:
        self.section = section
        self.costs = costs

    @abstractmethod
    def plan(self, view: View) -> Plan:
        """Levels of every SKU now."""

    def _protected(self, view: View) -> np.ndarray:
        """Days from an order to the arrival of the next one."""
        return view.lead + view.review

    def _safe_level(self, view: View, z: float | np.ndarray | None = None) -> np.ndarray:
        """Demand until the next order can arrive, and safety stock; whole row units, one at least of what sells."""
        span = self._protected(view)
        z = z_of(self.section.service_level) if z is None else z
        level = view.outlook.over(span) + safety_stock(view.outlook, span, view.lead_sd, z)
        return np.maximum(np.ceil(level - 1e-9), view.outlook.mean > 0)

    def _given(self, value: float | None, view: View, otherwise: Any) -> np.ndarray:
        return np.full(len(view.position), value / view.weight) if value is not None else otherwise()

    def _reorder(self, view: View) -> np.ndarray:
        return self._given(self.section.reorder, view, lambda: self._safe_level(view))


def _order_up_to(level: np.ndarray) -> Plan:
    """Every review orders what is missing from `level`."""
    level = np.rint(level)
    return Plan(level - 1.0, level, np.zeros_like(level))


@policy("supply.replenishment", "base_stock")
class BaseStock(_Replenishment):
    """Base stock: every review orders up to S."""

    def plan(self, view: View) -> Plan:
        """Levels of every SKU now."""
        levels = self.section.levels
        given = levels.central if levels is not None and levels.central is not None else self.section.up_to
        return _order_up_to(self._given(given, view, lambda: self._safe_level(view)))


@policy("supply.replenishment", "periodic_min_max")
class PeriodicMinMax(_Replenishment):
    """(R,s,S): every R, a position at or below s is ordered up to S."""

    def plan(self, view: View) -> Plan:
        """Levels of every SKU now."""
        s = self._reorder(view)
        up_to = self._given(self.section.up_to, view, lambda: self._up_to(s, view))
        return Plan(s, up_to, np.zeros_like(s))

    def _up_to(self, s: np.ndarray, view: View) -> np.ndarray:
        """Demand of a cycle above s; one whole row unit at least, so that reaching s leads to an order."""
        return np.where(s > 0.0, s + np.maximum(view.outlook.over(self.section.cycle / DAY), 1.0), s)


@policy("supply.replenishment", "min_max")
class MinMax(PeriodicMinMax):
    """(s,S): whenever the position reaches s, order up to S."""

    continuous = True


@policy("supply.replenishment", "r_q")
class ReorderPointLot(_Replenishment):
    """(r,Q): whenever the position reaches r, order lots of Q until it is above r."""

    continuous = True

    def plan(self, view: View) -> Plan:
        """Levels of every SKU now."""
        r = self._reorder(view)
        lot = self._given(self.section.lot, view, lambda: np.maximum(view.outlook.mean * self.section.cycle / DAY, 1.0))
        return Plan(r, r + lot, np.maximum(np.rint(lot), 1.0))


@policy("supply.replenishment", "newsvendor")
class Newsvendor(_Replenishment):
    """Order up to the quantile of demand that weighs a unit short against a unit left over."""

    def plan(self, view: View) -> Plan:
        """Levels of every SKU now."""
        ratio = self.section.critical_ratio
        costs = self.costs
        if ratio is not None:
            z: float | np.ndarray = z_of(ratio)
        elif costs is not None and costs.penalty > 0:
            z = z_of(costs.penalty / (costs.penalty + costs.holding))
        else:
            z = margin_z(view.price, view.cost, self.section.overage)
        return _order_up_to(self._safe_level(view, z))


def margin_z(price: np.ndarray, cost: np.ndarray, overage: float) -> np.ndarray:
    """float64[skus]: z of the critical ratio c_u ÷ (c_u + c_o), c_u = price − cost, c_o = `overage` · cost."""
    from scipy.special import ndtri

    under = np.maximum(price - cost, 0.0)
    return np.clip(ndtri(under / np.maximum(under + overage * cost, 1e-9)), -8.0, 8.0)


@policy("supply.replenishment", "dynamic")
class Dynamic(_Replenishment):
    """Forecast × supplier capacity × lead time: order up to expected demand and safety stock, early for peaks.

    Where demand of the coming `horizon` outruns what the supplier can ship, the excess is ordered ahead: the level
    rises by the largest excess of cumulative demand over cumulative capacity after the protected span.
    """

    def plan(self, view: View) -> Plan:
        """Levels of every SKU now."""
        level = self._safe_level(view)
        scarce = np.isfinite(view.capacity)
        if scarce.any():
            span = self._protected(view)
            base = view.outlook.over(span)
            ahead = np.zeros_like(level)
            for days in range(1, int(self.section.horizon / DAY) + 1):
                ahead = np.maximum(ahead, view.outlook.over(span + days) - base - view.capacity * days)
            level = level + np.where(scarce, ahead, 0.0)
        return _order_up_to(level)
