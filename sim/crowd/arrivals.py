"""When shoppers come: a non-homogeneous Poisson process by thinning, in layers.

Each shopper's visits are a superposition of Poisson processes, one for each layer of intensity. Candidate
(shopper, day, layer, k) exists, and falls into its minute, whatever any policy does; whether it is accepted
depends on how much of its layer today's intensity covers. Only layers that can be reached today are drawn.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.core.compiled import inlined, inner
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
    rows, rates, params = crowd.rows, crowd.rates, crowd.params
    # most have had no experience yet, and so share one exponential
    untouched = np.float32(params[P_NEUTRAL])
    pull = math.exp(params[P_SATISFACTION_PULL] * (untouched - params[P_NEUTRAL]))
    total = 0.0
    for i in range(rows.shape[0]):
        row = rows[i]
        if row.flags & (ALIVE | REMOVED) != ALIVE:
            rates[i] = 0.0
            continue
        rates[i] = row.rate
        if row.satisfaction == untouched:
            total += row.rate * min(params[P_PERSONAL_CAP], pull * (1.0 + row.lift))
        else:
            total += row.rate * personal(row, params)
    return total


@inner
def first_words(crowd, start, stop, stream):  # type: ignore[no-untyped-def]
    """First words of the arrival draws of shoppers ``start`` to ``stop``: a loop that the compiler can do for several
    shoppers at once, which is why it does nothing else."""
    k0, k1 = crowd.keys[0], crowd.keys[1]
    words = crowd.words[0]
    for i in range(start, stop):
        words[i - start] = philox(k0, k1, i, stream, ARRIVAL, 0)[0]


@inner
def sift(crowd, start, stop, width):  # type: ignore[no-untyped-def]
    """Who of shoppers ``start`` to ``stop`` has a candidate in a layer of this ``width``, by the bound exp(-x) ≥ 1 - x.

    Fills ``met`` and returns their number. Without a branch, whose outcome nobody could foresee.
    """
    words, met, rates = crowd.words[0], crowd.met, crowd.rates
    n = 0
    for i in range(start, stop):
        met[n] = i
        n += uniform(words[i - start]) > 1.0 - rates[i] * width
    return n


@inner
def further_words(crowd, met, stream):  # type: ignore[no-untyped-def]
    """All words of the arrival draws of the first ``met`` shoppers met, several at once too."""
    k0, k1 = crowd.keys[0], crowd.keys[1]
    who = crowd.met
    first, second, third, fourth = crowd.words[0], crowd.words[1], crowd.words[2], crowd.words[3]
    for j in range(met):
        first[j], second[j], third[j], fourth[j] = philox(k0, k1, who[j], stream, ARRIVAL, 0)


@inner
def layers_needed(crowd):  # type: ignore[no-untyped-def]
    """How many layers can be reached at the present intensity by the most eager shopper."""
    reach = intensity(crowd.drive) * crowd.params[P_PERSONAL_CAP]
    n = 1
    while n < LAYERS.shape[0] and LAYERS[n - 1] < reach:
        n += 1
    return n


@inner
def draw_layer(crowd, day, layer, n):  # type: ignore[no-untyped-def]
    """Add the candidates of ``day`` in one layer to the ``n`` drawn already; returns how many there are then.

    What finds no room is counted only.
    """
    k0, k1 = crowd.keys[0], crowd.keys[1]
    width = LAYERS[layer] - (LAYERS[layer - 1] if layer > 0 else 0.0)
    stream = np.uint32(day * 64 + layer)
    room = crowd.unsorted.shape[0]
    shoppers, stretch = crowd.rates.shape[0], crowd.met.shape[0]
    words, unsorted = crowd.words, crowd.unsorted
    for start in range(0, shoppers, stretch):
        stop = min(shoppers, start + stretch)
        first_words(crowd, start, stop, stream)
        met = sift(crowd, start, stop, width)
        further_words(crowd, met, stream)
        for j in range(met):
            shopper = np.int64(crowd.met[j])
            mean = crowd.rates[shopper] * width
            u = uniform(words[0, j])
            p = math.exp(-mean)
            total = p
            k = 0
            while u > total and k < 60:
                if n < room:
                    word = words[min(k + 1, 3), j]
                    if k > 2:
                        word = philox(k0, k1, shopper, stream, ARRIVAL, k)[0]
                    code = candidate_code(shopper, layer, k)
                    unsorted[n] = (code << 11) | np.int64(crowd.minutes[word >> np.uint32(20)])
                n += 1
                k += 1
                p *= mean / k
                total += p
    return n


@inlined
def candidate_code(shopper, layer, k):  # type: ignore[no-untyped-def]
    """A candidate visit in one number: the shopper above, layer and count in the lowest ten bits."""
    return (np.int64(shopper) << 10) | (np.int64(layer) << 6) | np.int64(k)


@inlined
def candidate(code, day):  # type: ignore[no-untyped-def]
    """(shopper, occurrence: number of the visit in the shopper's life) of a candidate of ``day``."""
    return np.int64(code) >> 10, np.uint32((np.int64(day) << 10) | (np.int64(code) & 1023))


@inner
def draw_day(crowd, day, layers):  # type: ignore[no-untyped-def]
    """Draw the candidates of ``day`` in the first ``layers`` layers and sort them into minutes.

    Layers drawn already stay as they are. Returns the number of candidates, or minus the room needed where the arrays
    are too small (nothing is then sorted). Candidates of one minute are in order of layer, then shopper: independent
    of when layers were asked for.
    """
    n, begun = 0, 0
    if crowd.made[0] == day:
        n, begun = crowd.made[2], crowd.made[1]
    for layer in range(begun, layers):
        n = draw_layer(crowd, day, layer, n)
    if n > crowd.unsorted.shape[0]:
        return -n
    starts, unsorted = crowd.starts, crowd.unsorted
    starts[:] = 0
    for j in range(n):
        starts[(unsorted[j] & 2047) + 1] += 1
    for m in range(1440):
        starts[m + 1] += starts[m]
    # the scatter moves each start to its end; shifting back restores it
    for j in range(n):
        m = unsorted[j] & 2047
        crowd.candidates[starts[m]] = unsorted[j] >> 11
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
