"""One minute of the machine room, second by second, or at once when every second of it is quiet.

A minute is *quiet* when no request can wait for capacity in any of its seconds, no pattern acts and
nothing changes inside it. Then every second has the same latencies and failures, and the minute's sums
follow from its demand; the result is that of the second-by-second path up to the rounding of sums. All
other minutes go second by second, callers before callees:

    front door (switched-off actions, rate limit, shedding) -> for each node: calls and due retries
    arrive (breaker, throttle, bulkhead) -> refused by a full queue or queued -> served, oldest
    first -> its calls go to the next nodes in the same second -> late and refused attempts schedule retries

Stochastic waiting inside a second is Erlang's (G/G/c), with the load of the minute; waiting for
capacity is the fluid queue's. The two add up.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.core.compiled import inner
from sim.core.rng import decision, poisson
from sim.platform import calls as calling
from sim.platform import patterns, station
from sim.platform.boards import apply_effects, effects_change
from sim.platform.latencies import add_up, quantile_from, spread_latency
from sim.platform.scaling import scale, scale_holds, start_pods
from sim.platform.state import (
    A_FAILED,
    A_LATENCY,
    A_OFFERED,
    A_P50,
    A_P95,
    A_P99,
    A_SHED,
    ACTIONS,
    BINS,
    BREAKER_FAILURE,
    BREAKER_ON,
    BREAKER_SLOW,
    BREAKER_SLOW_AFTER,
    CLASSES,
    EFFECTS_USED,
    EXACT,
    FAST,
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
    LAST_SLOW,
    LIMIT_BURST,
    LIMIT_RATE,
    LIMIT_TOKENS,
    LOAD_ON,
    LOAD_POISSON,
    MEASURE_FROM,
    NOW,
    PEOPLE,
    RETRIES,
    SECONDS,
    SHED_AT,
    SHED_DRAIN,
    SHED_ON,
    SLOW_MINUTES,
    THROTTLE_K,
    THROTTLE_ON,
    WINDOW,
)

LOAD_ARRIVALS = decision("platform.load_arrivals")


@njit(cache=True)
def serve_minute(p, minute, key0, key1):  # type: ignore[no-untyped-def]
    """Serve the demand of one minute: reads `demand`, writes `latency`, `failure` and everything that moves."""
    s = p.setting
    nodes, live, board, edges = p.nodes, p.live, p.board, p.edges
    first = float(minute) * SECONDS
    s[NOW] = minute
    if s[LOAD_ON] > 0.0:
        load_minute(p.demand, p.load, p.mix, s, minute, key0, key1)
    used = int(s[EFFECTS_USED])
    if used > 0:
        apply_effects(p.effects, used, board, live, p.cohorts, p.work, p.action_off, p.surge, p.herd, p.mix, first)
    start_pods(live, p.starting, first)
    rates = p.recent[minute % 3]
    mean_rate = np.zeros(ACTIONS)
    peak = np.zeros(ACTIONS)
    offered = np.zeros((CLASSES, ACTIONS))
    holds = np.empty(nodes.shape[0])
    read_demand(p.demand, p.surge, p.herd, p.action_off, rates, mean_rate, peak, offered)
    update_edges(nodes, live, board, edges, p.into, p.calls, p.reach, mean_rate, p.work, True)
    if (
        s[EXACT] <= 0.0
        and not effects_change(p.effects, used, first, first + SECONDS)
        and undisturbed(nodes, live, board, edges, p.window, s, minute, peak)
        and has_room(nodes, live, board, edges, p.into, p.calls, p.reach, p.work, s, rates, mean_rate, peak, holds)
        and scale_holds(nodes, live, board, p.prescale, p.starting, p.records, s, first)
    ):
        serve_quiet_nodes(nodes, live, board, edges, p.into, p.calls, p.reach, p.work, p.history, minute, mean_rate)
        serve_quiet_actions(
            nodes, board, edges, p.into, p.trips, p.essential, p.latency, p.failure, p.action_off, mean_rate,
            offered, p.totals, p.balance, p.histogram, p.actions, minute, minute >= s[MEASURE_FROM], np.zeros(BINS),
        )  # fmt: skip
        keep_edges(nodes, live, board, edges, p.calls, p.reach, s, p.recent_edges[minute % 3])
        s[FAST + minute % 3] = minute
    else:
        if s[LAST_SLOW] != minute - 1:
            remember(p.recent, p.recent_edges, p.window, edges, s, minute)
        serve_seconds(p, minute, first)
        s[LAST_SLOW] = minute
        s[SLOW_MINUTES] += 1.0


@inner
def load_minute(demand, load, mix, s, minute, key0, key1):  # type: ignore[no-untyped-def]
    """Fill the minute's demand from the exogenous load: smooth, or Poisson counts keyed by (second, action)."""
    demand[:2] = 0.0  # what bots ask is written by their owners
    first = minute * SECONDS
    for t in range(SECONDS):
        if first + t >= load.shape[0]:
            break
        for a in range(ACTIONS):
            mean = load[first + t] * mix[a]
            if mean > 0.0 and s[LOAD_POISSON] > 0.0:
                mean = float(poisson(key0, key1, first + t, a, LOAD_ARRIVALS, 0, mean))
            demand[PEOPLE, a, t] = mean


