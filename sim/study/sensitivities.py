"""``sensitivity``: which assumptions carry the answer.

Morris screening (elementary effects, Morris 1991; mu* of Campolongo et al. 2007) sorts all factors
cheaply; Sobol' indices (Saltelli et al. 2010 estimators) then apportion the variance to those kept. Both
through SALib, on the unit cube, with common random numbers: every point meets the same replications,
so noise does not pass for sensitivity. With two policies it is their difference that is explained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.study import figures, streams, words
from sim.study.config import SensitivityStudy
from sim.study.designs import Space
from sim.study.measures import Column, columns
from sim.study.outcome import Block, Outcome, Picture
from sim.study.parts import Factor
from sim.study.runner import Runner, Trial, pick
from sim.study.words import Text, both

LEVELS = 4
EFFECTS = {"mu": "mu", "mu_star": "mu_star", "mu_star_half": "mu_star_conf", "sigma": "sigma"}
"""Our names of elementary effects -> SALib's."""
SHARES = {"first": "S1", "first_half": "S1_conf", "total": "ST", "total_half": "ST_conf"}
"""Our names of Sobol' indices -> SALib's."""


def sensitivity(runner: Runner, study: SensitivityStudy) -> Outcome:
    """Screen, index, and draw the tornado."""
    factors = study.factors or assumptions(runner.model)
    space = Space(factors)
    asked = columns(study.kpis, runner.measures)
    screened = morris(runner, space, study, asked)
    column = asked[0]
    order = sorted(range(len(space.names)), key=lambda i: -screened[column.name]["mu_star"][i])
    kept = [space.names[i] for i in order[: study.keep] if screened[column.name]["mu_star"][i] > 0.0]
    sub = Space({name: factors[name] for name in kept}) if kept else None
    indexed = sobol(runner, sub, study, asked) if sub is not None and study.samples > 0 else {}
    swings = tornado(runner, space, study, column, [space.names[i] for i in order[: max(12, study.keep)]])
    table = _table(space, asked, screened, indexed, kept, swings)
    return Outcome(
        kind="sensitivity",
        name=study.name,
        table=table,
        answer=_answer(table, column, study),
        effects=[_block(table, column, study)],
        pictures=_pictures(table, column, study, swings),
        sure=_sure(study, len(factors), kept, table, column),
        settings={
            "scenario": study.scenario,
            "set": study.set,
            "policies": study.policies,
            "seed": runner.seed,
            "factors": "the scenario's assumptions" if not study.factors else list(factors),
            "version": runner.version,
        },
        runs=len(runner.members),
        runs_made=runner.runs_made,
    )


def assumptions(model: Any) -> dict[str, Factor]:
    """The scenario's assumptions that have a range, as factors. Raises ScenarioError when there are none."""
    from sim.core.errors import Problem, ScenarioError

    listed = getattr(model, "assumptions", None)
    found: dict[str, Factor] = {}
    for path, low, high, multiple in listed() if callable(listed) else []:
        try:
            found[path] = Factor.model_validate({"from": low, "to": high, "multiple": multiple})
        except ValueError:
            continue
    if not found:
        raise ScenarioError(
            [
                Problem(
                    "study",
                    0,
                    0,
                    "factors",
                    "found nothing, and the scenario lists no assumption with a range; accepted: factors",
                )
            ]
        )
    return found


def outputs(
    runner: Runner, space: Space, shares: np.ndarray, study: SensitivityStudy, asked: Sequence[Column], label: str
) -> dict[str, np.ndarray]:
    """Each measure's mean over replications at each row of ``shares`` float64[points, factors]: float64[points]."""
    policies = list(study.policies.items()) or [("", {})]
    n = study.replications.min
    names = [column.kpi for column in asked]
    trials = []
    for index, row in enumerate(shares):
        written = space.point(row).written
        for policy, changes in policies:
            design = runner.design(f"{label} {index}" + (f" · {policy}" if policy else ""), {**changes, **written})
            trials += [Trial(design, runner.seed, r) for r in range(n)]
    runner.progress.expect(len(trials))
    values = np.array([pick(result, names, runner.measures) for result in runner.evaluate(iter(trials), names)])
    values = values.reshape(len(shares), len(policies), n, len(names))
    shown = values[:, 0] if len(policies) == 1 else values[:, 1] - values[:, 0]
    return {column.name: column.statistic_of(shown[:, :, i]) for i, column in enumerate(asked)}


