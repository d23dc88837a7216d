"""Runs in which nobody shops: stock under a given demand, or stations under given arrivals."""

from __future__ import annotations

from collections.abc import Mapping

from sim.books.measures import Measure
from sim.core.wording import number
from sim.report.words import Words

#: where demand is given and nobody shops, nothing is sold: the figures of the stock are the answer
STOCK = ("fill_rate", "cycle_service", "in_stock_rate", "turnover_days", "stock_outs", "lost_sales", "bullwhip_ratio")
HALF = "_half_width"
#: what a station's figure is measured in, by the word after its last dot
_UNITS = {"wait_mean": "min", "sojourn_mean": "min", "busy": "", "utilisation": "share"}


def has_demand(kpis: Mapping[str, float]) -> bool:
    """Whether anything was asked of a stock."""
    return "fill_rate" in kpis


def stations(kpis: Mapping[str, float], table: Mapping[str, Measure]) -> list[str]:
    """Figures of stations driven alone, without the half-widths of their intervals."""
    return [name for name in kpis if name not in table and "." in name and not name.endswith(HALF)]


def chosen(kpis: Mapping[str, float], table: Mapping[str, Measure]) -> list[str]:
    """The headline figures of a run without shoppers."""
    stock = [name for name in STOCK if name in kpis] if has_demand(kpis) else []
    return stock + stations(kpis, table)


def label(name: str, words: Words) -> str:
    """``station: mean wait`` for ``fulfilment.station.wait_mean``."""
    station, _, what = name.partition(".")[2].rpartition(".")
    named = words.get(f"station_{what}", what.replace("_", " "))
    return f"{station.replace('_', ' ')}{'：' if words.lang == 'zh' else ': '}{named}"


def value(name: str, kpis: Mapping[str, float], words: Words) -> str:
    """A station's figure with the half-width of its 99% interval and its unit."""
    word = name.rpartition(".")[2]
    unit = _UNITS.get(word, "share" if word.endswith("_share") else "")
    half = kpis.get(name.removesuffix("_mean").removesuffix("_share") + HALF)
    if not half:
        return number(kpis[name], unit, words.lang, significant=3)
    first = number(kpis[name], unit if unit == "share" else "", words.lang, significant=3)
    return f"{first} ± {number(half, unit, words.lang, significant=2)}"
