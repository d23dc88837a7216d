"""When shoppers come: a non-homogeneous Poisson process by thinning, in layers.

Each shopper's visits are a superposition of Poisson processes, one for each layer of intensity. Candidate
(shopper, day, layer, k) exists, and falls into its minute, whatever any policy does; whether it is accepted
depends on how much of its layer today's intensity covers. Only layers that can be reached today are drawn.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.core.compiled import inner
from sim.core.rng import decision, philox, uniform
from sim.crowd.state import (
    ALIVE,
    D_ADSTOCK,
    D_DAY,
    D_DEALS,
    D_SURGE,
    LAYERS,
    P_NEUTRAL,
    P_PERSONAL_CAP,
    P_SATISFACTION_PULL,
    REMOVED,
)  # fmt: skip

ARRIVAL = decision("visit.arrival")
THIN = decision("visit.thin")


@inner
def intensity(drive):  # type: ignore[no-untyped-def]
    """Market-wide intensity of visits now, as a multiple of an ordinary day's."""
    return drive[D_SURGE] * drive[D_ADSTOCK] * drive[D_DAY] * math.exp(drive[D_DEALS])


@inner
def personal(row, params):  # type: ignore[no-untyped-def]
    """What a shopper's satisfaction and the campaigns they saw do to their rate, at most ``P_PERSONAL_CAP``."""
    pull = math.exp(params[P_SATISFACTION_PULL] * (row.satisfaction - params[P_NEUTRAL]))
    return min(params[P_PERSONAL_CAP], pull * (1.0 + row.lift))


@njit(cache=True)
def living_rate(crowd):  # type: ignore[no-untyped-def]
    """Visits a day of all living shoppers at intensity 1, in row units; fills ``rates``, which the day's making reads."""
    total = 0.0
    for i in range(crowd.rows.shape[0]):
        row = crowd.rows[i]
        living = row.flags & (ALIVE | REMOVED) == ALIVE
        crowd.rates[i] = row.rate if living else 0.0
        if living:
            total += row.rate * personal(row, crowd.params)
    return total


@inner
def first_words(crowd, start, stop, stream):  # type: ignore[no-untyped-def]
    """First words of the arrival draws of shoppers ``start`` to ``stop`` into ``words``: a loop that the compiler can
    do for several shoppers at once, which is why it does nothing else."""
    k0, k1 = crowd.keys[0], crowd.keys[1]
    words = crowd.words
    for i in range(start, stop):
        words[i - start] = philox(k0, k1, i, stream, ARRIVAL, 0)[0]


@inner
def layers_needed(crowd):  # type: ignore[no-untyped-def]
    """How many layers can be reached at the present intensity by the most eager shopper."""
    reach = intensity(crowd.drive) * crowd.params[P_PERSONAL_CAP]
    n = 1
    while n < LAYERS.shape[0] and LAYERS[n - 1] < reach:
        n += 1
    return n


@inner
def draw_day(crowd, day, layers):  # type: ignore[no-untyped-def]
    """Draw the candidates of ``day`` in the first ``layers`` layers and sort them into minutes.

    Returns their number, or minus the room needed where the arrays are too small (nothing is then changed).
    Candidates of one minute are in order of layer, then shopper: independent of when layers were asked for.
    """
    k0, k1 = crowd.keys[0], crowd.keys[1]
    n = 0
    room = crowd.unsorted.shape[0]
    shoppers, stretch = crowd.rates.shape[0], crowd.words.shape[0]
    for layer in range(layers):
        width = LAYERS[layer] - (LAYERS[layer - 1] if layer > 0 else 0.0)
        stream = np.uint32(day * 64 + layer)
        for i in range(shoppers):
            if i % stretch == 0:
                first_words(crowd, i, min(shoppers, i + stretch), stream)
            mean = crowd.rates[i] * width
            u = uniform(crowd.words[i % stretch])
            if u <= 1.0 - mean:
                continue
            _, w1, w2, w3 = philox(k0, k1, i, stream, ARRIVAL, 0)
            p = math.exp(-mean)
            total = p
            k = 0
            while u > total and k < 60:
                if n < room:
                    word = w1
                    if k == 1:
                        word = w2
                    elif k == 2:
                        word = w3
                    elif k > 2:
                        word = philox(k0, k1, i, stream, ARRIVAL, k)[0]
                    minute = crowd.minutes[word >> np.uint32(20)]
                    crowd.unsorted[n, 0] = (i << 11) | minute
                    crowd.unsorted[n, 1] = (np.int64(day) * 16 + layer) * 64 + k
                n += 1
                k += 1
                p *= mean / k
                total += p
    if n > room:
        return -n
    starts = crowd.starts
    starts[:] = 0
    for j in range(n):
        starts[(crowd.unsorted[j, 0] & 2047) + 1] += 1
    for m in range(1440):
        starts[m + 1] += starts[m]
    # the scatter moves each start to its end; shifting back restores it
    for j in range(n):
        m = crowd.unsorted[j, 0] & 2047
        crowd.candidates[starts[m]] = crowd.unsorted[j, 0] >> 11
        crowd.occurrences[starts[m]] = np.uint32(crowd.unsorted[j, 1])
        starts[m] += 1
    for m in range(1440, 0, -1):
        starts[m] = starts[m - 1]
    starts[0] = 0
    crowd.made[0] = day
    crowd.made[1] = layers
    crowd.made[2] = n
    return n


@inner
def height(word, occurrence):  # type: ignore[no-untyped-def]
    """Level (intensity × personal factor) that a candidate needs to be reached. ``word``: its thinning draw."""
    layer = (occurrence >> np.uint32(6)) & np.uint32(15)
    low = LAYERS[layer - 1] if layer > 0 else 0.0
    return low + uniform(word) * (LAYERS[layer] - low)
