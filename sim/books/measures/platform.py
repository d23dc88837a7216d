"""The machine room: how often it answers, how fast, at what cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.books.measures import Measure
from sim.books.view import ratio, total
from sim.platform import state as st
from sim.platform.graph import plan

TABLE = "KPI table of the project"
SRE = "Google SRE book, ch. 4"
OBJECTIVE = 0.999  # availability the error budget is counted against


def _platform(market: Any) -> st.PlatformState:
    state: st.PlatformState = market.world.platform
    return state


def _start(market: Any) -> int:
    return int(market.calendar.warmup)


def _nodes(market: Any) -> np.ndarray:
    """float32[minutes, nodes, HISTORY] since the scenario's start; nothing is copied."""
    return _platform(market).history[_start(market) :]


def _requests(market: Any, column: int, actions: list[int] | None = None) -> float:
    """Requests of people: those of bots are no valid ones, whatever becomes of them."""
    totals = _platform(market).totals[: st.BOTS]
    chosen = totals if actions is None else totals[:, actions]
    return float(chosen[..., column].sum())


def _availability(actions: list[int] | None) -> Callable[[Any], float]:
    def compute(market: Any) -> float:
        return ratio(_requests(market, 3, actions), _requests(market, 0, actions))

    return compute


def _latency(q: float, actions: list[int] | None) -> Callable[[Any], float]:
    def compute(market: Any) -> float:
        from sim.platform.latencies import quantile_of

        histogram = _platform(market).histogram
        bins = (histogram if actions is None else histogram[actions]).sum(axis=0)
        return float(quantile_of(bins, q)) if bins.sum() > 0.0 else float("nan")

    return compute


def burn(market: Any) -> float:
    """Share of requests that were not answered, relative to the share the objective allows."""
    return ratio(1.0 - _availability(None)(market), 1.0 - OBJECTIVE)


def worst_hour(market: Any) -> float:
    """Least availability of any hour with requests."""
    rows = _platform(market).actions[_start(market) :]
    hours = len(rows) // 60
    if hours == 0:
        return float("nan")
    sums = rows[: hours * 60].reshape(hours, 60, st.ACTIONS, -1).sum(axis=(1, 2), dtype="f8")
    offered = sums[:, st.A_OFFERED]
    good = offered - sums[:, st.A_SHED] - sums[:, st.A_FAILED]
    return float((good[offered > 0] / offered[offered > 0]).min()) if (offered > 0).any() else float("nan")


def goodput(market: Any) -> float:
    """Requests answered a second, on average."""
    return ratio(_requests(market, 3), 60.0 * (market.calendar.end - market.calendar.warmup))


def shed_rate(market: Any) -> float:
    """Requests turned away on purpose, as a share of all."""
    return ratio(_requests(market, 1), _requests(market, 0))


def amplification(market: Any) -> float:
    """Attempts at services and databases for each first attempt."""
    history = _nodes(market)
    arrived = history[..., st.H_ARRIVED].sum(dtype="f8")
    return ratio(float(arrived), float(arrived - history[..., st.H_RETRIES].sum(dtype="f8")))


def wasted(market: Any) -> float:
    """Requests served after their callers had given up, as a share of all that reached a node."""
    history = _nodes(market)
    return ratio(float(history[..., st.H_ZOMBIE].sum(dtype="f8")), float(history[..., st.H_ARRIVED].sum(dtype="f8")))


def peak_utilisation(market: Any) -> float:
    """Highest utilisation of any service or database of the shop in any minute; dependencies are others' machines."""
    used = _nodes(market)[..., st.H_UTILISATION]
    kinds = _platform(market).nodes["kind"] != st.DEPENDENCY
    return float(used[:, kinds].max()) if used.size else float("nan")


def cost_per_orders(market: Any) -> float:
    """Cost of capacity for 1,000 orders, over the whole run."""
    series = market.world.books.series
    from sim.books.state import ORDERS

    orders = float(series[:, ORDERS].sum() * market.weight)
    return ratio(float(_platform(market).cost.sum()) / 100.0, orders / 1000.0)


def replica_hours(market: Any) -> float:
    """Replica-hours of services paid for, over the whole run."""
    services = _platform(market).nodes["kind"] == st.SERVICE
    return float(_platform(market).live["replica_seconds"][services].sum() / 3600.0)


