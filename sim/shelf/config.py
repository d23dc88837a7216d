"""What the `shelf` section of a scenario file may say: catalogue, promotions, ranking, page, tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from sim.core.arguments import AnyCategory, Goods
from sim.core.config import DataFile, Section, Slot, param
from sim.core.errors import suggestion
from sim.core.tables import Fault, cell, columns, first, numbers, repeated
from sim.core.units import Count, Cover, Duration, Money, Percent, Share, When

MOST_SKUS = 100_000
REQUIRED_COLUMNS = ("category", "list_price")
PRICES: dict[str, Any] = {"low": 0.01, "high": 1e7}  # CNY
#: what a table of goods may say of a SKU beside its category and price, and in which span
SKU_COLUMNS: dict[str, dict[str, Any]] = {
    "unit_cost": {"low": 0, "high": 1e7},
    "quality": {"low": -5, "high": 5},
    "appeal": {"low": 0, "high": 1e12, "above": True},
    "returns": {"low": 0, "high": 1},
    "hero": {"low": 0, "high": 1, "whole": True},
    "exclusive": {"low": 0, "high": 1, "whole": True},
}


class Category(Section):
    """A category of the catalogue."""

    need: float = Field(1.0, gt=0, le=1e6, description="relative share of visits that look for it")
    price: Money = param("120 CNY", "", "median list price", low="20 CNY", high="2000 CNY", ge=0.1)
    price_spread: float = param(0.7, "", "log standard deviation of list prices", low=0.3, high=1.2)
    margin: Share = param("30%", "", "gross margin at list price", low="15%", high="45%")
    returns: Share = param("12.5%", "P18", "share of orders returned when all is as expected")
    cover: Duration = param("0d", "", "time one unit covers a household; 0d: not stored", low="0d", high="60d")
    expansion: Share = param("33.3%", "P06", "share of a stocked-up unit that is used up faster (flexible consumption)")
    sensitivity: float = param(1.0, "", "multiplies the shopper's price sensitivity", low=0.5, high=1.6)


class Catalogue(Section):
    """The goods: generated from a compact description, or read from a table."""

    categories: dict[str, Category] = param(
        {
            "apparel": {"need": 2.0, "price": "129 CNY", "returns": "22%", "margin": "38%"},
            "beauty": {"need": 1.4, "price": "99 CNY", "returns": "8%", "margin": "36%", "cover": "25d"},
            "food": {"need": 1.6, "price": "49 CNY", "returns": "3%", "margin": "22%", "cover": "10d"},
            "household": {
                "need": 1.4,
                "price": "39 CNY",
                "returns": "6%",
                "margin": "26%",
                "cover": "21d",
            },
            "appliances": {"need": 0.7, "price": "599 CNY", "returns": "9%", "margin": "24%"},
            "phones": {"need": 0.6, "price": "1499 CNY", "returns": "8%", "margin": "16%"},
            "baby": {"need": 0.8, "price": "119 CNY", "returns": "7%", "margin": "25%", "cover": "21d"},
            "sports": {"need": 0.8, "price": "159 CNY", "returns": "15%", "margin": "34%"},
        },
        "",
        "categories by name; at most 12",
        min_length=1,
        max_length=12,
    )
    skus: Count = Field(2000, ge=1, le=1_000_000, description="stock keeping units, at least one a category; a `table` brings its own")
    hero_share: Share = param("5%", "", "share of SKUs, the most popular of each category, that carry the festival")
    concentration: float = param(
        1.617,
        "UCI 352",
        "log standard deviation of popularity over SKUs, fitted to the Gini coefficient of sales",
        low=1.2,
        high=2.2,
    )
    exclusive_share: Share = param("10%", "", "share of SKUs that no rival has", low="0%", high="40%")
    quality_spread: float = param(0.5, "", "standard deviation of quality over SKUs, in utility", low=0.2, high=1.0)
    table: DataFile | None = Field(
        None,
        description="your own goods, one row a SKU: `category`, `list_price` (CNY) and, where known, `unit_cost` (CNY), "
        "`quality`, `appeal`, `returns`, `hero`, `exclusive`; what it leaves out is drawn. `sku`: your name for it",
    )

    def faults(self, field: str, frame: Any) -> Iterable[Fault]:
        """What is wrong with a table of goods."""
        return first(
            lambda: columns(frame, REQUIRED_COLUMNS, (*REQUIRED_COLUMNS, "sku", *SKU_COLUMNS)),
            lambda: [
                *self._categories_wrong(frame),
                *(fault for name, span in SKU_COLUMNS.items() if name in frame for fault in numbers(frame, name, **span)),
                *numbers(frame, "list_price", **PRICES),
                *(repeated(frame, ("sku",), "one row for each SKU") if "sku" in frame else ()),
            ],
        )

    def _categories_wrong(self, frame: Any) -> Iterable[Fault]:
        known = list(self.categories)
        accepted = f"a category of shelf.catalogue.categories: {', '.join(known)}"
        unknown = np.flatnonzero(~frame["category"].isin(known).to_numpy())
        if len(unknown):
            row = int(unknown[0])
            message = f"found {cell(frame, 'category', row)}, accepted: {accepted}"
            yield Fault(row, "category", message, suggestion(frame["category"].iloc[row], known))
        for name in known:
            if not (frame["category"] == name).any():
                yield Fault(None, "category", f"found no row of {name!r}, accepted: at least one row of each category")
        if len(frame) > MOST_SKUS:
            yield Fault(None, "", f"found {len(frame)} rows, accepted: at most {MOST_SKUS}")


class Discount(Section):
    """A price cut on some SKUs for a time."""

    kind: Literal["discount", "flash", "member_price"] = Field(description="what it is")
    off: Share = Field(description="share of the list price taken off")
    skus: Goods = Field("all", description="all, hero, flash, exclusive, category:NAME, top N% or random N%")
    start: When | None = Field(None, alias="from", description="opening; with `to`")
    to: When | None = Field(None, description="end")
    at: list[When] = Field(default_factory=list, description="openings of a flash sale")
    lasts: Duration | None = Field(None, alias="for", description="length of each opening")
    quota: Count | None = Field(
        None, description="units for sale at this price at each opening; after that the list price"
    )
    announced: When | None = Field(
        None, description="from when shoppers know of it; left out: the scenario's `announce`"
    )
    arm: str | None = Field(None, description="only for this arm of shelf.ab; left out: for everybody")

    @model_validator(mode="after")
    def _opens(self) -> Discount:
        if not self.at and self.start is None:
            raise ValueError("found no opening, accepted: `from` and `to`, or `at`, a list of openings of a flash sale")
        return self


class FullReduction(Section):
    """Every so much spent, so much off, across the shop."""

    kind: Literal["full_reduction"]
    every: Money = Field(ge=0.01, description="each full amount of eligible goods in a basket …")
    off: Money = Field(description="… takes this off")
    times: int = Field(100, ge=1, le=1_000_000, description="at most so many times an order")
    skus: Goods = Field("all", description="which SKUs take part")
    with_member_price: bool = Field(True, description="false: what is bought at a member price does not count")
    with_coupon: bool = Field(True, description="false: an order it takes something off uses no coupon")
    start: When = Field(alias="from")
    to: When
    announced: When | None = None
    arm: str | None = Field(None, description="only for this arm of shelf.ab; left out: for everybody")


class Presale(Section):
    """A deposit now, the balance later."""

    kind: Literal["presale"]
    deposit: Share = Field(description="share of the price paid at once")
    off: Share = param("0%", "", "share of the list price taken off for presale orders")
    skus: Goods = Field("hero", description="which SKUs are presold")
    start: When = Field(alias="from")
    balance: When = Field(description="when the balance falls due and the goods are sent")
    announced: When | None = None


class Coupons(Section):
    """A budget of coupons that shoppers claim."""

    kind: Literal["coupon"]
    threshold: Money = Field(description="basket needed")
    off: Money = Field(description="amount off")
    budget: Money = Field(description="what the campaign may cost; never overdrawn")
    start: When = Field(alias="from")
    to: When
    claim: Share = param("10%", "P25", "chance that a visitor without a coupon claims one")
    announced: When | None = None


class Livestream(Section):
    """A room that shows some SKUs for some hours."""

    kind: Literal["livestream"]
    room: AnyCategory = Field("", description="category shown, or empty for the hero SKUs")
    at: When
    lasts: Duration = Field("4h", alias="for")  # type: ignore[assignment]
    off: Share = param("10%", "", "room price below the list price", low="0%", high="30%")
    exposure: float = param(1.0, "", "added utility of being shown and explained", low=0.3, high=2.0)
    impulse: float = param(0.5, "", "added utility at checkout from the room's urgency", low=0.0, high=1.5)
    commission: Share = param("20%", "", "host's share of the room's sales", low="10%", high="30%")
    fee: Money = param("100000 CNY", "", "slot fee of the host", low="10000 CNY", high="1000000 CNY")
    zero_yuan_trials: Count = Field(0, ge=0, description="units given away by lot among those who come for them")
    entrants: float = param(30.0, "", "people who come to the room for each unit given away", low=5.0, high=200.0, ge=1)
    trial_reviews: Share = param(
        "60%", "", "share of those who got a unit who write the review asked for", low="30%", high="90%"
    )
    announced: When | None = None


class GroupBuy(Section):
    """Sold only to groups: the more people join within some hours, the lower the price."""

    kind: Literal["group_buy"]
    ladder: dict[str, Share] = Field(description="people: share off, such as {2: 10%, 5: 20%}; the least forms a group")
    within: Duration = Field("24h", description="time a group has to fill")  # type: ignore[assignment]
    skus: Goods = Field("hero", description="which SKUs are sold to groups")
    start: When = Field(alias="from")
    to: When
    invites: int = param(3, "T39", "friends each member asks", low=1, high=10, ge=0, le=50)
    accepts: Share = param("10%", "T39", "chance that somebody asked comes to look, the article in the cart")
    strangers: bool = Field(True, description="open groups are shown to everybody who orders the article")
    hassle: float = param(0.3, "", "utility lost by having to gather others", low=0.0, high=1.0, ge=0)
    announced: When | None = None

    @model_validator(mode="after")
    def _rungs(self) -> GroupBuy:
        if not self.ladder:
            raise ValueError("found an empty ladder, accepted: people: share off, such as {2: 10%}")
        wrong = [people for people in self.ladder if not people.isdigit() or not 2 <= int(people) <= 100]
        if wrong:
            raise ValueError(f"found {wrong[0]!r} in the ladder, accepted: whole numbers of people, 2 to 100")
        if [off for _, off in self.rungs] != sorted(off for _, off in self.rungs):
            raise ValueError("found a larger group that pays more, accepted: a price that falls with the people")
        return self

    @property
    def rungs(self) -> list[tuple[int, float]]:
        """(people, share off), ascending."""
        return sorted((int(people), off) for people, off in self.ladder.items())


class CashBack(Section):
    """Cash for a review of what was bought."""

    kind: Literal["cash_back"]
    amount: Money = Field(description="paid for the review of a unit")
    skus: Goods = Field("all", description="which SKUs take part")
    start: When = Field(alias="from")
    to: When
    announced: When | None = None


Promotion = Annotated[
    Discount | FullReduction | Presale | Coupons | Livestream | GroupBuy | CashBack, Field(discriminator="kind")
]


class PriceProtection(Section):
    """The difference back when the price falls within some days of the order."""

    within: Duration = param("15d", "", "how long after the order", low="7d", high="30d", gt=0)
    claim: Share = param("25%", "", "share of those entitled who ask for it", low="5%", high="60%")


class Page(Section):
    """Work on the product page: seconds it takes on the shopper's side, by device."""

    images: Share = param("50%", "", "share of the page's weight that is images", low="35%", high="70%")
    image_saving: Share = param(
        "0%", "", "bytes saved on images by format, size and compression", low="0%", high="70%"
    )
    first_screen: Share = param(
        "100%", "", "share of what is left that the first screen waits for; the rest comes later", low="30%", high="100%"
    )
    rendering_saving: Share = param("0%", "", "rendering time saved", low="0%", high="60%")
    cost: Money = param("0 CNY", "", "what the work costs, once", low="0 CNY", high="2M CNY")


