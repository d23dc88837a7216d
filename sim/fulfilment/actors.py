"""The network's desk: reviews promises and allocation daily, pays the shifts, carries out what befalls a site."""

from __future__ import annotations

import math
from typing import Any

import mesa
import numpy as np

from sim.books.state import CASH, FULFILMENT, post
from sim.core.clock import FAULTS, REVIEWS, call_after, wait
from sim.core.errors import SimError
from sim.core.registry import get_policy
from sim.fulfilment import crises, promises
from sim.fulfilment.config import courier_names, warehouse_names
from sim.fulfilment.layout import KINDS
from sim.fulfilment.state import row_servers
from sim.fulfilment.stations import minutes_on_shift

DAY = 1440.0


class Desk(mesa.Agent):
    """Runs the network of one marketplace."""

    def __init__(self, market: Any) -> None:
        super().__init__(market)
        self.market = market
        self.config = market.config.fulfilment
        self.policy = get_policy("fulfilment.allocation", self.config.allocation)(self.config)
        self.warehouses = warehouse_names(self.config)
        self.couriers = courier_names(self.config)
        self.closures = np.zeros(len(self.warehouses), np.int64)  # reasons why a warehouse is closed
        self.excluded = np.zeros(len(self.warehouses), np.int64)  # reasons why it is out of the ranks
        self.speeds: dict[int, list[float]] = {}  # factors in force, by station
        self.extra: dict[int, list[float]] = {}  # shares of further staff in force, by station
        self.further: dict[int, float] = {}  # by station: their hours on shift not yet paid, of its ordinary staff
        self.seen: dict[int, float] = {}  # by station: minute up to which these are counted
        self.present: dict[int, list[tuple[float, int]]] = {}  # by station: minute up to which so many servers were there
        self.usual_hauls = self.state.haul_mean.copy()  # float64[W, R], while no road is slow
        self.write_ranks()
        market.env.process(self._days())
        market.env.process(self._wages())

    @property
    def state(self) -> Any:
        """The side's state as it is now (pools may have grown)."""
        return self.market.world.fulfilment

    def _days(self) -> Any:
        """Each midnight: promises learned, allocation reviewed."""
        promise = self.config.promise
        while True:
            self.policy.review(self.market)
            if self.market.env.now >= promise.first and self.market.env.now > 0:
                promises.update(self.state, promise.quantile, math.exp(-DAY / promise.memory))
            yield wait(self.market.env, DAY, REVIEWS)

    def _wages(self) -> Any:
        """The shifts of a day are paid in its last minute."""
        yield wait(self.market.env, DAY - 1.0, REVIEWS)
        while True:
            self.pay_shifts()
            yield wait(self.market.env, DAY, REVIEWS)

    def pay_shifts(self) -> None:
        """Book the day's wages and overhead of all places, busy or not; further people at time and a half.

        Further people are paid for their hours on shift since the last time, whoever is still there.
        """
        ful, picking = self.state, self.config.picking
        hours = self.shift_hours()
        wages = 0.0
        for w in range(len(self.warehouses)):
            self._count_further(w)
            wages += float(ful.stations[w]["staff"]) * (hours[w] + 1.5 * self.further.pop(w, 0.0))
        fen = wages * picking.wage * (1.0 + picking.overhead) * 100.0 / self.market.weight
        post(self.market.world.books, int(self.market.env.now), FULFILMENT, CASH, round(fen))

    def _count_further(self, station: int) -> None:
        """Add to `further` the hours on shift that the further people in force have been there."""
        now, row = float(self.market.env.now), self.state.stations[station]
        since, self.seen[station] = self.seen.get(station, now), now
        if more := sum(self.extra.get(station, [])):
            opens, closes = float(row["opens"]), float(row["closes"])
            minutes = minutes_on_shift(opens, closes, now) - minutes_on_shift(opens, closes, since)
            self.further[station] = self.further.get(station, 0.0) + more * minutes / 60.0

    def shift_hours(self) -> np.ndarray:
        """float64[W], hours a day a picker is on shift."""
        rows = self.state.stations[: len(self.warehouses)]
        span = rows["closes"] - rows["opens"]
        return np.where(span > 0, span, span + DAY) / 60.0

    def write_ranks(self) -> None:
        """Let the policy write its boards, by the ordinary length of the roads, and leave out what is excluded."""
        ful = self.state
        self.policy.settings(ful)
        rank = self.policy.rank(ful._replace(haul_mean=self.usual_hauls))
        for r, row in enumerate(rank):
            left = [w for w in row if w >= 0 and not self.excluded[w]]
            ful.rank[r] = left + [-1] * (rank.shape[1] - len(left))

    # What befalls a site ------------------------------------------------------------------------------

    def sites(self, target: Any) -> list[int]:
        """Warehouses named by a target: a name, a kind, a list of them, or `all`. Raises SimError."""
        return self._aimed(target, self.warehouses, 0)

    def stations(self, target: Any) -> list[int]:
        """Stations named by a target: warehouses (their picking) or couriers. Raises SimError."""
        return self._aimed(target, self.warehouses + self.couriers, 0)

    def courier_stations(self, target: Any) -> list[int]:
        """Courier stations named by a target: `couriers-2`, a list, or `all`. Raises SimError."""
        return self._aimed(target, self.couriers, len(self.warehouses))

    def _aimed(self, target: Any, names: list[str], first: int) -> list[int]:
        if target is None or target == "all":
            return list(range(first, first + len(names)))
        wanted = target if isinstance(target, (list, tuple)) else [target]
        found = []
        for name in wanted:
            rows = [i for i, known in enumerate(names) if known == name or (name in KINDS and known.startswith(name))]
            if not rows:
                raise SimError(f"target: found {name!r}, accepted: all, {', '.join(names)}")
            found += rows
        return [first + i for i in found]

    def close(self, warehouse: int, minutes: float) -> None:
        """Close a warehouse for a time: nothing is picked or allocated; what waits there goes elsewhere."""
        ful = self.state
        self.closures[warehouse] += 1
        ful.warehouses[warehouse]["open"] = 0
        crises.halt(ful, warehouse, self.market.minute, float(self.market.minute))
        self.empty(warehouse)
        call_after(self.market.env, minutes, FAULTS, lambda: self._reopen(warehouse))

    def _reopen(self, warehouse: int) -> None:
        self.closures[warehouse] -= 1
        if self.closures[warehouse] == 0:
            self.state.warehouses[warehouse]["open"] = 1
            self.market.journal.record("fulfilment", "reopened", self.warehouses[warehouse])
            self._serve_from(warehouse)

    def _serve_from(self, warehouse: int) -> None:
        """Serve those who wait for what a warehouse has on its shelves, now that it may be allocated to again."""
        held = np.flatnonzero(self.market.world.supply.stock[warehouse]["on_hand"] > 0)
        self.market.goods_arrived(warehouse, held)

    def exclude(self, warehouse: int, minutes: float) -> None:
        """Take a warehouse out of the ranks for a time and send what waits there from elsewhere."""
        self.excluded[warehouse] += 1
        self.write_ranks()
        self.empty(warehouse)
        call_after(self.market.env, minutes, FAULTS, lambda: self._include(warehouse))

    def _include(self, warehouse: int) -> None:
        self.excluded[warehouse] -= 1
        self.write_ranks()
        if self.excluded[warehouse] == 0:
            self._serve_from(warehouse)

    def empty(self, warehouse: int) -> None:
        """Move what waits at a closed or excluded warehouse."""
        market = self.market
        while True:
            w = market.world
            moved, short = crises.empty(
                w.fulfilment, w.supply, w.shelf.skus, w.agenda, w.books, market.draws.key0, market.draws.key1,
                warehouse, market.minute,
            )  # fmt: skip
            market.journal.record("fulfilment", "moved", self.warehouses[warehouse], moved * market.weight)
            if not short:
                return
            market.room_for_parcels(int(w.fulfilment.stations["waiting"].sum()) + 1024)

    def halt(self, station: int, minutes: float) -> None:
        """Stop a station for a time; unfinished work is begun anew afterwards, first."""
        now = self.market.minute
        crises.halt(self.state, station, now, now + minutes)

    def pace(self, station: int, factor: float, minutes: float) -> None:
        """Let a station work at ``factor`` times its pace for a time."""
        self.speeds.setdefault(station, []).append(factor)
        self._set_speed(station)
        call_after(self.market.env, minutes, FAULTS, lambda: self._normal_pace(station, factor))

    def _normal_pace(self, station: int, factor: float) -> None:
        self.speeds[station].remove(factor)
        self._set_speed(station)

    def _set_speed(self, station: int) -> None:
        self.state.stations[station]["speed"] = math.prod(self.speeds[station])

    def reinforce(self, station: int, share: float, minutes: float) -> None:
        """Put ``share`` more people to work at a station for a time (negative: fewer)."""
        self._count_further(station)
        self.extra.setdefault(station, []).append(share)
        self._set_staff(station, 1.0 + sum(self.extra[station]) - share)
        call_after(self.market.env, minutes, FAULTS, lambda: self._normal_staff(station, share))

    def _normal_staff(self, station: int, share: float) -> None:
        self._count_further(station)
        self.extra[station].remove(share)
        self._set_staff(station, 1.0 + sum(self.extra[station]) + share)

    def _set_staff(self, station: int, before: float) -> None:
        """Change a station's people from ``before`` times the ordinary to what is in force."""
        row = self.state.stations[station]
        after = max(1.0 + sum(self.extra[station]), 0.01)
        servers = row_servers(float(row["staff"]) * after, self.market.weight)
        factor = (servers / max(int(row["servers"]), 1)) * (max(before, 0.01) / after)
        self.present.setdefault(station, []).append((float(self.market.minute), int(row["servers"])))
        crises.restaff(self.state, station, servers, factor)


def populate(market: Any) -> None:
    """Create the desk of a marketplace; where stations are driven alone, drive them when the run begins instead."""
    arrivals = market.config.fulfilment.arrivals
    if arrivals is not None:
        from sim.fulfilment.reference import run

        further = market.notices.setdefault("kpis", {})
        call_after(market.env, 0.0, REVIEWS, lambda: further.update(run(arrivals, market.draws)))
    if not getattr(market, "alone", False):
        market.notices["fulfilment"] = Desk(market)
