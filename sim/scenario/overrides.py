"""Dotted overrides: `--set crowd.shoppers=20_000` on the command line, `policies:` in a study.

A number in the path is a list index. What is set replaces what was there. Missing mappings on the way are
created, except that a mapping or list with a default keeps its other entries: `--set
shelf.catalogue.categories.food.margin=20%` changes one category and keeps the rest. (Sections keep theirs wherever they
are written, see `sim.core.config.given`.) Text from the command
line is read like a value in a file, under the same limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sim.core.config import given
from sim.core.errors import Problem, shown
from sim.scenario import source, types
from sim.scenario.nodes import NOWHERE, Mark, Node, dotted, listing, mapping

MAX_PARTS = 16


class Text(str):
    """The text after `=` of a `--set`: parsed as YAML, while a plain str of the Python API is a text as it is."""


def split_assignment(assignment: str) -> tuple[str, Text]:
    """`a.b=c` as (`a.b`, `c`). Raises ValueError when there is no `=` or no path."""
    path, equals, value = assignment.partition("=")
    if not equals or not path.strip():
        raise ValueError(f"found {shown(assignment)}, accepted: path=value, such as crowd.shoppers=20_000")
    return path.strip(), Text(value)


def apply_overrides(
    root: Node, overrides: Mapping[str, Any], model: type[BaseModel]
) -> tuple[Node, list[Problem]]:
    """The tree with every override set, in order, and the problems met. `model` knows the defaults."""
    problems: list[Problem] = []
    for path, value in overrides.items():
        label = f"--set {path}"
        mark = Mark(label, 0, 0)
        keys = str(path).split(".")
        if not all(key.strip() and key.isprintable() for key in keys) or len(keys) > MAX_PARTS:
            message = f"found the path {shown(str(path))}, accepted: names joined by dots, at most {MAX_PARTS}"
            problems.append(Problem(label, 0, 0, "", message))
            continue
        node: Node | None
        if isinstance(value, Text):
            node, found = source.parse_value(value, label)
            problems += [Problem(label, 0, 0, path, problem.message) for problem in found]
        else:
            node = node_of(value, mark)
            if node is None:
                message = f"found {shown(value)}, accepted: text, finite numbers, true, false, lists and mappings"
                problems.append(Problem(label, 0, 0, path, message))
        if node is None:
            node = Node("bad", None, mark)
        result = _set(_with_defaults(root, keys, model), keys, 0, node, mark)
        if isinstance(result, str):
            problems.append(Problem(label, 0, 0, path, result))
        else:
            root = result
    return root, problems


def _with_defaults(root: Node, keys: list[str], model: type[BaseModel]) -> Node:
    """The tree with the default mapping or list written out that `keys` leads into but no file mentions."""
    path: list[str | int] = []
    node = root
    for depth, key in enumerate(keys[:-1]):
        step: str | int = int(key) if node.kind == "list" and key.isdigit() else key
        path.append(step)
        child = node.child(step)
        if child is None or (child.kind == "scalar" and child.value is None):
            default = _default(tuple(path), model, root)
            if default is not None:
                written = _set(root, keys[: depth + 1], 0, default, NOWHERE)
                return written if isinstance(written, Node) else root
            child = mapping({}, NOWHERE)
        node = child
    return root


def _default(path: tuple[str | int, ...], model: type[BaseModel], root: Node) -> Node | None:
    """The default of a field that holds free entries (a mapping or list, no section), as a node."""
    data = root.plain()
    for kind in types.at(model, path, data):
        if kind.field is None or kind.model is not None:
            continue
        above = _given(path, model, data)
        if above:
            return node_of(above, NOWHERE)
        default = kind.field.get_default(call_default_factory=True, validated_data={})
        if default is not PydanticUndefined and isinstance(default, (dict, list, tuple)) and default:
            return node_of(_dumped(default), NOWHERE)
    return None


def _given(path: tuple[str | int, ...], model: type[BaseModel], data: Any) -> Any:
    """The mapping or list that the default of a section above gives to a place in it, or None."""
    for depth in range(len(path) - 1):
        for holder in types.at(model, path[:depth], data):
            one = given(holder.model).get(str(path[depth])) if holder.model is not None else None
            found: Any = one.values if one is not None else None
            for key in path[depth + 1 :]:
                found = found.get(key) if isinstance(found, Mapping) else None
            if isinstance(found, (Mapping, list, tuple)):
                return found
    return None


def _dumped(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return {key: _dumped(child) for key, child in value.items()}
    return [_dumped(child) for child in value] if isinstance(value, (list, tuple)) else value


def _set(node: Node, keys: list[str], depth: int, value: Node, mark: Mark) -> Node | str:
    """`node` with `value` at `keys[depth:]`, or the message why that cannot be."""
    if depth == len(keys):
        return value.keyed(node.key_mark if node.key_mark.line else mark)
    key = keys[depth]
    if node.kind == "list":
        if not key.isascii() or not key.isdigit() or int(key[:9]) >= len(node.value):
            return f"found {shown(key)} at {dotted(tuple(keys[:depth]))}, accepted: an index {_range(node)}"
        changed = _set(node.value[int(key)], keys, depth + 1, value, mark)
        if isinstance(changed, str):
            return changed
        items = list(node.value)
        items[int(key)] = changed
        return listing(items, node.mark, node.key_mark)
    if node.kind == "scalar" and node.value is not None:
        return f"found {shown(node.value)} at {dotted(tuple(keys[:depth]))}, accepted: a mapping or a list there"
    children = dict(node.value) if node.kind == "map" else {}
    changed = _set(children.get(key) or Node("scalar", None, mark, mark), keys, depth + 1, value, mark)
    if isinstance(changed, str):
        return changed
    children[key] = changed
    return mapping(children, node.mark, node.key_mark)


def _range(node: Node) -> str:
    return f"from 0 to {len(node.value) - 1}" if node.value else "(the list is empty)"


def node_of(value: Any, mark: Mark, depth: int = 0) -> Node | None:
    """A node of plain Python data, or None where the data is no such thing."""
    if depth > source.MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        children: dict[str, Node] = {}
        for key, child in value.items():
            node = node_of(child, mark, depth + 1)
            if node is None or not isinstance(key, (str, int)):
                return None
            children[str(key)] = node.keyed(mark)
        return mapping(children, mark, mark)
    if isinstance(value, (list, tuple)):
        items = [node_of(child, mark, depth + 1) for child in value]
        if any(item is None for item in items):
            return None
        return listing([item for item in items if item is not None], mark, mark)
    if value is None or isinstance(value, (bool, str)):
        if isinstance(value, str) and len(value) > source.MAX_SCALAR:
            return None
        return Node("scalar", value, mark, mark)
    # NumPy numbers come from designs of studies; they are taken as the plain numbers they stand for.
    if hasattr(value, "item") and not isinstance(value, (int, float)):
        value = value.item()
    if isinstance(value, (int, float)) and abs(value) <= source.MAX_NUMBER:
        if isinstance(value, float):
            value = float(value)
        return Node("scalar", value, mark, mark)
    return None
