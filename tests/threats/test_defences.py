"""Defences: what they catch is what their ROC says, what they do to people is what their settings say."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
from attacked_shop import finished, shop

from sim.books.measures import all_measures
from sim.books.view import total
from sim.core.clock import ACTIONS, call_after
from sim.core.registry import get_event
from sim.crowd.state import D_BLOCKED, D_CLAIM_FRICTION, D_FRICTION
from sim.threats.actors import section, send
from sim.threats.roc import passes_captcha, true_positives

MANY = {"crowd__shoppers": 8000, "crowd__represents": "800k"}  # enough checkouts for a share to be told


def within(hits: float, n: float, p: float, sigmas: float = 4.0) -> bool:
    """Whether a binomial count lies within so many standard deviations of its mean."""
    return abs(hits - n * p) <= sigmas * math.sqrt(n * p * (1.0 - p)) + 1.0


@pytest.mark.parametrize("false_share", ["0.5%", "3%", "5%"])
@pytest.mark.parametrize(("tactic", "factor"), [("advanced", 1.0), ("simple", 1.5), ("human", 0.3)])
def test_the_measured_true_positive_rate_is_that_of_the_roc_asked_for(false_share: str, tactic: str, factor: float) -> None:
    market = shop(threats__defences__behaviour={"false_positives": false_share, "decay": None})
    agent = send(market, section("coupon_abuse", {"tactics": [tactic]}), 0.0, 1.0)[0]
    n = 200_000
    left = agent.sift("claim", tactic, n)
    guard = market.notices["threats"].guard
    assert guard.seen["behaviour"] == n and guard.caught["behaviour"] == n - left
    asked = true_positives(2.34 * factor, float(false_share[:-1]) / 100.0)
    assert within(n - left, n, asked)


def test_independent_detectors_one_after_the_other() -> None:
    market = shop(threats__defences={"behaviour": {"decay": None}, "fingerprint": {"decay": None}})
    agent = send(market, section("coupon_abuse", {}), 0.0, 1.0)[0]
    guard = market.notices["threats"].guard
    n = 100_000
    left = agent.sift("claim", "advanced", n)
    assert guard.seen["behaviour"] == n - guard.caught["fingerprint"]
    both = 1.0 - (1.0 - 0.51) * (1.0 - true_positives(2.34, 0.03))
    assert within(n - left, n, both)
    assert guard.stops("claim", "advanced", 0.0) == pytest.approx(both)


def test_power_decays_until_it_is_retrained() -> None:
    market = shop(threats__defences__behaviour={"retrain": None})
    guard = market.notices["threats"].guard
    fresh, day, week = (guard.stops("order", "advanced", t) for t in (0.0, 1440.0, 10_080.0))
    assert fresh > day > week
    market.run_until(1441)
    guard.train("behaviour", 1440.0)
    assert guard.stops("order", "advanced", 1440.0) == pytest.approx(fresh)


@pytest.mark.parametrize(("false_share", "p"), [("5%", 0.05), ("0.5%", 0.005)])
def test_the_measured_false_positive_rate_is_the_threshold(false_share: str, p: float) -> None:
    market = finished(**MANY, threats__defences__behaviour={"false_positives": false_share})
    screened = total(market, "screened") / market.weight
    blocked = total(market, "blocked") / market.weight
    assert screened > 300
    assert within(blocked, screened, p)
    assert all_measures()["insult_rate"].compute(market) == pytest.approx(blocked / screened)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"attempts": 1}, "one try: one of five people is wrong [A16]"),
        ({}, "three tries, a quarter leave after each wrong one"),
        ({"people_right": "50%", "attempts": 1}, "a hard captcha"),
    ],
)
def test_a_captcha_costs_people_what_its_numbers_say(settings: dict[str, object], why: str) -> None:
    market = finished(**MANY, threats__defences__captcha={"on": ["order"], **settings})
    config = market.config.threats.defences.captcha
    lost = 1.0 - passes_captcha(config.people_right, config.attempts, config.gives_up)
    screened, gone = (total(market, name) / market.weight for name in ("screened", "captcha_lost"))
    assert market.world.crowd.drive[D_FRICTION] == pytest.approx(lost)
    assert screened > 300
    assert within(gone, screened, lost), why
    assert total(market, "checkouts") / market.weight == pytest.approx(screened - gone)


def test_a_captcha_acts_on_the_checkout_and_on_nothing_before_it() -> None:
    # nobody gets through: as many orders as are sent by those who were checking out before, which is none
    market = finished(threats__defences__captcha={"on": ["order"], "people_right": "0.0001%", "attempts": 1})
    assert total(market, "checkouts") == 0.0
    assert total(market, "carts") > 0.0


def test_defences_that_are_off_and_a_section_without_any_change_no_byte() -> None:
    plain = finished()
    for more in ({"threats": {}}, {"threats__defences__captcha": {"enabled": False}}):
        other = finished(**more)
        assert other.world.books.series.tobytes() == plain.world.books.series.tobytes()
        assert other.world.books.debit.tobytes() == plain.world.books.debit.tobytes()
        assert other.world.crowd.rows.tobytes() == plain.world.crowd.rows.tobytes()
    assert "threats" not in plain.notices


def test_what_defences_do_to_people_ends_when_they_are_dropped() -> None:
    from sim.core.registry import get_event

    market = shop(threats__defences={"captcha": {}, "behaviour": {}})
    market.run_until(10)
    drive = market.world.crowd.drive
    assert drive[D_FRICTION] > 0.0 and drive[D_BLOCKED] == pytest.approx(0.03) and drive[D_CLAIM_FRICTION] > drive[D_FRICTION]
    get_event("threats.drop").function(market)
    assert drive[D_FRICTION] == drive[D_BLOCKED] == drive[D_CLAIM_FRICTION] == 0.0


def test_defences_are_paid_from_the_shop_s_cash() -> None:
    off = finished()
    on = finished(threats__defences__waf={"cost": "72000 CNY", "retrain": None})
    gap = on.world.books.debit[1:].sum(axis=0) - off.world.books.debit[1:].sum(axis=0)
    from sim.books.state import IT

    # 100 CNY an hour for 72 hours, in row fen, to the whole fen
    assert gap[IT] * on.weight / 100.0 == pytest.approx(7200.0, abs=on.weight / 50.0)


def test_review_looks_at_no_more_than_it_can() -> None:
    from sim.threats.config import ManualReview as Section
    from sim.threats.policies import ManualReview

    desk = ManualReview(Section(capacity=240), 0.0)
    desk.cases = 500.0
    assert desk.count(1000.0, 1.0) == 10.0  # 240 a day is 10 an hour
    assert desk.share == pytest.approx(10.0 / (500.0 + 20.0))
    assert desk.count(100.0, 1.0) == pytest.approx(2.0)
    assert desk.share == 1.0


@pytest.mark.parametrize("name", ["waf", "fingerprint", "behaviour"])
@pytest.mark.parametrize("share", ["0.01%", "5%", "60%"])
def test_a_moved_threshold_stays_on_the_curve_and_teaches_nothing(name: str, share: str) -> None:
    market = shop(**{f"threats__defences__{name}": {"retrain": None}})
    guard = market.notices["threats"].guard
    market.run_until(601)
    before = guard.get(name)
    d_prime, trained = before.config.separation, before.trained
    get_event("threats.threshold").function(market, target=name, false_positives=share)
    after = guard.get(name)
    assert after.config.threshold == pytest.approx(float(share[:-1]) / 100.0)
    assert after.config.separation == pytest.approx(d_prime)
    assert after.trained == trained
    left = d_prime * math.exp(-600.0 / after.config.decay)
    assert after.power(1.0, trained + 600.0) == pytest.approx(true_positives(left, after.config.threshold))


def test_a_defence_that_stands_takes_new_settings_and_keeps_the_others() -> None:
    market = shop(threats__defences={"captcha": {"gives_up": "7%"}, "rate_limit": {"enabled": False, "attempts": "9/h"}})
    guard = market.notices["threats"].guard
    market.run_until(61)
    get_event("threats.captcha_on").function(market, attempts=2)
    get_event("threats.limit").function(market, requests="3/s")
    assert guard.get("captcha").config.attempts == 2
    assert guard.get("captcha").config.gives_up == pytest.approx(0.07)
    assert guard.get("rate_limit").config.attempts == pytest.approx(9.0 / 3600.0)
    assert guard.get("rate_limit").config.requests == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("stands", "actions", "on"),
    [
        (False, [(10, "defend", {"for_minutes": 20})], range(10, 30)),
        (False, [(10, "defend", {"for_minutes": 20}), (20, "defend", {"for_minutes": 20})], range(10, 40)),
        (False, [(10, "defend", {"for_minutes": 30}), (20, "defend", {"for_minutes": 5})], range(10, 40)),
        (False, [(10, "defend", {"for_minutes": 20}), (20, "defend", {})], range(10, 60)),
        (False, [(10, "defend", {"for_minutes": 20}), (15, "drop", {}), (20, "defend", {"for_minutes": 20})],
         [*range(10, 15), *range(20, 40)]),
        (True, [(10, "defend", {"for_minutes": 20})], range(60)),
    ],
)  # fmt: skip
def test_a_defence_for_a_while_ends_only_what_it_began(stands: bool, actions: list[Any], on: Any) -> None:
    market = shop(threats__defences__captcha={"enabled": stands})
    for minute, name, arguments in actions:
        function = partial(get_event(f"threats.{name}").function, market, target="captcha", **arguments)
        call_after(market.env, float(minute), ACTIONS, function)
    seen = []
    for minute in range(60):
        market.run_until(minute + 1)
        if market.notices["threats"].guard.get("captcha") is not None:
            seen.append(minute)
    assert seen == list(on)
