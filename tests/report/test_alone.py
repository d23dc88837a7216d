"""Runs without shoppers show what they hold: a stock, or stations; never a trade that nobody plied."""

from __future__ import annotations

import re

from sim.report import draw


def test_stations_are_told_without_shop_stock_or_empty_axes(stations_folder):
    text = draw(stations_folder).read_text(encoding="utf-8")
    tiles = re.findall(r'<li data-kpi="([\w.]+)"', text)
    assert "fulfilment.station.wait_mean" in tiles and all(name.startswith("fulfilment.") for name in tiles)
    assert "<svg" not in text and "articles" not in text[: text.index("<nav")]
    assert re.search(r"Station: mean wait</span><span class=\"value\">[\d.]+ ± [\d.]+ min<", text)
    for name in ("gmv", "in_stock_rate", "orders"):
        assert f'data-kpi="{name}"' not in text


def test_one_article_is_not_called_articles(alone_folder, stations_folder):
    from sim.report.folder import read
    from sim.report.headline import replayed
    from sim.report.words import Words

    run = read(alone_folder)
    run.tables["stock"]["skus"] = 1
    assert "A given demand for 1 article, without" in replayed(run, 0, 0, Words("en"))
    assert "1 articles" not in draw(stations_folder).read_text(encoding="utf-8")


def test_measures_that_are_nought_because_nobody_shops_are_left_out(alone_folder):
    text = draw(alone_folder).read_text(encoding="utf-8")
    assert 'data-kpi="gmv"' not in text and '<tr data-kpi="fill_rate"' in text


def test_a_machine_room_under_a_load_alone_is_told_as_such(result_folder):
    from dataclasses import replace

    from sim.books.measures import all_measures
    from sim.report.folder import read
    from sim.report.headline import replayed, tiles
    from sim.report.words import Words

    run = read(result_folder)
    kpis = {name: value for name, value in run.kpis.items() if name in ("availability", "goodput", "latency_p99")}
    alone = replace(run, series=run.series.drop(columns="visits"), kpis=kpis)
    assert replayed(alone, 0, 0, Words("en")).startswith("The platform alone under a given load")
    assert [tile.name for tile in tiles(alone, all_measures(), Words("zh"))] == ["availability", "latency_p99", "goodput"]
