"""Figures named by the scenario itself: stations under given arrivals, arms of a test; and runs in which nobody shops."""

from __future__ import annotations

from collections.abc import Mapping

from sim.books.measures import Measure
from sim.books.names import plain, thing
from sim.core.wording import number
from sim.report.words import Words

#: where demand is given and nobody shops, nothing is sold: the figures of the stock are the answer
STOCK = ("fill_rate", "cycle_service", "in_stock_rate", "turnover_days", "stock_outs", "lost_sales", "bullwhip_ratio")
#: where a load is given and there is no shop, the machine room is
LOAD = ("availability", "worst_hour_availability", "latency_p99", "goodput", "peak_utilisation", "shed_rate")
WORTH = 1e-5  # of all requests, turned away, from which that is worth a tile
HALF = "_half_width"
#: what such a figure is measured in, by the word after its last dot; a share where the word says so
_UNITS = {
    "wait_mean": "min", "sojourn_mean": "min", "busy": "", "utilisation": "share", "cvr": "share", "revenue": "CNY",
    "revenue_per_visitor": "CNY", "revenue_sd": "CNY", "refunds_per_shopper": "CNY",
}  # fmt: skip


def has_demand(kpis: Mapping[str, float]) -> bool:
    """Whether anything was asked of a stock."""
    return "fill_rate" in kpis


def has_load(kpis: Mapping[str, float]) -> bool:
    """Whether the machine room stood under a load and nothing was asked of a stock."""
    return kpis.get("goodput", 0.0) > 0.0 and not has_demand(kpis)


def named(kpis: Mapping[str, float], table: Mapping[str, Measure]) -> list[str]:
    """Figures of stations and arms that the scenario names, without the half-widths of their intervals."""
    return [name for name in kpis if name not in table and "." in name and not name.endswith(HALF)]


def chosen(kpis: Mapping[str, float], table: Mapping[str, Measure]) -> list[str]:
    """The headline figures of a run without shoppers."""
    stock = [name for name in STOCK if name in kpis] if has_demand(kpis) else []
    load = [name for name in LOAD if name in kpis and (name != "shed_rate" or kpis[name] >= WORTH)] if has_load(kpis) else []
    return stock + load + named(kpis, table)


def label(name: str, words: Words) -> str:
    """``Station: mean wait`` for ``fulfilment.station.wait_mean``, ``Arm b: orders`` for ``ab.b.orders``."""
    side, _, rest = name.partition(".")
    owner, _, what = rest.rpartition(".")
    of = words("arm", arm=plain(owner)) if side == "ab" else thing(owner, words.lang)
    if of.isascii() and words.lang == "zh":
        of = f"“{owner}”"  # the file's own name
    kind = words.get(f"{'arm' if side == 'ab' else 'station'}_{what}", plain(what))
    return f"{of[:1].upper()}{of[1:]}{'：' if words.lang == 'zh' else ': '}{kind}"


def half_width(name: str, kpis: Mapping[str, float]) -> float:
    """Half the width of the 99% interval of a station's figure; nought where it has none."""
    return kpis.get(name.removesuffix("_mean").removesuffix("_share") + HALF, 0.0)


def value(name: str, kpis: Mapping[str, float], words: Words) -> str:
    """Such a figure with its unit and, where it has one, the half-width of its 99% interval."""
    word = name.rpartition(".")[2]
    unit = _UNITS.get(word, "share" if word.endswith("_share") else "")
    half = half_width(name, kpis)
    if not half:
        return number(kpis[name], unit, words.lang, significant=3)
    first = number(kpis[name], unit if unit == "share" else "", words.lang, significant=3)
    return f"{first} ± {number(half, unit, words.lang, significant=2)}"
