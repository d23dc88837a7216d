"""The verbs from Python."""

from __future__ import annotations

import inspect
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
