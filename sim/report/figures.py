"""The report's figures. Each takes a run and returns a matplotlib figure, or None where the run has nothing to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.books.names import thing
from sim.core.picture import ACCENT, BAD, GOOD, INK, LINE, PAPER, SOFT, style, text_width
from sim.core.wording import scaled
from sim.report.calendar import Promotion
from sim.report.failures import buying_by_hour, share_by_hour
from sim.report.folder import Run
from sim.report.funnel import Step as FunnelStep
from sim.report.money import Step
from sim.report.style import DASHED, HATCHED, NARROW, WIDE, Panels, Span
from sim.report.words import Words

TEAL, AMBER, VIOLET = "#0e7490", "#b45309", "#7c3aed"
_CLEAR = {"boxstyle": "square,pad=0.05", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.8}  # behind text on lines
DASHES = (0, (4, 2))  # a line that is told from another without its colour
_ROW = 0.2  # inches for a promotion in the calendar


def demand(run: Run, span: Span, promotions: Sequence[Promotion], words: Words, narrow: bool) -> Any:
    """Promotion calendar, visits and orders over time."""
    if not run.has_shoppers:
        return None
    with style():
        rows = [_ROW * len(promotions)] if promotions else []
        panels = Panels(span, [*rows, 1.35, 1.35], narrow, words["warmup"])
        if promotions:
            _calendar(panels, promotions, words)
            panels.warmup_row = 1  # its words would lie on bars
        unit = "day" if span.daily else "hour"
        for row, (column, colour) in enumerate((("visits", ACCENT), ("orders", TEAL)), start=len(rows)):
            x, y = _flow(run, column, span)
            panels.axes[row].fill_between(x, y, step="post", color=colour, alpha=0.18, linewidth=0)
            panels.axes[row].step(x, y, where="post", color=colour, linewidth=1.2)
            panels.axes[row].set_ylim(0.0, max(1.0, 1.12 * y.max()))
            panels.label(row, words[f"{column}_{unit}"])
        return panels.finish(words)


def _calendar(panels: Panels, promotions: Sequence[Promotion], words: Words) -> None:
    """One bar a promotion, its name beside it on the side that has room."""
    axes, span = panels.axes[0], panels.span
    panels.label(0, words["promotion_calendar"])
    axes.set_ylim(len(promotions) - 0.5, -0.5)
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    per_hour = (panels.width - 0.9) / (span.last - span.first)
    for row, promotion in enumerate(promotions):
        for opens, closes in promotion.spans:
            width = max(closes - opens, 0.04 / per_hour)
            axes.barh(row, width, left=opens, height=0.62, color=AMBER, alpha=0.9, linewidth=0, zorder=3)
        first = max(span.first, min(opens for opens, _ in promotion.spans))
        last = min(span.last, max(closes for _, closes in promotion.spans))
        need = text_width(promotion.label) + 0.1
        box: dict[str, Any] | None = dict(_CLEAR)
        place, align, shift, colour = first, "left", 4, INK
        if (first - span.first) * per_hour > need:
            align, shift = "right", -4
        elif (span.last - last) * per_hour > need:
            place = last
        elif len(promotion.spans) == 1 and (last - first) * per_hour > need:
            colour, box = PAPER, None  # written on the bar itself
        axes.annotate(
            promotion.label, (place, row), (shift, 0), "data", "offset points", ha=align, va="center", zorder=5,
            color=colour, bbox=box,
        )  # fmt: skip


def capacity(run: Run, span: Span, words: Words, narrow: bool) -> Any:
    """Utilisation of the busiest service, user actions a second, and the share that failed or was turned away."""
    if not run.has("requests_peak"):
        return None
    table = run.tables.get("services")
    with style():
        panels = Panels(span, ([1.5] if table is not None else []) + [0.9, 0.9], narrow, words["warmup"])
        row = 0
        if table is not None:
            _utilisation(panels, table, words, narrow)
            row = 1
        load = run.series
        hours = load["hour"].to_numpy(float)
        x, y = _highest(hours, load["requests_peak"].to_numpy(float), span)
        panels.axes[row].fill_between(x, y, step="post", color=ACCENT, alpha=0.18, linewidth=0)
        panels.axes[row].step(x, y, where="post", color=ACCENT, linewidth=1.2)
        panels.axes[row].set_ylim(0.0, max(1e-9, 1.15 * float(y.max())))
        panels.label(row, words["requests_second_short" if narrow else "requests_second"])
        x, y = _highest(hours, share_by_hour(run), span)
        axes, top = panels.axes[row + 1], float(y.max())
        axes.fill_between(x, y, step="post", color=BAD, alpha=0.6, linewidth=0)
        keys: list[tuple[str, ...]] = [(words["all_actions"], BAD)]
        buying = buying_by_hour(run)
        if buying is not None:
            x, y = _highest(*buying, span)
            axes.step(x, y, where="post", color=VIOLET, linewidth=1.1, linestyle=DASHES)
            keys.append((words["buying_actions"], VIOLET, DASHED))
            top = max(top, float(y.max()))
        axes.set_ylim(0.0, min(1.05, max(0.001, 1.15 * top)))
        panels.label(row + 1, words["failed_share_short" if narrow else "failed_share"], keys)
        return panels.finish(words, shares=(0, 2) if row else (1,))


def _utilisation(panels: Panels, table: Any, words: Words, narrow: bool) -> None:
    """The busiest of the shop's services, and of those it depends on, hour by hour; all of it is 100%."""
    axes, span = panels.axes[0], panels.span
    own = table["own"].astype(bool) if "own" in table else table["requests"] >= 0.0
    keys: list[tuple[str, ...]] = []
    top = 0.0
    for part, colour, sign, word in (
        (table[own], ACCENT, "", "own_services"),
        (table[~own], VIOLET, DASHED, "dependencies"),
    ):
        if not len(part):
            continue
        highest = part.groupby("hour")["utilisation"].max()
        busiest = thing(str(part["service"].iloc[int(part["utilisation"].to_numpy().argmax())]), words.lang)
        x, y = _highest(highest.index.to_numpy(float), highest.to_numpy(float), span)
        axes.step(x, y, where="post", color=colour, linewidth=1.2, linestyle=DASHES if sign else "-")
        top = max(top, float(y.max()))
        keys.append((busiest if narrow else words(word, service=busiest), colour, *([sign] if sign else [])))
    axes.axhline(1.0, color=BAD, linewidth=0.9, zorder=2)
    axes.set_ylim(0.0, 1.3)  # room for words above the line
    panels.most[0] = top
    panels.label(0, words["busiest_short" if narrow else "busiest"], keys)


