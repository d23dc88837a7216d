"""Stations: exact first-come-first-served waiting with shifts and outages."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from driver import World
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from sim.core.rng import Draws
from sim.fulfilment import crises
from sim.fulfilment.config import Fulfilment
from sim.fulfilment.laws import law_little, law_parcels
from sim.fulfilment.state import PICK_TIME, SERVERS, row_servers
from sim.fulfilment.stations import shift_end


def one_warehouse(pickers: int, opens: str = "00:00", closes: str = "24:00", **more: object) -> Fulfilment:
    """A network of one warehouse and one region, exponential picking of 10 minutes a parcel of one unit."""
    return Fulfilment.model_validate(
        {
            "network": {"regions": 1, "central": 1, "regional": 0, "front": 0},
            "central": {"pickers": pickers, "opens": opens, "closes": closes, "inspectors": 1},
            "couriers": {"count": 50},
            "picking": {"rate": "12/h", "pack_rate": "12/h", "variation": 1.0},
            "cancelling": {"hazard": "0%"},
            **more,
        }
    )


def fifo(
    arrivals: list[tuple[float, float]], servers: int, opens: float, closes: float, outage: tuple[float, float]
) -> float:
    """Total wait by a plain event-by-event simulation: the oracle.

    `arrivals`: (time, service), in order. Service begins inside [opens, closes) of a day and outside the outage;
    what is in service when the outage begins starts anew afterwards, in its original order.
    """

    def allowed(time: float) -> float:
        while True:
            day, at = divmod(time, 1440.0)
            if outage[0] <= time < outage[1]:
                time = outage[1]
            elif at < opens:
                time = day * 1440.0 + opens
            elif at >= closes:
                time = (day + 1) * 1440.0 + opens
            else:
                return time

    free = [0.0] * servers
    heapq.heapify(free)
    first: list[tuple[float, float, float]] = []
    for arrival, service in arrivals:
        start = allowed(max(arrival, free[0]))
        heapq.heapreplace(free, start + service)
        first.append((start, arrival, service))
    if outage[1] <= outage[0]:
        return sum(start - arrival for start, arrival, _ in first)
    untouched = [(s, a, v) for s, a, v in first if s + v <= outage[0]]
    again = [(a, v) for s, a, v in first if s + v > outage[0]]
    free = [0.0] * servers
    total = sum(s - a for s, a, _ in untouched)
    for arrival, service in again:
        start = allowed(max(arrival, free[0], outage[1] if arrival < outage[0] else 0.0))
        heapq.heapreplace(free, start + service)
        total += start - arrival
    return total


@settings(max_examples=25, deadline=None)
@given(
    servers=st.integers(1, 7),
    shift=st.sampled_from([(0, 24), (8, 21), (0, 12)]),
    outage=st.sampled_from([(0, 0), (600, 700), (1500, 3000)]),
    seed=st.integers(1, 10_000),
)
def test_waiting_equals_that_of_an_event_by_event_simulation(
    servers: int, shift: tuple[int, int], outage: tuple[int, int], seed: int
) -> None:
    config = one_warehouse(servers, f"{shift[0]:02d}:00", f"{shift[1]:02d}:00")
    world = World(config, days=12, skus=1, weight=1.0, seed=seed)
    rng, arrivals, draws = np.random.default_rng(seed), [], Draws(seed)
    number = 0
    for minute in range(2000):
        if minute == outage[0] and outage[1] > outage[0]:
            crises.halt(world.ful, 0, minute, float(outage[1]))
        for _ in range(rng.poisson(0.06 * servers)):
            world.place((0, 1), shopper=number)
            service = 10.0 * float(draws.exponential(PICK_TIME, number, 0))
            arrivals.append((float(minute), service))
            number += 1
        world.run(1, 0.0)
    world.run(12 * 1440 - world.minute, 0.0)
    station = world.ful.stations[0]
    assert station["started"] == station["departed"] == len(arrivals)
    expected = fifo(arrivals, servers, shift[0] * 60.0, shift[1] * 60.0, (float(outage[0]), float(outage[1])))
    assert station["waited"] == pytest.approx(expected, rel=1e-9, abs=1e-6)
    law_little(world.ful)


def test_a_started_pick_finishes_past_the_end_of_the_shift() -> None:
    world = World(
        one_warehouse(1, "08:00", "09:00", picking={"rate": "1/h", "pack_rate": "1/h", "variation": 0.0}),
        days=3,
        weight=1.0,
    )
    world.run(500, 0.0)
    world.place((0, 1))
    world.run(1, 0.0)
    parcel = world.ful.parcels[0]
    assert (parcel["began"], parcel["completes"]) == (500.0, 620.0), (
        "two hours from 08:20, though the shift ends at 09:00"
    )
    world.place((0, 1), shopper=8)
    world.run(1440, 0.0)
    assert world.ful.stations[0]["started"] == 2
    assert world.ful.parcels[1]["began"] == 1440.0 + 480.0, "the next one waits for the next morning"


def test_unfinished_work_is_requeued_in_its_original_order() -> None:
    world = World(one_warehouse(3), days=3, weight=1.0)
    for shopper in range(6):
        world.place((0, 1), shopper=shopper)
    world.run(1, 0.0)
    busy = [i for i in range(6) if world.ful.parcels[i]["state"] == 2]
    assert len(busy) >= 3
    left = [i for i in range(6) if world.ful.parcels[i]["state"] in (1, 2)]
    crises.halt(world.ful, 0, 1, 100.0)
    queue, parcel = [], int(world.ful.stations[0]["head"])
    while parcel >= 0:
        queue.append(parcel)
        parcel = int(world.ful.parcels[parcel]["next"])
    assert queue == left
    law_parcels(world.ful)
    law_little(world.ful)
    world.run(1440, 0.0)
    assert min(world.ful.parcels[i]["began"] for i in left) >= 100.0


@pytest.mark.parametrize(
    ("real", "weight", "servers", "reason"),
    [
        (0.0, 10.0, 0, "nobody works there"),
        (20.0, 1.0, 20, "one row, one person"),
        (20.0, 10.0, 2, "ten people in one"),
        (3.0, 100.0, 1, "fewer people than one row stands for: one slow server"),
        (1e6, 1.0, SERVERS, "no more columns than there are"),
    ],
)
def test_row_servers(real: float, weight: float, servers: int, reason: str) -> None:
    assert row_servers(real, weight) == servers, reason


@pytest.mark.parametrize("weight", [1.0, 7.0, 100.0, 5000.0])
def test_capacity_in_real_units_does_not_depend_on_the_weight(weight: float) -> None:
    world = World(one_warehouse(130), days=2, weight=weight)
    station = world.ful.stations[0]
    real = station["servers"] / station["service"] * weight
    assert real == pytest.approx(130 / 10.0)


def test_more_people_work_from_now_on_and_fewer_let_work_in_hand_finish() -> None:
    world = World(one_warehouse(4), days=4, weight=1.0)
    for shopper in range(40):
        world.place((0, 1), shopper=shopper)
    world.run(5, 0.0)
    crises.restaff(world.ful, 0, 12, 1.0)
    world.run(2, 0.0)
    working = int((world.ful.parcels["state"] == 2).sum())
    assert working == 12
    crises.restaff(world.ful, 0, 2, 1.0)
    world.run(1, 0.0)
    assert int((world.ful.parcels["state"] == 2).sum()) <= 12
    world.run(2000, 0.0)
    assert world.ful.stations[0]["departed"] == 40
    law_little(world.ful)


def test_a_station_with_nobody_or_at_a_standstill_serves_nobody() -> None:
    world = World(one_warehouse(2), days=2, weight=1.0)
    world.ful.stations[0]["speed"] = 0.0
    world.place((0, 1))
    world.run(100, 0.0)
    assert world.ful.stations[0]["waiting"] == 1
    world.ful.stations[0]["speed"] = 2.0
    world.run(100, 0.0)
    assert world.ful.stations[0]["departed"] == 1


@njit
def ends(opens, closes, time, work):  # type: ignore[no-untyped-def]
    return shift_end(opens, closes, time, work)


@given(
    st.sampled_from([(0, 1440), (480, 1200), (1320, 360), (0, 720), (720, 1440)]),
    st.integers(0, 4000),
    st.integers(0, 6000),
)
def test_work_ends_after_as_many_minutes_of_shift(shift: tuple[int, int], time: int, work: int) -> None:
    opens, closes = shift
    done, minute = 0, time
    while done < work:
        at = minute % 1440
        inside = opens <= at < closes if opens < closes else at >= opens or at < closes
        done += inside
        minute += 1
    found = ends(float(opens), float(closes), float(time), float(work))
    if work == 0:
        assert found >= time
    else:
        assert found == minute, "stepping minute by minute comes to the same moment"
