"""Intervals of means of independent values, for figures that a single run states with their precision."""

from __future__ import annotations

import math

import numpy as np

CONFIDENCE = 0.99


def half_width(values: np.ndarray) -> float:
    """Half-width of the 99% confidence interval (Student's t) of the mean of ``values`` float64[n]; nan below 2."""
    if len(values) < 2:
        return math.nan
    from scipy.special import stdtrit  # the quantile of scipy.stats.t, which takes 30 MB to load

    return float(stdtrit(len(values) - 1, 0.5 + CONFIDENCE / 2) * values.std(ddof=1) / math.sqrt(len(values)))
