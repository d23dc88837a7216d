"""`drill.html`: one self-contained page: the verdict, objectives against what was reached, timeline, losses."""

from __future__ import annotations

import math
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from sim.books.names import happened, reading
from sim.core.page import variables
from sim.core.picture import svg
from sim.core.wording import number
from sim.study.drill_figures import losses, shortfall, timeline
from sim.study.report import described

WORDS = {
    "en": {
        "kind": "Drill", "replications": "replications", "seed": "seed", "figures": "What it looks like",
        "sure": "How to read this", "met": "Met.", "not_met": "Not met.", "stopped": "Stopped.",
        "objectives": "Objectives against what was reached", "losses": "Orders lost, deferred and recovered",
        "times": "How fast it was noticed, decided and over", "probes": "Steady state", "actions": "What was done",
        "plans": "Other plans on the same seeds", "timeline": "Timeline of the replication with the largest loss",
        "shortfall": "Orders missing against the same seeds without the fault",
        "distribution": "Losses over the replications", "asked": "Asked", "reached": "Reached (mean, 95% interval)",
        "worst": "Worst", "share": "Met in", "verdict": "Verdict", "objective": "Objective",
        "yes": "met", "no": "not met",
        "figure": "Figure", "metric": "Reading", "mode": "Mode", "held": "Held", "before": "Before", "after": "After",
        "reading": "Worst reading (mean)",
        "edge": "before and after", "continuous": "throughout", "response": "response",
        "step": "Step", "taken": "Taken in", "when": "After the fault", "problem": "Problem", "plan": "Plan",
    },
    "zh": {
        "kind": "演练", "replications": "次重复", "seed": "种子", "figures": "图示", "sure": "如何解读",
        "met": "达标。", "not_met": "未达标。", "stopped": "已中止。", "objectives": "目标与实际",
        "losses": "流失、延后与挽回的订单",
        "times": "发现、决策与恢复的速度", "probes": "稳态", "actions": "采取的措施",
        "plans": "相同种子下的其他预案", "timeline": "损失最大的一次重复的时间线",
        "shortfall": "与无故障相同种子相比缺少的订单",
        "distribution": "各次重复的损失", "asked": "要求", "reached": "实际（均值，95% 区间）",
        "worst": "最差", "share": "达标比例",
        "verdict": "结论", "objective": "目标", "yes": "达标", "no": "未达标", "figure": "指标", "metric": "读数",
        "edge": "前后", "continuous": "全程", "response": "主预案", "mode": "方式",
        "held": "保持", "before": "之前", "after": "之后", "reading": "最差读数（均值）", "step": "步骤", "taken": "执行次数", "when": "故障后",
        "problem": "问题",
        "plan": "预案",
    },
}  # fmt: skip
NAMES = {
    "rto": ("Time to restore service (RTO)", "服务恢复时间 (RTO)"),
    "rpo": ("Data lost (RPO)", "数据丢失 (RPO)"),
    "mttd": ("Time to detect (MTTD)", "发现时间 (MTTD)"),
    "mttr": ("From the fault until recovered, once it has ended (MTTR)", "从故障到其结束并恢复的时间 (MTTR)"),
    "lost_orders": ("Orders lost", "流失订单"),
    "lost_gmv": ("GMV lost", "流失 GMV"),
    "lost_profit": ("Profit lost", "流失利润"),
    "deferred_recovered": ("Orders deferred, then recovered", "延后后挽回的订单"),
    "void_orders": ("Paid orders void by lost writes", "因丢失写入作废的已付订单"),
    "release_people": ("People hit by the faulty release", "故障发布影响人数"),
    "release_value": ("Value of orders given up through it", "故障发布放弃订单额"),
    "score": ("Score of the probes", "探针得分"),
    "steady_state_afterwards": ("Steady state afterwards", "演练后稳态"),
}


CAPTIONS = {
    "timeline": (
        "Above: what happened when. Dashed: the bound that the steady state asks for.",
        "上方：各事件发生的时间。虚线：稳态要求的界限。",
    ),
    "shortfall": (
        "One line for each replication; above zero, orders are missing.",
        "每次重复一条线；零以上表示缺少订单。",
    ),
    "distribution": (
        "Each dot is one replication against the same seed without the fault, the orange line the mean; left of zero nothing was "
        "lost. Dashed green: the most that the objective allows.",
        "每个点为一次重复与相同种子无故障时之差，橙线为均值；零以左表示没有流失。绿色虚线：目标允许的上限。",
    ),
}
WITHOUT_EFFECT = {
    "not_needed": ("changed nothing in {} of {}: not needed", "{}/{} 次未起作用：无需执行"),
    "not_possible": ("changed nothing in {} of {}: not possible", "{}/{} 次未起作用：无法执行"),
}


