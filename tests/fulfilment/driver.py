"""Drives the side alone: orders from a Poisson stream, minute by minute, with the phases of a run."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from sim.books import state as books_state
from sim.core import agenda as calendar
from sim.core.rng import decision, philox, poisson, uniform
from sim.fulfilment.allocation import allocate, serve_backorders
from sim.fulfilment.cancelling import cancel_line
from sim.fulfilment.config import Fulfilment
from sim.fulfilment.kernel import handle, request_return, work
from sim.fulfilment.pools import free_order, new_order, room, settled
from sim.fulfilment.state import DELIVERED, FIRST_KIND, LAST_KIND, ORDER_DELIVERED, WAITING, FulfilmentState, build
from sim.fulfilment.stations import arrange
from sim.fulfilment.stock import ask, reachable
from sim.shelf.state import SKU
from sim.supply.config import Supply
from sim.supply.state import SupplyState
from sim.supply.state import build as build_supply

ARRIVALS, BASKET = decision("driver.arrivals"), decision("driver.basket")
FULL = 1


class World:
    """The states the side needs, and a clock."""

    def __init__(
        self,
        config: Fulfilment | None = None,
        *,
        days: int = 10,
        skus: int = 40,
        weight: float = 10_000.0,
        stock: int = 10_000,
        expected: float = 400_000.0,
        seed: int = 1,
    ) -> None:
        self.config = config or Fulfilment()
        regions = self.config.network.regions
        self.share = np.arange(regions, 0, -1) / np.arange(1, regions + 1).sum()
        appeal = 1.0 / np.arange(1, skus + 1)
        self.ful: FulfilmentState = build(
            self.config, weight=weight, days=days, region_share=self.share, appeal=appeal, expected_orders=expected,
            expected_units=3.0 * expected,
            orders=20_000, parcels=40_000,
        )  # fmt: skip
        self.agenda = calendar.build(days * 1440, 200_000)
        self.books = books_state.build(days)
        self.supply: SupplyState = build_supply(
            Supply(),
            warehouses=self.ful.warehouses,
            expected=appeal * weight,
            region_share=self.share,
            days=days,
            weight=weight,
        )
        from sim.fulfilment.layout import assortment

        kept = assortment(self.config, appeal)
        self.supply.stock["on_hand"][:] = kept * stock
        self.supply.stock["stocked"][:] = kept
        self.supply.totals[0] = self.supply.stock["on_hand"].sum(axis=0)
        self.skus = np.zeros(skus, SKU)
        self.skus["unit_cost"] = 100 * np.arange(1, skus + 1)
        self.skus["list_price"] = 150 * np.arange(1, skus + 1)
        self.cumulative = np.cumsum(appeal)
        self.regions = np.cumsum(self.share)
        self.key = (np.uint32(seed), np.uint32(0))
        self.minute = 0
        self.told = np.zeros(8, np.int64)  # outcomes by code
        self.inventory_before = self.inventory()

    def inventory(self) -> int:
        """Goods on hand at cost, fen."""
        return int((self.supply.stock["on_hand"] * self.skus["unit_cost"]).sum())

    def booked_inventory(self) -> int:
        """Inventory by the books, fen, from the opening stock on."""
        account = books_state.INVENTORY
        posted = int(self.books.debit[:, account].sum() - self.books.credit[:, account].sum())
        return self.inventory_before + posted

    def run(self, minutes: int, rate: float, *, backorder: bool = True, returns: float = 0.0) -> World:
        """Step ``minutes`` minutes with ``rate`` orders a minute; a share of delivered lines is sent back."""
        until = min(self.minute + minutes, self.agenda.head.shape[0])
        step(
            self.ful, self.supply, self.skus, self.agenda, self.books, self.key[0], self.key[1], self.minute, until,
            rate, backorder, returns, self.cumulative, self.regions, self.told,
        )  # fmt: skip
        self.minute = until
        return self

    def place(
        self, *lines: tuple[int, int], region: int = 0, shopper: int = 7, turn: int = 0, backorder: bool = True
    ) -> int:
        """Place one order of (sku, quantity) lines now; returns its row."""
        row = do_new_order(self.ful, shopper, turn)
        order = self.ful.orders[row]
        order["placed"] = order["paid_at"] = self.minute
        order["region"], order["lines"] = region, len(lines)
        for i, (sku, quantity) in enumerate(lines):
            order["sku"][i], order["quantity"][i] = sku, quantity
            order["list_value"][i] = self.skus["list_price"][sku] * quantity
            order["paid"][i] = order["list_value"][i] * 9 // 10
            order["line_state"][i] = WAITING
        self.allocate(row, backorder)
        return int(row)

    def allocate(self, row: int, backorder: bool = True) -> int:
        """Allocate an order; returns the mask of its lines without stock."""
        return int(
            do_allocate(
                self.ful, self.supply, self.skus, self.agenda, self.books, *self.key, row, self.minute, backorder
            )
        )

    def call(self, function: Any, *rest: Any) -> Any:
        """Call a kernel that begins with all the states and the keys."""
        return function(self.ful, self.supply, self.skus, self.agenda, self.books, *self.key, *rest)

    def receive(self, warehouse: int, sku: int, quantity: int) -> tuple[int, bool]:
        """Goods arrive from a supplier and waiting lines are served."""
        self.supply.stock[warehouse, sku]["on_hand"] += quantity
        self.supply.totals[1, sku] += quantity
        self.inventory_before += quantity * int(self.skus["unit_cost"][sku])
        return self.call(do_serve_backorders, sku, self.minute)


@njit(cache=True)
def step(ful, supply, skus, agenda, books, key0, key1, start, end, rate, backorder, returns, cumulative, regions, told):  # type: ignore[no-untyped-def]
    """Minutes [start, end): appointments, new orders, work, outcomes."""
    for minute in range(start, end):
        while True:
            found, kind, subject, detail = calendar.take(agenda, minute)
            if not found:
                break
            if FIRST_KIND <= kind <= LAST_KIND:
                handle(ful, supply, skus, agenda, books, key0, key1, kind, subject, detail, minute)
        arrange(ful, minute)
        count = poisson(key0, key1, minute, 0, ARRIVALS, 0, rate) if rate > 0.0 else 0
        for i in range(count):
            orders, parcels, nodes = room(ful, agenda)
            if orders < 1 or parcels < 8 or nodes < 12:
                raise RuntimeError("the driver's pools are too small")
            _place(ful, supply, skus, agenda, books, key0, key1, minute, i, backorder, cumulative, regions)
        work(ful, supply, skus, agenda, books, key0, key1, minute)
        _drain(ful, agenda, key0, key1, minute, returns, told)


@njit(cache=True)
def _place(ful, supply, skus, agenda, books, key0, key1, minute, i, backorder, cumulative, regions):  # type: ignore[no-untyped-def]
    w0, w1, _, _ = philox(key0, key1, minute, i, BASKET, 0)
    v0, v1, v2, v3 = philox(key0, key1, minute, i, BASKET, 1)
    row = new_order(ful, int(ful.cursor[4]) * 7 + 3, 0)
    order = ful.orders[row]
    order.placed = minute
    order.paid_at = minute
    order.region = np.searchsorted(regions, uniform(w0) * regions[-1])
    order.lines = 1 + int(3 * uniform(w1))
    for line in range(order.lines):
        word = v0 if line == 0 else (v1 if line == 1 else v2)
        sku = np.searchsorted(cumulative, uniform(word) * cumulative[-1])
        quantity = 1 + int(2 * uniform(v3))
        order.sku[line] = sku
        order.quantity[line] = quantity
        order.list_value[line] = skus[sku].list_price * quantity
        order.paid[line] = order.list_value[line] * 9 // 10
        order.line_state[line] = WAITING
        ask(ful, supply, books, order.region, order.shopper, sku, quantity, minute)
    missing = allocate(ful, supply, skus, agenda, books, key0, key1, row, minute, backorder)
    if missing and not backorder:
        for line in range(order.lines):
            if missing & (1 << line):
                order.line_state[line] = 8
        if settled(ful, row):
            free_order(ful, row)


@njit(cache=True)
def _drain(ful, agenda, key0, key1, minute, returns, told):  # type: ignore[no-untyped-def]
    for n in range(ful.outcome_count[0]):
        row, code = ful.outcomes[n, 0], ful.outcomes[n, 2]
        told[code] += 1
        if code == ORDER_DELIVERED and returns > 0.0:
            order = ful.orders[row]
            for line in range(order.lines):
                if order.line_state[line] == DELIVERED:
                    word = philox(key0, key1, order.shopper, line, BASKET, 9)[0]
                    if uniform(word) < returns:
                        request_return(ful, agenda, key0, key1, row, line, minute)
    for n in range(ful.outcome_count[0]):
        row = ful.outcomes[n, 0]
        if ful.orders[row].shopper >= 0 and settled(ful, row):
            free_order(ful, row)
    ful.outcome_count[0] = 0


@njit(cache=True)
def do_new_order(ful, shopper, turn):  # type: ignore[no-untyped-def]
    return new_order(ful, shopper, turn)


@njit(cache=True)
def do_free_order(ful, row):  # type: ignore[no-untyped-def]
    free_order(ful, row)


@njit(cache=True)
def do_allocate(ful, supply, skus, agenda, books, key0, key1, row, minute, backorder):  # type: ignore[no-untyped-def]
    return allocate(ful, supply, skus, agenda, books, key0, key1, row, minute, backorder)


@njit(cache=True)
def do_serve_backorders(ful, supply, skus, agenda, books, key0, key1, sku, minute):  # type: ignore[no-untyped-def]
    return serve_backorders(ful, supply, skus, agenda, books, key0, key1, sku, minute)


@njit(cache=True)
def do_cancel(ful, supply, skus, agenda, books, key0, key1, row, line, minute):  # type: ignore[no-untyped-def]
    return cancel_line(ful, supply, skus, agenda, books, key0, key1, row, line, minute)


@njit(cache=True)
def do_return(ful, agenda, key0, key1, row, line, minute):  # type: ignore[no-untyped-def]
    return request_return(ful, agenda, key0, key1, row, line, minute)


@njit(cache=True)
def do_reachable(ful, supply, region, sku):  # type: ignore[no-untyped-def]
    return reachable(ful, supply, region, sku)


@njit(cache=True)
def do_room(ful, agenda):  # type: ignore[no-untyped-def]
    return room(ful, agenda)
