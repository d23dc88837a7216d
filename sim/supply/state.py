"""Stock: what lies where, what is coming, and what was asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.core.rng import Draws, decision

#: one cell: a SKU at a warehouse. Quantities in row units (one row unit = `weight` real units).
STOCK = np.dtype(
    [
        ("on_hand", "i8"),  # physically there, allocated or not
        ("allocated", "i8"),  # of on_hand, promised to orders not yet picked
        ("on_order", "i8"),  # ordered from suppliers or in transfer to here, not yet arrived
        ("backorders", "i8"),  # sold, waiting for stock
        ("reorder_point", "i8"),  # a wire trips when the inventory position is at or below it; -1: no wire
        ("demand_today", "i8"),  # asked for here today, served or not: what a perfect planner would see
        ("served_today", "i8"),  # of demand_today, served from stock: what a planner sees under stock-outs
        ("stocked", "u1"),  # this warehouse keeps this SKU
        ("tripped", "u1"),  # its wire has tripped and its owner has not yet acted
        ("stocked_out", "u1"),  # available stock was zero at some time today
    ],
    align=True,
)

# totals of the side, indices of SupplyState.totals (row units, whole run, warm-up included)
(INITIAL, RECEIVED, RESTOCKED, PICKED, SCRAPPED, TRANSFER_OUT, TRANSFER_IN, DEMANDED, SERVED, LOST, CONSUMED) = range(
    11
)
ORDER_LINES = 11  # orders of this SKU placed with suppliers (a count, not units)
BACKORDERED = 12  # of DEMANDED, found no stock and waits or waited for it
TOTALS = 13

# indices of SupplyState.area
AREA_ON_HAND, AREA_BACKORDERS, AREA_ON_ORDER = 0, 1, 2

# indices of SupplyState.flags
WIRED, EXACT_AREAS, MEASURED_FROM, CENTRAL = 0, 1, 2, 3

# kinds of warehouses
CENTRAL_KIND, REGIONAL_KIND, FRONT_KIND = 0, 1, 2

SKU_SUPPLIER = decision("sku.supplier")
SKU_SECOND = decision("sku.second_source")
SKU_INITIAL = decision("sku.initial_stock")
SKU_PRIOR = decision("sku.forecast_prior")
SUPPLIER_REGION = decision("supplier.region")
SUPPLIER_LEAD = decision("supplier.lead")
SUPPLIER_UP = decision("supplier.up")
SUPPLIER_DOWN = decision("supplier.down")
SUPPLIER_YIELD = decision("supplier.yield")
SUPPLIER_WARNING = decision("supplier.warning")
SUPPLIER_FALSE_ALARM = decision("supplier.false_alarm")
REGION_UP = decision("region.up")
REGION_DOWN = decision("region.down")


class SupplyState(NamedTuple):
    """Stock of every SKU at every warehouse, and the history that planners may look at."""

    stock: np.ndarray  # STOCK[warehouses, skus]
    totals: np.ndarray  # int64[TOTALS, skus], row units
    history: np.ndarray  # int32[days, skus], units demanded on each day over all warehouses, row units
    served: np.ndarray  # int32[days, skus], of these served from stock
    trips: np.ndarray  # int32[capacity, 2], (warehouse, sku) whose wire tripped in this slice
    trip_count: np.ndarray  # int64[1]
    parent: np.ndarray  # int16[warehouses], where a warehouse is replenished from; -1: suppliers
    local: np.ndarray  # float32[warehouses, skus], smoothed row units a day asked for here
    seen: np.ndarray  # int64[skus], totals[DEMANDED] when the wires were last checked
    ordered: np.ndarray  # int32[days, skus], row units ordered from suppliers on each day
    closing: np.ndarray  # int32[days, skus], row units on hand and in transfer when each day closed
    out: np.ndarray  # uint8[days, skus], 1: no available stock anywhere at the close, or demand refused that day
    cycles: np.ndarray  # int32[4, skus]: received today, short since the last receipt, cycles ended, of these short
    area: (
        np.ndarray
    )  # float64[3, warehouses, skus], row unit·minutes on hand, backordered, on order since `flags[MEASURED_FROM]`
    since: np.ndarray  # float64[warehouses, skus], minute up to which `area` is settled
    backorder: np.ndarray  # uint8[skus], 1: demand that finds no stock waits; 0: it is lost
    slow: np.ndarray  # uint8[skus], board: 1 slow mover, not reordered, for the shelf to mark down
    flags: np.ndarray  # int64[8]: wires set, -, minute measures count from, central warehouse


def build(
    config: Any,
    *,
    warehouses: np.ndarray,
    expected: np.ndarray,
    region_share: np.ndarray,
    days: int,
    weight: float,
    stocked: np.ndarray | None = None,
    draws: Draws | None = None,
) -> SupplyState:
    """Stock as the run finds it.

    `config`: the section Supply. `warehouses`: fulfilment's WAREHOUSE[W]. `expected`: float64[skus], real
    units a day the whole market is expected to ask for. `region_share`: float64[regions], share of demand
    by region. `days`: of the run, warm-up included. `weight`: real units of a row unit. `stocked`:
    bool[W, skus], which warehouse keeps what; all keep everything if left out. Central keeps all in any case.
    `draws`: for a starting stock that varies by SKU (`stock.spread`).
    """
    kinds = warehouses["kind"].astype(np.int64)
    count, skus = len(warehouses), len(expected)
    central = int(np.argmax(kinds == CENTRAL_KIND)) if (kinds == CENTRAL_KIND).any() else 0
    parent = _parents(kinds, warehouses["region"], central)
    stock = np.zeros((count, skus), STOCK)
    stock["reorder_point"] = -1
    stock["stocked"] = 1 if stocked is None else stocked
    stock["stocked"][central] = 1
    local = _local_demand(stock["stocked"] == 1, kinds, warehouses["region"], central, expected / weight, region_share)
    stock["on_hand"] = _initial(config, kinds, central, stock["stocked"] == 1, local, weight, draws)
    totals = np.zeros((TOTALS, skus), np.int64)
    totals[INITIAL] = stock["on_hand"].sum(axis=0)
    flags = np.zeros(8, np.int64)
    flags[CENTRAL] = central
    return SupplyState(
        stock=stock,
        totals=totals,
        history=np.zeros((days, skus), np.int32),
        served=np.zeros((days, skus), np.int32),
        trips=np.zeros((count * skus, 2), np.int32),
        trip_count=np.zeros(1, np.int64),
        parent=parent,
        local=local.astype(np.float32),
        seen=np.zeros(skus, np.int64),
        ordered=np.zeros((days, skus), np.int32),
        closing=np.zeros((days, skus), np.int32),
        out=np.zeros((days, skus), np.uint8),
        cycles=np.zeros((4, skus), np.int32),
        area=np.zeros((3, count, skus), np.float64),
        since=np.zeros((count, skus), np.float64),
        backorder=np.full(skus, config.stock.policy == "backorder", np.uint8),
        slow=np.zeros(skus, np.uint8),
        flags=flags,
    )


def _parents(kinds: np.ndarray, regions: np.ndarray, central: int) -> np.ndarray:
    """A front's parent is the regional of its region, else central; a regional's is central; a chain of one each."""
    regionals = np.flatnonzero(kinds == REGIONAL_KIND)
    parent = np.full(len(kinds), central, np.int16)
    parent[central] = -1
    for w in np.flatnonzero(kinds == FRONT_KIND):
        near = regionals[regions[regionals] == regions[w]]
        if len(near):
            parent[w] = near[0]
    return parent


def _local_demand(
    kept: np.ndarray, kinds: np.ndarray, regions: np.ndarray, central: int, daily: np.ndarray, region_share: np.ndarray
) -> np.ndarray:
    """float64[warehouses, skus]: demand falls on a region's fronts with the SKU, else its regionals, else central."""
    local = np.zeros(kept.shape)
    for region, share in enumerate(np.asarray(region_share, float) / np.sum(region_share)):
        here = regions == region
        open_demand = share * daily
        for kind in (FRONT_KIND, REGIONAL_KIND):
            rows = np.flatnonzero(here & (kinds == kind))
            keepers = kept[rows].sum(axis=0)
            local[rows] += kept[rows] * np.where(keepers > 0, open_demand / np.maximum(keepers, 1), 0.0)
            open_demand = np.where(keepers > 0, 0.0, open_demand)
        local[central] += open_demand
    return local


