"""The horizontal pod autoscaler, with the semantics of Kubernetes' `autoscaling/v2` controller."""

from __future__ import annotations

import math

from numba import njit

#: guards bounds against the last bits of a quotient: 2.0000000000000004 replicas are 2, |1 - 1.1| is 0.1
_LAST_BIT = 1e-9


@njit(cache=True)
def desired_replicas(current, ready, used, unready, missing, request, target, tolerance):  # type: ignore[no-untyped-def]
    """Replicas for a utilisation (CPU) target.

    `current` replicas, of which `ready` together use `used` (any unit, such as millicores), `unready`
    are not ready yet and `missing` have no metric; each pod requests `request` (same unit); `target`
    and `tolerance` are shares. Unready pods are set aside, and count as 0% on the way up; pods without
    metric count as 100% of request on the way down and as 0% on the way up.
    """
    if ready <= 0:
        return current
    ratio = used / (ready * request) / target
    rising = unready > 0 and ratio > 1.0
    if not rising and missing == 0:
        if abs(1.0 - ratio) <= tolerance + _LAST_BIT:
            return current
        return math.ceil(ratio * ready - _LAST_BIT)
    total = used
    pods = ready
    if missing > 0:
        pods += missing
        if ratio < 1.0:
            total += missing * request * max(1.0, target)
    if rising:
        pods += unready
    again = total / (pods * request) / target
    if abs(1.0 - again) <= tolerance + _LAST_BIT or (ratio < 1.0) != (again < 1.0):
        return current
    proposal = math.ceil(again * pods - _LAST_BIT)
    if (again < 1.0 and proposal > current) or (again > 1.0 and proposal < current):
        return current
    return proposal


@njit(cache=True)
def stabilised(current, desired, now, records, up_window, down_window):  # type: ignore[no-untyped-def]
    """`desired` held back by earlier recommendations: least within `up_window` s, greatest within `down_window` s.

    `records`: float64[n, 2], second and replicas of earlier recommendations (second -inf: empty).
    """
    least = desired
    greatest = desired
    for i in range(records.shape[0]):
        age = now - records[i, 0]
        if age < up_window and records[i, 1] < least:
            least = int(records[i, 1])
        if age < down_window and records[i, 1] > greatest:
            greatest = int(records[i, 1])
    if current < least:
        return least
    if current > greatest:
        return greatest
    return current


@njit(cache=True)
def changes_within(now, period, changes, added):  # type: ignore[no-untyped-def]
    """Replicas added (or removed) in the last `period` s; `changes`: float64[n, 2], second and signed change."""
    total = 0.0
    for i in range(changes.shape[0]):
        if now - changes[i, 0] < period:
            if added and changes[i, 1] > 0.0:
                total += changes[i, 1]
            elif not added and changes[i, 1] < 0.0:
                total -= changes[i, 1]
    return total


@njit(cache=True)
def limited(  # type: ignore[no-untyped-def]
    current, desired, added_up, removed_up, added_down, removed_down, up_pods, up_percent, down_pods, down_percent
):
    """`desired` within the speed limits.

    Up: the more generous of `up_pods` pods and `up_percent` % over the replicas at the start of the
    period; down likewise. A negative limit is absent. `added_up`, `removed_up` are the replicas added
    and removed within the period of the upward policy, `added_down`, `removed_down` of the downward one.
    """
    if desired > current:
        start = current - added_up + removed_up
        limit = -1.0
        if up_pods >= 0.0:
            limit = start + up_pods
        if up_percent >= 0.0:
            limit = max(limit, math.ceil(start * (1.0 + up_percent / 100.0) - _LAST_BIT))
        if limit < 0.0:
            return desired
        return min(desired, int(max(limit, current)))
    if desired < current:
        start = current + removed_down - added_down
        floor = math.inf
        if down_pods >= 0.0:
            floor = start - down_pods
        if down_percent >= 0.0:
            floor = min(floor, math.floor(start * (1.0 - down_percent / 100.0) + _LAST_BIT))
        if floor == math.inf:
            return desired
        return max(desired, int(min(max(floor, 0.0), current)))
    return current
