"""A/B tests: what each arm's shoppers did, and the statistics a shop would compute.

Names carry the arm: `ab.<arm>.<measure>`. Counts are of simulated shoppers, not of the people they stand for: only they are
independent, and a test of real counts would find certainty that is not there.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.books.measures import Measure


def _p(z: float) -> float:
    """Two-sided p-value of a standard normal statistic."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def of_arm(visits: np.ndarray, orders: np.ndarray, fen: np.ndarray) -> dict[str, float]:
    """Measures of one arm from int64[shoppers] of visits, orders paid and fen paid."""
    came = visits > 0
    visitors = int(came.sum())
    # what was paid without a visit during the test (balances of earlier orders) belongs to nobody in it
    paid = np.where(came, fen, 0)[came] / 100.0
    buyers = int((orders[came] > 0).sum())
    total = int(visits.sum())
    return {
        "visits": float(total),
        "visitors": float(visitors),
        "orders": float(orders[came].sum()),
        "buyers": float(buyers),
        "revenue": float(paid.sum()),
        "cvr": orders[came].sum() / total if total else math.nan,
        "buyer_share": buyers / visitors if visitors else math.nan,
        "revenue_per_visitor": float(paid.mean()) if visitors else math.nan,
        "revenue_sd": float(paid.std(ddof=1)) if visitors > 1 else math.nan,
    }


def against(first: dict[str, float], arm: dict[str, float]) -> dict[str, float]:
    """p-values of an arm against the first one; nan where one of them is empty.

    Buyers ÷ visitors: pooled two-proportion z-test; value per visitor: Welch test; both by the normal approximation.
    """
    n_a, n_b = first["visitors"], arm["visitors"]
    if n_a < 2 or n_b < 2:
        return {"p_buyers": math.nan, "p_revenue": math.nan}
    pooled = (first["buyers"] + arm["buyers"]) / (n_a + n_b)
    error = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n_a + 1.0 / n_b))
    spread = math.sqrt(first["revenue_sd"] ** 2 / n_a + arm["revenue_sd"] ** 2 / n_b)
    return {
        "p_buyers": _p((arm["buyer_share"] - first["buyer_share"]) / error) if error > 0 else 1.0,
        "p_revenue": _p((arm["revenue_per_visitor"] - first["revenue_per_visitor"]) / spread) if spread > 0 else 1.0,
    }


def arm_measures(market: Any) -> dict[str, float]:
    """Every measure of every arm by its full name; empty without a test."""
    tester = getattr(market, "notices", {}).get("ab")
    if tester is None:
        return {}
    values: dict[str, float] = {}
    first: dict[str, float] = {}
    for arm in tester.test.arms:
        counts = tester.counts(arm)
        mine = of_arm(counts["visits"], counts["orders"], counts["money"])
        mine["refunds_per_shopper"] = tester.refunded(arm)
        if first:
            mine.update(against(first, mine))
        first = first or mine
        values.update({f"ab.{arm}.{name}": value for name, value in mine.items()})
    return values


MEASURES: tuple[Measure, ...] = ()
