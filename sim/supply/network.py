"""Transfers between warehouses: central → regional → front, each kept at its echelon's level."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.clock import ARRIVALS, call_after
from sim.supply.forecasts import Outlook
from sim.supply.state import FRONT_KIND
from sim.supply.transfers import cascade, send, transfer_levels, unload


class Network:
    """Sends goods down the network and knows what is on the road between warehouses."""

    def __init__(self, market: Any, replenishment: Any, transfers: Any, weight: float) -> None:
        """`replenishment`, `transfers`: sections of the config. `weight`: real units of a row unit."""
        self.market, self.transfers, self.weight = market, transfers, weight
        self.state = market.world.supply
        self.is_front = market.world.fulfilment.warehouses["kind"] == FRONT_KIND
        self.given = replenishment.levels
        self.covers = np.where(self.is_front, transfers.front_cover, transfers.regional_cover)
        self.loads: list[np.ndarray] = []  # each int64[skus], row units on one journey

    def on_road(self) -> np.ndarray:
        """int64[skus]: row units between warehouses."""
        total = np.zeros(self.state.stock.shape[1], np.int64)
        for load in self.loads:
            total += load
        return total

    def distribute(self, outlook: Outlook) -> None:
        """Send every warehouse what its echelon lacks, as far as its parent has it."""
        state = self.state
        if len(state.parent) == 1:
            return
        sent = np.zeros(state.stock.shape, np.int64)
        if cascade(state, self._levels(outlook), sent, float(self.market.env.now)) == 0:
            return
        for kind, lead in ((~self.is_front, self.transfers.regional_lead), (self.is_front, self.transfers.front_lead)):
            rows = np.flatnonzero(kind & (sent.sum(axis=1) > 0))
            if len(rows):
                self._carry(rows, sent[rows], lead)

    def _levels(self, outlook: Outlook) -> np.ndarray:
        """int64[warehouses, skus]: echelon levels, given or from each warehouse's own demand and the forecast."""
        state = self.state
        levels = np.zeros(state.stock.shape, np.int64)
        if self.given is not None:
            levels[~self.is_front] = round((self.given.regional or 0.0) / self.weight)
            levels[self.is_front] = round((self.given.front or 0.0) / self.weight)
        else:
            span = max(1.0, float(self.covers.max()))
            uplift = outlook.over(span) / np.maximum(outlook.mean * span, 1e-12)
            transfer_levels(state, self.covers, np.where(outlook.mean > 0, uplift, 1.0), levels)
        return levels

    def transfer(self, sku: int, origin: int, target: int, units: int) -> int:
        """Send up to `units` row units of a SKU from one warehouse to another; how many went."""
        gone = int(send(self.state, origin, target, sku, units, float(self.market.env.now)))
        if gone:
            load = np.zeros((1, self.state.stock.shape[1]), np.int64)
            load[0, sku] = gone
            self._carry(np.array([target]), load, self.transfers.regional_lead)
        return gone

    def _carry(self, rows: np.ndarray, units: np.ndarray, lead: float) -> None:
        """`units` (int64[n, skus]) are on the road to the warehouses `rows` (int64[n]) for `lead` minutes."""
        load = units.sum(axis=0)
        self.loads.append(load)

        def arrive() -> None:
            self.loads[:] = [other for other in self.loads if other is not load]
            unload(self.state, rows, units, float(self.market.env.now))
            for w, came in zip(rows, units, strict=True):
                self.market.goods_arrived(int(w), np.flatnonzero(came))

        call_after(self.market.env, lead, ARRIVALS, arrive)
