"""The club: member price, points, member day, free returns, a personal adviser.

Nothing here raises a repurchase rate. Member day brings people back with a message and a voucher; the adviser looks
through more of the shop, so that what is shown matches better and less is sent back; free returns take the risk out
of a purchase and are used more often.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.state import CASH, OTHER_INCOME, STAFF, post
from sim.core.calendar import DAY
from sim.core.clock import ACTIONS, wait
from sim.core.registry import policy
from sim.crowd.messages import messenger
from sim.crowd.programmes_config import Adviser, MemberDay, Membership, Voucher
from sim.crowd.state import (
    ADVISED,
    FREE_RETURNS,
    MEMBER,
    P_ADVISER,
    P_ADVISER_CATEGORIES,
    P_ADVISER_LOOKS,
    P_CONFIDENCE,
    P_EASE,
    P_RETURN_FEE,
    PROSPECT,
    REMOVED,
)
from sim.crowd.vouchers import vouchers
from sim.shelf.state import C_BUDGET

MONTH = 30.0  # days


@policy("crowd.membership", "club")
class Club:
    """Benefits for members: those of the start, and those who have ordered often enough."""

    def __init__(self, market: Any, config: Membership) -> None:
        self.market, self.config = market, config
        self.ranks = sorted(config.tiers.values(), key=lambda tier: tier.orders)
        rows = market.world.crowd.rows
        self.owed = np.zeros(len(rows))  # points, fen not yet paid out
        self.money = rows["money"].copy()
        params = market.world.crowd.params
        if config.adviser is not None:
            self._hire(config.adviser, params)
        if config.free_returns is not None:
            params[P_CONFIDENCE] = config.free_returns.confidence
            params[P_EASE] = config.free_returns.ease
            params[P_RETURN_FEE] = round(config.free_returns.fee * 100)
        market.env.process(self._days())

    def _hire(self, adviser: Adviser, params: np.ndarray) -> None:
        names = self.market.category_names
        chosen = [names.index(name) for name in adviser.categories or names]
        params[P_ADVISER] = adviser.skill
        params[P_ADVISER_LOOKS] = adviser.looks
        params[P_ADVISER_CATEGORIES] = sum(1 << number for number in chosen)

    def members(self) -> np.ndarray:
        """Rows of members."""
        flags = self.market.world.crowd.rows["flags"]
        return np.flatnonzero((flags & (MEMBER | REMOVED | PROSPECT)) == MEMBER)

    def tier(self, members: np.ndarray) -> np.ndarray:
        """int64[n]: each member's tier, its place by orders needed; −1 below the lowest."""
        needed = np.array([tier.orders for tier in self.ranks], np.int64)
        return np.searchsorted(needed, self.market.world.crowd.rows["orders"][members], side="right") - 1

    def entitled(self, members: np.ndarray, benefit: str) -> np.ndarray:
        """Those of ``members`` whose tier has the benefit; all of them where there are no tiers."""
        if not self.ranks:
            return members
        has = np.array([*(benefit in tier.benefits for tier in self.ranks), False])
        return np.asarray(members[has[self.tier(members)]])

    def _days(self) -> Any:
        while True:
            self._join()
            members = self.members()
            self._serve(members)
            self._credit(members)
            day = self.config.day
            if day is not None and self._is_member_day(day):
                self._celebrate(day, self.entitled(members, "day"))
            yield wait(self.market.env, DAY - self.market.env.now % DAY, ACTIONS)

    def _join(self) -> None:
        """Whoever has ordered often enough becomes a member and pays the fee."""
        config, rows = self.config, self.market.world.crowd.rows
        if config.joins is None:
            return
        known = (rows["flags"] & (MEMBER | REMOVED | PROSPECT)) == 0
        new = np.flatnonzero(known & (rows["orders"] >= config.joins))
        rows["flags"][new] |= MEMBER
        fee = len(new) * round(config.fee * 100)
        post(self.market.world.books, int(self.market.env.now), CASH, OTHER_INCOME, fee)

    def _serve(self, members: np.ndarray) -> None:
        """Adviser and free returns belong to whoever is a member today; the adviser is paid by the head."""
        rows, config = self.market.world.crowd.rows, self.config
        if config.free_returns is not None:
            rows["flags"] &= ~np.uint32(FREE_RETURNS)
            rows["flags"][self.entitled(members, "free_returns")] |= np.uint32(FREE_RETURNS)
        if config.adviser is not None:
            advised = self.entitled(members, "adviser")
            rows["flags"] &= ~np.uint32(ADVISED)
            rows["flags"][advised] |= np.uint32(ADVISED)
            cost = round(len(advised) * config.adviser.cost * 100 / MONTH)
            post(self.market.world.books, int(self.market.env.now), STAFF, CASH, cost)

    def _is_member_day(self, day: MemberDay) -> bool:
        calendar, now = self.market.calendar, self.market.env.now
        first = calendar.minute(day.first) if day.first else calendar.warmup
        since = now - first // DAY * DAY
        return bool(since >= 0 and since % (round(day.every / DAY) * DAY) == 0)

    def _credit(self, members: np.ndarray) -> None:
        """Points on what members paid yesterday; whole vouchers are paid out to those who hold none."""
        config, market = self.config, self.market
        if config.points <= 0.0:
            return
        rows = market.world.crowd.rows
        paid = np.maximum(0, rows["money"][members] - self.money[members])
        self.money = rows["money"].copy()
        times = np.array([*(tier.points for tier in self.ranks), 1.0])[self.tier(members)] if self.ranks else 1.0
        self.owed[members] += paid * config.points * times * self._yesterday
        self._yesterday = config.day.points if config.day and self._is_member_day(config.day) else 1.0
        face = round(config.redeem * 100)
        due = np.flatnonzero((self.owed >= face) & (rows["coupon_day"] < int(market.env.now) // DAY))
        if not len(due):
            return
        drawer = vouchers(market)
        voucher = Voucher(off=f"{config.redeem:.2f} CNY", valid="60d")  # type: ignore[arg-type]
        kind = drawer.kind("points", voucher, 0.0)
        market.world.shelf.coupons[kind, C_BUDGET] += face * len(due)
        given = drawer.give(kind, due, voucher.valid)
        self.owed[given] -= face

    _yesterday = 1.0

    def _celebrate(self, day: MemberDay, members: np.ndarray) -> None:
        """A message to every member who may be written to, and the day's voucher."""
        market = self.market
        if day.voucher is not None:
            drawer = vouchers(market)
            drawer.give(drawer.kind("member_day", day.voucher, day.budget), members, DAY)
        come = messenger(market).send("member_day", members)
        market.journal.record("crowd", "member_day", "members", len(come) * market.weight)
