"""The section `platform`: sensible without a word, strict about every word."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from machine_room import Room
from pydantic import ValidationError

from sim.platform import state as st
from sim.platform.config import Load, Platform
from sim.platform.graph import node_names
from sim.platform.layout import client_latency
from sim.platform.load import load_of


def test_the_usual_shop_has_its_eight_services():
    assert set(Platform().services) == {
        "gateway", "search", "recommendation", "cart", "order", "payment", "inventory", "care",
    }  # fmt: skip


def test_a_word_about_one_service_leaves_the_others_and_its_own_rest():
    one = Platform.model_validate({"services": {"order": {"replicas": 9}}})
    assert one.services["order"].replicas == 9
    assert one.services["order"].database is not None
    assert set(one.services) == set(Platform().services)


def test_who_states_the_call_graph_states_the_services():
    own = Platform.model_validate(
        {"entry": "web", "services": {"web": {}, "app": {"calls": {"bank": 1.0}}}, "dependencies": {"bank": {}},
         "actions": {"order": {"app": 2.0}}}
    )  # fmt: skip
    assert node_names(own) == ("web", "app", "bank")


def test_a_checked_section_survives_being_written_and_read():
    for text in ({}, {"architecture": "monolith"}, {"sites": "active_active"}, {"load": {"rate": "5/s"}}):
        one = Platform.model_validate(text)
        assert Platform.model_validate(one.model_dump(mode="json", by_alias=True)) == one


WRONG = [
    ({"entry": "door"}, "entry: found 'door'"),
    ({"actions": {"browse": {"nobody": 1.0}}}, "found 'nobody'"),
    ({"services": {"cart": {"calls": {"order": 1.0}}, "order": {"calls": {"cart": 1.0}}}}, "in a circle"),
    ({"services": {"cart": {"calls": {"inventory": -1.0}}}}, "accepted: a number above 0"),
    ({"services": {"cart": {"replicas": 0}}}, "replicas: accepted"),
    ({"autoscaler": {"every": "7s"}}, "divides a minute"),
    ({"load": {"rate": "5/s", "trace": "a.csv"}}, "exactly one of rate, stages, trace"),
    ({"load": {}}, "exactly one of rate, stages, trace"),
    ({"sites": "moonbase"}, "does not match any of the expected tags"),
    ({"experience": {"page_weight": 1.6}}, "a size, such as"),
    ({"shedding": {"order": ["pay", "pay"]}}, "named twice"),
    ({"breaker": {"window": 0}}, "1 to 1000000 calls"),
    ({"releases": {"schedule": [{"at": "06-01", "service": "nobody"}]}}, "found 'nobody'"),
    ({"sizing": {"mix": {"browse": 0.0}}}, "not all 0"),
    ({"replicas": 3}, "Extra inputs"),
    ({"retries": {"attempts": 6}}, "less than or equal to 5"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_wrong_section_is_told(text, message):
    with pytest.raises(ValidationError) as found:
        Platform.model_validate(text)
    assert message in str(found.value)


def test_automatic_sizes_meet_the_stated_peak_at_the_stated_utilisation():
    """At 1000 actions a second every service sized by itself is at most at 60%."""
    plan = {"sizing": {"sized_for": "1000/s", "utilisation": "60%"}, "autoscaler": {"enabled": False}}
    room = Room(Platform.model_validate(plan), rate=1000.0).run(5)
    used = room.platform.history[4, :, st.H_UTILISATION]
    assert used.max() < 0.61
    busy = {name: float(used[v]) for v, name in enumerate(room.names)}
    # whole replicas of eight workers leave some room
    assert 0.45 < busy["search"] < 0.61
    assert room.platform.setting[st.SLOW_MINUTES] == 0


def test_without_a_statement_the_run_s_expected_peak_and_headroom_decide():
    small, large = Room(rate=1000.0), Room(rate=4000.0)
    node = small.names.index("search")
    assert large.platform.nodes[node]["base_replicas"] == pytest.approx(
        4 * small.platform.nodes[node]["base_replicas"], abs=4
    )


def test_pages_take_transfer_and_rendering_on_top():
    seconds = client_latency(
        Platform.model_validate({"experience": {"page_weight": "2 MB", "phone_speed": "16 Mbit/s"}})
    )
    assert seconds[0] == pytest.approx(1.0 + 0.8)
    assert seconds[1] == pytest.approx(16.0 / 60.0 + 0.3)


def test_stages_ramp_linearly_and_hold():
    load = {
        "start_rate": "0/s",
        "stages": [{"duration": "1min", "target": "60/s"}, {"duration": "1min", "target": "60/s"}],
    }
    room = Room(Platform.model_validate({"load": load}), rate=0.0)
    assert room.platform.load[:3] == pytest.approx([0.5, 1.5, 2.5])
    assert room.platform.load[59:].tolist() == pytest.approx([59.5] + [60.0] * (1440 * 60 - 60))
    room.run(3)
    assert room.platform.balance[:, 0].sum() == pytest.approx(1800.0 + 2 * 3600.0)


def test_poisson_arrivals_are_the_same_for_the_same_seed_and_have_their_mean():
    config = Platform.model_validate({"load": {"rate": "20/s", "arrivals": "poisson"}})
    first, same, other = Room(config, 0.0).run(60), Room(config, 0.0).run(60), Room(config, 0.0, seed=2).run(60)
    assert first.platform.balance.tobytes() == same.platform.balance.tobytes()
    assert first.platform.balance.tobytes() != other.platform.balance.tobytes()
    total = first.platform.balance[:, 0].sum()
    # 72,000 expected, standard deviation 268
    assert abs(total - 72_000) < 3.3 * 268


def test_a_trace_drives_the_machine_room():
    frame = pd.DataFrame({"count": [60 * i for i in range(5)]})
    context = SimpleNamespace(minutes=4, table=lambda name: frame if name == "load.csv" else None)
    rates = load_of(Load.model_validate({"trace": "load.csv", "scale": 2.0}), context)
    assert rates.tolist() == [2.0 * i for i in range(4) for _ in range(60)]


def test_every_number_of_the_usual_shop_can_be_stressed_to_its_breaking_point():
    """A full-link stress test: the rate at which fewer than 99% are answered lies above what it is sized for."""
    load = {"start_rate": "0/s", "stages": [{"duration": "60min", "target": "20000/s"}]}
    plan = {"load": load, "sizing": {"sized_for": "500/s"}, "autoscaler": {"enabled": False}}
    room = Room(Platform.model_validate(plan), rate=0.0).run(60)
    rows = np.asarray(room.platform.actions[:60], "f8")
    offered = rows[..., st.A_OFFERED].sum(axis=1)
    good = 1.0 - (rows[..., st.A_SHED] + rows[..., st.A_FAILED]).sum(axis=1) / np.maximum(offered, 1.0)
    breaking = offered[np.flatnonzero(good[1:] < 0.99)[0] + 1] / 60.0
    assert 500.0 < breaking < 3000.0
