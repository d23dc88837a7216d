"""Keys that nobody writes keep what the default of the section that holds them gives, whatever is written beside them."""

from typing import Annotated, Literal

import pytest
from leaves import WORLDS

from sim.core.config import Section, Slot, default, given
from sim.scenario import load
from sim.scenario.check import validate
from sim.scenario.explain import explain
from sim.scenario.load import _with_sections
from sim.scenario.model import ScenarioModel
from sim.scenario.nodes import NOWHERE, Mark
from sim.scenario.overrides import apply_overrides, node_of


class Inner(Section):
    """With defaults of its own."""

    a: int = 1
    b: int = 2
    tastes: dict[str, int] = default({})


class Deep(Section):
    """Holds an inner section with other values than its own."""

    inner: Inner = default({"a": 10, "b": 20})
    c: int = 3


class Car(Section):
    """One of a union."""

    kind: Literal["car"] = "car"
    wheels: int = 4
    seats: int = 5


class Boat(Section):
    """Another."""

    kind: Literal["boat"] = "boat"
    seats: int = 9


class Rule(Section):
    """A policy and its values."""

    policy: Annotated[str, Slot("x.rule")] = "one"
    level: int = 1


class Top(Section):
    """Every way a default may give values to what is below."""

    deep: Deep = default({"inner": {"a": 100, "tastes": {"tea": 1, "milk": 2}}, "c": 300})
    made: Inner = Inner(a=7, tastes={"tea": 1})
    maybe: Inner | None = default({"b": 8})
    ride: Car | Boat = Car(seats=2)
    rule: Rule = default({"policy": "two", "level": 22})
    named: dict[str, Inner] = default({"x": {"a": 5}, "y": {}})
    many: list[Inner] = default([{"a": 5}])


@pytest.mark.parametrize(
    ("written", "place", "expected"),
    [
        ({"made": {"b": 9}}, "made", {"a": 7, "b": 9, "tastes": {"tea": 1}}),
        ({"made": {"a": 9}}, "made", {"a": 9, "b": 2, "tastes": {"tea": 1}}),
        ({"maybe": {"a": 9}}, "maybe", {"a": 9, "b": 8, "tastes": {}}),
        ({"maybe": None}, "maybe", None),
        ({"deep": {"c": 9}}, "deep", {"inner": {"a": 100, "b": 20, "tastes": {"tea": 1, "milk": 2}}, "c": 9}),
        ({"deep": {"inner": {"b": 9}}}, "deep", {"inner": {"a": 100, "b": 9, "tastes": {"tea": 1, "milk": 2}}, "c": 300}),
        # what follows is replaced as a whole: names of the user's, lists, another kind, another policy
        ({"made": {"tastes": {"milk": 2}}}, "made", {"a": 7, "b": 2, "tastes": {"milk": 2}}),
        ({"named": {"x": {"b": 9}}}, "named", {"x": {"a": 1, "b": 9, "tastes": {}}}),
        ({"many": [{"b": 9}]}, "many", [{"a": 1, "b": 9, "tastes": {}}]),
        ({"ride": {"wheels": 3}}, "ride", {"kind": "car", "wheels": 3, "seats": 2}),
        ({"ride": {"kind": "car"}}, "ride", {"kind": "car", "wheels": 4, "seats": 2}),
        ({"ride": {"kind": "boat"}}, "ride", {"kind": "boat", "seats": 9}),
        ({"rule": {"level": 3}}, "rule", {"policy": "two", "level": 3}),
        ({"rule": {"policy": "three"}}, "rule", {"policy": "three", "level": 1}),
    ],
)
def test_what_is_not_written_stays_as_it_is_given(written, place, expected):
    assert Top.model_validate(written).model_dump()[place] == expected


def test_an_override_into_a_mapping_keeps_the_entries_given_from_above():
    node, problems = apply_overrides(node_of({}, NOWHERE), {"deep.inner.tastes.tea": 5, "made.tastes.milk": 4}, Top)
    assert not problems
    held = Top.model_validate(node.plain())
    assert held.deep.inner.model_dump() == {"a": 100, "b": 20, "tastes": {"tea": 5, "milk": 2}}
    assert held.made.tastes == {"tea": 1, "milk": 4}