@inner
def read_demand(demand, surge, herd, action_off, rates, mean_rate, peak, offered):  # type: ignore[no-untyped-def]
    """Actions wanted in each second (`rates`), their mean and peak, and the minute's sums by class (`offered`)."""
    for a in range(ACTIONS):
        on = 1.0 - action_off[a]
        factor = surge[a]
        extra = herd[a]
        people = 0.0
        retries = 0.0
        bots = 0.0
        highest = 0.0
        for t in range(SECONDS):
            x = demand[0, a, t] * factor
            y = demand[1, a, t] + extra
            z = demand[2, a, t]
            people += x
            retries += y
            bots += z
            rate = (x + y + z) * on
            rates[a, t] = rate
            highest = max(highest, rate)
        offered[0, a] = people
        offered[1, a] = retries
        offered[2, a] = bots
        mean_rate[a] = (people + retries + bots) * on / SECONDS
        peak[a] = highest


@inner
def update_edges(nodes, live, board, edges, into, calls, reach, mean_rate, work, new_minute):  # type: ignore[no-untyped-def]
    """Attempts, budget and cache reads of each edge, reach of each action, failure of each node.

    The attempts an edge makes at once follow from the callee's failure in the minute before: load and
    failure determine each other, and the circle is cut by this lag. With `new_minute` the stochastic waits move on.
    """
    for v in range(nodes.shape[0]):
        node = nodes[v]
        here = live[v]
        there = reach[v]
        if not new_minute:
            station.update_failing(node, here, board[v])
        for a in range(ACTIONS):
            there[a] = 0.0
        for e in range(into[v], into[v + 1]):
            edge = edges[e]
            u = edge.caller
            edge.reads = 1.0 - board[v].off
            if edge.cached and u >= 0:
                # what a cold cache adds is worked out second by second
                edge.reads *= 1.0 - nodes[u].hit_rate
            flow = 0.0
            for a in range(ACTIONS):
                source = 1.0 if u < 0 else reach[u, a]
                flow += mean_rate[a] * source * calls[e, a]
            flow *= edge.reads
            edge.extra = node.budget
            if flow > 1e-100:
                active = flow * max(here.latency, 1e-3)
                edge.extra = patterns.retries_allowed(active, node.budget, node.budget_minimum) / active
            edge.attempts, _, _ = patterns.with_fault(here.failing, board[v].fault, node.attempts, edge.extra)
            factor = edge.reads * edge.attempts
            for a in range(ACTIONS):
                source = 1.0 if u < 0 else reach[u, a]
                there[a] += source * calls[e, a] * factor
        if new_minute:
            requests = 0.0
            load = 0.0
            for a in range(ACTIONS):
                requests += mean_rate[a] * there[a]
                load += mean_rate[a] * there[a] * work[v, a]
            station.update_wait(node, here, board[v], load, requests)
            station.update_failing(node, here, board[v])


