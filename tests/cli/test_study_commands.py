"""The command line of studies: what users type, what they get, and what they are told when it is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from study_models import Gaussian

from sim.cli import main
from sim.core.errors import ScenarioError
from sim.study import api, files, model
from sim.study.config import KINDS
from sim.study.runner import MissingMeasureError

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "experiments").glob("*.yaml"))

STUDY = """\
study: compare
scenario: small.yaml
policies:
  a: {}
  b: {supply.replenishment.policy: dynamic}
kpis: [profit]
replications: 2
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path


@pytest.fixture
def stored(folder):
    policies = {"a": {"policy": 1}, "b": {"policy": 2}}
    api.compare(Gaussian(), policies, kpis=["profit"], replications=6, store=folder / "results" / "store")
    return folder


def told(capsys, *arguments) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_study_is_read_and_its_designs_resolve(path):
    if path.stem == "cases":
        pytest.skip("run as a whole elsewhere")
    study = files.load_study(path)
    scenario = model.ScenarioModel(str(path.parent / study.scenario), study.set)
    designs = [*getattr(study, "policies", {}).values(), *getattr(study, "scenarios", {}).values()] or [{}]
    for changes in designs:
        assert scenario.resolve(changes)
    for factors in (getattr(study, "factors", {}), getattr(study, "parameters", {})):
        for name, factor in factors.items():
            values = factor.levels or [
                factor.range().write(factor.range().low),
                factor.range().write(factor.range().high),
            ]
            assert all(scenario.resolve({name: value}) for value in values)
    for shock in getattr(study, "shocks", []):
        span = shock.range()
        for value in (span.low, span.at(0.37), span.high):
            assert scenario.resolve(dict.fromkeys(shock.paths, span.write(value)))


def test_every_kind_of_study_has_an_example():
    shown = {files.load_study(path).study for path in EXAMPLES}
    assert set(KINDS) - shown <= {"ab", "cases"}, "those wait for their scenario"


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("study: compare", "study: compaer"), 1, ["study", "'compaer'", "did you mean 'compare'"]),
        (("kpis: [profit]", "kpi: [profit]"), 6, ["kpi", "did you mean 'kpis'"]),
        (("replications: 2", "replications: two"), 7, ["replications"]),
        (("replications: 2", "replications: {min: 9, max: 3}"), 7, ["max 3", "at least min"]),
        (("replications: 2", "replications: {until: {kpi: profit, half_width: soon}}"), 7, ["'soon'", "percentage"]),
        (("replications: 2", "baseline: c"), 1, ["'c'", "a, b"]),
        (("scenario: small.yaml\n", ""), 1, ["scenario"]),
        (("study: compare\n", ""), 1, ["study", "nothing", "compare"]),
    ],
)
def test_mistakes_in_a_study_file_are_told_with_file_line_path_and_what_is_accepted(
    folder, capsys, change, line, words
):
    (folder / "study.yaml").write_text(STUDY.replace(*change))
    code, out, err = told(capsys, "study", "study.yaml")
    assert code == 64 and out == ""
    assert f"study.yaml:{line}:" in err
    assert all(word in err for word in words), err
    assert "Traceback" not in err


def test_a_constraint_that_is_no_expression_is_told_where_it_stands(folder):
    (folder / "sweep.yaml").write_text(
        "study: sweep\nscenario: s.yaml\nfactors: {a.b: [1, 2]}\nconstraints:\n  - a.b < 2\n  - __import__('os')\n"
    )
    with pytest.raises(ScenarioError, match=r"sweep\.yaml:6:5.*constraints\.1"):
        files.load_study(folder / "sweep.yaml")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (
            "policies: {a: {supply.sorcing.policy: single}}",
            "3:16  policies.a.supply.sorcing",
            ["'sorcing'", "'sourcing'"],
        ),
        (
            "policies: {a: {supply.sourcing.policy: sole}}",
            "3:16  policies.a.supply.sourcing.policy",
            ["'sole'", "single"],
        ),
        ("policies: {a: {}}\nscenarios: {b: {days: many}}", "4:17  scenarios.b.days", ["'many'", "whole number"]),
        ("policies: {a: {}}\nset: {crowd.shoppers: few}", "4:7  set.crowd.shoppers", ["'few'"]),
        ("policies: {a: {}}\nkpis: [profit, proffit]", "4:16  kpis.1", ["'proffit'", "did you mean 'profit'"]),
        ("policies: {a: {}}\nbest: {kpi: cvar95_looss, indifference: 1%}", "4:13  best.kpi", ["'cvar95_looss'"]),
        (
            "study: sweep\nfactors: {shelf.catalogue.sku: [10, 20]}",
            "3:11  factors.shelf.catalogue.sku",
            ["'sku'", "skus"],
        ),
        (
            "study: sweep\nfactors: {supply.stock.initial: {from: 1d, to: 2d}}",
            "3:11  factors.supply.stock.initial",
            ["3d of cover"],
        ),
        (
            "study: break\nfails_when: {kpi: profit, below: 0}\nshocks: [{path: events.7.for, from: 1d, to: 2d}]",
            "4:10  shocks.0",
            ["events: found", "a list"],
        ),
        ("policies: {a: {}}\nscenario: nowhere.yaml", "2:11  scenario", ["does not exist"]),
    ],
)
def test_a_study_at_odds_with_its_scenario_is_told_where_the_study_says_so_and_nothing_runs(
    folder, capsys, text, place, words
):
    lines = {"study": "study: compare", "scenario": f"scenario: {ROOT / 'scenarios' / 'base.yaml'}"}
    for line in text.split("\n"):
        lines[line.partition(":")[0]] = line
    (folder / "study.yaml").write_text("\n".join(lines.values()) + "\n")
    for command in ("validate", "study"):
        code, out, err = told(capsys, command, "study.yaml")
        assert code == 64 and out == ""
        assert err.startswith(f"study.yaml:{place}: "), err
        assert all(word in err for word in words), err
        assert "Traceback" not in err
    assert not (folder / "results").exists()


