"""Erlang's formulas, checked against published values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as hyp

from sim.platform.queueing import erlang_b, erlang_c, gamma_quantile, stationary_wait, tail, wait_after


@pytest.mark.parametrize(("servers", "offered", "expected"), [(1, 0.9, 9.0), (2, 1.8, 4.2632), (10, 9.0, 0.6687)])
def test_mean_wait_of_mmc(servers, offered, expected):
    _, wait = stationary_wait(servers, offered, float(servers), 1.0)
    assert wait == pytest.approx(expected, abs=5e-5)


def test_a_call_centre_of_fourteen_with_ten_erlang():
    probability = erlang_c(14, 10.0)
    assert probability == pytest.approx(0.1741, abs=5e-5)
    # four servers more than the load, mean service three minutes: answered within 20 s
    assert 1.0 - tail(probability, 4.0 / 180.0, 20.0) == pytest.approx(0.8884, abs=5e-5)


@pytest.mark.parametrize(("servers", "offered"), [(10, 4.461), (20, 12.03)])
def test_one_call_in_a_hundred_is_lost(servers, offered):
    assert erlang_b(servers, offered) == pytest.approx(0.01, rel=2e-3)


@given(hyp.integers(1, 400), hyp.floats(0.01, 0.999))
def test_erlang_b_is_the_usual_recursion(servers, share):
    offered = servers * share
    blocking = 1.0
    for k in range(1, servers + 1):
        blocking = offered * blocking / (k + offered * blocking)
    assert erlang_b(servers, offered) == pytest.approx(blocking, rel=1e-9, abs=1e-12)


def test_deterministic_service_halves_the_wait():
    _, exponential = stationary_wait(1, 0.9, 1.0, 1.0)
    _, constant = stationary_wait(1, 0.9, 1.0, 0.5)
    # Pollaczek and Khinchine: M/D/1 waits rho / (2 mu (1 - rho))
    assert constant == pytest.approx(4.5) == pytest.approx(exponential / 2.0)


def test_a_wait_grows_by_diffusion_and_falls_at_once():
    grown = wait_after(0.0, math.inf, 10.0, 1.0, 60.0)
    assert grown == pytest.approx(math.sqrt(4.0 * 60.0 / (math.pi * 10.0)))
    assert wait_after(grown, 0.01, 10.0, 1.0, 60.0) == 0.01


def test_quantiles_of_an_exponential_are_close():
    assert gamma_quantile(1.0, 1.0, 0.0) == pytest.approx(math.log(2.0), rel=0.03)
    assert gamma_quantile(1.0, 1.0, 2.326348) == pytest.approx(math.log(100.0), rel=0.02)
    assert gamma_quantile(0.2, 0.0, 2.3) == 0.2