def morris(
    runner: Runner, space: Space, study: SensitivityStudy, asked: Sequence[Column]
) -> dict[str, dict[str, np.ndarray]]:
    """Elementary effects of every factor."""
    from SALib.analyze import morris as analyse
    from SALib.sample import morris as sample

    problem = space.problem()
    seed = streams.seed(streams.SCREENING, study.seed)
    shares = sample.sample(problem, study.trajectories, num_levels=LEVELS, seed=seed)
    found = outputs(runner, space, shares, study, asked, "screening")
    result = {}
    for column in asked:
        si = analyse.analyze(problem, shares, _complete(found[column.name]), num_levels=LEVELS, seed=seed)
        result[column.name] = {ours: np.asarray(si[theirs], float) for ours, theirs in EFFECTS.items()}
    return result


def sobol(
    runner: Runner, space: Space, study: SensitivityStudy, asked: Sequence[Column]
) -> dict[str, dict[str, np.ndarray]]:
    """First-order and total indices of the factors kept, with 95% bootstrap half-widths."""
    from SALib.analyze import sobol as analyse
    from SALib.sample import sobol as sample

    problem = space.problem()
    base = 1 << max(1, math.ceil(math.log2(study.samples)))
    seed = streams.seed(streams.INDICES, study.seed)
    shares = sample.sample(problem, base, calc_second_order=False, seed=seed)
    found = outputs(runner, space, shares, study, asked, "index")
    result = {}
    for column in asked:
        y = _complete(found[column.name])
        if np.ptp(y) == 0.0:
            zeros = np.zeros(len(space.names))
            result[column.name] = dict.fromkeys(SHARES, zeros)
            continue
        si = analyse.analyze(problem, y, calc_second_order=False, seed=seed)
        result[column.name] = {ours: np.asarray(si[theirs], float) for ours, theirs in SHARES.items()}
    return result


