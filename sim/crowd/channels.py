"""Channels that win shoppers: whom each one reaches for its money, and what a contact does.

Reach saturates with spend. A contact may bring a visit at once, more likely the more the person needs what is shown,
and raises the rate of visits for some days (adstock). A prospect who visits may register and is then a customer won by
that channel. Whom a targeted channel addresses follows from what the platform has observed, never from hidden needs.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from sim.core.calendar import DAY
from sim.core.registry import policy
from sim.core.rng import decision
from sim.crowd.graph import neighbours
from sim.crowd.observed import observer
from sim.crowd.programmes_config import Channel
from sim.crowd.state import ALIVE, HELD_OUT, LED, P_COLLECT, PROSPECT, REMOVED
from sim.fulfilment.state import S_DIRECT

CONTACT = decision("channel.contact")
AUDIENCE = decision("channel.audience")
FOLLOW = decision("channel.follow")
SEED = decision("channel.seed")


def reached(spec: Channel, spend: float, people: float) -> float:
    """Share of an audience of ``people`` that ``spend`` CNY in a day reaches.

    Exponential: c·(1 − exp(−x)); Hill: c·x^h ÷ (1 + x^h), with x = spend ÷ (cost of one contact × people × c) and c the
    ceiling. Both cost ``spec.cost`` a contact where spend is small (exponential) or at half the ceiling (Hill).
    """
    if people <= 0.0 or spend <= 0.0:
        return 0.0
    x = spend / (spec.cost * people * spec.ceiling)
    if spec.curve == "hill":
        return spec.ceiling * x**spec.hill / (1.0 + x**spec.hill)
    return spec.ceiling * (1.0 - math.exp(-x))


class Reach(ABC):
    """What a channel's policy is made of: the market, the channel's section, its number and its category."""

    trust = 1.0  # a contact counts so many times an advertisement

    def __init__(self, market: Any, spec: Channel, number: int) -> None:
        self.market, self.spec, self.number = market, spec, number
        names = market.category_names
        self.category: int | None = names.index(spec.category) if spec.category else None

    def need(self, shoppers: np.ndarray) -> np.ndarray:
        """How much each of ``shoppers`` needs what is shown, 1 for the average person."""
        if self.category is None:
            return np.ones(len(shoppers))
        taste = self.market.world.crowd.rows["category_taste"][:, self.category]
        return taste[shoppers] / max(1e-9, float(taste.mean()))

    def allowed(self) -> np.ndarray:
        """Rows that may be addressed at all."""
        flags = self.market.world.crowd.rows["flags"]
        ok = (flags & (REMOVED | HELD_OUT)) == 0
        if self.spec.audience != "everyone":
            ok &= ((flags & PROSPECT) > 0) == (self.spec.audience == "prospects")
        return np.flatnonzero(ok)

    def draw(self, shoppers: np.ndarray, share: Any, salt: int) -> np.ndarray:
        """Those of ``shoppers`` that are met, each with chance ``share``."""
        u = self.market.draws.uniform(CONTACT, shoppers, salt * 16 + self.number)
        return np.asarray(shoppers[u < share])

    @abstractmethod
    def contacts(self, day: int, spend: float) -> list[np.ndarray]:
        """Groups of rows met on ``day`` for ``spend`` real CNY."""

    def cost(self, spend: float) -> float:
        """What of ``spend`` real CNY the contacts of the day cost: all of it, where more money always finds more people."""
        return spend


@policy("crowd.acquisition", "broad")
class Broad(Reach):
    """Advertisements to anybody."""

    def contacts(self, day: int, spend: float) -> list[np.ndarray]:
        """A random part of all who may be addressed."""
        audience = self.allowed()
        return [self.draw(audience, reached(self.spec, spend, len(audience) * self.market.weight), day)]


@policy("crowd.acquisition", "look_alike")
class LookAlike(Reach):
    """Advertisements to those whose observed profile is most like that of buyers."""

    def __init__(self, market: Any, spec: Channel, number: int) -> None:
        super().__init__(market, spec, number)
        self.observer = observer(market)

    def contacts(self, day: int, spend: float) -> list[np.ndarray]:
        """A random part of the share with the highest scores."""
        allowed = self.allowed()
        score = self.observer.score(self.category)[allowed]
        # many strangers share a score: ties are broken by a draw that never changes
        tie = self.market.draws.uniform(AUDIENCE, allowed, self.number)
        best = np.lexsort((tie, -score))[: math.ceil(self.spec.top * len(allowed))]
        audience = np.sort(allowed[best])
        return [self.draw(audience, reached(self.spec, spend, len(audience) * self.market.weight), day)]


class Seeding(Reach):
    """Posts whose attention fades: each day a part of those who have not seen one yet sees it."""

    def __init__(self, market: Any, spec: Channel, number: int) -> None:
        super().__init__(market, spec, number)
        self.trust = spec.trust
        self.pot = 0.0  # real CNY not yet spent on a post
        self.posts: list[np.ndarray] = []
        self.made = 0

    def contacts(self, day: int, spend: float) -> list[np.ndarray]:
        """Those who see a post for the first time today."""
        self.pot += spend
        price = self.price()
        for _ in range(int(self.pot // price)):
            self.pot -= price
            self.posts.append(self.audience(self.made))
            self.made += 1
        seen = 1.0 - 2.0 ** (-DAY / self.spec.lives)
        allowed = np.zeros(len(self.market.world.crowd.rows), bool)
        allowed[self.allowed()] = True
        met: list[np.ndarray] = []
        for number, waiting in enumerate(self.posts):
            now = self.draw(waiting, seen, day * 64 + number)
            self.posts[number] = np.setdiff1d(waiting, now, assume_unique=True)
            met.append(now[allowed[now]])
        self.posts = [waiting for waiting in self.posts if len(waiting)]
        return met

    @abstractmethod
    def price(self) -> float:
        """Real CNY of one post."""

    @abstractmethod
    def audience(self, post: int) -> np.ndarray:
        """Rows that can see a post."""


@policy("crowd.acquisition", "kol")
class Kol(Seeding):
    """Posts of key opinion leaders: few, dear, with Pareto audiences of people who care for the category."""

    def price(self) -> float:
        """One leader's fee."""
        return self.spec.fee

    def audience(self, post: int) -> np.ndarray:
        """Followers: people follow the more often, the more they care for what the leader shows."""
        spec, rows = self.spec, self.market.world.crowd.rows
        u = self.market.draws.uniform(SEED, self.number, post)
        size = min(0.5, spec.followers * (spec.tail - 1.0) / spec.tail * u ** (-1.0 / spec.tail))
        everyone = np.arange(len(rows))
        follows = self.market.draws.uniform(FOLLOW, everyone, post * 16 + self.number)
        return np.flatnonzero(follows < size * self.need(everyone))


