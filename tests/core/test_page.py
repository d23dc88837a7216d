"""Pages and pictures: written whole, readable light and dark."""

from __future__ import annotations

import re

import pytest

from sim.core.page import COLOURS, variables, write_page
from sim.core.picture import VARIABLES, svg


def test_a_page_replaces_the_old_one_and_leaves_nothing_behind(tmp_path):
    page = tmp_path / "report.html"
    assert write_page(page, "old") == page
    write_page(page, "新")
    assert page.read_text(encoding="utf-8") == "新"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path):
    page = write_page(tmp_path / "report.html", "old")
    with pytest.raises(UnicodeEncodeError):
        write_page(page, "half \ud800 a page")
    assert page.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_every_colour_of_a_figure_is_one_of_the_page():
    assert set(VARIABLES.values()) <= set(COLOURS)
    css = variables()
    assert css.count("--ink:") == 2 and "prefers-color-scheme:dark" in css and "@media screen" in css


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "soft", "accent", "bad", "good"])
def test_text_can_be_read_on_its_ground(name, scheme):
    """WCAG AA asks for a contrast of 4.5 : 1."""
    for ground in ("paper", "wash"):
        ends = sorted((luminance(COLOURS[name][scheme]), luminance(COLOURS[ground][scheme])))
        assert (ends[1] + 0.05) / (ends[0] + 0.05) >= 4.5


def test_a_figure_is_text_in_the_page_colours_with_ids_of_its_own():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([0, 1], [0, 1], color="#1f6feb")
    figure.text(0.5, 0.5, "促销 <1>", color="#1f2933")
    text = svg(figure, 'a "title" & more', prefix="one")
    assert 'aria-label="a &quot;title&quot; &amp; more"' in text
    assert "促销 &lt;1&gt;" in text and "Noto Sans CJK SC" in text
    assert "var(--accent, #1f6feb)" in text and "var(--ink, #1f2933)" in text
    assert all(name.startswith("one-") for name in re.findall(r'\bid="([^"]+)"', text))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    assert used and used <= set(re.findall(r'\bid="([^"]+)"', text))
    assert svg(figure, 'a "title" & more', prefix="one") == text
