"""Care in a shop: every policy acts through its mechanism, pays for itself in the ledger, and changes nothing when off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.books import state as b
from sim.books.laws import check_all
from sim.books.measures import measure_all
from sim.care import actors
from sim.care import cases as c
from sim.care.kernel import trust
from sim.care.state import CAUSES, M_INSTANT, M_KEPT, M_REFUNDS, M_REFUSED, S_INSTANT
from sim.core.errors import LawBroken, SimError
from sim.core.registry import get_event
from sim.crowd.state import ALIVE
from sim.engine.marketplace import Marketplace
from sim.fulfilment.state import FLAG_FRAUD
from sim.scenario import load

BASE = Path(__file__).parents[2] / "scenarios" / "base.yaml"
DAY = 1440
SMALL = {
    "crowd.shoppers": 5000, "crowd.represents": "100k", "days": 12, "warmup": "2d", "shelf.catalogue.skus": 150,
    "crowd.visits.per_day": 0.6,
}  # fmt: skip
#: enough goes wrong for care to have something to do
TROUBLE = {
    "fulfilment.shipping.damaged": "8%",
    "fulfilment.shipping.lost": "2%",
    "fulfilment.promise.quantile": "50%",
    "fulfilment.promise.slack": "0min",
}
OFFICE = {**TROUBLE, "care.staff.number": 60, "care.complaints.policy": "first_come", "care.complaints.handlers": 40}


def shop(days: int | None = None, **overrides: Any) -> Marketplace:
    """A finished run, its laws checked."""
    dotted = {**SMALL, **overrides}
    if days is not None:
        dotted["days"] = days
    market = Marketplace(load(BASE, dotted), seed=5)
    market.run()
    market.finish()
    return market


def dotted(**overrides: Any) -> dict[str, Any]:
    return {f"care.{key.replace('__', '.')}": value for key, value in overrides.items()}


def bytes_of(market: Marketplace) -> bytes:
    """Books but for the count of enquiries, and every shopper."""
    series = market.world.books.series.copy()
    series[:, b.ENQUIRIES] = 0.0
    return series.tobytes() + market.world.books.debit.tobytes() + market.world.crowd.rows.tobytes()


def balance(market: Marketplace, account: int) -> int:
    return int((market.world.books.debit - market.world.books.credit)[:, account].sum())


def daily(market: Marketplace, column: int) -> float:
    return float(market.notices["care"].cases.daily[:, column].sum())


@pytest.fixture(scope="module")
def plain() -> Marketplace:
    return shop()


@pytest.fixture(scope="module")
def troubled() -> Marketplace:
    return shop(**TROUBLE)


def test_counting_enquiries_changes_nothing_else(plain: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors, "populate", lambda market: None)
    without = shop()
    assert "care" not in without.notices
    assert bytes_of(without) == bytes_of(plain)
    assert plain.world.books.series[:, b.ENQUIRIES].sum() > 0.0


def test_a_shop_that_says_nothing_of_care_pays_nothing_for_it(plain: Marketplace) -> None:
    for account in (b.STAFF, b.COMPENSATION, b.FRAUD):
        assert balance(plain, account) == 0
    kpis = measure_all(plain)
    assert kpis["enquiries"] > 0.0 and kpis["care_unanswered"] == 0.0
    assert "care_wait_p95" not in kpis, "nobody waits for staff without limit"


def test_enquiries_come_from_what_happens(plain: Marketplace, troubled: Marketplace) -> None:
    def causes(market: Marketplace) -> np.ndarray:
        desk = market.notices["care"]
        return np.bincount(desk.cases.table["cause"][: desk.cases.count], minlength=len(CAUSES))

    few, many = causes(plain), causes(troubled)
    for name in ("late", "lost"):
        assert many[CAUSES.index(name)] > 2 * max(1, few[CAUSES.index(name)])
    assert few[CAUSES.index("where_is_it")] > 0 and few[CAUSES.index("return")] > 0


def test_an_enquiry_lost_breaks_the_law() -> None:
    market = shop(days=2)
    market.notices["care"].opened += 1
    with pytest.raises(LawBroken, match="enquiries"):
        check_all(market)


# Bot and staff -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def staffed() -> Marketplace:
    return shop(**TROUBLE, **dotted(staff__number=3))


def test_people_cost_their_wages_busy_or_not(staffed: Marketplace) -> None:
    desk = staffed.notices["care"]
    hours = desk.hours.sum() * 3.0 * 14
    real = balance(staffed, b.STAFF) * staffed.weight / 100.0
    assert real == pytest.approx(hours * 32.0 * 1.4, rel=1e-3)


def test_fewer_people_mean_longer_waits_and_more_who_give_up(staffed: Marketplace) -> None:
    fewer, more = measure_all(shop(**TROUBLE, **dotted(staff__number=1))), measure_all(staffed)
    for name in ("care_abandonment", "care_unanswered", "care_occupancy"):
        assert fewer[name] > more[name]
    assert fewer["care_prompt"] < more["care_prompt"]


def test_waiting_in_vain_is_felt_and_nothing_else_of_the_queue_is(staffed: Marketplace, troubled: Marketplace) -> None:
    none = dotted(staff__number=1, staff__abandoned="0%", staff__waiting="0%")
    unfelt, felt = shop(**TROUBLE, **none), shop(**TROUBLE, **dotted(staff__number=1))
    assert unfelt.world.crowd.rows.tobytes() == troubled.world.crowd.rows.tobytes(), "only through satisfaction"
    a, c_ = (market.world.crowd.rows["satisfaction"] for market in (felt, unfelt))
    assert a.mean() < c_.mean()


def test_a_bot_resolves_by_intent_and_takes_load_off_people(staffed: Marketplace) -> None:
    bot = shop(**TROUBLE, **dotted(staff__number=3, bot__policy="by_intent"))
    on, off = measure_all(bot), measure_all(staffed)
    assert off["bot_resolution"] == 0.0
    config = bot.config.care.bot
    understood = config.understands + (1.0 - config.understands) * config.rephrased
    ceiling = config.first * understood * config.covers.where_is_it * config.accepted
    assert 0.9 * ceiling < on["bot_resolution_repetitive"] <= ceiling + 0.02
    assert on["bot_resolution"] < on["bot_resolution_repetitive"], "complaints need a person"
    assert on["care_abandonment"] < off["care_abandonment"] and on["care_occupancy"] < off["care_occupancy"]
    sessions = daily(bot, c.D_BOT_FIRST) * config.cost
    assert (balance(bot, b.IT) - balance(staffed, b.IT)) * bot.weight / 100.0 == pytest.approx(sessions, rel=0.05)


# Refunds -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def instant() -> Marketplace:
    return shop(
        **dotted(refunds__policy="instant", refunds__keeps="20%", refunds__written_off="3d", refunds__trust="50%")
    )


def test_instant_refunds_are_paid_within_their_delay_and_once(instant: Marketplace, plain: Marketplace) -> None:
    fast, slow = measure_all(instant), measure_all(plain)
    assert fast["refund_time_p50"] < 1.0 < 12.0 < slow["refund_time_p50"]
    assert fast["instant_refund_share"] > 0.5 and slow["instant_refund_share"] == 0.0
    rows = instant.world.fulfilment.orders
    assert (rows["refunded"] <= rows["paid"]).all()


def test_goods_that_never_come_back_are_a_loss_by_fraud_and_cost_trust(
    instant: Marketplace, plain: Marketplace
) -> None:
    kept = instant.world.care.measured[:, M_KEPT].sum()
    assert kept > 0 and instant.world.care.claims.sum() == kept
    assert balance(instant, b.FRAUD) > 0 == balance(plain, b.FRAUD)
    assert measure_all(instant)["refunds_kept_value"] > 0.0


def test_whoever_keeps_goods_and_returns_much_is_no_longer_trusted() -> None:
    care = shop(days=1).world.care
    care.setting[2:5] = 0.6, 3.0, 3.0
    score = trust.py_func if hasattr(trust, "py_func") else trust
    known = [(10, 0, 0), (10, 3, 0), (10, 3, 1), (2, 2, 0), (0, 0, 0)]
    scores = []
    for shopper, (orders, returns, claims) in enumerate(known):
        care.returned[shopper], care.claims[shopper] = returns, claims
        scores.append(score(care, shopper, orders))
    assert scores == pytest.approx([1 - 1 / 13, 1 - 4 / 13, 1 - 7 / 13, 1 - 3 / 5, 1 - 1 / 4])


def test_without_trust_the_goods_must_come_first(plain: Marketplace) -> None:
    strict = shop(**dotted(refunds__policy="instant", refunds__trust="100%"))
    measured = strict.world.care.measured
    assert measured[:, M_REFUSED].sum() > 0 == measured[:, M_INSTANT].sum()
    assert bytes_of(strict) == bytes_of(plain), "an instant refund granted to nobody changes nothing"


def test_who_deceives_is_paid_only_where_the_goods_are_not_asked_for_first() -> None:
    paid = {}
    for policy in ("after_inspection", "instant"):
        market = Marketplace(
            load(BASE, {**SMALL, **dotted(refunds__policy=policy, refunds__keeps="0%", refunds__written_off="2d")}),
            seed=5,
        )
        for day in range(1, 12):
            market.run_until(day * DAY)
            market.world.fulfilment.orders["flags"] |= np.uint32(FLAG_FRAUD)
        market.run()
        market.finish()
        paid[policy] = market.world.care.measured[:, M_KEPT].sum(), balance(market, b.FRAUD)
    assert paid["after_inspection"] == (0.0, 0)
    assert paid["instant"][0] > 10 and paid["instant"][1] > 0


# Complaints --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def office() -> Marketplace:
    return shop(**OFFICE)


def test_a_complaint_listened_to_regains_satisfaction_and_customers(office: Marketplace, troubled: Marketplace) -> None:
    assert daily(office, c.D_CLOSED) > 0.0 and daily(office, c.D_WON_BACK) > 0.0
    a, b_ = (measure_all(market)["satisfaction"] for market in (office, troubled))
    assert a > b_
    assert balance(office, b.STAFF) > 0


def test_recovery_never_lifts_above_what_no_failure_would_have_left(troubled: Marketplace) -> None:
    """Share of the failure's harm that the best care makes good: more than none, less than all."""
    best = shop(
        **OFFICE | dotted(complaints__policy="clock", compensation__policy="share", follow_up__policy="affected")
    )
    smooth = {"fulfilment.shipping.damaged": "0%", "fulfilment.shipping.lost": "0%", "crowd.memory.late": 0.0}
    harmless = shop(**TROUBLE | smooth)
    mean = {name: measure_all(m)["satisfaction"] for name, m in (("best", best), ("none", troubled), ("no", harmless))}
    assert mean["none"] < mean["best"] < mean["no"]


