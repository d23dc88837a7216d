"""``cases``: what practitioners claim, simulated, beside what the literature allows.

Each row runs its mechanism on against off on the same seeds. The verdict compares the simulated effect
with the literature's range: within, above or below; "surely" where the whole interval lies there. A
miss is shown as a miss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from sim.study import figures, paired, stats, words
from sim.study.config import Case, CasesStudy
from sim.study.model import Measure
from sim.study.outcome import Block, Outcome, Picture
from sim.study.runner import Runner
from sim.study.stats import Estimate
from sim.study.words import Text, both


def cases(runner_of: Callable[[str], Runner], study: CasesStudy) -> Outcome:
    """Run every case. ``runner_of(scenario)`` gives a runner for a scenario file ("" for the study's own)."""
    rows: list[dict[str, Any]] = []
    measures: list[Measure] = []
    runners: dict[str, Runner] = {}
    for case in study.cases:
        path = case.scenario or study.scenario
        runner = runners.setdefault(path, runner_of(path))
        n = case.replications or study.replications.min
        designs = [
            runner.design(f"{case.name} · off", case.off),
            runner.design(f"{case.name} · on", {**case.off, **case.on}),
        ]
        off, on = runner.matrix(designs, 0, n, [case.kpi])[:, :, 0]
        measures.append(runner.measures.get(case.kpi) or Measure(case.kpi, case.kpi, case.kpi))
        effect = effect_of(case, on, off)
        rows.append(
            {
                "case": case.name,
                "claim": case.claim,
                "kpi": case.kpi,
                "effect_kind": case.effect,
                "off": float(np.nanmean(off)) if not np.isnan(off).all() else math.nan,
                "on": float(np.nanmean(on)) if not np.isnan(on).all() else math.nan,
                "effect": effect.value,
                "low": effect.low,
                "high": effect.high,
                "replications": effect.n,
                "claimed": math.nan if case.claimed is None else case.claimed,
                "literature_low": case.literature[0],
                "literature_high": case.literature[1],
                "verdict": verdict(effect, case.literature)[0],
                "sure": verdict(effect, case.literature)[1],
                "correlation": paired.correlation(*_defined(on, off)),
                "variance_reduction": paired.variance_reduction(*_defined(on, off)),
            }
        )
        runner.progress.estimate(f"{case.name}: {rows[-1]['verdict']}")
    table = pd.DataFrame(rows)
    return Outcome(
        kind="cases",
        name=study.name,
        table=table,
        answer=_answer(table),
        effects=[_block(table, study, measures)],
        pictures=_pictures(table, study),
        sure=_sure(table),
        settings={"scenario": study.scenario, "seed": study.seed, "version": next(iter(runners.values())).version},
        runs=sum(len(runner.members) for runner in runners.values()),
        runs_made=sum(runner.runs_made for runner in runners.values()),
    )


def effect_of(case: Case, on: np.ndarray, off: np.ndarray) -> Estimate:
    """The effect as the case defines it: relative change, difference, or the level with the mechanism on."""
    if case.effect == "relative":
        return paired.ratio(on, off)
    return stats.mean(on - off) if case.effect == "difference" else stats.mean(on)


def verdict(effect: Estimate, literature: tuple[float, float]) -> tuple[str, bool]:
    """``within``, ``above``, ``below`` or ``undefined``; and whether the whole interval lies there."""
    low, high = literature
    if math.isnan(effect.value):
        return "undefined", False
    if effect.value > high:
        return "above", effect.low > high
    if effect.value < low:
        return "below", effect.high < low
    return "within", effect.low >= low and effect.high <= high


def _defined(on: np.ndarray, off: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = ~(np.isnan(on) | np.isnan(off))
    return on[known], off[known]


def _shown(case: Case, measure: Measure, value: float, lang: str = "en") -> str:
    if case.effect == "relative":
        return words.percent(value, lang, signed=True)
    return words.number(value, measure.unit, lang, signed=case.effect == "difference")


def _answer(table: pd.DataFrame) -> Text:
    count = {v: int((table["verdict"] == v).sum()) for v in ("within", "above", "below", "undefined")}
    rest_en = f", {count['undefined']} without a value" if count["undefined"] else ""
    rest_zh = f"，{count['undefined']} 项无值" if count["undefined"] else ""
    return Text(
        f"Of {len(table)} claims, {count['within']} come out within what the literature allows, "
        f"{count['above']} above and {count['below']} below{rest_en}.",
        f"{len(table)} 项主张中，{count['within']} 项在文献范围之内，{count['above']} 项偏高，{count['below']} "
        f"项偏低{rest_zh}。",
    )


def _block(table: pd.DataFrame, study: CasesStudy, measures: list[Measure]) -> Block:
    rows = []
    zh = {"within": "范围内", "above": "偏高", "below": "偏低", "undefined": "无值"}
    for case, measure, (_, row) in zip(study.cases, measures, table.iterrows(), strict=True):

        def shown(value: float, lang: str = "en", case: Case = case, measure: Measure = measure) -> str:
            return _shown(case, measure, value, lang)

        effect = [
            f"{shown(row['effect'], lang)} ({shown(row['low'], lang)} … {shown(row['high'], lang)})"
            for lang in ("en", "zh")
        ]
        allowed = [f"{shown(case.literature[0], lang)} … {shown(case.literature[1], lang)}" for lang in ("en", "zh")]
        rows.append(
            [
                Text(case.name, case.name_zh or case.name),
                Text(case.claim, case.claim_zh or case.claim),
                Text(*effect),
                both(str(row["replications"])),
                Text(*allowed),
                Text(
                    str(row["verdict"]) + ("" if row["sure"] else " (open)"),
                    zh[str(row["verdict"])] + ("" if row["sure"] else "（未定）"),
                ),
            ]
        )
    return Block(
        Text("Claims", "主张"),
        [
            Text("case", "案例"),
            Text("claim", "主张"),
            Text("simulated effect (95% interval)", "模拟效应（95% 区间）"),
            Text("replications", "重复次数"),
            Text("literature", "文献范围"),
            Text("verdict", "判断"),
        ],
        rows,
    )


def _pictures(table: pd.DataFrame, study: CasesStudy) -> list[Picture]:
    effects = table["effect"].to_numpy(float)
    chosen = [i for i, case in enumerate(study.cases) if case.effect == "relative" and math.isfinite(effects[i])]
    if not chosen:
        return []
    part = table.iloc[chosen]
    return [
        Picture(
            Text("Simulated effects against the literature", "模拟效应与文献范围"),
            lambda lang: figures.forest(
                [
                    study.cases[i].name_zh or study.cases[i].name if lang == "zh" else study.cases[i].name
                    for i in chosen
                ],
                list(part["effect"]),
                list(part["low"]),
                list(part["high"]),
                lambda v: words.percent(v, lang, signed=True),
                "相对变化" if lang == "zh" else "relative change",
                bands=[study.cases[i].literature for i in chosen],
            ),
            Text(
                "Shaded: what the literature allows. Cases measured as a difference or a level are in the table.",
                "阴影为文献范围。以差值或水平衡量的案例见表。",
            ),
        )
    ]


def _sure(table: pd.DataFrame) -> list[Text]:
    open_ = int((~table["sure"]).sum())
    said = [
        Text(
            "Each mechanism was run on and off on the same seeds; no parameter was set to reach a claim.",
            "每个机制在相同种子下开与关各运行；没有为达到主张而调参。",
        )
    ]
    if open_:
        said.append(
            Text(
                f"{open_} verdicts are open: more replications could change them.",
                f"{open_} 项判断未定：增加重复次数可能改变判断。",
            )
        )
    return said
