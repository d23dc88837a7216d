"""The first screen: what was replayed, the answer, the tiles, and what stands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from sim.books.measures import Measure
from sim.core.wording import number
from sim.report.calendar import start_of
from sim.report.folder import Run
from sim.report.words import Words

TILES = (
    "gmv", "paid_gmv", "orders", "cvr", "aov", "gross_margin", "profit", "fill_rate", "on_time_rate", "return_rate",
    "availability",
)  # fmt: skip
#: where demand is given and nobody shops, nothing is sold: the figures of the stock are the answer
TILES_ALONE = ("fill_rate", "cycle_service", "in_stock_rate", "turnover_days", "stock_outs", "lost_sales")


@dataclass(frozen=True)
class Tile:
    """One headline figure."""

    name: str
    label: str
    value: str
    note: str
    formula: str
    bad: bool


def tiles(run: Run, table: dict[str, Measure], words: Words) -> list[Tile]:
    """The headline figures this run has."""
    return [
        Tile(
            name=name,
            label=label_of(name, table, words),
            value=value_of(name, run.kpis[name], table, words),
            note=words[f"tile_{name}"],
            formula=table[name].formula if name in table else "",
            bad=name in ("profit", "gross_margin") and run.kpis[name] < 0.0,
        )
        for name in (TILES if run.has_shoppers else TILES_ALONE)
        if name in run.kpis
    ]


def label_of(name: str, table: dict[str, Measure], words: Words) -> str:
    """What a measure is called; its bare name where the table does not know it."""
    if name not in table:
        return name
    return (table[name].label_zh if words.lang == "zh" else table[name].label) or name


def value_of(name: str, value: float, table: dict[str, Measure], words: Words) -> str:
    """A measure's value with its unit."""
    unit = table[name].unit if name in table else ""
    return number(float(value), "" if unit in _SAID_BY_LABEL else unit, words.lang)


#: units that the label says already
_SAID_BY_LABEL = {"orders", "visits", "buyers", "people", "score"}


def replayed(run: Run, promotions: int, events: int, words: Words) -> str:
    """What was replayed, in one sentence."""
    scenario = run.scenario
    start = start_of(run)
    hours = run.counted["hour"]
    days = round((float(hours.iloc[-1]) + 1.0) / 24.0) if len(hours) else 0
    crowd = scenario.get("crowd") or {}
    shoppers = crowd.get("shoppers")
    catalogue = (scenario.get("shelf") or {}).get("catalogue") or {}
    demand = crowd.get("demand") or {}
    facts: dict[str, Any] = {
        "skus": _count(demand.get("skus") if demand else catalogue.get("skus")),
        "first": f"{start:%Y-%m-%d}",
        "last": f"{start + timedelta(days=max(0, days - 1)):%Y-%m-%d}",
        "days": days,
        "warmup": -int(run.series["hour"].iloc[0]) // 24,
        "promotions": words.counted("promotions", promotions),
        "events": words.counted("events", events),
        "seed": run.manifest.get("seed", "–"),
    }
    if demand or not isinstance(shoppers, (int, float)):
        return words("replayed_alone", **facts)
    people = shoppers * float(run.manifest.get("weight") or 1.0)
    return words("replayed", shoppers=f"{shoppers:,.0f}", people=f"{people:,.0f}", **facts)


def answer(run: Run, table: dict[str, Measure], words: Words) -> str:
    """The result in one sentence, of whatever headline measures there are."""
    kpis, lang = run.kpis, words.lang
    parts = []
    if run.has_shoppers and "gmv" in kpis and "orders" in kpis:
        orders = number(kpis["orders"], "orders" if lang == "zh" else "", lang)
        parts.append(words("answer_gmv", orders=orders, gmv=number(kpis["gmv"], "CNY", lang)))
    if run.has_shoppers and "profit" in kpis:
        word = "answer_loss" if kpis["profit"] < 0.0 else "answer_profit"
        parts.append(words(word, profit=number(abs(kpis["profit"]), "CNY", lang)))
    if "fill_rate" in kpis:
        parts.append(words("answer_fill", fill=number(kpis["fill_rate"], "share", lang)))
    text = ("，" if lang == "zh" else ", ").join(parts)
    return text[:1].upper() + text[1:] + ("。" if lang == "zh" else ".") if text else ""


