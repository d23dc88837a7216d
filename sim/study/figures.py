"""Figures of studies with a row for each thing compared, as matplotlib figures; :func:`svg` makes them text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.core.picture import ACCENT, BAD, INK, PAPER, SOFT, style, text_width
from sim.core.picture import svg as svg
from sim.study import canvas
from sim.study.canvas import Format


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
    """Effects with intervals, one a row. ``good``: 1 better, -1 worse, 0 undecided, for colour and marker.

    ``bands``: for each row a range to shade behind it (what the literature allows).
    """
    with style():
        wrapped, space = canvas.labels(labels)
        texts = [shown(value) for value in values]
        right = max(map(text_width, texts), default=0.5) + 0.35
        height = 0.75 + 0.42 * max(1, len(labels))
        figure, axes = canvas.canvas(8.2, height, space + 0.3, right)
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
            colour = {1: ACCENT, -1: BAD}.get(mark, ACCENT if not good else SOFT)
            marker, face = {1: ("o", colour), -1: ("s", colour)}.get(mark, ("o", PAPER if good else colour))
            ends = np.clip([low, high], *axes.get_xlim())
            axes.plot(ends, [row, row], color=colour, linewidth=2.2, solid_capstyle="round", zorder=2)
            if np.isfinite(value):
                edge = colour if good else "white"
                axes.plot(value, row, marker, color=face, markersize=6.5, markeredgecolor=edge, zorder=3)
            axes.text(1.01, row, text, transform=axes.get_yaxis_transform(), va="center", ha="left", color=colour)
        canvas.finish_rows(axes, rows, wrapped, xlabel, shown)
        return figure


def distributions(labels: Sequence[str], samples: Sequence[np.ndarray], shown: Format, xlabel: str) -> Any:
    """Each policy's replications: every run a dot, the middle half a bar, the mean a line."""
    with style():
        wrapped, space = canvas.labels(labels)
        figure, axes = canvas.canvas(8.2, 0.75 + 0.55 * max(1, len(labels)), space + 0.3)
        rows = np.arange(len(labels))[::-1]
        for row, sample, colour in zip(rows, samples, canvas.colours(len(labels)), strict=True):
            x = np.sort(sample[np.isfinite(sample)])
            if x.size == 0:
                continue
            picked = x if x.size <= 300 else x[np.linspace(0, x.size - 1, 300).astype(int)]
            # a golden-ratio sequence spreads the dots without randomness
            spread = (np.arange(picked.size) * 0.618034) % 1.0 - 0.5
            few = picked.size <= 30
            low, high = np.quantile(x, [0.25, 0.75])
            axes.plot([low, high], [row, row], color=colour, linewidth=7, alpha=0.35, solid_capstyle="butt")
            axes.plot(
                picked, row + 0.5 * spread, "o", color=colour, alpha=0.85 if few else 0.35, markersize=5 if few else 3.2,
                markeredgewidth=0,
            )  # fmt: skip
            axes.plot([x.mean()] * 2, [row - 0.3, row + 0.3], color=INK, linewidth=1.6)
        canvas.finish_rows(axes, rows, wrapped, xlabel, shown)
        return figure


def tornado(
    labels: Sequence[str], lows: np.ndarray, highs: np.ndarray, shown: Format, xlabel: str, ends: tuple[str, str]
) -> Any:
    """What the measure does when each factor alone goes to its low and its high end, largest swing on top."""
    with style():
        wrapped, space = canvas.labels(labels, 34)
        figure, axes = canvas.canvas(8.2, 1.0 + 0.38 * max(1, len(labels)), space + 0.3, top=0.45)
        rows = np.arange(len(labels))[::-1]
        axes.barh(rows, lows, height=0.56, color="#93b8f4", label=ends[0])
        axes.barh(rows, highs, height=0.56, color=ACCENT, label=ends[1])
        axes.axvline(0.0, color=INK, linewidth=0.9)
        canvas.finish_rows(axes, rows, wrapped, xlabel, shown)
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False, borderpad=0)
        return figure


def regret_map(
    policies: Sequence[str], scenarios: Sequence[str], regrets: np.ndarray, minimax: int, shown: Format
) -> Any:
    """Regret of each policy in each scenario; the policy with the smallest worst regret is marked."""
    with style():
        wrapped, space = canvas.labels([("★ " if i == minimax else "") + p for i, p in enumerate(policies)])
        columns, _ = canvas.labels(scenarios, 16)
        figure, axes = canvas.canvas(8.2, 0.75 + 0.5 * len(policies), space + 0.3, top=0.55, bottom=0.15)
        top = float(np.nanmax(regrets)) or 1.0
        axes.imshow(regrets, aspect="auto", cmap="Oranges", vmin=0.0, vmax=1.25 * top)
        for row in range(len(policies)):
            for column in range(len(scenarios)):
                # the cells are light on a dark page too, so what is written in them keeps its colour
                dark = regrets[row, column] > 0.85 * top
                axes.text(
                    column, row, shown(regrets[row, column]), ha="center", va="center", color="#ffffff" if dark else "#1f2934"
                )
        axes.set_yticks(range(len(policies)), wrapped)
        axes.set_xticks(range(len(scenarios)), columns)
        axes.xaxis.tick_top()
        axes.tick_params(length=0, labelcolor=INK)
        for side in axes.spines.values():
            side.set_visible(False)
        return figure
