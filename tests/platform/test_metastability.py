"""A retry storm outlives what set it off, and a retry budget ends it.

One worker, 10/s, timeout 0.5 s, five attempts, 4/s and 20/s more from t = 20 s to 30 s. The model follows the mean
of the storm: it has the collapse and the recovery, but not the storms that chance sets off in quiet times. The published
share without a spike (0.97 to 0.99) names no distribution of the service time. Simulated request by request it is the
share of *attempts* answered in time of a service half as variable as an exponential one, before chance has set off a
storm; the model has it there too. For an exponential service both are below it.
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


def room(budget=None, spike=True, attempts=5, variability=1.0):
    stages = SPIKE if spike else [{"duration": "1h", "target": "4/s"}]
    return Room(
        single(
            "100ms", 4.0, stages=stages, attempts=attempts, service={"timeout": "500ms", "variability": variability},
            retries={"client_attempts": attempts, "budget": budget, "budget_minimum": 0},
        ),
        rate=0.0,
    ).run(8)  # fmt: skip


@pytest.mark.parametrize(
    ("variability", "low", "high", "why"),
    [
        (1.0, 0.955, 0.965, "an exponential service, 0.960: below the published 0.97 to 0.99, a miss"),
        (0.5, 0.97, 0.99, "a service half as variable is within the published interval"),
        (0.0, 0.99, 1.0, "a constant service: above it"),
    ],
)
def test_without_a_spike_attempts_are_answered_in_time_according_to_how_variable_the_service_is(
    variability, low, high, why
):
    quiet = room(spike=False, variability=variability)
    assert quiet.success(st.BROWSE)[60:].min() > 0.97
    attempts = 1.0 - quiet.history("gateway", st.H_FAILED)[1:8] / quiet.history("gateway", st.H_ARRIVED)[1:8]
    assert np.all((attempts > low) & (attempts < high)), why


@pytest.mark.parametrize("variability", [1.0, 0.5])
@pytest.mark.parametrize("second", [100, 400])
def test_with_a_spike_nothing_succeeds_any_more_long_after_it(second, variability):
    assert room(variability=variability).success(st.BROWSE)[second] == pytest.approx(0.0, abs=0.005)


@pytest.mark.parametrize("variability", [1.0, 0.5])
def test_a_budget_of_a_tenth_ends_the_storm(variability):
    success = room("10%", variability=variability).success(st.BROWSE)
    assert success[25] < 0.5
    assert success[400] >= 0.997


def test_collapse_sustains_itself_only_when_attempts_exceed_capacity():
    """N * lambda = 2 * 4 < 10: the queue of the same spike drains at 2/s and is gone after some minutes."""
    assert room(attempts=2).success(st.BROWSE)[400] > 0.99


def request_by_request(budget, seed, horizon=420, spike=True, erlang=1):
    """The same system as single events, its service times Erlang's with `erlang` phases.

    Share of requests that succeed among those begun in the 20 s that end 20 s before the horizon; share of all
    attempts answered in time.
    """
    tried, in_time = 0, 0
    rng, events, serial = random.Random(seed), [], 0
    waiting, busy, tokens, good, bad = [], False, 0.0, 0, 0

    def push(time, kind, what):
        nonlocal serial
        serial += 1
        heapq.heappush(events, (time, serial, kind, what))

    time = 0.0
    while time < horizon:
        rate, border = (24.0, 30.0) if spike and 20.0 <= time < 30.0 else (4.0, 20.0 if spike and time < 20.0 else 1e9)
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
            tried += 1
            if busy:
                waiting.append(attempt)
            else:
                busy = True
                push(now + rng.gammavariate(erlang, 0.1 / erlang), "done", attempt)
        elif kind == "done":
            what[1] = True
            in_time += not what[2]
            if not what[2] and horizon - 40.0 <= what[0][0] < horizon - 20.0:
                good += 1
            busy = bool(waiting)
            if waiting:
                push(now + rng.gammavariate(erlang, 0.1 / erlang), "done", waiting.pop(0))
        elif not what[1]:
            what[2] = True
            call = what[0]
            allowed = call[1] < 5 and (budget is None or tokens >= 1.0)
            if allowed:
                tokens -= 0.0 if budget is None else 1.0
                call[1] += 1
                push(now + 0.1 * rng.random() * 2 ** (call[1] - 2), "call", call)
            elif horizon - 40.0 <= call[0] < horizon - 20.0:
                bad += 1
    return good / (good + bad), in_time / tried


def test_request_by_request_the_storm_lasts_and_the_budget_ends_it_too():
    assert np.mean([request_by_request(None, seed)[0] for seed in range(10)]) == 0.0
    assert np.mean([request_by_request(0.1, seed)[0] for seed in range(10)]) > 0.9


def test_request_by_request_the_published_share_belongs_to_a_service_half_as_variable():
    """Runs in which chance has set off no storm of its own yet: what the model of mean flows describes."""
    runs = [request_by_request(None, seed, 100.0, False, erlang=2) for seed in range(40)]
    calm = [share for success, share in runs if success == 1.0]
    assert len(calm) >= 10
    assert 0.97 < np.median(calm) < 0.99


def test_request_by_request_chance_alone_sets_off_the_storm_which_mean_flows_never_do():
    """Why no run without a spike is fit to be compared for long: an exponential service collapses by itself."""
    assert np.mean([request_by_request(None, seed, 160.0, False)[0] < 0.5 for seed in range(20)]) > 0.5
    assert room(spike=False).success(st.BROWSE)[420:].min() > 0.97
