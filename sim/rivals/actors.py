"""Rivals: each a Mesa agent on the SimPy clock that shows prices, reads ours and answers."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import mesa
import numpy as np
import simpy

from sim.core.clock import ACTIONS, FAULTS, REVIEWS, call_after, wait
from sim.core.errors import SimError
from sim.core.registry import get_policy
from sim.core.rng import decision
from sim.rivals.board import Board
from sim.rivals.policies import NONE

RIVAL_LAG = decision("rival.lag")
WAR_ROUND = decision("rival.war_round")


class Rival(mesa.Agent):
    """One competing platform.

    What it shows is the lowest of its own price, its festivals, its answer to us and its price of war.
    """

    def __init__(self, market: Any, board: Board, number: int, name: str, spec: Any) -> None:
        super().__init__(market)
        self.market, self.board, self.number, self.name, self.spec = market, board, number, name, spec
        self.entity = zlib.crc32(name.encode())
        count = len(market.world.shelf.categories)
        self.own = np.full(count, math.log(spec.price))
        #: float64[categories], log price below which no answer goes
        self.floor = np.log(np.maximum(board.cost * spec.cost * (1.0 + spec.reaction.floor), 1e-6))
        self.cuts: list[np.ndarray] = []  # of festivals running, log factors on the own price
        self.answered = np.full(count, NONE)
        self.fight = np.full(count, NONE)
        self.campaign: Campaign | None = None
        self.reaction = get_policy("rivals.reaction", spec.reaction.policy)(spec.reaction)
        self.seen = np.zeros(count)
        self.looks = self.rounds = self.latest = 0
        self.show()
        for promotion in spec.promotions:
            opens, ends = market.calendar.minute(promotion.start), market.calendar.minute(promotion.to)
            opens = max(opens, 0.0)
            if ends > opens:
                cut = self.cut_of(promotion.off, promotion.category)
                call_after(market.env, opens, ACTIONS, partial(self.promote, cut, ends - opens))
        if spec.reaction.policy != "none":
            market.env.process(self._watch())

    # Prices ----------------------------------------------------------------------------------------

    def show(self) -> None:
        """Write what the rival's pages say now."""
        best = np.minimum.reduce([np.zeros_like(self.own), *self.cuts])
        price = np.minimum(np.minimum(self.own + best, self.answered), self.fight)
        self.board.write(self.number, price)

    @property
    def level(self) -> np.ndarray:
        """float64[categories]: log price on its pages."""
        return np.asarray(self.market.world.rivals.log_price[self.number])

    def cut_of(self, off: float, category: str | None) -> np.ndarray:
        """float64[categories]: log factor of ``off`` in one category or all. Raises SimError for an unknown one."""
        return np.where(self.chosen(category), math.log1p(-min(off, 0.95)), 0.0)

    def chosen(self, category: str | None) -> np.ndarray:
        """bool[categories] of one category or all. Raises SimError for an unknown one."""
        names = self.market.category_names
        if category is None:
            return np.ones(len(self.own), bool)
        if category not in names:
            raise SimError(f"category: found {category!r}, accepted: {', '.join(names)}")
        return np.arange(len(self.own)) == names.index(category)

    def promote(self, cut: np.ndarray, minutes: float) -> None:
        """A festival of the rival's own begins and ends after ``minutes``."""
        self.cuts.append(cut)
        self.tell("promotion", 1.0 - math.exp(float(cut.min())))
        self.show()
        call_after(self.market.env, minutes, ACTIONS, lambda: self._end_promotion(cut))

    def _end_promotion(self, cut: np.ndarray) -> None:
        self.cuts = [other for other in self.cuts if other is not cut]
        self.tell("promotion_over")
        self.show()

    # Reacting --------------------------------------------------------------------------------------

    def _watch(self) -> Iterator[simpy.Event]:
        while True:
            yield wait(self.market.env, self.spec.reaction.watch, REVIEWS)
            ours = self.board.ours()
            if np.abs(ours - self.seen).max() < self.spec.reaction.threshold:
                continue
            self.seen = ours
            self.looks += 1
            lag = self.lag(RIVAL_LAG, self.looks)
            call_after(self.market.env, lag, REVIEWS, partial(self._answer, ours, self.looks))

    def lag(self, what: Any, turn: int) -> float:
        """Minutes until an answer is on the pages, at least one."""
        section = self.spec.reaction
        return max(1.0, float(self.market.draws.lognormal(what, section.lag, section.lag_sigma, self.entity, turn)))

    def _answer(self, saw: np.ndarray, serial: int) -> None:
        if serial > self.latest:  # an answer to something newer is already out
            self.latest = serial
            self.reaction.answer(self, saw)

    def reply(self, log_price: np.ndarray) -> None:
        """Answer with these log prices (inf: its own)."""
        before = self.level.copy()
        self.answered = log_price
        self.show()
        if not np.array_equal(before, self.level):
            self.tell("answer", float(np.exp((self.board.need * self.level).sum())))

    # War -------------------------------------------------------------------------------------------

    def begin_war(self, where: np.ndarray, step: float, minutes: float, provoked: bool) -> None:
        """Go to war in the categories ``where`` for at most ``minutes``; a war already under way goes on."""
        if self.campaign is not None:
            self.campaign.where = self.campaign.where | where
            if not provoked:
                self.campaign.hold(where, float(self.market.env.now) + minutes)
            return
        now = float(self.market.env.now)
        self.campaign = Campaign(where, step, now, now + minutes, provoked)
        self.board.war(1)
        self.tell("war_begins", minutes)
        self.market.env.process(self._fight(self.campaign))

    def _fight(self, campaign: Campaign) -> Iterator[simpy.Event]:
        env = self.market.env
        while self.campaign is campaign:
            left = campaign.until - float(env.now)
            if left <= 0.0:
                self._truce(campaign)
                return
            lower = np.minimum(self.level, self.board.ours()) + math.log1p(-campaign.step)
            fight = np.where(campaign.where, np.maximum(np.minimum(lower, self.fight), self.floor), NONE)
            if not np.array_equal(fight, self.fight):
                self.fight = fight
                self.show()
            self.rounds += 1
            yield wait(env, min(left, self.lag(WAR_ROUND, self.rounds)), REVIEWS)

    def retreat(self) -> None:
        """End a war that we had provoked; one out of the blue that has joined it goes on for its own time and categories."""
        campaign, now = self.campaign, float(self.market.env.now)
        if campaign is None or not campaign.provoked:
            return
        if campaign.held_until <= now:
            self._truce(campaign)
            return
        campaign.provoked, campaign.until, campaign.where = False, campaign.held_until, campaign.held
        call_after(self.market.env, campaign.until - now, REVIEWS, partial(self._time_is_up, campaign))

    def _time_is_up(self, campaign: Campaign) -> None:
        if self.campaign is campaign and campaign.until <= float(self.market.env.now):
            self._truce(campaign)

    def _truce(self, campaign: Campaign) -> None:
        self.campaign = None
        self.fight = np.full(len(self.own), NONE)
        self.board.war(-1)
        self.tell("war_ends", float(self.market.env.now) - campaign.began)
        self.show()

    def tell(self, kind: str, size: float = 0.0) -> None:
        """Write into the journal."""
        self.market.journal.record("rivals", kind, self.name, size)


