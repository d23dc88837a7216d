"""Delivery promises: what the network would do without queues, the queues of the moment, and a quantile of the rest.

`plan` is the time to the door of a parcel that is next to be picked, by hour of day, so that cut-offs and shifts are
known; the work that waits at the warehouse and with the couriers is counted when an order is taken
(`sim.fulfilment.foresight`); what exceeds both is learned per warehouse and region from a fading histogram. A cell with
few parcels leans on all others, and all lean on the config's slack until something is known.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.fulfilment.config import Fulfilment
from sim.fulfilment.kernel import next_truck
from sim.fulfilment.state import (
    RESIDUAL_LOW,
    RESIDUAL_STEP,
    RESIDUALS,
    S_DOOR_MEAN,
    S_SLACK,
    FulfilmentState,
)
from sim.fulfilment.stations import in_shift

POOLED = 50.0  # parcels' worth of all cells together in each cell
PRIOR = 20.0  # parcels' worth of the config's slack


def initialise(config: Fulfilment, ful: FulfilmentState) -> None:
    """Fill `plan`, and `promise` as it is before anything has been delivered."""
    ful.plan[:] = plan_minutes(ful)
    update(ful, config.promise.quantile, 1.0)


def update(ful: FulfilmentState, quantile: float, fade: float) -> None:
    """Write `promise` from what was delivered so far, then let the memory fade by the factor ``fade``."""
    edges = RESIDUAL_LOW + RESIDUAL_STEP * np.arange(RESIDUALS + 1)
    slack = max(float(ful.setting[S_SLACK]), RESIDUAL_STEP)
    prior = np.clip((edges[1:] - 0.0) / slack, 0.0, 1.0) - np.clip(edges[:-1] / slack, 0.0, 1.0)
    everyone = ful.residual.sum(axis=(0, 1)) + PRIOR * prior
    cells = ful.residual + POOLED * everyone / everyone.sum()
    cumulative = np.cumsum(cells, axis=2)
    target = quantile * cumulative[:, :, -1]
    column = (cumulative < target[:, :, None]).sum(axis=2)
    before = np.where(
        column > 0, np.take_along_axis(cumulative, np.maximum(column - 1, 0)[:, :, None], 2)[:, :, 0], 0.0
    )
    inside = np.take_along_axis(cells, column[:, :, None], 2)[:, :, 0]
    above = RESIDUAL_LOW + RESIDUAL_STEP * (column + (target - before) / np.maximum(inside, 1e-12))
    ful.promise[:] = np.maximum(ful.plan + above[:, :, None], RESIDUAL_STEP)
    ful.residual[:] *= fade


@njit(cache=True)
def plan_minutes(ful):  # type: ignore[no-untyped-def]
    """float64[W, R, 24]: minutes from allocation to door by hour of allocation, mean times, no queues."""
    warehouses, regions = ful.haul_mean.shape
    plan = np.zeros((warehouses, regions, 24))
    for w in range(warehouses):
        picking = ful.stations[w]
        for r in range(regions):
            couriers = ful.stations[warehouses + r]
            for hour in range(24):
                paid = 1440.0 + 60.0 * hour + 30.0
                picked = in_shift(picking.opens, picking.closes, paid) + picking.service
                there = next_truck(ful.warehouses[w], picked) + ful.haul_mean[w, r]
                tour = in_shift(couriers.opens, couriers.closes, there) + couriers.service
                plan[w, r, hour] = tour + ful.setting[S_DOOR_MEAN] - paid
    return plan
