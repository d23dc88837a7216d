"""Measure the simulated market as the literature measures real ones: `python -m experiments.estimators [--seeds N]`.

Writes docs/estimators.md: each figure by the estimator of its source, with the interval over independent seeds, beside the
range of parameters.csv. Nothing is adjusted: what lies outside its range is shown as a miss.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from experiments.trials import (
    a_day_faster,
    bump,
    coupons,
    dip,
    messages,
    opting_out,
    promotional,
    regular,
    regular_ranked,
    repurchase,
    rival_prices,
    topping_up,
)
from sim.core.parameters import parameters

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Figure:
    """One estimate: a value for each seed, beside its range."""

    id: str
    what: str
    estimator: str
    values: list[float]
    low: float
    high: float
    unit: str = ""


def bounds(id: str) -> tuple[float, float]:
    """Range of a row of parameters.csv."""
    row = parameters()[id]
    assert row.low is not None and row.high is not None
    return float(row.low), float(row.high)


def each(seeds: range, experiment: Callable[[int], Any]) -> list[Any]:
    """The experiment on every seed."""
    print(experiment.__name__, flush=True)
    return [experiment(seed) for seed in seeds]


def weeks_of_dip(changes: np.ndarray) -> float:
    """Weeks after the promotion until all units are back: those in a row whose mean change over seeds is below −1%."""
    mean = changes.mean(axis=0)[1:]
    return float(next((n for n, change in enumerate(mean) if change >= -0.01), len(mean)))


def estimate(seeds: int) -> list[Figure]:
    """Every figure. The noisy ones use twice the seeds."""
    few, many = range(1, seeds + 1), range(1, 2 * seeds + 1)
    promo, lasting = each(few, promotional), each(few, regular)
    ranked = each(few, regular_ranked)
    bumps = each(range(1, 4 * seeds + 1), bump)
    # a share of the bump: totals over seeds, jackknifed, for one seed's bump can be small
    total = {name: np.array([b[name] for b in bumps]) for name in bumps[0]}

    def share(part: np.ndarray, of: str = "bump") -> list[float]:
        n, whole = len(part), total[of].sum()
        left_out = (part.sum() - part) / (whole - total[of])
        return list(n * part.sum() / whole - (n - 1) * left_out)

    dips = np.array(each(few, dip))
    pads, redeemed = each(few, topping_up), each(few, coupons)
    told, tired = each(few, messages), each(few, opting_out)
    rest = total["bump"] - total["brand"] - total["period"]
    wear = 0.062 / 0.136
    return [
        Figure("P01", "Own-price elasticity, lasting change", "Poisson regression, effects of SKUs and weeks", lasting, *bounds("P01")),
        Figure("P01", "The same in a shop whose ranking follows sales", "the same", ranked, *bounds("P01")),
        Figure("P03", "Own-price elasticity, a week's cut", "the same", promo, *bounds("P03")),
        Figure("P09", "Static ÷ long-run elasticity", "ratio of the two", list(np.array(promo) / np.array(lasting)), *bounds("P09")),
        Figure("P04", "Bump from other food", "units, against the same seed without", share(total["brand"]), *bounds("P04"), "%"),
        Figure("P05", "Bump from later weeks", "units, six weeks after", share(total["period"]), *bounds("P05"), "%"),
        Figure("P06", "Bump that is growth", "the rest", share(rest), *bounds("P06"), "%"),
        Figure("P11", "Week of the cut ÷ week without (20% off, no display)", "units of the promoted", share(total["promoted"], "usual"), *bounds("P11"), "x"),
        Figure("P10", "Length of the dip after a cut on everything, weeks", "weeks in a row 1% below the same seeds without",
               [weeks_of_dip(np.delete(dips, i, axis=0)) for i in range(len(dips))], *bounds("P10")),
        Figure("P14", "Baskets below a threshold padded to it", "padded ÷ (padded + below)", [p[0] for p in pads], *bounds("P14"), "%"),
        Figure("P15", "Padded orders whose filler came back", "of padded orders, within the run", [p[1] for p in pads], *bounds("P15"), "%"),
        Figure("P25", "Redemption of claimed coupons", "used ÷ claimed", [r[0] for r in redeemed], *bounds("P25"), "%"),
        Figure("P24", "Redemption of vouchers for everybody, untold", "used ÷ given", [r[1] for r in redeemed], *bounds("P24"), "%"),
        Figure("R01", "Repurchase within 30 days", "buyers with ≥2 orders ÷ buyers", each(few, repurchase), *bounds("R01"), "%"),
        Figure("R16", "Abandoned-cart message: click", "visits brought ÷ messages", [t["click"] for t in told], *bounds("R16"), "%"),
        Figure("R16", "Click of the seventh message in a row ÷ the first", "three a day", [t[1] for t in tired], wear * 0.75, wear * 1.25),
        Figure("R17", "Abandoned carts recovered", "orders in three days, told − held out at random", [t["recovered"] for t in told], *bounds("R17"), "%"),
        Figure("R18", "Orders placed per recipient", "ordered within a day of a click ÷ messages", [t["placed"] for t in told], *bounds("R18"), "%"),
        Figure("R21", "Opting out a week at three messages a day", "third week, of those left", [t[0] for t in tired], *bounds("R21"), "%"),
        Figure("K01", "Cross-price elasticity, rival's price", "log change of units, rival at 105% against 95%", each(few, rival_prices), *bounds("K01")),
        Figure("K01", "Cross-price elasticity, other articles' price", "relative change of the others' units ÷ log of the cut",
               list(np.array(share(-total["brand"], "others")) / np.log(0.8)), *bounds("K01")),
        Figure("F18", "Orders per day of faster delivery", "promise on every page, 3 against 4 days later", each(many, a_day_faster), 0.006, 0.03, "%"),
    ]  # fmt: skip


#: why a figure may miss, and what the figures do not show
NOTES = {
    "P04": "offers draw visits and attention to their category, and those who come buy other articles too: traffic the source's stores "
           "did not see; with that pull switched off (`deal_pull`, `attention` 0; 16 seeds) 43% of the bump comes from other food",
    "P05": "a household of this shop buys a unit of food about once in 80 weeks and it lasts 10 days, so a cut that nobody expected finds "
           "hardly a later purchase to bring forward; nor does the number of units in a line follow its price; announced festivals do dip, "
           "see plausibility.md",
    "P10": "as [P05]",
    "P06": "the other side of [P04]: what is not taken from other articles is growth of the category in this shop, rivals' loss included",
    "P09": "few purchases are moved forward by a cut that nobody is told of beforehand, see [P05]",
    "P11": "scanner data mix cuts with feature and display, which this estimate leaves out",
    "P15": "the source is a US grocer; where returning is as easy as here it expects the high end or more",
    "P24": "mass paper coupons are the nearest analogue; these lie in the shopper's account and are found at the checkout",
}  # fmt: skip


def written(figure: Figure) -> str:
    """A row of the table."""
    values = np.array([v for v in figure.values if np.isfinite(v)])
    mean = float(values.mean())
    half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan

    def shown(value: float) -> str:
        return f"{value:.1%}" if figure.unit == "%" else f"{value:.2f}{'×' if figure.unit == 'x' else ''}"

    met = figure.low <= mean <= figure.high
    sure = (mean - half >= figure.low and mean + half <= figure.high) if met else (mean + half < figure.low or mean - half > figure.high)
    note = NOTES.get(figure.id, "")
    verdict = ("within" if met else "**miss**") + ("" if sure else " (open)") + (f": {note}" if note and not met else "")
    return (
        f"| {figure.id} | {figure.what} | {figure.estimator} | {shown(mean)} ({shown(mean - half)} … {shown(mean + half)}) "
        f"| {shown(figure.low)} … {shown(figure.high)} | {verdict} |"
    )


def main() -> None:
    """Estimate and write docs/estimators.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    seeds = parser.parse_args().seeds
    figures = estimate(seeds)
    hits = sum(f.low <= float(np.nanmean(f.values)) <= f.high for f in figures)
    text = [
        "# Measured as the literature measures",
        "",
        "The simulated market, measured by the estimators with which the literature measured real ones, against the ranges of "
        f"parameters.csv: {hits} of {len(figures)} figures lie within. Written by `python -m experiments.estimators --seeds "
        f"{seeds}`: 20,000 shoppers, 300 SKUs, 95% intervals over independent seeds. Nothing is tuned to a figure; a miss is shown as "
        "a miss; (open): more seeds could change the verdict.",
        "",
        "| id | figure | estimator | simulated (95%) | range | |",
        "|---|---|---|---|---|---|",
        *[written(f) for f in figures],
        "",
        "In experiments on prices every article is as likely to be seen as any other, since the literature controls for feature and display; "
        "one row shows what a ranking that follows sales adds. Shares of the bump are jackknifed totals over "
        f"{4 * seeds} seeds. The range of F18 is that of `crowd.choice.promise`, that of the second R16 a quarter around 6.2 ÷ 13.6. Some "
        "figures enter the model in another form: [P01] and [P03] as weights of the log price in utility, [F18] as utility of a "
        "promised day, [R16] and [R21] as chances of one message; what is measured here is what comes out of everything together.",
        "",
        "Not estimated: [P02], [P07], [P08] (older or other definitions of the same), [P12], [P13], [P16] (one estimate, no range), "
        "[R15] and [R19], [R20] (parameters, or stated intentions).",
        "",
    ]
    (ROOT / "docs" / "estimators.md").write_text("\n".join(text), encoding="utf-8")
    print("\n".join(text[6:]))


if __name__ == "__main__":
    main()
