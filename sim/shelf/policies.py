"""Policies of the shelf by name: rankings, what is pushed, and what becomes of slow movers."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.registry import policy
from sim.shelf.state import ShelfState

DAY = 1440.0
PRIOR_SALES = 30.0  # row units of sales as strong as a SKU's initial appeal
LEAST = 3.0  # row units a SKU must have sold in a window before its growth says anything


@policy("shelf.ranking", "popularity")
class Popularity:
    """Consideration sets follow appeal and sales, the same for everybody."""

    def __init__(self, section: Any) -> None:
        self.section = section

    def quality(self) -> float:
        """Chance that a place goes to the better of several SKUs for the shopper who looks."""
        return 0.0

    def weights(self, shelf: ShelfState) -> np.ndarray:
        """float64[skus], above 0: chance of each SKU of a category to take a place, relative to the others."""
        skus = shelf.skus
        sold = skus["sold"].astype(float)
        total = np.bincount(skus["category"], sold, len(shelf.categories))[skus["category"]]
        mass = PRIOR_SALES * shelf.categories["count"][skus["category"]]
        weights = (mass * skus["appeal"] + sold) / (mass + total)
        promoted = (skus["price"] < skus["list_price"]) | (skus["exposure"] > 0)
        return np.asarray(weights * np.exp(self.section.promoted * promoted))


@policy("shelf.ranking", "personalised")
class Personalised(Popularity):
    """Each place goes, with the ranking's quality, to the better of two SKUs for this shopper."""

    def quality(self) -> float:
        """As the section says."""
        return float(self.section.quality)


@policy("shelf.ranking", "random")
class Random(Popularity):
    """Every SKU of a category is as likely to be seen."""

    def weights(self, shelf: ShelfState) -> np.ndarray:
        """The same for all."""
        return np.ones(len(shelf.skus))


@policy("shelf.selection", "none")
class NoSelection:
    """Nothing is pushed."""

    def __init__(self, section: Any) -> None:
        self.section = section

    def pushed(self, sold: np.ndarray, skus: np.ndarray) -> np.ndarray:
        """bool[skus]: what goes to the front. ``sold``: float64[2, skus], units of the last window and the one before."""
        return np.zeros(len(skus), bool)


@policy("shelf.selection", "trend")
class Trend(NoSelection):
    """Coming hits: articles whose observed sales grow fastest from one window to the next."""

    def pushed(self, sold: np.ndarray, skus: np.ndarray) -> np.ndarray:
        """bool[skus]: of those that grew enough, the ones that gained most units."""
        recent, before = sold
        # one unit is added to both, so that a first sale is no infinite growth
        growing = (recent >= LEAST) & (recent + 1.0 >= self.section.growth * (before + 1.0))
        gain = np.where(growing, recent - before, -np.inf)
        most = max(1, round(self.section.hits * len(skus)))
        chosen = np.argsort(-gain, kind="stable")[:most]
        found = np.zeros(len(skus), bool)
        found[chosen] = growing[chosen]
        return found


@policy("shelf.selection", "niche")
class Niche(NoSelection):
    """What no rival has: exclusive articles go to the front."""

    def pushed(self, sold: np.ndarray, skus: np.ndarray) -> np.ndarray:
        """bool[skus]: the exclusive ones."""
        return np.asarray(skus["exclusive"] > 0)


@policy("shelf.markdown", "none")
class NoMarkdown:
    """Slow movers keep their price."""

    def __init__(self, section: Any) -> None:
        self.section = section

    def cuts(self, off: np.ndarray, slow: np.ndarray, cover: np.ndarray) -> np.ndarray:
        """float64[skus]: share off from now on. ``off``: now; ``slow``: bool[skus], the stock's alert; ``cover``: days."""
        return off


@policy("shelf.markdown", "slow_movers")
class SlowMovers(NoMarkdown):
    """What stock reports as slow is cut step by step until it moves, then sold at list price again."""

    def cuts(self, off: np.ndarray, slow: np.ndarray, cover: np.ndarray) -> np.ndarray:
        """float64[skus]: one step more where it is slow or already cut and still covered for too long; else nothing off."""
        still = slow | ((off > 0.0) & (cover > self.section.release))
        return np.where(still, np.minimum(off + self.section.step, self.section.most), 0.0)
