"""Estimation: likelihood maxima with intervals, shares, bootstrap, distances between distributions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from experiments.fit.record import CannotFitError, Estimate

Z95 = 1.959964
BOOTSTRAP_SEED = 618
LEVELS = {
    "p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95, "p99": 0.99
}  # fmt: skip


def share(successes: float, trials: float, unit: str = "share") -> Estimate:
    """A binomial share with Wilson's score interval (Wilson 1927)."""
    if trials <= 0:
        raise CannotFitError("a share of nothing")
    p, z2 = successes / trials, Z95**2
    centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z95 / (1 + z2 / trials) * math.sqrt(max(p * (1 - p), 0.0) / trials + z2 / (4 * trials**2))
    return Estimate(p, max(0.0, centre - half), min(1.0, centre + half), unit)


def mean(values: np.ndarray, unit: str = "") -> Estimate:
    """A mean with Student's interval."""
    if len(values) < 2:
        raise CannotFitError("a mean of fewer than two values has no interval")
    m, half = float(np.mean(values)), float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return Estimate(m, m - half, m + half, unit)


def bootstrap(
    count: int, statistic: Callable[[np.ndarray], float], unit: str = "", replications: int = 400
) -> Estimate:
    """`statistic` of the row numbers 0..count-1 with its percentile interval over resampled rows."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    value = float(statistic(np.arange(count)))
    draws = np.array([statistic(rng.integers(0, count, count)) for _ in range(replications)], dtype=float)
    draws = draws[np.isfinite(draws)]
    if len(draws) < replications // 2:
        return Estimate(value, None, None, unit)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(value, float(low), float(high), unit)


def quantiles(values: np.ndarray) -> dict[str, float]:
    """The quantiles of `values` under their usual names (p05 … p99)."""
    return {name: float(np.quantile(values, level)) for name, level in LEVELS.items()}


def ks(values: np.ndarray, cdf: Callable[[np.ndarray], np.ndarray]) -> float:
    """Kolmogorov's distance of a sample from a continuous distribution."""
    ordered = np.sort(values)
    fitted, n = cdf(ordered), len(values)
    above = np.abs(np.arange(1, n + 1) / n - fitted).max()
    below = np.abs(np.arange(n) / n - fitted).max()
    return float(max(above, below))


def ks_counts(values: np.ndarray, cdf: Callable[[np.ndarray], np.ndarray]) -> float:
    """Kolmogorov's distance of a sample of whole numbers from a distribution on whole numbers."""
    points = np.unique(values)
    observed = np.searchsorted(np.sort(values), points, side="right") / len(values)
    before = np.searchsorted(np.sort(values), points, side="left") / len(values)
    return float(max(np.abs(observed - cdf(points)).max(), np.abs(before - cdf(points - 1)).max()))


@dataclass(frozen=True)
class Maximum:
    """A likelihood's maximum: estimates with intervals, log-likelihood, covariance on the log scale."""

    estimates: dict[str, Estimate]
    loglik: float
    log_covariance: np.ndarray  # float64[parameters, parameters]

    def __getitem__(self, name: str) -> float:
        return self.estimates[name].value

    def standard_error(self, name: str) -> float:
        """Standard error by the delta method; nan if the information matrix could not be inverted."""
        i = list(self.estimates).index(name)
        return float(self[name] * math.sqrt(self.log_covariance[i, i]))


