"""``sweep``: many designs, one tidy table: a row for each point, policy and measure's mean with its interval."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.study import planes, quantity, stats, words
from sim.study.config import SweepStudy
from sim.study.designs import Point, Space
from sim.study.measures import Column, columns
from sim.study.outcome import Block, Outcome, Picture
from sim.study.runner import Design, Runner, Trial, pick
from sim.study.words import Text, both

POINTS_AT_ONCE = 256


def sweep(runner: Runner, study: SweepStudy) -> Outcome:
    """Run the sweep. Memory grows with the table only."""
    space = Space(study.factors, study.constraints)
    if study.design == "full":
        points: Iterator[Point] = space.full()
    elif study.design == "lhs":
        points = space.lhs(study.samples, study.seed)
    else:
        points = space.sobol(study.samples, study.seed)
    asked = columns(study.kpis, runner.measures)
    rows: list[dict[str, Any]] = []
    found = evaluate(runner, space, points, study.policies or {"": {}}, asked, study.replications.min)
    for count, (values, point, policy) in enumerate(found):
        row: dict[str, Any] = {"point": count // max(1, len(study.policies))}
        if policy:
            row["policy"] = policy
        row.update(point.numbers)
        row["replications"] = values.shape[0]
        for index, column in enumerate(asked):
            estimate = column.estimate(values[:, index], stats.CONFIDENCE)
            row[column.name] = estimate.value
            row[f"{column.name}.half_width"] = estimate.half_width
        rows.append(row)
    table = pd.DataFrame(rows)
    return Outcome(
        kind="sweep",
        name=study.name,
        table=table,
        answer=_answer(table, space, asked[0]),
        effects=[_extremes(table, space, asked)] if len(table) else [],
        pictures=_pictures(table, space, asked) if len(table) else [],
        sure=_sure(table, space, study),
        settings={
            "scenario": study.scenario,
            "set": study.set,
            "design": study.design,
            "seed": study.seed,
            "constraints": study.constraints,
            "version": runner.version,
        },
        runs=len(runner.members),
        runs_made=runner.runs_made,
        met=len(table) > 0,
    )


def evaluate(
    runner: Runner,
    space: Space,
    points: Iterator[Point],
    policies: dict[str, dict[str, Any]],
    asked: Sequence[Column],
    replications: int,
) -> Iterator[tuple[np.ndarray, Point, str]]:
    """Measures float64[replications, columns] of every point under every policy, in order, on the same replications."""
    names = [column.kpi for column in asked]
    for number in itertools.count():
        block = list(itertools.islice(points, POINTS_AT_ONCE))
        if not block:
            return
        designs: list[tuple[Design, Point, str]] = []
        for offset, point in enumerate(block):
            for policy, changes in policies.items():
                label = f"point {number * POINTS_AT_ONCE + offset}" + (f" · {policy}" if policy else "")
                designs.append((runner.design(label, {**changes, **point.written}), point, policy))
        trials = [Trial(d, runner.seed, r) for d, _, _ in designs for r in range(replications)]
        runner.progress.expect(len(trials))
        results = runner.evaluate(iter(trials), names)
        for _, point, policy in designs:
            values = [pick(next(results), names, runner.measures) for _ in range(replications)]
            yield np.array(values), point, policy


def _answer(table: pd.DataFrame, space: Space, column: Column) -> Text:
    if table.empty or table[column.name].isna().all():
        return Text("No point satisfies the constraints.", "没有满足约束的点。")
    unit = column.measure.unit
    values = table[column.name].to_numpy(float)
    worst, best = int(np.nanargmin(values)), int(np.nanargmax(values))
    if not column.higher_is_better:
        worst, best = best, worst
    row = table.iloc[best].to_dict()
    label_en, label_zh = (column.measure.label, column.measure.label_zh)
    value, other = float(values[best]), float(values[worst])
    en = f"{label_en} goes from {words.number(other, unit)} to {words.number(value, unit)} over {len(table)} settings; "
    zh = (
        f"在 {len(table)} 组设定中，{label_zh}从 {words.number(other, unit, 'zh')} 到 {words.number(value, unit, 'zh')}；"
    )
    alike = int(_alike(table, column, best).sum())
    if alike == len(table) > 1:
        return Text(
            f"{en}they cannot be told apart: the interval of each reaches that of the best mean.",
            f"{zh}各组无法区分：每组的区间都与均值最优者的区间重叠。",
        )
    if alike > 1:
        return Text(
            f"{en}the best mean is at {_where(space, row, 'en')}, but {alike - 1} of the others cannot be told apart from it: "
            "their intervals overlap.",
            f"{zh}均值最优处为{_where(space, row, 'zh')}，但另有 {alike - 1} 组与之无法区分：区间重叠。",
        )
    return Text(f"{en}the best is {_where(space, row, 'en')}.", f"{zh}最优处为{_where(space, row, 'zh')}。")


def _alike(table: pd.DataFrame, column: Column, best: int) -> np.ndarray:
    """Which settings' intervals reach that of the best mean: bool[settings], the best included."""
    values = table[column.name].to_numpy(float)
    half = np.where(np.isfinite(wide := table[f"{column.name}.half_width"].to_numpy(float)), wide, np.inf)
    return np.asarray(np.isfinite(values) & (np.abs(values - values[best]) <= half + half[best]))


