"""Relations that hold in any sane shop: a cause told twice is one cause, a cause of nothing changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.engine.marketplace import Marketplace
from sim.engine.result import Result
from sim.scenario import load

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SHOP = {"crowd.shoppers": 1200, "crowd.represents": 12_000, "shelf.catalogue.skus": 100, "warmup": "2d", "days": 12}


def kpis(**more: Any) -> dict[str, float]:
    return sim.run(load(SCENARIOS / "base.yaml", {**SHOP, **more}), seed=2).kpis


def events(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"events": list(entries)}


@pytest.mark.parametrize(
    "event",
    [
        {"do": "supply.fail", "target": "all", "for": "6d", "holds_shipments": True},
        {"do": "supply.port_closure", "target": "all", "for": "6d"},
        {"do": "fulfilment.close_warehouse", "target": "central-1", "for": "1d"},
    ],
    ids=lambda event: event["do"],
)
def test_a_closure_told_twice_is_one_closure(event):
    event = {"at": "06-03", **event}
    assert kpis(**events(event)) == kpis(**events(event, event)) != kpis()


@pytest.mark.parametrize(
    "event",
    [
        {"do": "supply.capacity_cut", "target": "all", "for": "5d", "magnitude": "0%"},
        {"do": "supply.slow", "target": "all", "for": "5d", "magnitude": "100%"},
        {"do": "fulfilment.slow_roads", "for": "5d", "magnitude": "100%"},
        {"do": "supply.expedite", "magnitude": "100%"},
        {"do": "supply.spoil", "magnitude": "0%"},
        {"do": "supply.transfer", "sku": 3, "origin": 0, "to": 1, "units": 0},
    ],
    ids=lambda event: event["do"],
)
def test_a_cause_of_nothing_changes_nothing(event):
    assert kpis(**events({"at": "06-03", **event})) == kpis()


def test_slow_roads_are_afterwards_what_they_were_and_may_be_told_in_parts():
    spell = {"do": "fulfilment.slow_roads", "magnitude": "170%"}
    whole = events({"at": "06-03", "for": "4d", **spell})
    parts = events({"at": "06-03", "for": "2d", **spell}, {"at": "06-05", "for": "2d", **spell})
    assert kpis(**whole) == kpis(**parts) != kpis()
    usual, after = (market(**more).world.fulfilment.haul_mean for more in ({}, whole))
    assert np.array_equal(usual, after)


def test_a_later_cash_back_makes_an_earlier_one_no_cheaper():
    first = {"kind": "cash_back", "amount": "20 CNY", "skus": "all", "from": "06-02", "to": "06-05"}
    second = {**first, "amount": "0.01 CNY", "from": "06-05", "to": "06-12"}
    alone, both = (kpis(**{"shelf.promotions": calendar})["cash_back_cost"] for calendar in ([first], [first, second]))
    # the second one brings reviews of its own, and moves nobody's first purchase
    assert 0.0 < alone <= both < 1.02 * alone


def market(**more: Any) -> Marketplace:
    made = Marketplace(load(SCENARIOS / "base.yaml", {**SHOP, **more}), seed=2)
    made.run()
    return made


def test_service_and_range_of_a_rival_count_at_our_prices_too():
    def bought(**rival: Any) -> float:
        return kpis(**{"rivals.platforms": {"other": rival}})["rival_purchases"]

    plain = bought()
    assert bought(service=1.0) > plain > bought(service=-1.0)
    assert bought(range="10%") < plain
    nothing = events({"at": "06-03", "do": "rivals.service", "target": "other", "utility": 0.0})
    assert kpis(**{"rivals.platforms": {"other": {}}}, **nothing) == kpis(**{"rivals.platforms": {"other": {}}})


def test_who_has_paid_all_beforehand_cannot_fail_to_pay_the_rest():
    presale = {"kind": "presale", "from": "06-02", "balance": "06-08 20:00", "off": "10%", "skus": "all"}

    def run(deposit: str) -> Result:
        return sim.run(load(SCENARIOS / "base.yaml", {**SHOP, "shelf.promotions": [{**presale, "deposit": deposit}]}), seed=2)

    some, everything = run("10%"), run("100%")
    assert some.kpis["presale_default"] > 0.0
    assert everything.kpis["presale_default"] == 0.0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_queue_that_grows_older_than_its_memory_loses_no_request(seed):
    storm = {
        "crowd.shoppers": 5000, "shelf.catalogue.skus": 100, "platform.autoscaler.enabled": False, "platform.prescale": [],
        "platform.retries": {"attempts": 5, "budget": None}, "platform.shedding.enabled": False, "platform.deadlines": False,
        "platform.breaker.enabled": False, "days": 19,
        **events({"at": "06-18 00:00", "do": "platform.slow", "target": "order", "magnitude": "2900%", "for": "5min"}),
    }  # fmt: skip
    result = sim.run(load(SCENARIOS / "618.yaml", storm), seed=seed)  # every law is checked at its end
    assert result.kpis["order_availability"] < 0.99