def hessian(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Second derivatives by central differences."""
    k = len(at)
    steps = np.eye(k) * step
    result = np.empty((k, k))
    for i in range(k):
        for j in range(i, k):
            plus = function(at + steps[i] + steps[j]) + function(at - steps[i] - steps[j])
            minus = function(at + steps[i] - steps[j]) + function(at - steps[i] + steps[j])
            result[i, j] = result[j, i] = (plus - minus) / (4 * step**2)
    return result


def maximise(
    loglik: Callable[..., float], start: Mapping[str, float], units: Mapping[str, str] | None = None
) -> Maximum:
    """Maximise `loglik(**positive parameters)` over their logarithms; intervals from the observed information.

    Raises CannotFitError if the search ends without a maximum, which means the data do not identify the parameters.
    """
    names = list(start)

    def negative(logs: np.ndarray) -> float:
        if np.abs(logs).max() > 30:
            return 1e12
        with np.errstate(all="ignore"):
            value = -loglik(**dict(zip(names, np.exp(logs), strict=True)))
        return value if math.isfinite(value) else 1e12

    first = np.log([start[name] for name in names])
    coarse = optimize.minimize(negative, first, method="Nelder-Mead", options={"maxiter": 4000, "fatol": 1e-9})
    fine = optimize.minimize(
        negative, coarse.x, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-7, "fatol": 1e-10}
    )
    if not math.isfinite(fine.fun) or fine.fun >= 1e12 or np.abs(fine.x).max() > 25:
        raise CannotFitError(f"the likelihood has no maximum in {', '.join(names)}")
    try:
        covariance = np.linalg.inv(hessian(negative, fine.x))
    except np.linalg.LinAlgError:
        covariance = np.full((len(names), len(names)), np.nan)
    estimates = {}
    for i, name in enumerate(names):
        variance, value, unit = covariance[i, i], math.exp(fine.x[i]), (units or {}).get(name, "")
        if variance > 0 and math.isfinite(variance) and math.sqrt(variance) < 20:
            half = Z95 * math.sqrt(variance)
            estimates[name] = Estimate(value, value * math.exp(-half), value * math.exp(half), unit)
        else:
            estimates[name] = Estimate(value, None, None, unit)
    return Maximum(estimates, -fine.fun, covariance)


def lognormal(values: np.ndarray, unit: str) -> dict[str, Estimate]:
    """Lognormal by its sufficient statistics: `median` with `sigma` of the logarithm."""
    logs = np.log(values)
    n = len(logs)
    if n < 3 or logs.std() == 0:
        raise CannotFitError("a spread needs at least three different values")
    m, s = float(logs.mean()), float(logs.std(ddof=1))
    half = stats.t.ppf(0.975, n - 1) * s / math.sqrt(n)
    low, high = (math.sqrt((n - 1) * s * s / stats.chi2.ppf(level, n - 1)) for level in (0.975, 0.025))
    return {
        "median": Estimate(math.exp(m), math.exp(m - half), math.exp(m + half), unit),
        "sigma": Estimate(s, low, high, "of the natural logarithm"),
    }


def gamma(values: np.ndarray, unit: str) -> Maximum:
    """Gamma by maximum likelihood: `shape`, `scale`."""
    n, total, logs = len(values), float(values.sum()), float(np.log(values).sum())
    m, v = total / n, float(values.var())
    if v == 0:
        raise CannotFitError("a spread needs different values")

    def loglik(shape: float, scale: float) -> float:
        return (shape - 1) * logs - total / scale - n * (math.lgamma(shape) + shape * math.log(scale))

    return maximise(loglik, {"shape": m * m / v, "scale": v / m}, {"shape": "", "scale": unit})


def weibull(values: np.ndarray, unit: str) -> Maximum:
    """Weibull by maximum likelihood: `shape`, `scale`."""
    logs = np.log(values)

    def loglik(shape: float, scale: float) -> float:
        z = logs - math.log(scale)
        return float(len(logs) * math.log(shape / scale) + ((shape - 1) * z - np.exp(shape * z)).sum())

    spread = max(float(logs.std()), 1e-3)
    return maximise(loglik, {"shape": 1.28 / spread, "scale": float(values.mean())}, {"shape": "", "scale": unit})


SMALLEST_SIZE = 1e-3
"""Below this size a zero-truncated negative binomial is a logarithmic series, and size no longer shows in the data."""


def truncated_negbin_cdf(points: np.ndarray, odds: float, size: float) -> np.ndarray:
    """P(X <= points | X >= 1) of a negative binomial of `size` and `odds` = mean / size, both before truncation."""
    p = 1 / (1 + odds)
    zero = p**size
    return np.clip((stats.nbinom.cdf(points, size, p) - zero) / -math.expm1(size * math.log(p)), 0, 1)


def truncated_negbin(values: np.ndarray) -> Maximum:
    """Zero-truncated negative binomial of counts >= 1: `odds` = mean / size and `size`, both before truncation.

    Variance over mean before truncation is 1 + odds.
    """
    points, counts = np.unique(values.astype(int), return_counts=True)
    if len(points) < 2:
        raise CannotFitError("counts that are all equal have no spread")

    def loglik(odds: float, size: float) -> float:
        size = max(size, SMALLEST_SIZE)
        p = 1 / (1 + odds)
        some = -math.expm1(size * math.log(p))
        return float((counts * stats.nbinom.logpmf(points, size, p)).sum() - counts.sum() * math.log(some))

    found = maximise(loglik, {"odds": max(float(values.mean()) - 1, 0.1), "size": 1.0})
    if found["size"] > SMALLEST_SIZE:
        return found
    found = maximise(lambda odds: loglik(odds, SMALLEST_SIZE), {"odds": found["odds"]})
    floor = Estimate(SMALLEST_SIZE, None, None, "at its floor: a logarithmic series")
    return Maximum({**found.estimates, "size": floor}, found.loglik, found.log_covariance)


def least_squares(
    y: np.ndarray, columns: Mapping[str, np.ndarray], clusters: Sequence | np.ndarray | None = None
) -> tuple[dict[str, Estimate], float]:
    """Ordinary least squares with robust (by cluster if there are five or more) intervals, and R².

    Columns carry no constant unless one is given.
    """
    import statsmodels.api as sm

    x = np.column_stack(list(columns.values()))
    if len(y) <= x.shape[1] + 1 or np.linalg.matrix_rank(x) < x.shape[1]:
        raise CannotFitError(f"{len(y)} rows do not separate {', '.join(columns)}")
    model = sm.OLS(y, x)
    codes = None if clusters is None else np.unique(np.asarray(clusters, dtype=str), return_inverse=True)[1]
    if codes is not None and codes.max() >= 4:
        result = model.fit(cov_type="cluster", cov_kwds={"groups": codes}, use_t=True)
    else:
        result = model.fit(cov_type="HC1", use_t=True)
    intervals = result.conf_int()
    estimates = {
        name: Estimate(float(result.params[i]), float(intervals[i][0]), float(intervals[i][1]))
        for i, name in enumerate(columns)
    }
    return estimates, float(result.rsquared)
