"""The machine room minute by minute: waits, queues, patterns, and the laws they obey."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as hyp
from machine_room import MIX, Room, single

from sim.books.measures import all_measures
from sim.platform import control
from sim.platform import state as st
from sim.platform.config import Platform

LONG = 30  # minutes until a steady state is reached


@pytest.mark.parametrize(("servers", "share", "expected"), [(1, 0.9, 9.0), (2, 0.9, 4.2632), (10, 0.9, 0.6687)])
def test_a_service_makes_requests_wait_as_erlang_says(servers, share, expected):
    """mu = 1/s: the mean wait is what the service adds to its own second."""
    service = {"concurrency": servers, "timeout": "10min"}
    room = Room(single("1s", servers * share, service=service), rate=0.0).run(LONG)
    wait = room.latencies[-1][st.BROWSE].mean() - 1.0
    assert wait == pytest.approx(expected, abs=1e-4 * max(1.0, expected))
    assert float(room.live("gateway")["utilisation"]) == pytest.approx(share)


def test_a_station_of_constant_service_waits_half_as_long():
    service = {"timeout": "10min", "variability": 0.0}
    room = Room(single("1s", 0.9, service=service), rate=0.0).run(LONG)
    assert room.latencies[-1][st.BROWSE].mean() - 1.0 == pytest.approx(4.5, abs=1e-4)


def test_two_stations_in_line_take_the_sum_of_their_times():
    """Jackson: lambda = 1/s, mu = 1.5 and 1.25: W = 1/0.5 + 1/0.25 = 6 s."""
    one = {"concurrency": 1, "replicas": 1, "timeout": "10min", "error": "0%", "in_flight": 1_000_000}
    config = {
        "services": {
            "gateway": {**one, "service_time": "666.666666666ms"},
            "second": {**one, "service_time": "800ms"},
        },
        "actions": {"browse": {"second": 1.0}}, "dependencies": {}, "bulkhead": "100%",
        "autoscaler": {"enabled": False}, "shedding": {"enabled": False}, "sizing": {"mix": {"browse": 1.0}},
        "load": {"rate": "1/s"},
    }  # fmt: skip
    room = Room(config, rate=0.0).run(LONG)
    assert room.latencies[-1][st.BROWSE].mean() == pytest.approx(6.0, abs=1e-3)


def test_a_quiet_minute_equals_its_seconds():
    """The minute at once and second by second: the same latencies, failures and sums, up to the rounding of sums."""

    class Uneven(Room):
        def demand(self, minute):
            rng = np.random.default_rng(minute)
            self.platform.demand[:] = rng.poisson(self.rate * MIX[None, :, None] / 3.0, self.platform.demand.shape)

    fast, slow = Uneven(rate=300.0), Uneven(rate=300.0)
    slow.platform.setting[st.EXACT] = 1.0
    fast.run(240)
    slow.run(240)
    assert fast.platform.setting[st.SLOW_MINUTES] < 20
    assert slow.platform.setting[st.SLOW_MINUTES] == 240
    assert np.array_equal(np.array(fast.latencies), np.array(slow.latencies))
    assert np.array_equal(np.array(fast.failures), np.array(slow.failures))
    for name in ("history", "actions", "totals", "balance", "histogram", "cost"):
        a, b = getattr(fast.platform, name), getattr(slow.platform, name)
        np.testing.assert_allclose(a, b, rtol=1e-5 if a.dtype == np.float32 else 1e-12, atol=1e-9, err_msg=name)
    for field in ("arrived", "served", "failed", "retries", "replica_seconds", "ready", "utilisation", "wait"):
        np.testing.assert_allclose(fast.platform.live[field], slow.platform.live[field], rtol=1e-11, err_msg=field)


def test_the_fast_and_the_exact_path_agree_after_a_disturbance_too():
    timeline = [(20, "platform.slow", {"target": "order", "for_minutes": 3, "magnitude": 30.0})]
    fast, slow = Room(rate=300.0, timeline=timeline), Room(rate=300.0, timeline=timeline)
    slow.platform.setting[st.EXACT] = 1.0
    fast.run(60)
    slow.run(60)
    assert 0 < fast.platform.setting[st.SLOW_MINUTES] < 45
    np.testing.assert_allclose(np.array(fast.failures), np.array(slow.failures), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(np.array(fast.latencies), np.array(slow.latencies), rtol=1e-5)


def test_a_queue_is_worked_off_first_in_first_out():
    """12/s for ten seconds at 10/s leaves 20 waiting: the last waits two seconds, and it takes 20/6 s to clear."""
    stages = [
        {"duration": "10s", "target": "12/s"},
        {"duration": "0s", "target": "4/s"},
        {"duration": "1h", "target": "4/s"},
    ]
    room = Room(single(rate=12.0, stages=stages), rate=0.0)
    room.run(1)
    latency = room.latencies[0][st.BROWSE]
    steady = float(room.live("gateway")["wait"]) + 0.1
    assert latency[9] - steady == pytest.approx(1.9, abs=1e-5)
    assert latency[10] - steady == pytest.approx((2.0 + 1.4) / 2.0, abs=1e-5)
    assert latency[20] == pytest.approx(steady)


def test_work_nobody_waits_for_is_done_unless_deadlines_are_passed_on():
    stages = [
        {"duration": "60s", "target": "40/s"},
        {"duration": "0s", "target": "0/s"},
        {"duration": "1h", "target": "0/s"},
    ]
    service = {"timeout": "2s"}
    zombie = Room(single(rate=40.0, stages=stages, service=service), rate=0.0).run(5).live("gateway")
    clean = Room(single(rate=40.0, stages=stages, service=service, deadlines=True), rate=0.0).run(5).live("gateway")
    assert zombie["zombie"] > 0.9 * zombie["served"] - 40.0
    assert zombie["dropped"] == 0.0
    assert clean["zombie"] == 0.0
    assert clean["dropped"] > 1000.0
    assert zombie["served"] + zombie["queue"] == pytest.approx(2400.0)


def test_newest_first_keeps_some_in_time_while_there_is_too_much():
    stages = [{"duration": "1h", "target": "20/s"}]
    service = {"timeout": "2s"}
    fifo = Room(single(rate=20.0, stages=stages, service=service), rate=0.0).run(3)
    lifo = Room(single(rate=20.0, stages=stages, service=service, queue="adaptive_lifo"), rate=0.0).run(3)
    assert fifo.success(st.BROWSE)[120] == pytest.approx(0.0, abs=1e-6)
    assert 0.3 < lifo.success(st.BROWSE)[120] <= 0.5


def test_a_full_queue_refuses_at_once():
    stages = [{"duration": "1h", "target": "20/s"}]
    room = Room(single(rate=20.0, stages=stages, service={"queue_limit": 50}), rate=0.0).run(3)
    gateway = room.live("gateway")
    assert gateway["queue"] == pytest.approx(50.0)
    assert gateway["refused"] == pytest.approx(20.0 * 180 - 10.0 * 180 - 50.0)
    assert room.success(st.BROWSE)[120] == pytest.approx(0.5, abs=1e-6)


def test_a_rate_limit_admits_its_rate_and_its_burst():
    config = single("1ms", 30.0, rate_limit={"rate": "10/s", "burst": 100})
    room = Room(config, rate=0.0).run(2)
    offered, shed = room.platform.balance[st.BROWSE, :2]
    assert offered - shed == pytest.approx(100.0 + 10.0 * 119)


def test_load_is_shed_in_the_order_of_the_plan_where_it_helps():
    """Search is short: browsing, which calls it too, goes first; care comes earlier in the plan but would not help."""
    plan = {
        "autoscaler": {"enabled": False}, "breaker": {"enabled": False},
        "dependencies": {"payment_provider": {"concurrency": 100}},
    }  # fmt: skip
    room = Room(Platform.model_validate(plan), rate=200.0)
    room.rate = 1600.0
    room.run(5)
    share = room.platform.balance[:, 1] / room.platform.balance[:, 0]
    assert share[st.BROWSE] > 0.1
    assert share[[st.CARE, st.SEARCH, st.CART, st.ORDER, st.PAY]].max() == 0.0


@pytest.mark.parametrize(("enabled", "low", "high"), [(True, 0.99, 1.0), (False, 0.0, 0.3)])
def test_shedding_saves_payment_when_everything_is_too_much(enabled, low, high):
    plan = {
        "autoscaler": {"enabled": False}, "breaker": {"enabled": False}, "shedding": {"enabled": enabled},
        "services": {"gateway": {"replicas": 1, "concurrency": 1, "queue_limit": 100_000}},
        "dependencies": {"payment_provider": {"concurrency": 100}},
    }  # fmt: skip
    room = Room(Platform.model_validate(plan), rate=200.0)
    room.rate = 1500.0
    success = room.run(5).success(st.PAY)[240:].mean()
    assert low <= success <= high
    shed = room.platform.balance[:, 1] / room.platform.balance[:, 0]
    assert shed[st.CARE] == pytest.approx(float(enabled))
    assert shed[st.BROWSE] == pytest.approx(float(enabled))


@pytest.mark.parametrize(("bulkhead", "low", "high"), [("100%", 0.0, 0.6), ("40%", 0.99, 1.0)])
def test_a_hanging_callee_fills_its_callers_and_a_bulkhead_holds_it_off(bulkhead, low, high):
    plan = {
        "bulkhead": bulkhead, "breaker": {"enabled": False}, "shedding": {"enabled": False}, "deadlines": False,
        "services": {"gateway": {"in_flight": 32}}, "autoscaler": {"enabled": False},
    }  # fmt: skip
    room = Room(Platform.model_validate(plan), rate=150.0, timeline=[
        (2, "platform.partition", {"target": "search", "for_minutes": 10}),
    ])  # fmt: skip
    assert low <= room.run(8).success(st.CART)[300:480].mean() <= high


def test_a_breaker_stops_calls_to_a_broken_callee_and_tries_again():
    plan = {"shedding": {"enabled": False}, "breaker": {"wait": "30s", "minimum": 10}}
    room = Room(Platform.model_validate(plan), rate=200.0, timeline=[
        (3, "platform.dependency_outage", {"target": "payment_provider", "for_minutes": 5}),
    ])  # fmt: skip
    room.run(20)
    attempts = room.history("payment_provider", st.H_ARRIVED)
    assert attempts[5:8].max() < 0.2 * attempts[1], "an open breaker lets next to nothing through"
    assert attempts[12] == pytest.approx(attempts[1], rel=0.01), "closed again after the fault"
    assert room.success(st.PAY)[900:].min() > 0.98


def test_a_flushed_cache_stampedes_the_store_unless_misses_are_coalesced():
    def worst(coalescing):
        plan = {
            "services": {"search": {"cache": {"coalescing": coalescing, "working_set": 20_000}}},
            "shedding": {"enabled": False}, "autoscaler": {"enabled": False},
        }  # fmt: skip
        room = Room(
            Platform.model_validate(plan), rate=2000.0, timeline=[(3, "platform.cache_flush", {"target": "search"})]
        )
        room.run(60)
        return room, room.history("search.db.replica", st.H_ARRIVED)[3]

    herd, many = worst(False)
    held, few = worst(True)
    assert many > few > 0.0
    assert float(held.live("search")["warm"]) == 1.0
    assert herd.success(st.SEARCH)[180:240].min() <= held.success(st.SEARCH)[180:240].min()


def test_modules_of_a_monolith_fail_together():
    def success(architecture):
        room = Room(Platform.model_validate({"architecture": architecture}), rate=100.0, timeline=[
            (2, "platform.crash", {"target": "recommendation", "for_minutes": 3}),
        ])  # fmt: skip
        return room.run(4).success(st.PAY)[180:].mean()

    assert success("monolith") < 0.01
    assert success("microservices") > 0.99


def test_a_monolith_does_the_same_work_on_as_many_workers():
    mono, micro = Room({"architecture": "monolith"}, rate=200.0).run(5), Room({}, rate=200.0).run(5)
    busy = float(
        (mono.live("shop")["utilisation"] * mono.live("shop")["ready"]) * mono.platform.nodes[0]["concurrency"]
    )
    parts = [v for v, kind in enumerate(micro.platform.nodes["kind"]) if kind == st.SERVICE]
    each = sum(
        float(
            micro.platform.live[v]["utilisation"]
            * micro.platform.live[v]["ready"]
            * micro.platform.nodes[v]["concurrency"]
        )
        for v in parts
    )
    assert busy == pytest.approx(each, rel=0.01)


def test_pods_serve_only_after_their_start_time():
    plan = {"autoscaler": {"pod_start": "100s"}, "shedding": {"enabled": False}}
    room = Room(Platform.model_validate(plan), rate=100.0)
    room.run(10)
    before = int(room.live("search")["ready"])
    room.rate = 1500.0
    ready = []
    for _ in range(8):
        room.run(1)
        ready.append((int(room.live("search")["ready"]), int(room.live("search")["starting"])))
    # the first busy minute ends at 1 min, the decision falls on its end, the pods serve 100 s later
    assert ready[0] == (before, 0)
    assert ready[1][0] == before and ready[1][1] > 0
    assert ready[3][0] > before


def test_prescaled_capacity_is_there_in_time_and_costs_money():
    plan = {"prescale": [{"from": "06-01 00:10", "to": "06-01 01:00", "factor": 4.0}]}
    room, plain = Room(Platform.model_validate(plan)).run(90), Room({}).run(90)
    ready = room.history("order", st.H_READY)
    base = int(room.platform.nodes[room.names.index("order")]["base_replicas"])
    assert ready[9] == base
    assert ready[13] == 4 * base
    assert ready[89] == base
    assert room.platform.cost.sum() > 1.5 * plain.platform.cost.sum()


def test_capacity_costs_replica_hours_times_price():
    room = Room({"autoscaler": {"enabled": False}, "sites": "single"}, days=1).run(120)
    for v, node in enumerate(room.platform.nodes):
        assert room.platform.cost[v] == int(node["base_replicas"]) * 2 * int(node["price"])
    assert room.world.books.debit.sum() == room.world.books.credit.sum() > 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hyp.data())
def test_no_request_is_lost_whatever_happens(data):
    plan = {
        "queue": data.draw(hyp.sampled_from(["fifo", "adaptive_lifo"])),
        "deadlines": data.draw(hyp.booleans()),
        "shedding": {"enabled": data.draw(hyp.booleans())},
        "breaker": {"enabled": data.draw(hyp.booleans())},
        "throttle": {"enabled": data.draw(hyp.booleans())},
        "architecture": data.draw(hyp.sampled_from(["microservices", "monolith"])),
    }
    room = Room(Platform.model_validate(plan), rate=data.draw(hyp.floats(1.0, 400.0)))
    nodes = len(room.names)
    kinds = [st.CAPACITY, st.SLOW, st.ERROR, st.LOSS, st.UNREACHABLE, st.OFF, st.KILL, st.BREAKER, st.FLOOR]
    for _ in range(data.draw(hyp.integers(0, 6))):
        start = data.draw(hyp.floats(0.0, 400.0))
        control.add(
            room.platform, data.draw(hyp.sampled_from(kinds)), data.draw(hyp.integers(0, nodes - 1)),
            data.draw(hyp.floats(0.0, 1.0)), start, start + data.draw(hyp.floats(0.5, 200.0)),
        )  # fmt: skip
    for _ in range(8):
        room.rate = data.draw(hyp.floats(0.0, 2000.0))
        room.run(1)  # checks both laws
        assert np.all(room.platform.failure >= -1e-6) and np.all(room.platform.failure <= 1.0 + 1e-6)
        assert np.all(np.isfinite(room.platform.latency)) and np.all(room.platform.latency >= 0.0)
        assert np.all(room.platform.live["queue"] >= 0.0)
        assert np.all(room.platform.live["ready"] >= 0)


class Flooded(Room):
    """Bots ask for orders with 400 times the people's rate in minutes 5 to 8."""

    def demand(self, minute):
        super().demand(minute)
        if 5 <= minute < 9:
            self.platform.demand[st.BOTS, st.ORDER] = 400.0 * self.rate * MIX[st.ORDER]


