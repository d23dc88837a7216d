"""Studies: parallel efficiency, overhead per run, and how quickly stored runs answer.

    python -m experiments.benchmarks.bench_study [--runs N] [--alone N] [--shoppers N] [--processes N] [--stored N]

The same two policies of the 618 scenario are run by one worker process and by several, each time into a fresh store,
kernels compiled and workers warm. Efficiency is the runs a second of several workers over as many times the runs a
second of one; beside it stands what the machine itself gives, the same for processes that only run and know of no study
(cores share memory and heat). Overhead is the time of one worker in which no run was running: sending, storing, statistics. The table
says how many runs each figure rests on; `--runs 60` gives a first idea in a few minutes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from sim import engine, scenario
from sim.study import views
from sim.study.executors import ProcessExecutor
from sim.study.model import ScenarioModel
from sim.study.runner import Runner
from sim.study.store import Run, Store, run_key

EFFICIENCY = 0.9
OVERHEAD_SHARE, OVERHEAD_SECONDS = 0.05, 0.030  # of a run; whichever is more
ANSWER_SECONDS = 1.0
SCENARIO = Path(__file__).parents[2] / "scenarios" / "618.yaml"
QUERIES = {
    "list": "SELECT label, seed, replication, created FROM runs ORDER BY created DESC LIMIT 50",
    "filter": "SELECT count(*), avg(k3) FROM runs WHERE label = 'policy 1' AND k4 > 0.5",
    "join": "SELECT a.label, avg(b.k1 - a.k1) FROM runs a JOIN runs b ON b.scenario = a.scenario AND "
    "b.replication = a.replication + 1 GROUP BY a.label",
    "join measures": "SELECT r.label, avg(k.value) FROM runs r JOIN kpis k USING (key) WHERE k.name = 'k7' GROUP BY 1",
}


class Leg(NamedTuple):
    """Runs made by a crew of workers."""

    runs: int
    workers: int
    wall: float  # seconds of the study
    inside: float  # seconds of its runs, as their workers measured them

    @property
    def overhead(self) -> float:
        """Seconds a run in which a worker had none."""
        return (self.workers * self.wall - self.inside) / self.runs


def study(crew: ProcessExecutor, runs: int, shoppers: int, folder: Path) -> Leg:
    """Two policies, ``runs`` runs in all (an even number), into a store of their own."""
    with Store(folder) as store:
        runner = Runner(ScenarioModel(str(SCENARIO), {"crowd.shoppers": shoppers}), store, crew)
        designs = [runner.design(name, {"supply.replenishment.policy": name}) for name in ("min_max", "dynamic")]
        started = time.perf_counter()
        runner.matrix(designs, 0, max(1, runs // 2), ["profit"])
        store.flush()
        wall = time.perf_counter() - started
        made = store.query("SELECT count(*), sum(wall_seconds) FROM runs").fetchone()
    assert made is not None
    return Leg(int(made[0]), crew.workers, wall, float(made[1]))


def leg(workers: int, runs: int, shoppers: int, root: Path) -> Leg:
    """``runs`` runs by ``workers`` processes that have compiled and loaded what a run needs."""
    with ProcessExecutor(workers) as crew:
        study(crew, 6 * workers, shoppers, root / f"warm {workers}")
        return study(crew, runs, shoppers, root / f"study {workers}")


def _bare(shoppers: int, runs: int, ready: Any, seconds: Any) -> None:
    """A process that only runs: tells how long its runs took, all processes beginning together."""
    loaded = scenario.load(SCENARIO, overrides={"crowd.shoppers": shoppers})
    engine.run(loaded, seed=1)
    ready.wait()
    started = time.perf_counter()
    for replication in range(runs):
        engine.run(loaded, seed=1, replication=replication)
    seconds.put(time.perf_counter() - started)


def machine(workers: int, runs: int, shoppers: int) -> float:
    """Seconds a run in ``workers`` bare processes at once."""
    context = multiprocessing.get_context("spawn")
    ready, seconds = context.Barrier(workers), context.Queue()
    crew = [context.Process(target=_bare, args=(shoppers, runs, ready, seconds)) for _ in range(workers)]
    for process in crew:
        process.start()
    took = [seconds.get() for _ in crew]
    for process in crew:
        process.join()
    return max(took) / runs


def stored(count: int, folder: Path) -> list[float]:
    """Seconds of each query on ``count`` stored runs of 100 measures each, the best of three."""
    rng = random.Random(1)
    with Store(folder) as store:
        for i in range(count):
            kpis = {f"k{j}": rng.random() for j in range(100)}
            key = run_key("m", "1", f"s{i % 500}", 1, i)
            store.put(Run(key, "m", "1", f"s{i % 500}", "b", "[]", f"policy {i % 5}", 1, i // 500, 1.0, kpis))
        store.flush()
        return [min(_timed(store, sql) for _ in range(3)) for sql in QUERIES.values()]


def _timed(store: Store, sql: str) -> float:
    started = time.perf_counter()
    views.select(store, sql)
    return time.perf_counter() - started


def main() -> int:
    """Measure and print; the number of targets missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--runs", type=int, default=1000, help="runs of the study on several processes")
    parser.add_argument("--alone", type=int, default=200, help="runs of the study on one process, at most --runs")
    parser.add_argument("--shoppers", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--stored", type=int, default=100_000)
    options = parser.parse_args()
    rows: list[tuple[str, str, str, bool]] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, seconds in zip(QUERIES, stored(options.stored, root / "many"), strict=True):
            on = f"{options.stored:,} stored runs"
            rows.append(
                (f"{name}, {on}", f"{seconds:.3f} s", f"at most {ANSWER_SECONDS:g} s", seconds <= ANSWER_SECONDS)
            )
        alone = leg(1, min(options.alone, options.runs), options.shoppers, root)
        several = leg(options.processes, options.runs, options.shoppers, root)
    few = max(1, min(options.alone, options.runs) // 2)
    limit = machine(1, few, options.shoppers) / machine(options.processes, few, options.shoppers)
    run = alone.inside / alone.runs
    allowed = max(OVERHEAD_SHARE * run, OVERHEAD_SECONDS)
    rows.append((f"a run of {options.shoppers:,} shoppers, {alone.runs} runs on 1 process", f"{run:.3f} s", "", True))
    rows.append(
        (
            f"overhead per run, {alone.runs} runs on 1 process",
            f"{1000 * alone.overhead:.1f} ms ({alone.overhead / run:.1%})",
            f"at most {1000 * allowed:.0f} ms",
            alone.overhead <= allowed,
        )
    )
    efficiency = (several.runs / several.wall) / (several.workers * alone.runs / alone.wall)
    rows.append(
        (
            f"efficiency, {several.runs} runs on {several.workers} processes in {several.wall:.0f} s",
            f"{efficiency:.2f}",
            f"at least {EFFICIENCY:g}",
            efficiency >= EFFICIENCY,
        )
    )
    rows.append(
        (f"what the machine gives, {few} runs in each of {options.processes} bare processes", f"{limit:.2f}", "", True)
    )
    busy = several.inside / (several.workers * several.wall)
    rows.append((f"workers busy with runs, {several.runs} runs", f"{busy:.1%}", "", True))
    for what, found, target, met in rows:
        print(f"{what:<62} {found:>18}   {target:<16} {'' if not target else 'met' if met else 'MISSED'}".rstrip())
    return sum(not met for *_, met in rows)


if __name__ == "__main__":
    sys.exit(main())
