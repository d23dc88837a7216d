"""The autoscaler, the schedule and orders by hand, applied to the nodes.

The metrics are each node's utilisation and, where it has a target for them, its requests in flight over the last full
minute: pods do not see the present second.
"""

from __future__ import annotations

import math

from sim.core.compiled import inner
from sim.platform import autoscaler
from sim.platform.state import (
    BATCHES,
    HPA_DOWN_PERCENT,
    HPA_DOWN_PERIOD,
    HPA_DOWN_PODS,
    HPA_DOWN_WINDOW,
    HPA_EVERY,
    HPA_ON,
    HPA_TOLERANCE,
    HPA_UP_PERCENT,
    HPA_UP_PERIOD,
    HPA_UP_PODS,
    HPA_UP_WINDOW,
    SECONDS,
)


@inner
def bounds(node, board, prescale, second):  # type: ignore[no-untyped-def]
    """(least, most) replicas at `second`: the autoscaler's bounds, the schedule, orders by hand."""
    least = node.min_replicas
    if node.scaled:
        for i in range(prescale.shape[0]):
            if prescale[i, 0] <= second < prescale[i, 1]:
                least = max(least, math.ceil(node.base_replicas * prescale[i, 2]))
    least = max(least, int(board.floor))
    return least, max(node.max_replicas, least)


@inner
def proposal(node, live, setting):  # type: ignore[no-untyped-def]
    """What the autoscaler recommends from the last full minute; of several metrics the largest recommendation."""
    current = live.ready + live.starting
    wish = autoscaler.desired_replicas(
        current, live.ready, live.utilisation * live.ready, live.starting, 0, 1.0, node.target, setting[HPA_TOLERANCE]
    )
    if node.target_in_flight > 0.0:
        used = live.in_flight * live.ready
        by_flight = autoscaler.desired_replicas(
            current, live.ready, used, live.starting, 0, node.target_in_flight, 1.0, setting[HPA_TOLERANCE]
        )
        wish = max(wish, by_flight)
    return wish


@inner
def decide(node, live, board, prescale, records, s, second, wish):  # type: ignore[no-untyped-def]
    """Replicas a node gets at `second` when `wish` is recommended: stabilised, within speed limits and bounds."""
    current = live.ready + live.starting
    least, most = bounds(node, board, prescale, second)
    if not (node.scaled and s[HPA_ON] > 0.0):
        return max(node.base_replicas, least)
    if current < least:
        return least
    if current > most:
        return most
    if wish <= current <= least or wish >= current >= most:
        # neither what holds a recommendation back nor the speed limits ever turn its direction
        return current
    target = autoscaler.stabilised(current, wish, second, records[0], s[HPA_UP_WINDOW], s[HPA_DOWN_WINDOW])
    if target == current:
        return current
    changes = records[1]
    target = autoscaler.limited(
        current,
        target,
        autoscaler.changes_within(second, s[HPA_UP_PERIOD], changes, True),
        autoscaler.changes_within(second, s[HPA_UP_PERIOD], changes, False),
        autoscaler.changes_within(second, s[HPA_DOWN_PERIOD], changes, True),
        autoscaler.changes_within(second, s[HPA_DOWN_PERIOD], changes, False),
        s[HPA_UP_PODS],
        s[HPA_UP_PERCENT],
        s[HPA_DOWN_PODS],
        s[HPA_DOWN_PERCENT],
    )
    return min(max(target, least), most)


@inner
def record_wish(live, records, second, wish):  # type: ignore[no-untyped-def]
    """Remember a recommendation."""
    slot = live.recorded
    live.recorded = slot + 1 if slot + 1 < records.shape[1] else 0
    records[0, slot, 0] = second
    records[0, slot, 1] = wish