def page(result: Any, lang: str = "en") -> str:
    """The complete HTML document."""
    words, told, drill = WORDS[lang], result.verdict, result.case.drill
    runs = result.runs["response"]
    shown = max(range(len(runs)), key=lambda n: told["values"]["lost_orders"][n])
    pictures = [
        ("timeline", timeline(result, shown, lang)),
        ("shortfall", shortfall(result, lang)),
        ("distribution", losses(result, lang)),
    ]
    return render(
        lang,
        words=words,
        line=f"{words['kind']} · {told['scenario']} · {told['replications']} {words['replications']} · "
        f"{words['seed']} {told['seed']}",
        name=drill.drill,
        status=told["status"],
        verdict=words[told["status"]],
        answer=answer(told, lang),
        summary=drill.summary,
        tables=_tables(told, words, lang),
        pictures=[
            {"title": words[key], "caption": CAPTIONS[key][int(lang == "zh")], "svg": Markup(described(svg(figure, words[key], prefix=key), CAPTIONS[key][int(lang == "zh")]))}
            for key, figure in pictures
        ],
        sure=_sure(told, drill, lang),
    )


def render(lang: str, **parts: Any) -> str:
    """The page's template filled in: a line, a name, a verdict with its answer, tables, pictures, sentences."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = resources.files("sim.study").joinpath("drill.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        lang="zh-CN" if lang == "zh" else "en", variables=Markup(variables()), **parts
    )


def answer(told: dict[str, Any], lang: str = "en") -> str:
    """What it cost and how long it took, in a sentence."""
    rto, count = told["achieved"]["rto"], told["replications"]
    cost, chinese = _cost(told, lang), lang == "zh"
    if not told["disturbed"]:
        return f"{cost}；稳态从未被打破。" if chinese else f"{cost}; the steady state was never left."
    never, back = rto["never"], minutes(rto["value"], lang)
    if not math.isfinite(rto["value"]):
        return f"{cost}；稳态在 {count} 次重复中均未恢复。" if chinese else (
            f"{cost}; the steady state did not come back in {'the' if count == 1 else f'any of {count}'} replication"
            f"{'' if count == 1 else 's'}."
        )
    text = f"{cost}；稳态在 {back}后恢复" if chinese else f"{cost}; the steady state was back after {back}"
    if not never:
        return text + ("。" if chinese else ".")
    return text + (f"，{never} 次未恢复。" if chinese else f", and never in {never} of {count} replications.")


def _cost(told: dict[str, Any], lang: str) -> str:
    """Orders and GMV lost, as far as the replications can tell."""
    gmv, orders = told["achieved"]["lost_gmv"], told["achieved"]["lost_orders"]
    lost, money = number(orders["value"], "orders", lang), number(gmv["value"], "CNY", lang)
    if not math.isfinite(gmv["low"]):
        if lang == "zh":
            return f"唯一一次重复中流失 {lost}、{money}，无法判断是否出于偶然"
        return f"In the one replication {lost} and {money} were lost, which may be chance"
    width = number((gmv["high"] - gmv["low"]) / 2.0, "CNY", lang)
    if gmv["high"] < 0.0:
        more, extra = number(-orders["value"], "orders", lang), number(-gmv["value"], "CNY", lang)
        if lang == "zh":
            return f"没有流失：比无故障时平均多 {more}、{extra}（±{width}）"
        return f"Nothing was lost: on average {more} and {extra} (±{width}) more than without the fault"
    certain = gmv["low"] > 0.0
    if lang == "zh":
        return f"平均流失 {lost}、{money}（±{width}）" if certain else f"流失与偶然无异：平均 {lost}、{money}（±{width}）"
    if certain:
        return f"On average {lost} and {money} (±{width}) were lost"
    return f"What was lost cannot be told from chance: on average {lost} and {money} (±{width})"


def minutes(value: float, lang: str = "en") -> str:
    """Minutes as people say them."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "从未" if lang == "zh" else "never"
    units = ("秒", "分钟", "小时", "天") if lang == "zh" else ("s", "min", "h", "d")
    gap = "" if lang == "zh" else " "
    for size, unit in ((1440.0 * 2, 3), (120.0, 2), (2.0, 1)):
        if abs(value) >= size:
            return f"{value / (1440.0, 60.0, 1.0)[3 - unit]:.3g}{gap}{units[unit]}"
    return f"{value * 60.0:.3g}{gap}{units[0]}"


def said(value: float, unit: str, lang: str) -> str:
    """A figure with its unit."""
    if unit == "min":
        return minutes(value, lang)
    return number(value, unit, lang)


def _unit(key: str) -> str:
    return {"rto": "min", "mttd": "min", "mttr": "min", "rpo": "s", "lost_gmv": "CNY", "lost_profit": "CNY",
            "release_people": "people", "release_value": "CNY", "score": "share"}.get(
        key, "orders"
    )


def between(estimate: dict[str, Any], unit: str, lang: str, difference: bool = False) -> str:
    """A mean with its interval, which ends where the quantity does: no time is negative, but a difference may be."""
    if estimate["n"] == 0:
        return said(math.nan, unit, lang)
    middle = said(estimate["value"], unit, lang)
    if not math.isfinite(estimate["low"]) or estimate["low"] == estimate["high"]:
        return middle
    low, high = estimate["low"], estimate["high"]
    if not difference and unit in ("min", "s", "share", "people"):
        low, high = max(0.0, low), min(1.0, high) if unit == "share" else high
    ends = f"{said(low, unit, lang)} … {said(high, unit, lang)}"
    return f"{middle}（{ends}）" if lang == "zh" else f"{middle} ({ends})"


