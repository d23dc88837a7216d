"""What leaves the warehouse becomes a sale; what comes back stops being one."""

from __future__ import annotations

from sim.books.state import (
    ADVANCES,
    CASH,
    COST_OF_GOODS,
    DISCOUNTS,
    FULFILMENT,
    INVENTORY,
    RETURN_HANDLING,
    SALES,
    SHIPPING,
    WRITE_OFFS,
    post,
)
from sim.core.compiled import inner


@inner
def ship_line_money(books, order, line, minute):  # type: ignore[no-untyped-def]
    """Book one order line at the end of its picking.

    The advance becomes a sale at list price, less the discounts granted; goods at cost leave the inventory.
    A line paid above its list price (never by the shelf's rules) is a sale at what was paid.
    """
    paid = order.paid[line]
    post(books, minute, ADVANCES, SALES, paid)
    discount = order.list_value[line] - paid
    if discount > 0:
        post(books, minute, DISCOUNTS, SALES, discount)
    post(books, minute, COST_OF_GOODS, INVENTORY, order.cost[line])


@inner
def direct_line_money(books, saving, minute):  # type: ignore[no-untyped-def]
    """Goods cost ``saving`` fen less, for no intermediary earned at them; below nought: they were sent back."""
    if saving > 0:
        post(books, minute, CASH, COST_OF_GOODS, saving)
    elif saving < 0:
        post(books, minute, COST_OF_GOODS, CASH, -saving)


@inner
def ship_parcel_money(books, fee, material, minute):  # type: ignore[no-untyped-def]
    """Packaging and freight of one parcel, fen."""
    post(books, minute, FULFILMENT, CASH, material)
    post(books, minute, SHIPPING, CASH, fee)


@inner
def lose_line_money(books, order, line, minute):  # type: ignore[no-untyped-def]
    """Goods of a lost or damaged line: from cost of goods sold to write-offs."""
    post(books, minute, WRITE_OFFS, COST_OF_GOODS, order.cost[line])


@inner
def return_line_money(books, order, line, restocked, minute):  # type: ignore[no-untyped-def]
    """Goods of a returned line: back into the inventory at cost, or written off."""
    post(books, minute, INVENTORY if restocked else WRITE_OFFS, COST_OF_GOODS, order.cost[line])


@inner
def return_parcel_money(books, fee, minute):  # type: ignore[no-untyped-def]
    """Freight and handling of one returned parcel, fen."""
    post(books, minute, RETURN_HANDLING, CASH, fee)
