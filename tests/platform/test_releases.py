"""A faulty release reaches few people behind a canary, and everybody without one."""

import math

import pytest
from machine_room import Room

from sim.platform import state as st
from sim.platform.config import CanaryChecks, Platform
from sim.platform.releases import (
    PROMOTED,
    ROLLED_BACK,
    RUNNING,
    canary_after_check,
    checks_to_tell,
    harm,
    is_healthy,
    two_sample_z,
)

CHECKS = CanaryChecks()


def test_a_healthy_canary_grows_by_five_points_to_half_and_is_promoted():
    share, failures, seen = 0.05, 0, []
    for _ in range(20):
        share, failures, status = canary_after_check(share, failures, True, CHECKS)
        seen.append(round(share, 2))
        if status != RUNNING:
            break
    assert status == PROMOTED
    assert seen == [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 1.0]


def test_ten_unhealthy_checks_roll_back_and_hold_the_share_meanwhile():
    share, failures, statuses = 0.05, 0, []
    for _ in range(10):
        share, failures, status = canary_after_check(share, failures, False, CHECKS)
        statuses.append(status)
    assert statuses == [RUNNING] * 9 + [ROLLED_BACK]
    assert share == 0.0


@pytest.mark.parametrize(
    ("success", "p99", "healthy", "why"),
    [
        (0.99, 0.5, True, "both bounds are met exactly"),
        (0.989, 0.1, False, "too many fail"),
        (1.0, 0.501, False, "too slow"),
    ],
)
def test_a_check_is_healthy_within_both_bounds(success, p99, healthy, why):
    assert is_healthy(success, p99, CHECKS) is healthy, why


def test_two_samples_differ_by_their_pooled_spread():
    pooled = 40.0 / 2000.0
    assert two_sample_z(30.0, 1000.0, 10.0, 1000.0) == pytest.approx(
        0.02 / math.sqrt(pooled * (1 - pooled) * 2 / 1000.0)
    )
    assert two_sample_z(0.0, 0.0, 1.0, 10.0) == 0.0
    assert two_sample_z(0.0, 5.0, 0.0, 10.0) == 0.0


def test_harm_is_rate_share_error_and_time():
    assert harm(1000.0, 0.01, 0.3, 60.0, 600.0) == pytest.approx(1980.0)


def test_a_small_share_needs_longer_to_tell():
    assert checks_to_tell(0.01, 100.0, 0.3, 0.001, 0.99) == pytest.approx(
        10.0 * checks_to_tell(0.1, 100.0, 0.3, 0.001, 0.99)
    )
    assert checks_to_tell(0.01, 100.0, 0.01, 0.001, 0.99) > checks_to_tell(0.01, 100.0, 0.3, 0.001, 0.99)


def failed_orders(strategy, **releases):
    config = Platform.model_validate({"releases": releases})
    room = Room(config, rate=200.0, timeline=[(10, "platform.bad_release", {"target": "order", "strategy": strategy})])
    room.run(60)
    return room, float(room.platform.balance[st.ORDER, 2])


def test_a_canary_spares_almost_everybody():
    whole, many = failed_orders("big_bang")
    canary, few = failed_orders("canary")
    assert many > 20.0 * few > 0.0
    assert whole.success(st.ORDER)[15 * 60] == pytest.approx(1.0 - 0.3, abs=0.01)
    assert canary.told("release_rolled_back") and whole.told("release_rolled_back")


def test_a_big_bang_lasts_until_it_is_noticed_and_rolled_back():
    room, _ = failed_orders("big_bang", detect="15min", rollback="10min")
    success = room.success(st.ORDER)
    assert success[34 * 60] < 0.9
    assert success[36 * 60] > 0.99


def test_a_one_percent_canary_is_judged_by_two_samples_after_fifteen_minutes():
    room, _ = failed_orders("canary", canary={"mode": "fixed"})
    ((minute, *_),) = room.told("release_fault_found")
    assert minute == 25.0
    assert room.success(st.ORDER).min() > 0.98


def test_rolling_back_by_hand_ends_the_fault():
    timeline = [
        (10, "platform.bad_release", {"target": "order"}),
        (12, "platform.rollback", {"target": "order"}),
    ]
    config = Platform.model_validate({"releases": {"automatic_rollback": False, "rollback": "2min"}})
    success = Room(config, rate=200.0, timeline=timeline).run(30).success(st.ORDER)
    assert success[13 * 60] < 0.9
    assert success[15 * 60] > 0.99


def test_scheduled_releases_are_faulty_as_often_as_stated():
    schedule = [
        {"at": f"06-01 {hour:02d}:{minute:02d}", "service": "care"} for hour in range(20) for minute in range(0, 60, 6)
    ]
    config = Platform.model_validate({"releases": {"change_failure_rate": "30%", "schedule": schedule}})
    room = Room(config, rate=1.0)
    room.run(1250)
    faulty = sum(rollout.faulty for rollout in room.notices["operations"].rollouts)
    assert len(room.notices["operations"].rollouts) == 200
    # binomial(200, 0.3): standard deviation 6.5
    assert abs(faulty - 60) < 3.3 * 6.5


def test_whether_a_release_is_faulty_does_not_depend_on_its_strategy():
    def faulty(strategy):
        schedule = [{"at": f"06-01 0{hour}:00", "service": "care", "strategy": strategy} for hour in range(1, 9)]
        config = Platform.model_validate({"releases": {"change_failure_rate": "40%", "schedule": schedule}})
        room = Room(config, rate=5.0).run(600)
        return [rollout.faulty for rollout in room.notices["operations"].rollouts]

    assert faulty("canary") == faulty("big_bang")
    assert 0 < sum(faulty("canary")) < 8