def test_the_clock_closes_what_would_be_late_in_overtime() -> None:
    few = {**OFFICE, "care.complaints.handlers": 1}
    first, clock = shop(**few), shop(**few | dotted(complaints__policy="clock", complaints__overtime="200%"))
    a, b_ = measure_all(first), measure_all(clock)
    assert b_["complaints_in_time"] > a["complaints_in_time"]
    assert b_["complaint_close_p90"] < a["complaint_close_p90"]
    assert balance(clock, b.STAFF) > balance(first, b.STAFF), "overtime is paid"
    assert clock.notices["care"].office.late_team.served > 0


def test_overtime_is_paid_for_the_hours_of_people_not_of_the_servers_that_stand_for_them() -> None:
    few = OFFICE | dotted(complaints__handlers=4, complaints__policy="clock", complaints__overtime="50%")
    made = shop(**few | {"crowd.represents": "4M"})  # eight contacts a piece: two people are a quarter of a server
    office, config = made.notices["care"].office, made.config.care.staff
    shifts = 4 * float(office.shift.sum()) * made.calendar.total_days
    hours = made.notices["care"].cases.totals[c.D_WAGES] / config.wage / (1.0 + config.overhead)
    hours -= shifts + float(made.notices["care"].hours.sum()) * made.notices["care"].number * made.calendar.total_days
    assert office.late_team.served > 0
    assert 0.0 < hours / 1.5 <= 1.5 * 2 * 4 * made.calendar.total_days, "two people, four hours a day and the last case"


