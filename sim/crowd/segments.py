"""RFM: recency, frequency and money as the platform has observed them, nothing else.

Customers are ranked into fifths by the time since their last order, by the number of their orders and by what they
paid (Hughes 1994); 5 is best. Segments follow recency and the mean of the other two.
"""

from __future__ import annotations

import numpy as np

from sim.crowd.programmes_config import RFM

CHAMPIONS, LOYAL, PROMISING, NEW, AT_RISK, LOST = range(len(RFM))
NOBODY = 255  # not a customer: no order yet


def fifths(values: np.ndarray) -> np.ndarray:
    """int8[n]: 1 to 5 by rank, equal values sharing the score of their middle rank."""
    if not len(values):
        return np.zeros(0, np.int8)
    known, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - 0.5 * count
    return np.minimum(5, 1 + (5.0 * middle / len(values)).astype(np.int8))[inverse]


def scores(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(customers, recency, frequency, money): row numbers of those with an order, and their fifths."""
    customers = np.flatnonzero(rows["orders"] > 0)
    return (
        customers,
        fifths(rows["last_order"][customers]),
        fifths(rows["orders"][customers]),
        fifths(rows["money"][customers]),
    )


def segments(rows: np.ndarray) -> np.ndarray:
    """uint8[shoppers]: segment of each row, ``NOBODY`` without an order."""
    out = np.full(len(rows), NOBODY, np.uint8)
    customers, recency, frequency, money = scores(rows)
    value = (frequency + money) / 2.0
    segment = np.full(len(customers), PROMISING, np.uint8)
    segment[(recency >= 4) & (value >= 4)] = CHAMPIONS
    segment[(recency >= 3) & (value >= 3) & (value < 4)] = LOYAL
    segment[(recency == 3) & (value >= 4)] = LOYAL
    segment[(recency >= 4) & (rows["orders"][customers] == 1)] = NEW
    segment[(recency <= 2) & (value >= 3)] = AT_RISK
    segment[(recency <= 2) & (value < 3)] = LOST
    out[customers] = segment
    return out
