"""Files of one kind given to a command for another: which kind it is, and which command takes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.core.errors import Problem, ScenarioError

COMMANDS = {
    "scenario": "a scenario: `sim618 run` takes it",
    "study": "a study: `sim618 study` takes it",
    "drill": "a drill: `sim618 drill` takes it",
    "calendar": "a calendar of drills: `sim618 drill` takes it",
    "playbook": "a playbook: responses of a drill and plans of a scenario name it",
    "fits": "a table of fitted parameters, which people read and no command takes",
    "other": "neither a scenario nor a study, a drill, a calendar or a playbook",
}


def load_scenario(path: Path, overrides: Mapping[str, Any] | None = None) -> Any:
    """The scenario of a file. Raises ScenarioError; where the file is of another kind, that says which."""
    from sim.scenario import load

    try:
        return load(path, overrides)
    except ScenarioError:
        expect(path, "scenario")
        raise


def expect(path: Path, *kinds: str) -> None:
    """Raises ScenarioError with one problem where a file can be read and is none of these kinds."""
    from sim.scenario.extends import read_tree

    node = read_tree(path).node
    found = _told(node)
    if node is None or not node.value or found in kinds or (found == "other" and "scenario" not in kinds):
        return  # what a study or a drill lacks is told where its file is checked
    accepted = ", ".join(kinds[:-1]) + (" or " if len(kinds) > 1 else "") + kinds[-1]
    names = [found, *node.value] if node.kind == "map" else []
    key = next((child for child in map(node.child, names) if child is not None), None)
    mark = (key.key_mark or key.mark) if key is not None else node.mark
    raise ScenarioError(
        [Problem(str(path), mark.line, mark.column, "", f"found {COMMANDS[found]}; accepted: a {accepted}")]
    )


def told_kind(path: Path) -> str:
    """The kind of a file: as `kind_of`, and `fits` or `other` where it holds nothing that a scenario may hold."""
    from sim.scenario.extends import read_tree

    return _told(read_tree(path).node)


def _told(node: Any) -> str:
    from sim.scenario import ScenarioModel
    from sim.scenario.documents import kind_in

    kind = kind_in(node)
    if kind == "scenario" and node is not None and node.value:
        if node.kind != "map":
            return "other"
        known = {field.alias or name for name, field in ScenarioModel.model_fields.items()} | {"extends"}
        if not known & set(node.value) or "scenario" in node.value:
            return "fits" if "fits" in node.value else "other"
    return kind
