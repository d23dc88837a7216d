"""What the platform does to keep the law: who is checked, who can read what, who must agree."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from sim.core.registry import policy


class _Checks:
    """Base of the checks. ``section``: oversight.checks."""

    onboarding = False
    periodic = False

    def __init__(self, section: Any) -> None:
        self.section = section

    @property
    def gravity(self) -> float:
        """Of the way from the least fine to the most, the part that is left where the platform did this much."""
        return 1.0


@policy("oversight.checks", "none")
class NoChecks(_Checks):
    """Nobody asks suppliers for a licence."""


@policy("oversight.checks", "onboarding")
class Onboarding(_Checks):
    """Licences are checked when a supplier joins, and never again."""

    onboarding = True

    @property
    def gravity(self) -> float:
        """Diligence mitigates."""
        return float(self.section.gravity_onboarding)


@policy("oversight.checks", "periodic")
class Periodic(_Checks):
    """Checked on joining and again and again; suppliers are reminded before their licence runs out."""

    onboarding = True
    periodic = True

    @property
    def gravity(self) -> float:
        """Diligence mitigates, the more the better it is kept up."""
        return float(self.section.gravity_periodic)


class _Access(ABC):
    """Base of the access policies. ``section``: oversight.privacy."""

    narrow = False  # whether accounts read no more than their work needs

    def __init__(self, section: Any) -> None:
        self.section = section

    @abstractmethod
    def reach(self, role: Any, customers: float) -> float:
        """Records that somebody with a stolen account of this role can read before it is noticed."""

    def cost(self) -> float:
        """CNY a year."""
        return 0.0


@policy("oversight.privacy", "open")
class OpenAccess(_Access):
    """Every account can read every customer's record."""

    def reach(self, role: Any, customers: float) -> float:
        """All of them."""
        return customers


@policy("oversight.privacy", "least_privilege")
class LeastPrivilege(_Access):
    """An account reads what its work needs, and so many records a day."""

    narrow = True

    def reach(self, role: Any, customers: float) -> float:
        """What the role needs, as far as the daily quota gets in the time before it is noticed."""
        return float(min(role.needs * customers, self.section.quota * self.section.undetected / 1440.0))

    def cost(self) -> float:
        """CNY a year."""
        return float(self.section.least_privilege_cost)


@policy("oversight.review", "none")
class NoReview:
    """Plans go live as they are."""

    keys = 0

    def __init__(self, section: Any) -> None:
        self.section = section


@policy("oversight.review", "two_key")
class TwoKey(NoReview):
    """Legal and finance each look, for a delay and a fee; either can say no."""

    keys = 2


@policy("oversight.commissions", "none")
class PaidInFull:
    """Hosts are paid in full; the tax that should have been withheld adds up."""

    works_out = False  # whether somebody is paid to work the tax out

    def __init__(self, section: Any) -> None:
        self.section = section

    def withheld(self, tax: float) -> float:
        """CNY kept back of a ``tax`` due."""
        return 0.0


@policy("oversight.commissions", "withhold")
class Withheld(PaidInFull):
    """Tax is worked out and withheld from each payment."""

    works_out = True

    def withheld(self, tax: float) -> float:
        """All of it."""
        return tax
