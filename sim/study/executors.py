"""Where runs are made: this process, local processes, or a Dask cluster, behind one interface.

Every executor is a :class:`concurrent.futures.Executor` with a ``workers`` count. Which one is used
never shows in a result: a run depends on its arguments only, and studies take results in the order in
which they asked for them.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import pickle
import re
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sim.core.errors import SimError

TRIES = 3
"""How many workers may die over one task before it is given up: it probably kills them."""


class WorkerLostError(SimError):
    """A task's worker died each time it was tried."""


class ExecutorError(SimError):
    """The executor's name is wrong or its cluster cannot be reached."""


@dataclass(frozen=True)
class Job:
    """One run to make."""

    resolved: dict[str, Any]
    seed: int
    replication: int


@dataclass(frozen=True)
class Outcome:
    """What came of a run: measures and seconds, or why not."""

    kpis: dict[str, float] | None
    wall_seconds: float
    error: str = ""
    trace: str = ""


def run_jobs(model: Any, jobs: Sequence[Job]) -> list[Outcome]:
    """Make several runs in one worker, in order. A failing run is reported, not raised: exceptions may not travel."""
    outcomes = []
    for job in jobs:
        started = time.perf_counter()
        try:
            kpis: Mapping[str, float] = model.run(job.resolved, job.seed, job.replication)
            plain = {str(name): float(value) for name, value in kpis.items()}
            outcomes.append(Outcome(plain, time.perf_counter() - started))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            outcomes.append(Outcome(None, time.perf_counter() - started, reason, traceback.format_exc()))
    return outcomes


class Executor(Protocol):
    """What studies need of an executor."""

    workers: int

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> concurrent.futures.Future[Any]:
        """Ask for a call."""
        ...

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Release the workers."""
        ...


class LocalExecutor(concurrent.futures.Executor):
    """Runs each call at once, in this process."""

    workers = 1

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Call now; the future is done when this returns."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@dataclass
class _Task:
    payload: bytes
    future: concurrent.futures.Future[Any]
    lost: int = 0


class _Worker:
    """A spawned process that lives as long as the executor, so that compiled kernels stay loaded."""

    def __init__(self, context: Any) -> None:
        self.connection, far = context.Pipe()
        self.process = context.Process(target=_serve, args=(far,), daemon=True)
        self.process.start()
        far.close()
        self.task: _Task | None = None

    def give(self, task: _Task) -> None:
        self.task = task
        self.connection.send_bytes(task.payload)


class ProcessExecutor(concurrent.futures.Executor):
    """``workers`` spawned processes. One that dies is replaced and its task is tried again."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._context = multiprocessing.get_context("spawn")
        self._pending: deque[_Task] = deque()
        self._lock = threading.Lock()
        self._wake_in, self._wake_out = self._context.Pipe(duplex=False)
        self._closing = False
        self._crew: list[_Worker] = []
        self._thread = threading.Thread(target=self._manage, name="sim618-executor", daemon=True)
        self._thread.start()

    @property
    def pids(self) -> list[int]:
        """Process ids of the present workers."""
        return [worker.process.pid for worker in list(self._crew) if worker.process.pid is not None]

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Queue a call. Raises RuntimeError after shutdown."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        payload = pickle.dumps((fn, args, kwargs), protocol=pickle.HIGHEST_PROTOCOL)
        with self._lock:
            if self._closing:
                raise RuntimeError("the executor is shut down")
            self._pending.append(_Task(payload, future))
        self._wake()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stop the workers; with ``cancel_futures`` calls that have not begun are cancelled and others abandoned."""
        with self._lock:
            already, self._closing = self._closing, True
            if cancel_futures:
                for task in self._pending:
                    task.future.cancel()
                self._pending.clear()
                for worker in self._crew:
                    worker.process.terminate()
        if not already:
            self._wake()
        if wait:
            self._thread.join()

    def _wake(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the manager may be gone already
            self._wake_out.send_bytes(b"!")

    def _manage(self) -> None:
        """The manager's loop: give tasks to idle workers, take results, replace the dead."""
        while True:
            with self._lock:
                closing = self._closing
                self._assign()
                busy = [worker for worker in self._crew if worker.task is not None]
                if closing and not busy and not self._pending:
                    break
            sources: list[Any] = [self._wake_in]
            sources += [worker.connection for worker in busy]
            sources += [worker.process.sentinel for worker in self._crew]
            ready = multiprocessing.connection.wait(sources)
            if self._wake_in in ready:
                self._wake_in.recv_bytes()
            for worker in list(self._crew):
                if worker.connection in ready or worker.process.sentinel in ready:
                    self._hear(worker, died=worker.process.sentinel in ready)
        for worker in self._crew:
            worker.connection.close()
        for worker in self._crew:
            worker.process.join(timeout=5)
            if worker.process.is_alive():
                worker.process.kill()
        self._crew.clear()

    def _assign(self) -> None:
        while self._pending:
            idle = next((worker for worker in self._crew if worker.task is None and worker.process.is_alive()), None)
            if idle is None:
                if len(self._crew) >= self.workers:
                    return
                idle = _Worker(self._context)
                self._crew.append(idle)
            task = self._pending.popleft()
            if not task.future.running() and not task.future.set_running_or_notify_cancel():
                continue
            try:
                idle.give(task)
            except OSError:  # it died between two tasks
                self._bury(idle)

    def _hear(self, worker: _Worker, died: bool) -> None:
        answered = False
        try:
            if worker.connection.poll():
                good, value = pickle.loads(worker.connection.recv_bytes())
                answered = True
                task, worker.task = worker.task, None
                if task is not None and good:
                    task.future.set_result(value)
                elif task is not None:
                    task.future.set_exception(SimError(value))
        except (EOFError, OSError):
            died = True
        if died and not answered:
            with self._lock:
                self._bury(worker)

    def _bury(self, worker: _Worker) -> None:
        """Take a dead worker out; its task goes back to the front of the queue."""
        if worker in self._crew:
            self._crew.remove(worker)
        worker.connection.close()
        worker.process.join(timeout=5)
        task, worker.task = worker.task, None
        if task is None:
            return
        task.lost += 1
        if self._closing and not self._pending and worker.process.exitcode == -15:
            task.future.set_exception(WorkerLostError("the executor was shut down"))
        elif task.lost >= TRIES:
            task.future.set_exception(
                WorkerLostError(f"{TRIES} workers died over the same run (exit {worker.process.exitcode})")
            )
        else:
            self._pending.appendleft(task)


