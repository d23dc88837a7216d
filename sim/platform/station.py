"""One node for one second: what it can serve, who waits, who gives up, what its callers meet.

Functions take records (rows of the structured arrays), which compiled code passes as one pointer.
"""

from __future__ import annotations

import math

import numpy as np

from sim.core.compiled import inner
from sim.platform import patterns, queueing
from sim.platform.state import ACTIONS, RING

_TINY = 1e-300


@inner
def workers_of(node, live, board):  # type: ignore[no-untyped-def]
    """Workers of a node now."""
    return live.ready * node.concurrency * board.capacity


@inner
def places_of(node, live, board):  # type: ignore[no-untyped-def]
    """Requests a node can hold at once, those waiting for a callee included."""
    return live.ready * node.in_flight * board.capacity


@inner
def service_of(node, live, board):  # type: ignore[no-untyped-def]
    """Mean service time (s) of the minute's requests."""
    return node.service_time * board.slow * live.work


@inner
def capacity_of(node, live, board, hold):  # type: ignore[no-untyped-def]
    """Service times a node can work off in a second, in units of `service_time`.

    Limited by its workers, and by its places while requests wait for callees: `hold` (s) is how long a
    request keeps its place. A slow callee so fills its callers.
    """
    by_workers = workers_of(node, live, board) / (node.service_time * board.slow)
    room = places_of(node, live, board)
    if hold > 0.0 and room * live.work < by_workers * hold:
        return room * live.work / hold
    return by_workers


@inner
def update_wait(node, live, board, rate, requests):  # type: ignore[no-untyped-def]
    """Write the minute's stochastic wait for `rate` service times and `requests` requests a second."""
    live.work = rate / requests if requests > 0.0 else 1.0
    workers = workers_of(node, live, board)
    if workers <= 0.0:
        return
    capacity = workers / (node.service_time * board.slow)
    whole = max(1, math.floor(workers + 0.5))
    probability, stationary = 0.0, 0.0
    # less load never makes for more waiting
    if rate > live.idle_rate or whole != live.idle_workers or capacity != live.idle_capacity:
        probability, stationary = queueing.stationary_wait(whole, rate, capacity, node.variability)
        if stationary <= 0.0:
            live.idle_rate, live.idle_workers, live.idle_capacity = rate, whole, capacity
    if stationary <= 0.0:
        live.wait_probability = 0.0
        live.wait = 0.0
        live.tail_rate = 0.0
    else:
        live.wait_probability = probability
        live.wait = queueing.wait_after(live.wait, stationary, capacity, node.variability, 60.0)
        live.tail_rate = probability / max(live.wait, _TINY)


@inner
def update_failing(node, live, board):  # type: ignore[no-untyped-def]
    """Write the probability that an attempt fails though it meets no queue: error, loss, no answer, unlucky wait."""
    patience = node.timeout - service_of(node, live, board)
    unlucky = 1.0
    if patience > 0.0 and workers_of(node, live, board) > 0.0:
        unlucky = queueing.tail(live.wait_probability, live.tail_rate, patience)
    _, unanswered = patterns.loss_delay(board.loss, node.timeout)
    good = (1.0 - node.base_error) * (1.0 - board.error) * (1.0 - unlucky) * (1.0 - unanswered)
    live.failing = 1.0 - good * (1.0 - board.unreachable)


