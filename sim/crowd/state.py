"""Shoppers: one row each, hot in one or two cache lines, and what the crowd as a whole knows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CATEGORIES = 12  # columns for categories in a shopper's row: the most a catalogue can have
TASTES = 4  # dimensions of the taste vector
CART = 4  # lines a cart can hold

SHOPPER = np.dtype(
    [
        ("rate", "f4"),  # visits a day before any influence, gamma over shoppers
        ("sensitivity", "f4"),  # weight of the log price in utility
        ("satisfaction", "f4"),  # 0..1
        ("dropout", "f4"),  # propensity to leave after an experience, beta over shoppers
        ("patience", "f4"),  # tolerance of latency, multiplies seconds
        ("hesitation", "f4"),  # this shopper's checkout threshold in utility
        ("money", "i8"),  # fen paid so far (RFM: monetary)
        ("last_visit", "i4"),  # minute
        ("last_order", "i4"),  # minute (RFM: recency), -1 never
        ("cart_since", "i4"),  # minute the first line went in
        ("wait_until", "i4"),  # minute of the opening this cart waits for, -1: none
        ("cart_sku", "i4", (CART,)),
        ("cart_quantity", "u1", (CART,)),
        ("cart_lines", "u1"),
        ("orders", "u2"),  # orders so far (RFM: frequency)
        ("open_orders", "u2"),  # orders not yet settled
        ("segment", "u1"),
        ("region", "u1"),
        ("device", "u1"),  # 0 phone, 1 desktop
        ("channel", "u1"),  # of origin
        ("flags", "u4"),
        ("taste", "i1", (TASTES,)),  # position in taste space, 64 = one standard deviation
        ("category_taste", "u1", (CATEGORIES,)),  # relative need of each category, 32 = average
        ("reference", "u1", (CATEGORIES,)),  # reference price / list price, 200 = list price
        ("cover", "i2", (CATEGORIES,)),  # day until which the household is covered
        ("coupon_day", "i2"),  # day the coupon held expires, -1: none held
        ("coupon", "i2"),  # kind of coupon held
        ("fatigue", "f4"),  # of messages, decays
        ("visits", "u2"),  # visits so far
    ],
    align=True,
)

# flags of a shopper
ALIVE, MEMBER, PRIVATE, MULTIHOME, DEAL_PRONE, COMPLAINT, OPTED_OUT, REMOVED, CHECKING_OUT, PREMIUM = (
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
)  # fmt: skip