def test_following_up_reaches_the_silent(office: Marketplace) -> None:
    followed = shop(**OFFICE, **dotted(follow_up__policy="affected"))
    assert daily(followed, c.D_FOLLOWED) > 0.0 == daily(office, c.D_FOLLOWED)
    assert daily(followed, c.D_CLOSED) > daily(office, c.D_CLOSED)


# Compensation ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "to"), [("fixed", "affected"), ("share", "complainers"), ("share", "affected")])
def test_money_given_is_in_the_ledger(office: Marketplace, policy: str, to: str) -> None:
    given = shop(**OFFICE, **dotted(compensation__policy=policy, compensation__to=to))
    booked = balance(given, b.COMPENSATION) * given.weight / 100.0
    assert booked == pytest.approx(daily(given, c.D_GIVEN)) and booked > 0.0
    assert balance(office, b.COMPENSATION) == 0
    if policy == "fixed":
        assert booked == pytest.approx(10.0 * daily(given, c.D_COMPENSATED))


def test_a_coupon_costs_only_when_it_is_used_and_brings_people_back(troubled: Marketplace) -> None:
    coupon = shop(**TROUBLE, **dotted(compensation__policy="coupon", compensation__to="affected"))
    assert balance(coupon, b.COMPENSATION) == 0
    used = coupon.world.books.series[:, b.COUPONS_USED].sum()
    assert 0 < used < daily(coupon, c.D_COMPENSATED) / coupon.weight
    on, off = measure_all(coupon), measure_all(troubled)
    assert on["return_after_failure"] > off["return_after_failure"]
    assert on["won_back"] > 0.0 == off["won_back"]


