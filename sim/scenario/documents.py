"""Files of every kind: what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.core.errors import Problem, ScenarioError
from sim.scenario.kinds import kind_of
from sim.scenario.load import load, load_document


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
