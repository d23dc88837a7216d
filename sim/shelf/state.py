"""The shelf: what a shopper sees. Policies write it, the crowd reads it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.core.address import by_address

SKU = np.dtype(
    [
        # fixed
        ("list_price", "i8"),  # fen
        ("unit_cost", "i8"),  # fen
        ("quality", "f4"),  # utility above the category's average
        ("appeal", "f4"),  # popularity weight, its share within the category before any influence
        ("return_propensity", "f4"),  # share returned when it is as expected
        ("defect", "f4"),  # share of units not as described, set by the supplier's yield
        ("category", "u1"),
        ("hero", "u1"),
        ("exclusive", "u1"),  # no rival has it
        ("supplier", "i2"),
        ("position", "i1", (4,)),  # in taste space, 64 = one standard deviation
        # board: what promotions write
        ("price", "i8"),  # fen, the price on the page now
        ("member_price", "i8"),  # fen, for members; 0 none
        ("deposit", "f4"),  # presale: share of the price to pay now; 0: no presale
        ("balance_at", "i4"),  # presale: minute the balance is due
        ("announced_price", "i8"),  # fen, best price announced for later; 0 none
        ("announced_at", "i4"),  # minute from which it holds, -1 none
        ("full_reduction", "u1"),  # bit i: takes part in full reduction i
        ("exposure", "f4"),  # utility from a livestream room or a campaign
        ("impulse", "f4"),  # utility at checkout from the room's urgency
        ("cash_back", "i8"),  # fen, for a review
        ("commission", "f8"),  # the host's share of what a livestream room sells
        ("origin", "u1"),  # origin an order through this promotion is booked under
        ("paused", "u1"),  # taken off the shelf
        ("quota", "i8"),  # row units still to be sold at the promotion price; -1: no limit
        ("price_beyond", "i8"),  # fen, the price on the page once the quota is sold
        # what everybody sees
        ("rating_sum", "f4"),  # points of reviews, prior included
        ("rating_count", "f4"),
        ("sold", "i8"),  # row units sold so far
        ("views", "i8"),  # times in a consideration set
    ],
    align=True,
)

CATEGORY = np.dtype(
    [
        ("need", "f4"),  # share of visits that look here, before any influence
        ("attraction", "f4"),  # utility its offers add now to those of an ordinary day
        ("list_attraction", "f4"),  # log mean utility of its SKUs with every price at list
        ("sensitivity", "f4"),  # multiplies the shopper's own
        ("cover_days", "f4"),  # days one unit covers a household; 0: not a storable
        ("expansion", "f4"),  # share by which a fuller household stock raises use
        ("return_propensity", "f4"),
        ("first", "i4"),  # first SKU of the category (SKUs are sorted by category)
        ("count", "i4"),
        ("base_attraction", "f4"),  # log-sum of a consideration set at which a visit fills a cart as often as stated
    ],
    align=True,
)

#: what a visit reads of a SKU: one cache line, rebuilt when a board changes
PAGE = np.dtype(
    [
        ("base", "f4"),  # utility before price and taste: quality, rating, exposure
        ("log_price", "f4"),  # log of the perceived price over list price
        ("log_member", "f4"),  # the same for members; 9: no member price
        ("log_later", "f4"),  # log of the announced price over list price; 9: nothing announced
        ("later_at", "i4"),  # minute it holds from
        ("impulse", "f4"),
        ("promise", "f4"),  # promised days to the door, average over regions
        ("position", "i1", (4,)),
        ("paused", "u1"),
    ],
    align=True,
)

RANKING = 4096  # entries of a category's ranking table: 12 bits of a draw pick one
FULL_REDUCTIONS = 8


@by_address
class ShelfState(NamedTuple):
    """Catalogue and boards.

    An A/B test gives each arm a board and pages of its own, one after the other: those of arm a begin at row
    a × skus. Arm 0 is the ordinary shop; `skus` is its board, and all that sells or is rated is counted there.
    """

    skus: np.ndarray  # SKU[skus], the first rows of `boards`
    boards: np.ndarray  # SKU[arms × skus]
    categories: np.ndarray  # CATEGORY[categories]
    ranking: np.ndarray  # int32[categories, RANKING], SKU in each entry
    reductions: np.ndarray  # int64[FULL_REDUCTIONS, 4]: every (fen), off (fen), most times, active
    coupons: np.ndarray  # int64[kinds, 8]: threshold, off (fen), budget left (row fen), from, to (minutes), segment mask, claimed, used
    pages: np.ndarray  # PAGE[arms × skus]
    attention: np.ndarray  # float64[arms, categories], need × exp(attraction above base), what draws a visit there
    arms: np.ndarray  # float64[arms, ARM_FIELDS], what an arm of an A/B test changes, and its refunds
    kept: np.ndarray  # int64[capacity, 6]: shopper, turn, SKU, units, fen kept of the price, minute of the order
    kept_count: np.ndarray  # int64[1], rows of `kept` filled since they were last read
    setting: np.ndarray  # float64[SETTINGS], scalars of the side, indices below


# indices of ShelfState.setting
CONSIDERATION, QUALITY, DEALS, HOST_COMMISSION, RATING_WEIGHT, PROMISE_WEIGHT, RANDOM_RANKING, STALE = range(8)
CASH_BACK_TAKE = 8  # share of those promised cash for a review who write it
TRIAL_REVIEW = 9  # share of those who got a trial for nothing who write a review
PROTECTED = 10  # minutes after an order in which a lower price is refunded; 0: no price protection
PROTECT_CLAIM = 11  # share of those entitled who ask for it
GROUP_HOURS = 12  # hours a group has to fill
GROUPS = 13  # 1: something is sold to groups in this run
ARM_LOAD = 14  # visits of all shoppers over what they were if all came as the most attracted arm does
SETTINGS = 24
# columns of an arm: ranking quality above the shop's; seconds a page takes longer on a phone, on a desktop; utility
# today's offers add; visits relative to the most attracted arm's; refunds of its shoppers (row fen)
ARM_QUALITY, ARM_PHONE, ARM_DESKTOP, ARM_DEALS, ARM_PULL, ARM_REFUNDS = range(6)
ARM_FIELDS = 8
# columns of a full reduction and of a coupon kind
EVERY, OFF, TIMES, ACTIVE = range(4)
# of ACTIVE: it holds; it does not go with a coupon; it does not count what is bought at a member price
HOLDS, NO_COUPON, NO_MEMBER = 1, 2, 4
C_THRESHOLD, C_OFF, C_BUDGET, C_FROM, C_TO, C_CLAIM, C_CLAIMED, C_USED = range(8)
COUPON_KINDS = 16
