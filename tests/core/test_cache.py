"""Compiled kernels are kept under the hash of all sources, whichever module is imported first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("module", ["sim.core.rng", "sim.supply.kernel", "sim.engine.marketplace", "sim.study.api"])
def test_the_cache_is_named_before_numba_is_imported(module: str, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    code = f"import {module}; from numba import config; print(config.CACHE_DIR)"
    told = subprocess.run(
        [sys.executable, "-c", code], env={**environment, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (folder,) = (tmp_path / "sim618").iterdir()
    assert told.stdout.strip() == str(folder)
