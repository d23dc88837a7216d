"""A stored result is believed as far as it is what was written, and is never lost to another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from small_shop import SMALL

from sim.cli import main
from sim.core.page import language_of
from sim.engine import tables, writer

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture
def shop(tmp_path, monkeypatch, capsys):
    """A folder with the small shop and its result; (folder, result folder, KPIs)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    assert main(["run", "small.yaml", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    return tmp_path, tmp_path / row["folder"], row["kpis"]


def again(capsys, *more):
    """The same run once more: (exit code, row, what was said)."""
    code = main(["run", "small.yaml", "--json", *more])
    told = capsys.readouterr()
    return code, json.loads(told.out) if code == 0 else {}, told.err


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda result: (result / "kpis.json").unlink(), "kpis.json is missing"),
        (lambda result: (result / "kpis.json").write_text("{}"), "kpis.json is not what the run has written"),
        (lambda result: (result / "series.parquet").unlink(), "series.parquet is missing"),
        (lambda result: (result / "ledger.parquet").write_bytes(b"x"), "ledger.parquet is not what"),
        (lambda result: (result / "manifest.json").write_text("{"), "manifest.json cannot be read"),
        (lambda result: (result / "manifest.json").unlink(), "manifest.json is missing"),
    ],
)
def test_a_damaged_result_is_told_run_again_and_drawn_by_nobody(shop, capsys, harm, words):
    _, result, kpis = shop
    harm(result)
    assert main(["report", str(result)]) == 64
    said = capsys.readouterr().err
    assert words in said or "found no result" in said
    code, row, said = again(capsys)
    assert (code, row["existed"], row["kpis"]) == (0, False, kpis)
    assert words in said and "running again" in said
    assert writer.damage(result) == ""
    assert again(capsys)[1]["existed"] is True


@pytest.mark.parametrize("text", ["{}", '{"kind": "study", "version": "0.1.0", "hash": "x"}', '{"files": {}}'])
def test_a_manifest_of_something_else_is_no_result(tmp_path, capsys, text):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    assert main(["report", str(tmp_path)]) == 64
    assert "found the manifest of something else" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


@pytest.mark.parametrize("page", [None, "", '<!doctype html>\n<html lang="en"></html>\n'])
def test_a_damaged_report_is_drawn_again(shop, capsys, page):
    _, result, _ = shop
    (result / "report.html").unlink()
    if page is not None:
        (result / "report.html").write_text(page)
    assert again(capsys)[1]["existed"] is True
    assert language_of(result / "report.html") == "en"


def test_the_report_of_a_stored_result_speaks_the_language_asked_for(shop, capsys):
    _, result, _ = shop
    for lang in ("zh", "zh", "en"):
        code, row, said = again(capsys, "--lang", lang)
        assert (code, row["existed"]) == (0, True)
        assert language_of(result / "report.html") == lang
    assert "drawn again in English" in said
    assert main(["report", str(result), "--lang", "zh"]) == 0
    assert language_of(result / "report.html") == "zh"


def test_a_run_asked_for_its_orders_is_run_again_and_keeps_them(shop, capsys):
    _, result, kpis = shop
    code, row, said = again(capsys, "--orders")
    assert (code, row["existed"], row["kpis"]) == (0, False, kpis)
    assert "without its orders" in said
    assert len(pd.read_parquet(result / "orders.parquet")) > 0
    assert again(capsys, "--orders")[1]["existed"] is True
    assert again(capsys)[1]["existed"] is True
    assert again(capsys, "--fresh")[1]["existed"] is False
    assert (result / "orders.parquet").is_file()


def test_files_of_others_beside_a_damaged_result_stay(shop, capsys):
    _, result, _ = shop
    (result / "mine.parquet").write_text("years of work")
    (result / "kpis.json").unlink()
    for more in ([], ["--fresh"]):
        code, _, said = again(capsys, *more)
        assert code == 64 and "mine.parquet" in said
    assert (result / "mine.parquet").read_text() == "years of work"


