"""What a comparison says: the answer, effect sizes, figures, and how sure it is."""

from __future__ import annotations

import math

import numpy as np

from sim.study import comparison, comparison_pictures, ranking, risk, words
from sim.study import comparison_words as told
from sim.study.comparison import Comparison
from sim.study.config import CompareStudy
from sim.study.outcome import Block, Outcome
from sim.study.runner import Runner
from sim.study.words import Text, both, number


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
        pictures=comparison_pictures.pictures(found),
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
        own = told.ended(found.estimate(scenario, 0, column), column)
        return Text(
            f"{found.policies[0]}: {told.name(column, 'en')} is {words.interval(own, unit)}.",
            f"{found.policies[0]}：{told.name(column, 'zh')}为 {words.interval(own, unit, 'zh')}。",
        )
    best, base = told.leader(found, scenario, column), found.policies[found.baseline]
    where_en, where_zh = (f" in {scenario}", f"在“{scenario}”中，") if scenario else ("", "")
    if found.values and len(_alike(found)) == len(found.policies) - 1:
        others = [policy for p, policy in enumerate(found.policies) if p != found.baseline]
        return Text(
            f"{', '.join(others)} change{'s' if len(others) == 1 else ''} nothing here: each run is that of {base}.",
            f"{'、'.join(f'“{policy}”' for policy in others)}在此不起作用：每次运行都与“{base}”相同。",
        )
    if best == found.baseline:
        rest = [found.differences[scenario, p, column.name].mean for p in range(len(found.policies)) if p != best]
        clear = all(told.sign(e.low, e.high) for e in rest)
        return Text(
            f"No policy beats {base} on {told.name(column, 'en')}{where_en}"
            + ("." if clear else ", and not all differences are clear of chance."),
            f"{where_zh}没有策略在{told.name(column, 'zh')}上优于“{base}”"
            + ("。" if clear else "，但部分差异可能只是偶然。"),
        )
    difference = found.differences[scenario, best, column.name]
    relative = told.relative(found, scenario, best, column)
    holm = found.holm.get((scenario, best, column.name), math.nan)
    p = difference.p_value if math.isnan(holm) else holm
    name, up = found.policies[best], difference.mean.value >= 0.0
    share_en = f" ({words.percent(relative, signed=True)})" if math.isfinite(relative) else ""
    share_zh = f"（{words.percent(relative, 'zh', signed=True)}）" if math.isfinite(relative) else ""
    size = abs(difference.mean.value)
    decided = told.decided(p, difference.mean.low, difference.mean.high)
    if not decided:
        return Text(
            f"{name} and {base} cannot be told apart on {told.name(column, 'en')}{where_en}: "
            f"the difference is {words.interval(difference.mean, unit, signed=True)}.",
            f"{where_zh}“{name}”与“{base}”在{told.name(column, 'zh')}上无法区分：差异为 "
            f"{words.interval(difference.mean, unit, 'zh', signed=True)}。",
        )
    low, high = sorted((abs(difference.mean.low), abs(difference.mean.high)))
    return Text(
        f"{name} {'raises' if up else 'lowers'} {told.name(column, 'en')} by {number(size, unit)}{share_en} against "
        f"{base}{where_en}; "
        f"the 95% interval is {number(low, '' if unit == 'CNY' else unit)} to {number(high, unit)}.",
        f"{where_zh}与“{base}”相比，“{name}”使{told.name(column, 'zh')}{'提高' if up else '降低'} "
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
                own = told.ended(found.estimate(scenario, index, column), column)
                row = [
                    Text(told.name(column, "en"), told.name(column, "zh")) if index == 0 else both(""),
                    both(policy),
                    Text(words.interval(own, unit), words.interval(own, unit, "zh")),
                ]
                difference = found.differences.get((scenario, index, column.name))
                if difference is None:
                    row += [Text("baseline", "基准") if len(found.policies) > 1 else both(""), both(""), both("")]
                else:
                    holm = found.holm[scenario, index, column.name]
                    relative = told.relative(found, scenario, index, column)
                    share = f" · {words.percent(relative, signed=True)}" if math.isfinite(relative) else ""
                    chance = both(words.percent(difference.better.value))
                    if difference.mean.low == difference.mean.high == 0.0:
                        chance = Text("no run differs", "各次运行相同")
                    row += [
                        Text(
                            words.interval(difference.mean, unit, signed=True) + share,
                            words.interval(difference.mean, unit, "zh", signed=True) + share,
                        ),
                        chance,
                        Text(told.verdict(holm, difference, "en"), told.verdict(holm, difference, "zh")),
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
            f"Regret on {told.name(column, 'en')}: what is given away against the best policy of each scenario",
            f"{told.name(column, 'zh')}的遗憾值：与各情景最优策略相比的损失",
        ),
        [
            Text("policy", "策略"),
            *(both(s) for s in found.scenarios),
            Text("worst (95% interval)", "最大遗憾（95% 区间）"),
        ],
        rows,
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
    said += _without_effect(found)
    lead = found.columns[0]
    key = (found.scenarios[0], told.leader(found, found.scenarios[0], lead), lead.name)
    if key in found.differences:
        d = found.differences[key]
        if math.isfinite(d.variance_reduction):
            said.append(
                Text(
                    f"Common random numbers were worth a factor of {d.variance_reduction:.1f} on {told.name(lead, 'en')} "
                    f"(correlation {d.correlation:.3f}): without them the same interval would have needed that "
                    "many times more runs.",
                    f"公共随机数在{told.name(lead, 'zh')}上相当于 {d.variance_reduction:.1f} 倍的运行次数（相关系数 "
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
                    f"{told.name(column, 'en')} rests on {n} replications; below {round(10 / (1 - column.level))} "
                    "its interval is too short.",
                    f"{told.name(column, 'zh')}仅基于 {n} 次重复；少于 {round(10 / (1 - column.level))} 次时区间偏窄。",
                )
            )
    return said


def _without_effect(found: Comparison) -> list[Text]:
    """Policies that leave every run as the baseline has it: what they set may be what the scenario does anyway."""
    base = found.policies[found.baseline]
    return [
        Text(
            f"{policy} changes nothing here: each of its runs is that of {base}.",
            f"“{policy}”在此不起作用：每次运行都与“{base}”相同。",
        )
        for policy in _alike(found)
    ]


def _alike(found: Comparison) -> list[str]:
    """Policies whose every run is that of the baseline."""
    return [
        policy
        for p, policy in enumerate(found.policies)
        if p != found.baseline
        and all(np.array_equal(v[p], v[found.baseline], equal_nan=True) for v in found.values.values())
    ]


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
