"""Each fit, on made-up data of the real columns, finds the parameters the data were made with."""

from __future__ import annotations

from pathlib import Path

import fit_synthetic as made
import numpy as np
import pandas as pd
import pytest

from experiments.fit import opening
from experiments.fit.__main__ import run
from experiments.fit.plan import STUDIES
from experiments.fit.record import CannotFitError, Fitted
from experiments.fit.surges import per_minute, surges

STUDY = {study.key: study for study in STUDIES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data")
    made.write_all(path)
    return path


def fit(key: str, folder: Path) -> Fitted:
    return run(STUDY[key], folder)


def near(fitted: Fitted, name: str, truth: float) -> bool:
    """Within twice the half-widths of the 95% interval: a fixed sample needs no luck to pass."""
    e = fitted.estimates[name]
    assert e.low is not None and e.high is not None
    return 2 * e.low - e.value <= truth <= 2 * e.high - e.value


def test_the_hour_curve_is_the_share_of_views(folder: Path) -> None:
    found = fit("hour_of_day", folder)
    assert np.asarray(found.observed["visit_weight_by_hour"]) == pytest.approx(made.HOURS / made.HOURS.sum(), abs=1e-5)
    assert found["buy_per_view"] == pytest.approx(0.02)
    assert found["peak_to_mean"] == pytest.approx(24 * 8 / made.HOURS.sum())


def test_the_funnel_is_the_ratio_of_its_events(folder: Path) -> None:
    found = fit("funnel", folder)
    assert found["cart_per_view"] == pytest.approx(0.06)
    assert found["buy_per_cart"] == pytest.approx(1 / 3)
    assert found["buyers_buying_again"] == pytest.approx(0.5)
    assert near(found, "buy_per_view", 0.02)


def test_the_funnel_does_without_the_daily_table_but_then_claims_no_interval(tmp_path: Path) -> None:
    made.funnel().to_csv(tmp_path / "taobao2017_funnel.csv", index=False)
    found = fit("funnel", tmp_path)
    assert found["buy_per_view"] == pytest.approx(0.02)
    assert found.estimates["buy_per_view"].low is None


def test_session_depth_and_conversion_are_found_again(folder: Path) -> None:
    found = fit("sessions", folder)
    assert near(found, "conversion", 0.1)
    assert near(found, "pages_mean", 1 + 0.95 / 0.05)
    assert near(found, "minutes_lognormal_sigma", 1.0)
    assert found.distance["ks_pages_negbin"] < 0.05


def test_the_festival_lift_and_its_slope_are_found_again(folder: Path) -> None:
    found = fit("festival_lift", folder)
    assert found["log_lift_at_no_cut"] == pytest.approx(made.LIFT[0], abs=0.05)
    assert found["log_lift_per_dlnp"] == pytest.approx(made.LIFT[1], abs=0.15)
    assert found["falls_among_changes_before"] == 0.0


def test_a_set_without_the_festival_day_is_refused_in_words(tmp_path: Path) -> None:
    frame = made.item_days(np.random.default_rng(1), 20)
    frame[frame["date"] < "2016-11-11"].to_csv(tmp_path / "tmall_1111_2016_item_days.csv", index=False)
    with pytest.raises(CannotFitError, match="no 11 November"):
        fit("festival_lift", tmp_path)


def test_the_price_elasticity_and_the_feature_effect_are_found_again(folder: Path) -> None:
    found = fit("price_elasticity", folder)
    for suffix in ("", "_within_store_and_brand"):
        assert found[f"own_price{suffix}"] == pytest.approx(made.ELASTICITY, abs=0.1)
        assert found[f"feature{suffix}"] == pytest.approx(made.FEATURE, abs=0.06)
        assert found[f"rival_price{suffix}"] == pytest.approx(0.0, abs=0.1)


def test_those_who_waited_are_told_apart_from_ordinary_shoppers() -> None:
    minutes = np.array([1.6, 10, 30, 64, 86, 200, 540, 720, 900, 1200.0])
    for family in opening.FAMILIES:
        points = opening.curve(minutes, made.HOURS, family, 0.4, 0.9, 45.0)
        x, _, rmse = opening.solve(minutes, points, made.HOURS, family)
        assert (x[0], np.exp(x[1]), np.exp(x[2])) == pytest.approx((0.4, 0.9, 45.0), rel=0.02)
        assert rmse < 1e-4


def test_the_opening_curve_begins_at_nothing_and_ends_at_everything() -> None:
    grid = np.linspace(0, 1440, 300)
    for family in opening.FAMILIES:
        values = opening.curve(grid, made.HOURS, family, 0.5, 0.8, 50.0, 0.05)
        assert values[0] == pytest.approx(0.0, abs=1e-9) and values[-1] == pytest.approx(1.0)
        assert np.all(np.diff(values) >= -1e-12)


def test_planted_flash_crowds_are_found_with_their_size_and_pace(folder: Path) -> None:
    found = fit("flash_crowds", folder)
    assert found.n == 6
    assert found["peak_to_before"] == pytest.approx(5.0, rel=0.05)
    # The onset is seen when the load passes 1.5 times the load before: an eighth of the rise, 11 of 90 minutes.
    assert found["minutes_to_peak"] == pytest.approx(79, abs=4)
    assert found["minutes_from_peak_to_half"] == pytest.approx(20 * np.log(2), abs=4)


def test_a_burst_of_five_minutes_is_no_flash_crowd() -> None:
    frame = made.web_load(2)
    frame["count"] = 5000.0
    frame.loc[1000:1004, "count"] = 60_000.0
    frame["period"] = pd.to_datetime(frame["period"])
    assert len(surges(per_minute({"worldcup98_requests_per_minute": frame}))) == 0


def test_repurchase_is_found_again_and_predicts_the_weeks_held_out(folder: Path) -> None:
    found = fit("repurchase", folder)
    # Days, not instants, are recorded: parameters are near the truth, not within sampling error of it.
    assert found["r"] / found["alpha"] == pytest.approx(made.BUYERS["r"] / made.BUYERS["alpha"], rel=0.15)
    assert found["a"] / (found["a"] + found["b"]) == pytest.approx(0.8 / 3.3, rel=0.2)
    assert found["spend_q"] == pytest.approx(made.SPEND["q"], rel=0.25)
    assert abs(found.distance["held_out_repeats_relative_error"]) < 0.1
    assert "recomputed_1_in_10" not in found.observed


def test_units_concentrate_as_the_weibull_they_were_made_with(folder: Path) -> None:
    found = fit("assortment", folder)
    assert found["units_by_sku_weibull_shape"] == pytest.approx(0.6, abs=0.08)
    assert found["day_negbin_size_median"] == pytest.approx(0.5, rel=0.15)
    assert near(found, "units_returned", 0.03)
    assert found.distance["concentration_gap_weibull"] < 0.06


def test_typing_errors_and_postage_do_not_count_as_sales_or_returns(folder: Path) -> None:
    found = fit("assortment", folder)
    assert found.n <= 300
    assert found["units_returned"] < 0.05


def test_baskets_are_found_again(folder: Path) -> None:
    found = fit("baskets", folder)
    assert found["lines_per_invoice_mean"] == pytest.approx(1 + 0.6 * 0.97 / 0.03, rel=0.1)
    assert found["items_per_consumer_order_mean"] == pytest.approx(1 / 0.85, rel=0.05)


def test_both_legs_of_delivery_are_found_again(folder: Path) -> None:
    found = fit("delivery", folder)
    for leg, (shape, scale) in (("to_carrier", made.CARRIER), ("to_customer", made.COURIER)):
        assert near(found, f"{leg}_gamma_shape", shape) and near(found, f"{leg}_gamma_scale", scale)
        assert found.distance[f"ks_{leg}_gamma"] < 0.03 < found.distance[f"ks_{leg}_lognormal"]


def test_an_order_is_late_from_the_day_after_the_promise(tmp_path: Path) -> None:
    frame = made.orders(np.random.default_rng(9), 100)
    promised = pd.to_datetime(frame["order_estimated_delivery_date"])
    arrival = promised + pd.to_timedelta([23] * 60 + [25] * 40, unit="h")
    frame["order_delivered_customer_date"] = arrival.dt.strftime("%Y-%m-%d %H:%M:%S")
    frame["order_delivered_carrier_date"] = frame["order_purchase_timestamp"].str.slice(0, 10) + [
        f" {10 + i % 10}:00:00" for i in range(100)
    ]
    frame["order_purchase_timestamp"] = frame["order_purchase_timestamp"].str.slice(0, 10) + " 01:00:00"
    frame.to_csv(tmp_path / "olist_orders_sample.csv", index=False)
    assert fit("delivery", tmp_path)["late"] == pytest.approx(0.4)


def test_weighting_undoes_the_excess_of_low_scores(folder: Path) -> None:
    found = fit("lateness_and_score", folder)
    truth_late = 0.4 * 1 + 0.2 * 2 + 0.2 * 3 + 0.1 * 4 + 0.1 * 5
    truth_in_time = 0.05 * 1 + 0.05 * 2 + 0.1 * 3 + 0.3 * 4 + 0.5 * 5
    assert found["score_late"] == pytest.approx(truth_late, abs=0.12)
    assert found["score_in_time"] == pytest.approx(truth_in_time, abs=0.08)
    assert found["late_after_weighting"] == pytest.approx(0.1, abs=0.02)


def test_supplier_lateness_is_found_again(folder: Path) -> None:
    found = fit("supplier_lead_times", folder)
    assert near(found, "late", made.LATE_SHARE)
    assert found["days_late_median"] == pytest.approx(made.DAYS_LATE[0], rel=0.2)
    assert found["days_late_sigma"] == pytest.approx(made.DAYS_LATE[1], abs=0.2)
    assert found["early"] == 0.0


def test_deliveries_before_2010_and_from_warehouses_do_not_count(tmp_path: Path) -> None:
    frame = made.vendor_deliveries(np.random.default_rng(2), 400)
    other = frame.assign(fulfil_via="From RDC")
    frame.to_csv(tmp_path / "scms_vendor_deliveries.csv", index=False)
    alone = fit("supplier_lead_times", tmp_path).estimates
    early = frame.assign(scheduled="2008-05-05", delivered="2008-09-09")
    pd.concat([frame, other, early]).to_csv(tmp_path / "scms_vendor_deliveries.csv", index=False)
    assert fit("supplier_lead_times", tmp_path).estimates == alone


def test_redemption_counts_households_mailed_within_the_campaign(folder: Path) -> None:
    found = fit("coupon_redemption", folder)
    assert near(found, "redeemed_typea", made.REDEEMED) and near(found, "redeemed_typeb", made.REDEEMED)
    assert near(found, "place_beta_a", 1.5) and near(found, "place_beta_b", 3.0)
    assert found.n == 2400


def test_the_effect_of_a_message_is_found_again(folder: Path) -> None:
    found = fit("message_effect", folder)
    assert near(found, "visit_effect", made.VISIT_EFFECT) and near(found, "visit_without", made.VISIT)
    assert near(found, "conversion_effect", 0.06 * made.VISIT_EFFECT)


def test_parcel_weight_is_found_again(folder: Path) -> None:
    found = fit("parcels", folder)
    assert near(found, "weight_median", made.WEIGHT[0]) and near(found, "weight_sigma", made.WEIGHT[1])
    assert abs(found["correlation_of_logs"]) < 0.1


def test_machine_use_is_found_again(folder: Path) -> None:
    found = fit("machine_use", folder)
    assert found["cpu_mean"] == pytest.approx(0.40, abs=0.005)
    assert found["cpu_p95"] == pytest.approx(0.50, abs=0.02)
