"""The wool party: coupons claimed by the thousand, resold to shoppers or turned into goods."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.state import COUPONS_CLAIMED, note
from sim.crowd.state import ALIVE, DEAL_PRONE, REMOVED
from sim.platform.state import BROWSE
from sim.shelf.state import C_BUDGET, C_CLAIMED, C_FROM, C_OFF, C_THRESHOLD, C_TO
from sim.threats.attacker import Batch, Option
from sim.threats.buyers import Buyer, Held
from sim.threats.chance import BUYER, Carry
from sim.threats.config import CouponAbuse

BY_GOODS = 0.2  # of a coupon's face, what buying and selling goods is first expected to bring


class CouponAbuser(Buyer):
    """A gang of coupon abusers; a step is ten minutes."""

    kind = "coupon_abuse"
    every = 10.0
    surface = "claim"
    config: CouponAbuse

    def __init__(self, *args: Any) -> None:
        self.coupons: dict[int, int] = {}  # kind -> row units held
        self.sold = Carry()
        super().__init__(*args)

    def ways(self) -> list[str]:
        """Resell the coupons, or buy goods with them."""
        return list(self.config.ways)

    def kinds(self) -> list[int]:
        """Kinds of coupons that can be claimed now, largest face first."""
        table = self.market.world.shelf.coupons
        now = self.now
        good = (table[:, C_OFF] > 0) & (table[:, C_FROM] <= now) & (now < table[:, C_TO])
        good &= table[:, C_BUDGET] >= table[:, C_OFF]
        return sorted(np.flatnonzero(good).tolist(), key=lambda k: -int(table[k, C_OFF]))

    def expected(self, option: Option) -> float:
        """Face value × resale − accounts, for every claim tried."""
        volume = self.config.claims * 60.0 * self.every * option[2]
        economy = self.side.config.economy
        return volume * (self.worth(option) - economy.account / economy.uses)

    def worth(self, option: Option) -> float:
        """What a coupon brings: part of its face."""
        face = float(self.market.world.shelf.coupons[:, C_OFF].max()) / 100.0
        return face * (self.config.resale if option[1] == "resell" else BY_GOODS)

    def attack(self, option: Option, scale: float) -> Batch | None:
        """Claim, then turn what is held into money."""
        self.expire()
        kinds = self.kinds()
        self.side.ask(self.number, {})
        if not kinds and not self.coupons:
            return None
        batch = Batch(option, scale)
        tactic, way, level = option
        if kinds:
            wish = self.config.claims * 60.0 * self.every * level * scale
            tried = self.affordable("claim", tactic, wish)
            self.side.ask(self.number, {BROWSE: tried / (60.0 * self.every)})
            passed = self.screen(batch, "claim", tried)
            batch.waits = self.claim(kinds, passed) == 0 and passed > 0
        if way == "resell":
            self.resell(batch, scale)
        else:
            self.turn_into_goods(batch)
        return batch

    def claim(self, kinds: list[int], passed: int) -> int:
        """Take coupons out of the budgets, never more than is left in them; returns row units."""
        world, market = self.market.world, self.market
        rows = wanted = self.carry.take(passed / market.weight)
        for kind in kinds:
            table = world.shelf.coupons[kind]
            taken = int(min(rows, table[C_BUDGET] // table[C_OFF]))
            table[C_BUDGET] -= taken * table[C_OFF]
            table[C_CLAIMED] += taken
            self.coupons[kind] = self.coupons.get(kind, 0) + taken
            self.side.coupons_abused[kind] += taken
            note(world.books, int(self.now), COUPONS_CLAIMED, float(taken))
            self.side.add("coupons_abused_value", taken * float(table[C_OFF]) * market.weight / 100.0)
            rows -= taken
        return wanted

    def expire(self) -> None:
        """Coupons past their day are worthless."""
        table = self.market.world.shelf.coupons
        self.coupons = {k: n for k, n in self.coupons.items() if n > 0 and table[k, C_TO] > self.now}

    def resell(self, batch: Batch, scale: float) -> None:
        """Sell to deal-prone shoppers without a coupon, who then hold it as if they had claimed it."""
        rows = self.market.world.crowd.rows
        table = self.market.world.shelf.coupons
        day = int(self.now) // 1440
        for kind in sorted(self.coupons):
            flags = rows["flags"]
            free = (flags & ALIVE > 0) & (flags & REMOVED == 0) & (flags & DEAL_PRONE > 0) & (rows["coupon_day"] < day)
            who = np.flatnonzero(free)
            wanted = self.sold.take(len(who) * self.config.demand * self.every / 60.0)
            n = min(self.coupons[kind], wanted, len(who))
            if n <= 0:
                continue
            drawn = self.market.draws.uniform(BUYER, who, self.steps, self.number)
            chosen = who[np.argsort(drawn, kind="stable")[:n]]
            rows["coupon"][chosen] = kind
            rows["coupon_day"][chosen] = (int(table[kind, C_TO]) - 1) // 1440
            self.coupons[kind] -= n
            face = float(table[kind, C_OFF]) * self.market.weight / 100.0
            batch.revenue += self.purse.earn("coupons", n * face * self.config.resale)
            self.side.add("coupons_resold", n * self.market.weight)

    def turn_into_goods(self, batch: Batch) -> None:
        """Buy goods that reach the threshold, where their resale brings more than they cost."""
        skus = self.market.world.shelf.skus
        table = self.market.world.shelf.coupons
        for kind in sorted(self.coupons):
            off, threshold = int(table[kind, C_OFF]), int(table[kind, C_THRESHOLD])
            price = skus["price"]
            units = np.maximum(1, -(-threshold // np.maximum(1, price)))
            gain = self.config.goods * skus["list_price"] * units - (price * units - off)
            good = (gain > 0) & (skus["paused"] == 0) & (skus["deposit"] == 0) & (units <= 5)
            best = np.flatnonzero(good)[np.argsort(-(gain / (price * units))[good], kind="stable")[:20]]
            if not len(best):
                continue
            n = self.coupons[kind]
            wishes = [(int(best[i % len(best)]), int(units[best[i % len(best)]])) for i in range(n)]
            bought = self.buy(batch, wishes, coupon=kind)
            self.coupons[kind] -= len(bought)

    def received(self, one: Held) -> bool:
        """Sell the goods."""
        self.sell(one, self.value(one.listed * self.config.goods))
        self.done(one)
        return True
