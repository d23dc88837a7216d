"""The defences: what they cost attackers, whom they catch, and what they do to people."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from sim.core.registry import get_policy, policy
from sim.threats import config as c
from sim.threats.roc import captcha_tries, faded, passes_captcha, true_positives


class Standing:
    """A defence that stands: its section, whether it is in force, and since when it has been trained."""

    section: type[c.Defence] = c.Defence

    def __init__(self, section: Any, now: float) -> None:
        self.config = section
        self.on = bool(section.enabled)
        self.trained = now

    def looks_at(self, surface: str) -> bool:
        """Whether it is in force where attackers and people do this."""
        return self.on and surface in getattr(self.config, "on", ())

    def catches(self, surface: str, exposure: float, now: float) -> float:
        """TPR: share of attempts it stops there. ``exposure``: factor of the tactic on d′."""
        return self.power(exposure, now) if self.looks_at(surface) else 0.0

    def flags(self, surface: str) -> float:
        """FPR: share of people it stops there."""
        return self.mistakes() if self.looks_at(surface) else 0.0

    def power(self, exposure: float, now: float) -> float:
        """TPR where it looks."""
        return 0.0

    def mistakes(self) -> float:
        """FPR where it looks."""
        return 0.0


class Trained(Standing):
    """A detector on a binormal ROC whose d′ fades until it is retrained."""

    config: c.Detector

    def power(self, exposure: float, now: float) -> float:
        """TPR at its threshold with what is left of d′."""
        left = faded(self.config.separation, now - self.trained, self.config.decay)
        return true_positives(left * exposure, self.config.threshold)

    def mistakes(self) -> float:
        """FPR: its threshold stays where it is."""
        return self.config.threshold


@policy("threats.defences", "waf")
class Waf(Trained):
    """Rules on requests and scrubbing of floods at the front door."""

    section = c.Waf


@policy("threats.defences", "rate_limit")
class RateLimit(Standing):
    """An address asks and tries only so often: volume needs addresses."""

    section = c.RateLimit


@policy("threats.defences", "captcha")
class Captcha(Standing):
    """A price for bots, not a wall; a hurdle for people."""

    section = c.Captcha

    def power(self, exposure: float, now: float) -> float:
        """Share of bots that fail every try."""
        return 1.0 - passes_captcha(self.config.bots_right, self.config.attempts, 0.0)

    def loses(self, surface: str) -> float:
        """Share of people who do not get through."""
        if not self.looks_at(surface):
            return 0.0
        return 1.0 - passes_captcha(self.config.people_right, self.config.attempts, self.config.gives_up)

    def tries(self, surface: str) -> float:
        """Captchas a bot solves for an action."""
        return captcha_tries(self.config.bots_right, self.config.attempts, 0.0) if self.looks_at(surface) else 0.0


@policy("threats.defences", "fingerprint")
class Fingerprint(Trained):
    """Many accounts on one device, devices that contradict themselves."""

    section = c.Fingerprint


@policy("threats.defences", "behaviour")
class Behaviour(Trained):
    """How somebody moves through the shop; the threshold trades attackers caught for people refused."""

    section = c.Behaviour


@policy("threats.defences", "manual_review")
class ManualReview(Standing):
    """People look at suspicious cases, as many as they can."""

    section = c.ManualReview

    def __init__(self, section: Any, now: float) -> None:
        super().__init__(section, now)
        self.share = 1.0  # of the suspicious cases, looked at in the last hour
        self.cases = 0.0  # of attackers, sent to review since the last hour

    def power(self, exposure: float, now: float) -> float:
        """Share looked at and recognised."""
        return float(self.share * self.config.finds)

    def mistakes(self) -> float:
        """Honest cases looked at and refused."""
        return float(self.config.suspicious * self.share * self.config.false_positives)

    def count(self, honest: float, hours: float) -> float:
        """The cases of the last hours set the share looked at from now on; returns how many were looked at."""
        waiting = honest * self.config.suspicious + self.cases
        able = self.config.capacity * hours / 24.0
        self.share = 1.0 if waiting <= able else able / waiting
        self.cases = 0.0
        return min(waiting, able)


@policy("threats.defences", "coupon_quota")
class CouponQuota(Standing):
    """At most so many coupons for an account."""

    section = c.CouponQuota


@policy("threats.defences", "real_name")
class RealName(Standing):
    """Accounts are tied to an identity: dear to buy, few orders each."""

    section = c.RealName


#: the built-in ones, in the order in which an attempt meets them
DEFENCES: dict[str, type[Standing]] = {
    "waf": Waf, "rate_limit": RateLimit, "captcha": Captcha, "fingerprint": Fingerprint, "behaviour": Behaviour,
    "manual_review": ManualReview, "coupon_quota": CouponQuota, "real_name": RealName,
}  # fmt: skip


def number_of(name: str) -> int:
    """The number of a defence in the names of draws: its place, or made from the name of a package's."""
    return list(DEFENCES).index(name) if name in DEFENCES else len(DEFENCES) + zlib.crc32(name.encode()) % 2**31


