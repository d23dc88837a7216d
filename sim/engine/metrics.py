"""What can be read of a running market: names and units."""

from __future__ import annotations

WORDS = {
    "availability": "share", "latency": "s", "latency_p50": "s", "latency_p95": "s", "latency_p99": "s",
    "utilisation": "share", "queue": "number", "ready": "number", "requests": "number",
}  # fmt: skip
NAMES = {
    "orders": "number", "gmv": "CNY", "order_failures": "number", "lost_orders": "number", "lost_gmv": "CNY",
    "fill_rate": "share", "stock_out_rate": "share", "late_rate": "share", "in_stock": "share",
    "parcels_waiting": "number", "overdue_rate": "share", "coupon_leakage": "share", "bot_stock_share": "share",
    "bot_traffic": "share", "fraud_loss": "CNY", "price_bug_loss": "CNY",
    "rival_price": "share", "on_sale": "share", "records_exposed": "number",
    "enquiries_waiting": "number", "complaints_waiting": "number",
}  # fmt: skip
#: what only ever grows: passed once, its bound is never kept again
TOTALS = ("fraud_loss", "price_bug_loss", "records_exposed")


def unit_of(name: str) -> str:
    """`share`, `s`, `CNY` or `number`. Raises ValueError listing what can be read."""
    if name in NAMES:
        return NAMES[name]
    parts = name.split(".")
    if len(parts) >= 3 and parts[0] == "platform" and parts[-1] in WORDS:
        return WORDS[parts[-1]]
    accepted = ", ".join((*NAMES, f"platform.<action or node>.<{' | '.join(WORDS)}>"))
    raise ValueError(f"found {name!r}, accepted: {accepted}")
