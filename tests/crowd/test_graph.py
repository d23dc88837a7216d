"""Ties are mutual, as many as stated, near for the most part, and lead everywhere in a few steps."""

from __future__ import annotations

import numpy as np
import pytest
from programme_runs import fresh

from sim.crowd.graph import _neighbours


def ties(n: int, degree: int, rewired: float, key: int = 7) -> list[set[int]]:
    table = _neighbours(np.uint32(key), np.uint32(0), n, degree, rewired, np.arange(n))
    return [set(row[row >= 0].tolist()) for row in table]


@pytest.mark.parametrize(("n", "degree", "rewired"), [(50, 4, 0.0), (301, 10, 0.1), (1000, 10, 1.0), (4, 6, 0.5), (1, 4, 0.5)])
def test_whoever_knows_somebody_is_known_by_them(n: int, degree: int, rewired: float) -> None:
    known = ties(n, degree, rewired)
    for i, others in enumerate(known):
        assert i not in others
        assert all(i in known[j] for j in others)


def test_people_know_as_many_as_stated_on_average() -> None:
    known = ties(5000, 10, 0.1)
    assert np.mean([len(others) for others in known]) == pytest.approx(10.0, abs=0.05)


def test_without_rewiring_it_is_a_ring() -> None:
    assert ties(100, 4, 0.0)[0] == {1, 2, 98, 99}


def test_a_few_far_ties_make_the_world_small_and_leave_it_clustered() -> None:
    """Watts and Strogatz 1998: paths shorten at once, clustering stays."""
    def distance(known: list[set[int]]) -> float:
        seen, edge, total, steps = {0}, {0}, 0, 0
        while edge:
            steps += 1
            edge = set().union(*(known[i] for i in edge)) - seen
            seen |= edge
            total += steps * len(edge)
        assert len(seen) == len(known)
        return total / len(known)

    def clustering(known: list[set[int]]) -> float:
        found = [len(known[j] & others) / (len(others) - 1) for others in known[:400] for j in others]
        return float(np.mean(found))

    ring, small, random = ties(2000, 10, 0.0), ties(2000, 10, 0.05), ties(2000, 10, 1.0)
    assert distance(small) < distance(ring) / 5
    assert clustering(small) > 0.7 * clustering(ring)
    assert clustering(random) < 0.1 * clustering(ring)


def test_far_ties_do_not_depend_on_who_asks_first() -> None:
    from sim.crowd.graph import neighbours

    market = fresh()
    whole = neighbours(market, np.arange(200))
    assert (neighbours(market, np.arange(199, -1, -1))[::-1] == whole).all()
