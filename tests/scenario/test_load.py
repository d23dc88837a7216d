"""A loaded scenario is whole, knows its origins, and has a hash that says what it is."""

import copy
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.core.errors import ScenarioError
from sim.scenario import from_resolved, load, run_hash

ROOT = Path(__file__).resolve().parents[2]


def test_a_resolved_scenario_loads_to_an_equal_scenario_with_the_same_hash(write, head):
    write(
        "scenarios/x.yaml",
        head + "shelf: {promotions: [{kind: flash, off: 40%, at: [06-18 00:00], for: 1h}]}\nseed: 7\n",
    )
    scenario = load("scenarios/x.yaml")
    text = json.dumps(scenario.resolved, allow_nan=False)
    again = from_resolved(json.loads(text))
    assert again.config == scenario.config
    assert again.resolved == scenario.resolved
    assert again.digest() == scenario.digest()
    Path("scenarios/again.yaml").write_text(text, encoding="utf-8")
    assert load("scenarios/again.yaml").digest() == scenario.digest()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("days: 24\nname: test\nstart: 2026-06-01\n", "the order of keys"),
        ("# a comment\nname: test\nstart: 2026-06-01\ndays: 24\n", "comments"),
        ("name: 'test'\nstart: \"2026-06-01\"\ndays: 24\nwarmup: 168h\n", "quotes, a default written out, its unit"),
        ("name: test\nstart: 2026-06-01\ndays: 24\nseed: 99\nshelf: {}\n", "the seed and an empty section"),
    ],
)
def test_what_means_the_same_has_the_same_hash(write, head, text, reason):
    write("a.yaml", head)
    write("b.yaml", text)
    assert load("a.yaml").digest() == load("b.yaml").digest(), reason


def test_every_difference_changes_the_hash(write, head):
    write("a.yaml", head)
    base = load("a.yaml")
    changes = {"days": 23, "name": "b", "warmup": "8d", "start": "2026-06-02", "shelf.consideration": 7}
    digests = {load("a.yaml", {path: value}).digest() for path, value in changes.items()}
    assert len(digests | {base.digest()}) == len(changes) + 1


def test_the_name_of_a_run_depends_on_scenario_seed_replication_and_version(write, head):
    write("a.yaml", head)
    scenario = load("a.yaml")
    base = run_hash(scenario, 1, 0, "0.1.0")
    assert re.fullmatch("[0-9a-f]{16}", base)
    assert base == run_hash(load("a.yaml"), 1, 0, "0.1.0")
    others = {run_hash(scenario, 2, 0, "0.1.0"), run_hash(scenario, 1, 1, "0.1.0"), run_hash(scenario, 1, 0, "0.1.1")}
    assert len(others | {base}) == 4


def test_the_hash_is_the_same_in_another_process_with_another_hash_seed(write, head, folder):
    write("a.yaml", head)
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import sim; print(sim.load('a.yaml').digest())"
    for seed in ("0", "12345"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=folder,
            env={"PYTHONHASHSEED": seed, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout.strip() == load("a.yaml").digest()


def test_loading_imports_nothing_heavy(write, head, folder):
    write("a.yaml", head)
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import sim; sim.load('a.yaml');"
        "print(sorted({'numba', 'mesa', 'pandas', 'simpy', 'pyarrow', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("start: 06-01", "a day with its year"),
        ("start: 2026-06-01 20:00", "a day with its year"),
        ("days: 0", "at least 1"),
        ("days: 100000", "at most 400"),
        ("warmup: 36h", "whole days"),
        ("warmup: 90d", "at most 60d"),
        ("name: ''", "accepted"),
        ('name: "a\\nb"', "one line"),
        ("seed: -1", "a whole number of 0 or more"),
        ("seed: 1.5", "a whole number of 0 or more"),
    ],
)
def test_the_frame_of_a_scenario_is_checked(write, head, problems, line, words):
    key = line.split(":")[0]
    kept = [other for other in head.splitlines() if not other.startswith(f"{key}:")]
    write("x.yaml", "\n".join([*kept, line]) + "\n")
    (told,) = problems("x.yaml")
    assert f"  {key}: " in told
    assert words in told


