"""The machine room's arrays: what is fixed, what injects and actions write, what moves.

A *node* is anything that queues requests: a service, the primary or the read replicas of a database,
an external dependency. Nodes are numbered so that a caller comes before whom it calls; an *edge* is
one caller's calls to one node, and the client (caller -1) calls the entry node. Edges are sorted by the
node they lead to.

Requests are fractional flows of *real* requests (float64), never rows. Time inside the side is in
seconds since minute 0 of the run, float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.core.address import by_address
from sim.platform.names import ACTION_NAMES as ACTION_NAMES
from sim.platform.names import ATTEMPTS as ATTEMPTS

if TYPE_CHECKING:
    from sim.platform.config import Platform

# classes of demand
PEOPLE, RETRIES, BOTS = range(3)
CLASSES = 3

#: user actions, in the order of the first axis of every per-action array
BROWSE, SEARCH, CART, ORDER, PAY, CARE = range(6)
ACTIONS = 6

SECONDS = 60  # ticks of a minute
RING = 1024  # seconds a cohort can wait; a queue older than that refuses newcomers
DUE = 64  # seconds ahead a retry can be scheduled
WINDOW = 120  # seconds of outcomes remembered for each edge
EFFECTS = 256  # rows for injects and actions
BATCHES = 16  # batches of pods starting at once, for each node
BINS = 96  # bins of the latency histogram
BIN_FIRST = 1e-3  # s, lower edge of the first bin
BINS_PER_DECADE = 16  # a bin is 15.5% wide; the last one ends at 1000 s
DEVICES = 2  # phone, desktop

# kinds of node
SERVICE, PRIMARY, REPLICA, DEPENDENCY = range(4)

NODE = np.dtype(
    [
        ("kind", "i4"),
        ("owner", "i4"),  # service a database belongs to; itself for a service
        ("service_time", "f8"),  # s, mean time of one request on one worker
        ("concurrency", "f8"),  # workers (requests in service at once) of one replica
        ("in_flight", "f8"),  # requests one replica can hold, those waiting for a callee included
        ("timeout", "f8"),  # s, after which callers give up
        ("attempts", "i4"),  # tries of a call, the first included
        ("budget", "f8"),  # retries allowed as a share of active requests; above 1e8: no budget
        ("budget_minimum", "f8"),  # retries always allowed to be active
        ("backoff", "f8"),  # s, base of the wait before a retry; doubles each time
        ("backoff_cap", "f8"),  # s
        ("jitter", "u1"),  # 1: wait is uniform on (0, backoff), 0: exactly the backoff
        ("variability", "f8"),  # (Ca^2 + Cs^2) / 2 of Allen and Cunneen
        ("scv", "f8"),  # Cs^2 of the service time
        ("queue_limit", "f8"),  # requests waiting for each replica before newcomers are refused
        ("lifo", "u1"),  # newest first while there is a queue
        ("deadlines", "u1"),  # work whose caller has given up is dropped instead of done
        ("base_error", "f8"),  # probability that a request fails in quiet times
        ("optional", "u1"),  # callers do without it when it fails
        ("hit_rate", "f8"),  # of the service's warm cache; 0: no cache
        ("working_set", "f8"),  # objects the cache must refill after a flush
        ("coalescing", "u1"),  # concurrent misses of one object make one call
        ("lag", "f8"),  # s, replication lag in quiet times (primaries); 0: synchronous
        ("scaled", "u1"),  # under the autoscaler and prescaling
        ("base_replicas", "i4"),
        ("min_replicas", "i4"),
        ("max_replicas", "i4"),
        ("target", "f8"),  # utilisation the autoscaler aims at
        ("target_in_flight", "f8"),  # requests in flight for each replica it aims at besides; 0: not looked at
        ("pod_start", "f8"),  # s from decision to ready
        ("price", "i8"),  # fen for a replica-hour, real money
    ],
    align=True,
)

BOARD = np.dtype(
    [
        ("capacity", "f8"),  # share of workers left
        ("slow", "f8"),  # factor on service time
        ("error", "f8"),  # added probability that an attempt fails; another attempt may succeed
        ("fault", "f8"),  # share of requests answered with an error that nobody retries
        ("loss", "f8"),  # packet loss on the way here
        ("unreachable", "f8"),  # share of calls that get no answer at all until the timeout
        ("off", "f8"),  # 1: switched off by a degradation plan
        ("lag", "f8"),  # s of replication lag added
        ("breaker", "f8"),  # 1: breakers towards it forced open
        ("floor", "f8"),  # replicas at least
    ],
    align=True,
)

LIVE = np.dtype(
    [
        # moving
        ("ready", "i4"),  # replicas serving
        ("starting", "i4"),  # replicas paid for, not serving yet
        ("queue", "f8"),  # requests waiting
        ("backlog", "f8"),  # the same in units of the node's service time
        ("oldest", "i8"),  # second of the oldest cohort; meaningless while the queue is empty
        ("wait_probability", "f8"),  # P(wait > 0) of the minute
        ("wait", "f8"),  # s, mean stochastic wait of the minute
        ("tail_rate", "f8"),  # 1/s: P(wait > t) = wait_probability * exp(-tail_rate * t)
        ("failing", "f8"),  # probability that an attempt fails by chance: neither by the fluid queue nor by a fault
        ("late", "f8"),  # probability that an attempt is refused or times out in the fluid queue, last second
        ("latency", "f8"),  # s, mean time of one call in the last second, retries included
        ("variance", "f8"),  # s^2 of the same
        ("failure", "f8"),  # probability that a call fails for good, retries included
        ("warm", "f8"),  # share of the cache's working set that is in it
        ("utilisation", "f8"),  # busy share of workers, mean of the last full minute
        ("in_flight", "f8"),  # requests waiting, served or waiting for callees, for each replica; mean of the last minute
        ("work", "f8"),  # mean service time of the minute's requests / the node's service_time
        ("requests", "f8"),  # requests a second the minute brings, mean of its seconds
        ("load", "f8"),  # the same in units of the node's service time
        ("slow_share", "f8"),  # share of attempts slower than the breakers' bound, of the minute
        ("idle_rate", "f8"),  # load up to which waiting was found to be negligible with the next two
        ("idle_workers", "f8"),
        ("idle_capacity", "f8"),  # service times a second
        ("recorded", "i8"),  # row of `records` the next recommendation goes to
        ("changed", "i8"),  # scale changes written so far
        # accumulators since minute 0, in requests unless said otherwise
        ("arrived", "f8"),  # attempts that reached the node
        ("refused", "f8"),  # turned away by a full queue
        ("served", "f8"),  # done, useful or not
        ("zombie", "f8"),  # done after the caller had given up
        ("dropped", "f8"),  # thrown away: deadline passed, or lost in a crash
        ("failed", "f8"),  # attempts that failed for their caller
        ("retries", "f8"),  # attempts that were retries
        ("queue_area", "f8"),  # request-seconds spent in the queue, counted at the end of each second
        ("waited", "f8"),  # request-seconds of those that left the queue
        ("replica_seconds", "i8"),
    ],
    align=True,
)

EDGE = np.dtype(
    [
        ("caller", "i4"),  # -1: the client
        ("callee", "i4"),
        ("cached", "u1"),  # only misses of the caller's cache travel this edge
        ("optional", "u1"),  # the caller does without
        ("bulkhead", "f8"),  # share of the caller's places this callee may hold
        ("breaker", "i4"),  # CLOSED, OPEN, HALF_OPEN
        ("opened_at", "f8"),  # s
        ("permits", "f8"),  # calls admitted while half-open
        ("tried", "f8"),  # outcomes recorded while half-open
        ("tried_failed", "f8"),
        ("attempts", "f8"),  # attempts made at once for each call, of the minute
        ("extra", "f8"),  # retries a call the budget pays for, of the minute
        ("reads", "f8"),  # share of calls the caller's cache lets through
        ("flow", "f8"),  # calls a second the minute brings, retries aside
        ("share", "f8"),  # calls for each request served by the caller, last second
        ("refused_share", "f8"),  # share of calls refused before they left, last second
        ("failure", "f8"),  # probability that a call fails for good, last second
        ("latency", "f8"),  # s
        ("variance", "f8"),  # s^2
        ("due_until", "i8"),  # last second for which retries are scheduled
        ("hot", "i8"),  # last second with half the failures or slow calls that open a breaker
        ("total_calls", "f8"),
        ("total_refused", "f8"),
    ],
    align=True,
)

EFFECT = np.dtype(
    [
        ("kind", "i4"),  # one of the kinds below
        ("target", "i4"),  # node, action, or -1
        ("size", "f8"),
        ("start", "f8"),  # s, inclusive
        ("end", "f8"),  # s, exclusive; infinite until an action ends it
    ],
    align=True,
)

# kinds of effect; 0 is a free row
(
    FREE, CAPACITY, SLOW, ERROR, LOSS, UNREACHABLE, OFF, LAG, BREAKER, ACTION_OFF, SURGE, HERD, FLUSH, KILL, FLOOR,
    FAULT,
) = range(16)  # fmt: skip

# columns of `history`
(H_ARRIVED, H_FAILED, H_REFUSED, H_ZOMBIE, H_RETRIES, H_QUEUE, H_UTILISATION, H_READY, H_LATENCY, H_MOMENT) = range(10)
HISTORY = 10
# columns of `actions`
(A_OFFERED, A_SHED, A_FAILED, A_LATENCY, A_P50, A_P95, A_P99) = range(7)
ACTION_HISTORY = 7

# columns of `shaped`: mean (s), variance (s^2) and failure of a quiet minute, the bins in use, quantiles (s)
(Q_LATENCY, Q_VARIANCE, Q_FAILURE, Q_FIRST, Q_LAST, Q_P50, Q_P95, Q_P99) = range(8)
SHAPED = 8

# entries of `setting`
(
    BREAKER_ON, BREAKER_FAILURE, BREAKER_SLOW, BREAKER_SLOW_AFTER, BREAKER_WINDOW, BREAKER_BY_COUNT, BREAKER_MINIMUM,
    BREAKER_WAIT, BREAKER_PERMITS, THROTTLE_ON, THROTTLE_K, THROTTLE_WINDOW, LIMIT_RATE, LIMIT_BURST, LIMIT_TOKENS,
    SHED_ON, SHED_AT, SHED_DRAIN, HPA_ON, HPA_TOLERANCE, HPA_EVERY, HPA_UP_WINDOW, HPA_DOWN_WINDOW, HPA_UP_PODS,
    HPA_UP_PERCENT, HPA_UP_PERIOD, HPA_DOWN_PODS, HPA_DOWN_PERCENT, HPA_DOWN_PERIOD, MEASURE_FROM, EXACT,
    LAST_SLOW, FAST, FAST_1, FAST_2, LOAD_ON, LOAD_POISSON, EFFECTS_USED, SLOW_MINUTES, LOST_WRITES, NOW,
) = range(41)  # fmt: skip
SETTINGS = 48


@by_address
class PlatformState(NamedTuple):
    """Everything the machine room knows."""

    demand: np.ndarray  # float64[CLASSES, ACTIONS, 60], requests arriving in each second; filled by the crowd
    latency: np.ndarray  # float32[ACTIONS, 60], s, mean time of an action started that second
    failure: np.ndarray  # float32[ACTIONS, 60], probability that an action started that second fails
    client_latency: np.ndarray  # float32[DEVICES], s of transfer and rendering on the shopper's side
    nodes: np.ndarray  # NODE[nodes]
    board: np.ndarray  # BOARD[nodes], made from `effects`, never written by hand
    live: np.ndarray  # LIVE[nodes]
    edges: np.ndarray  # EDGE[edges], sorted by callee
    into: np.ndarray  # int32[nodes + 1], edges into node v are into[v] .. into[v + 1] - 1
    calls: np.ndarray  # float64[edges, ACTIONS], calls for each request of that action the caller serves
    trips: np.ndarray  # float64[edges, ACTIONS], calls for each action of a user, caches empty, nothing failing
    essential: np.ndarray  # float64[edges, ACTIONS], the same without what the action can do without
    reach: np.ndarray  # float64[nodes, ACTIONS], attempts arriving for each action, of the minute
    work: np.ndarray  # float64[nodes, ACTIONS], service time of the action here / the node's service_time
    cohorts: np.ndarray  # float64[nodes, RING, ACTIONS], waiting requests by second of arrival modulo RING
    due: np.ndarray  # float64[edges, DUE, ATTEMPTS, ACTIONS], retries by second they are made modulo DUE
    window: np.ndarray  # float64[edges, WINDOW, 4], attempts, failures, slow ones, wanted; by second modulo WINDOW
    recent: np.ndarray  # float64[3, ACTIONS, 60], demand of a minute, by minute modulo 3
    recent_edges: np.ndarray  # float64[3, edges, ACTIONS + 2], attempts for each action; failing, slow share
    shape: np.ndarray  # float64[ACTIONS, BINS], latencies of one answered request of a quiet minute, as last worked out
    shaped: np.ndarray  # float64[ACTIONS, SHAPED], what `shape` was worked out for and its quantiles; Q_* name the columns
    starting: np.ndarray  # float64[nodes, BATCHES, 2], second at which a batch of pods is ready, pods in it
    records: np.ndarray  # float64[nodes, 2, n, 2]: recommendations (0), changes (1): second, replicas
    prescale: np.ndarray  # float64[windows, 3], from (s), to (s), factor on base replicas
    effects: np.ndarray  # EFFECT[EFFECTS], injects and actions in force
    shed_order: np.ndarray  # int32[ACTIONS], action given up first comes first; -1 ends
    action_off: np.ndarray  # float64[ACTIONS], share of the action switched off, made from `effects`
    surge: np.ndarray  # float64[ACTIONS], factor on people's demand, made from `effects`
    herd: np.ndarray  # float64[ACTIONS], requests a second added, made from `effects`
    setting: np.ndarray  # float64[SETTINGS], scalars of the side, see the indices above
    load: np.ndarray  # float64[seconds] requests a second of an exogenous load; empty without one
    mix: np.ndarray  # float64[ACTIONS], shares of the exogenous load
    totals: np.ndarray  # float64[CLASSES, ACTIONS, 4]: offered, shed, failed, answered, since MEASURE_FROM
    balance: np.ndarray  # float64[ACTIONS, 4], the same over all classes since minute 0, for the laws
    histogram: np.ndarray  # float64[ACTIONS, BINS], answered requests of people by latency since MEASURE_FROM
    history: np.ndarray  # float32[minutes, nodes, HISTORY], of each minute; H_* name the columns
    actions: np.ndarray  # float32[minutes, ACTIONS, ACTION_HISTORY], people's of each minute; A_* name the columns
    lost_seconds: np.ndarray  # float32[minutes], seconds of that minute whose acknowledged payments are lost

    @property
    def cost(self) -> np.ndarray:
        """int64[nodes], fen (real money) of capacity so far."""
        return np.asarray(self.live["replica_seconds"] * self.nodes["price"] // 3600)


def build(config: Platform, ctx: Any) -> PlatformState:
    """The machine room of a checked configuration; see `sim.platform.layout` for what `ctx` must offer."""
    from sim.platform.layout import build_state

    return build_state(config, ctx)
