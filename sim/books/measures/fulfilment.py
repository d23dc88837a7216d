"""Measures of the way to the door: promise, speed, splits and what a parcel costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.measures import Measure
from sim.books.state import FULFILMENT, RETURN_HANDLING, SHIPPING
from sim.fulfilment import state as f


def _counted(market: Any) -> np.ndarray:
    """float64[MEASURED], daily measures summed from the scenario's start on."""
    total: np.ndarray = market.world.fulfilment.measured[market.calendar.warmup_days :].sum(axis=0)
    return total


def _ratio(market: Any, over: int, under: int) -> float:
    counted = _counted(market)
    return float(counted[over] / counted[under]) if counted[under] > 0 else float("nan")


def _door(market: Any, share: float) -> float:
    """Hours by which ``share`` of the delivered orders had arrived, linear inside a histogram's column."""
    counts = market.world.fulfilment.doors[market.calendar.warmup_days :].sum(axis=0).astype(float)
    if counts.sum() == 0:
        return float("nan")
    cumulative = np.cumsum(counts)
    column = int(np.searchsorted(cumulative, share * cumulative[-1]))
    before = cumulative[column - 1] if column else 0.0
    inside = (share * cumulative[-1] - before) / counts[column]
    return float((column + inside) * f.DOOR_STEP / 60.0)


def _cost(market: Any) -> float:
    """CNY a parcel sent: warehouse, freight and handling of returns."""
    books, first = market.world.books, market.calendar.warmup_days
    fen = sum(
        int(books.debit[first:, a].sum() - books.credit[first:, a].sum())
        for a in (FULFILMENT, SHIPPING, RETURN_HANDLING)
    )
    parcels = _counted(market)[f.M_PARCELS]
    return fen / 100.0 / parcels if parcels > 0 else float("nan")


def utilisation(market: Any, station: int) -> float:
    """Share of their time that a station's people worked, whole run: working time over shifts and what was worked after
    their end. Nothing where nobody works there."""
    from sim.fulfilment.stations import minutes_on_shift

    ful, end = market.world.fulfilment, float(market.calendar.end)
    row = ful.stations[station]

    def shift(first: float, last: float) -> float:
        opens, closes = float(row["opens"]), float(row["closes"])
        return minutes_on_shift(opens, closes, last) - minutes_on_shift(opens, closes, first)

    desk, staffed, since = market.notices.get("fulfilment"), 0.0, 0.0
    for minute, servers in [*(desk.present.get(station, ()) if desk is not None else ()), (end, int(row["servers"]))]:
        staffed += servers * shift(since, minute)
        since = minute
    # a service under way at the end was booked whole
    ends = [time for time in ful.free_at[station, : row["servers"]].tolist() if time > end]
    to_come = sum(time - end for time in ends)
    busy = float(row["busy"]) - to_come
    over = float(row["overtime"]) - (to_come - sum(shift(end, time) for time in ends))
    # of people who leave, some finish their work when they no longer count
    return min(1.0, busy / (staffed + max(0.0, over))) if staffed > 0.0 else float("nan")


def _busiest(market: Any, first: int, last: int) -> float:
    found = [share for share in (utilisation(market, station) for station in range(first, last)) if share == share]
    return max(found) if found else float("nan")


def _warehouses(market: Any) -> int:
    return len(market.world.fulfilment.warehouses)


def _regions(market: Any) -> int:
    return int(market.world.fulfilment.rank.shape[0])


MEASURES = (
    Measure("on_time_rate", "On-time rate", "准时送达率", "share", "higher",
            "parcels delivered by the promised minute ÷ parcels delivered", "delivery promise",
            lambda m: 1.0 - _ratio(m, f.M_LATE, f.M_DELIVERED)),
    Measure("same_next_day_rate", "Same or next day", "当日次日达占比", "share", "higher",
            "orders wholly delivered by the day after payment ÷ orders delivered", "[F04]",
            lambda m: _ratio(m, f.M_SAME_NEXT_DAY, f.M_ORDERS_DONE)),
    Measure("click_to_door_p50", "Click to door, median", "下单到签收中位时长", "h", "lower",
            "median hours from payment to the last parcel of an order", "histogram of half hours",
            lambda m: _door(m, 0.50)),
    Measure("click_to_door_p95", "Click to door, 95th percentile", "下单到签收95分位", "h", "lower",
            "95th percentile of hours from payment to the last parcel", "histogram of half hours",
            lambda m: _door(m, 0.95)),
    Measure("perfect_order_rate", "Perfect orders", "完美订单率", "share", "higher",
            "orders on time, in full, undamaged ÷ orders delivered", "perfect order",
            lambda m: _ratio(m, f.M_PERFECT, f.M_ORDERS_DONE)),
    Measure("local_fulfilment_rate", "Local fulfilment", "本地履约率", "share", "higher",
            "parcels sent from the shopper's own region ÷ parcels sent", "own region",
            lambda m: _ratio(m, f.M_LOCAL, f.M_PARCELS)),
    Measure("split_rate", "Split orders", "拆单率", "share", "lower",
            "orders in more than one parcel ÷ orders delivered", "more than one parcel",
            lambda m: _ratio(m, f.M_SPLIT_ORDERS, f.M_ORDERS_DONE)),
    Measure("cost_per_parcel", "Cost per parcel", "单包裹成本", "CNY", "lower",
            "(warehouse + freight + handling of returns) ÷ parcels sent", "[F14, F16]", _cost),
    Measure("parcel_loss_rate", "Lost or damaged", "丢损率", "share", "lower",
            "parcels lost or damaged ÷ parcels sent", "",
            lambda m: _ratio(m, f.M_LOST, f.M_PARCELS) + _ratio(m, f.M_DAMAGED, f.M_PARCELS)),
    Measure("picking_utilisation", "Busiest warehouse", "最忙仓利用率", "share", "neither",
            "working time ÷ (time on shift + time worked after its end) of the busiest picking station", "whole run",
            lambda m: _busiest(m, 0, _warehouses(m))),
    Measure("courier_utilisation", "Busiest couriers", "最忙配送站利用率", "share", "neither",
            "working time ÷ (time on shift + time worked after its end) of the busiest courier station", "whole run",
            lambda m: _busiest(m, _warehouses(m), _warehouses(m) + _regions(m))),
)  # fmt: skip
