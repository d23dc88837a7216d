"""Messages: who opens them, who comes, who has had enough.

Response wears out with the messages of the last week [R16]. Whoever minds so many a week [R19] may opt out for
good with each further one [R21]. A message brings a visit, nothing else; what the visit leads to is the visitor's choice.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.books.state import CASH, MARKETING, MESSAGES, OPT_OUTS, post
from sim.core.clock import ACTIONS, wait
from sim.core.registry import policy
from sim.core.rng import decision
from sim.crowd.state import ALIVE, CHECKING_OUT, OPTED_OUT, PRIVATE, PROSPECT, REMOVED

OPEN = decision("message.open")
CLICK = decision("message.click")
DELAY = decision("message.delay")
TOLERANCE = decision("message.tolerance")
OPT_OUT = decision("message.opt_out")

DAY, WEEK = 1440, 10080.0
#: what a message is about; the number is part of its draws
PURPOSES = (
    "abandoned_cart", "expiring_coupon", "back_in_stock", "voucher", "member_day", "group_post", "win_back", "broadcast",
)  # fmt: skip


class Messenger:
    """Sends messages to shoppers' rows and keeps count."""

    def __init__(self, market: Any) -> None:
        self.market = market
        self.config = market.config.crowd.messages
        self.sent: dict[str, int] = dict.fromkeys(PURPOSES, 0)
        self.clicked: dict[str, int] = dict.fromkeys(PURPOSES, 0)
        self._running = False

    def willing(self, shoppers: np.ndarray, group: bool = False) -> np.ndarray:
        """Those of ``shoppers`` who may be written to: known, not opted out, fewer than the week's limit so far."""
        rows = self.market.world.crowd.rows
        flags = rows["flags"][shoppers]
        closed = REMOVED | PROSPECT | (0 if group else OPTED_OUT)
        room = rows["fatigue"][shoppers] <= self.config.per_week - 1.0
        return np.asarray(shoppers[((flags & closed) == 0) & room])

    def send(self, purpose: str, shoppers: np.ndarray, opens: float | None = None, group: bool = False) -> np.ndarray:
        """One message to each of ``shoppers`` (rows, int64) who may be written to; returns the rows that will visit.

        ``opens``: chance of opening, left out that of messages. ``group``: a post in one of the shop's own groups,
        which those who mind leave.
        """
        market, config = self.market, self.config
        shoppers = self.willing(np.asarray(shoppers, np.int64), group)
        if not len(shoppers):
            return shoppers
        self._start()
        rows, now = market.world.crowd.rows, int(market.env.now)
        draws, occasion = market.draws, now * 16 + PURPOSES.index(purpose)
        fatigue = rows["fatigue"][shoppers].astype(float)
        rows["fatigue"][shoppers] += 1.0
        wear = np.exp(-config.wear * fatigue)
        alive = (rows["flags"][shoppers] & ALIVE) > 0
        opened = alive & (draws.uniform(OPEN, shoppers, occasion) < (config.open if opens is None else opens) * wear)
        come = opened & (draws.uniform(CLICK, shoppers, occasion) < config.click)
        self._count(purpose, len(shoppers), int(come.sum()), now)
        self._lose(shoppers, fatigue + 1.0, occasion, group)
        visitors = shoppers[come]
        if len(visitors):
            delay = 1.0 + config.delay * draws.exponential(DELAY, visitors, occasion)
            market.appoint_visits(visitors, now + delay.astype(np.int64))
        return visitors

    def _count(self, purpose: str, sent: int, clicked: int, now: int) -> None:
        books = self.market.world.books
        self.sent[purpose] += sent
        self.clicked[purpose] += clicked
        books.series[now // 60, MESSAGES] += sent
        post(books, now, MARKETING, CASH, round(sent * self.config.cost * 100))

    def _lose(self, shoppers: np.ndarray, count: np.ndarray, occasion: int, group: bool) -> None:
        """Those who mind ``count`` messages a week opt out with each message, or leave the group."""
        market, draws = self.market, self.market.draws
        rows = market.world.crowd.rows
        minding = np.interp(count, [0.0, 1.0, 5.0, 10.0], [0.0, *self.config.bother])
        minds = draws.uniform(TOLERANCE, shoppers) < minding
        gone = shoppers[minds & (draws.uniform(OPT_OUT, shoppers, occasion) < self.config.opt_out)]
        if group:
            rows["flags"][gone] &= ~np.uint32(PRIVATE)
        else:
            rows["flags"][gone] |= np.uint32(OPTED_OUT)
        market.world.books.series[int(market.env.now) // 60, OPT_OUTS] += len(gone)

    def _start(self) -> None:
        if not self._running:
            self._running = True
            self.market.env.process(self._forget())

    def _forget(self) -> Any:
        """Each midnight the messages of the last week count a little less."""
        while True:
            yield wait(self.market.env, DAY - self.market.env.now % DAY, ACTIONS)
            self.market.world.crowd.rows["fatigue"] *= np.float32(math.exp(-DAY / WEEK))


@policy("crowd.messages", "none")
class NoTriggers:
    """Only programmes write messages."""

    def __init__(self, market: Any, messenger: Messenger) -> None:
        pass


@policy("crowd.messages", "triggered")
class Triggered:
    """A message follows an abandoned cart, a coupon's last day, an article that is back in stock."""

    def __init__(self, market: Any, messenger: Messenger) -> None:
        self.market, self.messenger, self.config = market, messenger, messenger.config
        self.was_out: np.ndarray | None = None
        market.env.process(self._watch())

    def _watch(self) -> Any:
        step = self.config.review
        while True:
            yield wait(self.market.env, step, ACTIONS)
            if self.config.abandoned:
                self.messenger.send("abandoned_cart", self.abandoned())
            if self.config.expiring and 600 <= self.market.env.now % DAY < 600 + step:
                self.messenger.send("expiring_coupon", self.expiring())
            if self.config.back_in_stock:
                self.messenger.send("back_in_stock", self.back_in_stock())

    def abandoned(self) -> np.ndarray:
        """Rows whose cart has been alone for the stated time, and each day after for as many reminders as there are."""
        rows, now = self.market.world.crowd.rows, self.market.env.now
        age = now - rows["cart_since"] - self.config.abandoned_after
        left = (rows["cart_lines"] > 0) & (rows["wait_until"] < 0) & ((rows["flags"] & CHECKING_OUT) == 0)
        day = np.floor_divide(age, DAY)
        due = (age >= 0) & (day < self.config.reminders) & (age - day * DAY < self.config.review)
        return np.flatnonzero(left & due)

    def expiring(self) -> np.ndarray:
        """Rows that hold a coupon on its last day."""
        rows = self.market.world.crowd.rows
        return np.flatnonzero(rows["coupon_day"] == int(self.market.env.now) // DAY)

    def back_in_stock(self) -> np.ndarray:
        """Rows whose cart holds an article that was sold out at the last look and is there again."""
        stock = self.market.world.supply.stock
        out = (stock["on_hand"] - stock["allocated"]).sum(axis=0) <= 0
        back = np.zeros_like(out) if self.was_out is None else self.was_out & ~out
        self.was_out = out
        if not back.any():
            return np.zeros(0, np.int64)
        rows = self.market.world.crowd.rows
        held = np.arange(rows["cart_sku"].shape[1]) < rows["cart_lines"][:, None]
        return np.flatnonzero((held & back[rows["cart_sku"]]).any(axis=1))


def messenger(market: Any) -> Messenger:
    """The market's messenger."""
    found = market.notices.get("messenger")
    if found is None:
        found = market.notices["messenger"] = Messenger(market)
    return found  # type: ignore[no-any-return]
