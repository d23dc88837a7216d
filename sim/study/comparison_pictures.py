"""The pictures of a comparison: forest of differences, distributions, trade-off, map of regrets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.study import comparison, figures, paired, planes, words
from sim.study import comparison_words as told
from sim.study.comparison import Comparison
from sim.study.measures import Column
from sim.study.outcome import Picture
from sim.study.words import Text, number


def pictures(found: Comparison) -> list[Picture]:
    """Forest of differences, distributions, Pareto front, regret map."""
    drawn: list[Picture] = []
    scenario = found.scenarios[0]
    others = [p for p in range(len(found.policies)) if p != found.baseline]
    relative = [c for c in found.columns if c.statistic == "mean"]
    shares = [
        paired.ratio(found.of(scenario, p, c), found.of(scenario, found.baseline, c)) for c in relative for p in others
    ]
    if any(math.isfinite(share.half_width) for share in shares):
        drawn.append(
            Picture(
                Text("Difference from the baseline, in percent", "与基准的相对差异"),
                lambda lang: _forest(found, scenario, others, relative, lang),
                Text(
                    "Dots are mean differences, lines 95% intervals; green is better, red worse, grey undecided.",
                    "点为平均差异，线为 95% 区间；绿色更好，红色更差，灰色未定。",
                ),
            )
        )
    lead = found.columns[0]
    if others:
        drawn.insert(
            0,
            Picture(
                Text(f"Difference in {told.name(lead, 'en')} from the baseline", f"{told.name(lead, 'zh')}与基准之差"),
                lambda lang: _lead_forest(found, scenario, others, lead, lang),
                Text("Dots are mean differences, lines 95% intervals.", "点为平均差异，线为 95% 区间。"),
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
    on_front, _ = comparison.front(found, scenario)
    a, b = columns[0], columns[1]
    x, y = (np.array([float(np.nanmean(found.of(scenario, p, c))) for p in range(len(found.policies))]) for c in (a, b))
    return planes.pareto(
        found.policies,
        x,
        y,
        on_front,
        (told.shown(a, lang), told.shown(b, lang)),
        (told.name(a, lang), told.name(b, lang)),
    )


def _front_caption(found: Comparison) -> Text:
    on_front, probability = comparison.front(found, found.scenarios[0])
    names = [f"{found.policies[p]} ({100 * probability[p]:.0f}%)" for p in np.flatnonzero(on_front)]
    return Text(
        "Not beaten on all measures at once (how often, over resampled replications): " + ", ".join(names) + ".",
        "在所有指标上不被同时超越的策略（重抽样中的频率）：" + "、".join(names) + "。",
    )


def _regret_map(found: Comparison, lang: str) -> Any:
    regrets = comparison.regrets(found, found.columns[0])
    return figures.regret_map(
        found.policies, found.scenarios, regrets.table, regrets.minimax, told.shown(found.columns[0], lang)
    )
