"""Who the shoppers are: rows drawn once, before the run, and never redrawn by a policy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from sim.core.rng import Draws, beta, decision, gamma, normal, philox, uniform
from sim.crowd import state as s
from sim.crowd.config import Crowd
from sim.crowd.state import (
    ALIVE,
    CATEGORIES,
    CHUNK,
    DEAL_PRONE,
    DRIVES,
    INTENT,
    MEMBER,
    MULTIHOME,
    OPENINGS,
    PARAMS,
    SHOPPER,
    STRETCH,
    CrowdState,
)  # fmt: skip

WHO = decision("shopper.who")
RATE = decision("shopper.rate")
DROPOUT = decision("shopper.dropout")
TASTE = decision("shopper.taste")
NEED = decision("shopper.need")
HABIT = decision("shopper.habit")
HISTORY = decision("shopper.history")
COVER = decision("shopper.cover")


@njit(cache=True)
def _populate(  # type: ignore[no-untyped-def]
    rows, key0, key1, segment_share, rate_of, sensitivity_of, deal_of, premium_of, need_of, region_share, numbers, covers
):
    """Fill SHOPPER rows. ``numbers``: rate mean, rate shape, price spread, dropout a, b, multihoming, desktop,
    hesitation spread, neutral satisfaction, orders a day per unit of rate, history days."""
    for i in range(rows.shape[0]):
        row = rows[i]
        w0, w1, w2, w3 = philox(key0, key1, i, 0, WHO, 0)
        u = uniform(w0)
        segment = 0
        while segment < segment_share.shape[0] - 1 and u > segment_share[segment]:
            segment += 1
        row.segment = segment
        u = uniform(w1)
        region = 0
        while region < region_share.shape[0] - 1 and u > region_share[region]:
            region += 1
        row.region = region
        row.device = 1 if uniform(w2) < numbers[6] else 0
        flags = ALIVE
        if uniform(w3) < numbers[5]:
            flags |= MULTIHOME
        w0, w1, w2, w3 = philox(key0, key1, i, 0, HABIT, 0)
        if uniform(w0) < deal_of[segment]:
            flags |= DEAL_PRONE
        if uniform(w1) < premium_of[segment]:
            flags |= MEMBER
        row.flags = flags
        row.sensitivity = sensitivity_of[segment] * math.exp(numbers[2] * normal(w2, w3) - 0.5 * numbers[2] ** 2)
        w0, w1, w2, w3 = philox(key0, key1, i, 0, HABIT, 1)
        row.hesitation = numbers[7] * normal(w0, w1)
        row.patience = math.exp(0.3 * normal(w2, w3))
        row.rate = rate_of[segment] * numbers[0] * gamma(key0, key1, i, 0, RATE, 0, numbers[1]) / numbers[1]
        row.dropout = beta(key0, key1, i, 0, DROPOUT, 0, numbers[3], numbers[4])
        row.satisfaction = numbers[8]
        w0, w1, w2, w3 = philox(key0, key1, i, 0, TASTE, 0)
        v0, v1, v2, v3 = philox(key0, key1, i, 0, TASTE, 1)
        row.taste[0] = max(-127, min(127, int(64.0 * normal(w0, w1))))
        row.taste[1] = max(-127, min(127, int(64.0 * normal(w2, w3))))
        row.taste[2] = max(-127, min(127, int(64.0 * normal(v0, v1))))
        row.taste[3] = max(-127, min(127, int(64.0 * normal(v2, v3))))
        for c in range(need_of.shape[1]):
            w0, w1, w2, w3 = philox(key0, key1, i, c, NEED, 0)
            row.category_taste[c] = max(0, min(255, int(32.0 * need_of[segment, c] * math.exp(0.6 * normal(w0, w1) - 0.18))))
            row.reference[c] = 196
            # a stocked category is met at a random point of its household's cycle
            row.cover[c] = int(covers[c] * (1.5 * uniform(w2) - 0.5)) if covers[c] > 0.0 and uniform(w3) < 0.5 else -1
        w0, w1, w2, w3 = philox(key0, key1, i, 0, HISTORY, 0)
        expected = row.rate * numbers[9] * numbers[10]
        p0 = math.exp(-min(expected, 50.0))
        row.orders = 0 if uniform(w0) < p0 else int(1 + min(60000.0, expected * -math.log(uniform(w1))))
        row.last_order = -int(numbers[10] * 1440.0 * uniform(w2) ** (1.0 + expected)) if row.orders > 0 else -10_000_000
        row.wait_until = -1
        row.coupon_day = -1
        row.cart_since = -1
        row.last_visit = -10_000_000


def build(config: Crowd, draws: Draws, category_names: list[str], cover_days: np.ndarray, region_share: np.ndarray,
          weight: float, nodes: int) -> CrowdState:  # fmt: skip
    """The crowd at minute 0. ``cover_days``: float[categories], days one unit covers a household; ``region_share``:
    float[regions], share of shoppers; ``nodes``: room of the agenda, so many appointments a minute at the most."""
    n = 0 if config.demand is not None else config.shoppers
    rows = np.zeros(n, SHOPPER)
    segments = list(config.segments.values())
    share = np.cumsum([segment.share for segment in segments])
    need = np.array([[segment.tastes.get(name, 1.0) for name in category_names] for segment in segments], float)
    numbers = np.array(
        [
            config.visits.per_day, config.visits.shape, config.price.spread, config.memory.dropout_a,
            config.memory.dropout_b, config.multihoming, config.visits.desktop, config.choice.hesitation,
            config.memory.neutral, config.choice.carts * config.choice.completes, 180.0,
        ]
    )  # fmt: skip
    regions = np.cumsum(region_share) / np.sum(region_share)
    _populate(
        rows, draws.key0, draws.key1, share / share[-1],
        np.array([segment.rate for segment in segments]), np.array([segment.sensitivity for segment in segments]),
        np.array([segment.deal_prone for segment in segments]), np.array([segment.premium for segment in segments]),
        need, regions, numbers, np.asarray(cover_days, float),
    )  # fmt: skip
    rows["first_day"] = -1
    hours = np.array(config.visits.hour_of_day, float)
    hours /= hours.sum()
    room = max(4096, int(n * config.visits.per_day * 3.0) + 4096)
    return CrowdState(
        rows=rows,
        rates=np.zeros(n, np.float32),
        candidates=np.zeros(room, np.int64),
        unsorted=np.zeros(room, np.int64),
        starts=np.zeros(1441, np.int64),
        made=np.array([-1, 0, 0, 0], np.int64),
        words=np.zeros((4, STRETCH), np.uint32),
        met=np.zeros(STRETCH, np.int32),
        who=np.zeros(CHUNK, np.int64),
        when=np.zeros(CHUNK, np.uint32),
        needed=np.zeros(CHUNK),
        seconds=np.zeros(CHUNK, np.int64),
        moods=np.zeros((5, 4, CHUNK), np.uint32),
        glance=np.zeros(8, np.uint32),
        minutes=_minute_table(hours),
        hours=hours,
        intents=np.zeros(max(2048, n // 16), INTENT),
        due=np.zeros((nodes, 3), np.int32),
        counts=np.zeros(8, np.int64),
        openings=np.full((OPENINGS, 3), -1.0),
        params=_params(config, weight),
        drive=_drive(config),
        scratch=np.zeros(32),
        picks=np.zeros(32, np.int64),
        keys=np.array([draws.key0, draws.key1], np.uint32),
    )


def _minute_table(hours: np.ndarray) -> np.ndarray:
    """int16[4096]: minutes of day in proportion to the hour curve, read as piecewise linear between hours' middles."""
    middle = np.concatenate([[-30.0], 30.0 + 60.0 * np.arange(24), [1470.0]])
    density = np.interp(np.arange(1440) + 0.5, middle, np.concatenate([[hours[-1]], hours, [hours[0]]]))
    # keep each hour's own share
    density *= np.repeat(hours / density.reshape(24, 60).sum(axis=1), 60)
    cumulative = np.concatenate([[0.0], np.cumsum(density)])
    cumulative /= cumulative[-1]
    return np.searchsorted(cumulative, (np.arange(4096) + 0.5) / 4096, side="right").astype(np.int16) - 1


