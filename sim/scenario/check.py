"""Validation against a model, with every mistake told as file, line, column, path, found, accepted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.core.errors import Problem, shown, suggestion
from sim.scenario import types
from sim.scenario.nodes import Key, Mark, Node, Path, dotted

M = TypeVar("M", bound=BaseModel)

_ACCEPTED = {
    "missing": "this key, which is required",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a text",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping of keys and values",
    "mapping_type": "a mapping of keys and values",
    "model_type": "a mapping of keys and values",
    "model_attributes_type": "a mapping of keys and values",
    "none_required": "nothing (null)",
    "finite_number": "a finite number",
}
_LIMITS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_LENGTHS = {"too_short": ("min_length", "at least"), "too_long": ("max_length", "at most")}
_WORDS = {"string_too_short": ("min_length", "at least"), "string_too_long": ("max_length", "at most")}
_SECTIONS = ("model_type", "model_attributes_type")
_MAX_LISTED = 40
_KEYS = re.compile(r"[^\W\d][\w-]*(?:\.[\w-]+)*")


def listed(names: Iterable[str]) -> str:
    """Names joined by commas, cut where there are too many to read."""
    names = list(names)
    more = f", … ({len(names)} in all)" if len(names) > _MAX_LISTED else ""
    return (", ".join(names[:_MAX_LISTED]) + more) or "nothing"


def placed(mark: Mark, path: str, message: str, hint: str = "") -> Problem:
    """A problem at a mark."""
    return Problem(mark.file, mark.line, mark.column, path, message, hint)


def problem_at(node: Node, path: Path, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
    """A problem placed at the node of `path`, or at the nearest mapping that holds it."""
    mark, near = node.mark, node.mark
    for key in path:
        child = node.child(key)
        if child is None:
            break
        node, mark = child, child.mark
        near = mark if mark.file else near
    else:
        mark = node.key_mark if at_key and node.key_mark.file else mark
        mark = mark if mark.file else _written_in(node) or near
        return Problem(mark.file, mark.line, mark.column, dotted(path), message, hint)
    # The key is absent: point at the key of the mapping that should have it.
    mark = node.key_mark if node.key_mark.line else mark
    mark = mark if mark.file else _written_in(node) or near
    return Problem(mark.file, mark.line, mark.column, dotted(path), message, hint)


def _written_in(node: Node) -> Mark | None:
    """The first place somebody wrote in what is otherwise a default: an override of one entry of it."""
    return next((leaf.mark for _, leaf in node.leaves() if leaf.mark.file), None)


def validate(node: Node, model: type[M], *, whole: bool = True) -> tuple[M | None, list[Problem]]:
    """The model's instance, or None and every problem. With `whole` false missing keys are not complained of."""
    data = node.plain()
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, translate(error, node, model, whole=whole)