class Campaign:
    """A price war under way."""

    def __init__(self, where: np.ndarray, step: float, began: float, until: float, provoked: bool) -> None:
        self.where = where  # bool[categories]
        self.step = step
        self.began, self.until = began, until  # minutes
        self.provoked = provoked  # we cut prices first: it ends when we are back
        self.held, self.held_until = np.zeros_like(where), 0.0  # where and until when it goes on whatever we do

    def hold(self, where: np.ndarray, until: float) -> None:
        """It goes on in ``where`` until minute ``until`` at the least, whatever we do."""
        self.held, self.held_until = self.held | where, max(self.held_until, until)
        self.until = max(self.until, until)


class Rivals:
    """All rivals of a run; what events and measures turn to."""

    def __init__(self, market: Any) -> None:
        self.market = market
        platforms = market.config.rivals.platforms
        self.board = Board(market, list(platforms.values()))
        self.all = [Rival(market, self.board, k, name, spec) for k, (name, spec) in enumerate(platforms.items())]
        if market.calendar.warmup > 0:
            call_after(market.env, market.calendar.warmup, FAULTS, self.board.begin_measuring)

    def aimed(self, target: Any) -> list[Rival]:
        """Rivals an event aims at. Raises SimError for others."""
        if target in (None, "all"):
            return self.all
        found = [rival for rival in self.all if rival.name == target]
        if not found:
            raise SimError(f"no rival {target!r}; accepted: {', '.join(rival.name for rival in self.all)}, all")
        return found


def populate(market: Any) -> None:
    """Create the rivals of the file, if it names any. Sets `market.notices["rivals"]`."""
    if market.config.rivals.platforms and not market.alone:
        market.notices["rivals"] = Rivals(market)
