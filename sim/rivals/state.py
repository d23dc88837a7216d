"""Rivals as the crowd meets them: how good their offer is in each category."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.core.address import by_address


@by_address
class RivalsState(NamedTuple):
    """The board a rival's policy writes."""

    log_price: np.ndarray  # float64[rivals, categories], log price index against our list prices
    quality: np.ndarray  # float64[rivals], utility of service and range
    value: np.ndarray  # float64[categories], log-sum over rivals, nought at equal prices
    sales: np.ndarray  # int64[categories], purchases of our shoppers there, row units


def build(rivals: int, categories: int) -> RivalsState:
    """``rivals`` platforms at our list prices."""
    return RivalsState(
        log_price=np.zeros((rivals, categories)),
        quality=np.zeros(rivals),
        value=np.zeros(categories),
        sales=np.zeros(categories, np.int64),
    )
