"""Visits: a Poisson process thinned in layers."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.core.rng import Draws, philox
from sim.crowd.arrivals import candidate, draw_day, height, living_rate
from sim.crowd.config import Crowd
from sim.crowd.population import build
from sim.crowd.state import CHUNK, LAYERS
from sim.crowd.visitors import CHOICE, LEAVE, LOOK, SET, THIN, draw_moods, gather


@njit
def make(crowd, day, layers):  # type: ignore[no-untyped-def]
    return draw_day(crowd, day, layers)


@njit
def count(crowd, n, level):  # type: ignore[no-untyped-def]
    """Visits (shopper, occurrence) accepted at a level of intensity."""
    out = np.zeros((n, 2), np.int64)
    m = 0
    for j in range(n):
        shopper, occurrence = candidate(crowd.candidates[j], crowd.made[0])
        word = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, THIN, 0)[0]
        if height(word, occurrence) < level:
            out[m, 0], out[m, 1] = shopper, occurrence
            m += 1
    return out[:m]


@njit
def look(crowd, first, last, reach):  # type: ignore[no-untyped-def]
    """Who of some candidates may come, with their draws."""
    n = gather(crowd, crowd.made[0], first, last, reach)
    draw_moods(crowd, 0, n)
    return n


def roomy_crowd():
    """20,000 shoppers and room for all candidates of a day."""
    crowd = build(Crowd(shoppers=20_000), Draws(3), ["one"], np.zeros(1), np.ones(1), 1.0, 64)
    room = 400_000
    crowd = crowd._replace(candidates=np.zeros(room, np.int64), unsorted=np.zeros(room, np.int64))
    living_rate(crowd)
    return crowd


def visits(level: float, layers: int = len(LAYERS)) -> tuple[set[tuple[int, int]], float]:
    crowd = roomy_crowd()
    n = make(crowd, 5, layers)
    assert n > 0
    assert crowd.starts[1440] == n
    return {tuple(row) for row in count(crowd, n, level)}, float(crowd.rows["rate"].sum())


def test_as_many_come_as_the_intensity_says() -> None:
    for level in (0.5, 1.0, 1.7, 4.0):
        came, rate = visits(level)
        assert abs(len(came) - level * rate) < 5 * np.sqrt(level * rate), level


def test_a_higher_intensity_adds_visits_and_takes_none_away() -> None:
    low, _ = visits(0.9)
    high, _ = visits(2.6)
    assert low < high


def test_layers_that_are_not_needed_change_nothing() -> None:
    assert visits(0.9, layers=3)[0] == visits(0.9, layers=len(LAYERS))[0]


def test_layers_asked_for_later_in_the_day_give_the_same_candidates_in_the_same_order() -> None:
    at_once, later = roomy_crowd(), roomy_crowd()
    n = make(at_once, 5, 4)
    assert 0 < make(later, 5, 2) < n
    assert make(later, 5, 4) == n
    np.testing.assert_array_equal(later.candidates[:n], at_once.candidates[:n])
    np.testing.assert_array_equal(later.starts, at_once.starts)


@njit
def one_by_one(crowd, first, last, reach):  # type: ignore[no-untyped-def]
    """The same, a draw at a time: (shopper, occurrence, second, 20 words), and the levels they need."""
    out, needed = np.zeros((last - first, 23), np.int64), np.zeros(last - first)
    rows = ((LEAVE, 0), (LOOK, 0), (SET, 0), (SET, 1), (CHOICE, 0))
    n = 0
    for j in range(first, last):
        shopper, occurrence = candidate(crowd.candidates[j], crowd.made[0])
        word, second, _, _ = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, THIN, 0)
        level = height(word, occurrence)
        if level < reach:
            out[n, 0], out[n, 1], out[n, 2], needed[n] = shopper, occurrence, (second >> 8) * 60 >> 24, level
            for row in range(5):
                decision, slot = rows[row]
                words = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, decision, slot)
                for part in range(4):
                    out[n, 3 + 4 * row + part] = words[part]
            n += 1
    return out[:n], needed[:n]


def test_draws_made_for_many_visitors_at_once_are_those_of_each() -> None:
    crowd = roomy_crowd()
    make(crowd, 5, 2)
    first, reach = int(crowd.starts[1200]), 1.1
    seen, needed = one_by_one(crowd, first, first + CHUNK, reach)
    came = look(crowd, first, first + CHUNK, reach)
    assert 0 < came == len(seen) < CHUNK
    np.testing.assert_array_equal(crowd.needed[:came], needed)
    for column, name in enumerate(("who", "when", "seconds")):
        np.testing.assert_array_equal(getattr(crowd, name)[:came], seen[:, column], err_msg=name)
    np.testing.assert_array_equal(crowd.moods[:, :, :came].transpose(2, 0, 1).reshape(came, 20), seen[:, 3:])