def lost_writes(market: Any) -> float:
    """Acknowledged writes lost in failovers with asynchronous replication."""
    return float(_platform(market).setting[st.LOST_WRITES])


def failed_orders(market: Any) -> float:
    """Attempts to order or pay that were shed or failed."""
    return _requests(market, 1, [st.ORDER, st.PAY]) + _requests(market, 2, [st.ORDER, st.PAY])


def order_failures_lost(market: Any) -> float:
    """Orders given up after a failure of the platform, in people."""
    return total(market, "lost_failures")


def _faulty(market: Any) -> list[Any]:
    """Faulty releases since the scenario's start."""
    team = market.notices.get("operations")
    return [] if team is None else [one for one in team.rollouts if one.faulty and one.began >= _start(market)]


def _has_people(market: Any) -> bool:
    return len(market.world.crowd.rows) > 0


def release_requests(market: Any) -> float:
    """Requests failed by faulty releases: Σ arrived · share of traffic · added error."""
    return sum(one.harmed for one in _faulty(market)) if _faulty(market) else float("nan")


def release_people(market: Any) -> float:
    """People with an order that failed through a faulty release; nan where there was none."""
    missed: dict[int, float] = {}
    for one in _faulty(market):
        for shopper, probability in one.blast.hit.items():
            missed[shopper] = missed.get(shopper, 1.0) * (1.0 - probability)
    people = sum(1.0 - spared for spared in missed.values()) * market.weight
    return float(people) if _faulty(market) and _has_people(market) else float("nan")


def release_value(market: Any) -> float:
    """CNY of orders given up after a failure through a release, at the run's mean order value."""
    from sim.books.state import BOT_GMV, BOT_ORDERS, GMV, ORDERS

    given_up = sum(one.blast.given_up for one in _faulty(market))
    totals = market.world.books.series.sum(axis=0)
    orders, value = float(totals[ORDERS] - totals[BOT_ORDERS]), float(totals[GMV] - totals[BOT_GMV]) / 100.0
    if not _faulty(market) or not _has_people(market):
        return float("nan")
    return given_up * ratio(value, orders) if given_up > 0.0 else 0.0


def probe(market: Any, name: str, minutes: int = 1) -> float:
    """A probe such as `platform.order.availability` or `platform.payment.db.latency_p99` over the last whole minutes.

    The middle is a user action or a node; the last word one of availability, latency_p50, latency_p95,
    latency_p99, latency, utilisation, queue, ready, requests. nan where nothing was asked. Raises KeyError for a
    name that is none.
    """
    _, _, rest = name.partition("platform.")
    subject, _, word = rest.rpartition(".")
    platform = _platform(market)
    last = min(int(market.minute), len(platform.actions))
    first = max(0, last - minutes)
    if subject in st.ACTION_NAMES:
        rows = np.asarray(platform.actions[first:last, st.ACTION_NAMES.index(subject)], "f8")
        offered = rows[:, st.A_OFFERED].sum()
        if word == "availability":
            bad = rows[:, st.A_SHED].sum() + rows[:, st.A_FAILED].sum()
            return float(max(0.0, 1.0 - bad / offered)) if offered > 0 else float("nan")
        if word == "requests":
            return float(offered)
        columns = {"latency": st.A_LATENCY, "latency_p50": st.A_P50, "latency_p95": st.A_P95, "latency_p99": st.A_P99}
        column = columns[word]
        return float(np.average(rows[:, column], weights=rows[:, st.A_OFFERED])) if offered > 0 else float("nan")
    rows = np.asarray(platform.history[first:last, plan(market.config.platform).aliases[subject]], "f8")
    arrived = rows[:, st.H_ARRIVED].sum()
    if word == "availability":
        return float(max(0.0, 1.0 - rows[:, st.H_FAILED].sum() / arrived)) if arrived > 0 else float("nan")
    if word == "requests":
        return float(arrived)
    plain = {"utilisation": st.H_UTILISATION, "queue": st.H_QUEUE, "ready": st.H_READY}
    if word in plain:
        return float(rows[-1, plain[word]]) if len(rows) else float("nan")
    if arrived <= 0:
        return float("nan")
    mean = float(np.average(rows[:, st.H_LATENCY], weights=rows[:, st.H_ARRIVED]))
    if word == "latency":
        return mean
    from sim.platform.queueing import gamma_quantile

    moment = float(np.average(rows[:, st.H_MOMENT], weights=rows[:, st.H_ARRIVED]))
    z = {"latency_p50": 0.0, "latency_p95": 1.644854, "latency_p99": 2.326348}[word]
    return float(gamma_quantile(mean, max(0.0, moment - mean * mean), z))


