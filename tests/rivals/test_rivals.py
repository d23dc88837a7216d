"""Rivals: what their prices do to shoppers, how they answer ours, and how far a price war goes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import ScenarioError
from sim.engine import run
from sim.engine.marketplace import Marketplace
from sim.scenario import load

DAY = 1440
SHOP = {
    "crowd.shoppers": 1_000,
    "crowd.represents": 1_000_000,
    "days": 5,
    "warmup": "1d",
    "shelf.catalogue.skus": 80,
    "shelf.catalogue.exclusive_share": "0%",
}
CUT = [{"kind": "discount", "off": "15%", "skus": "all", "from": "06-02 00:00", "to": "06-04 00:00"}]


def shop(**more: Any) -> Any:
    return load("scenarios/base.yaml", {**SHOP, **more})


def market(**more: Any) -> Marketplace:
    return Marketplace(shop(**more), seed=3)


def reacting(policy: str, **more: Any) -> dict[str, Any]:
    return {"rivals.platforms": {"dragon": {"reaction": {"policy": policy, "lag": "6h", "lag_sigma": 0.0, **more}}}}


def kinds(made: Marketplace) -> list[str]:
    return [row[2] for row in made.journal.rows if row[1] == "rivals"]


def at(made: Marketplace, day: float) -> float:
    """Mean log price of the first rival when so many days of the scenario have passed."""
    made.run_until(made.calendar.warmup + int(day * DAY))
    return float(made.world.rivals.log_price[0].mean())


def test_a_rival_at_our_prices_that_never_moves_changes_no_figure() -> None:
    without, neutral = run(shop(), seed=3), run(shop(**{"rivals.platforms": {"dragon": {}, "panda": {}}}), seed=3)
    assert {name: neutral.kpis[name] for name in without.kpis} == without.kpis
    assert neutral.market.world.books.debit.tobytes() == without.market.world.books.debit.tobytes()
    assert "rivals" not in without.market.notices and "price_war_days" not in without.kpis


def test_dearer_rivals_sell_less_and_only_those_who_use_several_platforms_notice() -> None:
    cheap, dear = (run(shop(**{"rivals.platforms": {"r": {"price": p}}}), seed=3).kpis for p in ("92%", "108%"))
    assert cheap["rival_purchases"] > dear["rival_purchases"]
    loyal = [
        run(shop(**{"rivals.platforms": {"r": {"price": p}}, "crowd.multihoming": "0%"}), seed=3).kpis for p in ("92%", "108%")
    ]
    same = {name: value for name, value in loyal[0].items() if name != "rival_price_index"}
    assert same == {name: value for name, value in loyal[1].items() if name != "rival_price_index"}


def test_the_cross_price_elasticity_lies_in_the_range_of_the_literature() -> None:
    big = {"crowd.shoppers": 6_000, "days": 8, "supply.stock.initial": "60d of cover"}
    sold = [
        run(shop(**big, **{"rivals.platforms": {"r": {"price": price}}}), seed=3).kpis["orders"] for price in ("95%", "100%")
    ]
    elasticity = math.log(sold[1] / sold[0]) / math.log(100 / 95)
    assert 0.0 <= elasticity <= 0.8, "K01: 0 to 0.8"


@pytest.mark.parametrize(
    ("policy", "expected", "reason"),
    [
        ("none", 0.0, "it does not look"),
        ("match", math.log(0.85), "our price"),
        ("undercut", math.log(0.85) + math.log(0.97), "3% below ours"),
    ],
)
def test_a_rival_answers_our_cut_by_its_rule_after_its_lag_and_goes_back_when_we_do(
    policy: str, expected: float, reason: str
) -> None:
    made = market(**{"shelf.promotions": CUT, **reacting(policy, floor="-10%")})
    free = np.array(made.notices["rivals"].all[0].floor) < expected
    assert free.all(), "the margin floor is no limit here"
    assert at(made, 1.2) == 0.0, "the lag is not over"
    assert at(made, 1.5) == pytest.approx(expected, abs=2e-3), reason
    assert at(made, 4.0) == 0.0, "our promotion is over"


def test_no_answer_goes_below_the_margin_floor() -> None:
    made = market(**{"shelf.promotions": CUT, **reacting("match", floor="10%"), "shelf.price_change_limit": "80%"})
    at(made, 2.5)
    rival = made.notices["rivals"].all[0]
    assert (rival.level >= np.minimum(rival.floor, rival.own) - 1e-12).all()
    assert (rival.level > math.log(0.85) + 1e-3).any(), "phones have too small a margin to follow"


def test_a_price_war_goes_round_after_round_to_the_floor_lasts_as_long_as_stated_and_ends_at_the_own_price() -> None:
    events = [{"at": "06-02 00:00", "do": "rivals.price_war", "for": "2d"}]
    made = market(events=events, **reacting("none", step="10%", lag="3h"))
    first, later, end = at(made, 1.01), at(made, 1.2), at(made, 2.9)
    assert 0.0 > first > later > end
    rival = made.notices["rivals"].all[0]
    assert np.allclose(rival.level, rival.floor), "after two days at the margin floor"
    assert at(made, 3.1) == 0.0
    made.run()
    made.finish()
    assert kinds(made) == ["rivals.price_war", "war_begins", "war_ends"]
    from sim.books.measures import measure_all

    assert measure_all(made)["price_war_days"] == pytest.approx(2.0)


def test_a_war_that_we_provoked_ends_when_our_prices_are_back() -> None:
    made = market(**{"shelf.promotions": CUT, **reacting("war", lasts="30d", lag="2h")})
    assert at(made, 2.5) < math.log(0.85), "below ours"
    assert at(made, 4.0) == 0.0 and kinds(made) == ["war_begins", "war_ends"]


def test_a_war_out_of_the_blue_goes_on_for_its_time_though_the_one_we_provoked_is_over() -> None:
    events = [{"at": "06-03 00:00", "do": "rivals.price_war", "for": "36h", "category": "beauty"}]
    made = market(events=events, **{"shelf.promotions": CUT, **reacting("war", lasts="30d", lag="2h")})
    beauty = np.array(made.category_names) == "beauty"
    assert at(made, 2.9) < math.log(0.85), "both"
    at(made, 3.3)
    level = made.world.rivals.log_price[0]
    assert (level[beauty] < 0.0).all(), "we are back, the stated time is not over"
    assert (level[~beauty] == 0.0).all()
    assert at(made, 3.51) == 0.0 and kinds(made).count("war_ends") == 1


def test_a_war_sends_shoppers_to_the_rival() -> None:
    events = [{"at": "06-01 12:00", "do": "rivals.price_war", "for": "4d"}]
    calm, war = (run(shop(events=e, **reacting("none")), seed=3).kpis for e in ([], events))
    assert war["rival_purchases"] > calm["rival_purchases"] and war["orders"] < calm["orders"]
    assert war["share_of_needs"] < calm["share_of_needs"] and war["rival_price_index"] < calm["rival_price_index"]
    assert calm["rival_price_index"] == pytest.approx(1.0)


def test_exclusive_goods_and_service_are_answers_to_rivals_who_have_the_same() -> None:
    rivals = {"rivals.platforms": {"r": {"price": "92%"}}}
    alike = run(shop(**rivals), seed=3).kpis["rival_purchases"]
    exclusive = run(shop(**rivals, **{"shelf.catalogue.exclusive_share": "40%"}), seed=3).kpis["rival_purchases"]
    served = run(shop(**{"rivals.platforms": {"r": {"price": "92%", "service": -1.0}}}), seed=3).kpis["rival_purchases"]
    assert exclusive < alike and served < alike


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-0.4, 0.2), min_size=2, max_size=2), st.floats(0.01, 0.2))
def test_the_rivals_worth_is_nought_at_our_prices_and_falls_with_any_of_theirs(prices: list[float], rise: float) -> None:
    board = _board()
    count = len(board.need)
    level = np.repeat(np.array(prices)[:, None], count, axis=1)
    dearer = level.copy()
    dearer[1] += rise
    assert np.allclose(board.value(np.zeros((2, count))), 0.0)
    assert (board.value(dearer) < board.value(level)).all()


_made: list[Any] = []


def _board() -> Any:
    if not _made:
        _made.append(market(**{"rivals.platforms": {"a": {}, "b": {}}}).notices["rivals"].board)
    return _made[0]


def test_we_match_the_cheapest_rival_down_to_our_margin_and_leave_exclusive_goods_alone() -> None:
    made = market(
        **{
            "rivals.platforms": {"dragon": {"promotions": [{"from": "06-02", "to": "06-03", "off": "30%"}]}},
            "shelf.price_matching": {"policy": "match", "floor": "5%"},
            "shelf.catalogue.exclusive_share": "30%",
        }
    )
    made.run_until(made.calendar.warmup + int(1.5 * DAY))
    skus = made.world.shelf.skus
    least = np.ceil(skus["unit_cost"] * 1.05)
    matched = skus[skus["exclusive"] == 0]
    assert (skus["price"] >= np.minimum(least, skus["list_price"])).all()
    wanted = np.maximum(np.rint(matched["list_price"] * 0.7), least[skus["exclusive"] == 0])
    assert (matched["price"] == np.minimum(wanted, matched["list_price"])).all()
    assert (skus["price"] == skus["list_price"])[skus["exclusive"] > 0].all()
    made.run_until(made.calendar.warmup + int(2.5 * DAY))
    assert (skus["price"] == skus["list_price"]).all(), "the rival's festival is over"


def test_matching_nobody_changes_nothing() -> None:
    without = run(shop(), seed=3)
    matching = run(shop(**{"shelf.price_matching.policy": "match"}), seed=3)
    assert matching.kpis == without.kpis


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"do": "rivals.price_war"}, "rivals.platforms"),
        ({"do": "rivals.price_war", "category": "boats", "rivals": True}, "boats"),
        ({"do": "rivals.price_war", "magnitude": "200%", "rivals": True}, "magnitude"),
    ],
)
def test_an_event_that_cannot_be_says_what_is_accepted(event: dict[str, Any], told: str) -> None:
    with_rivals = event.pop("rivals", False)
    extra = {"rivals.platforms": {"dragon": {}}} if with_rivals else {}
    with pytest.raises(ScenarioError, match=told):
        market(events=[{"at": "06-01 01:00", **event}], **extra)


def test_an_unknown_rival_is_found_before_the_run() -> None:
    with pytest.raises(ScenarioError, match="dragon"):
        shop(**{"rivals.platforms": {"dragon": {}}, "events": [{"at": "06-01", "do": "rivals.price_war", "target": "dagon"}]})


def test_matching_asked_for_a_time_ends_with_the_last_one_and_leaves_the_files_own() -> None:
    cheap = {"rivals.platforms": {"dragon": {"price": "90%"}}}

    def cut(made: Marketplace, day: float) -> bool:
        made.run_until(made.calendar.warmup + int(day * DAY))
        skus = made.world.shelf.skus
        return bool((skus["price"] < skus["list_price"]).any())

    def asked(when: str, lasting: str, **more: Any) -> dict[str, Any]:
        return {"at": when, "do": "shelf.match_prices", "for": lasting, **more}

    twice = market(**cheap, events=[asked("06-01 12:00", "1d"), asked("06-02 00:00", "2d")])
    assert [cut(twice, day) for day in (0.4, 1.0, 2.0, 2.9, 3.1)] == [False, True, True, True, False]
    inside = market(**cheap, events=[asked("06-01 12:00", "2d"), asked("06-02 00:00", "6h", floor="30%")])
    assert [cut(inside, day) for day in (1.0, 2.0, 2.6)] == [True, True, False]
    own = market(**cheap, **{"shelf.price_matching.policy": "match"}, events=[asked("06-02 00:00", "6h", floor="30%")])
    assert [cut(own, day) for day in (0.5, 1.0)] == [True, True]
    before = own.world.shelf.skus["price"].copy()
    own.run_until(own.calendar.warmup + int(1.1 * DAY))
    assert (own.world.shelf.skus["price"] > before).any()
    assert cut(own, 2.0)
    np.testing.assert_array_equal(own.world.shelf.skus["price"], before)
