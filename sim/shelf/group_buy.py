"""Group-buy: orders that wait for others, invitations over the social graph, and a price that falls with the people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import mesa
import numpy as np

from sim.books.state import ADVANCES, CASH, DISCOUNT_ITEM, INVITATIONS, note, post
from sim.core.clock import ACTIONS, wait
from sim.core.rng import decision
from sim.crowd.state import ALIVE, CART, REMOVED
from sim.fulfilment.state import DEPOSIT, FLAG_GROUPED
from sim.shelf.promotions import ORIGIN_GROUP, Window
from sim.shelf.state import GROUP_HOURS

ACCEPTS = decision("group.accepts")
ANSWER = decision("group.answer")
EVERY = 10.0  # minutes between looks at the orders
ANSWERS = 120.0  # mean minutes until somebody asked comes


@dataclass
class Group:
    """People who buy one SKU together."""

    window: Window
    sku: int
    until: float  # minute at which its time is up
    orders: list[tuple[int, int]] = field(default_factory=list)  # row and serial of each order, in order of joining

    @property
    def full(self) -> bool:
        """Nobody more is needed for the lowest price."""
        return len(self.orders) >= self.window.spec.rungs[-1][0]

    def off(self) -> float | None:
        """Share off at its present size; None below the least."""
        reached = [off for people, off in self.window.spec.rungs if len(self.orders) >= people]
        return reached[-1] if reached else None


class GroupDesk(mesa.Agent):
    """Puts paid orders into groups, sends invitations, and confirms groups or sends the money back.

    Somebody invited joins the inviter's group while it is open; others join the oldest open group of the article where
    strangers are allowed, or begin one. A row is a group of its own for each person it stands for.
    """

    def __init__(self, market: Any, windows: list[Window]) -> None:
        super().__init__(market)
        self.market, self.windows = market, windows
        self.open: dict[int, list[Group]] = {}  # by SKU, oldest first
        self.asked: dict[tuple[int, int], Group] = {}  # group that a shopper was asked to join, by shopper and SKU
        self.seen = -1  # serial of the last order taken in
        market.world.shelf.setting[GROUP_HOURS] = max(w.spec.within for w in windows) / 60.0
        market.env.process(self._run())

    def _run(self) -> Any:
        first = min(window.opens for window in self.windows)
        last = max(window.closes + window.spec.within for window in self.windows)
        yield wait(self.market.env, first - self.market.env.now, ACTIONS)
        while self.market.env.now <= last + 2 * EVERY:
            yield wait(self.market.env, EVERY, ACTIONS)
            now = float(self.market.env.now)
            for group in [group for groups in self.open.values() for group in groups if group.until <= now]:
                self.end(group)
            self.take_in(now)

    def take_in(self, now: float) -> None:
        """Group the orders written since the last look, in the order in which they were written."""
        orders = self.market.world.fulfilment.orders
        fresh = (orders["shopper"] >= 0) & (orders["origin"] == ORIGIN_GROUP) & (orders["serial"] > self.seen)
        rows = np.flatnonzero(fresh & (orders["line_state"][:, 0] == DEPOSIT))
        for row in rows[np.argsort(orders["serial"][rows], kind="stable")]:
            self.seen = max(self.seen, int(orders["serial"][row]))
            self.join(int(row), now)

    def join(self, row: int, now: float) -> None:
        """Put one order into a group."""
        order = self.market.world.fulfilment.orders[row]
        sku, shopper = int(order["sku"][0]), int(order["shopper"])
        groups = self.open.setdefault(sku, [])
        group = self.asked.pop((shopper, sku), None)
        if group is None or group not in groups:
            window = next((w for w in self.windows if w.mask[sku] and w.opens <= order["placed"] < w.closes), None)
            window = window or next(w for w in self.windows if w.mask[sku])
            group = next((one for one in groups if window.spec.strangers and not one.full), None)
            if group is None:
                group = Group(window, sku, float(order["placed"]) + window.spec.within)
                groups.append(group)
        group.orders.append((row, int(order["serial"])))
        if group.full:
            self.end(group)
        else:
            self.invite(group, shopper, now)

    def invite(self, group: Group, shopper: int, now: float) -> None:
        """Ask friends; those who accept come to look, with the article in their cart."""
        from sim.crowd.graph import neighbours

        market, spec = self.market, group.window.spec
        friends = neighbours(market, np.array([shopper]))[0]
        friends = friends[friends >= 0][: spec.invites]
        note(market.world.books, int(now), INVITATIONS, float(len(friends)))
        if not len(friends):
            return
        occurrence = (group.sku * 4099 + int(group.until)) & 0xFFFFFFFF
        come = market.draws.uniform(ACCEPTS, friends, occurrence) < spec.accepts
        for friend in friends[come]:
            row = market.world.crowd.rows[friend]
            lines = int(row["cart_lines"])
            if not row["flags"] & ALIVE or row["flags"] & REMOVED or lines >= CART:
                continue
            delay = -ANSWERS * np.log(float(market.draws.uniform(ANSWER, int(friend), occurrence)))
            if group.sku not in row["cart_sku"][:lines]:
                if lines == 0:
                    row["cart_since"] = int(now)
                row["cart_sku"][lines], row["cart_quantity"][lines] = group.sku, 1
                row["cart_lines"] = lines + 1
            self.asked[int(friend), group.sku] = group
            market.appoint_visits(np.array([friend]), np.array([int(now + 1 + delay)]))

    def end(self, group: Group) -> None:
        """The group is full or its time is up: every order is confirmed at the price reached, or paid back."""
        self.open[group.sku].remove(group)
        off = group.off()
        rows = [row for row, _ in group.orders]
        if off is not None:
            for row in rows:
                self.confirm(row, off)
        self.market.end_group(np.array(rows, np.int64))
        what = "group_complete" if off is not None else "group_failed"
        self.market.journal.record("shelf", what, f"SKU {group.sku}", len(rows) * self.market.weight)

    def confirm(self, row: int, off: float) -> None:
        """An order's price is that of the rung reached; what was paid above it goes back."""
        market = self.market
        order = market.world.fulfilment.orders[row]
        minute = int(market.env.now)
        limit = market.config.shelf.price_change_limit
        due = round(int(order["list_value"][0]) * (1.0 - min(off, limit)))
        back = max(0, int(order["paid"][0]) - due)
        order["flags"] |= FLAG_GROUPED
        order["paid"][0] -= back
        order["deposit"] -= back
        shopper = market.world.crowd.rows[order["shopper"]]
        shopper["money"] -= back
        if order["placed"] >= market.calendar.warmup:
            shopper["margin"] -= back
        post(market.world.books, minute, ADVANCES, CASH, back)
        note(market.world.books, minute, DISCOUNT_ITEM, float(back))
