"""What befalls the network, on a small marketplace run by the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.books.state import FULFILMENT
from sim.core.errors import SimError
from sim.core.registry import events, get_event, policies
from sim.engine.marketplace import Marketplace
from sim.fulfilment.laws import law_little, law_orders, law_parcels, law_promised_stock
from sim.fulfilment.state import (
    C_BACKORDERED,
    C_PARCELS_MADE,
    FLAG_SPLIT,
    M_DELIVERED,
    M_LATE,
    M_LOCAL,
    M_PARCELS,
    P_QUEUED,
)
from sim.scenario import load

BASE = Path(__file__).parents[2] / "scenarios" / "base.yaml"
DAY = 1440


def market(**overrides: Any) -> Marketplace:
    """A small shop over eight days and a warm-up of two."""
    dotted = {"crowd.shoppers": 4000, "crowd.represents": "80k", "days": 8, "warmup": "2d", "shelf.catalogue.skus": 200}
    dotted |= {key.replace("__", "."): value for key, value in overrides.items()}
    return Marketplace(load(BASE, dotted), seed=3)


def befall(made: Marketplace, name: str, **arguments: Any) -> None:
    """Let an event happen now."""
    get_event(name).function(made, **arguments)


def laws(made: Marketplace) -> None:
    """The side's laws."""
    law_orders(made.world.fulfilment)
    law_parcels(made.world.fulfilment)
    law_little(made.world.fulfilment)
    law_promised_stock(made.world.fulfilment, made.world.supply)


def test_a_warehouse_fire_burns_stock_moves_orders_and_ends() -> None:
    made = market()
    made.run_until(3 * DAY + 300)  # in the night, when orders wait for the morning shift
    waiting = int((made.world.fulfilment.parcels["state"] == P_QUEUED).sum())
    assert waiting > 0
    befall(made, "fulfilment.warehouse_fire", target="central-1", for_minutes=2.0 * DAY)
    ful, supply = made.world.fulfilment, made.world.supply
    assert not ful.warehouses[0]["open"] and ful.stations[0]["waiting"] == 0
    assert supply.stock[0]["on_hand"].sum() == 0
    laws(made)
    picked = int(ful.stations[0]["departed"])
    made.run_until(5 * DAY)
    assert made.world.fulfilment.stations[0]["departed"] == picked
    made.run_until(5 * DAY + 400)
    assert made.world.fulfilment.warehouses[0]["open"]
    made.run()
    made.finish()


def test_a_couriers_strike_makes_parcels_late_and_the_network_recovers() -> None:
    calm, struck = market(), market()
    struck.run_until(4 * DAY)
    befall(struck, "fulfilment.strike", for_minutes=1.5 * DAY)
    for made in (calm, struck):
        made.run()
        made.finish()
    # the strike holds all of the first day; on the second, what has waited is delivered too
    delivered = [m.world.fulfilment.measured[4, M_DELIVERED] for m in (calm, struck)]
    late = [
        m.world.fulfilment.measured[4:, M_LATE].sum() / m.world.fulfilment.measured[4:, M_DELIVERED].sum()
        for m in (calm, struck)
    ]
    assert delivered[1] < 0.5 * delivered[0], "what is in hand goes on, nothing is begun"
    assert late[1] > late[0] + 0.1
    couriers = struck.world.fulfilment.stations[len(struck.world.fulfilment.warehouses) :][:6]
    assert couriers["waiting"].sum() < 0.5 * calm.world.fulfilment.measured[4:6, M_DELIVERED].sum()


def test_a_partial_strike_takes_away_its_share_of_capacity_and_gives_it_back() -> None:
    made = market()
    made.run_until(3 * DAY)
    row = made.notices["fulfilment"].courier_stations("couriers-1")[0]

    def capacity() -> float:
        station = made.world.fulfilment.stations[row]
        return float(station["servers"] / station["service"])

    before = capacity()
    befall(made, "fulfilment.strike", target="couriers-1", magnitude="60%", for_minutes=600.0)
    assert capacity() == pytest.approx(0.4 * before)
    made.run_until(4 * DAY)
    assert capacity() == pytest.approx(before)


