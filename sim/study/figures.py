"""Figures of studies, as matplotlib figures and as SVG text for reports.

One look for all: quiet axes, direct labels, one accent colour, intervals always drawn. Text stays text
in the SVG, with a list of fonts that covers Chinese, so figures read and search like the page around them.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.core.picture import ACCENT, BAD, GOOD, INK, LINE, SERIES, SOFT, style, text_width
from sim.core.picture import svg as svg

Format = Callable[[float], str]


def _wrapped(text: str, width: int) -> str:
    """``text`` in at most two lines of about ``width`` half-width characters."""
    cut = _fitting(text, width)
    if cut == len(text):
        return text
    blank = text.rfind(" ", 0, cut + 1)
    cut = blank if blank > width // 3 else cut
    rest = text[cut:].strip()
    fitting = _fitting(rest, width)
    return f"{text[:cut].strip()}\n{rest if fitting == len(rest) else rest[: fitting - 1] + '…'}"


def _fitting(text: str, width: int) -> int:
    """How many characters of ``text`` fit into ``width`` half-width cells."""
    cells = itertools.accumulate(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return sum(1 for used in cells if used <= width)


def _labels(labels: Sequence[str], width: int = 30) -> tuple[list[str], float]:
    wrapped = [_wrapped(label, width) for label in labels]
    return wrapped, max((text_width(line) for label in wrapped for line in label.split("\n")), default=0.5)


def _canvas(
    width: float, height: float, left: float, right: float = 0.3, bottom: float = 0.55, top: float = 0.2
) -> tuple[Any, Any]:
    """A figure and its axes with margins in inches."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - bottom - top) / height)
    )
    axes.tick_params(length=3, width=0.6)
    return figure, axes


class _Round(MaxNLocator):
    """Ticks at round values of the unit shown, which may be a multiple of the axis's own."""

    def __init__(self, bins: int, scale: float) -> None:
        super().__init__(bins, steps=[1, 2, 2.5, 5, 10])
        self._scale = scale

    def tick_values(self, vmin: float, vmax: float) -> Any:
        return np.asarray(super().tick_values(vmin / self._scale, vmax / self._scale)) * self._scale


def _ticks(axis: Any, shown: Format, bins: int = 6) -> None:
    axis.set_major_locator(_Round(bins, float(getattr(shown, "scale", 1.0))))
    axis.set_major_formatter(FuncFormatter(lambda value, _: shown(value)))


def forest(
    labels: Sequence[str],
    values: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    shown: Format,
    xlabel: str,
    good: Sequence[int] = (),
    bands: Sequence[tuple[float, float]] | None = None,
    zero: bool = True,
) -> Any:
    """Effects with intervals, one a row. ``good``: 1 better, -1 worse, 0 undecided, for the colour.

    ``bands``: for each row a range to shade behind it (what the literature allows).
    """
    with style():
        wrapped, space = _labels(labels)
        texts = [shown(value) for value in values]
        right = max(map(text_width, texts), default=0.5) + 0.35
        height = 0.75 + 0.42 * max(1, len(labels))
        figure, axes = _canvas(8.2, height, space + 0.3, right)
        rows = np.arange(len(labels))[::-1]
        if bands is not None:
            for row, (low, high) in zip(rows, bands, strict=True):
                axes.barh(row, high - low, left=low, height=0.62, color="#e4ecf7", zorder=0)
        finite = [x for x in [*values, *lows, *highs, *(e for b in bands or () for e in b)] if np.isfinite(x)] or [
            0.0,
            1.0,
        ]
        reach = [*finite, 0.0] if zero else finite
        span = (max(reach) - min(reach)) or 1.0
        axes.set_xlim(min(reach) - 0.06 * span, max(reach) + 0.06 * span)
        if zero:
            axes.axvline(0.0, color=SOFT, linewidth=0.9, zorder=1)
        marks = list(good) or [0] * len(labels)
        for row, value, low, high, mark, text in zip(rows, values, lows, highs, marks, texts, strict=True):
            colour = {1: GOOD, -1: BAD}.get(mark, ACCENT if not good else SOFT)
            ends = np.clip([low, high], *axes.get_xlim())
            axes.plot(ends, [row, row], color=colour, linewidth=2.2, solid_capstyle="round", zorder=2)
            if np.isfinite(value):
                axes.plot(value, row, "o", color=colour, markersize=6.5, markeredgecolor="white", zorder=3)
            axes.text(1.01, row, text, transform=axes.get_yaxis_transform(), va="center", ha="left", color=colour)
        axes.set_yticks(rows, wrapped)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(-0.6, len(labels) - 0.4)
        axes.set_xlabel(xlabel)
        _ticks(axes.xaxis, shown)
        return figure


