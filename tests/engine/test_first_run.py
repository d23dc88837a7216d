"""The first run of a version: what it shares with a second process is what a run really calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sim

SHOP = Path(__file__).resolve().parents[2] / "scenarios" / "618.yaml"

SCRIPT = """
import json, sys
import sim
from sim.core import cache, sharing
from sim.core.compiled import InnerDispatcher

cache.may_fork = True
begun = []
begin = sharing.begin


def watch(*arguments):
    begun.extend(arguments[2:])
    begin(*arguments)
    begun.append(InnerDispatcher.shared)


sharing.begin = watch
result = sim.run(sim.load(sys.argv[1], {"crowd.shoppers": 2000}), seed=5)
parts, later, mine = begun
wrong = [
    function.py_func.__name__
    for function, values in (*parts, *later)
    if set(function.overloads) != {sharing._types(function, values)}
]
print(json.dumps({"wrong": wrong, "taken": len(mine.libraries), "kpis": result.kpis}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="shares with a forked process")
def test_what_is_shared_is_what_a_run_calls_and_the_run_is_the_same(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(SHOP)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["taken"] > 50, "functions of the other process"
    again = sim.run(sim.load(SHOP, {"crowd.shoppers": 2000}), seed=5)
    assert found["kpis"] == json.loads(json.dumps(again.kpis))
