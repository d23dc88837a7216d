"""Reports are self-contained, say the answer first, and exist in two languages."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest
from study_models import BaseStock, Gaussian, Ishigami, Newsvendor, Shop

from sim.core.picture import PAPER
from sim.study import api, figures, planes, words
from sim.study.model import BaseModel, Measure
from sim.study.outcome import Outcome
from sim.study.stats import Estimate
from sim.study.words import Text

UNIT = {"from": 0.0, "to": 1.0}
STUDIES = {
    "compare": lambda: api.compare(
        Gaussian(mean=100.0),
        {"现状": {}, "double sourcing": {"mean": 104.0, "policy": 2}},
        scenarios={"calm": {}, "风暴": {"shared": 3.0}},
        kpis=["profit", "cost", "cvar95_loss"],
        replications=6,
        store=None,
    ),
    "sweep": lambda: api.sweep(
        Newsvendor(), {"order": {"from": 40.0, "to": 70.0}}, kpis=["cost", "fill_rate"], store=None
    ),
    "sensitivity": lambda: api.sensitivity(
        Ishigami(), {f"x{i}": {"from": -math.pi, "to": math.pi} for i in (1, 2, 3)}, samples=16, store=None
    ),
    "optimise": lambda: api.optimise(
        Newsvendor(),
        {"order": {"from": 40.0, "to": 70.0}},
        [{"kpi": "cost"}, {"kpi": "fill_rate"}],
        trials=12,
        store=None,
    ),
    "break": lambda: api.break_(
        BaseStock(noise=0.2),
        [{"path": "outage", "from": "0d", "to": "30d"}],
        {"kpi": "lost_sales", "above": 0},
        policies={"薄": {}, "thick": {"base_stock": 180.0}},
        replications=12,
        store=None,
    ),
    "frontier": lambda: api.break_(
        BaseStock(noise=0.2),
        [{"path": "demand", "from": 5.0, "to": 20.0}, {"path": "outage", "from": "0d", "to": "30d"}],
        {"kpi": "lost_sales", "above": 0},
        replications=6,
        steps=3,
        store=None,
    ),
    "discover": lambda: api.discover(
        BaseStock(),
        {"outage": {"from": "0d", "to": "30d"}, "demand": {"from": 5.0, "to": 20.0}},
        {"kpi": "lost_sales", "above": 0},
        samples=120,
        store=None,
    ),
    "ab": lambda: api.ab(
        Shop(visitors=500), {}, {"share_b": 0.0}, {"share_b": 1.0}, no_effect={"lift": 0.0}, replications=10, store=None
    ),
    "cases": lambda: api.cases(
        Gaussian(mean=10.0),
        [{"name": "会员日", "claim": "+30%", "on": {"mean": 13.0}, "kpi": "profit", "literature": ["10%", "40%"]}],
        replications=10,
        store=None,
    ),
}


@pytest.fixture(scope="module")
def outcomes():
    return {name: make() for name, make in STUDIES.items()}


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_report_is_one_page_that_loads_nothing_and_says_the_answer_first(outcomes, name, lang, tmp_path):
    outcome = outcomes[name]
    outcome.save(tmp_path, lang=lang)
    page = (tmp_path / "study.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert not re.search(r"(src|href)=\"(https?:)?//", page.replace("http://www.w3.org", "")) and "<script" not in page
    assert page.count("<svg") == len(outcome.pictures) >= 1
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.S)
    first_effect = page.index("<h2>")
    assert page.index('class="answer"') < first_effect
    assert re.sub(r"\s+", " ", outcome.answer.get(lang))[:30].strip("“") in re.sub(
        r"\s+", " ", text.replace("&#34;", '"').replace("&#39;", "'")
    )
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
    assert "nan" not in re.sub(r"<details>.*?</details>", "", text, flags=re.S).lower().split()


@pytest.mark.parametrize("name", STUDIES)
def test_figures_are_well_formed_text_and_the_same_every_time(outcomes, name):
    for lang in ("en", "zh"):
        for picture in outcomes[name].pictures:
            drawn = figures.svg(picture.draw(lang), picture.title.get(lang))
            root = ElementTree.fromstring(drawn)
            assert root.findall(".//{http://www.w3.org/2000/svg}text"), "labels are text, not outlines"
            assert "Noto Sans CJK" in drawn and "sans-serif" in drawn
            assert drawn == figures.svg(picture.draw(lang), picture.title.get(lang))


def test_chinese_reports_are_chinese(outcomes):
    for outcome in outcomes.values():
        for sentence in [outcome.answer, *outcome.sure, *(picture.title for picture in outcome.pictures)]:
            assert re.search(r"[\u4e00-\u9fff]", sentence.zh), sentence
            assert sentence.en != sentence.zh


def test_a_report_is_readable_on_a_phone_and_in_the_dark_and_describes_its_figures(outcomes, tmp_path):
    outcomes["compare"].save(tmp_path)
    page = (tmp_path / "study.html").read_text(encoding="utf-8")
    assert "prefers-color-scheme:dark" in page and "background:#fff" not in page
    assert "overflow-wrap:anywhere" in page and page.count('class="scroll"><table>') == page.count("<table>") - 1
    assert page.count('<div class="scroll"><svg') == page.count("<svg") == page.count("<desc>")
    assert re.search(r"<desc>Blue: not beaten", page)


def test_names_are_escaped(tmp_path):
    outcome = api.compare(
        Gaussian(),
        {"<script>alert(1)</script>": {}, "b & c": {"policy": 2}},
        kpis=["profit"],
        replications=3,
        store=None,
    )
    outcome.save(tmp_path)
    page = (tmp_path / "study.html").read_text(encoding="utf-8")
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_tables_are_written_alike_in_json_and_parquet(outcomes, tmp_path):
    outcome = outcomes["compare"]
    outcome.save(tmp_path)
    table = pd.read_parquet(tmp_path / "table.parquet")
    rows = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert len(rows) == len(table) == 12
    assert rows[0]["value"] == table["value"][0] and rows[0]["difference"] is None
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["study"] == "compare" and manifest["settings"]["seed"] == 1


def test_notebooks_show_the_report_body(outcomes):
    body = outcomes["compare"]._repr_html_()
    assert body.lstrip().startswith("<style>") and "<svg" in body and "<html" not in body


def test_figures_can_be_taken_as_matplotlib_figures(outcomes):
    from matplotlib.figure import Figure

    assert isinstance(outcomes["compare"].figure(), Figure)
    with pytest.raises(IndexError):
        outcomes["compare"].figure(99)


@pytest.mark.parametrize(
    ("value", "unit", "lang", "signed", "shown"),
    [
        (1_234_567.0, "CNY", "en", False, "1.235M CNY"),
        (1_234_567.0, "CNY", "zh", False, "123.5万元"),
        (250_000_000.0, "CNY", "zh", False, "2.5亿元"),
        (0.934, "share", "en", False, "93.4%"),
        (0.9995, "share", "en", False, "99.95%"),
        (0.021, "share", "en", True, "+2.1 points"),
        (0.021, "share", "zh", True, "+2.1个百分点"),
        (-3.25, "d", "en", True, "−3.25 d"),
        (12_500.0, "", "en", False, "12.5k"),
        (math.nan, "CNY", "en", False, "–"),
        (math.inf, "CNY", "en", False, "∞"),
        (0.0, "CNY", "en", True, "0 CNY"),
        (0.001234, "", "en", False, "0.001234"),
    ],
)
def test_numbers_read_as_people_write_them(value, unit, lang, signed, shown):
    assert words.number(value, unit, lang, signed) == shown


def test_hostile_values_do_not_stop_a_figure():
    odd = [math.nan, math.inf, -math.inf, 1.0]
    on_front = np.array([True, False, False, True])
    drawn = [
        figures.forest(list("abcd"), odd, odd, odd, str, "x"),
        figures.distributions(["a", "b"], [np.array(odd), np.array([math.nan])], str, "x"),
        planes.pareto(list("abcd"), np.array(odd), np.array(odd), on_front, (str, str), ("x", "y")),
    ]
    for figure in drawn:
        text = figures.svg(figure)
        assert text.count("<svg") == 1 and ">x</text>" in text
        assert np.isfinite([*figure.axes[0].get_xlim(), *figure.axes[0].get_ylim()]).all()


class ThreeAims(BaseModel):
    """The policy's own three measures, known without noise but for ``noise`` on the third."""

    name = "three aims"

    def __init__(self):
        super().__init__({"profit": 0.0, "orders": 0.0, "trust": 0.0, "noise": 0.0})

    def run(self, resolved, seed, replication):
        shift = resolved["noise"] * (-1.0) ** replication
        return {"profit": resolved["profit"] + 0.1 * (-1.0) ** replication, "orders": resolved["orders"], "trust": resolved["trust"] + shift}

    def measures(self):
        return {name: Measure(name, f"the {name}", f"{name}值", "", True) for name in ("profit", "orders", "trust")}