def _where(space: Space, row: dict[Any, Any], lang: str) -> str:
    """A setting in words: its policy and its factors."""
    settings = ("、" if lang == "zh" else ", ").join(
        f"{name} = {_shown(space, name, row[name], lang)}" for name in space.names
    )
    return f"{row['policy']}{'：' if lang == 'zh' else ' with '}{settings}" if "policy" in row else settings


def _extremes(table: pd.DataFrame, space: Space, asked: Sequence[Column]) -> Block:
    column = asked[0]
    ordered = table.sort_values(column.name, ascending=not column.higher_is_better, kind="stable")
    picked = ordered if len(ordered) <= 12 else pd.concat([ordered.head(6), ordered.tail(3)])
    policy = ["policy"] if "policy" in table else []
    rows = []
    for _, row in picked.iterrows():
        cells = [both(str(row[name])) for name in policy]
        cells += [Text(_shown(space, name, row[name], "en"), _shown(space, name, row[name], "zh")) for name in space.names]
        for item in asked:
            half = float(row[f"{item.name}.half_width"])
            unit = item.measure.unit
            value = float(row[item.name])
            cells.append(Text(*(_mean(value, half, item.kpi, unit, lang) for lang in ("en", "zh"))))
        rows.append(cells)
    headings = [Text("policy", "策略")] * len(policy) + [both(name) for name in space.names]
    headings += [Text(c.measure.label, c.measure.label_zh) for c in asked]
    return Block(Text("Best and worst settings", "最优与最差的设定"), headings, rows)


def _mean(value: float, half: float, name: str, unit: str, lang: str) -> str:
    """A mean and the half-width of its interval; the latter is left out where a single replication has none.

    An interval that reaches beyond what the measure can be is told by its ends.
    """
    if not math.isfinite(half):
        return words.number(value, unit, lang)
    low, high = words.limits(name, unit)
    if low <= value <= high and (value - half < low or value + half > high):
        ends = [words.number(end, unit, lang) for end in (max(low, value - half), min(high, value + half))]
        opening, closing = ("（", "）") if lang == "zh" else (" (", ")")
        return f"{words.number(value, unit, lang)}{opening}{' … '.join(ends)}{closing}"
    return f"{words.number(value, unit, lang)} ± {words.number(half, unit, lang)}"


