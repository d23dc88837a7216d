"""A shop that has nothing but its demand: a recorded series or a distribution, on any network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.books.measures import all_measures
from sim.core.rng import Draws
from sim.crowd import demand as source
from sim.crowd.demand_config import Demand
from sim.engine.marketplace import Marketplace
from sim.scenario import load
from sim.supply import state as s

ONE = {f"fulfilment.network.{name}": count for name, count in (("regions", 1), ("regional", 0), ("front", 0))}
MEANS = (30, 20, 1)


def run(folder: Path, demand: dict[str, Any], **overrides: Any) -> Marketplace:
    """A run of 20 days; a trace has the units of `MEANS` in its 24 periods, drawn anew each time alike."""
    (folder / "scenarios").mkdir(exist_ok=True)
    draws = np.random.default_rng(5)
    rows = [f"{day},{sku},{draws.poisson(mean)}" for day in range(24) for sku, mean in enumerate(MEANS)]
    (folder / "scenarios" / "trace.csv").write_text("\n".join(["period,sku,units", *rows]))
    (folder / "scenarios" / "x.yaml").write_text(
        "name: own\nstart: 2026-06-01\ndays: 20\nwarmup: 4d\ncrowd: {shoppers: 0, demand: {distribution: constant, mean: 1}}\n"
    )
    given = {f"crowd.demand.{name}": value for name, value in demand.items()}
    market = Marketplace(load(folder / "scenarios" / "x.yaml", given | overrides), seed=3)
    market.run()
    market.finish()
    return market


TRACE = {"distribution": "trace", "file": "trace.csv", "skus": 3}
POISSON = {"distribution": "poisson", "mean": 20, "skus": 3}


def fill(market: Marketplace) -> float:
    return float(all_measures()["fill_rate"].compute(market))


@pytest.mark.parametrize("demand", [TRACE, POISSON])
def test_a_shop_with_nothing_but_its_demand_can_serve_it_on_the_network_it_gets(tmp_path: Path, demand: dict[str, Any]) -> None:
    many, one = run(tmp_path, demand), run(tmp_path, demand, **ONE)
    for market in (many, one):
        assert fill(market) > 0.95
    # the whole shop is asked for the same units, however many warehouses it has
    np.testing.assert_array_equal(many.world.supply.history, one.world.supply.history)
    # and they come in all regions, more in larger ones
    local = many.world.supply.local.sum(axis=1)
    regions = np.bincount(many.world.fulfilment.warehouses["region"], local, len(many.region_share))
    assert (regions > 0).all() and regions.argmax() == many.region_share.argmax()


def test_the_trace_is_what_is_asked_for(tmp_path: Path) -> None:
    market = run(tmp_path, TRACE)
    trace = market.source.table("trace.csv").pivot(index="period", columns="sku", values="units").to_numpy()
    np.testing.assert_array_equal(market.world.supply.history, trace)
    np.testing.assert_allclose(market.expected_units, trace.mean(axis=0))
    np.testing.assert_allclose(market.foresight(2, 5), trace[2:7])


def test_stock_of_days_of_cover_is_that_of_the_demand_given(tmp_path: Path) -> None:
    market = run(tmp_path, TRACE, **{"supply.stock.initial": "10d of cover"})
    laid_in = market.world.supply.totals[s.INITIAL]
    assert laid_in.tolist() == [round(10 * mean) for mean in market.expected_units]


def test_a_mean_is_that_of_the_whole_shop(tmp_path: Path) -> None:
    market = run(tmp_path, POISSON)
    assert market.world.supply.history.mean() == pytest.approx(20, rel=0.15)
    assert (market.expected_units == 20).all()


def test_what_a_warehouse_lacks_comes_from_above_and_waits_where_backorders_are_kept(tmp_path: Path) -> None:
    # all stock lies in the central warehouse, and nothing goes down the network in time
    far = {"supply.stock.units_by": {"central": 5000}, "supply.transfers.regional_lead": "21d", "supply.transfers.front_lead": "21d"}
    assert fill(run(tmp_path, POISSON, **far)) == 1.0
    waiting = run(tmp_path, POISSON, **far, **{"supply.stock.policy": "backorder"})
    assert waiting.world.supply.stock["backorders"].sum() > 0


@pytest.mark.parametrize("units", [1, 7, 999, 5_000, 2_000_000, -40, -9_000])
def test_units_are_spread_without_creating_or_losing_one_and_by_the_shares(units: int) -> None:
    local = np.array([[5.0, 1.0], [3.0, 0.0], [0.0, 0.0], [2.0, 0.0]])
    demand, draws = source.build(Demand(distribution="constant", mean=1, skus=2), local), Draws(9)
    asked, total = np.zeros(4, np.int64), np.zeros(4)
    for period in range(400):
        source.spread(demand, draws.key0, draws.key1, period, 0, units, asked)
        assert asked.sum() == units and (asked * np.sign(units) >= 0).all() and asked[2] == 0
        total += asked
    spread = 5 * (400 * abs(units) * 0.25) ** 0.5 + 1
    np.testing.assert_allclose(total, 400 * units * local[:, 0] / 10, atol=spread)
    source.spread(demand, draws.key0, draws.key1, 0, 1, units, asked)
    assert asked.tolist() == [units, 0, 0, 0]


def test_the_mean_of_a_normal_demand_cut_at_0_is_what_it_draws() -> None:
    config = Demand(distribution="normal", mean=1, sd=4, skus=2000, resolution=0.01)
    demand, draws = source.build(config, np.ones((1, 2000))), Draws(2)
    drawn = source.foresee(demand, draws.key0, draws.key1, 0, 10, 2000).mean() * 0.01
    assert config.daily_means()[0] == pytest.approx(drawn, rel=0.03)
