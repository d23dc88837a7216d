"""What all attackers have in common: they try, count what it brought, tell each other, quit, and look in again."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import mesa
import numpy as np

from sim.core.clock import REVIEWS, wait
from sim.threats.chance import OPTION, SCREEN, TELL, Carry, binomial
from sim.threats.config import Gang
from sim.threats.policies import ManualReview
from sim.threats.purse import Purse
from sim.threats.state import Threats

PROBE_LEAST = 30.0  # attempts that tell something
Option = tuple[str, str, float]  # tactic, way, level


@dataclass
class Batch:
    """One attempt at a profit: what it cost, what it brought so far, how many orders it still waits for."""

    option: Option
    scale: float
    cost: float = 0.0
    revenue: float = 0.0
    open: int = 0
    waits: bool = False  # what got through is not yet as much as one row unit: goes on in the next step
    passed: int = 0  # attempts that got through
    placed: bool = False  # everything that belongs to it has been started

    @property
    def profit(self) -> float:
        """CNY."""
        return self.revenue - self.cost


class Attacker(mesa.Agent, ABC):
    """A gang. A kind says how long a step is, which options there are, what one should bring, and how it is done."""

    kind = ""
    every = 60.0  # minutes of a step
    surface = "order"

    def __init__(self, market: Any, side: Threats, config: Gang, number: int, start: float, end: float) -> None:
        super().__init__(market)
        self.market, self.side, self.config = market, side, config
        self.number, self.start, self.end = number, start, end
        self.purse = Purse(config.budget)
        self.options: list[Option] = list(itertools.product(config.tactics, self.ways(), config.levels))
        #: CNY a step at full size; before the first try what it would bring were there no defence
        self.scores: dict[Option, float] = {}
        self.active, self.gone = True, False
        self.recent = math.nan  # smoothed profit of what was done last, CNY a step at full size
        self.results = 0
        self.steps = 0
        self.screenings = 0
        self.carry = Carry()
        self.unfinished: Batch | None = None
        market.env.process(self.live())

    # What a kind says ------------------------------------------------------------------------------

    def ways(self) -> list[str]:
        """Ways of doing it, beside tactic and volume."""
        return [""]

    @abstractmethod
    def expected(self, option: Option) -> float:
        """CNY a step that the option should bring if nothing stood in its way."""

    def worth(self, option: Option) -> float:
        """CNY that one attempt which gets through should bring, its goods paid for."""
        return 0.0

    def attack(self, option: Option, scale: float) -> Batch | None:
        """One step at a share ``scale`` of its volume; None where there is nothing to be had now (or who lives by other steps)."""
        return None

    def look_after(self) -> None:
        """See to what is under way; at every step."""

    def pause(self) -> float:
        """Minutes to the next step."""
        return self.every

    # Life ------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The minute."""
        return float(self.market.env.now)

    @property
    def name(self) -> str:
        """How it is called in the journal."""
        return f"{self.kind}-{self.number}"

    def live(self) -> Any:
        """Step by step, from start to end."""
        yield wait(self.market.env, self.start - self.now, REVIEWS)
        self.scores = {option: self.expected(option) for option in self.options}
        self.side.tell("comes", self.name)
        last_try = self.now
        while self.now < self.end and not self.gone:
            self.look_after()
            if self.active or self.now - last_try >= self.config.probe - 1e-9:
                last_try = self.now
                self.steps += 1
                option = self.choose()
                batch = self.attack(option, 1.0 if self.active else self.config.probe_size)
                if batch is not None:
                    self.enter(batch)
            yield wait(self.market.env, min(self.pause(), max(1.0, self.end - self.now)), REVIEWS)
        self.leave()
        while self.under_way():
            yield wait(self.market.env, 60.0, REVIEWS)
            self.look_after()

    def enter(self, batch: Batch) -> None:
        """A step is done. One of which nothing could come yet is no result: it is counted with the next."""
        before = self.unfinished
        if before is not None:
            batch.cost += before.cost
            batch.revenue += before.revenue
            batch.scale += before.scale
            self.unfinished = None
        if batch.waits and batch.open == 0:
            if self.active:
                self.unfinished = batch
                return
            # a try of somebody who looks in again is too small to wait for: what got through is taken at its worth
            gain = batch.passed * self.worth(batch.option) - batch.cost
            if gain > 0.0 and not self.gone:
                self.come_back(gain)
            return
        batch.placed = True
        self.close(batch)

    def leave(self) -> None:
        """Go for good; what is on its way is still seen to."""
        if not self.gone:
            self.gone, self.active = True, False
            self.side.tell("goes", self.name, self.purse.profit)
        self.side.ask(self.number, {})

    def under_way(self) -> bool:
        """Whether something it has started is not over yet."""
        return False

    # Choosing and learning -------------------------------------------------------------------------

    def choose(self) -> Option:
        """Tactic, way and volume by softmax over recent profit."""
        values = np.array([self.scores[option] for option in self.options])
        spread = self.config.temperature * max(1e-9, float(np.abs(values).max()))
        weights = np.exp((values - values.max()) / spread)
        u = float(self.market.draws.uniform(OPTION, self.number, self.steps))
        return self.options[int(np.searchsorted(np.cumsum(weights), u * weights.sum()))]

    def close(self, batch: Batch) -> None:
        """A batch that waits for nothing any more is a result: learn from it and tell the others."""
        if not batch.placed or batch.open > 0:
            return
        profit = batch.profit / batch.scale
        self.remember(batch.option, profit)
        for other in self.side.attackers:
            if other is not self and other.kind == self.kind and not other.gone:
                u = float(self.market.draws.uniform(TELL, self.number, self.steps, other.number))
                if u < self.config.hears:
                    other.hear(batch.option, profit)
        self.results += 1
        rate = self.config.learning
        self.recent = profit if math.isnan(self.recent) else (1.0 - rate) * self.recent + rate * profit
        if self.active and self.results >= self.config.patience and self.recent <= 0.0:
            self.quit()
        elif not self.active and not self.gone and profit > 0.0:
            self.come_back(profit)

    def remember(self, option: Option, profit: float) -> None:
        """Smooth the profit of an option."""
        if option in self.scores:
            rate = self.config.learning
            self.scores[option] = (1.0 - rate) * self.scores[option] + rate * profit

    def hear(self, option: Option, profit: float) -> None:
        """Somebody of the same kind tells what an option has brought; who had quit comes back for a profit."""
        self.remember(option, profit)
        if not self.active and profit > 0.0 and option in self.scores:
            self.come_back(profit)

    def quit(self) -> None:
        """It does not pay: stop, and only look in now and then."""
        self.active, self.unfinished = False, None
        self.side.ask(self.number, {})
        self.side.tell("quits", self.name, self.recent)
        self.side.add("quits", 1.0)

    def come_back(self, profit: float) -> None:
        """It pays again."""
        self.active = True
        self.recent, self.results = profit, 0
        self.side.tell("comes_back", self.name, profit)
        self.side.add("comes_back", 1.0)

    # Meeting the defences --------------------------------------------------------------------------

    def unit_cost(self, surface: str, tactic: str) -> float:
        """CNY an attempt costs at the most: its account is worn out or caught."""
        price, uses = self.side.guard.account(surface)
        return price * (1.0 + 1.0 / uses) + sum(self.side.guard.attempt(surface, tactic))

    def affordable(self, surface: str, tactic: str, attempts: float, each: float = 0.0) -> int:
        """Attempts made: as wished, as its addresses allow, as the purse pays (``each``: further CNY for one)."""
        if not self.active:
            attempts = max(attempts, PROBE_LEAST)
        most = min(attempts, self.side.guard.most(surface, tactic, self.every))
        cost = self.unit_cost(surface, tactic) + each
        return max(0, math.floor(min(most, self.purse.cny / cost if cost > 0.0 else most) + 1e-9))

    def sift(self, surface: str, tactic: str, attempts: int) -> int:
        """How many of the attempts the defences let pass; what each saw and stopped is written down."""
        side, guard = self.side, self.side.guard
        left = attempts
        for slot, name, share in guard.powers(surface, tactic, self.now):
            defence = guard.standing[name]
            if isinstance(defence, ManualReview):
                defence.cases += left
            stopped = binomial(self.market.draws, SCREEN, left, share, self.number, self.screenings, slot)
            guard.seen[name] += left
            guard.caught[name] += stopped
            left -= stopped
        self.screenings += 1
        side.add("attempts", attempts)
        side.add("attempts_stopped", attempts - left)
        return left

    def screen(self, batch: Batch, surface: str, attempts: int, accounts: bool = True) -> int:
        """Make attempts: pays for accounts, proxies, captchas and labour; returns how many the defences let pass.

        An account serves so often and is lost when it is caught; ``accounts`` False: none of one's own is needed.
        """
        tactic = batch.option[0]
        left = self.sift(surface, tactic, attempts)
        batch.passed += left
        price, uses = self.side.guard.account(surface)
        proxies, captchas, labour = self.side.guard.attempt(surface, tactic)
        bills = {"proxies": proxies * attempts, "captchas": captchas * attempts, "labour": labour * attempts}
        if accounts:
            bills["accounts"] = price * (attempts / uses + (attempts - left))
        for what, cny in bills.items():
            batch.cost += self.purse.pay(what, min(cny, self.purse.cny))  # to the last fen
        return left
