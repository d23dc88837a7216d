"""One run: the same seed, the same bytes; whoever does not compete is not touched; nothing is lost."""

from __future__ import annotations

from pathlib import Path

import mesa
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.books.laws import check_all
from sim.books.measures import measure_all
from sim.books.view import total
from sim.core.errors import LawBroken, SimError
from sim.core.registry import policy
from sim.engine import run
from sim.engine.marketplace import Marketplace
from sim.scenario import load

ROOT = Path(__file__).parents[2]
FESTIVAL = ROOT / "scenarios" / "618.yaml"
SMALL = {"crowd.shoppers": 1500, "crowd.represents": "150k", "shelf.catalogue.skus": 120, "warmup": "2d"}


def small(**more: object) -> Marketplace:
    return Marketplace(load(FESTIVAL, {**SMALL, **more}), seed=3)


def bytes_of(market: Marketplace) -> bytes:
    """What a finished run leaves: books and every shopper's row. The end of a run books the cost of holding stock."""
    if not hasattr(market, "laws"):
        market.finish()
    world = market.world
    return world.books.series.tobytes() + world.books.debit.tobytes() + world.crowd.rows.tobytes()


@pytest.fixture(scope="module")
def finished() -> Marketplace:
    market = small()
    market.run()
    market.finish()
    return market


def test_the_same_seed_gives_the_same_bytes(finished: Marketplace) -> None:
    again = small()
    again.run()
    assert bytes_of(again) == bytes_of(finished)


def test_another_seed_gives_another_history(finished: Marketplace) -> None:
    other = Marketplace(load(FESTIVAL, SMALL), seed=4)
    other.run()
    assert bytes_of(other) != bytes_of(finished)


def test_a_registered_policy_that_is_not_used_changes_nothing(finished: Marketplace) -> None:
    @policy("supply.sourcing", "never_used_in_a_test")
    class NeverUsed:
        """Does nothing."""

    again = small()
    again.run()
    assert bytes_of(again) == bytes_of(finished)


def test_a_failing_supplier_with_a_backup_nobody_activates_is_the_shop_without_a_backup() -> None:
    """A whole shop: the books, every shopper and every unit of stock, byte for byte."""
    failure = {"days": 12, "events": [{"at": "06-03 08:00", "do": "supply.fail", "target": "supplier-1", "for": "6d"}]}
    backup = {"supply.suppliers": {"backup-1": {"role": "backup", "lead_time": {"mean": "1d"}}}}
    idle = {"supply.sourcing.policy": "backup", "supply.sourcing.switch_below": "0d of cover"}
    shops = [small(**failure), small(**failure, **backup), small(**failure, **backup, **idle)]
    for shop in shops:
        shop.run()
        assert not shop.journal.of("supply", "activated")
    assert shops[0].journal.of("supply", "supply.fail")
    whole = [bytes_of(shop) + shop.world.supply.stock.tobytes() + shop.world.fulfilment.orders.tobytes() for shop in shops]
    assert whole[1] == whole[0], "a backup on paper"
    assert whole[2] == whole[0], "a policy that never has to switch"


def test_goods_spoil_in_the_warehouse_that_is_named_by_its_name_or_number() -> None:
    lost = []
    for warehouse in ("central-1", 0, "nowhere", 99):
        spoil = {"at": "06-01 08:00", "do": "supply.spoil", "magnitude": "60%", "warehouse": warehouse, "for": None}
        if warehouse in ("nowhere", 99):
            with pytest.raises(SimError, match=r"events\.0.*(central-1|0 to 6)"):
                shop = small(days=2, events=[spoil])
                shop.run_until(shop.calendar.warmup + 600)
            continue
        shop = small(days=2, events=[spoil])  # a resolved scenario writes out what is not said
        shop.run_until(shop.calendar.warmup + 600)
        lost.append(shop.journal.of("supply", "spoiled")[0][-1])
    assert lost[0] == lost[1] > 0.0


