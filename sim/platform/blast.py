"""The blast radius of a faulty release: who met it at the checkout, and what was not ordered then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.platform import state as st
from sim.platform.config import Release


class Blast:
    """People whose order failed through one release, counted minute by minute.

    The crowd's own appointments and incidents say whose order failed in a minute. How much of a minute's failures is the
    release's: the probability that a checkout meets its fault ÷ the probability that a checkout fails. What it makes
    slower has no such probability; its part is what fails beyond what failed in the minute before it went out.
    """

    def __init__(self, market: Any, node: int, release: Release) -> None:
        self.market, self.release = market, release
        platform: st.PlatformState = market.world.platform
        into = slice(int(platform.into[node]), int(platform.into[node + 1]))
        #: passes of a checkout (order and pay) through the service
        self.passes = float(platform.essential[into][:, [st.ORDER, st.PAY]].sum())
        self.before = self._failing()
        self.hit: dict[int, float] = {}  # shopper row -> probability that the release failed an order of theirs
        self.rows_given_up = 0.0

    @property
    def people(self) -> float:
        """Real people with an order that failed through the release."""
        return sum(self.hit.values()) * float(self.market.weight)

    @property
    def given_up(self) -> float:
        """Real orders given up, for good or for some hours, after a failure through the release."""
        return self.rows_given_up * float(self.market.weight)

    def _failing(self) -> float:
        """Probability that a checkout failed in the last minute, mean over its seconds."""
        failure = np.asarray(self.market.world.platform.failure, "f8")
        return float((1.0 - (1.0 - failure[st.ORDER]) * (1.0 - failure[st.PAY])).mean())

    def part(self, share: float) -> float:
        """Share of the last minute's failed checkouts that failed through the release, with `share` of the traffic on it."""
        failing = self._failing()
        if failing <= 0.0 or share <= 0.0:
            return 0.0
        through = 1.0 - (1.0 - share * self.release.errors) ** self.passes
        if self.release.slower > 0.0:
            through = max(through, failing - self.before)
        return min(1.0, max(0.0, through / failing))

    def look(self, share: float) -> None:
        """Count the minute that has just ended, in which the release had `share` of the service's traffic."""
        world = self.market.world
        if share <= 0.0 or not hasattr(world, "crowd") or world.crowd.rows.shape[0] == 0:
            return
        part = self.part(share)
        if part <= 0.0:
            return
        gave_up = list(self._gave_up())
        self.rows_given_up += part * len(gave_up)
        for shopper in {*self._try_again(), *gave_up}:
            self.hit[shopper] = 1.0 - (1.0 - self.hit.get(shopper, 0.0)) * (1.0 - part)

    def _try_again(self) -> Iterator[int]:
        """Shoppers whose order failed in the last minute and who try again in this one."""
        from sim.crowd.state import A_RETRY

        agenda = self.market.world.agenda
        now = int(self.market.env.now)
        at = int(agenda.head[now]) if now < len(agenda.head) else -1
        while at >= 0:
            node = agenda.nodes[at]
            if node["kind"] == A_RETRY:
                yield int(node["subject"])
            at = int(node["next"])

    def _gave_up(self) -> Iterator[int]:
        """Shoppers whose order failed in the last minute and who do not try again at once."""
        from sim.care.state import ORDER_FAILED

        care = self.market.world.care
        inbox = care.inbox[: int(care.cursor[0])]
        last = int(self.market.env.now) - 1
        mine = (inbox["cause"] == ORDER_FAILED) & (inbox["minute"].astype(np.int64) == last)
        yield from (int(shopper) for shopper in inbox["shopper"][mine])