@pytest.mark.parametrize("option", ["--out", "--store"])
@pytest.mark.parametrize("place", ["a_file", "a_file/below", "/proc/no/such"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_runs(folder, capsys, option, place):
    (folder / "a_file").write_text("not a folder")
    scenario = str(ROOT / "scenarios" / "base.yaml")
    code, _, err = told(capsys, "compare", scenario, "--policy", "a:", option, place)
    assert code == 64 and err.startswith(f"sim618: {option}: ") and "accepted: a folder" in err
    assert told(capsys, "run", scenario, "--out", place)[0] == 64
    assert not list(folder.glob("sim618-fault-*"))


def test_a_measure_that_no_run_has_stops_a_study_at_its_first_run(tmp_path):
    class Counting(Gaussian):
        made = 0

        def run(self, resolved, seed, replication):
            Counting.made += 1
            return super().run(resolved, seed, replication)

    with pytest.raises(MissingMeasureError, match="'proffit'; there is: profit"):
        api.compare(Counting(), {"a": {}, "b": {"policy": 2}}, kpis=["proffit"], replications=50, store=None)
    assert Counting.made == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "missing.yaml", "--policy", "a"], ["missing.yaml"]),
        (["compare", "s.yaml"], ["--policy"]),
        (["compare", "s.yaml", "--policy", "supply.x=1"], ["NAME:path=value"]),
        (["compare", "s.yaml", "--policy", "a:nonsense"], ["path=value"]),
        (["compare", "s.yaml", "--policy", "a", "--until", "profit"], ["profit=1%"]),
        (["compare", "s.yaml", "--policy", "a", "--baseline", "z"], ["'z'"]),
        (["compare", "s.yaml", "--policy", "a", "--lang", "fr"], ["'fr'", "en, zh"]),
        (["compare", "s.yaml", "--policy", "a", "--shoppers", "many"], ["many"]),
        (["compare", "s.yaml", "--policy", "a", "--executor", "cloud"], ["'cloud'", "processes:N"]),
        (["study", "missing.yaml"], ["missing.yaml"]),
        (["results", "list", "--store", "nowhere"], ["nowhere"]),
        (["results", "prune"], ["--where"]),
    ],
)
def test_mistakes_on_the_command_line_end_in_64_and_a_sentence(folder, capsys, arguments, words):
    if arguments[1:2] == ["prune"]:
        (folder / "results" / "store" / "runs").mkdir(parents=True)
    code, out, err = told(capsys, *arguments)
    assert code == 64, err
    assert all(word in err for word in words), err
    assert "Traceback" not in err + out
    assert not (folder / "nowhere").exists(), "looking makes nothing"


def test_every_command_has_help_with_an_example(capsys):
    for command in (
        "study",
        "compare",
        *(f"results {name}" for name in ("list", "show", "query", "export", "prune", "verify")),
    ):
        code, out, _ = told(capsys, *command.split(), "--help")
        assert code == 0 and f"sim618 {command}" in " ".join(out.split())


