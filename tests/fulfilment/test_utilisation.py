"""Utilisation is working time over the time people were there, overtime included: never above 1."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from driver import World
from hypothesis import given
from hypothesis import strategies as st
from test_stations import one_warehouse

from sim.books.measures.fulfilment import utilisation
from sim.fulfilment import crises
from sim.fulfilment.stations import in_shift, minutes_on_shift


def market(world: World, end: float, present: Any = ()) -> Any:
    desk = SimpleNamespace(present={0: list(present)})
    return SimpleNamespace(
        world=SimpleNamespace(fulfilment=world.ful), calendar=SimpleNamespace(end=end), notices={"fulfilment": desk}
    )


@pytest.mark.parametrize("weight", [1.0, 40.0])
def test_who_has_more_to_do_than_time_works_all_of_it_and_no_more(weight: float) -> None:
    # at weight 40 one server stands for a picker and is 40 times as slow: it ends hours after the shift
    world = World(one_warehouse(1, "08:00", "10:00"), days=4, weight=weight)
    for shopper in range(100):
        world.place((0, 1), shopper=shopper)
    world.run(3 * 1440, 0.0)
    row = world.ful.stations[0]
    assert row["overtime"] > 0.0
    if weight > 1.0:
        assert row["busy"] / (3 * 120.0) > 1.0  # what was measured before
    share = utilisation(market(world, 3 * 1440.0), 0)
    assert 0.95 < share <= 1.0


def test_half_of_the_shift_is_half() -> None:
    world = World(one_warehouse(1, "08:00", "18:00"), days=4, weight=1.0)
    world.ful.stations[0]["cv2"] = 0.0
    for shopper in range(30):
        world.place((0, 1), shopper=shopper)
    world.run(1440, 0.0)
    assert world.ful.stations[0]["busy"] == pytest.approx(300.0)
    assert utilisation(market(world, 1440.0), 0) == pytest.approx(0.5)


def test_further_people_count_while_they_are_there() -> None:
    world = World(one_warehouse(2), days=4, weight=1.0)
    for shopper in range(1000):
        world.place((0, 1), shopper=shopper)
    world.run(100, 0.0)
    present = [(100.0, 2)]
    crises.restaff(world.ful, 0, 10, 1.0)
    world.run(100, 0.0)
    present.append((200.0, 10))
    crises.restaff(world.ful, 0, 2, 1.0)
    world.run(100, 0.0)
    assert world.ful.stations[0]["busy"] / (300.0 * 2) > 1.0
    assert 0.95 < utilisation(market(world, 300.0, present), 0) <= 1.0


@given(st.integers(0, 1439), st.integers(1, 1440), st.integers(0, 4000))
def test_minutes_on_shift_are_those_on_which_work_may_begin(opens: int, closes: int, time: int) -> None:
    if opens == closes:
        return
    minutes = [in_shift.py_func(float(opens), float(closes), float(m)) == m for m in range(time)]
    assert minutes_on_shift(opens, closes, time) == np.sum(minutes)