def _drive(config: Crowd) -> np.ndarray:
    drive = np.zeros(DRIVES)
    drive[s.D_SURGE] = drive[s.D_ADSTOCK] = drive[s.D_DAY] = 1.0
    drive[s.D_CONVERSION] = config.choice.carts * config.choice.completes
    drive[s.D_BURST_CONVERSION] = config.waiting.follow_through
    drive[s.D_CARTS] = config.choice.carts
    return drive


def _logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def _params(config: Crowd, weight: float) -> np.ndarray:
    """float64[PARAMS]; intercepts are solved so that ordinary visits have the stated base rates."""
    c, w, m = config.choice, config.waiting, config.memory
    outside = 1.0 + config.multihoming * math.exp(c.rival)
    params: dict[int, Any] = {
        s.P_DEAL_PULL: config.visits.deal_pull,
        s.P_SATISFACTION_PULL: config.visits.satisfaction_pull,
        s.P_PAGES: config.visits.pages,
        s.P_REGULAR: config.price.regular,
        s.P_TRANSACTION: config.price.transaction,
        s.P_LOSS: config.price.loss_aversion,
        s.P_CARRY: config.price.carry_over,
        s.P_INTERCEPT: math.log(c.carts / (1.0 - c.carts) * outside),
        # a logit averaged over a normal threshold flattens: Zeger, Liang & Albert 1988
        s.P_CHECKOUT: _logit(c.completes) * math.sqrt(1.0 + 0.346 * c.hesitation**2),
        s.P_NEST: c.nest,
        s.P_TASTE: c.taste,
        s.P_RATING: c.rating,
        s.P_PROMISE: c.promise,
        s.P_ATTENTION: c.attention,
        s.P_RIVAL: c.rival,
        s.P_FURTHER: c.further_lines,
        s.P_SECOND: c.second_unit,
        s.P_REVISIT: c.revisit_cart,
        s.P_CART_LIFE: c.cart_life,
        s.P_EFFORT: w.effort,
        s.P_WAIT_DAY: w.per_day,
        s.P_COME: w.returns,
        s.P_FOLLOW: _logit(w.follow_through),
        s.P_PROMPT: w.prompt,
        s.P_RUSH: w.rush,
        s.P_RUSH_SHAPE: w.rush_shape,
        s.P_LATER: w.later,
        s.P_SUBSTITUTE: config.stock_out.substitute,
        s.P_DELAY: config.stock_out.delay,
        s.P_OTHER: config.stock_out.other_store,
        s.P_PAYS: config.payment.completes,
        s.P_DEFAULT: config.payment.default,
        s.P_RETRY: config.payment.retries,
        s.P_ATTEMPTS: config.payment.attempts,
        s.P_LOST: config.payment.lost_for_good,
        s.P_LATENCY: config.latency.conversion,
        s.P_IDEAL: config.latency.ideal * 60.0,
        s.P_NEUTRAL: m.neutral,
        s.P_LEARNING: m.learning,
        s.P_NEGATIVITY: m.negativity,
        s.P_LATE: m.late,
        s.P_DROPOUT: m.dropout_pull,
        s.P_REVIEW: m.review,
        s.P_TOP_TRIES: config.top_up.tries,
        s.P_TOP_REACH: config.top_up.reach,
        s.P_TOP_VALUE: config.top_up.value,
        s.P_MISMATCH: config.returns.mismatch,
        s.P_IMPULSE: config.returns.impulse,
        s.P_FILLER: config.returns.filler,
        s.P_DEFECT: config.returns.defect,
        s.P_PERSONAL_CAP: 1.3,
        s.P_WEIGHT: weight,
    }
    table = np.zeros(PARAMS)
    for index, value in params.items():
        table[index] = value
    return table


assert CATEGORIES == 12
