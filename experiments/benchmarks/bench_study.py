"""Studies: parallel efficiency, overhead per run, and how quickly stored runs answer.

    python experiments/benchmarks/bench_study.py [--runs N] [--shoppers N] [--processes N] [--stored N]

The same runs of the 618 scenario are made in this process and by several processes, each time into a fresh store.
Efficiency is the time of all runs themselves (as their workers measured it) over the workers' time spent; overhead
is what a study adds to a run in this process: sending, storing, statistics. Kernels are compiled before.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from sim.study import views
from sim.study.executors import LocalExecutor, ProcessExecutor
from sim.study.model import ScenarioModel
from sim.study.runner import Runner
from sim.study.store import Run, Store, run_key

SCENARIO = Path(__file__).parents[2] / "scenarios" / "618.yaml"
QUERIES = {
    "list": "SELECT label, seed, replication, created FROM runs ORDER BY created DESC LIMIT 50",
    "filter": "SELECT count(*), avg(k3) FROM runs WHERE label = 'policy 1' AND k4 > 0.5",
    "join": "SELECT a.label, avg(b.k1 - a.k1) FROM runs a JOIN runs b ON b.scenario = a.scenario AND "
    "b.replication = a.replication + 1 GROUP BY a.label",
    "join measures": "SELECT r.label, avg(k.value) FROM runs r JOIN kpis k USING (key) WHERE k.name = 'k7' GROUP BY 1",
}


def study(executor: LocalExecutor | ProcessExecutor, runs: int, shoppers: int, folder: Path) -> tuple[float, float]:
    """(seconds of the study, seconds of its runs) for two policies and ``runs`` runs in all."""
    with Store(folder) as store:
        runner = Runner(ScenarioModel(str(SCENARIO), {"crowd.shoppers": shoppers}), store, executor)
        designs = [runner.design(name, {"supply.replenishment.policy": name}) for name in ("min_max", "dynamic")]
        started = time.perf_counter()
        runner.matrix(designs, 0, max(1, runs // 2), ["profit"])
        store.flush()
        wall = time.perf_counter() - started
        spent = store.query("SELECT sum(wall_seconds) FROM runs").fetchone()
    return wall, float(spent[0]) if spent else 0.0


def warm(executor: LocalExecutor | ProcessExecutor, shoppers: int, folder: Path) -> None:
    """Every worker has compiled and loaded what a run needs."""
    study(executor, 4 * executor.workers, shoppers, folder)


def stored(count: int, folder: Path) -> None:
    """Time the queries on ``count`` stored runs of 100 measures each."""
    rng = random.Random(1)
    with Store(folder) as store:
        for i in range(count):
            kpis = {f"k{j}": rng.random() for j in range(100)}
            key = run_key("m", "1", f"s{i % 500}", 1, i)
            store.put(Run(key, "m", "1", f"s{i % 500}", "b", "[]", f"policy {i % 5}", 1, i // 500, 1.0, kpis))
        store.flush()
        for name, sql in QUERIES.items():
            best = min(_timed(store, sql) for _ in range(3))
            print(f"{name:<14} {count:,} stored runs   {best:.3f} s")


def _timed(store: Store, sql: str) -> float:
    started = time.perf_counter()
    views.select(store, sql)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--shoppers", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--stored", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        stored(options.stored, root / "many")
        here = LocalExecutor()
        warm(here, options.shoppers, root / "warm")
        wall, spent = study(here, min(options.runs, 40), options.shoppers, root / "local")
        count = 2 * max(1, min(options.runs, 40) // 2)
        print(f"in this process: {spent / count:.3f} s a run, overhead {1000 * (wall - spent) / count:.1f} ms "
              f"({100 * (wall - spent) / spent:.1f}%)")  # fmt: skip
        with ProcessExecutor(options.processes) as crew:
            warm(crew, options.shoppers, root / "warm2")
            both, inside = study(crew, options.runs, options.shoppers, root / "parallel")
        runs = 2 * max(1, options.runs // 2)
        alone = wall / count * runs
        print(f"{options.processes} processes, {runs} runs: {both:.1f} s; busy {100 * inside / (options.processes * both):.1f}%, "
              f"efficiency against this process {100 * alone / (options.processes * both):.1f}%")  # fmt: skip


if __name__ == "__main__":
    main()
