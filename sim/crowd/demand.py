"""Demand without shoppers: a distribution or a recorded series takes stock directly.

With it the side `supply` runs alone: a user who has nothing but a demand history can use it, and a textbook
inventory case is a plain scenario file. In each period the order of things is: goods arrive, orders are
placed (and arrive at once if their lead time is 0), demand takes stock. `moment` says when demand comes: at the
`start` of a period, so that stock is held and backorders wait *after* the period's demand; or at its `end`,
just before the next period's goods arrive, so that they do so *before* it.

What a file states is the demand of the whole shop for each SKU. Where the network has several warehouses, each unit
is asked for at one of them, drawn by the shares of demand: those of the regions, in each at the front warehouses that
keep the SKU, else at the regional, else at the central one. What is not there comes from the warehouses above it, as a
shop sends a parcel from farther off; with `stock.policy: backorder` it waits where it was asked for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from sim.core.address import by_address
from sim.core.rng import choice, decision, normal, philox, poisson, uniform
from sim.crowd.demand_config import Demand
from sim.supply.kernel import check_wires, settle
from sim.supply.state import CONSUMED, DEMANDED, LOST, SERVED

DEMAND = decision("demand.exogenous")
WHERE = decision("demand.where")
#: row units of one SKU and period placed one by one; of more, how many go where is drawn from a normal distribution
ONE_BY_ONE = 1000

NORMAL, POISSON, UNIFORM, CONSTANT, TRACE = range(5)
_KINDS = {"normal": NORMAL, "poisson": POISSON, "uniform_integers": UNIFORM, "constant": CONSTANT, "trace": TRACE}


@by_address
class DemandState(NamedTuple):
    """A source of demand."""

    kind: int
    per: float  # minutes
    at_end: int  # 1: demand comes at the end of its period
    a: float  # mean, or lowest; row units
    b: float  # standard deviation, or highest; row units
    least: float  # normal: least units a period, row units
    unit: int  # uniform_integers: row units of one unit
    shares: np.ndarray  # float64[skus, W], cumulative shares of the warehouses where a SKU is asked for
    only: np.ndarray  # int64[skus], the one warehouse where it is; -1 where there are several
    trace: np.ndarray  # int64[periods, skus], row units
    cursor: np.ndarray  # int64[1], next period


def build(config: Demand, local: np.ndarray, frame: Any = None) -> DemandState:
    """The source that ``config`` describes.

    ``local``: float64[W, skus], what each warehouse is expected to be asked for; ``frame``: a trace's checked table.
    """
    resolution = config.resolution
    if config.distribution == "uniform_integers":
        a, b = float(config.low), float(config.high)  # type: ignore[arg-type]
    else:
        a, b = (config.mean or 0.0) / resolution, (config.sd or 0.0) / resolution
    trace = np.zeros((0, config.skus), np.int64)
    if config.distribution == "trace":
        trace = read_trace(frame, config.skus, resolution)
    weights = np.ones_like(local, np.float64) if config.at == "all" else np.array(local, np.float64)
    weights[0, weights.sum(axis=0) <= 0.0] = 1.0  # a SKU nobody is expected to ask for
    several = (weights > 0.0).sum(axis=0) > 1
    return DemandState(
        kind=_KINDS[config.distribution],
        per=float(config.per),
        at_end=int(config.moment == "end"),
        a=a,
        b=b,
        least=-1e15 if config.negative else 0.0,
        unit=max(1, round(1.0 / resolution)),
        shares=np.ascontiguousarray(np.cumsum(weights, axis=0).T),
        only=np.where(several, -1, weights.argmax(axis=0)).astype(np.int64),
        trace=trace,
        cursor=np.zeros(1, np.int64),
    )


def read_trace(frame: Any, skus: int, resolution: float) -> np.ndarray:
    """int64[periods, skus] in row units from a checked table with the columns period, sku, units."""
    period, sku = (frame[name].to_numpy(np.int64) for name in ("period", "sku"))
    table = np.zeros((int(period.max()) + 1, skus), np.float64)
    table[period, sku] = frame["units"].to_numpy(np.float64)
    return np.rint(table / resolution).astype(np.int64)


@njit(cache=True, inline="always")
def draw_demand(demand, key0, key1, period, k):  # type: ignore[no-untyped-def]
    """Row units of SKU ``k`` asked for in ``period``, in the whole shop."""
    if demand.kind == CONSTANT:
        return int(np.floor(demand.a * (period + 1) + 1e-9) - np.floor(demand.a * period + 1e-9))
    if demand.kind == TRACE:
        return demand.trace[period, k] if period < demand.trace.shape[0] else 0
    if demand.kind == POISSON:
        return poisson(key0, key1, k, period, DEMAND, 0, demand.a)
    w0, w1, _, _ = philox(key0, key1, k, period, DEMAND, 0)
    if demand.kind == UNIFORM:
        return int(demand.a + np.floor(uniform(w0) * (demand.b - demand.a + 1.0))) * demand.unit
    return int(np.rint(max(demand.least, demand.a + demand.b * normal(w0, w1))))


@njit(cache=True)
def spread(demand, key0, key1, period, k, units, asked):  # type: ignore[no-untyped-def]
    """Write into ``asked`` (int64[W]) where the ``units`` of ``k`` are asked for; they add up to ``units``."""
    asked[:] = 0
    if demand.only[k] >= 0:
        asked[demand.only[k]] = units
        return
    cumulative, sign, left = demand.shares[k], 1 if units > 0 else -1, abs(units)
    if left <= ONE_BY_ONE:
        for slot in range((left + 3) // 4):
            words = philox(key0, key1, k, period, WHERE, slot)
            for i in range(min(4, left - 4 * slot)):
                asked[choice(uniform(words[i]), cumulative)] += sign
        return
    last, before = cumulative.shape[0] - 1, 0.0
    for w in range(last + 1):
        weight, rest = cumulative[w] - before, cumulative[last] - before
        before = cumulative[w]
        if weight <= 0.0 or left == 0:
            continue
        share = min(1.0, weight / rest)
        w0, w1, _, _ = philox(key0, key1, k, period, WHERE, w)
        here = np.rint(left * share + np.sqrt(left * share * (1.0 - share)) * normal(w0, w1))
        here = left if share > 1.0 - 1e-9 else int(min(max(here, 0.0), left))
        asked[w] = sign * here
        left -= here


@njit(cache=True, inline="always")
def take_demand(supply, w, k, units, day, minute):  # type: ignore[no-untyped-def]
    """``units`` of ``k`` are asked for at ``w`` on ``day``: served from stock, the rest waits there, or comes from the
    warehouses above, or is lost.

    Units below 0 come back: first those who wait give up waiting.
    """
    settle(supply, w, k, minute)
    cell = supply.stock[w, k]
    refused = max(0, units - cell.on_hand)
    relieved = min(cell.backorders, max(0, -units))
    served = units - refused + relieved
    cell.on_hand -= served
    if refused > 0 and supply.backorder[k] == 0:
        above = supply.parent[w]
        while refused > 0 and above >= 0:
            settle(supply, above, k, minute)
            other = supply.stock[above, k]
            sent = min(refused, other.on_hand)
            other.on_hand -= sent
            served += sent
            refused -= sent
            if other.on_hand == 0:
                other.stocked_out = 1
            above = supply.parent[above]
    cell.demand_today += units
    cell.served_today += served
    supply.totals[DEMANDED, k] += units
    supply.totals[SERVED, k] += served
    supply.totals[CONSUMED, k] += served
    supply.history[day, k] += units
    supply.served[day, k] += served
    if supply.backorder[k] == 1:
        cell.backorders += refused - relieved
    else:
        supply.totals[LOST, k] += refused
    if cell.on_hand == 0:
        cell.stocked_out = 1


@njit(cache=True)
def serve_backorders(supply, w, skus, minute):  # type: ignore[no-untyped-def]
    """``skus`` (int64[n]) have arrived at ``w``: those who wait there are served."""
    for i in range(skus.shape[0]):
        k = skus[i]
        cell = supply.stock[w, k]
        if cell.backorders > 0 and cell.on_hand > 0:
            settle(supply, w, k, minute)
            served = min(cell.on_hand, cell.backorders)
            cell.on_hand -= served
            cell.backorders -= served
            supply.totals[CONSUMED, k] += served


@njit(cache=True)
def exogenous_demand(supply, demand, key0, key1, end):  # type: ignore[no-untyped-def]
    """Let demand come up to minute ``end``; returns ``end``, or the minute at which a wire tripped.

    Periods at their start come if that is before ``end`` (what happens at ``end`` comes first); periods at their end
    come if that is at or before ``end`` (just before what happens then). The cursor remembers what has come.
    """
    warehouses, skus = supply.stock.shape
    asked = np.zeros(warehouses, np.int64)
    while True:
        period = demand.cursor[0]
        minute = (period + demand.at_end) * demand.per
        if minute > end or (minute == end and demand.at_end == 0):
            return end
        demand.cursor[0] += 1
        day = min(int(period * demand.per // 1440.0), supply.history.shape[0] - 1)
        for k in range(skus):
            units = draw_demand(demand, key0, key1, period, k)
            if units == 0:
                continue
            if demand.only[k] >= 0:
                take_demand(supply, demand.only[k], k, units, day, minute)
                continue
            spread(demand, key0, key1, period, k, units, asked)
            for w in range(warehouses):
                if asked[w] != 0:
                    take_demand(supply, w, k, asked[w], day, minute)
        if check_wires(supply, minute) > 0:
            return minute


def foresee(demand: DemandState, key0: Any, key1: Any, first: int, days: int, skus: int) -> np.ndarray:
    """float64[days, skus]: row units that will be asked for on each day from ``first`` on, all warehouses together."""
    return _foresee(demand, key0, key1, first, days, skus)


@njit(cache=True)
def _foresee(demand, key0, key1, first, days, skus):  # type: ignore[no-untyped-def]
    seen = np.zeros((days, skus))
    for day in range(days):
        period = int(np.ceil((first + day) * 1440.0 / demand.per - demand.at_end))
        while (period + demand.at_end) * demand.per < (first + day + 1) * 1440.0:
            if period >= 0:
                for k in range(skus):
                    seen[day, k] += draw_demand(demand, key0, key1, period, k)
            period += 1
    return seen
