"""Keeping customers: vouchers by RFM, the shop's own groups, offers to the lapsed, acquaintances brought along."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from sim.books.state import CASH, INVITATIONS, MARKETING, STAFF, WON_BACK, post
from sim.core.calendar import DAY
from sim.core.clock import ACTIONS, wait
from sim.core.registry import policy
from sim.core.rng import decision
from sim.crowd.acquisition import INVITED, register
from sim.crowd.graph import neighbours
from sim.crowd.messages import messenger
from sim.crowd.programmes_config import RFM, Invitations, PrivateDomain, TriggeredCoupons, WinBack
from sim.crowd.segments import segments
from sim.crowd.state import ALIVE, P_NEUTRAL, PRIVATE, PROSPECT, REMOVED
from sim.crowd.vouchers import vouchers

TURN = decision("coupon.turn")
JOIN = decision("group.join")
RETURN = decision("win_back.accept")
INVITE = decision("invitation.send")
WHOM = decision("invitation.whom")
ACCEPT = decision("invitation.accept")
ENTER = decision("invitation.register")

MORNING, EVENING = 600, 1170  # minutes of the day at which programmes write
AVERAGE_DEPTH = 0.2  # offer, as a share of its threshold, whose acceptance is the stated one


def at(market: Any, minute_of_day: int) -> float:
    """Minutes from now to the next such time of day."""
    wanted = minute_of_day - market.env.now % DAY
    return float(wanted if wanted > 0 else wanted + DAY)


class Coupons(ABC):
    """Rounds of vouchers."""

    def __init__(self, market: Any, config: TriggeredCoupons) -> None:
        self.market, self.config = market, config
        self.kinds = {}
        # the budget is one purse: each kind holds an equal part
        for name, voucher in config.vouchers.items():
            self.kinds[name] = vouchers(market).kind(f"coupons {name}", voucher, config.budget / len(config.vouchers))
        market.env.process(self._rounds())

    @abstractmethod
    def chosen(self, name: str) -> np.ndarray:
        """Rows that get the voucher of this name."""

    def _rounds(self) -> Any:
        yield wait(self.market.env, self.market.calendar.warmup + MORNING, ACTIONS)
        while True:
            for name, voucher in self.config.vouchers.items():
                chosen = self.chosen(name)
                turn = self.market.draws.uniform(TURN, chosen, int(self.market.env.now))
                # when the purse cannot serve all, chance says who comes first
                given = vouchers(self.market).give(self.kinds[name], chosen[np.argsort(turn, kind="stable")], voucher.valid)
                if self.config.tell:
                    messenger(self.market).send("voucher", np.sort(given))
            yield wait(self.market.env, self.config.every, ACTIONS)


@policy("crowd.coupons", "rfm")
class ByRfm(Coupons):
    """Each RFM segment has its own voucher, or none."""

    def chosen(self, name: str) -> np.ndarray:
        """Customers in the segment as of today's orders."""
        return np.flatnonzero(segments(self.market.world.crowd.rows) == RFM.index(name))


@policy("crowd.coupons", "everyone")
class ToEveryone(Coupons):
    """The same voucher for every customer, whatever they did."""

    def chosen(self, name: str) -> np.ndarray:
        """All who have ordered."""
        return np.flatnonzero(self.market.world.crowd.rows["orders"] > 0)


@policy("crowd.private_domain", "groups")
class Groups:
    """Buyers are invited into the shop's own groups, whose posts most members see."""

    def __init__(self, market: Any, config: PrivateDomain) -> None:
        self.market, self.config = market, config
        market.env.process(self._days())

    def _days(self) -> Any:
        market, config = self.market, self.config
        day = 0
        while True:
            yield wait(market.env, at(market, EVENING), ACTIONS)
            rows = market.world.crowd.rows
            self._invite(rows)
            members = np.flatnonzero((rows["flags"] & (PRIVATE | REMOVED)) == PRIVATE)
            post(market.world.books, int(market.env.now), STAFF, CASH, round(len(members) * config.cost * 100 / 30.0))
            day += 1
            posts = day * config.posts // 7 - (day - 1) * config.posts // 7
            for number in range(posts):
                if number == 0 and config.voucher is not None and day % 7 < 7 / max(1, config.posts):
                    drawer = vouchers(market)
                    drawer.give(drawer.kind("group", config.voucher, config.budget), members, config.voucher.valid)
                messenger(market).send("group_post", members, opens=config.opens, group=True)

    def _invite(self, rows: np.ndarray) -> None:
        """Whoever ordered since yesterday is asked once an order."""
        now = self.market.env.now
        asked = np.flatnonzero((rows["last_order"] >= now - DAY) & ((rows["flags"] & PRIVATE) == 0))
        joins = self.market.draws.uniform(JOIN, asked, rows["orders"][asked].astype(np.int64)) < self.config.joins
        rows["flags"][asked[joins]] |= PRIVATE