@pytest.mark.parametrize("exact", [0.0, 1.0])
def test_what_is_written_down_is_what_people_meet_and_bots_are_counted_apart(exact):
    room = Flooded(rate=100.0)
    room.platform.setting[st.EXACT] = exact
    room.run(14)
    p = room.platform
    asked = room.rate * MIX[st.ORDER]
    met = float((asked * room.success(st.ORDER)).sum())
    people = p.totals[: st.BOTS, st.ORDER].sum(axis=0)
    assert people[0] == pytest.approx(asked * 14 * 60)
    assert people[3] == pytest.approx(met)
    rows = np.asarray(p.actions[:14, st.ORDER], "f8")
    assert rows[:, st.A_OFFERED].sum() == pytest.approx(people[0], rel=1e-5)
    assert (rows[:, st.A_SHED] + rows[:, st.A_FAILED]).sum() == pytest.approx(people[1] + people[2], rel=1e-4)
    assert p.histogram[st.ORDER].sum() == pytest.approx(people[3], rel=1e-4)
    bots = p.totals[st.BOTS, st.ORDER]
    assert bots[0] == pytest.approx(400.0 * asked * 4 * 60)
    assert bots[3] / bots[0] < 0.7 < people[3] / people[0], "the flood drowns itself; people met it for four minutes only"
    measure = all_measures()["order_availability"].compute(
        SimpleNamespace(world=room.world, calendar=SimpleNamespace(warmup=0, end=14), config=room.config, notices={})
    )
    both = p.totals[: st.BOTS][:, [st.ORDER, st.PAY]].sum(axis=(0, 1))
    assert measure == pytest.approx(both[3] / both[0])
