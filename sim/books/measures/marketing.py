"""Marketing: what was spent on winning and keeping customers, and what came of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.measures import Measure
from sim.books.view import ledger, ratio, total
from sim.crowd.state import HELD_OUT, PROSPECT

SOURCE = "KPI table of the project"
NAN = float("nan")


def _spent(market: Any) -> float:
    """CNY paid to channels since the scenario's start."""
    team = market.notices.get("acquirer")
    return 0.0 if team is None else sum(a.spent for a in team.accounts.values()) * market.weight / 100.0


def _won(market: Any) -> np.ndarray:
    """bool[shoppers]: customers that a channel has won."""
    rows = market.world.crowd.rows
    return np.asarray((rows["channel"] > 0) & ((rows["flags"] & PROSPECT) == 0))


def customers_won(market: Any) -> float:
    """People who registered through a channel or by invitation."""
    count = float(_won(market).sum() * market.weight)
    return count if count > 0 or _spent(market) > 0 else NAN


def channel_cac(market: Any) -> float:
    """CNY paid to channels for each customer won."""
    spent = _spent(market)
    return ratio(spent, float(_won(market).sum() * market.weight)) if spent > 0 else NAN


def channel_ltv(market: Any) -> float:
    """CNY of margin of a customer won, so far."""
    won = _won(market)
    return ratio(float(market.world.crowd.rows["margin"][won].sum()) / 100.0, float(won.sum()))


def marketing_return(market: Any) -> float:
    """Margin of the customers won ÷ what the channels cost. They would have bought nothing here without them."""
    earned = float(market.world.crowd.rows["margin"][_won(market)].sum()) * market.weight / 100.0
    return ratio(earned, _spent(market))


def holdout_return(market: Any) -> float:
    """Further margin of those who may be addressed, measured against a part never addressed, ÷ what the channels cost."""
    rows = market.world.crowd.rows
    held = (rows["flags"] & HELD_OUT) > 0
    if not held.any() or held.all() or _spent(market) <= 0:
        return NAN
    margin = rows["margin"].astype(float) / 100.0
    gain = (margin[~held].mean() - margin[held].mean()) * (~held).sum() * market.weight
    return float(gain / _spent(market))


def voucher_redemption(market: Any) -> float:
    """Vouchers used ÷ vouchers given, warm-up included."""
    drawer = market.notices.get("vouchers")
    return NAN if drawer is None else ratio(*drawer.used())


def _messages(market: Any, name: str) -> float:
    found = market.notices.get("messenger")
    return NAN if found is None else float(sum(getattr(found, name).values()))


MEASURES = (
    Measure("marketing_spend", "Spent on channels", "渠道投放", "CNY", "lower", "paid to channels, commissions of leaders included",
            SOURCE, lambda m: _spent(m) or NAN),
    Measure("customers_won", "Customers won by channels", "渠道获客", "people", "higher",
            "prospects who became customers through a channel or an invitation", SOURCE, customers_won),
    Measure("channel_cac", "Cost of a customer won", "渠道获客成本", "CNY", "lower", "channel spend ÷ customers won", "T37",
            channel_cac),
    Measure("channel_ltv", "Margin of a customer won", "渠道客户毛利", "CNY", "higher",
            "paid − cost of goods − refunds of customers won ÷ customers won, so far", SOURCE, channel_ltv),
    Measure("marketing_return", "Margin per yuan of marketing", "营销回报", "ratio", "higher",
            "margin of the customers won ÷ channel spend", SOURCE, marketing_return),
    Measure("marketing_roi", "Marketing ROI", "营销 ROI", "share", "higher",
            "(margin of the customers won − channel spend) ÷ channel spend", SOURCE, lambda m: marketing_return(m) - 1.0),
    Measure("marketing_roi_holdout", "Marketing ROI against a holdout", "对照组营销 ROI", "share", "higher",
            "((margin a head of the addressed − of the holdout) × addressed − spend) ÷ spend", SOURCE,
            lambda m: holdout_return(m) - 1.0),
    Measure("roas", "GMV per yuan of marketing", "ROAS", "ratio", "higher", "GMV ÷ marketing", SOURCE,
            lambda m: ratio(total(m, "gmv"), ledger(m)["marketing"])),
    Measure("coupon_redemption", "Coupons used", "优惠券核销率", "share", "neither", "coupons used ÷ coupons claimed or given", "P25",
            lambda m: ratio(total(m, "coupons_used"), total(m, "coupons_claimed"))),
    Measure("voucher_redemption", "Vouchers used", "定向券核销率", "share", "neither", "personal vouchers used ÷ given", "P25",
            voucher_redemption),
    Measure("message_click", "Messages followed by a visit", "消息回访率", "share", "higher", "visits brought ÷ messages", "R16",
            lambda m: ratio(_messages(m, "clicked"), _messages(m, "sent"))),
    Measure("message_opt_out", "Opt-outs per message", "退订率", "share", "lower", "opt-outs ÷ messages", "R21",
            lambda m: ratio(total(m, "opt_outs"), total(m, "messages"))),
)  # fmt: skip
