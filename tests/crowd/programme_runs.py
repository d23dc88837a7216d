"""Small runs of a programme on and off."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sim.engine.marketplace import Marketplace
from sim.scenario import load

ROOT = Path(__file__).parents[2]
SMALL: dict[str, Any] = {
    "crowd.shoppers": 3000, "crowd.represents": "300k", "shelf.catalogue.skus": 160, "warmup": "2d", "days": 8,
}  # fmt: skip


def market(overrides: dict[str, Any] | None = None, seed: int = 3) -> Marketplace:
    """A finished small run of the base scenario."""
    return _market(yaml.safe_dump({**SMALL, **(overrides or {})}), seed)


def fresh(overrides: dict[str, Any] | None = None, seed: int = 3) -> Marketplace:
    """A small market before its first minute."""
    return Marketplace(load(ROOT / "scenarios" / "base.yaml", {**SMALL, **(overrides or {})}), seed=seed)


@cache
def _market(text: str, seed: int) -> Marketplace:
    made = fresh(yaml.safe_load(text), seed)
    made.run()
    made.finish()
    return made


def bytes_of(made: Marketplace) -> bytes:
    """Books and every shopper's row."""
    world = made.world
    return world.books.series.tobytes() + world.books.debit.tobytes() + world.crowd.rows.tobytes()
