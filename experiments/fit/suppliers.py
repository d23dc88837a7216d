"""Supplier lead times and lateness: US Supply Chain Management System deliveries (SCMS), 2010 and later."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats
from scipy.special import betaln

from experiments.fit import style
from experiments.fit.record import Estimate, Fitted, Study, Tables, need
from experiments.fit.stats import bootstrap, gamma, ks, lognormal, maximise, quantiles, share

TABLE = "scms_vendor_deliveries"
SINCE = pd.Timestamp(2010, 1, 1)
BY_VENDOR = "Direct Drop"
"""Shipped by the vendor to the country; the rest comes out of the programme's own regional warehouses."""


def shipments(tables: Tables) -> pd.DataFrame:
    """One row per vendor shipment (vendor, country, scheduled and delivered day): `late` days, `quoted` and `taken`
    lead time in days from the order where it is known."""
    frame = tables[TABLE].dropna(subset=["vendor", "scheduled", "delivered"])
    frame = frame.loc[(frame["scheduled"] >= SINCE) & (frame["fulfil_via"] == BY_VENDOR)]
    frame = frame.drop_duplicates(["vendor", "country", "po_sent", "scheduled", "delivered"]).copy()
    frame["late"] = (frame["delivered"] - frame["scheduled"]).dt.days.astype(float)
    frame["quoted"] = (frame["scheduled"] - frame["po_sent"]).dt.days.astype(float)
    frame["taken"] = (frame["delivered"] - frame["po_sent"]).dt.days.astype(float)
    return frame


