"""The engine: one run of a scenario.

    from sim.engine import run
    result = run(scenario, seed=1)
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.engine.result import Result

RECORD = Path("/proc/self/status")


def run(
    scenario: Any,
    seed: int | None = None,
    replication: int = 0,
    progress: Callable[[int, int, float], None] | None = None,
    notice: Callable[[str], None] | None = None,
    orders: bool = False,
) -> Result:
    """Replay ``scenario`` (a checked scenario or the path of a file) once, with its own seed where none is given.

    A pure function of (resolved scenario, seed, replication, version). Raises ScenarioError for a wrong file and
    LawBroken where a conservation law does not hold at the end. With ``orders`` every order is kept for
    `Result.orders`, which takes memory and changes nothing else.
    """
    from sim.core.cache import tell_if_new

    tell_if_new(notice)
    from numba.core import event

    from sim.engine.marketplace import Marketplace
    from sim.engine.result import Result

    market = Marketplace(scenario, seed=seed, replication=replication)
    if orders:
        market.keep_orders()
    making: list[float] = []
    # numba holds this lock while it compiles a kernel and while it loads one compiled earlier
    with event.install_timer("numba:compiler_lock", making.append):
        began = time.perf_counter()
        market.run(progress)
        seconds = time.perf_counter() - began
    market.finish()
    from sim.books.measures import measure_all

    manifest = {
        "name": market.config.name,
        "seed": market.seed,
        "replication": replication,
        "weight": market.weight,
        "wall_seconds": seconds - sum(making),
        "peak_memory_bytes": _peak_memory(),
        "visits": int(market.world.books.series[:, 0].sum()),
        "laws": market.laws,
    }
    return Result(measure_all(market), manifest, market)


def _peak_memory() -> int:
    """Bytes that this process had in memory at most so far."""
    import resource
    import sys

    if os.access(RECORD, os.R_OK):  # where there is one: what `resource` tells begins with the peak of who started us
        for line in RECORD.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
