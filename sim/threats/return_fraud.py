"""Return fraud: what has arrived is claimed as missing or faulty; the money comes back, the goods stay."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.state import CASH, FRAUD, REFUNDS, note, post
from sim.platform.state import CARE, ORDER, PAY
from sim.threats.attacker import Batch, Option
from sim.threats.buyers import Buyer, Held
from sim.threats.card_fraud import ordinary
from sim.threats.chance import SUCCESS, binomial
from sim.threats.config import ReturnFraud


class Claimer(Buyer):
    """A gang of false claimants; a step is an hour."""

    kind = "return_fraud"
    every = 60.0
    surface = "refund"
    config: ReturnFraud

    def __init__(self, *args: Any) -> None:
        self.claims = 0
        self.claimed = self.refused = 0.0  # smoothed
        super().__init__(*args)

    def expected(self, option: Option) -> float:
        """Orders × (refund × believed + what the goods bring − price)."""
        return self.config.orders * 3600.0 * option[2] * (self.worth(option) - self.side.config.economy.account)

    def worth(self, option: Option) -> float:
        """Refund and goods less the price."""
        price = float(np.median(self.market.world.shelf.skus["list_price"])) / 100.0
        return price * (self.config.believed * (1.0 - self.stopped(option)) + self.config.goods - 1.0)

    def stopped(self, option: Option) -> float:
        """Share of claims that were stopped lately, as far as they know."""
        return self.refused / self.claimed if self.claimed > 0 else 0.0

    def attack(self, option: Option, scale: float) -> Batch | None:
        """Order like anybody else, with accounts that have a history."""
        tactic, _, level = option
        batch = Batch(option, scale)
        price = float(np.median(self.market.world.shelf.skus["list_price"])) / 100.0
        tried = self.affordable("order", tactic, self.config.orders * 3600.0 * level * scale, each=price)
        self.side.ask(self.number, {ORDER: tried / 3600.0, PAY: tried / 3600.0, CARE: tried / 3600.0})
        account, uses = self.side.guard.account("order")
        batch.cost += self.purse.pay("accounts", min(self.purse.cny, account * tried / uses))
        rows = self.carry.take(tried / self.market.weight)
        batch.passed = tried
        batch.waits = rows == 0 and tried > 0
        self.buy(batch, ordinary(self, rows), fraud=True)
        return batch

    def received(self, one: Held) -> bool:
        """Claim that it did not come. A claim that is believed and not stopped is paid out; the goods are sold anyway."""
        market, world = self.market, self.market.world
        self.claims += 1
        real = max(1, round(market.weight))
        left = self.sift("refund", one.batch.option[0], real)
        paid_out = binomial(market.draws, SUCCESS, left, self.believed(), self.number, 1_000_000 + self.claims)
        self.side.add("claims", real)
        self.side.add("claims_paid", paid_out)
        self.claimed = 0.9 * self.claimed + real
        self.refused = 0.9 * self.refused + real - left
        order = world.fulfilment.orders[one.row]
        open_amount = int(order["paid"][0] - order["refunded"][0])
        # a row stands for many claims: the share of them that is paid out
        amount = int(open_amount * paid_out // real)
        if amount > 0:
            order["refunded"][0] += amount
            post(world.books, int(self.now), FRAUD, CASH, amount)
            note(world.books, int(self.now), REFUNDS, float(amount))
            self.money_back(one, amount)
        self.sell(one, self.value(one.listed * self.config.goods))
        self.done(one)
        return True

    def believed(self) -> float:
        """Share of claims paid out where no defence stops them."""
        return self.config.believed