def translate(error: ValidationError, node: Node, model: type[BaseModel], *, whole: bool = True) -> list[Problem]:
    """Pydantic's errors as problems; alternatives of a union at one place become one problem."""
    data = node.plain()
    groups: dict[tuple[Path, bool], list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        if details["type"] == "missing" and not whole:
            continue
        path = document_path(details, node)
        if _is_bad(node, path):
            continue
        groups.setdefault((path, details["type"] == "extra_forbidden"), []).append(details)
    _drop_lost_alternatives(groups)
    return [_problem(path, details, node, model, data) for (path, _), details in groups.items()]


def document_path(details: ErrorDetails, node: Node) -> Path:
    """The path in the document of an error, whose location also names the alternatives of unions."""
    path: list[Key] = []
    location = details["loc"]
    for position, key in enumerate(location):
        child = node.child(key)
        last = position == len(location) - 1
        if child is not None and not (last and key == "[key]"):
            path.append(str(key) if node.kind == "map" else key)
            node = child
        elif last and details["type"] == "missing":
            path.append(key)
    if details["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path.append(details["ctx"]["discriminator"].strip("'"))
    return tuple(path)


def _is_bad(node: Node, path: Path) -> bool:
    """Whether a value on the way was already reported while reading."""
    for key in path:
        child = node.child(key)
        if child is None:
            return False
        if child.kind == "bad":
            return True
        node = child
    return node.kind == "bad"


def _drop_lost_alternatives(groups: dict[tuple[Path, bool], list[ErrorDetails]]) -> None:
    """Where one alternative of a union wants a scalar and another looks inside the mapping, keep what is inside."""
    for path, extra in list(groups):
        inner = any(len(other) > len(path) and other[: len(path)] == path for other, _ in groups)
        wanted = {details["type"] for details in groups[path, extra]}
        shape = {"literal_error", "unit", "string_type", "float_type", "int_type", "bool_type", "none_required"}
        if inner and wanted <= shape:
            del groups[path, extra]


def _problem(path: Path, group: list[ErrorDetails], node: Node, model: type[BaseModel], data: Any) -> Problem:
    first = group[0]
    if first["type"] == "extra_forbidden":
        known = types.keys(types.at(model, path[:-1], data))
        if len(path) == 1:
            known = ["extends", *known]
        # rather one that is not there yet; a section that says nothing may have been filled in
        written = _value(data, path[:-1]) or {}
        absent = [key for key in known if written.get(key) in (None, {})]
        hint = suggestion(path[-1], absent) or suggestion(path[-1], known)
        message = f"found the unknown key {shown(str(path[-1]))}, accepted: {listed(known)}"
        return problem_at(node, path, message, hint, at_key=True)
    if first["type"] in ("value_error", "assertion_error"):
        message = str(first["ctx"]["error"]) if "ctx" in first else first["msg"]
        inner, message = _led_on(message)
        path = (*path, *inner)
        if message.startswith("accepted"):
            message = f"found {shown(_value(data, path))}, {message}"
        return problem_at(node, path, message, at_key=isinstance(first["input"], dict) and not inner)
    if first["type"] == "missing" or first["type"] == "union_tag_not_found":
        kinds = types.at(model, path, data)
        accepted = _choices(group) or _describe(kinds)
        message = f"found nothing, accepted: {accepted}" if accepted else "found nothing, accepted: a value, required"
        return problem_at(node, path, message)
    kinds = types.at(model, path, data)
    ways = list(dict.fromkeys(_accepted(details, kinds) for details in group if details["type"] != "missing"))
    # What was written, not what a unit has made of it: a limit is checked after `2d` has become minutes.
    at_key = bool(first["loc"]) and first["loc"][-1] == "[key]"
    found = path[-1] if at_key else _value(data, path)
    names = [name for details in group for name in _names(details)]
    hint = suggestion(found, names) if isinstance(found, str) else ""
    return problem_at(node, path, f"found {shown(found)}, accepted: {', or '.join(ways)}", hint, at_key=at_key)


def _led_on(message: str) -> tuple[Path, str]:
    """The keys that a section's own message begins with (`entry: found ...`), and the rest of it."""
    head, colon, rest = message.partition(": ")
    if not colon or not _KEYS.fullmatch(head) or head == "accepted":
        return (), message
    return tuple(int(key) if key.isdigit() else key for key in head.split(".")), rest


def _accepted(details: ErrorDetails, kinds: list[types.Kind]) -> str:
    kind, ctx = details["type"], details.get("ctx", {})
    if kind in ("unit", "file"):
        return str(ctx["accepted"])
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        return listed(_names(details))
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        write = types.writer(kinds)
        plain = str(ctx[name]) if isinstance(ctx[name], int) else format(ctx[name], "g")
        return f"{words} {write(ctx[name]) if write else plain}"
    if kind in _LENGTHS:
        name, words = _LENGTHS[kind]
        return f"{words} {ctx[name]} entries"
    if kind in _WORDS:
        name, words = _WORDS[kind]
        return f"a text of {words} {ctx[name]} characters"
    if kind == "string_pattern_mismatch":
        return f"a text like the pattern {ctx['pattern']}"
    if kind in _SECTIONS and types.keys(kinds):
        return "a mapping with " + listed(types.keys(kinds))
    told = details["msg"].removeprefix("accepted: ")
    return _ACCEPTED.get(kind) or told[:1].lower() + told[1:]


def _names(details: ErrorDetails) -> list[str]:
    """The words a literal, an enumeration or a tag accepts."""
    ctx = details.get("ctx", {})
    if details["type"] == "union_tag_invalid":
        text = str(ctx["expected_tags"])
    elif details["type"] in ("literal_error", "enum"):
        text = str(ctx["expected"]).replace(" or ", ", ")
    else:
        return []
    return [name.strip().strip("'") for name in text.split(",")]


def _choices(group: list[ErrorDetails]) -> str:
    return listed(name for details in group for name in _names(details)) if any(map(_names, group)) else ""


def _describe(kinds: list[types.Kind]) -> str:
    """What a place accepts, from its unit or its literals."""
    words: list[str] = []
    for kind in kinds:
        if get_origin(kind.annotation) is Literal:
            words += [str(name) for name in get_args(kind.annotation)]
        elif kind.model is not None:
            words.append("a mapping with " + listed(types.keys([kind])))
        else:
            for item in kind.metadata:
                schema = getattr(item, "json_schema", None)
                if isinstance(schema, dict) and "description" in schema:
                    words.append(schema["description"])
                    break
            else:
                plain = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
                if kind.annotation in plain:
                    words.append(plain[kind.annotation])
    return ", ".join(dict.fromkeys(words))


def _value(data: Any, path: Path) -> Any:
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data
