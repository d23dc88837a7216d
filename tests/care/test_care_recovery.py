"""What closing a complaint regains: TARP's shares, between silence and no failure at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.care.config import Complaints
from sim.care.recovery import LARGE, SMALL, outcome, regained, severity

CONFIG = Complaints()


@pytest.mark.parametrize(
    ("value", "minutes", "redress", "loyal", "why"),
    [
        (35.0, 0.0, 50.0, 0.95, "a small loss, at once, all satisfied"),
        (35.0, 1e7, 50.0, 0.70, "a small loss, late, all satisfied"),
        (700.0, 0.0, 50.0, 0.82, "a large loss, at once"),
        (700.0, 1e7, 50.0, 0.54, "a large loss, late"),
        (9000.0, 1e7, 50.0, 0.54, "no loss is larger than large"),
        (1.0, 0.0, 50.0, 0.95, "none smaller than small"),
    ],
)
def test_the_ends_are_tarps_shares(value: float, minutes: float, redress: float, loyal: float, why: str) -> None:
    silent = SMALL[0] if value <= 35.0 else LARGE[0]
    found = outcome(CONFIG, value, minutes, redress, 0)
    assert silent + (1.0 - silent) * found.regained == pytest.approx(loyal, abs=1e-6), why


def test_between_a_small_and_a_large_loss_by_the_logarithm() -> None:
    assert severity(CONFIG, (35.0 * 700.0) ** 0.5) == pytest.approx(0.5)
    assert regained(2, 0.5) == pytest.approx((regained(2, 0.0) + regained(2, 1.0)) / 2.0)


@given(st.floats(0.01, 1e5), st.floats(0, 1e5), st.floats(0, 20), st.integers(0, 5))
def test_nothing_regains_more_than_was_lost(value: float, minutes: float, redress: float, apologies: int) -> None:
    found = outcome(CONFIG, value, minutes, redress, apologies)
    assert 0.0 <= found.regained < 1.0
    assert 0.0 <= found.satisfied <= 1.0
    later = outcome(CONFIG, value, minutes + 60.0, redress, apologies)
    more = outcome(CONFIG, value, minutes, redress + 0.5, apologies)
    assert later.regained <= found.regained + 1e-12, "speed never hurts"
    assert more.regained >= found.regained - 1e-12, "nor does redress"


def test_the_third_apology_without_money_is_worth_nothing() -> None:
    worth = [outcome(CONFIG, 100.0, 60.0, 0.0, apologies).regained for apologies in range(4)]
    assert worth[0] == worth[1] > 0.0
    assert worth[2:] == [0.0, 0.0]
    assert outcome(CONFIG, 100.0, 60.0, 1.0, 3).regained > 0.0, "money still is"