def standing_out(run: Run, words: Words) -> list[str]:
    """Extremes of the period, each a sentence. Only what the series hold."""
    found = [_peak, _load, _failures, _lost, _late]
    return [sentence for make in found if (sentence := make(run, words))]


def _peak(run: Run, words: Words) -> str:
    counted = run.counted
    if not run.has_shoppers or not counted["visits"].sum():
        return ""
    row = counted.iloc[int(counted["visits"].to_numpy().argmax())]
    return words(
        "peak",
        when=_hour(row),
        visits=number(float(row["visits"]), "", words.lang),
        factor=number(round(float(row["visits"] / counted["visits"].mean()), 1)),
        orders=number(float(row["orders"]), "", words.lang),
    )


def _load(run: Run, words: Words) -> str:
    services = run.table("services")
    if services is None or not run.has("requests_peak"):
        return ""
    row = services.iloc[int(services["utilisation"].to_numpy().argmax())]
    at = start_of(run) + timedelta(hours=int(row["hour"]))
    return words(
        "load",
        load=number(float(f"{run.counted['requests_peak'].max():.3g}"), "", words.lang),
        service=row["service"],
        used=number(float(row["utilisation"]), "share", words.lang),
        when=f"{at:%m-%d %H:%M}",
    )


def _failures(run: Run, words: Words) -> str:
    counted = run.counted
    if not run.has("requests") or not counted["requests"].sum():
        return ""
    share = (counted["requests_failed"] / counted["requests"].where(counted["requests"] > 0.0)).fillna(0.0)
    worst = int(share.to_numpy().argmax())
    return words(
        "failures",
        share=number(float(counted["requests_failed"].sum() / counted["requests"].sum()), "share", words.lang),
        worst=number(float(share.iloc[worst]), "share", words.lang),
        when=_hour(counted.iloc[worst]),
    )


def _lost(run: Run, words: Words) -> str:
    counted = run.counted
    if not run.has("lost_units") or not counted["lost_units"].sum():
        return ""
    daily = _days(run, "lost_units")
    return words(
        "lost",
        units=number(float(counted["lost_units"].sum()), "", words.lang),
        value=number(float(counted["lost_value"].sum()), "CNY", words.lang),
        when=f"{start_of(run) + timedelta(days=int(daily.argmax())):%m-%d}",
        worst=number(float(daily.max()), "", words.lang),
    )


def _late(run: Run, words: Words) -> str:
    counted = run.counted
    if not run.has("delivered_parcels") or not counted["delivered_parcels"].sum():
        return ""
    arrived, behind = _days(run, "delivered_parcels"), _days(run, "late_parcels")
    # a day with a handful of parcels says nothing
    share = np.where(arrived >= 0.1 * arrived.mean(), behind / np.maximum(arrived, 1e-9), 0.0)
    late, parcels = float(counted["late_parcels"].sum()), float(counted["delivered_parcels"].sum())
    return words(
        "late",
        late=number(late, "", words.lang),
        parcels=number(parcels, "", words.lang),
        share=number(late / parcels, "share", words.lang),
        when=f"{start_of(run) + timedelta(days=int(share.argmax())):%m-%d}",
        worst=number(float(share.max()), "share", words.lang),
    )


def _days(run: Run, column: str) -> np.ndarray:
    """Sums of a column over the days that count."""
    counted = run.counted
    return np.bincount(counted["hour"].to_numpy(int) // 24, weights=counted[column].fillna(0.0).to_numpy(float))


def _hour(row: Any) -> str:
    return f"{row['time']:%m-%d %H:%M}"


def _count(value: Any) -> str:
    return f"{value:,.0f}" if isinstance(value, (int, float)) else "–"
