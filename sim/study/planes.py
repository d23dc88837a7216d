"""Figures of studies on two axes: trade-offs, sweeps, breaking points, frontiers, regions of failure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.core.picture import ACCENT, BAD, INK, LINE, SERIES, SOFT, style, text_width
from sim.study import canvas
from sim.study.canvas import Format


def pareto(
    labels: Sequence[str],
    x: np.ndarray,
    y: np.ndarray,
    on_front: np.ndarray,
    shown: tuple[Format, Format],
    names: tuple[str, str],
    spans: tuple[np.ndarray, np.ndarray] | None = None,
    joined: bool = True,
) -> Any:
    """Policies or trials on two measures; those on the front are dark and named.

    ``on_front``: bool[points]. ``joined``: a line through the front, where it is the front of these two measures.
    ``spans``: low and high of both measures, two of float64[2, points], drawn as crosses.
    """
    with style():
        figure, axes = canvas.canvas(8.2, 4.4, 1.15)
        if spans is not None:
            axes.plot(spans[0], np.stack([y, y]), color=SOFT, linewidth=1.0, alpha=0.7, zorder=1)
            axes.plot(np.stack([x, x]), spans[1], color=SOFT, linewidth=1.0, alpha=0.7, zorder=1)
        axes.plot(x[~on_front], y[~on_front], "o", color=LINE if spans is None else SOFT, markersize=5, zorder=2)
        order = np.flatnonzero(on_front)[np.argsort(x[on_front], kind="stable")]
        axes.plot(x[order], y[order], "-o" if joined else "o", color=ACCENT, linewidth=1.2, markersize=6.5, zorder=3)
        axes.margins(0.12, 0.14)
        named = set(order) if len(order) <= 12 else set()
        if len(labels) <= 12:
            named = set(range(len(labels)))
        name_points(figure, axes, labels, x, y, sorted(named), on_front)
        canvas.finish_plane(axes, names, shown)
        return figure


def name_points(
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
        figure, axes = canvas.canvas(8.2, 4.0 + legend, 0.85, top=legend)
        axes.axhline(probability, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))
        for index, ((x, y), (value, low, high), colour) in enumerate(
            zip(curves, points, canvas.colours(len(labels)), strict=True)
        ):
            dash = canvas.DASHES[index % len(canvas.DASHES)]
            axes.step(x, y, where="post", color=colour, linewidth=1.8, linestyle=dash, label=labels[index])
            height = probability + 0.02 * (index - (len(labels) - 1) / 2)
            if np.isfinite(value):
                ends = np.clip([low, high], *limits) if np.isfinite(low) or np.isfinite(high) else [value, value]
                axes.plot(ends, [height] * 2, color=colour, linewidth=4, alpha=0.35, solid_capstyle="butt")
                axes.plot(value, height, "o", color=colour, markersize=7, markeredgecolor="white")
        axes.set_ylim(-0.02, 1.04)
        axes.set_xlim(*limits)
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])
        canvas.legend(axes)
        canvas.ticks(axes.xaxis, shown)
        canvas.ticks(axes.yaxis, lambda v: f"{100 * v:.0f}%")
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
        figure, axes = canvas.canvas(8.2, 4.0 + legend, 1.0, top=legend)
        for (x, y, low, high), label, colour in zip(curves, labels, canvas.colours(len(labels)), strict=True):
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
        canvas.legend(axes)
        canvas.finish_plane(axes, names, shown)
        return figure


def scatter(
    x: np.ndarray,
    y: np.ndarray,
    groups: Sequence[str],
    shown: tuple[Format, Format],
    names: tuple[str, str],
    half_width: np.ndarray | None = None,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> Any:
    """Points of a sweep over one factor, by group, with a line through the means of at most a dozen bins.

    ``half_width``: float64[points], intervals of the points, drawn where given, within ``limits``. Series over few values
    of the factor are set side by side, and each has a marker and a dash of its own besides its colour.
    """
    with style():
        kinds = list(dict.fromkeys(groups))
        columns = canvas.columns(kinds)
        legend = 0.0 if kinds == [""] else 0.22 * -(-len(kinds) // columns) + 0.15
        figure, axes = canvas.canvas(8.2, 3.4 + legend, 1.15, top=0.1 + legend)
        member = np.array(groups, dtype=object)
        given = np.unique(x[np.isfinite(x)])
        step = float(np.diff(given).min()) if 1 < given.size <= 12 and len(kinds) > 1 else 0.0
        for number, (kind, colour) in enumerate(zip(kinds, canvas.colours(len(kinds)), strict=True)):
            aside = 0.4 * step * (number / max(1, len(kinds) - 1) - 0.5)
            sign, dash = canvas.SIGNS[number % len(canvas.SIGNS)], canvas.DASHES[number % len(canvas.DASHES)]
            mask = (member == kind) & np.isfinite(x) & np.isfinite(y)
            if half_width is not None:
                ends = np.stack([y[mask] - half_width[mask], y[mask] + half_width[mask]])
                ends = np.where((y[mask] >= limits[0]) & (y[mask] <= limits[1]), np.clip(ends, *limits), ends)
                axes.plot(np.stack([x[mask], x[mask]]) + aside, ends, color=colour, linewidth=1.3, alpha=0.6)
            few = given.size <= 12
            axes.plot(
                x[mask] + aside, y[mask], sign, color=colour, alpha=0.9 if few else 0.4, markersize=5.5 if few else 3.5,
                markeredgewidth=0,
            )  # fmt: skip
            levels = np.unique(x[mask])
            if levels.size > 12:
                edges = np.quantile(x[mask], np.linspace(0, 1, 11))
                inside = [(x >= a) & (x <= b) & mask for a, b in itertools.pairwise(edges)]
            else:
                inside = [(x == level) & mask for level in levels]
            inside = [part for part in inside if part.any()]
            axes.plot(
                [x[p].mean() + aside for p in inside],
                [y[p].mean() for p in inside],
                color=colour,
                linewidth=1.8,
                linestyle=dash,
                marker=sign if few and len(kinds) > 1 else None,
                markersize=5.5,
                markeredgewidth=0,
                label=kind or None,
            )
        if legend:
            canvas.legend(axes, columns)
        axes.margins(0.05, 0.1)
        canvas.finish_plane(axes, names, shown)
        return figure


def search(
    x: np.ndarray,
    y: np.ndarray,
    feasible: np.ndarray,
    higher: bool,
    shown: tuple[Format, Format],
    names: tuple[str, str],
    words: tuple[str, str],
) -> Any:
    """Trials of a search in their order and the best one within the constraints so far. ``words``: the two's names."""
    with style():
        figure, axes = canvas.canvas(8.2, 4.0, 1.15, top=0.76)
        best = np.where(feasible & np.isfinite(y), y, -np.inf if higher else np.inf)
        best = np.maximum.accumulate(best) if higher else np.minimum.accumulate(best)
        axes.step(x[np.isfinite(best)], best[np.isfinite(best)], where="post", color=SERIES[0], linewidth=1.8, label=words[0])
        axes.plot(x[feasible], y[feasible], "o", color=SERIES[0], alpha=0.4, markersize=4.5, markeredgewidth=0)
        if not feasible.all():
            axes.plot(x[~feasible], y[~feasible], "x", color=SOFT, markersize=4.5, label=words[1])
        canvas.legend(axes)
        axes.margins(0.05, 0.1)
        canvas.finish_plane(axes, names, shown)
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
        figure, axes = canvas.canvas(8.2, 4.4, 1.15, top=0.45)
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
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False, borderpad=0)
        canvas.finish_plane(axes, names, shown)
        return figure
