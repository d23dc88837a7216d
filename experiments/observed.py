"""Simulated beside observed: what a run of the shipped scenarios shows, measured as the real data were.

Each comparison returns the simulated quantity in the form in which the fit's table holds the observed one, so the two
can be drawn in one panel and their distance stated. A distance is a statement, no target.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from experiments.fit import bgnbd
from experiments.fit.stats import least_squares
from sim.core.calendar import DAY
from sim.core.picture import ACCENT, BAD, style, svg
from sim.engine.marketplace import Marketplace
from sim.fulfilment.state import DOOR_STEP
from sim.scenario import load

ROOT = Path(__file__).parents[1]
QUANTILES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
LOOK = 120.0  # minutes between looks at the open orders: none is settled sooner
ITEMS = 5  # an order of this many items or more is counted as such
COHORT, WEEKS = 12, 39  # weeks in which CDNOW's customers first bought, and of the whole record


@dataclass
class Panel:
    """Observed and simulated values of one curve."""

    title: str
    data: str  # where the observed ones are from
    x: np.ndarray
    observed: np.ndarray
    simulated: np.ndarray
    distance: str
    xlabel: str = ""
    ylabel: str = ""
    ticks: list[str] = field(default_factory=list)  # names of x, if it has no unit
    marks: bool = False  # the observed are points, not a curve
    bars: bool = False
    simulated_x: np.ndarray | None = None  # if the simulated are given elsewhere


def quantiles(fit: Any, name: str) -> np.ndarray:
    """float64[8]: the observed QUANTILES of a table of the fits."""
    row = fit["observed"][name]
    return np.array([row[f"p{round(100 * q):02d}"] for q in QUANTILES], float)


def of_histogram(counts: np.ndarray, step: float) -> np.ndarray:
    """float64[8]: QUANTILES of a histogram with bins of ``step`` from 0."""
    shares = np.cumsum(counts) / counts.sum()
    return np.interp(QUANTILES, shares, (np.arange(len(counts)) + 1.0) * step)


# What is measured -----------------------------------------------------------------------------------


def hour_of_day(base: Any, fits: Any) -> Panel:
    """Visits by hour."""
    series = base.series[base.series["hour"] >= 0]
    simulated = series.groupby(series["hour"] % 24)["visits"].sum()
    share = (simulated / simulated.sum()).to_numpy()
    observed = np.array(fits["hour_of_day"]["observed"]["visit_weight_by_hour"], float)
    gap = 0.5 * float(np.abs(share - observed).sum())
    return Panel(
        "Visits by hour of day", "Taobao 2017", np.arange(24), observed, share, f"total variation {gap:.3f}", "hour"
    )


def opening(festival: Any, fits: Any) -> Panel:
    """Cumulative GMV of the 18th, which opens at midnight."""
    observed = fits["festival_opening"]["observed"]
    day = festival.series[festival.series["hour"] // 24 == 17]["gmv"].to_numpy()
    hours = np.arange(25.0)
    cumulative = np.concatenate([[0.0], np.cumsum(day) / day.sum()])
    at = np.array(observed["minutes_after_opening"], float) / 60.0
    share = np.array(observed["cumulative_share"], float)
    gap = float(np.abs(np.interp(at, hours, cumulative) - share).max())
    return Panel(
        "GMV of the day after midnight", "11.11 2019 [T26]", at, share, cumulative, f"largest gap {gap:.3f}", "hours",
        marks=True, simulated_x=hours,
    )  # fmt: skip


def concentration(base: Any, fits: Any) -> Panel:
    """Cumulative share of units by tenth of SKUs."""
    sold = np.sort(base.market.world.shelf.skus["sold"])[::-1].astype(float)
    simulated = np.cumsum([part.sum() for part in np.array_split(sold, 10)]) / sold.sum()
    observed = np.cumsum(np.array(fits["assortment"]["observed"]["share_of_units_by_tenth_of_skus"], float))
    gap = float(np.abs(simulated - observed).max())
    return Panel(
        "Share of units by tenth of SKUs", "UCI 352", np.arange(1, 11), observed, simulated, f"largest gap {gap:.3f}",
        "tenths, best sellers first",
    )  # fmt: skip


def door(base: Any, fits: Any) -> Panel:
    """Time from payment to the door, relative to its median: the level is a country's, the spread a network's."""
    observed = quantiles(fits["delivery"], "whole_days")
    simulated = of_histogram(base.market.world.fulfilment.doors.sum(axis=0), DOOR_STEP / DAY)
    gap = float(np.abs(np.log(simulated / simulated[3]) - np.log(observed / observed[3])).max())
    return Panel(
        "Delivery time ÷ its median", f"Olist, median {observed[3]:.1f} d; simulated {simulated[3]:.1f} d",
        100 * np.array(QUANTILES), observed / observed[3], simulated / simulated[3],
        f"largest gap of a quantile: factor {np.exp(gap):.2f}", "percentile",
    )  # fmt: skip


def supplier_times(shipments: np.ndarray, fits: Any) -> Panel:
    """Lead time taken ÷ quoted, of ``shipments`` float64[n] of all suppliers."""
    observed = quantiles(fits["supplier_lead_times"], "taken_to_quoted")
    simulated = np.quantile(shipments, QUANTILES)
    mean, sd = (fits["supplier_lead_times"]["estimates"][f"taken_to_quoted_{name}"]["value"] for name in ("mean", "sd"))
    return Panel(
        "Suppliers' lead time ÷ quoted", "USAID SCMS", 100 * np.array(QUANTILES), observed, simulated,
        f"mean {mean:.2f} observed, {shipments.mean():.2f} simulated; standard deviation {sd:.2f} and {shipments.std():.2f}",
        "percentile",
    )  # fmt: skip


def items(counts: np.ndarray, fits: Any) -> Panel:
    """Share of consumer orders by their items; ``counts`` int64[ITEMS] of simulated ones, the last with more."""
    observed = np.array(list(fits["baskets"]["observed"]["consumer_orders_by_items"].values()), float)
    simulated = counts / counts.sum()
    gap = float(np.abs(np.cumsum(simulated - observed)).max())
    return Panel(
        "Items in an order", "Olist", np.arange(1.0, ITEMS + 1), observed, simulated, f"KS {gap:.3f}", "items",
        ticks=["1", "2", "3", "4", "5+"], bars=True,
    )  # fmt: skip


def repeats(times: np.ndarray, fits: Any) -> tuple[Panel, str]:
    """Repeat purchases per customer by week of a cohort like CDNOW's; ``times`` int64[n, 2], (customer, week)."""
    observed = np.array(fits["repurchase"]["observed"]["cumulative_repeats_per_customer_every_4_weeks"], float)
    customers, position = np.unique(times[:, 0], return_inverse=True)
    first = np.full(len(customers), WEEKS, np.int64)
    np.minimum.at(first, position, times[:, 1])
    last = np.zeros(len(customers), np.int64)
    np.maximum.at(last, position, times[:, 1])
    cohort = first < COHORT
    again = times[cohort[position] & (times[:, 1] > first[position]), 1]
    weeks = np.arange(4, 4 * len(observed) + 1, 4)
    simulated = np.array([(again < week).sum() for week in weeks]) / cohort.sum()
    count = np.bincount(position, minlength=len(customers)) - 1
    fitted = bgnbd.fit(count[cohort].astype(float), (last - first)[cohort].astype(float), (WEEKS - first)[cohort].astype(float))
    real = fits["repurchase"]["estimates"]
    gap = float(np.sqrt(np.mean((simulated / observed - 1.0) ** 2)))
    row = "; ".join(f"{name} {real[name]['value']:.2f} observed, {fitted[name]:.2f} simulated" for name in ("r", "alpha", "a", "b"))
    return (
        Panel(
            "Repeat purchases per new customer", "CDNOW", weeks, observed, simulated,
            f"relative RMSE {gap:.2f}; BG/NBD {row}", "weeks",
        ),
        f"{float((count[cohort] > 0).mean()):.1%}",
    )  # fmt: skip


