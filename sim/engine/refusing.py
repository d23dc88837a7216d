"""What only a run can find wrong with a file, told like any other mistake in it: file, line, what was found."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from sim.core.errors import LawBroken, Problem, ScenarioError, SimError

#: bytes of memory, measured: for each of a million shoppers; for each SKU in each warehouse; for the program
SHOPPER, CELL, BASE = 200, 120, 3e8


def refusal(scenario: Any, path: str, message: str) -> ScenarioError:
    """A mistake at a dotted path of a scenario's file, or of the nearest place that is written there."""
    marks, keys = getattr(scenario, "origins", {}), path.split(".")
    for length in range(len(keys), 0, -1):
        start = ".".join(keys[:length])
        found = [mark for name, mark in marks.items() if name == start or name.startswith(f"{start}.")]
        if found:
            mark = found[0]
            return ScenarioError([Problem(mark.file, mark.line, mark.column, path, message)])
    return ScenarioError([Problem(str(getattr(scenario, "path", "")), 0, 0, path, message)])


def told(scenario: Any, path: str, act: Callable[[], Any]) -> Any:
    """What `act` gives back; where a side refuses it, ScenarioError that says so at `path`.

    Without a path, the refusal begins with one: `supply.suppliers: found …`.
    """
    try:
        return act()
    except (ScenarioError, LawBroken):
        raise
    except SimError as error:
        named, _, message = str(error).partition(": ")
        if not path and message and re.fullmatch(r"[a-z_]+(?:\.[^\s:]+)+", named):
            raise refusal(scenario, named, message) from error
        raise refusal(scenario, path, str(error)) from error


def memory_needed(config: Any) -> float:
    """Bytes a run needs at least."""
    network = config.fulfilment.network
    warehouses = int(network.central) + int(network.regional) + int(network.front)
    skus = config.crowd.demand.skus if config.crowd.demand is not None else config.shelf.catalogue.skus
    return float(BASE + SHOPPER * config.crowd.shoppers + CELL * skus * warehouses)


def memory_there() -> float:
    """Bytes of memory this machine has, endless where it does not say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError, AttributeError):
        return float("inf")


def check_memory(scenario: Any) -> None:
    """Refuse a scenario that does not fit into memory. Raises ScenarioError."""
    config = scenario.config
    needed, there = memory_needed(config), memory_there()
    if needed <= there:
        return
    large = "crowd.shoppers" if SHOPPER * config.crowd.shoppers > needed / 2 else "shelf.catalogue.skus"
    found = config.crowd.shoppers if large == "crowd.shoppers" else config.shelf.catalogue.skus
    message = f"found {found}, which takes at least {needed / 1e9:.0f} GB, accepted: what fits into the {there / 1e9:.0f} GB of this machine"
    raise refusal(scenario, large, message)
