"""Laws of the threats side: attackers' money, coupons and budgets."""

from __future__ import annotations

from typing import Any

from sim.books.laws import law, require
from sim.shelf.promotions import Coupons
from sim.shelf.state import C_BUDGET, C_CLAIMED, C_OFF


@law("attackers")
def attackers(market: Any) -> None:
    """Every purse: capital + income − spending = what is left, not below nought; what is held is held by one only."""
    side = market.notices.get("threats")
    if side is None:
        return
    rows: list[int] = []
    for agent in side.attackers:
        purse = agent.purse
        left = purse.capital + sum(purse.income.values()) - sum(purse.spent.values())
        require("attackers", f"purse of {agent.name}, fen", float(left), float(purse.left))
        require("attackers", f"purse of {agent.name}, at least 0", min(0.0, float(purse.left)), 0.0)
        rows += [one.row for one in getattr(agent, "held", [])]
    require("attackers", "orders held by one attacker only", float(len(rows)), float(len(set(rows))))


@law("coupon budgets")
def budgets(market: Any) -> None:
    """Budget at the start = left + claimed × face for each kind; what attackers claimed is part of what was claimed."""
    if market.alone:
        return
    side = market.notices.get("threats")
    table = market.world.shelf.coupons
    specs = [window.spec for window in market.windows if isinstance(window.spec, Coupons)]
    for kind, spec in enumerate(specs):
        row = table[kind]
        if row[C_OFF] == 0:
            continue
        budget = round(spec.budget * 100 / market.weight)
        require("coupon budgets", f"kind {kind}, fen", float(row[C_BUDGET] + row[C_CLAIMED] * row[C_OFF]), float(budget))
        if side is not None and side.coupons_abused[kind] > row[C_CLAIMED]:
            require("coupon budgets", f"kind {kind} claimed by attackers", float(side.coupons_abused[kind]), float(row[C_CLAIMED]))
