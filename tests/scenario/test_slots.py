"""A package's policy, written as the documentation tells, replays; one that lacks something is refused with its place."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packages import ROOT, install

from sim.cli import main
from sim.scenario import catalogue

SCENARIO = """name: plugged
start: 2026-06-01
days: 3
warmup: 1d
crowd: {shoppers: 300}
shelf: {catalogue: {skus: 40}}
supply:
  replenishment:
    policy: weeks_of_cover
"""


def documented() -> str:
    """The policy of the reference page."""
    page = (ROOT / "docs" / "reference" / "scenario.md").read_text(encoding="utf-8")
    block = re.search(r"^```python\n((?:(?!^```).)*?WeeksOfCover.*?)^```", page, re.M | re.S)
    assert block is not None
    return block[1]


def installed(folder: Path, body: str, version: str = "2.1") -> None:
    """An editable package and a scenario that uses its policy."""
    install(folder, "festival", body, version, editable=True)
    (folder / "s.yaml").write_text(SCENARIO, encoding="utf-8")


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`sim618` where the package is installed."""
    path = os.pathsep.join((str(ROOT), str(folder)))
    return subprocess.run(
        [sys.executable, "-m", "sim", *words], cwd=folder, env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_the_documented_policy_replays_and_its_version_is_part_of_the_hash(tmp_path):
    hashes = []
    for version in ("2.1", "3.0"):
        installed(tmp_path, documented(), version)
        done = command(tmp_path, "run", "s.yaml", "--json")
        assert done.returncode == 0, done.stderr
        row = json.loads(done.stdout)
        manifest = json.loads((tmp_path / row["folder"] / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["scenario"]["plugins"] == {"supply.replenishment.weeks_of_cover": f"festival=={version}"}
        hashes.append(row["hash"])
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("def plan", "def plans", "found no plan, accepted: a class with continuous, plan"),
        ("continuous = False", "seldom = False", "found no continuous, accepted: a class with continuous, plan"),
        ("self, section, costs", "self", "found a class made with (), accepted: one made with (section, costs)"),
    ],
)
def test_what_a_policy_of_a_package_lacks_is_told_with_its_place(tmp_path, old, new, told):
    installed(tmp_path, documented().replace(old, new))
    done = command(tmp_path, "validate", "s.yaml")
    assert done.returncode == 64
    assert "Traceback" not in done.stderr
    assert "s.yaml:9:" in done.stderr
    assert f"policy 'weeks_of_cover' of supply.replenishment (festival==2.1): {told}" in done.stderr


def test_every_slot_tells_how_its_policies_are_made_and_its_own_hold_to_it():
    slots = {item.slot for item in catalogue.policies() if not item.package}
    told = {one.slot: one for one in catalogue.interfaces()}
    assert set(told) == slots
    for one in told.values():
        assert one.arguments, one.slot
        assert one.module.startswith("sim.")
    assert set(told["supply.replenishment"].members) == {"continuous", "plan"}


def test_slots_are_listed(capsys):
    assert main(["list", "slots", "--only", "supply.replenishment", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["made_with"] == ["section", "costs"]
    assert [one["member"] for one in row["members"]] == ["continuous", "plan(view: View) -> Plan"]
    assert all(one["description"] for one in row["members"])
