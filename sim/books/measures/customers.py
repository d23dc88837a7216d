"""Customers: who buys, who comes back, who leaves."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.measures import Measure
from sim.books.view import ledger, ratio, total
from sim.crowd.segments import NOBODY, segments
from sim.crowd.state import ALIVE, MEMBER

SOURCE = "KPI table of the project"


def _window(market: Any) -> np.ndarray:
    return np.asarray(market.world.crowd.rows["window_orders"])


def buyers(market: Any) -> float:
    """People with at least one order since the scenario's start."""
    return float((_window(market) > 0).sum() * market.weight)


def repurchase(market: Any) -> float:
    """Buyers with a further purchase within the window after their first in the scenario's days, as a share of buyers."""
    rows = market.world.crowd.rows
    return _again(rows["bought_again"], rows["window_orders"])


def _again(bought_again: np.ndarray, orders: np.ndarray) -> float:
    return ratio(float((bought_again > 0).sum()), float((orders > 0).sum()))


def satisfaction(market: Any) -> float:
    """Mean satisfaction of those who bought."""
    rows = market.world.crowd.rows
    bought = rows["window_orders"] > 0
    return float(rows["satisfaction"][bought].mean()) if bought.any() else float("nan")


def nps(market: Any) -> float:
    """Promoters (satisfaction above 0.75) less detractors (below 0.6), as a share of buyers."""
    rows = market.world.crowd.rows
    scores = rows["satisfaction"][rows["window_orders"] > 0]
    return float((scores > 0.75).mean() - (scores < 0.6).mean()) if len(scores) else float("nan")


def member_share(market: Any) -> float:
    """Share of buyers who are members."""
    rows = market.world.crowd.rows
    bought = rows["window_orders"] > 0
    return ratio(float(((rows["flags"] & MEMBER) > 0)[bought].sum()), float(bought.sum()))


def churn(market: Any) -> float:
    """Shoppers who left for good since the scenario's start, as a share of them and those who are still there."""
    left = total(market, "dropouts")
    staying = float(((market.world.crowd.rows["flags"] & ALIVE) > 0).sum()) * market.weight
    return ratio(left, left + staying)


def member_repurchase(market: Any) -> float:
    """Repurchase among members alone; members are more loyal to begin with, so no effect of membership."""
    rows = market.world.crowd.rows
    members = (rows["flags"] & MEMBER) > 0
    return _again(rows["bought_again"][members], rows["window_orders"][members])


def ltv(market: Any) -> float:
    """CNY of margin of a mean buyer since the scenario's start: paid less cost of goods and what was refunded."""
    rows = market.world.crowd.rows
    return ratio(float(rows["margin"][rows["window_orders"] > 0].sum()) / 100.0, float((rows["window_orders"] > 0).sum()))


def cac(market: Any) -> float:
    """CNY of marketing for each new buyer; nothing where nothing was spent."""
    spent = ledger(market)["marketing"]
    return ratio(spent, total(market, "buyers_new")) if spent > 0 else float("nan")


def _rfm(segment: int) -> Any:
    def compute(market: Any) -> float:
        if not any(f"crowd.{name}" in market.notices for name in ("coupons", "membership", "win_back")):
            return float("nan")
        found = segments(market.world.crowd.rows)
        return ratio(float((found == segment).sum()), float((found != NOBODY).sum()))

    return compute


RFM_LABELS = (
    ("champions", "Champions", "重要价值客户"), ("loyal", "Loyal customers", "忠诚客户"),
    ("promising", "Promising customers", "潜力客户"), ("new", "New customers", "新客户"),
    ("at_risk", "Customers at risk", "流失风险客户"), ("lost", "Lost customers", "流失客户"),
)  # fmt: skip

MEASURES = (
    Measure("buyers", "Buyers", "买家数", "people", "higher", "people with an order in the scenario's days", SOURCE, buyers),
    Measure("new_buyers", "New buyers", "新客数", "people", "higher", "first order ever", SOURCE,
            lambda m: total(m, "buyers_new")),
    Measure("repurchase_rate", "Repurchase rate", "复购率", "share", "higher",
            "buyers with a further purchase (cart paid) within books.repurchase_window (30 d) of their first in the scenario's days ÷ buyers",
            "R01", repurchase),
    Measure("orders_per_buyer", "Purchases per buyer", "人均购买次数", "orders", "higher", "carts paid ÷ buyers", SOURCE,
            lambda m: ratio(float(_window(m).sum()), float((_window(m) > 0).sum()))),
    Measure("satisfaction", "Satisfaction of buyers", "买家满意度", "share", "higher", "mean over buyers at the end", SOURCE,
            satisfaction),
    Measure("nps", "NPS proxy", "净推荐值", "share", "higher", "satisfied above 0.75 less below 0.6, of buyers", SOURCE, nps),
    Measure("churn", "Churned shoppers", "流失率", "share", "lower", "shoppers who left for good ÷ (those and the ones still there), since the scenario's start", SOURCE, churn),
    Measure("member_share", "Members among buyers", "会员占比", "share", "higher", "buyers who are members ÷ buyers", SOURCE,
            member_share),
    Measure("member_repurchase_rate", "Repurchase rate of members", "会员复购率", "share", "higher",
            "members who repurchase within the same window ÷ members with a purchase in the scenario's days", "R01", member_repurchase),
    Measure("ltv", "Margin per buyer", "买家毛利贡献", "CNY", "higher",
            "paid − cost of goods − refunds ÷ buyers, over the scenario's days, not discounted", SOURCE, ltv),
    Measure("cac", "Customer acquisition cost", "获客成本", "CNY", "lower", "marketing ÷ new buyers", "T37", cac),
    *(Measure(f"rfm_{name}", label, zh, "share", "neither", "customers of the RFM segment ÷ customers at the end",
              "Hughes 1994", _rfm(number)) for number, (name, label, zh) in enumerate(RFM_LABELS)),
)  # fmt: skip
