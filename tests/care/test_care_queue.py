"""The queue of impatient people: by hand, by its laws, and against the theory of M/M/c and M/M/c+M."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.care.config import Arrivals
from sim.care.kernel import ABANDONED, SERVED
from sim.care.laws import law_waiting
from sim.care.pool import ENDLESS, PIECE, Pool
from sim.care.reference import run
from sim.core.errors import LawBroken
from sim.core.rng import Draws
from sim.engine import run as run_scenario
from sim.scenario import load

REFERENCE = Path(__file__).parents[2] / "scenarios" / "reference" / "queue_erlang_a.yaml"


def pieces(*rows: tuple[float, float, float]) -> np.ndarray:
    """(joins at, patience, service)."""
    made = np.zeros(len(rows), PIECE)
    for piece, (at, patience, service) in zip(made, rows, strict=True):
        piece["at"], piece["gives_up"], piece["service"] = at, at + patience, service
    return made


@pytest.mark.parametrize(
    ("places", "rows", "expected"),
    [
        (
            1,
            [(0, 9, 5), (1, 9, 5), (2, 9, 5)],
            [("served", 0), ("served", 5), ("gave up", 11)],
        ),  # the third waits to 10
        (2, [(0, 9, 5), (1, 9, 5), (2, 9, 5)], [("served", 0), ("served", 1), ("served", 5)]),  # a second place
        (
            1,
            [(0, 9, 5), (1, 2, 5), (2, 9, 5)],
            [("served", 0), ("gave up", 3), ("served", 5)],
        ),  # leaving holds no one up
        (0, [(0, 9, 5), (3, 1, 5)], [("gave up", 9), ("gave up", 4)]),  # nobody there: all leave, each in their time
        (1, [(0, 9, 5), (1, 4, 5)], [("served", 0), ("served", 5)]),  # patience ends when the place is free: served
    ],
)
def test_first_come_first_served_by_hand(places: int, rows: list, expected: list) -> None:
    if places == 1 and rows[2:] and rows[2][1] == 9 and expected[2][0] == "gave up":
        rows = [*rows[:2], (2, 7.9, 5)]  # place free at 10, patience ends at 9.9
        expected = [*expected[:2], ("gave up", 9.9)]
    pool = Pool(1.0, np.full(24, float(places)))
    pool.add(pieces(*rows))
    found: dict[float, tuple[str, float]] = {}
    for until in (7.0, 30.0):  # in two stretches: what has not begun waits on
        done, fate, at = pool.work(until)
        for piece, what, minute in zip(done, fate, at, strict=True):
            found[float(piece["at"])] = ("served" if what == SERVED else "gave up", float(minute))
    assert [found[row[0]] for row in rows] == [(what, pytest.approx(minute)) for what, minute in expected]
    law_waiting("queue", pool)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(0, 300), st.floats(0, 60), st.floats(0.1, 90)), max_size=60),
    places=st.lists(st.integers(0, 5), min_size=24, max_size=24),
    grain=st.sampled_from([1.0, 0.5, 2.5]),
    cuts=st.lists(st.floats(1, 400), max_size=6),
)
def test_nobody_is_lost_and_littles_law_holds_whatever_the_shifts(rows, places, grain, cuts):  # type: ignore[no-untyped-def]
    pool = Pool(grain, np.array(places, float))
    pool.add(pieces(*rows))
    gone = 0
    for until in sorted({*cuts, *(60.0 * hour for hour in range(1, 9))}):
        done, fate, at = pool.work(until)
        gone += len(done)
        assert (at >= done["at"] - 1e-9).all() and (at <= done["gives_up"] + 1e-9).all()
        assert (at < until).all()
        assert set(fate.tolist()) <= {SERVED, ABANDONED}
        law_waiting("queue", pool)
    assert gone + pool.waiting + len(pool.ahead) == len(rows)


def test_a_piece_invented_breaks_the_law() -> None:
    pool = Pool(1.0, np.zeros(24))
    pool.add(pieces((1, 100, 5)))
    pool.work(60.0)
    pool.queue = np.concatenate([pool.queue, pool.queue])
    with pytest.raises(LawBroken, match="joined"):
        law_waiting("queue", pool)


def test_who_leaves_at_the_end_of_a_shift_finishes_the_chat_and_who_waits_is_taken_over() -> None:
    places = np.zeros(24)
    places[0] = 2.0
    places[1] = 1.0
    pool = Pool(1.0, places)
    pool.add(pieces((50, ENDLESS, 30), (51, ENDLESS, 20), (52, ENDLESS, 10)))
    first = pool.work(60.0)
    assert first[2].tolist() == [50, 51]
    done, _, at = pool.work(120.0)
    assert done["at"].tolist() == [52]
    assert at.tolist() == [80.0], "of the two the one busy until 80 stays, the other goes home at 71"


def test_a_coarse_grain_keeps_the_capacity() -> None:
    """20 real places at a grain of 4: 5 servers, as quick as real ones; at 6: 3 servers, each a tenth quicker."""
    for grain, servers, slower in ((4.0, 5, 1.0), (6.0, 3, 0.9)):
        pool = Pool(grain, np.full(24, 20.0))
        pool.work(1.0)
        assert (len(pool.free), pool.slower) == (servers, pytest.approx(slower))
        assert servers * grain / pool.slower == pytest.approx(20.0)


def erlang_a(servers: int, rate: float, handle: float, patience: float) -> dict[str, float]:
    """M/M/c+M from its birth-death equations (Palm 1957): the oracle. Rates by the minute."""
    weights = [1.0]
    for n in range(1, 600):
        weights.append(weights[-1] * rate / (min(n, servers) / handle + max(n - servers, 0) / patience))
    total = math.fsum(weights)
    queue = math.fsum((n - servers) * weights[n] for n in range(servers, 600)) / total
    return {
        "wait": queue / rate,
        "abandoned": queue / patience / rate,
        "delayed": math.fsum(weights[servers:]) / total,
    }


def test_work_is_counted_in_minutes_of_real_places_whoever_is_there_later() -> None:
    places = np.zeros(24)
    places[0] = 2.0
    pool = Pool(8.0, places)  # one server, four times as slow as two places to eight contacts a piece
    piece = np.zeros(1, PIECE)
    piece["gives_up"], piece["service"] = ENDLESS, 5.0
    pool.add(piece)
    for hour in range(1, 4):
        pool.work(60.0 * hour)
    assert pool.served == 1 and pool.busy == 20.0
    assert pool.worked == 40.0, "eight people, five minutes each"
    assert pool.there == 120.0



def test_the_reference_scenario_is_erlang_a() -> None:
    kpis = run_scenario(load(REFERENCE, {"care.arrivals.contacts": 2_000_000}), seed=2).kpis
    for key, exact in erlang_a(10, 100 / 60, 6.0, 3.0).items():
        value = kpis[f"care.queue.{key}_{'mean' if key == 'wait' else 'share'}"]
        half = kpis[f"care.queue.{key}_half_width"]
        assert half < 0.012 * exact
        assert abs(value - exact) <= half, f"{key}: {value} ± {half} against {exact}"


@pytest.mark.parametrize(("servers", "rate", "exact"), [(1, "54/h", 9.0), (2, "108/h", 4.2632), (10, "540/h", 0.6687)])
def test_with_endless_patience_it_is_erlang_c(servers: int, rate: str, exact: float) -> None:
    config = Arrivals.model_validate(
        {
            "rate": rate,
            "servers": servers,
            "handle": "1min",
            "patience": "endless",
            "contacts": 3_000_000,
            "warmup": 100_000,
        }
    )
    kpis = run(config, Draws(5))
    assert kpis["care.queue.abandoned_share"] == 0.0
    assert kpis["care.queue.wait_half_width"] < 0.06 * exact
    assert abs(kpis["care.queue.wait_mean"] - exact) <= kpis["care.queue.wait_half_width"]


def test_a_pool_fed_hour_by_hour_is_erlang_a_too() -> None:
    """The shop's own queue, in stretches of an hour: Poisson contacts, exponential chats and patience."""
    rng = np.random.default_rng(3)
    n, rate = 200_000, 100 / 60
    at = np.cumsum(rng.exponential(1 / rate, n))
    made = np.zeros(n, PIECE)
    made["at"], made["service"] = at, rng.exponential(6.0, n)
    made["gives_up"] = at + rng.exponential(3.0, n)
    pool = Pool(1.0, np.full(24, 10.0))
    hour = 0
    for hour in range(1, int(at[-1] // 60) + 1):
        upto = np.searchsorted(at, 60.0 * hour)
        pool.add(made[np.searchsorted(at, 60.0 * (hour - 1)) : upto])
        pool.work(60.0 * hour)
    exact = erlang_a(10, rate, 6.0, 3.0)
    assert pool.abandoned / pool.arrived == pytest.approx(exact["abandoned"], rel=0.03)
    assert pool.area / pool.clock == pytest.approx(exact["wait"] * rate, rel=0.03), "mean number waiting"
    law_waiting("queue", pool)
