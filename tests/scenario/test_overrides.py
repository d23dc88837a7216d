"""Dotted overrides reach any value, under the rules of files."""

import pytest

from sim.core.config import Section, param
from sim.core.units import Share
from sim.scenario import load
from sim.scenario.nodes import Mark
from sim.scenario.overrides import Text, apply_overrides, node_of, split_assignment


class Category(Section):
    """An entry of a free mapping."""

    margin: Share = "30%"
    price: float = 1.0


class Model(Section):
    """A mapping and a list with defaults."""

    categories: dict[str, Category] = param({"food": {"margin": "22%"}, "toys": {}})
    levels: tuple[int, ...] = (1, 2, 3)
    plain: int = 0


def applied(document, overrides):
    """The document after the overrides, and what was said."""
    node, problems = apply_overrides(node_of(document, Mark("x.yaml", 1, 1)), overrides, Model)
    return node.plain(), [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("document", "overrides", "result", "reason"),
    [
        ({"a": {"b": 1}}, {"a.b": 2}, {"a": {"b": 2}}, "replaces a value"),
        ({}, {"a.b.c": 1}, {"a": {"b": {"c": 1}}}, "creates what is missing"),
        ({"a": None}, {"a.b": 1}, {"a": {"b": 1}}, "an empty value is as good as missing"),
        ({"a": [1, 2]}, {"a.1": 9}, {"a": [1, 9]}, "an index of a list"),
        ({"a": [{"b": 1}]}, {"a.0.b": 9}, {"a": [{"b": 9}]}, "inside a list"),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"c": 2}}, "a mapping set is the whole mapping"),
        ({}, {"a": Text("200_000")}, {"a": 200_000}, "text of the command line is read as YAML"),
        ({}, {"a": Text("[30%, {b: 1}]")}, {"a": ["30%", {"b": 1}]}, "lists and mappings too"),
        ({}, {"a": "200"}, {"a": "200"}, "a text of the Python API stays a text"),
        ({}, {"a": Text("")}, {"a": None}, "nothing after the sign is nothing"),
        ({}, {"a": Text("x=y")}, {"a": "x=y"}, "only the first = counts"),
        ({}, {"甲.乙": 1}, {"甲": {"乙": 1}}, "names may be Chinese"),
        ({}, {"a.b": 1, "a.c": 2}, {"a": {"b": 1, "c": 2}}, "several, in order"),
    ],
)
def test_an_override_sets_its_value(document, overrides, result, reason):
    plain, told = applied(document, overrides)
    assert not told, reason
    assert plain == result, reason


def test_one_entry_of_a_default_mapping_changes_and_the_others_stay():
    plain, _ = applied({}, {"categories.food.margin": "20%"})
    assert plain == {"categories": {"food": {"margin": "20%"}, "toys": {}}}
    assert applied({}, {"levels.1": 9})[0] == {"levels": [1, 9, 3]}


@pytest.mark.parametrize(
    ("document", "overrides", "words"),
    [
        ({"a": [1]}, {"a.1": 9}, "an index from 0 to 0"),
        ({"a": [1]}, {"a.x": 9}, "an index from 0 to 0"),
        ({"a": []}, {"a.0": 9}, "the list is empty"),
        ({"a": 5}, {"a.b": 9}, "found 5 at a"),
        ({}, {"a..b": 1}, "names joined by dots"),
        ({}, {"": 1}, "names joined by dots"),
        ({}, {".".join("a" * 40): 1}, "at most 16"),
        ({}, {"a": float("nan")}, "finite numbers"),
        ({}, {"a": float("inf")}, "finite numbers"),
        ({}, {"a": object()}, "text, finite numbers"),
        ({}, {"a": Text("[1")}, "not valid YAML"),
        ({}, {"a": Text("!!python/name:os.system x")}, "the tag"),
        ({}, {"a": Text("1e999")}, "numbers up to"),
        ({}, {"a": Text("[" * 500)}, "deeper than"),
    ],
)
def test_an_override_that_cannot_be_is_told_by_its_own_name(document, overrides, words):
    _, (told,) = applied(document, overrides)
    assert told.startswith("--set")
    assert words in told


@pytest.mark.parametrize("text", ["days", "=5", " =5", ""])
def test_an_assignment_needs_a_path_and_a_sign(text):
    with pytest.raises(ValueError, match="path=value"):
        split_assignment(text)


def test_a_wrong_value_set_is_told_like_a_wrong_value_written(write, problems, head):
    write("scenarios/x.yaml", head)
    (told,) = problems("scenarios/x.yaml", {"warmup": "7"})
    assert told.startswith("--set warmup  warmup: found '7', accepted: a duration")
    (told,) = problems("scenarios/x.yaml", {"shelf.catalog.skus": 5})
    assert told.startswith("--set shelf.catalog.skus  shelf.catalog: found the unknown key")
    assert "did you mean 'catalogue'?" in told


def test_an_override_is_what_the_scenario_holds(write, head):
    write("scenarios/x.yaml", head)
    scenario = load("scenarios/x.yaml", {"days": 3, "warmup": Text("2d")})
    assert (scenario.config.days, scenario.config.warmup) == (3, 2_880.0)
    assert scenario.origins["days"].file == "--set days"
    assert scenario.digest() != load("scenarios/x.yaml").digest()
