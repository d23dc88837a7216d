"""``study.html``: one self-contained page a manager can read.

The answer in one sentence comes first, then effect sizes with intervals and figures, then how sure it
is and why. No script, nothing loaded from anywhere.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from sim.books.names import plain
from sim.core.page import variables
from sim.core.picture import svg

if TYPE_CHECKING:
    from sim.study.outcome import Outcome

WORDS = {
    "en": {
        "effects": "How large the effects are",
        "figures": "What it looks like",
        "sure": "How sure this is, and why",
        "settings": "What was studied",
        "table": "The whole table, with the column names of table.parquet",
        "runs": "runs",
        "more": "rows in all; the rest is in table.parquet",
        "keys": {},
        "kind": {
            "compare": "Comparison of policies",
            "sweep": "Sweep",
            "sensitivity": "Sensitivity",
            "optimise": "Optimisation",
            "break": "Reverse stress test",
            "discover": "Scenario discovery",
            "ab": "A/B test under the lens",
            "cases": "Claims, simulated",
            "register": "Risk register",
        },
    },
    "zh": {
        "effects": "效应有多大",
        "figures": "图示",
        "sure": "有多大把握，为什么",
        "settings": "研究设定",
        "table": "完整数据表（列名同 table.parquet）",
        "runs": "次运行",
        "more": "行；其余见 table.parquet",
        "keys": {
            "scenario": "场景", "set": "设定", "policies": "策略", "scenarios": "场景变体", "seed": "随机种子",
            "replications": "重复次数", "version": "版本", "design": "试验设计", "constraints": "约束", "factors": "因素",
            "trajectories": "轨迹数", "samples": "样本数", "keep": "保留因素数", "kpis": "指标", "shocks": "冲击",
            "fails_when": "失败条件", "probability": "概率", "baseline": "基准", "trials": "试验次数", "goals": "目标",
            "events": "事件", "risks": "风险", "arms": "分组",
        },
        "kind": {
            "compare": "策略比较",
            "sweep": "参数扫描",
            "sensitivity": "敏感性分析",
            "optimise": "优化",
            "break": "反向压力测试",
            "discover": "情景发现",
            "ab": "A/B 测试检视",
            "cases": "业界主张的模拟检验",
            "register": "风险登记册",
        },
    },
}
ROWS_SHOWN = 60


def page(outcome: Outcome, lang: str = "en") -> str:
    """The complete HTML document."""
    return _render(outcome, lang, whole=True)


def body(outcome: Outcome, lang: str = "en") -> str:
    """The report without the surrounding document, for notebooks."""
    return _render(outcome, lang, whole=False)


def _render(outcome: Outcome, lang: str, whole: bool) -> str:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = resources.files("sim.study").joinpath("study.html.j2").read_text(encoding="utf-8")
    pictures = [
        {
            "title": picture.title.get(lang),
            "caption": picture.caption.get(lang),
            "svg": Markup(
                described(
                    svg(picture.draw(lang), picture.title.get(lang), prefix=f"figure-{number}"), picture.caption.get(lang)
                )
            ),
        }
        for number, picture in enumerate(outcome.pictures)
    ]
    blocks = [
        {
            "title": block.title.get(lang),
            "headings": [heading.get(lang) for heading in block.headings],
            "rows": [[cell.get(lang) for cell in row] for row in block.rows],
        }
        for block in outcome.effects
    ]
    table = outcome.table.head(ROWS_SHOWN)
    return environment.from_string(source).render(
        whole=whole,
        variables=Markup(variables(":root" if whole else ".study")),
        lang="zh-CN" if lang == "zh" else "en",
        words=WORDS[lang],
        kind=WORDS[lang]["kind"][outcome.kind],  # type: ignore[index]
        name=outcome.name,
        answer=outcome.answer.get(lang),
        blocks=blocks,
        pictures=pictures,
        sure=[sentence.get(lang) for sentence in outcome.sure],
        settings=[
            (WORDS[lang]["keys"].get(key, plain(key)), _cell(value) or "–")  # type: ignore[attr-defined]
            for key, value in outcome.settings.items()
        ],
        runs=f"{outcome.runs:,}",
        columns=[str(column) for column in table.columns],
        cells=[[_cell(value) for value in row] for row in table.itertuples(index=False)],
        total=len(outcome.table),
        cut=len(outcome.table) > ROWS_SHOWN,
    )


def described(drawn: str, text: str) -> str:
    """An SVG with its description as its first element, for those who cannot see it."""
    end = drawn.index(">") + 1
    return f"{drawn[:end]}<desc>{escape(text)}</desc>{drawn[end:]}" if text else drawn


def _cell(value: Any) -> str:
    if isinstance(value, float):
        if value != value:
            return ""
        return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:.6g}"
    if isinstance(value, dict):
        if any(isinstance(item, dict) for item in value.values()):
            return "; ".join(f"{key}: {_cell(item) or '–'}" for key, item in value.items())
        return ", ".join(f"{key} = {_cell(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_cell, value))
    return str(value)
