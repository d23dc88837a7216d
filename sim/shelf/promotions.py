"""The promotion calendar: what holds when, and what it writes on the boards.

Stacking, in the order in which a basket is priced:

1. one price cut an item: of all cuts that hold at once the deepest counts, they are never added;
2. the member price, where lower;
3. full reductions over the eligible lines;
4. one coupon over what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.core.calendar import Calendar
from sim.core.rng import Draws, decision
from sim.shelf.config import Coupons, Discount, FullReduction, Livestream, Presale, Shelf
from sim.shelf.state import (
    ACTIVE,
    C_BUDGET,
    C_CLAIM,
    C_FROM,
    C_OFF,
    C_THRESHOLD,
    C_TO,
    EVERY,
    OFF,
    TIMES,
    ShelfState,
)

SELECTION = decision("promotion.selection")

ORIGIN_BROWSE, ORIGIN_LIVESTREAM, ORIGIN_GROUP, ORIGIN_PRESALE, ORIGIN_FLASH, ORIGIN_BOT = range(6)


@dataclass(frozen=True)
class Window:
    """One promotion over one stretch of time: known from ``announced``, holds in [``opens``, ``closes``)."""

    spec: Any  # the promotion's config
    number: int  # of the promotion in the file: the bit or the row it writes
    mask: np.ndarray  # bool[skus]
    announced: int  # minute
    opens: int  # minute
    closes: int  # minute


def select(rule: str, skus: np.ndarray, names: list[str], draws: Draws, salt: int) -> np.ndarray:
    """bool[skus] of a selector: ``all``, ``hero``, ``flash``, ``exclusive``, ``category:NAME``, ``top N%``, ``random N%``.

    ``flash`` is a random 3% of the goods. Raises ValueError naming what is accepted.
    """
    number = np.arange(len(skus))
    if rule == "all":
        return np.ones(len(skus), bool)
    if rule in ("hero", "exclusive"):
        return skus[rule].astype(bool)
    if rule.startswith("category:") and rule[9:] in names:
        return np.asarray(skus["category"] == names.index(rule[9:]))
    word, _, share = ("random", "", "3%") if rule == "flash" else rule.partition(" ")
    if word in ("top", "random") and share.endswith("%"):
        try:
            part = float(share[:-1]) / 100.0
        except ValueError:
            part = -1.0
        if 0.0 < part <= 1.0:
            if word == "random":
                return np.asarray(draws.uniform(SELECTION, number, salt) < part)
            rank = np.empty(len(skus), int)
            for category in range(len(names)):
                mine = np.flatnonzero(skus["category"] == category)
                rank[mine] = np.arange(len(mine))
                rank[mine] = (rank[mine] + 0.5) / len(mine) * 1_000_000
            return rank < part * 1_000_000
    raise ValueError(
        f"found {rule!r}, accepted: all, hero, flash, exclusive, category:NAME (one of {', '.join(names)}), "
        "top N% or random N%"
    )


def windows(config: Shelf, calendar: Calendar, skus: np.ndarray, names: list[str], draws: Draws) -> list[Window]:
    """Every promotion of the file as windows in minutes, in the order of the file."""
    found: list[Window] = []
    for number, spec in enumerate(config.promotions):
        rule = f"category:{spec.room}" if isinstance(spec, Livestream) and spec.room else getattr(spec, "skus", "hero")
        if isinstance(spec, Coupons):
            rule = "all"
        mask = select(rule, skus, names, draws, number)
        for opens, closes in _spans(spec, calendar):
            known = calendar.minute(spec.announced) if spec.announced else opens - config.announce
            found.append(Window(spec, number, mask, int(max(0, known)), int(opens), int(closes)))
    return found


def _spans(spec: Any, calendar: Calendar) -> list[tuple[float, float]]:
    if isinstance(spec, Livestream):
        at = calendar.minute(spec.at)
        return [(at, at + spec.lasts)]
    if isinstance(spec, Presale):
        return [(calendar.minute(spec.start), calendar.minute(spec.balance))]
    if isinstance(spec, Discount) and spec.at:
        lasts = spec.lasts or 60.0
        return [(calendar.minute(at), calendar.minute(at) + lasts) for at in spec.at]
    if spec.start is None or spec.to is None:
        raise ValueError("a promotion needs `from` and `to`, or `at` and `for`")
    return [(calendar.minute(spec.start), calendar.minute(spec.to))]


def write_boards(shelf: ShelfState, calendar: list[Window], minute: int, weight: float, limit: float) -> None:
    """Write every promotion board as it is at ``minute`` (integer minutes; windows are half-open).

    Idempotent: depends only on the calendar and the minute, except quotas and coupon budgets, which are
    set when their window opens and run down afterwards.
    """
    skus = shelf.skus
    listed = skus["list_price"]
    floor = np.rint(listed * (1.0 - limit)).astype(np.int64)
    price, member = listed.copy(), np.zeros_like(listed)
    deposit, balance = np.zeros(len(skus), np.float32), np.zeros(len(skus), np.int32)
    announced, announced_at = np.full(len(skus), np.iinfo(np.int64).max), np.full(len(skus), -1, np.int32)
    exposure, impulse = np.zeros(len(skus), np.float32), np.zeros(len(skus), np.float32)
    origin, bits = np.zeros(len(skus), np.uint8), np.zeros(len(skus), np.uint8)
    reductions = np.zeros_like(shelf.reductions)
    reduction = coupon = 0
    seen: dict[int, int] = {}
    for window in calendar:
        spec, mask = window.spec, window.mask
        holds = window.opens <= minute < window.closes
        coming = window.announced <= minute < window.opens
        if isinstance(spec, (Discount, Presale, Livestream)):
            cut = np.maximum(np.rint(listed * (1.0 - spec.off)).astype(np.int64), floor)
            if isinstance(spec, Discount) and spec.kind == "member_price":
                if holds:
                    member = np.where(mask & ((member == 0) | (cut < member)), cut, member)
                continue
            sold_out = skus["quota"] == 0 if isinstance(spec, Discount) and spec.quota is not None else False
            if holds:
                better = mask & (cut < price) & ~np.asarray(sold_out)
                price = np.where(better, cut, price)
                if isinstance(spec, Presale):
                    deposit[mask] = spec.deposit
                    balance[mask] = window.closes
                    origin[mask] = ORIGIN_PRESALE
                elif isinstance(spec, Livestream):
                    exposure[mask] = np.maximum(exposure[mask], spec.exposure)
                    impulse[mask] = np.maximum(impulse[mask], spec.impulse)
                    origin[mask] = ORIGIN_LIVESTREAM
                elif spec.kind == "flash":
                    origin[better] = ORIGIN_FLASH
                if isinstance(spec, Discount) and spec.quota is not None and minute == window.opens:
                    skus["quota"][mask] = max(1, round(spec.quota / weight))
            elif coming and not isinstance(spec, Presale):
                sooner = mask & (cut < announced)
                announced = np.where(sooner, cut, announced)
                announced_at[sooner] = window.opens
        elif isinstance(spec, FullReduction):
            row = seen.setdefault(window.number, reduction)
            reduction = max(reduction, row + 1)
            every, off = round(spec.every * 100), round(spec.off * 100)
            reductions[row] = (every, off, spec.times, holds)
            if holds:
                bits[mask] |= np.uint8(1 << row)
            elif coming:
                # what a single article can hope for: its own share of a full amount
                hoped = np.rint(listed * (1.0 - off / every * np.minimum(1.0, listed / every))).astype(np.int64)
                sooner = mask & (hoped < announced)
                announced = np.where(sooner, hoped, announced)
                announced_at[sooner] = window.opens
        elif isinstance(spec, Coupons):
            row = seen.setdefault(window.number, coupon)
            coupon = max(coupon, row + 1)
            kind = shelf.coupons[row]
            if kind[C_OFF] == 0:
                kind[C_THRESHOLD], kind[C_OFF] = round(spec.threshold * 100), round(spec.off * 100)
                kind[C_BUDGET] = round(spec.budget * 100 / weight)
                kind[C_FROM], kind[C_TO] = window.opens, window.closes
                kind[C_CLAIM] = round(spec.claim * 1e6)
    skus["price"], skus["member_price"] = price, member
    skus["deposit"], skus["balance_at"] = deposit, balance
    held = announced < np.iinfo(np.int64).max
    skus["announced_price"], skus["announced_at"] = np.where(held, announced, 0), np.where(held, announced_at, -1)
    skus["exposure"], skus["impulse"], skus["origin"], skus["full_reduction"] = exposure, impulse, origin, bits
    shelf.reductions[:] = reductions
    assert EVERY == 0 and OFF == 1 and TIMES == 2 and ACTIVE == 3


def turning_points(calendar: list[Window], end: int) -> list[int]:
    """Minutes at which some board changes, in order, within the run."""
    minutes = {minute for window in calendar for minute in (window.announced, window.opens, window.closes)}
    return sorted(minute for minute in minutes if 0 <= minute < end)


def openings(calendar: list[Window]) -> list[int]:
    """Minutes at which an announced price begins to hold: those who waited come back then."""
    waited = (Discount, FullReduction, Livestream)
    return sorted({window.opens for window in calendar if isinstance(window.spec, waited)})