def _initial(
    config: Any,
    kinds: np.ndarray,
    central: int,
    kept: np.ndarray,
    local: np.ndarray,
    weight: float,
    draws: Draws | None,
) -> np.ndarray:
    """int64[warehouses, skus], row units: fronts and regionals at their own cover, the rest in central."""
    stock, transfers = config.stock, config.transfers
    on_hand = np.zeros(local.shape, np.int64)
    if stock.units_by is not None:
        for kind, units in enumerate((stock.units_by.central, stock.units_by.regional, stock.units_by.front)):
            on_hand[kinds == kind] = round((units or 0.0) / weight)
        return on_hand * kept
    daily = local.sum(axis=0)
    # a listed SKU starts with one row unit at least, however slow it is
    rest = np.maximum(np.rint(daily * stock.initial), daily > 0).astype(np.int64)
    if stock.units is not None:
        rest = np.full(len(daily), round(stock.units / weight), np.int64)
    if stock.spread > 0 and draws is not None:
        factor = 1.0 + stock.spread * (2.0 * draws.uniform(SKU_INITIAL, np.arange(len(daily))) - 1.0)
        rest = np.rint(rest * factor).astype(np.int64)
    for w in np.argsort(-kinds, kind="stable"):
        if w == central:
            continue
        cover = transfers.front_cover if kinds[w] == FRONT_KIND else transfers.regional_cover
        units = np.minimum(rest, np.floor(local[w] * cover).astype(np.int64)) * kept[w]
        on_hand[w] = units
        rest -= units
    on_hand[central] += rest
    return on_hand
