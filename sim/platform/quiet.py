"""A minute in which every second is quiet, at once: whether it is one, and what it leaves."""

from __future__ import annotations

import math

from sim.core.compiled import inner
from sim.platform import patterns, station
from sim.platform.answers import act, book, write_sums
from sim.platform.latencies import write_shape
from sim.platform.state import (
    A_P50,
    A_P95,
    A_P99,
    ACTIONS,
    BOTS,
    BREAKER_FAILURE,
    BREAKER_ON,
    BREAKER_SLOW,
    BREAKER_SLOW_AFTER,
    CLASSES,
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
    LAST_SLOW,
    LIMIT_BURST,
    LIMIT_RATE,
    LIMIT_TOKENS,
    Q_FAILURE,
    Q_FIRST,
    Q_LAST,
    Q_LATENCY,
    Q_P50,
    Q_P95,
    Q_P99,
    Q_VARIANCE,
    SECONDS,
    SHED_AT,
    SHED_ON,
    THROTTLE_K,
    THROTTLE_ON,
    WINDOW,
)


@inner
def undisturbed(nodes, live, board, edges, window, keep, s, minute, peak):  # type: ignore[no-untyped-def]
    """Whether no queue, cold cache, open breaker, due retry, throttle or rate limit can act in the minute.

    Notes in ``keep`` what `remember` needs to fill the outcome windows of a quiet minute later, should it matter.
    """
    most = 2.0  # failing share at which a breaker or the throttle may act
    if s[BREAKER_ON] > 0.0:
        most = min(most, s[BREAKER_FAILURE])
    if s[THROTTLE_ON] > 0.0:
        most = min(most, 1.0 - 1.0 / s[THROTTLE_K])
    for v in range(nodes.shape[0]):
        here = live[v]
        if here.queue > 0.0 or here.warm < 1.0 or here.late > 0.0 or board[v].breaker > 0.0:
            return False
        here.slow_share = station.slow_share(nodes[v], here, board[v], s[BREAKER_SLOW_AFTER], 0.0, 0.0)
        if s[BREAKER_ON] > 0.0 and nodes[v].timeout >= s[BREAKER_SLOW_AFTER] and here.slow_share >= s[BREAKER_SLOW]:
            return False
    for e in range(edges.shape[0]):
        v = edges[e].callee
        _, failed, _ = patterns.with_fault(live[v].failing, board[v].fault, nodes[v].attempts, edges[e].extra)
        keep[e, ACTIONS] = failed
        keep[e, ACTIONS + 1] = live[v].slow_share
        if edges[e].breaker != patterns.CLOSED or failed >= most or edges[e].due_until >= minute * SECONDS:
            return False
    if s[LIMIT_RATE] < math.inf:
        highest = 0.0
        for a in range(ACTIONS):
            highest += peak[a]
        if s[LIMIT_TOKENS] < s[LIMIT_BURST] or highest > min(s[LIMIT_RATE], s[LIMIT_BURST]):
            return False
    if s[LAST_SLOW] >= minute - 3:
        # what a slow minute left behind: windows that may yet tip a breaker
        for e in range(edges.shape[0]):
            for i in range(WINDOW):
                attempts = window[e, i, 0]
                if attempts > 0.0 and window[e, i, 1] >= most * attempts:
                    return False
                if attempts > 0.0 and s[BREAKER_ON] > 0.0 and window[e, i, 2] >= s[BREAKER_SLOW] * attempts:
                    return False
    return True


@inner
def has_room(nodes, live, board, edges, into, calls, reach, work, s, rates, peak, flat, holds):  # type: ignore[no-untyped-def]
    """Whether every node can serve every second of the minute at once; leaves a quiet second's outcome on the edges.

    ``flat``: every second asks for the same.
    """
    for e in range(edges.shape[0]):
        edges[e].refused_share = 0.0
    for v in range(nodes.shape[0]):
        p_all = station.update_outcome(nodes[v], live[v], board[v], 0.0, 0.0, 0.0, 0.0)
        for e in range(into[v], into[v + 1]):
            station.update_edge(nodes[v], live[v], board[v], edges[e], p_all)
    for e in range(edges.shape[0]):
        edge = edges[e]
        u = edge.caller
        if u < 0:
            continue
        edge.share = edge.flow / live[u].requests if live[u].requests > 0.0 else 0.0
        if edge.bulkhead < 1.0:
            highest = 0.0
            for a in range(ACTIONS):
                highest += peak[a] * reach[u, a] * calls[e, a]
            if highest * edge.reads * edge.latency > edge.bulkhead * station.places_of(nodes[u], live[u], board[u]):
                return False
    write_holds(nodes, live, board, edges, holds)
    limit = min(1.0, s[SHED_AT]) if s[SHED_ON] > 0.0 else 1.0
    for v in range(nodes.shape[0]):
        most = limit * station.capacity_of(nodes[v], live[v], board[v], holds[v])
        if flat:
            if live[v].load > most:
                return False
            continue
        highest = 0.0
        for a in range(ACTIONS):
            highest += peak[a] * reach[v, a] * work[v, a]
        if highest > most:
            # the peaks of different actions need not fall into one second
            for t in range(SECONDS):
                load = 0.0
                for a in range(ACTIONS):
                    load += rates[a, t] * reach[v, a] * work[v, a]
                if load > most:
                    return False
    return True


