"""Failover of databases and sites: how long, how much is lost, at what price."""

import numpy as np
import pytest
from machine_room import Room

from sim.core.errors import SimError
from sim.platform import recovery
from sim.platform import state as st
from sim.platform.config import Platform


def outage(room, action=st.PAY, after=0, threshold=0.5):
    """Seconds in which most of an action fails."""
    return int((room.success(action)[after:] < threshold).sum())


def lose_site(pattern, minutes=600, target=None, until=240, **sites):
    config = Platform.model_validate({"sites": {"pattern": pattern, **sites}})
    timeline = [(10, "platform.site_loss", {"target": target, "for_minutes": until})]
    return Room(config, timeline=timeline).run(minutes)


ORDERS = [
    ("single", 240 * 60, 240 * 60, "down until the site is back"),
    ("backup_restore", 3600, 86400, "hours"),
    ("pilot_light", 600, 3600, "tens of minutes"),
    ("warm_standby", 120, 900, "minutes"),
    ("hot_standby", 10, 60, "seconds to a minute"),
    ("active_active", 0, 15, "about nought"),
    ("two_cities_three_centres", 10, 60, "seconds within the first city"),
]


@pytest.mark.parametrize(("pattern", "low", "high", "why"), ORDERS)
def test_each_pattern_recovers_in_its_order_of_magnitude(pattern, low, high, why):
    automatic = {} if pattern == "single" else {"automatic": True}
    room = lose_site(pattern, until=6 * 60 if pattern == "backup_restore" else 240, **automatic)
    assert low <= outage(room) <= high, why


def test_a_pattern_without_automatism_waits_for_a_person():
    plan = Platform.model_validate({"sites": "warm_standby"})
    loss = (10, "platform.site_loss", {"for_minutes": 240})
    alone = Room(plan, timeline=[loss]).run(300)
    helped = Room(plan, timeline=[loss, (20, "platform.failover", {})]).run(300)
    assert outage(alone) == 240 * 60
    assert outage(helped) == pytest.approx(10 * 60 + 240, abs=15)


def test_the_far_city_takes_over_when_both_near_centres_are_lost():
    near = lose_site("two_cities_three_centres", automatic=True)
    far = lose_site("two_cities_three_centres", target="city", far={"automatic": True})
    assert outage(near) < 60 < 3600 <= outage(far)
    assert near.platform.setting[st.LOST_WRITES] == 0.0
    assert far.platform.setting[st.LOST_WRITES] > 0.0


def test_asynchronous_replication_loses_the_lag_and_synchronous_nothing():
    lagging = lose_site("hot_standby", minutes=60, lag="30s")
    assert lagging.platform.lost_seconds[9] == 30.0
    assert lagging.platform.lost_seconds.sum() == 30.0
    writes = sum(
        float(lagging.platform.history[9, v, st.H_ARRIVED]) / 2.0
        for v, kind in enumerate(lagging.platform.nodes["kind"]) if kind == st.PRIMARY
    )  # fmt: skip
    assert lagging.platform.setting[st.LOST_WRITES] == pytest.approx(writes, rel=1e-3)
    assert lose_site("hot_standby", minutes=60, lag="0s").platform.lost_seconds.sum() == 0.0


def test_no_more_is_lost_than_there_has_been():
    plan = Platform.model_validate({"sites": {"pattern": "hot_standby", "lag": "1h"}})
    room = Room(plan, timeline=[(2, "platform.site_loss", {"for_minutes": 60})]).run(20)
    assert room.platform.lost_seconds.sum() == 120.0


def test_a_site_that_comes_back_before_the_switch_loses_nothing():
    room = lose_site("pilot_light", minutes=60, until=5, automatic=True)
    assert outage(room) == 300
    assert room.platform.lost_seconds.sum() == 0.0
    assert not room.told("failed_over")


def test_a_database_failover_takes_detection_election_and_reconnection():
    timeline = [(10, "platform.database_crash", {"target": "payment", "for_minutes": 60})]
    plan = {"breaker": {"enabled": False}}
    room = Room(Platform.model_validate(plan), timeline=timeline).run(40)
    assert outage(room) == pytest.approx(60, abs=5)
    ((minute, _, _, subject, seconds),) = room.told("failed_over")
    assert (subject, seconds) == ("payment.db.primary", 60.0)
    assert minute == 11.0
    assert room.platform.lost_seconds.sum() == 1.0, "a second of replication lag"


DATABASES = [
    ({}, 60, 120, 1.0, "managed, several zones: 60 to 120 s; a second of lag is lost"),
    ({"detect": "10s", "elect": "10s", "reconnect": "10s"}, 20, 35, 1.0, "a cluster: less than 35 s"),
    ({"replication": "synchronous"}, 60, 120, 0.0, "synchronous replication loses nothing"),
]


@pytest.mark.parametrize(("database", "low", "high", "lost", "why"), DATABASES)
def test_databases_fail_over_in_their_order_of_magnitude(database, low, high, lost, why):
    plan = {"services": {"payment": {"database": database}}, "breaker": {"enabled": False}}
    timeline = [(10, "platform.database_crash", {"target": "payment", "for_minutes": 60})]
    room = Room(Platform.model_validate(plan), timeline=timeline).run(40)
    assert low <= outage(room) <= high, why
    assert room.platform.lost_seconds.sum() == lost, why


