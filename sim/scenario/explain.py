"""Where every value of a scenario comes from: a file, an override, or a default with its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.scenario import types
from sim.scenario.load import Scenario
from sim.scenario.model import ScenarioModel
from sim.scenario.nodes import NOWHERE, Node, Path, dotted
from sim.scenario.overrides import node_of


@dataclass(frozen=True, slots=True)
class Line:
    """One resolved value. `origin` is `file:line`, `--set path` or `default`; `source` names the parameter."""

    path: str
    value: Any
    origin: str
    source: str = ""
    description: str = ""
    assumption: bool = False


def explain(scenario: Scenario) -> list[Line]:
    """Every resolved value in the order of the model, with its origin."""
    resolved = scenario.resolved
    node = node_of(resolved, NOWHERE)
    assert node is not None
    return list(_lines(node, scenario, resolved))


def _lines(node: Node, scenario: Scenario, resolved: dict[str, Any]) -> Iterator[Line]:
    for path, leaf in node.leaves():
        kinds = types.at(ScenarioModel, path, resolved)
        field = next((kind.field for kind in kinds if kind.field is not None), None)
        note = types.extra(field)
        description = (field.description or "") if field is not None else ""
        written = written_at(scenario.node, path)
        if note.get("filled_in") or path[0] in ("data", "plugins"):
            yield Line(dotted(path), leaf.plain(), "filled in", "", description)
        elif written is not None and written.mark.file:
            place = f"{written.mark.file}:{written.mark.line}" if written.mark.line else written.mark.file
            yield Line(dotted(path), leaf.plain(), place, "", description)
        else:
            source, assumed = inherited_note(path, resolved)
            yield Line(dotted(path), leaf.plain(), "default", source, description, assumed)


def written_at(node: Node, path: Path) -> Node | None:
    """The written node that gives the value at a path: the node itself, or the scalar or list it came from."""
    for position, key in enumerate(path):
        child = node.child(key)
        if child is None:
            # A short form, such as `refund: instant` for `refund: {speed: instant}`, stands for what is inside.
            return node if position and node.kind == "scalar" and node.value is not None else None
        node = child
    return node


def inherited_note(path: Path, resolved: dict[str, Any]) -> tuple[str, bool]:
    """Source and assumption tag of a default: of the field itself, or of the nearest field that holds it."""
    for length in range(len(path), 0, -1):
        for kind in types.at(ScenarioModel, path[:length], resolved):
            note = types.extra(kind.field)
            if "assumption" in note:
                return str(note.get("source", "")), bool(note["assumption"])
    return "", False
