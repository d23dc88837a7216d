"""Who attacks: the gangs of the file, and those who come by an event."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from sim.core.arguments import refusal
from sim.core.errors import SimError
from sim.core.units import parse_when
from sim.shelf.promotions import select
from sim.threats.attacker import Attacker
from sim.threats.card_fraud import Carder
from sim.threats.config import KINDS, Gang, Threats
from sim.threats.coupon_abuse import CouponAbuser
from sim.threats.credential_stuffing import Stuffer
from sim.threats.ddos import Flooder
from sim.threats.price_bug import Exploiter
from sim.threats.return_fraud import Claimer
from sim.threats.review_fraud import Reviewer
from sim.threats.scalpers import Scalper
from sim.threats.state import threats

AGENTS: dict[str, type[Attacker]] = {
    agent.kind: agent
    for agent in (Flooder, CouponAbuser, Scalper, Exploiter, Stuffer, Carder, Claimer, Reviewer)
}  # fmt: skip


def send(market: Any, section: Gang, start: float, end: float) -> list[Attacker]:
    """So many gangs of a kind attack from minute ``start`` to ``end``."""
    if getattr(market, "alone", False) or not len(market.world.crowd.rows):
        raise SimError("threats: this run has no shop to attack (demand or load drives one side alone)")
    if end <= start:
        raise SimError("threats.attackers: found `to` not after `from`, accepted: a later moment")
    rule = getattr(section, "skus", None)
    if rule is not None:
        try:
            select(rule, market.world.shelf.skus, market.category_names, market.draws, 0)
        except ValueError as error:
            raise SimError(f"threats.attackers: skus: {error}") from error
    side = threats(market)
    kind = section.kind  # type: ignore[attr-defined]
    sent = []
    for _ in range(section.gangs):
        agent = AGENTS[kind](market, side, section, len(side.attackers) + 1, start, end)
        side.attackers.append(agent)
        sent.append(agent)
    return sent


def section(kind: str, settings: dict[str, Any]) -> Gang:
    """The checked section of a kind of attacker from an event's arguments. Raises SimError naming what is wrong."""
    try:
        return KINDS[kind].model_validate({"kind": kind, **{k: v for k, v in settings.items() if v is not None}})
    except ValidationError as error:
        raise refusal(f"threats.{kind}", error) from error


def populate(market: Any) -> None:
    """Attackers and defences of the file; where there are none, nothing is made."""
    config: Threats = market.config.threats
    if not config.stands:
        return
    if getattr(market, "alone", False):
        raise SimError("threats: this run has no shop to attack (demand drives supply alone)")
    threats(market)
    for gang in config.attackers:
        start = market.calendar.minute(parse_when(gang.start)) if gang.start else 0.0
        end = market.calendar.minute(parse_when(gang.to)) if gang.to else float(market.calendar.end)
        if end <= start:
            raise SimError(f"threats.attackers: found {gang.kind} from {gang.start} to {gang.to}, accepted: an end after its beginning")
        if start < market.calendar.end and end > 0.0:
            send(market, gang, max(0.0, start), min(end, float(market.calendar.end)))
