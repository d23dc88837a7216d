"""Card fraud: goods on stolen cards; weeks later the owners' banks take the money back from the shop."""

from __future__ import annotations

from typing import Any

from sim.books.state import CASH, CHARGEBACKS, post
from sim.platform.state import ORDER, PAY
from sim.threats.attacker import Batch, Option
from sim.threats.buyers import Buyer, Held, is_open
from sim.threats.chance import NOTICED, SUCCESS, Carry, binomial
from sim.threats.config import CardFraud
from sim.threats.goods import dear


class Carder(Buyer):
    """A gang with stolen cards: each is tested, then used once; a step is an hour."""

    kind = "card_fraud"
    every = 60.0
    config: CardFraud

    def __init__(self, *args: Any) -> None:
        self.fees = Carry()
        super().__init__(*args)

    def expected(self, option: Option) -> float:
        """Orders × (live × what the goods bring − card)."""
        return self.config.orders * 3600.0 * option[2] * (self.config.live * self.worth(option) - self.config.card)

    def worth(self, option: Option) -> float:
        """What the goods of an order bring: they are dear ones."""
        return self.config.goods * 2.0 * self.usual_price()

    def attack(self, option: Option, scale: float) -> Batch | None:
        """Cards are bought and tested with small payments; those that work order something dear."""
        tactic, _, level = option
        batch = Batch(option, scale)
        wish = self.config.orders * 3600.0 * level * scale
        tried = self.affordable("order", tactic, wish, each=self.config.card)
        batch.cost += self.purse.pay("cards", self.config.card * tried)
        live = binomial(self.market.draws, SUCCESS, tried, self.config.live, self.number, self.steps)
        self.side.ask(self.number, {PAY: tried / 3600.0, ORDER: live / 3600.0})
        passed = self.screen(batch, "order", live)
        rows = self.carry.take(passed / self.market.weight)
        batch.waits = rows == 0 and passed > 0
        self.buy(batch, dear(self, rows), fraud=True, pays=False)
        return batch

    def money_back(self, one: Held, fen: int) -> None:
        """Cancelled or lost before it arrived: the money goes back to the card, nobody gains."""

    def received(self, one: Held) -> bool:
        """The goods are sold; when the card's owner notices, the money is taken back."""
        self.sell(one, self.value(one.listed * self.config.goods))
        order = self.market.world.fulfilment.orders[one.row]
        after = float(self.market.draws.exponential(NOTICED, int(order["turn"]), int(order["shopper"])))
        one.phase, one.due = "owned", self.now + self.config.taken_back * after
        # the gang has its money: the batch is over, the shop's part is not
        one.batch.open -= 1
        self.close(one.batch)
        return False

    def follow(self, one: Held, state: int) -> bool:
        """The chargeback: the amount and a fee, out of the shop's cash. Never twice, and never what was refunded."""
        if self.now < one.due or is_open(state):
            return False
        world = self.market.world
        order = world.fulfilment.orders[one.row]
        amount = int(order["paid"][0] - order["refunded"][0])
        if amount > 0:
            order["refunded"][0] = order["paid"][0]
            fee = self.fees.take(self.config.fee * 100.0 * one.units)
            post(world.books, int(self.now), CHARGEBACKS, CASH, amount + fee)
            self.side.add("chargebacks", self.market.weight)
            self.side.add("chargeback_value", self.value(amount))
        self.market.bot_desk.let_go(one.row)
        return True
