"""A minute second by second: the front door, the nodes in calling order, retries, the autoscaler."""

from __future__ import annotations

import math

import numpy as np

from sim.core.compiled import inner, inner_with_arrays
from sim.platform import calls as calling
from sim.platform import patterns, station
from sim.platform.answers import act, book, write_action
from sim.platform.boards import apply_effects, effects_change
from sim.platform.edges import update_edges
from sim.platform.latencies import spread_latency
from sim.platform.quiet import write_holds
from sim.platform.scaling import scale, start_pods
from sim.platform.state import (
    ACTIONS,
    BINS,
    BOTS,
    CLASSES,
    EFFECTS_USED,
    H_ARRIVED,
    H_FAILED,
    H_LATENCY,
    H_MOMENT,
    H_QUEUE,
    H_READY,
    H_REFUSED,
    H_RETRIES,
    H_UTILISATION,
    H_ZOMBIE,
    HPA_EVERY,
    LIMIT_BURST,
    LIMIT_RATE,
    LIMIT_TOKENS,
    MEASURE_FROM,
    PEOPLE,
    Q_LATENCY,
    RETRIES,
    SECONDS,
    SHED_AT,
    SHED_DRAIN,
    SHED_ON,
)


@inner_with_arrays
def serve_seconds(p, minute, first):  # type: ignore[no-untyped-def]
    """The minute second by second."""
    s = p.setting
    nodes, live, board, edges, into = p.nodes, p.live, p.board, p.edges, p.into
    count = nodes.shape[0]
    counts = minute >= s[MEASURE_FROM]
    used = int(s[EFFECTS_USED])
    rates, keep = p.recent[minute % 3], p.recent_edges[minute % 3]
    p.shaped[:, Q_LATENCY] = -1.0  # the seconds of the minute differ: a quiet one after it writes its own
    done = np.zeros((count, ACTIONS))
    want = np.zeros(ACTIONS)
    wanted = np.zeros(ACTIONS)
    arriving = np.zeros(ACTIONS)
    # arrived, failed, refused, zombie, retries, busy seconds, latency and its square weighted, request-seconds in flight
    # and replica-seconds ready
    sums = np.zeros((count, 10))
    rows = np.zeros((ACTIONS, 4))  # people's: offered, shed, failed, latency weighted
    bins = np.zeros((ACTIONS, BINS))
    pending = np.zeros((ACTIONS, 3))  # answered requests not yet in the histogram, their latency and variance
    worker_seconds = np.zeros(count)
    holds = np.empty(count)
    room = np.empty(count)
    for t in range(SECONDS):
        second = first + t
        now = np.int64(second)
        if t > 0:
            if used > 0 and effects_change(p.effects, used, second - 1.0, second + 1e-9):
                apply_effects(
                    p.effects, used, board, live, p.cohorts, p.work, p.action_off, p.surge, p.herd, p.mix, second
                )
                for a in range(ACTIONS):
                    wanted[a] = rates[a, t]
                update_edges(nodes, live, board, edges, into, p.calls, p.reach, wanted, p.work, keep, False)
            start_pods(live, p.starting, second)
        if t % int(s[HPA_EVERY]) == 0:
            scale(nodes, live, board, p.prescale, p.starting, p.records, s, second)
        for a in range(ACTIONS):
            wanted[a] = p.demand[0, a, t] * p.surge[a] + p.demand[1, a, t] + p.herd[a] + p.demand[2, a, t]
            want[a] = wanted[a] * (1.0 - p.action_off[a])
            rates[a, t] = want[a]
        write_holds(nodes, live, board, edges, holds)
        front_door(nodes, live, board, p.into, p.essential, p.reach, p.work, p.shed_order, s, holds, room, want)
        for v in range(count):
            worker_seconds[v] += station.workers_of(nodes[v], live[v], board[v])
            live[v].replica_seconds += live[v].ready + live[v].starting
            sums[v, 9] += live[v].ready
            calling.serve_node(
                nodes, live, board, edges, into, p.calls, p.work, p.cohorts, p.due, p.window, s, v, now, holds,
                want, done, sums, arriving,
            )  # fmt: skip
        refill_caches(nodes, live, edges, p.calls, done)
        for a in range(ACTIONS):
            latency, variance, failure = act(nodes, board, edges, into, p.trips, p.essential, a)
            passed = want[a] / wanted[a] if wanted[a] > 0.0 else 1.0 - p.action_off[a]
            p.latency[a, t] = latency
            p.failure[a, t] = 1.0 - passed * (1.0 - failure)
            if latency != pending[a, 1] or variance != pending[a, 2]:
                spread_latency(bins[a], pending[a, 0], pending[a, 1], pending[a, 2])
                pending[a, 0] = 0.0
                pending[a, 1] = latency
                pending[a, 2] = variance
            # what people meet; bots are turned away and fail alike, and are only counted (`totals`)
            bots = p.demand[BOTS, a, t]
            people = (wanted[a] - bots) / wanted[a] if bots > 0.0 else 1.0
            pending[a, 0] += want[a] * people * (1.0 - failure)
            rows[a, 0] += wanted[a] * people
            rows[a, 1] += (wanted[a] - want[a]) * people
            rows[a, 2] += want[a] * people * failure
            rows[a, 3] += want[a] * people * latency
            for c in range(CLASSES):
                offered = p.demand[c, a, t]
                if c == PEOPLE:
                    offered *= p.surge[a]
                elif c == RETRIES:
                    offered += p.herd[a]
                book(p.totals, p.balance, a, c, offered, passed, failure, counts)
    for a in range(ACTIONS):
        spread_latency(bins[a], pending[a, 0], pending[a, 1], pending[a, 2])
        admitted = rows[a, 0] - rows[a, 1]
        mean = rows[a, 3] / admitted if admitted > 0.0 else pending[a, 1]
        row = p.actions[min(minute, p.actions.shape[0] - 1), a]
        write_action(row, p.histogram[a], bins[a], counts, rows[a, 0], rows[a, 1], rows[a, 2], mean)
    for v in range(count):
        here = live[v]
        here.utilisation = min(1.0, sums[v, 5] / worker_seconds[v]) if worker_seconds[v] > 0.0 else 0.0
        here.in_flight = sums[v, 8] / max(sums[v, 9], SECONDS)
        h = p.history[min(minute, p.history.shape[0] - 1), v]
        h[H_ARRIVED] = sums[v, 0]
        h[H_FAILED] = sums[v, 1]
        h[H_REFUSED] = sums[v, 2]
        h[H_ZOMBIE] = sums[v, 3]
        h[H_RETRIES] = sums[v, 4]
        h[H_QUEUE] = here.queue
        h[H_UTILISATION] = here.utilisation
        h[H_READY] = here.ready
        h[H_LATENCY] = sums[v, 6] / sums[v, 0] if sums[v, 0] > 0.0 else here.latency
        h[H_MOMENT] = sums[v, 7] / sums[v, 0] if sums[v, 0] > 0.0 else here.variance + here.latency * here.latency


