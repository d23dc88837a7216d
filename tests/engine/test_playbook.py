"""Alerts, decisions and playbooks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from sim.core.rng import Draws
from sim.engine.alerts import WINDOWS, BurnRate, Threshold, burn_rate
from sim.engine.playbook import Decide, Detect, Playbook, Step, level
from sim.engine.readings import unit_of


@pytest.mark.parametrize(
    ("availability", "objective", "rate", "reason"),
    [
        (0.999, 0.999, 1.0, "errors exactly as the budget allows"),
        (0.9856, 0.999, 14.4, "1.44% errors against 0.1%"),
        (1.0, 0.999, 0.0, "no errors"),
        (0.0, 0.99, 100.0, "all fails"),
    ],
)
def test_burn_is_error_ratio_over_the_budget(availability: float, objective: float, rate: float, reason: str) -> None:
    assert burn_rate(availability, objective) == pytest.approx(rate), reason


@pytest.mark.parametrize(
    ("long", "short", "fires", "reason"),
    [
        (0.98, 0.90, True, "both windows burn 14.4 times too fast"),
        (0.98, 0.9999, False, "it mattered but is over"),
        (0.995, 0.90, False, "it is bad now but has not mattered yet"),
        (math.nan, 0.90, False, "nothing is known of the long window"),
    ],
)
def test_a_page_needs_both_windows(long: float, short: float, fires: bool, reason: str) -> None:
    alert = BurnRate("platform.order.availability", 0.999, 14.4, *WINDOWS[14.4])
    read = {60.0: long, 5.0: short}
    assert alert.check(lambda name, over: read[over], 0.0) is fires, reason


def test_without_a_rate_the_pair_of_the_workbook_is_watched() -> None:
    alerts = Detect().alerts([("platform.pay.availability", 0.999)])
    assert [(a.rate, a.long, a.short) for a in alerts] == [(14.4, 60.0, 5.0), (6.0, 360.0, 30.0)]  # type: ignore[union-attr]


def test_burn_rates_watch_every_availability_that_is_to_hold_unless_one_is_named() -> None:
    asked = [("platform.order.availability", 0.999), ("platform.pay.availability", 0.99)]
    fast = Detect.model_validate({"burn_rate": 14.4})
    assert [(a.metric, a.objective) for a in fast.alerts(asked)] == asked  # type: ignore[union-attr]
    named = Detect.model_validate({"burn_rate": 14.4, "metric": "platform.pay.availability"})
    assert [(a.metric, a.objective) for a in named.alerts(asked)] == asked[1:]  # type: ignore[union-attr]


def test_a_threshold_fires_when_passed_long_enough_and_forgets_when_it_was_not() -> None:
    values = iter([2.0, 2.0, 0.5, 2.0, math.nan, 2.0])
    alert = Threshold("orders", above=1.0, lasting=2.0)
    fired = [alert.check(lambda name, over: next(values), float(now)) for now in range(6)]
    assert fired == [False, False, False, False, False, True], (
        "from 3 to 5, the unknown reading in between counts for nothing"
    )


def test_decisions_take_their_median_and_ninetieth_percentile() -> None:
    decide = Decide.model_validate({"median": "180s", "p90": "600s"})
    delays = [decide.delay(Draws(7, n), 0, 0) for n in range(4000)]
    assert np.median(delays) == pytest.approx(3.0, rel=0.08)
    assert np.quantile(delays, 0.9) == pytest.approx(10.0, rel=0.1)
    assert decide.delay(Draws(7, 3), 0, 0) == delays[3], "the same seed decides as fast"


@pytest.mark.parametrize(
    ("metric", "text", "value"),
    [
        ("platform.order.availability", "99.9%", 0.999),
        ("platform.order.latency_p99", "1.5s", 1.5),
        ("lost_gmv", "5M CNY", 5e6),
        ("orders", 20, 20.0),
    ],
)
def test_a_bound_is_written_in_the_unit_of_its_metric(metric: str, text: object, value: float) -> None:
    assert level(metric, text) == pytest.approx(value)


@pytest.mark.parametrize(("metric", "text"), [("lost_gmv", 5), ("platform.order.latency_p99", 1.5), ("orders", "20%")])
def test_a_bound_in_another_unit_is_refused(metric: str, text: object) -> None:
    with pytest.raises(ValueError, match="found"):
        level(metric, text)


def test_an_unknown_reading_is_refused_with_what_there_is() -> None:
    with pytest.raises(ValueError, match="lost_gmv"):
        unit_of("platform.availability_of_everything")


def test_a_step_may_be_a_name_alone_and_keeps_its_own_arguments() -> None:
    book = Playbook.model_validate(
        {"playbook": "x", "steps": ["platform.failback", {"do": "platform.limit", "rate": "500/s", "for": "1h"}]}
    )
    assert book.steps[0] == Step(do="platform.failback")
    assert book.steps[1].arguments == {"rate": "500/s"} and book.steps[1].lasts == 60.0


def test_two_ways_to_detect_at_once_are_refused() -> None:
    with pytest.raises(ValidationError, match="one of burn_rate"):
        Detect.model_validate({"burn_rate": 6.0, "after": "2min"})
