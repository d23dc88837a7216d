"""All fits, in the order of the table and of the page."""

from __future__ import annotations

from experiments.fit import (
    assortment,
    baskets,
    coupons,
    delivery,
    elasticity,
    funnel,
    hours,
    lift,
    machines,
    message,
    opening,
    parcels,
    repurchase,
    satisfaction,
    sessions,
    suppliers,
    surges,
)
from experiments.fit.record import Study

STUDIES: tuple[Study, ...] = tuple(
    module.STUDY
    for module in (
        hours, funnel, sessions, opening, surges, lift, elasticity, repurchase, message, coupons, assortment, baskets,
        parcels, suppliers, delivery, satisfaction, machines,
    )
)  # fmt: skip

WITHOUT_DATA = (
    "618 itself: no public data of its shoppers, orders or sites",
    "the hourly shape inside a festival day: only published cumulative figures of 11.11 2019 (festival_opening)",
    "attackers: coupon abuse, scalping, fraud and DDoS have no public event data here, only published figures",
)
