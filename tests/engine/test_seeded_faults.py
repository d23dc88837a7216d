"""Money given back, payments and units served: a fault in any of them is found at the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from sim.books import state as b
from sim.books.laws import check_all
from sim.core.errors import LawBroken
from sim.engine.marketplace import Marketplace
from sim.fulfilment.state import DELIVERED, E_OVER, E_PAID, E_REFUNDED, LOST, RETURNED
from sim.scenario import load
from sim.supply.state import DEMANDED, SERVED

FESTIVAL = Path(__file__).parents[2] / "scenarios" / "618.yaml"
SMALL = {"crowd.shoppers": 1500, "crowd.represents": "150k", "shelf.catalogue.skus": 120, "warmup": "2d"}


@pytest.fixture(scope="module")
def run() -> Marketplace:
    market = Marketplace(load(FESTIVAL, SMALL), seed=3)
    market.run()
    market.finish()
    return market


@pytest.fixture
def finished(run: Marketplace) -> Iterator[Marketplace]:
    """A finished run whose books, stock counts and order money are put back after the test."""
    world = run.world
    arrays = [*world.books, world.supply.totals, world.supply.served, world.fulfilment.ended, world.fulfilment.orders]
    before = [array.copy() for array in arrays]
    yield run
    for array, old in zip(arrays, before, strict=True):
        array[...] = old


def returned_twice(market: Marketplace) -> None:
    """The refund of every returned line is posted, and noted, once more."""
    books = market.world.books
    again = books.debit[:, b.RETURNS].copy()
    assert again.sum() > 0
    books.debit[:, b.RETURNS] += again
    books.credit[:, b.CASH] += again
    books.series[:, b.REFUNDS] *= 2.0


def never_refunded(market: Marketplace) -> None:
    """Half of what returned lines got back was neither paid, posted, noted nor written on the line."""
    books, ended = market.world.books, market.world.fulfilment.ended
    half = int(ended[0, RETURNED, E_REFUNDED]) // 2
    assert half > 0
    ended[0, RETURNED, E_REFUNDED] -= half
    books.debit[0, b.RETURNS] -= half
    books.credit[0, b.CASH] -= half
    books.series[0, b.REFUNDS] -= half


def lost_never_refunded(market: Marketplace) -> None:
    """A lost line got nothing back, on any account."""
    books, ended = market.world.books, market.world.fulfilment.ended
    fen = int(ended[0, LOST, E_REFUNDED])
    assert fen > 0
    ended[0, LOST, E_REFUNDED] = 0
    books.debit[0, b.RETURNS] -= fen
    books.credit[0, b.CASH] -= fen
    books.series[0, b.REFUNDS] -= fen


def more_than_paid(market: Marketplace) -> None:
    """An order closed long ago got more back than was paid for it."""
    market.world.fulfilment.ended[0, DELIVERED, E_OVER] += 1


def open_more_than_paid(market: Marketplace) -> None:
    """A line of an open order has got more back than was paid for it."""
    orders = market.world.fulfilment.orders
    row = int(np.flatnonzero((orders["shopper"] >= 0) & (orders["line_state"][:, 0] == DELIVERED))[0])
    orders["refunded"][row, 0] = orders["paid"][row, 0] + 1


def paid_too_high(market: Marketplace) -> None:
    """The series of payments is a tenth too high."""
    market.world.books.series[:, b.PAID] *= 1.1


def refunds_too_low(market: Marketplace) -> None:
    """The series of refunds misses an hour."""
    series = market.world.books.series
    series[np.argmax(series[:, b.REFUNDS]), b.REFUNDS] = 0.0


def sold_dearer(market: Marketplace) -> None:
    """Lines sent were paid for with more than the ledger's sales less discounts say."""
    market.world.fulfilment.ended[0, DELIVERED, E_PAID] += 1


def served_twice(market: Marketplace) -> None:
    """What was served is counted twice, day by day."""
    market.world.supply.served[:] *= 2


def served_units_twice(market: Marketplace) -> None:
    """What was served is counted twice, hour by hour."""
    market.world.books.series[:, b.SERVED_UNITS] *= 2.0


def served_too_many(market: Marketplace) -> None:
    """Units served and units asked for are both too many: the law of demand holds."""
    totals = market.world.supply.totals
    totals[DEMANDED] += 1
    totals[SERVED] += 1


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        (returned_twice, "refunds"),
        (never_refunded, "refunds"),
        (lost_never_refunded, "refunds"),
        (more_than_paid, "refunds"),
        (open_more_than_paid, "refunds"),
        (paid_too_high, "payments"),
        (refunds_too_low, "payments"),
        (sold_dearer, "payments"),
        (served_twice, "served"),
        (served_units_twice, "served"),
        (served_too_many, "served"),
    ],
)
def test_a_fault_is_found_and_its_law_named(
    finished: Marketplace, fault: Callable[[Marketplace], None], law: str
) -> None:
    check_all(finished)
    fault(finished)
    with pytest.raises(LawBroken) as broken:
        check_all(finished)
    assert broken.value.law == law
