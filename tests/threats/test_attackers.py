"""Attackers: they stop when it does not pay, come back when it does, and nothing they take comes from nowhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attacked_shop import finished, shop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.books import state as b
from sim.books.laws import check_all
from sim.books.measures.threats import bot_stock_share, coupon_leakage
from sim.core.errors import SimError
from sim.core.registry import get_event
from sim.platform import state as platform
from sim.shelf.state import C_BUDGET, C_CLAIMED, C_OFF, C_USED
from sim.threats.actors import section, send
from sim.threats.attacker import Batch

ALL = [
    {"kind": "coupon_abuse", "gangs": 2}, {"kind": "scalpers", "orders": 500}, {"kind": "ddos", "from": "06-17"},
    {"kind": "credential_stuffing"}, {"kind": "card_fraud", "orders": "200/h", "taken_back": "1d"},
    {"kind": "return_fraud", "orders": "100/h"}, {"kind": "review_fraud"},
]  # fmt: skip
BUG = {"at": "06-17 10:00", "do": "threats.price_bug", "target": "top 20%", "off": "90%", "people": 5000, "for": "30min"}


@pytest.fixture(scope="module")
def besieged() -> Any:
    """Everybody at once, without defences, and a wrong price."""
    return finished(threats__attackers=ALL, events=[BUG])


def test_every_law_holds_under_every_attack_at_once(besieged: Any) -> None:
    assert {"attackers", "coupon budgets", "coupons", "stock", "money", "orders", "refunds"} <= set(besieged.laws)
    side = besieged.notices["threats"]
    assert {agent.kind for agent in side.attackers} == {spec["kind"] for spec in ALL} | {"price_bug"}
    assert besieged.world.books.series[:, b.BOT_ORDERS].sum() > 50


def test_what_attackers_paid_the_shop_is_what_the_shop_was_paid(besieged: Any) -> None:
    """Goods of orders on their own money, less refunds: the purses and the series of the books agree to the fen."""
    side = besieged.notices["threats"]
    paid = sum(agent.purse.spent["goods"] for agent in side.attackers) / besieged.weight
    carded = sum(
        one.paid for agent in side.attackers if agent.kind == "card_fraud" for one in agent.held
    )  # those let go of already were noted as chargebacks
    carded += round(side.memo.get("chargeback_value", 0.0) * 100 / besieged.weight)
    series = float(besieged.world.books.series[:, b.BOT_GMV].sum())
    # orders on cards cancelled before they arrived are in the series and in nobody's purse
    assert paid <= series
    assert series - paid >= carded * 0.999


def test_attackers_orders_are_orders(besieged: Any) -> None:
    series = besieged.world.books.series
    assert 0 < series[:, b.BOT_ORDERS].sum() < series[:, b.ORDERS].sum()
    assert 0 < series[:, b.BOT_GMV].sum() < series[:, b.GMV].sum()


def test_card_fraud_comes_back_as_chargebacks_and_false_claims_as_fraud(besieged: Any) -> None:
    books = besieged.world.books
    assert books.debit[:, b.CHARGEBACKS].sum() > 0
    assert books.debit[:, b.FRAUD].sum() > 0
    alone = finished(threats__attackers=[ALL[4]])
    assert alone.world.books.debit[:, b.FRAUD].sum() == 0
    fees = alone.notices["threats"].memo["chargebacks"] * 100.0
    owed = alone.notices["threats"].memo["chargeback_value"] + fees
    days = alone.calendar.warmup // 1440
    assert alone.world.books.debit[days:, b.CHARGEBACKS].sum() * alone.weight / 100.0 == pytest.approx(owed, rel=1e-3)


def test_the_same_seed_gives_the_same_attack(besieged: Any) -> None:
    again = finished(threats__attackers=ALL, events=[BUG])
    assert again.world.books.series.tobytes() == besieged.world.books.series.tobytes()
    assert again.journal.rows == besieged.journal.rows


def test_the_shop_s_people_are_the_same_people_under_attack(besieged: Any) -> None:
    """Nobody's taste, region or rate moves."""
    plain = shop()
    rows = besieged.world.crowd.rows
    for name in ("rate", "region", "taste", "sensitivity"):
        assert np.array_equal(rows[name], plain.world.crowd.rows[name])


WALL = {"real_name": {"price": "60 CNY"}, "coupon_quota": {"each": 1}}


