"""Return fraud: what has arrived is claimed as missing or faulty; the money comes back, the goods stay.

A claim is judged by what the shop has observed of the account that makes it, as any shopper's return is: with care's
policy of instant refunds an account that is trusted has its money at once; else people look at the claim first, and
believe it or not. Every refund without goods lowers the trust in its account.
"""

from __future__ import annotations

from typing import Any

from sim.books.state import CASH, FRAUD, REFUNDS, note, post
from sim.care.kernel import trust
from sim.care.state import S_INSTANT, S_TRUST
from sim.platform.state import CARE, ORDER, PAY
from sim.threats.attacker import Batch, Option
from sim.threats.buyers import Buyer, Held
from sim.threats.chance import SUCCESS, binomial
from sim.threats.config import ReturnFraud
from sim.threats.goods import ordinary


class Accounts:
    """The gang's accounts, one after the other in use: what the shop has seen of each. One stands for row-weight real ones."""

    def __init__(self) -> None:
        self.newest = -1
        self.orders: list[int] = []
        self.returned: list[int] = []
        self.claims: list[int] = []

    def order(self, uses: int) -> int:
        """The account that places the next order: a new one once the newest has served ``uses`` times."""
        if self.newest < 0 or self.orders[self.newest] >= uses:
            self.newest += 1
            for column in (self.orders, self.returned, self.claims):
                column.append(0)
        self.orders[self.newest] += 1
        return self.newest

    def trust(self, care: Any, account: int) -> float:
        """Observed trust score of an account, by the formula for shoppers."""
        seen = care._replace(returned=self.returned, claims=self.claims)
        return float(trust.py_func(seen, account, self.orders[account]))


class Claimer(Buyer):
    """A gang of false claimants; a step is an hour."""

    kind = "return_fraud"
    every = 60.0
    surface = "refund"
    config: ReturnFraud

    def __init__(self, *args: Any) -> None:
        self.claimed = self.refused = 0.0  # smoothed
        self.accounts = Accounts()
        super().__init__(*args)

    def expected(self, option: Option) -> float:
        """Orders × (refund × believed + what the goods bring − price)."""
        return self.config.orders * 3600.0 * option[2] * (self.worth(option) - self.side.config.economy.account)

    def worth(self, option: Option) -> float:
        """Refund and goods less the price."""
        paid_out = 1.0 if self.market.world.care.setting[S_INSTANT] != 0.0 else self.config.believed
        return self.usual_price() * (paid_out * (1.0 - self.stopped(option)) + self.config.goods - 1.0)

    def stopped(self, option: Option) -> float:
        """Share of claims that were stopped lately, as far as they know."""
        return self.refused / self.claimed if self.claimed > 0 else 0.0

    def attack(self, option: Option, scale: float) -> Batch | None:
        """Order like anybody else, with accounts that have a history."""
        tactic, _, level = option
        batch = Batch(option, scale)
        wish = self.config.orders * 3600.0 * level * scale
        tried = self.affordable("order", tactic, wish, each=self.usual_price())
        self.side.ask(self.number, {ORDER: tried / 3600.0, PAY: tried / 3600.0, CARE: tried / 3600.0})
        account, uses = self.side.guard.account("order")
        batch.cost += self.purse.pay("accounts", min(self.purse.cny, account * tried / uses))
        rows = self.carry.take(tried / self.market.weight)
        batch.passed = tried
        batch.waits = rows == 0 and tried > 0
        for one in self.buy(batch, ordinary(self, rows), fraud=True):
            one.account = self.accounts.order(uses)
        return batch

    def received(self, one: Held) -> bool:
        """Claim that it did not come, and sell the goods. Who is trusted is paid at once, the others when it is decided."""
        care, weight = self.market.world.care, max(1, round(self.market.weight))
        self.side.add("claims", weight)
        at_once = care.setting[S_INSTANT] != 0.0 and self.accounts.trust(care, one.account) >= care.setting[S_TRUST]
        self.accounts.returned[one.account] += 1
        self.sell(one, self.value(one.listed * self.config.goods))
        if at_once:
            self.side.add("claims_at_once", weight)
            self.pay_out(one, 1.0)
            return True
        one.phase, one.due = "claimed", self.now + self.config.decided
        return False

    def follow(self, one: Held, state: int) -> bool:
        """A claim people looked at is decided when it is due."""
        if self.now < one.due:
            return False
        self.pay_out(one, self.config.believed)
        return True

    def pay_out(self, one: Held, believed: float) -> None:
        """The part of a claim that no defence stops and that is believed is paid; the account's claims are remembered."""
        market, world = self.market, self.market.world
        real = max(1, round(market.weight))
        left = self.sift("refund", one.batch.option[0], real)
        order = world.fulfilment.orders[one.row]
        paid_out = binomial(market.draws, SUCCESS, left, believed, self.number, int(order["turn"]), int(order["shopper"]))
        self.side.add("claims_paid", paid_out)
        self.claimed = 0.9 * self.claimed + real
        self.refused = 0.9 * self.refused + real - left
        open_amount = int(order["paid"][0] - order["refunded"][0])
        # a row stands for many claims: the share of them that is paid out
        amount = int(open_amount * paid_out // real)
        if amount > 0:
            order["refunded"][0] += amount
            post(world.books, int(self.now), FRAUD, CASH, amount)
            note(world.books, int(self.now), REFUNDS, float(amount))
            self.money_back(one, amount)
            self.accounts.claims[one.account] += 1
        self.done(one)
