"""Orders of attackers' accounts: paid, priced and allocated as everybody's, held until their owner lets go of them.

An account has its parcels sent to the neighbourhood of some shopper: `order.shopper` names that row, which gives the
region and the draws, and has no part in the order otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from sim.books.state import (
    ADVANCES,
    BOT_GMV,
    BOT_ORDERS,
    BOT_UNITS,
    CASH,
    COMMISSIONS,
    COUPONS_USED,
    DISCOUNT_COUPON,
    DISCOUNT_FULL_REDUCTION,
    DISCOUNT_ITEM,
    GMV,
    ORDERS,
    PAID,
    UNITS,
    note,
    post,
)  # fmt: skip
from sim.engine.aftermath import close
from sim.engine.ordering import ORIGIN_LIVESTREAM, send
from sim.engine.voiding import give_up
from sim.fulfilment.kernel import request_return
from sim.fulfilment.pools import new_order, set_paid
from sim.fulfilment.state import FLAG_FRAUD, FLAG_HELD, ORIGIN_BOT, WAITING
from sim.fulfilment.stock import reachable
from sim.shelf.kernel import run_down
from sim.shelf.pricing import price_basket
from sim.shelf.state import C_OFF, C_THRESHOLD, C_USED

#: columns of what is asked: shopper whose neighbour the account is, turn, SKU, row units, kind of coupon (-1 none), most fen to pay, 1: fraud
ASKED = 7
CHUNK = 512  # orders taken at once


@njit(cache=True)
def take_bot_orders(crowd, shelf, supply, ful, books, agenda, desk, asked, got, minute):  # type: ignore[no-untyped-def]
    """Place orders of one line each. ``asked``: int64[n, ASKED]; ``got``: int64[n, 2], order row (-1: none), fen paid.

    None is written for what is paused, presold, out of reach, dearer than the most to pay, or below the coupon's
    threshold. Needs room for n orders and parcels and 2·n nodes.
    """
    for i in range(asked.shape[0]):
        got[i, 0] = -1
        got[i, 1] = 0
        account, turn, sku, quantity = asked[i, 0], asked[i, 1], asked[i, 2], asked[i, 3]
        kind, most = asked[i, 4], asked[i, 5]
        article = shelf.skus[sku]
        if article.paused or article.deposit > 0.0:
            continue
        if reachable(ful, supply, crowd.rows[account].region, sku) < quantity:
            continue
        desk.basket[0] = sku
        desk.quantity[0] = quantity
        off, threshold = 0, 0
        if kind >= 0:
            off, threshold = shelf.coupons[kind, C_OFF], shelf.coupons[kind, C_THRESHOLD]
        payable, _, used = price_basket(
            shelf.skus, shelf.reductions, desk.basket, desk.quantity, 1, False, threshold, off, desk.lines, desk.work
        )
        if payable > most or (kind >= 0 and used == 0):
            continue
        if used > 0:
            shelf.coupons[kind, C_USED] += 1
            note(books, minute, COUPONS_USED, 1.0)
        row = new_order(ful, account, turn)
        order = ful.orders[row]
        order.placed = float(minute)
        set_paid(ful, row, minute)
        order.region = crowd.rows[account].region
        order.lines = 1
        order.origin = ORIGIN_BOT
        order.flags |= FLAG_HELD
        if asked[i, 6] != 0:
            order.flags |= FLAG_FRAUD
        order.sku[0] = sku
        order.quantity[0] = quantity
        order.list_value[0] = desk.lines[0, 0]
        order.paid[0] = desk.lines[0, 1]
        order.line_state[0] = WAITING
        note(books, minute, ORDERS, 1.0)
        note(books, minute, GMV, float(payable))
        note(books, minute, PAID, float(payable))
        note(books, minute, BOT_ORDERS, 1.0)
        note(books, minute, BOT_GMV, float(payable))
        note(books, minute, UNITS, float(quantity))
        note(books, minute, BOT_UNITS, float(quantity))
        note(books, minute, DISCOUNT_ITEM, float(desk.lines[0, 2]))
        note(books, minute, DISCOUNT_FULL_REDUCTION, float(desk.lines[0, 4]))
        note(books, minute, DISCOUNT_COUPON, float(desk.lines[0, 5]))
        if article.origin == ORIGIN_LIVESTREAM:
            post(books, minute, COMMISSIONS, CASH, int(desk.lines[0, 1] * article.commission))
        article.sold += quantity
        run_down(shelf, sku, quantity)
        post(books, minute, CASH, ADVANCES, payable)
        before = crowd.rows[account].open_orders
        crowd.rows[account].open_orders = before + 1  # taken off again if it is bought away while it is being sent
        send(crowd, shelf, supply, ful, books, agenda, row, minute)
        crowd.rows[account].open_orders = before
        if ful.orders[row].shopper < 0:
            continue
        got[i, 0] = row
        got[i, 1] = payable


@njit(cache=True)
def _let_go(crowd, shelf, ful, row):  # type: ignore[no-untyped-def]
    ful.orders[row].flags &= ~FLAG_HELD
    close(crowd, shelf, ful, row)


@njit(cache=True)
def _send_back(ful, agenda, key0, key1, row, minute):  # type: ignore[no-untyped-def]
    return request_return(ful, agenda, key0, key1, row, 0, minute)


class BotDesk:
    """What attackers' accounts can do at the shop; all amounts in row units and row fen."""

    def __init__(self, market: Any) -> None:
        self.market = market

    def order(self, asked: np.ndarray) -> np.ndarray:
        """Place orders (see `take_bot_orders`); returns int64[n, 2]: order row or -1, fen paid."""
        market = self.market
        got = np.zeros((len(asked), 2), np.int64)
        for first in range(0, len(asked), CHUNK):
            part = slice(first, min(first + CHUNK, len(asked)))
            self.market.have_room(CHUNK)
            w = market.world
            take_bot_orders(
                w.crowd, w.shelf, w.supply, w.fulfilment, w.books, w.agenda, w.desk, asked[part], got[part],
                int(market.env.now),
            )  # fmt: skip
        return got

    def cancel(self, row: int) -> None:
        """Cancel what of an order is not yet being picked; the money goes back when the minute settles."""
        self.market.have_room(8)
        w, draws = self.market.world, self.market.draws
        give_up(w.fulfilment, w.supply, w.shelf.skus, w.agenda, w.books, draws.key0, draws.key1, row,
                int(self.market.env.now))  # fmt: skip

    def send_back(self, row: int) -> bool:
        """A delivered order goes back to the shop; whether it could go."""
        self.market.have_room(8)
        w, draws = self.market.world, self.market.draws
        return bool(_send_back(w.fulfilment, w.agenda, draws.key0, draws.key1, row, int(self.market.env.now)))

    def let_go(self, row: int) -> None:
        """The owner no longer looks at the order: its row may be used again once it is settled."""
        _let_go(self.market.world.crowd, self.market.world.shelf, self.market.world.fulfilment, row)
