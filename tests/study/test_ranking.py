"""Ranking and selection keeps its promise where it is hardest."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.study import ranking

POLICIES, DELTA, ALPHA = 5, 1.0, 0.05


def slippage(seed: int, correlation: float = 0.0, spread: float = 2.0):
    """The least favourable configuration: all policies equal but one, which leads by exactly delta."""
    rng = np.random.default_rng(seed)
    means = np.zeros(POLICIES)
    means[3] = DELTA

    def observe(alive, start, stop):
        shared = rng.standard_normal((1, stop - start))
        own = rng.standard_normal((POLICIES, stop - start))
        noise = math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * own
        return (means[:, None] + spread * noise)[alive]

    return observe


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_on_the_slippage_configuration_the_best_is_selected_with_probability_95_percent(correlation):
    """Kim & Nelson (2001) guarantee PCS >= 1 - alpha; 1,000 selections must not contradict it."""
    right = [
        ranking.select_best(slippage(s, correlation), POLICIES, DELTA, ALPHA, pilot=10).best == 3 for s in range(1000)
    ]
    # three standard errors below 95%: 0.95 - 3 * sqrt(.95 * .05 / 1000)
    assert np.mean(right) >= 0.93


def test_correlation_between_policies_saves_replications():
    def runs(correlation):
        found = (ranking.select_best(slippage(s, correlation), POLICIES, DELTA, pilot=10) for s in range(60))
        return np.mean([sum(selection.replications) for selection in found])

    assert runs(0.8) < 0.5 * runs(0.0)


def test_a_policy_far_ahead_is_found_in_the_pilot():
    def observe(alive, start, stop):
        noise = np.random.default_rng(1).standard_normal((3, stop - start)) * 0.01
        return (np.array([[0.0], [0.0], [100.0]]) + noise)[alive]

    found = ranking.select_best(observe, 3, DELTA, pilot=5)
    assert found.best == 2 and max(found.replications) == 5


def test_lower_is_better_selects_the_smallest():
    def observe(alive, start, stop):
        noise = np.random.default_rng(start).standard_normal((2, stop - start)) * 0.1
        return (np.array([[3.0], [1.0]]) + noise)[alive]

    assert ranking.select_best(observe, 2, 0.5, higher_is_better=False).best == 1


def test_at_the_limit_the_survivors_are_named_and_none_is_called_best():
    found = ranking.select_best(slippage(1), POLICIES, 0.01, pilot=10, limit=12)
    assert found.best is None and len(found.survivors) > 1


def test_equal_policies_without_noise_end_in_one():
    assert ranking.select_best(lambda alive, a, b: np.zeros((len(alive), b - a)), 3, 1.0).best is not None


@pytest.mark.parametrize(("delta", "pilot"), [(0.0, 10), (-1.0, 10), (1.0, 1)])
def test_a_request_no_procedure_can_guarantee_is_refused(delta, pilot):
    with pytest.raises(ValueError):
        ranking.select_best(slippage(1), POLICIES, delta, pilot=pilot)
