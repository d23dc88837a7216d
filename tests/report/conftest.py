"""A real result to draw: a small festival with promotions, a flash sale, a crash and a supplier's failure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

SCENARIO = """\
name: Small festival & <co>
start: 2026-06-15
days: 6
warmup: 2d
crowd: {shoppers: 1500, represents: 30k}
shelf:
  catalogue: {skus: 200}
  promotions:
    - {kind: discount, off: 15%, skus: all, from: "06-17 20:00", to: "06-19 00:00"}
    - {kind: full_reduction, every: 300 CNY, off: 50 CNY, from: "06-17 20:00", to: "06-19 00:00"}
    - {kind: coupon, threshold: 200 CNY, off: 20 CNY, budget: 50000 CNY, from: "06-15 00:00", to: "06-19 00:00"}
    - {kind: flash, off: 40%, skus: flash, at: ["06-16 20:00", "06-18 20:00"], for: 2h, quota: 500}
events:
  - {at: "06-16 09:00", do: supply.fail, target: supplier-1, for: 2d}
  - {at: "06-18 00:05", do: platform.crash, target: order, for: 30min}
"""

ALONE = """\
name: Demand alone
start: 2026-01-01
days: 90
crowd: {shoppers: 0, demand: {distribution: poisson, mean: 20, skus: 3}}
"""

STATIONS = """\
name: One station
start: 2026-01-01
days: 1
warmup: 0d
crowd: {shoppers: 0, demand: {distribution: constant, mean: 0, skus: 1}}
fulfilment:
  network: {regions: 1, central: 1, regional: 0, front: 0}
  arrivals:
    rate: 200/h
    within: 20s
    parcels: 20_000
    warmup: 2_000
    stations: [{name: station, servers: 14, service: {mean: 3min, distribution: exponential}}]
"""


@pytest.fixture(scope="session")
def result_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run as `sim618 run` writes it, without its report. Do not write into it."""
    return written(SCENARIO, tmp_path_factory.mktemp("report"))


def written(text: str, base: Path) -> Path:
    """Run the scenario of a text with seed 7 and write its result below ``base``."""
    from sim.cli.faults import versions
    from sim.engine import run
    from sim.engine.writer import frames, write_files
    from sim.scenario import load, run_hash
    from sim.study.model import code_version

    (base / "small.yaml").write_text(text, encoding="utf-8")
    scenario = load(base / "small.yaml")
    result = run(scenario, seed=7)
    version = code_version()
    folder = base / "result"
    folder.mkdir()
    manifest = {
        **result.manifest, "name": scenario.name, "scenario": scenario.resolved, "seed": 7, "replication": 0,
        "hash": run_hash(scenario, 7, 0, version), "version": version, "versions": versions(),
    }  # fmt: skip
    write_files(folder, result.kpis, frames(result), manifest)
    return folder


@pytest.fixture(scope="session")
def alone_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of stock alone, 90 days under a given demand, nobody shopping. Do not write into it."""
    return written(ALONE, tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="session")
def stations_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one station alone, under given arrivals. Do not write into it, but for its report."""
    return written(STATIONS, tmp_path_factory.mktemp("stations"))


@pytest.fixture
def folder(result_folder: Path, tmp_path: Path) -> Path:
    """A copy of that folder, free to be changed."""
    return Path(shutil.copytree(result_folder, tmp_path / "result"))
