"""What failed and what was turned away is told alike on the page, in its tables and in the measures."""

from __future__ import annotations

import json
import re

import pytest

from sim.core.wording import number
from sim.report import draw
from sim.report.failures import shares, worst_action
from sim.report.folder import read


def test_the_worst_hour_of_the_page_is_that_of_the_measure(folder):
    kpis = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))
    assert kpis["worst_hour_availability"] < 0.99, "the order service was down for half an hour"
    text = draw(folder).read_text(encoding="utf-8")
    whole, worst = re.search(r"<li>(\S+%) of user actions failed or were turned away; .*?\((\S+%)\)", text).groups()
    assert worst == number(1.0 - kpis["worst_hour_availability"], "share")
    assert whole == number(1.0 - kpis["availability"], "share")


def test_the_action_hit_hardest_is_named_with_its_hour(folder):
    found = worst_action(read(folder))
    assert found.action in ("order", "pay") and found.hour == 72 and found.share > 0.3
    text = draw(folder).read_text(encoding="utf-8")
    assert re.search(r"Hit hardest was “(order|pay)”: \S+% of it came to nothing in the hour from 06-18 00:00", text)
    assert "受影响最大的操作是" in draw(folder, "zh").read_text(encoding="utf-8")


def test_what_was_turned_away_counts_as_much_as_what_failed(folder):
    run = read(folder)
    assert run.counted["requests_shed"].sum() > 0.0
    assert shares(run.counted).max() == pytest.approx(1.0 - run.kpis["worst_hour_availability"], rel=1e-5)


def test_a_worst_hour_of_next_to_nothing_is_no_finding(folder):
    import pandas as pd

    for name, columns in (("series", ("requests_failed", "requests_shed")), ("actions", ("failed", "shed"))):
        table = pd.read_parquet(folder / f"{name}.parquet")
        table[list(columns)] = 0.0
        table[columns[0]] = table["requests"] * 1e-4
        table.to_parquet(folder / f"{name}.parquet")
    assert "of user actions failed" not in draw(folder).read_text(encoding="utf-8")


def test_an_event_tells_when_it_was_and_what_was_lost_meanwhile(folder):
    text = draw(folder).read_text(encoding="utf-8")
    told = re.search(r"<li>Event 2, 06-18 00:05: Crash: order for 30 min\. In the hours it touched: (.*?)</li>", text)
    assert re.search(r"\d attempts to order or pay came to nothing \(\S+%\)", told[1])
    assert "Attackers:" not in text, "there were none"


def test_the_busiest_service_is_named_and_a_dependency_told_as_such(folder):
    text = draw(folder).read_text(encoding="utf-8")
    assert "payment provider (dependency)" in text
    part = text[text.index('id="capacity"') : text.index('id="funnel"')]
    assert re.search(r"own \(at the peak: \w[\w, ]*\)", part) and "dependencies (at the peak: payment provider)" in part
