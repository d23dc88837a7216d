"""A small shop in which one promotion can be switched on and off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.engine.marketplace import Marketplace
from sim.scenario import load

BASE = Path(__file__).parents[2] / "scenarios" / "base.yaml"
SMALL = {"crowd.shoppers": 1200, "crowd.represents": 12_000, "shelf.catalogue.skus": 100, "warmup": "2d", "days": 8}


def shop(**more: Any) -> Marketplace:
    """A finished run of the small shop; every law has held."""
    market = Marketplace(load(BASE, {**SMALL, **more}), seed=3)
    market.run()
    market.finish()
    return market


def kpis(market: Marketplace) -> dict[str, float]:
    """Measures of a finished run."""
    from sim.books.measures import measure_all

    return measure_all(market)
