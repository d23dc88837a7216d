"""Scalpers: bots that buy what is scarce in the first minutes, and sell it on or send it back."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.platform.state import BROWSE, ORDER
from sim.threats.attacker import Batch, Option
from sim.threats.buyers import Buyer, Held
from sim.threats.config import Scalpers
from sim.threats.state import Attacked

OPENING = 30.0  # minutes in which they try


class Scalper(Buyer):
    """A gang of scalpers; a step is ten minutes, the first of an opening at its very minute, before the crowd's."""

    kind = "scalpers"
    every = 10.0
    surface = "order"
    config: Scalpers

    def __init__(self, *args: Any) -> None:
        self.rounds: dict[int, int] = {}
        super().__init__(*args)

    def expected(self, option: Option) -> float:
        """Orders × (what a sold-out article brings − its price) at an ordinary article."""
        return float(self.config.orders * option[2] * (self.worth(option) - self.side.config.economy.account))

    def worth(self, option: Option) -> float:
        """The markup on an ordinary article."""
        price = self.usual_price() * (1.0 - self.config.off)
        return price * (self.config.markup - 1.0)

    def target(self) -> tuple[int, np.ndarray] | None:
        """(opening, SKUs) of a promotion that has just opened and cuts prices enough; a step of its round is taken."""
        skus = self.market.world.shelf.skus
        now = self.now
        for window in self.market.windows:
            if not window.opens <= now < min(window.closes, window.opens + OPENING):
                continue
            if getattr(window.spec, "kind", "") not in ("flash", "discount"):
                continue
            cut = skus["price"] <= skus["list_price"] * (1.0 - self.config.off) + 1
            found = np.flatnonzero(window.mask & cut & (skus["paused"] == 0) & (skus["deposit"] == 0))
            if len(found) and self.rounds.get(window.opens, 0) < self.config.rounds:
                return int(window.opens), found
        return None

    def attack(self, option: Option, scale: float) -> Batch | None:
        """A round of an opening: the most sought-after articles, one unit an order."""
        found = self.target()
        self.side.ask(self.number, {})
        if found is None:
            return None
        opening, skus = found
        self.rounds[opening] = self.rounds.get(opening, 0) + 1
        batch = Batch(option, scale)
        tactic, _, level = option
        wish = self.config.orders * level * scale
        self.watch(opening, skus)
        table = self.market.world.shelf.skus
        stock = self.market.world.supply.stock
        free = np.maximum(0, (stock["on_hand"] - stock["allocated"]).sum(axis=0))
        sought = self.worthwhile(skus, free, tactic)
        if not len(sought):
            return None
        tried = self.affordable("order", tactic, wish)
        passed = self.screen(batch, "order", tried)
        # everybody polls around the opening, whether it gets through or not
        self.side.ask(self.number, {BROWSE: tried * self.config.polls, ORDER: tried / 60.0})
        rows = self.carry.take(passed / self.market.weight)
        batch.waits = rows == 0 and passed > 0
        # as many of each as there are, in order of how sought after
        wishes: list[tuple[int, int]] = []
        for sku in sought:
            quota = int(table["quota"][sku])
            able = int(min(free[sku], quota if quota >= 0 else free[sku]))
            wishes += [(int(sku), 1)] * min(able, rows - len(wishes))
            if len(wishes) >= rows:
                break
        bought = self.buy(batch, wishes)
        for one in bought:
            self.side.attacked[one.sku, opening].bots += one.units
        return batch

    def worthwhile(self, skus: np.ndarray, free: np.ndarray, tactic: str) -> np.ndarray:
        """Articles that pay at the posted prices of accounts and proxies, the most sought after first.

        Where the contingent is smaller than the stock the shop sells on at its list price, and so they get less.
        """
        table = self.market.world.shelf.skus
        price, listed, quota = (table[name][skus].astype(float) for name in ("price", "list_price", "quota"))
        goes_on = (quota >= 0) & (quota < free[skus])
        brings = np.where(goes_on, listed * self.config.leftover, price * self.config.markup)
        pays = brings - price > self.unit_cost("order", tactic) * 100.0
        sought = np.argsort(-(table["appeal"][skus] * listed)[pays], kind="stable")
        return skus[pays][sought]

    def watch(self, opening: int, skus: np.ndarray) -> None:
        """From now on, count what is sold of the attacked articles."""
        table = self.market.world.shelf.skus
        closes = max(window.closes for window in self.market.windows if window.opens == opening)
        for sku in skus:
            if (int(sku), opening) not in self.side.attacked:
                self.side.attacked[int(sku), opening] = Attacked(int(sku), int(table["sold"][sku]), float(closes))

    def received(self, one: Held) -> bool:
        """Sell: dear where the shop no longer has it at that price, else below its list price, or send it back."""
        world = self.market.world
        stock = world.supply.stock[:, one.sku]
        gone = int((stock["on_hand"] - stock["allocated"]).sum()) <= 0
        dear = int(world.shelf.skus["price"][one.sku]) * one.units > one.paid
        if gone:
            self.sell(one, self.value(one.paid * self.config.markup))
        elif dear and one.listed * self.config.leftover > one.paid:
            self.sell(one, self.value(one.listed * self.config.leftover))
        elif self.send_back(one):
            return False
        self.done(one)
        return True

    def look_after(self) -> None:
        """Bots poll for a minute or two only; orders are looked after each hour."""
        if int(self.now) % 60 < self.every or self.gone:
            super().look_after()

        for seen in self.side.attacked.values():
            if seen.closes <= self.now and seen.after < 0:
                seen.after = int(self.market.world.shelf.skus["sold"][seen.sku])

    def pause(self) -> float:
        """To the next step, or to the next opening if that is sooner."""
        ahead = [window.opens - self.now for window in self.market.windows if window.opens > self.now]
        return min([self.every, *ahead])
