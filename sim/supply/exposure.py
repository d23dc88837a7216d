"""Time to survive, time to recover, and which supplier's failure would hurt most.

After Simchi-Levi, Schmidt & Wei (2014): a node's *time to survive* is how long demand can be met after it stops,
its *time to recover* how long it takes to be back; where the second is longer, sales are lost. Here stock is taken
at its average over the run, so that a policy is judged and not a lucky day.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.supply.state import AREA_ON_HAND, AREA_ON_ORDER, MEASURED_FROM
from sim.supply.supplier import DAY, Supplier

#: share of demand value that may go unserved before a network no longer "survives"
UNSERVED = 0.05
#: median time to recover [S08], days
USUAL_RECOVERY = 21.0


class Exposure(NamedTuple):
    """What a supplier's failure would do."""

    supplier: str
    region: str
    tts: float  # days
    ttr: float  # days
    daily_value: float  # CNY of demand a day at list price that depends on it
    at_risk: float  # CNY of demand at list price unserved between TTS and TTR


def average_cover(market: Any) -> np.ndarray:
    """float64[skus]: days of average demand in average stock (on hand and in transfer); inf without demand."""
    planner = market.supply
    state = planner.state
    minutes = market.calendar.end - int(state.flags[MEASURED_FROM])
    units = state.area[AREA_ON_HAND].sum(axis=0)
    below = state.parent >= 0
    units = (units + state.area[AREA_ON_ORDER][below].sum(axis=0)) / minutes
    daily = average_demand(market)
    return np.where(daily > 0, units / np.maximum(daily, 1e-12), np.inf)


def average_demand(market: Any) -> np.ndarray:
    """float64[skus]: row units asked for a day since figures count."""
    state = market.supply.state
    first = int(state.flags[MEASURED_FROM]) // int(DAY)
    return np.asarray(state.history[first:].mean(axis=0))


def survival(cover: np.ndarray, value: np.ndarray) -> float:
    """Days until the SKUs that have run out make up `UNSERVED` of demand value; nan without demand.

    `cover`: float64[n], days; `value`: float64[n], CNY of demand a day.
    """
    total = value.sum()
    if total <= 0:
        return float("nan")
    order = np.argsort(cover, kind="stable")
    gone = np.cumsum(value[order])
    return float(cover[order][int(np.searchsorted(gone, UNSERVED * total, side="left"))])


def recovery(market: Any, supplier: Supplier) -> float:
    """Days until goods arrive again: from its outages in this run, else its process, else the usual.

    Where a second source would deliver sooner, until that does.
    """
    planner = market.supply
    if supplier.outages:
        outage = float(np.mean([to - since for since, to in supplier.outages])) / DAY
    elif supplier.config.disruptions is not None:
        outage = supplier.config.disruptions.down.mean / DAY
    else:
        outage = USUAL_RECOVERY
    back = outage + supplier.config.lead_time.mean / DAY
    watch = planner.config.monitoring
    noticed = (watch.monitored if supplier.config.monitored else watch.unmonitored) / DAY
    for second in planner.roll:
        serves = planner.of_second[second.number]
        if len(serves) and (planner.main[serves] == supplier.number).any():
            start = 0.0 if second.config.role == "backup" else second.config.switch_within
            start = start if second.config.qualified else second.config.qualify
            back = min(back, noticed + (start + second.config.ramp_up + second.config.lead_time.mean) / DAY)
    return back


def exposures(market: Any) -> list[Exposure]:
    """All main suppliers that serve something, the worst failure first."""
    planner = market.supply
    cover = average_cover(market)
    price = market.world.shelf.skus["list_price"] / 100.0
    value = average_demand(market) * price * planner.weight
    rows = []
    for supplier in planner.roll:
        mine = planner.of_main[supplier.number]
        if len(mine):
            ttr = recovery(market, supplier)
            at_risk = float((value[mine] * np.maximum(ttr - cover[mine], 0.0)).sum())
            tts = survival(cover[mine], value[mine])
            rows.append(Exposure(supplier.name, supplier.region, tts, ttr, float(value[mine].sum()), at_risk))
    return sorted(rows, key=lambda row: -row.at_risk)
