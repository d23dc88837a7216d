"""Stations driven alone against the textbooks and against another simulator.

The published value must lie inside the simulated 99% interval, and the interval's half-width must be at most 1% of it
(2% where the case says so).
"""

from __future__ import annotations

import math
from pathlib import Path

import ciw
import numpy as np
import pytest

from sim.core.rng import Draws
from sim.engine import run as run_scenario
from sim.fulfilment.config import Arrivals
from sim.fulfilment.reference import run
from sim.scenario import load

SCENARIOS = Path(__file__).parents[2] / "scenarios" / "reference"


def erlang_c(servers: int, load: float) -> float:
    """Probability to wait in M/M/c by Erlang's formula: the recomputed oracle."""
    blocked = erlang_b(servers, load)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def erlang_b(servers: int, load: float) -> float:
    """Probability of loss in M/M/c/c by the usual recursion."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


@pytest.mark.parametrize(
    ("file", "kpi", "published", "recomputed", "tolerance"),
    [
        ("queue_mm1", "station.wait", 9.0, erlang_c(1, 0.9) / 0.1, 0.01),
        ("queue_mm2", "station.wait", 4.2632, erlang_c(2, 1.8) / 0.2, 0.01),
        ("queue_mm10", "station.wait", 0.6687, erlang_c(10, 9.0) / 1.0, 0.01),
        ("queue_md1", "station.wait", 2.0, 0.8 / (2 * 0.2), 0.01),
        ("queue_mg1", "station.wait", 6.0, 0.8 * (1 + 2) / (2 * 0.2), 0.01),
        ("queue_tandem", "line.sojourn", 6.0, 1 / (1.5 - 1) + 1 / (1.25 - 1), 0.01),
        ("queue_erlang_c", "station.delayed", 0.1741, erlang_c(14, 10.0), 0.01),
        ("queue_erlang_c", "station.within", 0.8884, 1 - erlang_c(14, 10.0) * math.exp(-4 / 3 / 3), 0.01),
        ("queue_erlang_b_10", "station.lost", 0.01, erlang_b(10, 4.461), 0.01),
        ("queue_erlang_b_20", "station.lost", 0.01, erlang_b(20, 12.03), 0.01),
    ],
)
def test_textbook_queue(file: str, kpi: str, published: float, recomputed: float, tolerance: float) -> None:
    assert recomputed == pytest.approx(published, rel=1e-3), "the published value is the formula's"
    kpis = measured(file)
    kind = "mean" if kpi.endswith(("wait", "sojourn")) else "share"
    value, half = kpis[f"fulfilment.{kpi}_{kind}"], kpis[f"fulfilment.{kpi}_half_width"]
    assert half <= tolerance * published
    assert abs(value - recomputed) <= half, f"{value} ± {half} against {recomputed}"


_measured: dict[str, dict[str, float]] = {}


def measured(file: str) -> dict[str, float]:
    """KPIs of a reference scenario, run once by the engine as the command does."""
    if file not in _measured:
        _measured[file] = run_scenario(load(SCENARIOS / f"{file}.yaml"), seed=1).kpis
    return _measured[file]


def test_occupancy_is_load_over_servers() -> None:
    assert measured("queue_erlang_c")["fulfilment.station.utilisation"] == pytest.approx(10 / 14, rel=0.005)


def line(rate: str, *stations: dict[str, object], parcels: int = 400_000, **more: object) -> dict[str, float]:
    """KPIs of a line of stations."""
    config = Arrivals.model_validate(
        {"rate": rate, "stations": list(stations), "parcels": parcels, "warmup": 20_000, **more}
    )
    return run(config, Draws(7))


def station(name: str, servers: int, mean: str, **more: object) -> dict[str, object]:
    """A station of a file."""
    return {"name": name, "servers": servers, "service": {"mean": mean, **more}}


def test_parcels_that_overtake_each_other_reach_the_next_station_in_order_of_time() -> None:
    """M/M/2 → M/M/2: by Burke's theorem the second sees a Poisson stream, so both have the same mean wait."""
    kpis = line("1.6/min", station("a", 2, "1min"), station("b", 2, "1min"), parcels=6_000_000)
    expected = erlang_c(2, 1.6) / 0.4
    for name in "ab":
        half = kpis[f"fulfilment.{name}.wait_half_width"]
        assert half < 0.03 * expected
        assert abs(kpis[f"fulfilment.{name}.wait_mean"] - expected) <= half


def test_a_station_alone_does_not_depend_on_what_comes_after_it() -> None:
    alone = line("1.6/min", station("a", 2, "1min"))
    with_more = line("1.6/min", station("a", 2, "1min"), station("b", 3, "1min"))
    for key in ("wait_mean", "delayed_share", "utilisation"):
        assert alone[f"fulfilment.a.{key}"] == with_more[f"fulfilment.a.{key}"]


def test_regular_arrivals_and_services_never_wait() -> None:
    kpis = line("1/min", station("a", 1, "59s", distribution="constant"), distribution="constant")
    assert kpis["fulfilment.a.wait_mean"] == 0.0


def test_the_same_as_ciw() -> None:
    """Gamma arrivals, exponential then constant services: the 99% intervals of both simulators overlap."""
    kpis = line(
        "2.4/min", station("a", 3, "1min"), station("b", 4, "1.4min", distribution="constant"),
        parcels=1_500_000, distribution="gamma", cv2=0.5,
    )  # fmt: skip
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Gamma(shape=2.0, scale=1 / 2.4 / 2.0), None],
        service_distributions=[ciw.dists.Exponential(1.0), ciw.dists.Deterministic(1.4)],
        number_of_servers=[3, 4],
        routing=[[0.0, 1.0], [0.0, 0.0]],
    )
    waits: dict[int, list[float]] = {1: [], 2: []}
    for trial in range(8):
        ciw.seed(trial)
        simulation = ciw.Simulation(network)
        simulation.simulate_until_max_time(6_000)
        records = simulation.get_all_records()
        for node in waits:
            waits[node].append(
                float(np.mean([r.waiting_time for r in records if r.node == node and r.arrival_date > 200]))
            )
    for name, node in (("a", 1), ("b", 2)):
        other = np.array(waits[node])
        half = kpis[f"fulfilment.{name}.wait_half_width"] + 3.50 * other.std(ddof=1) / math.sqrt(len(other))
        assert abs(kpis[f"fulfilment.{name}.wait_mean"] - other.mean()) <= half
        assert half < 0.25 * other.mean()


def test_a_line_that_can_never_keep_up_is_refused() -> None:
    with pytest.raises(ValueError, match="can never keep up"):
        Arrivals.model_validate({"rate": "3/min", "stations": [station("a", 2, "1min")]})
