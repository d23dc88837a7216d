"""The table of orders: every order there ever was, and keeping them changes nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sim

FESTIVAL = Path(__file__).resolve().parents[2] / "scenarios" / "618.yaml"
SMALL = {"crowd.shoppers": 1500, "days": 18, "warmup": "7d"}


@pytest.fixture(scope="module")
def both():
    scenario = sim.load(FESTIVAL, SMALL)
    return sim.run(scenario, seed=3), sim.run(scenario, seed=3, orders=True)


def test_keeping_orders_changes_no_figure(both):
    without, kept = both
    assert without.kpis == kept.kpis
    assert without.series.equals(kept.series)
    assert without.market.world.fulfilment.orders.tobytes() == kept.market.world.fulfilment.orders.tobytes()


def test_every_order_has_one_row_closed_ones_included(both):
    without, kept = both
    table = kept.orders
    assert table["order"].tolist() == list(range(len(table)))
    assert 0 < len(without.orders) < len(table)
    assert table["open"].sum() == len(without.orders)
    assert table["placed"].is_monotonic_increasing or table["placed"].diff().min() > np.timedelta64(-1, "m")
    series = kept.series
    placed = series["orders"].sum() - series["unpaid_orders"].sum()
    assert len(table) * kept.market.weight == pytest.approx(placed)


def test_the_rows_say_what_the_books_say(both):
    _, kept = both
    table, ledger = kept.orders, kept.market.world.fulfilment
    closed = table[~table["open"]]
    for line in range(4):
        assert set(closed[f"state_{line}"]) <= {"", "delivered", "returned", "cancelled", "defaulted", "lost"}
    assert closed["refunded"].sum() * 100 == pytest.approx(float(ledger.ended[..., 1].sum()))
    assert closed["payable"].sum() * 100 == pytest.approx(float(ledger.ended[..., 0].sum()))
    delivered = table["delivered"].notna()
    assert (table.loc[delivered, "delivered"] >= table.loc[delivered, "placed"]).all()
    assert (table["payable"] <= table["list_value"] + 0.005).all()


def test_an_order_is_delivered_with_its_last_parcel(both):
    table = both[1].orders
    under_way = np.zeros(len(table), bool)
    for line in range(4):
        under_way |= table[f"state_{line}"].isin(["deposit paid", "waiting", "allocated", "shipped"]).to_numpy()
    came = both[1].market.world.fulfilment.orders
    assert ((came["delivered"] > 0) & (came["shopper"] >= 0)).sum() > table.loc[table["open"], "delivered"].notna().sum()
    assert table.loc[under_way, "delivered"].isna().all()
    assert table.loc[~under_way, "delivered"].notna().any()


def test_nothing_is_paid_before_it_is_placed(both):
    table = both[1].orders
    paid = table["paid_at"].notna()
    assert paid.any() and (table.loc[paid, "paid_at"] >= table.loc[paid, "placed"]).all()
    at_once = paid & (table["deposit"] == 0) & (table["origin"] == "search")
    assert (table.loc[at_once, "paid_at"] == table.loc[at_once, "placed"]).mean() > 0.9
