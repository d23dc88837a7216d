"""Small shops under attack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.engine.marketplace import Marketplace
from sim.scenario import load

ROOT = Path(__file__).parents[2]
FESTIVAL = ROOT / "scenarios" / "618.yaml"
SMALL = {
    "crowd.shoppers": 800, "crowd.represents": "80k", "shelf.catalogue.skus": 100, "start": "2026-06-16", "days": 3,
    "warmup": "1d",
}  # fmt: skip


def shop(seed: int = 3, **more: Any) -> Marketplace:
    """A festival of three days, not yet run; keywords are overrides with `__` for dots."""
    overrides = {key.replace("__", "."): value for key, value in more.items()}
    return Marketplace(load(FESTIVAL, {**SMALL, **overrides}), seed=seed)


def finished(seed: int = 3, **more: Any) -> Marketplace:
    """The same, run to its end, every law checked."""
    market = shop(seed, **more)
    market.run()
    market.finish()
    return market