def test_who_is_won_back_had_left_over_the_failure(troubled: Marketplace) -> None:
    """Nobody is alive who would have left without any failure: churn with compensation is never below what it would be."""
    coupon = shop(
        **TROUBLE, **dotted(compensation__policy="fixed", compensation__to="affected", compensation__amount="50 CNY")
    )
    alive = (coupon.world.crowd.rows["flags"] & ALIVE) > 0
    before = (troubled.world.crowd.rows["flags"] & ALIVE) > 0
    back = coupon.world.books.series[:, b.WON_BACK].sum()
    assert back > 0
    assert (alive & ~before).sum() >= 1


# Events ------------------------------------------------------------------------------------------------


def running(**overrides: Any) -> Marketplace:
    market = Marketplace(load(BASE, {**SMALL, **OFFICE, "care.staff.number": 3, **overrides}), seed=5)
    market.run_until(6 * DAY + 600)
    return market


def finished(market: Marketplace) -> Marketplace:
    market.run()
    market.finish()
    return market


def test_sickness_lengthens_the_queue_and_further_people_shorten_it() -> None:
    usual, sick, more = running(), running(), running()
    get_event("care.staff_sick").function(sick, target="staff", magnitude="70%", for_minutes=3.0 * DAY)
    get_event("care.add_staff").function(more, magnitude="200%", for_minutes=3.0 * DAY)
    found = [measure_all(finished(market)) for market in (more, usual, sick)]
    lost, busy = ([kpis[name] for kpis in found] for name in ("care_abandonment", "care_occupancy"))
    assert lost[0] < lost[1] < lost[2]
    assert busy[0] < busy[1] < busy[2], "of those who are there"
    assert balance(sick, b.STAFF) == balance(usual, b.STAFF) < balance(more, b.STAFF)
    assert sick.notices["care"].staff.factor == 1.0 == more.notices["care"].staff.factor, "it ends"