class Arm(Section):
    """One arm of an A/B test. Promotions that name the arm are shown to its shoppers only."""

    share: float = Field(1.0, gt=0, description="shoppers of the test it gets, relative to the other arms")
    quality: Share | None = Field(None, description="ranking quality; left out: the shop's")
    page: Page | None = Field(None, description="page; left out: the shop's")


class AbTest(Section):
    """A test inside the shop: who is in which arm is a hash of the shopper's number, and never changes."""

    arms: dict[str, Arm] = Field(min_length=2, max_length=4, description="arms by name")
    control: str = Field("", description="arm that the others are compared against; left out: the first written")
    exposure: Share = Field("100%", description="share of shoppers in the test; the others see the ordinary shop")  # type: ignore[assignment]
    start: When | None = Field(None, alias="from", description="left out: from the start")
    to: When | None = Field(None, description="left out: to the end")
    everyone: str | None = Field(None, description="arm that every shopper of the test is in: the truth of a test")
    blank: bool = Field(False, description="all arms show what the control shows: a test of nothing")

    @model_validator(mode="after")
    def _known(self) -> AbTest:
        self.__dict__["control"] = self.control or next(iter(self.arms))
        self.arrange()
        for role, name in (("everyone", self.everyone), ("control", self.control)):
            if name is not None and name not in self.arms:
                raise ValueError(f"found {role} {name!r}, accepted: {', '.join(self.arms)}")
        wrong = [name for name in self.arms if not name.replace("_", "").isalnum()]
        if wrong:
            raise ValueError(f"found the arm {wrong[0]!r}, accepted: letters, digits and _")
        return self

    def arrange(self) -> None:
        """Arms in the order of their names, the control before all others."""
        super().arrange()
        if self.control in self.arms:
            self.__dict__["arms"] = {self.control: self.arms[self.control], **self.arms}


