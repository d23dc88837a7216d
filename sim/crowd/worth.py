"""What a customer is worth: the margin of their orders, less what is taken back."""

from __future__ import annotations

from sim.core.compiled import inner
from sim.crowd.state import N_MEASURED


@inner
def unearn(crowd, shelf, order, line, kept):  # type: ignore[no-untyped-def]
    """Take a line's margin out of its shopper's row, once; ``kept``: the goods are still ours.

    Orders placed before figures count earned nothing here.
    """
    if order.placed < crowd.counts[N_MEASURED]:
        return
    row = crowd.rows[order.shopper]
    row.margin -= order.paid[line]
    if kept:
        row.margin += shelf.skus[order.sku[line]].unit_cost * order.quantity[line]
