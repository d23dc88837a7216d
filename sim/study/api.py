"""Studies from Python, with the verbs of the command line::

    import sim

    result = sim.compare(
        "scenarios/618.yaml",
        {"fixed": {}, "dynamic": {"supply.replenishment.policy": "dynamic"}},
        kpis=["profit", "fill_rate"],
        replications=30,
    )
    result.table          # a pandas DataFrame
    result.figure()       # a matplotlib figure
    result.save("out")    # manifest.json, table.parquet, table.json, study.html

``scenario`` is a path, a loaded :class:`sim.Scenario`, or any :class:`sim.study.model.Model`. All verbs
take ``seed``, ``set`` (overrides for all designs), ``shoppers``, ``executor`` (a name or a
``concurrent.futures`` executor with ``workers``), ``store`` (a folder, a :class:`Store`, or None for no
store), ``progress`` and ``out``. Scripts that use ``processes:N`` need ``if __name__ == "__main__":``.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from sim.core.errors import Problem, ScenarioError
from sim.study import config, executors
from sim.study.model import ScenarioModel
from sim.study.outcome import Outcome, plain
from sim.study.progress import Progress
from sim.study.runner import Runner
from sim.study.store import Store

DEFAULT_STORE = "results/store"
Overrides = Mapping[str, Any]


def compare(
    scenario: Any,
    policies: Mapping[str, Overrides],
    *,
    scenarios: Mapping[str, Overrides] | None = None,
    kpis: Sequence[Any] | None = None,
    replications: Any = None,
    baseline: str | None = None,
    best: Mapping[str, Any] | None = None,
    **options: Any,
) -> Outcome:
    """Policies × scenarios on common random numbers. See :class:`sim.study.config.CompareStudy`."""
    return _verb(
        "compare",
        scenario,
        options,
        policies=policies,
        scenarios=scenarios,
        kpis=kpis,
        replications=replications,
        baseline=baseline,
        best=best,
    )


def sweep(scenario: Any, factors: Mapping[str, Any], **options: Any) -> Outcome:
    """Many designs, one tidy table. See :class:`sim.study.config.SweepStudy`."""
    return _verb("sweep", scenario, options, factors=factors)


def sensitivity(scenario: Any, factors: Mapping[str, Any] | None = None, **options: Any) -> Outcome:
    """Which assumptions carry the answer. See :class:`sim.study.config.SensitivityStudy`."""
    return _verb("sensitivity", scenario, options, factors=factors)


def optimise(scenario: Any, parameters: Mapping[str, Any], objectives: Sequence[Any], **options: Any) -> Outcome:
    """Search policy parameters. See :class:`sim.study.config.OptimiseStudy`."""
    return _verb("optimise", scenario, options, parameters=parameters, objectives=objectives)


def break_(scenario: Any, shocks: Sequence[Any], fails_when: Mapping[str, Any], **options: Any) -> Outcome:
    """The smallest shock that breaks each policy. See :class:`sim.study.config.BreakStudy`."""
    return _verb("break", scenario, options, shocks=shocks, fails_when=fails_when)


def discover(scenario: Any, factors: Mapping[str, Any], fails_when: Mapping[str, Any], **options: Any) -> Outcome:
    """Which combinations of uncertainties make a policy fail. See :class:`sim.study.config.DiscoverStudy`."""
    return _verb("discover", scenario, options, factors=factors, fails_when=fails_when)


def ab(scenario: Any, test: Overrides, all_a: Overrides, all_b: Overrides, **options: Any) -> Outcome:
    """An A/B test inside the platform against the truth. See :class:`sim.study.config.AbStudy`."""
    return _verb("ab", scenario, options, test=test, all_a=all_a, all_b=all_b)


def register(scenario: Any, risks: Mapping[str, Any], **options: Any) -> Outcome:
    """A risk register: every risk under every policy. See :class:`sim.study.config.RegisterStudy`."""
    return _verb("register", scenario, options, risks=risks)


def cases(scenario: Any, cases: Sequence[Any], **options: Any) -> Outcome:
    """Claims, simulated. See :class:`sim.study.config.CasesStudy`."""
    return _verb("cases", scenario, options, cases=cases)


def study_file(path: str | Path, **options: Any) -> Outcome:
    """Run a study file. ``replications`` (a number) and the options of all verbs override what it says."""
    from sim.study.files import load_study

    spec = load_study(path)
    return run(spec, Path(path).parent, **options)


def _verb(kind: str, scenario: Any, options: dict[str, Any], **section: Any) -> Outcome:
    """Check the arguments as a study file's section would be, and run it."""
    model = config.KINDS[kind]
    own = {name for name in model.model_fields if name not in ("study", "seed", "set", "scenario")}
    section |= {name: options.pop(name) for name in list(options) if name in own}
    section = {name: value for name, value in section.items() if value is not None}
    shown = scenario if isinstance(scenario, (str, Path)) else getattr(scenario, "name", type(scenario).__name__)
    return run(checked(model, {"scenario": str(shown), **section}, kind), Path(), scenario, **options)


def checked(model: type[config.Study], section: Mapping[str, Any], origin: str) -> config.Study:
    """The study of a section that comes from no file. Raises ScenarioError with every mistake; ``origin`` names it."""
    try:
        return model.model_validate(section)
    except ValidationError as error:
        raise ScenarioError(
            Problem(origin, 0, 0, ".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, "))
            for item in error.errors()
        ) from None