def _serve(connection: Any) -> None:
    """A worker's life: take a call, answer, until the parent hangs up."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    while True:
        try:
            payload = connection.recv_bytes()
        except (EOFError, OSError):
            return
        try:
            fn, args, kwargs = pickle.loads(payload)
            answer = pickle.dumps((True, fn(*args, **kwargs)), protocol=pickle.HIGHEST_PROTOCOL)
        except Exception:  # whatever the call raised is the caller's to see, and may not travel itself
            answer = pickle.dumps((False, traceback.format_exc()))
        try:
            connection.send_bytes(answer)
        except (OSError, ValueError):
            return


class DaskExecutor(concurrent.futures.Executor):
    """A Dask cluster; the scheduler reschedules what a lost worker was doing."""

    def __init__(self, address: str, timeout: float = 20.0) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise ExecutorError(f"{address}: the package 'distributed' is not installed") from error
        try:
            self._client: Any = Client(address, timeout=timeout, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise ExecutorError(f"no Dask scheduler answers at {address}") from error
        self._futures: Any = self._client.get_executor(pure=False, retries=TRIES)
        self._wait_for_workers(timeout)

    def _wait_for_workers(self, timeout: float) -> None:
        try:
            self._client.wait_for_workers(1, timeout=timeout)
        except TimeoutError as error:
            self._client.close()
            raise ExecutorError("the Dask scheduler has no workers") from error

    @property
    def workers(self) -> int:
        """Threads of all present workers."""
        return max(1, sum(self._client.nthreads().values()))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Ask the cluster for a call."""
        future: concurrent.futures.Future[Any] = self._futures.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; it goes on without us."""
        self._futures.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def check(name: str) -> None:
    """Raise ExecutorError unless ``name`` is ``local``, ``processes``, ``processes:N`` or a cluster's address."""
    if not re.fullmatch(r"local|processes(:[1-9][0-9]{0,3})?|(tcp|tls|ws|wss|ucx)://\S+", name):
        raise ExecutorError(f"executor {name!r}: accepted are local, processes:N and tcp://host:port")


def make(name: str) -> Any:
    """The executor called ``name``: ``local``, ``processes:N`` (or ``processes``: one a core), ``tcp://host:port``.

    Raises ExecutorError for anything else and for a cluster that does not answer.
    """
    check(name)
    if name == "local":
        return LocalExecutor()
    if name.startswith("processes"):
        return ProcessExecutor(int(name.partition(":")[2] or os.cpu_count() or 1))
    return DaskExecutor(name)
