"""Oversight: licences, fines and take-downs; how far a breach reaches; withheld tax; claims about prices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.books import state as books
from sim.core.errors import ScenarioError, SimError
from sim.crowd.state import ALIVE
from sim.engine import run
from sim.engine.marketplace import Marketplace
from sim.oversight.config import Privacy
from sim.oversight.duties import breach_cost, privacy_fine, withholding, within_band
from sim.oversight.policies import LeastPrivilege, OpenAccess
from sim.scenario import load

DAY = 1440
SHOP = {
    "crowd.shoppers": 1_000,
    "crowd.represents": 2_000_000,
    "days": 8,
    "warmup": "1d",
    "shelf.catalogue.skus": 80,
    "supply.supplier_count": 8,
}
COSTLY = {"finds": "99%", "every": "3d", "turnover": "60%", "cost": "2000 CNY"}
BUSY = {"crowd.shoppers": 10_000}
LAWLESS = {"missing": "0%", "inspected": "0%", "named": {"supplier-3": {"missing": True}}}


def shop(**more: Any) -> Any:
    return load("scenarios/base.yaml", {**SHOP, **more})


def market(**more: Any) -> Marketplace:
    return Marketplace(shop(**more), seed=3)


def day(made: Marketplace, days: float) -> Marketplace:
    made.run_until(made.calendar.warmup + int(days * DAY))
    return made


def told(made: Any) -> list[tuple[str, str]]:
    return [(row[2], row[3]) for row in made.journal.rows if row[1] == "oversight" and "." not in row[2]]


def test_without_the_section_nothing_happens() -> None:
    made = run(shop(), seed=3)
    assert "oversight" not in made.market.notices and "fined" not in made.kpis
    lawful = run(shop(**{"oversight.licences": {"missing": "0%", "inspected": "0%", "renews": "100%"}}), seed=3)
    assert {name: lawful.kpis[name] for name in made.kpis} == made.kpis


# Licences -----------------------------------------------------------------------------------------


def test_an_unlicensed_supplier_costs_the_fine_and_every_sku_of_its_until_it_has_a_licence() -> None:
    audit = [{"at": "06-03 00:00", "do": "oversight.audit", "target": "supplier-3"}]
    made = market(**{"oversight.licences": {**LAWLESS, "obtain": "3d", "grave_from": "100k CNY"}, "events": audit, **BUSY})
    mine = np.asarray(made.world.shelf.skus["supplier"] == made.supply.suppliers["supplier-3"].number)
    day(made, 2.01)
    assert (made.world.shelf.skus["paused"] > 0).tolist() == mine.tolist()
    sold = made.world.shelf.skus["sold"][mine].copy()
    day(made, 4.9)
    assert (made.world.shelf.skus["sold"][mine] == sold).all(), "nothing of it is sold"
    assert made.world.books.debit[:, books.FINES].sum() * made.weight / 100 == pytest.approx(500_000), "the ceiling [G02]"
    day(made, 6.0)
    assert (made.world.shelf.skus["paused"] == 0).all()
    made.run()
    made.finish()
    assert (made.world.shelf.skus["sold"][mine] > sold).any(), "back on the shelf it sells"
    assert [kind for kind, _ in told(made)] == ["fined", "damages", "taken_down", "licensed", "reinstated"]


@pytest.mark.parametrize(
    ("policy", "fined", "reason"),
    [
        ("none", True, "nobody asked for the licence"),
        ("onboarding", False, "it was let in only with one"),
        ("periodic", False, "it was let in only with one"),
    ],
)
def test_a_check_on_joining_finds_the_missing_licence(policy: str, fined: bool, reason: str) -> None:
    audit = [{"at": "06-03", "do": "oversight.audit", "target": "supplier-3"}]
    more = {"oversight.licences": LAWLESS, "oversight.checks": {"policy": policy, **COSTLY}, "events": audit}
    kpis = run(shop(**more), seed=3).kpis
    assert (kpis["fined"] > 0) is fined, reason
    assert (kpis["days_unlicensed"] > 0) is fined and (kpis["skus_taken_down"] > 0) is fined
    assert kpis["staff_cost"] > 0 or policy == "none", "checks are paid for"


@pytest.mark.parametrize(("policy", "renewed"), [("onboarding", False), ("periodic", True)])
def test_only_who_is_reminded_renews_in_time(policy: str, renewed: bool) -> None:
    named = {"named": {"supplier-2": {"expires": "06-03"}}, "missing": "0%", "inspected": "0%", "renews": "0%"}
    made = run(shop(**{"oversight.licences": named, "oversight.checks.policy": policy}), seed=3)
    lapsed = ("licence_lapsed", "supplier-2") in told(made.market)
    assert lapsed is not renewed
    files = made.market.notices["oversight"].licences
    assert files.suppliers["supplier-2"].is_valid(made.market.calendar.end) is renewed


def test_a_lapsed_licence_is_found_by_the_next_check_before_the_regulator_comes() -> None:
    events = [
        {"at": "06-02", "do": "oversight.licence_lapse", "target": "supplier-1"},
        {"at": "06-06", "do": "oversight.audit"},
    ]
    licences = {"missing": "0%", "inspected": "0%", "renews": "100%"}
    fines = {}
    for policy in ("onboarding", "periodic"):
        checks = {"policy": policy, "every": "3d", "finds": "99%"}
        made = run(shop(**{"oversight.licences": licences, "oversight.checks": checks, "events": events}), seed=3)
        fines[policy] = made.kpis["fined"]
        assert (("found_by_check", "supplier-1") in told(made.market)) is (policy == "periodic")
    assert fines["onboarding"] > 0 and fines["periodic"] == 0


def test_doing_it_again_costs_the_serious_fine() -> None:
    events = [{"at": f"06-0{d}", "do": "oversight.audit", "target": f"supplier-{d}"} for d in (2, 3)]
    named = {f"supplier-{d}": {"missing": True} for d in (2, 3)}
    made = run(shop(**{"oversight.licences": {**LAWLESS, "named": named}, "events": events}), seed=3)
    sizes = [row[4] for row in made.market.journal.rows if row[2] == "fined"]
    assert 50_000 <= sizes[0] <= 500_000 and sizes[1] == 2_000_000
    assert made.kpis["fined"] == sum(sizes) == pytest.approx(made.kpis["fines_cost"])


def test_inspections_come_to_the_same_suppliers_at_the_same_minutes_under_every_policy() -> None:
    seen = []
    for policy in ("none", "periodic"):
        more = {"oversight.licences": {"inspected": "100%", "missing": "0%"}, "oversight.checks.policy": policy}
        made = market(**more, days=60, **{"crowd.shoppers": 100})
        made.run()
        seen.append([(row[0], row[3]) for row in made.journal.rows if row[2] == "inspected"])
    assert seen[0] == seen[1] and 1 <= len(seen[0]) <= 6, "8 suppliers, 61 days, once a year: 1.3 expected"


def test_what_was_over_before_the_start_is_not_counted() -> None:
    many = {"supply.supplier_count": 40, "warmup": "60d", "days": 4, "crowd.shoppers": 100}
    made = run(shop(**many, **{"oversight.licences": {"inspected": "100%", "missing": "50%", "obtain": "9d"}}), seed=3)
    start, looked, ended, off = made.market.calendar.warmup, [], {}, 0.0
    for row in reversed([row for row in made.market.journal.rows if row[1] == "oversight"]):
        if row[2] in ("inspected", "fined"):
            looked.append(row[0])
        elif row[2] == "reinstated":
            ended[row[3]] = row[0]
        elif row[2] == "taken_down":
            off += row[4] * (ended.get(row[3], made.market.calendar.end) > start)
    assert min(looked) < start and min(ended.values()) < start
    assert made.kpis["inspections"] == sum(minute >= start for minute in looked)
    assert made.kpis["skus_taken_down"] == off > 0


def test_a_licence_that_is_not_there_cannot_be_withdrawn() -> None:
    audit = {"at": "06-04", "do": "oversight.audit", "target": "supplier-3"}
    lapse = {"at": "06-03 20:00", "do": "oversight.licence_lapse", "target": "supplier-3"}
    fined = []
    for events in ([audit], [audit, lapse]):
        licences = {**LAWLESS, "grave_from": "10B CNY"}
        fined.append(run(shop(**{"oversight.licences": licences, "events": events, **BUSY}), seed=3).kpis["fined"])
    assert fined[0] == fined[1] > 50_000, "what was sold without a licence before counts as well"


def test_two_keys_delay_what_comes_back_and_are_paid() -> None:
    audit = [{"at": "06-02", "do": "oversight.audit", "target": "supplier-3"}]
    back, staff = {}, {}
    for policy in ("none", "two_key"):
        more = {"oversight.licences": {**LAWLESS, "obtain": "10d"}, "oversight.review": {"policy": policy, "delay": "2d"}}
        made = run(shop(**more, events=audit, days=16), seed=3)
        back[policy] = next(row[0] for row in made.market.journal.rows if row[2] == "reinstated")
        staff[policy] = made.kpis["staff_cost"]
    assert back["two_key"] - back["none"] == 2 * DAY and staff["two_key"] > staff["none"]


def test_the_regulator_may_order_goods_off_the_shelf_and_people_cannot_put_back_what_has_no_licence() -> None:
    events = [
        {"at": "06-02", "do": "oversight.take_down", "target": "supplier-3", "for": "2d"},
        {"at": "06-03", "do": "oversight.reinstate", "target": "supplier-3"},
    ]
    made = market(**{"oversight.licences": LAWLESS, "events": events})
    day(made, 7)
    assert ("reinstatement_refused", "supplier-3") in told(made) and (made.world.shelf.skus["paused"] > 0).any()
    licensed = market(**{"oversight.licences": {**LAWLESS, "named": {}}, "events": events[:1]})
    day(licensed, 1.5)
    assert (licensed.world.shelf.skus["paused"] > 0).any()
    day(licensed, 3.5)
    assert (licensed.world.shelf.skus["paused"] == 0).all()


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ([{"at": "06-02", "do": "oversight.take_down", "target": "supplier-3", "for": "1d"}], "a shorter order ends"),
        ([{"at": "06-01 10:00", "do": "oversight.audit", "target": "supplier-3"}], "a licence arrives"),
        ([{"at": "06-03", "do": "oversight.reinstate", "target": "supplier-3"}], "the shop would put them back"),
    ],
)
def test_an_order_of_the_regulator_keeps_goods_off_the_shelf_to_its_end(more: list[dict[str, Any]], reason: str) -> None:
    order = {"at": "06-02", "do": "oversight.take_down", "target": "supplier-3", "for": "4d"}
    named = LAWLESS["named"] if "audit" in more[0]["do"] else {}
    licences = {**LAWLESS, "named": named, "obtain": "2d"}
    made = market(**{"oversight.licences": licences, "events": [order, *more]})
    mine = np.asarray(made.world.shelf.skus["supplier"] == made.supply.suppliers["supplier-3"].number)
    day(made, 4.9)
    assert ((made.world.shelf.skus["paused"] > 0) == mine).all(), reason
    day(made, 5.1)
    assert (made.world.shelf.skus["paused"] == 0).all()


# The arithmetic of the law ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payment", "tax", "reason"),
    [
        (500.0, 0.0, "nothing is left after 800 CNY"),
        (4_000.0, 640.0, "20% of what is above 800 CNY"),
        (10_000.0, 1_600.0, "20% of 80%"),
        (25_000.0, 4_000.0, "base 20,000: the end of the first bracket"),
        (62_500.0, 13_000.0, "base 50,000: 30% less 2,000"),
        (100_000.0, 25_000.0, "base 80,000: 40% less 7,000"),
    ],
)
def test_withholding_follows_the_brackets(payment: float, tax: float, reason: str) -> None:
    assert withholding(payment) == pytest.approx(tax), reason


@given(st.floats(0, 1e7), st.floats(0, 1e6))
def test_withholding_never_falls_when_more_is_paid(payment: float, more: float) -> None:
    assert withholding(payment) <= withholding(payment + more) + 1e-6


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(-2, 3))
def test_a_fine_stays_in_its_band(least: float, width: float, gravity: float) -> None:
    assert least <= within_band(least, least + width, gravity) <= least + width + 1e-6


def test_a_breach_costs_what_both_sources_say() -> None:
    assert breach_cost(25_000, 25_000, 4.88e6, 42e6) == pytest.approx(4.88e6), "the usual breach [G14]"
    assert breach_cost(1e6, 25_000, 4.88e6, 42e6) == pytest.approx(42e6), "a million records [G16]"
    assert breach_cost(0, 25_000, 4.88e6, 42e6) == 0.0


@given(st.floats(1, 1e7), st.floats(0, 1))
def test_whoever_lacks_nothing_is_not_fined_and_nobody_pays_more_than_the_ceiling(records: float, lacking: float) -> None:
    fine = privacy_fine(records, 1e7, lacking, 1e6, 5e7, 5e4)
    assert 0.0 <= fine <= 5e7 * lacking + 1e-6
    assert (fine == 0.0) == (lacking == 0.0)


# Privacy ------------------------------------------------------------------------------------------


@given(st.floats(0, 1), st.integers(0, 10**9))
def test_least_privilege_never_reaches_further_than_open_access(needs: float, customers: int) -> None:
    section = Privacy()
    role = type("Role", (), {"needs": needs})
    assert LeastPrivilege(section).reach(role, customers) <= OpenAccess(section).reach(role, customers)


@pytest.mark.parametrize(
    ("privacy", "event", "records", "reason"),
    [
        ({}, {"role": "service"}, 2_000_000, "every account sees every customer"),
        ({"policy": "least_privilege"}, {"role": "service"}, 40_000, "2% of the records are what the work needs"),
        ({"policy": "least_privilege"}, {"role": "administrator"}, 388_000, "2,000 a day for 194 days"),
        ({"masking": True}, {"role": "service"}, 200_000, "one in ten masked records can be told apart"),
        ({"masking": True}, {"entry": "database"}, 2_000_000, "masking is on pages, not in the database"),
        ({"encryption": True}, {"entry": "database"}, 0, "without the keys the file is worth nothing"),
        ({"encryption": True}, {"role": "service"}, 2_000_000, "an account reads what its pages decrypt"),
    ],
)
def test_how_far_a_thief_reaches(privacy: dict[str, Any], event: dict[str, Any], records: float, reason: str) -> None:
    breach = [{"at": "06-02", "do": "oversight.breach", **event}]
    made = run(shop(**{"oversight.privacy": {"a_year": 0, **privacy}, "events": breach}), seed=3)
    assert made.kpis["records_exposed"] == pytest.approx(records), reason
    assert (made.kpis["compensation_cost"] > 0) is (records > 0)


def test_narrow_rights_that_cost_nothing_are_narrow_all_the_same() -> None:
    breach = [{"at": "06-02", "do": "oversight.breach", "role": "analyst"}]
    fined = []
    for cost in ("600k CNY", "0 CNY"):
        privacy = {"a_year": 0, "policy": "least_privilege", "least_privilege_cost": cost}
        fined.append(run(shop(**{"oversight.privacy": privacy, "events": breach}), seed=3).kpis["fined"])
    assert fined[0] == fined[1] > 0


def test_those_concerned_are_told_in_time_and_only_they_are_disappointed() -> None:
    breach = [{"at": "06-02 00:00", "do": "oversight.breach", "role": "warehouse"}]
    privacy = {"policy": "least_privilege", "roles": {"warehouse": {"accounts": 1, "needs": "15%"}}, "a_year": 0}
    with_breach = market(**{"oversight.privacy": privacy, "events": breach})
    without = market(**{"oversight.privacy": privacy})
    for made in (with_breach, without):
        day(made, 3.99)
    assert (with_breach.world.crowd.rows["satisfaction"] == without.world.crowd.rows["satisfaction"]).all(), "not yet told"
    day(with_breach, 4.001)
    day(without, 4.001)
    before, after = without.world.crowd.rows, with_breach.world.crowd.rows
    fell = after["satisfaction"] < before["satisfaction"] - 0.1
    assert 0.10 < fell.mean() < 0.20
    gone = (before["flags"] & ALIVE != 0) & (after["flags"] & ALIVE == 0)
    assert gone.any() and not (gone & ~fell).any()


def test_protections_cost_every_day() -> None:
    bare, guarded = (
        run(shop(**{"oversight.privacy": {"a_year": 0, **p}}), seed=3).kpis["it_cost"]
        for p in ({}, {"policy": "least_privilege", "masking": True, "encryption": True})
    )
    assert guarded - bare == pytest.approx(1_200_000 / 365 * 8, rel=1e-3)


# Tax, prices, data abroad -------------------------------------------------------------------------


def test_tax_not_withheld_is_found_by_the_audit_and_fined_by_half_and_withheld_tax_is_not() -> None:
    room = [{"kind": "livestream", "at": "06-02 20:00", "for": "3h"}]
    audit = [{"at": "06-05", "do": "oversight.audit", "what": "tax"}]
    kpis = {}
    for policy in ("none", "withhold"):
        more = {"shelf.promotions": room, "oversight.commissions.policy": policy, "events": audit}
        kpis[policy] = run(shop(**more), seed=3).kpis
    assert kpis["withhold"]["tax_withheld"] > 0 and kpis["withhold"]["fined"] == 0
    assert kpis["none"]["fined"] == pytest.approx(0.5 * kpis["withhold"]["tax_withheld"], rel=1e-6)
    assert kpis["withhold"]["staff_cost"] > kpis["none"]["staff_cost"]


@pytest.mark.parametrize(
    ("raised", "policy", "fined", "reason"),
    [
        ("06-01", "none", True, "raised five days before the cut"),
        ("05-29 10:00", "none", True, "raised six and a half days before the cut"),
        ("05-28 10:00", "none", False, "the price had held for seven and a half days, the window is seven"),
        ("05-26", "none", False, "the price had held for longer than the window"),
        ("06-01", "two_key", False, "legal or finance said no"),
    ],
)
def test_a_price_raised_shortly_before_a_cut_is_a_false_promotion(
    raised: str, policy: str, fined: bool, reason: str
) -> None:
    cut = [{"kind": "discount", "off": "15%", "skus": "all", "from": "06-05", "to": "06-06"}]
    events = [
        {"at": raised, "do": "shelf.raise_prices", "magnitude": "12%", "for": "14d"},
        {"at": "06-07", "do": "oversight.audit", "what": "prices"},
    ]
    more = {
        "oversight.prices": {"inspected": "1%"},
        "oversight.review": {"policy": policy, "finds": "95%"},
        "shelf.promotions": cut,
        "events": events,
        "warmup": "10d",
    }
    made = run(shop(**more), seed=3)
    assert (made.kpis["fined"] == 1_000_000) is fined and (made.kpis["fined"] > 0) is fined, reason


def test_shoppers_see_the_true_price_of_what_was_raised() -> None:
    raised = [{"at": "06-02", "do": "shelf.raise_prices", "magnitude": "20%", "for": "6d"}]
    calm, dear = (run(shop(events=e), seed=3) for e in ([], raised))
    assert dear.kpis["orders"] < calm.kpis["orders"]
    skus = dear.market.world.shelf.skus
    assert (skus["list_price"] == calm.market.world.shelf.skus["list_price"]).all(), "and back again at the end"


def test_records_abroad_need_an_assessment() -> None:
    audit = [{"at": "06-03", "do": "oversight.audit", "what": "data"}]
    bare = {"abroad": "50%", "inspected": "0.1%"}
    fined = run(shop(**{"oversight.residency": bare, "events": audit}), seed=3).kpis
    allowed = run(shop(**{"oversight.residency": {**bare, "assessed": True}, "events": audit}), seed=3).kpis
    assert fined["fined"] == 500_000 and allowed["fined"] == 0 and allowed["it_cost"] > fined["it_cost"]


@pytest.mark.parametrize(
    ("section", "event", "said"),
    [
        ({}, {"do": "oversight.audit"}, "oversight.licences"),
        ({"oversight.licences": {}}, {"do": "oversight.audit", "what": "weather"}, "weather"),
        ({"oversight.licences": {}}, {"do": "oversight.audit", "target": "nobody"}, "nobody"),
        ({"oversight.privacy": {}}, {"do": "oversight.breach", "role": "cook"}, "cook"),
        ({"oversight.privacy": {}}, {"do": "oversight.breach", "entry": "window"}, "window"),
    ],
)
def test_an_event_that_cannot_be_says_what_is_accepted(section: dict[str, Any], event: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        day(market(events=[{"at": "06-01 01:00", **event}], **section), 0.1)


def test_a_licence_of_a_supplier_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SimError, match="supplier-99"):
        market(**{"oversight.licences": {"named": {"supplier-99": {"missing": True}}}})


# One breach, two sides -----------------------------------------------------------------------------------


def test_passwords_in_attackers_hands_are_a_breach_of_personal_data_too() -> None:
    event = [{"at": "06-02", "do": "threats.breach", "records": "2%"}]
    section = {"oversight.privacy": {"a_year": 0}}
    bare = run(shop(events=event), seed=3)
    whole = run(shop(events=event, **section), seed=3)
    assert bare.kpis["compensation_cost"] == 0, "no section, no consequences of the law"
    assert whole.kpis["records_exposed"] == pytest.approx(40_000)
    assert whole.kpis["compensation_cost"] > 0
    kinds = list(whole.events[whole.events.side == "oversight"].kind)
    assert kinds.count("records_exposed") == 1 and "fined" in kinds and "notified" in kinds


@pytest.mark.parametrize(
    ("privacy", "event", "passwords", "reason"),
    [
        ({}, {"entry": "database"}, 2_000_000, "the database holds the passwords"),
        ({"encryption": True}, {"entry": "database"}, 0, "nothing can be read"),
        ({}, {"role": "service"}, 0, "pages show no passwords"),
    ],
)
def test_a_stolen_database_puts_passwords_into_attackers_hands(
    privacy: dict[str, Any], event: dict[str, Any], passwords: float, reason: str
) -> None:
    breach = [{"at": "06-02", "do": "oversight.breach", **event}]
    made = market(**{"oversight.privacy": {"a_year": 0, **privacy}, "events": breach})
    day(made, 2)
    found = made.notices.get("threats")
    assert (found.breached if found else 0.0) == pytest.approx(passwords), reason


def test_what_diligence_is_worth_is_an_assumption_that_can_be_swept() -> None:
    from sim.scenario.assumptions import assumptions

    listed = {item.path for item in assumptions(shop(**{"oversight.licences": LAWLESS}))}
    assert {"oversight.checks.gravity_onboarding", "oversight.checks.gravity_periodic"} <= listed
