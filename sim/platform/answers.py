"""What becomes of user actions: what the nodes on their way make of them, and what is written down."""

from __future__ import annotations

from sim.core.compiled import inner
from sim.platform.latencies import add_up, quantiles
from sim.platform.state import A_FAILED, A_LATENCY, A_OFFERED, A_P50, A_P95, A_P99, A_SHED


@inner
def act(nodes, board, edges, into, trips, essential, a):  # type: ignore[no-untyped-def]
    """(mean latency, variance, failure) of user action `a` from the edges as they are."""
    latency = 0.0
    variance = 0.0
    good = 1.0
    for e in range(edges.shape[0]):
        number = trips[e, a]
        if number <= 0.0:
            continue
        edge = edges[e]
        latency += number * edge.reads * edge.latency
        variance += number * edge.reads * edge.variance
        if essential[e, a] > 0.0:
            off = board[edge.callee].off
            if off > 0.0:
                # what is switched off fails those who need it
                good *= 1.0 - off * min(1.0, essential[e, a])
            needed = essential[e, a] * edge.reads
            if edge.failure > 0.0:
                good *= 1.0 - needed * edge.failure if needed <= 1.0 else (1.0 - edge.failure) ** needed
    if latency >= nodes[0].timeout:
        return nodes[0].timeout, variance, 1.0
    return latency, variance, 1.0 - good


@inner
def write_sums(row, offered, shed, failed, latency):  # type: ignore[no-untyped-def]
    """Write one action's row of the minute, without quantiles."""
    row[A_OFFERED] = offered
    row[A_SHED] = max(0.0, shed)
    row[A_FAILED] = failed
    row[A_LATENCY] = latency
    row[A_P50], row[A_P95], row[A_P99] = 0.0, 0.0, 0.0


@inner
def write_action(row, total, bins, counts, offered, shed, failed, latency):  # type: ignore[no-untyped-def]
    """Write one action's row of the minute and add its histogram to the run's (`total`) where it `counts`."""
    write_sums(row, offered, shed, failed, latency)
    answered, first, last = add_up(bins)
    if answered > 0.0:
        row[A_P50], row[A_P95], row[A_P99] = quantiles(bins, answered, first)
    if counts:
        for k in range(first, last + 1):
            total[k] += bins[k]


@inner
def book(totals, balance, a, c, offered, passed, failure, counts):  # type: ignore[no-untyped-def]
    """Book `offered` requests of class c: what was shed, failed and answered adds up to them."""
    admitted = offered * passed
    failed = admitted * failure
    if counts:
        totals[c, a, 0] += offered
        totals[c, a, 1] += offered - admitted
        totals[c, a, 2] += failed
        totals[c, a, 3] += admitted - failed
    balance[a, 0] += offered
    balance[a, 1] += offered - admitted
    balance[a, 2] += failed
    balance[a, 3] += admitted - failed
