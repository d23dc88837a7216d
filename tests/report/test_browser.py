"""The page in a real browser: no errors, no requests, numbers and Chinese readable, nothing wider than the screen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.report import draw

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
DESK, PHONE = {"width": 1200, "height": 900}, {"width": 375, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


def opened(browser: Any, page_file: Path, size: dict[str, int], **settings: Any) -> tuple[Any, list[str], list[str]]:
    """(page, what the console said, what was asked for beside the page itself)."""
    page = browser.new_page(viewport=size, **settings)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri(), wait_until="networkidle")
    return page, said, [url for url in asked if url != page_file.as_uri() and not url.startswith("data:")]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_opens_without_errors_requests_or_sideways_scrolling(browser, folder, lang, size):
    page, said, asked = opened(browser, draw(folder, lang), size)
    assert said == [] and asked == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    shown = page.locator("figure > div:visible svg")
    assert shown.count() == 8
    for index in range(8):
        box = shown.nth(index).bounding_box()
        assert box["width"] > 150 and box["height"] > 60 and box["x"] >= 0 and box["x"] + box["width"] <= size["width"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_text_of_a_figure_is_cut_off_or_too_small(browser, folder, lang, size):
    page, _, _ = opened(browser, draw(folder, lang), size)
    cut = page.evaluate(
        """() => [...document.querySelectorAll('figure > div')].filter(d => d.offsetParent).flatMap(d => {
            const frame = d.querySelector('svg').getBoundingClientRect();
            return [...d.querySelectorAll('text')].filter(t => t.textContent.trim()).map(t => {
                const b = t.getBoundingClientRect();
                const out = Math.max(
                    frame.left - b.left, b.right - frame.right, frame.top - b.top, b.bottom - frame.bottom);
                return [t.textContent, out, b.height];
            }).filter(([, out, height]) => out > 2 || height < 9);
        })"""
    )
    assert cut == []


def test_no_two_texts_of_a_figure_lie_on_each_other(browser, folder):
    for lang in ("en", "zh"):
        page_file = draw(folder, lang)
        for size in (DESK, PHONE):
            page, _, _ = opened(browser, page_file, size)
            clashes = page.evaluate(
                """() => [...document.querySelectorAll('figure > div')].filter(d => d.offsetParent).flatMap(d => {
                    const boxes = [...d.querySelectorAll('text')]
                        .filter(t => t.textContent.trim() && !'■╍▨'.includes(t.textContent))
                        .map(t => [t.textContent, t.getBoundingClientRect()]);
                    const hits = [];
                    for (let i = 0; i < boxes.length; i++) for (let j = 0; j < i; j++) {
                        const [a, b] = [boxes[i][1], boxes[j][1]];
                        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                        const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                        if (wide > 2 && tall > 4) hits.push([boxes[i][0], boxes[j][0], wide, tall]);
                    }
                    return hits;
                })"""
            )
            assert clashes == [], (lang, size)
            page.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_number_of_a_tile_stands_out_of_it(browser, stations_folder, folder, lang, size):
    """A station's tile says a value, its half-width and its unit."""
    alone = shutil.copytree(stations_folder, folder.parent / "alone")
    kpis = json.loads((alone / "kpis.json").read_text(encoding="utf-8"))
    kpis |= {"fulfilment.station.wait_mean": 12.345, "fulfilment.station.wait_half_width": 0.0067}
    (alone / "kpis.json").write_text(json.dumps(kpis), encoding="utf-8")
    for place in (folder, alone):
        page, _, _ = opened(browser, draw(place, lang), size)
        wide = "() => [...document.querySelectorAll('.tiles .value')].filter(v => v.scrollWidth > v.clientWidth).map(v => v.textContent)"
        assert page.locator(".tiles .value").count() > 3 and page.evaluate(wide) == []


def test_tiles_show_the_numbers_of_kpis_json(browser, folder):
    kpis = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))
    page, _, _ = opened(browser, draw(folder, "en"), DESK)
    steps = {"k": 1e3, "M": 1e6, "B": 1e9}

    def plain(name: str) -> float:
        text = page.locator(f".tiles li[data-kpi={name}] .value").inner_text().replace(",", "").replace("−", "-")
        number = text.removesuffix(" CNY")
        if number.endswith("%"):
            return float(number[:-1]) / 100.0
        return float(number.rstrip("kMB")) * steps.get(number[-1], 1.0)

    wanted = ("gmv", "paid_gmv", "orders", "cvr", "aov", "gross_margin", "profit", "fill_rate")
    names = [name for name in wanted if name in kpis]
    assert len(names) >= 6
    for name in names:
        assert plain(name) == pytest.approx(kpis[name], rel=6e-3), name


def test_chinese_is_drawn_with_glyphs_of_its_own(browser, folder):
    """A missing glyph is drawn as the same box for every character: different characters must look different."""
    page, _, _ = opened(browser, draw(folder, "zh"), DESK)
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert "核心" in (page.locator(".tiles").get_attribute("aria-label") or "")
    assert page.locator("svg text", has_text="每小时访问次数").first.is_visible()
    different = page.evaluate(
        """() => { const pixels = c => { const k = document.createElement('canvas'); k.width = k.height = 40;
            const x = k.getContext('2d'); x.font = '30px ' + getComputedStyle(document.body).fontFamily;
            x.fillText(c, 4, 32); return x.getImageData(0, 0, 40, 40).data.join(); };
            return pixels('访') !== pixels('问') && pixels('访') !== pixels('\\u{10fffd}'); }"""
    )
    assert different


def test_formulas_appear_on_demand(browser, folder):
    page, _, _ = opened(browser, draw(folder), DESK)
    formula = page.locator("tr[data-kpi=cvr] .formula")
    assert not formula.is_visible()
    page.locator("#formulas").check()
    assert formula.is_visible() and formula.inner_text() == "orders ÷ visits"


def test_a_reader_who_prefers_dark_gets_dark_and_paper_stays_light(browser, folder):
    page, _, _ = opened(browser, draw(folder), DESK, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 25, 31)"
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
