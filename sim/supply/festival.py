"""The one order laid in for a festival."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import simpy

from sim.core.calendar import DAY
from sim.core.clock import REVIEWS
from sim.supply.replenishment import Plan, margin_z, order_quantity


def order_for_the_festival(planner: Any, section: Any) -> Iterator[simpy.Event]:
    """One order that lets stock last to the end of the festival at the newsvendor's critical ratio."""
    calendar = planner.market.calendar
    yield planner.wait_until(calendar.minute(section.order_at), REVIEWS)
    view = planner.view()
    begins = max(0.0, (calendar.minute(section.start) - view.now) / DAY)
    ends = max(begins, (calendar.minute(section.to) - view.now) / DAY)
    before, until = view.outlook.over(begins), view.outlook.over(ends)
    z = margin_z(view.price, view.cost, section.overage)
    target = until + z * section.error * (until - before)
    chosen = planner.select(section.skus) & ~planner.withheld
    units = np.where(chosen, order_quantity(view.position, Plan(target - 1.0, target, np.zeros(planner.skus))), 0)
    planner.buy(units.astype(np.int64), second=False)
    planner.market.journal.record("supply", "festival_order", section.skus, float(units.sum()) * planner.weight)