@inner
def resize(node, live, starting, records, second, target):  # type: ignore[no-untyped-def]
    """Order or stop replicas: new ones serve after the pod start time; those starting are stopped first."""
    current = live.ready + live.starting
    if target > current:
        due = second + node.pod_start
        slot = BATCHES - 1
        for i in range(BATCHES):
            if starting[i, 1] <= 0.0:
                slot = i
                break
        starting[slot, 0] = max(due, starting[slot, 0]) if starting[slot, 1] > 0.0 else due
        starting[slot, 1] += target - current
        live.starting += target - current
    elif target < current:
        stop = current - target
        while stop > 0 and live.starting > 0:
            latest = -1
            for i in range(BATCHES):
                if starting[i, 1] > 0.0 and (latest < 0 or starting[i, 0] > starting[latest, 0]):
                    latest = i
            taken = min(stop, int(starting[latest, 1]))
            starting[latest, 1] -= taken
            live.starting -= taken
            stop -= taken
        live.ready -= stop
    slot = live.changed % records.shape[1]
    live.changed += 1
    records[1, slot, 0] = second
    records[1, slot, 1] = target - current


@inner
def scale(nodes, live, board, prescale, starting, records, s, second):  # type: ignore[no-untyped-def]
    """One evaluation for every node."""
    for v in range(nodes.shape[0]):
        automatic = nodes[v].scaled and s[HPA_ON] > 0.0
        wish = proposal(nodes[v], live[v], s) if automatic else live[v].ready + live[v].starting
        target = decide(nodes[v], live[v], board[v], prescale, records[v], s, second, wish)
        if automatic:
            record_wish(live[v], records[v], second, wish)
        if target != live[v].ready + live[v].starting:
            resize(nodes[v], live[v], starting[v], records[v], second, target)


@inner
def scale_holds(nodes, live, board, prescale, starting, records, s, first):  # type: ignore[no-untyped-def]
    """Whether no evaluation of the minute from second `first` would change anything and no pod begins to serve in it.

    If so, its recommendations are remembered. The recommendation is the same at every evaluation, as its metrics are
    those of the last full minute. One that equals the present number changes nothing; what holds another one back,
    earlier recommendations and changes, only falls away with time, so the last evaluation decides unless the
    schedule changes before it.
    """
    every = int(s[HPA_EVERY])
    last = first + SECONDS - every
    scheduled = False  # a stretch of the schedule begins or ends within the minute
    for i in range(prescale.shape[0]):
        for k in range(2):
            scheduled |= first < prescale[i, k] < first + SECONDS
    for v in range(nodes.shape[0]):
        node = nodes[v]
        one = live[v]
        if one.starting > 0:
            for i in range(BATCHES):
                if starting[v, i, 1] > 0.0 and starting[v, i, 0] < first + SECONDS:
                    return False
        current = one.ready + one.starting
        automatic = node.scaled and s[HPA_ON] > 0.0
        wish = proposal(node, one, s) if automatic else current
        if wish == current and not scheduled:
            least, most = bounds(node, board[v], prescale, first)
            if automatic and least <= wish <= most:
                continue
            if not automatic and wish == max(node.base_replicas, least):
                continue
        if decide(node, one, board[v], prescale, records[v], s, last, wish) != current:
            return False
        if scheduled:
            for k in range(0, SECONDS - every, every):
                if decide(node, one, board[v], prescale, records[v], s, first + k, wish) != current:
                    return False
    if s[HPA_ON] > 0.0:
        for v in range(nodes.shape[0]):
            if nodes[v].scaled:
                wish = proposal(nodes[v], live[v], s)
                for k in range(0, SECONDS, every):
                    record_wish(live[v], records[v], first + k, wish)
    return True


@inner
def start_pods(live, starting, second):  # type: ignore[no-untyped-def]
    """Replicas whose start time has passed begin to serve."""
    for v in range(live.shape[0]):
        if live[v].starting <= 0:
            continue
        for i in range(BATCHES):
            if starting[v, i, 1] > 0.0 and starting[v, i, 0] <= second:
                live[v].ready += int(starting[v, i, 1])
                live[v].starting -= int(starting[v, i, 1])
                starting[v, i, 1] = 0.0
