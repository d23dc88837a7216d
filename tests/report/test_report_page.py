"""The page of a real run: what stands on it, where it comes from, and that it appears whole."""

from __future__ import annotations

import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sim.report import draw
from sim.report.folder import ReportError, read
from sim.report.headline import TILES, value_of
from sim.report.words import Words


class Page(HTMLParser):
    """Collects tags, attributes and text; unclosed and crossing tags are an error."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-5:])
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


def drawn(folder: Path, lang: str = "en") -> str:
    return draw(folder, lang).read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_tile_shows_the_value_of_kpis_json(folder, lang):
    from sim.books.measures import all_measures

    text = drawn(folder, lang)
    kpis = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))
    tiles = dict(re.findall(r'<li data-kpi="(\w+)".*?<span class="value[^"]*">(.*?)</span>', text))
    assert list(tiles) == [name for name in TILES if name in kpis]
    assert len(tiles) >= 8
    for name, shown in tiles.items():
        assert html.unescape(shown) == value_of(name, kpis[name], all_measures(), Words(lang), 3)


def test_every_measure_of_kpis_json_is_in_the_table(folder):
    kpis = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))
    rows = re.findall(r'<tr data-kpi="(\w+)">', drawn(folder))
    assert sorted(rows) == sorted(kpis)


def test_a_measure_that_is_not_there_is_neither_shown_nor_invented(folder):
    kpis = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))
    for name in ("gmv", "fill_rate"):
        del kpis[name]
    kpis["own_measure"] = 12.5
    kpis["broken"] = None
    (folder / "kpis.json").write_text(json.dumps(kpis), encoding="utf-8")
    text = drawn(folder)
    assert 'data-kpi="gmv"' not in text and 'data-kpi="fill_rate"' not in text and 'data-kpi="broken"' not in text
    assert re.search(r'data-kpi="own_measure"><td>own measure</td><td class="n">12\.5<', text)


def test_nothing_is_loaded_from_anywhere_and_nothing_is_executed(folder):
    text = drawn(folder)
    assert "<script" not in text
    for name, value in Page(text).attributes:
        if name in ("src", "href", "xlink:href"):
            assert value.startswith(("#", "data:")), value
    assert not re.search(r"@import|url\((?!#)", text)


def test_names_from_a_file_are_text_never_markup(folder):
    text = drawn(folder)
    assert "Small festival &amp; &lt;co&gt;" in text and "<co>" not in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tags_are_closed_and_ids_are_unique(folder, lang):
    page = Page(drawn(folder, lang))
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_a_page_in_chinese_has_no_english_headings(folder):
    from sim.report.words import words

    text = drawn(folder, "zh")
    headings = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", text)
    assert len(headings) >= 12
    english = {pair[0] for pair in words().values()}
    assert not english & set(headings)
    assert all(re.search(r"[\u4e00-\u9fff]", heading) for heading in headings)


def test_equal_folders_give_equal_pages(folder):
    first = drawn(folder)
    assert drawn(folder) == first


def test_scheduled_events_are_numbered_alike_in_timeline_and_figures(folder):
    text = drawn(folder)
    assert re.search(r"<td>06-16 09:00</td><td>1</td><td>Supplier down: supplier 1</td><td>for 2 d</td>", text)
    assert re.search(r"<td>06-18 00:05</td><td>2</td><td>Crash: order</td><td>for 30 min</td>", text)
    demand = text[text.index('id="demand"') : text.index('id="capacity"')]
    assert len(re.findall(r"<text[^>]*>1</text>", demand)) == len(re.findall(r"<text[^>]*>2</text>", demand)) == 2


def test_a_broken_law_is_said_and_marked(folder):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert 'class="law"' in drawn(folder) and "All " in drawn(folder)
    manifest["laws"]["stock"] = "17 units missing"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert '<p class="law broken">Not every conservation law holds: stock.</p>' in drawn(folder)


def test_the_scenario_of_the_manifest_is_the_run_again(folder, tmp_path):
    """What the page tells the reader to do leads to the same hash."""
    from sim.scenario import load, run_hash

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    again = tmp_path / "scenario.yaml"
    again.write_text(json.dumps(manifest["scenario"]) + "\n", encoding="utf-8")
    assert run_hash(load(again), manifest["seed"], 0, manifest["version"]) == manifest["hash"]
    assert "sim618 run scenario.yaml --seed 7 --out again" in drawn(folder)


def test_a_run_on_a_table_counts_its_assumptions_and_says_where_it_can_be_repeated(folder):
    """The report has the folder of the result alone; the table lies beside the scenario's file."""
    without = re.search(r"(\d+) values of this scenario rest on no published source", drawn(folder))
    assert without and "named from the folder" not in drawn(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["scenario"]["shelf"]["catalogue"]["table"] = "traces/own.csv"
    manifest["scenario"]["data"] = {"traces/own.csv": "00"}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert without[0] in drawn(folder)
    assert "It reads traces/own.csv, named from the folder of the scenario&#39;s own file" in drawn(folder)


def test_the_sentence_says_how_many_people_articles_and_days(folder):
    text = drawn(folder)
    assert "1,500 simulated shoppers standing for 30,000 people, in a shop of 200 articles, from 2026-06-15 to " in text
    assert "2026-06-20 (6 days after 2 days of warm-up), with 4 promotions and 2 scheduled events; seed 7." in text


def test_the_warm_up_counts_in_no_sentence(folder):
    """A wild warm-up changes the figures over time, and nothing that is said."""
    import pandas as pd

    before = drawn(folder)
    series = pd.read_parquet(folder / "series.parquet")
    for column in ("visits", "orders", "lost_units", "late_parcels", "delivered_parcels", "requests_failed", "requests_shed"):
        series.loc[series["hour"] < 0, column] = 987_654.0
    series.to_parquet(folder / "series.parquet")
    ledger = pd.read_parquet(folder / "ledger.parquet")
    ledger.loc[ledger["day"] < 0, "credit"] *= 1_000.0
    ledger.to_parquet(folder / "ledger.parquet")
    after = drawn(folder)

    def said(text: str) -> str:
        text = text[: text.index("<!-- sha256")]  # of the whole page
        for name in ("demand", "stock", "promise", "capacity"):  # figures over time show the warm-up, shaded
            start = text.index(f'<h2 id="{name}">')
            text = text[:start] + text[text.index("<h2", start + 4) :]
        return text

    assert said(after) == said(before)


def test_a_page_is_small_enough_to_be_mailed(folder):
    assert draw(folder).stat().st_size < 2_000_000


def test_figures_come_wide_for_a_desk_and_narrow_for_a_phone(folder):
    text = drawn(folder)
    assert text.count('<div class="wide">') == text.count('<div class="narrow">') == 8
    assert text.count("<svg ") == 16


def test_a_folder_without_small_tables_still_gives_a_page(folder):
    for name in ("ledger", "stock", "actions", "services", "promotions", "deliveries", "care"):
        (folder / f"{name}.parquet").unlink()
    text = drawn(folder)
    assert 'id="demand"' in text and 'id="money"' not in text
    Page(text)


@pytest.mark.parametrize("name", ["manifest.json", "kpis.json", "series.parquet", "events.parquet"])
def test_a_missing_file_is_named_with_what_is_accepted(folder, name):
    (folder / name).unlink()
    with pytest.raises(ReportError, match=rf"found no {re.escape(name)} in .*accepted: a folder that `sim618 run`"):
        draw(folder)


@pytest.mark.parametrize("name", ["manifest.json", "series.parquet", "ledger.parquet"])
def test_a_damaged_file_is_named_and_the_old_page_stays(folder, name):
    page = draw(folder)
    old = page.read_bytes()
    (folder / name).write_bytes(b"\x00 no such thing")
    with pytest.raises(ReportError, match=re.escape(name)):
        draw(folder)
    assert page.read_bytes() == old
    assert not list(folder.glob(".*"))


def test_a_column_that_is_lacking_is_named(folder):
    import pandas as pd

    pd.DataFrame({"time": []}).to_parquet(folder / "series.parquet")
    with pytest.raises(ReportError, match="no column hour"):
        draw(folder)


def test_another_language_is_refused(folder):
    with pytest.raises(ValueError, match="found 'fr', accepted: en, zh"):
        draw(folder, "fr")


def test_a_negative_profit_is_a_loss_in_words_and_colour(folder):
    kpis = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))
    kpis["profit"] = -1_234_567.0
    (folder / "kpis.json").write_text(json.dumps(kpis), encoding="utf-8")
    text = drawn(folder)
    assert "an operating loss of 1.23M CNY" in text
    assert '<span class="value bad">−1.23M CNY</span>' in text


def test_the_folder_reads_back_as_the_run(result_folder):
    run = read(result_folder)
    assert len(run.series) == 8 * 24 and len(run.counted) == 6 * 24
    assert run.table("ledger")["day"].min() >= 0 > run.tables["ledger"]["day"].min()


def test_stock_alone_is_told_as_such_without_figures_of_trade(alone_folder, tmp_path):
    text = drawn(Path(shutil.copytree(alone_folder, tmp_path / "alone")))
    Page(text)
    assert "A given demand for 3 articles, without shoppers, from 2026-01-01 to 2026-03-31 (90 days after" in text
    tiles = re.findall(r'<li data-kpi="(\w+)"', text)
    assert "fill_rate" in tiles and not {"gmv", "orders", "profit"} & set(tiles)
    assert 'id="stock"' in text
    for part in ("demand", "capacity", "promise", "money"):
        assert f'id="{part}"' not in text
