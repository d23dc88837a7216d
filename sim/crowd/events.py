"""What may befall demand: people want more of something, or of everything, for a time."""

from __future__ import annotations

from typing import Any

from sim.core.clock import FAULTS, call_after
from sim.core.errors import SimError
from sim.core.registry import event
from sim.core.units import parse_duration
from sim.crowd.state import D_SURGE
from sim.shelf.state import STALE

DAY = 1440.0


@event("crowd.surge", kind="inject")
def surge(
    market: Any, target: Any = None, for_minutes: Any = None, magnitude: Any = None, category: str | None = None
) -> None:
    """Demand is `magnitude` times (2) the usual for a time (1d), in one `category` or in all."""
    factor = 2.0 if magnitude is None else magnitude
    if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not 0.0 < factor <= 100.0:
        raise SimError(f"magnitude: found {magnitude!r}, accepted: a number above 0 and at most 100, such as 3")
    minutes = parse_duration(for_minutes) if isinstance(for_minutes, str) else float(for_minutes or DAY)
    shelf, drive = market.world.shelf, market.world.crowd.drive
    visits, need = float(factor), 1.0
    number = -1
    if category is not None:
        if category not in market.category_names:
            raise SimError(f"category: found {category!r}, accepted: {', '.join(market.category_names)}")
        number, need = market.category_names.index(category), float(factor)
        share = float(shelf.categories["need"][number] / shelf.categories["need"].sum())
        # further visits look for this category: the others see no fewer than before
        visits = 1.0 + share * (factor - 1.0)

    def change(visits: float, need: float) -> None:
        drive[D_SURGE] *= visits
        if number >= 0:
            shelf.categories["need"][number] *= need
        shelf.setting[STALE] = 1.0

    def over() -> None:
        market.journal.record("crowd", "surge_over", category or "")
        change(1.0 / visits, 1.0 / need)

    change(visits, need)
    market.notices.setdefault("surges", []).append((float(market.env.now), number))
    call_after(market.env, minutes, FAULTS, over)
