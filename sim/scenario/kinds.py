"""Kinds of files, told by what is in them; one given in the place of another is told with the verb that takes it."""

from __future__ import annotations

from pathlib import Path

from sim.core.errors import Problem, ScenarioError
from sim.scenario.extends import read_tree
from sim.scenario.model import ScenarioModel
from sim.scenario.nodes import Node

COMMANDS = {
    "scenario": "a scenario: `sim618 run` takes it, in Python `sim.run`",
    "study": "a study: `sim618 study` takes it, in Python `sim.study_file`",
    "drill": "a drill: `sim618 drill` takes it, in Python `sim.drill`",
    "calendar": "a calendar of drills: `sim618 drill` takes it, in Python `sim.drill`",
    "playbook": "a playbook: responses of a drill and plans of a scenario name it",
    "fits": "a table of fitted parameters, which people read and no command takes",
    "other": "neither a scenario nor a study, a drill, a calendar or a playbook",
}


def expect(path: Path, *kinds: str) -> None:
    """Raises ScenarioError with one problem where a file can be read and is none of these kinds."""
    expect_in(read_tree(path).node, path, *kinds)


def expect_in(node: Node | None, path: str | Path, *kinds: str) -> None:
    """The same of a file that has been read."""
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
    return _told(read_tree(path).node)


def kind_of(path: str | Path) -> str:
    """`study`, `drill`, `calendar` (of drills), `playbook` or `scenario`: by the key that only such a file has."""
    return kind_in(read_tree(path).node)


def kind_in(node: Node | None) -> str:
    """The kind of a file that has been read, as `kind_of`."""
    for kind in ("study", "drill", "calendar", "playbook"):
        if node is not None and kind in node.value:
            return kind
    return "scenario"


def _told(node: Node | None) -> str:
    kind = kind_in(node)
    if kind == "scenario" and node is not None and node.value:
        if node.kind != "map":
            return "other"
        known = {field.alias or name for name, field in ScenarioModel.model_fields.items()} | {"extends"}
        if not known & set(node.value) or "scenario" in node.value:
            return "fits" if "fits" in node.value else "other"
    return kind