@policy("crowd.win_back", "lapsed")
class Lapsed:
    """An offer to those who neither ordered nor came for long; some who had left for good think again."""

    def __init__(self, market: Any, config: WinBack) -> None:
        self.market, self.config = market, config
        self.offers = np.zeros(len(market.world.crowd.rows), np.uint8)
        self.kind = vouchers(market).kind("win_back", config.voucher, config.budget)
        market.env.process(self._rounds())

    def lapsed(self) -> np.ndarray:
        """Customers without order or visit for the stated time, who had no more than the stated offers."""
        rows, config = self.market.world.crowd.rows, self.config
        since = self.market.env.now - config.lapsed
        quiet = (rows["last_order"] < since) & (rows["last_visit"] < since)
        known = (rows["orders"] > 0) & ((rows["flags"] & (PROSPECT | REMOVED)) == 0)
        return np.flatnonzero(quiet & known & (self.offers < config.again))

    def _rounds(self) -> Any:
        market, config = self.market, self.config
        yield wait(market.env, market.calendar.warmup + MORNING, ACTIONS)
        while True:
            offered = messenger(market).willing(self.lapsed())
            offered = vouchers(market).give(self.kind, offered, config.voucher.valid)
            self.offers[offered] += 1
            rows = market.world.crowd.rows
            gone = offered[(rows["flags"][offered] & ALIVE) == 0]
            messenger(market).send("win_back", offered)
            back = gone[market.draws.uniform(RETURN, gone, int(market.env.now)) < self.acceptance(gone)]
            rows["flags"][back] |= ALIVE
            now = int(market.env.now)
            market.world.books.series[now // 60, WON_BACK] += len(back)
            if len(back):
                market.appoint_visits(back, now + 60 + np.arange(len(back)) % 720)
            yield wait(market.env, config.every, ACTIONS)

    def acceptance(self, gone: np.ndarray) -> np.ndarray:
        """Chance that each of those who left accepts: a logit in what the offer is worth to them and how they parted.

        Worth = own price sensitivity × (offer ÷ threshold − 20%); parting = satisfaction − neutral. Those who left for the
        price come back more easily [R25].
        """
        market, voucher = self.market, self.config.voucher
        rows, params = market.world.crowd.rows, market.world.crowd.params
        price = market.config.crowd.price
        depth = voucher.off / max(voucher.threshold, 2.0 * voucher.off)
        accepts = min(0.99, max(1e-6, self.config.accepts))
        odds = math.log(accepts / (1.0 - accepts))
        worth = rows["sensitivity"][gone] * (price.regular + price.transaction) * (depth - AVERAGE_DEPTH)
        parting = market.config.crowd.memory.dropout_pull * (rows["satisfaction"][gone] - params[P_NEUTRAL])
        return np.asarray(1.0 / (1.0 + np.exp(-(odds + worth + parting))), float)


@policy("crowd.invitations", "small_world")
class SmallWorld:
    """Satisfied buyers invite acquaintances along the ties of a small world."""

    def __init__(self, market: Any, config: Invitations) -> None:
        self.market, self.config = market, config
        self.rewarded = 0
        market.env.process(self._days())

    def _days(self) -> Any:
        while True:
            yield wait(self.market.env, at(self.market, EVENING), ACTIONS)
            self._invite()

    def _invite(self) -> None:
        market, config = self.market, self.config
        rows, draws, now = market.world.crowd.rows, market.draws, int(market.env.now)
        content = rows["satisfaction"] >= market.world.crowd.params[P_NEUTRAL]
        buyers = np.flatnonzero((rows["last_order"] >= now - DAY) & content & ((rows["flags"] & ALIVE) > 0))
        buyers = buyers[draws.uniform(INVITE, buyers, rows["orders"][buyers].astype(np.int64)) < config.takes_part]
        if not len(buyers) or config.sends == 0:
            return
        known = neighbours(market, buyers)
        order = draws.uniform(WHOM, buyers[:, None], now * 64 + np.arange(known.shape[1]))
        order[known < 0] = 2.0
        pick = np.argsort(order, axis=1, kind="stable")[:, : config.sends]
        guests = np.take_along_axis(known, pick, axis=1)
        guests = np.unique(guests[guests >= 0])
        guests = guests[(rows["flags"][guests] & (ALIVE | REMOVED)) == ALIVE]
        market.world.books.series[now // 60, INVITATIONS] += len(guests)
        come = guests[draws.uniform(ACCEPT, guests, now) < config.accepts]
        strangers = come[(rows["flags"][come] & PROSPECT) > 0]
        won = register(market, strangers[draws.uniform(ENTER, strangers, now) < config.registers], INVITED)
        self.rewarded += len(won)
        post(market.world.books, now, MARKETING, CASH, round(len(won) * config.reward * 100))
        if len(come):
            market.appoint_visits(come, now + 30 + np.arange(len(come)) % 180, 2)
