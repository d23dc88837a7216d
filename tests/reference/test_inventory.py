"""Textbook inventory cases as plain scenario files: the published value lies in a 99% interval at most 2% wide."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import inventory_oracles as oracle
import numpy as np
import pytest
from scipy import stats

from sim.core.intervals import half_width
from sim.scenario import load
from sim.supply.costs import CostsBySku, costs_by_sku

FOLDER = Path(__file__).parents[2] / "scenarios" / "reference"


def replay(name: str, seed: int = 1, **overrides: Any) -> Any:
    """The marketplace at the end of a reference scenario."""
    from sim.engine.marketplace import Marketplace

    market = Marketplace(load(FOLDER / f"{name}.yaml", overrides), seed=seed)
    market.run()
    market.finish()
    return market


def costs(name: str, seed: int = 1, **overrides: Any) -> CostsBySku:
    return costs_by_sku(replay(name, seed, **overrides))


def assert_reproduces(published: float, by_sku: np.ndarray, at_most: float = 0.01) -> None:
    """The tolerance rule: inside the 99% interval, whose half-width is at most `at_most` of the value."""
    half = half_width(by_sku)
    assert half <= at_most * published, f"half-width {half:.4g} is {half / published:.2%} of {published}"
    assert abs(by_sku.mean() - published) <= half, f"{by_sku.mean():.6g} ± {half:.3g} does not hold {published}"


def test_the_oracles_recompute_the_published_numbers() -> None:
    assert oracle.eoq(8, 0.225, 1300) == pytest.approx((304.04678, 68.410526), abs=1e-5)
    assert oracle.newsvendor(0.18, 0.7, 50, 8) == pytest.approx((56.603956, 1.997605), abs=1e-6)
    assert oracle.poisson_s_S(4, 10, 1, 4, 5, 6) == pytest.approx(8.0341116, abs=1e-6)
    assert oracle.poisson_s_S(6, 40, 1, 9, 64, 10) == pytest.approx(35.022, abs=5e-4)
    assert oracle.poisson_s_S(42, 108, 1, 9, 64, 50) == pytest.approx(70.975, abs=5e-4)
    sd = 150 / math.sqrt(12)
    assert oracle.r_Q(126.8, 328.5, 0.225, 7.5, 8, 1300, 1300 / 12, sd) == pytest.approx(78.0711625, abs=1e-3)
    assert oracle.disrupted_base_stock(8000, 0.25, 3, 2000, 0.04, 0.25) == pytest.approx(2737.068966, abs=1e-5)


def test_serial_oracle_lies_between_the_book_s_cost_and_the_one_published_as_exact() -> None:
    levels, cost = oracle.serial_system([3, 2, 2], [1, 1, 2], 37.12, 5, 1)
    # recomputed 47.6601; published 47.65 (book) and 47.6654, which a grid of demand quantities gives
    assert 47.65 < cost < 47.6654
    assert cost == pytest.approx(47.66015, abs=1e-4)
    assert levels == pytest.approx([6.49, 12.02, 22.71], abs=0.02)


def test_dual_sourcing_oracles_give_the_published_optimum_and_gaps() -> None:
    case = oracle.DualSourcing()
    optimum = case.optimum()
    assert optimum == pytest.approx(216.769802, abs=1e-5)
    gaps = {
        "capped dual index": case.average(case.dual_index(4, 7, cap=2)),
        "dual index": case.average(case.dual_index(4, 7)),
        "single index": case.average(case.single_index(5, 6)),
        "base surge": case.average(case.base_surge(4, 1)),
    }
    published = {"capped dual index": 0.0, "dual index": 0.0011, "single index": 0.0056, "base surge": 0.0006}
    for name, cost in gaps.items():
        assert cost / optimum - 1 == pytest.approx(published[name], abs=1.1e-4), name


def test_eoq_costs_what_harris_says() -> None:
    # a deterministic case has no interval: one minute's demand is the only error left
    assert costs("eoq").total.mean() == pytest.approx(68.410526, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("newsvendor", 1.997605),
        ("poisson_s_S", 8.0341116),
        ("zheng_federgruen_10", 35.022),
        ("zheng_federgruen_50", 70.975),
        ("serial_system", 47.6654),
        ("r_Q", 78.0711625),
    ],
)
def test_stock_case_reproduces_the_published_cost(name: str, published: float) -> None:
    assert_reproduces(published, costs(name).total)


def test_newsvendor_policy_finds_the_level_from_the_costs() -> None:
    market = replay("newsvendor", days=2)
    plan = market.supply.plan(market.supply.view())
    assert plan.up_to * market.weight == pytest.approx(np.full(market.supply.skus, 56.603956), abs=0.002)


def test_r_Q_with_brownian_demand_costs_what_its_own_theory_says() -> None:
    exact = oracle.r_Q_diffusion(126.8, 328.5, 0.225, 7.5, 8, 1300, 150, 1 / 12)
    assert exact == pytest.approx(78.542, abs=0.001)  # 0.6% above the book's uniform position
    assert_reproduces(exact, costs("r_Q_diffusion").total)


def test_base_stock_with_disruptions_reproduces_the_published_cost() -> None:
    """Long outages are rare and dear. How long an outage has lasted in each period has a known distribution, so the
    counts of those ages serve as control variates; the plain mean must agree within its own, wider, interval."""
    market = replay("disruptions")
    supply, day, published = market.supply, 1440.0, 2737.068966
    first = market.calendar.warmup_days
    last = first + market.calendar.days
    controls = np.zeros((supply.skus, 4))
    for k in range(supply.skus):
        for since, to in supply.roll[supply.main[k]].outages:
            periods = np.arange(round(since / day), round(to / day))
            age = (periods - periods[0] + 1)[(periods >= first) & (periods < last)]
            controls[k] += [(age == 1).sum(), (age == 2).sum(), (age == 3).sum(), np.maximum(age - 3, 0).sum()]
    controls /= market.calendar.days
    fails, recovers = 0.04, 0.25
    ages = np.arange(1, 200)
    chance = recovers / (fails + recovers) * fails * (1 - recovers) ** (ages - 1)
    expected = np.array([*chance[:3], (np.maximum(ages - 3, 0) * chance).sum()])
    cost = costs_by_sku(market).total
    design = np.column_stack([np.ones(len(cost)), controls - expected])
    coefficients, *_ = np.linalg.lstsq(design, cost, rcond=None)
    residual, free = cost - design @ coefficients, len(cost) - design.shape[1]
    variance = residual @ residual / free * np.linalg.inv(design.T @ design)[0, 0]
    half = float(stats.t.ppf(0.995, free)) * math.sqrt(variance) + 1e-9 * published
    assert half <= 0.01 * published
    assert abs(coefficients[0] - published) <= half
    assert abs(cost.mean() - published) <= half_width(cost)
    # the ages themselves come as often as the two probabilities say
    for column in range(3):
        assert abs(controls[:, column].mean() - expected[column]) <= half_width(controls[:, column])


DUAL = {
    "dual_index": {"supply.sourcing.expedite_level": 4, "supply.replenishment.up_to": 7},
    "capped_dual_index": {
        "supply.sourcing.expedite_level": 4, "supply.replenishment.up_to": 7, "supply.sourcing.cap": 2,
    },
    "single_index": {"supply.sourcing.expedite_level": 5, "supply.replenishment.up_to": 6},
    "dual": {"supply.sourcing.expedite_level": 4, "supply.replenishment.up_to": 1000, "supply.sourcing.base": 1},
}  # fmt: skip


@cache
def dual_costs(policy: str) -> np.ndarray:
    return costs("dual_sourcing", **{"supply.sourcing.policy": policy, **DUAL[policy]}).total


@pytest.mark.parametrize("policy", list(DUAL))
def test_dual_sourcing_policy_reproduces_its_exact_average_cost(policy: str) -> None:
    case = oracle.DualSourcing()
    rule = {
        "dual_index": case.dual_index(4, 7), "capped_dual_index": case.dual_index(4, 7, cap=2),
        "single_index": case.single_index(5, 6), "dual": case.base_surge(4, 1),
    }[policy]  # fmt: skip
    assert_reproduces(case.average(rule), dual_costs(policy))


def test_dual_sourcing_policies_rank_as_published_on_common_random_numbers() -> None:
    """All meet the same demand, so their differences are known far better than their levels."""
    case = oracle.DualSourcing()
    best = dual_costs("capped_dual_index")
    for policy, exact in (
        ("dual_index", case.average(case.dual_index(4, 7))),
        ("dual", case.average(case.base_surge(4, 1))),
        ("single_index", case.average(case.single_index(5, 6))),
    ):
        difference = dual_costs(policy) - best
        expected = exact - case.average(case.dual_index(4, 7, cap=2))
        assert abs(difference.mean() - expected) <= half_width(difference)
        assert half_width(difference) < half_width(dual_costs(policy))


def test_bullwhip_of_a_moving_average_is_the_published_ratio() -> None:
    market = replay("bullwhip")
    first = market.calendar.warmup_days
    orders = market.world.supply.ordered[first:].astype(float)
    demand = market.world.supply.history[first:].astype(float)
    ratios = orders.var(axis=0, ddof=1) / demand.var(axis=0, ddof=1)
    assert_reproduces(2.12, ratios)
