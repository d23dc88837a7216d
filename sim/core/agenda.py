"""The compiled agenda: a calendar queue by minute for the crowd's own appointments.

SimPy holds what is rare; the agenda holds what is not: a parcel that reaches its station, a
shopper who comes back when the promotion opens, a return that arrives. One bucket for each minute of
the run, first in, first out inside a bucket, so the order of simultaneous appointments is the order
in which they were made. Appointments beyond the run's end are counted and dropped.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.core.address import by_address
from sim.core.compiled import inner, prefetch
from sim.core.reserve import lengthen, reserve

NODE = np.dtype(
    [
        ("kind", "i4"),  # what happens, a constant of the side that made it
        ("subject", "i4"),  # row it happens to
        ("detail", "i4"),  # free for the kind
        ("next", "i4"),  # next node of the same minute, or of the free list; -1 ends
    ],
    align=True,
)


@by_address
class Agenda(NamedTuple):
    """Appointments by minute."""

    head: np.ndarray  # int32[minutes], first node of the minute, -1 if none
    tail: np.ndarray  # int32[minutes], last node of the minute
    nodes: np.ndarray  # NODE[capacity]
    cursor: np.ndarray  # int64[4]: free list head, free nodes, appointments made, appointments beyond the end


FREE_HEAD, FREE_COUNT, MADE, BEYOND = 0, 1, 2, 3


def build(minutes: int, capacity: int) -> Agenda:
    """An empty agenda of ``minutes`` buckets with room for ``capacity`` appointments at once."""
    nodes = reserve(capacity, 4 * capacity, NODE)
    nodes["next"] = np.arange(1, capacity + 1)
    nodes["next"][-1] = -1
    return Agenda(
        head=np.full(minutes, -1, np.int32),
        tail=np.full(minutes, -1, np.int32),
        nodes=nodes,
        cursor=np.array([0, capacity, 0, 0], np.int64),
    )


def grow(agenda: Agenda, capacity: int) -> Agenda:
    """The same agenda with room for ``capacity`` appointments (at least its present room)."""
    old = agenda.nodes.shape[0]
    nodes = lengthen(agenda.nodes, capacity)
    nodes["next"][old:] = np.arange(old + 1, capacity + 1)
    nodes["next"][-1] = agenda.cursor[FREE_HEAD]
    cursor = agenda.cursor.copy()
    cursor[FREE_HEAD] = old
    cursor[FREE_COUNT] += capacity - old
    return agenda._replace(nodes=nodes, cursor=cursor)


@inner
def appoint(agenda, minute, kind, subject, detail):  # type: ignore[no-untyped-def]
    """Make an appointment at ``minute`` (whole minutes; a time inside a minute belongs to its bucket).

    The caller has made sure of a free node (the engine checks room before each minute); one beyond the
    end of the run is counted and dropped. Returns True if it will be kept.
    """
    if minute >= agenda.head.shape[0]:
        agenda.cursor[BEYOND] += 1
        return False
    node = agenda.cursor[FREE_HEAD]
    agenda.cursor[FREE_HEAD] = agenda.nodes[node].next
    prefetch(agenda.nodes, np.int64(agenda.nodes[node].next))
    agenda.cursor[FREE_COUNT] -= 1
    agenda.cursor[MADE] += 1
    row = agenda.nodes[node]
    row.kind = kind
    row.subject = subject
    row.detail = detail
    row.next = -1
    if agenda.head[minute] < 0:
        agenda.head[minute] = node
    else:
        agenda.nodes[agenda.tail[minute]].next = node
    agenda.tail[minute] = node
    return True


@inner
def take(agenda, minute):  # type: ignore[no-untyped-def]
    """Take the next appointment of ``minute``: (found, kind, subject, detail). Its node is free again."""
    node = agenda.head[minute]
    if node < 0:
        return False, 0, 0, 0
    row = agenda.nodes[node]
    kind, subject, detail = row.kind, row.subject, row.detail
    agenda.head[minute] = row.next
    row.next = agenda.cursor[FREE_HEAD]
    agenda.cursor[FREE_HEAD] = node
    agenda.cursor[FREE_COUNT] += 1
    return True, kind, subject, detail
