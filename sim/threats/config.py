"""What the `threats` section of a scenario file may say: attackers, their prices, and the defences."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.core.added import OpenSection
from sim.core.arguments import Goods
from sim.core.config import Section, default, param
from sim.core.units import Count, Duration, Money, Rate, Share, When
from sim.threats.roc import hit_rate, separation

#: where attackers meet defences
Surface = Literal["request", "login", "claim", "order", "review", "refund"]
#: how an attack is run: scripts from a few addresses, scripts behind residential proxies, hired hands
Tactic = Literal["simple", "advanced", "human"]
#: what a flood is aimed at
Route = Literal["browse", "search", "order", "volumetric"]
#: volume of an attack in multiples of what its budget was meant for
Level = Annotated[float, Field(gt=0.0, le=1000.0)]

# Defences -----------------------------------------------------------------------------------------


class Defence(Section):
    """What every defence has: a switch and a price."""

    enabled: bool = default(True, description="in force from the start; false: bought, switched on by an action")
    cost: Money = param("30000 CNY", "", "fee a month", low="3000 CNY", high="300000 CNY")


class Detector(Defence):
    """A defence that tells attackers from people with errors on both sides, and loses its power with time."""

    decay: Duration | None = param(
        "1d", "attacks: effective power exp(-t/tau)", "time constant of its power after training; null: never fades",
        low="12h", high="30d", assumption=True, gt=0,
    )  # fmt: skip
    retrain: Duration | None = param("1d", "", "time between trainings; null: never", low="6h", high="30d", gt=0)
    training: Money = param("2000 CNY", "", "cost of one training", low="200 CNY", high="50000 CNY")

    @property
    @abstractmethod
    def threshold(self) -> float:
        """Share of people flagged."""

    @property
    @abstractmethod
    def separation(self) -> float:
        """d′ just after training."""

    def along(self, false_positives: float) -> dict[str, str]:
        """Settings besides the share of people flagged that keep d′ at another threshold: none where d′ is stated."""
        return {}


class Waf(Detector):
    """A web application firewall with scrubbing: rules on requests, at the front door."""

    hits: Share = param("90%", "attacks: to be swept", "share of an advanced attack's requests that its rules stop",
                        low="50%", high="99%", assumption=True, gt=0, lt=1)  # fmt: skip
    false_positives: Share = param("0.1%", "", "share of people stopped", low="0.01%", high="1%", gt=0, lt=1)
    link: float = param(100.0, "", "Gbit/s it and the line in front of it take", low=10.0, high=1000.0, gt=0)
    on: list[Surface] = default(["request", "login"], description="what it looks at")

    @property
    def threshold(self) -> float:
        """Share of people flagged."""
        return self.false_positives

    @property
    def separation(self) -> float:
        """d′ from its hit rate."""
        return separation(self.hits, self.false_positives)

    def along(self, false_positives: float) -> dict[str, str]:
        """The hit rate there."""
        return {"hits": hit_rate(self.separation, false_positives)}


class Fingerprint(Detector):
    """Device fingerprints: many accounts on one device, devices that contradict themselves."""

    hits: Share = param("51%", "arXiv 2406.07647", "share of evasive bots it catches", low="47%", high="55%", gt=0, lt=1)
    with_consistency: Share = param("75%", "arXiv 2406.07647", "the same with consistency rules", low="70%", high="80%",
                                    gt=0, lt=1)  # fmt: skip
    consistency: bool = default(False, description="whether consistency rules are on")
    false_positives: Share = param("1%", "A14", "share of people flagged", gt=0, lt=1, assumption=True)
    on: list[Surface] = default(["login", "claim", "order", "review"], description="what it looks at")

    @property
    def threshold(self) -> float:
        """Share of people flagged."""
        return self.false_positives

    @property
    def separation(self) -> float:
        """d′ from its hit rate."""
        return separation(self.with_consistency if self.consistency else self.hits, self.false_positives)

    def along(self, false_positives: float) -> dict[str, str]:
        """The hit rates there, with and without consistency rules."""
        return {
            name: hit_rate(separation(getattr(self, name), self.false_positives), false_positives)
            for name in ("hits", "with_consistency")
        }


class Behaviour(Detector):
    """Behaviour scoring: how somebody moves through the shop."""

    d_prime: float = param(2.34, "arXiv 2603.28546", "distance between the scores of bots and people, in standard deviations",
                           low=1.5, high=3.5, ge=0)  # fmt: skip
    false_positives: Share = param("3%", "arXiv 2603.28546", "threshold: share of people flagged", low="0.5%", high="5%",
                                   gt=0, lt=1)  # fmt: skip
    on: list[Surface] = default(["login", "claim", "order", "review", "refund"], description="what it looks at")

    @property
    def threshold(self) -> float:
        """Share of people flagged."""
        return self.false_positives

    @property
    def separation(self) -> float:
        """d′ of the scores."""
        return self.d_prime


class Captcha(Defence):
    """A captcha: a price for bots, not a wall, and a hurdle for people."""

    people_right: Share = param("80%", "A16", "share of tries of people that are right", gt=0)
    bots_right: Share = param("96%", "A17", "share of tries of solving services that are right", gt=0)
    attempts: int = param(3, "", "tries allowed", low=1, high=5, ge=1, le=20)
    gives_up: Share = param("25%", "", "share of people who leave after a wrong try", low="5%", high="60%")
    on: list[Surface] = default(["login", "claim", "order"], description="where it is asked")


class RateLimit(Defence):
    """Limits for each source: an address asks and tries only so often."""

    requests: Rate = param("5/s", "", "requests a source may make", low="1/s", high="50/s", gt=0)
    attempts: Rate = param("20/h", "", "logins, claims, orders a source may try", low="3/h", high="200/h", gt=0)
    on: list[Surface] = default(["request", "login", "claim", "order", "review"], description="what it limits")


class ManualReview(Defence):
    """People look at orders, claims and reviews that look suspicious."""

    capacity: Count = param(3_000, "", "cases a day", low=200, high=50_000)
    finds: Share = param("70%", "", "share of fraud recognised when looked at", low="50%", high="95%")
    price: Money = param("3 CNY", "", "cost of a case", low="1 CNY", high="15 CNY")
    suspicious: Share = param("2%", "A14", "share of honest cases sent to review")
    false_positives: Share = param("18.6%", "A14", "share of honest cases under review that are refused",
                                   low="5%", high="40%", assumption=True)  # fmt: skip
    on: list[Surface] = default(["order", "refund", "review"], description="what is reviewed")


class CouponQuota(Defence):
    """At most so many coupons for an account."""

    each: Count = param(1, "", "coupons an account may claim", low=1, high=5, ge=1)


class RealName(Defence):
    """Accounts are tied to an identity: dear to buy, and at most so many orders of a promoted article each."""

    price: Money = param("30 CNY", "", "what attackers pay for an account with an identity", low="5 CNY", high="100 CNY")
    each: Count = param(1, "", "orders an identity may place in an attacked promotion", low=1, high=5, ge=1)
    on: list[Surface] = default(["claim", "order"], description="where an identity is asked for")


class Defences(OpenSection):
    """The defences; what is left out is not there."""

    slot: ClassVar[str] = "threats.defences"

    waf: Waf | None = None
    rate_limit: RateLimit | None = None
    captcha: Captcha | None = None
    fingerprint: Fingerprint | None = None
    behaviour: Behaviour | None = None
    manual_review: ManualReview | None = None
    coupon_quota: CouponQuota | None = None
    real_name: RealName | None = None
    line: float = param(20.0, "", "Gbit/s of the shop's own line, without scrubbing", low=5.0, high=200.0, gt=0)
    leaves: Share = param("40%", "", "share of people refused by mistake who give up the cart", low="10%", high="90%")
    hurt: float = param(0.1, "", "satisfaction somebody refused by mistake loses, of 1", low=0.02, high=0.3, ge=0, le=1)


# Attackers ----------------------------------------------------------------------------------------


class Economy(Section):
    """What attacking costs; the same for all."""

    account: Money = param("0.6 CNY", "A05", "price of an account", low="0.5 CNY", high="5 CNY")
    uses: int = param(3, "", "actions for which an account serves before it is worn out", low=1, high=10, ge=1)
    solving: Money = param("7.2 CNY", "A18", "price of 1,000 captchas solved (1 USD)", low="3.6 CNY", high="21.6 CNY")
    proxy: Money = param("20 CNY", "attacks: 0.89-5 USD/GB", "price of a GB through residential proxies",
                         low="6.4 CNY", high="36 CNY")  # fmt: skip
    traffic: float = param(2.0, "", "MB of an attempt", low=0.1, high=10.0, ge=0)
    labour: Money = param("0.3 CNY", "", "pay of a hired hand for an action", low="0.1 CNY", high="2 CNY")
    simple_exposure: float = param(1.5, "", "factor on d' against scripts from a few addresses", low=1.0, high=2.5, gt=0)
    human_exposure: float = param(0.3, "", "factor on d' against hired hands", low=0.0, high=0.7, ge=0)
    sources: dict[Tactic, Count] = param({"simple": 50, "advanced": 20_000, "human": 2_000}, "",
                                         "addresses a gang has, by tactic")  # fmt: skip


class Gang(Section):
    """What every kind of attacker has."""

    gangs: int = default(1, description="so many independent attackers", ge=1, le=50)
    start: When | None = default(None, alias="from", description="when they come; left out: from the beginning")
    to: When | None = default(None, description="when they go for good")
    budget: Money = param("2M CNY", "", "working capital of each", low="10000 CNY", high="100M CNY")
    tactics: list[Tactic] = default(["simple", "advanced", "human"], description="what they can do", min_length=1)
    levels: list[Level] = default([0.3, 1.0, 3.0], description="volumes they choose from, in multiples", min_length=1)
    temperature: float = param(0.15, "", "of the softmax, relative to the best profit seen", low=0.02, high=1.0, gt=0)
    learning: Share = param("30%", "", "weight of the newest profit in what they remember", low="10%", high="70%", gt=0)
    hears: Share = param("50%", "", "chance that a gang of the same kind hears what another earned", low="0%", high="100%")
    patience: int = param(3, "", "results after which they may quit", low=1, high=10, ge=1)
    probe: Duration = param("6h", "", "time between tries of somebody who has quit", low="1h", high="48h", gt=0)
    probe_size: Share = param("5%", "", "size of such a try", low="1%", high="20%", gt=0)


class Ddos(Gang):
    """Floods of requests; somebody pays for every hour the shop does not answer."""

    kind: Literal["ddos"]
    requests: Rate = param("20000/s", "", "requests a second of a hired flood at level 1", low="1000/s", high="1000000/s")
    volume: float = param(100.0, "A21", "Gbit/s of a volumetric flood at level 1", low=5.0, high=3000.0, ge=0, assumption=True)
    rent: Money = param("180 CNY", "attacks: Kaspersky 2017, 25 USD/h", "price of an hour at level 1", low="40 CNY", high="800 CNY")
    reward: Money = param("20000 CNY", "", "paid for an hour in which no order gets through", low="1000 CNY", high="500000 CNY")
    within: Duration = param("20min", "A19", "time within which 94% of floods end", gt=0)
    pause: Duration = param("4h", "", "mean time between floods", low="30min", high="48h", gt=0)
    routes: list[Route] = default(
        ["browse", "search", "order", "volumetric"], description="what is flooded", min_length=1
    )
    cache_busting: Share = param("50%", "", "share of flooding searches for what no cache holds", low="0%", high="100%")


class CouponAbuse(Gang):
    """The wool party: accounts by the thousand claim coupons and turn them into money."""

    kind: Literal["coupon_abuse"]
    claims: Rate = param("3000/h", "", "claims tried at level 1", low="100/h", high="100000/h", gt=0)
    resale: Share = param("40%", "attacks: resold at 1 to tens of CNY", "of its face, what a resold coupon brings",
                          low="10%", high="70%")  # fmt: skip
    demand: Share = param("2%", "", "share of deal-prone shoppers without a coupon who buy one in an hour", low="0.1%", high="10%")
    goods: Share = param("90%", "", "of the list price, what goods bought with a coupon bring", low="70%", high="97%")
    ways: list[Literal["resell", "buy"]] = default(["resell", "buy"], description="ways to turn coupons into money", min_length=1)


class Scalpers(Gang):
    """Bots buy what is scarce at the opening and sell it on."""

    kind: Literal["scalpers"]
    orders: Count = param(2_000, "", "orders tried at an opening at level 1", low=50, high=200_000, ge=1)
    markup: float = param(2.0, "attacks: resale above 2x", "of the price paid, what a sold-out article brings",
                          low=1.1, high=4.0, gt=0)  # fmt: skip
    leftover: Share = param("85%", "", "of the list price, what an article still in the shop brings", low="60%", high="98%")
    polls: float = param(2.0, "", "requests a second of each bot around the opening", low=0.2, high=20.0, ge=0)
    rounds: int = default(3, description="times they try in the first half hour", ge=1, le=30)
    off: Share = param("20%", "", "least price cut worth an attack", low="10%", high="50%")


class PriceBug(Gang):
    """People who spread a price gone wrong and buy what they can."""

    kind: Literal["price_bug"]
    people: Count = param(60_000, "A10", "people within reach of the news", low=5_000, high=500_000, assumption=True)
    first: Count = param(20, "", "who see it first", low=1, high=500, ge=1)
    spreads: float = param(0.5, "A10", "people told by one who knows, a minute", low=0.2, high=1.5, assumption=True, gt=0)
    buys: Share = param("80%", "", "of those who hear of it, who order", low="30%", high="100%")
    goods: Share = param("80%", "", "of the list price, what the goods bring", low="60%", high="95%")


class CredentialStuffing(Gang):
    """Stolen passwords are tried; accounts that open are sold and emptied."""

    kind: Literal["credential_stuffing"]
    attempts: Rate = param("10000/h", "", "logins tried at level 1", low="1000/h", high="10000000/h", gt=0)
    success: Share = param("0.5%", "A04", "share of attempts that open an account, before defences")
    value: Money = param("20 CNY", "", "what an opened account brings", low="2 CNY", high="200 CNY")
    made_good: Money = param("60 CNY", "", "what the shop makes good to the owner of an emptied account", low="5 CNY", high="500 CNY")


class CardFraud(Gang):
    """Goods bought with stolen cards and sold on; the owners' banks take the money back."""

    kind: Literal["card_fraud"]
    orders: Rate = param("20/h", "", "orders tried at level 1", low="1/h", high="5000/h", gt=0)
    card: Money = param("72 CNY", "attacks: card about 10 USD", "price of a stolen card", low="20 CNY", high="200 CNY")
    live: Share = param("60%", "", "share of cards that still work", low="20%", high="90%")
    goods: Share = param("65%", "", "of the list price, what the goods bring", low="40%", high="85%")
    taken_back: Duration = param("10d", "", "mean time until the card's owner notices", low="3d", high="45d", gt=0)
    fee: Money = param("100 CNY", "", "fee of a chargeback", low="20 CNY", high="250 CNY")


