"""Many questions at once: Holm's correction.

Holm (1979) keeps the chance of any false finding over a whole family of tests below the stated
level, whatever the dependence between the tests.
"""

from __future__ import annotations

import numpy as np


def holm(p_values: object) -> np.ndarray:
    """Holm-adjusted p-values, float64 of the same shape; undefined ones (NaN) stay and do not count."""
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    flat, out = p.ravel(), adjusted.ravel()
    known = np.flatnonzero(~np.isnan(flat))
    order = known[np.argsort(flat[known], kind="stable")]
    running = 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (known.size - rank) * flat[index]))
        out[index] = running
    return out.reshape(p.shape)
