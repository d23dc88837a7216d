"""Service times have the mean, the spread and the shape they are said to have."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy import stats

from sim.core.rng import decision
from sim.fulfilment.kernel import trip_noise
from sim.fulfilment.stations import in_shift, service_noise

NOISE = decision("driver.noise")


@njit
def many(cv2, count):  # type: ignore[no-untyped-def]
    values = np.empty(count)
    for i in range(count):
        values[i] = service_noise(1, 2, i, 0, NOISE, cv2)
    return values


@njit
def many_trips(cv, count):  # type: ignore[no-untyped-def]
    values = np.empty(count)
    for i in range(count):
        values[i] = trip_noise(1, 2, i, 0, NOISE, cv)
    return values


@njit
def begin(opens, closes, time):  # type: ignore[no-untyped-def]
    return in_shift(opens, closes, time)


@pytest.mark.parametrize("cv2", [0.1, 0.25, 1 / 3, 0.36, 0.5, 1.0, 2.0])
def test_service_times_are_gamma_with_mean_one(cv2: float) -> None:
    sample = many(cv2, 40_000)
    assert sample.mean() == pytest.approx(1.0, abs=4 * np.sqrt(cv2 / 40_000))
    assert stats.kstest(sample, stats.gamma(1 / cv2, scale=cv2).cdf).pvalue > 1e-3


def test_no_variation_is_none() -> None:
    assert (many(0.0, 10) == 1.0).all()
    assert (many_trips(0.0, 10) == 1.0).all()


def test_trips_are_lognormal_with_mean_one() -> None:
    sample = many_trips(0.4, 40_000)
    sigma = np.sqrt(np.log1p(0.16))
    assert stats.kstest(sample, stats.lognorm(sigma, scale=np.exp(-(sigma**2) / 2)).cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    ("opens", "closes", "time", "begins", "reason"),
    [
        (0.0, 1440.0, 77.5, 77.5, "round the clock"),
        (480.0, 1260.0, 479.9, 480.0, "just before"),
        (480.0, 1260.0, 480.0, 480.0, "the beginning belongs to the shift"),
        (480.0, 1260.0, 1260.0, 1920.0, "the end does not"),
        (480.0, 1260.0, 1440.0 + 10.0, 1920.0, "after midnight: the same day's"),
        (420.0, 60.0, 30.0, 30.0, "a shift past midnight, before its end"),
        (420.0, 60.0, 60.0, 420.0, "and after it"),
        (420.0, 60.0, 1439.0, 1439.0, "and late in the evening"),
    ],
)
def test_work_begins_inside_the_shift(opens: float, closes: float, time: float, begins: float, reason: str) -> None:
    assert begin(opens, closes, time) == begins, reason
