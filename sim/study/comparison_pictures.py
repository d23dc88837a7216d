"""The pictures of a comparison: forest of differences, distributions, trade-off, map of regrets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.study import comparison, figures, paired, pareto, planes, stats, words
from sim.study import comparison_words as told
from sim.study.comparison import Comparison
from sim.study.measures import Column
from sim.study.outcome import Picture
from sim.study.words import Text, number

WIDE = 0.5
"""A measure whose baseline's half-width is more than this share of its mean has no percentages worth drawing."""
MARKS = Text(
    "Marks are mean differences, lines 95% intervals: blue dots are better, orange squares worse, hollow grey dots undecided.",
    "标记为平均差异，线为 95% 区间：蓝色圆点更好，橙色方块更差，灰色空心点未定。",
)


def pictures(found: Comparison) -> list[Picture]:
    """Forest of differences, distributions, Pareto front, regret map."""
    drawn: list[Picture] = []
    scenario = found.scenarios[0]
    others = [p for p in range(len(found.policies)) if p != found.baseline]
    relative = [c for c in found.columns if c.statistic == "mean"]
    comparable = [c for c in relative if _has_percentages(found, scenario, others, c)]
    if comparable:
        drawn.append(
            Picture(
                Text("Difference from the baseline, in percent", "与基准的相对差异"),
                lambda lang: _forest(found, scenario, others, comparable, lang),
                _percent_caption([c for c in relative if c not in comparable]),
            )
        )
    lead = found.columns[0]
    if others:
        drawn.insert(
            0,
            Picture(
                Text(f"Difference in {told.name(lead, 'en')} from the baseline", f"{told.name(lead, 'zh')}与基准之差"),
                lambda lang: _lead_forest(found, scenario, others, lead, lang),
                MARKS,
            ),
        )
    drawn.append(
        Picture(
            Text(f"{told.name(lead, 'en')} over replications", f"各次重复的{told.name(lead, 'zh')}"),
            lambda lang: figures.distributions(
                found.policies,
                [found.of(scenario, p, lead) for p in range(len(found.policies))],
                told.shown(lead, lang),
                told.name(lead, lang),
            ),
            Text(
                "Each dot is one run, the bar the middle half, the line the mean.",
                "每个点为一次运行，粗条为中间一半，竖线为均值。",
            ),
        )
    )
    if len(relative) > 1 and len(found.policies) > 1:
        drawn.append(
            Picture(
                Text("Trade-off", "权衡"), lambda lang: _pareto(found, scenario, relative, lang), _front_caption(found)
            )
        )
    if len(found.scenarios) > 1 and len(found.policies) > 1:
        drawn.append(
            Picture(
                Text("Regret", "遗憾值"),
                lambda lang: _regret_map(found, lang),
                Text("★ marks the policy with the smallest worst regret.", "★ 为最大遗憾最小的策略。"),
            )
        )
    return drawn


def _has_percentages(found: Comparison, scenario: str, others: list[int], column: Column) -> bool:
    """Whether the baseline is known well enough to measure differences against it, and some difference is bounded."""
    base = found.of(scenario, found.baseline, column)
    own = stats.mean(base, found.confidence)
    if own.n == 0 or not own.half_width <= WIDE * abs(own.value):
        return False
    ratios = [paired.ratio(found.of(scenario, p, column), base, found.confidence) for p in others]
    return any(math.isfinite(ratio.half_width) for ratio in ratios)


def _percent_caption(left_out: list[Column]) -> Text:
    if not left_out:
        return MARKS
    en, zh = (told.name(left_out[0], "en"), told.name(left_out[0], "zh"))
    for column in left_out[1:]:
        en, zh = f"{en}, {told.name(column, 'en')}", f"{zh}、{told.name(column, 'zh')}"
    return Text(
        f"{MARKS.en} Left out, as the baseline's interval is wide against its mean: {en}.",
        f"{MARKS.zh}因基准的区间相对均值过宽而未画出：{zh}。",
    )


