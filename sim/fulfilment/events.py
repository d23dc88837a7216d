"""What can befall warehouses, roads and couriers, and what people can do about it.

`target` names a warehouse (`central-1`, `regional-3`, `front-12`), a kind of them, the couriers of a region
(`couriers-2`), a list, or `all`. `for_minutes` (in a file: `for`) is how long it lasts. `magnitude` is a number or a
share in percent.
"""

from __future__ import annotations

import math
from typing import Any

from sim.core.arguments import Couriers, Part, Ratio, Stations, Warehouses, minutes, size
from sim.core.clock import FAULTS, call_after
from sim.core.registry import event, get_event

HOUR, DAY = 60.0, 1440.0


@event("fulfilment.warehouse_fire", kind="inject")
def warehouse_fire(market: Any, target: Warehouses | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """A warehouse is closed for a time (30d if left out) and the share `magnitude` of its stock (all) is lost."""
    desk = market.notices["fulfilment"]
    for warehouse in desk.sites("central-1" if target is None else target):
        desk.close(warehouse, minutes(for_minutes, 30.0 * DAY))
        get_event("supply.spoil").function(market, magnitude=size(magnitude, 1.0), warehouse=warehouse)


@event("fulfilment.close_warehouse", kind="inject")
def close_warehouse(market: Any, target: Warehouses | None = None, for_minutes: Any = None) -> None:
    """A warehouse is closed for a time (1d if left out); its stock is safe, its orders go elsewhere."""
    desk = market.notices["fulfilment"]
    for warehouse in desk.sites(target):
        desk.close(warehouse, minutes(for_minutes, DAY))


@event("fulfilment.close_station", kind="inject")
def close_station(market: Any, target: Stations | None = None, for_minutes: Any = None) -> None:
    """Picking of a warehouse, or the couriers of a region, stop for a time (2h if left out); what waits stays."""
    desk = market.notices["fulfilment"]
    for station in desk.stations(target):
        desk.halt(station, minutes(for_minutes, 2.0 * HOUR))


@event("fulfilment.strike", kind="inject")
def strike(market: Any, target: Couriers | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """The share `magnitude` of couriers (all if left out) do not work for a time (1d)."""
    desk = market.notices["fulfilment"]
    share, lasting = min(size(magnitude, 1.0), 1.0), minutes(for_minutes, DAY)
    for station in desk.courier_stations(target):
        if share >= 1.0:
            desk.halt(station, lasting)
        else:
            desk.reinforce(station, -share, lasting)


@event("fulfilment.slow_picking", kind="inject")
def slow_picking(market: Any, target: Warehouses | None = None, for_minutes: Any = None, magnitude: Ratio | None = None) -> None:
    """Picking works at the share `magnitude` of its pace (50% if left out) for a time (1d)."""
    desk = market.notices["fulfilment"]
    for warehouse in desk.sites(target):
        desk.pace(warehouse, max(size(magnitude, 0.5), 0.0), minutes(for_minutes, DAY))


@event("fulfilment.slow_roads", kind="inject")
def slow_roads(market: Any, target: Warehouses | None = None, for_minutes: Any = None, magnitude: Ratio | None = None) -> None:
    """Hauls from warehouses that leave during a time (2d if left out) take `magnitude` times as long (2)."""
    desk = market.notices["fulfilment"]
    factor = max(size(magnitude, 2.0), 0.05)
    warehouses = desk.sites(target)
    haul = market.world.fulfilment.haul_mean
    usual, factors = desk.usual_hauls, market.notices.setdefault("roads", [[] for _ in haul])

    def drive(warehouse: int) -> None:
        haul[warehouse] = usual[warehouse] * math.prod(factors[warehouse])

    def clear() -> None:
        for warehouse in warehouses:
            factors[warehouse].remove(factor)
            drive(warehouse)

    for warehouse in warehouses:
        factors[warehouse].append(factor)
        drive(warehouse)
    call_after(market.env, minutes(for_minutes, 2.0 * DAY), FAULTS, clear)


@event("fulfilment.overtime", kind="action")
def overtime(market: Any, target: Warehouses | None = None, for_minutes: Any = None, magnitude: Ratio | None = None) -> None:
    """Warehouses work with the share `magnitude` more people (30% if left out) for a time (1d), at time and a half."""
    desk = market.notices["fulfilment"]
    for warehouse in desk.sites(target):
        desk.reinforce(warehouse, size(magnitude, 0.3), minutes(for_minutes, DAY))


@event("fulfilment.hire_couriers", kind="action")
def hire_couriers(market: Any, target: Couriers | None = None, for_minutes: Any = None, magnitude: Ratio | None = None) -> None:
    """The share `magnitude` more couriers (50% if left out) deliver for a time (3d)."""
    desk = market.notices["fulfilment"]
    for station in desk.courier_stations(target):
        desk.reinforce(station, size(magnitude, 0.5), minutes(for_minutes, 3.0 * DAY))


@event("fulfilment.reroute", kind="action")
def reroute(market: Any, target: Warehouses | None = None, for_minutes: Any = None) -> None:
    """A warehouse is not allocated to for a time (1d if left out), and what waits there is sent from elsewhere."""
    desk = market.notices["fulfilment"]
    for warehouse in desk.sites(target):
        desk.exclude(warehouse, minutes(for_minutes, DAY))