def lift(history: np.ndarray, first: int, cuts: np.ndarray, fits: Any) -> Panel:
    """ln(units a day from 17 to 18 June ÷ from 5 to 10 June) of each SKU against its cut.

    ``history``: int32[days, skus], units asked for; ``first``: row of 1 June; ``cuts``: float64[skus], Δ ln price.
    """
    calm, day = history[first + 4 : first + 10].mean(axis=0), history[first + 16 : first + 18].mean(axis=0)
    use = (calm > 0) & (day > 0)
    columns = {"at_no_cut": np.ones(int(use.sum())), "slope": cuts[use]}
    estimates, r2 = least_squares(np.log(day[use] / calm[use]), columns)
    real = fits["festival_lift"]["estimates"]
    x = np.array([-0.6, 0.0])
    return Panel(
        "Festival lift against the price cut", "Tmall 11.11 2016", x,
        real["log_lift_at_no_cut"]["value"] + real["log_lift_per_dlnp"]["value"] * x,
        estimates["at_no_cut"].value + estimates["slope"].value * x,
        f"slope {real['log_lift_per_dlnp']['value']:.1f} observed, {estimates['slope'].value:.1f} simulated; without a cut "
        f"{real['log_lift_at_no_cut']['value']:.1f} and {estimates['at_no_cut'].value:.1f}; R² "
        f"{fits['festival_lift']['distance']['r2']:.2f} and {r2:.2f}",
        "change of ln price", "ln(units ÷ usual)",
    )  # fmt: skip


