"""Stock moves without a unit lost or made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from yard import Yard

from sim.books import state as books
from sim.supply import kernel, transfers
from sim.supply import state as s


def stock_law(yard: Yard) -> None:
    """Every SKU: what came in = what lies there + what left + what is on the road."""
    supply = yard.world.supply
    t = supply.totals
    came = t[s.INITIAL] + t[s.RECEIVED] + t[s.RESTOCKED]
    left = t[s.PICKED] + t[s.SCRAPPED] + t[s.CONSUMED]
    moving = t[s.TRANSFER_OUT] - t[s.TRANSFER_IN]
    assert (came == supply.stock["on_hand"].sum(axis=0) + left + moving).all()
    assert (supply.stock["on_hand"] >= 0).all()
    assert (supply.stock["on_order"] >= 0).all()
    assert (t[s.DEMANDED] == supply.history.sum(axis=0)).all()
    owed = sum((supplier.owed() for supplier in yard.supply.roll), np.zeros(yard.supply.skus, np.int64))
    road = np.zeros(yard.supply.skus, np.int64)
    for supplier in yard.supply.roll:
        for shipment in supplier.on_road:
            np.add.at(road, shipment.skus, shipment.units)
    assert (supply.stock["on_order"].sum(axis=0) == owed + road + moving).all(), (
        "on order = owed + on the road + in transfer"
    )


scenarios = st.fixed_dictionaries(
    {
        "sourcing": st.sampled_from(["single", "backup", "dual", "dual_index", "capped_dual_index", "emergency_pool"]),
        "replenishment": st.sampled_from(["dynamic", "base_stock", "periodic_min_max", "min_max", "r_q", "newsvendor"]),
        "forecast": st.sampled_from(
            ["moving_average", "exponential_smoothing", "croston", "promotion_aware", "perfect"]
        ),
        "rationing": st.sampled_from(["proportional", "oldest_first", "priority"]),
        "policy": st.sampled_from(["lost_sales", "backorder"]),
        "network": st.sampled_from([(1, 0, 0), (1, 2, 0), (1, 2, 3)]),
        "yield": st.sampled_from(["100%", "95%"]),
        "capacity": st.sampled_from([None, "40/d", "3/d"]),
        "seed": st.integers(0, 2**40),
        "fails_at": st.integers(0, 20),
    }
)


@settings(max_examples=40, deadline=None)
@given(scenarios)
def test_no_unit_is_lost_or_made_whatever_the_policies_and_whatever_befalls_suppliers(case: dict[str, Any]) -> None:
    yard = Yard(
        {
            "supplier_count": 3,
            "generated": {
                "lead_time": {"mean": "3d"},
                "yield": case["yield"],
                "capacity": case["capacity"],
                "rationing": case["rationing"],
                "disruptions": {"up": {"mean": "12d"}, "down": {"mean": "4d"}, "holds_shipments": True},
                "monitored": True,
            },
            "stock": {"initial": "8d of cover", "policy": case["policy"]},
            "sourcing": {"policy": case["sourcing"]},
            "replenishment": {"policy": case["replenishment"]},
            "forecast": {"policy": case["forecast"]},
        },
        {"distribution": "poisson", "mean": 2, "skus": 12},
        days=20,
        warmup=3,
        seed=case["seed"],
        network=case["network"],
    )
    yard.at(case["fails_at"] * 1440.0, "supply.region_down", target="all", for_minutes="2d")
    yard.at(case["fails_at"] * 1440.0 + 700.0, "supply.expedite", target="all")
    yard.run()
    stock_law(yard)
    account = yard.world.books
    assert account.debit.sum() == account.credit.sum()
    value = int((account.debit - account.credit)[:, books.INVENTORY].sum())
    gone = yard.world.supply.totals[s.CONSUMED] * yard.world.shelf.skus["unit_cost"]
    moving = yard.world.supply.totals[s.TRANSFER_OUT] - yard.world.supply.totals[s.TRANSFER_IN]
    units = yard.world.supply.stock["on_hand"].sum(axis=0) + moving
    assert value - gone.sum() == (units * yard.world.shelf.skus["unit_cost"]).sum(), "inventory account = stock at cost"


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30), st.integers(0, 100_000))
def test_rationing_in_proportion_gives_all_there_is_and_nobody_more_than_asked(asked: list[int], output: int) -> None:
    units = np.array(asked, np.int64)
    given_ = kernel.ration(units, output)
    assert given_.sum() == min(output, units.sum())
    assert (given_ <= units).all() and (given_ >= 0).all()
    if units.sum() > output:
        assert (np.abs(given_ - units * output / units.sum()) < 1.0).all()


def test_rationing_in_order_serves_the_first_in_full() -> None:
    assert kernel.ration_in_order(np.array([5, 7, 9]), np.array([2, 0, 1]), 11).tolist() == [2, 0, 9]


@settings(deadline=None)
@given(st.integers(0, 60), st.lists(st.integers(0, 40), min_size=5, max_size=5))
def test_a_cascade_shares_scarce_stock_in_proportion_and_keeps_every_unit(central: int, wanted: list[int]) -> None:
    yard = Yard({"stock": {"units": 0}}, {"distribution": "constant", "mean": 0, "skus": 1}, days=1, network=(1, 2, 3))
    supply = yard.world.supply
    supply.stock["on_hand"][0, 0] = central
    levels = np.zeros((6, 1), np.int64)
    levels[1:, 0] = wanted
    sent = np.zeros((6, 1), np.int64)
    total = transfers.cascade(supply, levels, sent, 0.0)
    assert total == sent.sum() == min(central, wanted[0] + wanted[1]), (
        "only central has stock to send, to its two regionals"
    )
    assert supply.stock["on_hand"].sum() + supply.stock["on_order"].sum() == central
    assert (sent[1:3, 0] <= np.array(wanted[:2])).all()


def test_a_front_is_replenished_by_the_regional_of_its_region() -> None:
    yard = Yard({}, {"skus": 1, "mean": 1}, days=1, network=(1, 2, 3))
    assert yard.world.supply.parent.tolist() == [-1, 0, 0, 1, 2, 1]


def test_opening_stock_covers_the_days_asked_for_and_is_what_the_file_says() -> None:
    covered = Yard({"stock": {"initial": "10d of cover"}}, {"mean": 7, "skus": 50}, days=1, network=(1, 2, 4))
    # 7 a day in the whole shop, wherever they are asked for
    assert (covered.world.supply.totals[s.INITIAL] == 70).all()
    given_ = Yard({"stock": {"units": 13}}, {"mean": 7, "skus": 5}, days=1)
    assert (given_.world.supply.stock["on_hand"] == 13).all()


def test_opening_stock_with_a_spread_starts_skus_at_different_points_of_their_cycle() -> None:
    from sim.core.rng import Draws
    from sim.supply.config import Supply

    warehouses = Yard({}, {"mean": 1}, days=1).world.fulfilment.warehouses
    section = Supply.model_validate({"stock": {"units": 100, "spread": "40%"}})
    built = s.build(
        section,
        warehouses=warehouses,
        expected=np.ones(500),
        region_share=np.ones(1),
        days=1,
        weight=1.0,
        draws=Draws(1),
    )
    units = built.stock["on_hand"][0]
    assert units.min() >= 60 and units.max() <= 140 and units.std() == pytest.approx(80 / 12**0.5, rel=0.1)


def test_areas_are_the_exact_integral_of_the_levels() -> None:
    # 100 units at minute 0; 10 asked for at each midnight from day 0 on, no supply: 90, 80, ... held for a day each
    yard = Yard(
        {"stock": {"units": 100}, "replenishment": {"policy": "base_stock", "up_to": 0}},
        {"distribution": "constant", "mean": 10, "skus": 1}, days=12,
    ).run()  # fmt: skip
    assert yard.world.supply.area[s.AREA_ON_HAND].sum() == 1440 * sum(range(0, 100, 10))
    assert yard.world.supply.totals[s.LOST].sum() == 20


@njit(cache=True)
def check_wires(supply, minute):
    """The kernel's function with an entry for Python."""
    return kernel.check_wires(supply, minute)


def test_a_wire_trips_once_when_the_position_reaches_it_and_waits_for_its_owner() -> None:
    yard = Yard({"stock": {"units": 10}}, {"distribution": "constant", "mean": 0, "skus": 2}, days=1)
    supply = yard.world.supply
    kernel.set_wires(supply, np.array([0, 1]), np.array([4, -1]))
    assert supply.flags[s.WIRED] == 1
    for left, trips in ((5, 0), (4, 1), (3, 0)):
        supply.stock["on_hand"][0, :] = left
        supply.totals[s.DEMANDED] += 1
        assert check_wires(supply, 0.0) == trips, f"{left} left"
    kernel.set_wires(supply, np.array([0]), np.array([4]))
    supply.totals[s.DEMANDED] += 1
    assert check_wires(supply, 0.0) == 1, "hung again, it trips again"
