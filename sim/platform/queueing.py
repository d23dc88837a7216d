"""Waiting in a station with several workers: Erlang's formulas, tails, and how fast a queue can grow.

Sources: Erlang (1917); Allen and Cunneen's G/G/c correction; heavy-traffic limit of the queue as
reflected Brownian motion (Harrison 1985).
"""

from __future__ import annotations

import math

from numba import njit

#: P(wait > 0) below this is nought: one request in ten thousand billion
NEGLIGIBLE = 1e-13


@njit(cache=True)
def erlang_b(servers, offered):  # type: ignore[no-untyped-def]
    """Blocking probability of M/M/c/c with `servers` workers and `offered` erlang.

    Sums 1/B = 1 + c/a + c(c-1)/a^2 + ... from the first term on and stops when it can no longer matter.
    """
    if offered <= 0.0:
        return 0.0
    inverse = 1.0
    term = 1.0
    rate = 1.0 / offered
    k = servers
    while k > 0:
        term *= k * rate
        inverse += term
        if inverse > 1.0 / NEGLIGIBLE:
            return 0.0
        if term < 1e-17 * inverse and k * rate < 1.0:
            break
        k -= 1
    return 1.0 / inverse


@njit(cache=True)
def erlang_c(servers, offered):  # type: ignore[no-untyped-def]
    """P(wait > 0) of M/M/c; 1 when `offered` (erlang) is not less than `servers`."""
    if offered >= servers:
        return 1.0
    blocking = erlang_b(servers, offered)
    return blocking / (1.0 - (offered / servers) * (1.0 - blocking))


@njit(cache=True)
def stationary_wait(servers, rate, capacity, variability):  # type: ignore[no-untyped-def]
    """(P(wait > 0), mean stochastic wait in s) in the steady state of G/G/c.

    `rate` and `capacity` in requests a second, `capacity` of all workers together; `variability`
    (Ca^2 + Cs^2)/2. Above capacity the queue grows without end by the fluid's law, and chance adds to it what
    it adds below capacity at the same distance: the supremum of a random walk with that drift.
    """
    if rate <= 0.0:
        return 0.0, 0.0
    if rate >= capacity:
        return 1.0, variability / (rate - capacity) if rate > capacity else math.inf
    probability = erlang_c(servers, rate / capacity * servers)
    return probability, variability * probability / (capacity - rate)


@njit(cache=True)
def wait_after(wait, stationary, capacity, variability, seconds):  # type: ignore[no-untyped-def]
    """Mean wait (s) after `seconds` at a load whose steady state is `stationary`, coming from `wait`.

    A queue cannot grow faster than by diffusion: a reflected Brownian motion with variance
    2 * capacity * variability a second has mean sqrt(4 * capacity * variability * t / pi), in
    requests. So wait^2 grows by at most 4 * variability * t / (pi * capacity); a fall is immediate.
    """
    if capacity <= 0.0:
        return wait
    grown = math.sqrt(wait * wait + 4.0 * variability * seconds / (math.pi * capacity))
    return min(stationary, grown)


@njit(cache=True, inline="always")
def tail(probability, rate, seconds):  # type: ignore[no-untyped-def]
    """P(wait > seconds) = probability * exp(-rate * seconds)."""
    if probability <= 0.0:
        return 0.0
    if seconds <= 0.0:
        return probability
    return probability * math.exp(-rate * seconds)


@njit(cache=True, inline="always")
def gamma_quantile(mean, variance, z):  # type: ignore[no-untyped-def]
    """Quantile of a gamma distribution given its moments and the normal quantile `z` (Wilson and Hilferty 1931)."""
    if mean <= 0.0:
        return 0.0
    if variance <= 1e-18 * mean * mean:
        return mean
    ninth = variance / (9.0 * mean * mean)  # 1 / (9 shape)
    root = 1.0 - ninth + z * math.sqrt(ninth)
    return mean * root * root * root if root > 0.0 else 0.0
