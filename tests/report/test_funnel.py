"""The funnel: no share of the step above is more than all of it, and several orders of one checkout are told as such."""

from __future__ import annotations

import re
from datetime import datetime

import pandas as pd

from sim.report import draw
from sim.report.folder import Run, read
from sim.report.funnel import several, shopper_steps
from sim.report.words import Words


def run_of(**sums: float) -> Run:
    columns = {name: [value] for name, value in sums.items()}
    series = pd.DataFrame({"time": [datetime(2026, 6, 1)], "hour": [0], **columns})
    return Run(None, {}, {}, series, pd.DataFrame(), {})


PRESOLD = {
    "visits": 1000.0, "carts": 200.0, "checkouts": 100.0, "carts_ordered": 90.0, "orders": 126.0, "bot_orders": 18.0,
    "unpaid_orders": 8.0,
}  # fmt: skip


def test_several_orders_of_one_checkout_are_no_share_of_it():
    run = run_of(**PRESOLD)
    steps = shopper_steps(run, Words("en"))
    assert [(step.value, step.beside) for step in steps] == [
        (1000.0, ""), (200.0, "20%"), (100.0, "50%"), (90.0, "90%"), (108.0, "1.2 each"), (100.0, "92.6%"),
    ]  # fmt: skip
    assert several(run)


def test_a_share_above_all_is_not_shown():
    steps = shopper_steps(run_of(**{**PRESOLD, "checkouts": 250.0}), Words("en"))
    assert steps[2].beside == ""


def test_checkouts_with_an_order_are_at_most_the_checkouts_of_a_real_run(result_folder):
    counted = read(result_folder).counted.sum(numeric_only=True)
    assert 0.0 < counted["carts_ordered"] <= counted["checkouts"]
    assert counted["carts_ordered"] <= counted["orders"]


def test_the_page_shows_no_share_above_all(folder):
    text = draw(folder).read_text(encoding="utf-8")
    part = text[text.index('id="funnel"') : text.index('id="stock"')]
    assert all(float(share) <= 100.0 for share in re.findall(r"\(([\d.]+)%\)", part))
