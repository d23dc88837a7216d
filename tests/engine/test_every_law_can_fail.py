"""For every conservation law faults that it finds: one unit, fen, parcel, request or minute too many, in a whole shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.books import laws
from sim.books import state as b
from sim.core.errors import LawBroken
from sim.engine.marketplace import Marketplace
from sim.fulfilment import state as f
from sim.scenario import load
from sim.shelf.state import C_BUDGET, C_CLAIMED, C_OFF, C_USED
from sim.supply import state as s

FESTIVAL = Path(__file__).parents[2] / "scenarios" / "618.yaml"
#: in the middle of things: queues of parcels and of people, attackers at work, coupons claimed and used
BUSY = {
    "crowd.shoppers": 1500, "crowd.represents": "150k", "shelf.catalogue.skus": 120, "warmup": "2d", "start": "2026-06-14",
    "days": 5, "care.staff": {"number": 1, "patience": "8h"}, "care.complaints": {"policy": "clock"},
    "threats.attackers": [{"kind": "coupon_abuse"}, {"kind": "card_fraud"}], "fulfilment.utilisation": "95%",
    "shelf.promotions": [
        {"kind": "coupon", "threshold": "50 CNY", "off": "20 CNY", "budget": "1M CNY", "from": "06-14 00:00", "to": "06-18 24:00"},
        {"kind": "discount", "off": "30%", "from": "06-18 00:00", "to": "06-18 24:00"},
    ],
}  # fmt: skip


class Change:
    """Changes numbers of a finished run, and puts them back."""

    def __init__(self) -> None:
        self.undo: list[Callable[[], None]] = []

    def add(self, array: np.ndarray, where: Any, by: float) -> None:
        old = array[where].copy()
        self.undo.append(lambda: array.__setitem__(where, old))
        array[where] += array.dtype.type(by)

    def put(self, array: np.ndarray, where: Any, value: int) -> None:
        self.add(array, where, 0)
        array[where] = value

    def set(self, thing: Any, name: str, value: Any) -> None:
        old = getattr(thing, name)
        self.undo.append(lambda: setattr(thing, name, old))
        setattr(thing, name, value)


@pytest.fixture(scope="module")
def run() -> Marketplace:
    market = Marketplace(load(FESTIVAL, BUSY), seed=3)
    market.run()
    market.finish()
    return market


@pytest.fixture
def change() -> Iterator[Change]:
    made = Change()
    yield made
    for step in reversed(made.undo):
        step()


def cell(market: Marketplace, field: str) -> tuple[int, int]:
    """A warehouse and SKU with some of it."""
    return tuple(np.argwhere(market.world.supply.stock[field] > 0)[0])  # type: ignore[return-value]


def row_of(market: Marketplace, state: int) -> int:
    """An open order whose first line is in this state."""
    orders = market.world.fulfilment.orders
    return int(np.flatnonzero((orders["shopper"] >= 0) & (orders["line_state"][:, 0] == state))[0])


def purse(market: Marketplace) -> Any:
    return market.notices["threats"].attackers[0].purse


def held_by_two(market: Marketplace, change: Change) -> None:
    one = next(agent for agent in market.notices["threats"].attackers if getattr(agent, "held", []))
    change.set(one, "held", [*one.held, one.held[0]])


def claimed_kind(market: Marketplace) -> int:
    return int(np.flatnonzero(market.world.shelf.coupons[:, C_CLAIMED] > 0)[0])


#: (law, what is wrong, how it is made wrong)
FAULTS: list[tuple[str, str, Callable[[Marketplace, Change], None]]] = [
    ("stock", "a unit found", lambda m, c: c.add(m.world.supply.stock["on_hand"], (0, 0), 1)),
    ("stock", "a unit received that never came", lambda m, c: c.add(m.world.supply.totals, (s.RECEIVED, 0), 1)),
    ("stock", "a unit lost on the road", lambda m, c: c.add(m.world.supply.totals, (s.TRANSFER_OUT, 0), 1)),
    ("stock", "more promised than nothing", lambda m, c: c.add(m.world.supply.stock["allocated"], (0, 0), -10_000)),
    ("demand", "a unit asked for and forgotten", lambda m, c: c.add(m.world.supply.totals, (s.DEMANDED, 3), 1)),
    ("demand", "a unit lost twice", lambda m, c: c.add(m.world.supply.totals, (s.LOST, 3), 1)),
    ("money", "a fen from nowhere", lambda m, c: c.add(m.world.books.debit, (0, b.CASH), 1)),
    ("money", "goods worth a fen more", lambda m, c: c.add(m.world.shelf.skus["unit_cost"], 0, 1)),
    ("money", "an advance forgotten", lambda m, c: c.add(m.world.fulfilment.orders["paid"], (row_of(m, f.ALLOCATED), 0), 1)),
    ("refunds", "a line refunded above its price", lambda m, c: c.add(m.world.fulfilment.ended, (0, f.DELIVERED, f.E_OVER), 1)),
    ("refunds", "a refund not in the ledger", lambda m, c: c.add(m.world.books.debit, (0, b.RETURNS), 1)),
    ("payments", "an hour's payments too high", lambda m, c: c.add(m.world.books.series, (10, b.PAID), 1e6)),
    ("payments", "a line paid and not sold", lambda m, c: c.add(m.world.fulfilment.ended, (0, f.DELIVERED, f.E_PAID), 1)),
    ("served", "a unit served on no day", lambda m, c: c.add(m.world.supply.served, (0, 0), 1)),
    ("served", "a unit served in no hour", lambda m, c: c.add(m.world.books.series, (10, b.SERVED_UNITS), 1)),
    ("coupons", "a budget overdrawn", lambda m, c: c.add(m.world.shelf.coupons, (0, C_BUDGET), -1e9)),
    ("coupons", "a coupon used that nobody claimed", lambda m, c: c.add(m.world.shelf.coupons, (claimed_kind(m), C_USED), 1e6)),
    ("coupon budgets", "a fen of a budget gone", lambda m, c: c.add(m.world.shelf.coupons, (claimed_kind(m), C_BUDGET), -1)),
    ("coupon budgets", "a coupon claimed for nothing", lambda m, c: c.add(m.world.shelf.coupons, (claimed_kind(m), C_CLAIMED), 1)),
    ("coupon budgets", "attackers claimed what nobody did",
     lambda m, c: c.add(m.notices["threats"].coupons_abused, claimed_kind(m), 1e6)),
    ("attackers", "a purse a fen too full", lambda m, c: c.set(purse(m), "left", purse(m).left + 1)),
    ("attackers", "a purse below nought", lambda m, c: (
        c.set(purse(m), "capital", purse(m).capital - purse(m).left - 1), c.set(purse(m), "left", -1))),
    ("attackers", "an order held twice", held_by_two),
    ("orders", "an order never written", lambda m, c: c.add(m.world.fulfilment.cursor, f.C_SERIAL, 1)),
    ("orders", "a line on the way in no parcel",
     lambda m, c: c.put(m.world.fulfilment.orders["line_state"], (row_of(m, f.DELIVERED), 0), f.SHIPPED)),
    ("parcels", "a parcel never made", lambda m, c: c.add(m.world.fulfilment.cursor, f.C_PARCELS_MADE, 1)),
    ("parcels", "a parcel in no queue", lambda m, c: c.add(m.world.fulfilment.stations["waiting"], 0, 1)),
    ("little", "a minute nobody spent", lambda m, c: c.add(m.world.fulfilment.stations["area"], 0, 60.0)),
    ("little", "a parcel arrived nowhere", lambda m, c: c.add(m.world.fulfilment.stations["arrived"], 0, 1)),
    ("promised stock", "a unit promised to nobody", lambda m, c: c.add(m.world.supply.stock["allocated"], cell(m, "on_hand"), 1)),
    ("promised stock", "a unit waited for by nobody", lambda m, c: c.add(m.world.supply.stock["backorders"], (0, 0), 1)),
    ("enquiries", "an enquiry never answered", lambda m, c: c.set(m.notices["care"], "opened", m.notices["care"].opened + 1)),
    ("enquiries", "an open piece of a case that nobody waits with",
     lambda m, c: c.add(m.notices["care"].cases.table["open"], 0, 1)),
    ("complaints", "a complaint in nobody's hands", lambda m, c: c.add(m.notices["care"].cases.table["decided"], 0, 1)),
    ("care waiting", "somebody joined and never left",
     lambda m, c: c.set(m.notices["care"].staff, "arrived", m.notices["care"].staff.arrived + 1)),
    ("care waiting", "a minute waited by nobody",
     lambda m, c: c.set(m.notices["care"].staff, "area", m.notices["care"].staff.area + 1.0)),
    ("requests", "an attempt that vanished", lambda m, c: c.add(m.world.platform.live["served"], 0, -1.0)),
    ("requests", "an answer nobody asked for", lambda m, c: c.add(m.world.platform.balance, (0, 3), 1.0)),
    ("little of services", "a second waited by nobody", lambda m, c: c.add(m.world.platform.live["waited"], 0, 1.0)),
]  # fmt: skip


def test_every_law_has_faults_it_finds(run: Marketplace) -> None:
    assert {law for law, _, _ in FAULTS} == set(laws._laws) == set(run.laws)


@pytest.mark.parametrize(("law", "wrong", "fault"), FAULTS, ids=[f"{law}: {wrong}" for law, wrong, _ in FAULTS])
def test_a_fault_breaks_its_law(
    run: Marketplace, change: Change, law: str, wrong: str, fault: Callable[[Marketplace, Change], None]
) -> None:
    laws._laws[law](run)
    fault(run, change)
    with pytest.raises(LawBroken) as broken:
        laws._laws[law](run)
    assert broken.value.law == law


def test_the_shop_whose_laws_are_broken_is_a_busy_one(run: Marketplace) -> None:
    world, care = run.world, run.notices["care"]
    assert world.shelf.coupons[0, C_USED] > 0 and world.shelf.coupons[0, C_OFF] > 0
    assert world.fulfilment.stations["arrived"].sum() > 100 and care.staff.arrived > 10
    assert all(sum(agent.purse.spent.values()) > 0 for agent in run.notices["threats"].attackers)