def stock(run: Run, span: Span, words: Words, narrow: bool) -> Any:
    """Stock at cost, articles that ran out, units refused, by day."""
    table = run.tables.get("stock")
    if table is not None and not table["value"].any():
        table = None  # nothing was ever there
    lost = run.has("lost_units")
    if table is None and not lost:
        return None
    with style():
        heights = ([1.2, 0.9] if table is not None else []) + ([0.9] if lost else [])
        panels = Panels(span, heights, narrow, words["warmup"])
        row = 0
        if table is not None:
            daily = table.groupby("day")[["value", "skus", "out"]].sum()
            days = daily.index.to_numpy(float) * 24.0
            edges = np.append(days, days[-1] + 24.0)
            value = daily["value"].to_numpy(float)
            value = np.append(value, value[-1])
            panels.axes[0].fill_between(edges, value, step="post", color=ACCENT, alpha=0.18, linewidth=0)
            panels.axes[0].step(edges, value, where="post", color=ACCENT, linewidth=1.2)
            panels.axes[0].set_ylim(0.0, max(1.0, 1.3 * value.max()))
            panels.label(0, words["stock_value"])
            out = (daily["out"] / daily["skus"]).to_numpy(float)
            _bars(panels.axes[1], days, out, AMBER)
            panels.axes[1].set_ylim(0.0, min(1.05, max(0.01, 1.15 * out.max())))
            panels.label(1, words["out_share"])
            row = 2
        if lost:
            days, units = by_day(run, "lost_units")
            _bars(panels.axes[row], days, units, BAD)
            panels.axes[row].set_ylim(0.0, max(1.0, 1.15 * units.max()))
            panels.label(row, words["lost_units"])
        return panels.finish(words, shares=(1,) if table is not None else ())


