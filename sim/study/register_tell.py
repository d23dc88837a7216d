"""What a risk register says: the costliest risk first, what each policy does about it, and how sure that is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.study import register_figures, words
from sim.study.outcome import Block, Outcome, Picture
from sim.study.risk import enough
from sim.study.runner import Runner
from sim.study.words import Text, both

if TYPE_CHECKING:
    from sim.study.register import Register


def outcome(found: Register, runner: Runner) -> Outcome:
    """The study as table, answer, figures and doubts."""
    from sim.study.register import table

    study = found.study
    return Outcome(
        kind="register",
        name=study.name,
        table=table(found),
        answer=_answer(found),
        effects=[_risks(found), *([_policies(found)] if len(found.policies) > 1 else [])],
        pictures=_pictures(found),
        sure=_sure(found),
        settings={
            "scenario": study.scenario, "seed": study.seed, "version": runner.version, "measure": study.kpi,
            "years drawn": study.years,
        },
        runs=len(runner.members),
        runs_made=runner.runs_made,
        extra={"losses": found.losses, "years": found.years, "calm": found.calm},
    )  # fmt: skip


def _money(found: Register, value: float, lang: str, signed: bool = False) -> str:
    return words.number(value, found.measure.unit, lang, signed)


def often(per_year: float, lang: str) -> str:
    """``once in 4 years``, ``2 a year``."""
    if per_year >= 1.0:
        return f"每年 {per_year:.3g} 次" if lang == "zh" else f"{per_year:.3g} a year"
    return f"每 {1.0 / per_year:.3g} 年一次" if lang == "zh" else f"once in {1.0 / per_year:.3g} years"


def _answer(found: Register) -> Text:
    first = found.order()[0]
    risk, strike = found.risks[first], found.strike(0, first).value
    said = {}
    for lang in ("en", "zh"):
        each, yearly = _money(found, strike, lang), _money(found, found.expected(0, first), lang)
        if lang == "en":
            said[lang] = f"The costliest risk is {risk.name}: {often(risk.per_year, lang)}, {each} each time, {yearly} a year."
        else:
            name = risk.name_zh or risk.name
            said[lang] = f"代价最高的风险是{name}：{often(risk.per_year, lang)}，每次 {each}，每年期望 {yearly}。"
    if len(found.policies) > 1:
        best = min(range(len(found.policies)), key=found.total)
        totals = [found.total(0), found.total(best)]
        if best == 0:
            said["en"] += f" No policy lowers the year's expected loss below that of {found.policies[0]}."
            said["zh"] += f"没有策略能使全年期望损失低于“{found.policies[0]}”。"
        else:
            said["en"] += (
                f" Over all risks, {found.policies[best]} lowers the year's expected loss from "
                f"{_money(found, totals[0], 'en')} to {_money(found, totals[1], 'en')}."
            )
            said["zh"] += (
                f"就全部风险而言，“{found.policies[best]}”把全年期望损失从 {_money(found, totals[0], 'zh')} "
                f"降到 {_money(found, totals[1], 'zh')}。"
            )
    return Text(said["en"], said["zh"])


def _risks(found: Register) -> Block:
    rows = []
    for k in found.order():
        risk = found.risks[k]
        strike = found.strike(0, k)
        best = min(range(len(found.policies)), key=lambda p: _or_worst(found.expected(p, k)))
        row = [
            Text(risk.name, risk.name_zh or risk.name),
            Text(often(risk.per_year, "en"), often(risk.per_year, "zh")),
            Text(*(words.interval(strike, found.measure.unit, lang) for lang in ("en", "zh"))),
            Text(*(_money(found, found.tail(0, k), lang) for lang in ("en", "zh"))),
            Text(*(_money(found, found.expected(0, k), lang) for lang in ("en", "zh"))),
        ]
        if len(found.policies) > 1:
            row.append(
                Text(*(f"{found.policies[best]}: {_money(found, found.expected(best, k), lang)}" for lang in ("en", "zh")))
            )
        row.append(both(risk.source))
        rows.append(row)
    share = f"{found.study.level * 100:.3g}%"
    headings = [
        Text("risk", "风险"),
        Text("how often", "频率"),
        Text("loss each time (95% interval)", "每次损失（95% 区间）"),
        Text(f"CVaR {share} of one time", f"单次 CVaR {share}"),
        Text("expected a year", "每年期望"),
        *([Text("cheapest policy", "最省策略")] if len(found.policies) > 1 else []),
        Text("likelihood from", "频率来源"),
    ]
    return Block(Text(f"Risks under {found.policies[0]}", f"“{found.policies[0]}”下的风险"), headings, rows)


def _or_worst(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _policies(found: Register) -> Block:
    rows = []
    sign = 1.0 if found.measure.higher_is_better else -1.0
    for p, policy in enumerate(found.policies):
        cost = float(np.nanmean(sign * (found.calm[0] - found.calm[p])))
        rows.append(
            [
                both(policy),
                Text(*(_money(found, found.total(p), lang) for lang in ("en", "zh"))),
                Text(*(_money(found, found.worst_years(p), lang) for lang in ("en", "zh"))),
                Text(*(_money(found, cost, lang, signed=True) for lang in ("en", "zh"))),
            ]
        )
    share = f"{found.study.level * 100:.3g}%"
    return Block(
        Text("Policies against all risks together", "各策略面对全部风险"),
        [
            Text("policy", "策略"),
            Text("expected loss a year", "每年期望损失"),
            Text(f"CVaR {share} of a year", f"全年 CVaR {share}"),
            Text("what it costs in a calm run", "无事时的代价"),
        ],
        rows,
    )


def _pictures(found: Register) -> list[Picture]:
    def names(lang: str) -> list[str]:
        return [risk.name_zh or risk.name if lang == "zh" else risk.name for risk in found.risks]

    pictures = [
        Picture(
            Text("Likelihood × loss", "频率 × 损失"),
            lambda lang: register_figures.heat_map(found, names(lang), lang),
            Text(
                f"Under {found.policies[0]}. Along a line, likelihood × loss is the same; the darker, the costlier. Bars: the "
                "range of the likelihood and the 95% interval of the loss. Triangles: below a thousandth of the largest, or a gain.",
                f"“{found.policies[0]}”。同一条线上频率 × 损失相等，颜色越深代价越高。线段为频率范围与损失的 95% 区间；三角形为不足最大损失千分之一或反而获益的风险。",
            ),
        ),
        Picture(
            Text("A year's loss and how likely it is to be exceeded", "全年损失及其超越概率"),
            lambda lang: register_figures.exceedance_curves(found, lang),
            Text(
                "All risks together. Policies meet the same years.",
                "全部风险合计；各策略面对相同的年份。",
            ),
        ),
    ]
    if len(found.policies) > 1:
        pictures.insert(
            1,
            Picture(
                Text("Expected loss a year, by risk and policy", "各风险与策略的每年期望损失"),
                lambda lang: register_figures.policy_map(found, names(lang), lang),
                Text("The costliest risks are on top.", "代价最高的风险在上。"),
            ),
        )
    return pictures


def _sure(found: Register) -> list[Text]:
    n = found.losses.shape[2]
    said = [
        Text(
            "Losses are differences on the same seeds; how often a risk strikes is taken from the file as given, with its "
            "source, and strikes are taken to be independent of each other.",
            "损失为相同种子下的差额；发生频率按文件给定（附来源），各次发生视为相互独立。",
        ),
        Text(
            "A loss is what the run sees until its end: what comes later, such as customers who stay away, is not in it.",
            "损失只计到运行结束，之后的影响（如流失客户）不在其中。",
        ),
    ]
    if not enough(n, found.study.level):
        said.append(
            Text(
                f"With {n} replications the tail of one strike is known from very few of them: its CVaR is optimistic.",
                f"只有 {n} 次重复，单次损失的尾部样本很少，CVaR 偏乐观。",
            )
        )
    gains = [found.risks[k] for k in range(len(found.risks)) if found.strike(0, k).high < 0]
    if gains:
        said.append(
            Text(
                f"Not every shock is a loss: {', '.join(risk.name for risk in gains)} adds to the measure.",
                f"并非所有冲击都是损失：{'、'.join(risk.name_zh or risk.name for risk in gains)}反而增加了该指标。",
            )
        )
    open_ = [k for k in range(len(found.risks)) if found.strike(0, k).low < 0 < found.strike(0, k).high]
    if open_:
        said.append(
            Text(
                f"{len(open_)} of {len(found.risks)} losses have an interval that reaches over nought.",
                f"{len(found.risks)} 项损失中有 {len(open_)} 项的区间跨越零。",
            )
        )
    return said