def tornado(
    runner: Runner, space: Space, study: SensitivityStudy, column: Column, names: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Change of the measure when each factor alone goes from its middle to its low and its high end."""
    middle = np.full(len(space.names), 0.5)
    rows = [middle]
    for name in names:
        for end in (0.0, 1.0):
            row = middle.copy()
            row[space.names.index(name)] = end
            rows.append(row)
    y = outputs(runner, space, np.array(rows), study, [column], "tornado")[column.name]
    return {name: (float(y[1 + 2 * i] - y[0]), float(y[2 + 2 * i] - y[0])) for i, name in enumerate(names)}


def _complete(y: np.ndarray) -> np.ndarray:
    """Points whose measure is undefined take the mean of the others: no effect is read into them."""
    return np.where(np.isnan(y), np.nanmean(y) if not np.isnan(y).all() else 0.0, y)


def _table(
    space: Space, asked: Sequence[Column], screened: Any, indexed: Any, kept: list[str], swings: Any
) -> pd.DataFrame:
    rows = []
    for column in asked:
        found = screened[column.name]
        for i in sorted(range(len(space.names)), key=lambda i: -found["mu_star"][i]):
            name = space.names[i]
            row: dict[str, Any] = {"kpi": column.name, "factor": name}
            row |= {key: float(found[key][i]) for key in ("mu", "mu_star", "mu_star_half", "sigma")}
            at = kept.index(name) if name in kept and column.name in indexed else None
            for key in ("first", "first_half", "total", "total_half"):
                row[key] = float(indexed[column.name][key][at]) if at is not None else math.nan
            low, high = swings.get(name, (math.nan, math.nan)) if column is asked[0] else (math.nan, math.nan)
            rows.append({**row, "at_low": low, "at_high": high})
    return pd.DataFrame(rows)


def _leading(table: pd.DataFrame, column: Column) -> pd.DataFrame:
    own = table[table["kpi"] == column.name]
    key = "total" if own["total"].notna().any() else "mu_star"
    return own.sort_values(key, ascending=False, kind="stable")


def _what(column: Column, study: SensitivityStudy, lang: str) -> str:
    label = column.measure.label_zh if lang == "zh" else column.measure.label
    if len(study.policies) == 2:
        a, b = study.policies
        return f"“{b}”与“{a}”的{label}差异" if lang == "zh" else f"the difference in {label} between {b} and {a}"
    return label


def _answer(table: pd.DataFrame, column: Column, study: SensitivityStudy) -> Text:
    own = _leading(table, column)
    if own.empty or float(own["mu_star"].max()) == 0.0:
        return Text(
            f"None of the factors moves {_what(column, study, 'en')}.", f"没有因素影响{_what(column, study, 'zh')}。"
        )
    top = own.iloc[0]
    if math.isfinite(top["total"]) and float(top["total_half"]) >= 0.5:  # as wide as all that it can be
        return Text(
            f"{top['factor']} seems to matter most, but the samples are too few to say how much of the variance of "
            f"{_what(column, study, 'en')} it accounts for.",
            f"{top['factor']} 看来影响最大，但样本太少，无法判断它占{_what(column, study, 'zh')}方差的多少。",
        )
    if math.isfinite(top["total"]):
        share = words.percent(min(1.0, max(0.0, float(top["total"]))))
        return Text(
            f"{top['factor']} matters most: with its interactions it accounts for {share} of the variance of "
            f"{_what(column, study, 'en')}.",
            f"{top['factor']} 影响最大：连同交互作用，占{_what(column, study, 'zh')}方差的 {share}。",
        )
    size, size_zh = (words.number(float(top["mu_star"]), column.measure.unit, lang) for lang in ("en", "zh"))
    return Text(
        f"{top['factor']} matters most: across its range it moves {_what(column, study, 'en')} by about {size}.",
        f"{top['factor']} 影响最大：在其范围内使{_what(column, study, 'zh')}变动约 {size_zh}。",
    )


def _block(table: pd.DataFrame, column: Column, study: SensitivityStudy) -> Block:
    unit = column.measure.unit
    rows = []
    for _, row in _leading(table, column).head(15).iterrows():
        cells = [both(str(row["factor"]))]
        cells.append(
            Text(
                *(
                    f"{words.number(row['mu_star'], unit, lang)} ± {words.number(row['mu_star_half'], unit, lang)}"
                    for lang in ("en", "zh")
                )
            )
        )
        for key in ("first", "total"):
            told = f"{row[key]:.2f} ± {row[key + '_half']:.2f}".replace("-", "−")
            cells.append(both(told if math.isfinite(row[key]) else "–"))
        rows.append(cells)
    return Block(
        Text(f"Factors of {_what(column, study, 'en')}", f"{_what(column, study, 'zh')}的影响因素"),
        [
            Text("factor", "因素"),
            Text("mean absolute effect over its range", "全范围平均绝对效应"),
            Text("alone (first-order index)", "单独（一阶指数）"),
            Text("with interactions (total index)", "含交互（总指数）"),
        ],
        rows,
    )


def _pictures(
    table: pd.DataFrame, column: Column, study: SensitivityStudy, swings: dict[str, tuple[float, float]]
) -> list[Picture]:
    unit = column.measure.unit
    ordered = sorted(swings, key=lambda name: -max(abs(v) for v in swings[name]))[:12]
    drawn = [
        Picture(
            Text("One factor at a time", "单因素变动"),
            lambda lang: figures.tornado(
                ordered,
                np.array([swings[name][0] for name in ordered]),
                np.array([swings[name][1] for name in ordered]),
                lambda v: words.number(v, unit, lang, signed=True),
                ("变化：" if lang == "zh" else "change of ") + _what(column, study, lang),
                ("低端", "高端") if lang == "zh" else ("at its low end", "at its high end"),
            ),
            Text("All other factors stay in the middle of their ranges.", "其余因素保持在范围中点。"),
        )
    ]
    own = _leading(table, column)
    own = own[own["total"].notna()]
    if len(own):
        drawn.append(
            Picture(
                Text("Share of the variance, interactions included", "方差份额（含交互）"),
                lambda lang: figures.forest(
                    list(own["factor"]),
                    list(own["total"]),
                    list(own["total"] - own["total_half"]),
                    list(own["total"] + own["total_half"]),
                    lambda v: f"{v:.2f}".replace("-", "−"),
                    "总指数" if lang == "zh" else "total index",
                ),
            )
        )
    return drawn


def _sure(study: SensitivityStudy, factors: int, kept: list[str], table: pd.DataFrame, column: Column) -> list[Text]:
    said = [
        Text(
            f"{factors} factors were screened with {study.trajectories} Morris trajectories; every point met "
            f"the same {study.replications.min} replications.",
            f"以 {study.trajectories} 条 Morris 轨迹筛选 {factors} 个因素；所有点使用相同的 "
            f"{study.replications.min} 次重复。",
        )
    ]
    own = table[(table["kpi"] == column.name) & table["total"].notna()]
    if len(own):
        width = float(own["total_half"].max())
        said.append(
            Text(
                f"{len(kept)} factors went on to Sobol' indices; the widest half-width is {width:.2f}, "
                + ("so ranks that differ by less are open." if width > 0.1 else "so the ranking is firm."),
                f"{len(kept)} 个因素进入 Sobol' 指数；最大半宽为 {width:.2f}，"
                + ("差距更小的排序尚不确定。" if width > 0.1 else "排序可靠。"),
            )
        )
        beyond = (own["total"] + own["total_half"] > 1.0) | (own["total"] - own["total_half"] < 0.0)
        if bool(beyond.any()):
            said.append(
                Text(
                    "An index is a share of the variance, between 0 and 1: where an interval reaches beyond, more samples "
                    "would narrow it.",
                    "指数为方差份额，介于 0 与 1 之间：区间超出该范围时，需增加样本使其收窄。",
                )
            )
    return said
