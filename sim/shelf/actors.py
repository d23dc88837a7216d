"""The merchandiser: opens and closes promotions on time and keeps the ranking in step with what sells."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from sim.books.state import CASH, IT, MARKETING, post
from sim.core.clock import ACTIONS, FAULTS, REVIEWS, wait
from sim.core.registry import get_policy
from sim.shelf import ab, matching, merchandise
from sim.shelf.boards import Standing, write_boards
from sim.shelf.config import GroupBuy, Livestream
from sim.shelf.group_buy import GroupDesk
from sim.shelf.kernel import fill_ranking
from sim.shelf.promotions import Window, openings, turning_points
from sim.shelf.protection import ProtectionDesk
from sim.shelf.state import CASH_BACK_TAKE, STALE, ShelfState
from sim.shelf.trials import hold

RANK_EVERY = 720.0  # minutes between rankings


class Merchandiser(mesa.Agent):
    """Writes the boards of prices and promotions at every turning point of the calendar."""

    def __init__(self, market: Any, windows: list[Window]) -> None:
        super().__init__(market)
        self.market, self.windows = market, windows
        self.turns = turning_points(windows, market.calendar.end)
        self.opens = set(openings(windows))
        self.standing = Standing.of(len(market.world.shelf.skus))
        self.arms = ab.arms_of(market.config.shelf.ab)
        market.world.shelf.setting[CASH_BACK_TAKE] = market.config.shelf.cash_back_take
        market.notices["merchandiser"] = self
        market.env.process(self.keep_calendar())
        market.env.process(self.rank())

    def keep_calendar(self) -> Any:
        """At each turning point: boards, then those who waited for the opening."""
        for minute in self.turns:
            yield wait(self.market.env, minute - self.market.env.now, ACTIONS)
            self.write(minute)

    def write(self, minute: int) -> None:
        """The boards as they are at ``minute``."""
        market, world = self.market, self.market.world
        self.rewrite()
        for window in self.windows:
            name = window.spec.kind
            if minute == window.opens:
                market.journal.record("shelf", "opens", name, float(window.mask.sum()))
                if isinstance(window.spec, Livestream):
                    post(world.books, minute, MARKETING, CASH, round(window.spec.fee * 100 / market.weight))
                    if window.spec.zero_yuan_trials:
                        hold(market, window)
            if minute == window.closes:
                market.journal.record("shelf", "closes", name, float(window.mask.sum()))
        if minute in self.opens:
            market.call_waiting(minute)

    def rewrite(self) -> None:
        """Boards and ranking as calendar and standing policies want them now."""
        market, shelf = self.market, self.market.world.shelf
        limit = market.config.shelf.price_change_limit
        write_boards(shelf, self.windows, int(market.env.now), market.weight, limit, self.standing, self.arms)
        reweigh(shelf, market.config.shelf, market.weight, self.standing.push)

    def rank(self) -> Any:
        """Twice a day the ranking follows what has sold."""
        while True:
            yield wait(self.market.env, RANK_EVERY, REVIEWS)
            reweigh(self.market.world.shelf, self.market.config.shelf, self.market.weight, self.standing.push)


def reweigh(shelf: ShelfState, config: Any, weight: float, push: np.ndarray | None = None) -> None:
    """Fill the ranking with the weights of the ranking's policy, and what ``push`` adds."""
    weights = get_policy("shelf.ranking", config.ranking.policy)(config.ranking).weights(shelf)
    if push is not None and push.any():
        weights = weights * np.exp(push)
    fill_ranking(shelf, np.maximum(weights, 1e-12))
    shelf.setting[STALE] = 1.0


def populate(market: Any, windows: list[Window]) -> None:
    """The merchandiser, and whoever else the file asks for."""
    merchandiser = Merchandiser(market, windows)
    groups = [window for window in windows if isinstance(window.spec, GroupBuy)]
    if groups:
        GroupDesk(market, groups)
    config = market.config.shelf
    if config.price_protection is not None:
        ProtectionDesk(market)
    if config.page is not None and config.page.cost > 0.0:
        market.env.process(_pay_for_page(market, config.page.cost))
    market.env.process(_count_devices(market))
    merchandise.populate(market, merchandiser.standing, merchandiser.rewrite)
    matching.populate(market, merchandiser.standing, merchandiser.rewrite)
    ab.populate(market)


def _count_devices(market: Any) -> Any:
    """Visits so far of every shopper when figures begin to count: conversion by device is measured from there."""
    yield wait(market.env, market.calendar.warmup, FAULTS)
    market.notices["devices"] = {"visits": market.world.crowd.rows["visits"].copy()}


def _pay_for_page(market: Any, cost: float) -> Any:
    """The work on the page is paid when figures begin to count."""
    yield wait(market.env, market.calendar.warmup, ACTIONS)
    post(market.world.books, int(market.env.now), IT, CASH, round(cost * 100 / market.weight))
