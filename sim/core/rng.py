"""Random numbers whose every draw has a name.

Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) is a
function from a counter and a key to four 32-bit words. Here

    key     = (seed, replication)
    counter = (entity, occurrence, decision, slot)

so a draw depends on *who* decides (entity: a shopper, an order, a supplier), *which time* it is
for them (occurrence), *what* is decided (decision, a declared name) and nothing else: not on the
order of agents, on threads, or on which other draws were made. Two policies replayed on one seed
meet the same shoppers in the same moods (common random numbers).

A decision is declared once, at import, by :func:`decision`; its number is a hash of its name, so
that declaring another one renumbers nobody. ``slot`` counts further blocks of the same decision:
a sampler by rejection takes as many blocks as it needs without touching any other draw.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
from numba import vectorize

from sim.core.compiled import inlined, inner

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
_U32 = np.uint32
_SHIFT = np.uint64(32)
_MASK = np.uint64(0xFFFFFFFF)
#: one step of a uniform draw: 2**-32; draws are centred, so 0 and 1 never occur
_STEP = 2.0**-32

_decisions: dict[int, str] = {}


class DecisionClashError(ValueError):
    """Two decision names share a number."""


def decision(name: str) -> np.uint32:
    """Declare the decision ``name`` (such as ``visit.choice``) and return its 32-bit number.

    Declaring the same name again returns the same number: a decision belongs to a name, not to a
    module. Raises :class:`DecisionClashError` where another name already has that number, and
    ``ValueError`` for a name that is not dotted lower case.
    """
    if not name.replace(".", "").replace("_", "").isalnum() or name != name.lower() or "." not in name:
        raise ValueError(f"a decision name is dotted lower case, such as 'visit.choice', not {name!r}")
    number = zlib.crc32(name.encode())
    known = _decisions.setdefault(number, name)
    if known != name:
        raise DecisionClashError(f"decisions {known!r} and {name!r} have the same number {number:#010x}")
    return np.uint32(number)


def declared() -> dict[str, int]:
    """All decisions declared so far: name to number, in order of name."""
    return {name: number for number, name in sorted(_decisions.items(), key=lambda item: item[1])}


@inlined
def philox(key0, key1, entity, occurrence, decision, slot):  # type: ignore[no-untyped-def]
    """Four independent uint32 words of the draw (entity, occurrence, decision, slot)."""
    k0, k1 = _U32(key0), _U32(key1)
    c0, c1, c2, c3 = _U32(entity), _U32(occurrence), _U32(decision), _U32(slot)
    for _ in range(10):
        p0 = _M0 * np.uint64(c0)
        p1 = _M1 * np.uint64(c2)
        n0 = _U32(_U32(p1 >> _SHIFT) ^ c1 ^ k0)
        n2 = _U32(_U32(p0 >> _SHIFT) ^ c3 ^ k1)
        c1 = _U32(p1 & _MASK)
        c3 = _U32(p0 & _MASK)
        c0, c2 = n0, n2
        k0 = _U32(k0 + _W0)
        k1 = _U32(k1 + _W1)
    return c0, c1, c2, c3


@inlined
def uniform(word):  # type: ignore[no-untyped-def]
    """Uniform on the open interval (0, 1) from one word."""
    return (float(word) + 0.5) * _STEP


@inlined
def exponential(word):  # type: ignore[no-untyped-def]
    """Exponential with mean 1 from one word (inversion)."""
    return -math.log((float(word) + 0.5) * _STEP)


@inlined
def normal(word0, word1):  # type: ignore[no-untyped-def]
    """Standard normal from two words (Box & Muller 1958, cosine branch)."""
    radius = math.sqrt(-2.0 * math.log((float(word0) + 0.5) * _STEP))
    return radius * math.cos(2.0 * math.pi * (float(word1) + 0.5) * _STEP)


@inlined
def bernoulli(word, probability):  # type: ignore[no-untyped-def]
    """True with the given probability, from one word."""
    return (float(word) + 0.5) * _STEP < probability


@inner
def gamma(key0, key1, entity, occurrence, decision, slot, shape):  # type: ignore[no-untyped-def]
    """Gamma with the given shape and scale 1 (Marsaglia & Tsang 2000), starting at block ``slot``.

    Takes as many blocks (slots) as its rejections need, at most 256 attempts; give it a decision of its own.
    """
    boost = 1.0
    a = shape
    if a < 1.0:
        _, _, _, w3 = philox(key0, key1, entity, occurrence, decision, slot)
        boost = uniform(w3) ** (1.0 / a)
        a += 1.0
    d = a - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    for attempt in range(256):
        w0, w1, w2, _ = philox(key0, key1, entity, occurrence, decision, slot + attempt)
        x = normal(w0, w1)
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        u = uniform(w2)
        # the squeeze accepts nothing that the exact test would not: it only spares two logarithms
        if u < 1.0 - 0.0331 * x * x * x * x or math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v * boost
    return d * boost


@inner
def beta(key0, key1, entity, occurrence, decision, slot, a, b):  # type: ignore[no-untyped-def]
    """Beta(a, b) as a ratio of two gammas; uses slots from ``slot`` and from ``slot + 1000``."""
    x = gamma(key0, key1, entity, occurrence, decision, slot, a)
    y = gamma(key0, key1, entity, occurrence, decision, slot + 1000, b)
    return x / (x + y) if x + y > 0.0 else a / (a + b)


@inner
def poisson_from(u, mean):  # type: ignore[no-untyped-def]
    """Poisson(mean) by inversion of one uniform ``u``; for means up to 700, exact to 2**-32."""
    p = math.exp(-mean)
    total = p
    n = 0
    limit = 20 + int(mean + 12.0 * math.sqrt(mean + 1.0))
    while u > total and n < limit:
        n += 1
        p *= mean / n
        total += p
    return n


@inner
def poisson(key0, key1, entity, occurrence, decision, slot, mean):  # type: ignore[no-untyped-def]
    """Poisson with any mean: inversion in chunks of at most 500, one block for each chunk."""
    n = 0
    rest = mean
    s = slot
    while rest > 0.0:
        part = min(rest, 500.0)
        w0, w1, _, _ = philox(key0, key1, entity, occurrence, decision, s)
        # 53 bits: a 32-bit uniform would truncate the tail of a large mean
        u = (float(w0 >> _U32(5)) * 67108864.0 + float(w1 >> _U32(6)) + 0.5) / 9007199254740992.0
        n += poisson_from(u, part)
        rest -= part
        s += 1
    return n


@inner
def choice(u, cumulative):  # type: ignore[no-untyped-def]
    """Index i drawn with weight ``cumulative[i] - cumulative[i-1]`` from one uniform ``u``.

    ``cumulative``: float64[n], non-decreasing, its last entry the total weight.
    """
    target = u * cumulative[-1]
    lo, hi = 0, cumulative.shape[0] - 1
    while lo < hi:
        middle = (lo + hi) // 2
        if cumulative[middle] > target:
            hi = middle
        else:
            lo = middle + 1
    return lo


@vectorize(["float64(uint32, uint32, uint32, uint32, uint32, uint32)"], cache=True)
def _uniforms(key0, key1, entity, occurrence, decision, slot):  # type: ignore[no-untyped-def]
    return uniform(philox(key0, key1, entity, occurrence, decision, slot)[0])


@vectorize(["float64(uint32, uint32, uint32, uint32, uint32, uint32)"], cache=True)
def _normals(key0, key1, entity, occurrence, decision, slot):  # type: ignore[no-untyped-def]
    w0, w1, _, _ = philox(key0, key1, entity, occurrence, decision, slot)
    return normal(w0, w1)


@vectorize(["float64(uint32, uint32, uint32, uint32, uint32, uint32, float64)"], cache=True)
def _gammas(key0, key1, entity, occurrence, decision, slot, shape):  # type: ignore[no-untyped-def]
    return gamma(key0, key1, entity, occurrence, decision, slot, shape)


@vectorize(["int64(uint32, uint32, uint32, uint32, uint32, uint32, float64)"], cache=True)
def _poissons(key0, key1, entity, occurrence, decision, slot, mean):  # type: ignore[no-untyped-def]
    return poisson(key0, key1, entity, occurrence, decision, slot, mean)


def _plain(compiled: Any) -> Any:
    """NumPy's own function behind one of numba's, which looks at its arguments for longer than short arrays take."""
    return getattr(compiled, "ufunc", compiled)


_uniforms, _normals, _gammas, _poissons = (_plain(one) for one in (_uniforms, _normals, _gammas, _poissons))


class Draws:
    """The same draws for NumPy code and rare agents: ``entity`` and ``occurrence`` may be arrays.

    Every method returns float64 (Poisson: int64) of the broadcast shape; a scalar for scalars.
    """

    def __init__(self, seed: int, replication: int = 0) -> None:
        self.key0 = np.uint32(seed & 0xFFFFFFFF)
        # a seed above 32 bits folds its upper half into the second key word, where replications live
        self.key1 = np.uint32((replication ^ ((seed >> 32) * 0x9E3779B1)) & 0xFFFFFFFF)

    def uniform(self, decision: np.uint32, entity: Any = 0, occurrence: Any = 0, slot: Any = 0) -> Any:
        """Uniform on (0, 1)."""
        return _uniforms(self.key0, self.key1, _u32(entity), _u32(occurrence), decision, _u32(slot))

    def normal(self, decision: np.uint32, entity: Any = 0, occurrence: Any = 0, slot: Any = 0) -> Any:
        """Standard normal."""
        return _normals(self.key0, self.key1, _u32(entity), _u32(occurrence), decision, _u32(slot))

    def exponential(self, decision: np.uint32, entity: Any = 0, occurrence: Any = 0, slot: Any = 0) -> Any:
        """Exponential with mean 1."""
        return -np.log(self.uniform(decision, entity, occurrence, slot))

    def gamma(self, decision: np.uint32, shape: Any, entity: Any = 0, occurrence: Any = 0, slot: int = 0) -> Any:
        """Gamma with the given shape and scale 1."""
        return _gammas(self.key0, self.key1, _u32(entity), _u32(occurrence), decision, _u32(slot), shape)

    def beta(self, decision: np.uint32, a: Any, b: Any, entity: Any = 0, occurrence: Any = 0) -> Any:
        """Beta(a, b)."""
        x = self.gamma(decision, a, entity, occurrence, 0)
        y = self.gamma(decision, b, entity, occurrence, 1000)
        return x / (x + y)

    def poisson(self, decision: np.uint32, mean: Any, entity: Any = 0, occurrence: Any = 0, slot: int = 0) -> Any:
        """Poisson with the given mean."""
        return _poissons(self.key0, self.key1, _u32(entity), _u32(occurrence), decision, _u32(slot), mean)

    def lognormal(
        self, decision: np.uint32, median: float, sigma: float, entity: Any = 0, occurrence: Any = 0, slot: int = 0
    ) -> Any:
        """Lognormal with the given median and log standard deviation."""
        return median * np.exp(sigma * self.normal(decision, entity, occurrence, slot))


def _u32(value: Any) -> Any:
    """``value`` modulo 2**32 as uint32, scalar or array."""
    if isinstance(value, np.ndarray):
        return value.astype(np.uint32) if value.dtype.kind in "iu" else value.astype(np.int64).astype(np.uint32)
    return np.uint32(int(value) & 0xFFFFFFFF)