@pytest.mark.parametrize(
    ("begins", "lasts", "hours", "reason"),
    [
        (660, 240, 4 * 1.15, "over before the day is paid"),
        (1200, 600, 4 * 1.5 + 6 * 0.35, "into the night, when few are there"),
        (660, 2880, 48.0, "two days"),
    ],
)
def test_further_people_are_paid_for_their_hours(begins: int, lasts: int, hours: float, reason: str) -> None:
    usual, more = running(), running()
    for market in (usual, more):
        market.run_until(6 * DAY + begins + 1)  # the full hour is over
    get_event("care.add_staff").function(more, magnitude="200%", for_minutes=float(lasts))
    paid = [float(finished(market).notices["care"].cases.totals[c.D_WAGES]) for market in (usual, more)]
    config = more.config.care.staff
    each = config.wage * (1.0 + config.overhead)
    assert paid[1] - paid[0] == pytest.approx(1.5 * 2.0 * hours * more.notices["care"].number * each), reason


def test_while_the_bot_is_down_people_answer_all() -> None:
    usual, down = running(**dotted(bot__policy="by_intent")), running(**dotted(bot__policy="by_intent"))
    get_event("care.bot_down").function(down, for_minutes=2.0 * DAY)
    a, b_ = measure_all(finished(usual)), measure_all(finished(down))
    assert b_["bot_resolution"] < a["bot_resolution"]
    assert down.notices["care"].bot_works


def test_of_two_that_overlap_the_shorter_does_not_end_the_longer() -> None:
    market = running(**dotted(bot__policy="by_intent"))
    desk, setting = market.notices["care"], market.world.care.setting
    for minutes in (3.0 * DAY, 60.0):
        get_event("care.bot_down").function(market, for_minutes=minutes)
        get_event("care.refund_at_once").function(market, for_minutes=minutes)
    market.run_until(8 * DAY)
    assert not desk.bot_works and setting[S_INSTANT] == 1.0
    market.run_until(11 * DAY)
    assert desk.bot_works and setting[S_INSTANT] == 0.0


def test_those_affected_can_be_compensated_afterwards_once() -> None:
    market = running()
    event = get_event("care.compensate").function
    event(market, amount="15 CNY", coupon=False, causes=["late", "lost"])
    once = balance(market, b.COMPENSATION)
    event(market, amount="15 CNY", coupon=False, causes=["late", "lost"])
    assert balance(market, b.COMPENSATION) == once > 0
    assert once % 1500 == 0
    finished(market)
    with pytest.raises(SimError, match="found cause 'weather', accepted"):
        event(market, causes=["weather"])


def test_instant_refunds_can_be_switched_on_for_a_time() -> None:
    market = running()
    get_event("care.refund_at_once").function(market, for_minutes=2.0 * DAY)
    measured = finished(market).world.care.measured
    assert 0 < measured[:, M_INSTANT].sum() < measured[:, M_REFUNDS].sum()
    assert measured[:6, M_INSTANT].sum() == 0 == measured[10:, M_INSTANT].sum()


def test_the_same_seed_gives_the_same_bytes_with_everything_on() -> None:
    everything = dotted(
        staff__number=3, bot__policy="by_intent", refunds__policy="instant", complaints__policy="clock",
        compensation__policy="coupon", follow_up__policy="affected",
    )  # fmt: skip
    assert bytes_of(shop(days=5, **TROUBLE, **everything)) == bytes_of(shop(days=5, **TROUBLE, **everything))
