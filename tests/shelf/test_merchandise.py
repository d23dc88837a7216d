"""Selection and markdown look at what the shop has observed, and hold only what they say."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from shelf_shop import shop

from sim.shelf.boards import Standing
from sim.shelf.policies import Niche, SlowMovers, Trend
from sim.shelf.state import SKU


def test_a_coming_hit_is_what_grew_not_what_is_big() -> None:
    section = SimpleNamespace(growth=1.8, hits=0.5, push=1.0)
    sold = np.array([[100.0, 12.0, 2.0, 30.0], [95.0, 3.0, 0.0, 10.0]])
    # big and steady; grown fourfold; grown but hardly sold; grown threefold and by most units
    assert list(Trend(section).pushed(sold, np.zeros(4, SKU))) == [False, True, False, True]


def test_no_more_is_pushed_than_allowed() -> None:
    section = SimpleNamespace(growth=1.5, hits=0.1, push=1.0)
    sold = np.array([np.arange(20, 40.0), np.ones(20)])
    pushed = Trend(section).pushed(sold, np.zeros(20, SKU))
    assert list(np.flatnonzero(pushed)) == [18, 19]


def test_a_niche_is_what_no_rival_has() -> None:
    skus = np.zeros(3, SKU)
    skus["exclusive"] = [0, 1, 0]
    assert list(Niche(None).pushed(np.zeros((2, 3)), skus)) == [False, True, False]


def test_slow_movers_are_cut_step_by_step_until_they_move() -> None:
    policy = SlowMovers(SimpleNamespace(step=0.15, most=0.4, release=45.0))
    slow, cover = np.array([True, False, False]), np.array([200.0, 60.0, 60.0])
    off = np.array([0.0, 0.15, 0.0])
    off = policy.cuts(off, slow, cover)
    assert list(off) == [0.15, 0.3, 0.0]  # alert; still covered for too long; never was slow
    off = policy.cuts(off, np.zeros(3, bool), np.array([200.0, 44.0, 60.0]))
    assert list(off) == [0.3, 0.0, 0.0]  # one step more; moves again: list price
    for _ in range(5):
        off = policy.cuts(off, slow, cover)
    assert off[0] == 0.4  # never more than the most


def test_fashions_come_and_go_and_leave_goods_as_they_were() -> None:
    market = shop(**{"shelf.trends": {"per_month": 60.0, "rise": "1d", "fade": "4d"}, "days": 5})
    began = [row for row in market.journal.rows if row[2] == "fashion"]
    assert began
    from sim.shelf.merchandise import Fashion

    fashion = next(agent for agent in market.agents if isinstance(agent, Fashion))
    sku, day, height = fashion.began[0]
    assert fashion.lifts(day)[sku] > 0
    far = fashion.lifts(day + 10_000)
    assert np.abs(far).max() < 1e-9
    others = np.setdiff1d(np.arange(100), [one for one, _, _ in fashion.began])
    assert (market.world.shelf.skus["quality"][others] == fashion.usual[others]).all()


def test_markdown_lowers_prices_of_slow_movers_only() -> None:
    market = shop(**{
        "shelf.markdown": {"policy": "slow_movers", "every": "2d"}, "supply.stock": {"initial": "100d of cover"},
    })  # fmt: skip
    skus = market.world.shelf.skus
    cut = skus["price"] < skus["list_price"]
    assert cut.any()
    assert total_cut(market) > 0


def total_cut(market) -> float:  # type: ignore[no-untyped-def]
    from sim.books.view import total

    return total(market, "discount_item")


def test_nothing_is_held_without_a_policy() -> None:
    standing = Standing.of(5)
    assert not standing.off.any()
    assert not standing.push.any()
