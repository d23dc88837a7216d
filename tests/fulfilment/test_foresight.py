"""What the checkout knows when it promises: the queue and its units, the truck after it, the couriers' backlog."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driver import World

from sim.fulfilment.config import Fulfilment
from sim.fulfilment.state import S_DOOR_MEAN


def one_site(**more: Any) -> World:
    """One warehouse that picks a parcel of one unit in 20 minutes, a further unit in 10, round the clock, no noise."""
    config = Fulfilment.model_validate(
        {
            "network": {"regions": 1, "central": 1, "regional": 0, "front": 0, "haul_variation": 0.0},
            "central": {"pickers": 1, "opens": "00:00", "closes": "24:00", "inspectors": 1},
            "picking": {"rate": "6/h", "pack_rate": "6/h", "variation": 0.0},
            "couriers": {"count": 500, "variation": 0.0, "last_mile": "0min"},
            "shipping": {"lost": "0%", "damaged": "0%"},
            "cancelling": {"hazard": "0%"},
            **more,
        }
    )
    return World(config, days=12, skus=1, weight=1.0, stock=5000)


def promises_of(world: World, orders: int, units: int = 1) -> np.ndarray:
    """float64[orders]: minutes promised to orders placed now, one after the other."""
    rows = [world.place((0, units), shopper=shopper) for shopper in range(orders)]
    return world.ful.orders["promised"][rows].astype(np.float64)


@pytest.mark.parametrize(
    ("ahead", "hour", "reason"),
    [
        (0, 9, "nobody before it: the truck of 13:00"),
        (9, 12, "picked by 12:50: that truck as well"),
        (12, 13, "three hours and a half later it has left: the next one is that of the night"),
        (48, 1, "16 hours: even that has left"),
    ],
)
def test_the_truck_promised_is_the_one_after_the_queue(ahead: int, hour: int, reason: str) -> None:
    world = one_site()
    world.run(9 * 60 + 30, 0.0)
    begin = float(world.minute)
    promised = promises_of(world, ahead + 1)[-1]
    done = begin + 20.0 * ahead
    assert int(done) // 60 % 24 == hour
    assert promised == pytest.approx(done + world.ful.promise[0, 0, hour]), reason
    planned = float(world.ful.parcels["planned"][ahead])
    row = int(world.ful.parcels["order"][ahead])
    world.run(4 * 1440, 0.0)
    assert world.ful.orders[row]["delivered"] == pytest.approx(planned, abs=45.0), "and that is the truck it takes"


def test_a_queue_is_as_long_as_its_units_take() -> None:
    work = {}
    for units in (1, 3):
        world = one_site()
        promises_of(world, 200, units)
        station = world.ful.stations[0]
        assert (station["waiting"], station["units"]) == (200, 200 * units)
        row = world.place((0, 1), shopper=999)
        parcel = int(np.flatnonzero(world.ful.parcels["order"] == row)[0])
        hour = int(200 * (20.0 + 10.0 * (units - 1))) // 60 % 24
        work[units] = world.ful.parcels[parcel]["planned"] - world.ful.plan[0, 0, hour]
    assert work == {1: pytest.approx(200 * 20.0), 3: pytest.approx(200 * 40.0)}


def test_no_parcel_is_promised_before_the_couriers_can_have_cleared_what_is_before_it() -> None:
    world = one_site(
        central={"pickers": 500, "opens": "00:00", "closes": "24:00", "inspectors": 1},
        couriers={"count": 1, "parcels_per_day": 10.0, "variation": 0.0, "last_mile": "0min"},
    )
    promises_of(world, 40)
    world.run(10 * 60, 0.0)
    assert world.ful.stations[1]["waiting"] > 30, "picked at once, and with the couriers"
    left = world.ful.bound[-1, 0]
    row = world.place((0, 1), shopper=999)
    slack = world.ful.promise[0, 0, 10] - world.ful.plan[0, 0, 10]
    days = (float(world.ful.orders[row]["promised"]) - slack - world.minute - world.ful.setting[S_DOOR_MEAN]) / 1440.0
    assert days == pytest.approx((left + 1) / 10.0, abs=0.6), "ten a day"
    world.run(9 * 1440, 0.0)
    assert world.ful.orders[row]["delivered"] <= world.ful.orders[row]["promised"]


def test_what_waits_at_the_same_warehouse_will_be_before_it_at_the_couriers_too() -> None:
    world = one_site(
        central={"pickers": 500, "opens": "00:00", "closes": "24:00", "inspectors": 1},
        couriers={"count": 1, "parcels_per_day": 10.0, "variation": 0.0, "last_mile": "0min"},
    )
    promised = promises_of(world, 60)
    assert promised[59] - promised[49] == pytest.approx(1440.0), "the couriers' day, not the pickers' minutes"


def test_what_is_on_the_way_to_the_couriers_is_counted_until_they_are_done() -> None:
    world = one_site()
    promises_of(world, 30)
    assert world.ful.bound[:, 0].tolist() == [30, 0]
    world.run(310, 0.0)
    assert world.ful.bound[:, 0].tolist() == [15, 15], "picked, waiting for the truck"
    world.run(3 * 1440, 0.0)
    assert world.ful.bound[:, 0].tolist() == [0, 0]


def test_a_late_parcel_teaches_what_it_was_later_than_foreseen() -> None:
    world = one_site()
    promises_of(world, 100)
    assert np.ptp(world.ful.parcels["planned"][:100]) > 24 * 60.0
    world.run(6 * 1440, 0.0)
    late = world.ful.residual[0, 0]
    assert late.sum() == 100
    learned = np.flatnonzero(late) * 30.0 - 2880.0
    assert np.abs(learned).max() <= 60.0, "within an hour though they waited up to 33 hours and for four trucks"