class Trends(Section):
    """Fashions of the world outside: now and then an article is suddenly wanted, and then no longer."""

    per_month: float = param(20.0, "", "articles in 1,000 that become fashionable in 30 days", low=2.0, high=60.0, ge=0)
    lift: float = param(1.2, "", "utility at the height of a fashion", low=0.4, high=2.5)
    rise: Duration = param("5d", "", "from nothing to its height", low="1d", high="14d", gt=0)
    fade: Duration = param("12d", "", "mean time in which it fades", low="4d", high="40d", gt=0)


class Selection(Section):
    """What the shop pushes to the front."""

    policy: Annotated[str, Slot("shelf.selection")] = Field("none", description="registered under shelf.selection")
    push: float = param(1.0, "", "log weight added to what is pushed", low=0.3, high=2.0)
    window: Duration = param("3d", "", "trend: sales of so long, against those of as long before", low="1d", high="14d", gt=0)
    growth: float = param(1.8, "", "trend: growth from which an article counts as a coming hit", low=1.3, high=4.0, gt=1)
    hits: Share = param("2%", "", "trend: share of SKUs pushed at most", low="0.5%", high="10%")


class Markdown(Section):
    """What becomes of slow movers."""

    policy: Annotated[str, Slot("shelf.markdown")] = Field("none", description="registered under shelf.markdown")
    step: Share = param("15%", "", "share taken off, and again after every `every`", low="5%", high="30%")
    every: Duration = param("7d", "", "time between steps", low="3d", high="21d", gt=0)
    most: Share = param("45%", "", "never more than this", low="20%", high="60%")
    release: Cover = param("45d of cover", "", "marked down until cover is below this", low="20d of cover", high="90d of cover")


