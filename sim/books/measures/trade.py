"""Trade: visits, orders, value."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.measures import Measure
from sim.books.view import hours, ratio, total

SOURCE = "KPI table of the project"


def discounts(market: Any) -> float:
    """CNY of all cuts granted on orders written."""
    kinds = ("item", "member", "full_reduction", "coupon")
    return sum(total(market, f"discount_{kind}") for kind in kinds)


def first_hour_share(market: Any) -> float:
    """Share of the GMV of the busiest day that falls into its first hour."""
    values = hours(market, "gmv")
    days = values[: len(values) // 24 * 24].reshape(-1, 24)
    if not len(days) or days.sum() == 0:
        return float("nan")
    best = days[days.sum(axis=1).argmax()]
    return float(best[0] / best.sum())


def peak_to_mean(market: Any) -> float:
    """Orders of the busiest hour over those of the mean hour."""
    values = hours(market, "orders")
    return ratio(float(values.max(initial=0.0)), float(values.mean()) if len(values) else 0.0)


def by_device(market: Any, device: int) -> float:
    """Orders paid ÷ visits of shoppers on a device (0 phone, 1 desktop) since the scenario's start."""
    before = market.notices.get("devices")
    if before is None:
        return float("nan")
    rows = market.world.crowd.rows[: len(before["visits"])]
    mine = rows["device"] == device
    visits = (rows["visits"] - before["visits"])[mine].sum()
    return ratio(float(rows["window_orders"][mine].sum()), float(visits))


def net_gmv(market: Any) -> float:
    """CNY: what was paid and not given back, price protection included."""
    return total(market, "paid") - total(market, "refunds") - total(market, "protected")


