"""What a presale does to a planner: units promised before they leave stock, and days that do not tell what a day sells."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.fulfilment.state import DEPOSIT, LINES

BALANCE_DAYS = 2  # days after a presale's end over which nearly all balances are paid


@njit(cache=True)
def _presold(orders, units):  # type: ignore[no-untyped-def]
    """Add to ``units`` int64[skus] the row units with a deposit paid and the balance open."""
    for i in range(orders.shape[0]):
        order = orders[i]
        if order.deposit <= 0 or order.shopper < 0:
            continue
        for line in range(LINES):
            if order.line_state[line] == DEPOSIT:
                units[order.sku[line]] += order.quantity[line]


class Presale:
    """Keeps count of the days that presales blur, SKU by SKU."""

    def __init__(self, skus: int) -> None:
        self.days = np.zeros(skus, np.int64)  # days, today included, that a presale still blurs

    def plain_days(self, deposit: np.ndarray) -> np.ndarray:
        """bool[skus]: whether the day that has just ended tells what a day sells; to be called once a day.

        What is ordered in a presale leaves stock when the balance is paid: the days of the presale show too little,
        those of the balances the orders of many days. ``deposit``: float[skus], share of the price paid now; what is
        paid in full (bought in a group) is sent at once.
        """
        held = (deposit > 0.0) & (deposit < 1.0)
        self.days = np.where(held, 1 + BALANCE_DAYS, np.maximum(self.days - 1, 0))
        return np.asarray(self.days == 0)

    def units(self, orders: np.ndarray) -> np.ndarray:
        """int64[skus], row units with a deposit paid and the balance open."""
        units = np.zeros(len(self.days), np.int64)
        _presold(orders, units)
        return units
