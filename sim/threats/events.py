"""What attackers do to the shop, and what the shop can do about it.

An attack started by an event lasts `for` (or as long as stated below) and is carried out by gangs of its own; its
arguments are keys of the attacker's section.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Annotated, Any

from pydantic import Field, ValidationError

from sim.core.arguments import (
    AttackerKind,
    Defence,
    Detector,
    Goods,
    Part,
    minutes,
    money,
    refusal,
    size,
)
from sim.core.clock import FAULTS, call_after
from sim.core.errors import SimError
from sim.core.registry import event
from sim.core.units import Money, Rate, Share, parse_rate
from sim.shelf.promotions import select
from sim.threats.actors import section, send
from sim.threats.config import Route, Tactic
from sim.threats.ddos import check_route, strike
from sim.threats.policies import DEFENCES
from sim.threats.price_bug import Bug, cancel_orders, watch
from sim.threats.state import threats

DAY = 1440.0


def _attack(market: Any, kind: str, for_minutes: float | None, usual: float, settings: dict[str, Any]) -> list[Any]:
    """Gangs of a kind from now on for a while; their end is the end of the fault."""
    now = float(market.env.now)
    lasts = minutes(for_minutes, usual)
    sent = send(market, section(kind, settings), now, min(now + lasts, float(market.calendar.end)))

    def end() -> None:
        for agent in sent:
            agent.leave()

    call_after(market.env, lasts, FAULTS, end)
    return sent


@event("threats.ddos", kind="inject", like="threats.config.Ddos")
def ddos(
    market: Any, target: Route | None = None, for_minutes: Any = None, rate: Rate | None = None, volume: float | None = None,
    tactic: Tactic = "advanced", cache_busting: Any = None,
) -> None:  # fmt: skip
    """A flood of requests (target browse, search, order) or of bits (volumetric) at a steady rate for a while."""
    route = check_route(target or "browse")
    settings = {"requests": rate, "volume": volume, "routes": [route], "tactics": [tactic], "levels": [1.0],
                "cache_busting": cache_busting}  # fmt: skip
    if rate is not None:
        parse_rate(rate)
    config: Any = section("ddos", settings)
    side = threats(market)
    number = 10_000 + int(side.memo.get("floods_ordered", 0.0))  # of its own, whichever others have ended
    side.memo["floods_ordered"] = side.memo.get("floods_ordered", 0.0) + 1.0
    lasts = minutes(for_minutes, 20.0)
    flood = {"on": True}

    def strikes() -> Any:
        while flood["on"]:
            strike(side, number, (tactic, route, 1.0), config, 1.0)
            yield market.env.timeout(1.0)

    def end() -> None:
        flood["on"] = False
        side.ask(number, {})
        side.tell("flood_over", route)

    side.tell("flood", route, config.requests)
    market.env.process(strikes())
    call_after(market.env, lasts, FAULTS, end)


@event("threats.coupon_abuse", kind="inject", like="threats.config.CouponAbuse")
def coupon_abuse(
    market: Any, for_minutes: Any = None, gangs: int | None = None, budget: Any = None,
    claims: Any = None, tactics: Any = None, ways: Any = None,
) -> None:  # fmt: skip
    """Coupon abusers claim what can be claimed (a day, if not stated otherwise)."""
    settings = {"gangs": gangs, "budget": budget, "claims": claims, "tactics": tactics, "ways": ways}
    _attack(market, "coupon_abuse", for_minutes, DAY, settings)


@event("threats.scalpers", kind="inject", like="threats.config.Scalpers")
def scalpers(
    market: Any, for_minutes: Any = None, gangs: int | None = None, budget: Any = None,
    orders: Any = None, tactics: Any = None, levels: Any = None,
) -> None:  # fmt: skip
    """Scalpers wait for openings and buy what is scarce (a day, if not stated otherwise)."""
    settings = {"gangs": gangs, "budget": budget, "orders": orders, "tactics": tactics, "levels": levels}
    _attack(market, "scalpers", for_minutes, DAY, settings)


@event("threats.credential_stuffing", kind="inject", like="threats.config.CredentialStuffing")
def credential_stuffing(
    market: Any, for_minutes: Any = None, gangs: int | None = None, budget: Any = None,
    attempts: Any = None, success: Any = None, tactics: Any = None,
) -> None:  # fmt: skip
    """Stolen passwords are tried (a day, if not stated otherwise)."""
    settings = {"gangs": gangs, "budget": budget, "attempts": attempts, "success": success, "tactics": tactics}
    _attack(market, "credential_stuffing", for_minutes, DAY, settings)


@event("threats.card_fraud", kind="inject", like="threats.config.CardFraud")
def card_fraud(
    market: Any, for_minutes: Any = None, gangs: int | None = None, budget: Any = None,
    orders: Any = None, tactics: Any = None,
) -> None:  # fmt: skip
    """Orders on stolen cards (three days, if not stated otherwise)."""
    settings = {"gangs": gangs, "budget": budget, "orders": orders, "tactics": tactics}
    _attack(market, "card_fraud", for_minutes, 3.0 * DAY, settings)


@event("threats.return_fraud", kind="inject", like="threats.config.ReturnFraud")
def return_fraud(
    market: Any, for_minutes: Any = None, gangs: int | None = None, budget: Any = None,
    orders: Any = None, tactics: Any = None,
) -> None:  # fmt: skip
    """Goods ordered to be claimed as missing (three days of orders, if not stated otherwise)."""
    settings = {"gangs": gangs, "budget": budget, "orders": orders, "tactics": tactics}
    _attack(market, "return_fraud", for_minutes, 3.0 * DAY, settings)


@event("threats.review_fraud", kind="inject", like="threats.config.ReviewFraud")
def review_fraud(
    market: Any, target: Goods | None = None, for_minutes: Any = None, gangs: int | None = None, budget: Any = None,
    reviews: Any = None, points: int | None = None, tactics: Any = None,
) -> None:  # fmt: skip
    """Reviews for money about the target's articles (hero, if left out; three days, if not stated otherwise)."""
    settings = {"gangs": gangs, "budget": budget, "reviews": reviews, "points": points, "tactics": tactics,
                "skus": target}  # fmt: skip
    _attack(market, "review_fraud", for_minutes, 3.0 * DAY, settings)


