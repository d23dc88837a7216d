"""What can befall care, and what people can do about it.

`target` is a team, `staff` or `complaints`; left out: both. `for_minutes` (in a file: `for`) is how long it lasts.
`magnitude` is a share in percent.
"""

from __future__ import annotations

from typing import Any

from sim.care.config import Cause, Team
from sim.care.policies import Coupon, Fixed
from sim.care.state import CAUSES
from sim.core.arguments import Part, Ratio, minutes, size
from sim.core.errors import SimError
from sim.core.registry import event
from sim.core.units import Duration, Money, parse_money

DAY = 1440.0


def _desk(market: Any) -> Any:
    found = market.notices.get("care")
    if found is None:
        raise SimError("care: this run has no care (demand drives supply alone)")
    return found


@event("care.staff_sick", kind="inject")
def staff_sick(market: Any, target: Team | None = None, for_minutes: Any = None, magnitude: Part | None = None) -> None:
    """The share `magnitude` of a team (50% if left out) does not come to work for a time (2d), but is paid."""
    _desk(market).change(target, min(size(magnitude, 0.5), 1.0), minutes(for_minutes, 2.0 * DAY), True)


@event("care.bot_down", kind="inject")
def bot_down(market: Any, for_minutes: Any = None) -> None:
    """The bot answers nobody for a time (4h if left out); all contacts go to people."""
    _desk(market).stop_bot(minutes(for_minutes, 240.0))


@event("care.add_staff", kind="action")
def add_staff(market: Any, target: Team | None = None, for_minutes: Any = None, magnitude: Ratio | None = None) -> None:
    """The share `magnitude` more people (50% if left out) answer for a time (1d), at time and a half."""
    _desk(market).change(target or "staff", size(magnitude, 0.5), minutes(for_minutes, DAY), False)


@event("care.refund_at_once", kind="action")
def refund_at_once(market: Any, for_minutes: Any = None) -> None:
    """Returns of trusted shoppers are refunded when they are asked for, for a time (7d if left out)."""
    _desk(market).refund_at_once(minutes(for_minutes, 7.0 * DAY))


@event("care.compensate", kind="action")
def compensate(
    market: Any, amount: Money | None = None, since: Duration | None = None, causes: Cause | list[Cause] | None = None,
    coupon: bool = True,
) -> None:  # fmt: skip
    """All whose orders failed lately (`since`: 2d, at most 7d) for one of `causes` are given `amount` (20 CNY), once."""
    desk, now = _desk(market), float(market.env.now)
    wanted = [causes] if isinstance(causes, str) else list(causes or ("late", "fault", "lost", "order_failed"))
    for name in wanted:
        if name not in CAUSES:
            raise SimError(f"care.compensate: found cause {name!r}, accepted: {', '.join(CAUSES)}")
    spec = desk.config.compensation.model_copy(
        update={"amount": parse_money(amount) if isinstance(amount, str) else float(amount or 20.0),
                "causes": tuple(wanted)}
    )  # fmt: skip
    rule = (Coupon if coupon else Fixed)(spec)
    first = now - minutes(since, 2.0 * DAY)
    desk.catch_up(now)
    desk.read_inbox(now)
    given = 0
    for incident in desk.take_recent([CAUSES.index(name) for name in wanted], first):
        given += desk.give(incident, now - float(incident["minute"]), now, rule) > 0.0
    market.journal.record("care", "compensated", ", ".join(wanted), given * market.weight)
