"""What is asked of every edge and node of the call graph, given how the nodes did before."""

from __future__ import annotations

from sim.core.compiled import inner
from sim.platform import patterns, station
from sim.platform.state import ACTIONS


@inner
def update_edges(nodes, live, board, edges, into, calls, reach, mean_rate, work, keep, new_minute):  # type: ignore[no-untyped-def]
    """Attempts, budget and cache reads of each edge, reach of each action, failure of each node.

    ``keep``: float64[edges, ACTIONS + 2], where the attempts on each edge for each action are written. Those an edge
    makes at once follow from the callee's failure in the minute before: load and failure determine each other, and the
    circle is cut by this lag. With `new_minute` the stochastic waits move on.
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
            through = keep[e]
            flow = 0.0
            for a in range(ACTIONS):
                through[a] = calls[e, a] if u < 0 else reach[u, a] * calls[e, a]
                flow += mean_rate[a] * through[a]
            flow *= edge.reads
            edge.flow = flow
            edge.extra = node.budget
            if flow > 1e-100:
                active = flow * max(here.latency, 1e-3)
                edge.extra = patterns.retries_allowed(active, node.budget, node.budget_minimum) / active
            edge.attempts, _, _ = patterns.with_fault(here.failing, board[v].fault, node.attempts, edge.extra)
            factor = edge.reads * edge.attempts
            for a in range(ACTIONS):
                through[a] *= factor
                there[a] += through[a]
        if new_minute:
            requests = 0.0
            load = 0.0
            for a in range(ACTIONS):
                requests += mean_rate[a] * there[a]
                load += mean_rate[a] * there[a] * work[v, a]
            here.requests = requests
            here.load = load
            station.update_wait(node, here, board[v], load, requests)
            station.update_failing(node, here, board[v])