def test_overtime_adds_capacity_and_costs_time_and_a_half() -> None:
    made = market()
    made.run_until(3 * DAY)
    ful, desk = made.world.fulfilment, made.notices["fulfilment"]
    capacity = ful.stations["servers"] / ful.stations["service"]
    before = capacity[0]
    paid = lambda: int(made.world.books.debit[:, 11].sum())  # noqa: E731
    start = paid()
    desk.pay_shifts()
    ordinary = paid() - start
    befall(made, "fulfilment.overtime", magnitude="50%", for_minutes=2.0 * DAY)
    assert ful.stations[0]["servers"] / ful.stations[0]["service"] == pytest.approx(1.5 * before)
    made.run_until(4 * DAY)
    start = paid()
    desk.pay_shifts()
    assert paid() - start == pytest.approx(ordinary, rel=1e-3), "what was paid at the end of the day is not paid again"


@pytest.mark.parametrize(
    ("begins", "lasts", "hours", "reason"),
    [
        (600, 240, 4.0, "over before the day is paid"),
        (1380, 600, 4.0, "until 01:00 and from 07:00"),
        (120, 120, 0.0, "nobody is on shift"),
        (600, 2880, 36.0, "two days of 18 hours"),
    ],
)
def test_overtime_is_paid_for_its_hours_on_shift(begins: int, lasts: int, hours: float, reason: str) -> None:
    made = market()
    made.run_until(3 * DAY + begins)
    desk, staff = made.notices["fulfilment"], float(made.world.fulfilment.stations[0]["staff"])
    pay, wages = desk.pay_shifts, []

    def paid() -> None:
        before = int(made.world.books.debit[:, FULFILMENT].sum())
        pay()
        wages.append(int(made.world.books.debit[:, FULFILMENT].sum()) - before)

    desk.pay_shifts = paid
    befall(made, "fulfilment.overtime", target="central-1", magnitude="400%", for_minutes=float(lasts))
    made.run_until(7 * DAY)
    each = made.config.fulfilment.picking.wage * (1.0 + made.config.fulfilment.picking.overhead) * 100.0 / made.weight
    further = sum(wages) - 4 * wages[-1]
    assert further == pytest.approx(4.0 * 1.5 * hours * staff * each, abs=4), reason


def test_slow_picking_halves_the_pace_and_two_of_them_quarter_it() -> None:
    made = market()
    made.run_until(2 * DAY)
    befall(made, "fulfilment.slow_picking", target="central-1", for_minutes=600.0)
    befall(made, "fulfilment.slow_picking", target="central-1", for_minutes=1200.0)
    assert made.world.fulfilment.stations[0]["speed"] == 0.25
    made.run_until(2 * DAY + 700)
    assert made.world.fulfilment.stations[0]["speed"] == 0.5
    made.run_until(2 * DAY + 1300)
    assert made.world.fulfilment.stations[0]["speed"] == 1.0


def test_reroute_takes_a_warehouse_out_of_the_ranks_for_a_time() -> None:
    made = market()
    made.run_until(3 * DAY)
    befall(made, "fulfilment.reroute", target="regional", for_minutes=DAY)
    regionals = np.flatnonzero(made.world.fulfilment.warehouses["kind"] == 1)
    assert not np.isin(made.world.fulfilment.rank, regionals).any()
    laws(made)
    made.run_until(5 * DAY)
    assert np.isin(regionals, made.world.fulfilment.rank).all()


def test_while_all_warehouses_are_out_of_the_ranks_orders_wait_and_can_be_cancelled() -> None:
    made = market(fulfilment__cancelling__hazard="60%")
    made.run_until(3 * DAY + 300)  # in the night, when orders wait for the morning shift
    befall(made, "fulfilment.reroute", for_minutes=2.0 * DAY)
    ful = made.world.fulfilment
    assert (ful.rank < 0).all() and ful.cursor[C_BACKORDERED] > 0
    made.run_until(5 * DAY)
    laws(made)
    made.run()
    made.finish()


def test_those_who_wait_are_served_when_a_warehouse_is_back_in_the_ranks() -> None:
    made = market()
    made.run_until(3 * DAY + 300)
    befall(made, "fulfilment.reroute", for_minutes=60.0)
    assert made.world.fulfilment.cursor[C_BACKORDERED] > 0
    made.run_until(3 * DAY + 361)
    assert made.world.fulfilment.cursor[C_BACKORDERED] == 0, "the goods were there all the time"
    laws(made)


