"""sim618: rehearse an e-commerce festival before it happens.

The verbs of the command line are the functions of this package::

    import sim

    scenario = sim.load("scenarios/618.yaml", {"crowd.shoppers": 20_000})
    result = sim.run(scenario, seed=1)
    result.kpis["gmv"]

Nothing heavy is imported until a verb is used: `import sim` costs milliseconds.
"""

from __future__ import annotations

import importlib
from typing import Any

from sim.core.cache import prepare

__version__ = "0.1.0"

_VERBS = {
    "load": "sim.scenario",
    "run": "sim.engine",
    **dict.fromkeys(
        ["compare", "sweep", "sensitivity", "optimise", "break_", "discover", "ab", "cases", "register", "study_file"],
        "sim.study.api",
    ),
    "drill": "sim.study.drills",
    "Scenario": "sim.scenario",
    "ScenarioError": "sim.core.errors",
}

__all__ = ["__version__", *_VERBS]


prepare()  # numba asks where compiled kernels are kept when it is imported


def __getattr__(name: str) -> Any:
    """Import the module behind a verb the first time it is asked for."""
    module = _VERBS.get(name)
    if module is None:
        raise AttributeError(f"module 'sim' has no attribute {name!r}; it has {', '.join(sorted(_VERBS))}")
    return getattr(importlib.import_module(module), name)


def __dir__() -> list[str]:
    return sorted(__all__)
