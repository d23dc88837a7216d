"""The end of an order: nothing of it is on its way any more, and it was perfect or not."""

from __future__ import annotations

import numpy as np

from sim.core.calendar import DAY
from sim.core.compiled import inner
from sim.fulfilment.pools import tell
from sim.fulfilment.state import (
    ALLOCATED,
    DEPOSIT,
    DOOR_STEP,
    DOORS,
    FLAG_BLEMISHED,
    FLAG_CONCLUDED,
    FLAG_LATE,
    FLAG_SPLIT,
    M_DOOR_SUM,
    M_LATE_ORDERS,
    M_ORDERS_DONE,
    M_PERFECT,
    M_SAME_NEXT_DAY,
    M_SPLIT_ORDERS,
    ORDER_DELIVERED,
    SHIPPED,
    WAITING,
)

WHOLE = np.int64(-1)  # an outcome of the order, not of a line


@inner
def measured_day(ful, minute):  # type: ignore[no-untyped-def]
    """Row of the daily measures a minute belongs to."""
    return min(int(minute) // DAY, ful.measured.shape[0] - 1)


@inner
def conclude(ful, row, minute):  # type: ignore[no-untyped-def]
    """Tell the crowd, once, when the last of what can still come of an order has come."""
    order = ful.orders[row]
    if order.flags & FLAG_CONCLUDED or order.parcels > 0:
        return
    for line in range(np.int64(order.lines)):
        state = order.line_state[line]
        if state in (DEPOSIT, WAITING, ALLOCATED, SHIPPED):
            return
    order.flags |= FLAG_CONCLUDED
    ful.under_way[row] = 0
    if order.delivered <= 0.0:
        return
    day = measured_day(ful, minute)
    door = order.delivered - order.paid_at
    late = order.delivered > order.promised
    if late:
        order.flags |= FLAG_LATE
    ful.measured[day, M_ORDERS_DONE] += 1
    ful.measured[day, M_DOOR_SUM] += door
    ful.measured[day, M_LATE_ORDERS] += late
    ful.measured[day, M_SPLIT_ORDERS] += (order.flags & FLAG_SPLIT) != 0
    ful.measured[day, M_SAME_NEXT_DAY] += int(order.delivered) // DAY <= int(order.paid_at) // DAY + 1
    ful.measured[day, M_PERFECT] += not late and not order.flags & FLAG_BLEMISHED
    ful.doors[day, min(max(int(door / DOOR_STEP), 0), DOORS - 1)] += 1
    tell(ful, row, WHOLE, ORDER_DELIVERED, minute)
