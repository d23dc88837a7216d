"""Festival lift against the price cut: 14 cosmetics shops around 11.11 2016."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.fit import style
from experiments.fit.record import CannotFitError, Estimate, Fitted, Study, Tables, need
from experiments.fit.stats import least_squares, share

TABLE = "tmall_1111_2016_item_days"
FESTIVAL = (11, 11)
WINDOW_DAYS = 30.0


def wide(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Timestamp]:
    """Price and sale_count as item × day, the shop of each item, and the festival day found in the dates."""
    frame = tables[TABLE].dropna(subset=["date", "item_id"]).drop_duplicates(["item_id", "date"])
    days = pd.DatetimeIndex(frame["date"].unique()).sort_values()
    festivals = [day for day in days if (day.month, day.day) == FESTIVAL]
    if not festivals:
        raise CannotFitError(f"{TABLE} holds no 11 November")
    day = festivals[-1]
    before, after = [d for d in days if d < day], [d for d in days if d > day]
    if len(before) < 2 or not after:
        raise CannotFitError(
            f"{TABLE} needs two days before 11 November and one after, it has {len(before)}, {len(after)}"
        )
    price = frame.pivot(index="item_id", columns="date", values="price_cny")
    count = frame.pivot(index="item_id", columns="date", values="sale_count")
    return price, count, frame.groupby("item_id")["shop"].first(), day


def lifts(tables: Tables) -> pd.DataFrame:
    """One row per item: log price change `dlnp`, log lift of daily sales under both readings of sale_count."""
    price, count, shop, day = wide(tables)
    days: list[Any] = list(count.columns)
    at = days.index(day)
    first, eve, after = days[max(0, at - 6)], days[at - 1], days[at + 1]
    usual = price[[d for d in days if d < day]].median(axis=1)
    calm_days = (eve - first).days
    calm = (count[eve] - count[first]) / calm_days
    # The listing of the festival day was taken during the day; the next listing holds the whole of it.
    sold = count[after] - count[eve]
    span = (after - eve).days
    items = pd.DataFrame(
        {
            "shop": shop,
            "dlnp": np.log(price[day] / usual),
            "total": np.log(sold.where(sold > 0) / span / calm.where(calm > 0)),
            # In a rolling window the change of the count is sales minus what drops out, one usual day per day.
            "window": np.log((1 + WINDOW_DAYS * sold / count[eve].where(count[eve] > 0) / span).clip(lower=1e-9)),
            "calm": calm,
            "per_day": sold / span,
        }
    )
    items.loc[1 + WINDOW_DAYS * sold / count[eve] / span <= 0, "window"] = np.nan
    return items.replace([np.inf, -np.inf], np.nan)


def regress(items: pd.DataFrame, column: str) -> tuple[dict[str, Estimate], float, pd.DataFrame]:
    """ln(lift) on a constant and Δln(price), intervals clustered by shop."""
    use = items.dropna(subset=[column, "dlnp"])
    need(len(use), 12, f"items with sales before and during the festival ({column})")
    estimates, r2 = least_squares(
        use[column].to_numpy(),
        {"at_no_cut": np.ones(len(use)), "slope": use["dlnp"].to_numpy()},
        use["shop"].to_numpy(),
    )
    return estimates, r2, use


def fit(tables: Tables) -> Fitted:
    """Both readings of sale_count side by side, with the evidence which of them holds."""
    _, count, _, day = wide(tables)
    items = lifts(tables)
    days: list[Any] = list(count.columns)
    # Only neighbouring days with a listing on each count as a change.
    calm = count[[d for d in days if d < day]].diff(axis=1).iloc[:, 1:].to_numpy()
    moves = calm[np.isfinite(calm) & (calm != 0)]
    need(len(moves), 10, "changes of sale_count before the festival")
    falls = int((moves < 0).sum())
    total, r2_total, used = regress(items, "total")
    window, r2_window, _ = regress(items, "window")
    cut = used[used["dlnp"] < -0.01]
    bands = {}
    for name, low, high in (
        ("none", -0.01, 0.01), ("1-10%", np.log(0.9), -0.01), ("10-25%", np.log(0.75), np.log(0.9)),
        ("25-45%", np.log(0.55), np.log(0.75)), ("45%+", -np.inf, np.log(0.55)),
    ):  # fmt: skip
        part = used[(used["dlnp"] > low) & (used["dlnp"] <= high)]
        if len(part) >= 10:
            bands[name] = {
                "median_lift": float(np.exp(part["total"].median())),
                "p25": float(np.exp(part["total"].quantile(0.25))),
                "p75": float(np.exp(part["total"].quantile(0.75))),
            }
    predicted = total["at_no_cut"].value + total["slope"].value * used["dlnp"]
    depth = 1 - np.exp(cut["dlnp"].to_numpy()) if len(cut) else np.array([np.nan])
    falling = share(falls, len(moves), "share of changes")
    return Fitted(
        estimates={
            "log_lift_at_no_cut": total["at_no_cut"],
            "log_lift_per_dlnp": total["slope"],
            "window_reading_at_no_cut": window["at_no_cut"],
            "window_reading_per_dlnp": window["slope"],
            "falls_among_changes_before": falling,
            "items_cut": share(float((items["dlnp"] < -0.01).sum()), float(items["dlnp"].notna().sum()), "share"),
            "median_cut_where_cut": Estimate(float(np.median(depth)) if len(cut) else 0.0, unit="share of price"),
        },
        n=len(used),
        n_unit="items",
        distance={
            "r2": r2_total,
            "rmse_of_log_lift": float(np.sqrt(((used["total"] - predicted) ** 2).mean())),
            "r2_window_reading": r2_window,
        },
        observed={
            "lift_by_cut": bands,
            "lift_weighted_by_units": float(used["per_day"].sum() / used["calm"].sum()),
        },
        note=(
            "sale_count is listed, not sold units. A rolling 30-day window in steady state would fall about as often "
            "as it rises; before the festival only the share 'falls_among_changes_before' of its changes are falls, "
            "so it behaves as a running total net of cancellations, and the first two estimates "
            "read it so: lift = units added from the listing of 10 to that of 12 November, per day, over units per day "
            "from 5 to 10 November. The window reading, ln(1 + 30·Δ/count) per day, is kept beside it because it has "
            "been used for this set. Either way the week before is depressed by waiting, presale is booked on the day, "
            "and coupons and full reductions do not show in the listed price, so the constant holds the festival "
            "itself, and the slope is steeper than a price elasticity. Left out: items with no sale before, presale "
            "listings taken off on the day (they carry most sales of the week before), and counts that start anew "
            "after the day."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Medians of the lift by depth of cut with the regression line."""
    left, right = style.panels(figure, 2)
    for axes, column, name in (
        (left, "total", "as a running total"), (right, "window", "as a 30-day window")
    ):  # fmt: skip
        use = lifts(tables).dropna(subset=[column, "dlnp"])
        use = use[use["dlnp"].between(-1.2, 0.0)]
        edges = np.array([-1.2, -0.7, -0.5, -0.35, -0.2, -0.1, -0.01, 0.001])
        groups = [use[(use["dlnp"] > a) & (use["dlnp"] <= b)] for a, b in itertools.pairwise(edges)]
        groups = [g for g in groups if len(g) >= 10]
        x = [g["dlnp"].mean() for g in groups]
        axes.errorbar(
            x, [g[column].median() for g in groups],
            yerr=[
                [g[column].median() - g[column].quantile(0.25) for g in groups],
                [g[column].quantile(0.75) - g[column].median() for g in groups],
            ],
            fmt="o", color=style.OBSERVED, capsize=3, label="items: median and quartiles",
        )  # fmt: skip
        key = ("log_lift_at_no_cut", "log_lift_per_dlnp") if column == "total" else (
            "window_reading_at_no_cut", "window_reading_per_dlnp")  # fmt: skip
        line = np.linspace(-1.0, 0, 2)
        axes.plot(
            line, fitted[key[0]] + fitted[key[1]] * line, color=style.FITTED,
            label=f"{fitted[key[0]]:.2f} − {abs(fitted[key[1]]):.2f} Δln p",
        )  # fmt: skip
        style.label(axes, f"Sales count read {name}", "change of ln price on the day", "ln(daily sales / usual)")


STUDY = Study(
    key="festival_lift",
    title="Festival lift against the price cut",
    needs={
        TABLE: {"date": "time", "item_id": "text", "price_cny": "number", "sale_count": "number", "shop": "text"}
    },
    source="Daily listings of 14 cosmetics flagship shops, 5-14 Nov 2016, public copy",
    licence="none stated; only fitted numbers are kept",
    fit=fit,
    draw=draw,
)  # fmt: skip
