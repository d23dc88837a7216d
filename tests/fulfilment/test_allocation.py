"""Allocation: who serves a line, what waits, what is given back."""

from __future__ import annotations

import numpy as np
import pytest
from driver import World, do_cancel, do_reachable

from sim.fulfilment import crises
from sim.fulfilment.config import Fulfilment
from sim.fulfilment.laws import law_orders, law_parcels, law_promised_stock
from sim.fulfilment.policies import FrontFirst, LookAhead, Nearest, SplitAverse
from sim.fulfilment.state import ALLOCATED, CANCELLED, FLAG_SPLIT, SHIPPED, WAITING
from sim.supply.state import BACKORDERED, SERVED

# warehouses: 0 central-1 (region 0), 1 regional-1 (0), 2 regional-2 (1), 3 regional-3 (2), 4.. fronts
NETWORK = {"regions": 3, "central": 1, "regional": 3, "front": 4}


def world(policy: type[Nearest] | type[SplitAverse] = Nearest, **stock: dict[int, int]) -> World:
    """Three regions without any stock but that given as w<warehouse> = {sku: units}."""
    config = Fulfilment.model_validate({"network": NETWORK, "cancelling": {"hazard": "0%"}})
    made = World(config, days=6, skus=4, weight=1.0, stock=0, expected=2000.0)
    for name, cells in stock.items():
        for sku, units in cells.items():
            made.supply.stock[int(name[1:]), sku]["on_hand"] = units
    made.inventory_before = made.inventory()
    chosen = policy(config)
    chosen.settings(made.ful)
    made.ful.rank[:] = chosen.rank(made.ful)
    return made


def served_from(made: World, row: int) -> list[int]:
    """Warehouse of each line of an order."""
    order = made.ful.orders[row]
    return [int(order["warehouse"][i]) for i in range(order["lines"])]


@pytest.mark.parametrize(
    ("policy", "stock", "lines", "region", "expected", "reason"),
    [
        (Nearest, {"w0": {0: 9}, "w2": {0: 9}}, [(0, 1)], 1, [2], "the regional warehouse of the region is nearest"),
        (Nearest, {"w0": {0: 9}, "w1": {0: 9}}, [(0, 1)], 0, [1], "of equally near ones the regional goes first"),
        (Nearest, {"w0": {0: 9}}, [(0, 1)], 1, [0], "the nearest has none: the next one that has"),
        (Nearest, {"w2": {0: 1}, "w0": {0: 9}}, [(0, 2)], 1, [0], "one unit is not enough for a line of two"),
        (Nearest, {"w2": {0: 5}, "w0": {0: 5, 1: 5}}, [(0, 1), (1, 1)], 1, [2, 0], "line by line: a split"),
        (SplitAverse, {"w2": {0: 5}, "w0": {0: 5, 1: 5}}, [(0, 1), (1, 1)], 1, [0, 0], "one warehouse has both lines"),
        (SplitAverse, {"w2": {0: 1}, "w0": {0: 1}}, [(0, 1), (0, 1)], 1, [2, 0], "not both get the last unit"),
        (SplitAverse, {"w2": {0: 5, 1: 5}, "w0": {2: 5}}, [(0, 1), (1, 1), (2, 1)], 1, [2, 2, 0], "fewest parcels"),
        (FrontFirst, {"w4": {0: 5}, "w3": {0: 5}}, [(0, 1)], 2, [4], "a front warehouse of another region goes first"),
    ],
)  # fmt: skip
def test_the_policy_chooses(policy, stock, lines, region, expected, reason) -> None:  # type: ignore[no-untyped-def]
    made = world(policy, **stock)
    row = made.place(*lines, region=region)
    assert served_from(made, row) == expected, reason
    assert bool(made.ful.orders[row]["flags"] & FLAG_SPLIT) == (len(set(expected)) > 1)
    law_orders(made.ful)
    law_promised_stock(made.ful, made.supply)


def test_look_ahead_keeps_a_regions_last_units_for_itself() -> None:
    made = world(LookAhead, w2={0: 5})
    made.ful.reserve[2, 0] = 4
    assert do_reachable(made.ful, made.supply, 0, 0) == 1
    assert do_reachable(made.ful, made.supply, 1, 0) == 5
    assert served_from(made, made.place((0, 1), region=0)) == [2]
    assert made.ful.orders[made.place((0, 1), region=0)]["line_state"][0] == WAITING, "kept back from another region"
    assert served_from(made, made.place((0, 4), region=1)) == [2], "but not from its own"


def test_shoppers_of_a_region_share_its_front_warehouses() -> None:
    config = Fulfilment.model_validate({"network": {"regions": 1, "central": 1, "regional": 0, "front": 3}})
    made = World(config, days=3, skus=1, weight=1.0, stock=100)
    rows = [made.place((0, 1), shopper=s) for s in range(9)]
    used = [served_from(made, row)[0] for row in rows]
    assert used[:3] == used[3:6] == used[6:], "a shopper always belongs to the same one"
    assert sorted(used[:3]) == [1, 2, 3]


