"""What a file says does not depend on the order in which it says it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sim
from sim.engine.writer import read_manifest
from sim.scenario import load
from sim.scenario.load import from_resolved

SHOP = """
name: order
start: 2026-06-01
days: 2
warmup: 1d
crowd:
  shoppers: 400
  segments:
    %s
shelf:
  catalogue:
    skus: 60
    categories:
      %s
"""
SEGMENTS = ("zealous: {share: 30%, rate: 2.0, tastes: {tea: 2.0, audio: 0.5}}", "calm: {share: 70%}")
CATEGORIES = ("tea: {need: 0.4, price: 30 CNY}", "audio: {need: 0.6, price: 300 CNY}")


def shop(folder: Path, backwards: bool) -> sim.Scenario:
    step = -1 if backwards else 1
    path = folder / f"{'back' if backwards else 'forth'}.yaml"
    path.write_text(SHOP % ("\n    ".join(SEGMENTS[::step]), "\n      ".join(CATEGORIES[::step])), encoding="utf-8")
    return load(path)


def test_mappings_written_in_another_order_are_the_same_scenario(tmp_path: Path) -> None:
    forth, back = shop(tmp_path, False), shop(tmp_path, True)
    assert forth.digest() == back.digest()
    assert sim.run(forth, seed=3).kpis == pytest.approx(sim.run(back, seed=3).kpis, rel=0, abs=0, nan_ok=True)


def test_the_scenario_of_a_manifest_gives_the_run_that_wrote_it(tmp_path: Path) -> None:
    from sim.cli import main

    scenario = shop(tmp_path, False)
    out = tmp_path / "out"
    assert main(["run", str(scenario.path), "--seed", "3", "--out", str(out), "--quiet"]) == 0
    again = sim.run(from_resolved(read_manifest(out)["scenario"], scenario.path), seed=3).kpis
    written = json.loads((out / "kpis.json").read_text())
    assert {name: value for name, value in again.items() if value == value} == {
        name: value for name, value in written.items() if value is not None
    }


def test_a_study_meets_the_shoppers_of_a_run_with_the_same_seed(tmp_path: Path) -> None:
    from sim.study.model import ScenarioModel

    scenario = shop(tmp_path, False)
    model = ScenarioModel(scenario.path)
    studied = model.run(model.resolve({}), 3, 0)
    assert studied == pytest.approx(sim.run(scenario, seed=3).kpis, rel=0, abs=0, nan_ok=True)


def test_the_first_arm_written_is_the_control_wherever_its_name_stands(tmp_path: Path) -> None:
    path = tmp_path / "ab.yaml"
    path.write_text(SHOP % (SEGMENTS[0].replace("30%", "100%"), CATEGORIES[0]) + "  ab: {arms: {usual: {}, best: {quality: 60%}}}\n")
    test = load(path).config.shelf.ab
    assert test is not None and test.control == "usual" and list(test.arms) == ["usual", "best"]
    resolved = json.loads(json.dumps(load(path).resolved, sort_keys=True))
    again = from_resolved(resolved, path).config.shelf.ab
    assert again is not None and list(again.arms) == ["usual", "best"]