@pytest.fixture(scope="module")
def three_aims():
    """c is beaten by b on profit and orders, and has the most trust; trust's mean is lost in its scatter."""
    policies = {
        "a": {"profit": 10.0, "orders": 9.0, "noise": 50.0},
        "b": {"profit": 12.0, "orders": 7.0, "noise": 50.0},
        "c": {"profit": 11.0, "orders": 6.0, "trust": 9.0, "noise": 50.0},
    }
    return api.compare(ThreeAims(), policies, kpis=["profit", "orders", "trust"], replications=8, store=None)


def test_the_front_drawn_is_that_of_the_two_axes_drawn(three_aims):
    picture = next(p for p in three_aims.pictures if p.title.en == "Trade-off")
    (axes,) = picture.draw("en").axes
    front = next(line for line in axes.lines if line.get_linestyle() == "-" and line.get_marker() == "o")
    assert list(zip(front.get_xdata(), front.get_ydata(), strict=True)) == [(10.0, 9.0), (12.0, 7.0)], "c is beaten here"
    crosses = [line for line in axes.lines if line.get_marker() == "None"]
    assert len(crosses) == 6 and max(np.ptp(line.get_xdata()) for line in crosses) > 0.0, "an interval each way"
    assert "c (" in picture.caption.en and "the trust counted too" in picture.caption.en and "trust值" in picture.caption.zh


