"""Threats: what attackers got, what the defences caught, whom they refused by mistake."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from sim.books.measures import Measure
from sim.books.view import ledger, ratio, total

SOURCE = "KPI table of the project"
NAN = float("nan")
BOTS = 2  # class of the platform's demand
WATCHED = ("waf", "captcha", "fingerprint", "behaviour", "manual_review")


def _side(market: Any) -> Any:
    return market.notices.get("threats")


def _memo(name: str, scale: float = 1.0) -> Callable[[Any], float]:
    def compute(market: Any) -> float:
        side = _side(market)
        return NAN if side is None else float(side.memo.get(name, 0.0)) * scale

    return compute


def fraud_loss(market: Any) -> float:
    """CNY: fraud and chargebacks in the ledger."""
    if _side(market) is None:
        return NAN
    book = ledger(market)
    return book["fraud"] + book["chargebacks"]


def coupon_leakage(market: Any) -> float:
    """Face value of coupons claimed by attackers ÷ budgets of the coupons opened so far."""
    side = _side(market)
    table = market.world.shelf.coupons
    if side is None:
        return NAN
    faces = table[:, 1]
    budgets = float((table[:, 2] + table[:, 6] * faces).sum())
    return ratio(float((side.coupons_abused * faces).sum()), budgets)


def _share_of(market: Any, attacked: list[Any]) -> float:
    sold = market.world.shelf.skus["sold"]
    everybody = sum((seen.after if seen.after >= 0 else int(sold[seen.sku])) - seen.before for seen in attacked)
    return ratio(float(sum(seen.bots for seen in attacked)), float(everybody))


def bot_stock_share(market: Any) -> float:
    """Units bots bought ÷ units sold of the articles scalpers were after, while their promotion lasted."""
    side = _side(market)
    return NAN if side is None else _share_of(market, list(side.attacked.values()))


def latest_bot_share(market: Any) -> float:
    """The same of the latest opening alone; nan before the first."""
    side = _side(market)
    if side is None or not side.attacked:
        return NAN
    latest = max(opening for _, opening in side.attacked)
    return _share_of(market, [seen for (_, opening), seen in side.attacked.items() if opening == latest])


def bot_traffic(market: Any) -> float:
    """Requests of bots ÷ all requests, in the present minute."""
    demand = market.world.platform.demand
    return ratio(float(demand[BOTS].sum()), float(demand.sum()))


def traffic_share(market: Any) -> float:
    """Requests of bots ÷ all requests since the scenario's start."""
    if _side(market) is None:
        return NAN
    offered = market.world.platform.totals[:, :, 0]
    return ratio(float(offered[BOTS].sum()), float(offered.sum()))


def attacker_profit(market: Any) -> float:
    """CNY earned by all attackers: income less spending; goods on their way are paid and not yet sold."""
    side = _side(market)
    if side is None or not side.attackers:
        return NAN
    return float(sum(agent.purse.profit for agent in side.attackers))


def attackers_active(market: Any) -> float:
    """Share of attackers still at it at the end, of those whose time is not over."""
    side = _side(market)
    if side is None:
        return NAN
    left = [agent for agent in side.attackers if not agent.gone]
    return ratio(float(sum(agent.active for agent in left)), float(len(left)))


def price_bug_loss(market: Any) -> float:
    """CNY: list price − paid of goods bought at wrong prices by those who spread the news, delivered or on the way."""
    side = _side(market)
    if side is None:
        return NAN
    loss = float(side.memo.get("bug_loss", 0.0))
    orders = market.world.fulfilment.orders
    for agent in side.attackers:
        if agent.kind == "price_bug":
            open_now = (one for one in agent.held if orders["refunded"][one.row][0] == 0)
            loss += sum(agent.value(max(0, one.normal - one.paid)) for one in open_now)
    return loss


def _caught(name: str) -> Callable[[Any], float]:
    def compute(market: Any) -> float:
        side = _side(market)
        return NAN if side is None else ratio(float(side.guard.caught[name]), float(side.guard.seen[name]))

    return compute


def _series(name: str, of: str = "") -> Callable[[Any], float]:
    def compute(market: Any) -> float:
        if _side(market) is None:
            return NAN
        return ratio(total(market, name), total(market, of)) if of else total(market, name)

    return compute


def _stopped(market: Any) -> float:
    tried = _memo("attempts")(market)
    return ratio(_memo("attempts_stopped")(market), tried) if math.isfinite(tried) else NAN


def _chargeback_rate(market: Any) -> float:
    count = _memo("chargebacks")(market)
    return ratio(count, total(market, "orders") - total(market, "unpaid_orders")) if math.isfinite(count) else NAN


