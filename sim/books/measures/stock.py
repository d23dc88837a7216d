"""Stock: service, turnover, shortages, suppliers. All since the scenario's start, in real units."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.measures import Measure
from sim.books.view import ratio
from sim.core.intervals import half_width
from sim.supply.costs import CostsBySku, costs_by_sku
from sim.supply.exposure import average_cover, average_demand, exposures, survival
from sim.supply.state import AREA_ON_HAND, AREA_ON_ORDER, CONSUMED, LOST, MEASURED_FROM, PICKED, RESTOCKED

SOURCE = "KPI table of the project"
NAN = float("nan")


def _days(market: Any, name: str) -> np.ndarray:
    """[days, skus] of a daily record of the supply side, the warm-up left out."""
    state = market.supply.state
    return np.asarray(getattr(state, name)[int(state.flags[MEASURED_FROM]) // 1440 :])


def _since(market: Any, *rows: int) -> np.ndarray:
    """int64[skus]: totals since figures count, added up."""
    planner = market.supply
    return np.asarray((planner.state.totals - planner.marks)[list(rows)].sum(axis=0))


def fill_rate(market: Any) -> float:
    """Share of units asked for that were served from stock."""
    return ratio(float(_days(market, "served").sum()), float(_days(market, "history").sum()))


def cycle_service(market: Any) -> float:
    """Share of replenishment cycles (receipt to receipt of a SKU) in which no demand was refused."""
    cycles = market.supply.state.cycles
    return 1.0 - ratio(float(cycles[3].sum()), float(cycles[2].sum()))


def in_stock_rate(market: Any) -> float:
    """Share of SKU-days that close with free stock and on which no demand was refused."""
    return float(1.0 - _days(market, "out").mean())


def inventory_value(market: Any) -> float:
    """CNY at cost, average over time, on hand and in transfer."""
    planner = market.supply
    state = planner.state
    minutes = market.calendar.end - int(state.flags[MEASURED_FROM])
    units = state.area[AREA_ON_HAND].sum(axis=0) + state.area[AREA_ON_ORDER][state.parent >= 0].sum(axis=0)
    return float((units * market.world.shelf.skus["unit_cost"]).sum()) / minutes * planner.weight / 100.0


def turnover_days(market: Any) -> float:
    """Average inventory at cost ÷ cost of goods that left for good a day."""
    left = _since(market, PICKED, CONSUMED) - _since(market, RESTOCKED)
    cost = float((left * market.world.shelf.skus["unit_cost"]).sum()) * market.supply.weight / 100.0
    days = (market.calendar.end - int(market.supply.state.flags[MEASURED_FROM])) / 1440.0
    return ratio(inventory_value(market) * days, cost)


def slow_mover_value(market: Any) -> float:
    """CNY at cost of SKUs flagged as slow movers at the end."""
    planner = market.supply
    on_hand = planner.state.stock["on_hand"].sum(axis=0)
    worth = on_hand * market.world.shelf.skus["unit_cost"] * (planner.state.slow == 1)
    return float(worth.sum()) * planner.weight / 100.0


def bullwhip(market: Any) -> float:
    """Variance of daily orders to suppliers ÷ variance of daily demand, SKU by SKU, pooled."""
    demand, orders = _days(market, "history").astype(float), _days(market, "ordered").astype(float)
    if len(demand) < 2:
        return NAN
    spread = float(demand.var(axis=0, ddof=1).mean())
    # steady demand has no variance to amplify: that of rounding to whole units is none
    return ratio(float(orders.var(axis=0, ddof=1).mean()), spread) if spread > 0.01 * demand.mean() else NAN


def time_to_survive(market: Any) -> float:
    """Days until 5% of demand value goes unserved if no supplier ships any more, from average stock."""
    value = average_demand(market) * market.world.shelf.skus["list_price"]
    return survival(average_cover(market), value)


def time_to_recover(market: Any) -> float:
    """Days until goods arrive again after a supplier's failure, suppliers weighted by the demand they serve."""
    rows = exposures(market)
    return ratio(sum(row.ttr * row.daily_value for row in rows), sum(row.daily_value for row in rows))


def worst_exposure(market: Any) -> float:
    """CNY of demand unserved between TTS and TTR of the supplier whose failure hurts most."""
    rows = exposures(market)
    return rows[0].at_risk if rows else NAN


def second_source_share(market: Any) -> float:
    """Units delivered by second sources ÷ units delivered by all suppliers."""
    roll = market.supply.roll
    return ratio(float(sum(s.delivered for s in roll if s.is_second)), float(sum(s.delivered for s in roll)))


def days_down(market: Any) -> float:
    """Supplier-days of outages that began in the run, cut off at its end."""
    end, warmup = market.calendar.end, market.calendar.warmup
    spells = (span for supplier in market.supply.roll if supplier.used for span in supplier.outages)
    return float(sum(max(0.0, min(to, end) - max(since, warmup)) for since, to in spells)) / 1440.0


def _costs(market: Any) -> CostsBySku | None:
    costs = market.supply.config.costs
    rated = costs.holding or costs.penalty or costs.order or costs.purchase or any(costs.holding_by.values())
    return costs_by_sku(market) if rated else None


def _cost(part: str) -> Any:
    def compute(market: Any) -> float:
        costs = _costs(market)
        return NAN if costs is None else float(getattr(costs, part).mean())

    return compute


