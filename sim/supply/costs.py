"""What stock costs by the rates of `supply.costs`, measured from the levels the model went through."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.supply.state import AREA_BACKORDERS, AREA_ON_HAND, AREA_ON_ORDER, LOST, MEASURED_FROM, ORDER_LINES


class CostsBySku(NamedTuple):
    """CNY per SKU and cost period, since figures count. Each float64[skus]."""

    holding: np.ndarray
    penalty: np.ndarray
    ordering: np.ndarray
    purchase: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """All of them."""
        return self.holding + self.penalty + self.ordering + self.purchase


def costs_by_sku(market: Any) -> CostsBySku:
    """Average cost per period of each SKU, its warehouses together.

    Holding and backorders are time integrals of the levels times their rates; a lost unit costs the penalty once.
    Levels must be settled (`Planner.finish`).
    """
    planner = market.supply
    state, costs, weight = planner.state, planner.config.costs, planner.weight
    periods = (market.calendar.end - int(state.flags[MEASURED_FROM])) / costs.per
    rates = _holding_rates(market)
    unit_periods = state.area * (weight / costs.per)
    holding = (rates[:, None] * unit_periods[AREA_ON_HAND]).sum(axis=0)
    if costs.transit:
        for w, parent in enumerate(state.parent):
            if parent >= 0:
                holding = holding + rates[parent] * unit_periods[AREA_ON_ORDER, w]
    since = state.totals - planner.marks
    penalty = costs.penalty * (unit_periods[AREA_BACKORDERS].sum(axis=0) + since[LOST] * weight)
    ordering = costs.order * since[ORDER_LINES].astype(float)
    purchase = planner.spent * (weight / 100.0) if costs.purchase else np.zeros(planner.skus)
    return CostsBySku(*(part / periods for part in (holding, penalty, ordering, purchase)))


def _holding_rates(market: Any) -> np.ndarray:
    """float64[warehouses], CNY per unit and period."""
    costs = market.supply.config.costs
    names = ("central", "regional", "front")
    kinds = market.world.fulfilment.warehouses["kind"]
    return np.array([costs.holding_by.get(names[kind], costs.holding) for kind in kinds], float)
