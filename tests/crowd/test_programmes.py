"""Each programme acts through its mechanism and only through it, and its costs are in the ledger."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programme_runs import bytes_of, fresh, market

from sim.books.measures import measure_all
from sim.books.state import CASH, COLUMN, COMMISSIONS, COST_OF_GOODS, MARKETING, OTHER_INCOME, SHIPPING
from sim.books.view import ledger
from sim.core.errors import ScenarioError, SimError
from sim.crowd.state import ADVISED, ALIVE, FREE_RETURNS, HELD_OUT, LED, MEMBER, OPTED_OUT, PRIVATE, PROSPECT
from sim.fulfilment.state import ALLOCATED, DEPOSIT, FLAG_PICK_UP, M_DELIVERED, M_PARCELS, WAITING
from sim.scenario import load
from sim.shelf.state import C_BUDGET, C_CLAIMED, C_USED

ADS = {"policy": "broad", "budget": "30k CNY", "audience": "prospects"}
PROGRAMMES: dict[str, dict[str, Any]] = {
    "triggered messages": {"crowd.messages.policy": "triggered"},
    "rfm vouchers": {"crowd.coupons": {"budget": "2M CNY", "vouchers": {"at_risk": {"off": "15 CNY"}}}},
    "club with a member day": {"crowd.membership": {"day": {}}},
    "private domain": {"crowd.private_domain": {}},
    "win-back": {"crowd.win_back": {"budget": "1M CNY", "lapsed": "14d"}},
}


def column(made: Any, name: str) -> float:
    return float(made.world.books.series[:, COLUMN[name]].sum())


# What is off changes nothing ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["triggered messages", "private domain"])
def test_a_limit_of_no_messages_a_week_sends_nothing_and_changes_no_byte_of_the_crowd(name: str) -> None:
    programme = PROGRAMMES[name]
    if name == "private domain":
        programme = {"crowd.private_domain": {"joins": "0%"}}
    mute = market({**programme, "crowd.messages.per_week": 0})
    assert column(mute, "messages") == 0
    assert bytes_of(mute) == bytes_of(market())


def test_channels_without_money_change_nothing() -> None:
    broke = market({"crowd.acquisition": {"channels": {"ads": {**ADS, "budget": "0 CNY"}}}})
    assert bytes_of(broke) == bytes_of(market())


def test_a_club_without_benefits_changes_nothing() -> None:
    assert bytes_of(market({"crowd.membership": {"points": "0%"}})) == bytes_of(market())


def test_vouchers_without_a_budget_are_not_given() -> None:
    poor = market({"crowd.coupons": {"budget": "0 CNY"}})
    assert bytes_of(poor) == bytes_of(market())


# Messages -------------------------------------------------------------------------------------------


def test_messages_cost_money_tire_and_bring_visits() -> None:
    on, off = market(PROGRAMMES["triggered messages"]), market()
    sent = column(on, "messages")
    assert sent > 100
    spent = (on.world.books.debit - on.world.books.credit)[:, MARKETING].sum()
    assert spent == pytest.approx(4 * sent, abs=sent)  # 0.04 CNY each, whole fen a batch
    assert on.world.crowd.rows["fatigue"].max() > 0.5 and off.world.crowd.rows["fatigue"].max() == 0.0
    assert column(on, "trigger_visits") > column(off, "trigger_visits")


def test_a_message_that_nobody_opens_brings_no_visit() -> None:
    on, off = market({**PROGRAMMES["triggered messages"], "crowd.messages.open": "0%"}), market()
    assert column(on, "messages") > 100
    for name in ("visits", "orders", "gmv"):
        assert column(on, name) == column(off, name), name


def test_whoever_opted_out_gets_no_message() -> None:
    made = fresh({"crowd.messages.policy": "triggered"})
    made.world.crowd.rows["flags"] |= OPTED_OUT
    made.run()
    assert column(made, "messages") == 0


def test_the_more_messages_the_more_opt_out_and_the_fewer_follow_each() -> None:
    def campaign(per_week: int) -> tuple[float, float]:
        made = fresh({"crowd.messages.per_week": 100, "days": 15})
        from sim.crowd.messages import messenger

        rows = np.flatnonzero(made.world.crowd.rows["orders"] > 0)
        post = messenger(made)
        for day in range(14):
            for number in range(per_week // 7):
                made.run_until(1440 * day + 600 + 240 * number)
                post.send("broadcast", rows)
        return column(made, "opt_outs") / len(rows), sum(post.clicked.values()) / sum(post.sent.values())

    few, many = campaign(7), campaign(21)
    assert many[0] > 2 * few[0] > 0
    assert many[1] < few[1]


def test_opting_out_at_three_a_day_is_as_frequent_as_observed() -> None:
    """[R21]: 6.5% a week (5% to 8%) at three or more a day, of those who stay."""
    from sim.crowd.messages import messenger

    made = fresh({"crowd.messages.per_week": 100, "crowd.shoppers": 6000, "days": 20})
    rows = np.flatnonzero(made.world.crowd.rows["orders"] > 0)
    gone = []
    for day in range(21):
        for number in range(3):
            made.run_until(1440 * day + 600 + 240 * number)
            messenger(made).send("broadcast", rows)
        gone.append(((made.world.crowd.rows["flags"][rows] & OPTED_OUT) > 0).mean())
    weekly = (gone[20] - gone[13]) / (1.0 - gone[13])
    assert 0.04 < weekly < 0.09


# Vouchers -------------------------------------------------------------------------------------------


def test_a_voucher_budget_is_never_overdrawn_and_what_lapses_comes_back() -> None:
    on = market({"crowd.coupons": {"budget": "60k CNY", "vouchers": {"lost": {"off": "10 CNY", "valid": "2d"}}, "every": "3d"}})
    kind = on.world.shelf.coupons[15]
    assert kind[C_CLAIMED] > 10 and kind[C_USED] <= kind[C_CLAIMED]
    rows = on.world.crowd.rows
    held = ((rows["coupon"] == 15) & (rows["coupon_day"] >= 0)).sum()
    budget = round(60_000 * 100 / on.weight)
    assert kind[C_BUDGET] == budget - 1000 * (kind[C_USED] + held)


def test_what_lapses_comes_back_though_its_holder_is_given_points_that_midnight() -> None:
    budget = 300_000.0
    made = market({
        "days": 16,
        "crowd.private_domain": {
            "joins": "100%", "posts": 7, "voucher": {"off": "1 CNY", "threshold": "100000 CNY", "valid": "2d"},
            "budget": f"{budget:.0f} CNY",
        },
        "crowd.membership": {"points": "5%", "redeem": "5 CNY"},
    })  # fmt: skip
    rows, table = made.world.crowd.rows, made.world.shelf.coupons
    kind = made.notices["vouchers"].kinds["group", 100, 10_000_000]
    held = int(((rows["coupon"] == kind) & (rows["coupon_day"] >= 0)).sum())
    assert table[kind, C_CLAIMED] > held
    assert table[kind, C_BUDGET] + 100 * held == round(budget * 100 / made.weight)


def test_rfm_vouchers_go_to_the_segment_and_nobody_else() -> None:
    from sim.crowd.segments import AT_RISK, segments

    made = fresh(PROGRAMMES["rfm vouchers"])
    made.run_until(made.calendar.warmup + 600)
    before = segments(made.world.crowd.rows)
    made.env.run(until=made.calendar.warmup + 600 + 1e-6)
    rows = made.world.crowd.rows
    given = np.flatnonzero(rows["coupon_day"] >= 0)
    assert len(given) > 5 and (before[given] == AT_RISK).all()


# The club -------------------------------------------------------------------------------------------


def test_an_adviser_who_looks_at_nothing_more_changes_only_the_bill() -> None:
    idle = market({"crowd.membership": {"points": "0%", "adviser": {"looks": 0}}})
    off = market()
    for name in ("visits", "orders", "gmv", "returned_units"):
        assert column(idle, name) == column(off, name), name
    assert ledger(idle)["staff"] > 0 == ledger(off)["staff"]


def test_an_adviser_raises_the_match_of_what_members_see_and_of_nobody_else() -> None:
    from numba import njit

    from sim.crowd.consideration import consider, match

    @njit
    def mean_match(crowd, shelf, shoppers):  # type: ignore[no-untyped-def]
        total, count = 0.0, 0
        for i in shoppers:
            n, _ = consider(crowd, shelf, crowd.rows[i], i % shelf.categories.shape[0], 7, i, 0, 0)
            for j in range(n):
                total += match(crowd.rows[i], shelf.pages[crowd.picks[j]])
            count += n
        return total / count

    made = fresh({"crowd.membership": {"points": "0%", "adviser": {}}})
    rows = made.world.crowd.rows
    members = np.flatnonzero(rows["flags"] & MEMBER)
    others = np.flatnonzero((rows["flags"] & MEMBER) == 0)
    plain = [mean_match(made.world.crowd, made.world.shelf, who) for who in (members, others)]
    made.run_until(2)
    assert (rows["flags"][members] & ADVISED).all() and not (rows["flags"][others] & ADVISED).any()
    advised = [mean_match(made.world.crowd, made.world.shelf, who) for who in (members, others)]
    assert advised[0] > plain[0] + 0.3
    assert advised[1] == plain[1]


def test_an_adviser_lowers_returns_through_the_match_alone() -> None:
    """Where a missing match sends nothing back, an adviser changes the rate of returns no more than chance does."""
    def returns(mismatch: float) -> float:
        advised = {"crowd.membership": {"joins": 1, "points": "0%", "adviser": {"looks": 6, "skill": "95%"}}}
        rate = []
        for programme in ({}, advised):
            made = market({"crowd.returns.mismatch": mismatch, "days": 16, "crowd.shoppers": 8000, **programme}, seed=11)
            rate.append(column(made, "returned_units") / column(made, "delivered_parcels"))
        return rate[1] / rate[0]

    assert returns(1.0) < 0.8
    assert 0.85 < returns(0.0) < 1.15


def test_free_returns_cost_freight_and_belong_to_members() -> None:
    made = market({"crowd.membership": {"points": "0%", "free_returns": {"confidence": 0.0, "ease": 0.0}}})
    off = market()
    rows = made.world.crowd.rows
    assert (((rows["flags"] & FREE_RETURNS) > 0) == ((rows["flags"] & MEMBER) > 0)).all()
    assert ledger(made)["return_handling"] > ledger(off)["return_handling"]


def test_a_tier_has_its_own_benefits_and_no_others() -> None:
    tiers = {"silver": {"orders": 2, "benefits": ["free_returns"]}, "gold": {"orders": 5, "benefits": ["adviser"]}}
    made = fresh({"crowd.membership": {"points": "0%", "tiers": tiers, "adviser": {}, "free_returns": {}}})
    rows = made.world.crowd.rows
    member, orders = rows["flags"] & MEMBER > 0, rows["orders"].copy()
    made.run_until(2)
    assert ((rows["flags"] & ADVISED > 0) == (member & (orders >= 5))).all()
    assert ((rows["flags"] & FREE_RETURNS > 0) == (member & (orders >= 2) & (orders < 5))).all()
    assert (member & (orders >= 5)).any() and (member & (orders < 2)).any()


def test_points_are_paid_out_as_vouchers_worth_what_was_earned() -> None:
    made = market({"crowd.membership": {"joins": 1, "points": "5%", "redeem": "5 CNY"}})
    club = made.notices["crowd.membership"]
    kind = made.world.shelf.coupons[15]
    rows = made.world.crowd.rows
    earned = 0.05 * float(club.money[(rows["flags"] & MEMBER) > 0].sum())
    assert kind[C_CLAIMED] > 0 and kind[C_CLAIMED] * 500 + club.owed.sum() <= earned + 1.0


def test_joining_costs_the_fee() -> None:
    made = market({"crowd.membership": {"joins": 2, "fee": "88 CNY", "points": "0%"}})
    off = market()
    new = ((made.world.crowd.rows["flags"] & MEMBER) > 0).sum() - ((off.world.crowd.rows["flags"] & MEMBER) > 0).sum()
    income = made.world.books.credit[:, OTHER_INCOME].sum() - off.world.books.credit[:, OTHER_INCOME].sum()
    assert new > 10 and income == 8800 * new


def test_member_day_happens_on_its_days() -> None:
    made = market({"crowd.membership": {"points": "0%", "day": {"first": "06-03", "every": "7d"}}, "days": 12})
    days = [row[0] / 1440 - 2 for row in made.journal.of("crowd", "member_day")]
    assert days == [2.0, 9.0]


# Groups, win-back, acquaintances --------------------------------------------------------------------


def test_groups_grow_from_buyers_cost_their_keeper_and_reach_more_than_messages() -> None:
    made = market({"crowd.private_domain": {"posts": 7}})
    rows = made.world.crowd.rows
    inside = rows["flags"] & PRIVATE > 0
    assert inside.sum() > 10 and (rows["last_order"][inside] >= -1440).all()
    assert ledger(made)["staff"] > 0
    click = measure_all(made)["message_click"]
    assert click > 0.10


def test_win_back_addresses_only_those_not_seen_for_long() -> None:
    made = fresh({"crowd.win_back": {"budget": "10M CNY", "lapsed": "30d"}})
    made.run_until(made.calendar.warmup + 600)
    rows = made.world.crowd.rows
    before = rows.copy()
    made.env.run(until=made.calendar.warmup + 600 + 1e-6)
    offered = np.flatnonzero(made.notices["crowd.win_back"].offers)
    since = made.env.now - 30 * 1440
    assert len(offered) > 20
    assert (before["last_order"][offered] < since).all() and (before["last_visit"][offered] < since).all()


def test_those_who_left_come_back_by_the_offers_worth_to_them() -> None:
    made = fresh({"crowd.win_back": {"budget": "10M CNY"}})
    rows, team = made.world.crowd.rows, made.notices["crowd.win_back"]
    rows["satisfaction"] = np.linspace(0.2, 1.0, len(rows))
    happy = team.acceptance(np.arange(len(rows)))
    assert (np.diff(happy[np.argsort(rows["satisfaction"])][::300]) != 0).any()
    low, high = happy[:1000].mean(), happy[-1000:].mean()
    assert high > 2 * low
    rows["flags"] &= ~np.uint32(ALIVE)
    made.run_until(made.calendar.warmup + 601)
    assert column(made, "won_back") == (rows["flags"] & ALIVE > 0).sum() > 0


def test_invitations_follow_ties_and_the_reward_is_paid_for_those_who_register() -> None:
    made = market({"crowd.prospects": "50%", "crowd.invitations": {"takes_part": "100%", "accepts": "25%", "sends": 5}, "days": 12})
    team = made.notices["crowd.invitations"]
    rows = made.world.crowd.rows
    won = ((rows["channel"] == 200) & ((rows["flags"] & PROSPECT) == 0)).sum()
    assert team.rewarded == won > 5
    assert (made.world.books.debit - made.world.books.credit)[:, MARKETING].sum() == 1000 * won


# Channels -------------------------------------------------------------------------------------------


def test_prospects_never_come_unless_they_are_won() -> None:
    made = market({"crowd.prospects": "40%"})
    rows = made.world.crowd.rows
    prospects = (rows["flags"] & PROSPECT) > 0
    assert 0.35 < prospects.mean() < 0.45
    assert rows["visits"][prospects].sum() == 0 and rows["visits"][~prospects].sum() > 0


def test_a_channel_costs_its_budget_and_wins_prospects() -> None:
    made = market({"crowd.prospects": "40%", "crowd.acquisition": {"channels": {"ads": ADS}}})
    rows = made.world.crowd.rows
    won = (rows["channel"] == 1) & ((rows["flags"] & PROSPECT) == 0)
    assert won.sum() > 10 and rows["visits"][won].sum() > 0
    assert ledger(made)["marketing"] == pytest.approx(8 * 30_000.0)
    figures = measure_all(made)
    assert figures["channel_cac"] == pytest.approx(8 * 30_000.0 / (won.sum() * made.weight))
    assert figures["customers_won"] == won.sum() * made.weight


def test_those_held_out_are_never_met() -> None:
    spec = {"channels": {"ads": {**ADS, "budget": "500k CNY", "click": "30%"}}, "holdout": "30%"}
    made = market({"crowd.prospects": "40%", "crowd.acquisition": spec})
    rows = made.world.crowd.rows
    held = (rows["flags"] & HELD_OUT) > 0
    prospects = held & ((rows["flags"] & PROSPECT) > 0)
    assert prospects.sum() > 100 and rows["visits"][prospects].sum() == 0
    assert (rows["channel"][held] == 0).all() and (rows["channel"][~held] == 1).any()


def test_reach_saturates_at_its_ceiling_and_costs_the_stated_price_at_first() -> None:
    from sim.crowd.channels import reached
    from sim.crowd.programmes_config import Channel

    for curve in ("exponential", "hill"):
        spec = Channel(policy="broad", budget="1 CNY", cost="0.1 CNY", curve=curve, ceiling="50%")  # type: ignore[arg-type]
        spend = np.array([0.0, 100.0, 1e3, 1e4, 3e4, 6e4, 1e9])
        share = [reached(spec, x, 100_000.0) for x in spend]
        assert (np.diff(share) > 0).all() and share[0] == 0.0 and share[-1] == pytest.approx(0.5, abs=1e-3)
    spec = Channel(policy="broad", budget="1 CNY", cost="0.1 CNY", ceiling="50%")  # type: ignore[arg-type]
    assert reached(spec, 10.0, 100_000.0) * 100_000.0 == pytest.approx(100.0, rel=0.01)


def test_a_targeted_channel_meets_people_who_need_it_more_because_of_what_was_observed() -> None:
    """With tags that name the right segment it meets more who need the category; with tags at random, no more than anybody."""
    def need(accuracy: str) -> float:
        like = {"policy": "look_alike", "budget": "1 CNY", "category": "baby", "audience": "prospects"}
        made = fresh({"crowd.prospects": "50%", "crowd.shoppers": 6000,
                      "crowd.acquisition": {"accuracy": accuracy, "channels": {"like": like}}})  # fmt: skip
        reach = made.notices["acquirer"].reaches[0]
        met = np.concatenate(reach.contacts(1, 1e9))
        return float(reach.need(met).mean() / reach.need(reach.allowed()).mean())

    assert need("95%") > 1.25
    assert 0.9 < need("34%") < 1.15  # three segments: a guess


def test_the_profile_holds_what_was_ordered() -> None:
    like = {"policy": "look_alike", "budget": "0 CNY", "category": "baby"}
    made = fresh({"crowd.acquisition": {"channels": {"like": like}}})
    watcher = made.notices["observer"]
    before = watcher.profile.sum()
    made.run()
    watcher.look()
    lines = made.world.shelf.skus["sold"].sum()
    seen = watcher.profile.sum() - before
    assert 0 < seen <= lines and seen > 0.5 * lines


def test_lift_raises_visits_and_fades() -> None:
    spec = {"policy": "broad", "budget": "300k CNY", "click": "0%", "lift": 0.2, "half_life": "1d", "to": "06-03"}
    made, off = market({"crowd.acquisition": {"channels": {"ads": spec}}}), market()
    day = [m.world.books.series[:, COLUMN["visits"]].reshape(-1, 24).sum(axis=1) for m in (made, off)]
    assert (day[0][2:4] > 1.03 * day[1][2:4]).all()
    assert (day[0][:2] == day[1][:2]).all()
    assert abs(day[0][8] / day[1][8] - 1.0) < 0.04


def test_leaders_are_paid_by_what_their_people_buy() -> None:
    spec = {"policy": "community_leaders", "budget": "20k CNY", "category": "food", "click": "20%", "registers": "90%"}
    made = market({"crowd.prospects": "40%", "crowd.acquisition": {"channels": {"leaders": spec}}, "days": 12})
    paid = made.world.crowd.rows["money"][made.world.crowd.rows["channel"] == 1].sum()
    commissions = (made.world.books.debit - made.world.books.credit)[:, COMMISSIONS].sum()
    assert 0 < commissions <= 0.1 * paid + len(made.world.books.debit)


LEADERS = {"policy": "community_leaders", "budget": "20k CNY", "category": "food", "click": "20%", "registers": "90%"}


def leaders(**further: object) -> object:
    """A run with leaders; by leaving out ``further`` one without pick-up points."""
    spec = {**LEADERS, **further}
    return market({"crowd.prospects": "40%", "crowd.acquisition": {"channels": {"leaders": spec}}, "days": 12})


def balance(made: object, account: int) -> int:
    """Row fen on an account of expense at the end."""
    books = made.world.books  # type: ignore[attr-defined]
    return int((books.debit - books.credit)[:, account].sum())


def test_no_more_leaders_are_kept_than_there_are_neighbourhoods_to_lead() -> None:
    spent = {}
    for budget in ("200 CNY", "100k CNY", "400k CNY"):
        made = leaders(budget=budget)
        spent[budget] = balance(made, MARKETING) * made.weight / 100 / 12  # type: ignore[attr-defined]
        spec = made.notices["acquirer"].reaches[0].spec  # type: ignore[attr-defined]
    most = spec.ceiling * made.config.crowd.represents / spec.group * spec.keep  # type: ignore[attr-defined]
    assert spent["100k CNY"] == spent["400k CNY"] == pytest.approx(most, rel=0.001), "whom nobody leads costs nothing"


def test_leaders_orders_wait_at_the_pick_up_point_the_next_day_and_no_courier_carries_them() -> None:
    with_points, without = leaders(pick_up=True), leaders()
    ful = [m.world.fulfilment for m in (with_points, without)]  # type: ignore[attr-defined]
    warehouses, regions = ful[0].haul_mean.shape
    carried = [f.stations["arrived"][warehouses : warehouses + regions].sum() for f in ful]
    delivered = [f.measured[:, M_DELIVERED].sum() for f in ful]
    flags = with_points.world.crowd.rows["flags"]  # type: ignore[attr-defined]
    led = (flags & LED) > 0
    won = (with_points.world.crowd.rows["channel"] == 1) & ((flags & PROSPECT) == 0)  # type: ignore[attr-defined]
    assert led.sum() > 30 and (led == won).all()
    assert not (without.world.crowd.rows["flags"] & LED).any()  # type: ignore[attr-defined]
    assert delivered[0] - carried[0] > 30 and delivered[1] <= carried[1]
    orders = ful[0].orders
    there = (orders["shopper"] >= 0) & ((orders["flags"] & FLAG_PICK_UP) > 0) & (orders["promised"] > 0)
    assert there.any() and (orders["promised"][there] % 1440 == 16 * 60).all()
    assert (orders["promised"][there] // 1440 > orders["placed"][there] // 1440).all()


def test_a_parcel_for_a_leader_costs_less_and_the_stop_is_shared_by_the_leaders_orders() -> None:
    dear = leaders(pick_up=True)
    shipping = balance(dear, SHIPPING) - balance(leaders(), SHIPPING)
    parcels = dear.world.fulfilment.measured[:, M_PARCELS].sum()  # type: ignore[attr-defined]
    reach = dear.notices["acquirer"].reaches[0]  # type: ignore[attr-defined]
    assert reach.leaders > 0.0 and abs(shipping) < 260 * parcels
    made = fresh({"crowd.prospects": "40%", "crowd.acquisition": {"channels": {"leaders": {**LEADERS, "pick_up": True}}}})
    alone = made.notices["acquirer"].reaches[0]
    rows = made.world.crowd.rows
    rows["channel"][:200], rows["flags"][:200] = 1, (rows["flags"][:200] | LED) & ~np.uint32(PROSPECT)
    alone.leaders = 100.0
    alone.stops()
    rows["orders"][:2] += 1
    few = alone.stops() / 2
    rows["orders"][:200] += 1
    many = alone.stops() / 200
    assert 0 < many < few / 3
    assert many * 200 <= 100.0 * 1200 / made.weight + 1  # each leader one stop a day, however many orders


def test_goods_straight_from_the_producer_cost_less_by_the_intermediarys_margin_for_leaders_orders_only() -> None:
    made, off = leaders(pick_up=True, direct="20%"), leaders(pick_up=True)
    for name in ("visits", "orders", "gmv"):
        assert column(made, name) == column(off, name), name
    saved = balance(off, COST_OF_GOODS) - balance(made, COST_OF_GOODS)
    assert 0 < saved < 0.2 * balance(off, COST_OF_GOODS)
    assert balance(off, CASH) - balance(made, CASH) == -saved


def test_pick_up_belongs_to_leaders_and_direct_goods_to_pick_up() -> None:
    for wrong, word in (({"policy": "broad", "pick_up": True}, "pick_up"), ({"direct": "10%"}, "direct")):
        with pytest.raises(SimError, match=word):
            fresh({"crowd.acquisition": {"channels": {"leaders": {**LEADERS, **wrong}}}})


@pytest.mark.parametrize(
    "less",
    [
        {"crowd.coupons": {"budget": "1M CNY", "vouchers": {"new": {"off": "0.004 CNY"}}}},
        {"crowd.membership": {"redeem": "0.004 CNY"}},
        {"shelf.promotions": [{"kind": "full_reduction", "every": "0.004 CNY", "off": "1 CNY", "from": "06-01", "to": "06-02"}]},
    ],
)
def test_less_than_a_fen_is_refused_where_money_is_counted_in_fen(less: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match=r"0\.004 CNY"):
        fresh(less)


def test_an_unknown_category_is_refused_by_name() -> None:
    with pytest.raises(SimError, match=r"toys.*accepted: apparel"):
        fresh({"crowd.acquisition": {"channels": {"ads": {**ADS, "category": "toys"}}}})


# What a customer is worth ---------------------------------------------------------------------------


def test_margins_of_all_shoppers_add_up_to_the_ledgers_gross_profit() -> None:
    intact = {"fulfilment.shipping.lost": "0%", "fulfilment.shipping.damaged": "0%"}
    made = market({"warmup": "0d", "days": 12, **intact})
    rows, books = made.world.crowd.rows, ledger(made)
    orders = made.world.fulfilment.orders
    orders = orders[orders["shopper"] >= 0]
    state = orders["line_state"]
    cost = made.world.shelf.skus["unit_cost"][np.maximum(orders["sku"], 0)] * orders["quantity"]
    still_open = np.where((state == WAITING) | (state == ALLOCATED) | (state == DEPOSIT), orders["paid"] - cost, 0).sum()
    gross = -books["sales"] - books["discounts"] - books["returns"] - books["cost_of_goods"]
    earned = (float(rows["margin"].sum()) - float(still_open)) * made.weight / 100.0
    assert earned == pytest.approx(gross)


def test_every_programme_is_named_with_what_it_accepts() -> None:
    from programme_runs import ROOT

    with pytest.raises(SimError, match=r"crowd.coupons.policy"):
        load(ROOT / "scenarios" / "base.yaml", {"crowd.coupons": {"policy": "lottery", "budget": "1 CNY"}})
