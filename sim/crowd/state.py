"""Shoppers: one row each, hot in one or two cache lines, and what the crowd as a whole knows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.core.address import by_address
from sim.core.compiled import constants

CATEGORIES = 12  # columns for categories in a shopper's row: the most a catalogue can have
TASTES = 4  # dimensions of the taste vector
CART = 4  # lines a cart can hold
STRETCH = 1024  # shoppers whose arrivals are drawn at once
CHUNK = 256  # candidate visits looked at at once

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
        ("arm", "u1"),  # of an A/B test, 0: not in it
        ("flags", "u4"),
        ("taste", "i1", (TASTES,)),  # position in taste space, 64 = one standard deviation
        ("category_taste", "u1", (CATEGORIES,)),  # relative need of each category, 32 = average
        ("reference", "u1", (CATEGORIES,)),  # reference price / list price, 200 = list price
        ("cover", "i2", (CATEGORIES,)),  # day until which the household is covered
        ("coupon_day", "i2"),  # day the coupon held expires, -1: none held
        ("coupon", "i2"),  # kind of coupon held
        ("fatigue", "f4"),  # of messages, decays
        ("visits", "u2"),  # visits so far
        ("window_orders", "u2"),  # purchases since the warm-up ended: carts paid, in however many orders
        ("burst", "u2"),  # times this shopper came back for an opening
        ("lift", "f4"),  # share by which campaigns raise the rate of visits; -1: nobody has won this prospect yet
        ("margin", "i4"),  # fen earned since figures count: paid less cost of goods, of orders neither refunded nor void
        ("first_day", "i2"),  # day of the first order, -1: before the run or never
        ("landing", "u1"),  # one more than the category the next visit opens with; 0: the shopper's own choice
        ("bought_again", "u1"),  # 1: a further purchase followed within `books.repurchase_window` of `window_first`
        ("window_first", "i4"),  # minute of the first purchase since the warm-up ended, where there is one
    ],
    align=True,
)

# flags of a shopper
ALIVE, MEMBER, PRIVATE, MULTIHOME, DEAL_PRONE, COMPLAINT, OPTED_OUT, REMOVED, CHECKING_OUT, PREMIUM = (
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
)  # fmt: skip
# written by programmes of the crowd: has a personal adviser, sends back for free, never won, never addressed
ADVISED, FREE_RETURNS, PROSPECT, HELD_OUT = 1024, 2048, 4096, 8192
LED = 16384  # orders through a community leader, and collects at the leader's pick-up point


#: an order about to be submitted
INTENT = np.dtype(
    [("shopper", "i4"), ("occurrence", "u4"), ("second", "u1"), ("attempt", "u1"), ("origin", "u1")], align=True
)

#: upper ends of the thinning layers, in multiples of a shopper's own rate. A candidate visit belongs to one
#: layer and is accepted with the share of that layer that today's intensity covers, so a policy that raises the
#: intensity adds visits without renumbering any.
LAYERS = np.array([1.3, 1.8, 3.0, 6.0, 14.0, 48.0])

# agenda kinds of the crowd (below 100)
A_BURST, A_RETRY, A_BALANCE, A_COMEBACK, A_RETURN, A_MESSAGE, A_TRIGGER, A_REFUND = constants(8, first=1)

# how a visit came about
V_ORDINARY, V_BURST, V_COMEBACK, V_MESSAGE = constants(4)

# indices of CrowdState.params, set once from the config
(
    P_DEAL_PULL, P_SATISFACTION_PULL, P_PAGES, P_REGULAR, P_TRANSACTION, P_LOSS, P_CARRY, P_INTERCEPT, P_CHECKOUT,
    P_NEST, P_TASTE, P_RATING, P_PROMISE, P_ATTENTION, P_RIVAL, P_FURTHER, P_SECOND, P_REVISIT, P_CART_LIFE,
    P_EFFORT, P_WAIT_DAY, P_COME, P_FOLLOW, P_PROMPT, P_RUSH, P_RUSH_SHAPE, P_LATER, P_SUBSTITUTE, P_DELAY,
    P_OTHER, P_PAYS, P_DEFAULT, P_RETRY, P_ATTEMPTS, P_LOST, P_LATENCY, P_IDEAL, P_NEUTRAL, P_LEARNING, P_NEGATIVITY,
    P_LATE, P_DROPOUT, P_REVIEW, P_TOP_TRIES, P_TOP_REACH, P_TOP_VALUE, P_MISMATCH, P_IMPULSE, P_FILLER, P_DEFECT,
    P_PERSONAL_CAP, P_WEIGHT, P_ADVISER, P_ADVISER_LOOKS, P_ADVISER_CATEGORIES, P_CONFIDENCE, P_EASE, P_RETURN_FEE,
    P_COLLECT,
) = range(59)  # fmt: skip
PARAMS = 64

# indices of CrowdState.drive, the board that policies, events and the engine write
(
    D_SURGE,  # multiplies visits (events)
    D_ADSTOCK,  # 1 + lift of campaigns
    D_DAY,  # weight of the weekday
    D_DEALS,  # log visits by today's offers
    D_RATE,  # sum over living shoppers of rate × personal factor, visits a day, row units
    D_CONVERSION,  # smoothed orders per ordinary visit
    D_BURST_CONVERSION,  # smoothed orders per visit at an opening
    D_RETRYING,  # real order requests a second that come again this minute
    D_CARTS,  # smoothed carts per visit
    D_SEEN_VISITS, D_SEEN_CARTS, D_SEEN_ORDERS, D_SEEN_BURST, D_SEEN_BURST_ORDERS,  # what the smoothing remembers
    D_CALLED,  # rows called by messages whose people are not all here yet
) = range(15)
#: what defences do to people, 0 without any: what a false alarm takes off satisfaction at the most, shares of people
#: stopped by a captcha at the checkout and at a coupon, share flagged at the checkout, share of those who then give up
D_BLOCK_HURT, D_FRICTION, D_CLAIM_FRICTION, D_BLOCKED, D_BLOCK_LEAVES = range(27, 32)
DRIVES = 32
OPENINGS = 128


@by_address
class CrowdState(NamedTuple):
    """Every shopper, today's candidate visits, and what the crowd is about to do."""

    rows: np.ndarray  # SHOPPER[shoppers]
    rates: np.ndarray  # float32[shoppers], visits a day before any influence of those alive this morning, else nought
    candidates: np.ndarray  # int64[capacity], candidate visits of today by minute, see arrivals.candidate_code
    unsorted: np.ndarray  # int64[capacity], the same by layer and shopper: code << 11 | minute of the day
    starts: np.ndarray  # int64[1441], candidates of minute m of the day are starts[m] to starts[m + 1]
    made: np.ndarray  # int64[4]: day made, layers made, candidates, first minute of the day they serve
    words: np.ndarray  # uint32[4, STRETCH], scratch: words of the arrival draws of a stretch of shoppers
    met: np.ndarray  # int32[STRETCH], scratch: those of the stretch who have a candidate
    who: np.ndarray  # int64[CHUNK], scratch: shoppers who may come this minute
    when: np.ndarray  # uint32[CHUNK], scratch: the number of that visit in the shopper's life
    needed: np.ndarray  # float64[CHUNK], scratch: level (intensity × personal factor) at which they come
    seconds: np.ndarray  # int64[CHUNK], scratch: second of the minute
    moods: np.ndarray  # uint32[5, 4, CHUNK], scratch: words of the draws of their visits, rows as in visitors
    glance: np.ndarray  # uint32[8], scratch: words of the draws of one consideration set
    minutes: np.ndarray  # int16[4096], minute of day by 12 bits of a draw
    hours: np.ndarray  # float64[24], share of a day's visits
    intents: np.ndarray  # INTENT[capacity]
    due: np.ndarray  # int32[capacity, 3]: shopper, how, detail: visits that come by appointment this minute
    counts: np.ndarray  # int64[8]: intents, due visits, -, -, first minute of measures
    openings: np.ndarray  # float64[OPENINGS, 3]: minute, shoppers who come back, 1: only to pay a balance
    params: np.ndarray  # float64[PARAMS]
    drive: np.ndarray  # float64[DRIVES]
    scratch: np.ndarray  # float64[32]
    picks: np.ndarray  # int64[32]
    keys: np.ndarray  # uint32[2], seed and replication


N_INTENTS, N_DUE, N_APPOINTED, N_REFRESH, N_MEASURED = range(5)
