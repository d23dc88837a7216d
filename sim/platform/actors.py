"""Those who run the machine room: releases on schedule, failover of databases and sites, the bill."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import mesa

from sim.books.state import CASH, IT, post
from sim.core.clock import ACTIONS, FAULTS, REVIEWS, call_after, wait
from sim.core.errors import SimError
from sim.platform import control, recovery
from sim.platform import state as st
from sim.platform.config import Platform, Release
from sim.platform.graph import plan
from sim.platform.releases import RELEASE_FAULTY, Rollout
from sim.platform.service_config import Database

DAY = 1440.0
#: databases whose lost writes are lost orders
ORDER_BOOKS = ("order", "payment")


class Operations(mesa.Agent):
    """The operations team: knows what is broken, and has a hand on every switch."""

    def __init__(self, market: Any) -> None:
        super().__init__(market)
        self.market = market
        self.config: Platform = market.config.platform
        self.plan = plan(self.config)
        self.rollouts: list[Rollout] = []
        #: outages that failover or the end of the fault ends: node (-1: site) -> what is known of it
        self.outages: dict[int, Outage] = {}
        #: second since which a primary that took over has replicated: what came before is lost once, or not at all
        self.replicating: dict[int, float] = {}
        self.paid = 0  # fen (row unit) of capacity posted so far

    # What it sees ----------------------------------------------------------------------------------

    @property
    def platform(self) -> st.PlatformState:
        """The arrays."""
        state: st.PlatformState = self.market.world.platform
        return state

    @property
    def second(self) -> float:
        """Now, in seconds since minute 0."""
        return float(self.market.env.now) * 60.0

    def node(self, name: str | None) -> int:
        """Number of the node called `name`. Raises SimError naming what there is."""
        found = self.plan.aliases.get(str(name))
        if found is None:
            raise SimError(f"platform: found target {name!r}, accepted: {', '.join(sorted(self.plan.aliases))}")
        return found

    def action(self, name: str) -> int:
        """Number of a user action. Raises SimError naming what there is."""
        if name not in st.ACTION_NAMES:
            raise SimError(f"platform: found {name!r}, accepted: {', '.join(st.ACTION_NAMES)}")
        return st.ACTION_NAMES.index(name)

    def tell(self, kind: str, subject: str = "", size: float = 0.0) -> None:
        """Write into the journal."""
        self.market.journal.record("platform", kind, subject, size)

    def arrived(self, node: int, minutes: float) -> tuple[float, float]:
        """Requests (retries left out) that reached a node in the last whole minutes, and attempts that failed."""
        last = int(self.market.env.now)
        first = max(0, last - max(1, round(minutes)))
        h = self.platform.history[first:last, node]
        return float((h[:, st.H_ARRIVED] - h[:, st.H_RETRIES]).sum(dtype="f8")), float(
            h[:, st.H_FAILED].sum(dtype="f8")
        )

    def later(self, seconds: float, priority: int, function: Callable[[], None]) -> None:
        """Call `function` at second `seconds` of the run."""
        if math.isfinite(seconds):
            call_after(self.market.env, seconds / 60.0 - self.market.env.now, priority, function)

    def _database(self, node: int) -> Database:
        """The section of the database a node belongs to."""
        database = self.config.services[self.plan.names[node].rsplit(".db.", 1)[0]].database
        assert database is not None
        return database

    # Databases -------------------------------------------------------------------------------------

    def lose_primary(self, node: int, until: float) -> None:
        """The primary is gone until second `until`; a replica takes over after detection, election, reconnection."""
        now = self.second
        platform = self.platform
        name = self.plan.names[node]
        database = self._database(node)
        control.add(platform, st.KILL, node, 1.0, now)
        down = control.add(platform, st.CAPACITY, node, 1.0, now, until)
        outage = Outage(now, until, [down], lag=control.lag_of(platform, node, now))
        outage.replicas = database.replicas
        outage.switch = (database.elect + database.reconnect) * 60.0
        outage.warm_up, outage.capacity = database.warm_up * 60.0, database.warm_capacity
        self.outages[node] = outage
        self.tell("primary_lost", name)
        if database.failover == "automatic" and database.replicas > 0:
            self._switch(node, now + database.detect * 60.0)
        self.later(until, FAULTS, lambda: self._repaired(node, outage))

    def fail_over(self, node: int) -> str:
        """Switch to the standby now; else why not: `failover_not_needed`, `failover_not_possible`."""
        outage = self.outages.get(node)
        if outage is None or outage.switched:
            return "failover_not_needed"
        if (node >= 0 and outage.replicas == 0) or (node < 0 and outage.capacity <= 0.0):
            return "failover_not_possible"
        self._switch(node, self.second)
        return ""

    def _switch(self, node: int, decided: float) -> None:
        """The standby answers `switch` seconds after second `decided`, at part of its capacity until it is warm."""
        outage = self.outages[node]
        answers = decided + outage.switch
        if answers >= outage.until:
            # the fault is over before: nobody switches, nothing is lost
            return
        outage.switched = True
        platform = self.platform
        control.end(platform, outage.rows, answers)
        nodes = self.sited() if node < 0 else [node]
        for v in nodes:
            warming = control.add(platform, st.CAPACITY, v, 1.0 - outage.capacity, answers, answers + outage.warm_up)
            outage.keep(platform, warming)
        if node >= 0 and outage.replicas > 1:
            # the replica that became primary no longer answers reads
            name = self.plan.names[node].replace(".db.primary", ".db.replica")
            share = 1.0 / outage.replicas
            outage.keep(platform, control.add(platform, st.CAPACITY, self.node(name), share, answers, outage.until))
        self.later(answers, ACTIONS, lambda: self._taken_over(node, outage))

    def _taken_over(self, node: int, outage: Outage) -> None:
        primaries = [node] if node >= 0 else [v for v, kind in enumerate(self.plan.kinds) if kind == st.PRIMARY]
        owner = "" if node < 0 else self.plan.names[node].rsplit(".db.", 1)[0]
        voids = node < 0 or owner in ORDER_BOOKS
        lost = 0.0
        behind = {v: min(outage.lag, max(0.0, outage.began - self.replicating.get(v, 0.0))) for v in primaries}
        for lag in sorted(set(behind.values())):
            some = [v for v in primaries if behind[v] == lag]
            lost += control.lose_writes(self.platform, some, outage.began, lag, voids)
        for v in primaries:
            self.replicating[v] = self.second
        name = "site" if node < 0 else self.plan.names[node]
        self.tell("failed_over", name, self.second - outage.began)
        self.tell("writes_lost", name, lost)
        if hasattr(self.market, "payments_lost"):
            self.market.payments_lost()

    def _repaired(self, node: int, outage: Outage) -> None:
        if outage.repaired:  # the fault was ended before its time
            return
        outage.repaired = True
        if not outage.switched and self.outages.get(node) is outage:
            del self.outages[node]
        self.tell("repaired", "site" if node < 0 else self.plan.names[node])

    def fail_back(self, node: int) -> bool:
        """Go back to the repaired site or primary: a planned switch that waits for replication and loses nothing."""
        outage = self.outages.get(node)
        if outage is None or not outage.switched or not outage.repaired:
            return False
        now = self.second
        length = (self.config.sites.failback if node < 0 else self._database(node).failback) * 60.0  # type: ignore[union-attr]
        mine = [row for row, effect in outage.after if control.still(self.platform, row, effect)]
        control.end(self.platform, mine, now)
        for v in self.sited() if node < 0 else [node]:
            control.add(self.platform, st.CAPACITY, v, 1.0, now, now + length)
        del self.outages[node]
        self.tell("failed_back", "site" if node < 0 else self.plan.names[node], length)
        return True

    # Sites -----------------------------------------------------------------------------------------

    def sited(self) -> list[int]:
        """Nodes that stand at the shop's own sites."""
        return [v for v, kind in enumerate(self.plan.kinds) if kind != st.DEPENDENCY]

    def lose_site(self, target: str | None, until: float) -> None:
        """A site is gone until second `until`; what follows is the pattern's."""
        now = self.second
        platform = self.platform
        usual = recovery.recovery(self.config.sites, target)
        outage = Outage(now, until, [], lag=usual.lag)
        outage.switch, outage.warm_up, outage.capacity = usual.switch, usual.warm_up, usual.capacity
        self.outages[-1] = outage
        self.tell("site_lost", target or "site")
        if usual.share_lost < 1.0:
            # the others serve on; what was routed to the lost site fails until the health checks have noticed
            noticed = min(until, now + usual.detect + usual.switch)
            for v in self.sited():
                control.add(platform, st.KILL, v, usual.share_lost, now)
                outage.keep(platform, control.add(platform, st.CAPACITY, v, 1.0 - usual.capacity, now, until))
            control.add(platform, st.ERROR, 0, usual.share_lost, now, noticed)
            outage.switched = True
            if noticed < until:
                self.later(noticed, ACTIONS, lambda: self._taken_over(-1, outage))
            else:  # the fault is over before: nobody takes over, nothing is lost, and there is nothing to go back from
                del self.outages[-1]
        else:
            for v in self.sited():
                control.add(platform, st.KILL, v, 1.0, now)
                outage.rows.append(control.add(platform, st.CAPACITY, v, 1.0, now, until))
            if usual.automatic and usual.capacity > 0.0:
                self._switch(-1, now + usual.detect)
        self.later(until, FAULTS, lambda: self._repaired(-1, outage))

    # Releases --------------------------------------------------------------------------------------

    def schedule(self) -> None:
        """Put the planned releases on the clock."""
        for number, release in enumerate(self.config.releases.schedule):
            minute = self.market.calendar.minute(release.at)
            if 0 <= minute < self.market.calendar.end:
                call_after(self.market.env, minute, ACTIONS, partial(self._released, number, release))

    def _released(self, number: int, release: Release) -> None:
        self.release(number, release)

    def release(self, number: int, release: Release, faulty: bool | None = None) -> Rollout:
        """Start a release now; whether it is faulty is drawn once for each release, whatever its strategy."""
        if faulty is None:
            drawn = self.market.draws.uniform(RELEASE_FAULTY, number)
            by_chance = bool(drawn < self.config.releases.change_failure_rate)
            faulty = {"always": True, "never": False, "by_chance": by_chance}[release.fault]
        rollout = Rollout(self, number, release, faulty)
        self.rollouts.append(rollout)
        self.market.env.process(rollout.run())
        return rollout

    # The bill --------------------------------------------------------------------------------------

    def pay(self, minute: int) -> None:
        """Post the capacity used since the last time, up to ``minute``: IT against cash, in row fen, while it was used."""
        real = int(self.platform.cost.sum())
        due = int(real // max(self.market.weight, 1e-9)) - self.paid
        if due > 0:
            post(self.market.world.books, max(0, minute - 1), IT, CASH, due)
            self.paid += due

    def bills(self) -> Iterator[Any]:
        """Pay each hour."""
        while True:
            yield wait(self.market.env, 60.0, REVIEWS)
            self.pay(int(self.market.env.now))


class Outage:
    """What is known of a lost primary or site. Times in seconds of the run."""

    def __init__(self, began: float, until: float, rows: list[int], lag: float) -> None:
        self.began, self.until, self.rows, self.lag = began, until, rows, lag
        self.after: list[tuple[int, Any]] = []  # effects that hold after the switch, with their rows
        self.switch = self.warm_up = 0.0
        self.capacity = 1.0
        self.replicas = 1
        self.switched = self.repaired = False

    def keep(self, platform: st.PlatformState, row: int) -> None:
        """Remember an effect that holds after the switch; a row of -1 is none."""
        if row >= 0:
            self.after.append(control.held(platform, row))


def operations(market: Any) -> Operations:
    """The operations team of a market. Raises SimError where the run has no machine room."""
    found = market.notices.get("operations")
    if found is None:
        raise SimError("platform: this run has no machine room (demand drives supply alone)")
    team: Operations = found
    return team


def populate(market: Any) -> None:
    """Create the operations team, its releases and its bills."""
    if getattr(market, "alone", False):
        return
    team = Operations(market)
    market.notices["operations"] = team
    team.schedule()
    market.env.process(team.bills())
