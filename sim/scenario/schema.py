"""JSON Schemas of the files people write, for editors that complete and check while typing."""

from __future__ import annotations

import copy
import importlib
import json
from typing import Any, get_args

from pydantic import TypeAdapter

from sim.core import units
from sim.scenario import catalogue, entries, happenings

DOCUMENTS = {
    "scenario": "sim.scenario.model:ScenarioModel",
    "study": "sim.study.config:AnyStudy",
    "drill": "sim.study.drill_config:Drill",
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OWN_NOTES = ("source", "low", "high", "assumption")
_WRITERS = {
    json_schema.json_schema["pattern"]: write.func
    for unit in (units.Duration, units.Share, units.Percent, units.Money, units.MoneyRate, units.Rate, units.Cover, units.Size,
                 units.Speed)
    for _, write, json_schema in [get_args(unit)[1:]]
}  # fmt: skip
_EXTENDS = {"type": "string", "description": "another file of the same folder tree that this one builds on"}


def model_of(document: str) -> Any:
    """The model (a class or a union of classes) of a kind of file, or None while there is none."""
    module, _, name = DOCUMENTS[document].partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError:
        return None


def schema(document: str) -> dict[str, Any]:
    """The JSON Schema of `scenario`, `study` or `drill`. Raises KeyError for another kind."""
    model = model_of(document)
    if model is None:
        raise KeyError(document)
    found = TypeAdapter(model).json_schema(by_alias=True, mode="validation")
    top: dict[str, Any] = {"$schema": _DIALECT, **found, "title": f"sim618 {document}"}
    for part in _documents(top):
        part["properties"] = {"extends": _EXTENDS, **part["properties"]}
        # What an extended file gives need not be repeated, and an editor sees one file only.
        part.pop("required", None)
    _show_given(top, top.get("$defs", {}))
    if "$defs" in top:
        _events(top["$defs"], happenings.INJECT if document == "drill" else happenings.TIMELINE)
    return dict(_tidied(top))


def _events(defs: dict[str, Any], own: tuple[str, ...]) -> None:
    """Put into the definitions what each event takes; `own` are the keys of an entry that are not its event's."""
    known = [event for event in catalogue.events() if not event.package]
    actions = [event for event in known if event.kind == "action"]
    if "Event" in defs:
        defs["Event"] = entries.completed(defs["Event"], own, known)
    if "Step" in defs:
        whole = entries.completed(defs["Step"], happenings.STEP, actions)
        alone = [event.name for event in actions if not event.requires and not event.one_of]
        # an action that needs no more may be written as its name
        defs["Step"] = {"anyOf": [{"enum": alone}, {"type": "string"}, whole]}
    if "Event" in defs or "Step" in defs:
        defs |= entries.schemas(known if "Event" in defs else actions)


def _show_given(top: dict[str, Any], defs: dict[str, Any]) -> None:
    """A section of its own, with the defaults it really has, for every field whose default gives it other ones."""
    for name, part in [("", top), *sorted(defs.items())]:
        for key, place in part.get("properties", {}).items():
            values = place.pop("given", {})
            holder = next((one for one in (place, *place.get("anyOf", [])) if "$ref" in one), None)
            section = defs[holder["$ref"].removeprefix("#/$defs/")] if holder is not None else {}
            if not values or holder is None or "properties" not in section:
                continue  # alternatives told apart by a key: each shows its own
            own = f"{name}_{key}"
            defs[own] = copy.deepcopy(section)
            for inner, value in values.items():
                defs[own]["properties"][inner]["default"] = value
            defs[own]["required"] = [inner for inner in section.get("required", []) if inner not in values]
            if not defs[own]["required"]:
                del defs[own]["required"]
            holder["$ref"] = f"#/$defs/{own}"


def _documents(top: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas of whole documents: the top itself, or the members of a union at the top."""
    if "properties" in top:
        return [top]
    return [top["$defs"][member["$ref"].removeprefix("#/$defs/")] for member in top.get("oneOf", [])]


def _tidied(node: Any) -> Any:
    """The schema with sources and ranges told in the description and without generated titles."""
    if isinstance(node, list):
        return [_tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    noted = isinstance(node.get("assumption"), bool)
    tidy = {key: _tidied(value) for key, value in node.items() if not (noted and key in _OWN_NOTES)}
    limits = _limits(tidy)
    if tidy.pop("filled_in", False):
        tidy["readOnly"] = True
    slot = tidy.pop("policy_slot", None)
    if slot is not None:
        # editors offer the names that are built in, and let pass those of packages
        del tidy["type"]
        tidy["anyOf"] = [{"enum": [item.name for item in catalogue.policies(slot) if not item.package]}, {"type": "string"}]
    if noted:
        source = f"[{node['source']}]" if node.get("source") else "assumption"
        span = f", {node['low']} to {node['high']}" if node.get("low") is not None else ""
        tidy["description"] = f"{tidy.get('description', '')} ({source}{span})".strip()
    if limits:
        tidy["description"] = f"{tidy.get('description', '')}; {limits}".strip("; ")
    return tidy


def _number(value: float) -> str:
    return f"{value:,}".replace(",", "_")


def _limits(node: dict[str, Any]) -> str:
    """The limits of a quantity in its unit, which are taken out of the schema: no editor compares texts as quantities."""
    write = _number if "anyOf" in node else _WRITERS.get(str(node.get("pattern")))
    words = []
    for key, word in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most")):
        value = node.pop(key, None) if write is not None else None
        if value is not None and write is not None:
            words.append(f"{word} {write(value)}")
    return ", ".join(words)


def schema_text(document: str) -> str:
    """The schema as the text that is published under `docs/schema/`."""
    return json.dumps(schema(document), ensure_ascii=False, indent=2) + "\n"
