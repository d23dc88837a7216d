"""Hour-of-day curve of visits and of conversion: Taobao, 25 November to 3 December 2017."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.fit import style
from experiments.fit.record import CannotFitError, Estimate, Fitted, Study, Tables
from experiments.fit.stats import Z95

TABLE = "taobao2017_hour_of_day"
HARMONICS = 3
REMEMBERED = np.array(
    [3.5, 1.6, 0.9, 0.6, 0.5, 0.6, 1.3, 2.5, 3.4, 4.3, 4.9, 4.7, 4.9, 5.3, 5.3, 5.4, 5.3, 4.7, 4.8, 5.9, 7.2, 8.2, 8.1,
     5.7]
)  # fmt: skip
"""The weak curve [T17] that this fit replaces, percent by hour."""


def by_hour(frame: pd.DataFrame, column: str) -> np.ndarray:
    """float64[24]: events of `column` by hour of the day, summed over rows."""
    usable = frame.dropna(subset=["hour", column])
    usable = usable[usable["hour"].between(0, 23)]
    counts = usable.groupby(usable["hour"].astype(int))[column].sum().reindex(range(24))
    if counts.isna().any():
        hours = ", ".join(str(hour) for hour in counts.index[counts.isna()])
        raise CannotFitError(f"{TABLE} has no row for hour {hours}")
    return counts.to_numpy(dtype=float)


def apportioned(weights: np.ndarray, decimals: int = 5) -> np.ndarray:
    """`weights` rounded so that they still sum to 1, by largest remainders."""
    units = weights / weights.sum() * 10**decimals
    whole = np.floor(units)
    short = round(10**decimals - whole.sum())
    whole[np.argsort(units - whole, kind="stable")[::-1][:short]] += 1
    return whole / 10**decimals


def harmonics(weights: np.ndarray, order: int = HARMONICS) -> np.ndarray:
    """float64[24]: `weights` kept to a mean and `order` daily harmonics, fitted to the logarithm, summing to 1."""
    angle = 2 * np.pi * np.arange(24) / 24
    columns = [np.ones(24)] + [wave(k * angle) for k in range(1, order + 1) for wave in (np.cos, np.sin)]
    basis = np.column_stack(columns)
    smooth = np.exp(basis @ np.linalg.lstsq(basis, np.log(weights), rcond=None)[0])
    return smooth / smooth.sum()


def fit(tables: Tables) -> Fitted:
    """24 weights that sum to 1, conversion by hour, and the form of the curve."""
    frame = tables[TABLE]
    views, buys, carts = (by_hour(frame, column) for column in ("pv", "buy", "cart"))
    users = by_hour(frame, "active_users")
    if views.min() <= 0 or users.min() <= 0:
        raise CannotFitError(f"{TABLE} has an hour without views")
    weights = views / views.sum()
    smooth = harmonics(weights)
    remembered = REMEMBERED / REMEMBERED.sum()
    # Views of one user are not independent; one active user in one hour counts as one observation.
    half = Z95 * np.sqrt(weights * (1 - weights) / users.sum())
    peak, trough = int(weights.argmax()), int(weights.argmin())
    conversion = buys / views
    evening = float(weights[20:23].sum())
    return Fitted(
        estimates={
            "peak_hour": Estimate(float(peak), unit="hour of day"),
            "trough_hour": Estimate(float(trough), unit="hour of day"),
            "peak_to_mean": Estimate(
                float(24 * weights[peak]), 24 * (weights[peak] - half[peak]), 24 * (weights[peak] + half[peak]), "ratio"
            ),
            "trough_to_mean": Estimate(
                float(24 * weights[trough]),
                24 * (weights[trough] - half[trough]),
                24 * (weights[trough] + half[trough]),
                "ratio",
            ),
            "share_20_to_23": Estimate(evening, unit="share of views"),
            "buy_per_view": Estimate(float(buys.sum() / views.sum()), unit="ratio of events"),
        },
        n=int(views.sum()),
        n_unit="item page views",
        distance={
            "total_variation_from_T17": float(np.abs(weights - remembered).sum() / 2),
            "total_variation_of_3_harmonics": float(np.abs(weights - smooth).sum() / 2),
        },
        observed={
            "visit_weight_by_hour": apportioned(weights),
            "cart_weight_by_hour": apportioned(carts),
            "buy_weight_by_hour": apportioned(buys),
            "buy_per_view_by_hour": conversion,
        },
        note=(
            "The weights are the observed shares themselves; the harmonics only show how smooth the curve is. "
            "Intervals are of sampling alone (one active user in one hour as one observation): days and seasons "
            "differ by more, and the table holds one sum over nine days. Conversion is highest before noon and "
            "falls in the evening, when most views happen."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Observed weights, smooth curve and the curve replaced; conversion by hour."""
    left, right = style.panels(figure, 2)
    hours = np.arange(24)
    weights = np.asarray(fitted.observed["visit_weight_by_hour"])
    left.bar(hours, 100 * weights, color=style.OBSERVED, alpha=0.55, label="observed (used as it is)")
    left.plot(hours, 100 * harmonics(weights), color=style.FITTED, label="three harmonics")
    left.plot(hours, 100 * REMEMBERED / REMEMBERED.sum(), color=style.SECOND, ls="--", label="curve from memory [T17]")
    left.set_xticks(range(0, 24, 3))
    style.label(left, "Visits by hour of day", "hour", "share of the day's views, %")
    right.plot(hours, 100 * np.asarray(fitted.observed["buy_per_view_by_hour"]), color=style.FITTED, marker="o", ms=4)
    right.axhline(100 * fitted["buy_per_view"], color=style.OBSERVED, ls="--")
    right.set_ylim(bottom=0)
    right.set_xticks(range(0, 24, 3))
    style.label(right, "Purchases per view by hour of day", "hour", "buy events per 100 views", legend=False)


STUDY = Study(
    key="hour_of_day",
    title="Hour of day",
    needs={
        TABLE: {"hour": "number", "active_users": "number", "pv": "number", "buy": "number", "cart": "number"}
    },
    source="Alibaba Tianchi data set 649 'UserBehavior' (Taobao, 25 Nov - 3 Dec 2017), hourly aggregate",
    licence="Tianchi terms of use; only these aggregates are kept",
    fit=fit,
    draw=draw,
)  # fmt: skip
