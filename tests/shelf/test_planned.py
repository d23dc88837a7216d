"""What buyers of stock are told of coming promotions."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from sim.core.calendar import Calendar
from sim.core.rng import Draws
from sim.shelf import ab
from sim.shelf.config import AbTest, Shelf
from sim.shelf.planned import planned_prices
from sim.shelf.promotions import windows
from sim.shelf.state import SKU

FOUR_TO_FIVE = {"skus": "all", "from": "06-02", "to": "06-03"}


@pytest.mark.parametrize(
    ("promotion", "price", "why"),
    [
        ({"kind": "discount", "off": "20%"}, 0.8, "its depth"),
        ({"kind": "discount", "off": "20%", "to": "06-02 12:00"}, 0.9, "half the day"),
        ({"kind": "full_reduction", "every": "200 CNY", "off": "20 CNY"}, 0.9, "off by every"),
        ({"kind": "group_buy", "ladder": {"2": "10%", "5": "40%"}}, 0.9, "the smallest group's"),
        ({"kind": "cash_back", "amount": "10 CNY"}, 1.0, "comes after the sale"),
        ({"kind": "discount", "off": "20%", "arm": "b"}, 0.95, "a quarter of the shoppers"),
    ],
)
def test_a_day_of_a_promotion_is_planned_with_what_shoppers_will_see(promotion, price, why) -> None:  # type: ignore[no-untyped-def]
    test = {"arms": {"a": {"share": 1.0}, "b": {"share": 1.0}}, "exposure": "50%"}
    shelf = Shelf.model_validate({"promotions": [{**FOUR_TO_FIVE, **promotion}], "ab": test})
    calendar = Calendar(date(2026, 6, 1), 4, 0)
    found = windows(shelf, calendar, np.zeros(3, SKU), ["one"], Draws(1))
    plan = planned_prices(found, 4, 3, ab.shares(shelf.ab))
    assert plan[1] == pytest.approx([price] * 3, abs=1e-6), why
    assert (np.delete(plan, 1, 0) == 1.0).all()


def test_shares_of_a_blank_test_and_of_everyone() -> None:
    arms = {"arms": {"a": {}, "b": {"share": 3.0}}, "exposure": "80%"}
    assert ab.shares(AbTest.model_validate(arms)) == pytest.approx({"a": 0.2, "b": 0.6})
    assert ab.shares(AbTest.model_validate({**arms, "blank": True})) == {"a": 0.8, "b": 0.0}
    assert ab.shares(AbTest.model_validate({**arms, "everyone": "b"})) == {"a": 0.0, "b": 0.8}
    assert ab.shares(None) == {}