def test_every_value_of_the_pattern_in_force_is_a_parameter_with_a_range():
    for pattern, _, _, why in ORDERS:
        sites = Platform.model_validate({"sites": pattern}).sites
        for name, field in type(sites).model_fields.items():
            if name in ("pattern", "automatic", "far"):
                continue
            note = field.json_schema_extra
            assert note["assumption"] and note["low"] is not None and note["high"] is not None, f"{pattern}.{name}: {why}"


def test_a_manual_database_waits_for_the_action():
    plan = {"services": {"payment": {"database": {"failover": "manual"}}}, "breaker": {"enabled": False}}
    crash = (10, "platform.crash", {"target": "payment.db.primary", "for_minutes": 60})
    waiting = Room(Platform.model_validate(plan), timeline=[crash]).run(80)
    acting = Room(
        Platform.model_validate(plan), timeline=[crash, (15, "platform.failover", {"target": "payment"})]
    ).run(80)
    assert outage(waiting) == pytest.approx(3600, abs=10)
    assert outage(acting) == pytest.approx(5 * 60 + 30, abs=10)


def test_a_database_without_replicas_has_nowhere_to_go():
    plan = {"services": {"payment": {"database": {"replicas": 0}}}, "breaker": {"enabled": False}}
    timeline = [
        (10, "platform.database_crash", {"target": "payment", "for_minutes": 20}),
        (12, "platform.failover", {"target": "payment"}),
    ]
    room = Room(Platform.model_validate(plan), timeline=timeline).run(60)
    assert outage(room) == pytest.approx(1200, abs=10)
    assert room.told("failover_not_possible")


def test_replication_lag_adds_to_what_a_failover_loses():
    timeline = [
        (5, "platform.replication_lag", {"target": "order", "for_minutes": 30, "magnitude": "90s"}),
        (10, "platform.database_crash", {"target": "order", "for_minutes": 60}),
    ]
    room = Room(timeline=timeline).run(30)
    assert room.platform.lost_seconds.sum() == 91.0


def test_failing_back_interrupts_for_seconds_and_only_once_the_fault_is_over():
    timeline = [
        (10, "platform.site_loss", {"for_minutes": 30}),
        (20, "platform.failback", {}),
        (50, "platform.failback", {}),
    ]
    room = Room({"sites": "hot_standby"}, timeline=timeline).run(60)
    assert len(room.told("failback_not_possible")) == 1
    assert len(room.told("failed_back")) == 1
    assert 5 <= outage(room, after=50 * 60) <= 30


def test_more_readiness_costs_more():
    cost = [
        recovery.extra_cost(Platform.model_validate({"sites": p}).sites)
        for p in ("single", "backup_restore", "pilot_light", "warm_standby", "hot_standby")
    ]
    assert cost == sorted(cost) and cost[0] == 0.0
    hot, single = Room({"sites": "hot_standby"}).run(60), Room({"sites": "single"}).run(60)
    assert hot.platform.cost.sum() == pytest.approx(2.0 * single.platform.cost.sum(), rel=0.01)


def test_an_unknown_site_is_told():
    with pytest.raises(SimError, match="accepted: site, city"):
        Room(timeline=[(1, "platform.site_loss", {"target": "moon"})]).run(3)


def test_after_all_effects_have_ended_the_boards_are_what_they_were():
    room = Room({"sites": "hot_standby"}, timeline=[(3, "platform.site_loss", {"for_minutes": 5})]).run(30)
    fresh = Room({"sites": "hot_standby"}).run(30)
    assert np.array_equal(room.platform.board, fresh.platform.board)


def test_failing_back_ends_nothing_that_has_begun_since():
    timeline = [
        (10, "platform.database_crash", {"target": "payment", "for_minutes": 20}),
        *((40, "platform.degrade", {"target": f"action.{action}", "magnitude": "40%"}) for action in st.ACTION_NAMES),
        (60, "platform.failback", {}),
    ]
    room = Room(timeline=timeline).run(90)
    assert room.told("failed_back")
    assert room.platform.action_off == pytest.approx([0.4] * st.ACTIONS)


@pytest.mark.parametrize("later", [0, 0.5])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [("platform.site_loss", {"for_minutes": 60}), ("platform.database_crash", {"target": "payment", "for_minutes": 60})],
)
def test_a_loss_told_twice_loses_its_writes_once(name, arguments, later):
    once = Room(timeline=[(10, name, arguments)]).run(30)
    twice = Room(timeline=[(10, name, arguments), (10 + later, name, arguments)]).run(30)
    assert once.platform.setting[st.LOST_WRITES] > 0.0
    assert twice.platform.setting[st.LOST_WRITES] == once.platform.setting[st.LOST_WRITES]


def test_both_centres_serving_lose_nothing_when_the_lost_one_is_back_before_anybody_notices():
    short = lose_site("active_active", minutes=30, until="6s", lag="1s")
    longer = lose_site("active_active", minutes=30, until=5, lag="1s")
    assert not short.told("failed_over")
    assert short.platform.setting[st.LOST_WRITES] == short.platform.lost_seconds.sum() == 0.0
    assert longer.told("failed_over")
    assert longer.platform.lost_seconds.sum() == 1.0
