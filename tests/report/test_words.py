"""The dictionary: complete in both languages, nothing said that is not in it, nothing in it that is not said."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import sim.report
from sim.books.measures import GROUPS, all_measures
from sim.books.state import ACCOUNTS
from sim.report.alone import LOAD, STOCK
from sim.report.headline import TILES
from sim.report.words import Words, words

SOURCES = [path for path in Path(sim.report.__file__).parent.iterdir() if path.suffix in (".py", ".j2")]


def test_both_languages_have_the_same_blanks_to_fill():
    for name, (english, chinese) in words().items():
        blanks = [{field for _, field, _, _ in Formatter().parse(text) if field} for text in (english, chinese)]
        assert blanks[0] == blanks[1], name


def test_chinese_is_chinese():
    same = {"p95"}  # a percentage
    for name, (english, chinese) in words().items():
        assert english.strip() and chinese.strip()
        assert name in same or re.search(r"[\u4e00-\u9fff]", chinese), name


def test_every_word_asked_for_is_in_the_dictionary():
    asked = set()
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for pattern in (r"words\[[\"'](\w+)[\"']\]", r"words\(\s*[\"'](\w+)[\"']"):
            asked |= set(re.findall(pattern, text))
    assert len(asked) > 60
    assert asked <= set(words())


@pytest.mark.parametrize("name", [f"tile_{name}" for name in (*TILES, *STOCK, *LOAD)])
def test_every_tile_has_its_note(name):
    assert name in Words("en")


def test_every_group_of_measures_has_a_title_and_every_measure_a_label_in_both_languages():
    assert [name for name in GROUPS if f"group_{name}" not in Words("en")] == []
    latin = {"roas"}  # an abbreviation that Chinese readers use
    for measure in all_measures().values():
        assert measure.label and "_" not in measure.label + measure.label_zh, measure.name
        assert measure.name in latin or re.search(r"[\u4e00-\u9fff]", measure.label_zh), measure.name


def test_every_account_of_the_statement_has_a_name():
    assert {name for name in ACCOUNTS if name not in Words("en")} == {
        "cash", "inventory", "advances", "payables", "capital",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("n", "en", "zh"),
    [(0, "no promotion", "0 场促销"), (1, "1 promotion", "1 场促销"), (7, "7 promotions", "7 场促销")],
)
def test_counted_things_are_said_in_the_right_number(n, en, zh):
    assert Words("en").counted("promotions", n) == en
    assert Words("zh").counted("promotions", n) == zh


def test_every_kind_of_promotion_has_a_name_in_both_languages() -> None:
    from typing import get_args

    from sim.report.calendar import _label
    from sim.shelf.config import Promotion

    kinds = [kind for model in get_args(get_args(Promotion)[0]) for kind in get_args(model.model_fields["kind"].annotation)]
    assert len(kinds) >= 9
    for lang in ("en", "zh"):
        for kind in kinds:
            spec = {"off": "10%", "every": "300 CNY", "threshold": "199 CNY", "amount": "5 CNY", "ladder": {"2": "8%", "5": "15%"}}
            assert kind not in _label(kind, spec, Words(lang)), kind
    assert _label("group_buy", {"ladder": {"2": "8%", "5": "15%"}}, Words("en")) == "Group-buy −15%"
    assert _label("cash_back", {"amount": "5 CNY"}, Words("en")) == "Cash for reviews 5"
