"""Tables that become longer where they lie.

A table that is copied to grow is in memory twice. The system gives memory only to pages that are written to, so a
table is made with more rows than are used, and growing it is a longer view.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def reserve(rows: int, room: int, dtype: np.dtype[Any]) -> np.ndarray:
    """dtype[rows] of zeros that `lengthen` can make ``room`` rows long without a copy."""
    return np.zeros(max(rows, room), dtype)[:rows]


def lengthen(table: np.ndarray, rows: int) -> np.ndarray:
    """``table`` with ``rows`` rows, at least those it has, the further ones zero.

    ``table`` is made by `reserve` or `lengthen`, or is no beginning of another table. The longer one shares memory
    with it where the reserve is large enough, else it is a copy: the caller uses ``table`` no more.
    """
    whole = table.base
    if isinstance(whole, np.ndarray) and whole.dtype == table.dtype and whole.shape[1:] == table.shape[1:]:
        if len(whole) >= rows and whole.ctypes.data == table.ctypes.data:
            return whole[:rows]
    longer = np.zeros((rows, *table.shape[1:]), table.dtype)
    longer[: len(table)].view(np.uint8)[:] = table.view(np.uint8)  # as bytes: field by field it takes ten times as long
    return longer