def test_attackers_quit_when_it_does_not_pay_and_come_back_when_the_defence_is_dropped() -> None:
    drop = [{"at": "06-17 12:00", "do": "threats.drop"}]
    abuse = [{"kind": "coupon_abuse", "probe": "2h", "claims": "300/h"}]
    held = finished(threats__attackers=abuse, threats__defences=WALL)
    dropped = finished(threats__attackers=abuse, threats__defences=WALL, events=drop)
    agent = held.notices["threats"].attackers[0]
    assert not agent.active and held.journal.of("threats", "quits")
    kinds = [(row[0], row[2]) for row in dropped.journal.of("threats")]
    quit_at = min(minute for minute, kind in kinds if kind == "quits")
    back_at = min(minute for minute, kind in kinds if kind == "comes_back")
    opened = dropped.calendar.minute("06-17 12:00")
    assert quit_at < opened < back_at <= opened + 121
    assert not held.journal.of("threats", "comes_back")
    assert coupon_leakage(dropped) > coupon_leakage(held)


def test_what_pays_spreads_among_attackers() -> None:
    market = shop(threats__attackers=[{"kind": "coupon_abuse", "gangs": 2, "hears": "100%"}])
    market.run_until(1)
    one, other = market.notices["threats"].attackers
    other.quit()
    before = dict(other.scores)
    best = one.options[0]
    one.close(Batch(best, 1.0, revenue=1e6, placed=True))
    assert other.active and other.scores[best] > before[best]


def test_who_hears_nothing_learns_nothing_from_others() -> None:
    market = shop(threats__attackers=[{"kind": "coupon_abuse", "gangs": 2, "hears": "0%"}])
    market.run_until(1)
    one, other = market.notices["threats"].attackers
    before = dict(other.scores)
    one.close(Batch(one.options[0], 1.0, revenue=1e6, placed=True))
    assert other.scores == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    budget=st.integers(0, 3000), off=st.integers(1, 700),
    passed=st.lists(st.integers(0, 40_000), min_size=1, max_size=12),
)  # fmt: skip
def test_coupons_are_never_claimed_beyond_their_budget(empty: Any, budget: int, off: int, passed: list[int]) -> None:
    agent, table = empty
    table[0, C_OFF], table[0, C_BUDGET], table[0, C_CLAIMED] = off, budget, 0
    agent.coupons.clear()
    agent.side.coupons_abused[:] = 0
    for n in passed:
        agent.claim([0], n)
        assert table[0, C_BUDGET] >= 0
        assert table[0, C_BUDGET] + off * table[0, C_CLAIMED] == budget
    assert agent.side.coupons_abused[0] == table[0, C_CLAIMED] == agent.coupons.get(0, 0)


@pytest.fixture(scope="module")
def empty() -> Any:
    market = shop()
    agent = send(market, section("coupon_abuse", {}), 0.0, 1.0)[0]
    return agent, market.world.shelf.coupons


