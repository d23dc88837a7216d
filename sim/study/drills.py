"""Drills: rehearse a file or a suite on paired seeds, and write what came of it.

import sim

result = sim.drill("scenarios/drills/payment_database_crash.yaml", replications=10)
result.status            # met, not_met or stopped
result.verdict           # what verdict.json holds
"""

from __future__ import annotations

import functools
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.core.errors import Exit
from sim.study import executors
from sim.study.drill_files import Case, Due, due, load_drill
from sim.study.drill_run import Rehearsal, rehearse
from sim.study.drill_verdict import MET, NOT_MET, STOPPED, compare_plans, verdict
from sim.study.outcome import plain
from sim.study.progress import Progress
from sim.study.store import write_whole

CODES = {MET: Exit.DONE, NOT_MET: Exit.NOT_MET, STOPPED: Exit.STOPPED}
DEFAULT_STORE = "results/store"


@dataclass
class DrillResult:
    """A rehearsed drill."""

    case: Case
    seed: int
    controls: list[Rehearsal]
    runs: dict[str, list[Rehearsal]]
    verdict: dict[str, Any]
    seconds: float = 0.0
    """wall clock of all its runs"""
    due: Due | None = None

    @property
    def name(self) -> str:
        """The drill's name."""
        return self.case.drill.drill

    @property
    def status(self) -> str:
        """met, not_met or stopped."""
        return str(self.verdict["status"])

    @property
    def exit_code(self) -> int:
        """0 met, 1 not met, 2 stopped."""
        return int(CODES[self.status])

    def journal(self) -> pd.DataFrame:
        """What happened in every replication of every response from the watch's beginning: one row each."""
        rows = [
            (name, number, self.moment(row[0]), *row)
            for name, runs in self.runs.items()
            for number, run in enumerate(runs)
            for row in run.journal
        ]
        columns = ["response", "replication", "time", "minute", "side", "kind", "subject", "size"]
        return pd.DataFrame(rows, columns=columns)

    def moment(self, minute: float) -> Any:
        """Date and time of a minute of the run."""
        return calendar_of(self.case.scenario.config).moment(minute)

    def save(self, folder: str | Path, lang: str = "en") -> Path:
        """Write verdict.json, journal.parquet, drill.html and junit.xml into `folder`."""
        from sim.core.page import write_page
        from sim.study.drill_junit import junit
        from sim.study.drill_report import page
        from sim.study.outcome import _write_parquet

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "verdict.json", json.dumps(plain(self.verdict), ensure_ascii=False, indent=1).encode())
        _write_parquet(self.journal(), folder / "journal.parquet")
        write_whole(folder / "junit.xml", junit([self]).encode())
        write_page(folder / "drill.html", page(self, lang))
        return folder

    @property
    def quarter(self) -> str:
        """Quarter in which a calendar asks for it, or nothing."""
        return self.due.quarter if self.due is not None else ""


