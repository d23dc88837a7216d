"""``compare``: policies × scenarios on common random numbers.

Every policy meets the same replications. Differences are taken replication by replication against the
baseline (the first policy unless named), corrected for asking many questions at once (Holm), and each
says what the pairing was worth. With ``until`` the number of replications is decided by triple
sampling (:mod:`sim.study.sequential`), once per scenario over all its policies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.study import bootstrap, multiple, paired, pareto, ranking, regret, sequential, streams
from sim.study.config import CompareStudy
from sim.study.measures import Column, columns
from sim.study.outcome import Outcome
from sim.study.paired import Difference
from sim.study.runner import Design, Runner
from sim.study.sequential import Plan
from sim.study.stats import Estimate

BATCH = 10


@dataclass
class Comparison:
    """Everything a comparison found, before it is told."""

    policies: list[str]
    scenarios: list[str]
    columns: list[Column]
    baseline: int
    values: dict[str, np.ndarray]  # scenario -> float64[policies, replications, run measures]
    kpis: list[str]  # the run measures, last axis of values
    plans: dict[str, Plan | None]
    pilot: int
    confidence: float
    differences: dict[tuple[str, int, str], Difference]
    holm: dict[tuple[str, int, str], float]
    selection: dict[str, ranking.Selection]

    def of(self, scenario: str, policy: int, column: Column) -> np.ndarray:
        """Replications of one measure of one policy: float64[n]."""
        return np.asarray(self.values[scenario][policy, :, self.kpis.index(column.kpi)])

    def pilot_of(self, scenario: str) -> int | None:
        """The pilot, where the number of replications was decided from it."""
        plan = self.plans[scenario]
        return plan.pilot if plan is not None else None

    def estimate(self, scenario: str, policy: int, column: Column) -> Estimate:
        """A policy's own value."""
        return column.estimate(self.of(scenario, policy, column), self.confidence, self.pilot_of(scenario))


def compare(runner: Runner, study: CompareStudy) -> Outcome:
    """Run the comparison."""
    found = evaluate(runner, study)
    from sim.study import tell_comparison

    return tell_comparison.outcome(found, study, runner)


def evaluate(runner: Runner, study: CompareStudy) -> Comparison:
    """Make the runs and the statistics."""
    asked = columns(study.kpis, runner.measures)
    kpis = list(dict.fromkeys(column.kpi for column in asked))
    if study.replications.until is not None and study.replications.until.kpi not in kpis:
        kpis.append(study.replications.until.kpi)
    if study.best is not None and study.best.kpi not in kpis:
        kpis.append(study.best.kpi)
    policies = list(study.policies)
    scenarios = study.scenarios or {"": {}}
    base = policies.index(study.baseline) if study.baseline is not None else 0
    found = Comparison(
        policies, list(scenarios), asked, base, {}, kpis, {}, study.replications.min, study.confidence, {}, {}, {}
    )
    for name, changes in scenarios.items():
        designs = [
            runner.design(f"{policy} · {name}" if name else policy, {**changes, **study.policies[policy]})
            for policy in policies
        ]
        _replicate(runner, study, found, name, designs)
    _contrast(found)
    if study.best is not None:
        for name, changes in scenarios.items():
            designs = [
                runner.design(f"{p} · {name}" if name else p, {**changes, **study.policies[p]}) for p in policies
            ]
            _select(runner, study, found, name, designs)
    return found


def _replicate(runner: Runner, study: CompareStudy, found: Comparison, name: str, designs: list[Design]) -> None:
    wanted, until = study.replications, study.replications.until
    values = runner.matrix(designs, 0, wanted.min, found.kpis)
    plan = None
    if until is not None:
        at = found.kpis.index(until.kpi)
        reference = float(np.nanmean(values[found.baseline, :, at]))
        half = sequential.Precision(until.absolute, until.relative).half_width(reference)
        contrasts = _watched(values, at, found.baseline)
        plan = sequential.first(contrasts, half, wanted.min, wanted.max, study.confidence)
        while values.shape[1] < plan.replications:
            runner.progress.estimate(f"{until.kpi}: ±{half:.4g} needs about {plan.needed} replications")
            fresh = runner.matrix(designs, values.shape[1], plan.replications, found.kpis)
            values = np.concatenate([values, fresh], axis=1)
            plan = sequential.further(plan, _watched(values, at, found.baseline), wanted.max, study.confidence)
    found.values[name] = values
    found.plans[name] = plan


def _watched(values: np.ndarray, at: int, baseline: int) -> list[np.ndarray]:
    """The contrasts whose precision is asked for: differences from the baseline, or one policy's own value."""
    others = [p for p in range(values.shape[0]) if p != baseline]
    return [values[p, :, at] - values[baseline, :, at] for p in others] or [values[0, :, at]]


def _contrast(found: Comparison) -> None:
    """All paired differences against the baseline; Holm over every policy, measure and scenario at once."""
    keys: list[tuple[str, int, str]] = []
    for scenario in found.scenarios:
        for policy in range(len(found.policies)):
            if policy == found.baseline:
                continue
            for column in found.columns:
                key = (scenario, policy, column.name)
                keys.append(key)
                found.differences[key] = _difference(found, scenario, policy, column)
    adjusted = multiple.holm([found.differences[key].p_value for key in keys])
    found.holm = dict(zip(keys, (float(p) for p in adjusted), strict=True))


