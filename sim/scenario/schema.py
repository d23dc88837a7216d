"""JSON Schemas of the files people write, for editors that complete and check while typing."""

from __future__ import annotations

import importlib
import json
from typing import Any

from pydantic import BaseModel

from sim.scenario import types

DOCUMENTS = {
    "scenario": "sim.scenario.model:ScenarioModel",
    "study": "sim.study.config:Study",
    "drill": "sim.study.drill_config:Drill",
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OWN_NOTES = ("source", "low", "high", "assumption", "filled_in")


def model_of(document: str) -> type[BaseModel] | None:
    """The model of a kind of file, or None while there is none."""
    module, _, name = DOCUMENTS[document].partition(":")
    try:
        model: type[BaseModel] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError:
        return None
    return model


def schema(document: str) -> dict[str, Any]:
    """The JSON Schema of `scenario`, `study` or `drill`. Raises KeyError for another kind."""
    model = model_of(document)
    if model is None:
        raise KeyError(document)
    found = model.model_json_schema(by_alias=True, mode="validation")
    top: dict[str, Any] = {"$schema": _DIALECT, "title": f"sim618 {document}", **found}
    top["title"] = f"sim618 {document}"
    for name in [name for name, field in model.model_fields.items() if types.extra(field).get("filled_in")]:
        top["properties"][name]["readOnly"] = True
    own = top["properties"]
    top["properties"] = {
        "extends": {"type": "string", "description": "another file of the same folder tree that this one builds on"},
        **own,
    }
    # What an extended file gives need not be repeated, and an editor sees one file only.
    top.pop("required", None)
    return _tidied(top)


def _tidied(node: Any) -> Any:
    """The schema with sources and ranges folded into the description and without generated titles."""
    if isinstance(node, list):
        return [_tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    notes = {key: node[key] for key in _OWN_NOTES if key in node and not isinstance(node[key], dict)}
    tidy = {key: _tidied(value) for key, value in node.items() if key not in notes}
    if "assumption" in notes:
        source = f"[{notes['source']}]" if notes.get("source") else "assumption"
        span = f", {notes['low']} to {notes['high']}" if notes.get("low") is not None else ""
        tidy["description"] = f"{tidy.get('description', '')} ({source}{span})".strip()
    return tidy


def schema_text(document: str) -> str:
    """The schema as the text that is published under `docs/schema/`."""
    return json.dumps(schema(document), ensure_ascii=False, indent=2) + "\n"
