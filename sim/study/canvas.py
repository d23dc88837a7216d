"""What the figures of studies share: quiet axes, direct labels, one accent colour, intervals always drawn.

Text stays text in the SVG, with a list of fonts that covers Chinese, so figures read and search like the page around
them.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.core.picture import INK, SERIES, text_width

Format = Callable[[float], str]


def _wrapped(text: str, width: int) -> str:
    """``text`` in at most two lines of about ``width`` half-width characters, cut at a blank or before a dot."""
    cut = _fitting(text, width)
    if cut == len(text):
        return text
    blank = max(text.rfind(" ", 0, cut + 1), text.rfind(".", 0, cut + 1))
    cut = blank if blank > width // 3 else cut
    rest = text[cut:].strip()
    fitting = _fitting(rest, width)
    return f"{text[:cut].strip()}\n{rest if fitting == len(rest) else rest[: fitting - 1] + '…'}"


def _fitting(text: str, width: int) -> int:
    """How many characters of ``text`` fit into ``width`` half-width cells."""
    cells = itertools.accumulate(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return sum(1 for used in cells if used <= width)


def labels(texts: Sequence[str], width: int = 30) -> tuple[list[str], float]:
    """Texts in at most two lines each, and the inches that the widest takes."""
    wrapped = [_wrapped(text, width) for text in texts]
    return wrapped, max((text_width(line) for label in wrapped for line in label.split("\n")), default=0.5)


def canvas(
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

    def __init__(self, bins: int, shown: Format) -> None:
        super().__init__(bins, steps=[1, 2, 2.5, 5, 10])
        self._shown = shown
        self._scale = float(getattr(shown, "scale", 1.0))

    def tick_values(self, vmin: float, vmax: float) -> Any:
        values = np.asarray(super().tick_values(vmin / self._scale, vmax / self._scale)) * self._scale
        # of whole things there is no half: values written alike make one tick, at the one so written
        first = {self._shown(value): value for value in sorted(values, key=lambda v: -abs(v - round(v)))}
        return np.array(sorted(first.values()))


def ticks(axis: Any, shown: Format, bins: int = 6) -> None:
    """Ticks at round values of the unit shown, as ``shown`` writes them."""
    axis.set_major_locator(_Round(bins, shown))
    axis.set_major_formatter(FuncFormatter(lambda value, _: shown(value)))


def colours(n: int) -> list[str]:
    """A colour each for ``n`` series."""
    return [SERIES[index % len(SERIES)] for index in range(n)]


#: what tells series apart besides their colour, on paper and for who cannot tell the colours
SIGNS = ("o", "s", "^", "D", "v", "P", "X", "<")
DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 1.5, 1.5, 1.5)))


def columns(texts: Sequence[str], width: float = 6.6) -> int:
    """Columns that a legend of such texts has room for, in inches."""
    return max(1, min(len(texts), int(width / (max(map(text_width, texts), default=1.0) + 0.6))))


def legend(axes: Any, columns: int = 1) -> None:
    """Names of the series above the plot, at its left."""
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, borderpad=0, ncols=columns, handlelength=3.2)


def finish_rows(axes: Any, rows: np.ndarray, labels: Sequence[str], xlabel: str, shown: Format) -> None:
    """Name the rows on the left, with no axis line there, and the measure below."""
    axes.set_yticks(rows, labels)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(-0.6, len(labels) - 0.4)
    axes.set_xlabel(xlabel)
    ticks(axes.xaxis, shown)


def finish_plane(axes: Any, names: tuple[str, str], shown: tuple[Format, Format]) -> None:
    """Name both axes and write their ticks."""
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    ticks(axes.xaxis, shown[0])
    ticks(axes.yaxis, shown[1])
