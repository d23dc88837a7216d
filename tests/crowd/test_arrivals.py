"""Visits: a Poisson process thinned in layers."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.core.rng import Draws, philox
from sim.crowd.arrivals import THIN, draw_day, height, living_rate
from sim.crowd.config import Crowd
from sim.crowd.population import build
from sim.crowd.state import LAYERS


@njit
def make(crowd, day, layers):  # type: ignore[no-untyped-def]
    return draw_day(crowd, day, layers)


@njit
def count(crowd, n, level):  # type: ignore[no-untyped-def]
    """Visits (shopper, occurrence) accepted at a level of intensity."""
    out = np.zeros((n, 2), np.int64)
    m = 0
    for j in range(n):
        shopper, occurrence = crowd.candidates[j], crowd.occurrences[j]
        word = philox(crowd.keys[0], crowd.keys[1], shopper, occurrence, THIN, 0)[0]
        if height(word, occurrence) < level:
            out[m, 0], out[m, 1] = shopper, occurrence
            m += 1
    return out[:m]


def visits(level: float, layers: int = len(LAYERS)) -> tuple[set[tuple[int, int]], float]:
    crowd = build(Crowd(shoppers=20_000), Draws(3), ["one"], np.zeros(1), np.ones(1), 1.0, 64)
    room = 400_000
    crowd = crowd._replace(
        candidates=np.zeros(room, np.int32),
        occurrences=np.zeros(room, np.uint32),
        unsorted=np.zeros((room, 2), np.int64),
    )
    living_rate(crowd)
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
