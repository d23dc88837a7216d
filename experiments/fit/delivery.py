"""Delivery: order to carrier, carrier to customer, promise against arrival: Olist."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from experiments.fit import style
from experiments.fit.record import Estimate, Fitted, Study, Tables, need
from experiments.fit.stats import bootstrap, gamma, ks, lognormal, quantiles, share

TABLE = "olist_orders_sample"
LEGS = {
    "to_carrier": ("order_purchase_timestamp", "order_delivered_carrier_date"),
    "to_customer": ("order_delivered_carrier_date", "order_delivered_customer_date"),
    "whole": ("order_purchase_timestamp", "order_delivered_customer_date"),
}


def leg(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Days (> 0) of every order over one leg; rows with a missing or impossible time are left out."""
    start, end = LEGS[name]
    days = ((frame[end] - frame[start]).dt.total_seconds() / 86400).dropna().to_numpy()
    return days[days > 0]


def delivered(frame: pd.DataFrame) -> pd.DataFrame:
    """Delivered orders with `late_days`: calendar days of arrival after the promised date (negative: early)."""
    use = frame.dropna(subset=["order_delivered_customer_date", "order_estimated_delivery_date"]).copy()
    arrival = use["order_delivered_customer_date"].dt.normalize()
    use["late_days"] = (arrival - use["order_estimated_delivery_date"].dt.normalize()).dt.days
    return use


def promised_days(frame: pd.DataFrame) -> np.ndarray:
    """Days from the order to the promised date."""
    wait = frame["order_estimated_delivery_date"] - frame["order_purchase_timestamp"]
    return (wait.dt.total_seconds() / 86400).dropna().to_numpy()


def fit(tables: Tables) -> Fitted:
    """Lognormal and gamma of each leg, the promise, and how often and by how much it is missed."""
    frame = tables[TABLE]
    done = delivered(frame)
    need(len(done), 40, "delivered orders")
    estimates: dict[str, Estimate] = {}
    distance: dict[str, float] = {}
    observed: dict[str, object] = {}
    for name in LEGS:
        days = leg(frame, name)
        need(len(days), 30, f"orders with both times of the leg {name}")
        log, gam = lognormal(days, "days"), gamma(days, "days")
        estimates[f"{name}_median"], estimates[f"{name}_sigma"] = log["median"], log["sigma"]
        estimates[f"{name}_gamma_shape"] = gam.estimates["shape"]
        estimates[f"{name}_gamma_scale"] = gam.estimates["scale"]
        distance[f"ks_{name}_lognormal"] = ks(
            days, lambda d, log=log: stats.lognorm.cdf(d, log["sigma"].value, scale=log["median"].value)  # type: ignore[misc]
        )  # fmt: skip
        distance[f"ks_{name}_gamma"] = ks(
            days,
            lambda d, gam=gam: stats.gamma.cdf(d, gam["shape"], scale=gam["scale"]),  # type: ignore[misc]
        )
        observed[f"{name}_days"] = quantiles(days)
    promise = promised_days(frame)
    need(len(promise), 30, "orders with a promise")
    late = done["late_days"].to_numpy(dtype=float)
    estimates["promised_days_median"] = bootstrap(len(promise), lambda i: float(np.median(promise[i])), "days")
    estimates["days_early_median"] = bootstrap(len(late), lambda i: float(-np.median(late[i])), "days")
    estimates["late"] = share(float((late > 0).sum()), len(late), "share of delivered orders")
    if (late > 0).sum() >= 5:
        tail = late[late > 0]
        estimates["days_late_when_late_median"] = bootstrap(len(tail), lambda i: float(np.median(tail[i])), "days")
        estimates["days_late_when_late_mean"] = bootstrap(len(tail), lambda i: float(tail[i].mean()), "days")
    status = frame["order_status"].dropna()
    estimates["not_delivered"] = share(float((status != "delivered").sum()), len(status), "share of orders, any reason")
    observed["promised_days"] = quantiles(promise)
    observed["days_after_promise"] = quantiles(late)
    both = frame.dropna(subset=["order_delivered_carrier_date", "order_delivered_customer_date"])
    legs = [(both[b] - both[a]).dt.total_seconds() for a, b in (LEGS["to_carrier"], LEGS["to_customer"])]
    observed["rank_correlation_of_legs"] = float(stats.spearmanr(legs[0], legs[1]).statistic)
    return Fitted(
        estimates=estimates,
        n=len(done),
        n_unit="delivered orders",
        distance=distance,
        observed=observed,
        note=(
            "Late means the calendar day of arrival is after the promised date. Brazil 2016-2018: distances and a "
            "promise of some 24 days have nothing of a Chinese city in them; the form of the distributions, the size "
            "of the promise's margin and the share late are what carries over."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Cumulative distributions of both legs; arrival against promise."""
    frame = tables[TABLE]
    axes = style.panels(figure, 3)
    for panel, name, title in (
        (axes[0], "to_carrier", "Order to carrier"), (axes[1], "to_customer", "Carrier to customer")
    ):  # fmt: skip
        style.cumulative(
            panel,
            leg(frame, name),
            {
                "lognormal": lambda d, n=name: stats.lognorm.cdf(d, fitted[f"{n}_sigma"], scale=fitted[f"{n}_median"]),  # type: ignore[misc]
                "gamma": lambda d, n=name: stats.gamma.cdf(  # type: ignore[misc]
                    d, fitted[f"{n}_gamma_shape"], scale=fitted[f"{n}_gamma_scale"]
                ),
            },
            upto=0.98,
        )
        style.label(panel, title, "days", "cumulative share of orders")
    late = np.clip(delivered(frame)["late_days"].to_numpy(dtype=float), -40, 20)
    edges = np.arange(-40, 22.5, 2.5)
    shares = np.histogram(late, edges)[0] / len(late)
    middle = (edges[:-1] + edges[1:]) / 2
    axes[2].bar(
        middle, 100 * shares, 2.3, color=[style.FITTED if m > 0 else style.OBSERVED for m in middle], alpha=0.75
    )
    axes[2].axvline(0, color=style.INK, lw=1)
    style.label(
        axes[2], f"Arrival against promise: {100 * fitted['late']:.1f}% late", "days after the promised date",
        "share of delivered orders, %", legend=False,
    )  # fmt: skip


STUDY = Study(
    key="delivery",
    title="Delivery and promise",
    needs={
        TABLE: {
            "order_status": "text", "order_purchase_timestamp": "time", "order_delivered_carrier_date": "time",
            "order_delivered_customer_date": "time", "order_estimated_delivery_date": "time",
        }
    },
    source="Olist, Brazilian E-Commerce Public Dataset, random sample of orders 2016-2018",
    licence="CC BY-NC-SA 4.0; only fitted numbers are kept",
    fit=fit,
    draw=draw,
)  # fmt: skip
