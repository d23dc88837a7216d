"""What rare events do to queues: compiled, because an outage touches every parcel in hand."""

from __future__ import annotations

from numba import njit

from sim.fulfilment.cancelling import release, relocate
from sim.fulfilment.pools import room
from sim.fulfilment.state import LINES, P_COURIER, P_INSPECTION, P_QUEUED
from sim.fulfilment.stations import staff, stop


@njit(cache=True)
def halt(ful, number, minute, until):  # type: ignore[no-untyped-def]
    """Stop a station from the whole minute ``minute`` until ``until``; unfinished work is requeued at the head."""
    warehouses, regions = ful.haul_mean.shape
    queued = P_QUEUED
    if number >= warehouses + regions:
        queued = P_INSPECTION
    elif number >= warehouses:
        queued = P_COURIER
    stop(ful, number, minute, until, queued)


@njit(cache=True)
def empty(ful, supply, skus, agenda, books, key0, key1, warehouse, minute):  # type: ignore[no-untyped-def]
    """Give all that waits at a warehouse to others, or let it wait as backorders there is no stock for.

    The warehouse must be closed or out of the ranks. Returns (parcels moved, whether it stopped for want
    of room: then make room and call again).
    """
    moved = 0
    while ful.stations[warehouse].head >= 0:
        _, parcels, nodes = room(ful, agenda)
        if parcels < LINES or nodes < LINES:
            return moved, True
        row = release(ful, supply, warehouse, int(ful.stations[warehouse].head), minute)
        relocate(ful, supply, skus, agenda, books, key0, key1, row, minute)
        moved += 1
    return moved, False


@njit(cache=True)
def restaff(ful, number, servers, factor):  # type: ignore[no-untyped-def]
    """Let ``servers`` row servers work at a station, each service ``factor`` times as long as now."""
    staff(ful, number, servers, factor)
