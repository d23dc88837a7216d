"""Where runs are made never shows in what comes out, and no worker's death loses a run."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from study_models import Gaussian, Slow

from sim.study import api, executors
from sim.study.executors import ExecutorError, ProcessExecutor, WorkerLostError
from sim.study.runner import MissingMeasureError, RunError, Runner

POLICIES = {"a": {"policy": 1}, "b": {"policy": 2, "mean": 0.3}}


def square(x):
    return x * x


def die(_):
    os._exit(3)


def fail(x):
    raise ValueError(f"no {x}")


def table(model, executor, replications=40, **options):
    options.setdefault("store", None)
    return api.compare(
        model, POLICIES, kpis=["profit", "cost"], replications=replications, executor=executor, **options
    ).table


@pytest.fixture(scope="module")
def processes():
    with ProcessExecutor(2) as pool:
        yield pool


def test_processes_give_the_same_table_as_this_process(processes):
    assert table(Gaussian(), "local").equals(table(Gaussian(), processes))


def test_workers_stay_and_are_used_again(processes):
    list(processes.map(square, range(4)))
    before = set(processes.pids)
    assert list(processes.map(square, range(50))) == [x * x for x in range(50)]
    assert set(processes.pids) == before


def test_a_dead_worker_is_replaced_and_its_run_is_made_again(tmp_path):
    model = Slow(seconds=0.005, die_at=17, marker=str(tmp_path / "died"))
    with ProcessExecutor(2) as pool:
        found = table(model, pool)
    assert (tmp_path / "died").exists(), "a worker did die"
    assert found.equals(table(Gaussian(), "local"))


def test_a_worker_killed_from_outside_loses_nothing():
    with ProcessExecutor(2) as pool:
        futures = [pool.submit(time.sleep, 0.15) for _ in range(12)] + [pool.submit(square, 7)]
        time.sleep(0.8)
        os.kill(pool.pids[0], signal.SIGKILL)
        for future in futures:
            future.result(timeout=60)
        assert futures[-1].result() == 49


def test_a_task_that_kills_every_worker_is_given_up_and_others_go_on():
    with ProcessExecutor(2) as pool:
        doomed, well = pool.submit(die, 1), pool.submit(square, 3)
        with pytest.raises(WorkerLostError):
            doomed.result(timeout=60)
        assert well.result(timeout=60) == 9


def test_an_error_of_the_function_comes_back_as_an_error(processes):
    with pytest.raises(Exception, match="no 5"):
        processes.submit(fail, 5).result(timeout=60)


def test_after_shutdown_nothing_is_accepted_and_no_process_is_left():
    pool = ProcessExecutor(2)
    pool.submit(square, 2).result(timeout=60)
    pids = pool.pids
    pool.shutdown()
    with pytest.raises(RuntimeError):
        pool.submit(square, 1)
    assert pids and not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_failing_run_is_named():
    class Failing(Gaussian):
        def run(self, resolved, seed, replication):
            if replication == 3 and resolved["policy"] == 2:
                raise ZeroDivisionError("deliberate")
            return super().run(resolved, seed, replication)

    with pytest.raises(RunError, match="b, seed 1, replication 3: ZeroDivisionError: deliberate") as caught:
        table(Failing(), "local")
    assert "deliberate" in caught.value.trace


def test_a_measure_nobody_knows_suggests_one():
    with pytest.raises(MissingMeasureError, match="profit"):
        api.compare(Gaussian(), POLICIES, kpis=["profitt"], replications=3, store=None)


@pytest.mark.parametrize("name", ["cloud", "processes:0", "processes:x", "tcp:host", ""])
def test_a_wrong_executor_name_is_refused(name):
    with pytest.raises(ExecutorError, match="accepted"):
        executors.make(name)


def test_a_cluster_that_does_not_answer_is_told():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
    with pytest.raises(ExecutorError, match="no Dask scheduler answers"):
        executors.DaskExecutor(f"tcp://127.0.0.1:{port}", timeout=2)


def test_short_runs_travel_together_and_cost_little():
    """Overhead per run on two processes: at most 5% or 30 ms of the run's own time, whichever is more."""
    with ProcessExecutor(2) as pool:
        table(Slow(seconds=0.0), pool, replications=4)  # workers are up and have imported everything
        started = time.perf_counter()
        table(Slow(seconds=0.02), pool, replications=100)
        wall = time.perf_counter() - started
    per_run = 2 * wall / 200  # two workers
    assert per_run - 0.02 <= 0.03


class Order(concurrent.futures.Executor):
    """Finishes calls in reverse order of submission, a window at a time."""

    workers = 4

    def __init__(self):
        self.held = []

    def submit(self, fn, /, *args, **kwargs):
        future = concurrent.futures.Future()
        self.held.append((future, fn, args))
        if len(self.held) == 1:
            threading.Timer(0.02, self._release).start()
        return future

    def _release(self):
        held, self.held = self.held, []
        for future, fn, args in reversed(held):
            future.set_result(fn(*args))


def test_results_come_in_the_order_asked_whatever_the_order_done():
    reversed_order = Runner(Gaussian(), executor=Order())
    straight = Runner(Gaussian())
    designs = [("a", {}), ("b", {"mean": 1.0})]
    found = [
        runner.matrix([runner.design(*design) for design in designs], 0, 30, ["profit"])
        for runner in (reversed_order, straight)
    ]
    assert (found[0] == found[1]).all()


@pytest.mark.cluster
@pytest.mark.slow
def test_a_dask_cluster_with_a_worker_killed_mid_study_gives_the_local_table(tmp_path):
    """A real scheduler and two real workers on the loopback interface; one is killed with SIGKILL at work."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), str(Path(__file__).parent)]),
    }
    dask = [sys.executable, "-m", "dask"]
    quiet = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    address_file = tmp_path / "scheduler.json"
    started = []
    try:
        started.append(
            subprocess.Popen(
                [
                    *dask,
                    "scheduler",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    "0",
                    "--no-dashboard",
                    "--scheduler-file",
                    str(address_file),
                ],
                **quiet,
            )
        )
        deadline = time.monotonic() + 40
        while not address_file.exists() or not address_file.read_text().strip():
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.1)
        address = json.loads(address_file.read_text())["address"]
        workers = [
            subprocess.Popen(
                [*dask, "worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"],
                **quiet,
            )
            for _ in range(2)
        ]
        started += workers
        with executors.make(address) as cluster:
            cluster._client.wait_for_workers(2, timeout=40)
            model = Slow(seconds=0.03)
            killer = threading.Timer(1.5, lambda: os.kill(workers[0].pid, signal.SIGKILL))
            killer.start()
            found = table(model, cluster, replications=120)
            killer.join()
            assert workers[0].wait(timeout=10) == -signal.SIGKILL, "one worker was killed"
            assert workers[1].poll() is None
        assert found.equals(table(Gaussian(), "local", replications=120))
    finally:
        for process in reversed(started):
            if process.poll() is None:
                process.terminate()
        for process in started:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