def promise(run: Run, span: Span, words: Words, narrow: bool) -> Any:
    """Parcels delivered, the share that came late, and hours from payment to door, by day."""
    if not run.has("delivered_parcels"):
        return None
    with style():
        doors = run.tables.get("deliveries")
        panels = Panels(span, [1.1, 0.8] + ([0.9] if doors is not None else []), narrow, words["warmup"])
        days, arrived = by_day(run, "delivered_parcels")
        _, late = by_day(run, "late_parcels")
        _bars(panels.axes[0], days, arrived - late, ACCENT, 0.55)
        _bars(panels.axes[0], days, late, BAD, base=arrived - late)
        panels.axes[0].set_ylim(0.0, max(1.0, 1.12 * arrived.max()))
        panels.label(0, words["parcels_day"], ((words["on_time"], ACCENT), (words["late_word"], BAD)))
        share = np.divide(late, arrived, out=np.zeros_like(late), where=arrived > 0.0)
        _bars(panels.axes[1], days, share, BAD)
        panels.axes[1].set_ylim(0.0, min(1.05, max(0.01, 1.15 * share.max())))
        panels.label(1, words["late_share"])
        if doors is not None:
            middle = doors["day"].to_numpy(float) * 24.0 + 12.0
            for column, colour, line in (("door_p50", ACCENT, "-"), ("door_p95", VIOLET, DASHES)):
                panels.axes[2].plot(middle, doors[column], marker="o", linestyle=line, color=colour, linewidth=1.2, markersize=3)
            panels.axes[2].set_ylim(0.0, 1.15 * float(doors["door_p95"].max()))
            panels.label(2, words["door"], ((words["median"], ACCENT), (words["p95"], VIOLET, DASHED)))
        return panels.finish(words, shares=(1,))


def care(run: Run, span: Span, words: Words, narrow: bool) -> Any:
    """Contacts by who ended them, minutes waited for a person, complaints under way."""
    table = run.tables.get("care")
    if table is None or not len(table):
        return None
    waits, complaints = bool(table["wait"].notna().any()), bool(table["complaints"].notna().any())
    with style():
        panels = Panels(span, [1.35] + [0.9] * (waits + complaints), narrow, words["warmup"])
        base: Any = 0.0
        keys: list[tuple[str, ...]] = []
        for column, colour, sign in (("staff", ACCENT, ""), ("bot", VIOLET, HATCHED), ("gave_up", BAD, "")):
            x, y = _contacts(table, column, span)
            if y.any():
                hatch: dict[str, Any] = {"hatch": "////", "edgecolor": PAPER} if sign else {}
                panels.axes[0].fill_between(
                    x, base, base + y, step="post", facecolor=colour, alpha=0.65, linewidth=0, **hatch
                )
                keys.append((words[f"care_{column}"], colour, *([sign] if sign else [])))
            base = base + y
        panels.axes[0].set_ylim(0.0, max(1.0, 1.12 * float(np.max(base))))
        panels.label(0, words["contacts_day" if span.daily else "contacts_hour"], keys)
        row = 1
        hours = table["hour"].to_numpy(float)
        if waits:
            x, y = _highest(hours, table["wait"].to_numpy(float), span)
            panels.axes[row].fill_between(x, y, step="post", color=AMBER, alpha=0.6, linewidth=0)
            panels.axes[row].set_ylim(0.0, max(0.1, 1.15 * float(y.max())))
            panels.label(row, words["care_wait_highest" if span.daily else "care_wait"])
            row += 1
        if complaints:
            x, y = _highest(hours, table["complaints"].to_numpy(float), span)
            panels.axes[row].fill_between(x, y, step="post", color=TEAL, alpha=0.5, linewidth=0)
            panels.axes[row].set_ylim(0.0, max(1.0, 1.15 * float(y.max())))
            panels.label(row, words["complaints_open"])
        return panels.finish(words)


def _contacts(table: Any, column: str, span: Span) -> tuple[np.ndarray, np.ndarray]:
    """Contacts by hour, or by day in a long run, with the last value repeated to the end of its step."""
    x, y = table["hour"].to_numpy(float), table[column].to_numpy(float)
    step = 1.0
    if span.daily:
        day = np.floor(x / 24.0).astype(int)
        y, step = np.bincount(day - day[0], weights=y), 24.0
        x = 24.0 * (np.arange(len(y)) + day[0])
    return np.append(x, x[-1] + step), np.append(y, y[-1])


def funnel(steps: Sequence[FunnelStep], colour: str, words: Words, narrow: bool) -> Any:
    """One bar a step, with its number and what it is of the step above."""
    from matplotlib.figure import Figure

    if not steps or steps[0].value <= 0.0:
        return None
    with style():
        width = NARROW if narrow else WIDE / 2 - 0.1
        height = 0.42 * len(steps) + 0.1
        figure = Figure(figsize=(width, height))
        left = max(text_width(step.name) for step in steps) + 0.15
        axes = figure.add_axes((left / width, 0.02, (width - left - 1.45) / width, 0.96))
        top = max(step.value for step in steps)
        for row, step in enumerate(steps):
            axes.barh(row, step.value / top, height=0.62, color=colour, alpha=0.8, linewidth=0)
            text = scaled(step.value, words.lang) + (f"  ({step.beside})" if step.beside else "")
            axes.annotate(text, (step.value / top, row), (5, 0), "data", "offset points", va="center")
        axes.set_yticks(range(len(steps)), [step.name for step in steps])
        figure.set_label("; ".join(f"{step.name} {scaled(step.value, words.lang)}" for step in steps))
        axes.set_ylim(len(steps) - 0.5, -0.5)
        axes.set_xlim(0.0, 1.0)
        axes.set_xticks([])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        for side in axes.spines.values():
            side.set_visible(False)
        return figure


