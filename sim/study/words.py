"""Words and numbers as people read them, in English and Chinese."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.study.model import Measure
from sim.study.stats import Estimate


@dataclass(frozen=True)
class Text:
    """A sentence in both languages."""

    en: str
    zh: str

    def get(self, lang: str) -> str:
        """The sentence in ``lang`` (``en`` or ``zh``)."""
        return self.zh if lang == "zh" else self.en


def both(text: str) -> Text:
    """A name that is the same in both languages."""
    return Text(text, text)


def number(value: float, unit: str = "", lang: str = "en", signed: bool = False) -> str:
    """A number with its unit: shares in percent, large amounts scaled (k, M, B or 万, 亿), four digits."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    mark = "+" if signed and value > 0 else ""
    if unit == "share" and signed:  # a difference of shares is in points, or it would read as a relative change
        return f"{mark}{_plain(value * 100.0, 3)}{'个百分点' if lang == 'zh' else ' points'}".replace("-", "−")
    if unit in ("share", "%"):
        shown = value * 100.0
        return f"{mark}{_plain(shown, 4 if 99.0 < abs(shown) < 100.0 else 3)}%".replace("-", "−")
    text = mark + _scaled(value, lang)
    unit = (
        {"CNY": "元", "d": "天", "h": "小时", "min": "分钟", "orders": "单", "s": "秒"}.get(unit, unit)
        if lang == "zh"
        else unit
    )
    gap = "" if lang == "zh" else " "
    return (text + (gap + unit if unit and unit not in ("1", "ratio") else "")).replace("-", "−")


def _scaled(value: float, lang: str) -> str:
    steps = ((1e8, "亿"), (1e4, "万")) if lang == "zh" else ((1e9, "B"), (1e6, "M"), (1e4, "k"))
    for size, letter in steps:
        if abs(value) >= size:
            size = 1e3 if letter == "k" else size
            return f"{_plain(value / size)}{letter}"
    return _plain(value)


def _plain(value: float, significant: int = 4) -> str:
    if value == 0.0:
        return "0"
    digits = significant - 1 - math.floor(math.log10(abs(value)))
    if digits <= 0:
        return f"{value:,.0f}"
    if digits > 8:
        return f"{value:.2e}"
    return f"{value:,.{min(digits, 6)}f}".rstrip("0").rstrip(".")


def interval(estimate: Estimate, unit: str = "", lang: str = "en", signed: bool = False) -> str:
    """``+1.2M CNY (0.9M … 1.5M)``."""
    scale = 100.0 if unit == "share" and signed else 1.0
    bare = "" if unit == "CNY" or (unit == "share" and signed) else unit
    low, high = (number(end * scale, bare, lang) for end in (estimate.low, estimate.high))
    opening, closing = ("（", "）") if lang == "zh" else (" (", ")")
    return f"{number(estimate.value, unit, lang, signed)}{opening}{low} … {high}{closing}"


def percent(value: float, lang: str = "en", signed: bool = False) -> str:
    """A ratio or a relative change in percent."""
    return number(value, "%", lang, signed)


def certainty(p_value: float, lang: str = "en") -> str:
    """A p-value in words for managers; the number stands beside it in the table."""
    if math.isnan(p_value):
        return "无法检验" if lang == "zh" else "not tested"
    for limit, en, zh in (
        (0.001, "beyond doubt", "毫无疑问"),
        (0.01, "very likely real", "很可能真实"),
        (0.05, "likely real", "可能真实"),
    ):
        if p_value < limit:
            return zh if lang == "zh" else en
    return "可能只是偶然" if lang == "zh" else "may be chance"


def label(name: str, measures: dict[str, Measure], lang: str = "en") -> str:
    """What a measure is called."""
    measure = measures.get(name)
    if measure is None:
        return name
    return (measure.label_zh if lang == "zh" else measure.label) or name
