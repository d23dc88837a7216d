"""Forecasts and replenishment rules decide what their names say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yard import Yard

from sim.core.errors import SimError
from sim.core.registry import get_policy, policies
from sim.engine.marketplace import Marketplace
from sim.scenario import load
from sim.supply.config import Forecast
from sim.supply.policies import SLOTS
from sim.supply.replenishment import Plan, order_quantity, safety_stock, z_of
from sim.supply.state import DEMANDED


def known(skus: int = 1, days: int = 100, uplift: Any = None) -> Any:
    return SimpleNamespace(
        day=0,
        days=days,
        weight=1.0,
        skus=skus,
        uplift=uplift or (lambda day: np.ones(skus)),
        foresight=lambda first, days: np.ones((days, skus)) * 3.0,
    )


def forecast(policy: str, prior: float = 10.0, **section: Any) -> Any:
    made = get_policy("supply.forecast", policy)(Forecast.model_validate({"policy": policy, **section}))
    made.start(np.array([prior]))
    return made


def teach(made: Any, units: list[float], usable: list[bool] | None = None, world: Any = None) -> float:
    for day, value in enumerate(units):
        made.learn(day, np.array([value]), np.array([usable[day] if usable else True]), world or known())
    return float(made.outlook(world or known()).mean[0])


def test_every_policy_of_the_model_is_registered_with_a_description() -> None:
    names = {slot: {entry.name for entry in policies(slot)} for slot in SLOTS}
    assert names["supply.forecast"] >= {
        "moving_average",
        "exponential_smoothing",
        "croston",
        "promotion_aware",
        "perfect",
        "given",
    }
    assert names["supply.replenishment"] >= {
        "min_max",
        "periodic_min_max",
        "r_q",
        "base_stock",
        "newsvendor",
        "dynamic",
    }
    assert names["supply.sourcing"] >= {
        "single",
        "backup",
        "dual",
        "dual_index",
        "capped_dual_index",
        "single_index",
        "emergency_pool",
    }
    assert names["supply.contract"] >= {"buy_out", "c2m"}
    assert all(entry.description for slot in SLOTS for entry in policies(slot))


def test_moving_average_is_the_mean_of_its_window() -> None:
    assert teach(forecast("moving_average", window="5d"), [1, 9, 2, 4, 6, 8, 10]) == pytest.approx(6.0)


def test_exponential_smoothing_moves_by_its_share_of_the_error() -> None:
    assert teach(forecast("exponential_smoothing", smoothing=0.5), [20, 10]) == pytest.approx(12.5)


def test_a_day_on_which_a_stock_out_hid_demand_teaches_nothing() -> None:
    assert teach(forecast("exponential_smoothing"), [0, 0, 0], [False] * 3) == 10.0
    assert teach(forecast("moving_average", window="3d"), [7, 0, 0], [True, False, False]) == pytest.approx(7.0)


def test_croston_sees_the_rate_of_a_slow_mover_that_sells_every_fourth_day() -> None:
    assert teach(forecast("croston", prior=0.5, smoothing=0.2), [0, 0, 0, 8] * 60) == pytest.approx(2.0, rel=0.02)


def test_promotion_aware_forecast_clears_a_promotion_out_and_puts_the_next_one_in() -> None:
    lifted = known(days=40, uplift=lambda day: np.array([4.0 if day in (3, 12) else 1.0]))
    made = forecast("promotion_aware")
    assert teach(made, [10, 10, 10, 40, 10], world=lifted) == pytest.approx(10.0), (
        "the promotion of day 3 is not demand"
    )
    lifted.day = 10
    outlook = made.outlook(lifted)
    assert outlook.over(2.0)[0] == pytest.approx(20.0), "two usual days"
    assert outlook.over(3.0)[0] == pytest.approx(60.0), "the third is promoted"
    assert outlook.over(2.5)[0] == pytest.approx(40.0), "half of it"
    assert outlook.over(np.array([200.0]))[0] == pytest.approx(10 * 200 + 30), "beyond the run, usual days"


def test_perfect_forecast_knows_the_demand_that_will_come() -> None:
    yard = Yard({"forecast": {"policy": "perfect"}}, {"mean": 5, "skus": 20}, days=30)
    foreseen = yard.supply.outlook().over(7.0)
    yard.run()
    assert foreseen == pytest.approx(yard.world.supply.history[:7].sum(axis=0))


def test_perfect_forecast_without_a_known_demand_is_an_error_that_says_so() -> None:
    yard = Yard({}, {"mean": 5}, days=2)
    yard.foresight = None  # type: ignore[assignment]
    with pytest.raises(SimError, match="perfect"):
        yard.supply.foresight(0, 5)


@pytest.mark.parametrize(
    ("position", "plan", "units", "reason"),
    [
        (7, (6, 40, 0), 0, "above s"),
        (6, (6, 40, 0), 34, "at s, up to S"),
        (-3, (6, 40, 0), 43, "backorders count"),
        (6, (6, 0, 10), 10, "(r,Q): one lot lifts it above r"),
        (-4, (6, 0, 10), 20, "(r,Q): the fewest lots that lift it above r"),
        (-14, (6, 0, 10), 30, "(r,Q): exactly at r is not above"),
        (55, (50, 40, 0), 0, "never orders less than nothing"),
    ],
)
def test_order_quantity(position: int, plan: tuple[float, float, float], units: int, reason: str) -> None:
    made = Plan(*(np.array([float(value)]) for value in plan))
    assert order_quantity(np.array([position]), made)[0] == units, reason


@given(st.integers(-500, 500), st.integers(-50, 200), st.integers(1, 90))
def test_lots_lift_the_position_above_the_reorder_point_and_not_a_lot_too_far(position: int, r: int, lot: int) -> None:
    plan = Plan(np.array([float(r)]), np.array([0.0]), np.array([float(lot)]))
    after = position + int(order_quantity(np.array([position]), plan)[0])
    assert after > r if position <= r else after == position
    if position <= r:
        assert after <= r + lot


def test_safety_stock_is_the_formula_of_the_field() -> None:
    outlook = SimpleNamespace(mean=np.array([20.0]), sd=np.array([6.0]))
    expected = 1.6448536 * (9 * 36 + 400 * 4) ** 0.5
    assert safety_stock(outlook, np.array([9.0]), np.array([2.0]), z_of(0.95))[0] == pytest.approx(expected)


def plan_of(yard: Yard) -> Plan:
    return yard.supply.plan(yard.supply.view())


def test_dynamic_orders_ahead_of_a_peak_that_outruns_the_supplier() -> None:
    def level(capacity: str | None) -> float:
        yard = Yard(
            {
                "suppliers": {"a": {"lead_time": {"mean": "2d", "cv": 0}, "capacity": capacity}},
                "forecast": {"policy": "promotion_aware", "prior_error": 0, "lift_days": {"06-12": 8.0}},
            },
            {"distribution": "constant", "mean": 100, "skus": 1},
            days=30,
        )
        return float(plan_of(yard).up_to[0])

    unlimited = level(None)
    # eleven days ahead lies a day of 800: seven usual days' demand above 100 a day
    assert level("110/d") > unlimited + 500
    assert level("2000/d") == unlimited


def test_a_slow_mover_raises_the_alert_and_is_not_reordered() -> None:
    yard = Yard(
        {
            "stock": {"units": 500, "slow_mover": "60d of cover"},
            "replenishment": {"policy": "base_stock", "up_to": 900},
        },
        {"distribution": "constant", "mean": 1, "skus": 3},
        days=3,
    ).run()
    assert (yard.world.supply.slow == 1).all()
    assert "slow_movers" in yard.journal.kinds()
    assert yard.world.supply.ordered.sum() == 0


def test_fixed_levels_stay_when_demand_doubles() -> None:
    def ordered(fixed: bool) -> int:
        yard = Yard(
            {
                "replenishment": {"policy": "periodic_min_max", "fixed": fixed},
                "forecast": {"prior_error": 0},
                "supplier_count": 1,
                "stock": {"initial": "31d of cover"},
            },
            {"distribution": "constant", "mean": 20, "skus": 1},
            days=60,
        )
        yard.supply.forecast.start(np.array([10.0]))
        return int(yard.run().world.supply.closing[-10:].mean())

    assert ordered(True) < ordered(False)


def test_festival_order_covers_the_festival_at_its_critical_ratio() -> None:
    yard = Yard(
        {
            "suppliers": {"a": {"lead_time": {"mean": "2d", "cv": 0}}},
            "forecast": {"policy": "promotion_aware", "prior_error": 0, "lift_days": {"06-18": 20.0}},
            "festival": {"order_at": "06-04", "from": "06-16", "to": "06-20"},
        },
        {"distribution": "constant", "mean": 50, "skus": 2},
        days=10,
    ).run()
    size = next(row[3] for row in yard.journal.rows if row[1] == "festival_order")
    # sixteen days to 06-20, one of them twenty times as large; less what lies there or is coming
    assert size > 20 * 50


def test_the_worlds_test_holds_a_sku_s_demand_does_not_depend_on_other_policies() -> None:
    one = Yard({"replenishment": {"policy": "dynamic"}}, {"mean": 3, "skus": 30}, days=20).run()
    other = Yard({"replenishment": {"policy": "min_max"}}, {"mean": 3, "skus": 30}, days=20).run()
    assert (one.world.supply.history == other.world.supply.history).all()


def test_slow_sellers_watched_all_the_time_are_ordered_when_they_reach_s_and_wake_nobody_else() -> None:
    """A cycle sells less than half a unit: S is still a unit above s, so reaching s leads to an order at once."""
    yard = Yard(
        {"replenishment": {"policy": "min_max", "reorder": 2, "cycle": "1d"}, "stock": {"units": 4}},
        {"distribution": "poisson", "mean": 0.2, "skus": 50}, days=60,
    )  # fmt: skip
    woken = []
    ordered = yard.supply.wires_tripped
    yard.supply.wires_tripped = lambda: (woken.append(yard.env.now), ordered())  # type: ignore[method-assign]
    yard.run()
    supply = yard.world.supply
    positions = supply.stock["on_hand"].sum(axis=0) + supply.stock["on_order"].sum(axis=0)
    assert (positions > 2).all(), "whatever reached s was ordered"
    assert 0 < len(woken) <= supply.totals[DEMANDED].sum(), "a wire trips when something is asked for"


def test_the_steady_quantity_of_a_base_surge_split_comes_once_a_day_however_often_wires_trip() -> None:
    small = {"crowd.shoppers": 2000, "crowd.represents": 2000, "shelf.catalogue.skus": 20, "warmup": "1d", "days": 9}
    split = {"supply.sourcing": {"policy": "dual", "base": 3}, "supply.stock.initial": "3d of cover"}
    market = Marketplace(load("scenarios/base.yaml", {**small, **split, "supply.replenishment.review": "continuous"}), seed=1)
    market.run()
    assert (market.supply.sourcing.asked == 3 * 10).all()