def waterfall(steps: Sequence[Step], words: Words, narrow: bool) -> Any:
    """Steps down (and up) from the value at list price to the operating profit, one a row; totals stand on the axis."""
    from matplotlib.figure import Figure

    if not steps:
        return None
    with style():
        width = NARROW if narrow else WIDE
        height = 0.31 * len(steps) + 0.12
        figure = Figure(figsize=(width, height))
        names = [words.get(step.name, step.name) for step in steps]
        texts = [scaled(step.value, words.lang).replace("-", "−") for step in steps]
        left, right = max(map(text_width, names)) * 1.06 + 0.12, max(map(text_width, texts)) * 1.06 + 0.15
        axes = figure.add_axes((left / width, 0.02, (width - left - right) / width, 0.96))
        figure.set_label("; ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True)))
        low = min(0.0, *(min(step.start, step.end) for step in steps))
        high = max(0.0, *(max(step.start, step.end) for step in steps))
        for row, step in enumerate(steps):
            colour = ACCENT if step.total else GOOD if step.value > 0.0 else BAD
            if step.total and step.value < 0.0:
                colour = BAD
            axes.barh(row, step.end - step.start, left=step.start, height=0.66, color=colour, alpha=0.85, linewidth=0)
            if row + 1 < len(steps):
                axes.plot([step.end, step.end], [row - 0.33, row + 1.33], color=SOFT, linewidth=0.6, zorder=0)
            axes.annotate(
                texts[row], (1, row), (72 * right - 3, 0), ("axes fraction", "data"), "offset points", va="center",
                ha="right", fontweight="bold" if step.total else "normal",
            )  # fmt: skip
        axes.axvline(0.0, color=LINE, linewidth=0.8, zorder=0)
        axes.set_yticks(range(len(steps)), names)
        for label, step in zip(axes.get_yticklabels(), steps, strict=True):
            label.set_fontweight("bold" if step.total else "normal")
        axes.set_ylim(len(steps) - 0.5, -0.5)
        axes.set_xlim(low, high if high > low else low + 1.0)
        axes.set_xticks([])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        for side in axes.spines.values():
            side.set_visible(False)
        return figure


def by_day(run: Run, column: str) -> tuple[np.ndarray, np.ndarray]:
    """(hour at which each day begins, sum of the column over the day)."""
    hours = run.series["hour"].to_numpy(float)
    day = np.floor(hours / 24.0).astype(int)
    sums = np.bincount(day - day[0], weights=run.series[column].fillna(0.0).to_numpy(float))
    return 24.0 * (np.arange(len(sums)) + day[0]), sums


def _flow(run: Run, column: str, span: Span) -> tuple[np.ndarray, np.ndarray]:
    """A column by hour, or by day in a long run, with its last value repeated to the end of its step."""
    if span.daily:
        x, y = by_day(run, column)
        return np.append(x, x[-1] + 24.0), np.append(y, y[-1])
    x, y = run.series["hour"].to_numpy(float), run.series[column].fillna(0.0).to_numpy(float)
    return np.append(x, x[-1] + 1.0), np.append(y, y[-1])


def _highest(x: np.ndarray, y: np.ndarray, span: Span) -> tuple[np.ndarray, np.ndarray]:
    """Values by hour, or the highest of each day in a long run."""
    y = np.nan_to_num(y)
    step = 1.0
    if span.daily:
        day = np.floor(x / 24.0)
        starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
        x, y, step = day[starts] * 24.0, np.maximum.reduceat(y, starts), 24.0
    return np.append(x, x[-1] + step), np.append(y, y[-1])


def _bars(axes: Any, days: np.ndarray, values: np.ndarray, colour: str, alpha: float = 0.75, base: Any = 0.0) -> None:
    axes.bar(days + 12.0, values, width=19.0, bottom=base, color=colour, alpha=alpha, linewidth=0)