@event("threats.price_bug", kind="inject", like="threats.config.PriceBug")
def price_bug(
    market: Any, target: Goods | None = "top 1%", for_minutes: Any = None,
    off: Annotated[Share, Field(gt=0.0, lt=1.0)] = "90%",  # type: ignore[assignment]
    people: Any = None, spreads: float | None = None,
) -> Bug:  # fmt: skip
    """The target's articles (a rule such as hero, category:NAME, top 1%) are sold `off` below list price by mistake."""
    side = threats(market)
    if side.bug is not None and not side.bug.over:
        raise SimError("threats.price_bug: another wrong price is still in force")
    share = size(off, 0.9)
    if not 0.0 < share < 1.0:
        raise SimError(f"threats.price_bug: found off {off!r}, accepted: a share above 0% and below 100%")
    try:
        mask = select(str(target or "top 1%"), market.world.shelf.skus, market.category_names, market.draws, 618)
    except ValueError as error:
        raise SimError(f"threats.price_bug: target: {error}") from error
    bug = Bug(mask, share, float(market.env.now))
    side.bug = bug
    market.env.process(watch(market, bug))
    lasts = minutes(for_minutes, 60.0)
    side.tell("price_bug", str(target), float(mask.sum()))
    call_after(market.env, lasts, FAULTS, partial(_end_bug, market, bug))
    waiting = any(agent.kind == "price_bug" and not agent.gone for agent in side.attackers)
    if not waiting:
        _attack(market, "price_bug", lasts, lasts, {"people": people, "spreads": spreads, "budget": "100M CNY"})
    return bug


def _end_bug(market: Any, bug: Bug) -> None:
    if not bug.over:
        bug.end(market)
        threats(market).tell("price_bug_over")


@event("threats.breach", kind="inject")
def breach(market: Any, records: Part | None = "1%") -> None:  # type: ignore[assignment]
    """Passwords of a share of the shop's own accounts are in attackers' hands, until they are reset.

    Where the file has `oversight.privacy`, it is a breach of personal data with all that follows from one.
    """
    share = size(records, 0.01)
    if not 0.0 <= share <= 1.0:
        raise SimError(f"threats.breach: found records {records!r}, accepted: a share of accounts, 0% to 100%")
    stolen = share * len(market.world.crowd.rows) * market.weight
    threats(market).leak(stolen, "accounts")
    guardian = getattr(market.notices.get("oversight"), "guardian", None)
    if guardian is not None and stolen > 0.0:
        guardian.breach(records=stolen)


# What people do -----------------------------------------------------------------------------------


def _switch(market: Any, name: str, on: bool, settings: dict[str, Any] | None = None) -> None:
    side = threats(market)
    side.guard.until.pop(name, None)
    given = {key: value for key, value in (settings or {}).items() if value is not None}
    try:
        side.guard.switch(name, on, float(market.env.now), given)
    except ValidationError as error:
        raise refusal(name, error) from error
    side.write()
    side.tell("defence_on" if on else "defence_off", name)


def _named(market: Any, target: Any) -> str:
    known = threats(market).guard.kinds
    if target not in known:
        raise SimError(f"threats: found target {target!r}, accepted: {', '.join(known)}")
    return str(target)