# Runs ---------------------------------------------------------------------------------------------


def watched(shoppers: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Taken ÷ quoted lead time of the baseline's shipments, and its orders by items (int64[ITEMS]), looked up as it runs."""
    market = Marketplace(load(ROOT / "scenarios" / "base.yaml", {"crowd.shoppers": shoppers}), seed=seed)
    taken: dict[tuple[str, int], float] = {}
    counts = np.zeros(ITEMS, np.int64)
    latest = -1
    for end in np.arange(LOOK, market.calendar.end + 1.0, LOOK):
        market.run_until(end)
        for supplier in market.notices["planner"].roll:
            for shipment in supplier.on_road:
                taken[supplier.name, shipment.serial] = (shipment.due - shipment.left) / supplier.config.lead_time.mean
        orders = market.world.fulfilment.orders
        new = orders[(orders["shopper"] >= 0) & (orders["serial"] > latest)]
        if len(new):
            latest = int(new["serial"].max())
            units = np.where(new["sku"] >= 0, new["quantity"], 0).sum(axis=1)
            counts += np.bincount(np.minimum(units[units > 0], ITEMS), minlength=ITEMS + 1)[1:]
    return np.array(list(taken.values())), counts


def bought(shoppers: int, seed: int = 1) -> np.ndarray:
    """Weeks in which new customers of a long baseline bought: int64[n, 2], (customer, week)."""
    scenario = load(ROOT / "scenarios" / "base.yaml", {"crowd.shoppers": shoppers, "days": 7 * WEEKS, "warmup": "0d"})
    market = Marketplace(scenario, seed=seed)
    orders = market.world.crowd.rows["orders"].astype(np.int64)
    new = orders == 0
    found = []
    for week in range(WEEKS):
        market.run_until((week + 1) * 7 * DAY)
        now = market.world.crowd.rows["orders"].astype(np.int64)
        customers = np.flatnonzero(new & (now > orders))
        found.append(np.column_stack([customers, np.full(len(customers), week)]))
        orders = now
    return np.concatenate(found)


def cut_by_article(shoppers: int, seed: int = 1) -> tuple[np.ndarray, int, np.ndarray]:
    """What `lift` needs of a 618 whose cuts differ from article to article, as those of the data do.

    Of the shipped festival everything stays but its two discounts on all articles: a third have one, of 5% to 45%.
    """
    path = ROOT / "scenarios" / "618.yaml"
    shipped = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["shelf"]["promotions"]
    kept = [promotion for promotion in shipped if promotion["kind"] not in ("discount", "flash")]
    window = {"from": "06-17 00:00", "to": "06-18 24:00"}
    cuts = [{"kind": "discount", "off": f"{off}%", "skus": "random 8%", **window} for off in (5, 15, 30, 45)]
    market = Marketplace(load(path, {"crowd.shoppers": shoppers, "shelf.promotions": [*kept, *cuts]}), seed=seed)
    found = []
    for day in (9, 17):
        market.run_until(market.calendar.warmup + (day + 0.5) * DAY)
        found.append(np.log(market.world.shelf.skus["price"].astype(float)))
    market.run_until(market.calendar.warmup + 18 * DAY + 1)
    return market.world.supply.history.astype(float), market.calendar.warmup_days, found[1] - found[0]


def draw(panels: list[Panel], path: Path) -> None:
    """All panels in one figure, observed in one colour and simulated in the other."""
    from matplotlib import pyplot as plt

    with style():
        rows = -(-len(panels) // 2)
        figure, axes = plt.subplots(rows, 2, figsize=(9.4, 2.7 * rows))
        for axis, panel in zip(axes.flat, panels, strict=False):
            if panel.bars:
                axis.bar(panel.x - 0.2, panel.observed, 0.4, color=BAD, label="observed")
                axis.bar(panel.x + 0.2, panel.simulated, 0.4, color=ACCENT, label="simulated")
                axis.set_xticks(panel.x, panel.ticks)
            else:
                axis.plot(panel.x, panel.observed, "o" if panel.marks else "-", color=BAD, label="observed")
                at = panel.x if panel.simulated_x is None else panel.simulated_x
                axis.plot(at, panel.simulated, color=ACCENT, label="simulated")
            axis.set_title(panel.title, loc="left", fontsize=10)
            axis.set_xlabel(panel.xlabel)
            axis.set_ylabel(panel.ylabel)
            axis.set_ylim(0)
        for axis in list(axes.flat)[len(panels) :]:
            axis.set_visible(False)
        figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="upper right", ncols=2, frameon=False)
        figure.tight_layout(rect=(0, 0, 1, 0.97))
        path.write_text(svg(figure, "Simulated against observed"), encoding="utf-8")
        plt.close(figure)


def compare(results: dict[str, Any], fits: Any, shoppers: int, picture: Path) -> list[str]:
    """Draw simulated against observed into ``picture``; Markdown rows with the distance of each."""
    base, festival = results["base"], results["618"]
    shipments, counts = watched(shoppers)
    cohort, bought_again = repeats(bought(max(2000, shoppers // 5)), fits)
    panels = [
        hour_of_day(base, fits),
        opening(festival, fits),
        lift(*cut_by_article(shoppers), fits),
        cohort,
        concentration(base, fits),
        items(counts, fits),
        door(base, fits),
        supplier_times(shipments, fits),
    ]
    draw(panels, picture)
    funnel, units = fits["funnel"]["estimates"], fits["assortment"]["estimates"]
    late = fits["delivery"]["estimates"]["late"]["value"]
    repeat = fits["repurchase"]["estimates"]["repeat_buyers"]["value"]
    kpis = base.kpis
    return [
        "| quantity | data | distance |",
        "|---|---|---|",
        *[f"| {panel.title} | {panel.data} | {panel.distance} |" for panel in panels],
        f"| Orders ÷ carts | Taobao 2017 {funnel['buy_per_cart']['value']:.1%} of events | simulated {kpis['buy_per_cart']:.1%} |",
        f"| New customers who bought again | CDNOW {repeat:.1%} in {WEEKS} weeks | simulated {bought_again} |",
        f"| Units returned | UCI 352 {units['units_returned']['value']:.1%} (a wholesaler's) "
        f"| simulated {kpis['return_rate']:.1%} |",
        f"| Late parcels | Olist {late:.1%} of orders (promises of 24 days) | simulated {1.0 - kpis['on_time_rate']:.1%} |",
    ]
