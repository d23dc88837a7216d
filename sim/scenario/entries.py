"""What an entry of a timeline or a step may say, event by event: told to people, and to editors as JSON Schema.

An event's own declaration (`catalogue.Named`) says which keys it takes, what each may be and what is so without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from sim.core.units import Duration
from sim.scenario import catalogue

_OF_FIELDS = ("title", "default", "source", "low", "high", "assumption")


@dataclass(frozen=True, slots=True)
class Argument:
    """A key that an event takes: its JSON Schema, what it may be in words, and its default where the event states one."""

    key: str
    schema: dict[str, Any]
    words: str
    default: Any
    required: bool


def arguments(event: catalogue.Named) -> list[Argument]:
    """The keys an event takes beside `at` and `do`, in declared order; `target` and `for` only where it makes use of them."""
    stated = {**_alike(event), **dict(event.defaults)}
    told = event.model.model_json_schema(by_alias=True)["properties"] if event.arguments else {}
    found = []
    for key in event.arguments or ():
        schema = _bare(told[key]) if key in told else TypeAdapter(Duration).json_schema()
        found.append(Argument(key, schema, _words(schema), stated.get(key), key in event.requires))
    return found


def _alike(event: catalogue.Named) -> dict[str, Any]:
    """Defaults of the section whose keys an event's arguments are, as a file would write them."""
    if not event.like:
        return {}
    module, _, name = event.like.rpartition(".")
    section = getattr(importlib.import_module(f"sim.{module}"), name)
    taken = {key: field for key, field in section.model_fields.items() if event.takes(key)}
    return {key: field.get_default(call_default_factory=True) for key, field in taken.items() if not field.is_required()}


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what may be written: without notes of the field, and without nothing (null)."""
    schema = {key: value for key, value in schema.items() if key not in _OF_FIELDS}
    written = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(written) == 1:
        del schema["anyOf"]
        return {**written[0], **schema}
    return {**schema, "anyOf": written} if written else schema


def _words(schema: dict[str, Any]) -> str:
    """What a schema accepts, in words."""
    if "description" in schema:
        return str(schema["description"])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "policy_slot" in schema:
        return "one of " + ", ".join(policy.name for policy in catalogue.policies(schema["policy_slot"]))
    if "anyOf" in schema:
        return ", or ".join(_words(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"a list: {_words(schema.get('items', {}))}"
    plain = {"boolean": "true or false", "integer": "a whole number", "number": "a number", "string": "a text"}
    bounds = [
        f"{word} {schema[key]:g}"
        for key, word in (("exclusiveMinimum", "above"), ("minimum", "at least"), ("exclusiveMaximum", "below"), ("maximum", "at most"))
        if key in schema
    ]
    return ", ".join([plain.get(str(schema.get("type")), "anything"), *bounds])


def schemas(events: Iterable[catalogue.Named]) -> dict[str, Any]:
    """Definitions for a JSON Schema: what each event is and takes, under the event's name."""
    found: dict[str, Any] = {}
    for event in events:
        takes = arguments(event)
        found[event.name] = {
            "description": event.description,
            "properties": {one.key: _with_default(one) for one in takes if one.key != "for"},
            **({"required": list(event.requires)} if event.requires else {}),
            **({"oneOf": [{"required": [key]} for key in event.one_of]} if event.one_of else {}),
        }
    return found


def _with_default(one: Argument) -> dict[str, Any]:
    return one.schema if one.default is None else {**one.schema, "default": one.default}


def completed(schema: dict[str, Any], own: tuple[str, ...], events: Iterable[catalogue.Named]) -> dict[str, Any]:
    """The schema of an entry with the names that `do` may have and, for each, what may stand beside it.

    `own` are the keys of the entry itself. An unknown name passes with whatever it says: it may be a package's.
    """
    events = list(events)
    name = {"anyOf": [{"enum": [event.name for event in events]}, {"type": "string"}]}
    do = {key: value for key, value in schema["properties"]["do"].items() if key != "type"} | name
    branches = [
        {
            "if": {"properties": {"do": {"const": event.name}}},
            "then": {
                "$ref": f"#/$defs/{event.name}",
                "propertyNames": {"enum": list(dict.fromkeys((*own, *(event.arguments or ()))))},
            },
        }
        for event in events
        if event.arguments is not None
    ]
    return {**schema, "properties": {**schema["properties"], "do": do}, "allOf": branches}
