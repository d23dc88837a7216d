"""What the regulator and thieves do to us, and what we do about it."""

from __future__ import annotations

from typing import Any, Literal

from sim.core.arguments import Licensed, Role, minutes
from sim.core.errors import SimError
from sim.core.registry import event

DAY = 1440.0
WHAT = ("all", "licences", "tax", "prices", "data")


def _office(market: Any, part: str = "") -> Any:
    office = market.notices.get("oversight")
    if office is None or (part and getattr(market.config.oversight, part) is None):
        raise SimError(f"oversight.{part or 'licences'}: found none, accepted for this event: that section in the file")
    return office


@event("oversight.audit", kind="inject")
def audit(market: Any, target: Licensed | None = None, what: Literal["all", "licences", "tax", "prices", "data"] = "licences") -> None:
    """The regulator looks at once at `what`: licences (of a target supplier or all), tax, prices, data, or all."""
    if what not in WHAT:
        raise SimError(f"what: found {what!r}, accepted: {', '.join(WHAT)}")
    office = _office(market, "licences" if what == "licences" else "")
    if what in ("all", "licences") and office.licences is not None:
        for supplier in office.licences.aimed(target):
            office.licences.inspect(supplier)
    for name, look in (("tax", office.inspect_tax), ("prices", office.inspect_prices), ("data", office.inspect_data)):
        if what in ("all", name):
            look()


@event("oversight.licence_lapse", kind="inject", needs="oversight.licences")
def licence_lapse(market: Any, target: Licensed | None = None) -> None:
    """A supplier's licence is withdrawn, and nobody tells us; one that has none has none to lose."""
    registrar = _office(market, "licences").licences
    for supplier in registrar.aimed(target):
        if supplier.is_valid(market.env.now):
            registrar.lapse(supplier)


@event("oversight.take_down", kind="inject", needs="oversight.licences")
def take_down(market: Any, target: Licensed | None = None, for_minutes: Any = None) -> None:
    """The regulator orders every SKU of a supplier off the shelf for a time (20d), whatever its licence."""
    registrar = _office(market, "licences").licences
    lasts = minutes(for_minutes, 20.0 * DAY)
    for supplier in registrar.aimed(target):
        registrar.order_down(supplier, lasts)


@event("oversight.breach", kind="inject", needs="oversight.privacy")
def breach(
    market: Any, role: Role | None = None, entry: Literal["account", "database"] | None = None
) -> None:
    """It becomes known that personal data were stolen, by an account of a `role` or from the `entry` database."""
    _office(market, "privacy").guardian.breach(role, entry)


# What people do -----------------------------------------------------------------------------------


@event("oversight.reinstate", kind="action", needs="oversight.licences")
def reinstate(market: Any, target: Licensed | None = None) -> None:
    """Put the goods of suppliers that have a licence back on the shelf, unless the regulator's order keeps them off."""
    registrar = _office(market, "licences").licences
    for supplier in registrar.aimed(target):
        if supplier.down:
            registrar.reinstate(supplier)


@event("oversight.apply", kind="action", needs="oversight.licences")
def apply(market: Any, target: Licensed | None = None) -> None:
    """Have suppliers without a valid licence apply for one at once."""
    registrar = _office(market, "licences").licences
    for supplier in registrar.aimed(target):
        if not supplier.is_valid(market.env.now):
            registrar.apply(supplier)


@event("oversight.delist", kind="action", needs="oversight.licences")
def delist(market: Any, target: Licensed | None = None) -> None:
    """Take the goods of a supplier without a valid licence off the shelf ourselves, and have it apply for one."""
    registrar = _office(market, "licences").licences
    for supplier in registrar.aimed(target):
        if not supplier.is_valid(market.env.now):
            registrar.take_down(supplier)
            registrar.apply(supplier)
