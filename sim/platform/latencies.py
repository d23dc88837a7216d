"""The latency of user actions as a distribution: a histogram with logarithmic bins.

Every answered request is counted, timed from its intended arrival. A second's latencies are spread as a
gamma distribution with the second's mean and variance (the sum over the calls of the action).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.core.compiled import inner
from sim.platform.state import (
    BIN_FIRST,
    BINS,
    BINS_PER_DECADE,
    Q_FIRST,
    Q_LAST,
    Q_LATENCY,
    Q_P50,
    Q_P95,
    Q_P99,
    Q_VARIANCE,
)

#: normal quantiles at the middle of 18 equal shares and of six finer ones in the tail, and those shares; their bounds
#: stay clear of the quantiles that are reported
_Z = np.array([
    -1.939011, -1.413530, -1.120502, -0.901166, -0.718417, -0.557040, -0.409054, -0.269558, -0.135141, -0.003133,
    0.128820, 0.263066, 0.402250, 0.549737, 0.710329, 0.891800, 1.108838, 1.396713, 1.695398, 1.880794,
    2.053749, 2.273435, 2.542699, 2.967738,
])  # fmt: skip
_SHARE = np.array([0.0525] * 18 + [0.02, 0.01, 0.01, 0.007, 0.005, 0.003])
#: edges of the bins, s
EDGES = BIN_FIRST * 10.0 ** (np.arange(BINS + 1) / BINS_PER_DECADE)
_WIDTH = 10.0 ** (1.0 / BINS_PER_DECADE)


@njit(cache=True)
def spread_latency(bins, mass, latency, variance):  # type: ignore[no-untyped-def]
    """Spread `mass` answered requests over the bins of a gamma distribution with these moments."""
    if mass <= 0.0:
        return
    # Wilson and Hilferty's quantiles, as in `queueing.gamma_quantile`; they rise, so the bins are walked once
    ninth = 0.0 if latency <= 0.0 else variance / (9.0 * latency * latency)
    root = math.sqrt(ninth)
    k = 0
    for i in range(_Z.shape[0]):
        value = 0.0
        cube = 1.0 - ninth + _Z[i] * root
        if cube > 0.0:
            value = latency * cube * cube * cube
        while k < BINS - 1 and value >= EDGES[k + 1]:
            k += 1
        bins[k] += mass * _SHARE[i]


@inner
def add_up(bins):  # type: ignore[no-untyped-def]
    """(requests, first bin with any, last bin with any) of a histogram; (0, 0, -1) when it is empty."""
    first, last = 0, bins.shape[0] - 1
    while last >= 0 and bins[last] <= 0.0:
        last -= 1
    while first < last and bins[first] <= 0.0:
        first += 1
    total = 0.0
    for k in range(first, last + 1):
        total += bins[k]
    return total, first, last


@inner
def quantile_from(bins, total, k, below, q):  # type: ignore[no-untyped-def]
    """(quantile in s, log-linear inside its bin; that bin; requests below it), looked for from bin ``k`` on."""
    while k < bins.shape[0]:
        if bins[k] > 0.0 and below + bins[k] >= q * total:
            return EDGES[k] * _WIDTH ** ((q * total - below) / bins[k]), k, below
        below += bins[k]
        k += 1
    return EDGES[bins.shape[0]], k, below


@inner
def quantiles(bins, total, first):  # type: ignore[no-untyped-def]
    """Median, 95th and 99th percentile (s) of a histogram of ``total`` requests whose first bin with any is ``first``."""
    p50, k, below = quantile_from(bins, total, first, 0.0, 0.5)
    p95, k, below = quantile_from(bins, total, k, below, 0.95)
    p99, k, below = quantile_from(bins, total, k, below, 0.99)
    return p50, p95, p99


@inner
def write_shape(bins, known, latency, variance):  # type: ignore[no-untyped-def]
    """Work out the histogram of one answered request with these moments, and what is told of it (``known``)."""
    bins[:] = 0.0
    spread_latency(bins, 1.0, latency, variance)
    total, first, last = add_up(bins)
    known[Q_LATENCY], known[Q_VARIANCE], known[Q_FIRST], known[Q_LAST] = latency, variance, first, last
    known[Q_P50], known[Q_P95], known[Q_P99] = quantiles(bins, total, first)


@njit(cache=True)
def quantile_of(bins, q):  # type: ignore[no-untyped-def]
    """Quantile (s) of a histogram; 0 when it is empty."""
    total, first, _ = add_up(bins)
    return quantile_from(bins, total, first, 0.0, q)[0] if total > 0.0 else 0.0