def test_running_in_pieces_is_running_at_once(finished: Marketplace) -> None:
    pieces = small()
    for minute in (1, 777, 1440, 5000, 20_161, 24 * 1440 + 3):
        pieces.run_until(minute)
        assert pieces.minute == minute
    pieces.run()
    assert bytes_of(pieces) == bytes_of(finished)


def test_every_conservation_law_holds_and_is_named(finished: Marketplace) -> None:
    assert set(finished.laws) >= {"stock", "demand", "orders", "parcels", "money", "refunds", "coupons", "little"}


def test_a_lost_unit_breaks_the_law_of_stock() -> None:
    market = small(days=2)
    market.run()
    market.world.supply.stock[0, 0]["on_hand"] += 1
    with pytest.raises(LawBroken, match="stock"):
        check_all(market)


def test_an_invented_fen_breaks_the_law_of_money() -> None:
    market = small(days=2)
    market.run()
    market.world.books.debit[0, 0] += 1
    with pytest.raises(LawBroken, match="money"):
        check_all(market)


#: nobody competes: stock for years in one place, hands for every parcel; and what shoppers tell each other (ratings,
#: promises learnt from others' parcels) counts for nothing
PLENTY = {
    "crowd.represents": 1500, "supply.stock.initial": "2000d of cover", "fulfilment.network.regional": 0,
    "fulfilment.utilisation": "1%", "crowd.memory.review": "0%", "crowd.memory.late": 0.0, "crowd.choice.promise": 0.0,
    "shelf.promotions": [], "shelf.ranking.policy": "random", "days": 12,
}  # fmt: skip


def test_taking_one_shopper_away_leaves_all_who_did_not_compete_untouched() -> None:
    whole = small(**PLENTY)
    whole.run()
    busiest = int(whole.world.crowd.rows["window_orders"].argmax())
    assert whole.world.crowd.rows["window_orders"][busiest] > 0
    without = small(**PLENTY)
    without.remove_shopper(busiest)
    without.run()
    others = np.arange(1500) != busiest
    a, b = whole.world.crowd.rows[others], without.world.crowd.rows[others]
    differing = {field: int((a[field] != b[field]).reshape(len(a), -1).any(axis=1).sum()) for field in a.dtype.names}
    assert not any(differing.values()), differing
    assert whole.world.crowd.rows["orders"].sum() > without.world.crowd.rows["orders"].sum()


def test_mesa_batch_run_drives_the_model_and_ends_with_the_kpis_of_a_run() -> None:
    overrides = {"crowd.shoppers": [200, 300], "days": 2, "warmup": "1d", "shelf.promotions": [[]]}
    rows = mesa.batch_run(
        Marketplace, {"scenario": str(FESTIVAL), "seed": [1, 2], **overrides},
        iterations=1, max_steps=5, number_processes=1, data_collection_period=-1, display_progress=False,
    )  # fmt: skip
    last = {(row["crowd.shoppers"], row["seed"]): row for row in rows if row["Step"] > 0}
    assert sorted(last) == [(200, 1), (200, 2), (300, 1), (300, 2)]
    assert len({row["visits"] for row in last.values()}) == 4, "each combination was run, with its own shop"
    alone = run(load(FESTIVAL, {**overrides, "crowd.shoppers": 300, "shelf.promotions": []}), seed=2)
    assert {name: last[300, 2][name] for name in alone.kpis} == alone.kpis
    assert last[300, 2]["day"] == 3.0


def test_what_mesa_collects_day_by_day_adds_up_to_the_kpis() -> None:
    market = Marketplace(str(FESTIVAL), rng=5, **{"crowd.shoppers": 200, "days": 2, "warmup": "1d"})
    assert market.seed == 5
    while market.running:
        market.step()
    days = market.datacollector.get_model_vars_dataframe()
    assert list(days["day"]) == [1.0, 2.0, 3.0]
    assert days["visits"].is_monotonic_increasing and days["visits"].iloc[0] == 0.0
    assert days["orders"].iloc[-1] == market.kpis["orders"] > 0
    assert days["cvr"].isna().tolist() == [True, True, False]
    assert set(market.laws.values()) == {"holds"}


