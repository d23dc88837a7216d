"""``register``: what may happen, how often, what it costs, and which policy makes it cheaper.

Each risk is run on and off under each policy on the same seeds; the loss of a replication is the difference. A year is
then drawn many times: how often each risk strikes is Poisson with the likelihood the file states, what a strike costs is one
of its replications. Policies meet the same years, so their difference is caused by the policy alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.core.rng import Draws, decision
from sim.study import register_tell, stats
from sim.study.config import RegisterStudy, Risk, written
from sim.study.model import Measure
from sim.study.outcome import Outcome
from sim.study.risk import tail_mean
from sim.study.runner import Design, Runner
from sim.study.stats import Estimate

STRIKES = decision("register.strikes")
WHICH = decision("register.which")
MOST_STRIKES = 64  # of one risk in one year that are drawn


@dataclass
class Register:
    """Everything the study found, before it is told."""

    study: RegisterStudy
    measure: Measure
    policies: list[str]
    risks: list[Risk]
    losses: np.ndarray  # float64[policies, risks, replications], of one strike, in the measure's unit
    calm: np.ndarray  # float64[policies, replications], the measure without any risk
    years: np.ndarray  # float64[policies, years], loss of a year, all risks together
    by_risk: np.ndarray  # float64[policies, risks, years]

    def strike(self, policy: int, risk: int) -> Estimate:
        """Loss of one strike with its interval."""
        return stats.mean(self.losses[policy, risk])

    def tail(self, policy: int, risk: int) -> float:
        """Mean of the worst strikes."""
        return float(tail_mean(_known(self.losses[policy, risk]), self.study.level))

    def expected(self, policy: int, risk: int) -> float:
        """Likelihood × mean loss, a year."""
        return self.risks[risk].per_year * self.strike(policy, risk).value

    def total(self, policy: int) -> float:
        """Expected loss of a year, all risks together."""
        return math.fsum(self.expected(policy, risk) for risk in range(len(self.risks)))

    def worst_years(self, policy: int) -> float:
        """CVaR of a year's loss."""
        return float(tail_mean(self.years[policy], self.study.level))

    def order(self, policy: int = 0) -> list[int]:
        """Risks from the dearest on, by expected loss of a year."""
        return sorted(range(len(self.risks)), key=lambda risk: -self.expected(policy, risk))


def register(runner: Runner, study: RegisterStudy) -> Outcome:
    """Run the study."""
    return register_tell.outcome(evaluate(runner, study), runner)


def evaluate(runner: Runner, study: RegisterStudy) -> Register:
    """Make the runs, and the years."""
    measure = runner.measures.get(study.kpi) or Measure(study.kpi, study.kpi, study.kpi, "", True)
    policies, risks = list(study.policies), [risk.named(name) for name, risk in study.risks.items()]
    n = study.replications.min
    sign = 1.0 if measure.higher_is_better else -1.0
    losses = np.empty((len(policies), len(risks), n))
    calm = np.empty((len(policies), n))
    for p, policy in enumerate(policies):
        changes = study.policies[policy]
        calm_design = runner.design(policy, changes)
        designs = [calm_design]
        for risk in risks:
            designs += _pair(runner, policy, changes, risk)
        values = runner.matrix(designs, 0, n, [study.kpi])[:, :, 0]
        calm[p] = values[0]
        losses[p] = sign * (values[1::2] - values[2::2])
        runner.progress.estimate(f"{policy}: {len(risks)} risks")
    by_risk = draw_years(losses, [risk.per_year for risk in risks], study.years, study.seed)
    return Register(study, measure, policies, risks, losses, calm, by_risk.sum(axis=1), by_risk)


def _pair(runner: Runner, policy: str, changes: dict[str, Any], risk: Risk) -> list[Design]:
    """The run without the risk and the run with it, alike in all else."""
    common = {**changes, **risk.set}
    off = runner.design(f"{policy} · {risk.name} · off" if risk.set else policy, common)
    struck = {**common, **risk.changes}
    if risk.inject:
        before = [written(event) for event in off.resolved.get("events") or []]
        struck["events"] = [*before, *risk.inject]
    return [off, runner.design(f"{policy} · {risk.name}", struck)]


def draw_years(losses: np.ndarray, per_year: list[float], years: int, seed: int) -> np.ndarray:
    """float64[policies, risks, years]: loss of each year by risk.

    ``losses``: float64[policies, risks, replications], of one strike; undefined ones (NaN) are left out. A strike under two
    policies is the same replication.
    """
    draws = Draws(seed)
    year = np.arange(years)
    total = np.zeros((*losses.shape[:2], years))
    for risk, likelihood in enumerate(per_year):
        known = losses[:, risk, ~np.isnan(losses[:, risk]).any(axis=0)]
        if known.shape[1] == 0:
            total[:, risk] = math.nan
            continue
        strikes = np.minimum(draws.poisson(STRIKES, likelihood, risk, year), MOST_STRIKES)
        for turn in range(int(strikes.max(initial=0))):
            hit = np.flatnonzero(strikes > turn)
            u = draws.uniform(WHICH, risk, hit * MOST_STRIKES + turn)
            total[:, risk, hit] += known[:, (u * known.shape[1]).astype(np.int64)]
    return total


def exceedance(years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(losses in order, probability that a year costs more than each): the loss-exceedance curve."""
    x = np.sort(years[~np.isnan(years)])
    return x, 1.0 - np.arange(1, x.size + 1) / max(x.size, 1)


def table(found: Register) -> pd.DataFrame:
    """One row for each risk under each policy, the dearest first."""
    rows = []
    for p, policy in enumerate(found.policies):
        for place, k in enumerate(found.order(p), start=1):
            risk, strike = found.risks[k], found.strike(p, k)
            rows.append(
                {
                    "policy": policy,
                    "rank": place,
                    "risk": risk.name,
                    "per_year": risk.per_year,
                    "per_year_low": risk.low,
                    "per_year_high": risk.high,
                    "source": risk.source,
                    "loss": strike.value,
                    "loss_low": strike.low,
                    "loss_high": strike.high,
                    "loss_cvar": found.tail(p, k),
                    "expected_a_year": found.expected(p, k),
                    "expected_low": risk.low * strike.value,
                    "expected_high": risk.high * strike.value,
                    "year_cvar": float(tail_mean(found.by_risk[p, k], found.study.level)),
                    "replications": strike.n,
                }
            )
    return pd.DataFrame(rows)


def _known(values: np.ndarray) -> np.ndarray:
    known = values[~np.isnan(values)]
    return known if known.size else np.array([math.nan])
