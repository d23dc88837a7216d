"""Loading: from a file to a checked scenario, with every mistake of every file told at once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from sim.core import added
from sim.core.config import DataFile, Section
from sim.core.errors import Problem, ScenarioError
from sim.scenario import catalogue, happenings, playbooks, traces, types
from sim.scenario.check import placed, validate
from sim.scenario.crosscheck import crosscheck, policies_named
from sim.scenario.extends import Tree, label, read_tree
from sim.scenario.folder import FileRefusedError, inside, tree_of
from sim.scenario.kinds import expect_in
from sim.scenario.model import SIDES, ScenarioModel
from sim.scenario.nodes import NOWHERE, Mark, Node, dotted, mapping
from sim.scenario.nodes import Path as KeyPath
from sim.scenario.overrides import apply_overrides, node_of

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Document(Generic[M]):
    """A checked file of any kind: its model, the tree it came from, and the files read."""

    path: Path
    config: M
    node: Node
    files: Mapping[str, Path]

    @property
    def origins(self) -> dict[str, Mark]:
        """Where every written value stands: dotted path to file, line, column (0 for an override)."""
        return {dotted(path): leaf.mark for path, leaf in self.node.leaves() if leaf.mark.file}


@dataclass(frozen=True)
class Scenario(Document[ScenarioModel]):
    """A checked scenario. It is all that a run needs, together with seed, replication and version."""

    tables: Mapping[str, Path] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.config.name

    @property
    def resolved(self) -> dict[str, Any]:
        """Every value, defaults included, as plain JSON-able data that loads to an equal scenario."""
        return self.config.model_dump(mode="json", by_alias=True)

    def digest(self) -> str:
        """SHA-256 over the resolved scenario and the content of its tables; the same on every machine.

        The seed named in the file is left out, since a run's seed has its own place in `run_hash`.
        """
        resolved = {key: value for key, value in self.resolved.items() if key != "seed"}
        return hashlib.sha256(canonical(resolved).encode()).hexdigest()

    def table(self, name: str) -> Any:
        """The table a section of `config` names (`DataFile`), as a pandas DataFrame. Raises ScenarioError.

        It is the table that was checked on loading: one that has changed since is refused.
        """
        if traces.content_hash(self.tables[name]) != self.config.data.get(name):
            raise ScenarioError([Problem(name, 0, 0, f"data.{name}", "found another content than when it was checked")])
        return traces.read_table(self.tables[name], name)


def canonical(data: Any) -> str:
    """JSON with sorted keys and no blanks: equal data give equal text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def run_hash(scenario: Scenario, seed: int, replication: int, version: str) -> str:
    """Names a run: 16 hex digits of SHA-256 over scenario, seed, replication and version."""
    key = canonical([scenario.digest(), int(seed), int(replication), version])
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def load(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario of a file, with overrides (`{"crowd.shoppers": 20_000}`) on top.

    Raises ScenarioError holding every problem of the file and all it extends, or the one that it is a file of another kind.
    """
    tree = read_tree(path)
    try:
        return _scenario(tree, overrides or {})
    except ScenarioError:
        expect_in(tree.node, path, "scenario")
        raise


def from_resolved(resolved: Mapping[str, Any], near: str | Path | None = None) -> Scenario:
    """The scenario of a plain document such as `Scenario.resolved`.

    `near` is the file the document came from; tables are looked for beside it. Raises ScenarioError.
    """
    top = Path(near) if near is not None else Path("scenario.yaml")
    node = node_of(resolved, Mark(str(top), 0, 0))
    if node is None or node.kind != "map":
        raise ScenarioError([Problem(str(top), 0, 0, "", "found data that no scenario file can hold")])
    return _scenario(Tree(node, top, tree_of(top), files={str(top): top.resolve()}), {})


def load_document(
    path: str | Path, model: type[M], overrides: Mapping[str, Any] | None = None
) -> Document[M]:
    """A file of any kind (study, drill) checked against its model, under the rules of scenario files."""
    tree = read_tree(path)
    node, problems = _overridden(tree, overrides or {}, model)
    config = None
    if node is not None:
        config, found = validate(node, model, whole=tree.whole)
        problems += found
    if problems or config is None or node is None:
        raise ScenarioError(_ordered(problems, tree))
    return Document(Path(path), config, node, dict(tree.files))


def _overridden(
    tree: Tree, overrides: Mapping[str, Any], model: type[BaseModel]
) -> tuple[Node | None, list[Problem]]:
    problems = list(tree.problems)
    node = tree.node
    if node is not None and overrides:
        node, found = apply_overrides(node, overrides, model)
        problems += found
    return node, problems


def _scenario(tree: Tree, overrides: Mapping[str, Any]) -> Scenario:
    node, problems = _overridden(tree, overrides, ScenarioModel)
    if node is None:
        raise ScenarioError(_ordered(problems, tree))
    node, found = playbooks.put_in(node, tree.top, tree.files)
    problems += found
    full = _with_sections(node)
    full, tables, found = _tables(full, tree)
    problems += found
    hashes = {name: traces.content_hash(path) for name, path in tables.items()}
    problems += _changed_tables(full, hashes)
    problems += _wrong_tables(full, tables, tree)
    if "data" not in full.value or full.value["data"].kind == "map":
        full = _filled(full, "data", hashes)
    config, found = validate(full, ScenarioModel, whole=tree.whole)
    problems += found
    problems += crosscheck(node, full)
    if problems or config is None:
        raise ScenarioError(_ordered(problems, tree))
    full = _filled(full, "plugins", _plugins(config))
    config, found = validate(full, ScenarioModel)
    assert config is not None, found
    config.arrange()
    return Scenario(tree.top, config, node, dict(tree.files), tables)


def _with_sections(node: Node) -> Node:
    """The document with an empty mapping for every absent section, so that required keys are asked for by path."""
    children = dict(node.value)
    for side in (*SIDES, "books"):
        if side not in children or (children[side].kind == "scalar" and children[side].value is None):
            children[side] = mapping({}, node.mark, children[side].key_mark if side in children else node.mark)
    return mapping(children, node.mark, node.key_mark)


def _filled(node: Node, key: str, values: Mapping[str, str]) -> Node:
    children = {name: Node("scalar", value, node.mark) for name, value in sorted(values.items())}
    return mapping({**node.value, key: mapping(children, node.mark)}, node.mark, node.key_mark)


def _tables(node: Node, tree: Tree) -> tuple[Node, dict[str, Path], list[Problem]]:
    """Every table named in the document, checked to lie inside the tree, by its path from the top file's folder.

    A base in another folder names its tables from there, so the names in the document are made to start from
    the top file's folder as well: `config` alone then says where a table is.
    """
    folder = tree.top.resolve().parent
    tables: dict[str, Path] = {}
    problems: list[Problem] = []
    data = node.plain()
    for path, leaf in node.leaves():
        if not isinstance(leaf.value, str) or not leaf.value.endswith(traces.SUFFIXES):
            continue
        if not any(kind.has(DataFile) for kind in types.at(ScenarioModel, path, data)):
            continue
        holder = tree.files.get(leaf.mark.file, tree.top)
        try:
            real = inside(leaf.value, holder, tree.folder, traces.SUFFIXES)
            traces.check_size(real, leaf.value)
            name = Path(os.path.relpath(real, folder)).as_posix()
            tables[name] = real
            node = _renamed(node, path, name)
        except FileRefusedError as error:
            problems.append(placed(leaf.mark, dotted(path), str(error)))
    return node, tables, problems


def _renamed(node: Node, path: KeyPath, name: str) -> Node:
    """The tree with the scalar at `path` replaced by `name`."""
    if not path:
        return Node("scalar", name, node.mark, node.key_mark)
    inner = node.child(path[0])
    assert inner is not None
    changed = _renamed(inner, path[1:], name)
    if node.kind == "list":
        items = list(node.value)
        items[int(path[0])] = changed
        return Node("list", items, node.mark, node.key_mark, node.size)
    return Node("map", {**node.value, str(path[0]): changed}, node.mark, node.key_mark, node.size)


def _changed_tables(node: Node, hashes: Mapping[str, str]) -> list[Problem]:
    """A resolved document knows the content of its tables; a table that has changed since is a problem."""
    known = node.child("data")
    if known is None or known.kind != "map":
        return []
    words = "found another content than when this document was resolved"
    return [
        placed(leaf.mark, f"data.{name}", words)
        for name, leaf in known.value.items()
        if name in hashes and leaf.value != hashes[name]
    ]


def _wrong_tables(node: Node, tables: Mapping[str, Path], tree: Tree) -> list[Problem]:
    """What the sections that name tables find wrong in them; a section that is itself wrong is not asked."""
    problems: list[Problem] = []
    data = node.plain()
    for path, leaf in node.leaves():
        if not isinstance(leaf.value, str) or leaf.value not in tables or not any(kind.has(DataFile) for kind in types.at(ScenarioModel, path, data)):
            continue
        section = _section_at(path[:-1], data)
        if section is None:
            continue
        real = tables[leaf.value]
        shown = label(real, tree)
        try:
            faults = section.faults(str(path[-1]), traces.read_table(real, shown))
        except ScenarioError as error:
            problems += [replace(problem, path=dotted(path)) for problem in error.problems]
        else:
            problems += traces.problems_of(faults, shown, dotted(path), real.suffix == ".csv")
    return problems


def _section_at(path: KeyPath, data: Any) -> Section | None:
    """The section of a document at `path`, or None while it is wrong itself."""
    kinds = types.at(ScenarioModel, path, data)
    for key in path:
        data = data[int(key)] if isinstance(data, list) else data[key]
    for kind in kinds:
        if kind.model is not None and issubclass(kind.model, Section):
            try:
                return kind.model.model_validate(data)
            except ValidationError:
                continue
    return None


def _plugins(config: ScenarioModel) -> dict[str, str]:
    """The package of every policy and event that the scenario uses and that is not built in."""

    def used() -> set[str]:
        resolved = node_of(config.model_dump(mode="json", by_alias=True), NOWHERE)
        assert resolved is not None
        steps = [step for plan in config.plans.values() for step in plan.playbook if not isinstance(step, str)]
        named = {f"{slot}.{leaf.value}" for _, leaf, slot in policies_named(resolved)}
        return named | happenings.named_in([*config.events, *steps]) | set(added.used(config))

    return catalogue.packages(used)


def _ordered(problems: list[Problem], tree: Tree) -> list[Problem]:
    """Each problem once, in the order of files read, then by line and column."""
    order = {name: position for position, name in enumerate(tree.files)}
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda problem: (order.get(problem.file, len(order)), problem.line, problem.column))
