"""What the threats side knows while a run goes on: the guard, the attackers, what bots ask of the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.books.state import CASH, CHECKOUTS, IT, STAFF, post
from sim.core.clock import REVIEWS, wait
from sim.crowd.state import D_BLOCK_HURT, D_BLOCK_LEAVES, D_BLOCKED, D_CLAIM_FRICTION, D_FRICTION
from sim.platform.state import ACTIONS, BOTS
from sim.threats.chance import Carry
from sim.threats.policies import Guard, ManualReview

MONTH = 30.0 * 24.0  # hours


@dataclass
class Attacked:
    """An article scalpers were after at an opening; row units."""

    sku: int
    before: int  # sold when they came
    closes: float
    bots: int = 0
    after: int = -1  # sold when the promotion closed


class Threats:
    """The side of a market. Amounts are real: attempts, CNY; only ``rows`` in a name means row units."""

    def __init__(self, market: Any) -> None:
        self.market = market
        self.config = market.config.threats
        self.guard = Guard(self.config, float(market.env.now))
        self.attackers: list[Any] = []
        self.loads: dict[int, np.ndarray] = {}
        #: floods of bits: the minute each was last on the line, and its Gbit/s
        self.bits: dict[int, tuple[int, float]] = {}
        #: what measures are made of
        self.memo: dict[str, float] = {}
        self.coupons_abused = np.zeros(len(market.world.shelf.coupons), np.int64)  # row units claimed by attackers
        self.attacked: dict[tuple[int, int], Attacked] = {}  # by SKU and opening
        self.bug: Any = None
        self.breached = 0.0  # real records in attackers' hands
        self._bills = {IT: Carry(), STAFF: Carry()}
        self._checkouts = float(market.world.books.series[:, CHECKOUTS].sum()) * market.weight
        market.env.process(self.hours())

    def add(self, name: str, size: float) -> None:
        """Add to a memo, from the scenario's start on."""
        if self.market.env.now >= self.market.calendar.warmup:
            self.memo[name] = self.memo.get(name, 0.0) + size

    def tell(self, kind: str, subject: str = "", size: float = 0.0) -> None:
        """Write into the journal."""
        self.market.journal.record("threats", kind, subject, size)

    def leak(self, records: float, subject: str) -> None:
        """Passwords of so many real accounts are in attackers' hands, until they are reset.

        Who is among them is independent of who was before: those of the two are counted once.
        """
        accounts = len(self.market.world.crowd.rows) * self.market.weight
        self.breached += records * (1.0 - self.breached / accounts if accounts > 0.0 else 0.0)
        self.add("records_breached", records)
        self.tell("breach", subject, records)

    # Boards ----------------------------------------------------------------------------------------

    def ask(self, number: int, requests: dict[int, float]) -> None:
        """Requests a second an attacker makes from now on, by action of the platform; {} ends them."""
        if requests:
            row = np.zeros(ACTIONS)
            for action, rate in requests.items():
                row[action] = rate
            self.loads[number] = row
        else:
            self.loads.pop(number, None)
        total = np.zeros(ACTIONS)
        for key in sorted(self.loads):
            total += self.loads[key]
        self.market.world.platform.demand[BOTS] = total[:, None]

    def write(self) -> None:
        """What the defences in force do to people, on the crowd's board."""
        drive, guard = self.market.world.crowd.drive, self.guard
        drive[D_FRICTION] = guard.lost_at_captcha("order")
        drive[D_BLOCKED] = guard.flagged("request", "order")
        drive[D_CLAIM_FRICTION] = 1.0 - (1.0 - guard.lost_at_captcha("claim")) * (1.0 - guard.flagged("claim"))
        drive[D_BLOCK_LEAVES] = self.config.defences.leaves
        drive[D_BLOCK_HURT] = self.config.defences.hurt

    # The hour --------------------------------------------------------------------------------------

    def hours(self) -> Any:
        """Every hour: what defences cost, trainings that are due, how much of the suspicious could be looked at."""
        self.write()
        while True:
            yield wait(self.market.env, 60.0, REVIEWS)
            now = float(self.market.env.now)
            for name, defence in self.guard.standing.items():
                if not defence.on:
                    continue
                self.pay(IT, defence.config.cost / MONTH)
                retrain = getattr(defence.config, "retrain", None)
                if retrain is not None and now - defence.trained >= retrain - 1e-9:
                    self.train(name)
                if isinstance(defence, ManualReview):
                    self._review(defence)
            self.write()

    def _review(self, desk: ManualReview) -> None:
        total = float(self.market.world.books.series[:, CHECKOUTS].sum()) * self.market.weight
        honest = desk.count(total - self._checkouts, 1.0)
        self._checkouts = total
        self.pay(STAFF, honest * desk.config.price)
        self.add("reviewed", honest)

    def train(self, name: str | None) -> int:
        """Retrain a detector, or all; returns how many."""
        trained = self.guard.train(name, float(self.market.env.now))
        for detector in trained:
            self.pay(IT, detector.config.training)
        return len(trained)

    def pay(self, account: int, cny: float) -> None:
        """The shop pays, from cash."""
        fen = self._bills.setdefault(account, Carry()).take(cny * 100.0 / self.market.weight)
        if fen > 0:
            post(self.market.world.books, int(self.market.env.now), account, CASH, fen)
        self.add("defence_cost", cny)


def threats(market: Any) -> Threats:
    """The side of a market; made when first asked for, so that a run without it knows nothing of it."""
    if "threats" not in market.notices:
        market.notices["threats"] = Threats(market)
    found: Threats = market.notices["threats"]
    return found
