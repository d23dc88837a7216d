"""States by address: what a kernel is lent is given back."""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.address import by_address


@by_address
class Box(NamedTuple):
    """Two arrays."""

    numbers: np.ndarray  # float64[n]
    pairs: np.ndarray  # int64[n, 2]


@njit
def total(box):  # type: ignore[no-untyped-def]
    return box.numbers.sum() + box.pairs[0, 1]


@njit
def both(box, other, plain):  # type: ignore[no-untyped-def]
    other.numbers[0] += box.numbers[0]
    return plain[0]


def test_arrays_are_let_go_after_every_call() -> None:
    box, other = (Box(np.ones(8), np.full((4, 2), 3)) for _ in range(2))
    plain = np.ones(3)
    held = [*box, *other, plain]
    before = [sys.getrefcount(array) for array in held]
    for _ in range(50):
        assert total(box) == 11.0
        both(box, other, plain)
    assert [sys.getrefcount(array) for array in held] == before
    assert other.numbers[0] == 51.0, "the kernel wrote into the array itself"
