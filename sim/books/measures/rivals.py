"""Rivals: what was bought elsewhere, and at what prices."""

from __future__ import annotations

import math
from typing import Any

from sim.books.measures import Measure
from sim.books.view import ratio, total

SOURCE = "MODEL.md, rivals"


def share_of_needs(market: Any) -> float:
    """Units bought from us over those bought from us or a rival; nan without rivals in the file."""
    if "rivals" not in market.notices:
        return math.nan
    ours = total(market, "units")
    return ratio(ours, ours + total(market, "rival_purchases"))


def price_index(market: Any) -> float:
    """Time average of the cheapest rival's prices over our list prices, categories weighted by need."""
    rivals = market.notices.get("rivals")
    if rivals is None:
        return math.nan
    rivals.board.settle()
    return ratio(rivals.board.index_minutes, rivals.board.minutes)


def war_days(market: Any) -> float:
    """Days on which at least one rival was at war with us."""
    rivals = market.notices.get("rivals")
    if rivals is None:
        return math.nan
    rivals.board.settle()
    return float(rivals.board.war_minutes) / 1440.0


def lost_value(market: Any) -> float:
    """CNY: purchases at rivals at our mean list price of the category."""
    rivals = market.notices.get("rivals")
    if rivals is None:
        return math.nan
    shelf = market.world.shelf
    worth = [0.0] * len(shelf.categories)
    for number in range(len(worth)):
        mine = shelf.skus[shelf.skus["category"] == number]
        weights = mine["appeal"].astype(float)
        worth[number] = float((weights * mine["list_price"]).sum() / weights.sum()) / 100.0
    gone = market.world.rivals.sales - rivals.board.sales_before
    return float(sum(n * w for n, w in zip(gone, worth, strict=True)) * market.weight)


MEASURES = (
    Measure("share_of_needs", "Share of needs met here", "需求份额", "share", "higher",
            "units sold ÷ (units sold + purchases at rivals)", SOURCE, share_of_needs),
    Measure("rival_value", "Value bought at rivals", "流向竞品金额", "CNY", "lower",
            "purchases at rivals × our mean list price of the category", SOURCE, lost_value),
    Measure("rival_price_index", "Rivals' price index", "竞品价格指数", "share", "neither",
            "time average of the cheapest rival's price over our list price, weighted by need", SOURCE, price_index),
    Measure("price_war_days", "Days of price war", "价格战天数", "d", "lower",
            "days on which at least one rival is at war", SOURCE, war_days),
)  # fmt: skip
