"""What a promotion really added: a run against its twin in which the same calendar is withheld.

Gross is what was sold while it ran; the increment is what would not have been sold without it. The bump of promoted units
is decomposed as van Heerde, Leeflang and Wittink (2004) do [P04–P06]: taken from other articles, taken from other days,
and added to the category.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.study import stats
from sim.study.stats import Estimate

MONEY = ("gmv", "net_gmv", "profit")
UNITS = ("promo_units", "promo_units_other_days", "other_units_promo_days", "other_units_other_days")


@dataclass(frozen=True)
class Increment:
    """Estimates over replications; shares of the bump are of its mean, with jackknife intervals."""

    gross: Estimate  # CNY, GMV of the run with the promotions
    net: Estimate  # CNY, of it what was paid and not given back
    gmv: Estimate  # CNY, difference to the twin without
    net_gmv: Estimate  # CNY
    profit: Estimate  # CNY
    bump: Estimate  # units of promoted SKUs on promoted days above the twin's
    other_articles: Estimate  # share of the bump
    other_days: Estimate  # share of the bump
    category: Estimate  # share of the bump

    @property
    def table(self) -> pd.DataFrame:
        """One row an estimate: value, low, high."""
        rows = [(name, e.value, e.low, e.high) for name, e in self.__dict__.items()]
        return pd.DataFrame(rows, columns=["what", "value", "low", "high"])


def decompose(shown: np.ndarray, withheld: np.ndarray) -> dict[str, float]:
    """Bump and its shares from mean units float64[4] in the order of UNITS, with and without the promotions.

    The four shares' signs: what others and other days lost counts as positive. Their sum is one.
    """
    change = np.asarray(shown, float) - np.asarray(withheld, float)
    bump = float(change[0])
    if bump == 0.0:
        return {"bump": 0.0, "other_articles": np.nan, "other_days": np.nan, "category": np.nan}
    days, others = -change[1] / bump, -(change[2] + change[3]) / bump
    return {"bump": bump, "other_articles": float(others), "other_days": float(days), "category": 1.0 - days - others}


def increment(
    scenario: str, changes: Mapping[str, Any] | None = None, replications: int = 10, seed: int = 1
) -> Increment:
    """Run the scenario with its promotions and withheld, on the same seeds, and take the difference.

    ``changes``: overrides of both. Raises ScenarioError for a wrong file.
    """
    from sim.engine import run
    from sim.scenario import load

    given = dict(changes or {})
    found: dict[bool, list[list[float]]] = {False: [], True: []}
    for withheld in (False, True):
        prepared = load(scenario, {**given, "shelf.withheld": withheld})
        for replication in range(replications):
            kpis = run(prepared, seed=seed, replication=replication).kpis
            found[withheld].append([kpis[name] for name in (*MONEY, *UNITS)])
    shown, without = (np.array(found[withheld]) for withheld in (False, True))
    change = shown - without
    n = len(MONEY)
    shares = _jackknife(shown[:, n:], without[:, n:])
    return Increment(
        gross=stats.mean(shown[:, 0]),
        net=stats.mean(shown[:, 1]),
        gmv=stats.mean(change[:, 0]),
        net_gmv=stats.mean(change[:, 1]),
        profit=stats.mean(change[:, 2]),
        bump=stats.mean(change[:, n]),
        other_articles=shares["other_articles"],
        other_days=shares["other_days"],
        category=shares["category"],
    )


def _jackknife(shown: np.ndarray, withheld: np.ndarray) -> dict[str, Estimate]:
    """Shares of the mean bump: ratios of means, so that their interval comes from leaving out one replication at a time."""
    n = len(shown)
    whole = decompose(shown.mean(axis=0), withheld.mean(axis=0))
    found = {}
    for name in ("other_articles", "other_days", "category"):
        left_out = [
            decompose(np.delete(shown, i, 0).mean(axis=0), np.delete(withheld, i, 0).mean(axis=0))[name]
            for i in range(n)
        ]
        pseudo = n * whole[name] - (n - 1) * np.array(left_out)
        found[name] = stats.mean(pseudo)
    return found
