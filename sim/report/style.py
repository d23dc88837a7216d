"""How the report's figures are laid out: panels over one time axis, wide for a desk and narrow for a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from sim.core.picture import INK, LINE, PAPER, SIZE, SOFT, WASH, style, text_width
from sim.core.wording import number
from sim.report.words import Words

WIDE, NARROW = 10.4, 4.1  # inches: 1000 and 394 CSS pixels
HOURLY_TO = 3  # days up to which the axis tells the hours
DAILY_FROM = 45  # days from which a figure shows days instead of hours
TITLE, GAP, FOOT = 0.3, 0.16, 0.34  # inches above a panel, between panels, below the last for its dates
FILLED, DASHED, HATCHED = "■", "╍", "▨"  # keys of what a colour shows
LANE = 0.2  # inches for a row of event numbers above the first panel


@dataclass(frozen=True)
class Mark:
    """A moment to show in every figure over time: an event's number, or nothing for an opening."""

    hour: float
    number: int | None = None


@dataclass(frozen=True)
class Span:
    """The time axis of a run, in hours since the scenario's start (half-open)."""

    start: datetime
    first: float  # negative: warm-up
    last: float
    marks: tuple[Mark, ...] = ()

    @property
    def days(self) -> float:
        """Days shown."""
        return (self.last - self.first) / 24.0

    @property
    def daily(self) -> bool:
        """Whether hours are too fine to see."""
        return self.days > DAILY_FROM

    def date(self, hour: float) -> str:
        """``06-18``."""
        return (self.start + timedelta(hours=hour)).strftime("%m-%d")


