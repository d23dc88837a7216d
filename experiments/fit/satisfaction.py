"""What lateness does to a review: Olist orders with a comment, weighted back to all reviews."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.fit import style
from experiments.fit.record import CannotFitError, Estimate, Fitted, Study, Tables, need
from experiments.fit.stats import bootstrap

CLASSIFIED, REVIEWS = "olist_classified_reviews", "olist_reviews_sample"
BANDS = (
    ("15+ early", -10_000, -15), ("6-14 early", -14, -6), ("0-5 early", -5, 0), ("1-7 late", 1, 7),
    ("8+ late", 8, 10_000),
)  # fmt: skip


def weighted(tables: Tables) -> pd.DataFrame:
    """Delivered orders with `score`, `late_days` and `weight`: share of the score among all reviews over its share
    here (post-stratification on the score)."""
    frame = tables[CLASSIFIED].dropna(subset=["review_score"]).copy()
    frame["score"] = frame["review_score"].round()
    frame = frame[frame["score"].between(1, 5)]
    target = tables[REVIEWS]["review_score"].dropna().round()
    need(len(target), 50, "reviews to weight by")
    wanted, here = target.value_counts(normalize=True), frame["score"].value_counts(normalize=True)
    frame["weight"] = frame["score"].map(wanted.reindex(range(1, 6), fill_value=0.0) / here)
    arrival = frame["order_delivered_customer_date"].dt.normalize()
    frame["late_days"] = (arrival - frame["order_estimated_delivery_date"].dt.normalize()).dt.days
    done = frame.dropna(subset=["late_days", "weight"])
    need(len(done), 50, "delivered orders with a score")
    return done


def average(part: pd.DataFrame) -> float:
    """Weighted mean score."""
    return float((part["score"] * part["weight"]).sum() / part["weight"].sum())


def fit(tables: Tables) -> Fitted:
    """Mean score on time and late, before and after weighting, and by how late."""
    done = weighted(tables)
    late = (done["late_days"] > 0).to_numpy()
    need(int(late.sum()), 10, "late orders with a score")
    need(int((~late).sum()), 10, "orders in time with a score")
    score, weight = done["score"].to_numpy(), done["weight"].to_numpy()

    def mean_of(rows: np.ndarray, flag: bool) -> float:
        use = rows[late[rows] == flag]
        return float((score[use] * weight[use]).sum() / weight[use].sum()) if weight[use].sum() > 0 else np.nan

    def low_of(rows: np.ndarray, flag: bool) -> float:
        use = rows[late[rows] == flag]
        return float(((score[use] <= 2) * weight[use]).sum() / weight[use].sum()) if weight[use].sum() > 0 else np.nan

    n = len(done)
    estimates = {
        "score_in_time": bootstrap(n, lambda i: mean_of(i, False), "stars"),
        "score_late": bootstrap(n, lambda i: mean_of(i, True), "stars"),
        "score_lost_by_lateness": bootstrap(n, lambda i: mean_of(i, False) - mean_of(i, True), "stars"),
        "low_scores_in_time": bootstrap(n, lambda i: low_of(i, False), "share with 1 or 2 stars"),
        "low_scores_late": bootstrap(n, lambda i: low_of(i, True), "share with 1 or 2 stars"),
        "late_after_weighting": bootstrap(n, lambda i: float(weight[i][late[i]].sum() / weight[i].sum()), "share"),
        "score_lost_unweighted": Estimate(float(score[~late].mean() - score[late].mean()), unit="stars"),
    }
    if not np.isfinite(estimates["score_late"].value):
        raise CannotFitError("no late order has a score that occurs among all reviews")
    bands = {}
    for name, low, high in BANDS:
        part = done[done["late_days"].between(low, high)]
        if len(part) >= 15 and part["weight"].sum() > 0:
            bands[name] = {"mean_score": average(part), "unweighted": float(part["score"].mean()), "orders": len(part)}
    reviews = tables[REVIEWS]["review_score"].round().value_counts(normalize=True).reindex(range(1, 6), fill_value=0.0)
    return Fitted(
        estimates=estimates,
        n=n,
        n_unit="delivered orders with a comment",
        distance={
            "mean_score_after_weighting_minus_all_reviews": average(done)
            - float((reviews * np.arange(1, 6)).sum())
        },
        observed={
            "scores_of_all_reviews": {str(k): float(v) for k, v in reviews.items()},
            "score_by_days_after_promise": bands,
        },
        note=(
            "Low scores are over-represented among orders with a comment; every order is weighted by the share its "
            "score has among all reviews over the share it has here. This corrects the mix of scores, not a tendency "
            "of late buyers of the same score to comment more. An association: what makes an order late may "
            "displease by itself."
        ),
    )  # fmt: skip


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Mean score by days after the promise; the mix of scores in time and late."""
    done = weighted(tables)
    left, right = style.panels(figure, 2)
    bands = fitted.observed["score_by_days_after_promise"]
    x = np.arange(len(bands))
    left.plot(x, [b["mean_score"] for b in bands.values()], "o-", color=style.FITTED, label="weighted to all reviews")
    left.plot(x, [b["unweighted"] for b in bands.values()], "o--", color=style.OBSERVED, label="orders with a comment")
    left.set_xticks(x, list(bands))
    left.set_ylim(1, 5)
    style.label(left, "Score by arrival against promise", "days", "mean score, stars")
    for shift, flag, colour, name in ((-0.19, False, style.SECOND, "in time"), (0.19, True, style.FITTED, "late")):
        part = done[(done["late_days"] > 0) == flag]
        shares = [100 * part.loc[part["score"] == k, "weight"].sum() / part["weight"].sum() for k in range(1, 6)]
        right.bar(np.arange(1, 6) + shift, shares, 0.36, color=colour, alpha=0.85, label=name)
    right.grid(axis="x", visible=False)
    style.label(right, "Scores, weighted", "stars", "share of orders, %")


STUDY = Study(
    key="lateness_and_score",
    title="What lateness does to a review",
    needs={
        CLASSIFIED: {
            "review_score": "number", "order_delivered_customer_date": "time", "order_estimated_delivery_date": "time",
        },
        REVIEWS: {"review_score": "number"},
    },
    source="Olist, Brazilian E-Commerce Public Dataset, classified comments and random sample of reviews",
    licence="CC BY-NC-SA 4.0; only fitted numbers are kept",
    fit=fit,
    draw=draw,
)  # fmt: skip