class Guard:
    """All defences that stand, and what they have seen. Those of packages are met after the built-in ones, by name."""

    def __init__(self, config: c.Threats, now: float) -> None:
        self.economy = config.economy
        added = {name: get_policy("threats.defences", name) for name in sorted(config.defences.added())}
        #: every defence there is, in the order in which an attempt meets them
        self.kinds: dict[str, type[Standing]] = {**DEFENCES, **added}
        self.numbers = {name: number_of(name) for name in self.kinds}
        self.standing: dict[str, Standing] = {}
        for name, kind in self.kinds.items():
            section = getattr(config.defences, name, None)
            if section is not None:
                self.standing[name] = kind(section, now)
        #: minute until which a defence stands that was switched on for a while
        self.until: dict[str, float] = {}
        #: attempts each defence saw and stopped; real numbers
        self.seen: dict[str, int] = dict.fromkeys(self.kinds, 0)
        self.caught: dict[str, int] = dict.fromkeys(self.kinds, 0)

    def get(self, name: str) -> Any:
        """The defence of that name while it is in force, else None."""
        found = self.standing.get(name)
        return found if found is not None and found.on else None

    def switch(self, name: str, on: bool, now: float, settings: dict[str, Any]) -> None:
        """Switch a defence on (freshly trained, with ``settings`` if given) or off.

        One in force that is given other settings goes on with what it has learnt.
        """
        found = self.standing.get(name)
        if on and (found is None or settings):
            kind = self.kinds[name]
            config = kind.section(**{**settings, "enabled": True})
            if found is not None:
                config = found.config.model_copy(update={key: getattr(config, key) for key in config.model_fields_set})
            if found is not None and found.on:
                found.config = config
            else:
                self.standing[name] = kind(config, now)
        elif found is not None:
            if on and not found.on:
                found.trained = now
            found.on = on

    def train(self, name: str | None, now: float) -> list[Trained]:
        """Retrain one detector or all that are in force; returns those trained."""
        found = [d for key, d in self.standing.items() if name in (None, key) and d.on and isinstance(d, Trained)]
        for detector in found:
            detector.trained = now
        return found

    def exposure(self, tactic: str) -> float:
        """Factor of a tactic on the d′ of detectors."""
        return {"simple": self.economy.simple_exposure, "human": self.economy.human_exposure}.get(tactic, 1.0)

    def powers(self, surface: str, tactic: str, now: float) -> Iterator[tuple[int, str, float]]:
        """(number, name, TPR) of each defence that looks at a surface, in the order in which attempts meet them."""
        for name in self.kinds:
            number, found = self.numbers[name], self.get(name)
            if found is None:
                continue
            if isinstance(found, Captcha) and tactic == "human":
                if found.looks_at(surface):
                    yield number, name, found.loses(surface)
                continue
            share = found.catches(surface, self.exposure(tactic), now)
            if share > 0.0:
                yield number, name, share

    def stops(self, surface: str, tactic: str, now: float) -> float:
        """TPR of all defences together: independent detectors, one after the other."""
        passed = 1.0
        for _, _, share in self.powers(surface, tactic, now):
            passed *= 1.0 - share
        return 1.0 - passed

    def flagged(self, *surfaces: str) -> float:
        """FPR of all together: share of people stopped at any of the surfaces, captchas left out."""
        passed = 1.0
        for defence in self.standing.values():
            passed *= 1.0 - max((defence.flags(surface) for surface in surfaces), default=0.0)
        return 1.0 - passed

    def lost_at_captcha(self, surface: str) -> float:
        """Share of people who do not get through the captcha there."""
        found = self.get("captcha")
        return found.loses(surface) if found is not None else 0.0

    # What they cost attackers -----------------------------------------------------------------------

    def account(self, surface: str) -> tuple[float, int]:
        """(CNY, actions) of an account for a surface: its price, and how often it serves."""
        price, uses = self.economy.account, self.economy.uses
        quota, identity = self.get("coupon_quota"), self.get("real_name")
        if surface == "claim" and quota is not None:
            uses = min(uses, quota.config.each)
        if identity is not None and identity.looks_at(surface):
            price, uses = max(price, identity.config.price), min(uses, identity.config.each)
        return price, uses

    def attempt(self, surface: str, tactic: str) -> tuple[float, float, float]:
        """CNY of proxies, captchas and labour for an attempt."""
        economy = self.economy
        proxies = economy.traffic / 1024.0 * economy.proxy if tactic == "advanced" else 0.0
        found = self.get("captcha")
        tries = found.tries(surface) if found is not None and tactic != "human" else 0.0
        return proxies, tries * economy.solving / 1000.0, economy.labour if tactic == "human" else 0.0

    def most(self, surface: str, tactic: str, minutes: float) -> float:
        """Attempts a gang's addresses may make in so many minutes."""
        found = self.get("rate_limit")
        if found is None or not found.looks_at(surface):
            return float("inf")
        rate = found.config.requests if surface == "request" else found.config.attempts
        return float(self.economy.sources.get(tactic, 0) * rate * 60.0 * minutes)  # type: ignore[call-overload]