def test_a_measure_with_an_uncertain_baseline_is_not_drawn_in_percent(three_aims):
    picture = next(p for p in three_aims.pictures if "percent" in p.title.en)
    rows = [label.get_text() for label in picture.draw("en").axes[0].get_yticklabels()]
    assert rows == ["the profit: b", "the profit: c", "the orders: b", "the orders: c"]
    assert "Left out" in picture.caption.en and "the trust" in picture.caption.en and "trust值" in picture.caption.zh


def test_better_and_worse_differ_in_marker_and_not_in_colour_alone():
    figure = figures.forest(list("abc"), [1.0, -1.0, 0.0], [0.5, -1.5, -1.0], [1.5, -0.5, 1.0], str, "x", [1, -1, 0])
    points = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    assert [point.get_marker() for point in points] == ["o", "s", "o"]
    assert len({point.get_markeredgecolor() for point in points}) == 3 and points[2].get_markerfacecolor() == PAPER


def test_an_outcome_without_rows_still_makes_a_page(tmp_path):
    Outcome("sweep", "empty", pd.DataFrame(), Text("Nothing.", "无。")).save(tmp_path)
    assert "Nothing." in (tmp_path / "study.html").read_text(encoding="utf-8")


def test_a_policy_that_changes_nothing_is_told():
    policies = {"a": {}, "same": {"policy": 0}, "other": {"policy": 2, "mean": 1.0}}
    outcome = api.compare(Gaussian(policy=0), policies, kpis=["profit"], replications=5, store=None)
    said = [text.get("en") for text in outcome.sure]
    assert [text for text in said if "changes nothing" in text] == [
        "same changes nothing here: each of its runs is that of a."
    ]
    (table,) = outcome.effects
    chances = {row[1].en: row[4] for row in table.rows}
    assert (chances["same"].en, chances["same"].zh) == ("no run differs", "各次运行相同")
    assert chances["other"].en.endswith("%")


def test_policies_that_all_change_nothing_are_the_answer_and_not_a_difference_by_chance():
    outcome = api.compare(Gaussian(policy=0), {"a": {}, "same": {"policy": 0}}, kpis=["profit"], replications=5, store=None)
    assert outcome.answer.en == "same changes nothing here: each run is that of a."
    assert outcome.answer.zh == "“same”在此不起作用：每次运行都与“a”相同。"


@pytest.mark.parametrize(
    ("name", "unit", "value", "ends"),
    [
        ("fill_rate", "share", 0.97, (0.9, 1.0)),
        ("turnover_days", "d", 0.05, (0.0, 0.12)),
        ("gross_margin", "share", 0.97, (0.9, 1.04)),
        ("profit", "CNY", 0.01, (-0.06, 0.08)),
        ("refund_share", "share", 0.97, (0.9, 1.04)),
        ("fill_rate", "share", 1.2, (1.13, 1.27)),  # not what it says it is: left alone
    ],
)
def test_an_interval_ends_where_the_measure_does(name, unit, value, ends):
    told = words.within(Estimate(value, value - 0.07, value + 0.07, 3), name, unit)
    assert (told.low, told.high) == pytest.approx(ends) and told.value == value


def test_a_sweep_tells_intervals_beyond_what_is_possible_by_their_ends():
    from sim.study.sweeping import _mean

    assert _mean(0.845, 0.381, "fill_rate", "share", "en") == "84.5% (46.4% … 100%)"
    assert _mean(0.845, 0.1, "fill_rate", "share", "en") == "84.5% ± 10%"
    assert _mean(69.7, 89.2, "turnover_days", "d", "zh") == "69.7天（0天 … 158.9天）"


def test_series_of_a_sweep_differ_in_marker_and_dash_and_stand_side_by_side():
    x, y = np.array([1.0, 2.0] * 3), np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
    figure = planes.scatter(x, y, ["a", "a", "b", "b", "c", "c"], (str, str), ("x", "y"), np.full(6, 0.2), (0.0, 1.0))
    joined = [line for line in figure.axes[0].lines if not line.get_label().startswith("_")]
    assert len({line.get_marker() for line in joined}) == 3 and len({line.get_linestyle() for line in joined}) >= 2
    assert len({tuple(line.get_xdata()) for line in joined}) == 3
    assert max(float(np.max(line.get_ydata())) for line in figure.axes[0].lines) <= 1.0


def test_what_was_studied_is_readable():
    from sim.study.report import _cell

    assert _cell({"fixed": {}, "lean": {"supply.stock.initial": "15d"}}) == "fixed: –; lean: supply.stock.initial = 15d"
    assert _cell(318_686_000.0) == "318,686,000" and _cell(0.861208) == "0.861208"