@inner
def front_door(nodes, live, board, into, essential, reach, work, shed_order, s, holds, room, want):  # type: ignore[no-untyped-def]
    """Rate limit, then shedding in the order of the degradation plan: lowers `want` in place."""
    if s[LIMIT_RATE] < math.inf:
        total = 0.0
        for a in range(ACTIONS):
            total += want[a]
        admitted = patterns.bucket_admits(s[LIMIT_TOKENS], total, 0.0)
        if admitted < total:
            for a in range(ACTIONS):
                want[a] *= admitted / total
        # refilled after, so that a bucket that keeps up is full at the end of the second
        s[LIMIT_TOKENS] = patterns.bucket_refill(s[LIMIT_TOKENS] - admitted, s[LIMIT_RATE], s[LIMIT_BURST], 1.0)
    if s[SHED_ON] <= 0.0:
        return
    least = 0.0
    for v in range(nodes.shape[0]):
        load = live[v].backlog / s[SHED_DRAIN]
        for a in range(ACTIONS):
            load += want[a] * reach[v, a] * work[v, a]
        room[v] = s[SHED_AT] * station.capacity_of(nodes[v], live[v], board[v], holds[v]) - load
        least = min(least, room[v])
    if least >= 0.0:
        return
    for i in range(ACTIONS):
        a = shed_order[i]
        if a < 0:
            break
        cut = 0.0
        for v in range(nodes.shape[0]):
            weight = reach[v, a] * work[v, a]
            if weight > 0.0 and room[v] < 0.0:
                for e in range(into[v], into[v + 1]):
                    # what an action can do without never costs it its admission
                    if essential[e, a] > 0.0:
                        cut = max(cut, -room[v] / weight)
        cut = min(cut, want[a])
        if cut > 0.0:
            want[a] -= cut
            for v in range(nodes.shape[0]):
                room[v] += cut * reach[v, a] * work[v, a]


@inner
def refill_caches(nodes, live, edges, calls, done):  # type: ignore[no-untyped-def]
    """Objects the stores answered this second go into the caches that miss them."""
    for e in range(edges.shape[0]):
        edge = edges[e]
        u = edge.caller
        if not edge.cached or u < 0 or live[u].warm >= 1.0:
            continue
        flow = 0.0
        for a in range(ACTIONS):
            flow += done[u, a] * calls[e, a]
        cold = flow * max(0.0, edge.reads - (1.0 - nodes[u].hit_rate))
        calling.refill(nodes[u], live[u], cold * (1.0 - edge.failure))
