"""The buyer at work: fashions of the world, what is pushed, and what is marked down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mesa
import numpy as np

from sim.core.clock import REVIEWS, wait
from sim.core.registry import get_policy
from sim.core.rng import decision
from sim.shelf.boards import Standing
from sim.shelf.state import STALE

DAY = 1440.0
TREND_START = decision("trend.start")
TREND_LIFT = decision("trend.lift")


class Fashion(mesa.Agent):
    """The world outside: articles become fashionable and are forgotten, whatever the shop does.

    On each day each article starts a fashion with a small chance; its utility rises linearly to a height between half and
    one and a half times `lift`, then fades exponentially.
    """

    def __init__(self, market: Any) -> None:
        super().__init__(market)
        self.market, self.section = market, market.config.shelf.trends
        skus = market.world.shelf.skus
        self.usual = skus["quality"].copy()  # float32[skus], utility without any fashion
        self.began: list[tuple[int, int, float]] = []  # SKU, day, height
        market.env.process(self._run())

    def lifts(self, day: int) -> np.ndarray:
        """float64[skus]: utility fashions add on a day."""
        rise, fade = self.section.rise / DAY, self.section.fade / DAY
        total = np.zeros(len(self.usual))
        for sku, began, height in self.began:
            age = day - began
            total[sku] += height * (min(1.0, (age + 1.0) / rise) if age < rise else np.exp(-(age - rise) / fade))
        return total

    def _run(self) -> Any:
        market, draws = self.market, self.market.draws
        number = np.arange(len(self.usual))
        chance = self.section.per_month / 1000.0 / 30.0
        while True:
            day = int(market.env.now // DAY)
            for sku in np.flatnonzero(draws.uniform(TREND_START, number, day) < chance):
                height = self.section.lift * (0.5 + float(draws.uniform(TREND_LIFT, int(sku), day)))
                self.began.append((int(sku), day, height))
                market.journal.record("shelf", "fashion", f"SKU {sku}", height)
            market.world.shelf.skus["quality"] = self.usual + self.lifts(day)
            market.world.shelf.setting[STALE] = 1.0
            yield wait(market.env, DAY, REVIEWS)


class Buyer(mesa.Agent):
    """Looks at sales and stock each day, and holds a push or a markdown on SKUs."""

    def __init__(self, market: Any, standing: Standing, rewrite: Callable[[], None]) -> None:
        super().__init__(market)
        self.market, self.standing, self.rewrite = market, standing, rewrite
        config = market.config.shelf
        self.selection = get_policy("shelf.selection", config.selection.policy)(config.selection)
        self.markdown = get_policy("shelf.markdown", config.markdown.policy)(config.markdown)
        self.sold: list[np.ndarray] = []  # int64[skus] at each midnight
        if config.selection.policy != "none":
            market.env.process(self._select())
        if config.markdown.policy != "none":
            market.env.process(self._mark_down())

    def _select(self) -> Any:
        section = self.market.config.shelf.selection
        days = max(1, round(section.window / DAY))
        while True:
            skus = self.market.world.shelf.skus
            self.sold.append(skus["sold"].copy())
            at = lambda ago: self.sold[max(0, len(self.sold) - 1 - ago)].astype(float)  # noqa: E731
            windows = np.array([at(0) - at(days), at(days) - at(2 * days)])
            pushed = self.selection.pushed(windows, skus)
            push = np.where(pushed, section.push, 0.0)
            if (push != self.standing.push).any():
                self.standing.push[:] = push
                self.market.journal.record("shelf", "pushed", section.policy, float(pushed.sum()))
                self.rewrite()
            yield wait(self.market.env, DAY, REVIEWS)

    def cover(self) -> np.ndarray:
        """float64[skus]: days that stock lasts at the sales of the last four weeks."""
        supply = self.market.world.supply
        day = int(self.market.env.now // DAY)
        recent = supply.history[max(0, day - 28) : day]
        daily = recent.sum(axis=0) / max(1, len(recent))
        return np.asarray(supply.stock["on_hand"].sum(axis=0) / np.maximum(daily, 1e-9))

    def _mark_down(self) -> Any:
        section = self.market.config.shelf.markdown
        while True:
            yield wait(self.market.env, section.every, REVIEWS)
            slow = self.market.world.supply.slow > 0
            off = self.markdown.cuts(self.standing.off, slow, self.cover())
            if (off != self.standing.off).any():
                self.standing.off[:] = off
                self.market.journal.record("shelf", "marked_down", "", float((off > 0).sum()))
                self.rewrite()


def populate(market: Any, standing: Standing, rewrite: Callable[[], None]) -> None:
    """Fashions and buyer, where the file asks for them."""
    config = market.config.shelf
    if config.trends is not None:
        Fashion(market)
    if config.selection.policy != "none" or config.markdown.policy != "none":
        Buyer(market, standing, rewrite)