@pytest.mark.parametrize("way", ["resell", "buy"])
def test_no_coupon_is_spent_twice(way: str) -> None:
    market = finished(threats__attackers=[{"kind": "coupon_abuse", "ways": [way], "gangs": 3, "budget": "20M CNY"}])
    table = market.world.shelf.coupons
    agents = market.notices["threats"].attackers
    assert table[:, C_CLAIMED].sum() > 0
    assert (table[:, C_USED] <= table[:, C_CLAIMED]).all()
    rows = market.world.crowd.rows
    valid = rows["coupon"][rows["coupon_day"] >= (market.calendar.end - 1) // 1440]
    held = np.bincount(valid, minlength=len(table))
    for agent in agents:
        for kind, count in agent.coupons.items():
            held[kind] += count
    assert held.sum() > 0
    assert (table[:, C_USED] + held <= table[:, C_CLAIMED]).all()


def test_scalpers_take_the_stock_of_a_flash_sale_and_a_real_name_rule_keeps_it_for_people() -> None:
    flash = [{"kind": "flash", "off": "50%", "skus": "random 10%", "at": ["06-17 12:00"], "for": "1h", "quota": 400}]
    scalp = [{"kind": "scalpers", "orders": 5000, "budget": "20M CNY", "from": "06-17 00:00", "to": "06-18 00:00"}]
    free = finished(shelf__promotions=flash, threats__attackers=scalp)
    ruled = finished(shelf__promotions=flash, threats__attackers=scalp, threats__defences={"real_name": {"price": "100 CNY"},
                     "behaviour": {"decay": None, "false_positives": "5%"}})  # fmt: skip
    assert bot_stock_share(free) > 0.5
    assert bot_stock_share(ruled) < bot_stock_share(free)


def test_a_flood_loads_the_platform_and_rules_at_the_front_door_stop_their_share() -> None:
    flood = [{"at": "06-17 10:00", "do": "threats.ddos", "target": "search", "rate": "50000/s", "for": "10min"}]
    plain = shop(events=flood)
    guarded = shop(events=flood, threats__defences__waf={"hits": "99.9%", "decay": None})
    at = int(plain.calendar.minute("06-17 10:00"))
    for market, passed in ((plain, 50_000.0), (guarded, 50.0)):
        market.run_until(at + 5)
        assert market.world.platform.demand[platform.BOTS, platform.SEARCH].mean() == pytest.approx(passed)
        market.run_until(at + 15)
        assert market.world.platform.demand[platform.BOTS].sum() == 0.0
    failed = [float(m.world.platform.actions[at : at + 10, platform.SEARCH, platform.A_FAILED].sum()
                    + m.world.platform.actions[at : at + 10, platform.SEARCH, platform.A_SHED].sum())
              for m in (plain, guarded)]  # fmt: skip
    assert failed[0] > 10 * failed[1], "what people met"


def test_a_volumetric_flood_is_lost_packets_unless_it_is_scrubbed() -> None:
    flood = [{"at": "06-17 10:00", "do": "threats.ddos", "target": "volumetric", "volume": 80.0, "for": "10min"}]
    for defences, loss in (({}, 0.75), ({"waf": {"link": 100.0}}, 0.0)):
        market = shop(events=flood, threats__defences=defences)
        market.run_until(int(market.calendar.minute("06-17 10:00")) + 3)
        assert market.world.platform.board[0]["loss"] == pytest.approx(loss)


def test_a_wrong_price_ends_and_the_calendar_s_prices_hold_again() -> None:
    plain, wrong = shop(), shop(events=[BUG])
    at = int(plain.calendar.minute("06-17 10:00"))
    for market in (plain, wrong):
        market.run_until(at + 2)
    cheap = wrong.notices["threats"].bug.mask
    skus = wrong.world.shelf.skus
    assert (skus["price"][cheap] <= np.ceil(skus["list_price"][cheap] * 0.1)).all()
    for market in (plain, wrong):
        market.run_until(at + 40)
    assert np.array_equal(plain.world.shelf.skus["price"], wrong.world.shelf.skus["price"])


def test_orders_at_a_wrong_price_are_cancelled_with_a_compensation_and_the_money_goes_back() -> None:
    acts = [BUG, {"at": "06-17 10:20", "do": "threats.fix_price"},
            {"at": "06-17 10:25", "do": "threats.cancel_orders", "compensation": "20 CNY"}]  # fmt: skip
    honoured, cancelled = finished(events=[BUG]), finished(events=acts)
    memo = cancelled.notices["threats"].memo
    assert memo["bug_cancelled"] > 0
    assert memo["bug_compensation"] == pytest.approx(20.0 * memo["bug_cancelled"])
    gap = cancelled.world.books.debit[:, b.COMPENSATION].sum()
    assert gap * cancelled.weight / 100.0 == pytest.approx(memo["bug_compensation"])
    assert memo.get("bug_loss", 0.0) < honoured.notices["threats"].memo["bug_loss"]


def test_news_of_a_wrong_price_spreads_as_fast_as_it_did() -> None:
    """Forty thousand orders in twenty minutes [A10], within a factor of two, with the defaults."""
    from sim.threats.config import PriceBug

    config = PriceBug(kind="price_bug")
    known = float(config.first)
    for _ in range(20):
        known += config.spreads * known * (1.0 - known / config.people)
    assert 20_000 < known * config.buys < 60_000


def test_stolen_accounts_are_made_good_and_a_reset_ends_a_breach() -> None:
    breach = [{"at": "06-16 06:00", "do": "threats.breach", "records": "10%"}]
    reset = [*breach, {"at": "06-16 07:00", "do": "threats.reset_passwords"}]
    stuffing = [{"kind": "credential_stuffing", "attempts": "1000/h", "tactics": ["advanced"], "levels": [1.0]}]
    plain, leaked, saved = (finished(threats__attackers=stuffing, events=e) for e in ([], breach, reset))
    opened = [m.notices["threats"].memo["accounts_opened"] for m in (plain, leaked, saved)]
    assert opened[0] < opened[2] < opened[1]
    owed = leaked.notices["threats"].memo["made_good"]
    days = leaked.calendar.warmup // 1440
    assert leaked.world.books.debit[days:, b.FRAUD].sum() * leaked.weight / 100.0 == pytest.approx(owed, abs=2 * leaked.weight)


def test_accounts_stolen_twice_are_in_attackers_hands_once() -> None:
    breach = {"do": "threats.breach", "records": "60%"}
    for times, share in ((1, 0.6), (2, 0.84), (3, 0.936)):
        market = finished(events=[{"at": f"06-16 0{n}:00", **breach} for n in range(times)])
        accounts = len(market.world.crowd.rows) * market.weight
        side = market.notices["threats"]
        assert side.breached == pytest.approx(share * accounts)
        assert side.memo["records_breached"] == pytest.approx(0.6 * times * accounts), "each time so many were taken"


def test_what_stolen_accounts_cost_comes_minute_by_minute_and_not_at_the_first_moment() -> None:
    """A loss that is there at the attack's first minute would be noticed after no time at all."""
    gang = {"kind": "credential_stuffing", "attempts": "6000/h", "tactics": ["advanced"], "levels": [1.0]}
    market = shop(threats__attackers=[{**gang, "from": "06-17 10:00"}])
    begin = market.calendar.minute("06-17 10:00")
    lost = []
    for minute in range(12):
        market.run_until(begin + minute)
        lost.append(market.notices["threats"].memo.get("made_good", 0.0))
    opened = market.notices["threats"].memo["accounts_opened"]
    assert opened > 0 and lost[0] == lost[1] == 0.0
    steps = np.diff(lost[1:11])
    assert (steps > 0.0).all() and steps == pytest.approx([steps[0]] * len(steps))


def test_fake_stars_move_the_rating_they_are_paid_for() -> None:
    praise = finished(threats__attackers=[{"kind": "review_fraud", "points": 5, "reviews": "3000/h"}])
    slander = finished(threats__attackers=[{"kind": "review_fraud", "points": 1, "reviews": "3000/h"}])
    rating = [m.world.shelf.skus["rating_sum"] / np.maximum(1, m.world.shelf.skus["rating_count"]) for m in (praise, slander)]
    hero = praise.world.shelf.skus["hero"] > 0
    assert (rating[0][hero] > rating[1][hero]).all()


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("threats.ddos", {"target": "kitchen"}, "browse, search, order, volumetric"),
        ("threats.defend", {"target": "moat"}, "waf, rate_limit, captcha"),
        ("threats.price_bug", {"target": "category:none"}, "accepted"),
        ("threats.price_bug", {"off": "120%"}, "below 100%"),
        ("threats.coupon_abuse", {"budget": "much"}, "budget"),
        ("threats.threshold", {"target": "captcha", "false_positives": "1%"}, "behaviour"),
    ],
)
def test_a_wrong_argument_is_told(name: str, arguments: dict[str, Any], says: str) -> None:
    market = shop()
    with pytest.raises(SimError, match=says):
        get_event(name).function(market, **arguments)


