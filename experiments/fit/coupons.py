"""Who redeems a mailed coupon, and when: dunnhumby, The Complete Journey."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from experiments.fit import style
from experiments.fit.record import Estimate, Fitted, Study, Tables, need
from experiments.fit.stats import bootstrap, gamma, ks, maximise, quantiles, share

MAILED, WHEN, REDEEMED = "dunnhumby_campaign_table", "dunnhumby_campaign_desc", "dunnhumby_coupon_redempt"


def mailings(tables: Tables) -> pd.DataFrame:
    """One row per household and campaign mailed: `kind`, `length` (days), `delay` from the start to the first
    redemption within the campaign (missing if none), `coupons` redeemed."""
    mailed = tables[MAILED].dropna(subset=["household_key", "campaign"]).drop_duplicates(["household_key", "campaign"])
    when = tables[WHEN].dropna(subset=["campaign", "start_day", "end_day"]).drop_duplicates("campaign")
    table = mailed[["household_key", "campaign"]].merge(when, on="campaign")
    used = tables[REDEEMED].dropna(subset=["household_key", "campaign", "day"])
    used = used.merge(table[["household_key", "campaign", "start_day", "end_day"]], on=["household_key", "campaign"])
    used = used[used["day"].between(used["start_day"], used["end_day"])]
    first = used.groupby(["household_key", "campaign"])["day"].agg(first="min", coupons="size").reset_index()
    table = table.merge(first, on=["household_key", "campaign"], how="left")
    table["delay"] = table["first"] - table["start_day"]
    table["length"] = table["end_day"] - table["start_day"] + 1
    table["kind"] = table["description"].fillna("unknown")
    return table[table["length"] > 0]


def fit(tables: Tables) -> Fitted:
    """Share redeeming by kind of campaign, delay to the first redemption, and where in the campaign it falls."""
    table = mailings(tables)
    need(len(table), 50, "mailings")
    used = table.dropna(subset=["delay"])
    need(len(used), 20, "mailings with a redemption")
    # A redemption on the first day has waited half a day on average.
    delay = used["delay"].to_numpy() + 0.5
    place = ((used["delay"] + 0.5) / used["length"]).to_numpy()
    gam = gamma(delay, "days")
    logs, logs1, n = float(np.log(place).sum()), float(np.log1p(-place).sum()), len(place)

    def beta_loglik(a: float, b: float) -> float:
        from scipy.special import betaln

        return (a - 1) * logs + (b - 1) * logs1 - n * float(betaln(a, b))

    beta = maximise(beta_loglik, {"a": 1.0, "b": 1.2})
    campaigns = table.groupby("campaign")["delay"].agg(n="size", k="count")
    pairs = campaigns.to_numpy(float)
    estimates: dict[str, Estimate] = {}
    whole = share(pairs[:, 1].sum(), pairs[:, 0].sum(), "share of households mailed")
    if len(pairs) >= 5:
        whole = bootstrap(len(pairs), lambda i: float(pairs[i, 1].sum() / pairs[i, 0].sum()), whole.unit)
    estimates["redeemed"] = whole
    for kind, part in table.groupby("kind"):
        if len(part) >= 30:
            estimates[f"redeemed_{str(kind).lower()}"] = share(
                float(part["delay"].notna().sum()), len(part), "share of households mailed"
            )
    coupons = used["coupons"].to_numpy()
    estimates["coupons_per_redeemer"] = bootstrap(len(coupons), lambda i: float(coupons[i].mean()), "coupons")
    estimates["delay_gamma_shape"], estimates["delay_gamma_scale"] = gam.estimates["shape"], gam.estimates["scale"]
    estimates["delay_median"] = bootstrap(len(delay), lambda i: float(np.median(delay[i])), "days")
    estimates["place_beta_a"], estimates["place_beta_b"] = beta.estimates["a"], beta.estimates["b"]
    return Fitted(
        estimates=estimates,
        n=len(table),
        n_unit="mailings (household × campaign)",
        distance={
            "ks_delay_gamma": ks(delay, lambda d: stats.gamma.cdf(d, gam["shape"], scale=gam["scale"])),
            "ks_place_beta": ks(place, lambda p: stats.beta.cdf(p, beta["a"], beta["b"])),
        },
        observed={
            "redeemers": len(used),
            "campaigns": len(campaigns),
            "delay_days": quantiles(delay),
            "place_in_campaign_tenths": np.histogram(place, np.linspace(0, 1, 11))[0] / len(place),
            "length_days_median": float(table.groupby("campaign")["length"].first().median()),
        },
        note=(
            "First redemption of a household in a campaign it was mailed. Households were chosen for a mailing by what "
            "they buy (TypeA gets personal coupons, B and C the same for all), so shares are of chosen households and "
            "no effect of the mailing. The interval of the overall share resamples campaigns. Delays are cut at the "
            "end of the campaign; their place between start and end (beta) carries over to other lengths."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Share redeeming by kind; delay; place in the campaign."""
    used = mailings(tables).dropna(subset=["delay"])
    axes = style.panels(figure, 3)
    kinds = [name for name in fitted.estimates if name.startswith("redeemed")]
    values = [fitted.estimates[name] for name in kinds]
    y = np.arange(len(kinds))
    axes[0].barh(y, [100 * e.value for e in values], color=style.OBSERVED, alpha=0.6)
    for i, e in enumerate(values):
        if e.low is not None and e.high is not None:
            axes[0].plot([100 * e.low, 100 * e.high], [i, i], color=style.FITTED, lw=2)
    texts = ["all" if name == "redeemed" else name.removeprefix("redeemed_").replace("type", "type ") for name in kinds]
    axes[0].set_yticks(y, texts)
    axes[0].invert_yaxis()
    axes[0].grid(axis="y", visible=False)
    style.label(axes[0], "Households that redeem", "share of those mailed, % (line: 95%)", "campaign", legend=False)
    style.cumulative(
        axes[1], used["delay"].to_numpy() + 0.5,
        {"gamma": lambda d: stats.gamma.cdf(d, fitted["delay_gamma_shape"], scale=fitted["delay_gamma_scale"])},
    )  # fmt: skip
    style.label(axes[1], "Delay to the first redemption", "days from the start", "cumulative share of redeemers")
    tenths = np.asarray(fitted.observed["place_in_campaign_tenths"])
    axes[2].bar(np.arange(5, 100, 10), 10 * tenths, 9.2, color=style.OBSERVED, alpha=0.6, label="observed")
    grid = np.linspace(0.01, 0.99, 200)
    axes[2].plot(
        100 * grid,
        stats.beta.pdf(grid, fitted["place_beta_a"], fitted["place_beta_b"]),
        color=style.FITTED,
        label="beta",
    )
    style.label(axes[2], "Place in the campaign", "from start to end, %", "density")


STUDY = Study(
    key="coupon_redemption",
    title="Coupon redemption",
    needs={
        MAILED: {"household_key": "text", "campaign": "text"},
        WHEN: {"description": "text", "campaign": "text", "start_day": "number", "end_day": "number"},
        REDEEMED: {"household_key": "text", "day": "number", "campaign": "text"},
    },
    source="dunnhumby, The Complete Journey: campaigns, mailings and redemptions",
    licence="dunnhumby terms of use; only fitted numbers are kept",
    fit=fit,
    draw=draw,
)
