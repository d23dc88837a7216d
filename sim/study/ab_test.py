"""``ab``: an A/B test inside the simulated platform, against the truth only a simulation knows.

In each replication the test is run as a shop would run it and analysed as a shop would (difference of two
proportions, pooled z-test). The truth is the same replication with everyone in arm b less everyone in arm a.
Where arms share stock, couriers or budgets they interfere, and the test measures something else: the
bias, the power, and the false positives of an A/A test say how far it can be trusted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions

from sim.study import figures, stats, words
from sim.study.config import AbStudy
from sim.study.outcome import Block, Outcome, Picture
from sim.study.parts import Overrides
from sim.study.runner import Runner
from sim.study.stats import Estimate
from sim.study.words import Text, both


@dataclass(frozen=True)
class Tests:
    """One test a replication; arrays float64[replications]."""

    effect: np.ndarray  # rate of b less rate of a
    p_value: np.ndarray
    low: np.ndarray  # 95% interval of the effect, unpooled
    high: np.ndarray

    def significant(self, alpha: float) -> np.ndarray:
        """Which tests call a winner."""
        return np.asarray(self.p_value < alpha)


def two_proportions(x_a: np.ndarray, n_a: np.ndarray, x_b: np.ndarray, n_b: np.ndarray) -> Tests:
    """The pooled z-test of two proportions, as dashboards do it, with the unpooled (Wald) interval."""
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = x_a / n_a, x_b / n_b
        pooled = (x_a + x_b) / (n_a + n_b)
        error = np.sqrt(np.clip(pooled * (1 - pooled), 0.0, None) * (1 / n_a + 1 / n_b))
        z = np.where(error > 0.0, (b - a) / error, 0.0)
        spread = 1.959963984540054 * np.sqrt(
            np.clip(a * (1 - a), 0.0, None) / n_a + np.clip(b * (1 - b), 0.0, None) / n_b
        )
    effect = b - a
    return Tests(effect, 2.0 * distributions.norm.sf(np.abs(z)), effect - spread, effect + spread)


def two_means(x_a: np.ndarray, n_a: np.ndarray, sd_a: np.ndarray, x_b: np.ndarray, n_b: np.ndarray, sd_b: np.ndarray) -> Tests:
    """Welch's test of two means (sums ``x``, counts ``n``, standard deviations), by the normal approximation."""
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = x_b / n_b - x_a / n_a
        error = np.sqrt(sd_a**2 / n_a + sd_b**2 / n_b)
        z = np.where(error > 0.0, effect / error, 0.0)
    spread = 1.959963984540054 * error
    return Tests(effect, 2.0 * distributions.norm.sf(np.abs(z)), effect - spread, effect + spread)


def ab(runner: Runner, study: AbStudy) -> Outcome:
    """Run test, truth and, where given, a test of equal arms."""
    n = study.replications.min
    tests = _test(runner, study, "test", study.test)
    truth = _truth(runner, study)
    aa = _test(runner, study, "equal arms", study.no_effect) if study.no_effect is not None else None
    table = pd.DataFrame(
        {
            "replication": range(n),
            "effect": tests.effect,
            "low": tests.low,
            "high": tests.high,
            "p_value": tests.p_value,
            "significant": tests.significant(study.alpha),
            "true_effect": truth,
            "covers_truth": (tests.low <= truth.mean()) & (truth.mean() <= tests.high),
        }
    )
    if aa is not None:
        table["equal_arms_effect"] = aa.effect
        table["equal_arms_significant"] = aa.significant(study.alpha)
    return _outcome(runner, study, table, tests, truth, aa)


def _test(runner: Runner, study: AbStudy, label: str, changes: Overrides) -> Tests:
    """The test as a shop would analyse it, once a replication."""
    parts = [study.outcome, study.per] + ([f"{study.outcome}_sd"] if study.statistic == "mean" else [])
    names = [f"ab.{arm}.{kpi}" for arm in study.arms or ("a", "b") for kpi in parts]
    counts = runner.matrix([runner.design(label, changes)], 0, study.replications.min, names)[0]
    columns = [counts[:, i] for i in range(len(names))]
    return two_means(*columns) if study.statistic == "mean" else two_proportions(*columns)


