"""The published schemas are fresh, and agree with the loader."""

import json
from pathlib import Path

import pytest

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
    assert open_sections <= {"Event", "Step"} | unwritten  # those carry the arguments of an event


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
