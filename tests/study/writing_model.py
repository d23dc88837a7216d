"""The marketplace as studies run it, which also leaves the files of each run in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.study.model import ScenarioModel, digest_of


@dataclass
class Writing(ScenarioModel):
    """A replay writes kpis.json, the series, the events and every table to ``folder``/<design>-<replication>."""

    folder: str = ""

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> Mapping[str, float]:
        import sim.engine
        from sim.engine.writer import frames, write_files
        from sim.scenario import from_resolved

        result = sim.engine.run(from_resolved(json.loads(json.dumps(resolved)), self.path), seed, replication)
        place = Path(self.folder) / f"{digest_of(resolved)[:12]}-{replication}"
        place.mkdir()
        write_files(place, result.kpis, frames(result, orders=True), {"laws": result.manifest["laws"]})
        return {name: float(value) for name, value in result.kpis.items()}


def policies_of(slot: str) -> list[str]:
    """Names of the policies that this process knows."""
    from sim.core import registry

    return [entry.name for entry in registry.policies(slot)]


def workers_pid() -> int:
    """The process that makes runs."""
    import os
    import time

    time.sleep(0.2)
    return os.getpid()
