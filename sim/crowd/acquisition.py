"""Winning shoppers: each day every channel spends, meets people, and some of them come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.books.state import CASH, COMMISSIONS, MARKETING, SHIPPING, post
from sim.core.calendar import DAY
from sim.core.clock import ACTIONS, wait
from sim.core.errors import SimError
from sim.core.registry import get_policy
from sim.core.rng import decision
from sim.crowd.channels import CommunityLeaders, Reach, living
from sim.crowd.programmes_config import Channel
from sim.crowd.state import HELD_OUT, MEMBER, P_PERSONAL_CAP, PROSPECT

IS_PROSPECT = decision("shopper.prospect")
HOLDOUT = decision("shopper.holdout")
CLICK = decision("channel.click")
REGISTER = decision("channel.register")
MINUTE = decision("channel.minute")

ORDINARY_CAP = 1.3  # most a satisfied shopper's rate is raised without any campaign
INVITED = 200  # channel of origin of those whom acquaintances brought
NEVER = -10_000_000


def make_prospects(market: Any) -> None:
    """Turn a share of the rows into people who are no customers yet."""
    rows, share = market.world.crowd.rows, market.config.crowd.prospects
    if share <= 0.0:
        return
    new = np.flatnonzero(market.draws.uniform(IS_PROSPECT, np.arange(len(rows))) < share)
    rows["flags"][new] = (rows["flags"][new] | PROSPECT) & ~np.uint32(MEMBER)
    rows["lift"][new] = -1.0
    rows["orders"][new] = 0
    rows["last_order"][new] = NEVER


def register(market: Any, shoppers: np.ndarray, channel: int) -> np.ndarray:
    """Make prospects among ``shoppers`` customers won by ``channel``; returns who they are."""
    rows = market.world.crowd.rows
    won = shoppers[(rows["flags"][shoppers] & PROSPECT) > 0]
    rows["flags"][won] &= ~np.uint32(PROSPECT)
    rows["lift"][won] = 0.0
    rows["channel"][won] = channel
    return np.asarray(won)


@dataclass
class Account:
    """What a channel has cost and brought since figures count, row units and row fen."""

    name: str
    spent: int = 0
    contacts: int = 0
    clicks: int = 0
    won: int = 0
    by_day: dict[int, int] = field(default_factory=dict)  # customers won on each day of the run


class Acquirer:
    """Runs all channels of the scenario, and campaigns ordered by an event."""

    def __init__(self, market: Any, channels: dict[str, Channel], most: float, holdout: float) -> None:
        self.market, self.most = market, most
        self.reaches: list[Reach] = []
        self.accounts: dict[int, Account] = {}
        self.adstock: dict[int, np.ndarray] = {}
        self.ordered: set[int] = set()  # channels that an event spends on, not the calendar
        world = market.world
        world.crowd.params[P_PERSONAL_CAP] = ORDINARY_CAP * (1.0 + most)
        rows = world.crowd.rows
        if holdout > 0.0:
            rows["flags"][market.draws.uniform(HOLDOUT, np.arange(len(rows))) < holdout] |= HELD_OUT
        for name, spec in channels.items():
            self.add(name, spec)
        market.env.process(self._days())

    def add(self, name: str, spec: Channel) -> Reach:
        """Make a channel ready."""
        if spec.category and spec.category not in self.market.category_names:
            raise SimError(
                f"crowd.acquisition.channels.{name}.category: found {spec.category!r}, accepted: "
                f"{', '.join(self.market.category_names)}"
            )
        number = 1 + len(self.reaches)
        reach = get_policy("crowd.acquisition", spec.policy)(self.market, spec, number)
        self.reaches.append(reach)
        self.accounts[number] = Account(name)
        self.adstock[number] = np.zeros(len(self.market.world.crowd.rows), np.float32)
        return reach

    def _days(self) -> Any:
        while True:
            self._bought()
            day = int(self.market.env.now) // DAY
            for reach in list(self.reaches):
                self.adstock[reach.number] *= np.float32(2.0 ** (-DAY / reach.spec.half_life))
                if reach.number not in self.ordered and self._runs(reach.spec):
                    self.spend(reach, day, reach.spec.budget)
                if isinstance(reach, CommunityLeaders):
                    self._pay(reach, COMMISSIONS, reach.commission())
                    if reach.spec.pick_up:
                        post(self.market.world.books, int(self.market.env.now), SHIPPING, CASH, reach.stops())
                        reach.lead(self._runs(reach.spec))
            self._remember()
            yield wait(self.market.env, DAY - self.market.env.now % DAY, ACTIONS)

    def _runs(self, spec: Channel) -> bool:
        calendar, now = self.market.calendar, self.market.env.now
        start = calendar.minute(spec.start) if spec.start else calendar.warmup
        return bool(start < now + DAY and (spec.to is None or now < calendar.minute(spec.to)))

    def _bought(self) -> None:
        """Whoever has ordered is no prospect any more, registered or not."""
        rows = self.market.world.crowd.rows
        bought = np.flatnonzero(((rows["flags"] & PROSPECT) > 0) & (rows["orders"] > 0))
        for channel in np.unique(rows["channel"][bought]):
            self._won(register(self.market, bought[rows["channel"][bought] == channel], int(channel)), int(channel))

    def spend(self, reach: Reach, day: int, budget: float) -> None:
        """Spend ``budget`` real CNY on one channel today."""
        contacts = reach.contacts(day, budget)
        self._pay(reach, MARKETING, round(reach.cost(budget) * 100 / self.market.weight))
        for number, met in enumerate(contacts):
            self._contact(reach, met, day * 64 + number)

    def _pay(self, reach: Reach, account: Any, fen: int) -> None:
        now = int(self.market.env.now)
        post(self.market.world.books, now, account, CASH, fen)
        if now >= self.market.calendar.warmup:
            self.accounts[reach.number].spent += fen

    def _contact(self, reach: Reach, met: np.ndarray, salt: int) -> None:
        """What one contact does to each of ``met``."""
        if not len(met):
            return
        market, spec = self.market, reach.spec
        rows, draws, key = market.world.crowd.rows, market.draws, salt * 16 + reach.number
        weight = reach.trust * reach.need(met)
        self.adstock[reach.number][met] += spec.lift * weight
        chance = np.minimum(0.9, spec.click * weight)
        come = met[living(rows, met) & (draws.uniform(CLICK, met, key) < chance)]
        fresh = come[(rows["flags"][come] & PROSPECT) > 0]
        rows["channel"][fresh] = reach.number
        won = fresh[draws.uniform(REGISTER, fresh, key) < spec.registers]
        self._won(register(market, won, reach.number), reach.number)
        if reach.category is not None:
            rows["landing"][come] = reach.category + 1
        minutes = market.world.crowd.minutes
        u = draws.uniform(MINUTE, come, key)
        at = int(market.env.now) // DAY * DAY + minutes[(u * len(minutes)).astype(np.int64)].astype(np.int64)
        if len(come):
            market.appoint_visits(come, at, 1)
        account = self.accounts[reach.number]
        account.contacts += len(met)
        account.clicks += len(come)

    def _won(self, won: np.ndarray, channel: int) -> None:
        if channel not in self.accounts or not len(won):
            return
        day = int(self.market.env.now) // DAY
        account = self.accounts[channel]
        account.by_day[day] = account.by_day.get(day, 0) + len(won)
        account.won += len(won)

    def _remember(self) -> None:
        """Adstock of all channels raises each customer's rate, with diminishing returns."""
        rows = self.market.world.crowd.rows
        total = np.zeros(len(rows), np.float32)
        for stock in self.adstock.values():
            total += stock
        raised = self.most * (1.0 - np.exp(-total / self.most))
        prospect = (rows["flags"] & PROSPECT) > 0
        rows["lift"] = np.where(prospect, np.float32(-1.0), raised)


def acquirer(market: Any) -> Acquirer:
    """The market's acquirer, made without channels when an event asks for one."""
    found = market.notices.get("acquirer")
    if found is None:
        section = market.config.crowd.acquisition
        channels = section.channels if section else {}
        most, holdout = (section.most, section.holdout) if section else (0.5, 0.0)
        found = market.notices["acquirer"] = Acquirer(market, channels, most, holdout)
    return found  # type: ignore[no-any-return]
