"""A retry storm outlives what set it off, and a retry budget ends it.

One worker, 10/s, timeout 0.5 s, five attempts, 4/s and 20/s more from t = 20 s to 30 s. The model follows the mean
of the storm: it has the collapse and the recovery, but not the small storms that chance sets off in quiet times, in
which a system simulated request by request loses some requests (or collapses by itself). So without a spike the
share of *attempts* answered in time is what compares with such a simulation; requests succeed almost always.
"""

import heapq
import random

import numpy as np
import pytest
from machine_room import Room, single

from sim.platform import state as st

SPIKE = [
    {"duration": "20s", "target": "4/s"}, {"duration": "0s", "target": "24/s"}, {"duration": "10s", "target": "24/s"},
    {"duration": "0s", "target": "4/s"}, {"duration": "1h", "target": "4/s"},
]  # fmt: skip


def room(budget=None, spike=True, attempts=5):
    stages = SPIKE if spike else [{"duration": "1h", "target": "4/s"}]
    return Room(
        single(
            "100ms", 4.0, stages=stages, attempts=attempts, service={"timeout": "500ms"},
            retries={"client_attempts": attempts, "budget": budget, "budget_minimum": 0},
        ),
        rate=0.0,
    ).run(8)  # fmt: skip


def test_without_a_spike_it_serves():
    quiet = room(spike=False)
    assert quiet.success(st.BROWSE)[60:].min() > 0.97
    attempts = 1.0 - quiet.history("gateway", st.H_FAILED)[1:8] / quiet.history("gateway", st.H_ARRIVED)[1:8]
    assert np.all((attempts > 0.95) & (attempts < 0.99))


@pytest.mark.parametrize("second", [100, 400])
def test_with_a_spike_nothing_succeeds_any_more_long_after_it(second):
    assert room().success(st.BROWSE)[second] == pytest.approx(0.0, abs=0.005)


def test_a_budget_of_a_tenth_ends_the_storm():
    success = room("10%").success(st.BROWSE)
    assert success[25] < 0.5
    assert success[400] >= 0.997


def test_collapse_sustains_itself_only_when_attempts_exceed_capacity():
    """N * lambda = 2 * 4 < 10: the queue of the same spike drains at 2/s and is gone after some minutes."""
    assert room(attempts=2).success(st.BROWSE)[400] > 0.99


def request_by_request(budget, seed, horizon=420):
    """The same system as single events: share of requests that succeed among those begun in 380 .. 400 s."""
    rng, events, serial = random.Random(seed), [], 0
    waiting, busy, tokens, good, bad = [], False, 0.0, 0, 0

    def push(time, kind, what):
        nonlocal serial
        serial += 1
        heapq.heappush(events, (time, serial, kind, what))

    time = 0.0
    while time < horizon:
        rate, border = (24.0, 30.0) if 20.0 <= time < 30.0 else (4.0, 20.0 if time < 20.0 else 1e9)
        gap = rng.expovariate(rate)
        if time + gap > border:
            time = border
            continue
        time += gap
        push(time, "call", [time, 1])
    while events:
        now, _, kind, what = heapq.heappop(events)
        if kind == "call":
            attempt = [what, False, False]
            if what[1] == 1 and budget is not None:
                tokens = min(10.0, tokens + budget)
            push(now + 0.5, "timeout", attempt)
            if busy:
                waiting.append(attempt)
            else:
                busy = True
                push(now + rng.expovariate(10.0), "done", attempt)
        elif kind == "done":
            what[1] = True
            if not what[2] and 380.0 <= what[0][0] < 400.0:
                good += 1
            busy = bool(waiting)
            if waiting:
                push(now + rng.expovariate(10.0), "done", waiting.pop(0))
        elif not what[1]:
            what[2] = True
            call = what[0]
            allowed = call[1] < 5 and (budget is None or tokens >= 1.0)
            if allowed:
                tokens -= 0.0 if budget is None else 1.0
                call[1] += 1
                push(now + 0.1 * rng.random() * 2 ** (call[1] - 2), "call", call)
            elif 380.0 <= call[0] < 400.0:
                bad += 1
    return good / (good + bad)


def test_request_by_request_the_storm_lasts_and_the_budget_ends_it_too():
    assert np.mean([request_by_request(None, seed) for seed in range(10)]) == 0.0
    assert np.mean([request_by_request(0.1, seed) for seed in range(10)]) > 0.9
