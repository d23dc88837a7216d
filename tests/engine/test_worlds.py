"""Take one shopper away where stock is scarce: who never competed for it, at first or at any remove, lives the same life."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sim.engine.marketplace import Marketplace
from sim.scenario import load
from sim.supply.state import LOST

FESTIVAL = Path(__file__).parents[2] / "scenarios" / "618.yaml"
#: about one unit of each article and no more to come. Stock alone joins shoppers: hands for every parcel, and what they
#: would tell each other (ratings, promises learnt from others' parcels, what sells) counts for nothing
SCARCE = {
    "crowd.shoppers": 4000, "crowd.represents": 4000, "shelf.catalogue.skus": 400, "shelf.catalogue.concentration": 0.5,
    "supply.stock.initial": "4d of cover", "fulfilment.network.regional": 0, "fulfilment.utilisation": "1%",
    "crowd.memory.review": "0%", "crowd.memory.late": 0.0, "crowd.choice.promise": 0.0, "shelf.promotions": [],
    "shelf.ranking.policy": "random", "warmup": "2d", "days": 12,
    "events": [{"at": "05-30 00:00", "do": "supply.fail", "target": "all", "for": "30d"}],
}  # fmt: skip


@dataclass
class World:
    """A run: every shopper's row at its end, who ordered what, and which articles ever ran short."""

    rows: np.ndarray
    bought: list[tuple[int, frozenset[int]]]
    short: np.ndarray


def play(removed: int | None = None) -> World:
    market = Marketplace(load(FESTIVAL, SCARCE), seed=3)
    if removed is not None:
        market.remove_shopper(removed)
    supply, orders = market.world.supply, {}
    short = np.zeros(len(market.world.shelf.skus), bool)
    for hour in range(1, market.calendar.end // 60 + 1):
        market.run_until(60 * hour)
        rows = market.world.fulfilment.orders
        for row in rows[rows["shopper"] >= 0]:
            goods = frozenset(int(sku) for sku in row["sku"][: row["lines"]])
            orders[int(row["serial"])] = (int(row["shopper"]), goods)
        short |= (supply.stock["on_hand"] - supply.stock["allocated"]).max(axis=0) <= 0
    return World(market.world.crowd.rows.copy(), list(orders.values()), short | (supply.totals[LOST] > 0))


def competitors(removed: int, whole: World, without: World) -> set[int]:
    """Whoever ordered, in either world, a short article that the removed shopper or one of them ordered in either.

    An article that never ran short served everybody whoever else came. Who was refused in both worlds lost nothing by it;
    who was refused in one ordered in the other.
    """
    both, short = whole.bought + without.bought, whole.short | without.short
    found = {removed}
    while True:
        contested = {sku for shopper, goods in both if shopper in found for sku in goods if short[sku]}
        more = found | {shopper for shopper, goods in both if goods & contested}
        if more == found:
            return found
        found = more


def differing(one: World, other: World) -> dict[int, list[str]]:
    """Shoppers whose rows are not the same byte for byte, and in what."""
    found: dict[int, list[str]] = {}
    for field in one.rows.dtype.names:
        apart = (one.rows[field] != other.rows[field]).reshape(len(one.rows), -1).any(axis=1)
        for shopper in np.flatnonzero(apart):
            found.setdefault(int(shopper), []).append(field)
    return found


@pytest.fixture(scope="module")
def whole() -> World:
    return play()


def test_the_world_is_the_same_when_nobody_is_taken_away(whole: World) -> None:
    assert differing(whole, play()) == {}


def test_who_never_competed_for_scarce_stock_lives_the_same_life(whole: World) -> None:
    scarce = Counter()
    for shopper, goods in whole.bought:
        scarce[shopper] += int(sum(whole.short[sku] for sku in goods))
    buyers = {shopper for shopper, _ in whole.bought}
    assert whole.short.mean() > 0.5 and len(buyers) > 200, "stock is scarce and people want it"
    touched, at_a_remove = 0, 0
    for removed, _ in scarce.most_common(6):
        without = play(removed)
        rivals = competitors(removed, whole, without)
        apart = differing(whole, without)
        assert removed in apart
        assert {who: fields for who, fields in apart.items() if who not in rivals} == {}, f"without {removed}"
        assert 1 < len(rivals) < 0.2 * len(buyers), "somebody competed, and nearly everybody did not"
        mine = frozenset().union(*(goods for shopper, goods in whole.bought if shopper == removed))
        direct = {shopper for shopper, goods in whole.bought + without.bought if goods & mine}
        touched += len(apart.keys() - {removed})
        at_a_remove += len(apart.keys() - direct)
    assert touched >= 6, "others bought what the one who was taken away would have bought"
    assert at_a_remove >= 1, "and what those others then left alone went to others still"
