"""Every conservation law over random scenarios: any promotions, policies, troubles, attacks and what people do about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.books.view import total
from sim.engine.marketplace import Marketplace
from sim.scenario import load

BASE = Path(__file__).parents[2] / "scenarios" / "base.yaml"
DAYS = 6  # 1 to 6 June, after a warm-up of a day

ALL_LAWS = {
    "orders", "parcels", "little", "promised stock", "enquiries", "complaints", "care waiting", "requests", "little of services",
    "attackers", "coupon budgets", "stock", "demand", "money", "refunds", "payments", "served", "coupons",
}  # fmt: skip

KINDS = [
    "discount", "member_price", "flash", "full_reduction", "presale", "coupon", "livestream", "group_buy", "cash_back",
]  # fmt: skip
SIDES = ["crowd", "supply", "fulfilment", "care", "platform", "threats", "rivals", "shelf", "oversight"]

moments = st.builds(
    lambda day, hour, minute: f"06-{day:02d} {hour:02d}:{minute:02d}",
    st.integers(1, DAYS), st.integers(0, 23), st.sampled_from([0, 1, 30, 59]),
)  # fmt: skip
spans = st.sampled_from(["10min", "1h", "5h", "1d", "3d", "20d"])
shares = st.sampled_from(["1%", "10%", "50%", "100%"])
rules = st.sampled_from(["all", "hero", "flash", "exclusive", "top 5%", "random 30%", "category:food"])


@st.composite
def periods(draw: Any) -> dict[str, str]:
    """An opening and an end after it."""
    first = draw(st.integers(1, DAYS - 1))
    last = draw(st.integers(first, DAYS))
    return {"from": f"06-{first:02d} {draw(st.integers(0, 11)):02d}:00", "to": f"06-{last:02d} {draw(st.integers(12, 23)):02d}:00"}


@st.composite
def promotions(draw: Any, kinds: list[str]) -> dict[str, Any]:
    """A promotion of one of the kinds."""
    kind = draw(st.sampled_from(kinds))
    span, off = draw(periods()), f"{draw(st.integers(1, 60))}%"
    if kind in ("discount", "member_price"):
        quota = draw(st.sampled_from([{}, {"quota": 300}]))
        return {"kind": kind, "off": off, "skus": draw(rules), **span, **quota}
    if kind == "flash":
        quota = draw(st.sampled_from([{}, {"quota": 200}]))
        return {"kind": kind, "off": off, "skus": draw(rules), "at": [draw(moments)], "for": "2h", **quota}
    if kind == "full_reduction":
        both = {"with_coupon": draw(st.booleans()), "with_member_price": draw(st.booleans())}
        return {"kind": kind, "every": "100 CNY", "off": f"{draw(st.integers(5, 60))} CNY", **span, **both}
    if kind == "presale":
        return {
            "kind": kind, "deposit": f"{draw(st.integers(1, 90))}%", "off": "10%", "skus": draw(rules),
            "from": span["from"], "balance": span["to"],
        }  # fmt: skip
    if kind == "coupon":
        budget = draw(st.sampled_from(["500 CNY", "50000 CNY"]))
        return {"kind": kind, "threshold": "50 CNY", "off": "20 CNY", "budget": budget, "claim": "60%", **span}
    if kind == "livestream":
        return {"kind": kind, "at": draw(moments), "for": "3h", "fee": "100 CNY", "zero_yuan_trials": draw(st.integers(0, 300))}
    if kind == "group_buy":
        return {"kind": kind, "ladder": {"2": "5%", "3": "15%"}, "within": "8h", "skus": draw(rules), **span}
    return {"kind": kind, "amount": "5 CNY", "skus": draw(rules), **span}


#: what may happen: name and arguments, each with what it may be
EVENTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "crowd.surge": {"factor": st.sampled_from([0.2, 3.0]), "for": spans},
    "crowd.rumour": {"share": shares},
    "crowd.broadcast": {},
    "supply.fail": {"target": st.sampled_from(["supplier-1", "all"]), "for": spans, "holds_shipments": st.booleans()},
    "supply.quality": {"target": st.just("all"), "magnitude": shares, "for": spans},
    "supply.slow": {"target": st.just("all"), "magnitude": st.just(5), "for": spans},
    "supply.spoil": {"magnitude": shares, "warehouse": st.sampled_from([0, 1, 4])},
    "supply.order": {"skus": st.sampled_from(["all", "hero", "exclusive"]), "cover": st.just("10d of cover")},
    "supply.expedite": {},
    "supply.transfer": {"sku": st.integers(0, 7), "origin": st.just(0), "to": st.just(2), "units": st.just(200)},
    "fulfilment.close_warehouse": {"target": st.sampled_from(["central-1", "regional-2"]), "for": spans},
    "fulfilment.warehouse_fire": {"target": st.sampled_from(["central-1", "regional-1"]), "magnitude": shares},
    "fulfilment.reroute": {"target": st.sampled_from(["central-1", "regional-3"]), "for": spans},
    "fulfilment.strike": {"magnitude": shares, "for": spans},
    "fulfilment.slow_picking": {"magnitude": st.just("2%"), "for": spans},
    "fulfilment.overtime": {"for": spans},
    "care.staff_sick": {"magnitude": shares, "for": spans},
    "care.compensate": {},
    "care.refund_at_once": {"for": spans},
    "platform.crash": {"target": st.sampled_from(["order", "payment", "gateway"]), "magnitude": shares, "for": spans},
    "platform.database_crash": {"target": st.just("payment"), "for": spans},
    "platform.dependency_outage": {"target": st.just("payment_provider"), "hangs": st.booleans(), "for": spans},
    "platform.site_loss": {"for": st.sampled_from(["1h", "1d"])},
    "platform.slow": {"target": st.just("cart"), "for": spans},
    "platform.bad_release": {"target": st.just("order"), "magnitude": shares},
    "platform.thundering_herd": {"magnitude": st.just(20)},
    "platform.rollback": {},
    "threats.ddos": {"target": st.sampled_from(["browse", "order", "volumetric"]), "for": spans},
    "threats.coupon_abuse": {"gangs": st.just(2), "for": spans},
    "threats.scalpers": {"gangs": st.just(2), "for": spans},
    "threats.card_fraud": {"gangs": st.just(2), "for": spans},
    "threats.return_fraud": {"gangs": st.just(2), "for": spans},
    "threats.credential_stuffing": {"for": spans},
    "threats.price_bug": {"target": rules, "off": st.sampled_from(["50%", "99%"]), "for": spans},
    "threats.block": {},
    "threats.cancel_orders": {},
    "rivals.price_war": {"target": st.just("dragon"), "for": spans},
    "rivals.promotion": {"target": st.just("all"), "for": spans},
    "shelf.raise_prices": {"skus": rules, "for": spans},
    "shelf.match_prices": {"for": spans},
    "oversight.audit": {"target": st.just("all")},
    "oversight.take_down": {"target": st.sampled_from(["supplier-1", "supplier-2"]), "for": spans},
    "oversight.licence_lapse": {"target": st.just("supplier-1")},
    "oversight.breach": {},
}


@st.composite
def events(draw: Any, sides: list[str]) -> dict[str, Any]:
    """Something that befalls one of the sides of a shop, or that is done there."""
    side = draw(st.sampled_from(sides))
    name = draw(st.sampled_from(sorted(name for name in EVENTS if name.partition(".")[0] == side)))
    return {"at": draw(moments), "do": name, **{key: draw(value) for key, value in EVENTS[name].items()}}


VOUCHER = {"off": "10 CNY", "threshold": "30 CNY"}
#: parts of a shop, each there or not
PARTS: dict[str, Any] = {
    "crowd.coupons": {"budget": "2000 CNY", "every": "1d", "vouchers": {"new": VOUCHER, "loyal": VOUCHER}},
    "crowd.membership": {"joins": 1, "day": {"every": "2d", "voucher": VOUCHER, "budget": "1000 CNY"}, "free_returns": {}},
    "crowd.private_domain": {"voucher": VOUCHER, "budget": "500 CNY"},
    "crowd.messages": {"policy": "triggered"},
    "crowd.invitations": {"takes_part": "50%"},
    "crowd.acquisition": {"channels": {"street": {"policy": "community_leaders", "budget": "500 CNY", "pick_up": True, "direct": "10%"}}},
    "care.staff": {"number": 2},
    "care.bot": {"policy": "by_intent"},
    "care.complaints": {"policy": "clock"},
    "care.compensation": {"policy": "coupon"},
    "care.refunds": {"policy": "instant", "trust": "40%"},
    "shelf.price_protection": {"within": "5d", "claim": "90%"},
    "shelf.ab": {"arms": {"a": {}, "b": {"quality": "90%"}}},
    "shelf.markdown": {"policy": "slow_movers"},
    "supply.contracts": [{"kind": "c2m", "from": "06-01 00:00", "to": "06-05 00:00"}],
    "threats.defences": {"captcha": {}, "behaviour": {}, "manual_review": {}, "real_name": {}},
    "platform.sites": {"pattern": "active_active"},
}


@st.composite
def worlds(draw: Any, side: str, kind: str) -> dict[str, Any]:
    """Overrides that make a small shop out of the base scenario, and what befalls it.

    There is a promotion of the kind and an event of the side, and others of any.
    """
    first = draw(events([side]))
    others = draw(st.lists(events(SIDES), max_size=4, unique_by=lambda event: event["do"]))
    shoppers = draw(st.integers(60, 300))
    parts = draw(st.lists(st.sampled_from(sorted(PARTS)), unique=True, max_size=7))
    return {
        "crowd.shoppers": shoppers, "crowd.represents": shoppers * draw(st.sampled_from([1, 40])), "days": DAYS, "warmup": "1d",
        "shelf.catalogue.skus": draw(st.integers(16, 50)), "supply.supplier_count": 4,
        "crowd.visits.per_day": draw(st.sampled_from([0.3, 3.0])),
        "crowd.payment.completes": draw(st.sampled_from(["50%", "95%"])),
        "supply.stock.initial": draw(st.sampled_from(["0d of cover", "2d of cover", "20d of cover"])),
        "supply.stock.policy": draw(st.sampled_from(["lost_sales", "backorder"])),
        "supply.replenishment.policy": draw(st.sampled_from(["dynamic", "min_max", "base_stock", "newsvendor"])),
        "supply.sourcing.policy": draw(st.sampled_from(["single", "dual"])),
        "fulfilment.allocation": draw(st.sampled_from(["nearest", "front_first", "split_averse", "look_ahead"])),
        "fulfilment.network.front": draw(st.sampled_from([0, 4])),
        "fulfilment.cancelling.hazard": draw(st.sampled_from(["2%", "60%"])),
        "rivals.platforms": {"dragon": {"reaction": {"policy": draw(st.sampled_from(["none", "match", "war"]))}}},
        "oversight.licences": {"missing": draw(st.sampled_from(["0%", "30%"]))}, "oversight.privacy": {},
        "shelf.promotions": [draw(promotions([kind])), *draw(st.lists(promotions(KINDS), max_size=3))],
        "events": [first, *(event for event in others if event["do"] != first["do"])],
        **{part: PARTS[part] for part in parts},
    }  # fmt: skip


#: orders of each random scenario of this run
ORDERS: list[float] = []


@pytest.mark.slow
@pytest.mark.parametrize(("side", "kind"), list(zip(SIDES, KINDS, strict=True)))
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), seed=st.integers(0, 2**40))
def test_every_law_holds_whatever_befalls_a_shop(side: str, kind: str, data: Any, seed: int) -> None:
    market = Marketplace(load(BASE, data.draw(worlds(side, kind))), seed=seed)
    market.run()
    market.finish()
    assert set(market.laws) == ALL_LAWS and set(market.laws.values()) == {"holds"}
    assert total(market, "visits") > 0, "a shop that nobody visits can break no law"
    ORDERS.append(total(market, "orders"))


@pytest.mark.slow
def test_most_of_the_random_shops_sold_something() -> None:
    if len(ORDERS) < 20:
        pytest.skip("the random scenarios have not been run by this process")
    assert sum(orders > 0 for orders in ORDERS) > 0.6 * len(ORDERS)