def distributions(labels: Sequence[str], samples: Sequence[np.ndarray], shown: Format, xlabel: str) -> Any:
    """Each policy's replications: every run a dot, the middle half a bar, the mean a line."""
    with style():
        wrapped, space = _labels(labels)
        figure, axes = _canvas(8.2, 0.75 + 0.55 * max(1, len(labels)), space + 0.3)
        rows = np.arange(len(labels))[::-1]
        for row, sample, colour in zip(rows, samples, _colours(len(labels)), strict=True):
            x = np.sort(sample[np.isfinite(sample)])
            if x.size == 0:
                continue
            picked = x if x.size <= 300 else x[np.linspace(0, x.size - 1, 300).astype(int)]
            # a golden-ratio sequence spreads the dots without randomness
            spread = (np.arange(picked.size) * 0.618034) % 1.0 - 0.5
            axes.plot(picked, row + 0.5 * spread, "o", color=colour, alpha=0.35, markersize=3.2, markeredgewidth=0)
            low, high = np.quantile(x, [0.25, 0.75])
            axes.plot([low, high], [row, row], color=colour, linewidth=7, alpha=0.45, solid_capstyle="butt")
            axes.plot([x.mean()] * 2, [row - 0.3, row + 0.3], color=INK, linewidth=1.6)
        axes.set_yticks(rows, wrapped)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(-0.6, len(labels) - 0.4)
        axes.set_xlabel(xlabel)
        _ticks(axes.xaxis, shown)
        return figure


def pareto(
    labels: Sequence[str],
    x: np.ndarray,
    y: np.ndarray,
    on_front: np.ndarray,
    shown: tuple[Format, Format],
    names: tuple[str, str],
) -> Any:
    """Policies or trials on two measures; those on the front are joined and named."""
    with style():
        figure, axes = _canvas(8.2, 4.4, 1.15)
        axes.plot(x[~on_front], y[~on_front], "o", color=LINE, markersize=5, zorder=1)
        order = np.flatnonzero(on_front)[np.argsort(x[on_front], kind="stable")]
        axes.plot(x[order], y[order], "-o", color=ACCENT, linewidth=1.2, markersize=6.5, zorder=2)
        axes.margins(0.12, 0.14)
        named = set(order) if len(order) <= 12 else set()
        if len(labels) <= 12:
            named = set(range(len(labels)))
        _name_points(figure, axes, labels, x, y, sorted(named), on_front)
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])
        _ticks(axes.xaxis, shown[0])
        _ticks(axes.yaxis, shown[1])
        return figure


def _name_points(
    figure: Any, axes: Any, labels: Sequence[str], x: np.ndarray, y: np.ndarray, named: Sequence[int], dark: np.ndarray
) -> None:
    """Write names beside points, each where it covers no earlier name and stays inside; points at 72 dpi."""
    axes.get_xlim(), axes.get_ylim()  # settle the limits before measuring with them
    box = axes.get_window_extent()
    scale = 72.0 / figure.dpi
    taken: list[tuple[float, float, float, float]] = []
    spots = [(8, 5, "left"), (-8, 5, "right"), (8, -13, "left"), (-8, -13, "right"), (8, 18, "left"), (-8, 18, "right")]
    for index in named:
        if not labels[index] or not np.isfinite(x[index] + y[index]):
            continue
        px, py = axes.transData.transform((x[index], y[index])) * scale
        width = text_width(labels[index]) * 72.0
        best = None
        for spot in spots:
            left = px + spot[0] - (width if spot[2] == "right" else 0.0)
            area = (left, py + spot[1], left + width, py + spot[1] + 12.0)
            inside = area[0] >= box.x0 * scale and area[2] <= box.x1 * scale + 12.0
            if inside and not any(
                a[0] < area[2] and area[0] < a[2] and a[1] < area[3] and area[1] < a[3] for a in taken
            ):
                best = spot
                taken.append(area)
                break
        if best is None and len(named) > len(spots):
            continue  # a crowd of trials: some stay unnamed
        best = best or spots[0]
        axes.annotate(
            labels[index], (x[index], y[index]), textcoords="offset points", xytext=best[:2], ha=best[2],
            color=INK if dark[index] else SOFT,
        )  # fmt: skip


