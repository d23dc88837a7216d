"""Suppliers of suppliers: who waits for the components of one that is down."""

from __future__ import annotations

from typing import Any

from sim.core.clock import ACTIONS, call_after


def starve(planner: Any, upstream: Any) -> None:
    """A supplier is down: its customers go on until their components are used up."""
    for supplier in planner.roll:
        if upstream.name in supplier.config.depends_on:
            _run_out(planner.market, supplier, upstream)


def _run_out(market: Any, supplier: Any, upstream: Any) -> None:
    began = float(market.env.now)
    reason = _reason(upstream)

    def stop() -> None:
        if upstream.is_down and upstream.down_since == began and reason not in supplier.blocks:
            supplier.block(reason)

    call_after(market.env, supplier.config.component_cover, ACTIONS, stop)


def revive(planner: Any, upstream: Any) -> None:
    """A supplier works again, and with it those who waited for its components."""
    reason = _reason(upstream)
    for supplier in planner.roll:
        if reason in supplier.blocks:
            supplier.unblock(reason)


def _reason(upstream: Any) -> str:
    return f"components of {upstream.name}"
