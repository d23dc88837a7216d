"""What a second core can compile in a first run: the parts of `advance` that take long, and kernels of later days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.core import sharing
from sim.crowd.choice import visit
from sim.engine.advance import advance
from sim.engine.aftermath import refund_early, send_back, settle
from sim.engine.crowding import appoint_waiting
from sim.engine.ordering import pay_balance, take_order
from sim.engine.world import World
from sim.fulfilment.allocation import serve_waiting
from sim.fulfilment.kernel import handle, work
from sim.fulfilment.stations import arrange
from sim.platform.kernel import serve_minute
from sim.supply.kernel import close_day, receive, settle_all
from sim.supply.transfers import unload

N, REAL, PART = 0, 0.0, np.float32(0.0)  # an argument that is whole, float64, float32


def share(world: World) -> None:
    """Begin to compile what this world's runs need, with a second process where there may be one."""
    sharing.begin(*plan(world))


def plan(world: World) -> tuple[Any, Sequence[Any], list[sharing.Job], list[sharing.Job]]:
    """The great kernel, its arguments, the parts of it to share, and kernels for later.

    Of a function that is named here with other types than it is called with, nothing is gained: it is compiled anew.
    """
    w, skus, k0, k1 = world, world.shelf.skus, *world.crowd.keys[:2]
    states = (w.crowd, w.shelf, w.supply, w.fulfilment, w.care, w.platform, w.rivals, w.books, w.agenda, w.desk)
    parts: list[sharing.Job] = [
        (serve_minute, (w.platform, N, k0, k1)),
        (settle, (w.crowd, w.shelf, w.fulfilment, w.care, w.books, w.agenda, N)),
        (handle, (w.fulfilment, w.supply, skus, w.agenda, w.books, k0, k1, N, N, N, N)),
        (arrange, (w.fulfilment, N)),
        (refund_early, (w.crowd, w.shelf, w.fulfilment, w.care, w.books, N, N, N)),
        (send_back, (w.crowd, w.shelf, w.fulfilment, w.care, w.books, w.agenda, N, N, N)),
        (work, (w.fulfilment, w.supply, skus, w.agenda, w.books, k0, k1, N)),
        (pay_balance, (w.crowd, w.shelf, w.supply, w.fulfilment, w.books, w.agenda, N, N, PART)),
        (visit, (w.crowd, w.shelf, w.rivals, w.books, N, np.uint32(0), N, N, N, REAL, REAL, N)),
        (take_order, (w.crowd, w.shelf, w.supply, w.fulfilment, w.care, w.rivals, w.books, w.agenda, w.desk,
                      w.crowd.intents[0], N, REAL)),
    ]  # fmt: skip
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    later: list[sharing.Job] = [
        (close_day, (w.supply, N, REAL, REAL, True)),
        (receive, (w.supply, skus, w.books, real, N, whole, whole, whole, real, REAL, REAL, REAL)),
        (unload, (w.supply, whole, np.zeros((0, 0), np.int64), REAL)),
        (serve_waiting, (w.fulfilment, w.supply, skus, w.agenda, w.books, k0, k1, N, N)),
        (appoint_waiting, (w.crowd, w.agenda, N)),
        (settle_all, (w.supply, REAL)),
    ]
    return advance, (*states, N, N), parts, later
