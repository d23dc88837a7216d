"""What the crowd's fortunes leave for care to act on, and what care has observed of each shopper.

Kernels write what went wrong into the inbox; care's desk empties it every hour. Row units and row fen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.care.config import Care
from sim.core.address import by_address
from sim.core.compiled import constants
from sim.core.rng import decision
from sim.fulfilment.state import LINES

#: why somebody contacts the shop, in the order of their numbers
CAUSES = ("where_is_it", "late", "price_protection", "return", "fault", "lost", "cancelled", "order_failed")
WHERE_IS_IT, LATE, PRICE, RETURN, FAULT, LOST, CANCELLED, ORDER_FAILED = constants(len(CAUSES))
#: repetitive intents: always the same question
REPETITIVE = np.array([True, False, True, True, False, False, True, False])
#: failures of the shop: who contacts it about one complains
COMPLAINT = np.array([False, True, False, False, True, True, False, False])

INCIDENT = np.dtype(
    [
        ("cause", "u1"),  # of CAUSES
        ("left", "u1"),  # 1: the shopper left for good over it
        ("review", "u1"),  # points of the review written over it, 0: none
        ("complainer", "u1"),  # scratch: 1 where it becomes a complaint
        ("shopper", "i4"),
        ("turn", "i4"),  # the order's number among the shopper's
        ("minute", "i4"),
        ("before", "f4"),  # satisfaction before it
        ("drop", "f4"),  # satisfaction lost by it
        ("value", "i8"),  # fen paid for what it concerns
        ("sku", "i4", (LINES,)),  # SKUs concerned, -1: none
    ],
    align=True,
)

REFUND_STEP, REFUND_STEPS = 15.0, 2880  # histogram of minutes from asking for a return to its refund, up to 30 d

# columns of CareState.measured, by day
(
    M_REFUNDS,  # lines refunded after a return was asked for
    M_INSTANT,  # of them, paid before the goods came back
    M_REFUSED,  # instant refunds refused for want of trust
    M_KEPT,  # lines refunded whose goods were given up
    M_KEPT_VALUE,  # fen refunded on them
) = constants(5)
MEASURED = 8

# indices of CareState.setting
(
    S_INSTANT,  # 1: returns are refunded when they are asked for, if the shopper is trusted
    S_DELAY,  # minutes
    S_TRUST, S_CLAIM_WEIGHT, S_PRIOR, S_KEEPS,
    S_WRITTEN_OFF,  # minutes
    S_FADE,  # minutes after which waiting for one's money is nearly as bad as the whole wait
) = constants(8)  # fmt: skip
SETTINGS = 16

# draws of the kernels: entity = shopper, occurrence = the shopper's order
KEEPS_GOODS = decision("return.keeps_goods")


@by_address
class CareState(NamedTuple):
    """What kernels share with care."""

    inbox: np.ndarray  # INCIDENT[capacity], incidents since the desk last looked
    cursor: np.ndarray  # int64[2]: incidents in the inbox, -
    returned: np.ndarray  # uint16[shoppers], returns the platform has seen
    claims: np.ndarray  # uint16[shoppers], refunds whose goods never came back
    refund_times: (
        np.ndarray
    )  # int32[days, REFUND_STEPS], refunded lines by quarter hours since the return was asked for
    measured: np.ndarray  # float64[days, MEASURED], indices M_...
    setting: np.ndarray  # float64[SETTINGS], indices S_...


def build(config: Care, *, shoppers: int, days: int) -> CareState:
    """Nothing has happened. `days`: of the run, warm-up included."""
    setting = np.zeros(SETTINGS)
    refunds = config.refunds
    setting[S_DELAY], setting[S_TRUST], setting[S_CLAIM_WEIGHT] = refunds.delay, refunds.trust, refunds.claim_weight
    setting[S_PRIOR], setting[S_KEEPS] = refunds.prior, refunds.keeps
    setting[S_WRITTEN_OFF], setting[S_FADE] = refunds.written_off, config.complaints.quick
    return CareState(
        inbox=np.zeros(max(8192, shoppers // 4), INCIDENT),
        cursor=np.zeros(2, np.int64),
        returned=np.zeros(shoppers, np.uint16),
        claims=np.zeros(shoppers, np.uint16),
        refund_times=np.zeros((days, REFUND_STEPS), np.int32),
        measured=np.zeros((days, MEASURED)),
        setting=setting,
    )


def grow(state: CareState) -> CareState:
    """The same state with twice the room in its inbox."""
    inbox = np.zeros(2 * len(state.inbox), INCIDENT)
    inbox[: len(state.inbox)] = state.inbox
    return state._replace(inbox=inbox)
