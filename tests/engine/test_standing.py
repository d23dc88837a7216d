"""Contingency plans that stand ready in a scenario: they act on an alert, and without one nothing changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.core.errors import ScenarioError
from sim.engine.marketplace import Marketplace
from sim.scenario import from_resolved, load

SCENARIO = Path(__file__).parents[2] / "scenarios" / "618.yaml"
SHOP = {"crowd.shoppers": 1500, "start": "2026-06-18", "days": 1, "warmup": "1d"}
CRASH = [{"at": "06-18 12:00", "do": "platform.database_crash", "target": "payment", "for": "2h"}]
MANUAL = {"platform.services.payment.database.failover": "manual"}
PLAN = {
    "plans.payments.playbook": "db_failover",
    "plans.payments.detect": {"metric": "platform.pay.availability", "below": "95%"},
    "plans.payments.decide": {"median": "3min", "p90": "5min"},
}


def replay(**more: Any) -> Marketplace:
    market = Marketplace(load(SCENARIO, {**SHOP, **more}), seed=1)
    market.run()
    market.finish()
    return market


def told(market: Marketplace, side: str) -> list[tuple[float, str]]:
    return [(row[0], row[2]) for row in market.journal.rows if row[1] == side]


@pytest.mark.slow
def test_a_plan_acts_on_its_alert_after_the_decision_and_ends_the_outage() -> None:
    with_plan = replay(events=CRASH, **MANUAL, **PLAN)
    without = replay(events=CRASH, **MANUAL)
    kinds = [kind for _, kind in told(with_plan, "plans")]
    assert kinds[:3] == ["alert", "decided", "action"]
    (alert, _), (decided, _) = told(with_plan, "plans")[:2]
    began = 1440.0 + 720.0
    assert alert == began + 1.0 and decided > alert
    switched = [row[0] for row in with_plan.journal.rows if row[2] == "failed_over"]
    assert switched and switched[0] < began + 30.0
    assert not [row for row in without.journal.rows if row[2] == "failed_over"]
    failed = [float(m.world.platform.actions[2200:2270, 4, 1:3].sum()) for m in (with_plan, without)]
    assert failed[0] < 0.01 * failed[1], "an hour later one answers and the other does not"


@pytest.mark.slow
def test_a_plan_that_is_never_called_changes_no_byte() -> None:
    ready, none = replay(**PLAN), replay()
    assert not told(ready, "plans")
    for side in ("books", "supply", "crowd"):
        for name, one, other in zip(
            getattr(none.world, side)._fields, getattr(none.world, side), getattr(ready.world, side), strict=True
        ):
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes(), f"{side}.{name}"


def test_what_a_plan_does_belongs_to_the_scenario_and_not_to_the_name_of_a_file() -> None:
    scenario = load(SCENARIO, {**SHOP, **PLAN})
    (plan,) = scenario.resolved["plans"].values()
    assert [step["do"] for step in plan["playbook"]] == ["platform.failover"]
    again = from_resolved(scenario.resolved, SCENARIO)
    assert again.digest() == scenario.digest() != load(SCENARIO, SHOP).digest()
    by_file = load(SCENARIO, {**SHOP, **PLAN, "plans.payments.playbook": "playbooks/db_failover.yaml"})
    assert by_file.digest() == scenario.digest()


@pytest.mark.parametrize(
    ("playbook", "found"),
    [
        ("db_failovr", "db_failover"),
        ("../../etc/passwd.yaml", "leaves the folder"),
        ([{"do": "platform.crash", "target": "order"}], "found 'platform.crash', accepted: platform."),
        ([{"do": "platform.failover", "tarjet": "order"}], "unknown key 'tarjet'"),
    ],
)
def test_a_wrong_playbook_is_told_with_its_place(playbook: Any, found: str) -> None:
    with pytest.raises(ScenarioError) as wrong:
        load(SCENARIO, {**SHOP, **PLAN, "plans.payments.playbook": playbook})
    assert found in str(wrong.value) and "plans.payments.playbook" in str(wrong.value)


def test_nobody_is_told_of_a_fault_without_an_alert() -> None:
    with pytest.raises(ScenarioError, match="nobody knows of a fault"):
        load(SCENARIO, {**SHOP, **PLAN, "plans.payments.detect": {"after": "2min"}})