def tornado(
    labels: Sequence[str], lows: np.ndarray, highs: np.ndarray, shown: Format, xlabel: str, ends: tuple[str, str]
) -> Any:
    """What the measure does when each factor alone goes to its low and its high end, largest swing on top."""
    with style():
        wrapped, space = _labels(labels, 34)
        figure, axes = _canvas(8.2, 1.0 + 0.38 * max(1, len(labels)), space + 0.3, top=0.45)
        rows = np.arange(len(labels))[::-1]
        axes.barh(rows, lows, height=0.56, color="#93b8f4", label=ends[0])
        axes.barh(rows, highs, height=0.56, color=ACCENT, label=ends[1])
        axes.axvline(0.0, color=INK, linewidth=0.9)
        axes.set_yticks(rows, wrapped)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(-0.6, len(labels) - 0.4)
        axes.set_xlabel(xlabel)
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False, borderpad=0)
        _ticks(axes.xaxis, shown)
        return figure


def breaking_curve(
    labels: Sequence[str],
    curves: Sequence[tuple[np.ndarray, np.ndarray]],
    points: Sequence[tuple[float, float, float]],
    probability: float,
    shown: Format,
    names: tuple[str, str],
    limits: tuple[float, float],
) -> Any:
    """Probability of failure against the size of the shock, one step curve a policy, breaking points with intervals."""
    with style():
        legend = 0.28 * len(labels) + 0.15
        figure, axes = _canvas(8.2, 4.0 + legend, 0.85, top=legend)
        axes.axhline(probability, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))
        for index, ((x, y), (value, low, high), colour) in enumerate(
            zip(curves, points, _colours(len(labels)), strict=True)
        ):
            axes.step(x, y, where="post", color=colour, linewidth=1.8, label=labels[index])
            height = probability + 0.02 * (index - (len(labels) - 1) / 2)
            if np.isfinite(value):
                ends = np.clip([low, high], *limits)
                axes.plot(ends, [height] * 2, color=colour, linewidth=4, alpha=0.35, solid_capstyle="butt")
                axes.plot(value, height, "o", color=colour, markersize=7, markeredgecolor="white")
        axes.set_ylim(-0.02, 1.04)
        axes.set_xlim(*limits)
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, borderpad=0)
        _ticks(axes.xaxis, shown)
        _ticks(axes.yaxis, lambda v: f"{100 * v:.0f}%")
        return figure


def frontier(
    labels: Sequence[str],
    curves: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
    shown: tuple[Format, Format],
    names: tuple[str, str],
    limits: tuple[tuple[float, float], tuple[float, float]],
) -> Any:
    """Two shocks at once: above its line a policy breaks. Each curve is x, y, low, high."""
    with style():
        legend = 0.28 * len(labels) + 0.15
        figure, axes = _canvas(8.2, 4.0 + legend, 1.0, top=legend)
        for (x, y, low, high), label, colour in zip(curves, labels, _colours(len(labels)), strict=True):
            known = np.isfinite(y)
            top = limits[1][1]
            axes.fill_between(
                x, np.clip(low, *limits[1]), np.clip(high, *limits[1]), color=colour, alpha=0.13, linewidth=0
            )
            axes.plot(x[known], y[known], "-o", color=colour, linewidth=1.8, markersize=4.5, label=label)
            axes.plot(
                x[~known],
                np.full((~known).sum(), top),
                "^",
                color=colour,
                markersize=6,
                label=None if known.any() else label,
            )
        axes.set_xlim(*limits[0])
        axes.set_ylim(limits[1][0], limits[1][1] + 0.03 * (limits[1][1] - limits[1][0]))
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, borderpad=0)
        _ticks(axes.xaxis, shown[0])
        _ticks(axes.yaxis, shown[1])
        return figure