def test_a_line_without_stock_is_reported_and_waits_only_if_asked() -> None:
    made = world(w0={0: 1})
    assert made.supply.totals[SERVED].sum() == 0
    row = made.place((0, 1), (1, 2), region=1, backorder=False)
    assert list(made.ful.orders[row]["line_state"][:2]) == [ALLOCATED, WAITING]
    assert made.supply.stock["backorders"].sum() == 0, "the caller drops it"
    assert made.allocate(row, backorder=True) == 0b10
    assert made.supply.stock["backorders"][:, 1].sum() == 2
    assert (made.supply.totals[SERVED, 0], made.supply.totals[SERVED, 1], made.supply.totals[BACKORDERED, 1]) == (
        1,
        0,
        2,
    )


def test_backorders_are_served_first_come_first_served() -> None:
    made = world()
    rows = [made.place((0, 2), region=r, shopper=r) for r in (0, 1, 2, 0)]
    made.run(60, 0.0)
    assert made.receive(0, 0, 5) == (2, False)
    states = [int(made.ful.orders[row]["line_state"][0]) for row in rows]
    assert states == [ALLOCATED, ALLOCATED, WAITING, WAITING], "five units are enough for two lines of two"
    assert made.receive(0, 0, 3) == (2, False)
    law_promised_stock(made.ful, made.supply)
    made.run(5 * 1440, 0.0)
    assert made.told[1] == 4
    assert made.inventory() == made.booked_inventory() == 0


def test_a_line_too_large_for_what_came_does_not_hold_up_the_others() -> None:
    made = world()
    large, small = made.place((0, 9), shopper=1), made.place((0, 1), shopper=2)
    made.receive(0, 0, 3)
    assert made.ful.orders[large]["line_state"][0] == WAITING
    assert made.ful.orders[small]["line_state"][0] == ALLOCATED


def test_cancelling_gives_stock_to_who_waits_for_it() -> None:
    made = world(w0={0: 1})
    first, second = made.place((0, 1), shopper=1), made.place((0, 1), shopper=2)
    assert made.ful.orders[second]["line_state"][0] == WAITING
    assert made.call(do_cancel, first, 0, made.minute)
    assert made.ful.orders[first]["line_state"][0] == CANCELLED
    assert made.ful.orders[second]["line_state"][0] == ALLOCATED
    law_parcels(made.ful)
    law_promised_stock(made.ful, made.supply)


def test_one_line_of_a_parcel_can_be_cancelled_and_the_rest_goes() -> None:
    made = world(w0={0: 5, 1: 5})
    row = made.place((0, 2), (1, 1))
    assert made.call(do_cancel, row, 0, made.minute)
    parcel = made.ful.parcels[int(made.ful.stations[0]["head"])]
    assert (parcel["lines"], parcel["units"]) == (0b10, 1)
    made.run(5 * 1440, 0.0)
    assert made.told[1] == 1
    assert made.supply.stock[0]["on_hand"].tolist() == [5, 4, 0, 0]


def test_what_has_been_picked_cannot_be_cancelled() -> None:
    made = world(w0={0: 5})
    row = made.place((0, 1))
    made.run(30, 0.0)
    assert made.ful.orders[row]["line_state"][0] == SHIPPED
    assert not made.call(do_cancel, row, 0, made.minute)


def test_a_backordered_line_can_be_cancelled_anywhere_in_the_queue() -> None:
    made = world()
    rows = [made.place((0, 1), shopper=s) for s in range(4)]
    for row in (rows[1], rows[3], rows[0]):
        assert made.call(do_cancel, row, 0, made.minute)
    law_promised_stock(made.ful, made.supply)
    made.receive(0, 0, 9)
    assert made.ful.orders[rows[2]]["line_state"][0] == ALLOCATED
    assert made.ful.backlog.max() == -1


def test_a_closed_warehouse_allocates_nothing_and_its_queue_moves() -> None:
    made = world(w2={0: 9}, w0={0: 9})
    rows = [made.place((0, 1), region=1, shopper=s) for s in range(3)]
    assert {served_from(made, row)[0] for row in rows} == {2}
    made.ful.warehouses[2]["open"] = 0
    crises.halt(made.ful, 2, made.minute, float(made.minute))
    assert made.call(crises.empty, 2, made.minute) == (3, False)
    assert {served_from(made, row)[0] for row in rows} == {0}
    assert served_from(made, made.place((0, 1), region=1, shopper=9)) == [0]
    law_parcels(made.ful)
    law_orders(made.ful)
    law_promised_stock(made.ful, made.supply)


def test_the_promise_is_stamped_once_and_is_the_slowest_lines() -> None:
    made = world(w2={0: 9}, w0={1: 9})
    row = made.place((0, 1), (1, 1), region=1)
    promise = np.array([made.ful.promise[w, 1, 0] for w in (2, 0)])
    assert made.ful.orders[row]["promised"] == promise.max()
