"""The autoscaler computes what Kubernetes' controller computes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as hyp

from sim.platform.autoscaler import changes_within, desired_replicas, limited, stabilised

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


def test_the_largest_of_several_metrics_wins():
    by_cpu = desired_replicas(3, 3, 1500.0, 0, 0, 1000.0, 0.3, TEN)
    by_queue = desired_replicas(3, 3, 60.0, 0, 0, 1.0, 15.0, TEN)
    assert max(by_cpu, by_queue) == 5


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