class Ranking(Section):
    """How the consideration set of a visit is drawn."""

    policy: Annotated[str, Slot("shelf.ranking")] = "personalised"
    quality: Share = param(
        "35%", "", "chance that a place goes to the best of three for this shopper", low="0%", high="90%"
    )
    promoted: float = param(0.7, "", "log weight added to promoted SKUs", low=0.0, high=2.0)


class PriceMatching(Section):
    """Whether we follow a cheaper rival."""

    policy: Annotated[str, Slot("shelf.price_matching")] = "none"
    every: Duration = param("1h", "K04", "how often rivals' pages are read", low="10min", high="24h", ge=1.0)
    floor: Percent = param("5%", "", "least margin over the unit cost", low="-5%", high="15%")


class Shelf(Section):
    """What shoppers see."""

    catalogue: Catalogue = Field(default_factory=Catalogue)
    promotions: list[Promotion] = Field(default_factory=list)
    announce: Duration = param("3d", "", "how long before its opening a promotion is known", low="1d", high="14d")
    ranking: Ranking = Field(default_factory=Ranking)
    consideration: int = param(8, "", "SKUs looked at in a visit", low=4, high=8, ge=1, le=8)
    price_change_limit: Share = param("60%", "", "no SKU is sold below this share off", low="40%", high="80%")
    withheld: bool = Field(
        False, description="promotions are planned and measured, but never shown: the run to compare with"
    )
    cash_back_take: Share = param(
        "40%", "", "share of those promised cash for a review who write it", low="20%", high="70%"
    )
    price_protection: PriceProtection | None = None
    page: Page | None = None
    ab: AbTest | None = None
    trends: Trends | None = None
    selection: Selection = Field(default_factory=Selection)
    markdown: Markdown = Field(default_factory=Markdown)
    price_matching: PriceMatching = Field(default_factory=PriceMatching)

    @model_validator(mode="after")
    def _arms_named(self) -> Shelf:
        arms = list(self.ab.arms) if self.ab is not None else []
        for number, promotion in enumerate(self.promotions):
            arm = getattr(promotion, "arm", None)
            if arm is not None and arm not in arms:
                accepted = ", ".join(arms) or "none: the file has no shelf.ab"
                raise ValueError(f"promotions.{number}.arm: found {arm!r}, accepted: {accepted}")
            if arm is not None and getattr(promotion, "quota", None) is not None:
                raise ValueError(f"promotions.{number}: found arm and quota, accepted: one of them")
        if sum(isinstance(promotion, FullReduction) for promotion in self.promotions) > 8:
            raise ValueError("promotions: found more than 8 full reductions, accepted: 8 at most")
        if sum(isinstance(promotion, Coupons) for promotion in self.promotions) > 16:
            raise ValueError("promotions: found more than 16 coupon campaigns, accepted: 16 at most")
        return self