class TestResults:
    def test_list_shows_runs_and_studies(self, stored, capsys):
        code, out, _ = told(capsys, "results", "list", "--json")
        runs = json.loads(out)
        assert code == 0 and len(runs) == 12 and {run["label"] for run in runs} == {"a", "b"}
        _, out, _ = told(capsys, "results", "list", "--studies", "--json")
        assert [(s["kind"], s["runs"], s["status"]) for s in json.loads(out)] == [("compare", 12, "done")]

    def test_query_joins_runs_and_studies(self, stored, capsys):
        sql = (
            "SELECT s.design, count(*) AS n, avg(r.profit) AS mean "
            "FROM study_runs s JOIN runs r USING (key) GROUP BY 1 ORDER BY 1"
        )
        _, out, _ = told(capsys, "results", "query", sql, "--json")
        rows = json.loads(out)
        assert [(row["design"], row["n"]) for row in rows] == [("a", 6), ("b", 6)]

    def test_a_query_that_would_change_something_is_refused(self, stored, capsys):
        code, _, err = told(capsys, "results", "query", "DROP VIEW runs")
        assert code == 64 and "read-only" in err

    def test_show_says_what_changed_and_what_came_out(self, stored, capsys):
        _, out, _ = told(capsys, "results", "list", "--json", "--where", "label = 'b'")
        key = json.loads(out)[0]["run"]
        code, out, _ = told(capsys, "results", "show", key)
        shown = json.loads(out)
        assert code == 0 and shown["changes"] == {"policy": 2} and set(shown["kpis"]) == {"profit", "cost", "size"}
        assert told(capsys, "results", "show", "zz")[0] == 64
        assert told(capsys, "results", "show", "ffffffffffffffff")[0] == 64

    @pytest.mark.parametrize("name", ["runs.csv", "runs.parquet"])
    def test_export_writes_what_a_query_gives(self, stored, capsys, name):
        import pandas as pd

        code, _, err = told(capsys, "results", "export", name, "--sql", "SELECT label, replication, profit FROM runs")
        assert code == 0 and "12 rows" in err
        table = pd.read_csv(name) if name.endswith("csv") else pd.read_parquet(name)
        assert table.shape == (12, 3)
        assert told(capsys, "results", "export", "runs.xlsx")[0] == 64

    def test_prune_counts_first_and_then_removes(self, stored, capsys):
        assert "6 runs would be removed" in told(capsys, "results", "prune", "--where", "label = 'a'", "--dry-run")[2]
        assert "6 runs removed" in told(capsys, "results", "prune", "--where", "label = 'a'")[2]
        assert len(json.loads(told(capsys, "results", "list", "--json")[1])) == 6

    def test_verify_finds_a_sound_store_sound_and_a_damaged_one_not(self, stored, capsys):
        assert told(capsys, "results", "verify")[0] == 0
        part = next((stored / "results" / "store" / "runs").glob("*.parquet"))
        content = bytearray(part.read_bytes())
        content[60] ^= 0xFF
        part.write_bytes(bytes(content))
        code, out, _ = told(capsys, "results", "verify")
        assert code == 1 and "damaged" in out


@pytest.mark.slow
def test_a_comparison_of_the_marketplace_from_end_to_end(folder, capsys):
    """Three days of a small shop: report, tables, JSON, and nothing computed twice."""
    base = (ROOT / "scenarios" / "base.yaml").as_posix()
    small = "set: {crowd.shoppers: 500, days: 3, warmup: 2d}\n"
    (folder / "study.yaml").write_text(
        STUDY.replace("small.yaml", base).replace("a: {}", "a: {supply.replenishment.policy: min_max}") + small
    )
    command = ["study", "study.yaml", "--json", "--replications", "3"]
    code, out, err = told(capsys, *command)
    assert code == 0, err
    first = json.loads(out)
    assert first["runs"] == 6 and [row["policy"] for row in first["table"]] == ["a", "b"]
    target = folder / first["out"]
    assert {path.name for path in target.iterdir()} == {"manifest.json", "table.parquet", "table.json", "study.html"}
    table = (target / "table.parquet").read_bytes()
    code, out, _ = told(capsys, *command)
    assert code == 0 and json.loads(out) == first and (target / "table.parquet").read_bytes() == table
    rows = json.loads(told(capsys, "results", "query", "SELECT count(*) AS n FROM runs", "--json")[1])
    assert rows == [{"n": 6}], "the second time nothing was computed"
    assert told(capsys, "results", "verify", "--rerun", "1")[0] == 0
    code, out, _ = told(capsys, *command[:2], "--lang", "zh", "--out", "zh", "--replications", "3")
    assert code == 0 and "基准" in out and 'lang="zh-CN"' in (folder / "zh" / "study.html").read_text(encoding="utf-8")
