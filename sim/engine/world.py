"""The world: every state a kernel may touch, in the order of the sides."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.books.state import BooksState
from sim.care.state import CareState
from sim.core.address import by_address
from sim.core.agenda import Agenda
from sim.crowd.state import CrowdState
from sim.fulfilment.state import LINES, FulfilmentState
from sim.platform.state import PlatformState
from sim.rivals.state import RivalsState
from sim.shelf.state import ShelfState
from sim.supply.state import SupplyState


@by_address
class Desk(NamedTuple):
    """Scratch of the checkout: one basket being priced."""

    basket: np.ndarray  # int64[LINES], SKU of each line
    quantity: np.ndarray  # int64[LINES], units
    lines: np.ndarray  # int64[LINES, 6], see sim.shelf.pricing.price_basket
    work: np.ndarray  # int64[3, LINES]
    due: np.ndarray  # int32[capacity, 3], parcels' appointments of this minute: kind, subject, detail
    counts: np.ndarray  # int64[4]: due parcels, minute drained, first minute of measures, window of a repurchase


D_PARCELS, D_DRAINED, D_MEASURED, D_REPURCHASE = range(4)


class World(NamedTuple):
    """Everything that changes while a run goes on."""

    crowd: CrowdState
    shelf: ShelfState
    supply: SupplyState
    fulfilment: FulfilmentState
    care: CareState
    platform: PlatformState
    rivals: RivalsState
    books: BooksState
    agenda: Agenda
    desk: Desk


def build_desk(capacity: int, measured_from: int, repurchase: int) -> Desk:
    """A desk for ``capacity`` appointments a minute; measures count from minute ``measured_from``, and a purchase within
    ``repurchase`` minutes of a shopper's first one since then as a repurchase."""
    return Desk(
        basket=np.zeros(LINES, np.int64),
        quantity=np.zeros(LINES, np.int64),
        lines=np.zeros((LINES, 6), np.int64),
        work=np.zeros((3, LINES), np.int64),
        due=np.zeros((capacity, 3), np.int32),
        counts=np.array([0, -1, measured_from, repurchase], np.int64),
    )
