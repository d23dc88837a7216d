"""The command line finds its commands, answers with exit codes, and keeps tracebacks to itself."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli import faults, main
from sim.cli.main import command_table
from sim.cli.run import folder_of, slug
from sim.core.errors import LawBroken, ScenarioError

ROOT = Path(__file__).resolve().parents[2]
GOOD = "name: test\nstart: 2026-06-01\ndays: 3\n"
HEAVY = {"numba", "mesa", "pandas", "simpy", "pyarrow", "matplotlib", "scipy", "duckdb", "optuna", "SALib"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder with one right and one wrong scenario."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(GOOD + "warmup: 7\nshelf: {catalog: {}}\n", encoding="utf-8")
    return tmp_path


def command(*arguments, cwd, env=None):
    """The command in a process of its own."""
    return process([sys.executable, "-m", "sim", *arguments], cwd, env)


def process(arguments, cwd, env=None):
    """Any process that finds the package."""
    return subprocess.run(
        arguments,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["--help"], 0, "help is an answer"),
        (["--version"], 0, "so is the version"),
        (["validate", "--help"], 0, "each command has help"),
        (["validate", "good.yaml"], 0, "a right file"),
        (["validate", "wrong.yaml"], 64, "a wrong file"),
        (["validate", "good.yaml", "wrong.yaml"], 64, "one wrong file among right ones"),
        (["validate", "missing.yaml"], 64, "a file that is not there"),
        (["validate", "."], 64, "a folder"),
        (["validate"], 64, "an argument is missing"),
        (["validate", "good.yaml", "--set", "days"], 64, "an override without a value"),
        (["validate", "good.yaml", "--set", "days=many"], 64, "an override with a wrong value"),
        (["validate", "good.yaml", "--set", "days=4"], 0, "an override"),
        (["explain", "good.yaml"], 0, "what the file resolves to"),
        (["explain", "good.yaml", "--only", "nowhere"], 64, "nothing there"),
        (["explain", "wrong.yaml"], 64, "a wrong file"),
        (["assumptions", "good.yaml"], 0, "what nobody measured"),
        (["schema"], 0, "of a scenario by default"),
        (["schema", "study"], 0, "of a study"),
        (["schema", "novel"], 64, "no such kind"),
        (["list", "policies"], 0, "names"),
        (["list", "events"], 0, "names"),
        (["list", "events", "--only", "supply"], 0, "some of them"),
        (["list", "events", "--only", "suply"], 64, "none of them"),
        (["list", "scenarios"], 0, "none here, which is an answer"),
        (["list", "planets"], 64, "no such list"),
        (["run", "wrong.yaml"], 64, "nothing is run from a wrong file"),
        (["run", "good.yaml", "--lang", "fr"], 64, "two languages"),
        (["run", "good.yaml", "--seed", "-1"], 64, "seeds count from 0"),
        (["run", "good.yaml", "--replications", "0"], 64, "at least one run"),
        (["run", "good.yaml", "--shoppers", "many"], 64, "no number"),
        (["report", "."], 64, "no result there"),
        (["rum", "good.yaml"], 64, "no such command"),
        (["--wat"], 64, "no such option"),
        ([], 64, "nothing asked"),
    ],
)
def test_the_exit_code_says_how_it_went(folder, capsys, arguments, code, reason):
    assert main(arguments) == code, reason
    output = capsys.readouterr()
    assert "Traceback" not in output.out + output.err
    if code == 64:
        assert output.err or output.out


def test_every_mistake_is_on_standard_error_with_its_place(folder, capsys):
    main(["validate", "wrong.yaml"])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("wrong.yaml:4:9  warmup: found 7, accepted: a duration")
    assert lines[1].startswith("wrong.yaml:5:9  shelf.catalog: found the unknown key 'catalog'")
    assert lines[1].endswith("(did you mean 'catalogue'?)")
    assert lines[2] == "0 of 1 files are valid"


@pytest.mark.parametrize(
    ("arguments", "code", "holds"),
    [
        (
            ["validate", "good.yaml", "wrong.yaml"],
            64,
            lambda said: [f["valid"] for f in said["files"]] == [True, False],
        ),
        (["explain", "good.yaml"], 0, lambda said: {"days", "crowd.shoppers"} <= {line["path"] for line in said}),
        (["explain", "wrong.yaml"], 64, lambda said: said["problems"][0]["path"] == "warmup"),
        (["assumptions", "good.yaml"], 0, lambda said: all({"path", "low", "high"} <= set(line) for line in said)),
        (["list", "policies"], 0, lambda said: any("dynamic" in line.values() for line in said)),
        (["list", "scenarios"], 0, lambda said: isinstance(said, list)),
    ],
)
def test_json_goes_to_standard_output_and_nothing_else_does(folder, capsys, arguments, code, holds):
    assert main([*arguments, "--json"]) == code
    output = capsys.readouterr()
    said = json.loads(output.out)
    assert holds(said), said
    assert output.err == ""


def test_a_near_miss_of_a_command_is_suggested(folder, capsys):
    main(["valdate", "good.yaml"])
    assert "validate" in capsys.readouterr().err


def test_help_of_every_command_shows_an_example(folder, capsys):
    for name in command_table():
        assert main([name, "--help"]) == 0
        assert name in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["--help"], ["validate", "good.yaml"], ["explain", "good.yaml"], ["list", "events"]]
)
def test_quick_commands_import_nothing_heavy(folder, arguments):
    code = (
        "import sys; from sim.cli import main; code = main(sys.argv[1:]);"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = process([sys.executable, "-c", code, *arguments], folder)
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == "[]"


def test_a_reader_that_leaves_early_is_no_fault(folder):
    line = f"{sys.executable} -m sim explain good.yaml | head -1; exit ${{PIPESTATUS[0]}}"
    done = process(["bash", "-c", line], folder)
    assert done.returncode == 0
    assert done.stderr == ""


def test_names_are_told_apart_from_files_in_any_locale(folder):
    (folder / "年中大促.yaml").write_text(GOOD.replace("test", "年中大促"), encoding="utf-8")
    done = command("validate", "年中大促.yaml", cwd=folder, env={"LC_ALL": "C.UTF-8"})
    assert (done.returncode, done.stderr) == (0, "1 of 1 files are valid\n")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (LawBroken("stock", "12 units lost"), 70, "law broken: stock: 12 units lost"),
        (ZeroDivisionError("division by zero"), 70, "internal fault: ZeroDivisionError: division by zero"),
        (ScenarioError([]), 64, "0 problems found"),
        (faults.RefusedError("found x, accepted: y"), 64, "found x"),
    ],
)
def test_an_error_becomes_an_exit_code_and_a_fault_a_report_to_send(folder, capsys, error, code, words):
    assert faults.exit_code(error, ["run", "good.yaml"]) == code
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    reports = list(folder.glob("sim618-fault-*.txt"))
    assert len(reports) == (1 if code == 70 else 0)
    for report in reports:
        text = report.read_text(encoding="utf-8")
        assert "command    sim618 run good.yaml" in text
        assert type(error).__name__ in text
        assert "numpy" in text


@pytest.mark.parametrize(
    ("name", "folder_name"),
    [
        ("618 mid-year festival", "618-mid-year-festival"),
        ("年中大促 2026", "年中大促-2026"),
        ("../../etc/passwd", "etc-passwd"),
        ("...", "scenario"),
        ("A/B\\C:D*?", "a-b-c-d"),
        ("x" * 300, "x" * 80),
    ],
)
def test_a_name_becomes_a_folder_that_stays_inside_results(name, folder_name):
    assert slug(name) == folder_name


def test_several_runs_get_a_folder_each():
    assert folder_of(None, "My Shop", "abc", many=False) == Path("results/my-shop/abc")
    assert folder_of(Path("out"), "x", "abc", many=False) == Path("out")
    assert folder_of(Path("out"), "x", "abc", many=True) == Path("out/abc")


def test_drills_are_listed_with_their_summary_and_a_folder_without_any_says_so(folder, capsys, monkeypatch):
    assert main(["list", "drills"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "no drills below scenarios/ of this folder\n")
    monkeypatch.chdir(Path(__file__).parents[2])
    assert main(["list", "drills", "--only", "scenarios/drills/", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) > 20 and all(row["name"] and "\n" not in row["description"] for row in rows)
    assert sum(bool(row["description"]) for row in rows) == len(rows)


def test_events_are_listed_with_what_they_take(folder, capsys):
    assert main(["list", "events", "--only", "threats.defend", "--json"]) == 0
    (event,) = json.loads(capsys.readouterr().out)
    target, lasts = event["arguments"]
    assert (event["event"], target["argument"], target["required"], lasts["argument"]) == ("threats.defend", "target", True, "for")
    assert "rate_limit" in target["accepts"] and lasts["accepts"].startswith("a duration")
    assert main(["list", "events", "--only", "crowd"]) == 0
    lines = dict(line.split("\t", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["crowd.surge"].endswith("factor: a number, at least 0.01, at most 100; default 2.0")
    assert lines["crowd.broadcast"].split("\t")[-1] == "", "it takes nothing"


def test_the_list_of_events_fits_a_terminal_of_80_columns(folder, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["list", "events"]) == 0
    lines = re.sub("\x1b[^m]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= 80 and not any("…" in line for line in lines)
    assert any(line.startswith("  cache_busting ") for line in lines)
