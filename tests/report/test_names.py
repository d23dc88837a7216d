"""Names on pages: everything that files name has a label in both languages, and none shows an identifier."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sim
from sim.books import names
from sim.engine.metrics import NAMES, WORDS
from sim.platform.config import Platform
from sim.platform.graph import node_names
from sim.platform.state import ACTION_NAMES
from sim.scenario.catalogue import events
from sim.shelf.config import Shelf
from sim.supply.config import Supply

CHINESE = re.compile("[\u4e00-\u9fff]")


def test_every_registered_event_has_a_label_in_both_languages_and_no_other_has():
    registered = {entry.name for entry in events() if not entry.package}
    assert len(registered) > 80
    assert registered == set(names.EVENTS)


@pytest.mark.parametrize("table", [names.EVENTS, names.THINGS, names.READINGS], ids=["events", "things", "readings"])
def test_labels_are_no_identifiers_and_chinese_is_chinese(table):
    for name, (english, chinese) in table.items():
        assert english and "_" not in english + chinese and "." not in english + chinese, name
        assert CHINESE.search(chinese), name


def test_every_service_dependency_action_category_and_region_of_a_shop_that_names_none_has_a_label():
    usual = [*node_names(Platform()), *ACTION_NAMES, *Shelf().catalogue.categories, *Supply().regions]
    usual += ["shop", "supplier-3", "couriers-2", "central-1", "regional-6", "front-20", "action.order"]
    for name in usual:
        assert "_" not in names.thing(name) and CHINESE.search(names.thing(name, "zh")), name


def test_every_reading_has_a_label():
    for name in [*NAMES, *(f"platform.order.{word}" for word in WORDS), "platform.payment.db.primary.utilisation"]:
        for lang in ("en", "zh"):
            assert not re.search(r"[_.]", names.reading(name, lang)), name
        assert CHINESE.search(names.reading(name, "zh")), name


def test_every_conservation_law_has_a_chinese_name():
    sources = Path(sim.__file__).parent.rglob("laws.py")
    declared = {name for path in sources for name in re.findall(r'@law\("([^"]+)"\)', path.read_text(encoding="utf-8"))}
    assert declared == set(names.LAWS_ZH)


@pytest.mark.parametrize(
    ("call", "en", "zh"),
    [
        (lambda lang: names.happened("supply.port_closure", "pearl_delta", lang), "Port closed: Pearl River Delta", "港口关闭：珠三角"),
        (lambda lang: names.happened("supply.price_rise", "all", lang), "Suppliers raise prices", "供应商涨价"),
        (lambda lang: names.step("platform.failover payment.db", lang), "Failover: payment database", "主备切换：支付数据库"),
        (lambda lang: names.event("own.big_thing", lang), "big thing", "big thing"),
        (lambda lang: names.thing("supplier-1, my_own", lang), "supplier 1, my own", "供应商 1、my own"),
        (lambda lang: names.reading("platform.order.latency_p99", lang), "Order: latency, 99th percentile", "订单延迟 99 分位"),
    ],
)  # fmt: skip
def test_names_are_told_with_what_they_befell(call, en, zh):
    assert (call("en"), call("zh")) == (en, zh)
