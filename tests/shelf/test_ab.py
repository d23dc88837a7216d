"""A/B tests inside the shop: arms by number, a board each, counts of the arm's own shoppers, and the truth beside them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from shelf_shop import BASE, SMALL, kpis, shop

from sim.books.measures.ab import against, of_arm
from sim.core.rng import Draws
from sim.engine.marketplace import Marketplace
from sim.platform.config import Platform
from sim.scenario import load
from sim.shelf.ab import assign
from sim.shelf.config import AbTest, Page
from sim.shelf.page import seconds

CUT = {"kind": "discount", "off": "30%", "skus": "all", "from": "06-02", "to": "06-05", "arm": "b"}
TWO = {"arms": {"a": {}, "b": {}}}


def test_arms_are_a_hash_of_the_number_and_keep_their_shares() -> None:
    test = AbTest.model_validate({"arms": {"a": {"share": 1.0}, "b": {"share": 3.0}}, "exposure": "40%"})
    arm = assign(test, Draws(1), 40_000)
    assert (arm == assign(test, Draws(1), 40_000)).all()
    assert (arm[:10_000] == assign(test, Draws(1), 10_000)).all(), "more shoppers move nobody"
    shares = np.bincount(arm, minlength=3) / len(arm)
    assert shares == pytest.approx([0.6, 0.1, 0.3], abs=0.01)


def test_everyone_in_an_arm_leaves_the_unexposed_out() -> None:
    test = AbTest.model_validate({**TWO, "exposure": "50%"})
    whole = AbTest.model_validate({**TWO, "exposure": "50%", "everyone": "b"})
    some, every = assign(test, Draws(1), 5_000), assign(whole, Draws(1), 5_000)
    assert ((some == 0) == (every == 0)).all()
    assert set(every) == {0, 2}


def test_an_arm_of_a_test_of_nothing_changes_no_history() -> None:
    plain, tested = shop(), shop(**{"shelf.ab": TWO})
    assert plain.world.books.series.tobytes() == tested.world.books.series.tobytes()
    assert plain.world.books.debit.tobytes() == tested.world.books.debit.tobytes()


def test_only_its_own_arm_is_shown_a_promotion() -> None:
    market = Marketplace(load(BASE, {**SMALL, "shelf.ab": TWO, "shelf.promotions": [CUT]}), seed=3)
    market.run_until(market.calendar.warmup + 2 * 1440)
    shelf = market.world.shelf
    n = len(shelf.skus)
    usual, a, b = (shelf.boards[i * n : (i + 1) * n]["price"] for i in range(3))
    assert (usual == shelf.skus["list_price"]).all()
    assert (a == usual).all()
    assert (b < usual).all()
    assert set(market.world.crowd.rows["arm"]) == {1, 2}


def test_the_arm_with_the_lower_price_buys_more_and_a_blank_test_shows_both_the_same() -> None:
    found = kpis(shop(**{"shelf.ab": TWO, "shelf.promotions": [CUT], "crowd.shoppers": 4000}))
    assert found["ab.b.buyer_share"] > found["ab.a.buyer_share"]
    assert found["ab.b.p_buyers"] < 0.05
    blank = shop(**{"shelf.ab": {**TWO, "blank": True}, "shelf.promotions": [CUT]})
    assert kpis(blank)["ab.b.p_buyers"] > 0.001
    assert total_discount(blank) == 0, "the promotion of the second arm is shown to nobody"


def total_discount(market: Marketplace) -> float:
    from sim.books.view import total

    return total(market, "discount_item")


def test_everybody_of_a_test_is_counted_in_one_arm() -> None:
    market = shop(**{"shelf.ab": TWO})
    found = kpis(market)
    arms = [found["ab.a.visits"], found["ab.b.visits"]]
    assert sum(arms) * market.weight == pytest.approx(found["visits"])
    paid = (found["orders"] * found["paid_share"]) / market.weight
    assert found["ab.a.orders"] + found["ab.b.orders"] == pytest.approx(paid)


def test_what_an_arm_did_and_its_p_values_are_those_of_the_textbook() -> None:
    draws = np.random.default_rng(5)
    visits = draws.integers(0, 4, (2, 900))
    orders = np.minimum(visits, draws.integers(0, 2, (2, 900)))
    fen = orders * draws.integers(1_000, 90_000, (2, 900))
    a, b = (of_arm(visits[i], orders[i], fen[i]) for i in range(2))
    assert a["revenue_per_visitor"] == pytest.approx((fen[0] / 100)[visits[0] > 0].mean())
    found = against(a, b)
    came = [visits[i] > 0 for i in range(2)]
    welch = stats.ttest_ind(fen[1][came[1]], fen[0][came[0]], equal_var=False).pvalue
    assert found["p_revenue"] == pytest.approx(welch, abs=2e-3)  # normal instead of t with 900 shoppers
    table = [[a["buyers"], a["visitors"] - a["buyers"]], [b["buyers"], b["visitors"] - b["buyers"]]]
    assert found["p_buyers"] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9)


def test_an_empty_arm_has_no_rates() -> None:
    nobody = of_arm(np.zeros(0, int), np.zeros(0, int), np.zeros(0, int))
    assert math.isnan(nobody["cvr"])
    assert math.isnan(against(nobody, nobody)["p_buyers"])


def test_a_page_is_its_transfer_and_its_rendering_by_device() -> None:
    experience = Platform.model_validate(
        {"experience": {"page_weight": "2 MB", "phone_speed": "16 Mbit/s", "desktop_speed": "64 Mbit/s",
                        "phone_rendering": "800ms", "desktop_rendering": "200ms"}}
    ).experience  # fmt: skip
    assert seconds(None, experience) == pytest.approx([1.8, 0.45])
    page = Page.model_validate(
        {"images": "50%", "image_saving": "40%", "first_screen": "50%", "rendering_saving": "25%"}
    )
    # 2 MB × (1 − 0.5 × 0.4) × 0.5 = 0.8 MB
    assert seconds(page, experience) == pytest.approx([0.4 + 0.6, 0.1 + 0.15])


def test_a_lighter_page_keeps_visitors_on_phones_and_acts_on_nothing_but_bounces() -> None:
    heavy, light = (
        shop(**{"platform.experience": {"page_weight": "4 MB"}, "shelf.page": page})
        for page in (None, {"image_saving": "60%", "first_screen": "50%", "cost": "5000 CNY"})
    )
    a, b = kpis(heavy), kpis(light)
    assert b["bounce_rate"] < a["bounce_rate"]
    assert b["mobile_cvr"] > a["mobile_cvr"]
    assert b["it_cost"] - a["it_cost"] == pytest.approx(5000)
    indifferent = {"crowd.latency": {"conversion": 0.0}, "platform.experience": {"page_weight": "4 MB"}}
    same = [shop(**indifferent, **{"shelf.page": page}) for page in (None, {"image_saving": "60%"})]
    assert same[0].world.books.series.tobytes() == same[1].world.books.series.tobytes()