def _tables(told: dict[str, Any], words: dict[str, str], lang: str) -> list[dict[str, Any]]:
    chinese = int(lang == "zh")
    tables = [
        {
            "title": words["objectives"],
            "headings": [words[k] for k in ("objective", "asked", "reached", "worst", "share", "verdict")],
            "rows": [
                [NAMES[row["objective"]][chinese], said(row["asked"], row["unit"], lang),
                 between(row["achieved"], row["unit"], lang),
                 said(row["achieved"]["worst"], row["unit"], lang) if "worst" in row["achieved"] else "",
                 number(row["met_in"]["value"], "share", lang), words["yes"] if row["met"] else words["no"]]
                for row in told["objectives"]
            ],
        },
    ]  # fmt: skip
    for title, keys in (("losses", ("lost_orders", "lost_gmv", "lost_profit", "deferred_recovered", "void_orders", "rpo",
                                   "release_people", "release_value")),
                        ("times", ("mttd", "rto", "mttr", "score"))):  # fmt: skip
        rows = [
            [NAMES[key][chinese], between(told["achieved"][key], _unit(key), lang),
             said(told["achieved"][key]["worst"], _unit(key), lang) if key != "score" else ""]
            for key in keys
            if key in told["achieved"]
        ]  # fmt: skip
        tables.append(
            {"title": words[title], "headings": [words["figure"], words["reached"], words["worst"]], "rows": rows}
        )
    count = told["replications"]
    tables.append(
        {
            "title": words["probes"],
            "headings": [words[k] for k in ("metric", "mode", "before", "after", "held", "reading")],
            "rows": [
                [reading(p["metric"], lang), words[p["mode"]], _of(p["before"], p["before_known"]), _of(p["after"], p["after_known"]),
                 number(p["held"]["value"], "share", lang), _reading(p, lang)]
                for p in told["probes"]
            ],
        }
    )  # fmt: skip
    if told["actions"]:
        rows = [
            [happened(a["do"], a["target"], lang) + (f" ({a['time']})" if a["time"] > 1 else ""), f"{a['taken_in']}/{count}", between(a["after"], "min", lang),
             "; ".join([*a["errors"], *_without_effect(a, count, lang)])]
            for a in told["actions"]
        ]  # fmt: skip
        tables.append(
            {
                "title": words["actions"],
                "headings": [words[k] for k in ("step", "taken", "when", "problem")],
                "rows": rows,
            }
        )
    if told["plans"]:
        rows = [
            [
                row["plan"],
                words[row["status"]],
                *(between(row[k], _unit(k), lang, difference=True) for k in ("lost_orders", "lost_gmv", "lost_profit", "rto")),
            ]
            for row in told["plans"]
        ]
        heads = [
            words["plan"],
            words["verdict"],
            *(f"Δ {NAMES[k][chinese]}" for k in ("lost_orders", "lost_gmv", "lost_profit", "rto")),
        ]
        tables.append({"title": words["plans"], "headings": heads, "rows": rows})
    return tables


def _without_effect(action: dict[str, Any], count: int, lang: str) -> list[str]:
    """In how many replications a step was taken and changed nothing, and why."""
    return [WITHOUT_EFFECT[why][int(lang == "zh")].format(times, count) for why, times in action["without_effect"].items()]


def _of(held: int, known: int) -> str:
    """In how many replications something held, of those in which it is known."""
    return f"{held}/{known}" if known else "–"


def _reading(probe: dict[str, Any], lang: str) -> str:
    """The worst reading from the fault on, mean of the replications."""
    unit = {"number": "", "s": "s"}.get(probe["unit"], probe["unit"])
    return number(probe["reading"]["value"], unit, lang) if probe["reading"]["n"] else "–"


def _sure(told: dict[str, Any], drill: Any, lang: str) -> list[str]:
    count, after = told["replications"], told["afterwards"]
    stable = round(told["metastable"]["value"] * count)
    if lang == "zh":
        return [
            f"每次重复用同一种子各运行一次有故障与无故障的情形；差异只来自故障及应对。共 {count} 次。",
            f"目标须在至少 {drill.objectives.met_in:.0%} 的重复中达到。",
            f"稳态被打破 {told['disturbed']} 次；故障结束后未能自行恢复（亚稳态）{stable} 次。",
            f"收尾步骤在 {after['ran_in']}/{count} 次中执行。中止 {told['stopped']} 次。",
        ]
    return [
        f"Each of {count} replications was run with and without the fault on the same seed: the difference is caused by "
        "the fault and the response alone.",
        f"An objective is met when it is in at least {drill.objectives.met_in:.0%} of the replications.",
        f"The steady state was left in {told['disturbed']} of {count} and, after the fault's end, did not come back by "
        f"itself (metastable) in {stable}.",
        f"The afterwards steps ran in {after['ran_in']} of {count}. Stopped by the stop condition: {told['stopped']}.",
    ]
