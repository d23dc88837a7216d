"""What a comparison says: the answer, effect sizes, figures, and how sure it is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.study import comparison, figures, paired, planes, ranking, risk, words
from sim.study.comparison import Comparison
from sim.study.config import CompareStudy
from sim.study.measures import Column
from sim.study.outcome import Block, Outcome, Picture
from sim.study.runner import Runner
from sim.study.words import Text, both, number

SIGNIFICANT = 0.05


def outcome(found: Comparison, study: CompareStudy, runner: Runner) -> Outcome:
    """The comparison as an outcome."""
    replications = {s: int(v.shape[1]) for s, v in found.values.items()}
    met = all(plan is None or plan.reachable for plan in found.plans.values())
    met = met and all(selection.best is not None for selection in found.selection.values())
    return Outcome(
        kind="compare",
        name=study.name,
        table=comparison.table(found),
        answer=answer(found),
        effects=blocks(found),
        pictures=pictures(found),
        sure=sure(found, study),
        settings={
            "scenario": study.scenario,
            "set": study.set,
            "policies": study.policies,
            "scenarios": study.scenarios,
            "seed": runner.seed,
            "replications": replications if len(replications) > 1 else next(iter(replications.values())),
            "version": runner.version,
        },
        runs=len(runner.members),
        runs_made=runner.runs_made,
        met=met,
        extra={"comparison": found},
    )


def answer(found: Comparison) -> Text:
    """One sentence: the leading measure, the best policy against the baseline."""
    column, scenario = found.columns[0], found.scenarios[0]
    unit = column.measure.unit
    if len(found.policies) == 1:
        own = found.estimate(scenario, 0, column)
        return Text(
            f"{found.policies[0]}: {_name(column, 'en')} is {words.interval(own, unit)}.",
            f"{found.policies[0]}：{_name(column, 'zh')}为 {words.interval(own, unit, 'zh')}。",
        )
    best, base = _leader(found, scenario, column), found.policies[found.baseline]
    where_en, where_zh = (f" in {scenario}", f"在“{scenario}”中，") if scenario else ("", "")
    if best == found.baseline:
        rest = [found.differences[scenario, p, column.name].mean for p in range(len(found.policies)) if p != best]
        clear = all(_sign(e.low, e.high) for e in rest)
        return Text(
            f"No policy beats {base} on {_name(column, 'en')}{where_en}"
            + ("." if clear else ", and not all differences are clear of chance."),
            f"{where_zh}没有策略在{_name(column, 'zh')}上优于“{base}”"
            + ("。" if clear else "，但部分差异可能只是偶然。"),
        )
    difference = found.differences[scenario, best, column.name]
    relative = _relative(found, scenario, best, column)
    holm = found.holm.get((scenario, best, column.name), math.nan)
    p = difference.p_value if math.isnan(holm) else holm
    name, up = found.policies[best], difference.mean.value >= 0.0
    share_en = f" ({words.percent(relative, signed=True)})" if math.isfinite(relative) else ""
    share_zh = f"（{words.percent(relative, 'zh', signed=True)}）" if math.isfinite(relative) else ""
    size = abs(difference.mean.value)
    decided = _decided(p, difference.mean.low, difference.mean.high)
    if not decided:
        return Text(
            f"{name} and {base} cannot be told apart on {_name(column, 'en')}{where_en}: "
            f"the difference is {words.interval(difference.mean, unit, signed=True)}.",
            f"{where_zh}“{name}”与“{base}”在{_name(column, 'zh')}上无法区分：差异为 "
            f"{words.interval(difference.mean, unit, 'zh', signed=True)}。",
        )
    low, high = sorted((abs(difference.mean.low), abs(difference.mean.high)))
    return Text(
        f"{name} {'raises' if up else 'lowers'} {_name(column, 'en')} by {number(size, unit)}{share_en} against "
        f"{base}{where_en}; "
        f"the 95% interval is {number(low, '' if unit == 'CNY' else unit)} to {number(high, unit)}.",
        f"{where_zh}与“{base}”相比，“{name}”使{_name(column, 'zh')}{'提高' if up else '降低'} "
        f"{number(size, unit, 'zh')}{share_zh}，"
        f"95% 区间为 {number(low, '' if unit == 'CNY' else unit, 'zh')} 至 {number(high, unit, 'zh')}。",
    )


def blocks(found: Comparison) -> list[Block]:
    """One table a scenario: a row for each policy and measure."""
    tables = []
    for scenario in found.scenarios:
        rows = []
        for column in found.columns:
            unit = column.measure.unit
            for index, policy in enumerate(found.policies):
                own = found.estimate(scenario, index, column)
                row = [
                    Text(_name(column, "en"), _name(column, "zh")) if index == 0 else both(""),
                    both(policy),
                    Text(words.interval(own, unit), words.interval(own, unit, "zh")),
                ]
                difference = found.differences.get((scenario, index, column.name))
                if difference is None:
                    row += [Text("baseline", "基准") if len(found.policies) > 1 else both(""), both(""), both("")]
                else:
                    holm = found.holm[scenario, index, column.name]
                    relative = _relative(found, scenario, index, column)
                    share = f" · {words.percent(relative, signed=True)}" if math.isfinite(relative) else ""
                    chance = words.percent(difference.better.value)
                    row += [
                        Text(
                            words.interval(difference.mean, unit, signed=True) + share,
                            words.interval(difference.mean, unit, "zh", signed=True) + share,
                        ),
                        both(chance),
                        Text(_verdict(holm, difference, "en"), _verdict(holm, difference, "zh")),
                    ]
                rows.append(row)
        tables.append(
            Block(
                Text(scenario, scenario),
                [
                    Text("measure", "指标"),
                    Text("policy", "策略"),
                    Text("value (95% interval)", "数值（95% 区间）"),
                    Text("against the baseline", "与基准之差"),
                    Text("beats it in … of runs", "优于基准的概率"),
                    Text("verdict", "判断"),
                ],
                rows,
            )
        )
    if len(found.scenarios) > 1 and len(found.policies) > 1:
        tables.append(_regret_block(found))
    return tables


def _regret_block(found: Comparison) -> Block:
    column = found.columns[0]
    regrets = comparison.regrets(found, column)
    unit = column.measure.unit
    rows = [
        [
            both(("★ " if p == regrets.minimax else "") + policy),
            *(Text(number(r, unit), number(r, unit, "zh")) for r in regrets.table[p]),
            Text(
                f"{number(regrets.worst[p], unit)} ({number(regrets.worst_low[p])} … {number(regrets.worst_high[p])})",
                f"{number(regrets.worst[p], unit, 'zh')}（{number(regrets.worst_low[p], '', 'zh')} … "
                f"{number(regrets.worst_high[p], '', 'zh')}）",
            ),
        ]
        for p, policy in enumerate(found.policies)
    ]
    return Block(
        Text(
            f"Regret on {_name(column, 'en')}: what is given away against the best policy of each scenario",
            f"{_name(column, 'zh')}的遗憾值：与各情景最优策略相比的损失",
        ),
        [
            Text("policy", "策略"),
            *(both(s) for s in found.scenarios),
            Text("worst (95% interval)", "最大遗憾（95% 区间）"),
        ],
        rows,
    )


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
                Text(f"Difference in {_name(lead, 'en')} from the baseline", f"{_name(lead, 'zh')}与基准之差"),
                lambda lang: _lead_forest(found, scenario, others, lead, lang),
                Text("Dots are mean differences, lines 95% intervals.", "点为平均差异，线为 95% 区间。"),
            ),
        )
    drawn.append(
        Picture(
            Text(f"{_name(lead, 'en')} over replications", f"各次重复的{_name(lead, 'zh')}"),
            lambda lang: figures.distributions(
                found.policies,
                [found.of(scenario, p, lead) for p in range(len(found.policies))],
                _shown(lead, lang),
                _name(lead, lang),
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
            name = _name(column, lang)
            labels.append(f"{name}: {found.policies[p]}" if lang == "en" else f"{name}：{found.policies[p]}")
            real = found.holm[scenario, p, column.name] < SIGNIFICANT
            sign = (_sign(e.low, e.high) if real else 0) * (1 if column.higher_is_better else -1)
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
        real = _decided(found.holm[scenario, p, lead.name], e.low, e.high)
        good.append((_sign(e.low, e.high) if real else 0) * (1 if lead.higher_is_better else -1))
    return figures.forest(
        [found.policies[p] for p in others],
        [e.value for e in means],
        [e.low for e in means],
        [e.high for e in means],
        lambda v: number(v, lead.measure.unit, lang, signed=True),
        _name(lead, lang),
        good,
    )


def _pareto(found: Comparison, scenario: str, columns: list[Column], lang: str) -> Any:
    on_front, _ = comparison.front(found, scenario)
    a, b = columns[0], columns[1]
    x, y = (np.array([float(np.nanmean(found.of(scenario, p, c))) for p in range(len(found.policies))]) for c in (a, b))
    return planes.pareto(
        found.policies, x, y, on_front, (_shown(a, lang), _shown(b, lang)), (_name(a, lang), _name(b, lang))
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
        found.policies, found.scenarios, regrets.table, regrets.minimax, _shown(found.columns[0], lang)
    )


def sure(found: Comparison, study: CompareStudy) -> list[Text]:
    """How sure and why: replications, pairing, correction, precision, selection, tail."""
    said = []
    for scenario in found.scenarios:
        n = int(found.values[scenario].shape[1])
        prefix_en, prefix_zh = (f"{scenario}: ", f"{scenario}：") if scenario else ("", "")
        plan = found.plans[scenario]
        text_en = f"{prefix_en}Each policy was run {n} times on the same shoppers, minutes and moods."
        text_zh = f"{prefix_zh}每个策略在相同的顾客、时刻与心境下各运行 {n} 次。"
        if plan is not None and study.replications.until is not None:
            kpi = study.replications.until.kpi
            if plan.reachable:
                text_en += f" That is what ±{plan.half_width:.4g} on the difference in {kpi} needed."
                text_zh += f"这是使 {kpi} 差异的半宽达到 ±{plan.half_width:.4g} 所需的次数。"
            else:
                text_en += f" The asked ±{plan.half_width:.4g} on {kpi} would need {plan.needed}: it was not reached."
                text_zh += f"要使 {kpi} 的半宽达到 ±{plan.half_width:.4g} 需要 {plan.needed} 次，尚未达到。"
        said.append(Text(text_en, text_zh))
    lead = found.columns[0]
    key = (found.scenarios[0], _leader(found, found.scenarios[0], lead), lead.name)
    if key in found.differences:
        d = found.differences[key]
        if math.isfinite(d.variance_reduction):
            said.append(
                Text(
                    f"Common random numbers were worth a factor of {d.variance_reduction:.1f} on {_name(lead, 'en')} "
                    f"(correlation {d.correlation:.3f}): without them the same interval would have needed that "
                    "many times more runs.",
                    f"公共随机数在{_name(lead, 'zh')}上相当于 {d.variance_reduction:.1f} 倍的运行次数（相关系数 "
                    f"{d.correlation:.3f}）。",
                )
            )
    tests = sum(not math.isnan(p) for p in found.holm.values())
    if tests > 1:
        said.append(
            Text(
                f"Verdicts allow for {tests} differences being tested at once (Holm): the chance of any false "
                "one is below 5%.",
                f"判断已按同时检验 {tests} 个差异校正（Holm）：出现任何误判的概率低于 5%。",
            )
        )
    for scenario, selection in found.selection.items():
        said.append(_selected(found, study, scenario, selection))
    n = min(int(v.shape[1]) for v in found.values.values())
    for column in found.columns:
        if column.statistic == "cvar" and not risk.enough(n, column.level):
            said.append(
                Text(
                    f"{_name(column, 'en')} rests on {n} replications; below {round(10 / (1 - column.level))} "
                    "its interval is too short.",
                    f"{_name(column, 'zh')}仅基于 {n} 次重复；少于 {round(10 / (1 - column.level))} 次时区间偏窄。",
                )
            )
    return said


def _selected(found: Comparison, study: CompareStudy, scenario: str, selection: ranking.Selection) -> Text:
    assert study.best is not None
    where_en, where_zh = (f" in {scenario}", f"在“{scenario}”中，") if scenario else ("", "")
    share = words.percent(study.best.confidence)
    made = sum(selection.replications)
    if selection.best is None:
        names = ", ".join(found.policies[p] for p in selection.survivors)
        return Text(
            f"The best policy on {study.best.kpi}{where_en} is still open between {names} after "
            f"{max(selection.replications)} replications.",
            f"{where_zh}{study.best.kpi} 的最优策略在 {max(selection.replications)} 次重复后仍未定：{names}。",
        )
    name = found.policies[selection.best]
    return Text(
        f"{name} is the best on {study.best.kpi}{where_en}, or within {study.best.indifference} of it, with "
        f"probability {share} "
        f"or more (ranking and selection after Kim & Nelson, {made} runs).",
        f"{where_zh}“{name}”是 {study.best.kpi} 的最优策略（或与最优相差不超过 {study.best.indifference}），"
        f"概率不低于 {share}"
        f"（Kim 与 Nelson 排序选择法，{made} 次运行）。",
    )


def _leader(found: Comparison, scenario: str, column: Column) -> int:
    means = np.array([found.estimate(scenario, p, column).value for p in range(len(found.policies))])
    signed = means if column.higher_is_better else -means
    return int(np.nanargmax(signed)) if np.isfinite(signed).any() else found.baseline


def _relative(found: Comparison, scenario: str, policy: int, column: Column) -> float:
    if column.statistic != "mean" or column.measure.unit in ("share", "%"):
        return math.nan
    ratio = paired.ratio(found.of(scenario, policy, column), found.of(scenario, found.baseline, column))
    return (
        ratio.value if math.isfinite(ratio.half_width) else math.nan
    )  # a baseline that may be zero has no percentages


def _name(column: Column, lang: str) -> str:
    return (column.measure.label_zh if lang == "zh" else column.measure.label) or column.name


def _shown(column: Column, lang: str) -> Any:
    return lambda value: number(value, column.measure.unit, lang)


def _sign(low: float, high: float) -> int:
    return 1 if low > 0.0 else -1 if high < 0.0 else 0


def _decided(p: float, low: float, high: float) -> bool:
    return bool(_sign(low, high)) if math.isnan(p) else p < SIGNIFICANT


def _verdict(holm: float, difference: Any, lang: str) -> str:
    if math.isnan(holm):
        clear = bool(_sign(difference.mean.low, difference.mean.high))
        return (
            ("区间不含零" if clear else "区间含零")
            if lang == "zh"
            else ("interval clear of zero" if clear else "interval holds zero")
        )
    p = f"p={holm:.2g}" if holm >= 1e-4 else "p<0.0001"
    return words.certainty(holm, lang) + (f"（{p}）" if lang == "zh" else f" ({p})")
