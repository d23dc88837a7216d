"""Conservation laws across sides: stock, orders and money."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books import state as b
from sim.books.laws import law, require
from sim.fulfilment.laws import law_refunds, money_of_lines
from sim.fulfilment.state import (
    ALLOCATED,
    DELIVERED,
    DEPOSIT,
    E_PAID,
    E_REFUNDED,
    LOST,
    RETURNED,
    RETURNING,
    SHIPPED,
    WAITING,
)  # fmt: skip
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
    """Lines are refunded as they should be, and the ledger's returns are the refunds of lines that were sent."""
    law_refunds(market.world.fulfilment, float(_balance(market)[b.RETURNS]))


@law("payments")
def payments(market: Any) -> None:
    """Sales less discounts are what was paid for lines sent; payments less refunds are net revenue and advances.

    In the series, both sides of an order that is cancelled after payment cancel out. Deposits are no payments until
    the balance is paid. What attackers' accounts get back for goods they keep is a refund where the shop believed
    their claim and a chargeback where a bank took it, so that only their sum bounds the difference.
    """
    ful, balance = market.world.fulfilment, _balance(market)
    money = money_of_lines(ful)
    sent = float(money[:, [SHIPPED, DELIVERED, RETURNING, RETURNED, LOST], E_PAID].sum())
    series = market.world.books.series.sum(axis=0)
    # price protection is a discount given after the sale
    net_sales = -float(balance[b.SALES]) - float(balance[b.DISCOUNTS]) + float(series[b.PROTECTED_VALUE])
    require("payments", "sales less discounts against paid for lines sent", net_sales, sent)
    rows = ful.orders[ful.orders["shopper"] >= 0]
    deposits = float(rows["deposit"][(rows["line_state"] == DEPOSIT).any(axis=1)].sum())
    kept = net_sales - float(balance[b.RETURNS]) - float(balance[b.ADVANCES]) - deposits
    taken = float(money[1, [DELIVERED, RETURNING], E_REFUNDED].sum())
    require("payments", "series paid less refunds against net revenue and advances",
            float(series[b.PAID] - series[b.REFUNDS]), kept - taken / 2, taken / 2)  # fmt: skip


@law("served")
def served(market: Any) -> None:
    """Units served day by day and hour by hour are all units served, for every SKU."""
    supply = market.world.supply
    every, daily = supply.totals[s.SERVED], supply.served.sum(axis=0)
    worst = int(np.argmax(np.abs(daily - every)))
    require("served", f"daily units of SKU {worst} against all", float(daily[worst]), float(every[worst]))
    if not market.alone:
        hourly = float(market.world.books.series[:, b.SERVED_UNITS].sum())
        require("served", "hourly units against all", hourly, float(every.sum()))


def _balance(market: Any) -> np.ndarray:
    """int64[accounts], fen: debits less credits."""
    books = market.world.books
    return np.asarray(books.debit.sum(axis=0) - books.credit.sum(axis=0))


@law("coupons")
def coupons(market: Any) -> None:
    """No budget of coupons is overdrawn, and no more coupons are used than were claimed."""
    from sim.shelf.state import C_BUDGET, C_CLAIMED, C_USED

    table = market.world.shelf.coupons
    require("coupons", "budgets overdrawn", float((table[:, C_BUDGET] < 0).sum()), 0.0)
    require("coupons", "kinds with more used than claimed", float((table[:, C_USED] > table[:, C_CLAIMED]).sum()), 0.0)
