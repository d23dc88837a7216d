"""Studies: many runs, one answer.

The verbs of the command line under the same names: ``compare``, ``sweep``, ``sensitivity``,
``optimise``, ``break_`` (a reverse stress test), ``discover``, ``ab``, ``cases``, and ``study`` for a
study file. Nothing heavy is imported until a verb is used.
"""

from __future__ import annotations

import importlib
from typing import Any

_VERBS = {
    **dict.fromkeys(
        ["compare", "sweep", "sensitivity", "optimise", "break_", "discover", "ab", "cases", "study"], "sim.study.api"
    ),
    "drill": "sim.study.drills",
    "Store": "sim.study.store",
    "Model": "sim.study.model",
    "ScenarioModel": "sim.study.model",
}


def __getattr__(name: str) -> Any:
    """Import the module behind a verb the first time it is asked for."""
    module = _VERBS.get(name)
    if module is None:
        raise AttributeError(f"module 'sim.study' has no attribute {name!r}")
    return getattr(importlib.import_module(module), name)
