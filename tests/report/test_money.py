"""The waterfall: every account is in it once, it ends where the ledger ends, and the books' own profit agrees."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.books.state import ACCOUNTS
from sim.report.folder import Run, read
from sim.report.money import COSTS, DEDUCTIONS, GAINS, discounts, gains, statement

BALANCE_SHEET = {"cash", "inventory", "advances", "payables", "capital"}


def run_with(rows: list[tuple[int, str, float, float]]) -> Run:
    ledger = pd.DataFrame(rows, columns=["day", "account", "debit", "credit"])
    empty = pd.DataFrame({"time": [], "hour": []})
    return Run(Path("."), {}, {}, empty, empty, {"ledger": ledger})


def test_every_account_is_of_the_balance_sheet_or_in_the_statement_once():
    named = [*GAINS, *DEDUCTIONS, "cost_of_goods", *COSTS]
    assert sorted([*named, *BALANCE_SHEET]) == sorted(ACCOUNTS)


def test_a_small_ledger_by_hand():
    steps = statement(
        run_with([
            (-1, "sales", 0.0, 999.0),  # warm-up
            (0, "sales", 0.0, 100.0), (1, "sales", 0.0, 100.0),
            (0, "discounts", 30.0, 0.0), (1, "returns", 20.0, 0.0),
            (0, "cost_of_goods", 100.0, 10.0),  # a returned article goes back into stock
            (1, "shipping", 15.0, 0.0), (1, "sourcing", 0.0, 5.0),  # cheaper than usual: a gain
            (1, "cash", 500.0, 0.0),
        ])
    )  # fmt: skip
    assert [(step.name, step.value, step.total) for step in steps] == [
        ("sales", 200.0, True), ("discounts", -30.0, False), ("returns", -20.0, False), ("net_revenue", 150.0, True),
        ("cost_of_goods", -90.0, False), ("gross_profit", 60.0, True), ("shipping", -15.0, False),
        ("sourcing", 5.0, False), ("profit", 50.0, True),
    ]  # fmt: skip


postings = st.lists(
    st.tuples(
        st.integers(0, 30), st.sampled_from(ACCOUNTS), st.integers(0, 10**9).map(float),
        st.integers(0, 10**9).map(float),
    ),
    min_size=1,
    max_size=40,
)


@settings(deadline=None)  # a first call imports pandas
@given(postings)
def test_each_step_begins_where_the_last_ended_and_the_end_is_the_sum(rows):
    run = run_with([*rows, (0, "sales", 0.0, 3e10)])
    steps = statement(run)
    for before, after in pairwise(steps):
        assert after.start == 0.0 if after.total else after.start == before.end
    assert steps[-1].end == sum(gains(run).values())


def test_without_sales_there_is_no_statement():
    assert statement(run_with([(0, "holding", 5.0, 0.0)])) == []


def test_the_statement_of_a_real_run_agrees_with_the_books(result_folder):
    kpis = json.loads((result_folder / "kpis.json").read_text(encoding="utf-8"))
    steps = {step.name: step.value for step in statement(read(result_folder))}
    for name in ("net_revenue", "gross_profit", "profit"):
        assert steps[name] == pytest.approx(kpis[name], abs=0.01)


def test_discounts_of_a_real_run_are_those_of_its_kpis(result_folder):
    kpis = json.loads((result_folder / "kpis.json").read_text(encoding="utf-8"))
    found = {kind: value for kind, value, _ in discounts(read(result_folder))}
    assert found["discount_item"] > 0.0
    for kind in ("discount_item", "discount_full_reduction", "discount_coupon"):
        assert found.get(kind, 0.0) == pytest.approx(kpis[kind], abs=0.01)
