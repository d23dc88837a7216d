"""Figures of a drill."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sim.books.names import plain, reading
from sim.core import wording
from sim.core.picture import ACCENT, BAD, GOOD, INK, LINE, SOFT, style
from sim.core.wording import UNITS_ZH, scaled
from sim.engine.metrics import unit_of
from sim.engine.plans import level

MARKS = (
    ("inject", "fault", "故障", BAD), ("alert", "alert", "告警", "#b45309"), ("decided", "decision", "决策", "#7c3aed"),
    ("action", "action", "措施", ACCENT), ("stop", "stop", "中止", BAD), ("restored", "restored", "恢复服务", GOOD),
    ("fault_over", "fault over", "故障结束", SOFT), ("recovered", "recovered", "恢复", GOOD),
    ("afterwards", "afterwards", "收尾", SOFT),
)  # fmt: skip


#: up to so many minutes shown, minutes of a unit, its words
CLOCKS = (
    (240.0, 1.0, ("minutes after the fault", "故障后分钟")),
    (4320.0, 60.0, ("hours after the fault", "故障后小时")),
    (np.inf, 1440.0, ("days after the fault", "故障后天数")),
)  # fmt: skip


def _axes(height: float) -> Any:
    figure = Figure(figsize=(8.6, height), layout="constrained")
    return figure, figure.subplots()


def timeline(result: Any, number: int, lang: str = "en") -> Any:
    """Orders a minute with and without the fault, the readings of the steady state, and what happened when."""
    run, control = result.runs["response"][number], result.controls[number]
    fault = run.fault_at
    until = max([row[0] for row in run.journal if row[1] == "drill"] + [fault]) - fault + 15.0
    size, unit = next((size, unit) for reach, size, unit in CLOCKS if until <= reach)
    times = (np.array(run.minutes[1:]) - fault) / size
    shown = times <= until / size
    metrics = list(run.readings)
    with style():
        figure = Figure(figsize=(8.6, 3.5 + 1.2 * len(metrics)), layout="constrained")
        lane, *axes = figure.subplots(
            2 + len(metrics), 1, sharex=True, gridspec_kw={"height_ratios": [0.9, 1.6] + [1.2] * len(metrics)}
        )
        for source, colour, dash, label in (
            (run, ACCENT, "-", "有故障" if lang == "zh" else "with the fault"),
            (control, SOFT, (0, (3, 2)), "无故障" if lang == "zh" else "without the fault"),
        ):
            rate = np.diff(source.orders)[: len(times)] / np.diff(run.minutes)
            axes[0].plot(times[shown], rate[shown], color=colour, lw=1.3, ls=dash, label=label)
        _title(axes[0], "每分钟订单数" if lang == "zh" else "Orders per minute")
        axes[0].set_ylim(bottom=0.0)
        thousands(axes[0].yaxis)
        figure.legend(frameon=False, loc="outside upper right", ncols=2, fontsize=8)
        for axis, metric in zip(axes[1:], metrics, strict=True):
            values = np.array(run.readings[metric][1:])
            axis.plot(times[shown], values[shown], color=ACCENT, lw=1.2)
            _title(axis, _named(metric, lang))
            axis.yaxis.set_major_formatter(lambda value, _: scaled(value, lang))
            if unit_of(metric) == "share":
                axis.set_ylim(-0.03, max(1.03, 1.03 * np.nanmax(values[shown], initial=0.0)))
                axis.yaxis.set_major_formatter(lambda value, _: wording.number(value, "share", lang))
            for bound in bounds(result.case.drill, metric):
                axis.axhline(bound, color=BAD, lw=1.0, ls="--", gid="bound")
        _marks(lane, axes, run, fault, size, lang)
        axes[-1].set_xlabel(unit[int(lang == "zh")])
    return figure


def bounds(drill: Any, metric: str) -> list[float]:
    """The bounds that the steady state puts on a reading, in its own unit."""
    asked = [b for probe in drill.steady_state if probe.metric == metric for b in (probe.at_least, probe.at_most)]
    return [level(metric, bound) for bound in asked if bound is not None]


def _named(metric: str, lang: str) -> str:
    """A reading and, behind it, its unit."""
    unit = unit_of(metric)
    if unit in ("share", "number", ""):
        return reading(metric, lang)
    return f"{reading(metric, lang)}（{UNITS_ZH.get(unit, unit)}）" if lang == "zh" else f"{reading(metric)} ({unit})"


def _title(axis: Any, text: str) -> None:
    """What a panel shows, above its left edge, where there is room for words."""
    axis.set_title(text, loc="left", fontsize=8.5, fontweight="bold", color=INK, pad=4)


def thousands(axis: Any) -> None:
    """Ticks with separators between thousands."""
    axis.set_major_formatter(lambda value, _: f"{value:,.10g}".replace("-", "−"))


def _marks(lane: Any, axes: Any, run: Any, fault: float, size: float, lang: str) -> None:
    """A line for what happened, named in a lane above; names of things close together are set one below the other."""
    lane.set_ylim(0.0, 1.0)
    lane.set_axis_off()
    first, last = axes[0].get_xlim()
    width = max(last - first, 1e-9)
    placed: list[tuple[float, str, int]] = []
    moments = [
        ((row[0] - fault if kind != "restored" else run.restored - fault) / size, kind, zh if lang == "zh" else en, colour)
        for kind, en, zh, colour in MARKS
        for row in [row for row in run.journal if row[1] == "drill" and row[2] == kind][:3]
    ]
    for at, kind, word, colour in sorted(moments, key=lambda moment: moment[0]):
        for axis in axes:
            axis.axvline(at, color=colour, lw=0.9, ls=":")
        if any(name == kind and abs(at - other) < 0.14 * width for other, name, _ in placed):
            continue  # steps taken together are named once
        taken = {row for other, _, row in placed if abs(at - other) < 0.14 * width}
        free = min(set(range(len(taken) + 1)) - taken)
        left = at > first + 0.85 * width
        lane.text(
            at, 1.0 - 0.19 * free, f" {word} ", color=colour, fontsize=8, va="top", ha="right" if left else "left"
        )
        placed.append((at, kind, free))


def shortfall(result: Any, lang: str = "en") -> Any:
    """Orders missing against the run without the fault, all replications."""
    with style():
        figure, axis = _axes(2.8)
        for run, control in zip(result.runs["response"], result.controls, strict=True):
            n = len(run.minutes)
            hours = (np.array(run.minutes) - run.fault_at) / 60.0
            missing = np.round(np.array(control.orders[:n]) - np.array(run.orders), 6)  # sums of many: no noise
            axis.plot(hours, missing, color=ACCENT, lw=0.8, alpha=0.5)
        axis.axhline(0.0, color=LINE, lw=0.8)
        axis.set_xlabel("故障后小时" if lang == "zh" else "hours after the fault")
        axis.set_ylabel("缺少的订单" if lang == "zh" else "orders missing")
        low, high = axis.get_ylim()
        axis.set_ylim(min(low, -1.0), max(high, 1.0))  # where nothing is missing, the line is seen at nought
        thousands(axis.yaxis)
    return figure


def losses(result: Any, lang: str = "en") -> Any:
    """Lost GMV of every response over the replications."""
    told = [result.verdict, *result.verdict["responses"]]
    with style():
        figure, axis = _axes(1.2 + 0.45 * len(told))
        for row, one in enumerate(told):
            values = np.array(one["values"]["lost_gmv"]) / 1e6
            offsets = (np.arange(len(values)) % 5 - 2) * 0.05
            axis.scatter(values, row + offsets, s=16, color=ACCENT, alpha=0.6, linewidths=0)
            axis.plot([values.mean()] * 2, [row - 0.3, row + 0.3], color=BAD, lw=1.5)
        asked = result.case.drill.objectives.max_lost_gmv
        if asked is not None:
            axis.axvline(asked / 1e6, color=GOOD, lw=1.0, ls="--")
        axis.set_yticks(range(len(told)), ["主预案" if lang == "zh" and one["response"] == "response" else plain(one["response"]) for one in told])
        axis.set_ylim(len(told) - 0.5, -0.5)
        axis.set_xlabel("流失 GMV，百万元" if lang == "zh" else "GMV lost, million CNY")
        thousands(axis.xaxis)
    return figure