def vendor_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Shipments `n` and late shipments `k` of every vendor."""
    group = frame.assign(k=(frame["late"] > 0).astype(float)).groupby("vendor")["k"]
    return pd.DataFrame({"n": group.size(), "k": group.sum()})


def fit(tables: Tables) -> Fitted:
    """Early, on the day, late; tail of lateness; beta-binomial of lateness by vendor; lead time and its CV."""
    frame = shipments(tables)
    need(len(frame), 40, "vendor shipments since 2010")
    late = frame["late"].to_numpy()
    tail = late[late > 0]
    need(len(tail), 10, "late shipments")
    log, gam = lognormal(tail, "days"), gamma(tail, "days")
    estimates: dict[str, Estimate] = {
        "on_the_day": share(float((late == 0).sum()), len(late), "share of shipments"),
        "early": share(float((late < 0).sum()), len(late), "share of shipments"),
        "late": share(float((late > 0).sum()), len(late), "share of shipments"),
        "days_late_median": log["median"],
        "days_late_sigma": log["sigma"],
        "days_late_gamma_shape": gam.estimates["shape"],
        "days_late_gamma_scale": gam.estimates["scale"],
    }
    distance = {
        "ks_days_late_lognormal": ks(
            tail, lambda d: stats.lognorm.cdf(d, log["sigma"].value, scale=log["median"].value)
        ),
        "ks_days_late_gamma": ks(tail, lambda d: stats.gamma.cdf(d, gam["shape"], scale=gam["scale"])),
    }  # fmt: skip
    vendors = vendor_shares(frame)
    observed: dict[str, object] = {"days_after_schedule": quantiles(late), "days_late_when_late": quantiles(tail)}
    many = vendors[vendors["n"] >= 10]
    if len(vendors) >= 8 and (vendors["k"] > 0).sum() >= 3:
        n, k = vendors["n"].to_numpy(float), vendors["k"].to_numpy(float)
        beta = maximise(lambda a, b: float((betaln(a + k, b + n - k) - betaln(a, b)).sum()), {"a": 0.5, "b": 5.0})
        estimates["vendor_late_beta_a"], estimates["vendor_late_beta_b"] = beta.estimates["a"], beta.estimates["b"]
        estimates["vendor_late_mean"] = Estimate(beta["a"] / (beta["a"] + beta["b"]), unit="share, mean vendor")
    if len(many) >= 4:
        observed["late_share_of_vendors_with_10_shipments"] = quantiles((many["k"] / many["n"]).to_numpy())
        observed["vendors_with_10_shipments"] = len(many)
    timed = frame[(frame["quoted"] > 0) & (frame["taken"] > 0)]
    if len(timed) >= 30:
        taken, quoted = timed["taken"].to_numpy(), timed["quoted"].to_numpy()
        lead = lognormal(taken, "days")
        estimates["lead_time_median"], estimates["lead_time_sigma"] = lead["median"], lead["sigma"]
        distance["ks_lead_time_lognormal"] = ks(
            taken, lambda d: stats.lognorm.cdf(d, lead["sigma"].value, scale=lead["median"].value)
        )
        estimates["lead_time_cv"] = bootstrap(len(taken), lambda i: float(taken[i].std(ddof=1) / taken[i].mean()))
        estimates["lead_time_cv_within_vendor"] = within_vendor(timed)
        ratio = taken / quoted
        estimates["taken_to_quoted_mean"] = bootstrap(len(ratio), lambda i: float(ratio[i].mean()), "ratio")
        estimates["taken_to_quoted_sd"] = bootstrap(len(ratio), lambda i: float(ratio[i].std(ddof=1)), "ratio")
        observed["lead_time_days"] = quantiles(taken)
        observed["taken_to_quoted"] = quantiles(ratio)
    return Fitted(
        estimates=estimates,
        n=len(frame),
        n_unit="vendor shipments",
        distance=distance,
        observed=observed,
        note=(
            "Shipments straight from vendors, scheduled in 2010 or later; lines of one shipment count once. Before "
            "2010 the scheduled date was often entered after the fact. Lead times are of international orders of "
            "medicines (four months), so the level does not carry over to a domestic supplier [S14]; the spike on the "
            "day, the heavy tail, the spread between vendors and the ratio of taken to quoted time do. The schedule "
            "may have been renegotiated before delivery, so lateness is a lower bound."
        ),
    )  # fmt: skip


def within_vendor(timed: pd.DataFrame) -> Estimate:
    """Root mean square over vendors with five or more shipments of the lead time's coefficient of variation, weighted
    by shipments."""
    group = timed.groupby("vendor")["taken"].agg(["size", "mean", "std"])
    group = group[(group["size"] >= 5) & (group["mean"] > 0)]
    if len(group) < 2:
        return Estimate(float(timed["taken"].std(ddof=1) / timed["taken"].mean()))
    cv2, n = ((group["std"] / group["mean"]) ** 2).to_numpy(), group["size"].to_numpy(float)
    return bootstrap(len(n), lambda i: float(np.sqrt((cv2[i] * n[i]).sum() / n[i].sum())))


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Early, on the day, late; the tail; lateness by vendor."""
    frame = shipments(tables)
    late = frame["late"].to_numpy()
    axes = style.panels(figure, 3)
    names = ("early", "on_the_day", "late")
    axes[0].bar(range(3), [100 * fitted[name] for name in names], color=[style.SECOND, style.OBSERVED, style.FITTED])
    for i, name in enumerate(names):
        axes[0].text(i, 100 * fitted[name] + 1.5, f"{100 * fitted[name]:.1f}%", ha="center")
    axes[0].set_xticks(range(3), ["early", "on the day", "late"])
    axes[0].set_ylim(0, 105)
    axes[0].grid(axis="x", visible=False)
    style.label(axes[0], "Delivery against schedule", "", "share of shipments, %", legend=False)
    style.cumulative(
        axes[1],
        late[late > 0],
        {
            "lognormal": lambda d: stats.lognorm.cdf(d, fitted["days_late_sigma"], scale=fitted["days_late_median"]),
            "gamma": lambda d: stats.gamma.cdf(
                d, fitted["days_late_gamma_shape"], scale=fitted["days_late_gamma_scale"]
            ),
        },
        log=True,
    )
    style.label(axes[1], "How late, when late", "days (log scale)", "cumulative share of late shipments")
    vendors = vendor_shares(frame)
    shares = np.sort((vendors["k"] / vendors["n"])[vendors["n"] >= 10].to_numpy())
    if len(shares):
        axes[2].plot(
            100 * shares, (np.arange(len(shares)) + 0.5) / len(shares), "o", color=style.OBSERVED, ms=5,
            label="vendors with 10 or more",
        )  # fmt: skip
    if "vendor_late_beta_a" in fitted.estimates:
        grid = np.linspace(1e-4, max(0.4, float(shares.max()) if len(shares) else 0.4), 300)
        axes[2].plot(
            100 * grid, stats.beta.cdf(grid, fitted["vendor_late_beta_a"], fitted["vendor_late_beta_b"]),
            color=style.FITTED, label="beta, all vendors",
        )  # fmt: skip
    axes[2].set_ylim(0, 1.02)
    style.label(axes[2], "Late shipments by vendor", "late shipments of the vendor, %", "cumulative share of vendors")


STUDY = Study(
    key="supplier_lead_times",
    title="Supplier lead times and lateness",
    needs={
        TABLE: {
            "vendor": "text", "country": "text", "fulfil_via": "text", "po_sent": "time", "scheduled": "time",
            "delivered": "time",
        }
    },
    source="USAID Supply Chain Management System, shipment pricing data set, vendor deliveries 2010-2013",
    licence="US government open data",
    fit=fit,
    draw=draw,
)  # fmt: skip
