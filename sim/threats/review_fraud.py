"""Review fraud: stars for money, up or down."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.platform.state import BROWSE
from sim.shelf.promotions import select
from sim.shelf.state import STALE
from sim.threats.attacker import Attacker, Batch, Option
from sim.threats.chance import ARTICLE
from sim.threats.config import ReviewFraud


class Reviewer(Attacker):
    """A gang that writes reviews; a step is an hour. A review that stays counts like anybody's."""

    kind = "review_fraud"
    every = 60.0
    surface = "review"
    config: ReviewFraud

    def __init__(self, *args: Any) -> None:
        self.chosen: np.ndarray | None = None
        super().__init__(*args)

    def expected(self, option: Option) -> float:
        """Reviews × (fee − account)."""
        economy = self.side.config.economy
        return self.config.reviews * 3600.0 * option[2] * (self.config.fee - economy.account / economy.uses)

    def attack(self, option: Option, scale: float) -> Batch | None:
        """An hour of reviews, spread over the articles by chance."""
        world = self.market.world
        if self.chosen is None:
            mask = select(self.config.skus, world.shelf.skus, self.market.category_names, self.market.draws, self.number)
            self.chosen = np.flatnonzero(mask)
        if not len(self.chosen):
            return None
        tactic, _, level = option
        batch = Batch(option, scale)
        tried = self.affordable("review", tactic, self.config.reviews * 3600.0 * level * scale)
        self.side.ask(self.number, {BROWSE: tried / 3600.0})
        passed = self.screen(batch, "review", tried)
        batch.revenue += self.purse.earn("fees", passed * self.config.fee)
        self.side.add("fake_reviews", passed)
        n = self.carry.take(passed / self.market.weight)
        if n > 0:
            u = np.atleast_1d(self.market.draws.uniform(ARTICLE, np.arange(n), self.steps, self.number))
            sku = self.chosen[(u * len(self.chosen)).astype(int)]
            np.add.at(world.shelf.skus["rating_sum"], sku, float(self.config.points))
            np.add.at(world.shelf.skus["rating_count"], sku, 1.0)
            world.shelf.setting[STALE] = 1.0
        return batch
