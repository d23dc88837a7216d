"""What stands in a user's own table is what runs: goods, recorded demand, recorded load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.engine.marketplace import Marketplace
from sim.scenario import load

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SMALL = {"crowd.shoppers": 1500, "crowd.represents": "15k", "days": 2, "warmup": "1d"}


def shop(folder: Path, goods: pd.DataFrame, name: str = "goods.csv") -> Marketplace:
    """A small shop of the example's categories with these goods."""
    (folder / "scenarios").mkdir(exist_ok=True)
    path = folder / "scenarios" / name
    goods.to_csv(path, index=False) if path.suffix == ".csv" else goods.to_parquet(path)
    (folder / "scenarios" / "x.yaml").write_text(
        "name: own\nstart: 2026-06-01\ndays: 2\nshelf:\n  catalogue:\n"
        f"    table: {name}\n    categories: {{kitchen: {{margin: 30%}}, cleaning: {{}}, care: {{}}}}\n"
    )
    return Marketplace(load(folder / "scenarios" / "x.yaml", SMALL), seed=2)


@pytest.fixture(scope="module")
def goods() -> pd.DataFrame:
    return pd.read_csv(SCENARIOS / "traces" / "own_goods.csv")


def test_the_example_runs_with_the_goods_of_its_table_and_nothing_else(goods: pd.DataFrame) -> None:
    market = Marketplace(load(SCENARIOS / "own_goods.yaml", SMALL), seed=2)
    skus, names = market.world.shelf.skus, market.category_names
    assert names == ["care", "cleaning", "kitchen"]
    order = goods.assign(place=[names.index(name) for name in goods["category"]]).sort_values(
        ["place", "appeal"], ascending=[True, False], kind="stable"
    )
    assert skus["list_price"].tolist() == [100 * price for price in order["list_price"]]
    assert skus["unit_cost"].tolist() == [100 * cost for cost in order["unit_cost"]]
    assert skus["hero"].tolist() == order["hero"].tolist() and skus["exclusive"].tolist() == order["exclusive"].tolist()
    np.testing.assert_allclose(skus["return_propensity"], order["returns"], rtol=1e-6)
    care = order[order["category"] == "care"]["appeal"].to_numpy(float)
    np.testing.assert_allclose(skus["appeal"][: len(care)], care / care.sum(), rtol=1e-6)
    market.run()
    market.finish()
    orders = market.world.fulfilment.orders
    assert (orders["shopper"] >= 0).any() and set(market.laws.values()) == {"holds"}
    bought = skus["sold"] > 0
    assert bought.any() and market.world.shelf.categories["count"].tolist() == [10, 8, 10]


def test_dearer_goods_are_dearer_in_the_books(tmp_path: Path, goods: pd.DataFrame) -> None:
    from sim.books.measures import all_measures

    goods = goods.drop(columns="appeal")
    worth = {}
    for name, factor in (("goods.csv", 1), ("goods.parquet", 10)):
        made = shop(tmp_path, goods.assign(list_price=goods["list_price"] * factor, unit_cost=goods["unit_cost"] * factor), name)
        made.run()
        made.finish()
        value = lambda kpi, market=made: all_measures()[kpi].compute(market)  # noqa: E731
        worth[factor] = value("gmv") / value("orders")
    assert worth[10] == pytest.approx(10 * worth[1], rel=0.25), "prices against list prices are the same: baskets too"


def test_what_a_table_leaves_out_is_drawn_and_its_order_is_that_of_popularity(tmp_path: Path, goods: pd.DataFrame) -> None:
    bare = shop(tmp_path, goods[["category", "list_price"]]).world.shelf.skus
    kitchen = bare[-10:]
    assert kitchen["list_price"].tolist() == [100 * price for price in goods["list_price"][:10]]
    np.testing.assert_array_equal(kitchen["unit_cost"], np.rint(kitchen["list_price"] * 0.7))
    assert (np.diff(kitchen["appeal"]) <= 0).all() and np.unique(bare["quality"]).size == len(bare)
    assert kitchen["hero"].tolist() == [1] + 9 * [0]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_recorded_demand_takes_stock_whatever_the_format_and_the_order_of_rows(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"period": [2, 0, 1], "sku": [1, 0, 0], "units": [9, 5, 7]})
    path = tmp_path / f"d.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    (tmp_path / "x.yaml").write_text(
        "name: d\nstart: 2026-06-01\ndays: 4\nwarmup: 0d\n"
        f"crowd: {{shoppers: 0, demand: {{distribution: trace, skus: 2, file: d.{suffix}}}}}\n"
    )
    market = Marketplace(load(tmp_path / "x.yaml"))
    market.run()
    assert market.world.supply.history.tolist() == [[5, 0], [7, 0], [0, 9], [0, 0]]