@inner
def update_outcome(node, live, board, wait, spread, refused, late):  # type: ignore[no-untyped-def]
    """Write latency and variance of one attempt; returns the probability that it fails.

    `wait`: mean fluid wait (s) of the attempts that are not late, `spread`: the range it covers,
    `refused`: share of attempts turned away at once, `late`: share of the others that times out in the
    fluid queue.
    """
    live.late = 1.0 - (1.0 - refused) * (1.0 - late)
    service = service_of(node, live, board)
    failing = live.failing
    if wait > 0.0 and failing < 1.0:
        # the unlucky part again, with the patience the fluid wait has left
        patience = max(0.0, node.timeout - service)
        before = queueing.tail(live.wait_probability, live.tail_rate, patience)
        now = queueing.tail(live.wait_probability, live.tail_rate, patience - wait)
        if before < 1.0:
            failing = 1.0 - (1.0 - failing) * (1.0 - now) / (1.0 - before)
    delay, _ = patterns.loss_delay(board.loss, node.timeout)
    one = min(wait + live.wait + service + delay, node.timeout)
    one = (1.0 - refused) * ((1.0 - late) * one + late * node.timeout)
    live.latency = (1.0 - board.unreachable) * one + board.unreachable * node.timeout
    stochastic = 0.0
    if live.tail_rate > 0.0:
        stochastic = live.wait_probability * (2.0 - live.wait_probability) / (live.tail_rate * live.tail_rate)
        stochastic = min(stochastic, node.timeout * node.timeout)
    live.variance = node.scv * service * service + stochastic + spread * spread / 12.0
    return 1.0 - (1.0 - failing) * (1.0 - live.late)


@inner
def update_edge(node, live, board, edge, p_all):  # type: ignore[no-untyped-def]
    """Write what a call on `edge` meets, retries included; returns the share of its attempts that fail.

    `p_all`: probability that an attempt fails, faults aside.
    """
    attempts, failed, lost = patterns.with_fault(p_all, board.fault, node.attempts, edge.extra)
    pause = node.backoff * (0.5 if node.jitter else 1.0)
    meets = 1.0 - edge.refused_share
    edge.failure = edge.refused_share + meets * lost
    edge.latency = meets * (attempts * live.latency + (attempts - 1.0) * pause)
    edge.variance = meets * attempts * live.variance
    return failed


@inner
def slow_share(node, live, board, bound, low, high):  # type: ignore[no-untyped-def]
    """Share of attempts slower than `bound` s when the fluid wait covers low .. high s."""
    if node.timeout < bound:
        return 0.0
    rest = bound - service_of(node, live, board)
    if rest <= low:
        return 1.0
    if rest < high:
        return (high - rest) / (high - low)
    return queueing.tail(live.wait_probability, live.tail_rate, rest - high)


@inner
def fluid_wait(backlog, work, capacity, patience, lifo):  # type: ignore[no-untyped-def]
    """(late share, mean wait of the others, range of their waits) of a second's arrivals behind `backlog`.

    All in service times; first in, first out: the wait runs linearly from that of the first to that of the
    last arrival. Newest first: what fits into the second does not wait, the rest gives up.
    """
    if capacity <= 0.0 or patience <= 0.0:
        return 1.0, 0.0, 0.0
    if lifo:
        return max(0.0, 1.0 - capacity / work) if work > 0.0 else 0.0, 0.0, 0.0
    start = backlog / capacity
    end = max(0.0, backlog + work - capacity) / capacity
    low = min(start, end)
    high = max(start, end)
    if high <= patience:
        return 0.0, (low + high) / 2.0, high - low
    if low >= patience:
        return 1.0, patience, 0.0
    return (high - patience) / (high - low), (low + patience) / 2.0, patience - low


