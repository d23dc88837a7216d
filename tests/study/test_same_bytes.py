"""The same seed gives the same bytes of every file of a run: on 1 worker or 2, 1 thread or 2, whatever is installed beside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from packages import install
from writing_model import Writing, policies_of, workers_pid

from sim.core import registry
from sim.study import api
from sim.study.executors import ProcessExecutor

ROOT = Path(__file__).parents[2]
FESTIVAL = str(ROOT / "scenarios" / "618.yaml")
SMALL = {
    "crowd.shoppers": 500, "crowd.represents": "20k", "shelf.catalogue.skus": 80, "warmup": "1d", "days": 19,
    "events": [{"at": "06-17 22:00", "do": "supply.fail", "target": "supplier-1", "for": "1d"}],
}  # fmt: skip
POLICIES = {"dynamic": {}, "min max": {"supply.replenishment.policy": "min_max"}}
REPLICATIONS = 2


def study(folder: Path, workers: int) -> tuple[dict[str, bytes], bytes]:
    """Every file of every run, and the study's table, of a comparison on so many processes."""
    folder.mkdir()
    with ProcessExecutor(workers) as pool:
        pids = {future.result(60) for future in [pool.submit(workers_pid) for _ in range(8)]}
        assert len(pids) == workers, "all workers are at work"
        found = api.compare(
            Writing(FESTIVAL, SMALL, folder=str(folder)), POLICIES, kpis=["gmv", "profit", "orders"],
            replications=REPLICATIONS, executor=pool, store=None,
        )  # fmt: skip
    return files_of(folder), found.table.to_csv().encode()


def files_of(folder: Path) -> dict[str, bytes]:
    """The bytes of every file of results below a folder; a manifest says how long the run took, and is left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.name == "kpis.json" or path.suffix == ".parquet"
    }


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], bytes]:
    """The study made by one worker."""
    return study(tmp_path_factory.mktemp("one") / "runs", 1)


def test_what_is_compared_says_something(alone: tuple[dict[str, bytes], bytes]) -> None:
    files, _ = alone
    runs = {name.partition("/")[0] for name in files}
    assert len(runs) == len(POLICIES) * REPLICATIONS
    for name in ("kpis.json", "series.parquet", "events.parquet", "orders.parquet", "stock.parquet", "ledger.parquet"):
        assert len({files[f"{run}/{name}"] for run in runs}) == len(runs), f"no two runs have the same {name}"


def test_two_workers_give_the_bytes_of_one(alone: tuple[dict[str, bytes], bytes], tmp_path: Path) -> None:
    files, table = study(tmp_path / "runs", 2)
    assert differing(files, alone[0]) == []
    assert table == alone[1]


def test_a_policy_that_is_installed_and_not_used_changes_no_byte(
    alone: tuple[dict[str, bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    install(
        package, "idle_plugin",
        "from sim.core.registry import event, policy\n\n"
        "@policy('shelf.ranking', 'idle')\nclass Idle:\n    '''Never used.'''\n\n"
        "@event('crowd.idle')\ndef idle(market):\n    '''Never happens.'''\n",
    )  # fmt: skip
    registry.load_plugins()  # so that this process does not meet the package
    monkeypatch.syspath_prepend(str(package))
    with ProcessExecutor(1) as pool:
        assert "idle" in pool.submit(policies_of, "shelf.ranking").result(60), "workers have it"
    files, table = study(tmp_path / "runs", 1)
    assert differing(files, alone[0]) == []
    assert table == alone[1]


def test_two_threads_give_the_bytes_of_one(tmp_path: Path) -> None:
    words = [f"--set={path}={value}" for path, value in SMALL.items() if path != "events"]
    found = []
    for threads in ("1", "2"):
        limits = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        out = tmp_path / threads
        command = [sys.executable, "-m", "sim", "run", FESTIVAL, *words, "--out", str(out), "--orders", "--quiet"]
        done = subprocess.run(command, env={**os.environ, **limits}, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found.append(files_of(out))
    assert "kpis.json" in found[0] and "series.parquet" in found[0] and len(found[0]) > 8
    assert differing(*found) == []