_BUYING = [st.ORDER, st.PAY]

MEASURES = (
    Measure("availability", "Availability", "可用率", "share", "higher",
            "people's requests answered ÷ asked (bots' are no valid ones)", SRE, _availability(None)),
    Measure("order_availability", "Availability of order and payment", "下单支付可用率", "share", "higher",
            "answered ÷ asked, order and pay", SRE, _availability(_BUYING)),
    Measure("worst_hour_availability", "Availability in the worst hour", "最差小时可用率", "share", "higher",
            "least hourly answered ÷ asked", SRE, worst_hour),
    Measure("error_budget_burn", "Error budget burned", "错误预算消耗", "ratio", "lower",
            "(1 − availability) ÷ (1 − 99.9%)", "Google SRE workbook, ch. 5", burn),
    Measure("latency_p50", "Latency, median", "响应时间中位数", "s", "lower",
            "from the intended arrival, all user actions", SRE, _latency(0.5, None)),
    Measure("latency_p95", "Latency, 95th percentile", "响应时间 P95", "s", "lower",
            "from the intended arrival, all user actions", SRE, _latency(0.95, None)),
    Measure("latency_p99", "Latency, 99th percentile", "响应时间 P99", "s", "lower",
            "from the intended arrival, all user actions", SRE, _latency(0.99, None)),
    Measure("order_latency_p99", "Latency of order and payment, 99th percentile", "下单支付响应 P99", "s", "lower",
            "from the intended arrival, order and pay", SRE, _latency(0.99, _BUYING)),
    Measure("goodput", "Goodput", "有效吞吐", "requests/s", "higher", "requests answered ÷ seconds", TABLE, goodput),
    Measure("shed_rate", "Shed rate", "限流丢弃率", "share", "lower",
            "turned away on purpose ÷ asked", TABLE, shed_rate),
    Measure("retry_amplification", "Retry amplification", "重试放大倍数", "ratio", "lower",
            "attempts ÷ first attempts, at all nodes", "Google SRE book, ch. 22", amplification),
    Measure("wasted_work", "Wasted work", "无效处理占比", "share", "lower",
            "served after the caller gave up ÷ arrived", TABLE, wasted),
    Measure("peak_utilisation", "Peak utilisation of own services", "自有服务峰值利用率", "share", "neither",
            "highest minute of any service or database, dependencies left out", TABLE, peak_utilisation),
    Measure("failed_order_attempts", "Failed attempts to order or pay", "下单支付失败次数", "requests", "lower",
            "shed or failed order and pay requests", TABLE, failed_orders),
    Measure("orders_lost_to_failures", "Orders lost to failures", "因故障流失订单", "orders", "lower",
            "given up after a failure, by those who come back hours later too", TABLE, order_failures_lost),
    Measure("lost_writes", "Writes lost", "丢失写入", "writes", "lower",
            "acknowledged within the lag before a failover", TABLE, lost_writes),
    Measure("release_failed_requests", "Requests failed by releases", "发布故障失败请求", "requests", "lower",
            "Σ arrived · share of traffic · added error, of faulty releases", TABLE, release_requests),
    Measure("release_people", "People hit by faulty releases", "故障发布影响人数", "people", "lower",
            "shoppers with an order that failed through a faulty release, each once", TABLE, release_people),
    Measure("release_value", "Orders given up through faulty releases", "故障发布放弃订单额", "CNY", "lower",
            "orders given up, for good or for hours, after a failure through a release × mean order value", TABLE,
            release_value),
    Measure("it_cost_per_1000_orders", "IT cost per 1,000 orders", "千单 IT 成本", "CNY", "lower",
            "cost of capacity ÷ orders × 1,000, warm-up included", TABLE, cost_per_orders),
    Measure("replica_hours", "Replica-hours", "副本小时", "h", "lower",
            "of services, warm-up included", TABLE, replica_hours),
)  # fmt: skip
