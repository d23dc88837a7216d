"""What a first run shares with a second process is what a run really calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from numba import config

from sim.core import sharing
from sim.engine.first_run import plan
from sim.engine.marketplace import Marketplace
from sim.scenario import load

SHOP = Path(__file__).resolve().parents[2] / "scenarios" / "618.yaml"


def test_every_kernel_compiled_for_later_is_one_that_a_run_needs():
    market = Marketplace(load(SHOP, {"crowd.shoppers": 300}), seed=1)
    market.run()
    kernel, arguments, _, later = plan(market.world)
    assert sharing._is_kept(kernel, arguments)
    assert [function.py_func.__name__ for function, values in later if not sharing._is_kept(function, values)] == []


def test_every_part_that_was_shared_when_these_kernels_were_compiled_was_asked_for():
    note = Path(vars(config)["CACHE_DIR"], sharing.NOTE)
    if not note.exists():
        pytest.skip("these kernels were compiled by one process")
    found = json.loads(note.read_text(encoding="utf-8"))
    assert found["never asked for"] == []
    assert "serve_minute" in found["taken"]
