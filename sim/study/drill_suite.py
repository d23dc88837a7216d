"""The summary page of a suite of drills: quarter by quarter, what was met, what was not, and where to read more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from sim.core.wording import number
from sim.study.drill_junit import missed
from sim.study.drill_report import NAMES, WORDS, between, minutes, render

OWN = {
    "en": {
        "kind": "Drills", "drill": "Drill", "lost": "GMV lost (mean, 95% interval)", "others": "Drills",
        "suite": "Suite of drills", "missed": "Not met", "back": "Steady state back after",
    },
    "zh": {
        "kind": "演练", "drill": "演练", "lost": "流失 GMV（均值，95% 区间）", "others": "演练", "suite": "演练套件",
        "missed": "未达标项", "back": "稳态恢复用时",
    },
}  # fmt: skip


def page(results: Sequence[Any], folders: Sequence[str], lang: str = "en") -> str:
    """The complete HTML document; ``folders``: of each drill, beside this page."""
    words, own = WORDS[lang], OWN[lang]
    statuses = [result.status for result in results]
    status = next(word for word in ("stopped", "not_met", "met") if word in statuses)
    calendars = dict.fromkeys(r.due.calendar for r in results if r.due is not None and r.due.calendar)
    counts = sorted({result.verdict["replications"] for result in results})
    repeated = "–".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    return render(
        lang,
        words=words,
        line=f"{own['kind']} · {len(results)} · {repeated} {words['replications']}",
        name="、".join(calendars) if lang == "zh" and calendars else ", ".join(calendars) or own["suite"],
        status=status,
        verdict=words[status],
        answer=_answer(statuses, lang),
        summary="",
        tables=_tables(results, folders, words, own, lang),
        pictures=[],
        sure=_sure(lang),
    )


def _answer(statuses: Sequence[str], lang: str) -> str:
    met, not_met, stopped = (statuses.count(word) for word in ("met", "not_met", "stopped"))
    if lang == "zh":
        return f"{len(statuses)} 场演练中 {met} 场达标，{not_met} 场未达标，{stopped} 场中止。"
    return f"Of {len(statuses)} drills {met} met their objectives, {not_met} did not, {stopped} were stopped."


def _tables(
    results: Sequence[Any], folders: Sequence[str], words: dict[str, str], own: dict[str, str], lang: str
) -> list[dict[str, Any]]:
    chinese = int(lang == "zh")
    headings = [own["drill"], words["verdict"], own["missed"], own["back"], NAMES["mttd"][chinese], own["lost"],
                NAMES["lost_profit"][chinese], NAMES["deferred_recovered"][chinese]]  # fmt: skip
    tables = []
    for quarter in sorted({result.quarter for result in results}, key=lambda text: (text == "", text)):
        rows = [
            _row(result, folder, words, lang)
            for result, folder in zip(results, folders, strict=True)
            if result.quarter == quarter
        ]
        tables.append({"title": quarter or own["others"], "headings": headings, "rows": rows})
    return tables


def _row(result: Any, folder: str, words: dict[str, str], lang: str) -> list[Any]:
    told = result.verdict
    reached = told["achieved"]
    bad = [missed(row, lang) for row in told["objectives"] if not row["met"]]
    if told["stopped"]:
        bad.insert(0, f"{words['stopped']} {told['stopped']}/{told['replications']}")
    status = Markup(f'<span class="{told["status"]}">{escape(words[told["status"]])}</span>')
    return [
        Markup(f'<a href="{quote(folder)}/drill.html">{escape(result.name)}</a>'),
        status,
        Markup("<br>").join(bad) if bad else "–",
        _time(reached["rto"], told["replications"], lang) if told["disturbed"] else "–",
        _time(reached["mttd"], told["replications"], lang),
        between(reached["lost_gmv"], "CNY", lang),
        number(reached["lost_profit"]["value"], "CNY", lang),
        number(reached["deferred_recovered"]["value"], "orders", lang),
    ]


def _time(estimate: dict[str, Any], count: int, lang: str) -> str:
    """A mean of minutes, and in how many replications it never came."""
    never, value = estimate["never"], estimate["value"]
    if never == 0:
        return minutes(value, lang)
    word = minutes(math.inf, lang)
    some = f"{word} {never}/{count}"
    return some if not math.isfinite(value) else f"{minutes(value, lang)}; {some}"


def _sure(lang: str) -> list[str]:
    if lang == "zh":
        return [
            "每场演练的判定、目标、时间线与数据在其自己的页面中；同一目录下的 junit.xml 供 CI 系统读取。",
            "目标由演练文件规定；未达标是一项发现，而不是仿真的错误。",
        ]
    return [
        "Each drill has a page of its own with its objectives, timeline and losses; junit.xml beside this page says the "
        "same to CI systems.",
        "Objectives are stated by the drill's file: one that is not met is a finding about the shop.",
    ]
