"""Care: who asks, who answers, how fast money comes back, and what a failure leaves behind."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.measures import Measure
from sim.books.view import ratio, total
from sim.care import cases as c
from sim.care.state import M_INSTANT, M_KEPT, M_KEPT_VALUE, M_REFUNDS, REFUND_STEP
from sim.crowd.state import ALIVE

SOURCE = "KPI table of the project"
NAN = float("nan")


def _sum(column: int) -> Any:
    """A measure's function: sum of a daily column over the days that count, real numbers."""

    def compute(market: Any) -> float:
        desk = market.notices.get("care")
        return NAN if desk is None else float(desk.cases.daily[market.calendar.warmup_days :, column].sum())

    return compute


def _share(over: int, under: int) -> Any:
    return lambda market: ratio(_sum(over)(market), _sum(under)(market))


def _queue_quantile(histogram: str, share: float, step: float) -> Any:
    def compute(market: Any) -> float:
        desk = market.notices.get("care")
        return NAN if desk is None else c.quantile(getattr(desk.cases, histogram), share, step)

    return compute


def _refund_time(share: float) -> Any:
    """Hours by which ``share`` of the returned lines had been refunded since the return was asked for."""

    def compute(market: Any) -> float:
        counts = market.world.care.refund_times[market.calendar.warmup_days :].sum(axis=0).astype(float)
        return c.quantile(counts, share, REFUND_STEP) / 60.0

    return compute


def _refunds(market: Any, column: int) -> float:
    return float(market.world.care.measured[market.calendar.warmup_days :, column].sum())


def _answered_by_staff(market: Any) -> float:
    """People served, and nobody waits where staff is without limit: no waiting to speak of."""
    desk = market.notices.get("care")
    return NAN if desk is None or desk.unlimited else _sum(c.D_STAFF)(market)


def _abandonment(market: Any) -> float:
    served, left = _answered_by_staff(market), _sum(c.D_GAVE_UP)(market)
    return ratio(left, served + left)


def _occupancy(market: Any) -> float:
    """Share of the chat places in use of those that were there, the sick not and further people counted, whole run."""
    desk = market.notices.get("care")
    if desk is None or desk.unlimited:
        return NAN
    return ratio(desk.staff.worked, desk.staff.there)


def _loyal(market: Any) -> float:
    """Of those who complained in the days that count, share still a customer at the end."""
    desk = market.notices.get("care")
    if desk is None or not desk.complained.any():
        return NAN
    return float(((market.world.crowd.rows["flags"][desk.complained] & ALIVE) > 0).mean())


def _back(market: Any) -> float:
    """Of those whose order failed in the days that count, share with a later order."""
    desk = market.notices.get("care")
    if desk is None:
        return NAN
    hit = np.flatnonzero(desk.failed >= 0)
    return float((market.world.crowd.rows["orders"][hit] > desk.failed[hit]).mean()) if len(hit) else NAN


def _won_back_rate(market: Any) -> float:
    dropped = total(market, "dropouts")
    return ratio(_sum(c.D_WON_BACK)(market), dropped)


def _m(
    name: str, label: str, zh: str, unit: str, better: Any, formula: str, compute: Any, source: str = SOURCE
) -> Measure:
    return Measure(name, label, zh, unit, better, formula, source, compute)


