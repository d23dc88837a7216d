"""Files of every kind: which kind a file is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.core.errors import Problem, ScenarioError, shown
from sim.scenario.check import listed, placed, suggestion
from sim.scenario.extends import read_tree
from sim.scenario.load import load, load_document


def kind_of(path: str | Path) -> str:
    """`study`, `drill`, `calendar` (of drills), `playbook` or `scenario`: by the key that only such a file has."""
    node = read_tree(path).node
    for kind in ("study", "drill", "calendar", "playbook"):
        if node is not None and kind in node.value:
            return kind
    return "scenario"


def problems_of(path: str | Path, overrides: Mapping[str, Any] | None = None) -> list[Problem]:
    """Everything wrong with a file of any kind and with the scenario it names; empty when all is well."""
    kind = kind_of(path)
    try:
        if kind == "scenario":
            load(path, overrides)
            return []
        if kind == "drill":
            from sim.study.drill_files import load_drill

            load_drill(path, overrides)
            return []
        document = load_document(path, _model(path, kind), overrides)
    except ScenarioError as error:
        return list(error.problems)
    return _of_named_scenario(Path(path), document.config)


def _model(path: str | Path, kind: str) -> Any:
    """The model of a study or drill file. Raises ScenarioError when the file names no known kind of study."""
    if kind == "calendar":
        from sim.study.drill_config import DrillCalendar

        return DrillCalendar
    if kind == "playbook":
        from sim.engine.playbook import Playbook

        return Playbook
    from sim.study.config import KINDS

    node = read_tree(path).node
    assert node is not None
    named = node.value["study"]
    model = KINDS.get(named.value) if isinstance(named.value, str) else None
    if model is None:
        message = f"found {shown(named.plain())}, accepted: {listed(KINDS)}"
        raise ScenarioError([placed(named.mark, "study", message, suggestion(named.plain(), KINDS))])
    return model


def _of_named_scenario(path: Path, config: Any) -> list[Problem]:
    """Problems of the scenario that a study or drill is about."""
    name = getattr(config, "scenario", None)
    if not isinstance(name, str) or not name:
        return []
    try:
        load(path.parent / name)
    except ScenarioError as error:
        return list(error.problems)
    return []