def regret_map(
    policies: Sequence[str], scenarios: Sequence[str], regrets: np.ndarray, minimax: int, shown: Format
) -> Any:
    """Regret of each policy in each scenario; the policy with the smallest worst regret is marked."""
    with style():
        wrapped, space = _labels([("★ " if i == minimax else "") + p for i, p in enumerate(policies)])
        columns, _ = _labels(scenarios, 16)
        figure, axes = _canvas(8.2, 0.75 + 0.5 * len(policies), space + 0.3, top=0.55, bottom=0.15)
        top = float(np.nanmax(regrets)) or 1.0
        axes.imshow(regrets, aspect="auto", cmap="Oranges", vmin=0.0, vmax=1.25 * top)
        for row in range(len(policies)):
            for column in range(len(scenarios)):
                dark = regrets[row, column] > 0.85 * top
                axes.text(
                    column, row, shown(regrets[row, column]), ha="center", va="center", color="white" if dark else INK
                )
        axes.set_yticks(range(len(policies)), wrapped)
        axes.set_xticks(range(len(scenarios)), columns)
        axes.xaxis.tick_top()
        axes.tick_params(length=0, labelcolor=INK)
        for side in axes.spines.values():
            side.set_visible(False)
        return figure


def _colours(n: int) -> list[str]:
    return [SERIES[index % len(SERIES)] for index in range(n)]


def scatter(
    x: np.ndarray, y: np.ndarray, groups: Sequence[str], shown: tuple[Format, Format], names: tuple[str, str]
) -> Any:
    """Points of a sweep over one factor, by policy, with a line through the means of at most a dozen bins."""
    with style():
        kinds = list(dict.fromkeys(groups))
        legend = 0.0 if kinds == [""] else 0.28 * len(kinds) + 0.1
        figure, axes = _canvas(8.2, 3.4 + legend, 1.15, top=0.2 + legend)
        member = np.array(groups, dtype=object)
        for kind, colour in zip(kinds, _colours(len(kinds)), strict=True):
            mask = (member == kind) & np.isfinite(x) & np.isfinite(y)
            axes.plot(x[mask], y[mask], "o", color=colour, alpha=0.4, markersize=3.5, markeredgewidth=0)
            levels = np.unique(x[mask])
            if levels.size > 12:
                edges = np.quantile(x[mask], np.linspace(0, 1, 11))
                inside = [(x >= a) & (x <= b) & mask for a, b in itertools.pairwise(edges)]
            else:
                inside = [(x == level) & mask for level in levels]
            inside = [part for part in inside if part.any()]
            axes.plot(
                [x[p].mean() for p in inside],
                [y[p].mean() for p in inside],
                color=colour,
                linewidth=1.8,
                label=kind or None,
            )
        if legend:
            axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, borderpad=0)
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])
        axes.margins(0.05, 0.1)
        _ticks(axes.xaxis, shown[0])
        _ticks(axes.yaxis, shown[1])
        return figure


def boxes(
    x: np.ndarray,
    y: np.ndarray,
    failed: np.ndarray,
    limits: Sequence[tuple[tuple[float, float], tuple[float, float]]],
    shown: tuple[Format, Format],
    names: tuple[str, str],
    words: tuple[str, str],
) -> Any:
    """Futures on two uncertainties, failed ones in colour, with boxes drawn around regions of failure."""
    from matplotlib.patches import Rectangle

    with style():
        figure, axes = _canvas(8.2, 4.4, 1.15, top=0.45)
        axes.plot(x[~failed], y[~failed], "o", color=LINE, markersize=4, markeredgewidth=0, label=words[1])
        axes.plot(x[failed], y[failed], "o", color=BAD, markersize=4.5, markeredgewidth=0, alpha=0.75, label=words[0])
        axes.margins(0.04)
        wide, tall = axes.get_xlim(), axes.get_ylim()
        for (x0, x1), (y0, y1) in limits:
            left, right = (x0 if np.isfinite(x0) else wide[0]), (x1 if np.isfinite(x1) else wide[1])
            bottom, top = (y0 if np.isfinite(y0) else tall[0]), (y1 if np.isfinite(y1) else tall[1])
            axes.add_patch(
                Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor=INK, linewidth=1.5)
            )
        axes.set_xlim(*wide)
        axes.set_ylim(*tall)
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False, borderpad=0)
        _ticks(axes.xaxis, shown[0])
        _ticks(axes.yaxis, shown[1])
        return figure
