"""Who knows whom: a small world (Watts and Strogatz 1998) in which every tie is computed when it is asked for.

Shoppers stand on a ring and know the ``degree`` nearest. Each tie (i, i + d) is rewired with a given chance to
(i, F_d(i)), F_d a random permutation: a Feistel network of Philox rounds, walked until it falls among the shoppers.
A permutation can be undone, so that ties are mutual without being stored: if a knows b, then b knows a.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from sim.core.compiled import inner
from sim.core.rng import decision, philox, uniform

TIE = decision("social.tie")
REWIRE = decision("social.rewire")
ROUNDS = 4


@inner
def _far(k0, k1, n, d, shopper, forward):  # type: ignore[no-untyped-def]
    """F_d(shopper), or its inverse where not ``forward``: a permutation of 0 … n − 1."""
    half = 1
    while (1 << (2 * half)) < n:
        half += 1
    mask = (1 << half) - 1
    x = int(shopper)
    while True:
        left, right = x >> half, x & mask
        for step in range(ROUNDS):
            if forward:
                word = int(philox(k0, k1, right, step, TIE, d)[0]) & mask
                left, right = right, left ^ word
            else:
                word = int(philox(k0, k1, left, ROUNDS - 1 - step, TIE, d)[0]) & mask
                left, right = right ^ word, left
        x = (left << half) | right
        if x < n:
            return x


@inner
def neighbour(k0, k1, n, degree, rewired, shopper, slot):  # type: ignore[no-untyped-def]
    """The acquaintance of ``shopper`` in ``slot`` (0 to 3·degree/2 − 1), or −1 where that slot is empty.

    ``n``: shoppers; ``rewired``: share of ties that lead far away. Slots: ties to those ahead on the ring (near or far),
    near ties from those behind, far ties from anywhere. On average ``degree`` of them are filled.
    """
    half = degree // 2
    kind, d = slot // half, slot % half + 1
    if d >= n:
        return -1
    other = -1
    if kind == 0:
        if uniform(philox(k0, k1, shopper, d, REWIRE, 0)[0]) < rewired:
            other = _far(k0, k1, n, d, shopper, True)
        else:
            other = (shopper + d) % n
    elif kind == 1:
        behind = (shopper - d + n) % n
        if uniform(philox(k0, k1, behind, d, REWIRE, 0)[0]) >= rewired:
            other = behind
    else:
        source = _far(k0, k1, n, d, shopper, False)
        if uniform(philox(k0, k1, source, d, REWIRE, 0)[0]) < rewired:
            other = source
    return -1 if other == shopper else other


@njit(cache=True)
def _neighbours(k0, k1, n, degree, rewired, shoppers):  # type: ignore[no-untyped-def]
    slots = degree // 2 * 3
    out = np.full((shoppers.shape[0], slots), -1, np.int64)
    for i in range(shoppers.shape[0]):
        for slot in range(slots):
            out[i, slot] = neighbour(k0, k1, n, degree, rewired, shoppers[i], slot)
    return out


def neighbours(market: Any, shoppers: np.ndarray) -> np.ndarray:
    """int64[len(shoppers), 3·degree/2]: acquaintances of each shopper (rows), −1 where a slot is empty."""
    social, draws = market.config.crowd.social, market.draws
    rows = np.asarray(shoppers, np.int64)
    n = len(market.world.crowd.rows)
    return np.asarray(_neighbours(draws.key0, draws.key1, n, social.degree, float(social.rewired), rows))
