"""`sim618 run` writes a whole result, finds it again, and leaves nothing half-written when it is stopped."""

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

from sim.cli import main, run

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """One run of the small shop, by a process of its own."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    process = start(folder, "--orders", "--json")
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return folder, json.loads(out), err


def start(folder, *more):
    """The command, running."""
    return subprocess.Popen(
        [sys.executable, "-m", "sim", "run", "small.yaml", *more],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_result_has_every_file_and_says_what_it_is(done):
    folder, row, err = done
    assert "Traceback" not in err
    result = folder / row["folder"]
    assert result.parent == folder / "results" / "small-shop"
    for name in ("manifest.json", "kpis.json", "series.parquet", "events.parquet", "orders.parquet", "report.html"):
        assert (result / name).is_file(), name
    manifest = json.loads((result / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["name"], manifest["seed"], manifest["replication"]) == ("small shop", 3, 0)
    assert manifest["hash"] == row["hash"] == result.name
    assert manifest["scenario"]["crowd"]["shoppers"] == 500
    assert {"sim618", "python", "numba"} <= set(manifest["versions"])
    assert {"wall_seconds", "peak_memory_bytes", "visits"} <= set(manifest)
    kpis = json.loads((result / "kpis.json").read_text(encoding="utf-8"))
    assert kpis == row["kpis"]
    assert kpis["visits"] > 0
    assert len(pd.read_parquet(result / "series.parquet")) == 24 * 3


def test_an_unchanged_scenario_and_seed_finds_its_result(done, capsys, monkeypatch):
    folder, row, _ = done
    monkeypatch.chdir(folder)
    before = (folder / row["folder"] / "kpis.json").stat().st_mtime_ns
    assert main(["run", "small.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["existed"] is True
    assert main(["run", "small.yaml"]) == 0
    assert "exists already" in capsys.readouterr().err
    assert (folder / row["folder"] / "kpis.json").stat().st_mtime_ns == before


def test_a_fresh_run_gives_the_same_bytes(done, capsys, monkeypatch):
    folder, row, _ = done
    monkeypatch.chdir(folder)
    names = ("kpis.json", "series.parquet", "events.parquet")
    before = [(folder / row["folder"] / name).read_bytes() for name in names]
    assert main(["run", "small.yaml", "--json", "--fresh"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["existed"] is False
    assert again["folder"] == row["folder"]
    assert [(folder / row["folder"] / name).read_bytes() for name in names] == before


def test_another_seed_is_another_run(done, capsys, monkeypatch):
    folder, row, _ = done
    monkeypatch.chdir(folder)
    assert main(["run", "small.yaml", "--json", "--seed", "4", "--replications", "2"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(one["seed"], one["replication"]) for one in rows] == [(4, 0), (4, 1)]
    assert len({one["hash"] for one in rows} | {row["hash"]}) == 3


def test_a_folder_that_holds_something_else_is_never_replaced(done, capsys, monkeypatch):
    folder, row, _ = done
    monkeypatch.chdir(folder)
    mine = folder / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert main(["run", "small.yaml", "--out", "mine", "--fresh"]) == 64
    assert "found other files" in capsys.readouterr().err
    assert (mine / "thesis.txt").read_text(encoding="utf-8") == "years of work"
    assert main(["run", "small.yaml", "--out", row["folder"], "--seed", "5"]) == 64
    assert "the result of another run" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_stopped_in_the_middle_there_is_no_result_and_a_later_run_cleans_up(
    done, tmp_path, capsys, monkeypatch, number, code
):
    (tmp_path / "small.yaml").write_text(SMALL.replace("days: 2", "days: 60"), encoding="utf-8")
    process = start(tmp_path, "--shoppers", "20000", "--quiet")
    parent = tmp_path / "results" / "small-shop"
    deadline = time.time() + 300
    while not (parent.is_dir() and any(parent.iterdir())):
        assert process.poll() is None, process.stderr.read()
        assert time.time() < deadline
        time.sleep(0.02)
    time.sleep(1.0)
    assert process.poll() is None
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == code
    told = "" if number == signal.SIGKILL else "sim618: interrupted; nothing half-written is left behind\n"
    assert err == told
    left = list(parent.iterdir()) if parent.exists() else []
    assert not [path for path in left if not path.name.startswith(".")]
    assert len(left) == (1 if number == signal.SIGKILL else 0)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["run", "small.yaml", "--json"]) == 0
    assert [path.name for path in parent.iterdir()] == [json.loads(capsys.readouterr().out)["hash"]]


def test_a_fault_of_the_page_does_not_lose_the_run(tmp_path, monkeypatch, capsys):
    def failing(folder, lang):
        raise KeyError("group_rivals")

    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    with monkeypatch.context() as broken:
        broken.setattr(run, "_draw", failing)
        assert main(["run", "small.yaml", "--out", "kept", "--quiet"]) == 70
    told = capsys.readouterr().err
    assert "the result is kept in kept; its report could not be drawn" in told
    assert "internal fault: KeyError" in told
    assert (tmp_path / "kept" / "kpis.json").is_file()
    assert not (tmp_path / "kept" / "report.html").exists()
    assert main(["run", "small.yaml", "--out", "kept", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["existed"] is True
    assert (tmp_path / "kept" / "report.html").is_file()


def test_a_fresh_run_never_replaces_a_folder_with_files_of_others(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "manifest.json").write_text('{"name": "of something else"}', encoding="utf-8")
    (mine / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert main(["run", "small.yaml", "--out", "mine", "--fresh", "--quiet"]) == 64
    assert "found other files" in capsys.readouterr().err
    assert (mine / "thesis.txt").read_text(encoding="utf-8") == "years of work"
