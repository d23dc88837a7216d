"""A presale blurs what a day sells: those days teach the forecast nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sim.engine.marketplace import Marketplace
from sim.fulfilment.state import DEPOSIT
from sim.scenario import load
from sim.supply.presale import BALANCE_DAYS, Presale

BASE = Path(__file__).parents[2] / "scenarios" / "base.yaml"


def test_days_of_a_presale_and_of_its_balances_are_not_plain() -> None:
    presale, plain = Presale(3), []
    for day in range(6):
        deposit = np.array([0.1 if day < 2 else 0.0, 0.0, 1.0])  # presold, ordinary, bought in groups: paid in full
        plain.append(presale.plain_days(deposit).tolist())
    first = [row[0] for row in plain]
    assert first == [False] * (2 + BALANCE_DAYS) + [True] * (4 - BALANCE_DAYS)
    assert all(row[1:] == [True, True] for row in plain)


def test_what_is_presold_is_counted_line_by_line_and_not_forgotten_by_the_forecast() -> None:
    presale = {
        "kind": "presale", "deposit": "10%", "off": "5%", "skus": "top 10%", "from": "06-01", "balance": "06-11 20:00",
    }  # fmt: skip
    shop = {"crowd.shoppers": 3000, "crowd.represents": "60k", "shelf.catalogue.skus": 60, "warmup": "10d", "days": 12}
    market = Marketplace(load(BASE, {**shop, "shelf.promotions": [presale]}), seed=1)
    start = market.calendar.warmup
    market.run_until(start - 1)
    planner = market.notices["planner"]
    presold = np.argsort(-market.expected_units, kind="stable")[:4]
    before = planner.forecast.mean[presold].copy()
    market.run_until(start + 10 * 1440)
    orders = market.world.fulfilment.orders
    mine = (orders["deposit"] > 0) & (orders["shopper"] >= 0)
    wanted = np.zeros(60, np.int64)
    for order in orders[mine]:
        for line in range(int(order["lines"])):
            if order["line_state"][line] == DEPOSIT:
                wanted[order["sku"][line]] += order["quantity"][line]
    assert wanted.sum() > 20
    np.testing.assert_array_equal(planner.presold(), wanted)
    assert (planner.forecast.mean[presold] > 0.7 * before).all()
