"""Breaker, bucket, retries, throttle: single requests and flows go through the same functions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as hyp

from sim.platform import patterns as p

S, F = False, True


class Breaker:
    """A breaker fed with single calls, one a second; window 20 s, minimum 5, 50%, k = 4, W = 5 s."""

    def __init__(self):
        self.state, self.rows, self.opened, self.used, self.tried, self.failed = p.CLOSED, [], 0.0, 0.0, 0.0, 0.0

    def ask(self, now):
        state = p.breaker_after_wait(self.state, now, self.opened, 5.0)
        if state != self.state:
            self.state, self.used, self.tried, self.failed = state, 0.0, 0.0, 0.0
        admitted = p.breaker_admits(self.state, 1.0, self.used, 4.0)
        if self.state == p.HALF_OPEN:
            self.used += admitted
        return admitted == 1.0

    def record(self, now, failed):
        if self.state == p.HALF_OPEN:
            self.tried += 1.0
            self.failed += failed
            state = p.breaker_after_trial(self.state, self.tried, self.failed, 4.0, 0.5)
        else:
            self.rows = [row for row in self.rows if row[0] > now - 20.0] + [(now, failed)]
            outcomes = [failed for _, failed in self.rows]
            state = p.breaker_after_record(self.state, float(len(outcomes)), float(sum(outcomes)), 0.0, 5.0, 0.5, 1.0)
        if state == p.OPEN and self.state != p.OPEN:
            self.opened = now
        self.state = state


OUTCOMES = [
    ([F, F, F, S, S], p.OPEN, "60% of five calls failed"),
    ([S, S, S, F, F], p.CLOSED, "40% is below 50%"),
    ([S, S, S, F, F, F], p.OPEN, "one more failure makes 50%"),
    ([F, F, F, F], p.CLOSED, "four calls are fewer than the minimum"),
]


@pytest.mark.parametrize(("outcomes", "expected", "why"), OUTCOMES)
def test_a_closed_breaker_opens_at_the_failure_rate(outcomes, expected, why):
    breaker = Breaker()
    for second, failed in enumerate(outcomes):
        breaker.record(float(second), failed)
    assert breaker.state == expected, why


def open_breaker():
    breaker = Breaker()
    for second in range(5):
        breaker.record(float(second), F)
    assert breaker.state == p.OPEN
    return breaker


def test_an_open_breaker_refuses_until_its_wait_is_over():
    breaker = open_breaker()
    assert not breaker.ask(8.9)
    assert breaker.ask(9.0)
    assert breaker.state == p.HALF_OPEN


def test_a_fifth_half_open_permit_is_refused():
    breaker = open_breaker()
    assert [breaker.ask(9.0) for _ in range(5)] == [True, True, True, True, False]


@pytest.mark.parametrize(
    ("outcomes", "expected", "why"),
    [
        ([S, S, S, S], p.CLOSED, "all four trials went well"),
        ([S, S, S, F], p.CLOSED, "25% is below 50%"),
        ([S, S, F, F], p.OPEN, "half of the trials failed"),
        ([F, F, F], p.HALF_OPEN, "the fourth outcome is still missing"),
    ],
)
def test_a_half_open_breaker_decides_after_its_trials(outcomes, expected, why):
    breaker = open_breaker()
    for failed in outcomes:
        assert breaker.ask(9.0)
        breaker.record(9.5, failed)
    assert breaker.state == expected, why


def test_slow_calls_open_a_breaker_too():
    assert p.breaker_after_record(p.CLOSED, 100.0, 0.0, 100.0, 100.0, 0.5, 1.0) == p.OPEN
    assert p.breaker_after_record(p.CLOSED, 100.0, 0.0, 99.0, 100.0, 0.5, 1.0) == p.CLOSED


def test_an_empty_bucket_of_two_a_second_admits_two_after_a_second():
    tokens = p.bucket_refill(0.0, 2.0, 5.0, 1.0)
    seen = []
    for _ in range(3):
        admitted = p.bucket_admits(tokens, 1.0, 1.0)
        tokens -= admitted
        seen.append(admitted)
    assert seen == [1.0, 1.0, 0.0]


def test_a_bucket_holds_no_more_than_its_burst():
    assert p.bucket_refill(4.0, 2.0, 5.0, 10.0) == 5.0


def test_half_a_token_admits_no_whole_request_but_half_of_a_flow():
    assert p.bucket_admits(0.5, 1.0, 1.0) == 0.0
    assert p.bucket_admits(0.5, 1.0, 0.0) == 0.5


@pytest.mark.parametrize(
    ("attempts", "probability", "expected", "why"),
    [
        (3, 0.5, 1.75, "1 + 0.5 + 0.25"),
        (5, 1.0, 5.0, "every attempt fails, all are made"),
        (1, 0.9, 1.0, "one attempt is one attempt"),
        (4, 0.0, 1.0, "nothing fails, nothing is repeated"),
    ],
)
def test_mean_attempts_of_a_request(attempts, probability, expected, why):
    assert p.attempts_per_request(probability, attempts, 1e9) == pytest.approx(expected, rel=1e-15), why


@given(hyp.floats(0.001, 0.999), hyp.integers(2, 5))
def test_mean_attempts_are_the_geometric_sum(probability, attempts):
    expected = (1 - probability**attempts) / (1 - probability)
    assert p.attempts_per_request(probability, attempts, 1e9) == pytest.approx(expected, rel=1e-12)


def test_a_fault_is_not_cured_by_trying_again():
    attempts, failed, lost = p.with_fault(0.0, 0.3, 3, 1e9)
    assert (attempts, failed, lost) == pytest.approx((1.0, 0.3, 0.3))
    assert p.with_fault(0.5, 0.0, 3, 1e9) == pytest.approx((1.75, 0.5, 0.125))


def test_a_budget_of_a_fifth_allows_a_fifth_more_attempts():
    assert p.attempts_per_request(1.0, 3, p.retries_allowed(100.0, 0.2, 3.0) / 100.0) == 1.2


def test_three_retries_are_allowed_however_little_is_active():
    assert p.retries_allowed(4.0, 0.2, 3.0) == 3.0
    assert p.retries_allowed(100.0, 0.2, 3.0) == 20.0


def test_backoff_doubles_up_to_twenty_seconds_and_jitter_spreads_it():
    assert [p.backoff_wait(i, 1.0, 20.0, 1.0, True) for i in range(6)] == [1.0, 2.0, 4.0, 8.0, 16.0, 20.0]
    assert p.backoff_wait(3, 1.0, 20.0, 0.25, True) == 2.0
    assert p.backoff_wait(3, 1.0, 20.0, 0.25, False) == 8.0


@pytest.mark.parametrize(
    ("requests", "accepts", "expected", "why"),
    [
        (100.0, 100.0, 0.0, "everything is accepted"),
        (100.0, 50.0, 0.0, "half is accepted: twice as many requests are tolerated"),
        (100.0, 25.0, 50.0 / 101.0, "(100 - 2 * 25) / 101"),
        (0.0, 0.0, 0.0, "nothing was asked"),
    ],
)
def test_adaptive_throttling(requests, accepts, expected, why):
    assert p.throttle_share(requests, accepts, 2.0) == pytest.approx(expected), why


def test_packet_loss_delays_by_retransmission_and_fails_when_none_fits():
    delay, unanswered = p.loss_delay(0.1, 1.0)
    # transmissions at 0, 0.2 and 0.6 s; the next would be at 1.4 s
    assert unanswered == pytest.approx(0.1**3)
    assert delay == pytest.approx((0.09 * 0.2 + 0.009 * 0.6) / (1 - 0.001))
    assert p.loss_delay(0.0, 1.0) == (0.0, 0.0)
    assert p.loss_delay(1.0, 1.0)[1] == 1.0


def test_coalescing_makes_one_call_for_each_missing_object():
    assert p.cache_calls(10_000.0, 100.0, False) == 10_000.0
    assert p.cache_calls(10_000.0, 100.0, True) == pytest.approx(100.0)
    assert p.cache_calls(1.0, 1e6, True) == pytest.approx(1.0, rel=1e-5)


@given(hyp.floats(0.0, 1.0), hyp.floats(0.0, 1e4), hyp.floats(1.0, 1e5))
def test_a_cache_only_gets_warmer(warm, misses, objects):
    after = p.cache_warmed(warm, misses, objects)
    assert warm <= after <= 1.0 and not math.isnan(after)


@given(hyp.lists(hyp.tuples(hyp.floats(0, 50), hyp.floats(0, 5)), min_size=1, max_size=60))
def test_a_bucket_never_admits_more_than_burst_and_rate(steps):
    tokens, admitted, time = 10.0, 0.0, 0.0
    for offered, wait in steps:
        tokens = p.bucket_refill(tokens, 3.0, 10.0, wait)
        time += wait
        taken = p.bucket_admits(tokens, offered, 0.0)
        tokens -= taken
        admitted += taken
    assert admitted <= 10.0 + 3.0 * time + 1e-9
    assert np.isfinite(tokens)
