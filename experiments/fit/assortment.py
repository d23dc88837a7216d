"""How sales spread over SKUs: concentration, day-to-day spread, prices, returns: UCI Online Retail."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import special, stats

from experiments.fit import style
from experiments.fit.record import Estimate, Fitted, Kind, Study, Tables, need
from experiments.fit.stats import bootstrap, ks, least_squares, lognormal, quantiles, share, weibull

SKU_DAYS, INVOICES = "uci_online_retail_sku_day", "uci_online_retail_invoices"
NEEDS: dict[str, dict[str, Kind]] = {
    SKU_DAYS: {
        "StockCode": "text", "date": "time", "units_sold": "number", "units_returned": "number", "lines": "number",
        "median_price": "number",
    },
    INVOICES: {
        "time": "time", "customer": "text", "lines": "number", "units": "number", "value_gbp": "number",
        "cancelled": "number",
    },
}  # fmt: skip
ARTICLE = r"^\d{5}[A-Za-z]{0,2}$"
"""Article codes; postage, fees, samples, vouchers and manual entries have others."""
VOID_UNITS, VOID_GBP = 1000.0, 1000.0
FLOWS = ["units_returned", "units_sold", "value_returned", "value_sold"]


def articles(tables: Tables) -> pd.DataFrame:
    """SKU-days of articles. A sale of 1,000 units or more of which nearly all came back the same day is a typing
    error: both sides are struck out."""
    frame = tables[SKU_DAYS].dropna(subset=["StockCode", "date", "units_sold", "units_returned"])
    frame = frame[frame["StockCode"].str.match(ARTICLE).fillna(False)].copy()
    void = (
        frame[["units_sold", "units_returned"]]
        .min(axis=1)
        .where((frame["units_sold"] >= VOID_UNITS) & (frame["units_returned"] >= 0.9 * frame["units_sold"]), 0.0)
    )
    frame["units_sold"] -= void
    frame["units_returned"] -= void
    return frame


def invoices(tables: Tables) -> pd.DataFrame:
    """Invoices with a value, less pairs of an order and a cancellation of the same customer, day and value from GBP
    1,000 up: those never left the house."""
    frame = tables[INVOICES].dropna(subset=["time", "value_gbp", "lines", "units"])
    frame = frame[frame["value_gbp"] != 0].copy()
    frame["size"] = frame["value_gbp"].abs().round(2)
    keys = [frame["customer"].fillna("none"), frame["time"].dt.normalize(), frame["size"]]
    sides = frame.groupby(keys)["cancelled"].transform("nunique")
    return frame[~((sides == 2) & (frame["size"] >= VOID_GBP))]


def top_shares(totals: np.ndarray) -> dict[str, float]:
    """Share of all sales made by the best-selling 1% … 50% of SKUs."""
    ordered = np.sort(totals)[::-1]
    cumulative = np.cumsum(ordered) / ordered.sum()
    return {
        f"top_{percent}%": float(cumulative[max(1, round(len(ordered) * percent / 100)) - 1])
        for percent in (1, 5, 10, 20, 50)
    }


def by_tenth(totals: np.ndarray) -> list[float]:
    """Share of sales by tenth of SKUs, best-selling first."""
    parts = np.array_split(np.sort(totals)[::-1], 10)
    return [float(part.sum() / totals.sum()) for part in parts]


def lognormal_share(best: np.ndarray, sigma: float) -> np.ndarray:
    """Share of all sales made by the best-selling share `best` of a lognormal: Φ(σ − z(1 − best))."""
    return stats.norm.cdf(sigma - stats.norm.ppf(1 - np.clip(best, 1e-12, 1 - 1e-12)))


def weibull_share(best: np.ndarray, shape: float) -> np.ndarray:
    """Share of all sales made by the best-selling share `best` of a Weibull: Γ(1 + 1/k, −ln best) / Γ(1 + 1/k)."""
    return special.gammaincc(1 + 1 / shape, -np.log(np.clip(best, 1e-12, 1)))


def gini(totals: np.ndarray) -> float:
    """Gini coefficient of sales over SKUs."""
    ordered, n = np.sort(totals), len(totals)
    return float(2 * (np.arange(1, n + 1) * ordered).sum() / (n * ordered.sum()) - (n + 1) / n)


def gini_sigma(coefficient: float) -> float:
    """Sigma of the lognormal with this Gini coefficient: 2Φ(σ/√2) − 1."""
    return float(np.sqrt(2) * stats.norm.ppf((1 + coefficient) / 2))


def gap(observed: np.ndarray, fitted: np.ndarray) -> float:
    """Largest distance between two concentration curves, share of sales."""
    return float(np.abs(observed - fitted).max())


def day_spread(frame: pd.DataFrame) -> pd.DataFrame:
    """Per SKU: mean and variance of units per open day between its first and last sale, quiet days as zero."""
    open_days = np.sort(frame["date"].unique())
    number = pd.Series(np.arange(len(open_days)), index=open_days)
    sold = frame[frame["units_sold"] > 0].assign(day=lambda f: f["date"].map(number))
    group = sold.groupby("StockCode")
    days = group["day"].max() - group["day"].min() + 1
    mean = group["units_sold"].sum() / days
    variance = group["units_sold"].apply(lambda u: float((u**2).sum())) / days - mean**2
    table = pd.DataFrame({"days": days, "mean": mean, "variance": variance * days / (days - 1).clip(lower=1)})
    return table[(table["days"] >= 30) & (table["mean"] > 0)]


def fit(tables: Tables) -> Fitted:
    """Lognormal and Zipf forms of sales by SKU, negative binomial spread of daily demand, prices, returns."""
    frame, bills = articles(tables), invoices(tables)
    units = frame.groupby("StockCode")["units_sold"].sum()
    totals = units[units > 0].to_numpy()
    need(len(totals), 40, "articles with sales")
    need(len(bills), 40, "invoices")
    values = frame.assign(value=frame["units_sold"] * frame["median_price"]).groupby("StockCode")["value"].sum()
    worth = values[values > 0].to_numpy()
    size, value = lognormal(totals, "units"), lognormal(worth, "GBP")
    stretched = weibull(totals, "units")
    best = np.arange(1, len(totals) + 1) / len(totals)
    lorenz = np.cumsum(np.sort(totals)[::-1]) / totals.sum()
    by_gini = Estimate(gini_sigma(gini(totals)), unit="of the natural logarithm, from the Gini coefficient")
    typical = frame.groupby("StockCode")["median_price"].median()
    prices = typical[typical > 0].to_numpy()
    price = lognormal(prices, "GBP")
    ranked = np.sort(totals)[::-1][: max(20, len(totals) // 5)]
    zipf, zipf_r2 = least_squares(
        np.log(ranked), {"constant": np.ones(len(ranked)), "log_rank": np.log(np.arange(1, len(ranked) + 1))}
    )
    spread = day_spread(frame)
    need(len(spread), 20, "articles on sale for 30 days or more")
    excess = (spread["variance"] - spread["mean"]) / spread["mean"] ** 2
    k = (1 / excess[excess > 0]).to_numpy()
    ratio = (spread["variance"] / spread["mean"]).to_numpy()
    orders = float((bills["cancelled"] == 0).sum())
    flows = frame[["date", "units_returned", "units_sold"]].assign(
        value_returned=frame["units_returned"] * frame["median_price"],
        value_sold=frame["units_sold"] * frame["median_price"],
    )
    weeks = flows.groupby(flows["date"].dt.to_period("W"))[FLOWS].sum().to_numpy()
    zipf_slope = zipf["log_rank"]
    return Fitted(
        estimates={
            "units_by_sku_median": size["median"],
            "units_by_sku_sigma": size["sigma"],
            "value_by_sku_sigma": value["sigma"],
            "units_by_sku_weibull_shape": stretched.estimates["shape"],
            "units_by_sku_weibull_scale": stretched.estimates["scale"],
            "concentration_sigma": by_gini,
            "zipf_exponent_top_fifth": Estimate(-zipf_slope.value, -(zipf_slope.high or 0), -(zipf_slope.low or 0)),
            "gini_units": bootstrap(len(totals), lambda i: gini(totals[i]), replications=200),
            "top_20%_share_of_units": bootstrap(
                len(totals), lambda i: top_shares(totals[i])["top_20%"], "share", replications=200
            ),
            "price_median": price["median"],
            "price_sigma": price["sigma"],
            "day_variance_to_mean_median": bootstrap(len(ratio), lambda i: float(np.median(ratio[i])), "ratio"),
            "day_negbin_size_median": bootstrap(len(k), lambda i: float(np.median(k[i]))),
            "units_returned": bootstrap(
                len(weeks), lambda i: float(weeks[i, 0].sum() / weeks[i, 1].sum()), "share of units sold"
            ),
            "value_returned": bootstrap(
                len(weeks), lambda i: float(weeks[i, 2].sum() / weeks[i, 3].sum()), "share of value sold"
            ),
            "cancellations_per_order": share(float((bills["cancelled"] == 1).sum()), orders, "per invoice"),
        },
        n=len(totals),
        n_unit="articles",
        distance={
            "ks_units_lognormal": ks(
                totals, lambda u: stats.lognorm.cdf(u, size["sigma"].value, scale=size["median"].value)
            ),
            "ks_units_weibull": ks(
                totals, lambda u: stats.weibull_min.cdf(u, stretched["shape"], scale=stretched["scale"])
            ),
            "concentration_gap_lognormal": gap(lorenz, lognormal_share(best, size["sigma"].value)),
            "concentration_gap_weibull": gap(lorenz, weibull_share(best, stretched["shape"])),
            "concentration_gap_concentration_sigma": gap(lorenz, lognormal_share(best, by_gini.value)),
            "ks_price_lognormal": ks(
                prices, lambda p: stats.lognorm.cdf(p, price["sigma"].value, scale=price["median"].value)
            ),
            "zipf_r2_top_fifth": zipf_r2,
        },
        observed={
            "share_of_units_by_tenth_of_skus": by_tenth(totals),
            "share_of_value_by_tenth_of_skus": by_tenth(worth),
            "share_of_units_by_top": top_shares(totals),
            "share_of_value_by_top": top_shares(worth),
            "price_quantiles_gbp": quantiles(prices),
            "share_of_open_days_with_a_sale": quantiles(
                (
                    frame[frame["units_sold"] > 0].groupby("StockCode")["date"].nunique() / frame["date"].nunique()
                ).to_numpy()
            ),
        },
        note=(
            "A gift retailer many of whose customers are wholesalers: units come in dozens, which makes daily demand "
            "far more uneven than a consumer shop's, and returns are rarer. Returns here are cancellations of "
            "articles. Many articles are nearly dead, which stretches a lognormal fitted to all of them (sigma) "
            "until it puts far too much into the best sellers; the Weibull, or the lognormal that has the observed "
            "Gini coefficient (concentration_sigma), is the one to draw popularity from."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Concentration curve, rank-size of units, variance against mean of daily demand."""
    frame = articles(tables)
    totals = frame.groupby("StockCode")["units_sold"].sum()
    ordered = np.sort(totals[totals > 0].to_numpy())[::-1]
    left, right = style.panels(figure, 2)
    n = len(ordered)
    x = np.arange(1, n + 1) / n
    thin = np.unique(np.round(np.linspace(0, n - 1, 200)).astype(int))
    sigma, narrow, shape = (
        fitted[name] for name in ("units_by_sku_sigma", "concentration_sigma", "units_by_sku_weibull_shape")
    )
    left.plot(
        100 * x[thin], 100 * (np.cumsum(ordered) / ordered.sum())[thin], color=style.OBSERVED, lw=4, alpha=0.55,
        label="observed",
    )  # fmt: skip
    left.plot(
        100 * x[thin], 100 * weibull_share(x, shape)[thin], color=style.FITTED, label=f"Weibull, shape {shape:.2f}"
    )
    left.plot(
        100 * x[thin], 100 * lognormal_share(x, narrow)[thin], color=style.SECOND,
        label=f"lognormal, σ {narrow:.2f} (Gini)",
    )  # fmt: skip
    left.plot(
        100 * x[thin], 100 * lognormal_share(x, sigma)[thin], color=style.THIRD, ls=":",
        label=f"lognormal, σ {sigma:.2f} (likelihood)",
    )  # fmt: skip
    left.set_ylim(0, 101)
    style.label(left, "Concentration of units over articles", "best-selling share of articles, %", "share of units, %")
    ranks = np.unique(np.round(np.geomspace(1, n, 80)).astype(int))
    at = 1 - (ranks - 0.5) / n
    right.loglog(ranks, ordered[ranks - 1], "o", ms=3.5, color=style.OBSERVED, label="observed")
    right.loglog(
        ranks, fitted["units_by_sku_weibull_scale"] * (-np.log(1 - at)) ** (1 / shape), color=style.FITTED,
        label="Weibull",
    )  # fmt: skip
    right.loglog(
        ranks, fitted["units_by_sku_median"] * np.exp(sigma * stats.norm.ppf(at)), color=style.THIRD, ls=":",
        label="lognormal (likelihood)",
    )  # fmt: skip
    top = ranks[ranks <= max(20, n // 5)]
    level = np.exp(np.mean(np.log(ordered[top - 1]) + fitted["zipf_exponent_top_fifth"] * np.log(top)))
    right.loglog(
        top, level * top ** -fitted["zipf_exponent_top_fifth"], color=style.SECOND, ls="--",
        label=f"Zipf, exponent {fitted['zipf_exponent_top_fifth']:.2f}, top fifth",
    )  # fmt: skip
    right.set_ylim(bottom=0.7)
    style.label(right, "Units by rank", "rank of the article", "units sold")


STUDY = Study(
    key="assortment",
    title="Sales over articles, returns, prices",
    needs=NEEDS,
    source="Chen, Online Retail, UCI Machine Learning Repository set 352",
    licence="CC BY 4.0",
    fit=fit,
    draw=draw,
)  # fmt: skip
