"""When a parcel made now should be at the door: after the queue ahead of it, the next truck, and the couriers' backlog.

Everything here is known when the order is taken: what waits at the warehouse with its units, shifts and cut-offs, and
how many parcels the couriers of the region have before them. Outages and other people's orders to come are not.
"""

from __future__ import annotations

import numpy as np

from sim.core.compiled import inner
from sim.fulfilment.state import FLAG_PICK_UP, S_DOOR_MEAN
from sim.fulfilment.stations import queue_ends, shift_end, work_of


@inner
def foresee(ful, warehouse, region, time):  # type: ignore[no-untyped-def]
    """(minute planned at the door, minute promised) of a parcel that joins a warehouse's picking queue at ``time``.

    The plan and the promise are read at the hour at which the queue ahead ends, because that hour decides which truck
    is reached. Neither is earlier than the couriers can be done with what is surely before the parcel: what has been
    picked for the region, and what waits for it at the same warehouse.
    """
    done = queue_ends(ful, warehouse, time)
    hour = (int(done) // 60) % 24
    planned = done + ful.plan[warehouse, region, hour]
    promised = done + ful.promise[warehouse, region, hour]
    picked = ful.rank.shape[1]
    couriers = ful.stations[picked + region]
    if couriers.servers > 0:
        parcels = ful.bound[picked, region] + ful.bound[warehouse, region] + 1
        cleared = shift_end(couriers.opens, couriers.closes, time, work_of(couriers, parcels, parcels))
        cleared += ful.setting[S_DOOR_MEAN]
        if cleared > planned:
            promised += cleared - planned
            planned = cleared
    return planned, promised


@inner
def binds(ful, parcel, change):  # type: ignore[no-untyped-def]
    """Count a parcel not yet picked among those its region's couriers will get (``change`` 1), or no longer (-1)."""
    p = ful.parcels[parcel]
    if not ful.orders[p.order].flags & FLAG_PICK_UP:
        ful.bound[p.warehouse, p.region] += change


@inner
def binds_picked(ful, parcel, change):  # type: ignore[no-untyped-def]
    """Count a picked parcel among those its region's couriers have before them (``change`` 1), or no longer (-1)."""
    p = ful.parcels[parcel]
    if not ful.orders[p.order].flags & FLAG_PICK_UP:
        ful.bound[np.int64(ful.rank.shape[1]), p.region] += change
