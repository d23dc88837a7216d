"""The published schemas are fresh, and agree with the loader."""

import json
from pathlib import Path

import pytest

from sim.scenario import catalogue, happenings
from sim.scenario.model import SIDES
from sim.scenario.schema import DOCUMENTS, model_of, schema, schema_text

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("document", sorted(DOCUMENTS))
def test_the_published_schema_is_the_schema_of_the_code(document):
    published = ROOT / "docs" / "schema" / f"{document}.json"
    if model_of(document) is None:
        assert not published.exists()
        return
    told = f"run `sim618 schema {document} > docs/schema/{document}.json`"
    assert published.read_text(encoding="utf-8") == schema_text(document), told


def walk(node):
    """Every mapping of a schema."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def test_every_reference_resolves_and_every_section_refuses_unknown_keys():
    found = schema("scenario")
    for node in walk(found):
        if "$ref" in node:
            assert node["$ref"].removeprefix("#/$defs/") in found["$defs"]
    open_sections = {name for name, part in found["$defs"].items() if part.get("additionalProperties") is True}
    unwritten = {side.capitalize() for side in SIDES if not (ROOT / "sim" / side / "config.py").exists()}
    # entries carry the arguments of an event, and packages add defences
    assert open_sections <= {"Event", "Step", "Defences"} | unwritten


def test_units_are_texts_with_a_pattern():
    found = schema("scenario")
    assert found["properties"]["warmup"]["pattern"]
    assert found["properties"]["warmup"]["type"] == "string"
    assert "extends" in found["properties"]
    assert "required" not in found
    assert json.loads(schema_text("scenario")) == found


def test_a_default_shows_its_source_and_range_in_the_description():
    part = schema("scenario")["$defs"]["Category"]["properties"]["returns"]
    assert "[P18" in part["description"]


def branches(entry):
    """What the schema of an entry allows beside each name of `do`: (name, keys, definition)."""
    for branch in entry["allOf"]:
        name = branch["if"]["properties"]["do"]["const"]
        yield name, branch["then"]["propertyNames"]["enum"], branch["then"]["$ref"].removeprefix("#/$defs/")


@pytest.mark.parametrize(("document", "own"), [("scenario", happenings.TIMELINE), ("drill", happenings.INJECT)])
def test_an_editor_completes_every_event_and_the_keys_it_takes_and_no_other(document, own):
    found = schema(document)["$defs"]
    events = {event.name: event for event in catalogue.events() if not event.package}
    assert found["Event"]["properties"]["do"]["anyOf"] == [{"enum": list(events)}, {"type": "string"}]
    seen = {name: (keys, found[told]) for name, keys, told in branches(found["Event"])}
    assert set(seen) == set(events)
    for name, (keys, told) in seen.items():
        event = events[name]
        assert set(keys) == {*own, *event.arguments}, name
        assert set(told["properties"]) == set(event.arguments) - {"for"}, name
        assert told["description"] == event.description
        assert told.get("required", []) == list(event.requires)
        for key, part in told["properties"].items():
            assert part.keys() & {"type", "enum", "anyOf"}, f"{name}.{key} accepts anything"
            assert part != {"type": "string"}, f"{name}.{key} says of no text what it is"


def test_a_step_is_an_action_or_its_name_alone():
    alone, anything, whole = schema("drill")["$defs"]["Step"]["anyOf"]
    actions = {event.name for event in catalogue.events() if event.kind == "action"}
    assert {name for name, _, _ in branches(whole)} == set(whole["properties"]["do"]["anyOf"][0]["enum"]) == actions
    assert "platform.failback" in alone["enum"] and "platform.degrade" not in alone["enum"], "that one needs its target"
    assert anything == {"type": "string"}, "a package's action"


def test_arguments_of_events_tell_their_unit_default_and_limits():
    found = schema("scenario")["$defs"]
    magnitude = found["supply.capacity_cut"]["properties"]["magnitude"]
    assert magnitude["description"].startswith("a share in percent") and magnitude["pattern"]
    assert found["crowd.surge"]["properties"]["factor"] == {
        "type": "number", "minimum": 0.01, "maximum": 100.0, "default": 2.0
    }  # fmt: skip
    assert found["threats.ddos"]["properties"]["cache_busting"]["default"] == "50%", "as its section says"
    ratio = found["supply.slow"]["properties"]["magnitude"]
    assert [part["type"] for part in ratio["anyOf"]] == ["number", "string"]


def test_schemas_are_of_a_size_that_editors_read_at_once():
    assert len(schema_text("scenario")) < 700_000
    assert len(schema_text("drill")) < 200_000
