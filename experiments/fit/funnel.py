"""View, cart, favourite, buy: Taobao 2017."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from experiments.fit import style
from experiments.fit.record import CannotFitError, Estimate, Fitted, Study, Tables
from experiments.fit.stats import share

TOTALS, DAILY = "taobao2017_funnel", "taobao2017_daily"
RATIOS = {
    "cart_per_view": ("cart", "pv", "T03"),
    "favourite_per_view": ("fav", "pv", "T04"),
    "buy_per_view": ("buy", "pv", "T05"),
    "buy_per_cart": ("buy", "cart", "T06"),
}
PUBLISHED = {"cart_per_view": 0.0616, "favourite_per_view": 0.0322, "buy_per_view": 0.0225, "buy_per_cart": 0.364}


def over_days(ratio: float, daily: pd.DataFrame | None, top: str, bottom: str, unit: str) -> Estimate:
    """`ratio` with Student's interval of the daily ratios around it, or without one if there are too few days."""
    if daily is None:
        return Estimate(ratio, None, None, unit)
    usable = daily.dropna(subset=[top, bottom])
    values = (usable[top] / usable[bottom])[usable[bottom] > 0].to_numpy()
    if len(values) < 3:
        return Estimate(ratio, None, None, unit)
    half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))
    return Estimate(ratio, ratio - half, ratio + half, unit)


def fit(tables: Tables) -> Fitted:
    """Ratios of events, shares of users that get as far as each step, and the share of buyers who buy again."""
    frame = tables[TOTALS].dropna()
    totals = {str(name): float(value) for name, value in zip(frame["quantity"], frame["value"], strict=True)}
    wanted = [f"actions_{name}" for name in ("pv", "cart", "fav", "buy")] + [
        "users_pv",
        "buyers",
        "repeat_buyers_2plus",
    ]
    absent = [name for name in wanted if totals.get(name, 0) <= 0]
    if absent:
        raise CannotFitError(f"{TOTALS} has no {', '.join(absent)}")
    daily = tables.get(DAILY)
    estimates = {
        name: over_days(totals[f"actions_{top}"] / totals[f"actions_{bottom}"], daily, top, bottom, "ratio of events")
        for name, (top, bottom, _) in RATIOS.items()
    }
    estimates["buyers_per_viewing_user"] = share(totals["buyers"], totals["users_pv"], "share over the whole period")
    estimates["buyers_buying_again"] = share(
        totals["repeat_buyers_2plus"], totals["buyers"], "share over the whole period"
    )
    steps = {"view": 1.0}
    for step, name in (
        ("view_and_cart_or_favourite", "users_pv_and_favcart"),
        ("view_cart_or_favourite_and_buy", "users_pv_favcart_buy"),
        ("view_then_cart_or_favourite", "users_pv_then_favcart_ordered"),
        ("view_then_cart_or_favourite_then_buy", "users_pv_then_favcart_then_buy_ordered"),
    ):
        if name in totals:
            steps[step] = totals[name] / totals["users_pv"]
    if daily is not None and daily["active_users"].gt(0).sum() >= 3:
        active = daily[daily["active_users"] > 0]
        for name, top in (("views_per_user_day", "pv"), ("buyers_per_user_day", "buyer_users")):
            ratio = float(active[top].sum() / active["active_users"].sum())
            estimates[name] = over_days(ratio, active, top, "active_users", "per active user and day")
    gaps = [abs(estimates[name].value - PUBLISHED[name]) / PUBLISHED[name] for name in RATIOS]
    return Fitted(
        estimates=estimates,
        n=int(sum(totals[f"actions_{name}"] for name in ("pv", "cart", "fav", "buy"))),
        n_unit="events",
        distance={"largest_relative_gap_to_T03_to_T06": float(max(gaps))},
        observed={"users_reaching_step": steps},
        note=(
            "Ratios of events, not of sessions: one visit holds many views, and a purchase need not pass through the "
            "cart. Users in the set were chosen for having acted, so shares of users are those of active users. "
            "Intervals of ratios are over the days of the daily table, which differ by more than sampling."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Event ratios beside the published ones; users by step."""
    left, right = style.panels(figure, 2)
    names = list(RATIOS)[:3]
    position = np.arange(len(names))
    ours = [fitted.estimates[name] for name in names]
    left.bar(position - 0.19, [100 * e.value for e in ours], 0.36, color=style.FITTED, alpha=0.85, label="estimated")
    left.bar(
        position + 0.19, [100 * PUBLISHED[n] for n in names], 0.36, color=style.OBSERVED, alpha=0.6,
        label="published [T03-T05]",
    )  # fmt: skip
    for x, e in zip(position, ours, strict=True):
        if e.low is not None and e.high is not None:
            left.plot([x - 0.19] * 2, [100 * e.low, 100 * e.high], color=style.INK, lw=1.4)
    left.set_xticks(position, ["cart", "favourite", "buy"])
    left.grid(axis="x", visible=False)
    style.label(left, "Events per 100 item views", "", "events per 100 views")
    steps = fitted.observed["users_reaching_step"]
    shown = [name for name in steps if "then" not in name]
    values = [100 * steps[name] for name in shown]
    right.barh(range(len(shown)), values, color=style.SECOND, alpha=0.8)
    texts = ["view", "and cart or favourite", "and buy"]
    right.set_yticks(range(len(shown)), texts[: len(shown)])
    for i, value in enumerate(values):
        right.text(value - 2, i, f"{value:.1f}%", ha="right", va="center", color="white", fontweight="bold")
    right.invert_yaxis()
    right.grid(axis="y", visible=False)
    style.label(right, "Users who get as far, over nine days", "share of viewing users, %", "", legend=False)


STUDY = Study(
    key="funnel",
    title="View, cart, buy",
    needs={TOTALS: {"quantity": "text", "value": "number"}},
    helped_by={
        DAILY: {
            name: "number" for name in ("active_users", "buyer_users", "pv", "buy", "cart", "fav")
        }
    },
    source="Alibaba Tianchi data set 649 'UserBehavior' (Taobao, 25 Nov - 3 Dec 2017), totals and days",
    licence="Tianchi terms of use; only these aggregates are kept",
    fit=fit,
    draw=draw,
)  # fmt: skip
