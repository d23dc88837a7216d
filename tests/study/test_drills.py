"""Drills on small markets: verdicts, stops, afterwards, and what they write."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.core.errors import ScenarioError
from sim.study.drill_commands import plan
from sim.study.drill_figures import timeline
from sim.study.drill_files import drill_files, due, load_drill
from sim.study.drill_junit import junit
from sim.study.drill_report import answer, page
from sim.study.drill_run import Rehearsal, drill_score, rehearse
from sim.study.drill_verdict import _estimate
from sim.study.drills import run_case, save_all, worst

ROOT = Path(__file__).parents[2]
SHOP = {"crowd.shoppers": 2000, "start": "2026-06-17", "days": 2, "warmup": "1d"}
TEXT = """
drill: payment database
scenario: {scenario}
set: {set}
objectives: {{rto: {rto}, rpo: 5s}}
steady_state:
  - {{metric: platform.pay.availability, at_least: 99.9%, mode: continuous, weight: 4}}
  - {{metric: platform.order.latency_p99, at_most: 1.5s, mode: edge}}
inject:
  - {inject}
{more}
response: {{playbook: [{{do: platform.failover, target: payment.db}}], detect: {{burn_rate: 14.4}},
           decide: {{median: 2min, p90: 4min}}}}
afterwards: [platform.failback]
observe: 30min
replications: 2
"""
CRASH = "{at: 06-17 21:05, do: platform.crash, target: payment.db.primary, for: 20min}"


@pytest.fixture
def write(tmp_path: Path) -> Any:
    tree = tmp_path / "scenarios"
    tree.mkdir()
    for name in ("618.yaml", "base.yaml"):
        (tree / name).write_text((ROOT / "scenarios" / name).read_text(encoding="utf-8"), encoding="utf-8")

    def make(inject: str = CRASH, more: str = "", rto: str = "120s", **changes: Any) -> Path:
        path = tree / f"drill{len(list(tree.glob('drill*')))}.yaml"
        shop = json.dumps({**SHOP, **changes})
        path.write_text(TEXT.format(scenario="618.yaml", set=shop, inject=inject, more=more, rto=rto), encoding="utf-8")
        return path

    return make


def test_score_is_the_weighted_share_of_checks_that_held() -> None:
    assert drill_score([(2, 0.0), (4, 1.0), (8, 0.75)]) == pytest.approx(0.7143, abs=1e-4), "published example"


@pytest.mark.parametrize(
    ("run", "mttd", "rto", "mttr", "why"),
    [
        (Rehearsal(fault_at=10.0), math.nan, 0.0, math.inf, "nothing was disturbed, nobody need be told"),
        (Rehearsal(fault_at=10.0, disturbed=True), math.inf, math.inf, math.inf, "left, never told, never back"),
        (
            Rehearsal(fault_at=10.0, disturbed=True, alerted=12.0, restored=15.5, fault_over=30.0, recovered=30.0),
            2.0, 5.5, 20.0, "told after two minutes, served again after five and a half, recovered once the fault was over",
        ),
    ],
)  # fmt: skip
def test_times_count_from_the_fault(run: Rehearsal, mttd: float, rto: float, mttr: float, why: str) -> None:
    assert (run.mttd, run.rto, run.mttr) == pytest.approx((mttd, rto, mttr), nan_ok=True), why


def test_what_a_drill_sets_or_names_wrongly_is_told_in_its_own_file(write: Any) -> None:
    path = write(**{"crowd.shoppers": "many"})
    line = next(n for n, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text.startswith("set:"))
    with pytest.raises(ScenarioError) as told:
        load_drill(path)
    (problem,) = told.value.problems
    assert (problem.file, problem.line, problem.path) == (str(path), line, "set.crowd.shoppers") and problem.column > 1
    with pytest.raises(ScenarioError) as told:
        load_drill(path, {"crowd.shoppers": "few"})
    assert told.value.problems[0].file == "--set crowd.shoppers", "what the caller sets is not the file's mistake"
    path.write_text(path.read_text(encoding="utf-8").replace("scenario: 618.yaml", "scenario: nowhere.yaml"), encoding="utf-8")
    with pytest.raises(ScenarioError) as told:
        load_drill(path)
    (problem,) = told.value.problems
    assert (problem.file, problem.path) == (str(path), "scenario") and problem.line and "does not exist" in problem.message


@pytest.mark.slow
def test_what_is_bad_without_the_fault_too_is_no_part_of_it(write: Any) -> None:
    nothing = "{at: 06-17 21:05, do: platform.slow, target: payment, magnitude: 0, for: 20min}"
    path = write(nothing)
    text = path.read_text(encoding="utf-8").replace(
        "steady_state:", "steady_state:\n  - {metric: orders, at_least: 1_000_000_000, mode: continuous}"
    )
    path.write_text(text, encoding="utf-8")
    result = run_case(path, replications=1)
    run = result.runs["response"][0]
    assert run.probes[0].before is False, "the reading is told as it is"
    assert not run.disturbed and run.rto == 0.0 and result.status == "met"


@pytest.mark.slow
def test_a_fault_that_is_taken_back_is_over_when_the_old_version_is_back_everywhere(write: Any) -> None:
    release = "{at: 06-17 21:05, do: platform.bad_release, target: order, magnitude: 30%, for: 2h}"
    path = write(release)
    text = path.read_text(encoding="utf-8").replace("platform.failover, target: payment.db", "platform.rollback, target: order")
    path.write_text(text.replace("platform.pay.availability", "platform.order.availability"), encoding="utf-8")
    result = run_case(path, replications=1)
    (run,) = result.runs["response"]
    reached = result.verdict["achieved"]
    assert reached["release_people"]["value"] == run.release_people >= 0.0
    assert reached["release_value"]["value"] == run.release_value >= 0.0
    assert "People hit by the faulty release" in page(result) and "故障发布影响人数" in page(result, "zh")
    back = [row[0] for row in run.journal if row[2] == "release_rolled_back"]
    assert len(back) == 1 and back[0] <= run.fault_over <= back[0] + 1.0 < run.fault_at + 60.0


@pytest.mark.slow
def test_an_inject_of_zero_magnitude_changes_no_byte(write: Any) -> None:
    nothing = "{at: 06-17 21:05, do: platform.slow, target: payment, magnitude: 0, for: 20min}"
    case = load_drill(write(nothing))
    control, before = rehearse(case.scenario, case.drill, (), 1, 0, injects=False)
    run, after = rehearse(case.scenario, case.drill, case.steps["response"], 1, 0, control=control)
    assert run.minutes == control.minutes and run.orders == control.orders and run.gmv == control.gmv
    for side in ("books", "supply", "fulfilment", "crowd"):
        for field, one, other in zip(
            getattr(before.world, side)._fields, getattr(before.world, side), getattr(after.world, side), strict=True
        ):
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes(), f"{side}.{field}"
    for field in ("actions", "history", "totals", "effects", "lost_seconds"):
        one, other = getattr(before.world.platform, field), getattr(after.world.platform, field)
        assert one.tobytes() == other.tobytes(), field


@pytest.mark.slow
def test_a_crash_is_noticed_failed_over_and_failed_back_and_the_verdict_says_so(write: Any, tmp_path: Path) -> None:
    result = run_case(write())
    run = result.runs["response"][0]
    assert run.disturbed and 0.0 < run.rto <= 3.0, "the replica takes over in about a minute"
    assert result.verdict["achieved"]["rpo"]["value"] == pytest.approx(1.0), "a second of replication lag"
    assert [done.do for done in run.afterwards] == ["platform.failback"] and not run.afterwards[0].error
    assert run.mttr >= 20.0, "recovery counts from the end of the fault"
    assert result.status == "met" and result.exit_code == 0
    assert "release_people" not in result.verdict["achieved"], "no release, no blast radius"
    result.save(tmp_path / "out")
    told = json.loads((tmp_path / "out" / "verdict.json").read_text(encoding="utf-8"))
    assert told["status"] == "met" and {row["objective"] for row in told["objectives"]} >= {"rto", "rpo"}
    (action,) = told["actions"]
    assert action["without_effect"] == {"not_needed": 2}, "the replica had taken over before people decided"
    figure = timeline(result, 0)
    lane, orders, availability, _ = figure.axes
    assert {text.get_text().strip() for text in lane.texts} >= {"fault", "alert", "restored"} and not orders.texts
    assert [line.get_ydata()[0] for line in availability.lines if line.get_gid() == "bound"] == [0.999]
    figure.canvas.draw()
    assert "100%" in [tick.get_text() for tick in availability.get_yticklabels()]
    assert ET.parse(tmp_path / "out" / "junit.xml").getroot().get("failures") == "0"
    page = (tmp_path / "out" / "drill.html").read_text(encoding="utf-8")
    assert "changed nothing in 2 of 2: not needed" in page and "left of zero nothing was lost" in page
    assert page.count("<svg") == page.count("<desc>") == 3 and "http://" not in page.replace("http://www.w3.org", "")


@pytest.mark.slow
def test_an_objective_out_of_reach_is_not_met(write: Any) -> None:
    result = run_case(write(rto="1s"), replications=1)
    assert result.status == "not_met" and result.exit_code == 1


@pytest.mark.slow
def test_a_stop_ends_the_fault_runs_the_afterwards_and_leaves_a_complete_journal(write: Any, tmp_path: Path) -> None:
    outage = "{at: 06-17 21:05, do: platform.dependency_outage, target: payment_provider, for: 2h}"
    stop = "stop_when: {metric: platform.pay.availability, below: 50%, for: 2min}"
    result = run_case(write(outage, stop), replications=1)
    run = result.runs["response"][0]
    assert result.status == "stopped" and result.exit_code == 2
    assert run.stopped_at - run.fault_at <= 5.0 and run.end < run.fault_at + 60.0, (
        "nobody waits for the fault's own end"
    )
    pay = run.readings["platform.pay.availability"]
    assert min(pay) < 0.5 and pay[-1] > 0.99, "the fault has really ended"
    result.save(tmp_path)
    journal = pd.read_parquet(tmp_path / "journal.parquet")
    kinds = list(journal[journal.side == "drill"].kind)
    for kind in ("inject", "stop", "withdrawn", "fault_over", "afterwards", "steady_after"):
        assert kind in kinds, kind
    assert kinds.index("stop") < kinds.index("afterwards")


@pytest.mark.slow
def test_a_suite_has_one_summary_and_the_worst_status(write: Any, tmp_path: Path) -> None:
    paths = [write(), write(rto="1s")]
    calendar = paths[0].parent / "calendar.yaml"
    runs = ", ".join(f"{{quarter: Q{n + 1}, run: {path.name}}}" for n, path in enumerate(paths))
    calendar.write_text(f"calendar: year\ndrills: [{runs}]\n", encoding="utf-8")
    assert [path.name for path in drill_files([calendar])] == [path.name for path in paths]
    results = [run_case(path, replications=1) for path in drill_files([calendar])]
    save_all(results, tmp_path / "suite", "en")
    told = json.loads((tmp_path / "suite" / "verdict.json").read_text(encoding="utf-8"))
    assert told["status"] == "not_met" == worst([result.status for result in results])
    assert len(ET.parse(tmp_path / "suite" / "junit.xml").getroot()) == 2
    page = (tmp_path / "suite" / "drill.html").read_text(encoding="utf-8")
    assert "1 met their objectives, 1 did not" in page
    for link in re.findall(r'href="([^"]+)"', page):
        assert (tmp_path / "suite" / link).is_file(), link


#: element -> (attributes, those that must be there, children), as Jenkins' junit plugin and its kin read them
JUNIT = {
    "testsuites": ({"name", "time", "tests", "failures", "errors", "disabled", "skipped"}, set(), {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id", "package"},
        {"name", "tests", "time"}, {"testcase", "properties", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "assertions", "time", "classname", "status"}, {"name", "classname", "time"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": ({"message", "type"}, {"message", "type"}, set()),
    "error": ({"message", "type"}, {"message", "type"}, set()),
}  # fmt: skip


@pytest.mark.slow
def test_junit_says_what_ci_systems_read(write: Any) -> None:
    outage = "{at: 06-17 21:05, do: platform.dependency_outage, target: payment_provider, for: 2h}"
    stop = "stop_when: {metric: platform.pay.availability, below: 50%, for: 2min}"
    results = [run_case(path, replications=1) for path in (write(), write(rto="1s"), write(outage, stop))]
    root = ET.fromstring(junit(results).encode())
    for element in root.iter():
        attributes, needed, children = JUNIT[element.tag]
        assert set(element.keys()) <= attributes and needed <= set(element.keys()), element.tag
        assert {child.tag for child in element} <= children
    assert [int(root.get(name, "")) for name in ("failures", "errors")] == [
        sum(suite.find(f"testcase[{n}]/{tag}") is not None for suite in root for n in range(1, len(suite) + 1))
        for tag in ("failure", "error")
    ]
    assert int(root.get("failures", "")) >= 1 and root.get("errors") == "1"
    for suite, result in zip(root, results, strict=True):
        assert int(suite.get("tests", "")) == len(suite) == len(result.verdict["objectives"]) + 1
        assert 0.0 < float(suite.get("time", "")) == pytest.approx(sum(float(c.get("time", "")) for c in suite), abs=0.01)
    missed = root.find(".//failure")
    assert missed is not None and "asked 1 s, reached" in missed.get("message", "") and missed.text


def test_the_calendar_has_every_drill_in_a_quarter() -> None:
    folder = ROOT / "scenarios" / "drills"
    listed = due([folder / "calendar.yaml"])
    assert sorted(item.path.name for item in listed) == sorted(p.name for p in folder.glob("*.yaml") if p.stem != "calendar")
    assert {item.quarter for item in listed} == {"Q1", "Q2", "Q3", "Q4"}
    assert {item.quarter for item in due([folder / "calendar.yaml"], "Q3")} == {"Q3"}
    assert due([folder / "ddos.yaml"], "Q3") == []


@pytest.mark.slow
def test_a_total_past_its_bound_is_over_when_it_grows_no_more(tmp_path: Path) -> None:
    result = run_case(ROOT / "scenarios" / "drills" / "price_bug.yaml", shoppers=1000, replications=1)
    (run,) = result.runs["response"]
    lost = run.readings["price_bug_loss"]
    assert np.nanmax(lost) > 1e6 and run.disturbed and not run.metastable
    fixed = next(done.minute for done in run.actions if done.do == "threats.fix_price")
    assert fixed <= run.fault_over <= fixed + 1.0, "the wrong price is over when it is taken down, not when it would have ended"
    assert run.rto <= run.mttr < 60.0
    assert result.verdict["achieved"]["lost_profit"]["n"] == 1


def test_a_plan_says_long_times_in_hours_and_days() -> None:
    lines = "\n".join(plan(load_drill(ROOT / "scenarios" / "drills" / "port_closure.yaml"))["lines"])
    assert " for 6 d" in lines and not re.search(r"\d{3,} min", lines)


@pytest.mark.parametrize(
    ("gmv", "disturbed", "says", "why"),
    [
        ([5e6, 6e6, 7e6], 3, "On average", "all three lost"),
        ([-9e6, 5e6, 4e6], 3, "cannot be told from chance", "the interval holds nought"),
        ([-5e6, -6e6, -7e6], 3, "Nothing was lost: on average 6 orders and 6M CNY", "all three gained"),
        ([5e6], 1, "In the one replication", "a single pair has no interval"),
        ([5e6, 6e6, 7e6], 0, "the steady state was never left", "nothing to come back from"),
    ],
)
def test_the_answer_claims_no_more_than_the_replications_show(
    gmv: list[float], disturbed: int, says: str, why: str
) -> None:
    achieved = {
        "lost_gmv": _estimate(np.array(gmv)), "lost_orders": _estimate(np.array(gmv) / 1e6), "rto": _estimate(np.array([4.0] * len(gmv))),
    }  # fmt: skip
    told = {"achieved": achieved, "replications": len(gmv), "disturbed": disturbed}
    assert says in answer(told) and "∞" not in answer(told) and "nan" not in answer(told, "zh"), why


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("platform.crash", "platform.crush", "inject.0.do"),
        ("payment.db.primary", "payments.db", "inject.0.target"),
        ("06-17 21:05", "07-17 21:05", "inject.0.at"),
        ("platform.pay.availability", "platform.payy.availability", "steady_state.0.metric"),
        ("99.9%", "0.999", "steady_state.0"),
        ("observe: 30min", "patience: 4min", ""),
        ("[platform.failback]", "[platform.failbak]", "afterwards.0"),
        ("[{do: platform.failover, target: payment.db}]", "nowhere", "response.playbook"),
    ],
)
def test_a_mistake_is_told_with_its_place(write: Any, old: str, new: str, path: str) -> None:
    file = write()
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_drill(file)
    assert path in [problem.path for problem in caught.value.problems]
    assert all(problem.line > 0 for problem in caught.value.problems)


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios" / "drills").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_ready_made_drill_is_sound(path: Path) -> None:
    for file in drill_files([path]):
        assert load_drill(file).drill.drill


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios" / "drills").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_drill_that_comes_with_the_project_can_be_rehearsed(path: Path) -> None:
    for file in drill_files([path]):
        case = load_drill(file)
        assert case.drill.summary and case.drill.objectives.model_dump(exclude_none=True, exclude={"met_in"})


@pytest.mark.slow
def test_contingency_plans_are_compared_like_any_policy(tmp_path: Path) -> None:
    from sim.study.api import study_file

    found = study_file(
        ROOT / "experiments" / "compare_plans.yaml", replications=2, set={"crowd.shoppers": 2000, "days": 3}, store=None
    )
    table = found.table
    paid = table[table["kpi"] == "order_availability"].set_index("policy")["value"]
    assert paid["failover, decided at once"] > paid["failover by the book"] > paid["nobody acts"]
    assert paid["degrade and wait"] == pytest.approx(paid["nobody acts"], abs=0.002), "it does not help a lost database"
