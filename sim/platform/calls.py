"""Calls between nodes in one second: who may call, what is retried when, how caches and breakers move."""

from __future__ import annotations

from sim.core.compiled import inner
from sim.platform import patterns, station
from sim.platform.state import (
    ACTIONS,
    ATTEMPTS,
    BREAKER_BY_COUNT,
    BREAKER_FAILURE,
    BREAKER_MINIMUM,
    BREAKER_ON,
    BREAKER_PERMITS,
    BREAKER_SLOW,
    BREAKER_SLOW_AFTER,
    BREAKER_WAIT,
    BREAKER_WINDOW,
    DUE,
    THROTTLE_K,
    THROTTLE_ON,
    THROTTLE_WINDOW,
    WINDOW,
)

_TINY = 1e-300


@inner
def window_sums(window, now, span, by_count):  # type: ignore[no-untyped-def]
    """(attempts, failures, slow, wanted) in the last `span` seconds up to `now`, or in the last `span` attempts.

    `window`: float64[WINDOW, 4] of one edge.
    """
    calls = 0.0
    failures = 0.0
    slow = 0.0
    wanted = 0.0
    for back in range(WINDOW):
        if now - back < 0 or (not by_count and back >= span):
            break
        w = window[(now - back) % WINDOW]
        part = 1.0
        if by_count and calls + w[0] > span:
            part = (span - calls) / w[0]
        calls += w[0] * part
        failures += w[1] * part
        slow += w[2] * part
        wanted += w[3] * part
        if part < 1.0:
            break
    return calls, failures, slow, wanted


@inner
def admit(edge, board, window, places, s, now, offered):  # type: ignore[no-untyped-def]
    """How many of `offered` calls leave the caller: breaker, adaptive throttle, bulkhead.

    `board` is the callee's; `places` those of the caller.
    """
    admitted = offered
    second = float(now)
    if s[BREAKER_ON] > 0.0 or board.breaker > 0.0 or edge.breaker != patterns.CLOSED:
        if board.breaker > 0.0:
            edge.breaker = patterns.OPEN
            edge.opened_at = second
        state = patterns.breaker_after_wait(edge.breaker, second, edge.opened_at, s[BREAKER_WAIT])
        if state != edge.breaker:
            edge.breaker = state
            edge.permits = 0.0
            edge.tried = 0.0
            edge.tried_failed = 0.0
        admitted = patterns.breaker_admits(edge.breaker, admitted, edge.permits, s[BREAKER_PERMITS])
        if edge.breaker == patterns.HALF_OPEN:
            edge.permits += admitted
    if s[THROTTLE_ON] > 0.0 and admitted > 0.0:
        calls, failures, _, wanted = window_sums(window, now - 1, s[THROTTLE_WINDOW], False)
        admitted *= 1.0 - patterns.throttle_share(wanted, calls - failures, s[THROTTLE_K])
    if edge.bulkhead < 1.0 and edge.latency > 0.0:
        admitted = min(admitted, edge.bulkhead * places / edge.latency)
    return admitted


@inner
def note_heat(edge, s, now, attempts, failures, slow):  # type: ignore[no-untyped-def]
    """Note a second whose failures or slow calls come to half the rate that opens a breaker."""
    if attempts > 0.0 and (
        failures >= 0.5 * s[BREAKER_FAILURE] * attempts or slow >= 0.5 * s[BREAKER_SLOW] * attempts
    ):
        edge.hot = now


@inner
def settle_breaker(edge, window, s, now, sent, p_all):  # type: ignore[no-untyped-def]
    """Record the outcomes of a second with the edge's breaker."""
    if edge.breaker == patterns.CLOSED:
        if now - edge.hot > (WINDOW if s[BREAKER_BY_COUNT] > 0.0 else s[BREAKER_WINDOW]):
            # no second of the window comes near the rates, so neither does their sum
            return
        calls, failures, slow, _ = window_sums(window, now, s[BREAKER_WINDOW], s[BREAKER_BY_COUNT] > 0.0)
        state = patterns.breaker_after_record(
            edge.breaker, calls, failures, slow, s[BREAKER_MINIMUM], s[BREAKER_FAILURE], s[BREAKER_SLOW]
        )
        if state != edge.breaker:
            edge.breaker = state
            edge.opened_at = float(now)
    elif edge.breaker == patterns.HALF_OPEN:
        edge.tried += sent
        edge.tried_failed += sent * p_all
        state = patterns.breaker_after_trial(
            edge.breaker, edge.tried, edge.tried_failed, s[BREAKER_PERMITS], s[BREAKER_FAILURE]
        )
        if state != edge.breaker:
            edge.breaker = state
            edge.opened_at = float(now)
            if state == patterns.CLOSED:
                # a closed breaker starts with an empty window
                window[:] = 0.0