def _bot_orders(market: Any) -> float:
    return NAN if _side(market) is None else ratio(total(market, "bot_orders"), total(market, "orders"))


_CN = {"waf": "防火墙", "captcha": "验证码", "fingerprint": "设备指纹", "behaviour": "行为评分", "manual_review": "人工审核"}

MEASURES = (
    Measure("fraud_loss", "Fraud and chargebacks", "欺诈与拒付损失合计", "CNY", "lower", "ledger accounts fraud + chargebacks", SOURCE, fraud_loss),
    Measure("fraud_loss_share", "Fraud loss ÷ GMV", "欺诈损失占比", "share", "lower", "fraud loss ÷ GMV", "A12",
            lambda m: ratio(fraud_loss(m), total(m, "gmv"))),
    Measure("coupon_leakage", "Coupon budget leaked", "优惠券被薅占比", "share", "lower",
            "face value claimed by attackers ÷ budgets, warm-up included", "A06, A07", coupon_leakage),
    Measure("bot_stock_share", "Stock share to bots", "机器人抢占库存", "share", "lower",
            "units bought by bots ÷ units sold of attacked articles while promoted", SOURCE, bot_stock_share),
    Measure("bot_order_share", "Orders of bots", "机器人订单占比", "share", "lower", "orders of attackers ÷ orders", SOURCE, _bot_orders),
    Measure("bot_traffic_share", "Requests of bots", "机器人流量占比", "share", "lower", "requests of bots ÷ requests", "A02",
            traffic_share),
    Measure("true_positive_rate", "Attempts stopped", "攻击拦截率", "share", "higher",
            "attackers' attempts stopped ÷ attempts, all defences together", SOURCE, _stopped),
    *(
        Measure(f"tpr_{name}", f"Caught by {name.replace('_', ' ')}", f"{_CN[name]}拦截率", "share", "higher",
                "attempts it stopped ÷ attempts it saw, warm-up included", SOURCE, _caught(name))
        for name in WATCHED
    ),
    Measure("insult_rate", "Insult rate", "误伤率", "share", "lower",
            "people flagged at the checkout ÷ people who went there", "A14", _series("blocked", "screened")),
    Measure("people_blocked", "People refused by mistake", "误伤人次", "people", "lower", "checkouts flagged by mistake", "A14",
            _series("blocked")),
    Measure("captcha_lost", "People lost at captchas", "验证码流失", "people", "lower", "checkouts given up at a captcha", "A16",
            _series("captcha_lost")),
    Measure("captcha_loss_rate", "Lost at captchas", "验证码流失率", "share", "lower",
            "checkouts given up at a captcha ÷ checkouts asked for one", "A16",
            lambda m: NAN if _side(m) is None else ratio(total(m, "captcha_lost"), total(m, "screened") - total(m, "blocked"))),
    Measure("attacker_profit", "Profit of attackers", "攻击者利润", "CNY", "lower",
            "income − spending of their own purses, warm-up included", SOURCE, attacker_profit),
    Measure("attackers_active", "Attackers still at it", "活跃攻击者", "share", "lower", "active ÷ not gone, at the end", SOURCE,
            attackers_active),
    Measure("attackers_quit", "Times attackers quit", "攻击者退出次数", "times", "higher", "quits of attackers", SOURCE, _memo("quits")),
    Measure("chargeback_value", "Chargebacks", "拒付金额", "CNY", "lower", "amounts taken back by banks", "A12",
            _memo("chargeback_value")),
    Measure("chargeback_rate", "Chargeback rate", "拒付率", "share", "lower", "chargebacks ÷ orders paid", "A13", _chargeback_rate),
    Measure("accounts_opened", "Accounts taken over", "被盗账号", "accounts", "lower", "opened with stolen passwords", "A04",
            _memo("accounts_opened")),
    Measure("price_bug_loss", "Loss by wrong prices", "价格错误损失", "CNY", "lower",
            "list price − paid of what was bought by those who spread the news and not cancelled", "A10", price_bug_loss),
    Measure("price_bug_orders", "Orders at wrong prices", "错价订单", "orders", "lower", "of those who spread the news", "A10",
            _memo("bug_orders")),
    Measure("fake_reviews", "Fake reviews", "虚假评价", "reviews", "lower", "reviews for money that stayed", SOURCE,
            _memo("fake_reviews")),
    Measure("defence_cost", "Cost of defences", "防御成本", "CNY", "lower", "fees, trainings and reviews, in IT and staff", SOURCE,
            _memo("defence_cost")),
)  # fmt: skip
