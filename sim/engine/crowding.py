"""Small sweeps over the whole crowd and shelf that rare events ask for."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.core.agenda import appoint
from sim.core.rng import decision, philox, uniform
from sim.crowd.state import A_BURST, ALIVE, OPENINGS, P_COME, REMOVED
from sim.engine.ordering import opening_delay
from sim.fulfilment.state import FulfilmentState
from sim.shelf.state import ShelfState
from sim.supply.state import SupplyState

COME_BACK = decision("opening.come_back")


@njit(cache=True)
def appoint_waiting(crowd, agenda, opening):  # type: ignore[no-untyped-def]
    """Appoint everybody whose cart waits for ``opening`` (minute); returns how many rows will come.

    The number also goes on the board of openings, from which the platform's expected load is computed.
    """
    come = 0
    for i in range(crowd.rows.shape[0]):
        row = crowd.rows[i]
        if row.wait_until != opening or not row.flags & ALIVE or row.flags & REMOVED:
            continue
        w0, w1, w2, _ = philox(crowd.keys[0], crowd.keys[1], i, opening, COME_BACK, 0)
        if uniform(w2) >= crowd.params[P_COME]:
            row.wait_until = -1
            continue
        come += 1
        appoint(agenda, opening + int(opening_delay(crowd.params, w0, w1)), A_BURST, i, 0)
    oldest = 0
    for n in range(OPENINGS):
        if crowd.openings[n, 0] < crowd.openings[oldest, 0]:
            oldest = n
    crowd.openings[oldest, 0] = opening
    crowd.openings[oldest, 1] = come
    crowd.openings[oldest, 2] = 0.0
    return come


@njit(cache=True)
def appoint_visits(agenda, kind, shoppers, minutes, detail):  # type: ignore[no-untyped-def]
    """Appoint a visit of each of ``shoppers`` int64[n] at ``minutes`` int64[n]; returns how many will be kept."""
    kept = 0
    for n in range(shoppers.shape[0]):
        if appoint(agenda, minutes[n], kind, shoppers[n], detail):
            kept += 1
    return kept


def shown_promises(ful: FulfilmentState, supply: SupplyState, shelf: ShelfState, share: np.ndarray, minute: int) -> None:
    """Write the promised days to the door on every page, averaged over regions by their ``share`` of shoppers.

    A region is promised what the first open warehouse of its rank with free stock can do.
    """
    hour = (minute // 60) % 24
    free = supply.stock["on_hand"] > supply.stock["allocated"]
    days = np.zeros(len(shelf.skus))
    for region, rank in enumerate(ful.rank):
        promise = np.zeros(len(shelf.skus))
        waiting = np.ones(len(shelf.skus), bool)
        for warehouse in rank[rank >= 0]:
            promise[waiting] = ful.promise[warehouse, region, hour]
            if ful.warehouses[warehouse]["open"]:
                waiting &= ~free[warehouse]
        days += share[region] * promise
    shelf.pages["promise"] = np.resize(days / 1440.0, len(shelf.pages))
