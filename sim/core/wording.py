"""Numbers as people read them, in English and Chinese."""

from __future__ import annotations

import math

UNITS_ZH = {
    "CNY": "元", "d": "天", "h": "小时", "min": "分钟", "s": "秒", "orders": "单", "visits": "次", "units": "件",
    "people": "人", "parcels": "件", "SKUs": "个", "requests": "次", "requests/s": "次/秒", "writes": "次",
    "SKU-days": "个·天", "contacts": "次", "accounts": "个", "inspections": "次", "records": "条", "reviews": "条",
    "times": "次",
}  # fmt: skip


def number(value: float, unit: str = "", lang: str = "en", signed: bool = False, significant: int = 4) -> str:
    """A number with its unit: shares in percent, large amounts scaled (k, M, B or 万, 亿), four digits or as asked."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    mark = "+" if signed and value > 0 else ""
    if unit == "share" and signed:  # a difference of shares is in points, or it would read as a relative change
        return f"{mark}{plain(value * 100.0, 3)}{'个百分点' if lang == 'zh' else ' points'}".replace("-", "−")
    if unit in ("share", "%"):
        shown = value * 100.0
        if significant < 3:
            return f"{mark}{plain(shown, significant)}%".replace("-", "−")
        return f"{mark}{plain(shown, 4 if 99.0 < abs(shown) < 100.0 else 3)}%".replace("-", "−")
    if abs(value) < 1e-6 and unit in UNITS_ZH and unit != "s":
        value, mark = 0.0, ""  # what is left of a sum of many, not a thing that is there
    text = mark + scaled(value, lang, significant).replace("-", "−")
    unit = UNITS_ZH.get(unit, unit) if lang == "zh" else unit
    gap = "" if lang == "zh" and not unit.isascii() else " "
    return text + (gap + unit if unit and unit not in ("1", "ratio") else "")


def scaled(value: float, lang: str = "en", significant: int = 4) -> str:
    """Four digits of a number, or as many as asked, in k, M, B, or in 万, 亿."""
    steps = ((1e8, "亿"), (1e4, "万")) if lang == "zh" else ((1e9, "B"), (1e6, "M"), (1e4, "k"))
    for size, letter in steps:
        if abs(value) >= size:
            size = 1e3 if letter == "k" else size
            return f"{plain(value / size, significant)}{letter}"
    return plain(value, significant)


def plain(value: float, significant: int = 4) -> str:
    """A number with at most so many significant digits and no trailing noughts."""
    if value == 0.0:
        return "0"
    digits = significant - 1 - math.floor(math.log10(abs(value)))
    if digits <= 0:
        return f"{value:,.0f}"
    if digits > 8:
        return f"{value:.2e}"
    return f"{value:,.{min(digits, 6)}f}".rstrip("0").rstrip(".")
