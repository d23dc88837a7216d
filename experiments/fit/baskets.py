"""What is in an order: lines per invoice and units per line (UCI Online Retail), items per order (Olist)."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from experiments.fit import style
from experiments.fit.assortment import NEEDS, articles, invoices
from experiments.fit.record import Estimate, Fitted, Study, Tables, need
from experiments.fit.stats import ks_counts, lognormal, quantiles, truncated_negbin, truncated_negbin_cdf

ITEMS = "olist_items_sample"


def units_of_single_lines(tables: Tables) -> np.ndarray:
    """Units of the SKU-days that hold one line and no return: those are units of one line."""
    frame = articles(tables)
    alone = frame[(frame["lines"] == 1) & (frame["units_returned"] == 0) & (frame["units_sold"] >= 1)]
    return alone["units_sold"].to_numpy()


def lines_of_orders(tables: Tables) -> np.ndarray:
    """Lines of every invoice that is not a cancellation."""
    frame = invoices(tables)
    return frame.loc[(frame["cancelled"] == 0) & (frame["lines"] >= 1), "lines"].to_numpy()


def items_of_orders(tables: Tables) -> np.ndarray | None:
    """Items of every consumer order, None without that table."""
    if ITEMS not in tables:
        return None
    counts = tables[ITEMS].dropna().groupby("order_id")["order_item_id"].max().to_numpy()
    counts = counts[counts >= 1]
    return counts if len(counts) >= 50 and counts.max() > 1 else None


def fit(tables: Tables) -> Fitted:
    """Zero-truncated negative binomials, with a rounded lognormal beside the wide ones."""
    lines, units, items = lines_of_orders(tables), units_of_single_lines(tables), items_of_orders(tables)
    need(len(lines), 30, "invoices")
    need(len(units), 30, "lines whose units are known")
    counts = {"lines_per_invoice": lines, "units_per_line": units}
    if items is not None:
        counts["items_per_consumer_order"] = items
    estimates: dict[str, Estimate] = {}
    distance, observed = {}, {}
    for name, values in counts.items():
        law = truncated_negbin(values)
        half = 1.96 * float(values.std(ddof=1)) / np.sqrt(len(values))
        estimates[f"{name}_mean"] = Estimate(float(values.mean()), values.mean() - half, values.mean() + half)
        estimates[f"{name}_negbin_odds"] = law.estimates["odds"]
        estimates[f"{name}_negbin_size"] = law.estimates["size"]
        distance[f"ks_{name}_negbin"] = ks_counts(
            values, lambda k, law=law: truncated_negbin_cdf(k, law["odds"], law["size"])  # type: ignore[misc]
        )  # fmt: skip
        observed[f"{name}_quantiles"] = quantiles(values)
        if name != "items_per_consumer_order":
            log = lognormal(values, "")
            estimates[f"{name}_lognormal_median"], estimates[f"{name}_lognormal_sigma"] = log["median"], log["sigma"]
            distance[f"ks_{name}_lognormal"] = ks_counts(
                values,
                lambda k, log=log: stats.lognorm.cdf(k + 0.5, log["sigma"].value, scale=log["median"].value),  # type: ignore[misc]
            )
    if items is not None:
        observed["consumer_orders_by_items"] = {
            f"{k}" if k < 5 else "5+": float(((items == k) if k < 5 else (items >= 5)).mean()) for k in range(1, 6)
        }
    return Fitted(
        estimates=estimates,
        n=len(lines) + len(units) + (0 if items is None else len(items)),
        n_unit="invoices, lines and consumer orders",
        distance=distance,
        observed=observed,
        note=(
            "Lines and units are of a gift wholesaler and come in dozens, which no smooth law follows; items per order "
            "of a consumer marketplace are the closer guide to a consumer shop. A negative binomial is given by "
            "'size' and 'odds' = mean / size before its zeros are cut off."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Cumulative distributions of lines and units; items of consumer orders."""
    lines, units, items = lines_of_orders(tables), units_of_single_lines(tables), items_of_orders(tables)
    axes = style.panels(figure, 2 if items is None else 3)
    for panel, name, values, title in (
        (axes[0], "lines_per_invoice", lines, "Lines per invoice"),
        (axes[1], "units_per_line", units, "Units per line"),
    ):
        style.cumulative(
            panel,
            values,
            {
                "lognormal, rounded": lambda k, n=name: stats.lognorm.cdf(  # type: ignore[misc]
                    k + 0.5, fitted[f"{n}_lognormal_sigma"], scale=fitted[f"{n}_lognormal_median"]
                ),
                "negative binomial": lambda k, n=name: truncated_negbin_cdf(  # type: ignore[misc]
                    k, fitted[f"{n}_negbin_odds"], fitted[f"{n}_negbin_size"]
                ),
            },
            log=True,
        )
        style.label(panel, title, f"{title.split(' ')[0].lower()} (log scale)", "cumulative share")
    if items is None:
        return
    k = np.arange(1, 6)
    seen = [(items == i).mean() for i in k]
    odds, size = fitted["items_per_consumer_order_negbin_odds"], fitted["items_per_consumer_order_negbin_size"]
    law = np.diff(truncated_negbin_cdf(np.arange(0, 6), odds, size))
    axes[2].bar(k - 0.19, seen, 0.36, color=style.OBSERVED, alpha=0.6, label="observed")
    axes[2].bar(k + 0.19, law, 0.36, color=style.FITTED, alpha=0.85, label="negative binomial")
    axes[2].set_yscale("log")
    axes[2].grid(axis="x", visible=False)
    style.label(axes[2], "Items per consumer order", "items", "share of orders (log scale)")


STUDY = Study(
    key="baskets",
    title="What an order holds",
    needs=NEEDS,
    helped_by={ITEMS: {"order_id": "text", "order_item_id": "number"}},
    source="Chen, Online Retail, UCI set 352; Olist, Brazilian E-Commerce Public Dataset (items sample)",
    licence="CC BY 4.0 (UCI); CC BY-NC-SA 4.0 (Olist: only fitted numbers are kept)",
    fit=fit,
    draw=draw,
)  # fmt: skip