@inner
def write_holds(nodes, live, board, edges, holds):  # type: ignore[no-untyped-def]
    """Seconds a request keeps its place at each node: its service and its calls, as they were in the last second."""
    for v in range(nodes.shape[0]):
        holds[v] = station.service_of(nodes[v], live[v], board[v])
    for e in range(edges.shape[0]):
        edge = edges[e]
        if edge.caller >= 0:
            holds[edge.caller] += edge.share * edge.latency


@inner
def serve_quiet_actions(  # type: ignore[no-untyped-def]
    nodes, board, edges, into, trips, essential, latencies, failures, shape, shaped, action_off, mean_rate, offered,
    totals, balance, histogram, actions, minute, counts,
):  # fmt: skip
    """What the crowd meets in a quiet minute, for each action; bots are only counted.

    What was so in the quiet minute before stays as it is.
    """
    for a in range(ACTIONS):
        latency, variance, failure = act(nodes, board, edges, into, trips, essential, a)
        passed = 1.0 - action_off[a]
        fails = 1.0 - passed * (1.0 - failure)
        known = shaped[a]
        if known[Q_LATENCY] != latency or known[Q_VARIANCE] != variance or known[Q_FAILURE] != fails:
            latencies[a, :] = latency
            failures[a, :] = fails
            write_shape(shape[a], known, latency, variance)
            known[Q_FAILURE] = fails
        total = 0.0
        for c in range(CLASSES):
            if offered[c, a] == 0.0:
                continue
            total += offered[c, a]
            book(totals, balance, a, c, offered[c, a], passed, failure, counts)
        people = (total - offered[BOTS, a]) / total if offered[BOTS, a] > 0.0 else 1.0
        total *= people
        admitted = mean_rate[a] * SECONDS * people
        answered = admitted * (1.0 - failure)
        row = actions[min(minute, actions.shape[0] - 1), a]
        write_sums(row, total, total - admitted, admitted * failure, latency)
        if answered > 0.0:
            row[A_P50], row[A_P95], row[A_P99] = known[Q_P50], known[Q_P95], known[Q_P99]
            if counts:
                for k in range(int(known[Q_FIRST]), int(known[Q_LAST]) + 1):
                    histogram[a, k] += shape[a, k] * answered


@inner
def serve_quiet_nodes(nodes, live, board, edges, into, history, minute):  # type: ignore[no-untyped-def]
    """A quiet minute's sums for each node."""
    for v in range(nodes.shape[0]):
        here = live[v]
        arrived = here.requests * SECONDS
        load = here.load * SECONDS
        retries = 0.0
        failed = 0.0
        for e in range(into[v], into[v + 1]):
            edge = edges[e]
            flow = edge.flow * SECONDS
            edge.total_calls += flow
            if edge.caller >= 0:
                # the caller comes before its callee; it keeps a place for each of its calls under way
                live[edge.caller].in_flight += flow * edge.latency / (SECONDS * max(1.0, live[edge.caller].ready))
            retries += flow * (edge.attempts - 1.0)
            _, share, _ = patterns.with_fault(here.failing, board[v].fault, nodes[v].attempts, edge.extra)
            failed += flow * edge.attempts * share
        here.arrived += arrived
        here.served += arrived
        here.failed += failed
        here.retries += retries
        here.replica_seconds += (here.ready + here.starting) * SECONDS
        workers = station.workers_of(nodes[v], here, board[v])
        busy = load * nodes[v].service_time * board[v].slow
        here.utilisation = busy / (workers * SECONDS) if workers > 0.0 else 0.0
        here.in_flight = busy / (SECONDS * max(1.0, here.ready))
        h = history[min(minute, history.shape[0] - 1), v]
        h[H_ARRIVED] = arrived
        h[H_FAILED] = failed
        h[H_REFUSED] = 0.0
        h[H_ZOMBIE] = 0.0
        h[H_RETRIES] = retries
        h[H_QUEUE] = 0.0
        h[H_UTILISATION] = here.utilisation
        h[H_READY] = here.ready
        h[H_LATENCY] = here.latency
        h[H_MOMENT] = here.variance + here.latency * here.latency