def test_an_order_moved_whole_to_another_warehouse_is_not_split() -> None:
    made = market()
    made.run_until(3 * DAY + 300)  # in the night, when orders wait for the morning shift
    orders = made.world.fulfilment.orders

    def split() -> int:
        return int(((orders["shopper"] >= 0) & (orders["flags"] & FLAG_SPLIT > 0) & (orders["lines"] == 1)).sum())

    assert split() == 0
    before = int(made.world.fulfilment.cursor[C_PARCELS_MADE])
    befall(made, "fulfilment.close_warehouse", target="regional", for_minutes=2.0 * DAY)
    assert made.world.fulfilment.cursor[C_PARCELS_MADE] > before, "some were moved"
    assert split() == 0, "an order of one line has one parcel, wherever it is sent from"


def test_slow_roads_lengthen_hauls_and_clear() -> None:
    made = market()
    made.run_until(3 * DAY)
    before = made.world.fulfilment.haul_mean.copy()
    befall(made, "fulfilment.slow_roads", magnitude=3.0, for_minutes=60.0)
    assert made.world.fulfilment.haul_mean == pytest.approx(3.0 * before)
    made.run_until(4 * DAY)
    assert made.world.fulfilment.haul_mean == pytest.approx(before)


def test_the_ranks_do_not_remember_roads_that_were_slow_when_a_warehouse_came_back() -> None:
    made = market()
    made.run_until(3 * DAY)
    before = made.world.fulfilment.rank.copy()
    befall(made, "fulfilment.slow_roads", target="regional-2", magnitude=50.0, for_minutes=2.0 * DAY)
    befall(made, "fulfilment.reroute", target="regional-5", for_minutes=600.0)
    made.run_until(6 * DAY)
    assert made.world.fulfilment.rank.tolist() == before.tolist()


def test_an_event_at_an_unknown_place_says_what_there_is() -> None:
    made = market()
    with pytest.raises(SimError, match="found 'central-7', accepted: all, central-1, regional-1"):
        befall(made, "fulfilment.close_warehouse", target="central-7")


def test_every_word_of_the_side_is_registered() -> None:
    assert {e.name: e.kind for e in events("fulfilment")} == {
        "fulfilment.warehouse_fire": "inject", "fulfilment.close_warehouse": "inject",
        "fulfilment.close_station": "inject", "fulfilment.strike": "inject",
        "fulfilment.slow_picking": "inject", "fulfilment.slow_roads": "inject",
        "fulfilment.overtime": "action", "fulfilment.hire_couriers": "action", "fulfilment.reroute": "action",
    }  # fmt: skip
    assert [p.name for p in policies("fulfilment.allocation")] == [
        "front_first",
        "look_ahead",
        "nearest",
        "split_averse",
    ]


@pytest.mark.parametrize("policy", ["nearest", "front_first", "split_averse", "look_ahead"])
def test_every_policy_runs_and_the_measures_have_sensible_values(policy: str) -> None:
    made = market(fulfilment__allocation=policy)
    made.run()
    made.finish()
    from sim.books.measures import group

    kpis = {m.name: m.compute(made) for m in group("fulfilment")}
    for name in ("on_time_rate", "same_next_day_rate", "perfect_order_rate", "local_fulfilment_rate", "split_rate"):
        assert 0.0 <= kpis[name] <= 1.0, name
    assert 0 < kpis["click_to_door_p50"] < kpis["click_to_door_p95"] < 400
    assert 1.0 < kpis["cost_per_parcel"] < 40.0
    measured = made.world.fulfilment.measured.sum(0)
    assert measured[M_LOCAL] <= measured[M_PARCELS]
    print(policy, {k: round(v, 3) for k, v in kpis.items()})


def test_splits_are_fewer_when_they_are_avoided() -> None:
    def split(policy: str) -> float:
        made = market(fulfilment__allocation=policy)
        made.run()
        from sim.books.measures import group

        return next(m for m in group("fulfilment") if m.name == "split_rate").compute(made)

    assert split("split_averse") < split("nearest")
