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

import numpy as np

from sim.core.compiled import inner, inner_with_arrays
from sim.core.rng import decision, poisson
from sim.platform import calls as calling
from sim.platform.boards import apply_effects, effects_change
from sim.platform.edges import update_edges
from sim.platform.quiet import has_room, serve_quiet_actions, serve_quiet_nodes, undisturbed
from sim.platform.scaling import scale_holds, start_pods
from sim.platform.seconds import serve_seconds
from sim.platform.state import (
    ACTIONS,
    BOTS,
    CLASSES,
    EFFECTS_USED,
    EXACT,
    FAST,
    LAST_SLOW,
    LOAD_ON,
    LOAD_POISSON,
    MEASURE_FROM,
    NOW,
    PEOPLE,
    RETRIES,
    SECONDS,
    SLOW_MINUTES,
    WINDOW,
)

LOAD_ARRIVALS = decision("platform.load_arrivals")


@inner_with_arrays
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
    rates, keep = p.recent[minute % 3], p.recent_edges[minute % 3]
    mean_rate = np.zeros(ACTIONS)
    peak = np.zeros(ACTIONS)
    offered = np.zeros((CLASSES, ACTIONS))
    holds = np.empty(nodes.shape[0])
    flat = is_flat(p.demand)
    if flat:
        read_flat(p.demand, p.surge, p.herd, p.action_off, rates, mean_rate, peak, offered)
    else:
        read_demand(p.demand, p.surge, p.herd, p.action_off, rates, mean_rate, peak, offered)
    update_edges(nodes, live, board, edges, p.into, p.calls, p.reach, mean_rate, p.work, keep, True)
    if (
        s[EXACT] <= 0.0
        and not effects_change(p.effects, used, first, first + SECONDS)
        and undisturbed(nodes, live, board, edges, p.window, keep, s, minute, peak)
        and has_room(nodes, live, board, edges, p.into, p.calls, p.reach, p.work, s, rates, peak, flat, holds)
        and scale_holds(nodes, live, board, p.prescale, p.starting, p.records, s, first)
    ):
        serve_quiet_nodes(nodes, live, board, edges, p.into, p.history, minute)
        serve_quiet_actions(
            nodes, board, edges, p.into, p.trips, p.essential, p.latency, p.failure, p.shape, p.shaped, p.action_off,
            mean_rate, offered, p.totals, p.balance, p.histogram, p.actions, minute, minute >= s[MEASURE_FROM],
        )  # fmt: skip
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
def is_flat(demand):  # type: ignore[no-untyped-def]
    """Whether every second of the minute asks for the same."""
    for c in range(CLASSES):
        for a in range(ACTIONS):
            row = demand[c, a]
            first, differing = row[0], np.int64(0)
            for t in range(SECONDS):
                differing += np.int64(row[t] != first)
            if differing > 0:
                return False
    return True


@inner
def read_flat(demand, surge, herd, action_off, rates, mean_rate, peak, offered):  # type: ignore[no-untyped-def]
    """`read_demand` of a minute whose seconds are all alike."""
    for a in range(ACTIONS):
        people, retries, bots = demand[PEOPLE, a, 0] * surge[a], demand[RETRIES, a, 0] + herd[a], demand[BOTS, a, 0]
        rate = (people + retries + bots) * (1.0 - action_off[a])
        rates[a, :] = rate
        offered[PEOPLE, a], offered[RETRIES, a], offered[BOTS, a] = people * SECONDS, retries * SECONDS, bots * SECONDS
        mean_rate[a] = peak[a] = rate


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


