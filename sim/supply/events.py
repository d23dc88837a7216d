"""What can befall suppliers and stock, and what people can do about it.

`target` is a supplier, a region of suppliers, a list of them, or `all`. `for_minutes` (in a file: `for`) is in
minutes or written with a unit; without one, a failure lasts as long as the supplier's usual time to recover.
`magnitude` is a number or a share in percent.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from sim.books.state import CASH, INVENTORY, SOURCING, WRITE_OFFS, post
from sim.core.arguments import Part, Ratio, SupplierOrRegion, SupplyGoods, Warehouse, minutes, size
from sim.core.clock import FAULTS, call_after
from sim.core.errors import SimError, UnitError
from sim.core.registry import event
from sim.core.units import Cover, parse_cover
from sim.supply import kernel
from sim.supply.supplier import DAY, Supplier

#: a failure of unstated length: median time to recover of three weeks [S08]
USUAL_OUTAGE = 21.0 * DAY


def _usual_outage(supplier: Supplier) -> float:
    disruptions = supplier.config.disruptions
    return float(disruptions.down.mean) if disruptions is not None else USUAL_OUTAGE


def _for_a_while(market: Any, lasting: float, values: list[float], value: float) -> None:
    """Put `value` into `values` and take it out again after `lasting` minutes."""
    values.append(value)
    call_after(market.env, lasting, FAULTS, lambda: values.remove(value))


@event("supply.fail", kind="inject")
def fail(market: Any, target: SupplierOrRegion | None = None, for_minutes: Any = None, holds_shipments: bool = False) -> None:
    """Suppliers ship nothing; with holds_shipments, what is on the road waits too."""
    for supplier in market.supply.aimed(target):
        supplier.fail(minutes(for_minutes, _usual_outage(supplier)), "failure", holds_shipments)


@event("supply.slow", kind="inject")
def slow(market: Any, target: SupplierOrRegion | None = None, for_minutes: Any = None, magnitude: Ratio | None = None) -> None:
    """Lead times of new shipments are `magnitude` times as long (2 if left out)."""
    for supplier in market.supply.aimed(target):
        _for_a_while(market, minutes(for_minutes, USUAL_OUTAGE), supplier.slowdowns, size(magnitude, 2.0))
    market.journal.record("supply", "slow", str(target), size(magnitude, 2.0))


@event("supply.capacity_cut", kind="inject")
def capacity_cut(market: Any, target: SupplierOrRegion | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """Suppliers lose the share `magnitude` of their output (half if left out)."""
    for supplier in market.supply.aimed(target):
        _for_a_while(market, minutes(for_minutes, USUAL_OUTAGE), supplier.cuts, max(0.0, 1.0 - size(magnitude, 0.5)))
    market.journal.record("supply", "capacity_cut", str(target), size(magnitude, 0.5))


@event("supply.quality", kind="inject")
def quality(market: Any, target: SupplierOrRegion | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """The share `magnitude` more of what arrives is defective (10 points if left out)."""
    for supplier in market.supply.aimed(target):
        _for_a_while(market, minutes(for_minutes, USUAL_OUTAGE), supplier.extra_defects, size(magnitude, 0.1))
    market.journal.record("supply", "quality", str(target), size(magnitude, 0.1))


@event("supply.port_closure", kind="inject")
def port_closure(market: Any, target: SupplierOrRegion | None = None, for_minutes: Any = None) -> None:
    """Nothing gets out of a region: what is on the road waits, suppliers go on making."""
    lasting = minutes(for_minutes, 7.0 * DAY)
    planner = market.supply
    suppliers = planner.aimed(target)
    opens = float(market.env.now) + lasting
    for region in {supplier.region for supplier in suppliers}:
        planner.gates[region] = max(planner.gates.get(region, 0.0), opens)
    for supplier in suppliers:
        supplier.hold(lasting)
    market.journal.record("supply", "port_closure", str(target), lasting)


@event("supply.region_down", kind="inject")
def region_down(market: Any, target: SupplierOrRegion | None = None, for_minutes: Any = None, holds_shipments: bool = True) -> None:
    """All suppliers of a region fail at once."""
    lasting = minutes(for_minutes, USUAL_OUTAGE)
    market.journal.record("supply", "region_down", str(target), lasting)
    for supplier in market.supply.aimed(target):
        supplier.fail(lasting, f"region {supplier.region}", holds_shipments)


@event("supply.price_rise", kind="inject")
def price_rise(market: Any, target: SupplierOrRegion | None = None, for_minutes: Any = None, magnitude: Ratio | None = None) -> None:
    """Suppliers ask `magnitude` more for new orders (10% if left out)."""
    factor = 1.0 + size(magnitude, 0.1)
    for supplier in market.supply.aimed(target):
        supplier.price *= factor
        call_after(market.env, minutes(for_minutes, USUAL_OUTAGE), FAULTS, partial(_lower, supplier, factor))
    market.journal.record("supply", "price_rise", str(target), factor - 1.0)


def _lower(supplier: Supplier, factor: float) -> None:
    supplier.price /= factor


def _warehouse(market: Any, found: Any) -> int:
    """Number of a warehouse given by its number or its name, as `central-1`. Raises SimError for others."""
    count = len(market.supply.state.parent)
    desk = market.notices.get("fulfilment")
    if isinstance(found, str) and desk is not None:
        (found,) = desk.sites(found) if found != "all" else (found,)
    if not isinstance(found, int | np.integer) or not 0 <= found < count:
        raise SimError(f"warehouse: found {found!r}, accepted: a warehouse's name, or 0 to {count - 1}")
    return int(found)


@event("supply.spoil", kind="inject")
def spoil(market: Any, magnitude: Part | None = None, warehouse: Warehouse | Annotated[int, Field(ge=0)] = 0) -> None:
    """The share `magnitude` of a warehouse's free stock is lost (fire, water, cold chain)."""
    planner, now = market.supply, float(market.env.now)
    state, share = planner.state, min(1.0, max(0.0, size(magnitude, 1.0)))
    unit_cost = market.world.shelf.skus["unit_cost"]
    warehouse = _warehouse(market, warehouse)
    value = gone = 0
    for k in range(planner.skus):
        cell = state.stock[warehouse, k]
        lost = int(kernel.scrap(state, warehouse, k, int((cell["on_hand"] - cell["allocated"]) * share), now))
        gone += lost
        value += lost * int(unit_cost[k])
    post(market.world.books, now, WRITE_OFFS, INVENTORY, value)
    market.journal.record("supply", "spoiled", str(warehouse), gone * planner.weight)


