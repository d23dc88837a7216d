"""A price gone wrong: the news of it spreads from one to the next, and they buy what they can before it is noticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.books.state import CASH, COMPENSATION, post
from sim.core.clock import REVIEWS, wait
from sim.fulfilment.state import ALLOCATED, WAITING
from sim.platform.state import BROWSE, ORDER, PAY
from sim.shelf.state import STALE
from sim.threats.attacker import Batch, Option
from sim.threats.buyers import Buyer, Held
from sim.threats.chance import Carry
from sim.threats.config import PriceBug


@dataclass
class Bug:
    """Articles sold at a share ``off`` below their list price by mistake, since minute ``began``."""

    mask: np.ndarray  # bool[skus]
    off: float
    began: float
    over: bool = False

    def apply(self, market: Any) -> None:
        """Write the wrong prices over whatever the calendar of promotions says."""
        boards = market.world.shelf.boards.reshape(-1, len(self.mask))  # of every arm of a test
        wrong = np.maximum(1, np.rint(boards["list_price"] * (1.0 - self.off))).astype(np.int64)
        boards["price"][:, self.mask] = np.minimum(boards["price"], wrong)[:, self.mask]
        market.world.shelf.setting[STALE] = 1.0

    def end(self, market: Any) -> None:
        """The calendar's prices hold again."""
        if self.over:
            return
        self.over = True
        market.notices["merchandiser"].rewrite()
        market.world.shelf.setting[STALE] = 1.0


class Exploiter(Buyer):
    """Everybody within reach of the news, as one agent; a step is a minute. The shop's own shoppers see the price too."""

    kind = "price_bug"
    every = 1.0
    config: PriceBug

    def __init__(self, *args: Any) -> None:
        self.known = 0.0  # people who know
        self.since = -1.0
        self.told = Carry()
        super().__init__(*args)

    def expected(self, option: Option) -> float:
        """One person's gain on an article at a tenth of a median price."""
        return self.usual_price() * (self.config.goods - 0.1) * option[2]

    def attack(self, option: Option, scale: float) -> Batch | None:
        """A minute: those who know tell others (logistic), those who have just heard order."""
        bug = self.side.bug
        self.side.ask(self.number, {})
        if bug is None or bug.over:
            return None
        if self.since != bug.began:
            self.since, self.known = bug.began, 0.0
        before = self.known
        if before == 0.0:
            self.known = float(min(self.config.first, self.config.people))
        else:
            self.known += self.config.spreads * before * (1.0 - before / max(1.0, self.config.people))
        wish = (self.known - before) * self.config.buys
        self.side.ask(self.number, {BROWSE: wish / 12.0, ORDER: wish / 60.0, PAY: wish / 60.0})
        skus = self.market.world.shelf.skus
        gain = (self.config.goods * skus["list_price"] - skus["price"]) * bug.mask
        stock = self.market.world.supply.stock
        free = np.maximum(0, (stock["on_hand"] - stock["allocated"]).sum(axis=0))
        free = free * (skus["paused"] == 0) * (skus["deposit"] == 0.0)
        best = np.flatnonzero((gain > 0) & (free > 0))
        batch = Batch(option, scale)
        rows = self.carry.take(wish * option[2] / self.market.weight)
        if not len(best):
            return None
        best = best[np.argsort(-gain[best], kind="stable")]
        wishes: list[tuple[int, int]] = []
        # people spread over what is worth most, as far as there is of it
        take = np.minimum(free[best], -(-rows // min(5, len(best))))
        for sku, n in zip(best, take, strict=True):
            wishes += [(int(sku), 1)] * int(min(n, rows - len(wishes)))
            if len(wishes) >= rows:
                break
        normal = skus["list_price"]
        for one in self.buy(batch, wishes):
            one.normal = int(normal[one.sku]) * one.units
        self.side.add("bug_orders", len(batch_orders(self, batch)) * self.market.weight)
        return batch

    def received(self, one: Held) -> bool:
        """Sell the goods; what they cost the shop below their list price is its loss."""
        self.sell(one, self.value(one.listed * self.config.goods))
        self.side.add("bug_loss", self.value(max(0, one.normal - one.paid)))
        self.done(one)
        return True

    def close(self, batch: Batch) -> None:
        """They are people, not a firm: they neither learn nor quit, they stop when the price is right."""


def batch_orders(agent: Exploiter, batch: Batch) -> list[Held]:
    """Orders of one batch under way."""
    return [one for one in agent.held if one.batch is batch]


def watch(market: Any, bug: Bug) -> Any:
    """A process: the wrong prices stay through every change of the calendar, until the bug is over."""
    while not bug.over:
        bug.apply(market)
        yield wait(market.env, 1.0, REVIEWS)


def cancel_orders(market: Any, bug: Bug, each: float) -> tuple[float, float]:
    """Cancel what was bought at the wrong price and not yet picked, whoever bought it; ``each`` CNY to every buyer.

    Returns (real orders cancelled, CNY of compensation).
    """
    orders = market.world.fulfilment.orders
    lines = orders["sku"]
    mine = (orders["shopper"] >= 0) & (orders["paid_at"] >= bug.began)
    wrong = bug.mask[np.maximum(lines, 0)] & (lines >= 0)
    wrong &= orders["paid"] <= orders["list_value"] * (1.0 - 0.9 * bug.off)
    wrong &= (orders["line_state"] == WAITING) | (orders["line_state"] == ALLOCATED)
    rows = np.flatnonzero(mine & wrong.any(axis=1))
    rows = rows[np.argsort(orders["serial"][rows], kind="stable")]
    desk = market.bot_desk
    for row in rows:
        desk.cancel(int(row))
    fen = round(each * 100.0) * len(rows)
    if fen > 0:
        post(market.world.books, int(market.env.now), COMPENSATION, CASH, fen)
    return len(rows) * market.weight, fen * market.weight / 100.0
