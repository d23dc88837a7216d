"""A/B tests inside the shop: who is in which arm, what an arm sees, and what its shoppers did.

What is counted are shoppers of the run (rows), not the people they stand for: a test has the power of as many
independent shoppers as there are rows.
"""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from sim.books.state import CASH, IT, post
from sim.core.clock import FAULTS, wait
from sim.core.rng import Draws, decision
from sim.shelf.config import AbTest
from sim.shelf.page import seconds
from sim.shelf.state import ARM_DESKTOP, ARM_PHONE, ARM_QUALITY, ARM_REFUNDS, QUALITY, STALE

IN_TEST = decision("ab.exposed")
ARM = decision("ab.arm")


def arms_of(test: AbTest | None) -> tuple[str, ...]:
    """The arm whose promotions each further board shows; those of the control where the test is blank."""
    if test is None:
        return ()
    names = tuple(test.arms)
    return (names[0],) * len(names) if test.blank else names


def shares(test: AbTest | None) -> dict[str, float]:
    """Share of all shoppers that is shown the promotions of each arm."""
    if test is None:
        return {}
    names = list(test.arms)
    if test.blank:
        return {name: test.exposure if name == names[0] else 0.0 for name in names}
    if test.everyone is not None:
        return {name: test.exposure if name == test.everyone else 0.0 for name in names}
    total = sum(arm.share for arm in test.arms.values())
    return {name: test.exposure * arm.share / total for name, arm in test.arms.items()}


def assign(test: AbTest, draws: Draws, shoppers: int) -> np.ndarray:
    """uint8[shoppers]: number of each shopper's arm from 1 on, 0 for those not in the test. A pure function of the number."""
    number = np.arange(shoppers)
    exposed = draws.uniform(IN_TEST, number) < test.exposure
    share = np.cumsum([arm.share for arm in test.arms.values()])
    arm = 1 + np.searchsorted(share, draws.uniform(ARM, number) * share[-1], side="right")
    if test.everyone is not None:
        arm[:] = 1 + list(test.arms).index(test.everyone)
    return np.where(exposed, np.minimum(arm, len(share)), 0).astype(np.uint8)


class Tester(mesa.Agent):
    """Starts the test, ends it, and keeps count."""

    def __init__(self, market: Any) -> None:
        super().__init__(market)
        self.market, self.test = market, market.config.shelf.ab
        calendar = market.calendar
        self.start = calendar.warmup if self.test.start is None else max(0, int(calendar.minute(self.test.start)))
        self.end = calendar.end if self.test.to is None else min(calendar.end, int(calendar.minute(self.test.to)))
        self.arm = assign(self.test, market.draws, len(market.world.crowd.rows))
        self.before: dict[str, np.ndarray] = {}
        self.after: dict[str, np.ndarray] = {}
        self.refunds = np.zeros((2, len(self.test.arms) + 1))
        self._write_arms()
        market.notices["ab"] = self
        market.env.process(self._run())

    def _write_arms(self) -> None:
        config, shelf = self.market.config, self.market.world.shelf
        usual = seconds(config.shelf.page, config.platform.experience)
        sections = list(self.test.arms.values())
        for number in range(1, len(sections) + 1):
            arm = sections[0] if self.test.blank else sections[number - 1]
            page = usual if arm.page is None else seconds(arm.page, config.platform.experience)
            if arm.quality is not None:
                shelf.arms[number, ARM_QUALITY] = arm.quality - shelf.setting[QUALITY]
            shelf.arms[number, ARM_PHONE] = page[0] - usual[0]
            shelf.arms[number, ARM_DESKTOP] = page[1] - usual[1]

    def _run(self) -> Any:
        env, world = self.market.env, self.market.world
        yield wait(env, self.start - env.now, FAULTS)
        if env.now >= self.market.calendar.end:
            return
        world.crowd.rows["arm"][: len(self.arm)] = self.arm
        world.shelf.setting[STALE] = 1.0
        for section in self.test.arms.values():
            if section.page is not None and not self.test.blank:
                post(world.books, int(env.now), IT, CASH, round(section.page.cost * 100 / self.market.weight))
        self.before, self.refunds[0] = self._count(), world.shelf.arms[:, ARM_REFUNDS].copy()
        yield wait(env, self.end - env.now, FAULTS)
        self.after, self.refunds[1] = self._count(), world.shelf.arms[:, ARM_REFUNDS]
        world.crowd.rows["arm"] = 0
        world.shelf.setting[STALE] = 1.0

    def _count(self) -> dict[str, np.ndarray]:
        rows = self.market.world.crowd.rows[: len(self.arm)]
        return {name: rows[name].astype(np.int64) for name in ("visits", "orders", "money")}

    def counts(self, arm: str) -> dict[str, np.ndarray]:
        """int64[shoppers of the arm] of visits, orders paid and fen paid during the test."""
        if not self.before:
            empty = np.zeros(0, np.int64)
            return {"visits": empty, "orders": empty, "money": empty}
        mine = self.arm == 1 + list(self.test.arms).index(arm)
        after = self.after or self._count()
        return {name: (after[name] - self.before[name])[mine] for name in self.before}

    def refunded(self, arm: str) -> float:
        """CNY refunded for returns to the arm's shoppers, per person, during the test."""
        number = 1 + list(self.test.arms).index(arm)
        last = self.refunds[1] if self.after else self.market.world.shelf.arms[:, ARM_REFUNDS]
        people = int((self.arm == number).sum())
        return float(last[number] - self.refunds[0][number]) / 100.0 / max(1, people)


def populate(market: Any) -> None:
    """The tester, where the file has a test."""
    if market.config.shelf.ab is not None:
        Tester(market)
