"""The cart in a shopper's row: up to CART lines of a SKU and a quantity."""

from __future__ import annotations

from sim.core.compiled import inner
from sim.crowd.state import CART


@inner
def put_in_cart(row, sku, quantity, minute):  # type: ignore[no-untyped-def]
    """Add units of a SKU to the cart; returns 1 for a new line, 0 where it was there or the cart is full."""
    lines = int(row.cart_lines)
    for j in range(lines):
        if row.cart_sku[j] == sku:
            row.cart_quantity[j] = min(9, row.cart_quantity[j] + quantity)
            return 0
    if lines == CART:
        return 0
    if lines == 0:
        row.cart_since = minute
    row.cart_sku[lines] = sku
    row.cart_quantity[lines] = quantity
    row.cart_lines = lines + 1
    return 1


@inner
def clear_cart(row):  # type: ignore[no-untyped-def]
    """Empty the cart."""
    row.cart_lines = 0
    row.cart_since = -1
    row.wait_until = -1


@inner
def drop_line(row, line):  # type: ignore[no-untyped-def]
    """Take one line out of the cart; the last line takes its place."""
    last = int(row.cart_lines) - 1
    row.cart_sku[line] = row.cart_sku[last]
    row.cart_quantity[line] = row.cart_quantity[last]
    row.cart_lines = last
    if last == 0:
        clear_cart(row)
