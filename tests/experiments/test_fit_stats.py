"""Estimators find the parameters their data were made with, and distances are what they are by definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.fit import stats as fit
from experiments.fit.hours import apportioned
from experiments.fit.record import CannotFitError, Estimate


def near(estimate: Estimate, truth: float) -> bool:
    """Within twice the half-widths of the 95% interval: a fixed sample needs no luck to pass."""
    assert estimate.low is not None and estimate.high is not None
    return 2 * estimate.low - estimate.value < truth < 2 * estimate.high - estimate.value


def test_lognormal_gamma_and_weibull_find_their_parameters_again() -> None:
    rng = np.random.default_rng(1)
    log = fit.lognormal(3.0 * np.exp(0.7 * rng.standard_normal(4000)), "days")
    assert near(log["median"], 3.0) and near(log["sigma"], 0.7)
    gamma = fit.gamma(rng.gamma(2.2, 1.7, 4000), "days")
    assert near(gamma.estimates["shape"], 2.2) and near(gamma.estimates["scale"], 1.7)
    weibull = fit.weibull(5.0 * rng.weibull(0.6, 4000), "days")
    assert near(weibull.estimates["shape"], 0.6) and near(weibull.estimates["scale"], 5.0)


def test_gamma_and_weibull_agree_with_the_maxima_of_scipy() -> None:
    values = np.random.default_rng(2).gamma(1.4, 3.0, 500)
    shape, _, scale = stats.gamma.fit(values, floc=0)
    ours = fit.gamma(values, "")
    assert (ours["shape"], ours["scale"]) == pytest.approx((shape, scale), rel=1e-3)
    shape, _, scale = stats.weibull_min.fit(values, floc=0)
    ours = fit.weibull(values, "")
    assert (ours["shape"], ours["scale"]) == pytest.approx((shape, scale), rel=1e-3)


def test_the_truncated_negative_binomial_finds_its_parameters_again() -> None:
    rng = np.random.default_rng(3)
    draws = rng.negative_binomial(0.8, 1 / (1 + 12.0), 20_000)
    found = fit.truncated_negbin(draws[draws >= 1])
    assert near(found.estimates["size"], 0.8) and near(found.estimates["odds"], 12.0)


def test_counts_of_a_logarithmic_series_put_the_size_at_its_floor() -> None:
    found = fit.truncated_negbin(np.random.default_rng(4).logseries(0.6, 5000))
    assert found["size"] == fit.SMALLEST_SIZE
    assert found["odds"] == pytest.approx(0.6 / 0.4, rel=0.1)


def test_the_truncated_cdf_is_one_at_infinity_and_zero_at_zero() -> None:
    cdf = fit.truncated_negbin_cdf(np.array([0, 1, 2, 10_000]), 3.0, 0.5)
    assert cdf[0] == pytest.approx(0) and cdf[-1] == pytest.approx(1)
    first = stats.nbinom.pmf(1, 0.5, 0.25) / (1 - stats.nbinom.pmf(0, 0.5, 0.25))
    assert cdf[1] == pytest.approx(first)


def test_wilsons_interval_has_its_textbook_value() -> None:
    e = fit.share(15, 50)
    assert (e.value, e.low, e.high) == pytest.approx((0.3, 0.1910, 0.4375), abs=5e-4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_share_lies_in_its_interval_and_the_interval_in_zero_to_one(k: int, n: int) -> None:
    e = fit.share(min(k, n), n)
    assert e.low is not None and e.high is not None
    assert 0 <= e.low <= e.value + 1e-12 and e.value - 1e-12 <= e.high <= 1


def test_kolmogorovs_distance_agrees_with_scipy() -> None:
    values = np.random.default_rng(5).exponential(2.0, 200)
    assert fit.ks(values, lambda v: stats.expon.cdf(v)) == pytest.approx(stats.kstest(values, "expon").statistic)


def test_counts_drawn_from_a_law_are_close_to_it_and_far_from_another() -> None:
    counts = np.random.default_rng(6).poisson(4.0, 5000)
    assert fit.ks_counts(counts, lambda k: stats.poisson.cdf(k, 4.0)) < 0.02
    assert fit.ks_counts(counts, lambda k: stats.poisson.cdf(k, 6.0)) > 0.2


def test_least_squares_finds_a_line_and_refuses_columns_it_cannot_separate() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=2000)
    y = 1.0 - 2.0 * x + rng.normal(size=2000)
    found, r2 = fit.least_squares(y, {"one": np.ones(2000), "x": x}, np.arange(2000) % 20)
    assert near(found["one"], 1.0) and near(found["x"], -2.0)
    assert r2 == pytest.approx(0.8, abs=0.03)
    with pytest.raises(CannotFitError, match="do not separate"):
        fit.least_squares(y, {"one": np.ones(2000), "two": 2 * np.ones(2000)})


def test_a_likelihood_without_a_maximum_is_refused() -> None:
    with pytest.raises(CannotFitError, match="no maximum"):
        fit.maximise(lambda scale: scale, {"scale": 1.0})


def test_the_same_rows_give_the_same_bootstrap_interval() -> None:
    values = np.random.default_rng(8).normal(size=100)
    first = fit.bootstrap(100, lambda i: float(values[i].mean()))
    assert first == fit.bootstrap(100, lambda i: float(values[i].mean()))
    half = 1.96 * values.std() / 10
    assert first.low == pytest.approx(values.mean() - half, abs=0.06)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=24))
def test_apportioned_weights_sum_to_one_and_stay_within_one_unit(weights: list[float]) -> None:
    exact = np.array(weights) / np.sum(weights)
    given_out = apportioned(np.array(weights))
    assert round(float(given_out.sum() * 1e5)) == 100_000
    assert np.abs(given_out - exact).max() <= 1.000001e-5