def _truth(runner: Runner, study: AbStudy) -> np.ndarray:
    """float64[replications]: everyone in the second arm less everyone in the first, on the same seed.

    With named arms each run's figures are those of the arm everybody is in, so that test and truth measure the same
    shoppers over the same time; else those of the whole run.
    """
    n = study.replications.min
    if study.arms is None:
        designs = [runner.design("all a", study.all_a or {}), runner.design("all b", study.all_b or {})]
        whole = runner.matrix(designs, 0, n, [study.outcome, study.per])
        rates = whole[:, :, 0] / whole[:, :, 1]
        return np.asarray(rates[1] - rates[0])
    rates = np.empty((2, n))
    for i, (arm, given) in enumerate(zip(study.arms, (study.all_a, study.all_b), strict=True)):
        changes = {**study.test, "shelf.ab.everyone": arm} if given is None else given
        names = [f"ab.{arm}.{study.outcome}", f"ab.{arm}.{study.per}"]
        counts = runner.matrix([runner.design(f"all {arm}", changes)], 0, n, names)[0]
        rates[i] = counts[:, 0] / counts[:, 1]
    return np.asarray(rates[1] - rates[0])


def _outcome(
    runner: Runner, study: AbStudy, table: pd.DataFrame, tests: Tests, truth: np.ndarray, aa: Tests | None
) -> Outcome:
    n = len(table)
    unit = "CNY" if study.statistic == "mean" else "share"
    first, second = study.arms or ("a", "b")
    measured, true = stats.mean(tests.effect), stats.mean(truth)
    bias = stats.mean(tests.effect - truth)
    won = tests.significant(study.alpha)
    power = stats.proportion(int((won & (np.sign(tests.effect) == np.sign(true.value))).sum()), n)
    wrong = stats.proportion(int((won & (np.sign(tests.effect) != np.sign(true.value))).sum()), n)
    false = stats.proportion(int(aa.significant(study.alpha).sum()), n) if aa is not None else None
    coverage = stats.proportion(int(table["covers_truth"].sum()), n)
    biased = bias.low > 0.0 or bias.high < 0.0
    share = bias.value / true.value if true.value else math.nan
    points = lambda e, lang="en": words.interval(e, unit, lang, signed=True)  # noqa: E731
    how_en = (
        f"is off by {words.number(bias.value, unit, signed=True)}"
        + (f" ({words.percent(share, signed=True)} of the truth)" if math.isfinite(share) else "")
        if biased
        else "is not biased as far as can be seen"
    )
    how_zh = f"偏差为 {words.number(bias.value, unit, 'zh', signed=True)}" if biased else "未见偏差"
    answer = Text(
        f"The test measures {words.number(measured.value, unit, signed=True)} where the truth is "
        f"{words.number(true.value, unit, signed=True)} "
        f"{study.outcome} per {study.per}: it {how_en}, and it finds the right winner in "
        f"{words.percent(power.value)} of runs.",
        f"测试测得 {words.number(measured.value, unit, 'zh', signed=True)}，真实效应为 "
        f"{words.number(true.value, unit, 'zh', signed=True)}"
        f"（{study.outcome}/{study.per}）：{how_zh}，在 {words.percent(power.value, 'zh')} 的运行中选对赢家。",
    )
    rows = [
        [Text("measured effect", "测得效应"), Text(points(measured), points(measured, "zh"))],
        [Text("true effect", "真实效应"), Text(points(true), points(true, "zh"))],
        [Text("bias (measured less true)", "偏差（测得减真实）"), Text(points(bias), points(bias, "zh"))],
        [
            Text("right winner found (power)", "选对赢家（功效）"),
            Text(words.interval(power, "share"), words.interval(power, "share", "zh")),
        ],
        [
            Text("wrong winner found", "选错赢家"),
            Text(words.interval(wrong, "share"), words.interval(wrong, "share", "zh")),
        ],
        [
            Text("its 95% interval holds the truth", "其 95% 区间包含真值"),
            Text(words.interval(coverage, "share"), words.interval(coverage, "share", "zh")),
        ],
    ]
    if false is not None:
        rows.append(
            [
                Text("winner found between equal arms", "相同两臂间误判赢家"),
                Text(words.interval(false, "share"), words.interval(false, "share", "zh")),
            ]
        )
    said = [
        Text(
            f"{n} replications; the truth is the same shoppers with everyone in arm {second} less everyone in arm {first}.",
            f"{n} 次重复；真值为同一批顾客全部进入 {second} 臂与全部进入 {first} 臂之差。",
        )
    ]
    if biased:
        said.append(
            Text(
                "The arms interfere: what one arm takes (stock, couriers, budget) the other misses, so their "
                "difference is not the effect of the change.",
                "两臂相互干扰：一臂占用的库存、运力或预算使另一臂受损，因此两臂之差并非改动的效应。",
            )
        )
    if false is not None:
        high = false.low > study.alpha
        said.append(
            Text(
                f"Equal arms differ significantly in {words.percent(false.value)} of runs; "
                f"{words.percent(study.alpha)} is what the test promises"
                + (", so it cries wolf." if high else ", so it keeps its word."),
                f"相同两臂在 {words.percent(false.value)} 的运行中显著不同，检验承诺为 {words.percent(study.alpha)}"
                + ("，误报偏高。" if high else "，符合承诺。"),
            )
        )
    return Outcome(
        kind="ab",
        name=study.name,
        table=table,
        answer=answer,
        effects=[
            Block(
                Text("What the test says and what is true", "测试结论与真值"),
                [both(""), Text("value (95% interval)", "数值（95% 区间）")],
                rows,
            )
        ],
        pictures=[
            Picture(
                Text("Measured and true effect over replications", "各次重复的测得效应与真实效应"),
                lambda lang: figures.distributions(
                    ["测得", "真实"] if lang == "zh" else ["measured", "true"],
                    [tests.effect, truth],
                    lambda v: words.number(v, unit, lang, signed=True),
                    f"{study.outcome} / {study.per}",
                ),
                Text("Each dot is one run.", "每个点为一次运行。"),
            )
        ],
        sure=said,
        settings={
            "scenario": study.scenario,
            "set": study.set,
            "arms": [first, second],
            "test": study.test,
            "all a": study.all_a,
            "all b": study.all_b,
            "alpha": study.alpha,
            "seed": runner.seed,
            "version": runner.version,
        },
        runs=len(runner.members),
        runs_made=runner.runs_made,
        extra={
            "measured": measured,
            "true": true,
            "bias": bias,
            "power": power,
            "wrong": wrong,
            "false": false,
            "coverage": coverage,
        },
    )


def summary(outcome: Outcome) -> dict[str, Estimate]:
    """The estimates behind an A/B study, by name."""
    return {key: value for key, value in outcome.extra.items() if isinstance(value, Estimate)}


def proportion_power(base: float, lift: float, n: int, alpha: float = 0.05) -> float:
    """Power of the two-proportion z-test with ``n`` visits an arm, by the normal approximation."""
    pooled = base + lift / 2
    null = math.sqrt(2 * pooled * (1 - pooled) / n)
    own = math.sqrt(base * (1 - base) / n + (base + lift) * (1 - base - lift) / n)
    z = float(distributions.norm.ppf(1 - alpha / 2))
    upper: Any = distributions.norm.sf((z * null - lift) / own)
    lower: Any = distributions.norm.cdf((-z * null - lift) / own)
    return float(upper + lower)
