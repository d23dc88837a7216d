"""Random numbers that studies draw themselves: resamples, designs, searches. Runs have their own (:mod:`sim.core.rng`).

Every purpose is a declared decision, and a generator is keyed by its purpose and by what it is for (the study's seed,
the data resampled), never by what was drawn before: nothing that is added to a study changes what it drew without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from sim.core.rng import decision

RESAMPLE = decision("study.resample")
PARETO = decision("study.pareto")
REGRET = decision("study.regret")
DESIGN = decision("study.design")
SCREENING = decision("study.screening")
INDICES = decision("study.indices")
SEARCH = decision("study.search")


def generator(purpose: np.uint32, *key: int) -> np.random.Generator:
    """The generator of a purpose under ``key``, whole numbers from 0 on."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([int(purpose), *key])))


def seed(purpose: np.uint32, *key: int) -> int:
    """A seed, 0 to 2**32 - 1, for a library that makes its own generator."""
    return int(np.random.SeedSequence([int(purpose), *key]).generate_state(1)[0])


def of_data(purpose: np.uint32, values: np.ndarray, labels: Iterable[str] = ()) -> np.random.Generator:
    """A generator keyed by the data: the same float64 ``values`` under the same ``labels`` meet the same resamples."""
    digest = hashlib.sha256("\0".join(labels).encode() + b"\0" + np.ascontiguousarray(values, dtype="<f8").tobytes())
    return generator(purpose, int.from_bytes(digest.digest()[:16], "little"))
