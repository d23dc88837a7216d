"""The network on the map: where warehouses stand, how far it is, how many people they need.

Regions lie at metropolitan hubs of China (latitude, longitude; public geography), so that distances, and
with them line-haul times and freight, are those of a real country. More regions than hubs share them in
turn. Everything here is in real units.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.fulfilment.config import Fulfilment, Returns, Staff

CENTRAL, REGIONAL, FRONT = range(3)
KINDS = ("central", "regional", "front")

#: hub, latitude, longitude
HUBS = (
    ("Shanghai", 31.2, 121.5), ("Guangzhou", 23.1, 113.3), ("Beijing", 39.9, 116.4), ("Wuhan", 30.6, 114.3),
    ("Chengdu", 30.7, 104.1), ("Shenyang", 41.8, 123.4), ("Xi'an", 34.3, 108.9), ("Jinan", 36.7, 117.0),
    ("Changsha", 28.2, 112.9), ("Kunming", 25.0, 102.7), ("Urumqi", 43.8, 87.6), ("Fuzhou", 26.1, 119.3),
)  # fmt: skip
EARTH_KM = 6371.0
PARCELS_PER_ORDER, UNITS_PER_PARCEL = 1.25, 1.3  # for sizing only: some orders are split, some lines are of two
LOCAL_KM = 120.0  # a typical road inside a region


class Layout(NamedTuple):
    """Geography and staff of a network."""

    kind: np.ndarray  # int64[W], 0 central, 1 regional, 2 front
    region: np.ndarray  # int64[W], region it stands in
    km: np.ndarray  # float64[W, R], road kilometres
    haul: np.ndarray  # float64[W, R], mean minutes of line-haul
    share: np.ndarray  # float64[W], share of demand that belongs to it
    pickers: np.ndarray  # float64[W], pick-and-pack places
    inspectors: np.ndarray  # float64[W], places that inspect returns
    couriers: np.ndarray  # float64[R]


def plan(
    config: Fulfilment,
    region_share: np.ndarray,
    appeal: np.ndarray,
    expected_orders: float = 0.0,
    expected_units: float = 0.0,
) -> Layout:
    """The network of a config for regions with the given shares of demand and SKUs with the given appeal.

    `expected_orders`, `expected_units`: of an ordinary day, for staff sized by them.
    """
    network = config.network
    kind = np.repeat(np.arange(3), [network.central, network.regional, network.front])
    demand = np.asarray(region_share, np.float64) / np.sum(region_share)
    region = _places(kind, demand)
    km = road_km(network.regions, network.detour)[region]
    haul = network.sorting + km / network.speed * 60.0
    own = np.arange(network.regions)[None, :] == region[:, None]
    haul = np.where(own, np.where(kind == FRONT, network.front_haul, network.local_haul)[:, None], haul)
    share, work = _shares(config, kind, region, demand, appeal)
    back_to = returns_to(kind, region)
    if config.sized_for == "expected":
        parcels = expected_orders * PARCELS_PER_ORDER / 1440.0
        units = max(expected_units / 1440.0, parcels)
    else:
        parcels = config.sized_for * 60.0
        units = parcels * UNITS_PER_PARCEL
    pick = pick_minutes(config, units / parcels if parcels > 0.0 else 1.0)
    returned = np.bincount(back_to, weights=work, minlength=len(kind))
    sites = (config.central, config.regional, config.front)
    pickers, inspectors = np.zeros(len(kind)), np.zeros(len(kind))
    for w, k in enumerate(kind):
        pickers[w] = _people(sites[k].pickers, parcels * work[w] * pick, shift_minutes(sites[k]), config.utilisation)
        inspected = parcels * config.returns.expected * returned[w] / (config.returns.inspect_rate * 60.0)
        inspectors[w] = _people(sites[k].inspectors, inspected, shift_minutes(config.returns), config.utilisation)
    return Layout(kind, region, km, haul, share, pickers, inspectors, _couriers(config, demand, parcels))


def road_km(regions: int, detour: float) -> np.ndarray:
    """float64[regions, regions]: road kilometres between hubs; great circle times a detour, LOCAL_KM inside."""
    places = np.radians([HUBS[i % len(HUBS)][1:] for i in range(regions)])
    lat, lon = places[:, 0], places[:, 1]
    chord = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    return np.maximum(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0))) * detour, LOCAL_KM)


def assortment(config: Fulfilment, appeal: np.ndarray) -> np.ndarray:
    """bool[W, skus]: which warehouse keeps which SKU: central ones all, the others their share, the most popular first."""
    order = np.argsort(-np.asarray(appeal), kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    network = config.network
    rows = []
    shares = ((1.0, network.central), (config.regional.assortment, network.regional), (config.front.assortment, network.front))
    for share, count in shares:
        rows += [place < math.ceil(share * len(order))] * count
    return np.array(rows)


def returns_to(kind: np.ndarray, region: np.ndarray) -> np.ndarray:
    """int64[W]: where returns go of what a warehouse sent; of a front, the region's regional or a central one."""
    back = np.arange(len(kind))
    for w in np.flatnonzero(kind == FRONT):
        near = np.flatnonzero((kind != FRONT) & (region == region[w]))
        back[w] = near[-1] if len(near) else 0
    return back


