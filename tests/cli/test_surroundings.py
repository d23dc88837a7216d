"""Whatever the surroundings are, a command does its work or says what is in its way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli import main

ROOT = Path(__file__).resolve().parents[2]
GOOD = "name: test 大促\nstart: 2026-06-01\ndays: 3\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def shell(line, folder, **environment):
    """A line of bash in which `sim618` is the command; a value of None takes a variable away."""
    given = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        ["bash", "-c", line.replace("sim618", f"{sys.executable} -m sim")], cwd=folder,
        env={name: value for name, value in given.items() if value is not None},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("home", ["/proc/nowhere", "/dev/null/x", None])
def test_without_a_home_to_write_into_kernels_are_kept_elsewhere_and_that_is_said(folder, home):
    code = "import sim; from sim.core.cache import tell_if_new; tell_if_new(print); import os; print(os.environ['NUMBA_CACHE_DIR'])"
    surroundings = {"HOME": home, "XDG_CACHE_HOME": home and f"{home}/caches", "NUMBA_CACHE_DIR": None}
    given = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder), **surroundings}
    told = subprocess.run(
        [sys.executable, "-c", code], env={name: value for name, value in given.items() if value is not None},
        capture_output=True, text=True, check=True, cwd=folder,
    ).stdout.splitlines()  # fmt: skip
    if home is not None:
        assert told[0].startswith(f"cannot write into {home}/caches/sim618")
        assert told[-1].startswith(str(folder))
    assert shell("sim618 validate good.yaml", folder, **surroundings).returncode == 0


@pytest.mark.parametrize("command", ["validate", "explain", "assumptions", "run", "study", "drill"])
def test_a_file_that_may_not_be_read_is_told_as_any_mistake_and_hides_no_other(folder, capsys, monkeypatch, command):
    may, opened = os.access, Path.open

    def refused(path, *more, **given):
        if Path(path).name == "secret.yaml":
            raise PermissionError(13, "Permission denied")
        return opened(path, *more, **given)

    (folder / "secret.yaml").write_text(GOOD, encoding="utf-8")
    (folder / "bad.yaml").write_text(GOOD + "colour: red\n", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda path, mode, **more: Path(path).name != "secret.yaml" and may(path, mode, **more))
    monkeypatch.setattr(Path, "open", refused)
    assert main([command, "secret.yaml", *(["bad.yaml"] if command == "validate" else [])]) == 64
    told = capsys.readouterr().err
    assert "secret.yaml  cannot be read: Permission denied, accepted: a readable file" in told
    assert command != "validate" or "bad.yaml:4:1  colour: found the unknown key 'colour'" in told


@pytest.mark.parametrize("out", ["/proc/x/y", "good.yaml"])
def test_a_folder_for_a_verdict_is_tried_before_anything_is_rehearsed(folder, capsys, out):
    (folder / "d.yaml").write_text(
        "drill: d\nscenario: good.yaml\ninject:\n  - {at: 06-02 10:00, do: platform.crash, target: payment, for: 10min}\n"
        "objectives: {rto: 5min}\nsteady_state:\n  - {metric: platform.order.availability, at_least: 99%}\n", encoding="utf-8",
    )  # fmt: skip
    assert main(["drill", "d.yaml", "--dry-run"]) == 0, capsys.readouterr().err
    assert main(["drill", "d.yaml", "--out", out]) == 64
    assert "--out: " in capsys.readouterr().err


@pytest.mark.parametrize("out", ["/proc/x/y", "good.yaml", "good.yaml/x"])
def test_a_folder_that_cannot_be_written_is_refused_before_anything_runs(folder, capsys, out):
    assert main(["run", "good.yaml", "--out", out]) == 64
    assert "--out: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "sim618 explain good.yaml", "sim618 list kpis --lang zh", "sim618 list policies", "sim618 run --help",
        "sim618 assumptions good.yaml", "sim618 validate good.yaml 大促.yaml", "sim618 --help",
    ],
)  # fmt: skip
def test_a_terminal_that_knows_only_ascii_is_written_to_in_ascii(folder, line):
    done = shell(line, folder, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == (64 if "大促" in line else 0), done.stderr
    assert (done.stdout + done.stderr).isascii()
    assert "Traceback" not in done.stderr and "internal fault" not in done.stderr


@pytest.mark.parametrize(
    "line", ["sim618 list kpis --lang zh --json", "sim618 explain good.yaml --json", "sim618 schema"]
)
def test_json_in_ascii_is_the_same_json(folder, line):
    plain, ascii_ = shell(line, folder, PYTHONIOENCODING="utf-8"), shell(line, folder, PYTHONIOENCODING="ascii")
    assert ascii_.stdout.isascii()
    assert json.loads(ascii_.stdout) == json.loads(plain.stdout)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", ["explain good.yaml", "validate good.yaml", "list policies", "schema"])
def test_closed_streams_are_no_fault(folder, closed, words):
    done = shell(f"sim618 {words} {closed}", folder)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert not list(folder.glob("sim618-fault-*"))


@pytest.mark.parametrize(
    "words", ["explain good.yaml", "assumptions good.yaml", "list kpis", "list policies --json", "schema", "run --help"]
)
def test_a_reader_that_goes_is_no_fault(folder, words):
    done = shell(f"sim618 {words} | head -c 1 > /dev/null; exit ${{PIPESTATUS[0]}}", folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_behind_standard_output_is_told(folder):
    done = shell("sim618 list kpis > /dev/full", folder)
    assert done.returncode == 64
    assert "No space left on device" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "study.yaml"], "study.yaml:2:1  found a study: `sim618 study` takes it, in Python `sim.study_file`; accepted: a scenario"),
        (["explain", "study.yaml"], "found a study: `sim618 study` takes it"),
        (["assumptions", "drill.yaml"], "found a drill: `sim618 drill` takes it"),
        (["run", "drill.yaml"], "drill.yaml:1:1  found a drill: `sim618 drill` takes it"),
        (["compare", "study.yaml", "--policy", "a:"], "found a study"),
        (["study", "good.yaml"], "good.yaml:1:1  found a scenario: `sim618 run` takes it, in Python `sim.run`; accepted: a study"),
        (["study", "drill.yaml"], "found a drill"),
        (["drill", "good.yaml"], "found a scenario: `sim618 run` takes it, in Python `sim.run`; accepted: a drill or calendar"),
        (["drill", "study.yaml"], "found a study"),
        (["run", "nameless.yaml"], "nameless.yaml:1:1  found neither a scenario nor a study"),
        (["study", "nameless.yaml"], "nameless.yaml:1:1  study: found nothing"),
        (["run", "fits.yaml"], "fits.yaml:1:1  found a table of fitted parameters"),
        (["validate", "fits.yaml"], "fits.yaml:1:1  found a table of fitted parameters"),
        (["validate", "hello.yaml"], "hello.yaml:1:1  found neither a scenario nor a study"),
    ],
)
def test_a_file_of_another_kind_is_told_as_such_with_the_command_that_takes_it(folder, capsys, arguments, words):
    for name, text in {
        "study": "# a study\nstudy: compare\nscenario: good.yaml\n", "drill": "drill: x\nscenario: good.yaml\n",
        "fits": "fits: {a: 1}\n", "hello": "hello: 1\n",
        "nameless": "name: x\nscenario: good.yaml\npolicies: {a: {}}\n",
    }.items():  # fmt: skip
        (folder / f"{name}.yaml").write_text(text)
    assert main(arguments) == 64
    lines = capsys.readouterr().err.splitlines()
    assert words in lines[0]
    assert len(lines) == 2


def test_the_shipped_table_of_fits_is_called_what_it_is(capsys):
    assert main(["validate", str(ROOT / "scenarios" / "fitted" / "fits.yaml")]) == 64
    assert "a table of fitted parameters" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["run", "good.yaml"], ["compare", "good.yaml", "--policy", "a:"]])
def test_two_different_numbers_of_shoppers_are_refused(folder, capsys, command):
    assert main([*command, "--shoppers", "500", "--set", "crowd.shoppers=600"]) == 64
    assert "--shoppers: found 500, and --set crowd.shoppers=600" in capsys.readouterr().err


def test_the_same_number_twice_is_one(folder):
    from sim.cli.options import overrides

    assert overrides(["crowd.shoppers=20_000"], "20k") == {"crowd.shoppers": 20_000}


ALONE = f"{ROOT}/scenarios/reference/newsvendor.yaml --set crowd.demand.skus=2 --set days=3"


@pytest.mark.slow
def test_compiling_is_told_by_the_run_that_compiles_and_by_no_other(folder):
    fresh = {"XDG_CACHE_HOME": str(folder / "caches"), "NUMBA_CACHE_DIR": None}
    assert "compiling" not in shell("sim618 validate good.yaml", folder, **fresh).stderr
    assert (folder / "caches" / "sim618").is_dir()
    told = [shell(f"sim618 run {ALONE} --fresh", folder, **fresh) for _ in range(2)]
    assert [done.returncode for done in told] == [0, 0], told[0].stderr
    assert ["compiling the kernels" in done.stderr for done in told] == [True, False]
