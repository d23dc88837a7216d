"""What a message causes: Hillstrom's randomised e-mail test."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from experiments.fit import style
from experiments.fit.record import CannotFitError, Estimate, Fitted, Study, Tables, need
from experiments.fit.stats import Z95, mean, share

TABLE = "hillstrom_email_rct"
CONTROL = "No E-Mail"


def difference(treated: np.ndarray, control: np.ndarray, unit: str) -> Estimate:
    """Difference of two means with Welch's interval."""
    gap = float(treated.mean() - control.mean())
    half = Z95 * math.sqrt(treated.var(ddof=1) / len(treated) + control.var(ddof=1) / len(control))
    return Estimate(gap, gap - half, gap + half, unit)


def fit(tables: Tables) -> Fitted:
    """Effect of receiving any e-mail on visit, conversion and spend within two weeks."""
    frame = tables[TABLE].dropna(subset=["segment", "visit", "conversion", "spend"])
    control = frame[frame["segment"] == CONTROL]
    treated = frame[frame["segment"] != CONTROL]
    if len(control) == 0:
        raise CannotFitError(f"{TABLE} has no arm '{CONTROL}'")
    need(len(treated), 30, "customers with an e-mail")
    need(len(control), 30, "customers without")
    estimates: dict[str, Estimate] = {}
    for name in ("visit", "conversion"):
        on, off = treated[name].to_numpy(), control[name].to_numpy()
        estimates[f"{name}_without"] = share(float(off.sum()), len(off), "share in two weeks")
        estimates[f"{name}_with"] = share(float(on.sum()), len(on), "share in two weeks")
        estimates[f"{name}_effect"] = difference(on, off, "points of share")
        if off.sum() >= 5 and on.sum() >= 5:
            ratio = on.mean() / off.mean()
            half = Z95 * math.sqrt((1 - on.mean()) / on.sum() + (1 - off.mean()) / off.sum())
            estimates[f"{name}_ratio"] = Estimate(
                float(ratio), float(ratio * math.exp(-half)), float(ratio * math.exp(half)), "with ÷ without"
            )
    estimates["spend_effect"] = difference(treated["spend"].to_numpy(), control["spend"].to_numpy(), "USD per customer")
    came_on, came_off = treated[treated["visit"] == 1], control[control["visit"] == 1]
    if min(len(came_on), len(came_off)) >= 10:
        estimates["conversion_of_visits_without"] = share(float(came_off["conversion"].sum()), len(came_off))
        estimates["conversion_of_visits_with"] = share(float(came_on["conversion"].sum()), len(came_on))
    buyers = frame.loc[frame["spend"] > 0, "spend"].to_numpy()
    if len(buyers) >= 10:
        estimates["spend_of_buyers"] = mean(buyers, "USD")
    effect = estimates["visit_effect"]
    se = ((effect.high or 0) - (effect.low or 0)) / (2 * Z95)
    balance = max(
        abs(float(treated[c].mean() - control[c].mean())) / max(float(frame[c].std()), 1e-9)
        for c in ("recency", "history", "newbie")
    )
    by_recency = {}
    for label, low, high in (
        ("1-3 months", 1, 3),
        ("4-6 months", 4, 6),
        ("7-9 months", 7, 9),
        ("10-12 months", 10, 12),
    ):
        with_it, without = (part.loc[part["recency"].between(low, high), "visit"] for part in (treated, control))
        if min(len(with_it), len(without)) >= 100:
            by_recency[label] = {"without": float(without.mean()), "with": float(with_it.mean())}
    return Fitted(
        estimates=estimates,
        n=len(frame),
        n_unit="customers",
        distance={
            "z_of_visit_effect": effect.value / se if se > 0 else 0.0,
            "largest_imbalance_in_sd": balance,
        },
        observed={"visit_by_recency": by_recency, "arms": {str(k): len(v) for k, v in frame.groupby("segment")}},
        note=(
            "Customers were assigned at random, so differences are effects of the message, for one message to "
            "customers of the last twelve months; nothing here tells of the tenth message in a month. More visits, "
            "each converting about as before or somewhat better: compare the last shares before building in either."
        ),
    )  # fmt: skip


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Visit and conversion with and without; visit by recency."""
    axes = style.panels(figure, 3)
    for panel, name in zip(axes[:2], ("visit", "conversion"), strict=True):
        pair = [fitted.estimates[f"{name}_{arm}"] for arm in ("without", "with")]
        panel.bar([0, 1], [100 * e.value for e in pair], 0.6, color=[style.OBSERVED, style.FITTED], alpha=0.8)
        for i, e in enumerate(pair):
            panel.plot([i, i], [100 * (e.low or 0), 100 * (e.high or 0)], color=style.INK, lw=1.5)
        panel.set_xticks([0, 1], ["no message", "message"])
        panel.grid(axis="x", visible=False)
        gap = fitted.estimates[f"{name}_effect"]
        interval = f"[{100 * (gap.low or 0):.2f}, {100 * (gap.high or 0):.2f}]"
        title = f"{name.capitalize()}: {100 * gap.value:+.2f} points {interval}"
        style.label(panel, title, "", "share within two weeks, %", legend=False)
    groups = fitted.observed["visit_by_recency"]
    x = np.arange(len(groups))
    for shift, arm, colour in ((-0.19, "without", style.OBSERVED), (0.19, "with", style.FITTED)):
        axes[2].bar(
            x + shift, [100 * g[arm] for g in groups.values()], 0.36, color=colour, alpha=0.8, label=f"{arm} message"
        )
    axes[2].set_xticks(x, [name.replace(" months", "") for name in groups])
    axes[2].grid(axis="x", visible=False)
    style.label(axes[2], "Visit by recency", "months since the last purchase", "share within two weeks, %")


STUDY = Study(
    key="message_effect",
    title="Effect of a message",
    needs={
        TABLE: {
            "recency": "number", "history": "number", "newbie": "number", "segment": "text", "visit": "number",
            "conversion": "number", "spend": "number",
        }
    },
    source="Kevin Hillstrom, MineThatData E-Mail Analytics challenge (men's e-mail and control)",
    licence="open use by the publisher",
    fit=fit,
    draw=draw,
)  # fmt: skip
