"""The day of a festival that opens at midnight: published cumulative sales of 11.11 2019 [T26].

No public data give sales by minute inside a festival day. What is public are eight points of the
cumulative curve; they are taken apart into those who waited for the opening and those who buy when
they always buy.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy import optimize, stats

from experiments.fit import style
from experiments.fit.hours import TABLE, by_hour
from experiments.fit.record import CannotFitError, Estimate, Fitted, Study, Tables

POINTS = (
    (96 / 60, 0.037), (64.0, 0.373), (86.0, 0.450), (540.0, 0.590), (720.0, 0.687), (861.0, 0.745), (991.0, 0.795),
    (1440.0, 1.0),
)  # fmt: skip
"""(minutes after midnight, share of the day's sales) [T26]."""
FAMILIES = ("weibull", "lognormal")


def prompt_share(minutes: np.ndarray, family: str, shape: float, scale: float) -> np.ndarray:
    """Share of those who waited that has bought `minutes` after the opening, complete at the end of the day."""
    law = stats.weibull_min(shape, scale=scale) if family == "weibull" else stats.lognorm(shape, scale=scale)
    return law.cdf(minutes) / law.cdf(1440.0)


def ordinary_share(minutes: np.ndarray, buys_by_hour: np.ndarray) -> np.ndarray:
    """Share of an ordinary day's purchases made by `minutes` after midnight."""
    return np.interp(
        minutes, 60.0 * np.arange(25), np.concatenate([[0.0], np.cumsum(buys_by_hour) / buys_by_hour.sum()])
    )


def last_hours_share(minutes: np.ndarray, scale: float = 60.0) -> np.ndarray:
    """Share of a rise towards the end of the day, growing by the factor e every `scale` minutes."""
    return (np.exp((minutes - 1440.0) / scale) - np.exp(-1440.0 / scale)) / (1 - np.exp(-1440.0 / scale))


def curve(
    minutes: np.ndarray, buys: np.ndarray, family: str, prompt: float, shape: float, scale: float, last: float = 0.0
) -> np.ndarray:
    """Cumulative share of the festival day's sales at `minutes`."""
    ordinary = 1 - prompt - last
    return (
        prompt * prompt_share(minutes, family, shape, scale)
        + ordinary * ordinary_share(minutes, buys)
        + last * last_hours_share(minutes)
    )


def solve(
    minutes: np.ndarray, observed: np.ndarray, buys: np.ndarray, family: str
) -> tuple[np.ndarray, np.ndarray, float]:
    """Prompt share, shape and scale by least squares: values, standard errors, root mean square residual."""

    def residuals(x: np.ndarray) -> np.ndarray:
        return curve(minutes, buys, family, x[0], np.exp(x[1]), np.exp(x[2])) - observed

    best = min(
        (
            optimize.least_squares(residuals, [0.5, start_shape, start_scale], bounds=([0, -3, 0], [1, 2, 7]))
            for start_shape in (-0.4, 0.2)
            for start_scale in (3.0, 4.0)
        ),
        key=lambda result: result.cost,
    )
    freedom = len(observed) - 3
    if freedom < 1:
        raise CannotFitError("the cumulative curve needs more than three points before its end")
    variance = 2 * best.cost / freedom
    try:
        covariance = variance * np.linalg.inv(best.jac.T @ best.jac)
    except np.linalg.LinAlgError:
        raise CannotFitError("the points do not separate those who waited from ordinary shoppers") from None
    return best.x, np.sqrt(np.diag(covariance)), float(np.sqrt(2 * best.cost / len(observed)))


def last_hours(minutes: np.ndarray, observed: np.ndarray, buys: np.ndarray, family: str, x: np.ndarray) -> float:
    """Share of a last-hours rise if one is allowed for, all four parameters free and the rise not negative."""

    def residuals(p: np.ndarray) -> np.ndarray:
        return curve(minutes, buys, family, p[0], np.exp(p[1]), np.exp(p[2]), p[3]) - observed

    start = [float(np.clip(x[0], 0.01, 0.9)), x[1], x[2], 0.02]
    return float(optimize.least_squares(residuals, start, bounds=([0, -3, 0, 0], [1, 2, 7, 0.3])).x[3])


def fit(tables: Tables) -> Fitted:
    """Both families of delay; the one nearer to the points gives the headline parameters."""
    buys = by_hour(tables[TABLE], "buy")
    minutes = np.array([point[0] for point in POINTS[:-1]])
    observed = np.array([point[1] for point in POINTS[:-1]])
    found = {family: solve(minutes, observed, buys, family) for family in FAMILIES}
    t = float(stats.t.ppf(0.975, len(minutes) - 3))
    estimates: dict[str, Estimate] = {}
    for family, (x, se, _) in found.items():
        estimates[f"{family}_share_prompt"] = Estimate(
            float(x[0]),
            max(0.0, float(x[0] - t * se[0])),
            min(1.0, float(x[0] + t * se[0])),
            "share of the day's sales",
        )
        for i, (name, unit) in ((1, ("shape", "")), (2, ("scale", "minutes"))):
            estimates[f"{family}_{name}"] = Estimate(
                float(np.exp(x[i])), float(np.exp(x[i] - t * se[i])), float(np.exp(x[i] + t * se[i])), unit
            )
    near = min(FAMILIES, key=lambda family: found[family][2])
    x = found[near][0]
    estimates["last_hours_share"] = Estimate(
        last_hours(minutes, observed, buys, near, x), unit="share of the day's sales, if allowed for"
    )
    fitted_points = curve(minutes, buys, near, float(x[0]), float(np.exp(x[1])), float(np.exp(x[2])))
    hours = 60.0 * np.arange(1, 25)
    whole = curve(hours, buys, near, float(x[0]), float(np.exp(x[1])), float(np.exp(x[2])))
    return Fitted(
        estimates=estimates,
        n=len(minutes),
        n_unit="published points before the end of the day",
        distance={
            **{f"rmse_{family}": found[family][2] for family in FAMILIES},
            "largest_residual": float(np.abs(fitted_points - observed).max()),
        },
        observed={
            "nearer_family": near,
            "minutes_after_opening": [p[0] for p in POINTS],
            "cumulative_share": [p[1] for p in POINTS],
            "fitted_share": [*fitted_points, 1.0],
            "fitted_share_by_hour": whole,
        },
        note=(
            "Seven points, three parameters: a description of one platform's day, not a sample. The shape of weibull "
            "is its exponent, of lognormal the sigma of ln(minutes); the scale of lognormal is its median. Ordinary "
            "shoppers follow the purchases by hour of hour_of_day. The last seven and a half hours need no rise of "
            "their own: ordinary evening shopping explains them."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Published points with both fitted curves, the whole day and the first two hours."""
    buys = by_hour(tables[TABLE], "buy")
    points = np.array(POINTS)
    for axes, end, per, unit, title in zip(
        style.panels(figure, 2),
        (1440.0, 120.0),
        (60.0, 1.0),
        ("hours", "minutes"),
        ("Cumulative sales of the day", "The first two hours"),
        strict=True,
    ):
        grid = np.linspace(0, end, 600)
        for family, colour in zip(FAMILIES, (style.FITTED, style.SECOND), strict=True):
            values = [fitted[f"{family}_{name}"] for name in ("share_prompt", "shape", "scale")]
            axes.plot(grid / per, 100 * curve(grid, buys, family, *values), color=colour, label=f"{family} delay")
        axes.plot(
            grid / per, 100 * ordinary_share(grid, buys), color=style.OBSERVED, ls="--", lw=1.3, label="ordinary day"
        )
        shown = points[points[:, 0] <= end]
        axes.plot(shown[:, 0] / per, 100 * shown[:, 1], "o", color=style.INK, ms=6, label="published [T26]", zorder=5)
        axes.set_xticks(np.linspace(0, end / per, 7))
        style.label(axes, title, f"{unit} after the opening at midnight", "share of the day's sales, %")


STUDY = Study(
    key="festival_opening",
    title="Sales after a midnight opening",
    needs={TABLE: {"hour": "number", "buy": "number"}},
    source="Published cumulative figures of 11.11 2019 (Xinhua, Technode, NST) and Taobao purchases by hour",
    licence="published figures; Tianchi terms for the hourly aggregate",
    fit=fit,
    draw=draw,
)