def run(
    spec: config.Study,
    folder: Path,
    scenario: Any = None,
    *,
    seed: int | None = None,
    set: Overrides | None = None,
    shoppers: int | None = None,
    replications: int | None = None,
    executor: Any = "local",
    store: Any = DEFAULT_STORE,
    progress: Progress | None = None,
    out: str | Path | None = None,
    lang: str = "en",
) -> Outcome:
    """Run a checked study. ``folder`` is where its scenario paths start; ``scenario`` replaces the file it names."""
    if shoppers is not None:
        set = {**(set or {}), "crowd.shoppers": shoppers}
    spec = adjusted(spec, folder, scenario, seed, set, replications)

    def model_of(path: str) -> Any:
        return as_model(scenario if scenario is not None and path == spec.scenario else folder / path, spec.set)

    with session(executor, store) as (workers, runs):
        progress = progress or Progress()
        outcome = _dispatch(spec, lambda path: Runner(model_of(path), runs, workers, progress, spec.seed), runs)
    if out is not None:
        outcome.save(out, lang=lang)
    return outcome


def _dispatch(spec: config.Study, runner_of: Callable[[str], Runner], store: Store | None) -> Outcome:
    made: list[Runner] = []

    def runner(path: str) -> Runner:
        made.append(runner_of(path))
        return made[-1]

    status = "interrupted"
    outcome: Outcome | None = None
    try:
        if isinstance(spec, config.CasesStudy):
            from sim.study.claims import cases as run_cases

            outcome = run_cases(runner, spec)
        else:
            outcome = verb_of(spec)(runner(spec.scenario), spec)
        status = "done"
    finally:
        if store is not None:
            _record(spec, made, store, status)
    outcome.settings.setdefault("seed", spec.seed)
    return outcome


def verb_of(spec: config.Study) -> Callable[[Runner, Any], Outcome]:
    """The function that runs a kind of study."""
    import importlib

    module, name = {
        "compare": ("comparison", "compare"),
        "sweep": ("sweeping", "sweep"),
        "sensitivity": ("sensitivities", "sensitivity"),
        "optimise": ("optimisation", "optimise"),
        "break": ("reverse", "break_"),
        "discover": ("discovery", "discover"),
        "ab": ("ab_test", "ab"),
        "register": ("register", "register"),
    }[spec.study]  # type: ignore[attr-defined]
    function: Callable[[Runner, Any], Outcome] = getattr(importlib.import_module(f"sim.study.{module}"), name)
    return function


def adjusted(
    spec: config.Study,
    folder: Path,
    scenario: Any = None,
    seed: int | None = None,
    set: Overrides | None = None,
    replications: int | None = None,
) -> config.Study:
    """The study with what the caller overrides and a seed: its own, else the scenario's, else 1."""
    changes: dict[str, Any] = {"set": {**spec.set, **(set or {})}}
    if replications is not None:
        old = spec.replications  # type: ignore[attr-defined]
        changes["replications"] = old.model_copy(update={"min": replications, "max": max(replications, old.max)})
        if isinstance(spec, config.CasesStudy):
            changes["cases"] = [case.model_copy(update={"replications": None}) for case in spec.cases]
    found = seed if seed is not None else spec.seed if "seed" in spec.model_fields_set else None
    if found is None and spec.scenario:
        found = getattr(as_model(scenario if scenario is not None else folder / spec.scenario), "seed", None)
    changes["seed"] = 1 if found is None else found
    return spec.model_copy(update=changes)


def study_id(spec: config.Study) -> str:
    """Names a study by what it asks, 12 hexadecimal digits."""
    text = json.dumps(plain(spec.model_dump(by_alias=True)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _record(spec: config.Study, runners: Sequence[Runner], store: Store, status: str) -> None:
    members = [member for runner in runners for member in runner.members]
    record = {
        "id": study_id(spec),
        "kind": spec.study,  # type: ignore[attr-defined]
        "name": spec.name or spec.scenario,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "runs": len(members),
        "status": status,
    }
    table = pa.table(
        {
            "study": pa.array([record["id"]] * len(members), pa.string()),
            "design": pa.array([m[0] for m in members], pa.string()),
            "replication": pa.array([m[1] for m in members], pa.int64()),
            "key": pa.array([m[2] for m in members], pa.string()),
        }
    )
    store.flush()
    store.put_study(record, table)


def as_model(scenario: Any, overrides: Overrides | None = None) -> Any:
    """A path, a loaded scenario or a model, as a model with ``overrides``."""
    overrides = dict(overrides or {})
    if isinstance(scenario, (str, Path)):
        return ScenarioModel(str(scenario), overrides)
    if hasattr(scenario, "resolved") and hasattr(scenario, "config"):
        return ScenarioModel(str(scenario.path), overrides, dict(scenario.resolved))
    return _Overridden(scenario, overrides) if overrides else scenario


class _Overridden:
    """A model with overrides under every design's changes."""

    def __init__(self, model: Any, overrides: dict[str, Any]) -> None:
        self.model, self.overrides = model, overrides
        self.name, self.version = model.name, model.version
        if hasattr(model, "measures"):
            self.measures = model.measures

    def resolve(self, changes: Overrides) -> dict[str, Any]:
        """The model's document with overrides, then changes."""
        return dict(self.model.resolve({**self.overrides, **changes}))

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> Mapping[str, float]:
        """The model's run."""
        found: Mapping[str, float] = self.model.run(resolved, seed, replication)
        return found


@contextmanager
def session(executor: Any, store: Any) -> Iterator[tuple[Any, Store | None]]:
    """An executor and a store, opened where given by name and closed again; everything finished is on disk after."""
    own_store = not isinstance(store, Store) and store is not None
    runs: Store | None = Store(store) if own_store else store
    own_executor = isinstance(executor, str)
    workers = executors.make(executor) if own_executor else executor
    finished = False
    try:
        yield workers, runs
        finished = True
    finally:
        if own_executor:
            workers.shutdown(wait=True, cancel_futures=not finished)
        if runs is not None:
            if own_store:
                runs.close()
            else:
                runs.flush()