MEASURES = (
    _m("enquiries", "Enquiries", "咨询量", "contacts", "neither", "matters shoppers contacted the shop about",
       _sum(c.D_OPENED)),
    _m("contact_rate", "Enquiries per order", "单均咨询", "contacts", "lower", "enquiries ÷ orders placed",
       lambda m: ratio(_sum(c.D_OPENED)(m), total(m, "orders"))),
    _m("bot_first_share", "Seen by the bot first", "机器人首接率", "share", "neither", "contacts first at the bot ÷ enquiries",
       _share(c.D_BOT_FIRST, c.D_OPENED), "C11"),
    _m("bot_resolution", "Resolved by the bot", "机器人解决率", "share", "higher",
       "enquiries resolved without a person ÷ enquiries", _share(c.D_BOT, c.D_OPENED), "C12"),
    _m("bot_resolution_repetitive", "Repetitive enquiries resolved by the bot", "重复类咨询机器人解决率", "share", "higher",
       "repetitive enquiries resolved without a person ÷ repetitive enquiries",
       _share(c.D_BOT_REPETITIVE, c.D_REPETITIVE), "C13"),
    _m("bot_dropped", "Given up at the bot", "机器人处放弃率", "share", "lower", "given up after the bot ÷ enquiries",
       _share(c.D_DROPPED, c.D_OPENED)),
    _m("care_wait_mean", "Mean wait for a person", "人工平均等待", "min", "lower", "minutes waited by those a person answered",
       lambda m: ratio(_sum(c.D_WAIT)(m), _answered_by_staff(m))),
    _m("care_wait_p95", "Wait for a person, 95th percentile", "人工等待95分位", "min", "lower",
       "95th percentile of those waits", lambda m: _queue_quantile("waits", 0.95, c.WAIT_STEP)(m)
       if _answered_by_staff(m) > 0.0 else NAN),
    _m("care_prompt", "Answered within 30 s", "30秒应答率", "share", "higher", "within 30 s ÷ answered by a person",
       lambda m: ratio(_sum(c.D_PROMPT)(m), _answered_by_staff(m))),
    _m("care_abandonment", "Gave up waiting", "排队放弃率", "share", "lower",
       "contacts given up in the queue ÷ contacts for a person", _abandonment, "C19"),
    _m("care_unanswered", "Never answered", "未获答复率", "share", "lower",
       "enquiries given up for good, at the bot or in the queue ÷ enquiries",
       lambda m: ratio(_sum(c.D_DROPPED)(m) + _sum(c.D_LOST)(m), _sum(c.D_OPENED)(m))),
    _m("care_occupancy", "Staff occupancy", "客服忙碌率", "share", "neither", "chat places in use ÷ places, whole run", _occupancy),
    _m("refund_time_p50", "Time to refund, median", "退款时长中位数", "h", "lower",
       "hours from asking for a return to the money", _refund_time(0.5)),
    _m("refund_time_p90", "Time to refund, 90th percentile", "退款时长90分位", "h", "lower",
       "hours from asking for a return to the money", _refund_time(0.9)),
    _m("instant_refund_share", "Refunded before the goods are back", "极速退款占比", "share", "neither",
       "returned lines refunded when asked for ÷ returned lines refunded",
       lambda m: ratio(_refunds(m, M_INSTANT), _refunds(m, M_REFUNDS))),
    _m("refunds_kept", "Refunded goods never sent", "退款未退货", "units", "lower", "refunded lines whose goods were given up",
       lambda m: _refunds(m, M_KEPT) * m.weight),
    _m("refunds_kept_value", "Refunds on goods never sent", "退款未退货金额", "CNY", "lower", "refunded on those lines",
       lambda m: _refunds(m, M_KEPT_VALUE) * m.weight / 100.0),
    _m("complaints", "Complaints", "投诉量", "contacts", "lower", "enquiries about a failure of the shop",
       _sum(c.D_COMPLAINTS)),
    _m("complaint_rate", "Complaints per 10,000 orders", "万单投诉率", "contacts", "lower", "complaints ÷ orders × 10,000",
       lambda m: 1e4 * ratio(_sum(c.D_COMPLAINTS)(m), total(m, "orders"))),
    _m("complaints_in_time", "Complaints closed in time", "投诉限时办结率", "share", "higher",
       "closed within the deadline ÷ closed", _share(c.D_IN_TIME, c.D_CLOSED)),
    _m("complaint_close_p50", "Time to close a complaint, median", "投诉办结时长中位数", "h", "lower", "hours from the failure",
       lambda m: _queue_quantile("closings", 0.5, c.CLOSE_STEP)(m) / 60.0),
    _m("complaint_close_p90", "Time to close a complaint, 90th percentile", "投诉办结时长90分位", "h", "lower",
       "hours from the failure", lambda m: _queue_quantile("closings", 0.9, c.CLOSE_STEP)(m) / 60.0),
    _m("complainers_loyal", "Complainers who stay", "投诉者留存率", "share", "higher",
       "complainers who are customers at the end ÷ complainers", _loyal, "C05"),
    _m("reviews_revised", "Bad reviews revised", "差评改评数", "reviews", "higher", "bad reviews raised after a complaint",
       _sum(c.D_REVISED)),
    _m("compensation_share", "Compensation ÷ GMV", "赔付占比", "share", "lower", "money given for failures ÷ GMV",
       lambda m: ratio(_sum(c.D_GIVEN)(m), total(m, "gmv"))),
    _m("compensated_orders", "Orders compensated", "获赔订单数", "orders", "neither", "failures something was given for",
       _sum(c.D_COMPENSATED)),
    _m("won_back", "Won back", "挽回顾客", "people", "higher", "people who had left over a failure and came back",
       _sum(c.D_WON_BACK), "R25"),
    _m("win_back_rate", "Win-back rate", "挽回率", "share", "higher", "won back ÷ dropouts", _won_back_rate),
    _m("return_after_failure", "Buy again after a failed order", "失败订单顾客复购率", "share", "higher",
       "with a later order ÷ shoppers whose order came late, faulty or not at all", _back, "F21"),
    _m("care_wages", "Wages of care", "客服人工成本", "CNY", "lower", "staff, handlers and overtime", _sum(c.D_WAGES)),
)  # fmt: skip
