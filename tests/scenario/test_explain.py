"""Every resolved value says where it comes from, and what nobody measured is listed with its range."""

from pydantic import TypeAdapter

from sim.scenario import load, types
from sim.scenario.assumptions import assumptions
from sim.scenario.explain import explain
from sim.scenario.model import ScenarioModel
from sim.scenario.overrides import Text


def origins(scenario):
    """Path to line of the explanation."""
    return {line.path: line for line in explain(scenario)}


def test_each_value_names_its_file_and_line_its_override_or_its_default(write, head):
    write("scenarios/base.yaml", head + "shelf:\n  consideration: 6\n")
    write("scenarios/x.yaml", "extends: base.yaml\nname: x\n")
    found = origins(load("scenarios/x.yaml", {"days": Text("3")}))
    assert found["name"].origin == "scenarios/x.yaml:2"
    assert found["shelf.consideration"].origin == "scenarios/base.yaml:5"
    assert found["days"].origin == "--set days"
    assert found["warmup"].origin == "default"
    assert found["plugins"].origin == "filled in"
    assert (found["days"].value, found["shelf.consideration"].value) == (3, 6)


def test_a_default_names_its_parameter(write, head):
    write("x.yaml", head)
    found = origins(load("x.yaml"))
    line = found["shelf.catalogue.categories.apparel.returns"]
    assert (line.origin, line.source, line.assumption) == ("default", "P18", False)
    assert found["shelf.ranking.promoted"].assumption


def test_the_explanation_covers_exactly_the_resolved_scenario(write, head):
    write("x.yaml", head + "shelf: {promotions: [{kind: flash, off: 40%, at: [06-18], for: 1h}]}\n")
    scenario = load("x.yaml")

    def leaves(data, path=""):
        if isinstance(data, (dict, list)) and data:
            items = data.items() if isinstance(data, dict) else enumerate(data)
            return [leaf for key, inner in items for leaf in leaves(inner, f"{path}{key}.")]
        return [path.rstrip(".")]

    assert [line.path for line in explain(scenario)] == leaves(scenario.resolved)


def test_one_overridden_entry_of_a_default_mapping_leaves_the_others_defaults(write, head):
    write("x.yaml", head)
    found = origins(load("x.yaml", {"shelf.catalogue.categories.food.margin": "20%"}))
    assert found["shelf.catalogue.categories.food.margin"].origin.startswith("--set")
    assert found["shelf.catalogue.categories.apparel.margin"].origin == "default"


def test_every_assumption_has_a_value_its_own_field_accepts_at_both_ends_of_its_range(write, head):
    write("x.yaml", head)
    scenario = load("x.yaml")
    found = assumptions(scenario)
    assert len(found) > 20
    assert len({item.path for item in found}) == len(found)
    ranged = [item for item in found if item.ranged]
    assert len(ranged) > 0.8 * len(found)
    for item in ranged[:: max(1, len(ranged) // 25)]:
        for bound in (item.low, item.high):
            load("x.yaml", {item.path: bound})


def test_a_range_is_in_order_and_written_like_the_value(write, head):
    write("x.yaml", head)
    scenario = load("x.yaml")
    for item in assumptions(scenario):
        if not item.ranged:
            continue
        kind = next(iter(types.at(ScenarioModel, tuple(item.path.split(".")), scenario.resolved)))
        adapter = TypeAdapter(kind.field.annotation if not kind.field.metadata else _annotated(kind.field))
        low, high = adapter.validate_python(item.low), adapter.validate_python(item.high)
        assert low <= high, item


def _annotated(field):
    from typing import Annotated

    return Annotated[(field.annotation, *field.metadata)]


def test_a_value_written_in_the_file_stays_an_assumption_but_says_so(write, head):
    write("x.yaml", head + "shelf: {ranking: {promoted: 1.1}}\n")
    (item,) = [item for item in assumptions(load("x.yaml")) if item.path == "shelf.ranking.promoted"]
    assert item.written
    assert item.value == 1.1


def test_sourced_values_are_not_listed(write, head):
    write("x.yaml", head)
    paths = {item.path for item in assumptions(load("x.yaml"))}
    assert "shelf.catalogue.categories.apparel.returns" not in paths
    assert "days" not in paths
