"""Figures of a risk register: likelihood × loss, losses by risk and policy, and loss-exceedance curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from sim.core.picture import ACCENT, INK, SERIES, SOFT, style
from sim.study import canvas, words
from sim.study.planes import name_points

if TYPE_CHECKING:
    from sim.study.register import Register

HEAT = LinearSegmentedColormap.from_list("heat", ["#fbfdff", "#fdf0d5", "#f7b26a", "#d1493b"])
NAMED = 12  # risks named on the map, the dearest: more names than that hide the points; the table has all
OFTEN = [100.0, 10.0, 1.0, 0.1, 0.01, 0.001, 0.0001]


def _amount(found: Register, lang: str) -> Any:
    unit = found.measure.unit
    return lambda value: words.number(value, unit, lang)


def heat_map(found: Register, names: Sequence[str], lang: str, policy: int = 0) -> Any:
    """Each risk at its likelihood and loss, on logarithmic axes over bands of equal expected loss.

    The dearest by likelihood × loss are named. Losses below a thousandth of the largest, and gains, stand on the lower edge without a name.
    """
    with style():
        figure, axes = canvas.canvas(8.2, 5.2, 1.25, right=0.4, bottom=0.6)
        strikes = [found.strike(policy, k) for k in range(len(found.risks))]
        x = np.array([risk.per_year for risk in found.risks])
        y = np.array([strike.value for strike in strikes])
        top = max([float(v) for v in y if np.isfinite(v) and v > 0] or [1.0])
        least = top / 1e3
        low, high = _x_limits(found)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(low, high)
        axes.set_ylim(least / 1.6, top * 3.0)
        _bands(axes, low, high, least / 1.6, top * 3.0)
        shown = np.clip(np.nan_to_num(y, nan=least), least, None)
        for k, risk in enumerate(found.risks):
            axes.plot([risk.low, risk.high], [shown[k]] * 2, color=INK, linewidth=0.9, alpha=0.55, zorder=2)
            ends = np.clip([strikes[k].low, strikes[k].high], least / 1.6, top * 3.0)
            if np.isfinite(ends).all():
                axes.plot([x[k]] * 2, ends, color=INK, linewidth=0.9, alpha=0.55, zorder=2)
            gain = not y[k] > least
            axes.plot(x[k], shown[k], "v" if gain else "o", color=SOFT if gain else ACCENT, markersize=7,
                      markeredgecolor="white", zorder=3)  # fmt: skip
        named = [k for k in found.order(policy) if y[k] > least][:NAMED]
        name_points(figure, axes, list(names), x, shown, named, np.ones(len(names), bool))
        axes.xaxis.set_major_locator(FixedLocator([v for v in OFTEN if low <= v <= high]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _often(v, lang)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        steps = [m * 10.0**e for e in range(int(np.floor(np.log10(least))) - 1, int(np.ceil(np.log10(top))) + 2) for m in (1, 3)]
        axes.yaxis.set_major_locator(FixedLocator([v for v in steps if least / 1.6 <= v <= top * 3.0]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: _amount(found, lang)(v)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(which="minor", length=0)
        axes.set_xlabel("发生频率" if lang == "zh" else "how often")
        axes.set_ylabel("每次损失" if lang == "zh" else "loss each time")
        return figure


def _x_limits(found: Register) -> tuple[float, float]:
    lows, highs = [risk.low for risk in found.risks], [risk.high for risk in found.risks]
    return min(lows) / 2.0, max(highs) * 2.5


def _often(per_year: float, lang: str) -> str:
    if per_year >= 1.0:
        return f"{per_year:.3g} 次/年" if lang == "zh" else f"{per_year:.3g} a year"
    return f"{1.0 / per_year:,.0f} 年一遇" if lang == "zh" else f"1 in {1.0 / per_year:,.0f} years"


def _bands(axes: Any, left: float, right: float, bottom: float, top: float) -> None:
    """Shading by likelihood × loss, a step for each factor of ten."""
    x = np.geomspace(left, right, 160)
    y = np.geomspace(bottom, top, 160)
    product = np.log10(x[None, :] * y[:, None])
    ceiling = float(product.max())
    levels = ceiling - np.arange(7, -1, -1)
    axes.contourf(x, y, product, levels=levels, cmap=HEAT, alpha=0.75, extend="min", zorder=0)
    axes.contour(x, y, product, levels=levels[1:-1], colors="white", linewidths=1.0, zorder=1)


def policy_map(found: Register, names: Sequence[str], lang: str) -> Any:
    """Expected loss of a year by risk (rows, the dearest on top) and policy (columns)."""
    with style():
        order = found.order()
        wrapped, space = canvas.labels([names[k] for k in order])
        columns, _ = canvas.labels(found.policies, max(8, 60 // max(1, len(found.policies))))
        values = np.array([[found.expected(p, k) for p in range(len(found.policies))] for k in order])
        figure, axes = canvas.canvas(8.2, 0.9 + 0.42 * len(order), space + 0.3, top=0.6, bottom=0.15)
        top = float(np.nanmax(np.abs(values))) or 1.0
        # a root keeps small losses visible beside large ones
        axes.imshow(np.sqrt(np.clip(values, 0.0, None) / top), aspect="auto", cmap=HEAT, vmin=0.0, vmax=1.1)
        for row in range(len(order)):
            for column in range(len(found.policies)):
                text = _amount(found, lang)(values[row, column])
                dark = values[row, column] > 0.7 * top
                axes.text(column, row, text, ha="center", va="center", color="white" if dark else INK)
        axes.set_yticks(range(len(order)), wrapped)
        axes.set_xticks(range(len(found.policies)), columns)
        axes.xaxis.tick_top()
        axes.tick_params(length=0, labelcolor=INK)
        for side in axes.spines.values():
            side.set_visible(False)
        return figure


def exceedance_curves(found: Register, lang: str) -> Any:
    """Probability that a year costs more than an amount, one curve a policy, with each policy's CVaR."""
    from sim.study.register import exceedance

    with style():
        legend = 0.28 * len(found.policies) + 0.15
        figure, axes = canvas.canvas(8.2, 4.0 + legend, 0.95, right=0.5, top=legend)
        reach = max(float(np.quantile(years, 0.998)) for years in found.years)
        for p, policy in enumerate(found.policies):
            x, probability = exceedance(found.years[p])
            colour = SERIES[p % len(SERIES)]
            axes.plot(x, np.maximum(probability, 1e-9), color=colour, linewidth=1.8, label=policy, drawstyle="steps-post")
            worst = found.worst_years(p)
            level = 1.0 - found.study.level
            axes.plot([worst], [level], marker="D", color=colour, markersize=6, markeredgecolor="white", clip_on=False)
        axes.axhline(1.0 - found.study.level, color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set_yscale("log")
        axes.set_ylim(2e-3, 1.05)
        lowest = min(0.0, *(float(years.min()) for years in found.years))
        axes.set_xlim(max(lowest, -0.25 * max(reach, 1e-9)), 1.02 * max(reach, 1e-9))
        axes.set_xlabel("全年损失（菱形：CVaR）" if lang == "zh" else "loss of a year (diamond: CVaR)")
        axes.set_ylabel("超过的概率" if lang == "zh" else "chance of more")
        canvas.legend(axes)
        amount = _amount(found, lang)
        canvas.ticks(axes.xaxis, amount, 6)
        axes.yaxis.set_major_locator(FixedLocator([1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:.3g}%"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(which="minor", length=0)
        return figure


