"""Which seed a run has: the one asked for, else the file's, else 1; 0 is a seed like any other."""

from __future__ import annotations

import pytest

import sim
from sim.engine.marketplace import Marketplace

SHOP = """\
name: small shop
start: 2026-06-01
days: 1
warmup: 0d
crowd: {shoppers: 200, represents: 200}
shelf: {catalogue: {skus: 20}}
"""


@pytest.mark.parametrize(
    ("line", "asked", "used"),
    [("seed: 7", None, 7), ("seed: 0", None, 0), ("seed: 7", 0, 0), ("seed: 7", 3, 3), ("", None, 1), ("", 0, 0)],
)
def test_the_seed_asked_for_goes_before_the_files_and_nought_is_a_seed(tmp_path, line, asked, used):
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP + line + "\n", encoding="utf-8")
    for scenario in (file, str(file), sim.load(file)):
        market = Marketplace(scenario, seed=asked)
        assert (market.seed, market.draws.key0, market.draws.key1) == (used, *_keys(used))
    assert Marketplace(str(file), seed=asked, **{"crowd.shoppers": 100}).seed == used


def test_a_run_from_python_is_that_of_the_files_seed(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP + "seed: 9\n", encoding="utf-8")
    ours, same, other = sim.run(sim.load(file)), sim.run(sim.load(file), seed=9), sim.run(sim.load(file), seed=0)
    assert (ours.manifest["seed"], other.manifest["seed"]) == (9, 0)
    assert ours.kpis == same.kpis
    assert ours.kpis["visits"] != other.kpis["visits"]


def _keys(seed):
    from sim.core.rng import Draws

    draws = Draws(seed, 0)
    return draws.key0, draws.key1
