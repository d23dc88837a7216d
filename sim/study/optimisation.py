"""``optimise``: search policy parameters with Optuna, robustly over seeds and scenarios.

Every trial meets the same replications and scenarios (common random numbers), so trials differ by
their parameters alone. One objective is searched by the tree-structured Parzen estimator, several by
NSGA-II; constraints steer both. Runs are addressed by content and the sampler is seeded, so a search
that is interrupted and started again replays its finished trials from the store and goes on exactly as
it would have.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.study import pareto, planes, quantity, risk, stats, streams, words
from sim.study.config import Objective, OptimiseStudy
from sim.study.designs import Space
from sim.study.measures import Column, columns
from sim.study.outcome import Block, Outcome, Picture
from sim.study.parts import Kpi, Limit
from sim.study.runner import Runner
from sim.study.stats import Estimate
from sim.study.words import Text, both

TAIL = 0.8
"""CVaR over replications and scenarios is the mean of the worst fifth: small studies have no 5% tail."""


def optimise(runner: Runner, study: OptimiseStudy) -> Outcome:
    """Search, then tell."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = Space(study.parameters)
    objectives = columns([Kpi(kpi=o.kpi, better=_better(o)) for o in study.objectives], runner.measures)
    limits = columns([Kpi(kpi=limit.kpi) for limit in study.constraints], runner.measures) if study.constraints else []
    rows: list[dict[str, Any]] = []

    def evaluate(trial: Any) -> tuple[float, ...]:
        written, numbers = suggest(trial, space)
        samples = _samples(runner, study, written, [c.kpi for c in [*objectives, *limits]], trial.number)
        values = [
            _robust(samples[:, i], c, o.robust)
            for i, (c, o) in enumerate(zip(objectives, study.objectives, strict=True))
        ]
        broken = [
            _violation(float(np.nanmean(samples[:, len(objectives) + i])), limit)
            for i, limit in enumerate(study.constraints)
        ]
        for i, amount in enumerate(broken):
            trial.set_constraint(str(i), amount)
        row: dict[str, Any] = {"trial": trial.number, **numbers}
        for i, column in enumerate(objectives):
            own = stats.mean(samples[:, i])
            row |= {column.name: values[i].value, f"{column.name}.half_width": own.half_width}
        for i, limit in enumerate(study.constraints):
            row[limit.kpi] = float(np.nanmean(samples[:, len(objectives) + i]))
        row["feasible"] = all(v <= 0.0 for v in broken)
        rows.append(row)
        runner.progress.estimate(f"trial {trial.number + 1}/{study.trials}: {objectives[0].name} {values[0].value:.5g}")
        return tuple(
            v.value if math.isfinite(v.value) else (-1e300 if c.higher_is_better else 1e300)
            for v, c in zip(values, objectives, strict=True)
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # options that may change one day
        search = optuna.create_study(
            directions=["maximize" if c.higher_is_better else "minimize" for c in objectives],
            sampler=_sampler(study, len(objectives)),
        )
        search.optimize(evaluate, n_trials=study.trials)
    table = pd.DataFrame(rows)
    table["front"] = _front(table, objectives)
    return _outcome(runner, study, space, table, objectives, limits)


def suggest(trial: Any, space: Space) -> tuple[dict[str, Any], dict[str, Any]]:
    """A trial's parameters: as written in a file, and as numbers."""
    written: dict[str, Any] = {}
    numbers: dict[str, Any] = {}
    for name, factor in space.factors.items():
        if factor.levels is not None:
            at = trial.suggest_categorical(name, list(range(len(factor.levels))))
            written[name] = numbers[name] = factor.levels[at]
            continue
        span = factor.range()
        if span.whole:
            whole = trial.suggest_int(name, int(span.low), int(span.high), log=span.log, step=1 if span.log else span.multiple)
            value = span.nearest(whole)
        else:
            value = trial.suggest_float(name, span.low, span.high, log=span.log)
        written[name] = span.write(value)
        numbers[name] = quantity.amount(written[name])
    return written, numbers


def _sampler(study: OptimiseStudy, objectives: int) -> Any:
    import optuna

    seed = streams.seed(streams.SEARCH, study.seed)
    if objectives == 1:
        return optuna.samplers.TPESampler(seed=seed, multivariate=True)
    return optuna.samplers.NSGAIISampler(seed=seed, population_size=max(8, min(50, study.trials // 5)))


def _samples(runner: Runner, study: OptimiseStudy, written: dict[str, Any], kpis: list[str], number: int) -> np.ndarray:
    """Measures over scenarios and replications: float64[scenarios * replications, kpis]."""
    scenarios = study.scenarios or {"": {}}
    designs = [
        runner.design(f"trial {number}" + (f" · {n}" if n else ""), {**c, **written}) for n, c in scenarios.items()
    ]
    values = runner.matrix(designs, 0, study.replications.min, kpis)
    return values.reshape(-1, len(kpis))


def _better(objective: Objective) -> Any:
    return {"max": "higher", "min": "lower", None: None}[objective.goal]


def _robust(values: np.ndarray, column: Column, robust: str) -> Estimate:
    if robust == "mean" or column.statistic != "mean":
        return column.estimate(values, stats.CONFIDENCE)
    losses = risk.loss(values, column.higher_is_better)
    losses = losses[~np.isnan(losses)]
    if losses.size == 0:  # undefined in all of them: the worst there is
        return Estimate(math.nan, math.nan, math.nan, 0, stats.CONFIDENCE, robust)
    sign = -1.0 if column.higher_is_better else 1.0
    worst = float(losses.max()) if robust == "worst" else float(risk.tail_mean(losses, TAIL))
    return Estimate(sign * worst, math.nan, math.nan, int(losses.size), stats.CONFIDENCE, robust)


def _violation(value: float, limit: Limit) -> float:
    """Above zero where the limit is broken, in the measure's unit; an undefined measure breaks it."""
    if math.isnan(value):
        return 1e300
    return limit.at_least - value if limit.at_least is not None else value - limit.at_most  # type: ignore[operator]


def _front(table: pd.DataFrame, objectives: Sequence[Column]) -> np.ndarray:
    """Feasible trials that no feasible trial dominates."""
    feasible = table["feasible"].to_numpy(bool)
    result = np.zeros(len(table), bool)
    if feasible.any():
        values = table.loc[feasible, [c.name for c in objectives]].to_numpy(float)
        result[feasible] = pareto.front(values, [c.higher_is_better for c in objectives])
    return result


def _outcome(
    runner: Runner,
    study: OptimiseStudy,
    space: Space,
    table: pd.DataFrame,
    objectives: Sequence[Column],
    limits: Sequence[Column],
) -> Outcome:
    from sim.study.sweeping import _shown

    front = table[table["front"]]
    lead = objectives[0]
    ordered = front.sort_values(lead.name, ascending=not lead.higher_is_better, kind="stable")

    def setting(row: Any) -> str:
        return ", ".join(f"{name} = {_shown(space, name, row[name])}" for name in space.names)

    if ordered.empty:
        answer = Text("No setting tried meets the constraints.", "所试参数均不满足约束。")
    else:
        best = ordered.iloc[0]
        n = study.replications.min * max(1, len(study.scenarios))
        robust = {
            "mean": ("mean", "均值"),
            "cvar": ("mean of the worst fifth", "最差五分之一的均值"),
            "worst": ("worst case", "最坏情形"),
        }[study.objectives[0].robust]
        value_en, value_zh = (words.number(float(best[lead.name]), lead.measure.unit, lang) for lang in ("en", "zh"))
        more_en = (
            f"; {len(front)} settings trade it off against the other objectives"
            if len(objectives) > 1 and len(front) > 1
            else ""
        )
        more_zh = f"；另有 {len(front)} 组参数构成权衡前沿" if more_en else ""
        answer = Text(
            f"The best {lead.measure.label} ({robust[0]} over {n} runs) found is {value_en}, with "
            f"{setting(best)}{more_en}.",
            f"找到的最佳{lead.measure.label_zh}（{n} 次运行的{robust[1]}）为 {value_zh}，参数为 "
            f"{setting(best)}{more_zh}。",
        )
    rows = []
    for _, row in ordered.head(12).iterrows():
        cells = [both(str(int(row["trial"]))), *(both(_shown(space, name, row[name])) for name in space.names)]
        cells += [
            Text(
                words.number(float(row[c.name]), c.measure.unit), words.number(float(row[c.name]), c.measure.unit, "zh")
            )
            for c in objectives
        ]
        cells += [
            both(words.number(float(row[c.name]), c.measure.unit))
            for c in limits
            if c.name not in {o.name for o in objectives}
        ]
        rows.append(cells)
    headings = [Text("trial", "试验"), *(both(name) for name in space.names)]
    headings += [Text(c.measure.label, c.measure.label_zh) for c in objectives]
    headings += [
        Text(c.measure.label, c.measure.label_zh) for c in limits if c.name not in {o.name for o in objectives}
    ]
    return Outcome(
        kind="optimise",
        name=study.name,
        table=table,
        answer=answer,
        effects=[Block(Text("Settings no other setting beats", "未被超越的参数"), headings, rows)],
        pictures=_pictures(table, objectives),
        sure=[
            Text(
                f"{len(table)} trials, {int(table['feasible'].sum())} of them within the constraints, all on "
                "the same replications.",
                f"共 {len(table)} 次试验，其中 {int(table['feasible'].sum())} 次满足约束，均使用相同的重复。",
            ),
            Text(
                "The winner of a search is flattered by chance: confirm it with compare on another seed.",
                "搜索的优胜者会受偶然性抬高：请换一个种子用 compare 复核。",
            ),
        ],
        settings={
            "scenario": study.scenario,
            "set": study.set,
            "objectives": [o.model_dump(exclude_none=True) for o in study.objectives],
            "constraints": [c.model_dump(exclude_none=True) for c in study.constraints],
            "scenarios": study.scenarios,
            "trials": study.trials,
            "seed": study.seed,
            "version": runner.version,
        },
        runs=len(runner.members),
        runs_made=runner.runs_made,
        met=not ordered.empty,
    )


def _pictures(table: pd.DataFrame, objectives: Sequence[Column]) -> list[Picture]:
    lead = objectives[0]

    def shown(column: Column, lang: str) -> Any:
        return lambda v: words.number(v, column.measure.unit, lang)

    def name(column: Column, lang: str) -> str:
        return column.measure.label_zh if lang == "zh" else column.measure.label

    def also(lang: str) -> str:
        return ("、" if lang == "zh" else ", ").join(name(column, lang) for column in objectives[2:])

    if len(objectives) > 1:
        other = objectives[1]
        return [
            Picture(
                Text("Trade-off of the settings tried", "所试参数的权衡"),
                lambda lang: planes.pareto(
                    [f"{int(t)}" if f else "" for t, f in zip(table["trial"], table["front"], strict=True)],
                    table[lead.name].to_numpy(float),
                    table[other.name].to_numpy(float),
                    table["front"].to_numpy(bool),
                    (shown(lead, lang), shown(other, lang)),
                    (name(lead, lang), name(other, lang)),
                    joined=len(objectives) == 2,
                ),
                Text(
                    "Numbers are trials on the front" + (f", on which {also('en')} counts too." if objectives[2:] else "."),
                    "数字为前沿上的试验编号" + (f"；前沿另计入{also('zh')}。" if objectives[2:] else "。"),
                ),
            )
        ]
    return [
        Picture(
            Text("How the search went", "搜索过程"),
            lambda lang: planes.search(
                table["trial"].to_numpy(float),
                np.clip(table[lead.name].to_numpy(float), -1e290, 1e290),
                table["feasible"].to_numpy(bool),
                lead.higher_is_better,
                (lambda v: f"{v:.0f}", shown(lead, lang)),
                ("试验" if lang == "zh" else "trial", name(lead, lang)),
                ("迄今最佳", "不满足约束") if lang == "zh" else ("best so far", "breaks a constraint"),
            ),
        )
    ]