def test_a_result_that_came_in_between_is_not_replaced(tmp_path):
    target = tmp_path / "out"

    def refuse():
        raise PermissionError("somebody else's")

    with pytest.raises(PermissionError), writer.whole_folder(target, refuse) as folder:
        (folder / "ours").touch()
        target.mkdir()
        (target / "theirs").touch()
    assert [path.name for path in target.iterdir()] == ["theirs"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def command(folder, *arguments, before="", **more):
    """The command in a process of its own, started by a shell that does ``before``."""
    line = f'{before} exec {sys.executable} -m sim "$@"'
    return subprocess.Popen(
        ["bash", "-c", line, "sim618", *arguments], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


def test_two_runs_of_one_scenario_at_the_same_time_leave_one_whole_result(shop):
    folder, result, _ = shop
    both = [command(folder, "run", "small.yaml", "--seed", "8", "--json") for _ in range(2)]
    told = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    rows = [json.loads(out) for out, _ in told]
    assert rows[0]["kpis"] == rows[1]["kpis"]
    assert writer.damage(folder / rows[0]["folder"]) == ""
    assert sorted(path.name for path in result.parent.iterdir()) == sorted({result.name, rows[0]["hash"]})


def test_a_disk_that_is_full_leaves_the_former_result_and_says_so(shop):
    folder, result, kpis = shop
    process = command(folder, "run", "small.yaml", "--fresh", before="ulimit -f 20;")
    _, err = process.communicate(timeout=300)
    assert process.returncode == 64
    assert "File too large" in err and "Traceback" not in err
    assert json.loads((result / "kpis.json").read_text()) == kpis
    assert [path.name for path in result.parent.iterdir()] == [result.name]
    assert not list(folder.glob("sim618-fault-*"))


def test_a_full_disk_under_the_store_is_no_fault_of_the_simulator(shop):
    folder, _, _ = shop
    arguments = ("compare", "small.yaml", "--policy", "a:", "--policy", "b:days=1", "--replications", "2")
    process = command(folder, *arguments, before="ulimit -f 1;")
    _, err = process.communicate(timeout=300)
    assert process.returncode == 64
    assert "File too large" in err and "goes on from there" in err


@pytest.mark.parametrize("after", [0.0, 0.05, 0.2])
def test_killed_while_it_writes_there_is_the_former_result(shop, after):
    folder, result, _ = shop
    process = command(folder, "run", "small.yaml", "--fresh", "--quiet")
    deadline = time.time() + 300
    while not list(result.parent.glob(".writing-*/*.json")):
        assert process.poll() is None and time.time() < deadline
        time.sleep(0.002)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert writer.damage(result) == ""
    writer.remove_stale(result.parent)
    assert [path.name for path in result.parent.iterdir()] == [result.name]


def test_a_damaged_part_of_the_store_is_named(shop, capsys):
    folder, _, _ = shop
    compare = ["compare", "small.yaml", "--policy", "a:", "--policy", "b:days=1", "--replications", "2", "--quiet"]
    assert main(compare) == 0
    (part,) = (folder / "results" / "store" / "runs").glob("part-*")
    part.write_bytes(b"x")
    for arguments in (compare, ["results", "list"], ["results", "query", "SELECT 1 FROM runs"]):
        assert main(arguments) == 64
        told = capsys.readouterr().err
        assert part.name in told and "damaged" in told
    part.unlink()
    assert main(compare) == 0


def test_every_table_a_run_writes_is_known_to_be_its_own(shop):
    _, result, _ = shop
    assert {path.name for path in result.iterdir()} <= set(writer.FILES)
    import inspect

    names = [line.split('"')[1] for line in inspect.getsource(tables.tables).splitlines() if '": ' in line]
    assert {f"{name}.parquet" for name in names} <= set(writer.FILES)