def test_events_are_checked_against_the_run_and_the_registry(write, head, problems):
    write(
        "x.yaml",
        head
        + "events:\n"
        + "  - {at: 07-18, do: no_such_side.fail}\n"
        + "  - {at: 06-31, do: 5}\n"
        + "  - {do: x.y, for: 3}\n"
        + "  - fail\n",
    )
    told = problems("x.yaml")
    assert any("x.yaml:5:10  events.0.at: found '07-18', accepted: a moment of the run, 2026-05-25" in m for m in told)
    assert any("events.0.do: found 'no_such_side.fail'" in m for m in told)
    assert any("events.1.at: found '06-31'" in m for m in told)
    assert any("events.1.do: found 5, accepted: a text" in m for m in told)
    assert any("events.2.at: found nothing" in m for m in told)
    assert any("events.2.for: found 3, accepted: a duration" in m for m in told)
    assert any("events.3: found 'fail', accepted: a mapping" in m for m in told)


def test_an_events_own_arguments_reach_it_as_written(write, head, monkeypatch):
    from sim.scenario import catalogue, crosscheck

    known = [catalogue.Named("supply.fail", "", "inject", "")]
    monkeypatch.setattr(crosscheck.catalogue, "events", lambda: known)
    write("x.yaml", head + "events: [{at: 06-18 00:30, do: supply.fail, for: 5d, share: 30%, deep: {a: [1]}}]\n")
    (event,) = load("x.yaml").config.events
    assert (event.at, event.do, event.lasts) == ("06-18 00:30", "supply.fail", 7_200.0)
    assert event.arguments == {"share": "30%", "deep": {"a": [1]}}


def test_a_misspelt_event_and_its_argument_are_told_with_the_nearest_name(write, head, problems, monkeypatch):
    from sim.scenario import catalogue, crosscheck

    known = [catalogue.Named("supply.fail", "", "inject", "", arguments=("target", "for", "share"))]
    monkeypatch.setattr(crosscheck.catalogue, "events", lambda: known)
    write("x.yaml", head + "events:\n  - {at: 06-18, do: supply.fial}\n  - {at: 06-18, do: supply.fail, shar: 5%}\n")
    assert problems("x.yaml") == [
        "x.yaml:5:21  events.0.do: found 'supply.fial', accepted: supply.fail (did you mean 'supply.fail'?)",
        (
            "x.yaml:6:34  events.1.shar: found the unknown key 'shar' for supply.fail, "
            "accepted: at, do, target, for, share (did you mean 'share'?)"
        ),
    ]


def test_an_unused_plug_in_does_not_change_a_scenario_and_a_used_one_is_named(write, head, monkeypatch):
    from sim.scenario import catalogue
    from sim.scenario import load as _  # noqa: F401

    write("x.yaml", head)
    before = load("x.yaml")
    plugged = catalogue.Named("lottery", "supply.sourcing", "policy", "", "festival==2.1")
    built_in = catalogue.policies()
    monkeypatch.setattr(catalogue, "policies", lambda slot=None: [*built_in, plugged])
    after = load("x.yaml")
    assert after.digest() == before.digest()
    assert after.resolved["plugins"] == {}


@pytest.mark.parametrize("data", [[], "x", 5, None, {"a": object()}, {"a": float("nan")}, {1.5: 2}])
def test_a_document_that_no_file_could_hold_is_a_scenario_error(data):
    with pytest.raises(ScenarioError):
        from_resolved(data)


