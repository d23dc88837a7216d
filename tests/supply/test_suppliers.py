"""Suppliers make, ship, fail and recover; second sources stand in; people intervene."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from yard import Yard

from sim.core.errors import SimError
from sim.supply import state as s
from sim.supply.config import Supply
from sim.supply.exposure import exposures, survival

DAY = 1440.0
STEADY = {"distribution": "constant", "mean": 10, "skus": 4}


def yard(
    days: int = 40, demand: dict[str, Any] = STEADY, network: tuple[int, int, int] = (1, 0, 0), **supply: Any
) -> Yard:
    base: dict[str, Any] = {
        "suppliers": {"a": {"lead_time": {"mean": "2d", "cv": 0}, "region": "bohai"}},
        "stock": {"units": 60},
        "forecast": {"prior_error": 0},
        "replenishment": {"policy": "base_stock", "up_to": 60},
    }
    return Yard({**base, **supply}, demand, days=days, network=network)


def arrivals(run: Yard) -> list[float]:
    return [minute / DAY for minute, _ in run.arrivals]


def snapshot(run: Yard) -> bytes:
    """All of a run that a backup could have changed."""
    supply, ledger = run.world.supply, run.world.books
    arrays = (supply.stock, supply.totals, supply.history, supply.served, supply.ordered, supply.closing, supply.area)
    return (
        b"".join(array.tobytes() for array in (*arrays, ledger.debit, ledger.credit)) + repr(run.journal.rows).encode()
    )


def test_a_shipment_arrives_after_the_lead_time() -> None:
    run = yard(days=6, replenishment={"policy": "base_stock", "up_to": 60}).run()
    # nothing is missing on day 0; what is asked for on day 0 is ordered on day 1 and arrives on day 3
    assert arrivals(run)[0] == 3.0


def test_output_beyond_capacity_waits_and_leaves_day_by_day() -> None:
    run = yard(
        days=8,
        suppliers={"a": {"lead_time": {"mean": "1d", "cv": 0}, "capacity": "30/d"}},
        stock={"units": 0},
    )
    run.run(0.5 * DAY)
    supplier = run.supply.suppliers["a"]
    assert supplier.owed().sum() == 240 - 30
    run.run(1.5 * DAY)
    assert sum(shipment.units.sum() for shipment in supplier.on_road) == 30
    assert supplier.delivered == 30


@pytest.mark.parametrize(
    ("rationing", "first", "reason"),
    [
        ("oldest_first", [40, 0, 0, 0], "lines were placed in order of SKU"),
        ("proportional", [10, 10, 10, 10], "all asked for as much"),
        ("priority", [0, 0, 0, 40], "only the last is a hero"),
    ],
)
def test_scarce_output_is_shared_by_the_rule(rationing: str, first: list[int], reason: str) -> None:
    def heroes(skus: np.ndarray) -> None:
        skus["hero"][3] = 1

    run = Yard(
        {
            "suppliers": {"a": {"lead_time": {"mean": "1h", "cv": 0}, "capacity": "40/d", "rationing": rationing}},
            "stock": {"units": 0},
            "replenishment": {"policy": "base_stock", "up_to": 100},
        },
        {"distribution": "constant", "mean": 0, "skus": 4},
        days=2,
        prepare=heroes,
    )
    run.run(0.5 * DAY)
    assert run.world.supply.totals[s.RECEIVED].tolist() == first, reason


def test_lead_times_have_the_mean_and_variation_asked_for() -> None:
    for distribution in ("gamma", "lognormal", "normal"):
        run = Yard({"supplier_count": 1}, {"mean": 1}, days=1)
        supplier = run.supply.roll[0]
        drawn = []
        for supplier.shipped in range(4000):
            drawn.append(supplier._draw_lead(10_080.0, 0.4, distribution))
        assert np.mean(drawn) == pytest.approx(10_080, rel=0.02), distribution
        assert np.std(drawn) / np.mean(drawn) == pytest.approx(0.4, rel=0.05), distribution


def test_yield_loses_its_share_and_keeps_whole_units() -> None:
    run = yard(days=60, suppliers={"a": {"lead_time": {"mean": "1d", "cv": 0}, "yield": "90%"}}).run()
    supply = run.world.supply
    received = supply.totals[s.RECEIVED].sum()
    assert received / supply.ordered[:-1].sum() == pytest.approx(0.9, abs=0.02)


def test_defects_mix_into_what_the_shelf_sells() -> None:
    run = yard(suppliers={"a": {"lead_time": {"mean": "1d", "cv": 0}, "defects": "2%"}})
    run.at(10 * DAY, "supply.quality", target="a", for_minutes=10 * DAY, magnitude="30%")
    run.run(9 * DAY)
    before = run.world.shelf.skus["defect"].max()
    run.run(19 * DAY)
    during = run.world.shelf.skus["defect"].min()
    run.run(39 * DAY)
    after = run.world.shelf.skus["defect"].max()
    assert before < 0.021 and during > 0.15 and after < during / 2


def test_smallest_order_is_kept() -> None:
    run = yard(suppliers={"a": {"lead_time": {"mean": "2d", "cv": 0}, "moq": 35}}).run()
    placed = run.world.supply.ordered
    assert placed[placed > 0].min() == 35


def test_a_failed_supplier_ships_nothing_until_it_recovers() -> None:
    run = yard()
    run.at(10 * DAY, "supply.fail", target="a", for_minutes="8d")
    run.run()
    during = [day for day in arrivals(run) if 12 < day < 20]
    assert during == [], "what left before day 10 arrives by day 12; what waited leaves on day 18"
    assert 20.0 in arrivals(run)
    assert run.journal.kinds().count("down") == run.journal.kinds().count("up") == 1
    assert run.world.supply.totals[s.LOST].sum() > 0


def test_an_outage_holds_shipments_on_the_road_only_if_asked() -> None:
    def first_arrival_after_the_failure(hold: bool) -> float:
        run = yard()
        run.at(10 * DAY + 1, "supply.fail", target="a", for_minutes="8d", holds_shipments=hold)
        run.run()
        return min(day for day in arrivals(run) if day > 10.5)

    assert first_arrival_after_the_failure(False) == 11.0
    assert first_arrival_after_the_failure(True) == 19.0


def test_a_closed_port_stops_the_road_but_not_the_plant() -> None:
    run = yard()
    run.at(10 * DAY + 1, "supply.port_closure", target="bohai", for_minutes="5d")
    run.run()
    assert [day for day in arrivals(run) if 10.5 < day < 16] == []
    assert not run.supply.suppliers["a"].outages


def test_a_region_s_disruption_stops_all_its_suppliers_at_once() -> None:
    run = yard(
        suppliers={name: {"region": "bohai" if name < "c" else "inland"} for name in "abcd"},
        regions={
            "bohai": {
                "disruptions": {
                    "up": {"mean": "10d", "distribution": "constant"},
                    "down": {"mean": "3d", "distribution": "constant"},
                }
            },
            "inland": {},
        },
    ).run()
    spells = {name: run.supply.suppliers[name].outages for name in "abcd"}
    assert spells["a"] == spells["b"] == [(10 * DAY, 13 * DAY), (23 * DAY, 26 * DAY), (36 * DAY, 39 * DAY)]
    assert spells["c"] == spells["d"] == []


def test_a_supplier_goes_on_until_its_components_run_out_and_then_waits_for_them() -> None:
    run = yard(
        suppliers={
            "a": {"lead_time": {"mean": "1h", "cv": 0}, "depends_on": ["chips"], "component_cover": "4d"},
            "chips": {"role": "component"},
        },
    )
    run.at(10 * DAY, "supply.fail", target="chips", for_minutes="9d")
    run.run()
    days = {int(day) for day in arrivals(run)}
    assert days.isdisjoint(range(14, 19)) and {12, 13, 19, 21} <= days


def test_a_short_failure_of_components_is_never_felt() -> None:
    def history(fails: bool) -> list[float]:
        run = yard(
            suppliers={
                "a": {"lead_time": {"mean": "1h", "cv": 0}, "depends_on": ["chips"], "component_cover": "4d"},
                "chips": {"role": "component"},
            }
        )
        if fails:
            run.at(10 * DAY, "supply.fail", target="chips", for_minutes="3d")
        return arrivals(run.run())

    assert history(True) == history(False)


def test_an_unknown_component_is_an_error_that_names_it() -> None:
    with pytest.raises(SimError, match=r"suppliers\.a\.depends_on: found 'nobody'"):
        yard(suppliers={"a": {"depends_on": ["nobody"]}})


BACKUP = {
    "b": {
        "role": "backup",
        "lead_time": {"mean": "1d", "cv": 0},
        "ramp_up": "0d",
        "disruptions": {"up": {"mean": "5d"}, "down": {"mean": "5d"}},
    }
}
MAIN = {"a": {"lead_time": {"mean": "2d", "cv": 0.4}}}


def test_a_backup_that_is_never_activated_leaves_the_run_byte_for_byte() -> None:
    demand = {"mean": 10, "skus": 8}
    alone = yard(demand=demand, suppliers=MAIN, sourcing={"policy": "single"})
    alone.at(10 * DAY, "supply.fail", target="a", for_minutes="3d")
    idle = yard(
        demand=demand, suppliers={**BACKUP, **MAIN}, sourcing={"policy": "backup", "switch_below": "0d of cover"}
    )
    idle.at(10 * DAY, "supply.fail", target="a", for_minutes="3d")
    named = yard(demand=demand, suppliers={**MAIN, **BACKUP}, sourcing={"policy": "single"})
    named.at(10 * DAY, "supply.fail", target="a", for_minutes="3d")
    expected = snapshot(alone.run())
    # cover never falls below nothing, so the rule never switches
    assert snapshot(idle.run()) == expected
    assert snapshot(named.run()) == expected
    assert "activated" not in idle.journal.kinds()


def lost_in_an_outage(**supply: Any) -> tuple[int, Yard]:
    run = yard(**supply)
    run.at(10 * DAY, "supply.fail", target="a", for_minutes="15d")
    run.run()
    return int(run.world.supply.totals[s.LOST].sum()), run


def test_a_backup_below_the_cover_threshold_saves_sales_at_its_premium() -> None:
    without, _ = lost_in_an_outage(suppliers=MAIN)
    sure = {**MAIN, "b": {**BACKUP["b"], "disruptions": None}}
    with_backup, run = lost_in_an_outage(suppliers=sure, sourcing={"policy": "backup", "switch_below": "3d of cover"})
    assert with_backup < without / 2
    assert run.supply.suppliers["b"].delivered > 0
    from sim.books.state import SOURCING

    ledger = run.world.books
    paid = (ledger.debit - ledger.credit)[:, SOURCING].sum()
    assert paid == pytest.approx(0.05 * run.supply.suppliers["b"].delivered * 100, rel=0.01), (
        "5% of the unit cost [S15]"
    )


def test_switching_cancels_what_the_failed_supplier_still_owes() -> None:
    _, run = lost_in_an_outage(
        suppliers={**MAIN, "b": {**BACKUP["b"], "disruptions": None}},
        sourcing={"policy": "backup", "switch_below": "8d of cover"},
    )
    assert (run.world.supply.stock["on_hand"] <= 61).all(), "nothing comes twice once the main supplier is back"


def test_an_emergency_pool_delivers_after_48_hours_only_if_it_was_qualified() -> None:
    def first_delivery(qualified: bool) -> float:
        pool = {
            "e": {
                "role": "emergency",
                "lead_time": {"mean": "0d", "cv": 0},
                "ramp_up": "0d",
                "qualified": qualified,
                "capacity": "1000/d",
                "qualify": "6w",
            }
        }
        run = yard(
            days=100,
            suppliers={"a": {"lead_time": {"mean": "2d", "cv": 0}}, **pool},
            sourcing={"policy": "emergency_pool", "switch_below": "3d of cover"},
        )
        run.at(10 * DAY, "supply.fail", target="a", for_minutes="85d")
        run.run()
        activated = next(row[0] for row in run.journal.rows if row[1] == "activated")
        return (min(minute for minute, _ in run.arrivals if minute > activated) - activated) / DAY

    assert first_delivery(True) == pytest.approx(2.0)
    assert first_delivery(False) == pytest.approx(42.0)


def test_an_activated_second_source_ramps_up_to_its_rate() -> None:
    run = yard(
        suppliers={**MAIN, "b": {"role": "backup", "capacity": "60/d", "ramp_up": "5d"}}, sourcing={"policy": "backup"}
    )
    backup = run.supply.suppliers["b"]
    backup.activate()
    rates = [backup.rate(day * DAY) for day in range(8)]
    assert rates == pytest.approx([10, 20, 30, 40, 50, 60, 60, 60])


def test_standing_by_costs_its_reserve_fee_every_day() -> None:
    from sim.books.state import SOURCING

    pool = {"e": {"role": "emergency", "capacity": "365/d", "reserve": "2%"}}
    run = yard(
        suppliers={"a": {"lead_time": {"mean": "2d", "cv": 0}}, **pool},
        sourcing={"policy": "emergency_pool", "switch_below": "0d of cover"},
    )
    run.run()
    ledger = run.world.books
    # 2% of 365 units a day at 1 CNY, in fen, for 40 days
    assert (ledger.debit - ledger.credit)[:, SOURCING].sum() == 40 * 730


def test_a_failure_is_known_after_the_detection_delay_of_monitoring() -> None:
    def known_at(monitored: bool) -> float:
        run = yard(
            suppliers={"a": {"monitored": monitored}},
            monitoring={"false_alarms": "0/w", "monitored": "2h", "unmonitored": "3d"},
        )
        run.at(10 * DAY, "supply.fail", target="a", for_minutes="9d")
        run.run()
        return next(row[0] for row in run.journal.rows if row[1] == "known_down") - 10 * DAY

    assert known_at(True) == 120.0
    assert known_at(False) == 3 * DAY


def test_warnings_come_before_the_share_of_failures_asked_for_and_only_from_monitored_suppliers() -> None:
    process = {"up": {"mean": "20d"}, "down": {"mean": "2d", "distribution": "constant"}}

    def journal(monitored: bool, alarms: str) -> list[str]:
        run = Yard(
            {
                "supplier_count": 40,
                "generated": {"monitored": monitored, "disruptions": process},
                "monitoring": {"false_alarms": alarms, "warns": "60%", "ahead": "1d"},
            },
            {"mean": 1, "skus": 4},
            days=200,
        )
        return run.run().journal.kinds()

    silent = journal(False, "5/w")
    assert "warning" not in silent and "false_alarm" not in silent
    heard = journal(True, "0/w")
    assert heard.count("warning") / heard.count("down") == pytest.approx(0.6, abs=0.07)
    assert journal(True, "0.5/w").count("false_alarm") == pytest.approx(40 * 200 / 14, rel=0.12)


def test_a_believed_warning_builds_stock_ahead() -> None:
    run = yard(suppliers={"a": {"monitored": True}}, monitoring={"false_alarms": "0/w", "prebuild": "5d of cover"})
    calm = run.supply.plan(run.supply.view()).up_to[0]
    run.supply.suppliers["a"].warned_until = 10.0
    assert run.supply.plan(run.supply.view()).up_to[0] - calm == pytest.approx(50)


def test_time_up_and_down_have_their_means() -> None:
    run = Yard(
        {
            "supplier_count": 60,
            "generated": {"disruptions": {"up": {"mean": "30d"}, "down": {"mean": "10d", "distribution": "lognormal"}}},
        },
        {"mean": 1, "skus": 2},
        days=400,
    ).run()
    spells = [to - since for supplier in run.supply.roll for since, to in supplier.outages]
    assert np.mean(spells) / DAY == pytest.approx(10, rel=0.1)
    assert len(spells) == pytest.approx(60 * 400 / 40, rel=0.1)


def test_a_supplier_s_fate_does_not_depend_on_who_else_is_in_the_file() -> None:
    process = {"disruptions": {"up": {"mean": "8d"}, "down": {"mean": "3d"}}}
    few = yard(suppliers={"a": process}).run()
    many = yard(suppliers={"z": process, "a": process, "m": {}}).run()
    assert few.supply.suppliers["a"].outages == many.supply.suppliers["a"].outages


def test_slower_roads_and_smaller_output_last_as_long_as_asked() -> None:
    run = yard()
    run.at(10 * DAY, "supply.slow", target="a", for_minutes="5d", magnitude=3)
    run.at(10 * DAY, "supply.capacity_cut", target="a", for_minutes="5d", magnitude="90%")
    run.run(12 * DAY)
    supplier = run.supply.suppliers["a"]
    assert supplier.slowdowns == [3.0] and supplier.rate(12 * DAY) == pytest.approx(4.0, rel=0.05)
    run.run(16 * DAY)
    assert supplier.slowdowns == [] and supplier.rate(16 * DAY) == float("inf")


def test_expediting_shortens_the_road_for_a_fee() -> None:
    run = yard(suppliers={"a": {"lead_time": {"mean": "9d", "cv": 0}}}, stock={"units": 0})
    run.at(3 * DAY, "supply.expedite", target="all", magnitude="50%")
    run.run()
    assert arrivals(run)[0] == 6.0, "of six days left, three"
    assert "expedited" in run.journal.kinds()


def test_a_transfer_moves_what_is_free_and_no_more() -> None:
    run = yard(
        network=(1, 2, 0),
        demand={"distribution": "constant", "mean": 0, "skus": 4},
        replenishment={"policy": "base_stock", "up_to": 0},
    )
    run.at(DAY, "supply.transfer", sku=2, origin=0, to=1, units=1000)
    run.run(DAY + 1)
    assert run.world.supply.stock["on_order"][1, 2] == 60
    run.run(4 * DAY)
    assert run.world.supply.stock["on_hand"][1, 2] == 60
    with pytest.raises(SimError, match="two different warehouses"):
        run.apply("supply.transfer", sku=2, origin=1, to=1, units=5)


def test_people_can_activate_a_backup_and_stand_it_down() -> None:
    run = yard(
        suppliers={**MAIN, "b": {**BACKUP["b"], "disruptions": None}},
        sourcing={"policy": "backup", "switch_below": "0d of cover"},
    )
    run.at(10 * DAY, "supply.activate_backup")
    run.at(20 * DAY, "supply.stand_down")
    run.run()
    assert run.supply.suppliers["b"].delivered == pytest.approx(4 * 10 * 10, rel=0.2)
    with pytest.raises(SimError, match="backup or emergency_pool"):
        yard().apply("supply.activate_backup")


def test_an_event_aimed_at_nobody_is_an_error_that_lists_who_there_is() -> None:
    with pytest.raises(SimError, match="no supplier or region 'z'; accepted: a, "):
        yard().apply("supply.fail", target="z")


@pytest.mark.parametrize("rule", ["category:food", "everything", "supplier:"])
def test_what_a_buy_out_cannot_choose_is_told_before_anything_runs(rule: str) -> None:
    with pytest.raises(ValidationError, match="accepted: all, hero, exclusive or supplier:NAME"):
        Supply.model_validate({"contracts": [{"kind": "buy_out", "at": "06-03", "skus": rule}]})


def test_a_cut_of_a_supplier_without_a_stated_capacity_is_a_cut_of_its_usual_load() -> None:
    """Ten units a day are usual: with 60% gone four leave a day, with nothing gone what is asked."""

    def shipped(magnitude: float) -> float:
        yard = Yard(
            {"supplier_count": 1, "generated": {"lead_time": {"mean": "1d", "cv": 0}, "defects": "0%"},
             "stock": {"units": 0, "policy": "lost_sales"}, "forecast": {"policy": "given", "mean": 10, "sd": 0}},
            {"distribution": "constant", "mean": 10, "skus": 1},
            days=20,
        )  # fmt: skip
        yard.apply("supply.capacity_cut", for_minutes=20 * 1440.0, magnitude=magnitude)
        return float(yard.run().supply.roll[0].delivered)

    assert shipped(0.6) == pytest.approx(4.0 * 19.0, abs=8.0)
    assert shipped(0.6) < shipped(0.3) < shipped(0.0)


def test_a_buy_out_buys_once_at_its_price_and_is_not_reordered() -> None:
    def exclusive(skus: np.ndarray) -> None:
        skus["exclusive"][1] = 1

    run = Yard(
        {
            "supplier_count": 1,
            "stock": {"units": 0},
            "forecast": {"prior_error": 0},
            "contracts": [{"kind": "buy_out", "at": "06-03", "skus": "exclusive", "cover": "20d of cover"}],
        },
        {"distribution": "constant", "mean": 10, "skus": 3},
        days=40,
        prepare=exclusive,
    ).run()
    ordered = run.world.supply.ordered
    assert ordered[2, 1] >= 190 and ordered[3:, 1].sum() == 0
    assert ordered[3:, 0].sum() > 0, "the others are reordered as before"


def test_c2m_orders_what_deposits_promise_less_those_expected_to_lapse() -> None:
    from sim.fulfilment.state import DEPOSIT, ORDER

    run = yard(
        demand={"distribution": "constant", "mean": 0, "skus": 4},
        stock={"units": 0},
        replenishment={"policy": "base_stock", "up_to": 0},
        contracts=[{"kind": "c2m", "from": "06-02", "to": "06-10", "default": "10%"}],
    )
    orders = np.zeros(50, ORDER)
    orders["shopper"], orders["deposit"] = 1, 500
    orders["sku"][:, 0], orders["quantity"][:, 0], orders["line_state"][:, 0] = 2, 2, DEPOSIT
    run.world.fulfilment.orders = orders
    run.run(2 * DAY)
    # replenishment sees the hundred promised units as demand that has come; the contract has ordered 90 of them
    assert run.world.supply.ordered[:, 2].sum() >= 90
    assert "c2m" in [row[1] for row in run.journal.rows]
    assert next(row[3] for row in run.journal.rows if row[1] == "c2m") == 90


def test_survival_is_the_day_on_which_a_twentieth_of_demand_value_has_run_out() -> None:
    cover, value = np.array([3.0, 10.0, 20.0]), np.array([4.0, 2.0, 94.0])
    assert survival(cover, value) == 10.0, "4% is gone on day 3, 6% on day 10"
    assert np.isnan(survival(cover, np.zeros(3)))


def test_exposure_ranks_the_supplier_whose_failure_costs_most_first() -> None:
    def dear(skus: np.ndarray) -> None:
        skus["list_price"][1::2] = 90_000

    run = Yard(
        {"supplier_count": 2, "assignment": "in_turn", "stock": {"initial": "5d of cover"}},
        {"distribution": "constant", "mean": 10, "skus": 10},
        days=30,
        prepare=dear,
    ).run()
    rows = exposures(run)
    assert [row.supplier for row in rows] == ["supplier-2", "supplier-1"]
    assert rows[0].at_risk > rows[1].at_risk > 0 and rows[0].ttr > rows[0].tts


def test_less_stock_turns_faster_and_survives_shorter() -> None:
    from sim.books.measures.stock import time_to_survive, turnover_days

    def figures(cover: str) -> tuple[float, float]:
        run = Yard(
            {
                "suppliers": {"a": {"lead_time": {"mean": "2d", "cv": 0}}},
                "stock": {"initial": cover},
                "forecast": {"prior_error": 0},
            },
            {"distribution": "constant", "mean": 10, "skus": 10},
            days=30,
        ).run()
        return turnover_days(run), time_to_survive(run)

    (slow, long), (fast, short) = figures("60d of cover"), figures("15d of cover")
    assert fast < slow and short < long