class Panels:
    """Panels over one time axis, one below the other; heights in inches."""

    def __init__(self, span: Span, heights: Sequence[float], narrow: bool, warmup: str) -> None:
        from matplotlib.figure import Figure

        self.span, self.heights, self.narrow, self._warmup = span, heights, narrow, warmup
        self.warmup_row = 0  # whose shade is named
        self.most: dict[int, float] = {}  # highest value of a row, where its axes hold more than data
        self._names: dict[int, str] = {}
        self.width = NARROW if narrow else WIDE
        self._lanes = self._share_lanes()
        self._numbers_room = LANE * (1 + max(self._lanes.values(), default=-1))
        self.height = sum(heights) + len(heights) * TITLE + self._numbers_room + (len(heights) - 1) * GAP + FOOT
        self.figure = Figure(figsize=(self.width, self.height))
        self.axes = [self.figure.add_axes((0.1, 0.1, 0.8, 0.8), label=str(row)) for row in range(len(heights))]

    def _share_lanes(self) -> dict[Mark, int]:
        """The row above the first panel for each event's number: two too near to each other take different rows."""
        per_hour = (self.width - 1.0) / (self.span.last - self.span.first)
        lanes: dict[Mark, int] = {}
        for mark in self.span.marks:
            if mark.number is not None:
                used = {lane for other, lane in lanes.items() if abs(other.hour - mark.hour) * per_hour < 0.2}
                lanes[mark] = min(set(range(len(used) + 1)) - used)
        return lanes

    def label(self, row: int, text: str, keys: Sequence[tuple[str, ...]] = ()) -> None:
        """Name a panel above its left edge; ``keys``: word, colour and sign (or ■) of what it shows, beside the name."""
        axes = self.axes[row]
        self._names[row] = text + (f" ({', '.join(key[0] for key in keys)})" if keys else "")
        up = 8 + (72 * self._numbers_room if row == 0 else 0.0)
        axes.annotate(text, (0, 1), (0, up), "axes fraction", "offset points", color=INK, fontweight="bold")
        room = self.width - 0.65 - sum(text_width(key[0]) + 0.32 for key in keys)
        at = room if self.narrow else min(text_width(text) * 1.12 + 0.35, room)
        for word, colour, *sign in keys:
            axes.annotate(sign[0] if sign else FILLED, (0, 1), (at * 72, up), "axes fraction", "offset points", color=colour)
            axes.annotate(word, (0, 1), (at * 72 + 11, up), "axes fraction", "offset points", color=SOFT)
            at += text_width(word) + 0.32

    def finish(self, words: Words, shares: Sequence[int] = ()) -> Any:
        """Scale, date and place the panels. ``shares``: rows whose values are shares. Returns the figure.

        Its label says in words what each panel shows and how high it goes.
        """
        lang = words.lang
        self.figure.set_label(" ".join(self._told(row, words, row in shares) for row in self._names))
        for row, axes in enumerate(self.axes):
            axes.set_xlim(self.span.first, self.span.last)
            self._shade(axes, row)
            self._dates(axes, last=row == len(self.axes) - 1)
            if axes.get_yticks().size:
                self._values(axes, lang, row in shares)
        left = max((text_width(text.get_text()) for axes in self.axes for text in axes.get_yticklabels()), default=0.0)
        left, right = max(left + 0.12, 0.3), 0.18
        top = self.height
        for axes, height in zip(self.axes, self.heights, strict=True):
            top -= TITLE + height + (self._numbers_room if axes is self.axes[0] else 0.0)
            axes.set_position(
                (left / self.width, top / self.height, (self.width - left - right) / self.width, height / self.height)
            )
            top -= GAP
        return self.figure

    def _told(self, row: int, words: Words, share: bool) -> str:
        """What a panel shows, and its highest value."""
        highest = self.most.get(row, float(self.axes[row].dataLim.y1))
        if not self.axes[row].get_yticks().size or not np.isfinite(highest):
            return self._names[row] + ("。" if words.lang == "zh" else ".")
        value = number(float(f"{highest:.3g}"), "share" if share else "", words.lang)
        return words("panel_up_to", what=self._names[row], value=value)

    def _shade(self, axes: Any, row: int) -> None:
        if self.span.first < 0:
            axes.axvspan(self.span.first, 0.0, color=WASH, linewidth=0, zorder=0)
            room = -self.span.first / (self.span.last - self.span.first) * (self.width - 1.0)
            if row == self.warmup_row and room > text_width(self._warmup) + 0.1:
                axes.annotate(
                    self._warmup, (self.span.first, 1), (4, -11), ("data", "axes fraction"), "offset points", color=SOFT
                )
        for mark in self.span.marks:
            if mark.number is None:
                axes.axvline(mark.hour, color=SOFT, linewidth=0.7, linestyle=(0, (1, 2)), zorder=1)
            else:
                axes.axvline(mark.hour, color=INK, linewidth=0.8, zorder=1)
        if row == 0:
            self._numbers(axes)

    def _numbers(self, axes: Any) -> None:
        """Numbers of events above their lines."""
        for mark, lane in self._lanes.items():
            axes.annotate(
                str(mark.number), (mark.hour, 1), (0, 8 + 72 * LANE * lane), ("data", "axes fraction"), "offset points",
                ha="center", va="center", fontsize=SIZE - 1.5, color=PAPER, zorder=6,
                bbox={"boxstyle": "round,pad=0.22", "facecolor": INK, "edgecolor": "none"},
            )  # fmt: skip

    def _dates(self, axes: Any, last: bool) -> None:
        room = max(2, int((self.width - 0.8) / 0.62))
        if self.span.days <= HOURLY_TO:
            self._hours(axes, last, room)
            return
        days = range(int(np.ceil(self.span.first / 24.0)), int(np.floor((self.span.last - 1) / 24.0)) + 1)
        step = next((s for s in (1, 2, 3, 4, 7, 14, 28, 56) if len(days) / s <= room), 112)
        shown = [day for day in days if day % step == 0]
        axes.set_xticks([24.0 * day for day in shown], [self.span.date(24.0 * day) for day in shown] if last else [])
        axes.tick_params(axis="x", length=3 if last else 0, width=0.6)

    def _hours(self, axes: Any, last: bool, room: int) -> None:
        """Hours of the day, and the date in place of midnight: a day or two have too few dates to be an axis."""
        length = self.span.last - self.span.first
        step = next((s for s in (1, 2, 3, 6, 12) if length / s <= room), 24)
        shown = range(step * int(np.ceil(self.span.first / step)), int(self.span.last), step)
        texts = [self.span.date(hour) if hour % 24 == 0 else f"{hour % 24:02d}:00" for hour in shown]
        axes.set_xticks(list(shown), texts if last else [])
        axes.tick_params(axis="x", length=3 if last else 0, width=0.6)

    def _values(self, axes: Any, lang: str, share: bool) -> None:
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        unit = "share" if share else ""
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, unit, lang)))
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", color=LINE, linewidth=0.6, zorder=0)
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
        with style():
            low, high = axes.get_ylim()
            axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= high])
