"""What a promotion says is what a shopper gets, to the fen, the line and the minute."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.marketplace import Marketplace
from sim.fulfilment.state import DEPOSIT
from sim.scenario import load
from sim.shelf.state import C_USED

BASE = Path(__file__).parents[2] / "scenarios" / "base.yaml"
SMALL = {
    "crowd.shoppers": 2500, "crowd.represents": 2500, "shelf.catalogue.skus": 60, "warmup": "1d", "days": 4,
    "crowd.visits.per_day": 2.0,
}  # fmt: skip


def shop(*promotions: dict[str, Any], **more: Any) -> Marketplace:
    return Marketplace(load(BASE, {**SMALL, **more, "shelf.promotions": list(promotions)}), seed=5)


def test_a_deposit_is_the_share_that_is_said_and_no_fen_above_the_next_whole_one() -> None:
    market = shop({"kind": "presale", "deposit": "10%", "skus": "all", "from": "06-01 00:00", "balance": "06-04 20:00"})
    market.run_until(market.calendar.warmup + 3 * 1440)
    orders = market.world.fulfilment.orders
    held = orders[(orders["shopper"] >= 0) & (orders["line_state"][:, 0] == DEPOSIT)]
    assert len(held) > 50 and (held["paid"][:, 0] % 10 == 0).any()
    exact = [sum(ceil(int(paid) * Fraction(1, 10)) for paid in row["paid"][: row["lines"]]) for row in held]
    assert held["deposit"].tolist() == exact


def test_the_room_s_urgency_is_that_of_the_lines_bought_in_it() -> None:
    room = {"kind": "livestream", "room": "food", "at": "06-01 00:00", "for": "20h", "fee": "0 CNY"}
    flash = {"kind": "flash", "off": "30%", "skus": "category:household", "at": ["06-01 00:00"], "for": "20h"}
    market = shop(room, flash, **{"crowd.choice.further_lines": "90%"})
    market.run_until(market.calendar.warmup + 1440)
    orders, skus = market.world.fulfilment.orders, market.world.shelf.skus
    food = market.category_names.index("food")
    rows = orders[(orders["shopper"] >= 0) & (orders["placed"] >= market.calendar.warmup)]
    rows = rows[rows["placed"] < market.calendar.warmup + 20 * 60]
    mixed = 0
    for row in rows:
        inside = [int(skus["category"][sku]) == food for sku in row["sku"][: row["lines"]]]
        assert [bool(row["live"] & (1 << line)) for line in range(row["lines"])] == inside
        mixed += len(set(inside)) > 1
    assert mixed > 5, "orders of both kinds of lines were looked at"


def test_a_coupon_ends_at_the_minute_its_campaign_ends() -> None:
    coupon = {
        "kind": "coupon", "threshold": "20 CNY", "off": "10 CNY", "budget": "100000 CNY", "claim": "90%",
        "from": "06-01 00:00", "to": "06-02 12:00",
    }  # fmt: skip
    market = shop(coupon)
    used = []
    for hour in (0, 12, 24 + 11, 24 + 12, 24 + 24, 72):
        market.run_until(market.calendar.warmup + 60 * hour)
        used.append(int(market.world.shelf.coupons[0, C_USED]))
    assert used[0] == 0 and 0 < used[1] < used[2] <= used[3]
    assert used[3:] == [used[3]] * 3, "nobody uses one from noon on"
    assert np.diff(used[1:3])[0] > 0
