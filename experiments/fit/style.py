"""One look for every figure: text stays text, colours carry meaning, Chinese falls back to an installed font."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

OBSERVED = "#5b6b7b"
FITTED = "#c8452d"
SECOND = "#2f7f9f"
THIRD = "#8a6fb0"
GRID = "#e3e7eb"
INK = "#27313b"

LOOK: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "sim618",
    "font.family": [
        "Noto Sans", "DejaVu Sans", "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC",
        "Microsoft YaHei", "WenQuanYi Micro Hei", "SimHei", "sans-serif",
    ],
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelsize": 10,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#9aa5b0",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.9,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}  # fmt: skip


def new_figure() -> Figure:
    """An empty figure in the common look; `draw` functions add the axes."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with matplotlib.rc_context(LOOK):
        return Figure(figsize=(9.6, 3.7), layout="constrained")


def panels(figure: Figure, count: int, height: float = 3.7) -> list[Axes]:
    """`count` axes side by side."""
    figure.set_size_inches(4.8 * max(count, 2), height)
    with matplotlib.rc_context(LOOK):
        return list(np.atleast_1d(figure.subplots(1, count)))


def label(axes: Axes, title: str, x: str, y: str, legend: bool = True) -> None:
    """Title, axis labels with units, and a legend where several things are drawn."""
    with matplotlib.rc_context(LOOK):
        axes.set_title(title)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        if legend:
            axes.legend(loc="best")


def save(figure: Figure, path: Path, title: str = "") -> None:
    """Write `figure` by the suffix of `path`, an SVG with ``title`` for screen readers; equal figures give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(LOOK):
        if path.suffix == ".svg":
            figure.savefig(path, metadata={"Date": None, "Creator": None})
            text = path.read_text(encoding="utf-8")
            text = text.replace("<svg ", f'<svg role="img" aria-label="{escape(title, {chr(34): "&quot;"})}" ', 1)
            path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")
        else:
            figure.savefig(path, dpi=90)


def cumulative(
    axes: Axes,
    values: np.ndarray,
    fitted: dict[str, Callable[[np.ndarray], np.ndarray]],
    log: bool = False,
    upto: float = 0.995,
    steps: bool = False,
) -> None:
    """The observed cumulative share of `values` and fitted ones over it.

    The observed curve is drawn at 60 quantiles, so that no single row can be read off the figure.
    """
    levels = np.linspace(0.005, upto, 60)
    axes.plot(np.quantile(values, levels), levels, color=OBSERVED, lw=4, alpha=0.55, label="observed")
    low, high = np.quantile(values, [0.002, upto])
    grid = np.geomspace(max(low, 1e-3), high, 400) if log else np.linspace(low, high, 400)
    if steps:
        grid = np.unique(np.round(grid))
    for (name, cdf), colour in zip(fitted.items(), (FITTED, SECOND, THIRD), strict=False):
        axes.plot(grid, cdf(grid), color=colour, label=name, drawstyle="steps-post" if steps else "default")
    if log:
        axes.set_xscale("log")
    axes.set_ylim(0, 1.01)