def test_an_event_of_the_timeline_happens_and_is_journalled() -> None:
    market = small(days=3, events=[{"at": "06-02 10:00", "do": "supply.fail", "target": "supplier-1", "for": "1d"}])
    market.run()
    assert [row[2] for row in market.journal.of("supply", "supply.fail")] == ["supply.fail"]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    shoppers=st.integers(50, 600), skus=st.integers(8, 60), cover=st.integers(0, 20), off=st.integers(0, 60),
    seed=st.integers(0, 2**40), refused=st.integers(0, 100), policy_name=st.sampled_from(["lost_sales", "backorder"]),
)  # fmt: skip
def test_laws_hold_over_random_scenarios(shoppers, skus, cover, off, seed, refused, policy_name):  # type: ignore[no-untyped-def]
    scenario = load(
        FESTIVAL,
        {
            "crowd.shoppers": shoppers, "crowd.represents": shoppers * 7, "shelf.catalogue.skus": skus, "days": 20,
            "warmup": "1d", "supply.stock.initial": f"{cover}d of cover", "shelf.promotions.4.off": f"{off}%",
            "supply.stock.policy": policy_name, "crowd.payment.completes": f"{refused}%",
        },
    )  # fmt: skip
    market = Marketplace(scenario, seed=seed)
    market.run()
    market.finish()
    assert {"stock", "demand", "money", "refunds", "coupons", "orders", "parcels", "promised stock"} <= set(market.laws)
    assert set(market.laws.values()) == {"holds"}
    assert total(market, "visits") > 0, "a shop that nobody visits can break no law"


def test_a_shop_of_two_regions_and_one_warehouse_runs_and_holds_every_law() -> None:
    shop = {
        "fulfilment.network.regions": 2, "fulfilment.network.regional": 0, "fulfilment.network.front": 0,
        "crowd.shoppers": 300, "crowd.represents": 300, "shelf.catalogue.skus": 60, "days": 10,
        "supply.replenishment.policy": "min_max",
    }  # fmt: skip
    market = small(**shop)
    market.run()
    market.finish()
    assert set(market.laws.values()) == {"holds"}
    assert set(np.unique(market.world.crowd.rows["region"])) == {0, 1}
    assert total(market, "orders") > 0


def test_run_returns_figures_series_events_and_manifest() -> None:
    result = run(load(FESTIVAL, {**SMALL, "days": 2}), seed=3)
    assert result.kpis["orders"] > 0
    assert len(result.series) == 4 * 24
    assert result.manifest["wall_seconds"] > 0
    assert result.manifest["laws"]["money"] == "holds"


def test_the_time_of_a_run_is_without_what_compiling_takes(monkeypatch):
    import time

    from numba import njit

    spent = {}
    honest = Marketplace.run

    def with_a_new_kernel(market, progress=None):
        began = time.perf_counter()

        @njit
        def kernel(x):
            return sum([x * i for i in range(10)])

        kernel(1.5)
        spent["compiling"] = time.perf_counter() - began
        honest(market, progress)
        spent["all"] = time.perf_counter() - began

    scenario = load(FESTIVAL, {"crowd.shoppers": 200, "days": 1, "warmup": "0d"})
    run(scenario)  # every kernel is there
    monkeypatch.setattr(Marketplace, "run", with_a_new_kernel)
    told = run(scenario).manifest["wall_seconds"]
    assert spent["compiling"] > 0.05
    assert told <= spent["all"] - 0.9 * spent["compiling"]


def test_a_repurchase_follows_the_first_purchase_within_the_window(finished: Marketplace) -> None:
    rates = [measure_all(finished)["repurchase_rate"]]
    for window in ("5d", "1h"):
        market = small(**{"books.repurchase_window": window})
        market.run()
        market.finish()
        # the window decides what is counted and nothing else
        assert market.world.books.series.tobytes() == finished.world.books.series.tobytes()
        rates.append(measure_all(market)["repurchase_rate"])
    bought = finished.world.crowd.rows["window_orders"]
    assert rates[0] == (bought > 1).sum() / (bought > 0).sum()  # the whole run lies within the usual window
    assert rates[0] > rates[1] > rates[2]