class ReturnFraud(Gang):
    """Goods that arrived are claimed as missing or faulty; the money comes back, the goods stay."""

    kind: Literal["return_fraud"]
    orders: Rate = param("10/h", "", "orders placed at level 1", low="1/h", high="5000/h", gt=0)
    goods: Share = param("75%", "", "of the list price, what the goods bring", low="40%", high="95%")
    believed: Share = param(
        "80%", "", "of the claims that people look at, share paid out unless a defence stops them", low="30%", high="100%"
    )
    decided: Duration = param("2d", "", "time people take over a claim that is not refunded at once", low="4h", high="10d")


class ReviewFraud(Gang):
    """Reviews for money: praise or defamation."""

    kind: Literal["review_fraud"]
    reviews: Rate = param("100/h", "", "reviews tried at level 1", low="10/h", high="50000/h", gt=0)
    fee: Money = param("3 CNY", "", "paid for a review that stays", low="0.5 CNY", high="20 CNY")
    points: int = default(1, description="stars of each: 1 defames, 5 praises", ge=1, le=5)
    skus: Goods = default("hero", description="what is reviewed: hero, all, exclusive, category:NAME, top N% or random N%")


Attacker = Annotated[
    Ddos | CouponAbuse | Scalpers | PriceBug | CredentialStuffing | CardFraud | ReturnFraud | ReviewFraud,
    Field(discriminator="kind"),
]
KINDS: dict[str, type[Gang]] = {
    "ddos": Ddos, "coupon_abuse": CouponAbuse, "scalpers": Scalpers, "price_bug": PriceBug,
    "credential_stuffing": CredentialStuffing, "card_fraud": CardFraud, "return_fraud": ReturnFraud,
    "review_fraud": ReviewFraud,
}  # fmt: skip


class Threats(Section):
    """Attackers and defences."""

    attackers: list[Attacker] = Field(default_factory=list, description="who attacks from the start")
    defences: Defences = Field(default_factory=Defences, description="what stands against them")
    economy: Economy = Field(default_factory=Economy, description="what attacking costs")

    @property
    def stands(self) -> bool:
        """Whether there is anybody who attacks or anything that defends."""
        names = type(self.defences).model_fields.keys() - {"line", "leaves", "hurt"}
        built_in = any(getattr(self.defences, name) is not None for name in names)
        return bool(self.attackers or self.defences.others) or built_in