def test_a_resolved_document_is_data_of_its_own(write, head):
    write("x.yaml", head)
    scenario = load("x.yaml")
    changed = scenario.resolved
    kept = copy.deepcopy(changed)
    changed["shelf"].clear()
    assert scenario.resolved == kept


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ("{at: 06-18, do: supply.raise_stock, target: supplier-1}", "target"),
        ("{at: 06-18, do: supply.expedite, for: 5d}", "for"),
        ("{at: 06-18, do: fulfilment.strike, magnitud: 50%}", "magnitud"),
    ],
)
def test_no_event_of_the_house_swallows_what_it_does_not_know(write, head, event, key):
    write("x.yaml", head + f"events: [{event}]\n")
    with pytest.raises(ScenarioError) as caught:
        load("x.yaml")
    assert [problem.path for problem in caught.value.problems] == [f"events.0.{key}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "crowd: {shoppers: 0}",
            ["a.yaml:4:19  crowd.shoppers: found 0, accepted: 1 or more, or in their place crowd.demand, or platform.load for the machine room alone"],
        ),
        ("crowd: {shoppers: 1}", []),
        ("crowd: {shoppers: 0, demand: {distribution: constant, mean: 3, skus: 1}}", []),
    ],
)
def test_somebody_buys_a_shopper_or_a_stream_of_demand(write, problems, head, text, told):
    write("a.yaml", f"{head}{text}\n")
    assert problems("a.yaml") == told


@pytest.mark.parametrize(
    ("text", "told", "reason"),
    [
        ("crowd: {region_shares: [2, 1]}\nfulfilment: {network: {regions: 3}}", True, "one region has no shoppers"),
        ("crowd: {region_shares: [2, 1, 1]}\nfulfilment: {network: {regions: 2}}", True, "one share has no region"),
        ("crowd: {region_shares: [2, 1]}\nfulfilment: {network: {regions: 2}}", False, "one share a region"),
        ("crowd: {region_shares: [2, 1]}", False, "how many regions there are is left to the default"),
        ("fulfilment: {network: {regions: 2}}", False, "the shares are left to the default"),
        (
            "crowd: {region_shares: [0.28, 0.2, 0.16, 0.14, 0.12, 0.1]}\nfulfilment: {network: {regions: 2}}",
            False,
            "a resolved scenario writes the default out and must still load",
        ),
    ],
)
def test_shares_of_regions_and_the_number_of_regions_agree_where_both_are_written(
    write, problems, head, text, told, reason
):
    write("a.yaml", f"{head}{text}\n")
    found = problems("a.yaml")
    assert len(found) == told, reason
    if told:
        assert found[0].startswith("a.yaml:4:24  crowd.region_shares: found ")
        assert "accepted: one for each of the" in found[0]


@pytest.mark.parametrize(
    ("verb", "text", "told"),
    [
        ("load", "study: compare\nscenario: s.yaml\n", "x.yaml:1:1  found a study: `sim618 study` takes it, in Python `sim.study_file`; accepted: a scenario"),
        ("load", "drill: x\nscenario: s.yaml\n", "x.yaml:1:1  found a drill: `sim618 drill` takes it, in Python `sim.drill`; accepted: a scenario"),
        ("load", "calendar: x\ndrills: []\n", "x.yaml:1:1  found a calendar of drills: `sim618 drill` takes it, in Python `sim.drill`; accepted: a scenario"),
        ("study_file", "drill: x\nscenario: s.yaml\n", "x.yaml:1:1  found a drill: `sim618 drill` takes it, in Python `sim.drill`; accepted: a study"),
        ("drill", "study: compare\nscenario: s.yaml\n", "x.yaml:1:1  found a study: `sim618 study` takes it, in Python `sim.study_file`; accepted: a drill or calendar"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_told_in_one_line_with_the_verb_that_takes_it(write, verb, text, told):
    import sim

    write("x.yaml", text)
    with pytest.raises(ScenarioError) as caught:
        getattr(sim, verb)("x.yaml")
    assert [str(problem) for problem in caught.value.problems] == [told]