def _resolved(node):
    config, problems = validate(_with_sections(node), ScenarioModel)
    assert config is not None, problems
    config.arrange()
    return config.model_dump(mode="json", by_alias=True)


@pytest.mark.slow
def test_a_value_set_to_what_it_is_changes_nothing():
    tried, wrong = set(), []
    for name, world in WORLDS.items():
        node = node_of(world, Mark("world.yaml", 1, 1))
        before = _resolved(node)
        for path, leaf in node_of(before, NOWHERE).leaves():
            # elsewhere with the same keys written beside it is the same again
            here = path if path[0] != "platform" else (repr(world.get("platform")), *path)
            if here in tried or path[0] in ("data", "plugins"):
                continue
            tried.add(here)
            changed, problems = apply_overrides(node, {".".join(map(str, path)): leaf.plain()}, ScenarioModel)
            if problems or _resolved(changed) != before:
                wrong.append((name, path))
    assert len(tried) > 900
    assert not wrong


def test_a_usual_service_keeps_what_is_not_written_of_its_database(write, head):
    write("scenarios/x.yaml", head)
    write("scenarios/y.yaml", head + "platform: {services: {inventory: {database: {connections: 60}}}}\n")
    usual, changed = (load(f"scenarios/{name}.yaml").resolved["platform"]["services"]["inventory"] for name in "xy")
    assert changed == {**usual, "database": {**usual["database"], "connections": 60}}


def test_an_override_of_one_action_leaves_the_usual_services(write, head):
    write("scenarios/x.yaml", head + "platform: {services: {order: {replicas: 9}}}\n")
    plain = load("scenarios/x.yaml")
    assert load("scenarios/x.yaml", {"platform.actions.care.order": 0.5}).digest() == plain.digest()
    services = load("scenarios/x.yaml", {"platform.actions.care.order": 0.7}).config.platform.services
    assert services == plain.config.platform.services


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("fulfilment.regional.opens", "07:00"),
        ("fulfilment.front.pickers", "auto"),
        ("platform.autoscaler.up.pods", 4),
        ("platform.autoscaler.down.percent", "100%"),
        ("platform.sites.switch", "25s"),
    ],
)
def test_a_default_set_or_written_leaves_the_digest(write, head, path, value):
    write("scenarios/x.yaml", head)
    plain = load("scenarios/x.yaml")
    assert load("scenarios/x.yaml", {path: value}).digest() == plain.digest()
    side, section, key = path.split(".")[0], path.split(".")[1:-1], path.rsplit(".", 1)[1]
    write("scenarios/y.yaml", head + f"{side}: {{" + "".join(f"{name}: {{" for name in section) + f"{key}: {value}" + "}" * (1 + len(section)) + "\n")
    assert load("scenarios/y.yaml").digest() == plain.digest()


def test_explain_tells_what_is_given_as_a_default(write, head):
    write("scenarios/x.yaml", head + "fulfilment: {regional: {opens: 06:00}}\n")
    lines = {line.path: line for line in explain(load("scenarios/x.yaml"))}
    kept, written = lines["fulfilment.regional.assortment"], lines["fulfilment.regional.opens"]
    assert (kept.value, kept.origin) == ("30%", "default")
    assert written.origin.startswith("scenarios/x.yaml:")


def test_an_offer_keeps_its_other_values(write, head):
    write("scenarios/x.yaml", head + "crowd: {win_back: {budget: 100 CNY}}\n")
    voucher = load("scenarios/x.yaml", {"crowd.win_back.voucher.valid": "42d"}).resolved["crowd"]["win_back"]["voucher"]
    assert voucher == {"off": "20 CNY", "threshold": "99 CNY", "valid": "42d"}


def test_a_short_form_gives_nothing():
    from sim.study.config import SweepStudy

    assert "replications" not in given(SweepStudy)


def test_the_schema_shows_what_is_given():
    from sim.scenario.schema import schema

    found = schema("scenario")
    defs = found["$defs"]
    holder = defs["Fulfilment"]["properties"]["regional"]
    section = defs[holder["$ref"].removeprefix("#/$defs/")]
    assert section["properties"]["assortment"]["default"] == "30%"
    voucher = defs[defs["WinBack"]["properties"]["voucher"]["$ref"].removeprefix("#/$defs/")]
    assert "required" not in voucher
    assert '"given"' not in str(found)
