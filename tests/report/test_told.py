"""What the page says beside its figures: attackers, too few rows, marks, descriptions, Chinese."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from sim.books.measures import all_measures
from sim.report import draw
from sim.report.befallen import attacks
from sim.report.folder import Run, read
from sim.report.headline import articles, few_rows
from sim.report.journal_words import journal_word
from sim.report.words import Words


def test_attackers_are_told_with_what_they_got():
    run = Run(None, {}, {"coupon_leakage": 0.914, "attacker_profit": 6.9e6, "fraud_loss": 0.0}, None, None, {})
    assert attacks(run, all_measures(), Words("en")) == (
        "Attackers: coupon budget leaked 91.4%; profit of attackers 6.9M CNY."
    )
    assert attacks(Run(None, {}, {"coupon_leakage": 0.0}, None, None, {}), all_measures(), Words("en")) == ""


@pytest.mark.parametrize(("shoppers", "told"), [(1500, "7.5"), (4000, ""), (3999, "20")])
def test_few_shoppers_for_each_article_are_warned_of(result_folder, shoppers, told):
    run = read(result_folder)
    run.scenario["crowd"]["shoppers"] = shoppers
    text = few_rows(run, Words("en"))
    assert (f"Only {told} simulated shoppers" in text and "shelf.catalogue.skus" in text) if told else text == ""


def test_dotted_lines_are_explained_only_where_there_are_some(folder):
    assert "Dotted lines: openings." in draw(folder).read_text(encoding="utf-8")
    pd.read_parquet(folder / "promotions.parquet").iloc[:0].to_parquet(folder / "promotions.parquet")
    assert "Dotted lines" not in draw(folder).read_text(encoding="utf-8")


def test_every_figure_says_in_words_what_it_shows(folder):
    for lang in ("en", "zh"):
        text = draw(folder, lang).read_text(encoding="utf-8")
        described = re.findall(r'<svg [^>]*aria-describedby="([\w-]+)"[^>]*><desc id="([\w-]+)">(.+?)</desc>', text)
        assert len(described) == text.count("<svg ") and all(one == two for one, two, _ in described)
    assert "Visits per hour: up to" in draw(folder).read_text(encoding="utf-8")


def test_headline_figures_have_three_digits(folder):
    kpis = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))
    kpis["gmv"] = 311_125_060.0
    (folder / "kpis.json").write_text(json.dumps(kpis), encoding="utf-8")
    assert '<span class="value">311M CNY</span>' in draw(folder).read_text(encoding="utf-8")


def test_the_journal_and_the_units_are_in_chinese(folder):
    text = draw(folder, "zh").read_text(encoding="utf-8")
    assert "顾客回流：开售" in text and ">come back" not in text and ">slow movers" not in text
    assert not re.search(r'class="n">[^<]*contacts', text)
    assert "仿真暖机期（不计入）" in text and "预热期" not in text
    assert journal_word("crashed_over", "zh") == "宕机结束" and journal_word("own_kind", "zh") == "own kind"


def test_every_kind_the_journal_is_given_has_a_chinese_name():
    from pathlib import Path

    import sim

    given = set()
    for path in Path(sim.__file__).parent.rglob("*.py"):
        given |= set(re.findall(r'journal\.record\(\s*"\w+", "(\w+)"', path.read_text(encoding="utf-8")))
        given |= set(re.findall(r'\.tell\(\s*"(\w+)"', path.read_text(encoding="utf-8")))
    assert len(given) > 60
    strange = {kind for kind in given if not re.search("[\u4e00-\u9fff]", journal_word(kind, "zh"))}
    assert strange <= {"opens", "closes"}


def test_a_page_breaks_well_on_paper_and_wraps_its_commands(folder):
    text = draw(folder).read_text(encoding="utf-8")
    assert "@page{margin:" in text and "h2,h3,.note{break-after:avoid}" in text and "pre{white-space:pre-wrap" in text


def test_no_identifier_stands_in_the_text_of_a_chinese_page(folder, stations_folder):
    named = {"events.parquet", "shelf.catalogue.skus"}  # a file, and a setting to be typed
    for one in (folder, stations_folder):
        text = re.sub(r"(?s)<(style|pre|details|svg:defs)\b.*?</\1>", " ", draw(one, "zh").read_text(encoding="utf-8"))
        text = re.sub(r'<span class="formula">.*?</span>', " ", text)  # formulas name accounts of the ledger
        shown = re.sub(r"<[^>]+>", " ", re.sub(r"<!--.*?-->", " ", text))
        assert re.findall(r"[A-Za-z]+(?:_[A-Za-z]+)+", shown) == []
        assert [name for name in re.findall(r"[a-z]+(?:\.[a-z]+)+", shown) if name not in named] == []


def test_articles_are_those_of_the_users_table_not_of_the_catalogue_that_it_replaces(result_folder):
    run = read(result_folder)
    assert articles(run) == 200
    run.scenario["shelf"]["catalogue"]["skus"] = 2_000  # what a file says beside a table of its own goods
    run.scenario["crowd"]["shoppers"] = 4_000
    assert articles(run) == 200
    assert few_rows(run, Words("en")) == ""