def calendar_of(config: Any) -> Any:
    """The run's calendar."""
    from datetime import date

    from sim.core.calendar import DAY, Calendar
    from sim.core.units import parse_when

    first = parse_when(config.start)
    return Calendar(date(first.year or 2026, first.month, first.day), config.days, int(config.warmup // DAY))


@functools.lru_cache(maxsize=4)
def _case(path: str, overrides: str) -> Case:
    return load_drill(path, json.loads(overrides))


def replicate(path: str, overrides: str, seed: int, replication: int) -> tuple[Rehearsal, dict[str, Rehearsal]]:
    """One replication: without the fault, then with it under every response. Laws are checked at the end of each."""
    case = _case(path, overrides)
    control, market = rehearse(case.scenario, case.drill, (), seed, replication, injects=False)
    market.finish()
    runs = {}
    for name in case.drill.responses:
        runs[name], market = rehearse(
            case.scenario, case.drill, case.steps[name], seed, replication, name, control=control
        )
        market.finish()
    return control, runs


def run_case(
    path: str | Path,
    *,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,
    shoppers: int | None = None,
    replications: int | None = None,
    executor: Any = "local",
    progress: Progress | None = None,
) -> DrillResult:
    """Rehearse one drill file. Raises ScenarioError for a wrong file and LawBroken where a law does not hold."""
    changes = dict(set or {})
    if shoppers is not None:
        changes["crowd.shoppers"] = shoppers
    case = load_drill(path, changes)
    count = replications or case.drill.replications
    used = next(s for s in (seed, case.drill.seed, case.scenario.config.seed, 1) if s is not None)
    progress = progress or Progress()
    progress.expect(count)
    own = isinstance(executor, str)
    workers = executors.make(executor) if own else executor
    text = json.dumps({key: value for key, value in changes.items()}, sort_keys=True)
    began = time.perf_counter()
    try:
        asked = [workers.submit(replicate, str(path), text, used, number) for number in range(count)]
        found = []
        for future in asked:
            found.append(future.result())
            progress.advance()
    finally:
        if own:
            workers.shutdown(wait=True, cancel_futures=True)
    controls = [one for one, _ in found]
    runs = {name: [each[name] for _, each in found] for name in case.drill.responses}
    steps = len(case.drill.afterwards)
    verdicts = [verdict(case.drill, name, each, controls, steps) for name, each in runs.items()]
    told = {
        "drill": case.drill.drill,
        "scenario": case.scenario.name,
        "seed": used,
        "hash": drill_id(case, used, count),
        **({"plugins": case.plugins} if case.plugins else {}),
        **verdicts[0],
        "plans": compare_plans(verdicts),
        "responses": verdicts[1:],
    }
    return DrillResult(case, used, controls, runs, told, time.perf_counter() - began)


def drill_id(case: Case, seed: int, replications: int) -> str:
    """Names a rehearsal by what it asks, packages of its faults and steps included: 12 hexadecimal digits."""
    steps = {name: [step.model_dump(mode="json") for step in all_] for name, all_ in case.steps.items()}
    asked = [case.drill.model_dump(mode="json"), case.scenario.digest(), steps, seed, replications]
    if plugins := case.plugins:
        asked.append(plugins)
    text = json.dumps(plain(asked), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def drill(*paths: str | Path, out: str | Path | None = None, lang: str = "en", **options: Any) -> Any:
    """Rehearse drill files or calendars. One drill gives a `DrillResult`, several a list of them.

    Options: seed, set, shoppers, replications, executor, progress.
    """
    results = []
    for item in due([Path(path) for path in paths]):
        results.append(run_case(item.path, **options))
        results[-1].due = item
    if out is not None:
        save_all(results, Path(out), lang)
    return results[0] if len(results) == 1 else results


def save_all(results: Sequence[DrillResult], out: Path, lang: str) -> None:
    """One drill into the folder itself; a suite into a folder each, with one summary (page, JSON) and one junit.xml."""
    if len(results) == 1:
        results[0].save(out, lang)
        return
    from sim.core.page import write_page
    from sim.study.drill_junit import junit
    from sim.study.drill_suite import page

    folders = names(results)
    for result, folder in zip(results, folders, strict=True):
        result.save(out / folder, lang)
    told = {
        "status": worst([result.status for result in results]),
        "drills": [
            {"drill": r.name, "file": r.case.path.name, "quarter": r.quarter, "status": r.status, "folder": folder}
            for r, folder in zip(results, folders, strict=True)
        ],
    }
    write_whole(out / "verdict.json", json.dumps(told, ensure_ascii=False, indent=1).encode())
    write_whole(out / "junit.xml", junit(results).encode())
    write_page(out / "drill.html", page(results, folders, lang))


def names(results: Sequence[DrillResult]) -> list[str]:
    """Folder of each drill of a suite: its file's name, numbered from the second of a name on."""
    found: list[str] = []
    for result in results:
        stem, number = result.case.path.stem, 2
        name = stem
        while name in found:
            name, number = f"{stem}-{number}", number + 1
        found.append(name)
    return found


def worst(statuses: Sequence[str]) -> str:
    """Stopped before not met before met."""
    return max(statuses, key=[MET, NOT_MET, STOPPED].index)
