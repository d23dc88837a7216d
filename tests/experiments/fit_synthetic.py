"""Small made-up data sets with known parameters, in the columns of the real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

HOURS = np.array([3, 2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6, 6, 5, 5, 6, 7, 8, 8, 6], dtype=float)
LIFT = (1.5, -3.0)  # ln(lift) at no price cut, per change of ln price
ELASTICITY, FEATURE = -2.5, 0.4
BUYERS = {"r": 0.6, "alpha": 6.0, "a": 0.8, "b": 2.5}
SPEND = {"p": 6.0, "q": 4.0, "v": 15.0}
CARRIER, COURIER = (2.0, 1.5), (2.5, 3.0)  # gamma shape and scale in days
LATE_SHARE, DAYS_LATE = 0.12, (10.0, 1.0)  # share; lognormal median (days) and sigma
REDEEMED = 0.2
VISIT, VISIT_EFFECT = 0.10, 0.08
WEIGHT = (0.8, 1.2)  # lognormal median (kg) and sigma


def hour_of_day() -> pd.DataFrame:
    views = np.round(HOURS * 10_000)
    return pd.DataFrame(
        {
            "hour": range(24), "active_users": views / 10, "buyer_users": views / 100, "pv": views,
            "buy": np.round(views * 0.02), "cart": np.round(views * 0.06), "fav": np.round(views * 0.03),
        }
    )  # fmt: skip


def funnel() -> pd.DataFrame:
    quantities = {
        "users_pv": 1000, "users_pv_and_favcart": 800, "users_pv_favcart_buy": 500, "buyers": 600,
        "repeat_buyers_2plus": 300, "actions_pv": 10_000, "actions_fav": 300, "actions_cart": 600, "actions_buy": 200,
    }  # fmt: skip
    return pd.DataFrame({"quantity": quantities.keys(), "value": quantities.values()})


def daily() -> pd.DataFrame:
    scale = np.array([0.95, 1.0, 1.05, 1.0, 0.98, 1.02])
    return pd.DataFrame(
        {
            "date": pd.date_range("2017-11-25", periods=6).strftime("%Y-%m-%d"), "active_users": 1000,
            "buyer_users": np.round(200 * scale), "pv": 10_000, "buy": np.round(200 * scale), "cart": 600, "fav": 300,
        }
    )  # fmt: skip


def sessions(rng: np.random.Generator, n: int = 3000) -> pd.DataFrame:
    pages = 1 + rng.negative_binomial(1, 0.05, n)
    return pd.DataFrame(
        {
            "Administrative": 0, "Administrative_Duration": 0.0, "Informational": 0, "Informational_Duration": 0.0,
            "ProductRelated": pages, "ProductRelated_Duration": rng.lognormal(6.0, 1.0, n),
            "VisitorType": np.where(rng.random(n) < 0.2, "New_Visitor", "Returning_Visitor"),
            "Revenue": (rng.random(n) < 0.1).astype(int),
        }
    )  # fmt: skip


def item_days(rng: np.random.Generator, items: int = 400) -> pd.DataFrame:
    """A running total of sales: `rate` a day before, exp(LIFT) times that for two days from the festival on."""
    days = pd.date_range("2016-11-05", "2016-11-14")
    rows = []
    for item in range(items):
        rate, cut = rng.integers(20, 60), rng.choice([0.0, 0.0, 0.1, 0.2, 0.4])
        lift = np.exp(LIFT[0] + LIFT[1] * np.log(1 - cut) + rng.normal(0, 0.1))
        total = float(rng.integers(1000, 50_000))
        for day in days:
            total += rate * (lift if day.day in (11, 12) else 1.0)
            price = 100.0 * (1 - cut if day.day == 11 else 1.0)
            rows.append((day.strftime("%Y-%m-%d"), f"A{item}", price, round(total), f"shop {item % 8}"))
    return pd.DataFrame(rows, columns=["date", "item_id", "price_cny", "sale_count", "shop"])


def store_weeks(rng: np.random.Generator) -> pd.DataFrame:
    grid = pd.MultiIndex.from_product([range(8), range(5), range(60)], names=["store", "brand", "week"]).to_frame(False)
    n = len(grid)
    lnp = rng.normal(-3, 0.2, n)
    feature = (rng.random(n) < 0.2).astype(float)
    effects = (
        rng.normal(0, 1, 8)[grid["store"]] + rng.normal(0, 1, 5)[grid["brand"]] + rng.normal(0, 0.3, 60)[grid["week"]]
    )
    return grid.assign(
        units_oz_log=9 + effects + ELASTICITY * lnp + FEATURE * feature + rng.normal(0, 0.3, n),
        price_per_oz=np.exp(lnp), min_rival_price_per_oz=np.exp(rng.normal(-3.2, 0.2, n)),
        deal=(rng.random(n) < 0.4).astype(float), feat=feature,
    )  # fmt: skip


def cohort(rng: np.random.Generator, customers: int = 6000, weeks: int = 39) -> pd.DataFrame:
    """Purchases of BG/NBD customers with Gamma-Gamma spend; time runs on continuously and is cut to days."""
    rows = []
    rates = rng.gamma(BUYERS["r"], 1 / BUYERS["alpha"], customers)
    drops = rng.beta(BUYERS["a"], BUYERS["b"], customers)
    scales = rng.gamma(SPEND["q"], 1 / SPEND["v"], customers)
    for customer in range(customers):
        start = int(rng.integers(0, 84)) if customer else 0
        time = float(start)
        while True:
            rows.append((customer + 1_000_000, int(time), rng.gamma(SPEND["p"], 1 / scales[customer])))
            if len(rows) > 1 and time > start and rng.random() < drops[customer]:
                break
            time += 7 * rng.exponential(1 / rates[customer])
            if time >= 7 * weeks:
                break
    frame = pd.DataFrame(rows, columns=["customer", "day", "usd"])
    dates = pd.Timestamp("1997-01-01") + pd.to_timedelta(frame["day"], unit="D")
    return pd.DataFrame(
        {"customer": frame["customer"], "date": dates.dt.strftime("%Y%m%d"), "cds": rng.geometric(0.5, len(frame)),
         "usd": frame["usd"].round(2)}
    )  # fmt: skip


def sku_days(rng: np.random.Generator, skus: int = 300, days: int = 80) -> pd.DataFrame:
    dates = pd.bdate_range("2010-12-01", periods=days).strftime("%Y-%m-%d")
    level = 40 * rng.weibull(0.6, skus)
    rows = []
    for sku in range(skus):
        for date, units in zip(dates, rng.negative_binomial(0.5, 0.5 / (0.5 + level[sku]), days), strict=True):
            if units:
                rows.append((f"{10000 + sku}", date, units, int(rng.binomial(units, 0.03)), 1, 2.0 + sku / 100))
    rows.append(("20000", dates[0], 70_000, 70_000, 2, 1.0))
    rows.append(("POST", dates[0], 9_000, 0, 1, 18.0))
    return pd.DataFrame(rows, columns=["StockCode", "date", "units_sold", "units_returned", "lines", "median_price"])


def invoices(rng: np.random.Generator, n: int = 1500) -> pd.DataFrame:
    lines = 1 + rng.negative_binomial(0.6, 0.03, n)
    cancelled = (rng.random(n) < 0.1).astype(int)
    frame = pd.DataFrame(
        {
            "InvoiceNo": range(n), "time": "2011-01-05 10:00:00", "customer": rng.integers(1, 300, n), "lines": lines,
            "units": lines * 5, "value_gbp": np.where(cancelled, -1, 1) * (lines * 9.9 + rng.random(n)).round(2),
            "cancelled": cancelled,
        }
    )  # fmt: skip
    void = pd.DataFrame(
        {
            "InvoiceNo": [n, n + 1], "time": "2011-01-06 10:00:00", "customer": 7, "lines": 1,
            "units": [70_000, -70_000], "value_gbp": [77_000.0, -77_000.0], "cancelled": [0, 1],
        }
    )  # fmt: skip
    return pd.concat([frame, void])


def items(rng: np.random.Generator, orders: int = 800) -> pd.DataFrame:
    return pd.DataFrame(
        [(f"o{order}", k + 1) for order in range(orders) for k in range(rng.geometric(0.85))],
        columns=["order_id", "order_item_id"],
    )


def orders(rng: np.random.Generator, n: int = 2500) -> pd.DataFrame:
    bought = pd.Timestamp("2017-06-01 09:00") + pd.to_timedelta(rng.uniform(0, 200, n), unit="D")
    carrier = bought + pd.to_timedelta(rng.gamma(*CARRIER, n), unit="D")
    arrived = carrier + pd.to_timedelta(rng.gamma(*COURIER, n), unit="D")
    form = "%Y-%m-%d %H:%M:%S"
    return pd.DataFrame(
        {
            "order_id": [f"o{i}" for i in range(n)], "order_status": "delivered",
            "order_purchase_timestamp": bought.strftime(form), "order_approved_at": bought.strftime(form),
            "order_delivered_carrier_date": carrier.strftime(form),
            "order_delivered_customer_date": arrived.strftime(form),
            "order_estimated_delivery_date": (bought + pd.Timedelta(days=20)).normalize().strftime(form),
        }
    )  # fmt: skip


def reviews(rng: np.random.Generator, n: int = 40_000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All reviews, and orders with a comment, which people with a low score write five times as often."""
    late = rng.random(n) < 0.1
    score = np.where(late, rng.choice([1, 2, 3, 4, 5], n, p=[0.4, 0.2, 0.2, 0.1, 0.1]),
                     rng.choice([1, 2, 3, 4, 5], n, p=[0.05, 0.05, 0.1, 0.3, 0.5]))  # fmt: skip
    told = rng.random(n) < np.where(score <= 2, 0.5, 0.1)
    promised = pd.Timestamp("2018-01-20")
    arrival = promised + pd.to_timedelta(np.where(late, 4, -6), unit="D")
    everything = pd.DataFrame({"review_score": score})
    classified = pd.DataFrame(
        {
            "review_score": score, "order_delivered_customer_date": arrival.strftime("%Y-%m-%d %H:%M:%S"),
            "order_estimated_delivery_date": promised.strftime("%Y-%m-%d %H:%M:%S"),
        }
    )  # fmt: skip
    return everything.iloc[:4000], classified[told]


