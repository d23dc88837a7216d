"""What an entry of a timeline or a step may say is what the event's own function declares: nothing written is ignored."""

import ast
from pathlib import Path

import pytest

from sim.scenario import catalogue

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            "do: crowd.broadcast, target: food",
            "events.0.target: found 'target', of which crowd.broadcast makes no use, accepted: at, do",
        ),
        (
            "do: crowd.broadcast, for: 2h",
            "events.0.for: found 'for', of which crowd.broadcast makes no use, accepted: at, do",
        ),
        (
            "do: crowd.rumour, for: 2h, share: 5%",
            "events.0.for: found 'for', of which crowd.rumour makes no use, accepted: at, do, share, size",
        ),
        (
            "do: supply.expedite, for: 2h",
            "events.0.for: found 'for', of which supply.expedite makes no use, accepted: at, do, target, magnitude",
        ),
        (
            "do: threats.scalpers, target: hero, for: 1d",
            "events.0.target: found 'target', of which threats.scalpers makes no use, "
            "accepted: at, do, for, gangs, budget, orders, tactics, levels",
        ),
    ],
)
def test_a_target_or_a_duration_that_the_event_ignores_is_refused_where_it_stands(write, head, problems, entry, told):
    line = f"  - {{at: 06-18, {entry}}}"
    write("x.yaml", f"{head}events:\n{line}\n")
    key = told.split(":")[0].rpartition(".")[2]
    assert problems("x.yaml") == [f"x.yaml:5:{line.index(f' {key}:') + 2}  {told}"]


def test_a_step_of_a_plan_is_held_to_the_same(write, head, problems):
    step = "{do: crowd.broadcast, for: 1h, after: 5min}"
    detect = "{metric: platform.order.availability, below: 99%}"
    write("x.yaml", f"{head}plans:\n  p:\n    detect: {detect}\n    playbook:\n      - {step}\n")
    assert problems("x.yaml") == [
        "x.yaml:8:31  plans.p.playbook.0.for: found 'for', of which crowd.broadcast makes no use, accepted: do, after"
    ]


def test_what_is_left_empty_is_not_said(write, head, problems):
    write("x.yaml", f"{head}events: [{{at: 06-18, do: crowd.broadcast, target: null, for: null}}]\n")
    assert problems("x.yaml") == []


def events_of_the_source():
    """Every event's name with the function that it is."""
    for file in sorted((ROOT / "sim").glob("*/*.py")):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "@event(" in text else ():
            for mark in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
                if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "event":
                    yield mark.args[0].value, node


def test_every_event_reads_all_that_it_declares():
    found = dict(events_of_the_source())
    assert set(found) == {event.name for event in catalogue.events() if not event.package}
    for name, function in found.items():
        declared = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)} - {"market"}
        read = {node.id for line in function.body for node in ast.walk(line) if isinstance(node, ast.Name)}
        assert declared <= read, f"{name} declares {declared - read} and makes no use of it"