@inner
def queue_second(node, live, board, cohorts, work, now, capacity, arriving, done):  # type: ignore[no-untyped-def]
    """Queue and serve one second.

    `cohorts`: float64[RING, ACTIONS], waiting requests by second of arrival; `work`: float64[ACTIONS];
    `arriving`, `done`: float64[ACTIONS], requests in and out. Returns (refused share, late share of the
    rest, mean wait and its range of those not late, work done, requests done after their caller gave up).
    """
    incoming = 0.0
    load = 0.0
    for a in range(ACTIONS):
        done[a] = 0.0
        incoming += arriving[a]
        load += arriving[a] * work[a]
    refused = 0.0
    if load > 0.0:
        room = max(0.0, node.queue_limit * live.ready - live.queue) + capacity * incoming / load
        if workers_of(node, live, board) <= 0.0 or (live.queue > 0.0 and now - live.oldest >= RING - 2):
            refused = 1.0
        elif incoming > room:
            refused = 1.0 - room / incoming
    accepted = 1.0 - refused
    if live.queue <= 0.0 and load * accepted <= capacity:
        for a in range(ACTIONS):
            done[a] = arriving[a] * accepted
        live.served += incoming * accepted
        return refused, 0.0, 0.0, 0.0, load * accepted, 0.0
    if live.queue <= 0.0:
        live.oldest = now
        live.backlog = 0.0
    if now - live.oldest < RING:  # later the place is still that of older ones, and newcomers have been refused
        for a in range(ACTIONS):
            cohorts[now % RING, a] = arriving[a] * accepted
    patience = node.timeout - service_of(node, live, board)
    late, wait, spread = fluid_wait(live.backlog, load * accepted, capacity, patience, node.lifo)
    live.queue += incoming * accepted
    live.backlog += load * accepted
    stale = max(1.0, patience)
    busy = 0.0
    zombie = 0.0
    if node.lifo:
        s = now
        while s >= live.oldest and busy < capacity:
            used, zombies = take(live, cohorts, work, now, s, capacity - busy, stale, done)
            busy += used
            zombie += zombies
            s -= 1
        if node.deadlines:
            s = live.oldest
            while s <= now and now - s >= stale:
                drop(live, cohorts, work, now, s, 1.0)
                s += 1
    else:
        s = live.oldest
        while s <= now:
            if node.deadlines and now - s >= stale:
                drop(live, cohorts, work, now, s, 1.0)
            elif busy >= capacity:
                break
            else:
                used, zombies = take(live, cohorts, work, now, s, capacity - busy, stale, done)
                busy += used
                zombie += zombies
            s += 1
    while live.oldest <= now:
        left = 0.0
        for a in range(ACTIONS):
            left += cohorts[live.oldest % RING, a]
        if left > 0.0:
            break
        live.oldest += 1
    if live.oldest > now:
        live.queue = 0.0
        live.backlog = 0.0
    live.queue_area += live.queue
    return refused, late, wait, spread, busy, zombie


@inner
def take(live, cohorts, work, now, s, budget, stale, done):  # type: ignore[no-untyped-def]
    """Serve the cohort of second `s` as far as `budget` goes; (work done, requests served after `stale` s)."""
    row = cohorts[s % RING]
    load = 0.0
    mass = 0.0
    for a in range(ACTIONS):
        mass += row[a]
        load += row[a] * work[a]
    if mass <= 0.0:
        return 0.0, 0.0
    share = 1.0 if load <= budget else budget / load
    for a in range(ACTIONS):
        part = row[a] * share
        done[a] += part
        row[a] = 0.0 if share >= 1.0 else row[a] - part
    live.served += mass * share
    live.waited += mass * share * (now - s)
    live.queue = max(0.0, live.queue - mass * share)
    live.backlog = max(0.0, live.backlog - load * share)
    # the budget is spent to the last bit, so that rounding leaves no sliver to go on with
    return load if share >= 1.0 else budget, mass * share if now - s >= stale else 0.0


@inner
def drop(live, cohorts, work, now, s, share):  # type: ignore[no-untyped-def]
    """Throw away `share` of the cohort of second `s`: its callers gave up, or its process died."""
    row = cohorts[s % RING]
    mass = 0.0
    load = 0.0
    for a in range(ACTIONS):
        part = row[a] * share
        mass += part
        load += part * work[a]
        row[a] = row[a] - part if share < 1.0 else 0.0
    live.dropped += mass
    live.waited += mass * (now - s)
    live.queue = max(0.0, live.queue - mass)
    live.backlog = max(0.0, live.backlog - load)


@inner
def kill_queue(live, cohorts, work, now, share):  # type: ignore[no-untyped-def]
    """Throw away `share` of all waiting requests at the start of second `now`."""
    if live.queue <= 0.0:
        return
    for s in range(live.oldest, now):
        drop(live, cohorts, work, now, s, share)
    if share >= 1.0:
        live.queue = 0.0
        live.backlog = 0.0
        live.oldest = np.int64(now)
