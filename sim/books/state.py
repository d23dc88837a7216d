"""The books: a double-entry ledger and hourly series, both written by kernels.

Money is in fen per row unit (one row unit stands for ``weight`` real ones), always integer, so that
conservation laws hold exactly. Reports multiply by the weight.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.address import by_address
from sim.core.compiled import constants

ACCOUNTS = (
    # assets
    "cash", "inventory",
    # liabilities
    "advances",  # paid by shoppers (deposits included), goods not yet sent
    "payables",  # owed to suppliers for goods received: settled at once, so its balance stays nought
    # income
    "sales",  # at list price, when goods leave the warehouse
    "other_income",  # forfeited deposits, membership fees
    # contra income
    "discounts", "returns",  # list price less what was paid; what was refunded after sending
    # expense
    "cost_of_goods", "inbound", "holding", "fulfilment", "shipping", "return_handling", "write_offs",
    "marketing", "commissions", "it", "staff", "fraud", "chargebacks", "compensation", "fines", "sourcing",
    # equity: the goods and the cash a run starts with
    "capital",
)  # fmt: skip
(
    CASH, INVENTORY, ADVANCES, PAYABLES, SALES, OTHER_INCOME, DISCOUNTS, RETURNS, COST_OF_GOODS, INBOUND, HOLDING,
    FULFILMENT, SHIPPING, RETURN_HANDLING, WRITE_OFFS, MARKETING, COMMISSIONS, IT, STAFF, FRAUD, CHARGEBACKS,
    COMPENSATION, FINES, SOURCING, CAPITAL,
) = constants(len(ACCOUNTS))  # fmt: skip

#: hourly series: name -> column of BooksState.series. Counts are in row units, money in row fen.
SERIES = (
    "visits", "bounces", "page_views", "carts", "checkouts", "orders", "buyers_new", "units", "gmv", "paid",
    "discount_item", "discount_full_reduction", "discount_coupon", "discount_member", "deposits", "balances",
    "defaults", "stock_outs", "substitutions", "lost_units", "lost_value", "demanded_units", "served_units",
    "rival_purchases", "waiting", "abandoned", "order_failures", "retries", "lost_failures", "cancelled_units",
    "picked_units", "shipped_parcels", "delivered_parcels", "late_parcels", "returned_units", "refunds",
    "dropouts", "enquiries", "topped_up", "topped_up_returned", "delivered_orders", "burst_visits", "bot_orders",
    "reviews", "review_points", "coupons_claimed", "coupons_used", "messages", "opt_outs", "livestream_visits",
    "trigger_visits", "returned_orders", "won_back", "invitations", "unpaid_orders", "unpaid_value", "balances_paid",
    "cash_backs", "protected", "group_orders", "groups_failed", "trials",
    "screened", "blocked", "captcha_lost", "bot_gmv", "bot_units", "carts_ordered",
)  # fmt: skip
#: columns that are money (row fen)
MONEY = {
    "gmv", "paid", "discount_item", "discount_full_reduction", "discount_coupon", "discount_member", "deposits",
    "balances", "lost_value", "refunds", "unpaid_value", "cash_backs", "protected", "bot_gmv",
}  # fmt: skip
COLUMN = {name: index for index, name in enumerate(SERIES)}
(
    VISITS, BOUNCES, PAGE_VIEWS, CARTS, CHECKOUTS, ORDERS, BUYERS_NEW, UNITS, GMV, PAID,
    DISCOUNT_ITEM, DISCOUNT_FULL_REDUCTION, DISCOUNT_COUPON, DISCOUNT_MEMBER, S_DEPOSITS, BALANCES,
    DEFAULTS, STOCK_OUTS, SUBSTITUTIONS, LOST_UNITS, LOST_VALUE, DEMANDED_UNITS, SERVED_UNITS,
    RIVAL_PURCHASES, S_WAITING, ABANDONED, ORDER_FAILURES, RETRIES, LOST_FAILURES, CANCELLED_UNITS,
    PICKED_UNITS, SHIPPED_PARCELS, DELIVERED_PARCELS, LATE_PARCELS, RETURNED_UNITS, REFUNDS,
    DROPOUTS, ENQUIRIES, TOPPED_UP, TOPPED_UP_RETURNED, DELIVERED_ORDERS, BURST_VISITS, BOT_ORDERS,
    REVIEWS, REVIEW_POINTS, COUPONS_CLAIMED, COUPONS_USED, MESSAGES, OPT_OUTS, LIVESTREAM_VISITS,
    TRIGGER_VISITS, RETURNED_ORDERS, WON_BACK, INVITATIONS, UNPAID_ORDERS, UNPAID_VALUE, BALANCES_PAID,
    CASH_BACKS, PROTECTED_VALUE, GROUP_ORDERS, GROUPS_FAILED, TRIALS,
    SCREENED, BLOCKED, CAPTCHA_LOST, BOT_GMV, BOT_UNITS, CARTS_ORDERED,
) = constants(len(SERIES))  # fmt: skip


@by_address
class BooksState(NamedTuple):
    """What is written down while the run goes on."""

    debit: np.ndarray  # int64[days, accounts], row fen
    credit: np.ndarray  # int64[days, accounts], row fen
    series: np.ndarray  # float64[hours, series]


def build(days: int) -> BooksState:
    """Empty books for ``days`` days (warm-up included)."""
    return BooksState(
        debit=np.zeros((days, len(ACCOUNTS)), np.int64),
        credit=np.zeros((days, len(ACCOUNTS)), np.int64),
        series=np.zeros((days * 24, len(SERIES)), np.float64),
    )


@njit(cache=True)
def post(books, minute, debit, credit, fen):  # type: ignore[no-untyped-def]
    """Post ``fen`` (row fen, int64, not negative) from account ``credit`` to account ``debit``."""
    day = min(int(minute) // 1440, books.debit.shape[0] - 1)
    books.debit[day, debit] += fen
    books.credit[day, credit] += fen


@njit(cache=True)
def note(books, minute, column, size):  # type: ignore[no-untyped-def]
    """Add ``size`` to a column of the hourly series."""
    hour = min(int(minute) // 60, books.series.shape[0] - 1)
    books.series[hour, column] += size
