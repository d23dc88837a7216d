"""The office: everything that has to do with the law meets here, pays here and is fined here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import mesa
import numpy as np
import simpy

from sim.books.state import CASH, COMMISSIONS, FINES, IT, STAFF, post
from sim.core.clock import FAULTS, REVIEWS, wait
from sim.core.registry import get_policy
from sim.core.rng import decision
from sim.oversight.duties import withholding, within_band
from sim.oversight.licences import DAY, YEAR, Registrar
from sim.oversight.privacy import Guardian

REVIEW_FINDS = decision("review.finds")
PRICES_INSPECTED = decision("prices.inspected")
DATA_INSPECTED = decision("data.inspected")


class Office(mesa.Agent):
    """Legal, finance and compliance of the platform, and their opposite number."""

    def __init__(self, market: Any) -> None:
        super().__init__(market)
        self.market = market
        self.config = config = market.config.oversight
        self.fines: Counter[str] = Counter()  # CNY by kind
        self._offences: Counter[str] = Counter()
        self._rest: defaultdict[int, float] = defaultdict(float)  # row fen by account, below one
        self.review = get_policy("oversight.review", config.review.policy)(config.review)
        self.reviews = 0
        self.licences: Registrar | None = None
        self.guardian: Guardian | None = None
        self.withheld = self.evaded = 0.0  # CNY of tax: since the start; of the whole run, not yet found
        if config.licences is not None:
            checks = get_policy("oversight.checks", config.checks.policy)(config.checks)
            self.licences = Registrar(market, self, config.licences, checks)
        if config.privacy is not None:
            access = get_policy("oversight.privacy", config.privacy.policy)(config.privacy)
            self.guardian = Guardian(market, self, config.privacy, access)
        if config.commissions is not None:
            market.env.process(self._commissions(config.commissions))
        #: list prices at each midnight, int64[skus], the newest last
        self.price_history: list[tuple[float, np.ndarray]] = []
        if config.prices is not None:
            market.env.process(self._keep_prices(config.prices))
            market.env.process(self._looked_at(PRICES_INSPECTED, config.prices.inspected, self.inspect_prices))
        if config.residency is not None:
            if config.residency.assessed:
                market.env.process(self._bill(IT, config.residency.assessment / 365.0))
            market.env.process(self._looked_at(DATA_INSPECTED, config.residency.inspected, self.inspect_data))

    # Money -----------------------------------------------------------------------------------------

    def pay(self, account: int, cny: float) -> None:
        """Pay real CNY, booked in whole row fen; the rest of one is paid with the next payment of the account."""
        owed = self._rest[account] + cny * 100.0 / self.market.weight
        fen = int(owed + 1e-6)
        self._rest[account] = owed - fen
        if fen > 0:
            post(self.market.world.books, self.market.env.now, account, CASH, fen)

    def fine(self, kind: str, subject: str, cny: float) -> None:
        """The regulator fines the platform."""
        self.pay(FINES, cny)
        self._offences[kind] += 1
        if self.market.env.now >= self.market.calendar.warmup:
            self.fines[kind] += cny  # type: ignore[assignment]
        self.market.journal.record("oversight", "fined", f"{kind} {subject}".strip(), cny)

    def offences(self, kind: str) -> int:
        """How often the platform has been fined for this before."""
        return self._offences[kind]

    def _bill(self, account: int, daily: float) -> Iterator[simpy.Event]:
        while True:
            self.pay(account, daily)
            yield wait(self.market.env, DAY, REVIEWS)

    # Two keys --------------------------------------------------------------------------------------

    @property
    def review_delay(self) -> float:
        """Minutes that legal and finance take, nought without a review."""
        return float(self.config.review.delay) if self.review.keys else 0.0

    def charge_review(self, what: str, subject: str = "") -> None:
        """A review takes place and is paid for."""
        if self.review.keys:
            self.reviews += 1
            self.pay(STAFF, float(self.config.review.cost))
            self.market.journal.record("oversight", "reviewed", f"{what} {subject}".strip())

    def approve(self, what: str) -> bool:
        """Whether a plan that breaks the law goes through: each key may find it."""
        self.charge_review(what)
        missed = (1.0 - self.config.review.finds) ** self.review.keys
        u = float(self.market.draws.uniform(REVIEW_FINDS, 0, self.reviews))
        passes = u < missed
        if not passes:
            self.market.journal.record("oversight", "refused", what)
        return passes

    # Hosts' tax ------------------------------------------------------------------------------------

    def _commissions(self, section: Any) -> Iterator[simpy.Event]:
        """Each midnight: tax on what hosts were paid that day, withheld or not [G08]."""
        day, books = 0, self.market.world.books
        rule = get_policy("oversight.commissions", section.policy)(section)
        while True:
            yield wait(self.market.env, DAY, REVIEWS)
            paid = (books.debit[day, COMMISSIONS] - books.credit[day, COMMISSIONS]) * self.market.weight / 100.0
            day += 1
            if paid <= 0:
                continue
            tax = withholding(paid * section.persons / section.hosts) * section.hosts
            withheld = rule.withheld(tax)
            self.withheld += withheld if day > self.market.calendar.warmup_days else 0.0
            self.evaded += tax - withheld
            if rule.works_out:
                self.pay(STAFF, section.cost * section.hosts)

    def inspect_tax(self) -> float:
        """The tax office looks at what hosts were paid; returns the fine in CNY [G09]."""
        section = self.config.commissions
        if section is None or self.evaded <= 0:
            self.market.journal.record("oversight", "inspected", "tax")
            return 0.0
        factor = section.penalty if self.offences("tax") == 0 else max(section.penalty, 3.0)
        fine = factor * self.evaded
        self.evaded = 0.0
        self.fine("tax", "", fine)
        return float(fine)

    # Prices ----------------------------------------------------------------------------------------

    def _keep_prices(self, section: Any) -> Iterator[simpy.Event]:
        """The catalogue's own price history: what each cut is compared with, day by day."""
        skus = self.market.world.shelf.skus
        self._misleading = np.zeros(len(skus), bool)
        while True:
            now = float(self.market.env.now)
            listed = skus["list_price"].copy()
            self.price_history = [day for day in self.price_history if day[0] >= now - section.window]
            if self.price_history:
                lowest = np.min([prices for _, prices in self.price_history], axis=0)
                raised = listed > lowest * (1.0 + section.tolerance)
                self._misleading |= raised & (skus["price"] < listed)
            self.price_history.append((now, listed))
            yield wait(self.market.env, DAY, REVIEWS)

    def inspect_prices(self) -> float:
        """The regulator compares cuts with what was asked before; returns the fine in CNY [G07]."""
        section = self.config.prices
        share = float(self._misleading.mean()) if section is not None and self.price_history else 0.0
        if share == 0.0:
            self.market.journal.record("oversight", "inspected", "prices")
            return 0.0
        self._misleading[:] = False
        if self.offences("prices"):
            fine = max(section.fine, section.fine_serious * self.config.repeat)
        else:
            fine = within_band(section.fine_least, section.fine, share / section.grave_from)
        self.fine("prices", "", fine)
        return float(fine)

    # Data abroad -----------------------------------------------------------------------------------

    def inspect_data(self) -> float:
        """The regulator asks where personal data lie; returns the fine in CNY [G01]."""
        section = self.config.residency
        if section is None or section.assessed or section.abroad <= 0:
            self.market.journal.record("oversight", "inspected", "data")
            return 0.0
        fine = section.fine * section.abroad
        self.fine("data", "", fine)
        return float(fine)

    def _looked_at(self, what: Any, yearly: float, look: Any) -> Iterator[simpy.Event]:
        turn = 0
        while yearly > 0:
            gap = float(self.market.draws.exponential(what, 0, turn)) * YEAR / yearly
            turn += 1
            yield wait(self.market.env, gap, FAULTS)
            look()


def populate(market: Any) -> None:
    """The office, where the file has any part of this side. Sets `market.notices["oversight"]`."""
    config = market.config.oversight
    parts = (config.licences, config.privacy, config.commissions, config.prices, config.residency)
    if not market.alone and (any(part is not None for part in parts) or config.review.policy != "none"):
        market.notices["oversight"] = Office(market)
