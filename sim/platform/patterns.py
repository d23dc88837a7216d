"""Resilience patterns as pure functions, for single requests and for fractional flows alike.

The kernel calls these very functions with flows; the tests call them with whole requests.
Sources: Nygard, *Release It!* and resilience4j (breaker), Google SRE book ch. 21 (adaptive
throttling, retry budget), AWS architecture blog (full jitter), Envoy (budget of active requests).
"""

from __future__ import annotations

import math

from numba import njit

CLOSED, OPEN, HALF_OPEN = range(3)


@njit(cache=True, inline="always")
def breaker_after_record(state, calls, failures, slow, minimum, failure_share, slow_share):  # type: ignore[no-untyped-def]
    """State of a closed breaker after its sliding window holds `calls`, of them `failures` and `slow`."""
    if state != CLOSED or calls < minimum or calls <= 0.0:
        return state
    if failures >= failure_share * calls or slow >= slow_share * calls:
        return OPEN
    return CLOSED


@njit(cache=True, inline="always")
def breaker_after_wait(state, now, opened_at, wait):  # type: ignore[no-untyped-def]
    """OPEN becomes HALF_OPEN once `wait` seconds have passed."""
    return HALF_OPEN if state == OPEN and now >= opened_at + wait else state


@njit(cache=True, inline="always")
def breaker_admits(state, offered, permits_used, permits):  # type: ignore[no-untyped-def]
    """How many of `offered` calls pass: all when closed, none when open, what is left of `permits` half-open."""
    if state == CLOSED:
        return offered
    if state == OPEN:
        return 0.0
    return min(offered, max(0.0, permits - permits_used))


@njit(cache=True, inline="always")
def breaker_after_trial(state, tried, failed, permits, failure_share):  # type: ignore[no-untyped-def]
    """A half-open breaker decides once `permits` outcomes are recorded."""
    if state != HALF_OPEN or tried < permits * (1.0 - 1e-12):
        return state
    return OPEN if failed >= failure_share * tried else CLOSED


@njit(cache=True, inline="always")
def bucket_refill(tokens, rate, burst, seconds):  # type: ignore[no-untyped-def]
    """Tokens after `seconds`."""
    return min(burst, tokens + rate * seconds)


@njit(cache=True, inline="always")
def bucket_admits(tokens, offered, grain):  # type: ignore[no-untyped-def]
    """How many of `offered` requests the tokens pay for; `grain` 1 for whole requests, 0 for a flow."""
    paid = math.floor(tokens / grain) * grain if grain > 0.0 else tokens
    return min(offered, paid)


@njit(cache=True, inline="always")
def backoff_wait(retry, base, cap, u, jitter):  # type: ignore[no-untyped-def]
    """Seconds before retry number `retry` (0 is the first): u * min(base * 2^retry, cap), u = 1 without jitter."""
    longest = min(base * 2.0**retry, cap)
    return u * longest if jitter else longest


@njit(cache=True, inline="always")
def retries_allowed(active, budget, minimum):  # type: ignore[no-untyped-def]
    """Retries that may be active at once next to `active` requests."""
    return max(minimum, budget * active)


@njit(cache=True, inline="always")
def attempts_per_request(p, attempts, extra):  # type: ignore[no-untyped-def]
    """Mean attempts of a request when each fails with probability p: (1 - p^N)/(1 - p), at most 1 + `extra`.

    `extra` is what the retry budget pays for, in retries a request.
    """
    if attempts <= 1 or p <= 0.0:
        return 1.0
    retries = 0.0  # p + p^2 + ... + p^(N - 1)
    power = p
    for _ in range(attempts - 1):
        retries += power
        power *= p
    return 1.0 + min(retries, extra)


@njit(cache=True, inline="always")
def with_fault(p, fault, attempts, extra):  # type: ignore[no-untyped-def]
    """(mean attempts of a request, share of attempts that fail, share of requests that fail for good).

    A share `fault` of requests meets an error that trying again does not cure and that callers do not repeat (a
    bug's answer, not a breakdown); the attempts of the others fail with probability p.
    """
    sound = attempts_per_request(p, attempts, extra)
    if fault <= 0.0:
        return sound, p, max(0.0, 1.0 - sound * (1.0 - p))
    mean = (1.0 - fault) * sound + fault
    failed = ((1.0 - fault) * sound * p + fault) / mean
    return mean, failed, 1.0 - (1.0 - fault) * min(1.0, sound * (1.0 - p))


@njit(cache=True, inline="always")
def throttle_share(requests, accepts, multiplier):  # type: ignore[no-untyped-def]
    """Probability that a client refuses its own request: max(0, (requests - K accepts)/(requests + 1))."""
    return max(0.0, (requests - multiplier * accepts) / (requests + 1.0))


@njit(cache=True, inline="always")
def loss_delay(loss, timeout):  # type: ignore[no-untyped-def]
    """(mean delay in s, probability of no answer) for packet loss with TCP's doubling 200 ms retransmission timer.

    The k-th transmission leaves 0.2 * (2^k - 1) s after the first; those after `timeout` do not count (RFC 6298
    with the minimum timer of common kernels).
    """
    if loss <= 0.0:
        return 0.0, 0.0
    delay = 0.0
    reach = 1.0  # probability that this many transmissions were lost
    wait = 0.0
    step = 0.2
    while wait < timeout and reach > 1e-12:
        delay += reach * (1.0 - loss) * wait
        reach *= loss
        wait += step
        step *= 2.0
    return delay / (1.0 - reach) if reach < 1.0 else 0.0, reach


@njit(cache=True, inline="always")
def cache_calls(misses, working_set, coalescing):  # type: ignore[no-untyped-def]
    """Calls to the store for `misses` within a second: one for each missing object when coalescing, else all.

    Distinct objects among n draws from w: w * (1 - exp(-n/w)).
    """
    if not coalescing or working_set <= 0.0:
        return misses
    return working_set * (1.0 - math.exp(-misses / working_set))


@njit(cache=True, inline="always")
def cache_warmed(warm, misses, working_set):  # type: ignore[no-untyped-def]
    """Share of the working set in the cache after `misses` have been filled; snaps to 1 within 1e-9."""
    if warm >= 1.0 or working_set <= 0.0:
        return 1.0
    after = max(warm, 1.0 - (1.0 - warm) * math.exp(-misses / working_set))
    return 1.0 if after > 1.0 - 1e-9 else after
