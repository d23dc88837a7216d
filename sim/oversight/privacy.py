"""A breach of personal data: how far a stolen account reaches, what it costs, and what those concerned do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mesa
import numpy as np
import simpy

from sim.books.state import COMPENSATION, DROPOUTS, IT, PAID, note
from sim.core.clock import FAULTS, REVIEWS, call_after, wait
from sim.core.errors import SimError
from sim.core.rng import decision
from sim.crowd.state import ALIVE
from sim.oversight.duties import breach_cost, privacy_fine
from sim.threats.state import threats

BREACH = decision("breach.time")
BREACH_ENTRY = decision("breach.entry")
BREACH_ACCOUNT = decision("breach.account")
SHOPPER_EXPOSED = decision("shopper.exposed")
SHOPPER_LEAVES = decision("shopper.leaves_after_breach")

DAY, YEAR = 1440.0, 365.0 * 1440.0
#: ways in, as percent of breaches [G17]: stolen credentials and phishing get an account, a cloud mistake the database
ACCOUNT_ENTRY, DATABASE_ENTRY = 31.0, 15.0


class Guardian(mesa.Agent):
    """Those who answer for personal data."""

    def __init__(self, market: Any, office: Any, config: Any, access: Any) -> None:
        super().__init__(market)
        self.market, self.office, self.config, self.access = market, office, config, access
        self.breaches = 0
        self.exposed = 0.0  # records since the start
        self.told = 0.0  # people
        market.env.process(self._bill())
        if config.a_year > 0:
            market.env.process(self._fate())

    def _bill(self) -> Iterator[simpy.Event]:
        """Protections cost something every day."""
        config = self.config
        yearly = self.access.cost() + config.masking * config.masking_cost + config.encryption * config.encryption_cost
        while yearly > 0:
            self.office.pay(IT, yearly / 365.0)
            yield wait(self.market.env, DAY, REVIEWS)

    def _fate(self) -> Iterator[simpy.Event]:
        turn = 0
        while True:
            gap = float(self.market.draws.exponential(BREACH, 0, turn)) * YEAR / self.config.a_year
            turn += 1
            yield wait(self.market.env, gap, FAULTS)
            self.breach()

    @property
    def customers(self) -> float:
        """Real people with an account."""
        return float(len(self.market.world.crowd.rows) * self.market.weight)

    def breach(self, role: str | None = None, entry: str | None = None, records: float | None = None) -> float:
        """It becomes known that records were stolen; returns how many can be read.

        ``records``: that many accounts with their passwords, however they were got; else what `role` or `entry` reach.
        """
        draws, config = self.market.draws, self.config
        turn = self.breaches
        self.breaches += 1
        if records is not None:
            self._follow(records, "passwords", turn)
            return records
        if entry is None:
            u = float(draws.uniform(BREACH_ENTRY, 0, turn)) * (ACCOUNT_ENTRY + DATABASE_ENTRY)
            entry = "account" if role is not None or u < ACCOUNT_ENTRY else "database"
        if entry not in ("account", "database"):
            raise SimError(f"entry: found {entry!r}, accepted: account, database")
        if entry == "database":
            # whoever takes the file without the keys has nothing
            got = 0.0 if config.encryption else self.customers
            if got > 0.0:  # passwords lie there too; the pages of an account show none
                threats(self.market).leak(got, "database")
        else:
            role = role or self._stolen_account(turn)
            if role not in config.roles:
                raise SimError(f"role: found {role!r}, accepted: {', '.join(config.roles)}")
            got = self.access.reach(config.roles[role], self.customers)
            if config.masking:
                got *= config.masked_worth
        self._follow(got, role or entry, turn)
        return float(got)

    def _stolen_account(self, turn: int) -> str:
        roles = self.config.roles
        edges = np.cumsum([role.accounts for role in roles.values()])
        u = float(self.market.draws.uniform(BREACH_ACCOUNT, 0, turn))
        return list(roles)[int(np.searchsorted(edges, u * edges[-1], side="right"))]

    def _follow(self, records: float, how: str, turn: int) -> None:
        config, market = self.config, self.market
        if market.env.now >= market.calendar.warmup:
            self.exposed += records
        market.journal.record("oversight", "records_exposed", how, records)
        if records < 1.0:
            return
        cost = breach_cost(records, config.usual, config.breach, config.mega) * config.rate * config.direct
        self.office.pay(COMPENSATION, cost)
        market.journal.record("oversight", "breach_cost", how, cost)
        late = config.notify_within > config.notify_limit
        missing = [not self.access.narrow, not config.masking, not config.encryption, late]
        lacking = sum(missing) / len(missing)
        serious = min(config.fine_serious, config.fine_turnover * self._turnover())
        fine = privacy_fine(records, self.customers, lacking, config.fine, serious, config.serious_from)
        if fine > 0:
            self.office.fine("privacy", how, fine)
        call_after(market.env, config.notify_within, REVIEWS, lambda: self._tell_them(records, turn))

    def _turnover(self) -> float:
        """CNY a year, from what has been paid so far."""
        now = max(float(self.market.env.now), DAY)
        paid = float(self.market.world.books.series[:, PAID].sum()) * self.market.weight / 100.0
        return paid * YEAR / now

    def _tell_them(self, records: float, turn: int) -> None:
        """Those concerned are told: they are disappointed, and some never come back."""
        rows, draws = self.market.world.crowd.rows, self.market.draws
        entities = np.arange(len(rows))
        hit = draws.uniform(SHOPPER_EXPOSED, entities, turn) < min(1.0, records / max(self.customers, 1.0))
        rows["satisfaction"][hit] = np.maximum(rows["satisfaction"][hit] - self.config.disappointment, 0.0)
        gone = hit & (draws.uniform(SHOPPER_LEAVES, entities, turn) < self.config.leaves) & ((rows["flags"] & ALIVE) != 0)
        rows["flags"][gone] &= np.uint32(0xFFFFFFFF ^ ALIVE)
        self.told += float(hit.sum()) * self.market.weight
        note(self.market.world.books, self.market.env.now, DROPOUTS, float(gone.sum()))
        self.market.journal.record("oversight", "notified", "", float(hit.sum()) * self.market.weight)
