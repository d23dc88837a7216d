"""Queues of impatient people, exactly, and what the crowd's kernels tell care.

`serve` is the recursion of the G/G/c+G queue, first come first served: who would begin after their patience has
ended leaves the queue without having touched a server, so the wait offered to each depends only on those served
before. It works a stretch of time in which nobody joins or leaves the staff; what has not begun by its end waits on.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.care.state import (
    M_INSTANT,
    M_REFUNDS,
    REFUND_STEP,
    REFUND_STEPS,
    S_CLAIM_WEIGHT,
    S_INSTANT,
    S_PRIOR,
    S_TRUST,
)
from sim.core.compiled import inner
from sim.core.heap import replace_first

STAYS, SERVED, ABANDONED = 0, 1, 2  # what became of a contact by the end of a stretch


@inner
def tell_care(care, cause, shopper, turn, minute, before, after, value, left, review):  # type: ignore[no-untyped-def]
    """Leave an incident in the inbox; returns its row, whose SKUs the caller fills in. Raises RuntimeError when full."""
    n = care.cursor[0]
    if n >= care.inbox.shape[0]:
        raise RuntimeError("the inbox of care was not emptied: it is full")
    incident = care.inbox[n]
    incident.cause = cause
    incident.left = left
    incident.review = review
    incident.complainer = 0
    incident.shopper = shopper
    incident.turn = turn
    incident.minute = minute
    incident.before = before
    incident.drop = max(0.0, before - after)
    incident.value = value
    for line in range(incident.sku.shape[0]):
        incident.sku[line] = -1
    care.cursor[0] = n + 1
    return n


@inner
def trust(care, shopper, orders):  # type: ignore[no-untyped-def]
    """Observed trust score of a shopper, 0 to 1: 1 − (returns + weight·claims + 1) ÷ (orders + prior)."""
    bad = care.returned[shopper] + care.setting[S_CLAIM_WEIGHT] * care.claims[shopper] + 1.0
    return max(0.0, 1.0 - bad / (max(orders, 1) + care.setting[S_PRIOR]))


@inner
def at_once(care, shopper, orders):  # type: ignore[no-untyped-def]
    """Whether a return of this shopper is refunded when it is asked for: (the policy says so, they are trusted)."""
    instant = care.setting[S_INSTANT] != 0.0
    return instant, instant and trust(care, shopper, orders) >= care.setting[S_TRUST]


@inner
def time_refund(care, asked, minute, instant):  # type: ignore[no-untyped-def]
    """Count a refunded line by the time since its return was asked for."""
    day = min(int(minute) // 1440, care.measured.shape[0] - 1)
    step = int((minute - asked) / REFUND_STEP)
    care.refund_times[day, min(max(step, 0), REFUND_STEPS - 1)] += 1
    care.measured[day, M_REFUNDS] += 1.0
    if instant:
        care.measured[day, M_INSTANT] += 1.0


@njit(cache=True)
def serve(at, gives_up, service, free, servers, until, begins, fate):  # type: ignore[no-untyped-def]
    """Serve contacts in their order up to minute ``until``.

    `at`: float64[n], ascending, when each joined the queue; `gives_up`: float64[n], the minute its patience ends;
    `service`: float64[n], minutes; `free`: float64[≥ servers], a binary heap of the minutes at which the servers are
    free. Writes `begins`: float64[n], the minute its service began or it gave up, and `fate`: int8[n], STAYS where
    neither happened before ``until``. Returns the minutes of service begun.
    """
    busy = 0.0
    for i in range(at.shape[0]):
        begin = max(at[i], free[0]) if servers > 0 else np.inf
        fate[i] = STAYS
        if begin <= gives_up[i]:
            if begin < until:
                fate[i] = SERVED
                begins[i] = begin
                busy += service[i]
                replace_first(free, None, servers, begin + service[i], 0)
        elif gives_up[i] < until:
            fate[i] = ABANDONED
            begins[i] = gives_up[i]
    return busy


@njit(cache=True)
def feel(rows, shopper, disappointment, target, learning, negativity):  # type: ignore[no-untyped-def]
    """Bad service lowers satisfaction as any bad experience does; good service is what was expected and raises nothing.

    `shopper`: int64[n], rows; `disappointment`: float64[n], of 1; `target`: satisfaction of an experience without any.
    """
    for i in range(shopper.shape[0]):
        row = rows[shopper[i]]
        difference = target - disappointment[i] - row.satisfaction
        if difference < 0.0:
            row.satisfaction = max(0.0, row.satisfaction + learning * negativity * difference)


@njit(cache=True)
def queue_alone(gaps, services, patiences, servers, free, clock, sums, batch):  # type: ignore[no-untyped-def]
    """One chunk of a queue driven alone, through `serve`: returns the minute of its last arrival.

    Adds to `sums`: float64[batches, 4] (contacts, abandoned, minutes waited by all, had to wait) in row `batch[i]`,
    -1 counting nowhere.
    """
    n = gaps.shape[0]
    at = np.empty(n)
    for i in range(n):
        clock += gaps[i]
        at[i] = clock
    begins = np.empty(n)
    fate = np.empty(n, np.int8)
    serve(at, at + patiences, services, free, servers, math.inf, begins, fate)
    for i in range(n):
        if batch[i] >= 0:
            row = sums[batch[i]]
            row[0] += 1.0
            row[1] += fate[i] == ABANDONED
            row[2] += begins[i] - at[i]
            row[3] += begins[i] > at[i]
    return clock
