"""The verbs from Python."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys

import pytest

import sim


@pytest.mark.parametrize("name", sorted(set(sim.__all__) - {"__version__"}))
def test_everything_the_package_promises_is_there(name):
    assert callable(getattr(sim, name))


def test_verbs_stay_functions_whichever_module_was_imported_before():
    """A module imported below a package becomes an attribute of it; none may take the place of a verb."""
    script = (
        "import importlib, inspect, pkgutil, sim, sim.study\n"
        "for module in pkgutil.iter_modules(sim.study.__path__):\n"
        "    importlib.import_module(f'sim.study.{module.name}')\n"
        "verbs = [n for n in sim.__all__ if n.islower() and not n.startswith('__')]\n"
        "print(*[n for n in verbs if not inspect.isfunction(getattr(sim, n))])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    assert inspect.signature(sim.compare).parameters["scenario"]


@pytest.mark.parametrize("first", ["sim.study.files", "sim.study.api", "sim.study.model", "sim.study.bootstrap"])
def test_kernels_are_kept_by_the_version_of_all_sources_whichever_module_comes_first(first, tmp_path):
    """Numba's own place beside the sources knows no changes in other files."""
    script = f"import {first}, sim.study.model, numba\nsim.study.model.book_measures()\nprint(numba.config.CACHE_DIR)\n"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.startswith(str(tmp_path / "sim618"))
