"""Room for what is under way: pools of rows grow when they are full."""

from __future__ import annotations

import numpy as np

from sim.care.state import grow as grow_inbox
from sim.core import agenda
from sim.crowd.state import N_DUE
from sim.engine.advance import FULL_INBOX, NO_CANDIDATES, NO_INTENTS, NO_NODES, NO_ORDERS, NO_PARCELS
from sim.engine.world import D_PARCELS, World
from sim.fulfilment import pools
from sim.fulfilment.state import C_ORDERS_FREE, C_QUEUED, C_SERIAL


def free_appointments(world: World) -> int:
    """Nodes of the agenda that nobody has: a queued parcel is owed one."""
    return int(world.agenda.cursor[agenda.FREE_COUNT] - world.fulfilment.cursor[C_QUEUED])


def make_room(world: World, why: int, need: int) -> World:
    """The world with more room for what ``advance`` said is full (NO_ORDERS, ...), for ``need`` rows."""
    if why == NO_CANDIDATES:
        room = int(need * 1.25) + 1024
        crowd = world.crowd._replace(candidates=np.zeros(room, np.int64), unsorted=np.zeros(room, np.int64))
        crowd.made[0] = -1
        return world._replace(crowd=crowd)
    if why == NO_INTENTS:
        grown = np.zeros(int(need * 1.5), world.crowd.intents.dtype)
        grown[: len(world.crowd.intents)] = world.crowd.intents
        return world._replace(crowd=world.crowd._replace(intents=grown))
    if why == NO_ORDERS:
        ful = world.fulfilment
        if ful.cursor[C_ORDERS_FREE] < need:
            ful = pools.grow(ful, orders=int((len(ful.orders) + need) * 1.1))
        if len(ful.closed) and ful.cursor[C_SERIAL] + need > len(ful.closed):
            ful = pools.keep_closed(ful, int((len(ful.closed) + need) * 1.5))
        return world._replace(fulfilment=ful)
    if why == NO_PARCELS:
        parcels = int((len(world.fulfilment.parcels) + need) * 1.1)
        return world._replace(fulfilment=pools.grow(world.fulfilment, parcels=parcels))
    if why == FULL_INBOX:
        return world._replace(care=grow_inbox(world.care))
    if why == NO_NODES:
        return _grow_agenda(world, int((len(world.agenda.nodes) + need) * 1.25))
    return world


def _grow_agenda(world: World, nodes: int) -> World:
    parcels, people = world.desk.counts[D_PARCELS], world.crowd.counts[N_DUE]
    due = np.zeros((nodes, 3), np.int32)
    due[:parcels] = world.desk.due[:parcels]  # only what is used: memory nobody has written to costs nothing
    mine = np.zeros((nodes, 3), np.int32)
    mine[:people] = world.crowd.due[:people]
    return world._replace(
        agenda=agenda.grow(world.agenda, nodes), desk=world.desk._replace(due=due),
        crowd=world.crowd._replace(due=mine),
    )  # fmt: skip
