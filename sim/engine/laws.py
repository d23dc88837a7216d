"""Conservation laws across sides: stock, orders and money."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books import state as b
from sim.books.laws import law, require
from sim.fulfilment.state import ALLOCATED, DEPOSIT, WAITING
from sim.supply import state as s


@law("stock")
def stock(market: Any) -> None:
    """Every SKU: initial + received + restocked + moved in = on hand + picked + scrapped + consumed + moved out."""
    supply = market.world.supply
    t = supply.totals
    left = t[s.INITIAL] + t[s.RECEIVED] + t[s.RESTOCKED] + t[s.TRANSFER_IN]
    right = supply.stock["on_hand"].sum(axis=0) + t[s.PICKED] + t[s.SCRAPPED] + t[s.CONSUMED] + t[s.TRANSFER_OUT]
    worst = int(np.argmax(np.abs(left - right)))
    require("stock", f"units of SKU {worst}", float(left[worst]), float(right[worst]))
    for field in ("on_hand", "allocated"):
        require("stock", f"least {field}, at least 0", min(0.0, float(supply.stock[field].min(initial=0))), 0.0)


@law("demand")
def demand(market: Any) -> None:
    """Every unit asked for was served, lost, or waits or waited for stock."""
    t = market.world.supply.totals
    gap = t[s.DEMANDED] - t[s.SERVED] - t[s.LOST] - t[s.BACKORDERED]
    if market.alone:
        return
    worst = int(np.argmax(np.abs(gap)))
    require("demand", f"units of SKU {worst} unaccounted for", float(gap[worst]), 0.0)


@law("money")
def money(market: Any) -> None:
    """Debits equal credits; inventory is worth what lies there; advances are what shoppers have paid for goods not sent."""
    world = market.world
    books = world.books
    require("money", "debits against credits", float(books.debit.sum()), float(books.credit.sum()))
    balance = books.debit.sum(axis=0) - books.credit.sum(axis=0)
    if market.alone:
        return
    moving = world.supply.totals[s.TRANSFER_OUT] - world.supply.totals[s.TRANSFER_IN]
    units = world.supply.stock["on_hand"].sum(axis=0) + moving
    require("money", "inventory at cost", float(balance[b.INVENTORY]), float((units * world.shelf.skus["unit_cost"]).sum()))
    rows = world.fulfilment.orders
    rows = rows[rows["shopper"] >= 0]
    state = rows["line_state"]
    open_lines = (state == WAITING) | (state == ALLOCATED)
    owed = float(np.where(open_lines, rows["paid"] - rows["refunded"], 0).sum())
    owed += float(rows["deposit"][(state == DEPOSIT).any(axis=1)].sum())
    require("money", "advances of shoppers", -float(balance[b.ADVANCES]), owed)


@law("refunds")
def refunds(market: Any) -> None:
    """No line is refunded more than was paid for it."""
    rows = market.world.fulfilment.orders
    over = rows["refunded"] > rows["paid"]
    require("refunds", "lines refunded above their price", float(over[rows["shopper"] >= 0].sum()), 0.0)


@law("coupons")
def coupons(market: Any) -> None:
    """No budget of coupons is overdrawn, and no more coupons are used than were claimed."""
    from sim.shelf.state import C_BUDGET, C_CLAIMED, C_USED

    table = market.world.shelf.coupons
    require("coupons", "budgets overdrawn", float((table[:, C_BUDGET] < 0).sum()), 0.0)
    require("coupons", "kinds with more used than claimed", float((table[:, C_USED] > table[:, C_CLAIMED]).sum()), 0.0)
