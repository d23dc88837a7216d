"""What the `oversight` section of a scenario file may say: licences, privacy, taxes of hosts, price claims, data abroad.

Each part is looked at only where the file has it: without a section, nothing happens.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.core.arguments import MainSupplier
from sim.core.config import Section, Slot, param
from sim.core.units import Count, Duration, Money, Percent, Share, When


class Licence(Section):
    """What is known of one supplier's licence."""

    missing: bool = Field(False, description="it never had one")
    expires: When | None = Field(None, description="last day it is valid; left out: drawn within the term")


class Licences(Section):
    """Suppliers' business licences, inspections, and what follows from a missing one."""

    named: dict[MainSupplier, Licence] = Field(default_factory=dict, description="licences by supplier; the others are drawn")
    missing: Share = param("15.2%", "S11", "share of suppliers without a licence where nobody asks for one", low="5%", high="25%")
    term: Duration = param("1825d", "", "how long a licence is valid", low="365d", high="3650d", ge=1_440)
    renews: Share = param("85%", "", "share of suppliers that renew in time without being reminded", low="60%", high="98%")
    obtain: Duration = param("20d", "", "time to obtain or renew a licence", low="10d", high="60d")
    inspected: Share = param("0.2%", "G18", "chance in a year that a supplier's goods here are inspected", low="0.01%", high="2%")
    food: list[str] = Field(default_factory=lambda: ["food"], description="categories under the Food Safety Law")
    fine: Money = param("500k CNY", "G02", "most of the ordinary fine for an unchecked licence", low="50k CNY", high="500k CNY")
    fine_least: Money = param("50k CNY", "G02", "least of it", low="50k CNY", high="500k CNY")
    fine_food: Money = param("200k CNY", "G04", "most of the ordinary fine where all goods concerned are food", low="50k CNY", high="200k CNY")
    fine_serious: Money = param("2M CNY", "G02", "most of the fine for doing it again", low="500k CNY", high="2M CNY")
    grave_from: Money = param(
        "1M CNY", "", "value sold without a licence from which the fine is at its most", low="100k CNY", high="10M CNY",
        gt=0,
    )  # fmt: skip
    damages: float = param(10.0, "G05", "damages of a buyer of unlicensed food, of the price", low=3.0, high=10.0)
    damages_least: Money = param("1000 CNY", "G05", "… at least", low="500 CNY", high="1000 CNY")
    claims: Share = param("0.5%", "", "share of units of unlicensed food whose buyer claims damages", low="0.1%", high="5%")


class Checks(Section):
    """What the platform does about licences."""

    policy: Annotated[str, Slot("oversight.checks")] = Field("none", description="registered under oversight.checks")
    finds: Share = param("95%", "", "chance that a check finds a missing licence", low="80%", high="99%")
    every: Duration = param("30d", "", "periodic: time between checks of all suppliers", low="7d", high="180d", ge=60)
    warn: Duration = param("60d", "", "periodic: how long before the expiry the supplier is reminded", low="14d", high="120d")
    cost: Money = param("300 CNY", "", "cost of one check", low="50 CNY", high="2000 CNY")
    turnover: Share = param("30%", "", "onboarding: suppliers that join in a year, of all", low="10%", high="60%")
    gravity_onboarding: Share = param(
        "50%", "", "onboarding: of a fine above its least, what is left as diligence mitigates", low="25%", high="100%"
    )
    gravity_periodic: Share = param(
        "25%", "", "periodic: of a fine above its least, what is left as diligence mitigates", low="10%", high="100%"
    )


class Review(Section):
    """Who must agree before a price plan, a host's contract or goods that were taken down go live."""

    policy: Annotated[str, Slot("oversight.review")] = Field("none", description="registered under oversight.review")
    delay: Duration = param("2d", "", "time legal and finance take", low="4h", high="7d")
    cost: Money = param("2000 CNY", "", "cost of one review", low="500 CNY", high="10000 CNY")
    finds: Share = param("80%", "", "chance that one key finds what is wrong", low="50%", high="95%")


class Role(Section):
    """Accounts of people who may read customers' records."""

    accounts: Count = Field(description="how many accounts")
    needs: Share = Field(description="share of records the work needs: all an account sees under least privilege")


