"""What a study studies: a pure function from (resolved scenario, seed, replication) to measures.

The production model is the marketplace (:class:`ScenarioModel`). Anything else with the same two
methods can be studied too: a textbook formula, a small simulation, somebody else's simulator.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

Changes = Mapping[str, Any]
"""Overrides: dotted path to value, as a scenario file would write it."""

_SIDES_ABOVE_A_RUN = {"study", "report", "room", "cli", "cli.py"}


@runtime_checkable
class Model(Protocol):
    """What a study needs. Instances travel to worker processes, so they must pickle."""

    name: str
    version: str

    def resolve(self, changes: Changes) -> dict[str, Any]:
        """The complete plain document (JSON-able) of the base with ``changes``. Raises ScenarioError."""
        ...

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> Mapping[str, float]:
        """One run: measure name to value. Equal arguments give equal values, bit for bit."""
        ...


@dataclass(frozen=True)
class Measure:
    """How a measure is named and read."""

    name: str
    label: str
    label_zh: str
    unit: str = ""
    higher_is_better: bool = True


class BaseModel(ABC):
    """A model over a plain nested document; subclasses give ``run``.

    ``base`` is the document; changes set dotted paths in it and may only name keys that exist.
    """

    name = "model"
    version = "1"

    def __init__(self, base: Mapping[str, Any] | None = None) -> None:
        self.base = dict(base or {})

    def resolve(self, changes: Changes) -> dict[str, Any]:
        """The base with ``changes``; a path that does not exist raises ScenarioError."""
        from sim.core.errors import Problem, ScenarioError

        document: dict[str, Any] = copy.deepcopy(self.base)
        problems = []
        for path, value in changes.items():
            try:
                put(document, path, value)
            except KeyError:
                problems.append(Problem("study", 0, 0, path, "no such path in the model"))
        if problems:
            raise ScenarioError(problems)
        return document

    @abstractmethod
    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> Mapping[str, float]:
        """One run."""

    def measures(self) -> Mapping[str, Measure]:
        """Labels and directions of the measures; empty where all are higher-is-better."""
        return {}


def put(document: Any, path: str, value: Any, create: bool = False) -> None:
    """Set a dotted path of a nested document in place; list items are numbers (``events.0.for``).

    Raises KeyError for a path that does not exist; with ``create`` missing mappings are made.
    """
    *parents, last = path.split(".")
    node = document
    try:
        for part in parents:
            if create and isinstance(node, dict) and node.get(part) is None:
                node[part] = {}
            node = node[int(part)] if isinstance(node, list) else node[part]
        key: Any = int(last) if isinstance(node, list) else last
        if not (create and isinstance(node, dict)):
            node[key]
        node[key] = value
    except (KeyError, IndexError, ValueError, TypeError):
        raise KeyError(path) from None


@dataclass
class ScenarioModel:
    """The marketplace, started from a scenario file with the same overrides for every design.

    With ``document`` (a resolved scenario) the file at ``path`` is not read again; tables are looked for beside it.
    """

    path: str
    overrides: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] | None = None
    name: str = "sim618"

    @property
    def version(self) -> str:
        """Package version and a hash of everything a run executes, so that no stale run is ever reused."""
        return code_version()

    @property
    def seed(self) -> int | None:
        """The seed the scenario file names."""
        named = self.scenario({}).config.seed
        return None if named is None else int(named)

    def scenario(self, changes: Changes) -> Any:
        """The checked scenario with ``changes`` over this model's overrides. Raises ScenarioError."""
        import sim.scenario

        changes = {**self.overrides, **changes}
        if self.document is None:
            return sim.scenario.load(self.path, changes)
        document = copy.deepcopy(self.document)
        for path, value in changes.items():
            put(document, path, value, create=True)
        return sim.scenario.from_resolved(document, self.path)

    def resolve(self, changes: Changes) -> dict[str, Any]:
        """The resolved scenario with ``changes``. Raises ScenarioError."""
        resolved = dict(self.scenario(changes).resolved)
        resolved.pop("seed", None)  # a study has its own seed; the file's is no part of what a run is
        return resolved

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> Mapping[str, float]:
        """One replay of the marketplace."""
        import sim.engine

        scenario = _scenario(json.dumps(resolved, sort_keys=True), self.path)
        result = sim.engine.run(scenario, seed=seed, replication=replication)
        return {name: float(value) for name, value in result.kpis.items()}

    def measures(self) -> Mapping[str, Measure]:
        """The measures of the books."""
        return book_measures()

    def assumptions(self) -> list[tuple[str, Any, Any, int]]:
        """Values no source supports, with the range in which they may lie: path, low, high, what divides them."""
        from sim.scenario.assumptions import assumptions

        return [(a.path, a.low, a.high, a.multiple) for a in assumptions(self.scenario({})) if a.ranged]


@functools.lru_cache(maxsize=4)
def _scenario(document: str, near: str) -> Any:
    """A scenario from its resolved document; a worker meets the same few again and again."""
    import sim.scenario

    return sim.scenario.from_resolved(json.loads(document), near)


@functools.cache
def code_version() -> str:
    """``0.1.0+abc…``: the package version and a hash of the sources that a run executes."""
    import sim

    root = Path(sim.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*")):
        relative = file.relative_to(root)
        if file.suffix not in {".py", ".csv", ".yaml"} or relative.parts[0] in _SIDES_ABOVE_A_RUN:
            continue
        digest.update(str(relative.as_posix()).encode())
        digest.update(file.read_bytes())
    return f"{sim.__version__}+{digest.hexdigest()[:12]}"


def book_measures() -> dict[str, Measure]:
    """The table of measures of :mod:`sim.books.measures`, by name."""
    from sim.books.measures import all_measures

    return {
        item.name: Measure(item.name, item.label, item.label_zh, item.unit, item.better != "lower")
        for item in all_measures().values()
    }


def measures_of(model: Any) -> dict[str, Measure]:
    """The measures a model declares, or none."""
    declared = getattr(model, "measures", None)
    return dict(declared()) if callable(declared) else {}


def digest_of(resolved: Mapping[str, Any]) -> str:
    """SHA-256 of a resolved document in canonical JSON (sorted keys, no blanks)."""
    text = json.dumps(resolved, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()