def cost_half_width(market: Any) -> float:
    """99% half-width of the cost per period, SKUs as independent replicates."""
    costs = _costs(market)
    return NAN if costs is None else half_width(costs.total)


def _since_shock(market: Any) -> float:
    """Hours from the first surge of demand to the first output of a second source for the goods asked for; else nan."""
    surges = market.notices.get("surges", [])
    if not surges:
        return NAN
    began, category = surges[0]
    goods = market.world.shelf.skus["category"]
    reached = [
        minute
        for supplier in market.supply.roll
        for minute, skus in supplier.outputs
        if minute >= began and (category < 0 or (goods[skus] == category).any())
    ]
    return (min(reached) - began) / 60.0 if reached else NAN


def _switch_hours(market: Any) -> float:
    """Hours from the first activation of a second source to its first output; nan where there is none."""
    spans = [
        s.first_output - s.activated_at
        for s in market.supply.roll
        if s.is_second and s.first_output is not None and s.activated_at is not None
    ]
    return min(spans) / 60.0 if spans else NAN


MEASURES = (
    Measure("fill_rate", "Fill rate (β)", "满足率", "share", "higher",
            "units served from stock ÷ units demanded", SOURCE, fill_rate),
    Measure("cycle_service", "Cycle service level (α)", "周期服务水平", "share", "higher",
            "replenishment cycles without refused demand ÷ cycles", SOURCE, cycle_service),
    Measure("in_stock_rate", "In-stock rate", "现货率", "share", "higher", "SKU-days in stock ÷ SKU-days", "F23",
            in_stock_rate),
    Measure("inventory_value", "Average inventory at cost", "平均库存金额", "CNY", "lower",
            "time average of stock on hand and in transfer × unit cost", SOURCE, inventory_value),
    Measure("turnover_days", "Inventory turnover", "库存周转天数", "d", "lower",
            "average inventory at cost ÷ cost of goods × days", "F01", turnover_days),
    Measure("slow_mover_value", "Slow movers", "滞销库存金额", "CNY", "lower",
            "stock of flagged SKUs × unit cost", SOURCE, slow_mover_value),
    Measure("stock_outs", "Stock-outs", "缺货次数", "SKU-days", "lower",
            "SKU-days without stock or with refused demand", SOURCE, lambda m: float(_days(m, "out").sum())),
    Measure("lost_sales", "Lost sales", "缺货损失件数", "units", "lower",
            "units asked for at a checkout and not in stock; another article, another day or another shop may follow", SOURCE,
            lambda m: float(_since(m, LOST).sum()) * m.supply.weight),
    Measure("bullwhip_ratio", "Bullwhip ratio", "牛鞭比", "ratio", "lower", "Var(orders) ÷ Var(demand), daily, by SKU",
            "Chen et al. 2000", bullwhip),
    Measure("time_to_survive", "Time to survive", "断供可维持天数", "d", "higher",
            "days until 5% of demand value is unserved without any supply", "S09", time_to_survive),
    Measure("time_to_recover", "Time to recover", "供应恢复天数", "d", "lower",
            "outage and lead time, or second source if sooner, weighted by demand", "S08", time_to_recover),
    Measure("worst_exposure", "Worst supplier exposure", "最大供应商风险敞口", "CNY", "lower",
            "demand at list price unserved between TTS and TTR, worst supplier", "S08", worst_exposure),
    Measure("second_source_share", "Second source share", "备用货源占比", "share", "neither",
            "units delivered by second sources ÷ all", SOURCE, second_source_share),
    Measure("switch_hours", "Activation to first output", "切换至首批产出", "h", "lower",
            "first activation of a second source → its first output", "Q07", _switch_hours),
    Measure("shock_to_output_hours", "Demand shock to new capacity", "需求激增至新增产能", "h", "lower",
            "first surge of demand → first output of a second source for the goods asked for", SOURCE, _since_shock),
    Measure("supplier_days_down", "Supplier days down", "供应商停供天数", "d", "lower",
            "supplier-days of outages", SOURCE, days_down),
    Measure("supply.cost_per_period", "Stock cost per SKU and period", "单品期均库存成本", "CNY", "lower",
            "holding + penalty + ordering (+ purchase) by the rates of supply.costs", SOURCE, _cost("total")),
    Measure("supply.holding_per_period", "Holding cost per SKU and period", "单品期均持有成本", "CNY", "lower",
            "time average of stock × rate", SOURCE, _cost("holding")),
    Measure("supply.penalty_per_period", "Penalty per SKU and period", "单品期均缺货成本", "CNY", "lower",
            "time average of backorders × rate, or units lost × rate", SOURCE, _cost("penalty")),
    Measure("supply.ordering_per_period", "Ordering cost per SKU and period", "单品期均订货成本", "CNY", "lower",
            "orders × fixed cost", SOURCE, _cost("ordering")),
    Measure("supply.purchase_per_period", "Purchases per SKU and period", "单品期均采购金额", "CNY", "lower",
            "goods received at the price paid", SOURCE, _cost("purchase")),
    Measure("supply.cost_half_width", "99% half-width of stock cost", "库存成本99%半宽", "CNY", "lower",
            "t interval over SKUs as independent replicates", SOURCE, cost_half_width),
)  # fmt: skip
