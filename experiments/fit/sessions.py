"""Depth and conversion of sessions: UCI Online Shoppers Purchasing Intention (set 468)."""

from __future__ import annotations

import itertools

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from experiments.fit import style
from experiments.fit.record import Fitted, Study, Tables, need
from experiments.fit.stats import (
    bootstrap,
    ks,
    ks_counts,
    lognormal,
    quantiles,
    share,
    truncated_negbin,
    truncated_negbin_cdf,
)

TABLE = "uci_online_shoppers_sessions"
KINDS = ("Administrative", "Informational", "ProductRelated")
BANDS = [1, 3, 6, 11, 21, 41, 81]


def depth_of(tables: Tables) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pages (>= 1), minutes and purchase flag (0/1) of every usable session."""
    frame = tables[TABLE].dropna(subset=[*KINDS, "Revenue"])
    pages = frame[list(KINDS)].sum(axis=1).to_numpy()
    minutes = frame[[f"{kind}_Duration" for kind in KINDS]].sum(axis=1).to_numpy() / 60
    bought = frame["Revenue"].to_numpy()
    use = pages >= 1
    return pages[use], minutes[use], bought[use]


def fit(tables: Tables) -> Fitted:
    """Pages per session as zero-truncated negative binomial and as rounded lognormal; conversion."""
    pages, minutes, bought = depth_of(tables)
    need(len(pages), 50, "sessions")
    need(int(bought.sum()), 3, "sessions with a purchase")
    counts = truncated_negbin(pages)
    normal = lognormal(pages, "pages")
    timed = minutes[minutes > 0]
    need(len(timed), 30, "sessions with a duration")
    time = lognormal(timed, "minutes")
    edges = [*BANDS, np.inf]
    by_depth = {
        f"{low}+" if high == np.inf else f"{low}-{int(high) - 1}": float(bought[(pages >= low) & (pages < high)].mean())
        for low, high in itertools.pairwise(edges)
        if ((pages >= low) & (pages < high)).sum() >= 20
    }
    frame = tables[TABLE].dropna(subset=["Revenue"])
    visitor = {
        str(kind): float(part["Revenue"].mean())
        for kind, part in frame.groupby("VisitorType")
        if len(part) >= 50
    }  # fmt: skip
    median, sigma = normal["median"].value, normal["sigma"].value
    return Fitted(
        estimates={
            "conversion": share(float(bought.sum()), len(bought), "share of sessions"),
            "pages_mean": bootstrap(len(pages), lambda i: float(pages[i].mean()), "pages"),
            "pages_negbin_odds": counts.estimates["odds"],
            "pages_negbin_size": counts.estimates["size"],
            "pages_lognormal_median": normal["median"],
            "pages_lognormal_sigma": normal["sigma"],
            "minutes_lognormal_median": time["median"],
            "minutes_lognormal_sigma": time["sigma"],
            "no_duration": share(float((minutes <= 0).sum()), len(minutes), "share of sessions"),
        },
        n=len(pages),
        n_unit="sessions",
        distance={
            "ks_pages_negbin": ks_counts(pages, lambda k: truncated_negbin_cdf(k, counts["odds"], counts["size"])),
            "ks_pages_lognormal": ks_counts(pages, lambda k: stats.lognorm.cdf(k + 0.5, sigma, scale=median)),
            "ks_minutes_lognormal": ks(
                timed, lambda t: stats.lognorm.cdf(t, time["sigma"].value, scale=time["median"].value)
            ),
        },
        observed={
            "pages_quantiles": quantiles(pages),
            "minutes_quantiles": quantiles(minutes),
            "conversion_by_pages": by_depth,
            "conversion_by_visitor": visitor,
        },
        note=(
            "The set was drawn by its authors to have one session per user over a year, and it converts far above the "
            "2-3% usual of shops [T12, T13]: use the shape of depth, not the level of conversion."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Cumulative pages per session; conversion by depth."""
    pages, _, _ = depth_of(tables)
    left, right = style.panels(figure, 2)
    style.cumulative(
        left,
        pages,
        {
            "lognormal, rounded": lambda k: stats.lognorm.cdf(
                k + 0.5, fitted["pages_lognormal_sigma"], scale=fitted["pages_lognormal_median"]
            ),
            "negative binomial, truncated at 0": lambda k: truncated_negbin_cdf(
                k, fitted["pages_negbin_odds"], fitted["pages_negbin_size"]
            ),
        },
        log=True,
    )
    style.label(left, "Pages per session", "pages (log scale)", "cumulative share of sessions")
    bands = fitted.observed["conversion_by_pages"]
    right.bar(range(len(bands)), [100 * v for v in bands.values()], color=style.OBSERVED, alpha=0.6)
    right.axhline(100 * fitted["conversion"], color=style.FITTED, ls="--", label="all sessions")
    right.set_xticks(range(len(bands)), list(bands))
    right.grid(axis="x", visible=False)
    style.label(right, "Sessions that end in a purchase", "pages in the session", "share, %")


STUDY = Study(
    key="sessions",
    title="Session depth and conversion",
    needs={
        TABLE: {
            **{kind: "number" for kind in KINDS},
            **{f"{kind}_Duration": "number" for kind in KINDS},
            "VisitorType": "text",
            "Revenue": "number",
        }
    },
    source="Sakar et al., Online Shoppers Purchasing Intention, UCI Machine Learning Repository set 468",
    licence="CC BY 4.0",
    fit=fit,
    draw=draw,
)  # fmt: skip
