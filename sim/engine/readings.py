"""Live readings: what can be watched while a run goes on, by name, over the last minutes.

platform.<action or node>.<availability | latency | latency_p50 | latency_p95 | latency_p99 | utilisation | queue |
    ready | requests>
orders, gmv, order_failures       placed or failed in the window, real units and CNY
lost_orders, lost_gmv             against the same seed without the faults, since the watch began
fill_rate, stock_out_rate, late_rate, in_stock, parcels_waiting
enquiries_waiting, complaints_waiting   people in the queue for staff, and for the complaint office, at the last full hour
coupon_leakage, bot_stock_share, bot_traffic, fraud_loss, price_bug_loss        what attackers have got so far; requests of bots now
overdue_rate                      share of the parcels under way that are past their promise now (late_rate only sees
                                  those that have arrived, and so nothing while nobody delivers)
rival_price                       the cheapest rival's prices over our list prices, mean over categories
on_sale                           share of SKUs that are on the shelf
records_exposed                   customers' records that a thief can read, since the start
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.books import state as books
from sim.books.measures import threats as threat_measures
from sim.books.measures.platform import probe
from sim.books.view import ratio
from sim.engine.metrics import NAMES as NAMES
from sim.engine.metrics import unit_of as unit_of
from sim.fulfilment.state import P_DOOR, P_QUEUED

THREATS = ("coupon_leakage", "bot_stock_share", "bot_traffic", "fraud_loss", "price_bug_loss")


def _overdue(fulfilment: Any, now: float) -> float:
    """Share of the parcels on their way to a shopper whose promise has passed; nan where there is none."""
    parcels = fulfilment.parcels
    under_way = (parcels["state"] >= P_QUEUED) & (parcels["state"] <= P_DOOR)
    promised = fulfilment.orders["promised"][parcels["order"][under_way]]
    return float((promised < now).mean()) if len(promised) else math.nan


class Meter:
    """Reads a market; `sample` is called at every tick so that windows can be read afterwards.

    `control`: (minutes, cumulative orders, cumulative GMV) of the same seed without the faults, for `lost_…`.
    """

    def __init__(self, market: Any, control: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None) -> None:
        self.market, self.control = market, control
        self.minutes: list[float] = []
        self._totals: list[np.ndarray] = []

    def sample(self) -> None:
        """Remember the books as they stand now."""
        self.minutes.append(float(self.market.env.now))
        self._totals.append(self.market.world.books.series.sum(axis=0) * self.market.weight)

    def placed(self) -> tuple[float, float]:
        """(orders, CNY) placed by people since minute 0 and not void by lost writes."""
        totals = self.market.world.books.series.sum(axis=0) * self.market.weight
        notices = self.market.notices
        orders = float(totals[books.ORDERS] - totals[books.BOT_ORDERS]) - notices.get("void_orders", 0.0)
        value = float(totals[books.GMV] - totals[books.BOT_GMV]) / 100.0 - notices.get("void_value", 0.0)
        return orders, value

    def read(self, name: str, over: float = 1.0) -> float:
        """A reading over the last `over` minutes; nan where nothing is known. Raises KeyError for an unknown node."""
        minutes = max(1, math.ceil(over - 1e-9))
        if name.startswith("platform."):
            return float(probe(self.market, name, minutes))
        if name in ("lost_orders", "lost_gmv"):
            return self._lost(1 if name == "lost_gmv" else 0)
        if name in THREATS:
            name = "latest_bot_share" if name == "bot_stock_share" else name  # of the promotion that is on, or was last
            return float(getattr(threat_measures, name)(self.market))
        if name == "in_stock":
            stock = self.market.world.supply.stock
            free = (stock["on_hand"].astype(np.int64) - stock["allocated"]).sum(axis=0)
            return float((free > 0).mean())
        if name in ("enquiries_waiting", "complaints_waiting"):
            return self._care(name)
        if name == "parcels_waiting":
            return float(self.market.world.fulfilment.stations["waiting"].sum() * self.market.weight)
        if name == "overdue_rate":
            return _overdue(self.market.world.fulfilment, float(self.market.env.now))
        if name == "rival_price":
            return float(np.exp(self.market.world.rivals.log_price.min(axis=0)).mean())
        if name == "on_sale":
            return float((self.market.world.shelf.skus["paused"] == 0).mean())
        if name == "records_exposed":
            office = self.market.notices.get("oversight")
            guardian = getattr(office, "guardian", None)
            return float(guardian.exposed) if guardian is not None else math.nan
        change = self._change(minutes)
        if name == "orders":
            return float(change[books.ORDERS])
        if name == "gmv":
            return float(change[books.GMV]) / 100.0
        if name == "order_failures":
            return float(change[books.ORDER_FAILURES])
        if name == "fill_rate":
            return 1.0 - ratio(float(change[books.LOST_UNITS]), float(change[books.DEMANDED_UNITS]))
        if name == "stock_out_rate":
            return ratio(float(change[books.STOCK_OUTS]), float(change[books.CHECKOUTS]))
        if name == "late_rate":
            return ratio(float(change[books.LATE_PARCELS]), float(change[books.DELIVERED_PARCELS]))
        raise KeyError(name)

    def _change(self, minutes: float) -> np.ndarray:
        """What the books gained in the window; the window is shorter where the watch began later."""
        if not self.minutes:
            return np.full(len(books.SERIES), np.nan)
        at = int(np.searchsorted(self.minutes, self.minutes[-1] - minutes + 1e-9, side="right")) - 1
        return np.asarray(self._totals[-1] - self._totals[max(0, at)])

    def _care(self, name: str) -> float:
        desk = self.market.notices.get("care")
        if desk is None:
            return math.nan
        pools = [desk.staff] if name == "enquiries_waiting" else [desk.office.team, desk.office.late_team]
        return float(sum(pool.waiting for pool in pools) * desk.grain)

    def _lost(self, column: int) -> float:
        if self.control is None:
            return math.nan
        minutes, *totals = self.control
        at = int(np.searchsorted(minutes, float(self.market.env.now) + 1e-9, side="right")) - 1
        return float(totals[column][at]) - self.placed()[column] if at >= 0 else math.nan