@inner
def undisturbed(nodes, live, board, edges, window, s, minute, peak):  # type: ignore[no-untyped-def]
    """Whether no queue, cold cache, open breaker, due retry, throttle or rate limit can act in the minute."""
    most = 2.0  # failing share at which a breaker or the throttle may act
    if s[BREAKER_ON] > 0.0:
        most = min(most, s[BREAKER_FAILURE])
    if s[THROTTLE_ON] > 0.0:
        most = min(most, 1.0 - 1.0 / s[THROTTLE_K])
    for v in range(nodes.shape[0]):
        here = live[v]
        if here.queue > 0.0 or here.warm < 1.0 or here.late > 0.0 or board[v].breaker > 0.0:
            return False
        if s[BREAKER_ON] > 0.0 and nodes[v].timeout >= s[BREAKER_SLOW_AFTER]:
            if station.slow_share(nodes[v], here, board[v], s[BREAKER_SLOW_AFTER], 0.0, 0.0) >= s[BREAKER_SLOW]:
                return False
    for e in range(edges.shape[0]):
        v = edges[e].callee
        _, failed, _ = patterns.with_fault(live[v].failing, board[v].fault, nodes[v].attempts, edges[e].extra)
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
def has_room(nodes, live, board, edges, into, calls, reach, work, s, rates, mean_rate, peak, holds):  # type: ignore[no-untyped-def]
    """Whether every node can serve every second of the minute at once; leaves a quiet second's outcome on the edges."""
    for e in range(edges.shape[0]):
        edges[e].refused_share = 0.0
    for v in range(nodes.shape[0]):
        p_all = station.update_outcome(nodes[v], live[v], board[v], 0.0, 0.0, 0.0, 0.0)
        for e in range(into[v], into[v + 1]):
            station.update_edge(nodes[v], live[v], board[v], edges[e], p_all)
    for e in range(edges.shape[0]):
        edge = edges[e]
        u = edge.caller
        flow = 0.0
        served = 0.0
        highest = 0.0
        for a in range(ACTIONS):
            source = 1.0 if u < 0 else reach[u, a]
            served += mean_rate[a] * source
            flow += mean_rate[a] * source * calls[e, a]
            highest += peak[a] * source * calls[e, a]
        edge.share = flow * edge.reads / served if served > 0.0 else 0.0
        if u >= 0 and edge.bulkhead < 1.0:
            if highest * edge.reads * edge.latency > edge.bulkhead * station.places_of(nodes[u], live[u], board[u]):
                return False
    write_holds(nodes, live, board, edges, holds)
    limit = min(1.0, s[SHED_AT]) if s[SHED_ON] > 0.0 else 1.0
    for v in range(nodes.shape[0]):
        most = limit * station.capacity_of(nodes[v], live[v], board[v], holds[v])
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
def write_action(row, total, bins, counts, offered, shed, failed, latency):  # type: ignore[no-untyped-def]
    """Write one action's row of the minute and add its histogram to the run's (`total`) where it `counts`."""
    row[A_OFFERED] = offered
    row[A_SHED] = max(0.0, shed)
    row[A_FAILED] = failed
    row[A_LATENCY] = latency
    answered, first, last = add_up(bins)
    row[A_P50], row[A_P95], row[A_P99] = 0.0, 0.0, 0.0
    if answered > 0.0:
        row[A_P50], k, below = quantile_from(bins, answered, first, 0.0, 0.5)
        row[A_P95], k, below = quantile_from(bins, answered, k, below, 0.95)
        row[A_P99], k, below = quantile_from(bins, answered, k, below, 0.99)
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


@inner
def serve_quiet_actions(  # type: ignore[no-untyped-def]
    nodes, board, edges, into, trips, essential, latencies, failures, action_off, mean_rate, offered, totals,
    balance, histogram, actions, minute, counts, bins,
):  # fmt: skip
    """What the crowd meets in a quiet minute, for each action."""
    for a in range(ACTIONS):
        latency, variance, failure = act(nodes, board, edges, into, trips, essential, a)
        passed = 1.0 - action_off[a]
        for t in range(SECONDS):
            latencies[a, t] = latency
            failures[a, t] = 1.0 - passed * (1.0 - failure)
        total = 0.0
        for c in range(CLASSES):
            total += offered[c, a]
            book(totals, balance, a, c, offered[c, a], passed, failure, counts)
        bins[:] = 0.0
        admitted = mean_rate[a] * SECONDS
        spread_latency(bins, admitted * (1.0 - failure), latency, variance)
        row = actions[min(minute, actions.shape[0] - 1), a]
        write_action(row, histogram[a], bins, counts, total, total - admitted, admitted * failure, latency)


