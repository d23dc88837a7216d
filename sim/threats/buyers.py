"""Attackers who order: real orders for real money, followed until the goods or the money are back."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.fulfilment.state import ALLOCATED, CANCELLED, DELIVERED, LOST, RETURNED, WAITING
from sim.threats.attacker import Attacker, Batch
from sim.threats.chance import NEIGHBOUR


@dataclass
class Held:
    """An order of an attacker's account. ``paid``, ``listed``: row fen."""

    row: int
    batch: Batch
    sku: int
    units: int
    paid: int
    listed: int
    at: float
    phase: str = "way"  # way, back, or a word of the kind
    due: float = 0.0
    normal: int = 0
    account: int = -1  # of the gang's accounts, where their history matters


class Buyer(Attacker):
    """An attacker with orders under way."""

    def __init__(self, *args: Any) -> None:
        self.held: list[Held] = []
        self.turns = 0
        self.poor = False
        super().__init__(*args)
        self.people = len(self.market.world.crowd.rows)

    def under_way(self) -> bool:
        """Whether orders are still followed."""
        return bool(self.held)

    def usual_price(self) -> float:
        """CNY: the list price of an article in the middle."""
        return float(np.median(self.market.world.shelf.skus["list_price"])) / 100.0

    def account(self, nth: int) -> tuple[int, int]:
        """(row, turn) of the account that orders next: a neighbour of a shopper drawn; turns are the attacker's own."""
        u = float(self.market.draws.uniform(NEIGHBOUR, self.number, self.steps, nth))
        row = min(self.people - 1, int(u * self.people))
        self.turns += 1
        return row, (self.number << 14) | (self.turns & 0x3FFF)

    def buy(self, batch: Batch, wishes: list[tuple[int, int]], coupon: int = -1, fraud: bool = False,
            pays: bool = True) -> list[Held]:  # fmt: skip
        """Order (SKU, row units) each for itself, as far as the purse reaches; what was taken is held.

        ``pays`` False: with somebody else's money (a stolen card).
        """
        market = self.market
        held: list[Held] = []
        for first in range(0, len(wishes), 64):  # the purse is looked into again after each 64
            asked = []
            most = int(self.purse.left / market.weight) if pays else 1 << 60
            for nth, (sku, units) in enumerate(wishes[first : first + 64]):
                price = int(market.world.shelf.skus[sku]["price"]) * units
                if pays and price > most:
                    break
                most -= price if pays else 0
                account, turn = self.account(first + nth)
                asked.append((account, turn, sku, units, coupon, price, int(fraud)))
            if not asked:
                if not held and not self.held and not self.poor:
                    self.poor = True  # a row stands for many orders: told once, for whoever reads the journal
                    self.side.tell("too_little_money", self.name, self.purse.cny)
                break
            got = market.bot_desk.order(np.array(asked, np.int64))
            for (_, _, sku, units, _, _, _), (row, paid) in zip(asked, got, strict=True):
                if row < 0:
                    continue
                if pays:
                    batch.cost += self.purse.pay("goods", paid * market.weight / 100.0)
                order = market.world.fulfilment.orders[row]
                batch.open += 1
                held.append(Held(int(row), batch, sku, units, int(paid), int(order["list_value"][0]), self.now))
        self.held += held
        self.side.add("bot_units", sum(one.units for one in held) * market.weight)
        return held

    def block(self) -> int:
        """The shop looks through what it has not picked yet: what its defences recognise is cancelled. Orders stopped."""
        stopped = 0
        for one in self.held:
            state = int(self.market.world.fulfilment.orders[one.row]["line_state"][0])
            if one.phase == "way" and is_open(state) and self.sift("order", one.batch.option[0], 1) == 0:
                self.market.bot_desk.cancel(one.row)
                stopped += 1
        return stopped

    def look_after(self) -> None:
        """See to every order under way."""
        if not self.held:
            return
        left = []
        for one in self.held:
            order = self.market.world.fulfilment.orders[one.row]
            state, refunded = int(order["line_state"][0]), int(order["refunded"][0])
            if state in (CANCELLED, LOST, RETURNED) and one.phase in ("way", "back"):
                if refunded < int(order["paid"][0]):  # the refund comes when the minute settles
                    left.append(one)
                    continue
                self.money_back(one, refunded)
                self.done(one)
            elif state == DELIVERED and one.phase == "way":
                if not self.received(one):
                    left.append(one)
            elif one.phase not in ("way", "back"):
                if not self.follow(one, state):
                    left.append(one)
            else:
                left.append(one)
        self.held = left

    def money_back(self, one: Held, fen: int) -> None:
        """A refund has arrived: in the purse of who paid."""
        one.batch.revenue += self.purse.earn("refunds", fen * self.market.weight / 100.0)

    @abstractmethod
    def received(self, one: Held) -> bool:
        """The goods are there; returns whether that is the end of it."""

    def follow(self, one: Held, state: int) -> bool:
        """What a kind does in a phase of its own; returns whether that is the end of it."""
        return False

    def sell(self, one: Held, cny: float) -> None:
        """Sell the goods of an order, outside the shop."""
        one.batch.revenue += self.purse.earn("sales", cny)

    def send_back(self, one: Held) -> bool:
        """Return the goods for the money; returns whether they could go."""
        if self.market.bot_desk.send_back(one.row):
            one.phase = "back"
            return True
        return False

    def done(self, one: Held) -> None:
        """Let go of an order; its batch waits for one less."""
        self.market.bot_desk.let_go(one.row)
        one.batch.open -= 1
        self.close(one.batch)

    def value(self, row_fen: float) -> float:
        """Row fen as real CNY."""
        return float(row_fen * self.market.weight / 100.0)


def is_open(state: int) -> bool:
    """Whether a line is still with the shop."""
    return state in (WAITING, ALLOCATED)
