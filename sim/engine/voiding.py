"""Acknowledged payments that a failover has lost: their orders are void, and the money goes back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import jit

from sim.core.rng import decision
from sim.fulfilment.cancelling import doubt
from sim.fulfilment.state import ALLOCATED, WAITING

LOST_WRITE = decision("order.lost_write")


@jit(nopython=True, cache=True)
def give_up(ful, supply, skus, agenda, books, key0, key1, row, minute):  # type: ignore[no-untyped-def]
    """Cancel all lines of an order that are not yet being picked; they are refunded when the minute settles."""
    return doubt(ful, supply, skus, agenda, books, key0, key1, row, True, minute)


def void_lost_payments(market: Any) -> tuple[float, float]:
    """Void orders paid in seconds whose writes are gone: (real orders, CNY refunded).

    An order paid in minute m is lost with probability `lost_seconds[m]` / 60. What is already being picked or on its
    way goes on: the warehouse has its own record of it.
    """
    world, draws, minute = market.world, market.draws, int(market.env.now)
    lost = world.platform.lost_seconds
    orders = world.fulfilment.orders
    if not lost.any():
        return 0.0, 0.0
    paid = np.minimum(orders["paid_at"].astype(np.int64), len(lost) - 1)
    open_lines = ((orders["line_state"] == WAITING) | (orders["line_state"] == ALLOCATED)).any(axis=1)
    rows = np.flatnonzero((orders["shopper"] >= 0) & open_lines & (lost[paid] > 0.0))
    if not len(rows):
        return 0.0, 0.0
    drawn = draws.uniform(LOST_WRITE, orders["shopper"][rows].astype(np.int64), orders["turn"][rows].astype(np.int64))
    rows = rows[drawn < lost[paid[rows]] / 60.0]
    rows = rows[np.argsort(orders["serial"][rows], kind="stable")]
    value = 0
    for row in rows:
        owed = int((orders["paid"][row] - orders["refunded"][row]).sum())
        value += owed
        give_up(
            world.fulfilment, world.supply, world.shelf.skus, world.agenda, world.books, draws.key0, draws.key1,
            int(row), minute,
        )  # fmt: skip
    count = len(rows) * market.weight
    market.notices["void_orders"] = market.notices.get("void_orders", 0.0) + count
    market.notices["void_value"] = market.notices.get("void_value", 0.0) + value * market.weight / 100.0
    market.journal.record("platform", "orders_void", "lost payments", count)
    return count, value * market.weight / 100.0
