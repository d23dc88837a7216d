"""Each promotion acts through its mechanism, is paid for in the ledger, and one that is not used changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelf_shop import BASE, SMALL, kpis, shop

from sim.books.view import ledger, total
from sim.core.errors import ScenarioError
from sim.engine.marketplace import Marketplace
from sim.fulfilment.state import CANCELLED, DEPOSIT, FLAG_TRIAL
from sim.scenario import load
from sim.shelf.protection import WORTH, falls
from sim.shelf.state import C_BUDGET, C_CLAIMED, C_OFF

REVIEWED = {"kind": "cash_back", "amount": "5 CNY", "skus": "all", "from": "06-01", "to": "06-08"}
GROUPS = {
    "kind": "group_buy", "ladder": {"2": "10%", "3": "30%"}, "within": "6h", "skus": "all", "from": "06-01", "to": "06-05",
}  # fmt: skip
ROOM = {"kind": "livestream", "at": "06-02 20:00", "for": "3h", "off": "10%", "room": "beauty", "fee": "1000 CNY"}
CUT = {"kind": "discount", "off": "30%", "skus": "all", "from": "06-06", "to": "06-09"}


@pytest.fixture(scope="module")
def plain() -> Marketplace:
    return shop()


def histories(market: Marketplace) -> bytes:
    world = market.world
    return world.books.series.tobytes() + world.books.debit.tobytes() + world.crowd.rows.tobytes()


@pytest.mark.parametrize(
    ("unused", "why"),
    [
        ({"shelf.selection": {"policy": "none"}, "shelf.markdown": {"policy": "none"}}, "named, but none"),
        ({"shelf.price_protection": {"within": "15d", "claim": "100%"}}, "prices never fall"),
        ({"shelf.page": {}}, "a page on which nothing is done is the page there was"),
        ({"shelf.trends": {"per_month": 0.0}}, "no fashion ever begins"),
        ({"shelf.promotions": [REVIEWED], "shelf.withheld": True}, "a calendar that is withheld"),
    ],
)
def test_what_is_not_used_changes_no_byte(plain: Marketplace, unused: dict[str, Any], why: str) -> None:
    assert histories(shop(**unused)) == histories(plain), why


def test_cash_for_reviews_brings_reviews_and_costs_what_they_were_promised(plain: Marketplace) -> None:
    paid = shop(**{"shelf.promotions": [REVIEWED]})
    assert total(paid, "reviews") > 1.5 * total(plain, "reviews")
    cash = total(paid, "cash_backs")
    assert cash > 0
    assert cash % (5 * paid.weight) == 0
    assert ledger(paid)["marketing"] - ledger(plain)["marketing"] == pytest.approx(cash)
    assert total(paid, "discount_item") == 0


def test_nobody_writes_for_cash_where_nobody_takes_it(plain: Marketplace) -> None:
    refused = shop(**{"shelf.promotions": [REVIEWED], "shelf.cash_back_take": "0%"})
    # the promise moves nobody's price either: visits, carts and orders are those of the shop without it
    assert total(refused, "orders") == total(plain, "orders")
    assert total(refused, "reviews") == total(plain, "reviews")


def test_a_group_is_sent_at_the_price_it_reached_or_paid_back_whole() -> None:
    market = shop(**{"shelf.promotions": [GROUPS]})
    events = [row for row in market.journal.rows if row[2] in ("group_complete", "group_failed")]
    complete = sum(row[4] for row in events if row[2] == "group_complete")
    failed = sum(row[4] for row in events if row[2] == "group_failed")
    assert complete > 0
    assert failed > 0
    assert total(market, "groups_failed") == pytest.approx(failed)
    assert total(market, "group_orders") == pytest.approx(complete + failed)
    assert total(market, "invitations") > 0
    orders = market.world.fulfilment.orders
    assert not ((orders["shopper"] >= 0) & (orders["origin"] == 2) & (orders["line_state"][:, 0] == DEPOSIT)).any()
    # three are needed for the lowest price, and nobody is in a group of more
    assert max(row[4] for row in events) <= 3 * market.weight


def test_friends_alone_fill_fewer_groups_than_friends_and_strangers() -> None:
    share = [
        kpis(shop(**{"shelf.promotions": [{**GROUPS, "strangers": strangers}]}))["groups_failed"]
        for strangers in (True, False)
    ]
    assert share[0] < share[1]


def test_trials_are_given_not_sold_and_cost_their_goods(plain: Marketplace) -> None:
    full = {"supply.stock": {"initial": "2000d of cover"}}
    room = shop(**full, **{"shelf.promotions": [ROOM]})
    trials = shop(**full, **{"shelf.promotions": [{**ROOM, "zero_yuan_trials": 200, "entrants": 1.0}]})
    assert total(trials, "trials") == 200
    assert total(room, "trials") == 0
    given = ledger(trials)["discounts"] - ledger(room)["discounts"]
    assert given > 0
    # their list price is booked and taken off again: no revenue, but cost of goods
    assert ledger(trials)["cost_of_goods"] > ledger(room)["cost_of_goods"]


def test_what_is_out_of_stock_is_not_given_and_nobody_has_asked_for_it_in_vain() -> None:
    scarce = {"supply.stock": {"initial": "5d of cover"}, "supply.generated.lead_time.mean": "60d"}
    trials = shop(**scarce, **{"shelf.promotions": [{**ROOM, "zero_yuan_trials": 2000, "entrants": 1.0}]})
    given = trials.world.fulfilment
    assert 0 < total(trials, "trials") < 2000
    # each prize that is counted is on its way, has arrived or is promised a unit of stock
    kept = given.orders[(given.orders["shopper"] >= 0) & (given.orders["flags"] & FLAG_TRIAL > 0)]
    assert not (kept["line_state"][:, 0] == CANCELLED).any()
    room = shop(**scarce, **{"shelf.promotions": [ROOM]})
    more = {name: total(trials, name) - total(room, name) for name in ("demanded_units", "lost_units")}
    # those who came for a prize buy too; that is far from the 1,800 prizes there was no unit for
    assert total(trials, "trials") <= more["demanded_units"] < 500 and more["lost_units"] < 500


def test_trials_are_no_orders_delivered() -> None:
    full = {"supply.stock": {"initial": "2000d of cover"}}
    room = shop(**full, **{"shelf.promotions": [ROOM]})
    trials = shop(**full, **{"shelf.promotions": [{**ROOM, "zero_yuan_trials": 200, "entrants": 1.0}]})
    people = total(trials, "orders") - total(room, "orders")
    assert total(trials, "delivered_orders") - total(room, "delivered_orders") <= people + 20


def test_a_host_is_paid_a_share_of_what_the_room_sells() -> None:
    cheap, dear = (shop(**{"shelf.promotions": [{**ROOM, "commission": share}]}) for share in ("10%", "20%"))
    assert total(cheap, "gmv") == total(dear, "gmv")
    assert ledger(dear)["commissions"] == pytest.approx(2 * ledger(cheap)["commissions"], rel=0.01)
    assert ledger(cheap)["commissions"] > 0


def test_price_protection_pays_the_fall_to_those_who_ask_and_nothing_else_moves_without_a_known_price() -> None:
    # announced at its opening: nobody can have waited for it
    cut = {**CUT, "announced": "06-06"}
    none = shop(**{"shelf.promotions": [cut]})
    all_ask = shop(**{"shelf.promotions": [cut], "shelf.price_protection": {"within": "10d", "claim": "100%"}})
    half_ask = shop(**{"shelf.promotions": [cut], "shelf.price_protection": {"within": "10d", "claim": "50%"}})
    assert total(none, "protected") == 0
    assert 0 < total(half_ask, "protected") < total(all_ask, "protected")
    assert total(all_ask, "gmv") == total(none, "gmv")
    assert ledger(all_ask)["discounts"] - ledger(none)["discounts"] == pytest.approx(total(all_ask, "protected"))


def test_who_is_protected_waits_less_for_an_announced_price() -> None:
    waiting = [
        total(shop(**{"shelf.promotions": [CUT], "shelf.price_protection": section}), "waiting")
        for section in (None, {"within": "10d", "claim": "100%"})
    ]
    assert waiting[1] < 0.7 * waiting[0]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 100_000), st.integers(1, 100_000)), min_size=1, max_size=20))
def test_a_claim_is_never_more_than_was_paid_nor_less_than_nothing(rows: list[tuple[int, int, int]]) -> None:
    kept = np.array([(0, 0, i, units, fen, 0) for i, (units, fen, _) in enumerate(rows)], np.int64)
    price = np.array([now for _, _, now in rows], np.int64)
    back = falls(kept, price)
    assert (back >= 0).all()
    assert (back <= kept[:, 4]).all()
    for (units, fen, now), paid in zip(rows, back, strict=True):
        fall = fen - now * units
        assert paid == (fall if fall > WORTH * fen else 0)


def test_budgets_of_coupons_are_never_overdrawn_however_small() -> None:
    coupon = {
        "kind": "coupon", "threshold": "20 CNY", "off": "10 CNY", "budget": "1505 CNY", "claim": "100%",
        "from": "06-01", "to": "06-08",
    }  # fmt: skip
    market = shop(**{"shelf.promotions": [coupon]})
    row = market.world.shelf.coupons[0]
    assert row[C_CLAIMED] == 15  # real coupons of 10 CNY, 10 people a row
    assert 0 <= row[C_BUDGET] < row[C_OFF]
    assert total(market, "discount_coupon") <= 1505


@pytest.mark.parametrize(
    ("promotion", "found", "why"),
    [
        ({**CUT, "from": "09-01", "to": "09-03"}, "accepted: a promotion that touches the run", "after the run"),
        ({**CUT, "from": "06-05", "to": "06-03"}, "accepted: a moment after '06-05'", "ends before it begins"),
        ({**CUT, "arm": "x"}, "shelf.ab", "an arm of no test"),
        ({**GROUPS, "ladder": {"3": "10%", "2": "20%"}}, "price that falls with the people", "dearer for more"),
        ({**GROUPS, "ladder": {"one": "10%"}}, "2 to 100", "no number of people"),
    ],
)
def test_a_promotion_that_cannot_be_meant_is_told(tmp_path, promotion, found, why) -> None:  # type: ignore[no-untyped-def]
    import json

    (tmp_path / "base.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
    file = tmp_path / "shop.yaml"
    file.write_text(f"extends: base.yaml\nshelf:\n  promotions:\n    - {json.dumps(promotion)}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=found):
        load(file)


def test_a_run_cut_short_may_leave_promotions_behind() -> None:
    assert load(BASE.parent / "618.yaml", {"days": 3}).config.days == 3


def test_the_small_shop_is_a_shop(plain: Marketplace) -> None:
    assert total(plain, "orders") > 100 * plain.weight / 10
    assert plain.weight == SMALL["crowd.represents"] / SMALL["crowd.shoppers"]


def test_when_a_quota_is_sold_the_other_promotions_go_on_and_it_never_touches_a_later_one() -> None:
    few = {"kind": "discount", "off": "50%", "skus": "all", "from": "06-01", "to": "06-03", "quota": 10}
    all_along = {"kind": "discount", "off": "20%", "skus": "all", "from": "06-01", "to": "06-08"}
    market = Marketplace(load(BASE, {**SMALL, "shelf.promotions": [few, all_along]}), seed=3)
    skus = market.world.shelf.skus
    listed = skus["list_price"].astype(float)
    start = market.calendar.warmup
    market.run_until(start + 2 * 1440 - 1)
    spent = skus["quota"] == 0
    assert spent.any()
    assert not spent.all()
    np.testing.assert_allclose(skus["price"][spent] / listed[spent], 0.8, atol=0.001)
    np.testing.assert_allclose(skus["price"][~spent] / listed[~spent], 0.5, atol=0.001)
    market.run_until(start + 2 * 1440 + 1)
    assert (skus["quota"] == -1).all()
    market.run_until(start + 6 * 1440)
    np.testing.assert_allclose(skus["price"] / listed, 0.8, atol=0.001)


def test_a_quota_goes_on_where_another_ones_window_ends_inside_its_own() -> None:
    one = {"kind": "discount", "off": "50%", "skus": "all", "from": "06-01", "to": "06-02", "quota": 10}
    other = {**one, "from": "06-01 12:00", "to": "06-05"}
    market = Marketplace(load(BASE, {**SMALL, "shelf.promotions": [one, other]}), seed=3)
    start, quota = market.calendar.warmup, market.world.shelf.skus["quota"]
    market.run_until(start + 1439)
    left = quota.copy()
    assert (left >= 0).all()
    market.run_until(start + 1441)
    assert ((quota >= 0) & (quota <= left)).all()
    market.run_until(start + 4 * 1440 + 1)
    assert (quota == -1).all()


def test_a_quota_opened_before_the_run_holds_from_its_first_minute() -> None:
    early = {"kind": "discount", "off": "50%", "skus": "all", "from": "05-01", "to": "06-03", "quota": 10}
    market = Marketplace(load(BASE, {**SMALL, "shelf.promotions": [early]}), seed=3)
    assert (market.world.shelf.skus["quota"] >= 1).all()
    over = Marketplace(load(BASE, {**SMALL, "shelf.promotions": [{**early, "to": "05-02"}]}), seed=3)
    assert (over.world.shelf.skus["quota"] == -1).all()


def test_a_cart_with_presold_and_other_goods_is_one_purchase() -> None:
    presale = {
        "kind": "presale", "deposit": "10%", "off": "30%", "skus": "random 30%", "from": "06-01", "balance": "06-06 20:00",
    }  # fmt: skip
    market = shop(**{"shelf.promotions": [presale], "crowd.choice.further_lines": "80%"})
    rows = market.world.crowd.rows
    orders = total(market, "orders") - total(market, "unpaid_orders")
    purchases = float(rows["window_orders"].sum()) * market.weight
    assert 0 < purchases < orders
    plain = shop(**{"crowd.choice.further_lines": "80%"})
    bought = float(plain.world.crowd.rows["window_orders"].sum()) * plain.weight
    assert bought == pytest.approx(total(plain, "orders") - total(plain, "unpaid_orders"))


def test_orders_with_a_return_are_counted_once(plain: Marketplace) -> None:
    lines, orders = total(plain, "returned_units"), total(plain, "returned_orders")
    share = orders / total(plain, "delivered_orders")
    assert 0.0 < share < 1.0
    assert kpis(plain)["order_return_rate"] == pytest.approx(share)
    # what is sent back in the run was asked for before; several articles of an order count once
    assert orders > 0.5 * lines