def pick_minutes(config: Fulfilment, units: float = 1.0) -> float:
    """Mean minutes of pick and pack for a parcel of so many units [F06, F09]."""
    return units / (config.picking.rate * 60.0) + 1.0 / (config.picking.pack_rate * 60.0)


def shift_minutes(site: Staff | Returns) -> float:
    """Minutes a day that people work there."""
    return site.closes - site.opens if site.closes > site.opens else 1440.0 - site.opens + site.closes


def _places(kind: np.ndarray, demand: np.ndarray) -> np.ndarray:
    """Region of each warehouse: central the first ones, regional one each, front by demand (largest remainder)."""
    regions = len(demand)
    region = np.zeros(len(kind), np.int64)
    for k in (0, 1):
        rows = np.flatnonzero(kind == k)
        region[rows] = np.arange(len(rows)) % regions
    rows = np.flatnonzero(kind == FRONT)
    exact = demand * len(rows)
    counts = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - counts), kind="stable")[: len(rows) - counts.sum()]
    counts[rest] += 1
    region[rows] = np.repeat(np.arange(regions), counts)
    return region


def _shares(
    config: Fulfilment, kind: np.ndarray, region: np.ndarray, demand: np.ndarray, appeal: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(share of demand that belongs to each warehouse, share of the work it is staffed for).

    Demand belongs to the nearest kind that keeps the SKU, alike within a region. What that is out of, the share
    `spill`, is asked of the next kind that keeps it.
    """
    weights = np.asarray(appeal, np.float64) / np.sum(appeal)
    kept = assortment(config, appeal)
    share, work = np.zeros(len(kind)), np.zeros(len(kind))
    for r, part in enumerate(demand):
        left, passed_on = weights * part, np.zeros(len(weights))
        for k in (FRONT, REGIONAL):
            rows = np.flatnonzero((kind == k) & (region == r))
            if len(rows):
                held = kept[rows[0]]
                share[rows] += left[held].sum() / len(rows)
                work[rows] += (left + passed_on)[held].sum() / len(rows)
                passed_on = np.where(held, config.spill * (left + passed_on), passed_on)
                left = np.where(held, 0.0, left)
        share[kind == CENTRAL] += left.sum() / config.network.central
        work[kind == CENTRAL] += (left + passed_on).sum() / config.network.central
    return share, work


def _people(stated: int | str, work: float, shift: float, utilisation: float) -> float:
    """Places needed for ``work`` server-minutes a minute of the whole day, or as stated."""
    if stated != "auto":
        return float(stated)
    return float(max(1, math.ceil(work * 1440.0 / (shift * utilisation))))


def _couriers(config: Fulfilment, demand: np.ndarray, parcels: float) -> np.ndarray:
    """Couriers of each region [F17]."""
    couriers = config.couriers
    if couriers.count != "auto":
        return np.maximum(1.0, np.round(float(couriers.count) * demand))
    return np.maximum(1.0, np.ceil(parcels * 1440.0 * demand / (couriers.parcels_per_day * config.utilisation)))