@event("threats.defend", kind="action", requires=("target",))
def defend(market: Any, target: Defence | None = None, for_minutes: Any = None) -> None:
    """Switch the defence named by the target on, freshly trained; for a while only where it would not stand anyway."""
    name, guard = _named(market, target), threats(market).guard
    ends = guard.until.get(name, 0.0 if guard.get(name) is None else math.inf)
    _switch(market, name, True)
    if for_minutes is None or ends == math.inf:
        return
    lasts = minutes(for_minutes, 0.0)
    guard.until[name] = max(ends, float(market.env.now) + lasts)

    def end() -> None:
        if guard.until.get(name, math.inf) <= float(market.env.now) + 1e-6:
            _switch(market, name, False)

    call_after(market.env, lasts, FAULTS, end)


@event("threats.drop", kind="action")
def drop(market: Any, target: Defence | None = None) -> None:
    """Switch the defence named by the target off (all without a target)."""
    names = list(threats(market).guard.standing) if target is None else [_named(market, target)]
    for name in names:
        _switch(market, name, False)


@event("threats.captcha_on", kind="action", like="threats.config.Captcha")
def captcha_on(market: Any, attempts: int | None = None) -> None:
    """Ask for captchas at logins, coupons and checkouts."""
    _switch(market, "captcha", True, {"attempts": attempts})


@event("threats.captcha_off", kind="action")
def captcha_off(market: Any) -> None:
    """No more captchas."""
    _switch(market, "captcha", False)


@event("threats.waf_on", kind="action", like="threats.config.Waf")
def waf_on(market: Any, hits: Any = None, link: float | None = None) -> None:
    """Rules and scrubbing at the front door."""
    _switch(market, "waf", True, {"hits": hits, "link": link})


@event("threats.waf_off", kind="action")
def waf_off(market: Any) -> None:
    """No more rules at the front door."""
    _switch(market, "waf", False)


@event("threats.limit", kind="action", like="threats.config.RateLimit")
def limit(market: Any, requests: Any = None, attempts: Any = None) -> None:
    """Limit what one address may ask and try."""
    _switch(market, "rate_limit", True, {"requests": requests, "attempts": attempts})


@event("threats.quota", kind="action", like="threats.config.CouponQuota")
def quota(market: Any, each: int | None = None) -> None:
    """At most so many coupons an account."""
    _switch(market, "coupon_quota", True, {"each": each})


@event("threats.real_name", kind="action", like="threats.config.RealName")
def real_name(market: Any, each: int | None = None) -> None:
    """Promoted articles and coupons only for accounts with an identity, so many each."""
    _switch(market, "real_name", True, {"each": each})


@event("threats.threshold", kind="action", requires=("false_positives",))
def threshold(market: Any, target: Detector = "behaviour", false_positives: Annotated[Share, Field(gt=0.0, lt=1.0)] | None = None) -> None:
    """Move a detector along its ROC: so many people flagged, and what that catches."""
    name = _named(market, target)
    if false_positives is None or not hasattr(DEFENCES[name].section, "threshold"):
        raise SimError("threats.threshold: accepted: target waf, fingerprint or behaviour, and false_positives")
    share = size(false_positives, 0.0)
    found = threats(market).guard.standing.get(name)
    detector: Any = DEFENCES[name].section() if found is None else found.config
    _switch(market, name, True, {"false_positives": false_positives, **(detector.along(share) if 0.0 < share < 1.0 else {})})


@event("threats.retrain", kind="action")
def retrain(market: Any, target: Detector | None = None) -> None:
    """Retrain a detector (all without a target): its power is what it was."""
    side = threats(market)
    count = side.train(None if target is None else _named(market, target))
    side.tell("retrained", str(target or "all"), count)


@event("threats.block", kind="action")
def block(market: Any, target: AttackerKind | None = None) -> None:
    """Cancel attackers' orders that the defences recognise now and that are not yet being picked."""
    side = threats(market)
    count = sum(agent.block() for agent in side.attackers if hasattr(agent, "block") and target in (None, agent.kind))
    side.tell("blocked", str(target or "all"), count * market.weight)


@event("threats.fix_price", kind="action")
def fix_price(market: Any) -> None:
    """The wrong price is taken down."""
    side = threats(market)
    if side.bug is not None:
        _end_bug(market, side.bug)


@event("threats.cancel_orders", kind="action")
def cancel(market: Any, compensation: Money = "20 CNY") -> None:  # type: ignore[assignment]
    """Cancel orders at a wrong price that are not yet being picked, with a compensation for each."""
    side = threats(market)
    if side.bug is None:
        side.tell("nothing_to_cancel")
        return
    count, paid = cancel_orders(market, side.bug, money(compensation, 20.0))
    side.add("bug_cancelled", count)
    side.add("bug_compensation", paid)
    side.tell("orders_cancelled", "price bug", count)


@event("threats.reset_passwords", kind="action")
def reset_passwords(market: Any) -> None:
    """Every password in attackers' hands is void."""
    side = threats(market)
    side.tell("passwords_reset", "", side.breached)
    side.breached = 0.0
