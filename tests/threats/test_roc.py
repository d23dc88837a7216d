"""The binormal ROC and the captcha, against the published points."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.threats.config import Behaviour, Captcha, Fingerprint
from sim.threats.roc import captcha_tries, faded, passes_captcha, separation, true_positives


@pytest.mark.parametrize(
    ("d_prime", "false_share", "true_share", "why"),
    [
        (2.34, 0.03, 0.677, "behaviour logs of arXiv 2603.28546"),
        (0.0, 0.2, 0.2, "no separation: the diagonal, as good as chance"),
        (10.0, 0.01, 1.0, "far apart: everything is caught"),
    ],
)
def test_the_curve_goes_through_known_points(d_prime: float, false_share: float, true_share: float, why: str) -> None:
    assert true_positives(d_prime, false_share) == pytest.approx(true_share, abs=1e-3), why


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_separation_is_the_inverse_of_the_curve(true_share: float, false_share: float) -> None:
    assert true_positives(separation(true_share, false_share), false_share) == pytest.approx(true_share, abs=1e-9)


@given(st.floats(0.0, 4.0), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_a_lower_threshold_catches_no_less(d_prime: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert true_positives(d_prime, low) <= true_positives(d_prime, high) + 1e-12


def test_power_fades_to_chance_and_not_below() -> None:
    fpr = 0.03
    shares = [true_positives(faded(2.34, t, 1440.0), fpr) for t in (0.0, 720.0, 1440.0, 14_400.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == pytest.approx(fpr, rel=0.01)
    assert faded(2.34, 1440.0, 1440.0) == pytest.approx(2.34 / math.e)
    assert faded(2.34, 1e6, None) == 2.34


def test_the_published_hit_rates_of_fingerprints_are_the_defaults() -> None:
    plain, strict = Fingerprint(), Fingerprint(consistency=True)
    assert true_positives(plain.separation, plain.threshold) == pytest.approx(0.51)
    assert true_positives(strict.separation, strict.threshold) == pytest.approx(0.75)
    assert Behaviour().separation == 2.34


def test_people_and_bots_pass_captchas_as_often_as_measured() -> None:
    config = Captcha()
    assert passes_captcha(config.people_right, 1, 0.25) == 0.8
    assert passes_captcha(config.bots_right, 1, 0.0) == 0.96
    # three tries, a quarter leave after each wrong one: 0.8 · (1 + 0.15 + 0.0225)
    assert passes_captcha(config.people_right, 3, 0.25) == pytest.approx(0.938)
    assert captcha_tries(0.96, 3, 0.0) == pytest.approx(1.0416)
