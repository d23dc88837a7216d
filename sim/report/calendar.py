"""When things were planned to happen: the promotion calendar and the scheduled events of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sim.core.wording import number
from sim.report.folder import Run
from sim.report.style import Mark, Span
from sim.report.words import Words

MOST_OPENINGS = 8  # dotted lines a figure can bear


@dataclass(frozen=True)
class Promotion:
    """A promotion and its openings, in hours since the scenario's start (half-open)."""

    label: str
    kind: str
    number: int
    spans: tuple[tuple[float, float], ...]
    skus: int


@dataclass(frozen=True)
class Event:
    """A scheduled inject or action that took place."""

    number: int
    hour: float
    when: datetime
    name: str
    subject: str
    minutes: float  # how long it was to last, 0 unknown


def start_of(run: Run) -> datetime:
    """Midnight of the first day that counts."""
    import pandas as pd

    first = run.series.iloc[0]
    return (pd.Timestamp(first["time"]) - pd.Timedelta(hours=int(first["hour"]))).to_pydatetime()


def span_of(run: Run, promotions: list[Promotion], events: list[Event]) -> Span:
    """The time axis with its marks."""
    openings = sorted(
        {
            opens
            for promotion in promotions
            if promotion.kind in ("discount", "full_reduction", "flash", "presale", "livestream")
            for opens, _ in promotion.spans
        }
    )
    hours = run.series["hour"]
    marks = [Mark(hour) for hour in openings] if len(openings) <= MOST_OPENINGS else []
    marks += [Mark(event.hour, event.number) for event in events]
    first, last = float(hours.iloc[0]), float(hours.iloc[-1]) + 1.0
    return Span(start_of(run), first, last, tuple(mark for mark in marks if first <= mark.hour < last))


def promotions_of(run: Run, words: Words) -> list[Promotion]:
    """The promotions with an opening in this run, in the order of the file."""
    table = run.tables.get("promotions")
    if table is None:
        return []
    start = start_of(run)
    specs = run.scenario.get("shelf", {}).get("promotions", [])
    first, last = float(run.series["hour"].iloc[0]), float(run.series["hour"].iloc[-1]) + 1.0
    found = []
    for nth in sorted(map(int, table["number"].unique())):
        rows = table[table["number"] == nth]
        spans = tuple(
            (max(_hours(opens, start), first), min(_hours(closes, start), last))
            for opens, closes in zip(rows["opens"], rows["closes"], strict=True)
            if _hours(opens, start) < last and _hours(closes, start) > first
        )
        if spans:
            kind = str(rows["kind"].iloc[0])
            spec = specs[nth] if nth < len(specs) else {}
            found.append(Promotion(_label(kind, spec, words), kind, nth, spans, int(rows["skus"].iloc[0])))
    return found


def events_of(run: Run) -> list[Event]:
    """Injects and actions as they took place: the journal writes them under their full names."""
    start = start_of(run)
    named = run.events[run.events["kind"].astype(str).str.contains(".", regex=False)]
    return [
        Event(nth, _hours(when, start), when.to_pydatetime(), str(kind), str(subject), float(size))
        for nth, (when, kind, subject, size) in enumerate(
            zip(named["time"], named["kind"], named["subject"], named["size"], strict=True), start=1
        )
    ]


def lasting(minutes: float, words: Words) -> str:
    """``20 min``, ``5 h``, ``2 d``."""
    for size, unit in ((1440.0, "d"), (60.0, "h")):
        if minutes >= size:
            return number(minutes / size, unit, words.lang)
    return number(minutes, "min", words.lang)


def _hours(moment: Any, start: datetime) -> float:
    return float((moment - start).total_seconds()) / 3600.0


def _label(kind: str, spec: Mapping[str, Any], words: Words) -> str:
    """``Flash sale −40%``, ``50 off every 300``."""
    name = words.get(f"promotion_{kind}", kind)
    if kind == "full_reduction":
        return words("every_off", every=_money(spec.get("every")), off=_money(spec.get("off")))
    if kind == "coupon":
        return f"{name} {words('from_off', threshold=_money(spec.get('threshold')), off=_money(spec.get('off')))}"
    if kind == "cash_back":
        return f"{name} {_money(spec.get('amount'))}"
    off = str(spec.get("off", ""))
    if kind == "group_buy" and spec.get("ladder"):
        off = str(list(spec["ladder"].values())[-1])
    return f"{name} −{off}" if off and not off.startswith("0%") else name


def _money(text: Any) -> str:
    return str(text).removesuffix(" CNY")
