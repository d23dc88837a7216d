"""The side's strategies. Importing this module registers them; each kind has a file of its own."""

from __future__ import annotations

from sim.supply import forecasts, replenishment, sourcing

SLOTS = ("supply.forecast", "supply.replenishment", "supply.sourcing", "supply.contract")

__all__ = ["SLOTS", "forecasts", "replenishment", "sourcing"]
