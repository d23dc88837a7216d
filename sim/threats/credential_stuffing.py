"""Credential stuffing: stolen passwords tried by the thousand; accounts that open are emptied."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from sim.books.state import CASH, FRAUD, post
from sim.core.clock import REVIEWS, call_after
from sim.crowd.state import ALIVE, REMOVED
from sim.platform.state import BROWSE
from sim.threats.attacker import Attacker, Batch, Option
from sim.threats.chance import SUCCESS, VICTIM, Carry, binomial
from sim.threats.config import CredentialStuffing

LEAKED_SUCCESS = 0.5  # share of this shop's own leaked passwords that still open an account
HURT = 0.25  # satisfaction the owner of an emptied account loses, of 1


class Stuffer(Attacker):
    """A gang that tries passwords; a step is ten minutes."""

    kind = "credential_stuffing"
    every = 10.0
    surface = "login"
    config: CredentialStuffing

    def __init__(self, *args: Any) -> None:
        self.owed = Carry()
        super().__init__(*args)

    def expected(self, option: Option) -> float:
        """Attempts × (success × value − proxies)."""
        volume = self.config.attempts * 60.0 * self.every * option[2]
        return volume * (self.config.success * self.config.value - self.proxies(option[0]))

    def proxies(self, tactic: str) -> float:
        """CNY of an attempt: its share of traffic and labour; a login needs no account of one's own."""
        return sum(self.side.guard.attempt("login", tactic))

    def attack(self, option: Option, scale: float) -> Batch | None:
        """Ten minutes of attempts."""
        tactic, _, level = option
        batch = Batch(option, scale)
        each = max(1e-6, self.proxies(tactic))
        wish = min(self.config.attempts * 60.0 * self.every * level * scale, self.side.guard.most("login", tactic, self.every))
        tried = int(min(wish, self.purse.cny / each))
        self.side.ask(self.number, {BROWSE: tried / (60.0 * self.every)})
        passed = self.screen(batch, "login", tried, accounts=False)
        known = int(min(self.side.breached, passed))
        self.side.breached -= known
        draws = self.market.draws
        opened = binomial(draws, SUCCESS, known, LEAKED_SUCCESS, self.number, self.steps, 1)
        opened += binomial(draws, SUCCESS, passed - known, self.config.success, self.number, self.steps)
        batch.revenue += self.purse.earn("accounts", opened * self.config.value)
        self.side.add("accounts_opened", opened)
        self.empty(opened)
        return batch

    def empty(self, opened: int) -> None:
        """The accounts are opened and emptied evenly over the minutes of the step, each minute's at its end."""
        if opened <= 0:
            return
        rows = self.market.world.crowd.rows
        who = np.flatnonzero((rows["flags"] & ALIVE > 0) & (rows["flags"] & REMOVED == 0))
        drawn = self.market.draws.uniform(VICTIM, who, self.steps, self.number)
        owners = iter(who[np.argsort(drawn, kind="stable")].tolist())
        minutes = int(self.every)
        for minute in range(1, minutes + 1):
            part = opened / minutes
            call_after(self.market.env, float(minute), REVIEWS, partial(self.victims, part, owners))

    def victims(self, opened: float, owners: Iterator[int]) -> None:
        """The shop makes good what was taken; the owners are the less content, and their coupons are gone."""
        market = self.market
        rows = market.world.crowd.rows
        for owner in itertools.islice(owners, self.carry.take(opened / market.weight)):
            rows["satisfaction"][owner] = max(0.0, rows["satisfaction"][owner] - HURT)
            rows["coupon_day"][owner] = -1
        cny = opened * self.config.made_good
        fen = self.owed.take(cny * 100.0 / market.weight)
        if fen > 0:
            post(market.world.books, int(self.now), FRAUD, CASH, fen)
        self.side.add("made_good", cny)
