"""Injects and actions: what they do, that nought does nothing, and what they say to nonsense."""

import numpy as np
import pytest
from machine_room import Room, single
from test_metastability import SPIKE

from sim.core.errors import SimError
from sim.core.registry import events, get_event
from sim.platform import state as st
from sim.platform.config import Platform

INJECTS = {
    "platform.crash": {"target": "order"},
    "platform.slow": {"target": "order"},
    "platform.packet_loss": {"target": "order"},
    "platform.partition": {"target": "order"},
    "platform.capacity_cut": {},
    "platform.cache_flush": {"target": "search"},
    "platform.database_crash": {"target": "payment"},
    "platform.replication_lag": {"target": "payment"},
    "platform.bad_release": {"target": "order"},
    "platform.dependency_outage": {},
    "platform.site_loss": {},
    "platform.traffic_surge": {},
    "platform.thundering_herd": {},
}


def test_every_inject_is_listed_here():
    registered = {entry.name for entry in events("platform") if entry.kind == "inject"}
    assert registered == set(INJECTS)


def lasting(name: str) -> dict[str, object]:
    """The arguments of an inject, for five minutes where it lasts."""
    return {**INJECTS[name], **({"for_minutes": 5} if get_event(name).takes("for") else {})}


@pytest.mark.parametrize("name", INJECTS)
def test_an_inject_of_magnitude_nought_changes_no_byte(name):
    plain = Room(rate=150.0).run(30)
    nought = Room(rate=150.0, timeline=[(10, name, {**lasting(name), "magnitude": 0})]).run(30)
    for field, a, b in zip(plain.platform._fields, plain.platform, nought.platform, strict=True):
        assert a.tobytes() == b.tobytes(), field
    assert plain.journal.rows == nought.journal.rows


@pytest.mark.parametrize("name", sorted(set(INJECTS) - {"platform.replication_lag"}))
def test_an_inject_changes_something_and_its_end_is_reached(name):
    strong = {"platform.packet_loss": "80%", "platform.capacity_cut": "95%", "platform.traffic_surge": 20.0,
              "platform.thundering_herd": 20.0, "platform.slow": 60.0}  # fmt: skip
    arguments = lasting(name)
    if name in strong:
        arguments["magnitude"] = strong[name]
    plain = Room(rate=150.0).run(90)
    hit = Room(rate=150.0, timeline=[(10, name, arguments)]).run(90)
    assert plain.platform.actions.tobytes() != hit.platform.actions.tobytes()
    assert hit.success(st.ORDER)[-60:].min() == pytest.approx(plain.success(st.ORDER)[-60:].min(), abs=0.02)
    assert hit.journal.rows


def test_overlapping_faults_combine_as_independent_causes_and_leave_nothing_behind():
    timeline = [
        (2, "platform.capacity_cut", {"target": "order", "for_minutes": 6, "magnitude": "50%"}),
        (4, "platform.capacity_cut", {"target": "order", "for_minutes": 2, "magnitude": "50%"}),
    ]
    room = Room(timeline=timeline)
    order = room.names.index("order")
    seen = []
    for _ in range(12):
        room.run(1)
        seen.append(float(room.platform.board[order]["capacity"]))
    assert seen == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0]


def test_a_fault_lasts_to_the_second():
    timeline = [(2, "platform.dependency_outage", {"for_minutes": "95s"})]
    plan = {"breaker": {"enabled": False}}
    success = Room(Platform.model_validate(plan), timeline=timeline).run(10).success(st.PAY)
    assert np.flatnonzero(success < 0.5).tolist() == list(range(120, 215))


def test_a_degraded_action_is_refused_and_restored():
    timeline = [(2, "platform.degrade", {"target": "browse"}), (5, "platform.restore", {"target": "browse"})]
    room = Room(timeline=timeline).run(8)
    success = room.success(st.BROWSE)
    assert success[150] == 0.0
    assert success[330] > 0.99
    assert room.platform.balance[st.BROWSE, 1] == pytest.approx(0.66 * 100.0 * 180.0)


def test_switching_an_optional_service_off_spares_it_and_costs_nobody():
    room = Room(timeline=[(2, "platform.degrade", {"target": "recommendation"})]).run(5)
    assert room.history("recommendation", st.H_ARRIVED)[4] == 0.0
    assert room.success(st.BROWSE)[240:].min() > 0.99


def test_switching_an_essential_service_off_fails_those_who_need_it():
    success = Room(timeline=[(2, "platform.degrade", {"target": "payment"})]).run(5)
    assert success.success(st.PAY)[240:].max() < 1e-6
    assert success.success(st.CART)[240:].min() > 0.99


def test_ordered_replicas_serve_after_the_pod_start_time_until_restored():
    timeline = [
        (2, "platform.scale", {"target": "order", "replicas": 7}),
        (20, "platform.restore", {"target": "order"}),
    ]
    room = Room(timeline=timeline).run(60)
    ready = room.history("order", st.H_READY)
    assert (ready[2], ready[5], ready[59]) == (2.0, 7.0, 2.0)


def test_a_restart_empties_the_queue_of_a_storm_and_ends_it():
    config = single(
        "100ms", 4.0, stages=SPIKE, attempts=5,
        service={"timeout": "500ms"}, autoscaler={"enabled": False, "pod_start": "40s"},
    )  # fmt: skip
    stuck = Room(config, rate=0.0).run(15)
    timeline = [
        (5, "platform.limit", {"rate": "1/s"}),
        (6, "platform.restart", {"target": "gateway"}),
        (8, "platform.limit", {}),
    ]
    freed = Room(config, rate=0.0, timeline=timeline).run(15)
    assert stuck.success(st.BROWSE)[-1] < 0.01
    assert freed.success(st.BROWSE)[-1] > 0.99


def test_breakers_held_open_by_hand_refuse_until_closed():
    timeline = [(2, "platform.open_breaker", {"target": "care"}), (5, "platform.close_breaker", {"target": "care"})]
    room = Room(timeline=timeline).run(10)
    assert room.success(st.CARE)[200] == 0.0
    assert room.success(st.CARE)[400] > 0.99


NONSENSE = [
    ("platform.crash", {"target": "nowhere"}, "accepted: care"),
    ("platform.capacity_cut", {"target": "order", "magnitude": "150%"}, "accepted: 0% to 100%"),
    ("platform.cache_flush", {"target": "order"}, "no cache"),
    ("platform.scale", {"target": "order"}, "exactly one of"),
    ("platform.bad_release", {"target": "order", "strategy": "hope"}, "accepted: big_bang, canary"),
    ("platform.replication_lag", {"target": "search"}, "no primary"),
    ("platform.limit", {"rate": "0/s"}, "more than 0/s"),
    ("platform.traffic_surge", {"target": "dancing"}, "accepted: browse"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), NONSENSE)
def test_nonsense_is_told(name, arguments, message):
    room = Room()
    with pytest.raises(SimError, match=message):
        get_event(name).function(room, **arguments)


def test_the_table_of_effects_is_reused_and_never_overflows_silently():
    timeline = [(minute, "platform.slow", {"target": "care", "for_minutes": 1}) for minute in range(1, 400)]
    room = Room(timeline=timeline).run(420)
    assert room.platform.setting[st.EFFECTS_USED] < 10
    with pytest.raises(SimError, match="effects at once"):
        for _ in range(st.EFFECTS + 1):
            get_event("platform.slow").function(room, target="care", for_minutes=500)
