"""Levers that show what is sold, where it lies and what its buyers are worth act through what they are said to act through."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit
from programme_runs import SMALL, fresh, market

from sim.books.measures import measure_all
from sim.crowd.consideration import consider, match
from sim.crowd.state import PROSPECT
from sim.engine.tables import customers
from sim.fulfilment.state import M_LOCAL, M_PARCELS, M_SAME_NEXT_DAY

ADS = {"policy": "broad", "budget": "60k CNY", "audience": "prospects"}
LEADERS = {"policy": "community_leaders", "budget": "20k CNY", "audience": "prospects", "click": "20%"}


@njit
def seen(crowd, shelf):  # type: ignore[no-untyped-def]
    """Mean match of what shoppers are shown."""
    total, count = 0.0, 0
    for i in range(crowd.rows.shape[0]):
        n, _ = consider(crowd, shelf, crowd.rows[i], i % shelf.categories.shape[0], 7, i, 0, 0)
        for j in range(n):
            total += match(crowd.rows[i], shelf.pages[crowd.picks[j]])
        count += n
    return total / count


def test_better_recommendations_show_what_suits_a_shopper_and_the_others_do_not() -> None:
    shown = {}
    for quality in ("0%", "40%", "90%"):
        made = fresh({"shelf.ranking": {"policy": "personalised", "quality": quality}})
        shown[quality] = seen(made.world.crowd, made.world.shelf)
    popular = fresh({"shelf.ranking.policy": "popularity"})
    assert shown["0%"] + 0.05 < shown["40%"] < shown["90%"] - 0.05
    assert shown["0%"] == seen(popular.world.crowd, popular.world.shelf)


def test_warehouses_near_the_shopper_serve_their_region_and_are_quicker() -> None:
    network = {"crowd.shoppers": 3000, "crowd.represents": "30k"}
    found = []
    for regional, front in ((0, 0), (6, 0), (6, 20)):
        made = market({**network, "fulfilment.network": {"regional": regional, "front": front}})
        measured = made.world.fulfilment.measured.sum(axis=0)
        found.append((measured[M_LOCAL] / measured[M_PARCELS], measured[M_SAME_NEXT_DAY]))
    assert found[1][0] > found[0][0] + 0.1 and found[1][1] > found[0][1]
    assert found[2][0] > found[0][0] + 0.1


@pytest.fixture(scope="module")
def won() -> Any:
    channels = {"ads": ADS, "leaders": LEADERS}
    return market({"crowd.prospects": "40%", "crowd.acquisition": {"channels": channels}, "days": 15})


def test_the_table_of_customers_adds_up_by_channel_and_cohort(won: Any) -> None:
    table, rows = customers(won), won.world.crowd.rows
    bought = rows["orders"] > 0
    assert table["margin"].sum() == pytest.approx(rows["margin"][bought].sum() * won.weight / 100.0)
    assert table["buyers"].sum() == pytest.approx(bought.sum() * won.weight)
    for number, name in ((1, "ads"), (2, "leaders")):
        part = table[table["channel"] == name]
        mine = rows["channel"] == number
        assert part["margin"].sum() == pytest.approx(rows["margin"][mine & bought].sum() * won.weight / 100.0), name
        assert part["spent"].sum() == pytest.approx(won.notices["acquirer"].accounts[number].spent * won.weight / 100.0), name
        weeks = np.unique((rows["first_day"][mine & bought] - won.calendar.warmup_days) // 7)
        assert set(part["week"]) >= set(weeks[weeks >= 0].tolist()), name


def test_ltv_and_cac_are_margin_and_spending_for_each_customer_won(won: Any) -> None:
    rows, figures = won.world.crowd.rows, measure_all(won)
    mine = (rows["channel"] > 0) & ((rows["flags"] & PROSPECT) == 0)
    spent = sum(account.spent for account in won.notices["acquirer"].accounts.values())
    assert mine.sum() > 20 and SMALL["crowd.shoppers"] > mine.sum()
    assert figures["channel_ltv"] == pytest.approx(rows["margin"][mine].sum() / 100.0 / mine.sum())
    assert figures["channel_cac"] == pytest.approx(spent / 100.0 / mine.sum())