def _forest(found: Comparison, scenario: str, others: list[int], columns: list[Column], lang: str) -> Any:
    labels, values, lows, highs, good = [], [], [], [], []
    for column in columns:
        for p in others:
            e = paired.ratio(
                found.of(scenario, p, column), found.of(scenario, found.baseline, column), found.confidence
            )
            if not math.isfinite(e.half_width):
                continue  # the baseline may be zero
            name = told.name(column, lang)
            labels.append(f"{name}: {found.policies[p]}" if lang == "en" else f"{name}：{found.policies[p]}")
            real = found.holm[scenario, p, column.name] < told.SIGNIFICANT
            sign = (told.sign(e.low, e.high) if real else 0) * (1 if column.higher_is_better else -1)
            values.append(e.value)
            lows.append(e.low)
            highs.append(e.high)
            good.append(sign)
    text = (
        f"difference from {found.policies[found.baseline]}"
        if lang == "en"
        else f"与“{found.policies[found.baseline]}”之差"
    )
    return figures.forest(labels, values, lows, highs, lambda v: words.percent(v, lang, signed=True), text, good)


def _lead_forest(found: Comparison, scenario: str, others: list[int], lead: Column, lang: str) -> Any:
    means = [found.differences[scenario, p, lead.name].mean for p in others]
    good = []
    for p, e in zip(others, means, strict=True):
        real = told.decided(found.holm[scenario, p, lead.name], e.low, e.high)
        good.append((told.sign(e.low, e.high) if real else 0) * (1 if lead.higher_is_better else -1))
    return figures.forest(
        [found.policies[p] for p in others],
        [e.value for e in means],
        [e.low for e in means],
        [e.high for e in means],
        lambda v: number(v, lead.measure.unit, lang, signed=True),
        told.name(lead, lang),
        good,
    )


def _pareto(found: Comparison, scenario: str, columns: list[Column], lang: str) -> Any:
    a, b = columns[0], columns[1]
    known = [[told.ended(found.estimate(scenario, p, c), c) for p in range(len(found.policies))] for c in (a, b)]
    x, y = (np.array([estimate.value for estimate in row]) for row in known)
    low_high = [np.array([[e.low for e in row], [e.high for e in row]]) for row in known]
    on_front = pareto.front(np.stack([x, y], axis=1), [a.higher_is_better, b.higher_is_better])
    return planes.pareto(
        found.policies,
        x,
        y,
        on_front,
        (told.shown(a, lang), told.shown(b, lang)),
        (told.name(a, lang), told.name(b, lang)),
        (low_high[0], low_high[1]),
    )


def _front_caption(found: Comparison) -> Text:
    on_front, probability = comparison.front(found, found.scenarios[0])
    names = [f"{found.policies[p]} ({100 * probability[p]:.0f}%)" for p in np.flatnonzero(on_front)]
    further = [c for c in found.columns if c.statistic == "mean"][2:]
    also_en = f", with {', '.join(told.name(c, 'en') for c in further)} counted too" if further else ""
    also_zh = f"（另计入{'、'.join(told.name(c, 'zh') for c in further)}）" if further else ""
    return Text(
        "Blue: not beaten on both measures drawn; crosses are 95% intervals. "
        f"Not beaten on all measures at once{also_en} (how often, over resampled replications): {', '.join(names)}.",
        "蓝色：在图中两个指标上不被同时超越；十字为 95% 区间。"
        f"在所有指标上{also_zh}不被同时超越的策略（重抽样中的频率）：{'、'.join(names)}。",
    )


def _regret_map(found: Comparison, lang: str) -> Any:
    regrets = comparison.regrets(found, found.columns[0])
    return figures.regret_map(
        found.policies, found.scenarios, regrets.table, regrets.minimax, told.shown(found.columns[0], lang)
    )