def vendor_deliveries(rng: np.random.Generator, n: int = 2000) -> pd.DataFrame:
    scheduled = pd.Timestamp("2011-01-03") + pd.to_timedelta(rng.permutation(n), unit="D") / 2
    scheduled = scheduled.normalize()
    late = np.where(
        rng.random(n) < LATE_SHARE, np.ceil(DAYS_LATE[0] * np.exp(DAYS_LATE[1] * rng.standard_normal(n))), 0.0
    )
    ordered = scheduled - pd.to_timedelta(np.round(rng.gamma(4, 20, n) + 5), unit="D")
    return pd.DataFrame(
        {
            "vendor": [f"vendor {i % 25}" for i in range(n)], "country": [f"country {i % 40}" for i in range(n)],
            "fulfil_via": "Direct Drop", "po_sent": ordered.strftime("%Y-%m-%d"),
            "scheduled": scheduled.strftime("%Y-%m-%d"),
            "delivered": (scheduled + pd.to_timedelta(late, unit="D")).strftime("%Y-%m-%d"),
        }
    )  # fmt: skip


def coupons(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    campaigns = pd.DataFrame(
        {"description": ["TypeA", "TypeB"] * 4, "campaign": range(8), "start_day": range(100, 180, 10)}
    )
    campaigns["end_day"] = campaigns["start_day"] + 40
    mailed = pd.DataFrame([(h, c) for c in range(8) for h in range(300)], columns=["household_key", "campaign"])
    used = mailed[rng.random(len(mailed)) < REDEEMED].merge(campaigns, on="campaign")
    used["day"] = used["start_day"] + np.floor(41 * rng.beta(1.5, 3.0, len(used)))
    stray = pd.DataFrame({"household_key": [9999, 1], "campaign": [0, 0], "day": [105, 900]})
    return {
        "dunnhumby_campaign_table": mailed,
        "dunnhumby_campaign_desc": campaigns,
        "dunnhumby_coupon_redempt": pd.concat([used[["household_key", "campaign", "day"]], stray]),
    }


def email(rng: np.random.Generator, n: int = 20_000) -> pd.DataFrame:
    treated = rng.random(n) < 0.5
    visit = rng.random(n) < VISIT + VISIT_EFFECT * treated
    conversion = visit & (rng.random(n) < 0.06)
    return pd.DataFrame(
        {
            "recency": rng.integers(1, 13, n), "history": rng.lognormal(5, 1, n), "newbie": rng.integers(0, 2, n),
            "segment": np.where(treated, "Mens E-Mail", "No E-Mail"), "visit": visit.astype(int),
            "conversion": conversion.astype(int), "spend": np.where(conversion, rng.gamma(2, 50, n), 0.0),
        }
    )  # fmt: skip


def web_load(crowds: int = 6) -> pd.DataFrame:
    """A steady 5,000 requests a minute; every second noon a rise to five times that in 90 minutes, then a fall."""
    time = pd.date_range("1998-05-01", periods=1440 * 2 * crowds, freq="min")
    load = np.full(len(time), 5000.0)
    for crowd in range(crowds):
        start = 2880 * crowd + 720
        load[start : start + 91] += 20_000 * np.linspace(0, 1, 91)
        load[start + 91 : start + 300] += 20_000 * np.exp(-np.arange(209) / 20)
    return pd.DataFrame({"period": time.strftime("%Y-%m-%d %H:%M:%S"), "count": np.round(load)})


def products(rng: np.random.Generator, n: int = 2000) -> pd.DataFrame:
    weight = 1000 * WEIGHT[0] * np.exp(WEIGHT[1] * rng.standard_normal(n))
    return pd.DataFrame(
        {"product_weight_g": weight, "product_length_cm": 20.0, "product_height_cm": rng.uniform(5, 20, n),
         "product_width_cm": 15.0}
    )  # fmt: skip


def machines(rng: np.random.Generator, days: int = 6) -> pd.DataFrame:
    step = np.arange(288 * days)
    cpu = 40 + 10 * np.sin(2 * np.pi * step / 288) + rng.normal(0, 2, len(step))
    return pd.DataFrame(
        {"step_300s": step, "cpu_util_percent": cpu, "mem_util_percent": 85 + rng.normal(0, 1, len(step))}
    )


def write_all(folder: Path, customers: int = 4000) -> None:
    """Every data set, some compressed and some plain."""
    rng = np.random.default_rng(7)
    everything, classified = reviews(rng)
    tables = {
        "taobao2017_hour_of_day": hour_of_day(),
        "taobao2017_funnel": funnel(),
        "taobao2017_daily": daily(),
        "uci_online_shoppers_sessions": sessions(rng),
        "tmall_1111_2016_item_days": item_days(rng),
        "dominicks_oj_store_brand_week": store_weeks(rng),
        "cdnow_transactions": cohort(rng, customers),
        "uci_online_retail_sku_day": sku_days(rng),
        "uci_online_retail_invoices": invoices(rng),
        "olist_items_sample": items(rng),
        "olist_orders_sample": orders(rng),
        "olist_reviews_sample": everything,
        "olist_classified_reviews": classified,
        "scms_vendor_deliveries": vendor_deliveries(rng),
        "hillstrom_email_rct": email(rng),
        "worldcup98_requests_per_minute": web_load(),
        "olist_products_dims": products(rng),
        "alibaba2018_machine_usage_300s": machines(rng),
        **coupons(rng),
    }
    for number, (name, frame) in enumerate(tables.items()):
        frame.to_csv(folder / f"{name}.csv{'.gz' if number % 2 else ''}", index=False)