@inner
def cold_reads(flow, node, live):  # type: ignore[no-untyped-def]
    """Share of a service's `flow` of reads that reach the store while its cache is not warm."""
    if flow <= 0.0:
        return 1.0 - node.hit_rate
    missing = 1.0 - live.warm
    cold = patterns.cache_calls(flow * node.hit_rate * missing, node.working_set * missing, node.coalescing)
    return 1.0 - node.hit_rate + cold / flow


@inner
def refill(node, live, answered):  # type: ignore[no-untyped-def]
    """`answered` calls for missing objects go into the cache; with coalescing each brings another object."""
    if node.coalescing:
        live.warm = min(1.0, live.warm + answered / max(1.0, node.working_set))
        if live.warm > 1.0 - 1e-6:
            live.warm = 1.0
    else:
        missing = max(_TINY, 1.0 - live.warm)
        live.warm = patterns.cache_warmed(live.warm, answered, node.working_set * missing)


@inner
def serve_node(  # type: ignore[no-untyped-def]
    nodes, live, board, edges, into, calls, work, cohorts, due, window, s, v, now, holds, want, done, sums, arriving
):
    """One second of node v: calls and due retries arrive, the queue is served, callers learn the outcome.

    `want`: float64[ACTIONS], user actions admitted this second; `done`: float64[nodes, ACTIONS], requests
    served this second, of callers already final; `sums`: float64[nodes, 10], the minute's sums;
    `arriving`: float64[ACTIONS], scratch.
    """
    node = nodes[v]
    here = live[v]
    slot = now % DUE
    # trying again right away is pointless while the queue itself is too long; those retries come later
    at_once = 1.0 - here.late
    for a in range(ACTIONS):
        arriving[a] = 0.0
    retries = 0.0
    for e in range(into[v], into[v + 1]):
        edge = edges[e]
        u = edge.caller
        source = want if u < 0 else done[u]
        flow = 0.0
        served = 0.0
        for a in range(ACTIONS):
            flow += source[a] * calls[e, a]
            served += source[a]
        if edge.cached and u >= 0 and live[u].warm < 1.0:
            edge.reads = cold_reads(flow, nodes[u], live[u]) * (1.0 - board[v].off)
        first = flow * edge.reads
        edge.share = first / served if served > 0.0 else 0.0
        again = 0.0
        if now <= edge.due_until:
            for k in range(1, node.attempts):
                for a in range(ACTIONS):
                    again += due[e, slot, k, a]
        offered = first + again
        admitted = offered
        if u >= 0:
            admitted = admit(edge, board[v], window[e], station.places_of(nodes[u], live[u], board[u]), s, now, offered)
        if offered > 0.0:
            edge.refused_share = 1.0 - admitted / offered
        else:
            edge.refused_share = 1.0 if edge.breaker == patterns.OPEN else 0.0
        edge.total_calls += first
        edge.total_refused += offered - admitted
        share = 1.0 - edge.refused_share
        factor = share * (1.0 + (edge.attempts - 1.0) * at_once)
        for a in range(ACTIONS):
            x = source[a] * calls[e, a] * edge.reads
            if again > 0.0:
                for k in range(1, node.attempts):
                    x += due[e, slot, k, a]
            arriving[a] += x * factor
        retries += again * share + offered * (factor - share)
    incoming = 0.0
    for a in range(ACTIONS):
        incoming += arriving[a]
    capacity = station.capacity_of(node, here, board[v], holds[v])
    refused, late, wait, spread, busy, zombie = station.queue_second(
        node, here, board[v], cohorts[v], work[v], now, capacity, arriving, done[v]
    )
    p_all = station.update_outcome(node, here, board[v], wait, spread, refused, late)
    slow = station.slow_share(
        node, here, board[v], s[BREAKER_SLOW_AFTER], max(0.0, wait - spread / 2.0), wait + spread / 2.0
    )
    if s[BREAKER_SLOW_AFTER] <= node.timeout:
        slow = max(slow, late)
    failures = 0.0
    for e in range(into[v], into[v + 1]):
        edge = edges[e]
        failed = station.update_edge(node, here, board[v], edge, p_all)
        u = edge.caller
        source = want if u < 0 else done[u]
        share = 1.0 - edge.refused_share
        factor = share * (1.0 + (edge.attempts - 1.0) * at_once)
        first = 0.0
        for a in range(ACTIONS):
            first += source[a] * calls[e, a]
        first *= edge.reads
        if u >= 0:
            # a caller keeps a place for each of its calls under way
            sums[u, 8] += first * edge.latency
        sent = first * factor
        may_retry = sent if node.attempts > 1 else 0.0
        due_now = now <= edge.due_until
        if due_now:
            for k in range(1, node.attempts):
                for a in range(ACTIONS):
                    sent += due[e, slot, k, a] * factor
                    if k + 1 < node.attempts:
                        may_retry += due[e, slot, k, a] * factor
        renewed = may_retry * here.late
        if renewed > 0.0:
            life = max(min(here.latency, node.timeout), 1e-3)
            allowed = patterns.retries_allowed(first * life, node.budget, node.budget_minimum) / life
            allowed -= first * (factor - share)
            part = factor * min(1.0, max(0.0, allowed) / renewed)
            if part > 0.0:
                for a in range(ACTIONS):
                    due[e, slot, 0, a] = source[a] * calls[e, a] * edge.reads
                schedule(node, edge, due[e], now, part * refused, part * (1.0 - refused) * late)
                due_now = True
        if due_now:
            for k in range(node.attempts):
                for a in range(ACTIONS):
                    due[e, slot, k, a] = 0.0
        w = window[e, now % WINDOW]
        w[0] = sent
        w[1] = sent * failed
        failures += sent * failed
        w[2] = sent * slow
        w[3] = sent / share if share > 0.0 else first
        note_heat(edge, s, now, sent, w[1], w[2])
        if s[BREAKER_ON] > 0.0 and u >= 0:
            settle_breaker(edge, window[e], s, now, sent, failed)
    here.arrived += incoming
    here.failed += failures
    here.refused += incoming * refused
    here.zombie += zombie
    here.retries += retries
    sums[v, 0] += incoming
    sums[v, 1] += failures
    sums[v, 2] += incoming * refused
    sums[v, 3] += zombie
    sums[v, 4] += retries
    sums[v, 5] += busy * node.service_time * board[v].slow
    sums[v, 8] += busy * node.service_time * board[v].slow + here.queue
    sums[v, 6] += incoming * here.latency
    sums[v, 7] += incoming * (here.variance + here.latency * here.latency)


@inner
def schedule(node, edge, due, now, refused, late):  # type: ignore[no-untyped-def]
    """Write the retries of the attempts due now: after the backoff when refused, after timeout and backoff when late.

    `due`: float64[DUE, ATTEMPTS, ACTIONS] of one edge, first attempts in place 0 of the present second;
    `refused`, `late`: shares of the attempts that are retried for that reason.
    """
    slot = now % DUE
    for k in range(min(node.attempts, ATTEMPTS) - 1):
        longest = patterns.backoff_wait(k, node.backoff, node.backoff_cap, 1.0, False)
        # full jitter spreads the retries evenly over the seconds of the backoff
        spread = int(longest) + 1 if node.jitter else 1
        pause = 0 if node.jitter else int(longest + 0.5)
        for reason in range(2):
            share = refused if reason == 0 else late
            if share <= 0.0:
                continue
            base = max(1, pause if reason == 0 else pause + int(node.timeout + 0.5))
            for a in range(ACTIONS):
                piece = due[slot, k, a] * share / spread
                if piece > 0.0:
                    edge.due_until = max(edge.due_until, now + min(base + spread - 1, DUE - 1))
                    for j in range(spread):
                        due[(now + min(base + j, DUE - 1)) % DUE, k + 1, a] += piece