class Privacy(Section):
    """Who can read what, and what a breach costs."""

    policy: Annotated[str, Slot("oversight.privacy")] = Field("open", description="registered under oversight.privacy")
    masking: bool = Field(False, description="names, telephones and addresses are masked on the pages of accounts")
    encryption: bool = Field(False, description="records are encrypted where they lie")
    roles: dict[str, Role] = param(
        {
            "service": {"accounts": 400, "needs": "2%"},
            "warehouse": {"accounts": 1500, "needs": "1%"},
            "marketing": {"accounts": 60, "needs": "10%"},
            "analyst": {"accounts": 30, "needs": "40%"},
            "administrator": {"accounts": 10, "needs": "100%"},
        },
        "", "roles by name",
    )  # fmt: skip
    quota: Count = param(2_000, "", "least privilege: records an account may read in a day", low=200, high=20_000)
    undetected: Duration = param("194d", "G15", "time a thief reads before it is noticed", low="30d", high="258d")
    masked_worth: Share = param("10%", "", "masked records that can still be told apart, of those read", low="0%", high="30%")
    a_year: float = param(0.05, "", "breaches a year", low=0.01, high=0.3, ge=0)
    breach: Money = param("4.88M CNY", "G14", "cost in USD of a breach of usual size, without the conversion", low="3.5M CNY", high="9.4M CNY", gt=0)
    usual: Count = param(25_000, "", "records of a breach of usual size", low=10_000, high=100_000, gt=0, lt=1_000_000)
    mega: Money = param("42M CNY", "G16", "cost in USD of a breach of a million records, without the conversion", low="30M CNY", high="60M CNY", gt=0)
    rate: float = param(7.1, "", "CNY for a USD", low=6.3, high=7.3)
    direct: Share = param("70%", "", "of a breach's cost, what is paid; the business lost comes from the shoppers themselves", low="55%", high="80%")
    notify_within: Duration = param("72h", "", "time until those concerned are told", low="12h", high="30d")
    notify_limit: Duration = param("72h", "", "time the law leaves for it", low="24h", high="72h")
    disappointment: float = param(0.15, "", "satisfaction lost by those told", low=0.05, high=0.4)
    leaves: Share = param("3.5%", "", "share of those told who never come back", low="1%", high="7%")
    fine: Money = param("1M CNY", "G01", "most of the ordinary fine", low="100k CNY", high="1M CNY")
    fine_serious: Money = param("50M CNY", "G01", "most of the fine for a serious breach, or …", low="10M CNY", high="50M CNY")
    fine_turnover: Share = param("5%", "G01", "… this share of a year's turnover, the lower of both", low="1%", high="5%")
    serious_from: Count = param(50_000, "", "records exposed from which a breach is serious", low=5_000, high=500_000)
    least_privilege_cost: Money = param("600k CNY", "", "a year, of narrow access rights", low="200k CNY", high="2M CNY")
    masking_cost: Money = param("200k CNY", "", "a year, of masking", low="50k CNY", high="800k CNY")
    encryption_cost: Money = param("400k CNY", "", "a year, of encryption and its keys", low="100k CNY", high="2M CNY")


class Commissions(Section):
    """Income tax of livestream hosts, to be withheld from what they are paid [G08]."""

    policy: Annotated[str, Slot("oversight.commissions")] = Field("none", description="registered under oversight.commissions")
    persons: Share = param("60%", "", "share of commissions paid to persons, not to companies", low="20%", high="100%")
    hosts: int = param(20, "", "hosts who share a day's commissions", low=1, high=500, ge=1)
    penalty: float = param(0.5, "G09", "fine, times the tax not withheld", low=0.5, high=3.0)
    cost: Money = param("50 CNY", "", "cost of working out one payment's tax", low="10 CNY", high="300 CNY")


class Prices(Section):
    """Raising a price so that a cut looks deeper [G07]."""

    window: Duration = param("7d", "", "days before a promotion in which the price it is compared with must have held", low="7d", high="30d")
    tolerance: Share = param("2%", "", "rise that is not looked at", low="0%", high="5%")
    fine_least: Money = param("200k CNY", "G07", "least of the ordinary fine", low="200k CNY", high="1M CNY")
    fine: Money = param("1M CNY", "G07", "most of the ordinary fine", low="200k CNY", high="1M CNY")
    fine_serious: Money = param("2M CNY", "G07", "most of the fine for doing it again", low="1M CNY", high="2M CNY")
    grave_from: Share = param("10%", "", "share of SKUs concerned from which the fine is at its most", low="1%", high="50%", gt=0)
    inspected: Share = param("20%", "", "chance in a year that prices are looked at", low="1%", high="100%")


class Residency(Section):
    """Where personal data lie."""

    abroad: Share = Field("0%", description="share of customers' records kept at sites abroad")  # type: ignore[assignment]
    assessed: bool = Field(False, description="a security assessment has allowed it")
    assessment: Money = param("800k CNY", "", "a year, of the assessment and its renewal", low="200k CNY", high="3M CNY")
    fine: Money = param("1M CNY", "G01", "most of the fine for records abroad without it", low="100k CNY", high="1M CNY")
    inspected: Share = param("2%", "", "chance in a year that it is looked at", low="0.1%", high="10%")


class Oversight(Section):
    """The regulator and the law."""

    licences: Licences | None = None
    checks: Checks = Field(default_factory=Checks)
    review: Review = Field(default_factory=Review)
    privacy: Privacy | None = None
    commissions: Commissions | None = None
    prices: Prices | None = None
    residency: Residency | None = None
    repeat: Percent = param("100%", "", "of the serious fine, what a second offence costs", low="50%", high="100%")
