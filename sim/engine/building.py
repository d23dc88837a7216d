"""What a marketplace begins with: the shelf's boards, what past days would have taught, and what counts as ordinary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.books.state import CAPITAL, INVENTORY, post
from sim.core.calendar import Calendar
from sim.core.registry import get_policy
from sim.crowd.arrivals import living_rate
from sim.crowd.config import Crowd
from sim.crowd.consideration import sample_logsums
from sim.crowd.state import D_RATE, P_INTERCEPT, P_NEST
from sim.engine.world import World
from sim.shelf import ab
from sim.shelf import state as shelf
from sim.shelf.actors import reweigh
from sim.shelf.kernel import attract, refresh_pages
from sim.shelf.state import ShelfState

#: orders of an ordinary day for each one bought at the first visit: many go back to their carts later
GONE_BACK_TO = 1.2


def build_shelf(whole: Any, skus: np.ndarray, categories: np.ndarray) -> ShelfState:
    """Boards of the shelf; ``whole``: the scenario's config."""
    config = whole.shelf
    setting = np.zeros(shelf.SETTINGS)
    setting[shelf.CONSIDERATION] = config.consideration
    setting[shelf.QUALITY] = get_policy("shelf.ranking", config.ranking.policy)(config.ranking).quality()
    setting[shelf.RATING_WEIGHT] = whole.crowd.choice.rating
    setting[shelf.PROMISE_WEIGHT] = whole.crowd.choice.promise
    setting[shelf.ARM_LOAD] = 1.0
    boards = 1 + len(ab.arms_of(config.ab))
    rows = np.tile(skus, boards)
    arms = np.zeros((boards, shelf.ARM_FIELDS))
    arms[:, shelf.ARM_PULL] = 1.0
    room = 1 if config.price_protection is None else max(4096, 4 * whole.crowd.shoppers)
    return ShelfState(
        skus=rows[: len(skus)],
        boards=rows,
        categories=categories,
        ranking=np.zeros((len(categories), shelf.RANKING), np.int32),
        reductions=np.zeros((shelf.FULL_REDUCTIONS, 4), np.int64),
        coupons=np.zeros((shelf.COUPON_KINDS, 8), np.int64),
        pages=np.zeros(len(rows), shelf.PAGE),
        attention=np.zeros((boards, len(categories))),
        arms=arms,
        kept=np.zeros((room, 6), np.int64),
        kept_count=np.zeros(1, np.int64),
        setting=setting,
    )


def expected_demand(
    crowd: Crowd, weight: float, skus: np.ndarray, categories: np.ndarray, trace: Any = None
) -> tuple[np.ndarray, float]:
    """(real units of each SKU, real orders) on an ordinary day, from the crowd's base rates or the mean of a given demand.

    It is what a shop's past would have told its planners. ``trace``: the table of a recorded demand.
    """
    if crowd.demand is not None:
        return crowd.demand.daily_means(trace), 0.0
    visits = crowd.shoppers * weight * crowd.visits.per_day * (1.0 - crowd.prospects)
    visits *= sum(s.share * s.rate for s in crowd.segments.values()) / sum(s.share for s in crowd.segments.values())
    more = crowd.choice.further_lines * crowd.choice.carts / (1.0 - crowd.choice.carts)
    orders = visits * crowd.choice.carts * crowd.choice.completes * crowd.payment.completes * GONE_BACK_TO
    units = orders * (1.0 + more) / (1.0 - crowd.choice.second_unit)
    return units * categories["need"][skus["category"]] * skus["appeal"], orders


def expected_peak(crowd: Crowd, weight: float) -> float | None:
    """User actions a second at the busiest hour of an ordinary day; what the machine room is sized for."""
    if crowd.demand is not None or crowd.shoppers == 0:
        return None
    visits = crowd.shoppers * weight * crowd.visits.per_day * (1.0 - crowd.prospects) / 86_400.0
    hours = np.array(crowd.visits.hour_of_day)
    return float(visits * (crowd.visits.pages + 1.5) * hours.max() / hours.mean())


def open_books(world: World) -> None:
    """Goods at hand are paid in by the owners."""
    stock, skus = world.supply.stock, world.shelf.skus
    value = int((stock["on_hand"].sum(axis=0) * skus["unit_cost"]).sum())
    post(world.books, 0, INVENTORY, CAPITAL, value)


def calibrate(world: World, config: Any, weight: float) -> None:
    """Set what is ordinary with every price at list: log-sums at which visits fill carts as often as stated."""
    refresh_pages(world.shelf)
    reweigh(world.shelf, config.shelf, weight)
    price = config.crowd.price.regular + config.crowd.price.transaction
    attract(world.shelf, config.crowd.choice.attention, price, True)
    if len(world.crowd.rows) == 0:
        return
    sums = np.zeros((len(world.shelf.categories), 1000))
    sample_logsums(world.crowd, world.shelf, sums)
    params = world.crowd.params
    target = config.crowd.choice.carts
    outside = 1.0 + config.crowd.multihoming * np.exp(config.crowd.choice.rival)
    for category, row in zip(world.shelf.categories, sums, strict=True):
        low, high = row.min() - 20.0, row.max() + 20.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            here = np.exp(params[P_INTERCEPT] + params[P_NEST] * (row - middle))
            low, high = (middle, high) if (here / (outside + here)).mean() > target else (low, middle)
        category["base_attraction"] = 0.5 * (low + high)
    world.crowd.drive[D_RATE] = living_rate(world.crowd)


class PlatformContext:
    """What the machine room's build may know of the run."""

    def __init__(self, minutes: int, calendar: Calendar, expected_peak: float | None, table: Callable[[str], Any]) -> None:
        self.minutes, self.calendar, self.table = minutes, calendar, table
        if expected_peak is not None:
            self.expected_peak = expected_peak
