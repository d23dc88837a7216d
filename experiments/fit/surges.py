"""How fast a crowd comes and goes: flash crowds in the World Cup 1998 web log, requests per minute."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.fit import style
from experiments.fit.record import CannotFitError, Estimate, Fitted, Study, Tables, need
from experiments.fit.stats import bootstrap, quantiles

TABLE = "worldcup98_requests_per_minute"
QUIET_RATE = 1000.0  # requests per minute: below it a few readers look like a crowd
ONSET, SURGE = 1.5, 3.0  # times the load before
SHORTEST = 10  # minutes above half the rise: anything shorter is a burst of a program or a hole in the log
HORIZON = 150  # minutes from the onset in which the peak is looked for
MEASURES = ("peak_to_before", "minutes_to_half", "minutes_to_90", "minutes_to_peak", "minutes_from_peak_to_half")


def per_minute(tables: Tables) -> pd.Series:
    """Requests of every minute; gaps of up to ten minutes are bridged."""
    frame = tables[TABLE].dropna()
    need(len(frame), 300, "minutes")
    counts = frame.groupby("period")["count"].sum().resample("1min").sum(min_count=1)
    return counts.interpolate(limit=10)


def surges(counts: pd.Series) -> pd.DataFrame:
    """One row per flash crowd: onset and the MEASURES.

    The load is a centred five-minute mean; the load before is the lower quartile of the hour that
    ended 15 minutes ago. An onset holds 1.5 times that for ten minutes; a flash crowd reaches three
    times it within 150 minutes, from at least 1,000 requests a minute, and stays above half of its
    rise for ten minutes.
    """
    smooth = counts.rolling(5, center=True, min_periods=1).mean()
    before = smooth.rolling(60, min_periods=40).quantile(0.25).shift(15).to_numpy()
    load = smooth.to_numpy()
    with np.errstate(invalid="ignore"):
        over = (load > ONSET * before) & (before >= QUIET_RATE)
    rows, i, n = [], 0, len(load)
    while i < n - 10:
        if not (over[i] and np.all(over[i : i + 10])):
            i += 1
            continue
        segment = load[i : min(n, i + HORIZON)]
        peak = i + int(np.nanargmax(segment))
        rise = load[peak] - before[i]
        if load[peak] < SURGE * before[i] or np.isnan(load[i : peak + 1]).any():
            i += 30
            continue
        past = peak
        while past < n and load[past] > before[i] + 0.5 * rise:
            past += 1
        climb = load[i : peak + 1] - before[i]
        half = int(np.argmax(climb >= 0.5 * rise))
        if past < n and past - (i + half) >= SHORTEST:
            rows.append(
                (
                    counts.index[i], before[i], load[peak] / before[i], half,
                    int(np.argmax(climb >= 0.9 * rise)), peak - i, past - peak,
                )
            )  # fmt: skip
        i = past + 60
    return pd.DataFrame(rows, columns=["onset", "before", *MEASURES])


def mean_profile(counts: pd.Series, found: pd.DataFrame) -> np.ndarray:
    """float64[241]: median over flash crowds of (load − before) / (peak − before), minutes −60 … 180 from the onset."""
    smooth = counts.rolling(5, center=True, min_periods=1).mean()
    rows = []
    for _, crowd in found.iterrows():
        at = smooth.reindex(crowd["onset"] + pd.to_timedelta(np.arange(-60, 181), unit="min")).to_numpy()
        rows.append((at - crowd["before"]) / (crowd["before"] * (crowd["peak_to_before"] - 1)))
    return np.nanmedian(np.array(rows), axis=0)


def fit(tables: Tables) -> Fitted:
    """Medians over flash crowds with bootstrap intervals, and how a day's peak stands to its mean."""
    counts = per_minute(tables)
    found = surges(counts)
    need(len(found), 3, "flash crowds")
    estimates: dict[str, Estimate] = {}
    for name in MEASURES:
        values = found[name].to_numpy(dtype=float)
        unit = "ratio" if name == "peak_to_before" else "minutes"
        estimates[name] = bootstrap(len(values), lambda i, v=values: float(np.median(v[i])), unit)  # type: ignore[misc]
    daily = counts.groupby(counts.index.date)  # type: ignore[attr-defined]
    crowd_days = {onset.date() for onset in found["onset"]}
    whole = [part for day, part in daily if day in crowd_days and part.notna().sum() >= 1200]
    if whole:
        ratio = np.array([part.rolling(5, min_periods=1).mean().max() / part.mean() for part in whole])
        estimates["day_peak_to_mean"] = bootstrap(len(ratio), lambda i: float(np.median(ratio[i])), "ratio")
    growth = (counts.rolling(5).mean() / counts.rolling(5).mean().shift(5)).where(counts.rolling(5).mean() > 5000)
    fastest = []
    for onset in found["onset"]:
        window = growth.loc[onset : onset + pd.Timedelta(minutes=HORIZON)].dropna()
        if len(window):
            fastest.append(float(window.max()))
    if not fastest:
        raise CannotFitError("no flash crowd is busy enough to measure its growth")
    pace = np.array(fastest)
    estimates["fastest_growth_in_5_minutes"] = bootstrap(len(pace), lambda i: float(np.median(pace[i])), "factor")
    profile = mean_profile(counts, found)
    return Fitted(
        estimates=estimates,
        n=len(found),
        n_unit="flash crowds",
        distance={
            "spread_of_minutes_to_peak_iqr": float(np.subtract(*np.percentile(found["minutes_to_peak"], [75, 25])))
        },
        observed={
            "minutes_to_peak_quantiles": quantiles(found["minutes_to_peak"].to_numpy(dtype=float)),
            "peak_to_before_quantiles": quantiles(found["peak_to_before"].to_numpy(dtype=float)),
            "median_profile_every_10_minutes_from_minus_60": profile[::10],
        },
        note=(
            "Matches, not sales: people come for the match and leave after it, so the peak is the end of play about "
            "two hours in, and a sale that opens at a stroke rises faster (festival_opening). Use the pace of growth, "
            "the ratio of peak to mean, and the decay as a check of what a crowd can do to a site."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """The median profile of the flash crowds; their size and pace."""
    counts = per_minute(tables)
    found = surges(counts)
    left, right = style.panels(figure, 2)
    smooth = counts.rolling(5, center=True, min_periods=1).mean()
    minutes = np.arange(-60, 181)
    for number, (_, crowd) in enumerate(found.iterrows()):
        at = smooth.reindex(crowd["onset"] + pd.to_timedelta(minutes, unit="min")).to_numpy()
        left.plot(
            minutes, (at - crowd["before"]) / (crowd["before"] * (crowd["peak_to_before"] - 1)), color=style.OBSERVED,
            lw=0.8, alpha=0.35, label="single flash crowds" if number == 0 else None,
        )  # fmt: skip
    left.plot(minutes, mean_profile(counts, found), color=style.FITTED, label="median")
    left.axvline(0, color=style.INK, lw=0.8, ls=":")
    left.set_ylim(-0.15, 1.35)
    style.label(left, f"{len(found)} flash crowds, from their onset", "minutes from the onset", "share of the rise")
    right.scatter(found["minutes_to_peak"], found["peak_to_before"], color=style.OBSERVED, s=30, label="flash crowds")
    right.plot([fitted["minutes_to_peak"]], [fitted["peak_to_before"]], "D", color=style.FITTED, ms=8, label="medians")
    right.set_ylim(bottom=0)
    right.set_xlim(left=0)
    style.label(right, "Size against pace", "minutes from onset to peak", "peak ÷ load before")


STUDY = Study(
    key="flash_crowds",
    title="Pace of flash crowds",
    needs={TABLE: {"period": "time", "count": "number"}},
    source="1998 World Cup Web site access logs (Arlitt and Jin, Internet Traffic Archive), requests per minute",
    licence="free for any use",
    fit=fit,
    draw=draw,
)
