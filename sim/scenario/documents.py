"""Files of every kind: which kind a file is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.core.errors import Problem, ScenarioError
from sim.scenario.extends import read_tree
from sim.scenario.load import load, load_document
from sim.scenario.nodes import Node


def kind_of(path: str | Path) -> str:
    """`study`, `drill`, `calendar` (of drills), `playbook` or `scenario`: by the key that only such a file has."""
    return kind_in(read_tree(path).node)


def kind_in(node: Node | None) -> str:
    """The kind of a file that has been read, as `kind_of`."""
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
        if kind == "study":
            from sim.study.files import load_study

            load_study(path, overrides)
            return []
        if kind == "drill":
            from sim.study.drill_files import load_drill

            load_drill(path, overrides)
            return []
        load_document(path, _model(kind), overrides)
    except ScenarioError as error:
        return list(error.problems)
    return []


def _model(kind: str) -> Any:
    """The model of a calendar of drills or of a playbook."""
    if kind == "calendar":
        from sim.study.drill_config import DrillCalendar

        return DrillCalendar
    from sim.engine.playbook import Playbook

    return Playbook
