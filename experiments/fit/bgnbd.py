"""The BG/NBD model of repeat purchase and the Gamma-Gamma model of spend.

Sources: Fader, Hardie & Lee (2005), Marketing Science 24(2):275-284 [R03-R06]; Fader & Hardie
(2013), "The Gamma-Gamma Model of Monetary Value".
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1

from experiments.fit.stats import Maximum, maximise


def loglik(
    r: float,
    alpha: float,
    a: float,
    b: float,
    x: np.ndarray,  # float64[groups], repeat purchases
    t_x: np.ndarray,  # float64[groups], weeks from the first to the last purchase
    age: np.ndarray,  # float64[groups], weeks from the first purchase to the end of observation
    weight: np.ndarray,  # float64[groups], customers alike
) -> float:
    """Log-likelihood of the BG/NBD model (Fader, Hardie & Lee 2005, eq. 6)."""
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = np.where(
            x > 0,
            betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + t_x),
            -np.inf,
        )
    return float((weight * (common + np.logaddexp(alive, gone))).sum())


def fit(x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> Maximum:
    """Maximum likelihood of r, alpha (weeks), a, b over customers."""
    rows, weight = np.unique(np.column_stack([x, t_x, age]), axis=0, return_counts=True)

    def value(r: float, alpha: float, a: float, b: float) -> float:
        return loglik(r, alpha, a, b, rows[:, 0], rows[:, 1], rows[:, 2], weight)

    return maximise(value, {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.0}, {"alpha": "weeks"})


def expected_purchases(t: np.ndarray | float, r: float, alpha: float, a: float, b: float) -> np.ndarray:
    """E[X(t)], repeat purchases of a customer in `t` weeks after the first (eq. 9); a must not be 1."""
    t = np.asarray(t, dtype=float)
    tail = (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t))
    return (a + b - 1) / (a - 1) * (1 - tail)


def spend_loglik(p: float, q: float, v: float, x: np.ndarray, m: np.ndarray) -> float:
    """Log-likelihood of mean spends `m` over `x` purchases each in the Gamma-Gamma model."""
    px = p * x
    return float(
        (
            gammaln(px + q) - gammaln(px) - gammaln(q)
            + q * np.log(v) + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * np.log(v + m * x)
        ).sum()
    )  # fmt: skip


def fit_spend(x: np.ndarray, m: np.ndarray) -> Maximum:
    """Maximum likelihood of p, q, v (v in the unit of money) over customers with x >= 1 purchases of mean m > 0."""
    return maximise(lambda p, q, v: spend_loglik(p, q, v, x, m), {"p": 4.0, "q": 3.5, "v": float(np.mean(m)) / 2})