def _difference(found: Comparison, scenario: str, policy: int, column: Column) -> Difference:
    a, b = found.of(scenario, policy, column), found.of(scenario, found.baseline, column)
    plain = paired.difference(a, b, column.higher_is_better, found.confidence, found.pilot_of(scenario))
    if column.statistic == "mean":
        return plain
    # a tail statistic has no replication-wise difference: resample the pairs
    defined = ~(np.isnan(a) | np.isnan(b))
    a, b = a[defined], b[defined]
    value = float(column.statistic_of(a) - column.statistic_of(b))
    draws = streams.of_data(streams.RESAMPLE, np.concatenate([a, b]), [column.name])
    index = draws.integers(0, a.size, size=(bootstrap.RESAMPLES, a.size))
    spread = np.sort(column.statistic_of(a[index]) - column.statistic_of(b[index]))
    tail = (1.0 - found.confidence) / 2.0
    low, high = (float(np.quantile(spread, share)) for share in (tail, 1.0 - tail))
    estimate = Estimate(value, low, high, int(a.size), found.confidence, "bootstrap")
    higher = column.kpi_higher_is_better
    better = paired.difference(a, b, higher, found.confidence).better
    return Difference(estimate, estimate, math.nan, plain.correlation, plain.variance_reduction, better)


def _select(runner: Runner, study: CompareStudy, found: Comparison, name: str, designs: list[Design]) -> None:
    assert study.best is not None
    at = found.kpis.index(study.best.kpi)
    asked = columns([_kpi(study, study.best.kpi)], runner.measures)[0]
    delta = study.best.delta(float(np.nanmean(found.values[name][found.baseline, :, at])))

    def observe(alive: list[int], start: int, stop: int) -> np.ndarray:
        known = found.values[name]
        if stop <= known.shape[1]:
            return np.asarray(known[alive, start:stop, at])
        return runner.matrix([designs[i] for i in alive], start, stop, [study.best.kpi])[:, :, 0]  # type: ignore[union-attr]

    found.selection[name] = ranking.select_best(
        observe,
        len(designs),
        delta,
        alpha=1.0 - study.best.confidence,
        pilot=study.replications.min,
        limit=study.replications.max,
        batch=1 if runner.executor.workers == 1 else BATCH,
        higher_is_better=asked.higher_is_better,
    )


def _kpi(study: CompareStudy, name: str) -> Any:
    from sim.study.parts import Kpi

    return next((item for item in study.kpis if item.kpi == name), Kpi(kpi=name))


def table(found: Comparison) -> pd.DataFrame:
    """One row per scenario, policy and measure: own value, difference from the baseline, what pairing was worth."""
    rows = []
    for scenario in found.scenarios:
        for index, policy in enumerate(found.policies):
            for column in found.columns:
                own = found.estimate(scenario, index, column)
                row: dict[str, Any] = {
                    "scenario": scenario,
                    "policy": policy,
                    "kpi": column.name,
                    "unit": column.measure.unit,
                    "replications": own.n,
                    "value": own.value,
                    "low": own.low,
                    "high": own.high,
                    "baseline": found.policies[found.baseline],
                }
                difference = found.differences.get((scenario, index, column.name))
                row.update(_difference_row(difference, found.holm.get((scenario, index, column.name), math.nan)))
                row["relative"] = row["relative_low"] = row["relative_high"] = math.nan
                if difference is not None and column.statistic == "mean":
                    base = found.of(scenario, found.baseline, column)
                    ratio = paired.ratio(found.of(scenario, index, column), base, found.confidence)
                    row |= {"relative": ratio.value, "relative_low": ratio.low, "relative_high": ratio.high}
                rows.append(row)
    return pd.DataFrame(rows)


def _difference_row(difference: Difference | None, holm: float) -> dict[str, float]:
    nan = math.nan
    if difference is None:
        names = (
            "difference",
            "difference_low",
            "difference_high",
            "bootstrap_low",
            "bootstrap_high",
            "p_value",
            "p_holm",
            "better_probability",
            "better_low",
            "better_high",
            "correlation",
            "variance_reduction",
        )
        return dict.fromkeys(names, nan)
    return {
        "difference": difference.mean.value,
        "difference_low": difference.mean.low,
        "difference_high": difference.mean.high,
        "bootstrap_low": difference.bootstrap.low,
        "bootstrap_high": difference.bootstrap.high,
        "p_value": difference.p_value,
        "p_holm": holm,
        "better_probability": difference.better.value,
        "better_low": difference.better.low,
        "better_high": difference.better.high,
        "correlation": difference.correlation,
        "variance_reduction": difference.variance_reduction,
    }


def front(found: Comparison, scenario: str) -> tuple[np.ndarray, np.ndarray]:
    """Which policies are on the Pareto front of the means, and how surely: bool[policies], float64[policies]."""
    means = [c for c in found.columns if c.statistic == "mean"]
    higher = [c.higher_is_better for c in means]
    stacked = np.array([[found.of(scenario, p, c) for c in means] for p in range(len(found.policies))])
    known = np.isfinite(stacked)
    with np.errstate(invalid="ignore"):
        average = np.where(known, stacked, 0.0).sum(axis=2) / known.sum(axis=2)
    return pareto.front(average, higher), pareto.front_probability(stacked, higher)


def regrets(found: Comparison, column: Column) -> regret.Regret:
    """Regret of the policies over the scenarios on one measure, from the replications all scenarios have."""
    n = min(values.shape[1] for values in found.values.values())
    stacked = np.array([[found.of(s, p, column)[:n] for s in found.scenarios] for p in range(len(found.policies))])
    return regret.regret(stacked, column.higher_is_better)
