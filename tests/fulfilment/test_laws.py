"""Nothing is lost or invented on the way to the door and back, whatever the network and whatever befalls it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driver import World
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.books.state import (
    ACCOUNTS,
    ADVANCES,
    COST_OF_GOODS,
    DISCOUNTS,
    FULFILMENT,
    INVENTORY,
    RETURN_HANDLING,
    SALES,
    SHIPPING,
    WRITE_OFFS,
)
from sim.core.errors import LawBroken
from sim.fulfilment import crises
from sim.fulfilment.config import Fulfilment
from sim.fulfilment.laws import law_little, law_orders, law_parcels, law_promised_stock, money_of_lines, station_of
from sim.fulfilment.policies import FrontFirst, LookAhead, Nearest, SplitAverse
from sim.fulfilment.state import (
    C_SERIAL,
    DELIVERED,
    E_PAID,
    FLAG_PICK_UP,
    P_COURIER,
    P_DOOR,
    P_FREE,
    P_HAULED,
    P_INSPECTION,
    P_PICKING,
    P_QUEUED,
    FulfilmentState,
)
from sim.supply.state import INITIAL, PICKED, RECEIVED, RESTOCKED


def bound_by_scan(ful: FulfilmentState) -> np.ndarray:
    """int64[W + 1, R]: what `FulfilmentState.bound` is to be, from the states of all parcels."""
    parcels = ful.parcels[ful.parcels["state"] != P_FREE]
    parcels = parcels[ful.orders["flags"][parcels["order"]] & FLAG_PICK_UP == 0]
    count = np.zeros_like(ful.bound)
    unpicked = (parcels["state"] == P_QUEUED) | (parcels["state"] == P_PICKING)
    picked = (parcels["state"] >= P_HAULED) & (parcels["state"] < P_DOOR)
    np.add.at(count, (parcels["warehouse"][unpicked], parcels["region"][unpicked]), 1)
    np.add.at(count[-1], parcels["region"][picked], 1)
    return count


def units_by_scan(ful: FulfilmentState) -> np.ndarray:
    """int64[stations]: units of the parcels that wait at each."""
    waits = np.isin(ful.parcels["state"], (P_QUEUED, P_COURIER, P_INSPECTION))
    return np.bincount(station_of(ful)[waits], ful.parcels["units"][waits], len(ful.stations)).astype(np.int64)


def check(world: World) -> None:
    """Every law of the side."""
    law_orders(world.ful)
    law_parcels(world.ful)
    law_little(world.ful)
    law_promised_stock(world.ful, world.supply)
    assert (world.ful.bound == bound_by_scan(world.ful)).all(), "parcels the couriers will get"
    assert (world.ful.stations["units"] == units_by_scan(world.ful)).all(), "units waiting"
    totals = world.supply.totals
    on_hand = world.supply.stock["on_hand"].sum(axis=0)
    assert (totals[INITIAL] + totals[RECEIVED] + totals[RESTOCKED] == on_hand + totals[PICKED]).all()
    assert world.inventory() == world.booked_inventory()


networks = st.fixed_dictionaries(
    {
        "regions": st.integers(1, 5),
        "central": st.integers(1, 2),
        "regional": st.integers(0, 5),
        "front": st.integers(0, 8),
    }
)


@settings(max_examples=20, deadline=None)
@given(
    network=networks,
    policy=st.sampled_from([Nearest, FrontFirst, SplitAverse, LookAhead]),
    weight=st.sampled_from([1.0, 50.0, 1000.0]),
    load=st.floats(0.1, 4.0),
    stock=st.integers(0, 400),
    backorder=st.booleans(),
    lost=st.sampled_from(["0%", "5%", "60%"]),
    hazard=st.sampled_from(["0%", "5%", "60%"]),
    befalls=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40), st.integers(1, 3000)), max_size=4),
    seed=st.integers(1, 1000),
)
def test_the_laws_hold(
    network: dict[str, int], policy: Any, weight: float, load: float, stock: int, backorder: bool, lost: str,
    hazard: str, befalls: list[tuple[int, int, int]], seed: int,
) -> None:  # fmt: skip
    config = Fulfilment.model_validate(
        {
            "network": network,
            "shipping": {"lost": lost, "damaged": lost, "missed_after": "2d"},
            "cancelling": {"hazard": hazard},
        }
    )
    world = World(config, days=9, skus=7, weight=weight, stock=stock, expected=700.0 * weight, seed=seed)
    chosen = policy(config)
    chosen.settings(world.ful)
    world.ful.rank[:] = chosen.rank(world.ful)
    world.ful.reserve[:] = seed % 3
    for step in range(10):
        for when, where, long in befalls:
            station = where % len(world.ful.stations)
            if when == step:
                crises.halt(world.ful, station, world.minute, float(world.minute + long))
            warehouses = len(world.ful.warehouses)
            if when == step and station < warehouses and long % 2:
                world.ful.warehouses[station]["open"] = 0
                world.call(crises.empty, station, world.minute)
            if when + 2 == step and station < warehouses:
                world.ful.warehouses[station]["open"] = 1
        world.receive(step % len(world.ful.warehouses), step % 7, 25)
        world.run(1290, 700.0 * load / 1440.0 if step < 6 else 0.0, backorder=backorder, returns=0.2)
        check(world)
    assert world.ful.cursor[C_SERIAL] > 200, "orders were made: without any, every law holds"


def test_in_the_end_everything_is_settled() -> None:
    world = World(days=30, weight=1000.0, stock=4000)
    world.run(5 * 1440, 0.2, returns=0.3).run(25 * 1440, 0.0, returns=0.3)
    check(world)
    assert world.ful.cursor[5] == world.ful.cursor[6] == 0, "no order and no parcel is open"
    assert world.told[1] > 800 and world.told[2] > 200
    assert (world.supply.stock["allocated"] == 0).all()


def test_money_is_booked_when_goods_leave_and_when_they_come_back() -> None:
    config = Fulfilment.model_validate({"returns": {"restock": "100%"}, "shipping": {"lost": "0%", "damaged": "0%"}})
    world = World(config, days=12, skus=3, weight=1.0, stock=10, expected=1000.0)
    row = world.place((2, 2))
    balance = lambda: dict(zip(ACCOUNTS, world.books.debit.sum(0) - world.books.credit.sum(0), strict=True))  # noqa: E731
    assert not any(balance().values()), "nothing is booked when an order is placed"
    warehouse = int(world.ful.orders[row]["warehouse"][0])
    world.run(12 * 1440, 0.0, returns=1.0)
    booked = balance()
    assert world.told[2] == 1
    names = {n: ACCOUNTS[i] for n, i in {
        "advances": ADVANCES, "discounts": DISCOUNTS, "sales": SALES, "cogs": COST_OF_GOODS, "inventory": INVENTORY,
        "pack": FULFILMENT, "freight": SHIPPING, "back": RETURN_HANDLING, "scrap": WRITE_OFFS,
    }.items()}  # fmt: skip
    assert booked[names["sales"]] == -900, "two units at 4.50 CNY list price"
    assert (booked[names["advances"]], booked[names["discounts"]]) == (810, 90)
    assert (booked[names["cogs"]], booked[names["inventory"]], booked[names["scrap"]]) == (0, 0, 0), (
        "sold and restocked"
    )
    assert booked[names["freight"]] == world.ful.fees[warehouse, 0]
    assert (booked[names["pack"]], booked[names["back"]]) == (120, 600)


def test_scrapped_returns_are_written_off() -> None:
    config = Fulfilment.model_validate({"returns": {"restock": "0%"}, "shipping": {"lost": "0%", "damaged": "0%"}})
    world = World(config, days=12, skus=3, weight=1.0, stock=10, expected=1000.0)
    world.place((1, 1))
    world.run(12 * 1440, 0.0, returns=1.0)
    posted = world.books.debit.sum(0) - world.books.credit.sum(0)
    assert (posted[WRITE_OFFS], posted[COST_OF_GOODS], posted[INVENTORY]) == (200, 0, -200)
    check(world)


@pytest.mark.parametrize(
    ("spoil", "law"),
    [
        (lambda w: w.ful.stations["area"].__iadd__(100.0), "little"),
        (lambda w: w.ful.cursor.__setitem__(6, 0), "parcels"),
        (lambda w: w.ful.cursor.__setitem__(4, 0), "orders"),
        (lambda w: w.supply.stock["allocated"].__iadd__(1), "promised stock"),
        (lambda w: w.ful.parcels["state"].__setitem__(int(w.ful.stations[0]["head"]), 3), "parcels"),
    ],
)
def test_a_broken_law_is_named(spoil: Any, law: str) -> None:
    world = World(days=3, weight=1000.0, stock=4000, expected=10_000.0).run(800, 0.5)
    assert world.ful.stations[0]["waiting"] > 0
    check(world)
    spoil(world)
    with pytest.raises(LawBroken) as broken:
        check(world)
    assert broken.value.law == law


def test_the_money_of_lines_is_that_of_freed_and_of_open_rows() -> None:
    world = World(days=12, weight=1000.0, stock=4000).run(4 * 1440, 0.2, returns=0.3)
    money = money_of_lines(world.ful)
    open_rows = world.ful.orders[world.ful.orders["shopper"] >= 0]
    assert world.ful.ended[0, :, E_PAID].sum() > 0
    assert money[0, :, E_PAID].sum() == world.ful.ended[0, :, E_PAID].sum() + open_rows["paid"].sum()
    assert money[0, DELIVERED, E_PAID] > 0
    assert (money[1] == 0).all(), "no bots"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    def bytes_of(seed: int) -> bytes:
        world = World(days=6, weight=1000.0, stock=4000, seed=seed).run(6 * 1440, 0.3, returns=0.2)
        return b"".join(np.ascontiguousarray(a).tobytes() for a in (*world.ful, *world.books, world.supply.stock))

    assert bytes_of(5) == bytes_of(5)
    assert bytes_of(5) != bytes_of(6)
