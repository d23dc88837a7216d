"""Stored runs are never lost, never wrong, and quickly found."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from study_models import Gaussian

from sim.study import document, journal, views
from sim.study.runner import Runner
from sim.study.store import Run, Store, StoreError, run_key
from sim.study.verify import verify


def a_run(i: int, **kpis: float) -> Run:
    key = run_key("m", "1", f"s{i % 7}", 1, i)
    return Run(key, "m", "1", f"s{i % 7}", "base", "[]", f"policy {i % 3}", 1, i, 0.1, kpis or {"profit": i / 3})


def exact(kpis) -> dict[str, str]:
    """Every bit, undefined values too."""
    return {name: float(value).hex() for name, value in kpis.items()}


def test_what_is_put_is_found_again_bit_for_bit(tmp_path):
    odd = {"profit": 0.1 + 0.2, "nothing": math.nan, "huge": 1e308, "tiny": 5e-324, "end": -math.inf}
    with Store(tmp_path) as store:
        store.put(a_run(1, **odd))
        assert exact(store.find([a_run(1).key])[a_run(1).key]) == exact(odd)
    with Store(tmp_path) as store:
        assert exact(store.find([a_run(1).key])[a_run(1).key]) == exact(odd)


def test_only_asked_and_stored_runs_are_found(tmp_path):
    with Store(tmp_path) as store:
        store.put(a_run(1))
        assert set(store.find([a_run(1).key, a_run(2).key])) == {a_run(1).key}


def test_runs_with_different_measures_share_a_store(tmp_path):
    with Store(tmp_path) as store:
        store.put(a_run(1, profit=1.0))
        store.flush()
        store.put(a_run(2, cost=2.0))
        store.flush()
        assert store.find([a_run(1).key, a_run(2).key]) == {a_run(1).key: {"profit": 1.0}, a_run(2).key: {"cost": 2.0}}
        assert views.select(store, "SELECT count(*) AS n FROM kpis")["n"][0] == 2


def test_a_measure_named_like_a_column_keeps_apart(tmp_path):
    with Store(tmp_path) as store:
        store.put(a_run(1, seed=42.0))
        assert list(views.select(store, 'SELECT seed, "kpi:seed" FROM runs').iloc[0]) == [1, 42.0]


def test_the_key_depends_on_everything_that_determines_a_run():
    base = ["m", "1", "s", 1, 2]
    keys = {run_key(*base)}
    for at, other in enumerate(["n", "2", "t", 2, 1]):
        keys.add(run_key(*[*base[:at], other, *base[at + 1 :]]))
    assert len(keys) == 6


def test_after_kill_9_every_finished_run_is_there(tmp_path):
    code = (
        "import os, sys; from sim.study.store import *\n"
        "s = Store(sys.argv[1])\n"
        "for i in range(1500):\n"
        "    s.put(Run(run_key('m','1','s',1,i),'m','1','s','b','[]','p',1,i,.1,{'profit': i/7}))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=environment).returncode == -9
    with Store(tmp_path) as store:
        keys = [run_key("m", "1", "s", 1, i) for i in range(1500)]
        found = store.find(keys)
        assert [found[key]["profit"] for key in keys] == [i / 7 for i in range(1500)]
    assert not list((tmp_path / "runs").glob("*.jsonl"))


def test_a_torn_line_loses_that_run_only(tmp_path):
    with Store(tmp_path):
        pass
    rows = [{"key": a_run(i).key, "n": i} for i in range(3)]
    lines = [journal.encode(row) for row in rows]
    assert [journal.decode(line) for line in lines] == rows
    assert journal.decode(lines[0][:-4]) is None
    assert journal.decode(lines[0].replace(b'"n":0', b'"n":1')) is None


def test_a_full_disk_is_told_and_leaves_whole_runs(tmp_path):
    """A real full file system: a few megabytes of memory, mounted for the test."""
    mount = tmp_path / "small"
    mount.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", mount], capture_output=True).returncode
    ):
        pytest.skip("a file system of its own cannot be mounted here")
    try:
        store = Store(mount)
        with pytest.raises(StoreError, match="what was finished is kept"):
            for i in range(20_000):
                store.put(a_run(i, **{f"k{j}": random.random() for j in range(20)}))
        kept = sum(len(rows) for rows in [list(store._fresh)])
        del store
        (mount / "runs").joinpath("lock")
        subprocess.run(["mount", "-o", "remount,size=30m", mount], check=True)
        with Store(mount) as again:
            assert views.select(again, "SELECT count(*) AS n FROM runs")["n"][0] >= kept > 0
            again.put(a_run(99_999))
    finally:
        subprocess.run(["umount", "-l", mount], check=True)


def test_merging_keeps_every_run_once(tmp_path):
    with Store(tmp_path) as store:
        for i in range(60):
            store.put(a_run(i, **{f"k{i % 4}": float(i)}))
            if i % 2:
                store.flush()
        store.merge()
        assert len(store._parts()) <= 2
        found = store.find([a_run(i).key for i in range(60)])
        assert [found[a_run(i).key] for i in range(60)] == [{f"k{i % 4}": float(i)} for i in range(60)]


def test_a_merge_interrupted_before_clearing_up_shows_no_run_twice(tmp_path):
    with Store(tmp_path) as store:
        for i in range(20):
            store.put(a_run(i))
            if i == 9:
                store.flush()
        store.flush()
        kept = {part: part.read_bytes() for part in store._parts()}
        store.merge()
        for part, content in kept.items():  # as if the process had died between writing and removing
            part.write_bytes(content)
        assert views.select(store, "SELECT count(*) AS n FROM runs")["n"][0] == 20
    with Store(tmp_path) as store:
        assert len(store._parts()) == 1


def test_two_processes_may_write_at_once(tmp_path):
    code = (
        "import sys; from sim.study.store import *\n"
        "with Store(sys.argv[1]) as s:\n"
        "    for i in range(int(sys.argv[2]), 3000, 2):\n"
        "        s.put(Run(run_key('m','1','s',1,i),'m','1','s','b','[]','p',1,i,.1,{'profit': float(i)}))\n"
        "        if i % 50 < 2: s.flush()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(n)], env=environment) for n in (0, 1)]
    assert [writer.wait() for writer in writers] == [0, 0]
    with Store(tmp_path) as store:
        assert tuple(views.select(store, "SELECT count(*) AS n, sum(profit) AS t FROM runs").iloc[0]) == (
            3000,
            3000 * 2999 / 2,
        )


@pytest.mark.parametrize(
    "sql",
    [
        "DROP VIEW runs",
        "COPY runs TO 'x.csv'",
        "INSERT INTO runs VALUES (1)",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_csv('/etc/passwd')",
        "ATTACH 'other.db'",
        "SET threads = 4",
        "SELECT nonsense FROM runs",
        "no sql at all",
    ],
)
def test_queries_read_stored_runs_and_nothing_else(tmp_path, sql):
    with Store(tmp_path) as store:
        store.put(a_run(1))
        with pytest.raises(views.QueryError):
            views.select(store, sql)
        assert views.select(store, "SELECT count(*) AS n FROM runs")["n"][0] == 1


def test_an_empty_store_can_be_asked(tmp_path):
    with Store(tmp_path) as store:
        for view in ("runs", "kpis", "studies", "study_runs"):
            assert len(views.select(store, f"SELECT * FROM {view}")) == 0


def test_pruning_removes_what_the_condition_names(tmp_path):
    with Store(tmp_path) as store:
        for i in range(30):
            store.put(a_run(i))
        assert store.prune("replication < 10", dry_run=True) == 10
        assert store.prune("replication < 10") == 10
        assert set(store.find([a_run(i).key for i in range(30)])) == {a_run(i).key for i in range(10, 30)}


class TestVerify:
    def stored(self, folder) -> Store:
        store = Store(folder)
        runner = Runner(Gaussian(), store)
        runner.matrix([runner.design("a"), runner.design("b", {"mean": 3.0})], 0, 4, ["profit"])
        store.flush()
        return store

    def test_a_sound_store_is_found_sound_and_runs_come_out_the_same(self, tmp_path):
        with self.stored(tmp_path) as store:
            verdict = verify(store, 8, lambda name: Gaussian())
        assert verdict.sound and "8 runs made again" in verdict.lines

    def test_a_changed_value_is_noticed(self, tmp_path):
        with self.stored(tmp_path) as store:
            verdict = verify(store, 8, lambda name: Louder())
        assert not verdict.sound and any("comes out differently: profit" in line for line in verdict.lines)

    def test_a_damaged_part_is_noticed(self, tmp_path):
        with self.stored(tmp_path) as store:
            part = store._parts()[0]
            content = bytearray(part.read_bytes())
            content[40] ^= 0xFF
            part.write_bytes(bytes(content))
            assert not verify(store, 0).sound

    def test_a_changed_scenario_is_noticed(self, tmp_path):
        with self.stored(tmp_path) as store:
            base = next((tmp_path / "scenarios").glob("*.json"))
            base.write_text(json.dumps({**json.loads(base.read_text()), "mean": 9.0}))
            assert not verify(store, 0).sound


class Louder(Gaussian):
    def run(self, resolved, seed, replication):
        found = super().run(resolved, seed, replication)
        return {**found, "profit": found["profit"] * (1 + 1e-15)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 1}, {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 5, "n": None}]}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": True}, {"a": 1}),
        ({"事件": {"x.y": 1}}, {"事件": {"x.y": 2}}),
        ({}, {"a": {}}),
    ],
)
def test_a_document_comes_back_from_its_base_and_its_difference(before, after):
    entries = json.loads(json.dumps(document.difference(before, after)))
    again = document.apply(before, entries)
    assert json.dumps(again, sort_keys=True) == json.dumps(after, sort_keys=True)


@pytest.mark.slow
def test_100_000_stored_runs_are_listed_filtered_and_joined_within_a_second(tmp_path):
    rng = random.Random(1)
    with Store(tmp_path) as store:
        for i in range(100_000):
            store.put(a_run(i, **{f"k{j}": rng.random() for j in range(30)}))
    with Store(tmp_path) as store:
        for sql in (
            "SELECT label, seed, replication FROM runs ORDER BY replication DESC LIMIT 50",
            "SELECT count(*), avg(k3) FROM runs WHERE label = 'policy 1' AND k4 > 0.5",
            "SELECT a.replication, b.k1 - a.k1 FROM runs a JOIN runs b ON b.replication = a.replication + 1 "
            "AND b.seed = a.seed",
            "SELECT r.label, avg(k.value) FROM runs r JOIN kpis k USING (key) WHERE k.name = 'k7' GROUP BY r.label",
        ):
            started = time.perf_counter()
            views.select(store, sql)
            assert time.perf_counter() - started <= 1.0, sql
