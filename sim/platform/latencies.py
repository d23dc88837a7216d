"""The latency of user actions as a distribution: a histogram with logarithmic bins.

Every answered request is counted, timed from its intended arrival. A second's latencies are spread as a
gamma distribution with the second's mean and variance (the sum over the calls of the action).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.platform.state import BIN_FIRST, BINS, BINS_PER_DECADE

#: normal quantiles at the middle of 19 equal shares and of six finer ones in the tail, and those shares
_Z = np.array([
    -1.959964, -1.439531, -1.150349, -0.934589, -0.755415, -0.597760, -0.453762, -0.318639, -0.189118, -0.062707,
    0.062707, 0.189118, 0.318639, 0.453762, 0.597760, 0.755415, 0.934589, 1.150349, 1.439531, 1.780464, 2.053749,
    2.241403, 2.432379, 2.696844, 3.090232,
])  # fmt: skip
_SHARE = np.array([0.05] * 19 + [0.025, 0.01, 0.005, 0.005, 0.003, 0.002])
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


@njit(cache=True)
def quantile_of(bins, q):  # type: ignore[no-untyped-def]
    """Quantile (s) of a histogram, log-linear inside its bin; 0 when it is empty."""
    total = 0.0
    for k in range(bins.shape[0]):
        total += bins[k]
    if total <= 0.0:
        return 0.0
    below = 0.0
    for k in range(bins.shape[0]):
        if bins[k] > 0.0 and below + bins[k] >= q * total:
            return EDGES[k] * _WIDTH ** ((q * total - below) / bins[k])
        below += bins[k]
    return EDGES[bins.shape[0]]