# What people do -----------------------------------------------------------------------------------


@event("supply.activate_backup", kind="action", needs="supply.sourcing.policy=backup,emergency_pool")
def activate_backup(market: Any) -> None:
    """Order everything from second sources from now on, whatever the cover."""
    _sourced(market, "activate")


@event("supply.stand_down", kind="action", needs="supply.sourcing.policy=backup,emergency_pool")
def stand_down(market: Any) -> None:
    """Back to the sourcing rule."""
    _sourced(market, "stand_down")


def _sourced(market: Any, verb: str) -> None:
    planner = market.supply
    try:
        getattr(planner.sourcing, verb)(planner)
    except ValueError:
        policy = planner.config.sourcing.policy
        raise SimError(f"supply.sourcing.policy: found {policy!r}, accepted here: backup or emergency_pool") from None
    market.journal.record("supply", verb, planner.config.sourcing.policy)
    planner.review()


@event("supply.expedite", kind="action")
def expedite(market: Any, target: SupplierOrRegion | None = None, magnitude: Part | None = None) -> None:
    """What is on the road arrives in the share `magnitude` of the time left (a third if left out), for a fee."""
    planner, now = market.supply, float(market.env.now)
    share, value, count = min(1.0, size(magnitude, 1.0 / 3.0)), 0, 0
    unit_cost = market.world.shelf.skus["unit_cost"]
    for supplier in planner.aimed(target):
        for shipment in list(supplier.on_road):
            if shipment.due > now and share < 1.0:  # else nothing is sped, nor paid for
                shipment.schedule(now + (shipment.due - now) * share)
                value += int((shipment.units * unit_cost[shipment.skus]).sum())
                count += 1
    post(market.world.books, now, SOURCING, CASH, round(value * planner.config.costs.expedite))
    market.journal.record("supply", "expedited", str(target), float(count))


@event("supply.transfer", kind="action")
def transfer(market: Any, sku: Annotated[int, Field(ge=0)] = 0, origin: Annotated[int, Field(ge=0)] = 0, to: Annotated[int, Field(ge=0)] = 0, units: Annotated[float, Field(ge=0, le=1e9)] = 0) -> None:
    """Send units of a SKU from one warehouse to another."""
    planner = market.supply
    warehouses = len(planner.state.parent)
    if not (
        0 <= sku < planner.skus and 0 <= origin < warehouses and 0 <= to < warehouses and origin != to and units >= 0
    ):
        raise SimError(
            f"supply.transfer: found sku {sku}, origin {origin}, to {to}, units {units}, "
            f"accepted: sku below {planner.skus}, two different warehouses below {warehouses}, units not negative"
        )
    gone = planner.network.transfer(int(sku), int(origin), int(to), round(units / planner.weight))
    market.journal.record("supply", "transferred", str(sku), gone * planner.weight)


@event("supply.order", kind="action")
def order(market: Any, skus: SupplyGoods = "all", cover: Cover = "7d of cover") -> None:  # type: ignore[assignment]
    """Order `cover` of expected demand of some SKUs outside the rule."""
    planner = market.supply
    days = parse_cover(cover) if isinstance(cover, str) else float(cover)
    units = np.where(planner.select(skus), np.rint(planner.outlook().over(days)), 0.0).astype(np.int64)
    planner.buy(units, second=False)
    market.journal.record("supply", "ordered", skus, float(units.sum()) * planner.weight)


@event("supply.raise_stock", kind="action")
def raise_stock(market: Any, cover: Cover = "3d of cover") -> None:  # type: ignore[assignment]
    """All order-up-to levels rise by `cover` from now on."""
    try:
        days = parse_cover(cover) if isinstance(cover, str) else float(cover)
    except UnitError as error:
        raise SimError(f"cover: found {cover!r}, accepted: {error.accepted}") from None
    market.supply.extra_cover += days
    market.journal.record("supply", "raise_stock", "", days)
