"""BG/NBD and Gamma-Gamma against the published values and against customers made by the model itself."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.fit import bgnbd
from experiments.fit.repurchase import PUBLISHED, count_shares

UNROUNDED = {"r": 0.2425945, "alpha": 4.4136021, "a": 0.7929221, "b": 2.4259072}
"""The maximum of the likelihood on the published sample; rounded to three decimals it is the published one."""

CASES = [
    (1.0, 0.0532, "close to the rate r/alpha of customers who are all alive"),
    (31.857, 1.0405, "the mean age of the published example's customers"),
    (78.0, 1.8580, "far out; published as 1.8576, see the next test"),
]


@pytest.mark.parametrize(("weeks", "expected", "why"), CASES)
def test_expected_purchases_have_the_published_values(weeks: float, expected: float, why: str) -> None:
    assert float(bgnbd.expected_purchases(weeks, **UNROUNDED)) == pytest.approx(expected, abs=5.1e-5), why


def test_the_published_value_at_78_weeks_is_the_series_cut_off_after_150_terms() -> None:
    r, alpha, a, b = UNROUNDED.values()
    z, term, total = 78.0 / (alpha + 78.0), 1.0, 1.0
    sums = []
    for j in range(1000):
        term *= (r + j) * (b + j) / ((a + b - 1 + j) * (j + 1)) * z
        total += term
        sums.append((a + b - 1) / (a - 1) * (1 - (alpha / (alpha + 78.0)) ** r * total))
    assert sums[149] == pytest.approx(1.8576, abs=5e-5)
    assert sums[-1] == pytest.approx(float(bgnbd.expected_purchases(78.0, **UNROUNDED)), abs=1e-9)


@pytest.mark.parametrize(("weeks", "expected", "why"), CASES)
def test_rounded_parameters_miss_the_published_values_by_their_rounding_only(
    weeks: float, expected: float, why: str
) -> None:
    # r = 0.243 stands for 0.2425 to 0.2435: 0.2% of every expectation.
    assert float(bgnbd.expected_purchases(weeks, **PUBLISHED)) == pytest.approx(expected, rel=0.0021), why


def test_expected_purchases_start_at_zero_and_grow_ever_more_slowly() -> None:
    curve = bgnbd.expected_purchases(np.arange(0.0, 200.0), **PUBLISHED)
    assert curve[0] == 0.0
    steps = np.diff(curve)
    assert np.all(steps > 0)
    assert np.all(np.diff(steps) < 0)


def customers(rng: np.random.Generator, n: int, weeks: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, t_x, age of customers who follow the model exactly, simulated one by one."""
    x, t_x = np.zeros(n), np.zeros(n)
    age = rng.uniform(weeks - 12, weeks, n).round(2)
    for i in range(n):
        rate, drop, time = rng.gamma(0.5, 1 / 5.0), rng.beta(0.9, 2.8), 0.0
        while True:
            time += rng.exponential(1 / rate)
            if time > age[i]:
                break
            x[i], t_x[i] = x[i] + 1, time
            if rng.random() < drop:
                break
    return x, t_x, age


def test_the_parameters_of_simulated_customers_are_found_again() -> None:
    x, t_x, age = customers(np.random.default_rng(3), 6000, 52.0)
    found = bgnbd.fit(x, t_x, age)
    # Four intervals of 95%, one fixed sample: each within twice its half-width, so that no luck is needed.
    for name, truth in {"r": 0.5, "alpha": 5.0, "a": 0.9, "b": 2.8}.items():
        e = found.estimates[name]
        assert e.low is not None and e.high is not None
        assert np.log(e.low / e.value) * 2 < np.log(truth / e.value) < np.log(e.high / e.value) * 2, name
    assert x.mean() == pytest.approx(bgnbd.expected_purchases(age, **{n: found[n] for n in PUBLISHED}).mean(), rel=0.05)


def test_the_likelihood_is_lower_anywhere_near_its_maximum() -> None:
    x, t_x, age = customers(np.random.default_rng(4), 1500, 40.0)
    found = bgnbd.fit(x, t_x, age)
    best = {name: found[name] for name in PUBLISHED}
    top = bgnbd.loglik(**best, x=x, t_x=t_x, age=age, weight=np.ones(len(x)))
    for name, value in best.items():
        for factor in (0.8, 1.25):
            moved = {**best, name: value * factor}
            assert bgnbd.loglik(**moved, x=x, t_x=t_x, age=age, weight=np.ones(len(x))) < top


def test_the_shares_of_customers_by_purchases_match_simulated_ones() -> None:
    x, _, age = customers(np.random.default_rng(5), 20_000, 40.0)
    shares = count_shares(age, r=0.5, alpha=5.0, a=0.9, b=2.8)
    observed = [float((x == k).mean()) for k in range(7)] + [float((x >= 7).mean())]
    assert shares.sum() == pytest.approx(1.0)
    assert shares == pytest.approx(np.array(observed), abs=4 * np.sqrt(0.25 / 20_000))


def test_the_spend_of_simulated_customers_is_found_again() -> None:
    rng = np.random.default_rng(6)
    x = 1 + rng.poisson(1.5, 8000).astype(float)
    scale = rng.gamma(3.7, 1 / 15.0, len(x))
    m = rng.gamma(6.0 * x, 1 / scale) / x
    found = bgnbd.fit_spend(x, m)
    for name, truth in {"p": 6.0, "q": 3.7, "v": 15.0}.items():
        e = found.estimates[name]
        assert e.low is not None and e.high is not None
        assert np.log(e.low / e.value) * 2 < np.log(truth / e.value) < np.log(e.high / e.value) * 2, name
