"""The bottom line, from the ledger."""

from __future__ import annotations

from typing import Any

from sim.books.measures import Measure
from sim.books.view import ledger, ratio, total

SOURCE = "ledger"
EXPENSES = (
    "inbound", "holding", "fulfilment", "shipping", "return_handling", "write_offs", "marketing", "commissions", "it",
    "staff", "fraud", "chargebacks", "compensation", "fines", "sourcing",
)  # fmt: skip


def net_revenue(market: Any) -> float:
    """CNY: sales at list price less discounts and refunds, and other income."""
    book = ledger(market)
    return -book["sales"] - book["discounts"] - book["returns"] - book["other_income"]


def gross_profit(market: Any) -> float:
    """CNY: net revenue less cost of goods."""
    return net_revenue(market) - ledger(market)["cost_of_goods"]


def profit(market: Any) -> float:
    """CNY: gross profit less every operating expense."""
    book = ledger(market)
    return gross_profit(market) - sum(book[name] for name in EXPENSES)


def _expense(name: str, label: str, zh: str) -> Measure:
    return Measure(name + "_cost", label, zh, "CNY", "lower", f"ledger account {name}", SOURCE,
                   lambda market: ledger(market)[name])  # fmt: skip


MEASURES = (
    Measure("net_revenue", "Net revenue", "净收入", "CNY", "higher", "sales − discounts − refunds + other income", SOURCE,
            net_revenue),
    Measure("cost_of_goods", "Cost of goods sold", "销售成本", "CNY", "lower", "goods sent, at cost, less what came back", SOURCE,
            lambda m: ledger(m)["cost_of_goods"]),
    Measure("gross_profit", "Gross profit", "毛利", "CNY", "higher", "net revenue − cost of goods", SOURCE, gross_profit),
    Measure("gross_margin", "Gross margin", "毛利率", "share", "higher", "gross profit ÷ net revenue", SOURCE,
            lambda m: ratio(gross_profit(m), net_revenue(m))),
    _expense("fulfilment", "Fulfilment cost", "仓配成本"),
    _expense("shipping", "Shipping cost", "运费"),
    _expense("return_handling", "Return handling", "退货处理"),
    _expense("marketing", "Marketing", "营销费用"),
    _expense("commissions", "Commissions", "佣金"),
    _expense("it", "IT cost", "技术成本"),
    _expense("staff", "Staff", "人工"),
    _expense("holding", "Holding cost", "持有成本"),
    _expense("inbound", "Inbound cost", "入库成本"),
    _expense("write_offs", "Write-offs", "报损"),
    _expense("compensation", "Compensation", "赔付"),
    _expense("fraud", "Loss by fraud, chargebacks apart", "欺诈损失（不含拒付）"),
    _expense("chargebacks", "Loss by chargebacks", "拒付损失"),
    _expense("fines", "Fines", "罚款"),
    _expense("sourcing", "Sourcing premiums", "采购溢价"),
    Measure("profit", "Operating profit", "经营利润", "CNY", "higher", "gross profit − all operating expenses", SOURCE, profit),
    Measure("profit_margin", "Operating margin", "经营利润率", "share", "higher", "operating profit ÷ net revenue", SOURCE,
            lambda m: ratio(profit(m), net_revenue(m))),
    Measure("refund_share", "Refunds ÷ paid", "退款占比", "share", "lower", "refunds ÷ paid GMV", SOURCE,
            lambda m: ratio(total(m, "refunds"), total(m, "paid"))),
)  # fmt: skip
