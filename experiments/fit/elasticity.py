"""Own-price elasticity and the effect of deals and features: Dominick's orange juice."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.fit import style
from experiments.fit.record import CannotFitError, Fitted, Study, Tables, need
from experiments.fit.stats import least_squares

TABLE = "dominicks_oj_store_brand_week"


def without_effects(values: np.ndarray, groups: list[np.ndarray], rounds: int = 60) -> np.ndarray:
    """`values` minus additive effects of all `groups` (codes from 0), by alternating projections."""
    rest = values - values.mean()
    for _ in range(rounds):
        change = 0.0
        for codes in groups:
            means = np.bincount(codes, rest) / np.maximum(np.bincount(codes), 1)
            rest = rest - means[codes]
            change = max(change, float(np.abs(means).max()))
        if change < 1e-9:
            break
    return rest


def usable(tables: Tables) -> pd.DataFrame:
    """Rows with sales, prices, deal and feature; logarithms of prices added."""
    frame = tables[TABLE].dropna()
    frame = frame[(frame["price_per_oz"] > 0) & (frame["min_rival_price_per_oz"] > 0)].copy()
    frame["lnp"], frame["lnr"] = np.log(frame["price_per_oz"]), np.log(frame["min_rival_price_per_oz"])
    return frame


def codes(*columns: pd.Series) -> np.ndarray:
    """One code from 0 for every combination of `columns`."""
    return pd.DataFrame(dict(enumerate(columns))).groupby(list(range(len(columns))), sort=True).ngroup().to_numpy()


def regressors(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """The columns of the demand equation that vary in these rows."""
    columns = {"own_price": "lnp", "rival_price": "lnr", "deal": "deal", "feature": "feat"}
    return {name: frame[column].to_numpy() for name, column in columns.items() if frame[column].std() > 0}


def fit(tables: Tables) -> Fitted:
    """ln units on ln price, ln lowest rival price, deal, feature; store, brand and week effects."""
    frame = usable(tables)
    need(len(frame), 60, "rows with price and sales")
    units = frame["units_oz_log"].to_numpy()
    additive = [codes(frame["store"]), codes(frame["brand"]), codes(frame["week"])]
    crossed = [codes(frame["store"], frame["brand"]), codes(frame["week"])]
    estimates, r2 = {}, 0.0
    for suffix, groups in (("", additive), ("_within_store_and_brand", crossed)):
        columns = {name: without_effects(v, groups) for name, v in regressors(frame).items()}
        if "own_price" not in columns:
            raise CannotFitError("the price never changes in these rows")
        found, fit_r2 = least_squares(without_effects(units, groups), columns, frame["store"].to_numpy())
        if not suffix:
            r2 = fit_r2
        estimates.update({f"{name}{suffix}": e for name, e in found.items()})
    brands = []
    for _, part in frame.groupby("brand"):
        if len(part) < 100:
            continue
        groups = [codes(part["store"])]
        columns = {name: without_effects(v, groups) for name, v in regressors(part).items()}
        try:
            brands.append(least_squares(without_effects(part["units_oz_log"].to_numpy(), groups), columns)[0])
        except CannotFitError:
            continue
    own = sorted(b["own_price"].value for b in brands if "own_price" in b)
    observed: dict[str, object] = {"own_price_by_brand_sorted": own}
    for flag in ("deal", "feature"):
        if flag in estimates:
            observed[f"{flag}_multiplies_sales_by"] = float(np.exp(estimates[flag].value))
    return Fitted(
        estimates=estimates,
        n=len(frame),
        n_unit="store-brand-weeks",
        distance={"r2_within_effects": r2},
        observed=observed,
        note=(
            "Additive store, brand and week effects first; effects of every store-brand pair and week as a check "
            "(suffix _within_store_and_brand). Intervals clustered by store. An elasticity of shelf sales of one "
            "storable grocery: stockpiling makes it steeper than lasting demand [P09]."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Sales against price after all other effects are taken out; elasticities by brand."""
    frame = usable(tables)
    groups = [codes(frame["store"]), codes(frame["brand"]), codes(frame["week"])]
    columns = {name: without_effects(v, groups) for name, v in regressors(frame).items()}
    rest = without_effects(frame["units_oz_log"].to_numpy(), groups)
    for name, column in columns.items():
        if name != "own_price":
            rest = rest - fitted[name] * column
    price = columns["own_price"]
    left, right = style.panels(figure, 2)
    edges = np.unique(np.quantile(price, np.linspace(0, 1, 21)))
    bins = np.clip(np.searchsorted(edges, price, side="right") - 1, 0, len(edges) - 2)
    x = [price[bins == k].mean() for k in range(len(edges) - 1) if (bins == k).any()]
    y = [rest[bins == k].mean() for k in range(len(edges) - 1) if (bins == k).any()]
    left.plot(x, y, "o", color=style.OBSERVED, ms=5, label="observed, means of twentieths")
    line = np.array([min(x), max(x)])
    left.plot(line, fitted["own_price"] * line, color=style.FITTED, label=f"elasticity {fitted['own_price']:.2f}")
    style.label(
        left, "Sales against own price, rest held fixed", "ln price, effects removed", "ln units, effects removed"
    )
    own = fitted.observed["own_price_by_brand_sorted"]
    right.plot(own, range(len(own)), "o", color=style.OBSERVED, label="single brands")
    right.axvline(fitted["own_price"], color=style.FITTED, label="all brands together")
    right.axvline(-2.62, color=style.SECOND, ls="--", label="mean of 1,851 studies [P01]")
    right.set_yticks([])
    style.label(right, "Own-price elasticity by brand", "elasticity", "brands, sorted")


STUDY = Study(
    key="price_elasticity",
    title="Price elasticity, deal and feature",
    needs={
        TABLE: {
            "store": "text", "brand": "text", "week": "number", "units_oz_log": "number", "price_per_oz": "number",
            "min_rival_price_per_oz": "number", "deal": "number", "feat": "number",
        }
    },
    source="Dominick's Finer Foods database (James M. Kilts Center, University of Chicago Booth), orange juice",
    licence="academic use; only fitted numbers are kept",
    fit=fit,
    draw=draw,
)  # fmt: skip
