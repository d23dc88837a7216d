"""The parcel's way: waves, hauls, couriers, the door, loss, second thoughts and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from driver import World, do_return, do_room
from numba import njit

from sim.core import agenda as calendar
from sim.fulfilment import promises
from sim.fulfilment.config import Fulfilment
from sim.fulfilment.kernel import next_truck
from sim.fulfilment.layout import assortment, plan, returns_to, road_km, shift_minutes
from sim.fulfilment.pools import grow
from sim.fulfilment.state import LOST, M_LATE, M_SAME_NEXT_DAY, RETURNED

STEADY = {
    "picking": {"variation": 0.0}, "couriers": {"variation": 0.0, "last_mile": "0min"},
    "shipping": {"lost": "0%", "damaged": "0%"}, "cancelling": {"hazard": "0%"},
}  # fmt: skip


@njit
def truck(warehouses, row, time):  # type: ignore[no-untyped-def]
    return next_truck(warehouses[row], time)


@pytest.mark.parametrize(
    ("picked", "leaves", "reason"),
    [
        (0.0, 60.0, "the wave of 23:00 leaves at 01:00"),
        (60.0, 60.0, "ready at the very minute"),
        (60.5, 780.0, "just missed: the wave of 11:00 leaves at 13:00"),
        (781.0, 1500.0, "the next night's"),
        (1440.0 + 100.0, 1440.0 + 780.0, "waves repeat daily"),
    ],
)
def test_waves_leave_after_their_cutoff(picked: float, leaves: float, reason: str) -> None:
    world = World(days=2)
    assert truck(world.ful.warehouses, 0, picked) == leaves, reason


def test_front_warehouses_send_every_hour() -> None:
    world = World(days=2)
    front = int(np.flatnonzero(world.ful.warehouses["kind"] == 2)[0])
    assert [truck(world.ful.warehouses, front, t) for t in (0.0, 0.5, 60.0, 61.0)] == [0.0, 60.0, 60.0, 120.0]


@pytest.mark.parametrize(
    ("ordered", "day", "reason"),
    [
        (9 * 60, 0, "by 11:00: the same day"),
        (22 * 60, 1, "by 23:00: the next day"),
        (1440 + 2 * 60, 1, "in the night, picked in the morning, with the wave of 11:00"),
    ],
)
def test_an_order_by_the_cutoff_arrives_as_the_wave_says(ordered: int, day: int, reason: str) -> None:
    config = Fulfilment.model_validate(
        {"network": {"regions": 1, "central": 1, "regional": 0, "front": 0, "haul_variation": 0.0}, **STEADY}
    )
    world = World(config, days=5, skus=1, weight=1.0, stock=10)
    world.run(ordered, 0.0)
    world.place((0, 1))
    world.run(2000, 0.0)
    assert np.flatnonzero(world.ful.measured[:, 1]).tolist() == [day], reason
    counted = world.ful.measured.sum(0)
    assert (counted[M_SAME_NEXT_DAY], counted[M_LATE]) == (1, 0)


def test_couriers_with_too_much_to_do_leave_the_rest_for_the_next_day() -> None:
    config = Fulfilment.model_validate(
        {"network": {"regions": 1, "central": 1, "regional": 0, "front": 0}, **STEADY, "central": {"pickers": 500},
         "couriers": {"count": 1, "parcels_per_day": 10.0, "variation": 0.0, "last_mile": "0min"}}
    )  # fmt: skip
    world = World(config, days=6, skus=1, weight=1.0, stock=100)
    for shopper in range(25):
        world.place((0, 1), shopper=shopper)
    world.run(6 * 1440, 0.0)
    assert world.ful.measured[:4, 1].tolist() == [10.0, 10.0, 5.0, 0.0]


def test_what_the_page_promises_is_what_the_network_lately_did() -> None:
    world = World(days=30, weight=100.0, stock=10**6, expected=520_000.0)
    late = []
    for day in range(30):
        world.run(1440, 4000 / 1440.0)
        if day >= 4:
            promises.update(world.ful, 0.94, float(np.exp(-1 / 5.0)))
        counted = world.ful.measured[day]
        late.append(counted[M_LATE] / max(counted[1], 1.0))
    assert 0.03 < np.mean(late[12:]) < 0.09, "a promise that 94% keep is missed by about 6%"


def test_a_slower_network_learns_to_promise_later() -> None:
    world = World(days=20, weight=100.0, stock=10**6, expected=520_000.0)
    for _ in range(8):
        world.run(1440, 2.5)
        promises.update(world.ful, 0.94, 0.8)
    before = world.ful.promise.mean()
    world.ful.haul_mean[:] *= 2.0
    for _ in range(10):
        world.run(1440, 2.5)
        promises.update(world.ful, 0.94, 0.8)
    assert world.ful.promise.mean() > before + 60.0


def test_lost_parcels_are_given_up_and_damaged_ones_found_at_the_door() -> None:
    for share in ({"lost": "100%", "damaged": "0%"}, {"lost": "0%", "damaged": "100%"}):
        config = Fulfilment.model_validate(
            {"shipping": {**share, "missed_after": "3d"}, "cancelling": {"hazard": "0%"}}
        )
        world = World(config, days=8, skus=2, weight=1.0, stock=10, expected=1000.0)
        row = world.place((0, 1), (1, 1))
        world.run(8 * 1440, 0.0)
        assert world.told.tolist()[1:4] == [0, 0, 2], "each line is lost, nothing is delivered"
        assert world.ful.orders[row]["line_state"][:2].tolist() == [LOST, LOST]


def test_more_orders_are_cancelled_once_the_promise_is_missed() -> None:
    def cancelled(slack: str) -> int:
        config = Fulfilment.model_validate(
            {"cancelling": {"hazard": "10%"}, "promise": {"slack": slack}, "central": {"pickers": 5},
             "network": {"regions": 1, "central": 1, "regional": 0, "front": 0}}
        )  # fmt: skip
        world = World(config, days=4, weight=1.0, stock=10_000).run(300, 2.0)
        world.ful.stations[0]["speed"] = 0.1  # slower than was promised
        world.run(3 * 1440 - 1, 0.0)
        return int(world.told[4])

    assert cancelled("2h") > 1.5 * cancelled("4000h") > 0


def test_a_return_comes_back_is_inspected_and_may_be_sold_again() -> None:
    config = Fulfilment.model_validate({"returns": {"restock": "100%"}, **STEADY})
    world = World(config, days=20, skus=2, weight=1.0, stock=5, expected=1000.0)
    row = world.place((1, 2), region=2)
    sent = int(world.ful.orders[row]["warehouse"][0])
    back = int(world.ful.warehouses[sent]["returns_to"])
    world.run(20 * 1440, 0.0, returns=1.0)
    assert world.told.tolist()[1:3] == [1, 1]
    assert world.supply.stock[sent, 1]["on_hand"] == (5 if back == sent else 3)
    assert world.supply.stock[back, 1]["on_hand"] == (5 if back == sent else 7)
    assert world.ful.orders[row]["line_state"][0] == RETURNED


def test_only_what_was_delivered_can_be_returned() -> None:
    world = World(days=3, weight=1.0, stock=5, expected=1000.0)
    row = world.place((0, 1))
    assert not do_return(world.ful, world.agenda, *world.key, row, 0, 0)
    world.ful.orders[row]["line_state"][0] = RETURNED
    assert not do_return(world.ful, world.agenda, *world.key, row, 0, 0)


def test_pools_grow_without_moving_a_row() -> None:
    world = World(days=6, weight=1000.0, stock=4000).run(1440, 0.5)
    other = World(days=6, weight=1000.0, stock=4000).run(1440, 0.5)
    other.ful = grow(other.ful, orders=50_000, parcels=90_000)
    other.agenda = calendar.grow(other.agenda, 500_000)
    assert do_room(other.ful, other.agenda)[0] == do_room(world.ful, world.agenda)[0] + 30_000
    for each in (world, other):
        each.run(3 * 1440, 0.5, returns=0.2)
    assert (world.ful.measured == other.ful.measured).all()
    assert (world.books.debit == other.books.debit).all()


def test_distances_are_those_of_the_map() -> None:
    km = road_km(6, 1.0)
    assert km[0, 1] == pytest.approx(1210, rel=0.03), "Shanghai to Guangzhou as the crow flies"
    assert km[2, 0] == pytest.approx(1070, rel=0.03), "Beijing to Shanghai"
    assert (km == km.T).all() and (np.diag(km) > 0).all()


def test_staff_set_to_auto_is_enough_and_follows_demand() -> None:
    config = Fulfilment.model_validate({"sized_for": "400k/d"})
    share, appeal = np.array([6, 5, 4, 3, 2, 1.0]), 1.0 / np.arange(1, 41)
    net = plan(config, share, appeal)
    assert net.share.sum() == pytest.approx(1.0)
    assert net.couriers.sum() == pytest.approx(400_000 / 110 / 0.7, rel=0.01), "110 parcels a courier and day [F17]"
    assert (np.diff(net.couriers) < 0).all(), "more couriers where more is ordered"
    double = plan(Fulfilment.model_validate({"sized_for": "800k/d"}), share, appeal)
    assert double.pickers.sum() == pytest.approx(2 * net.pickers.sum(), rel=0.05)
    stated = plan(Fulfilment.model_validate({"central": {"pickers": 55}}), share, appeal)
    assert stated.pickers[0] == 55


def test_assortment_is_the_most_popular_share_of_each_kind() -> None:
    config = Fulfilment()
    kept = assortment(config, np.arange(100.0))
    assert kept[0].all()
    assert kept[1].sum() == 30 and kept[1, 70:].all()
    assert kept[-1].sum() == 3 and kept[-1, 97:].all()


def test_a_front_warehouse_sends_its_returns_to_its_regions_regional() -> None:
    kind, region = np.array([0, 1, 1, 2, 2, 2]), np.array([0, 0, 1, 0, 1, 2])
    assert returns_to(kind, region).tolist() == [0, 1, 2, 1, 2, 0]


def test_staff_is_sized_for_what_the_next_kind_is_asked_for() -> None:
    def worked(front: str, regional: str) -> list[float]:
        network = {"regions": 1, "central": 1, "regional": 1, "front": 2}
        sites = {"front": {"assortment": front}, "regional": {"assortment": regional}}
        config = Fulfilment.model_validate({"network": network, "sized_for": "4M/d", "spill": "20%", **sites})
        net = plan(config, np.ones(1), np.ones(10))
        shift = np.array([shift_minutes((config.central, config.regional, config.front)[k]) for k in net.kind])
        return list(net.pickers * shift)

    whole = worked("0%", "0%")[0]
    for front, regional, shares in (
        ("50%", "100%", (0.2 * 0.6, 0.5 + 0.2 * 0.5, 0.25, 0.25)),
        ("50%", "0%", (0.5 + 0.2 * 0.5, 0.0, 0.25, 0.25)),
        ("50%", "20%", (0.5 + 0.2 * 0.3 + 0.04 * 0.2, 0.2 * 0.2, 0.25, 0.25)),
        ("0%", "30%", (0.7 + 0.2 * 0.3, 0.3, 0.0, 0.0)),
    ):
        np.testing.assert_allclose(np.array(worked(front, regional)) / whole, shares, atol=0.003)