@inner
def serve_quiet_nodes(nodes, live, board, edges, into, calls, reach, work, history, minute, mean_rate):  # type: ignore[no-untyped-def]
    """A quiet minute's sums for each node."""
    for v in range(nodes.shape[0]):
        here = live[v]
        arrived = 0.0
        load = 0.0
        for a in range(ACTIONS):
            arrived += mean_rate[a] * SECONDS * reach[v, a]
            load += mean_rate[a] * SECONDS * reach[v, a] * work[v, a]
        retries = 0.0
        failed = 0.0
        for e in range(into[v], into[v + 1]):
            edge = edges[e]
            flow = 0.0
            for a in range(ACTIONS):
                flow += mean_rate[a] * SECONDS * calls[e, a] * (1.0 if edge.caller < 0 else reach[edge.caller, a])
            flow *= edge.reads
            edge.total_calls += flow
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


@inner
def keep_edges(nodes, live, board, edges, calls, reach, s, keep):  # type: ignore[no-untyped-def]
    """Note what `remember` needs to fill the outcome windows of a quiet minute later, should it matter."""
    for e in range(edges.shape[0]):
        edge = edges[e]
        v = edge.callee
        for a in range(ACTIONS):
            source = 1.0 if edge.caller < 0 else reach[edge.caller, a]
            keep[e, a] = source * calls[e, a] * edge.reads * edge.attempts
        _, keep[e, ACTIONS], _ = patterns.with_fault(live[v].failing, board[v].fault, nodes[v].attempts, edge.extra)
        keep[e, ACTIONS + 1] = station.slow_share(nodes[v], live[v], board[v], s[BREAKER_SLOW_AFTER], 0.0, 0.0)


@inner
def remember(recent, recent_edges, window, edges, s, minute):  # type: ignore[no-untyped-def]
    """Fill the outcome windows of the last two minutes where these were quiet and so did not write them."""
    for back in range(1, 3):
        m = minute - back
        if m < 0 or s[FAST + m % 3] != m:
            continue
        for e in range(window.shape[0]):
            keep = recent_edges[m % 3, e]
            for t in range(SECONDS):
                attempts = 0.0
                for a in range(ACTIONS):
                    attempts += recent[m % 3, a, t] * keep[a]
                w = window[e, (m * SECONDS + t) % WINDOW]
                w[0] = attempts
                w[1] = attempts * keep[ACTIONS]
                w[2] = attempts * keep[ACTIONS + 1]
                w[3] = attempts
            last = np.int64(m * SECONDS + SECONDS - 1)
            if edges[e].hot < last:
                calling.note_heat(edges[e], s, last, 1.0, keep[ACTIONS], keep[ACTIONS + 1])


@njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]
def serve_seconds(p, minute, first):  # type: ignore[no-untyped-def]
    """The minute second by second."""
    s = p.setting
    nodes, live, board, edges, into = p.nodes, p.live, p.board, p.edges, p.into
    count = nodes.shape[0]
    counts = minute >= s[MEASURE_FROM]
    used = int(s[EFFECTS_USED])
    rates = p.recent[minute % 3]
    done = np.zeros((count, ACTIONS))
    want = np.zeros(ACTIONS)
    wanted = np.zeros(ACTIONS)
    arriving = np.zeros(ACTIONS)
    # arrived, failed, refused, zombie, retries, busy seconds, latency and its square weighted
    sums = np.zeros((count, 8))
    rows = np.zeros((ACTIONS, 4))  # offered, shed, failed, latency weighted
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
                update_edges(nodes, live, board, edges, into, p.calls, p.reach, wanted, p.work, False)
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
            pending[a, 0] += want[a] * (1.0 - failure)
            rows[a, 0] += wanted[a]
            rows[a, 1] += wanted[a] - want[a]
            rows[a, 2] += want[a] * failure
            rows[a, 3] += want[a] * latency
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
