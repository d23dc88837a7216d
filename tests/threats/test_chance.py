"""Whole numbers: binomial counts by inversion, fractions carried on, purses that are never overdrawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from sim.core.rng import Draws
from sim.threats.chance import SCREEN, Carry, binomial
from sim.threats.purse import Purse


@pytest.mark.parametrize(("n", "p"), [(1, 0.5), (12, 0.03), (400, 0.677), (250_000, 0.005), (7, 1.0), (7, 0.0), (0, 0.4)])
def test_a_binomial_count_is_the_quantile_of_its_uniform(n: int, p: float) -> None:
    draws = Draws(7)
    for occurrence in range(200):
        u = float(draws.uniform(SCREEN, 1, occurrence))
        assert binomial(draws, SCREEN, n, p, 1, occurrence) == (int(binom.ppf(u, n, p)) if n else 0)


@given(st.lists(st.floats(0.0, 50.0), max_size=60))
def test_carrying_fractions_loses_less_than_one(parts: list[float]) -> None:
    carry = Carry()
    taken = [carry.take(part) for part in parts]
    assert all(whole >= 0 for whole in taken)
    assert -1e-6 <= sum(parts) - sum(taken) < 1.0 + 1e-6


@given(st.floats(0.0, 1e5), st.lists(st.tuples(st.booleans(), st.floats(0.0, 1e5)), max_size=40))
def test_a_purse_keeps_every_fen_and_is_never_overdrawn(capital: float, moves: list[tuple[bool, float]]) -> None:
    purse = Purse(capital)
    for pays, cny in moves:
        if not pays:
            purse.earn("x", cny)
        elif round(cny * 100) <= purse.left:
            purse.pay("y", cny)
        else:
            with pytest.raises(ValueError, match="cannot pay"):
                purse.pay("y", cny)
        assert purse.left >= 0
        assert purse.left == purse.capital + sum(purse.income.values()) - sum(purse.spent.values())
