"""The first screen: what was replayed, the answer, the tiles, and what stands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from sim.books.measures import Measure
from sim.books.names import plain as plain_name
from sim.books.names import thing
from sim.core.wording import number, plain
from sim.report import alone, befallen, failures
from sim.report.calendar import Event, start_of
from sim.report.folder import Run
from sim.report.words import Words

TILES = (
    "gmv", "paid_gmv", "orders", "cvr", "aov", "gross_margin", "profit", "fill_rate", "on_time_rate", "return_rate",
    "availability",
)  # fmt: skip
DIGITS = 3  # of a headline figure
#: shoppers for each article from which stock figures no longer lean on how few rows are simulated
ENOUGH_SHOPPERS = 20.0
#: least share of user actions in the worst hour that is worth a sentence
WORTH_TELLING = 0.001


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
    names = TILES if run.has_shoppers else alone.chosen(run.kpis, table)
    return [_tile(name, run, table, words) for name in names if name in run.kpis]


def _tile(name: str, run: Run, table: dict[str, Measure], words: Words) -> Tile:
    value = run.kpis[name]
    if name not in table:
        note = words["tile_station"] if alone.half_width(name, run.kpis) else ""
        return Tile(name, alone.label(name, words), alone.value(name, run.kpis, words), note, "", False)
    return Tile(
        name=name,
        label=label_of(name, table, words),
        value=value_of(name, value, table, words, DIGITS),
        note=words[f"tile_{name}"],
        formula=table[name].formula,
        bad=name in ("profit", "gross_margin") and value < 0.0,
    )


def label_of(name: str, table: dict[str, Measure], words: Words) -> str:
    """What a measure is called; where the table does not know it, what its name says."""
    if name not in table:
        return alone.label(name, words) if "." in name else plain_name(name)
    return (table[name].label_zh if words.lang == "zh" else table[name].label) or name


def value_of(name: str, value: float, table: dict[str, Measure], words: Words, significant: int = 4) -> str:
    """A measure's value with its unit."""
    unit = table[name].unit if name in table else ""
    return number(float(value), "" if unit in _SAID_BY_LABEL else unit, words.lang, significant=significant)


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
    facts: dict[str, Any] = {
        "skus": _articles(articles(run), words),
        "first": f"{start:%Y-%m-%d}",
        "last": f"{start + timedelta(days=max(0, days - 1)):%Y-%m-%d}",
        "days": days,
        "warmup": -int(run.series["hour"].iloc[0]) // 24,
        "promotions": words.counted("promotions", promotions),
        "events": words.counted("events", events),
        "seed": run.manifest.get("seed", "–"),
    }
    if not run.has_shoppers and not alone.has_demand(run.kpis) and alone.named(run.kpis, {}):
        return words("replayed_stations", seed=facts["seed"])
    if not run.has_shoppers and alone.has_load(run.kpis):
        return words("replayed_load", **facts)
    if crowd.get("demand") or not isinstance(shoppers, (int, float)):
        return words("replayed_alone", **facts)
    people = shoppers * float(run.manifest.get("weight") or 1.0)
    return words("replayed", shoppers=f"{shoppers:,.0f}", people=f"{people:,.0f}", **facts)


def answer(run: Run, table: dict[str, Measure], words: Words) -> str:
    """The result in one sentence, of whatever headline measures there are."""
    kpis, lang = run.kpis, words.lang
    parts = []
    if run.has_shoppers and "gmv" in kpis and "orders" in kpis:
        orders = number(kpis["orders"], "orders" if lang == "zh" else "", lang, significant=DIGITS)
        gmv = number(kpis["gmv"], "CNY", lang, significant=DIGITS)
        parts.append(words("answer_gmv", orders=orders, gmv=gmv))
    if run.has_shoppers and "profit" in kpis:
        word = "answer_loss" if kpis["profit"] < 0.0 else "answer_profit"
        parts.append(words(word, profit=number(abs(kpis["profit"]), "CNY", lang, significant=DIGITS)))
    if "fill_rate" in kpis:
        parts.append(words("answer_fill", fill=number(kpis["fill_rate"], "share", lang)))
    text = ("，" if lang == "zh" else ", ").join(parts)
    return text[:1].upper() + text[1:] + ("。" if lang == "zh" else ".") if text else ""


def standing_out(run: Run, table: dict[str, Measure], events: list[Event], words: Words) -> list[str]:
    """Extremes of the period, attacks and events, each a sentence. Only what the run holds."""
    found = [make(run, words) for make in (_peak, _load, _failures, _lost, _late)]
    found += [befallen.attacks(run, table, words), *befallen.happenings(run, events, words)]
    return [sentence for sentence in found if sentence]


def few_rows(run: Run, words: Words) -> str:
    """A warning where so few shoppers meet so many articles that figures of stock are biased; else nothing."""
    shoppers = (run.scenario.get("crowd") or {}).get("shoppers")
    skus = articles(run)
    if not run.has_shoppers or not isinstance(shoppers, (int, float)) or not isinstance(skus, (int, float)) or not skus:
        return ""
    if shoppers / skus >= ENOUGH_SHOPPERS:
        return ""
    return words("few_rows", each=plain(shoppers / skus, 2), enough=f"{ENOUGH_SHOPPERS:.0f}")


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
    own = bool(row.get("own", True))
    service = thing(str(row["service"]), words.lang)
    at = start_of(run) + timedelta(hours=int(row["hour"]))
    return words(
        "load",
        load=number(float(f"{run.counted['requests_peak'].max():.3g}"), "", words.lang),
        service=service if own else words("dependency", service=service),
        used=number(float(row["utilisation"]), "share", words.lang),
        when=f"{at:%m-%d %H:%M}",
    )


def _failures(run: Run, words: Words) -> str:
    """What failed or was turned away, counted as `availability` and `worst_hour_availability` count it."""
    counted = run.counted
    if not run.has("requests") or not counted["requests"].sum():
        return ""
    share = failures.shares(counted)
    worst = int(share.argmax())
    action = failures.worst_action(run)
    if max(share[worst], action.share if action else 0.0) < WORTH_TELLING:
        return ""
    whole = float((share * counted["requests"].to_numpy(float)).sum() / counted["requests"].sum())
    text = words(
        "failures",
        share=number(whole, "share", words.lang),
        worst=number(float(share[worst]), "share", words.lang),
        when=_hour(counted.iloc[worst]),
    )
    if action is None:
        return text
    at = start_of(run) + timedelta(hours=action.hour)
    return text + words(
        "failures_action",
        action=words[f"action_{action.action}"],
        worst=number(action.share, "share", words.lang),
        when=f"{at:%m-%d %H:%M}",
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
    if not late:
        return ""
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


def articles(run: Run) -> Any:
    """How many SKUs there are: those of the stock table, which counts a table of the user's own too."""
    stock = run.table("stock")
    if stock is not None:
        return float(stock.loc[stock["day"] == stock["day"].iloc[0], "skus"].sum())
    demand = (run.scenario.get("crowd") or {}).get("demand") or {}
    return (demand or (run.scenario.get("shelf") or {}).get("catalogue") or {}).get("skus")


def _articles(value: Any, words: Words) -> str:
    return words("articles_1" if value == 1 else "articles_n", n=f"{value:,.0f}" if isinstance(value, (int, float)) else "–")
