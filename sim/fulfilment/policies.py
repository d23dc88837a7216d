"""Allocation policies: they write the order of warehouses for each region, and what is kept back.

A policy has `rank(ful)`, which returns the board int16[R, W], `settings(ful)`, which writes scalars of the
side, and `review(market)`, called once a day.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.registry import policy
from sim.fulfilment.config import Fulfilment
from sim.fulfilment.layout import FRONT
from sim.fulfilment.state import S_MODE, S_PROTECT, FulfilmentState, nearest_rank


class Allocation:
    """What all of them share: nearest first, line by line, nothing kept back."""

    def __init__(self, config: Fulfilment) -> None:
        self.config = config

    def rank(self, ful: FulfilmentState) -> np.ndarray:
        """int16[R, W], warehouses in the order in which each region is served."""
        return nearest_rank(ful.haul_mean, ful.warehouses["kind"].astype(np.int64))

    def settings(self, ful: FulfilmentState) -> None:
        """Write the side's scalars."""
        ful.setting[S_MODE] = 0.0
        ful.setting[S_PROTECT] = 0.0

    def review(self, market: Any) -> None:
        """Once a day."""


@policy("fulfilment.allocation", "nearest")
class Nearest(Allocation):
    """Each line from the nearest warehouse that has it."""


@policy("fulfilment.allocation", "front_first")
class FrontFirst(Allocation):
    """Each line from a front warehouse if any has it, in the region or elsewhere, then from the nearest other one."""

    def rank(self, ful: FulfilmentState) -> np.ndarray:
        """Front warehouses by distance, then all others by distance."""
        nearest = nearest_rank(ful.haul_mean, ful.warehouses["kind"].astype(np.int64))
        front = ful.warehouses["kind"][nearest] == FRONT
        order = np.argsort(~front, axis=1, kind="stable")
        return np.take_along_axis(nearest, order, axis=1)


@policy("fulfilment.allocation", "split_averse")
class SplitAverse(Allocation):
    """As few parcels an order as can be: first the warehouse that has most of its lines."""

    def settings(self, ful: FulfilmentState) -> None:
        """Whole orders, nothing kept back."""
        ful.setting[S_MODE] = 1.0
        ful.setting[S_PROTECT] = 0.0


@policy("fulfilment.allocation", "look_ahead")
class LookAhead(Allocation):
    """Nearest, but a warehouse keeps what its own region will soon ask for when another region wants it."""

    def settings(self, ful: FulfilmentState) -> None:
        """Line by line; foreign regions may not have what is kept."""
        ful.setting[S_MODE] = 0.0
        ful.setting[S_PROTECT] = 1.0

    def review(self, market: Any) -> None:
        """Keep the expected local demand of the time set; a central warehouse keeps nothing from anybody."""
        ful, supply = market.world.fulfilment, market.world.supply
        days = self.config.protect / 1440.0
        ful.reserve[:] = np.ceil(supply.local * days)
        ful.reserve[ful.warehouses["kind"] == 0] = 0
