"""The side's agents: the planner and its suppliers, and the chance events that befall them."""

from __future__ import annotations

from typing import Any

from sim.supply.planner import Planner
from sim.supply.supplier import Shipment, Supplier
from sim.supply.troubles import Troubles

__all__ = ["Planner", "Shipment", "Supplier", "Troubles", "populate"]


def populate(market: Any) -> Planner:
    """Create the planner and the suppliers of a marketplace and begin their processes.

    Needs `market.expected_units` (float64[skus], real units a day the shop's past would have led one to expect). Sets
    `market.supply` and `market.notices["planner"]`.
    """
    planner = Planner(market, market.expected_units)
    market.supply = planner
    market.notices["planner"] = planner
    planner.start()
    return planner