@policy("crowd.acquisition", "koc")
class Koc(Seeding):
    """Posts of ordinary buyers of the category, seen by their acquaintances and by theirs."""

    def __init__(self, market: Any, spec: Channel, number: int) -> None:
        super().__init__(market, spec, number)
        self.observer = observer(market)

    def price(self) -> float:
        """One row stands for many consumers: each is paid."""
        return self.spec.fee * self.market.weight

    def audience(self, post: int) -> np.ndarray:
        """Two steps around a buyer drawn among those seen to have bought the category."""
        profile = self.observer.profile
        buyers = profile.sum(axis=1) if self.category is None else profile[:, self.category]
        rows = np.flatnonzero(buyers > 0)
        if not len(rows):
            return rows
        u = self.market.draws.uniform(SEED, self.number, post)
        near = neighbours(self.market, rows[int(u * len(rows))][None])
        near = near[near >= 0]
        further = neighbours(self.market, near)
        return np.unique(np.concatenate([near, further[further >= 0]]))


@policy("crowd.acquisition", "community_leaders")
class CommunityLeaders(Reach):
    """Leaders of neighbourhood groups: a small fixed cost, and a commission on what their people buy."""

    def __init__(self, market: Any, spec: Channel, number: int) -> None:
        super().__init__(market, spec, number)
        self.trust = spec.trust
        self.paid: np.ndarray | None = None
        self.leaders = 0.0  # real leaders at work today
        self.placed: np.ndarray | None = None
        if spec.pick_up:
            self._open_points()

    def contacts(self, day: int, spend: float) -> list[np.ndarray]:
        """The same neighbourhoods every day, as many as the leaders reach, a part of each sees today's offer."""
        spec, allowed = self.spec, self.allowed()
        people = len(allowed) * self.market.weight
        share = min(spec.ceiling, spend / spec.keep * spec.group / people) if people else 0.0
        self.leaders = share * people / spec.group
        block = max(1, round(spec.group / self.market.weight))
        member = self.market.draws.uniform(AUDIENCE, allowed // block, self.number) < share
        return [self.draw(allowed[member], 0.5, day)]

    def cost(self, spend: float) -> float:
        """The keep of the leaders at work; there are no more of them than neighbourhoods to lead."""
        return min(spend, self.leaders * self.spec.keep)

    def _open_points(self) -> None:
        """Tell the warehouses what goods straight from the producer cost less, and the shoppers that they must collect."""
        world = self.market.world
        world.crowd.params[P_COLLECT] = self.market.config.fulfilment.pick_up.hassle
        categories = range(len(self.market.category_names)) if self.category is None else [self.category]
        for category in categories:
            cell = S_DIRECT + category
            world.fulfilment.setting[cell] = max(world.fulfilment.setting[cell], self.spec.direct)

    def lead(self, runs: bool) -> None:
        """Those whom the leaders won order through them while they are at work."""
        rows = self.market.world.crowd.rows
        mine = (rows["channel"] == self.number) & ((rows["flags"] & PROSPECT) == 0)
        rows["flags"] &= ~np.where(rows["channel"] == self.number, np.uint32(LED), np.uint32(0))
        if runs:
            rows["flags"][mine] |= np.uint32(LED)

    def stops(self) -> int:
        """Fen for the truck's stops: at every leader who had an order since the last call.

        Orders fall on leaders at random: of n leaders with m orders, n·(1 − exp(−m ÷ n)) have one. The more orders a
        leader gathers, the less a stop costs each.
        """
        rows = self.market.world.crowd.rows
        placed = rows["orders"].astype(np.int64)
        before = placed if self.placed is None else self.placed
        self.placed = placed
        led = (rows["flags"] & LED) > 0
        orders = float((placed - before)[led & (rows["channel"] == self.number)].sum()) * self.market.weight
        if self.leaders <= 0.0:
            return 0
        visited = self.leaders * (1.0 - math.exp(-orders / self.leaders))
        return round(visited * self.market.config.fulfilment.pick_up.stop * 100.0 / self.market.weight)

    def commission(self) -> int:
        """Fen owed for what the shoppers this channel won have paid since the last call."""
        rows = self.market.world.crowd.rows
        mine = rows["channel"] == self.number
        paid = np.where(mine, rows["money"], 0)
        before = paid * 0 if self.paid is None else self.paid
        self.paid = paid
        return int(np.maximum(0, paid - before).sum() * self.spec.commission)


def living(rows: np.ndarray, shoppers: np.ndarray) -> np.ndarray:
    """bool[n]: who of ``shoppers`` may still come."""
    return np.asarray((rows["flags"][shoppers] & ALIVE) > 0)
