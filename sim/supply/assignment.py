"""Which supplier serves which SKU, and in which region a supplier stands."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.core.errors import SimError
from sim.core.rng import Draws
from sim.supply.config import Region
from sim.supply.state import SUPPLIER_REGION


def drawn_region(regions: Mapping[str, Region], draws: Draws, name: str) -> str:
    """The region of the supplier ``name``, drawn by the regions' weights; "" where there are none."""
    if not regions:
        return ""
    edges = np.cumsum([region.weight for region in regions.values()])
    u = draws.uniform(SUPPLIER_REGION, zlib.crc32(name.encode()))
    return list(regions)[int(np.searchsorted(edges, u * edges[-1], side="right"))]


def assign(planner: Any, role: str, decision: Any) -> np.ndarray:
    """int64[skus]: number of the supplier of this role that serves each SKU; -1 where none makes it."""
    if any(s.config.serves for s in planner.roll if s.config.role == role):
        return _assign_makers(planner, role, decision)
    numbers = np.array([s.number for s in planner.roll if s.config.role == role], np.int64)
    if planner.config.assignment == "in_turn":
        return numbers[np.arange(planner.skus) % len(numbers)]
    edges = np.cumsum([s.config.share for s in planner.roll if s.config.role == role])
    u = planner.market.draws.uniform(decision, np.arange(planner.skus))
    return numbers[np.searchsorted(edges, u * edges[-1], side="right")]


def _assign_makers(planner: Any, role: str, decision: Any) -> np.ndarray:
    """The same where suppliers make some categories only. Raises SimError for a category nobody makes."""
    names = planner.market.category_names
    category = planner.market.world.shelf.skus["category"]
    chosen = np.full(planner.skus, -1, np.int64)
    u = planner.market.draws.uniform(decision, np.arange(planner.skus))
    for number, name in enumerate(names):
        makers = [s for s in planner.roll if s.config.role == role and name in (s.config.serves or names)]
        mine = np.flatnonzero(category == number)
        if not makers:
            if role == "main" and len(mine):
                raise SimError(f"supply.suppliers: found no main supplier that serves {name!r}, accepted: at least one")
            continue
        numbers = np.array([s.number for s in makers], np.int64)
        if planner.config.assignment == "in_turn":
            chosen[mine] = numbers[np.arange(len(mine)) % len(numbers)]
        else:
            edges = np.cumsum([s.config.share for s in makers])
            chosen[mine] = numbers[np.searchsorted(edges, u[mine] * edges[-1], side="right")]
    return chosen
