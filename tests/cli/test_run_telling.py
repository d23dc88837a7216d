"""What `sim618 run` says in the terminal: of what the run is about, in the reader's units, without the warm-up."""

from __future__ import annotations

from sim.cli.progress import Counted
from sim.cli.run import headline

SHOP = {"visits": 9.0, "gmv": 311_125_060.0, "orders": 629_333.0, "cvr": 0.048, "fill_rate": 0.823}


def test_a_shop_is_told_by_its_trade_in_the_units_of_the_language():
    assert dict(headline(SHOP, "en"))["GMV"] == "311.1M CNY"
    assert "3.111亿元" in dict(headline(SHOP, "zh")).values()


def test_a_run_without_shoppers_is_not_told_by_a_trade_of_nought():
    stock = {"visits": 0.0, "gmv": 0.0, "orders": 0.0, "fill_rate": 0.933, "bullwhip_ratio": 2.12}
    labels = [label for label, _ in headline(stock, "en")]
    assert labels == ["Fill rate (β)", "Bullwhip ratio"]


def test_stations_are_told_with_the_half_width_of_their_interval():
    kpis = {"visits": 0.0, "in_stock_rate": 0.0, "fulfilment.desk.wait_mean": 0.135, "fulfilment.desk.wait_half_width": 0.02}
    assert headline(kpis, "en") == [("Desk: mean wait", "0.135 ± 0.02 min")]


def test_the_bar_counts_orders_from_the_end_of_the_warm_up():
    count = Counted(1440.0, "en")
    assert count(700.0, 50.0) == count(1400.0, 80.0) == "warm-up"
    assert count(1500.0, 95.0) == "15 orders"
    assert Counted(0.0, "zh")(10.0, 3.0) == "3 单"
