"""Measures: a label names one of them, and parts add up to the whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import sim
from sim.books.measures import all_measures
from sim.books.measures.result import EXPENSES


@pytest.mark.parametrize("label", ["label", "label_zh"])
def test_no_two_measures_have_one_label(label: str) -> None:
    counts = Counter(getattr(measure, label) for measure in all_measures().values())
    assert [name for name, count in counts.items() if count > 1] == []


def test_every_expense_of_the_profit_is_a_measure() -> None:
    assert {f"{name}_cost" for name in EXPENSES} <= set(all_measures())


def test_costs_and_cuts_add_up() -> None:
    scenario = Path(__file__).parents[2] / "scenarios" / "618.yaml"
    small = {"crowd.shoppers": 600, "crowd.represents": "60k", "days": 5, "shelf.catalogue.skus": 60}
    kpis = sim.run(sim.load(scenario, small), seed=2).kpis
    costs = sum(kpis[f"{name}_cost"] for name in EXPENSES)
    assert kpis["gross_profit"] - kpis["profit"] == pytest.approx(costs)
    cuts = sum(kpis[f"discount_{kind}"] for kind in ("item", "member", "full_reduction", "coupon"))
    assert kpis["discount_share"] * kpis["gmv"] == pytest.approx(cuts)
