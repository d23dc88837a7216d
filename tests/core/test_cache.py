"""Compiled kernels are kept under the hash of all sources, whichever module is imported first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "module", ["sim.core.rng", "sim.supply.kernel", "sim.engine.marketplace", "sim.study.api", "numba, sim.core.rng"]
)
def test_kernels_are_kept_in_the_folder_of_their_version_whatever_is_imported_first(module: str, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    code = f"import {module}; from numba import config; print(config.CACHE_DIR)"
    told = subprocess.run(
        [sys.executable, "-c", code], env={**environment, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (folder,) = (tmp_path / "sim618").iterdir()
    assert told.stdout.strip() == str(folder), "beside their sources they would be taken for those of another version"
