"""Weight and size of parcels: products of the Olist marketplace."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from experiments.fit import style
from experiments.fit.record import Estimate, Fitted, Study, Tables, need
from experiments.fit.stats import Z95, ks, lognormal, quantiles

TABLE = "olist_products_dims"
SIDES = ["product_length_cm", "product_height_cm", "product_width_cm"]


def sizes(tables: Tables) -> tuple[np.ndarray, np.ndarray]:
    """Weight (kg) and volume (litres) of every product with both above zero."""
    frame = tables[TABLE].dropna(subset=["product_weight_g", *SIDES])
    kg, litres = frame["product_weight_g"].to_numpy() / 1000, frame[SIDES].prod(axis=1).to_numpy() / 1000
    use = (kg > 0) & (litres > 0)
    return kg[use], litres[use]


def fit(tables: Tables) -> Fitted:
    """Lognormal weight and volume and how they go together."""
    kg, litres = sizes(tables)
    need(len(kg), 30, "products with weight and size")
    weight, volume = lognormal(kg, "kg"), lognormal(litres, "litres")
    rho = float(np.corrcoef(np.log(kg), np.log(litres))[0, 1])
    low, high = np.tanh(np.arctanh(np.clip(rho, -0.9999, 0.9999)) + np.array([-1, 1]) * Z95 / np.sqrt(len(kg) - 3))
    # Couriers charge by the larger of weight and volume / 6 (kg per litre).
    charged = np.maximum(kg, litres / 6)
    charge = lognormal(charged, "kg")
    return Fitted(
        estimates={
            "weight_median": weight["median"],
            "weight_sigma": weight["sigma"],
            "volume_median": volume["median"],
            "volume_sigma": volume["sigma"],
            "correlation_of_logs": Estimate(rho, float(low), float(high)),
            "charged_weight_median": charge["median"],
            "charged_weight_sigma": charge["sigma"],
        },
        n=len(kg),
        n_unit="products",
        distance={
            "ks_weight_lognormal": ks(
                kg, lambda w: stats.lognorm.cdf(w, weight["sigma"].value, scale=weight["median"].value)
            ),
            "ks_volume_lognormal": ks(
                litres, lambda v: stats.lognorm.cdf(v, volume["sigma"].value, scale=volume["median"].value)
            ),
        },
        observed={"weight_kg": quantiles(kg), "volume_litres": quantiles(litres)},
        note=(
            "Products listed, each counted once whatever it sells. Charged weight is the larger of weight and volume "
            "at 6,000 cm³ a kilogram, the usual rule of couriers."
        ),
    )  # fmt: skip


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Cumulative weight and volume."""
    kg, litres = sizes(tables)
    for panel, values, name, unit in zip(
        style.panels(figure, 2), (kg, litres), ("weight", "volume"), ("kg", "litres"), strict=True
    ):
        style.cumulative(
            panel,
            values,
            {
                "lognormal": lambda v, n=name: stats.lognorm.cdf(v, fitted[f"{n}_sigma"], scale=fitted[f"{n}_median"])  # type: ignore[misc]
            },
            log=True,
        )
        style.label(panel, f"Parcel {name}", f"{unit} (log scale)", "cumulative share of products")


STUDY = Study(
    key="parcels",
    title="Parcel weight and size",
    needs={TABLE: {"product_weight_g": "number", **{side: "number" for side in SIDES}}},
    source="Olist product dimensions, copy with MIT licence",
    licence="MIT",
    fit=fit,
    draw=draw,
)