def _pictures(table: pd.DataFrame, space: Space, asked: Sequence[Column]) -> list[Picture]:
    column = asked[0]
    numeric = [
        name
        for name in space.names
        if len(table) and pd.api.types.is_numeric_dtype(table[name]) and table[name].nunique() > 1
    ]
    drawn = []
    for name in numeric[:4]:
        kind = _kind(space, name)
        by = _lines(table, space, name)
        drawn.append(
            Picture(
                Text(f"{column.measure.label} against {name}", f"{column.measure.label_zh}与 {name}"),
                lambda lang, name=name, kind=kind, by=by: planes.scatter(  # type: ignore[misc]
                    table[name].to_numpy(float),
                    table[column.name].to_numpy(float),
                    _groups(table, space, by, lang),
                    (
                        _axis(kind, _top(table, name), lang),
                        lambda v: words.number(v, column.measure.unit, lang),
                    ),
                    (name, column.measure.label_zh if lang == "zh" else column.measure.label),
                    table[f"{column.name}.half_width"].to_numpy(float),
                    words.limits(column.kpi, column.measure.unit),
                ),
                Text(
                    "Each mark is a setting with its 95% interval; lines join the means. Series are set a little side by side.",
                    "每个标记为一组设定及其 95% 区间；线连接均值。各系列略微错开。",
                ),
            )
        )
    return drawn


LINES = 8
"""So many lines in one picture can be told apart."""


def _lines(table: pd.DataFrame, space: Space, name: str) -> list[str]:
    """What makes a line of its own against a factor: the policy, and the other factors while there are few settings."""
    by = ["policy"] if "policy" in table else []
    others = [other for other in space.names if other != name and table[other].nunique() > 1]
    return by + others if others and len(table[[*by, *others]].drop_duplicates()) <= LINES else by


def _groups(table: pd.DataFrame, space: Space, by: Sequence[str], lang: str) -> list[str]:
    """The line to which each setting belongs, in words."""
    return [
        ("、" if lang == "zh" else ", ").join(
            str(row[key]) if key == "policy" else f"{key} = {_shown(space, key, row[key], lang)}" for key in by
        )
        for _, row in table.iterrows()
    ]


def _sure(table: pd.DataFrame, space: Space, study: SweepStudy) -> list[Text]:
    n = study.replications.min
    said = [
        Text(
            f"Each setting has the mean of {n} replications on the same seeds; ± is the half-width of its 95% interval, and "
            "two ends stand where the interval would reach beyond what is possible.",
            f"每组设定为相同种子下 {n} 次重复的均值；± 为 95% 区间半宽，区间超出可能范围时改列两端。",
        ),
        Text(
            "The best of many settings looks better than it is. `compare` sets two of them against each other seed by seed, and may "
            "tell apart what these intervals do not.",
            "众多设定中的最优者看起来会偏好。compare 按种子逐一比较两组设定，可能区分出此处区间无法区分的差别。",
        ),
    ]
    if study.design != "full" and len(table) < study.samples * max(1, len(study.policies)):
        said.append(Text("The constraints left fewer points than asked for.", "受约束限制，点数少于要求。"))
    return said


def _top(table: pd.DataFrame, name: str) -> float:
    return float(np.max(table[name].to_numpy(float)))


def _kind(space: Space, name: str) -> str:
    factor = space.factors[name]
    if factor.levels is None:
        return factor.range().kind
    from sim.core.errors import UnitError

    try:
        return quantity.read(factor.levels[0])[0]
    except UnitError:
        return "text"


def _shown(space: Space, name: str, value: Any, lang: str = "en") -> str:
    return words_short(_kind(space, name), value, lang)


def _axis(kind: str, high: float, lang: str) -> Any:
    """How a factor's numbers are written along its axis."""
    axis = quantity.Axis(kind, high)
    if lang == "en":
        return axis

    def shown(value: float) -> str:
        return quantity.in_chinese(axis(value))

    shown.scale = axis.scale  # type: ignore[attr-defined]
    return shown


def words_short(kind: str, value: Any, lang: str = "en") -> str:
    """A factor's value for reading."""
    if isinstance(value, (str, bool)):
        return str(value)
    if kind == "money":
        return words.number(float(value), "CNY", lang)
    text = quantity.short(kind, float(value))
    return quantity.in_chinese(text) if lang == "zh" else text
