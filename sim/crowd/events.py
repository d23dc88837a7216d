"""What can befall the crowd, and what people can do about it.

`target` names a category, or nothing for the whole shop. `for_minutes` (in a file: `for`) is how long it lasts.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field, ValidationError

from sim.core.arguments import Category, Part, Ratio, minutes, refusal
from sim.core.arguments import size as magnitude
from sim.core.clock import FAULTS, call_after
from sim.core.errors import SimError
from sim.core.registry import event
from sim.core.rng import decision
from sim.crowd.acquisition import acquirer
from sim.crowd.messages import messenger
from sim.crowd.programmes_config import Channel
from sim.crowd.state import D_SURGE
from sim.shelf.state import STALE

RUMOUR = decision("event.rumour")
DAY = 1440.0


def _category(market: Any, target: Any) -> int | None:
    if not target:
        return None
    names = market.category_names
    if target not in names:
        raise SimError(f"crowd: found target {target!r}, accepted: {', '.join(names)}")
    return int(names.index(target))


@event("crowd.surge", kind="inject")
def surge(market: Any, target: Category | None = None, for_minutes: Any = None, factor: Annotated[float, Field(ge=0.01, le=100.0)] = 2.0) -> None:
    """So many times the visits, or the need of one category, for a time (1d if left out): a fad, a fright, a storm."""
    category, factor = _category(market, target), float(factor)
    world = market.world

    def scale(by: float) -> None:
        if category is None:
            world.crowd.drive[D_SURGE] *= by
        else:
            world.shelf.categories["need"][category] *= by
            # more people want it than before; the others want what they wanted
            needs = world.shelf.categories["need"]
            world.crowd.drive[D_SURGE] *= needs.sum() / (needs.sum() - needs[category] + needs[category] / by)
        world.shelf.setting[STALE] = 1.0

    scale(factor)
    market.notices.setdefault("surges", []).append((float(market.env.now), -1 if category is None else category))
    call_after(market.env, minutes(for_minutes, DAY), FAULTS, lambda: scale(1.0 / factor))


@event("crowd.rumour", kind="inject")
def rumour(market: Any, share: Part | None = None, size: Ratio | None = 0.1) -> None:
    """A share of shoppers (30%) hear something bad: their satisfaction falls by `size`, and recovers by experience."""
    rows = market.world.crowd.rows
    everyone = np.arange(len(rows))
    heard = market.draws.uniform(RUMOUR, everyone, int(market.env.now)) < magnitude(share, 0.3)
    rows["satisfaction"][heard] = np.maximum(0.0, rows["satisfaction"][heard] - np.float32(magnitude(size, 0.1)))


@event("crowd.campaign", kind="action", like="crowd.programmes_config.Channel")
def campaign(
    market: Any, target: Category | None = None, budget: Any = "100k CNY", policy: str = "broad",
    click: Any = None, cost: Any = None,
) -> None:  # fmt: skip
    """Spend a budget today on an advertisement for the shop or a category, through a channel of the given policy."""
    given = {"policy": policy, "budget": budget, "category": target or "", "click": click, "cost": cost}
    try:
        spec = Channel.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        raise refusal("crowd.campaign", error) from error
    team = acquirer(market)
    _category(market, target)
    reach = team.add(f"campaign {len(team.reaches) + 1}", spec)
    team.ordered.add(reach.number)
    team.spend(reach, int(market.env.now // DAY), spec.budget)


@event("crowd.broadcast", kind="action")
def broadcast(market: Any) -> None:
    """One message to every customer who may be written to."""
    rows = market.world.crowd.rows
    messenger(market).send("broadcast", np.flatnonzero(rows["orders"] > 0))


