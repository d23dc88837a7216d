"""The way of money through the ledger, from goods at list price to operating profit."""

from __future__ import annotations

from dataclasses import dataclass

from sim.report.folder import Run

#: accounts in which a credit is a gain, then those in which a debit is a loss, in the order of the statement
GAINS = ("sales", "other_income")
DEDUCTIONS = ("discounts", "returns")
COSTS = (
    "inbound", "holding", "fulfilment", "shipping", "return_handling", "write_offs", "marketing", "commissions", "it",
    "staff", "fraud", "chargebacks", "compensation", "fines", "sourcing",
)  # fmt: skip
DISCOUNT_KINDS = ("discount_item", "discount_member", "discount_full_reduction", "discount_coupon")


@dataclass(frozen=True)
class Step:
    """A step of the waterfall, CNY: a change from ``start`` to ``end``, or a total that stands on nought."""

    name: str
    start: float
    end: float
    total: bool = False

    @property
    def value(self) -> float:
        """The change, or the total."""
        return self.end - self.start


def gains(run: Run) -> dict[str, float]:
    """What each income and expense account added to the profit of the period (costs negative), CNY."""
    ledger = run.table("ledger")
    if ledger is None:
        return {}
    sums = ledger.groupby("account")[["debit", "credit"]].sum()
    net = sums["credit"] - sums["debit"]
    names = (*GAINS, *DEDUCTIONS, "cost_of_goods", *COSTS)
    return {name: float(net[name]) for name in names if name in net.index and net[name]}


def statement(run: Run) -> list[Step]:
    """The waterfall of the period; empty where nothing was sold."""
    values = gains(run)
    if not values.get("sales"):
        return []
    steps: list[Step] = []
    at = 0.0

    def add(names: tuple[str, ...]) -> None:
        nonlocal at
        for name in names:
            if name in values:
                steps.append(Step(name, at, at + values[name], total=not steps))
                at += values[name]

    add((*GAINS, *DEDUCTIONS))
    steps.append(Step("net_revenue", 0.0, at, total=True))
    add(("cost_of_goods",))
    steps.append(Step("gross_profit", 0.0, at, total=True))
    add(COSTS)
    steps.append(Step("profit", 0.0, at, total=True))
    return steps


def discounts(run: Run) -> list[tuple[str, float, float]]:
    """(kind, CNY, share of list value) of the discounts granted with the orders written in the period."""
    counted = run.counted
    given = {kind: float(counted[kind].sum()) for kind in DISCOUNT_KINDS if kind in counted}
    if not any(given.values()):
        return []
    unpaid = float(counted["unpaid_value"].sum()) if "unpaid_value" in counted else 0.0
    listed = float(counted["gmv"].sum()) - unpaid + sum(given.values())
    return [(kind, value, value / listed) for kind, value in given.items() if value]
