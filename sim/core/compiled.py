"""How kernels are compiled: `njit(cache=True)` for what Python calls, `inner` for what only kernels call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

#: A compiled function that only compiled functions call. It has no entry for Python, which unpacks every array of
#: every state it is given and is most of the compile time of a short function, and it counts no references to
#: arrays (its callers hold them), so it may neither make nor return one.
inner: Callable[[Any], Any] = njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)


def constants(count: int, first: int = 0) -> tuple[Any, ...]:
    """The numbers first, first + 1, ... as NumPy integers, for names that are passed to compiled functions.

    A plain Python integer is a type of its own to numba: a function is compiled again for each one it is given.
    """
    return tuple(np.int64(first + i) for i in range(count))
