"""The runner: gives runs from the store where they are known and makes the others.

Results come in the order in which they were asked for, whatever the executor; every finished run is
in the store before its result is used. A study that is interrupted and started again therefore asks
the same questions, finds its old answers, and goes on.
"""

from __future__ import annotations

import concurrent.futures
import difflib
import itertools
import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.core.errors import ScenarioError, SimError
from sim.study import document
from sim.study.executors import Job, LocalExecutor, Outcome, run_jobs
from sim.study.model import Changes, digest_of, measures_of
from sim.study.progress import Progress
from sim.study.store import Run, Store, run_key

BLOCK = 1024
SECONDS_A_CHUNK = 0.25
CHUNKS_AHEAD = 3


class RunError(SimError):
    """A run ended in an error. ``trace`` is the worker's traceback, for a fault report."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class MissingMeasureError(SimError):
    """A study asks for a measure that runs do not have."""


@dataclass(frozen=True)
class Design:
    """A resolved scenario under a label: one policy in one scenario, one point of a sweep."""

    label: str
    changes: Changes
    resolved: dict[str, Any]
    digest: str


@dataclass(frozen=True)
class Trial:
    """A design on one replication of one seed."""

    design: Design
    seed: int
    replication: int


class Runner:
    """Evaluates trials of one model with one store and one executor."""

    def __init__(
        self,
        model: Any,
        store: Store | None = None,
        executor: Any = None,
        progress: Progress | None = None,
        seed: int = 1,
    ) -> None:
        self.model = model
        self.store = store
        self.executor = executor or LocalExecutor()
        self.progress = progress or Progress()
        self.seed = seed
        self.version = str(model.version)
        self.measures = measures_of(model)
        self.members: list[tuple[str, int, str]] = []
        self.runs_made = 0
        self._base: dict[str, Any] | None = None
        self._base_digest = ""
        self._pace: float | None = None

    def design(self, label: str, changes: Changes | None = None) -> Design:
        """Resolve a design. A mistake in ``changes`` raises ScenarioError that names the design."""
        try:
            resolved = self.model.resolve(changes or {})
        except ScenarioError as error:
            if not label:
                raise
            raise ScenarioError(
                replace(problem, message=f"{problem.message} (in {label!r})") for problem in error.problems
            ) from error
        return Design(label, dict(changes or {}), resolved, digest_of(resolved))

    def key(self, trial: Trial) -> str:
        """The trial's address in the store."""
        return run_key(self.model.name, self.version, trial.design.digest, trial.seed, trial.replication)

    def evaluate(self, trials: Iterable[Trial], kpis: Sequence[str] = ()) -> Iterator[dict[str, float]]:
        """The measures of each trial, in order. Raises RunError for a run that fails.

        ``kpis`` are those that will be asked for: the first finished run that lacks one raises MissingMeasureError.
        """
        for block in _batched(trials, BLOCK):
            keys = [self.key(trial) for trial in block]
            self.members.extend((t.design.label, t.replication, k) for t, k in zip(block, keys, strict=True))
            found = self.store.find(keys) if self.store is not None else {}
            self.progress.advance(sum(key in found for key in keys), stored=sum(key in found for key in keys))
            missing: dict[str, Trial] = {}
            for key, trial in zip(keys, block, strict=True):
                if key not in found:
                    missing.setdefault(key, trial)
            self._make(missing, found, kpis)
            for key in keys:
                yield found[key]

    def matrix(self, designs: Sequence[Design], start: int, stop: int, kpis: Sequence[str]) -> np.ndarray:
        """Measures over replications [start, stop): float64[designs, stop - start, kpis]."""
        trials = [Trial(design, self.seed, r) for r in range(start, stop) for design in designs]
        self.progress.expect(len(trials))
        values = np.empty((stop - start, len(designs), len(kpis)))
        for index, result in enumerate(self.evaluate(iter(trials), kpis)):
            values[divmod(index, len(designs))] = pick(result, kpis, self.measures)
        return values.transpose(1, 0, 2)

    def _make(self, missing: dict[str, Trial], found: dict[str, dict[str, float]], kpis: Sequence[str]) -> None:
        queue = list(missing.items())
        position = 0
        waiting: dict[concurrent.futures.Future[list[Outcome]], list[tuple[str, Trial]]] = {}
        ahead = max(2, CHUNKS_AHEAD * self.executor.workers)
        try:
            while position < len(queue) or waiting:
                while position < len(queue) and len(waiting) < ahead:
                    size = self._chunk_size(len(queue) - position)
                    chunk = queue[position : position + size]
                    position += size
                    jobs = [Job(trial.design.resolved, trial.seed, trial.replication) for _, trial in chunk]
                    waiting[self.executor.submit(run_jobs, self.model, jobs)] = chunk
                    if isinstance(self.executor, LocalExecutor):
                        break
                done, _ = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    chunk = waiting.pop(future)
                    for (key, trial), outcome in zip(chunk, future.result(), strict=True):
                        found[key] = self._keep(key, trial, outcome)
                        pick(found[key], kpis, self.measures)
        finally:
            for future in waiting:  # none, unless the study stops here
                future.cancel()

    def _chunk_size(self, left: int) -> int:
        """Runs to send together: short runs share the cost of the journey, long ones travel alone."""
        if self._pace is None or isinstance(self.executor, LocalExecutor):
            return 1
        share = -(-left // (2 * self.executor.workers))
        return max(1, min(share, 64, int(SECONDS_A_CHUNK / max(self._pace, 1e-6))))

    def _keep(self, key: str, trial: Trial, outcome: Outcome) -> dict[str, float]:
        where = f"{trial.design.label or 'run'}, seed {trial.seed}, replication {trial.replication}"
        if outcome.kpis is None:
            raise RunError(f"{where}: {outcome.error}", outcome.trace)
        self._pace = outcome.wall_seconds if self._pace is None else 0.8 * self._pace + 0.2 * outcome.wall_seconds
        self.runs_made += 1
        if self.store is not None:
            base, changes = self._difference(trial.design)
            self.store.put(
                Run(
                    key=key,
                    model=self.model.name,
                    version=self.version,
                    scenario=trial.design.digest,
                    base=base,
                    changes=changes,
                    label=trial.design.label,
                    seed=trial.seed,
                    replication=trial.replication,
                    wall_seconds=outcome.wall_seconds,
                    kpis=outcome.kpis,
                )
            )
        self.progress.advance(1)
        return outcome.kpis

    def _difference(self, design: Design) -> tuple[str, str]:
        """Digest of the base document in the store, and the design's difference from it."""
        assert self.store is not None
        if self._base is None:
            self._base = design.resolved
            self._base_digest = self.store.put_base(design.resolved)
        entries = document.difference(self._base, design.resolved)
        return self._base_digest, json.dumps(entries, separators=(",", ":"), ensure_ascii=False)


def pick(result: Mapping[str, float], kpis: Sequence[str], known: Collection[str] = ()) -> list[float]:
    """The named measures of one run. A ``known`` measure that has no meaning in this run is NaN.

    Raises MissingMeasureError with the nearest names for any other.
    """
    missing = [name for name in kpis if name not in result and name not in known]
    if missing:
        names = sorted({*result, *known})
        hints = {hint for name in missing for hint in difflib.get_close_matches(name, names, 3)}
        shown = ", ".join(sorted(hints) or names[:12])
        raise MissingMeasureError(f"no measure {', '.join(map(repr, missing))}; there is: {shown}")
    return [result.get(name, math.nan) for name in kpis]


def _batched(items: Iterable[Trial], size: int) -> Iterator[tuple[Trial, ...]]:
    iterator = iter(items)
    while batch := tuple(itertools.islice(iterator, size)):
        yield batch