def promoted_units(market: Any, promoted: bool, then: bool) -> float:
    """Units asked for of SKUs that some promotion ever covers (``promoted``) or of the others, on days on which a
    promotion covers the SKU, or any of its category for the others (``then``), or on the other days.

    The calendar counts, whether it is shown or withheld, so that a run and its twin without promotions measure the same.
    """
    windows = market.windows
    if not windows:
        return float("nan")
    skus, history = market.world.shelf.skus, market.world.supply.history
    covered = np.zeros(history.shape, bool)
    for window in windows:
        covered[max(0, window.opens // 1440) : -(-window.closes // 1440), window.mask] = True
    ever = covered.any(axis=0)
    on = covered
    if not promoted:
        on = np.zeros_like(covered)
        for category in np.unique(skus["category"]):
            mine = skus["category"] == category
            on[:, mine] = np.any(covered[:, mine], axis=1, keepdims=True)
    chosen = (on == then) & (ever == promoted)
    first = market.calendar.warmup // 1440
    return float((history[first:] * chosen[first:]).sum()) * market.weight


def _count(name: str, label: str, zh: str, unit: str, better: Any, formula: str, column: str) -> Measure:
    return Measure(name, label, zh, unit, better, formula, SOURCE, lambda market: total(market, column))


MEASURES = (
    _count("visits", "Visits", "访问次数", "visits", "higher", "accepted visits", "visits"),
    _count("orders", "Orders placed", "下单数", "orders", "higher", "orders submitted and written", "orders"),
    Measure("cvr", "Session conversion", "转化率", "share", "higher", "orders ÷ visits", SOURCE,
            lambda m: ratio(total(m, "orders"), total(m, "visits"))),
    Measure("bounce_rate", "Bounce rate", "跳出率", "share", "lower", "visits left at the first page ÷ visits", SOURCE,
            lambda m: ratio(total(m, "bounces"), total(m, "visits"))),
    Measure("cart_rate", "Visits that fill a cart", "加购率", "share", "higher", "visits adding to a cart ÷ visits", "T11",
            lambda m: ratio(total(m, "carts"), total(m, "visits"))),
    Measure("cart_abandonment", "Cart abandonment", "弃购率", "share", "lower",
            "1 − orders ÷ visits that filled a cart: 1 − buy_per_cart, as literature states it", "T09",
            lambda m: 1.0 - ratio(total(m, "orders"), total(m, "carts"))),
    Measure("buy_per_cart", "Buys per cart event", "加购购买比", "share", "higher",
            "orders ÷ visits that filled a cart: 1 − cart_abandonment, as literature states it", "T06",
            lambda m: ratio(total(m, "orders"), total(m, "carts"))),
    _count("gmv", "GMV", "成交总额", "CNY", "higher", "value of orders placed, before cancels and returns", "gmv"),
    _count("paid_gmv", "Paid GMV", "支付金额", "CNY", "higher", "value of orders paid", "paid"),
    Measure("aov", "Average order value", "客单价", "CNY", "higher", "GMV ÷ orders", SOURCE,
            lambda m: ratio(total(m, "gmv"), total(m, "orders"))),
    Measure("units_per_order", "Units per order", "单均件数", "units", "neither", "units ÷ orders written", SOURCE,
            lambda m: ratio(total(m, "units"), total(m, "orders") - total(m, "unpaid_orders"))),
    Measure("discount_share", "Discounts ÷ GMV", "优惠占比", "share", "lower",
            "(price cuts + member price + full reductions + coupons) ÷ GMV", SOURCE,
            lambda m: ratio(discounts(m), total(m, "gmv"))),
    Measure("discount_item", "Price cuts", "直降让利", "CNY", "lower", "list price less price on the page", SOURCE,
            lambda m: total(m, "discount_item")),
    Measure("discount_member", "Member price", "会员价让利", "CNY", "lower", "price on the page less the price for members", SOURCE,
            lambda m: total(m, "discount_member")),
    Measure("discount_full_reduction", "Full reductions", "满减让利", "CNY", "lower", "given by full reductions", SOURCE,
            lambda m: total(m, "discount_full_reduction")),
    Measure("discount_coupon", "Coupons", "优惠券让利", "CNY", "lower", "given by coupons", SOURCE,
            lambda m: total(m, "discount_coupon")),
    Measure("paid_share", "Orders paid", "支付率", "share", "higher",
            "1 − orders given up at the payment ÷ orders; a presale order counts as paid with its deposit", "T16",
            lambda m: 1.0 - ratio(total(m, "unpaid_orders"), total(m, "orders"))),
    Measure("topped_up_share", "Orders topped up", "凑单率", "share", "neither",
            "orders with an article added to reach a threshold ÷ orders", "P14",
            lambda m: ratio(total(m, "topped_up"), total(m, "orders"))),
    Measure("order_return_rate", "Orders with a return", "退货订单率", "share", "lower",
            "orders of which something is sent back ÷ orders delivered", "P18",
            lambda m: ratio(total(m, "returned_orders"), total(m, "delivered_orders"))),
    Measure("return_rate", "Return rate", "退货率", "share", "lower", "units that came back ÷ units sent", "P18",
            lambda m: ratio(total(m, "returned_units"), total(m, "picked_units"))),
    Measure("first_hour_share", "First hour of the busiest day", "首小时占比", "share", "neither",
            "GMV of its first hour ÷ GMV of the day", "T25", first_hour_share),
    Measure("peak_to_mean", "Peak hour ÷ mean hour", "峰均比", "ratio", "neither", "orders of the busiest hour ÷ mean", "T23",
            peak_to_mean),
    Measure("rival_purchases", "Purchases at rivals", "流向竞品", "orders", "lower", "purchases of our shoppers elsewhere",
            SOURCE, lambda m: total(m, "rival_purchases")),
    Measure("mobile_cvr", "Conversion on phones", "移动端转化率", "share", "higher",
            "purchases (carts paid, in however many orders) ÷ visits, shoppers on a phone", "T13", lambda m: by_device(m, 0)),
    Measure("desktop_cvr", "Conversion on desktops", "桌面端转化率", "share", "higher",
            "purchases (carts paid, in however many orders) ÷ visits, shoppers on a desktop", "T12", lambda m: by_device(m, 1)),
    Measure("net_gmv", "GMV net of returns", "净成交额", "CNY", "higher",
            "paid GMV − refunds − price protection; an increment is the difference to the same seed with shelf.withheld",
            SOURCE, net_gmv),
    Measure("gmv_last_30_days", "GMV of the last 30 days at most", "最后至多30天成交额", "CNY", "higher",
            "GMV of the run's last 30 days: the month after, in a run that ends 30 days after a festival", "P10",
            lambda m: float(hours(m, "gmv")[-720:].sum())),
    Measure("promo_units", "Units promoted", "促销件数", "units", "neither",
            "units of promoted SKUs on days their promotion covers", "P04, P05, P06",
            lambda m: promoted_units(m, True, True)),
    Measure("promo_units_other_days", "Their units on other days", "促销品非促销日件数", "units", "neither",
            "units of the same SKUs on other days", "P05", lambda m: promoted_units(m, True, False)),
    Measure("other_units_promo_days", "Units of others then", "促销日其他商品件数", "units", "neither",
            "units of never promoted SKUs of the same categories on those days", "P04",
            lambda m: promoted_units(m, False, True)),
    Measure("other_units_other_days", "Units of others on other days", "非促销日其他商品件数", "units", "neither",
            "units of never promoted SKUs on other days", "P05", lambda m: promoted_units(m, False, False)),
    Measure("cash_back_cost", "Cash for reviews", "好评返现", "CNY", "lower", "paid for reviews of cash-back orders", SOURCE,
            lambda m: total(m, "cash_backs")),
    Measure("price_protection_cost", "Price protection", "价保退差", "CNY", "lower", "differences refunded", SOURCE,
            lambda m: total(m, "protected")),
    Measure("groups_failed", "Group orders paid back", "拼团失败率", "share", "lower",
            "orders of groups that never filled ÷ group orders", SOURCE,
            lambda m: ratio(total(m, "groups_failed"), total(m, "group_orders"))),
    Measure("trial_units", "Units given away", "0元试用件数", "units", "neither", "0-yuan trials sent", SOURCE,
            lambda m: total(m, "trials")),
    Measure("review_count", "Reviews", "评价数", "reviews", "higher", "reviews written", SOURCE,
            lambda m: total(m, "reviews")),
    Measure("presale_default", "Presale defaults", "尾款违约率", "share", "lower", "balances never paid ÷ presale orders due",
            SOURCE, lambda m: ratio(total(m, "defaults"), total(m, "defaults") + total(m, "balances_paid"))),
)  # fmt: skip