@pytest.mark.parametrize(
    ("attackers", "says"),
    [
        ([{"kind": "review_fraud", "skus": "best ones"}], "accepted: all, hero"),
        ([{"kind": "coupon_abuse", "from": "06-17", "to": "06-16"}], "an end after its beginning"),
    ],
)
def test_a_wrong_attacker_is_told_before_the_run(attackers: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(SimError, match=says):
        shop(threats__attackers=attackers)


def test_laws_hold_at_any_moment_of_an_attack() -> None:
    market = shop(threats__attackers=ALL, events=[BUG])
    for minute in (1800, 2890, 3333):
        market.run_until(minute)
    market.finish()
    assert check_all(market)


def test_floods_that_overlap_add_up_whichever_ends_first() -> None:
    lengths = {"06-17 10:00": "10min", "06-17 10:01": "10min", "06-17 10:02": "60min", "06-17 10:15": "60min"}
    floods = [{"at": at, "do": "threats.ddos", "target": "browse", "rate": "100/s", "for": lasts} for at, lasts in lengths.items()]
    market = shop(events=floods)
    at = int(market.calendar.minute("06-17 10:00"))
    for minute, asked in ((5, 300.0), (13, 100.0), (20, 200.0), (65, 100.0), (80, 0.0)):
        market.run_until(at + minute)
        assert market.world.platform.demand[platform.BOTS, platform.BROWSE].mean() == pytest.approx(asked)


@pytest.mark.parametrize("volumes", [[15.0, 15.0], [30.0], [10.0, 15.0, 5.0], [25.0, 5.0]])
def test_volumetric_floods_share_one_line(volumes: list[float]) -> None:
    floods = [{"at": "06-17 10:00", "do": "threats.ddos", "target": "volumetric", "volume": volume, "for": "10min"} for volume in volumes]
    market = shop(events=floods)
    market.run_until(int(market.calendar.minute("06-17 10:00")) + 3)
    assert market.world.platform.board[0]["loss"] == pytest.approx(1.0 - 20.0 / 30.0)
    market.run_until(int(market.calendar.minute("06-17 10:00")) + 15)
    assert market.world.platform.board[0]["loss"] == 0.0
