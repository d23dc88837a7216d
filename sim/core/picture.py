"""One look for every figure: colours, fonts, and matplotlib figures as SVG text for pages.

Text stays text in the SVG, with a list of fonts that covers Chinese, so figures read and search like the page
around them. Colours become CSS variables (with the colour itself as fallback), so a page may be light or dark.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

INK, SOFT, LINE, ACCENT, BAD, GOOD = "#1f2933", "#6b7785", "#cbd2d9", "#1f6feb", "#c2410c", "#15803d"
SERIES = ["#1f6feb", "#c2410c", "#15803d", "#7c3aed", "#b45309", "#0e7490", "#be185d", "#4d7c0f"]
WASH, PAPER = "#eef2f6", "#fefefe"
#: fonts of the text in figures; the reader's machine takes the first it has
FONTS = ["DejaVu Sans", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei", "sans-serif"]
SIZE = 9.5  # points

#: colour -> CSS variable
VARIABLES = {
    INK: "ink", SOFT: "soft", LINE: "line", ACCENT: "accent", BAD: "bad", GOOD: "good", WASH: "wash", PAPER: "paper",
    "#7c3aed": "violet", "#b45309": "amber", "#0e7490": "teal", "#be185d": "pink", "#4d7c0f": "olive",
}  # fmt: skip
_FAMILY = ", ".join(name if name == "sans-serif" else f"'{name}'" for name in FONTS)
_RC: dict[Any, Any] = {
    "font.family": FONTS[:1],  # it comes with matplotlib, so figures are laid out alike everywhere
    "font.size": SIZE,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "text.color": INK,
    "axes.unicode_minus": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "sim618",
}


@contextmanager
def style() -> Iterator[None]:
    """The project's look; silent about characters the font lacks, since the reader's machine sets the text."""
    from matplotlib import rc_context

    with rc_context(_RC), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def svg(figure: Any, title: str = "", prefix: str = "") -> str:
    """The figure as an ``<svg>`` element that scales with its column; equal figures give equal text.

    ``prefix`` keeps the ids of several figures on one page apart. The figure's label, if it has one, becomes the
    description that a screen reader reads.
    """
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    width = float(re.search(r'width="([\d.]+)pt"', text)[1])  # type: ignore[index]
    text = re.sub(r'<svg ([^>]*?)width="[\d.]+pt"', r"<svg \1", text, count=1)
    text = re.sub(r'<svg ([^>]*?)height="[\d.]+pt"', r"<svg \1", text, count=1)
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r"\s*<!--.*?-->", "", text, flags=re.S)
    text = text.replace("'DejaVu Sans'", _FAMILY)
    if prefix:
        text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", text)
    text = re.sub(
        r"(?<=: )#[0-9a-f]{6}\b", lambda m: f"var(--{VARIABLES[m[0]]}, {m[0]})" if m[0] in VARIABLES else m[0], text
    )
    told, described = str(figure.get_label() or ""), ""
    if told:
        name = f"{prefix}-told" if prefix else "told"
        described = f' aria-describedby="{name}"'
        text = text.replace(">", f'><desc id="{name}">{_escaped(told)}</desc>', 1)
    head = f'<svg role="img" aria-label="{_escaped(title)}"{described} style="width:100%;max-width:{width:.0f}pt" '
    return text.replace("<svg ", head, 1)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def text_width(text: str, size: float = SIZE) -> float:
    """Width of a text in inches: a Chinese character is a square, others a little over half of one."""
    units = sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.58 for c in text)
    return units * size / 72.0
