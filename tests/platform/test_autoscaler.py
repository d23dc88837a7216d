"""The autoscaler computes what Kubernetes' controller computes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as hyp
from machine_room import Room
from numba import njit

from sim.platform import state as st
from sim.platform.autoscaler import changes_within, desired_replicas, limited, stabilised
from sim.platform.config import Platform
from sim.platform.scaling import proposal

TEN = 0.1
NONE = -1.0

DESIRED = [
    # current, ready, used, unready, missing, request, target, expected, reason
    (3, 3, 1500.0, 0, 0, 1000.0, 0.3, 5, "50% of 30% on three pods: 1.67 * 3"),
    (3, 2, 1200.0, 1, 0, 1000.0, 0.3, 4, "the unready pod counts as 0% on the way up: 40% of 30% * 3"),
    (5, 5, 1400.0, 0, 0, 1000.0, 0.5, 3, "28% of 50% on five pods: 2.8, rounded up"),
    (3, 3, 60.0, 0, 0, 1.0, 15.0, 4, "custom metric 20k mean against 15k: 1.33 * 3"),
    (1, 1, 305.0, 0, 0, 100.0, 0.5, 7, "305% of 50% on one pod: 6.1, rounded up"),
    (50, 50, 50 * 90.0, 0, 0, 100.0, 0.75, 60, "90% of 75% on fifty pods: 1.2 * 50"),
    (10, 10, 10 * 55.0, 0, 0, 100.0, 0.5, 10, "a ratio of 1.1 is within the tolerance"),
    (10, 10, 10 * 45.0, 0, 0, 100.0, 0.5, 10, "a ratio of 0.9 is within the tolerance"),
    (4, 3, 3 * 30.0, 0, 1, 100.0, 0.5, 4, "the pod without metric counts as 100% on the way down: no change"),
    (4, 3, 3 * 80.0, 0, 1, 100.0, 0.5, 5, "the pod without metric counts as 0% on the way up: 60% of 50% * 4"),
    (3, 1, 60.0, 2, 0, 100.0, 0.5, 3, "with two unready pods at 0% the direction would flip: hold"),
    (3, 0, 0.0, 3, 0, 100.0, 0.5, 3, "no ready pod, no metric: hold"),
]


@pytest.mark.parametrize(
    ("current", "ready", "used", "unready", "missing", "request_", "target", "expected", "why"), DESIRED
)
def test_recommended_replicas(current, ready, used, unready, missing, request_, target, expected, why):
    assert desired_replicas(current, ready, used, unready, missing, request_, target, TEN) == expected, why


TWO_METRICS = [
    # ready, starting, utilisation, target, in flight a pod, target in flight, expected, reason
    (3, 0, 0.5, 0.3, 20.0, 15.0, 5, "utilisation asks for 5 pods, requests in flight for 4"),
    (3, 0, 0.3, 0.3, 20.0, 15.0, 4, "utilisation is content with 3, requests in flight ask for 4"),
    (3, 0, 0.5, 0.3, 45.0, 15.0, 9, "requests in flight ask for 9"),
    (3, 0, 0.5, 0.3, 45.0, 0.0, 5, "without a target for them requests in flight count for nothing"),
    (5, 0, 0.28, 0.5, 3.0, 15.0, 3, "both ask for fewer: the larger of 3 and 1"),
    (10, 0, 0.1, 0.5, 15.5, 15.0, 10, "one within its tolerance holds back the other's scale-down"),
    (2, 1, 0.3, 0.3, 20.0, 15.0, 3, "the pod that starts counts as 0 on the way up: the direction flips, hold"),
]


@pytest.mark.parametrize("row", TWO_METRICS)
def test_the_largest_of_several_metrics_wins(row):
    ready, starting, utilisation, target, in_flight, target_in_flight, expected, why = row
    node, live = np.zeros(1, st.NODE), np.zeros(1, st.LIVE)
    node["target"], node["target_in_flight"] = target, target_in_flight
    live["ready"], live["starting"] = ready, starting
    live["utilisation"], live["in_flight"] = utilisation, in_flight
    setting = np.zeros(st.SETTINGS)
    setting[st.HPA_TOLERANCE] = TEN
    assert recommended(node[0], live[0], setting) == expected, why


@njit
def recommended(node, live, setting):
    return proposal(node, live, setting)


SLOW_PROVIDER = [(30, "platform.slow", {"target": "payment_provider", "for_minutes": 30, "magnitude": 8.0})]


def scaled(minutes=90, exact=False, timeline=SLOW_PROVIDER, **payment):
    room = Room({"services": {"payment": payment}}, rate=300.0, timeline=timeline)
    room.platform.setting[st.EXACT] = float(exact)
    return room.run(minutes)


def test_a_slow_dependency_calls_for_pods_by_requests_in_flight_and_not_by_utilisation():
    """The callers of a slow provider wait: their workers are idle, their places are taken."""
    by_use, by_both = scaled(), scaled(target_in_flight=2.0)
    assert by_use.history("payment", st.H_READY).max() == by_use.history("payment", st.H_READY)[29]
    assert by_both.history("payment", st.H_READY).max() > by_both.history("payment", st.H_READY)[29]
    assert np.array_equal(by_use.history("search", st.H_READY), by_both.history("search", st.H_READY))


def test_requests_in_flight_are_rate_times_time_by_little():
    room = scaled(20, timeline=())
    names, live, platform = room.names, room.platform.live, room.platform
    for name in ("payment", "search", "order"):
        v = names.index(name)
        rate = float(platform.history[19, v, st.H_ARRIVED]) / 60.0
        hold = float(platform.nodes[v]["service_time"])
        for e in platform.edges[platform.edges["caller"] == v]:
            hold += float(e["share"]) * float(e["latency"])
        assert float(live[v]["in_flight"]) * float(live[v]["ready"]) == pytest.approx(rate * hold, rel=1e-6)


def test_scaling_by_two_metrics_is_the_same_in_quiet_minutes_and_second_by_second():
    fast, slow = scaled(target_in_flight=2.0), scaled(target_in_flight=2.0, exact=True)
    assert fast.platform.setting[st.SLOW_MINUTES] < slow.platform.setting[st.SLOW_MINUTES] == 90
    np.testing.assert_array_equal(fast.platform.history[..., st.H_READY], slow.platform.history[..., st.H_READY])
    np.testing.assert_allclose(fast.platform.live["in_flight"], slow.platform.live["in_flight"], rtol=1e-9)
    np.testing.assert_array_equal(fast.platform.live["replica_seconds"], slow.platform.live["replica_seconds"])


def test_a_service_may_have_its_own_target_of_requests_in_flight():
    config = Platform.model_validate({"services": {"order": {"target_in_flight": 12.0}}})
    room = Room(config)
    assert float(room.platform.nodes[room.names.index("order")]["target_in_flight"]) == 12.0
    assert float(room.platform.nodes[room.names.index("payment")]["target_in_flight"]) == 0.0


LIMITS = [
    # current, desired; added, removed (upward period); added, removed (downward period); pods up, % up, pods down,
    # % down; expected, reason
    (10, 50, 0, 0, 0, 0, 4, 100.0, NONE, 100.0, 20, "defaults: the more generous of 4 pods and 100%"),
    (3, 1000, 0, 0, 0, 0, 1, NONE, NONE, 100.0, 4, "one pod in a period"),
    (10, 50, 0, 0, 0, 0, NONE, 200.0, NONE, 100.0, 30, "200% of the replicas at the start"),
    (100, 10, 0, 0, 0, 0, 4, 100.0, 20, NONE, 80, "twenty pods in a period"),
    (20, 50, 10, 0, 0, 0, 4, 100.0, NONE, 100.0, 20, "ten were added within the period already: the start was ten"),
    (90, 10, 0, 0, 0, 10, 4, 100.0, 20, NONE, 80, "ten were removed within the period: ten more may go"),
    (2, 9, 0, 0, 0, 0, 4, 100.0, NONE, 100.0, 6, "four pods are more than 100% of two"),
]  # fmt: skip


@pytest.mark.parametrize("row", LIMITS)
def test_speed_limits(row):
    *arguments, expected, why = row
    assert limited(*arguments) == expected, why


def test_the_highest_recommendation_of_five_minutes_holds_a_scale_down_back():
    records = np.array([[-120.0, 4.0], [-60.0, 5.0]])
    assert stabilised(10, 3, 0.0, records, 0.0, 300.0) == 5


def test_a_recommendation_older_than_the_window_no_longer_counts():
    records = np.array([[-301.0, 9.0], [-60.0, 5.0]])
    assert stabilised(10, 3, 0.0, records, 0.0, 300.0) == 5


def test_a_scale_up_is_not_held_back_by_default():
    assert stabilised(10, 12, 0.0, np.array([[-10.0, 10.0]]), 0.0, 300.0) == 12


def test_changes_are_counted_within_their_period_only():
    changes = np.array([[-5.0, 4.0], [-20.0, 8.0], [-5.0, -3.0]])
    assert changes_within(0.0, 15.0, changes, True) == 4.0
    assert changes_within(0.0, 15.0, changes, False) == 3.0


@given(hyp.integers(1, 200), hyp.floats(0.0, 3.0), hyp.floats(0.2, 0.9), hyp.integers(0, 20))
def test_more_load_never_asks_for_fewer_replicas(ready, use, target, unready):
    low = desired_replicas(ready + unready, ready, use * ready, unready, 0, 1.0, target, TEN)
    high = desired_replicas(ready + unready, ready, (use + 0.5) * ready, unready, 0, 1.0, target, TEN)
    assert high >= low
