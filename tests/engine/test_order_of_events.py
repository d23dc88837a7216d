"""What happens at one minute has one order, and so have the phases of a minute; both are as the documents say."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from sim.books.state import VISITS
from sim.core.clock import ACTIONS, ARRIVALS, FAULTS, REVIEWS, call_after
from sim.engine import advance as kernel
from sim.engine.marketplace import Marketplace
from sim.scenario import load

ROOT = Path(__file__).parents[2]
SHOP = {
    "crowd.shoppers": 600, "crowd.represents": 600, "shelf.catalogue.skus": 40, "days": 2, "warmup": "0d",
    "shelf.promotions": [], "crowd.visits.per_day": 5.0,
}  # fmt: skip
NOON = 720
#: a name that `advance` uses in a phase first, phase by phase
PHASES = [
    ("appointments", "drain"), ("platform serves", "serve_minute"), ("crowd visits", "gather"), ("orders are taken", "take_order"),
    ("warehouses work", "work"), ("parcels arrive", "handle"), ("memory settles", "settle"), ("wires are checked", "check_wires"),
]  # fmt: skip


def market(**more: object) -> Marketplace:
    return Marketplace(load(ROOT / "scenarios" / "618.yaml", {**SHOP, **more}), seed=3)


def visits(one: Marketplace) -> float:
    return float(one.world.books.series[:, VISITS].sum())


def test_at_one_minute_faults_come_before_actions_arrivals_reviews_and_the_crowd_last() -> None:
    one, told = market(), []
    for name, priority in (
        ("review", REVIEWS), ("arrival", ARRIVALS), ("action", ACTIONS), ("fault", FAULTS), ("second fault", FAULTS), ("later review", REVIEWS),
    ):  # fmt: skip
        call_after(one.env, NOON, priority, lambda name=name: told.append((name, one.minute, visits(one))))
    one.run_until(NOON)
    assert told == [], "the end of `run_until` is open"
    before = visits(one)
    one.run_until(NOON + 60)
    assert [name for name, _, _ in told] == ["fault", "second fault", "action", "arrival", "review", "later review"]
    assert {minute for _, minute, _ in told} == {NOON}
    assert {seen for _, _, seen in told} == {before} and visits(one) > before > 0, "the crowd's minute comes after all of them"


def test_a_timeline_s_faults_come_before_its_actions_whatever_the_order_in_the_file() -> None:
    at = {"at": "06-01 12:00"}
    events = [
        {**at, "do": "supply.raise_stock"}, {**at, "do": "supply.fail", "target": "supplier-2", "for": "1h"},
        {**at, "do": "crowd.broadcast"}, {**at, "do": "supply.fail", "target": "supplier-1", "for": "1h"},
    ]  # fmt: skip
    one = market(events=events)
    one.run_until(NOON + 1)
    done = [(row[2], row[3]) for row in one.journal.rows if row[2] in {event["do"] for event in events}]
    faults, actions = done[:2], done[2:]
    assert [name for name, _ in faults] == ["supply.fail", "supply.fail"] and [who for _, who in faults] == ["supplier-2", "supplier-1"]
    assert [name for name, _ in actions] == ["supply.raise_stock", "crowd.broadcast"]


def listed(text: str) -> list[str]:
    """The numbered lines of a text."""
    return re.findall(r"^\d\. (.+)$", text, re.MULTILINE)


@pytest.mark.parametrize("document", ["sim/engine/advance.py", "docs/model/README.md"])
def test_the_phases_are_documented_in_the_order_in_which_the_loop_has_them(document: str) -> None:
    lines = listed((ROOT / document).read_text(encoding="utf-8"))[: len(PHASES)]
    assert [line.startswith(phase) for line, (phase, _) in zip(lines, PHASES, strict=True)] == [True] * len(PHASES)


def test_the_loop_has_the_phases_in_that_order() -> None:
    tree = ast.parse(inspect.getsource(kernel))
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "advance")
    calls = [(node.lineno, node.func.id) for node in ast.walk(body) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    places = {name: [line for line, called in calls if called == name] for _, name in PHASES}
    assert all(len(lines) == 1 for lines in places.values()), places
    assert sorted(places, key=lambda name: places[name]) == [name for _, name in PHASES]
