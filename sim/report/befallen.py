"""What the timeline's events and the attackers did, each in a sentence; nothing where there were none."""

from __future__ import annotations

import math

from sim.books.measures import Measure
from sim.books.names import happened
from sim.core.wording import number
from sim.report.calendar import Event, lasting
from sim.report.failures import buying_between
from sim.report.folder import Run
from sim.report.words import Words

#: events told of, the first of the run; the rest stands in the timeline
MOST_EVENTS = 6
#: measures of what attackers got, in the order told
ATTACKS = ("coupon_leakage", "bot_order_share", "bot_stock_share", "bot_traffic_share", "attacker_profit", "fraud_loss")


def attacks(run: Run, table: dict[str, Measure], words: Words) -> str:
    """What attackers took; nothing where nobody attacked. Losses of the attackers themselves are told, too."""
    parts = [
        f"{_label(name, table, words)} {number(run.kpis[name], table[name].unit, words.lang)}"
        for name in ATTACKS
        if name in table and run.kpis.get(name)
    ]
    if not parts:
        return ""
    return words("attacked", what=("；" if words.lang == "zh" else "; ").join(parts))


def _label(name: str, table: dict[str, Measure], words: Words) -> str:
    label = table[name].label_zh if words.lang == "zh" else table[name].label
    return label if words.lang == "zh" else label[:1].lower() + label[1:]


def happenings(run: Run, events: list[Event], words: Words) -> list[str]:
    """A sentence for each of the first events that count: what, when, for how long, and what was lost meanwhile."""
    last = float(run.series["hour"].iloc[-1]) + 1.0
    counted = [event for event in events if 0.0 <= event.hour < last]
    said = [_happening(run, event, last, words) for event in counted[:MOST_EVENTS]]
    if len(counted) > MOST_EVENTS:
        said.append(words("more_events", n=len(counted) - MOST_EVENTS))
    return said


def _happening(run: Run, event: Event, last: float, words: Words) -> str:
    lang = words.lang
    what = happened(event.name, event.subject, lang)
    when = f"{event.when:%m-%d %H:%M}"
    if event.minutes <= 0.0 or not math.isfinite(event.minutes):
        return words("event_at", no=event.number, what=what, when=when)
    ends = min(last, event.hour + event.minutes / 60.0)
    inside = run.series[(run.series["hour"] > event.hour - 1.0) & (run.series["hour"] < ends)]
    asked, bad = buying_between(run, event.hour, ends)
    parts = []
    if bad >= 0.001 * asked and bad >= 1.0:
        share = number(bad / asked, "share", lang)
        parts.append(words("event_failed", failed=number(round(bad), "", lang), share=share))
    for column, word in (("lost_failures", "event_given_up"), ("lost_units", "event_refused")):
        size = float(inside[column].sum()) if column in inside else 0.0
        if size > 0.0:
            parts.append(words(word, n=number(size, "", lang)))
    told = ("，" if lang == "zh" else ", ").join(parts) or words["event_nothing"]
    return words("event_for", no=event.number, what=what, when=when, time=lasting(event.minutes, words), told=told)
