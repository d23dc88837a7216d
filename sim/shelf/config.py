"""What the `shelf` section of a scenario file may say: catalogue, promotions, ranking."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.core.config import Section, param
from sim.core.units import Count, Duration, Money, Percent, Share, When


class Category(Section):
    """A category of the catalogue."""

    need: float = Field(1.0, gt=0, description="relative share of visits that look for it")
    price: Money = param("120 CNY", "", "median list price", low="20 CNY", high="2000 CNY")
    price_spread: float = param(0.7, "", "log standard deviation of list prices", low=0.3, high=1.2)
    margin: Share = param("30%", "", "gross margin at list price", low="15%", high="45%")
    returns: Share = param("12.5%", "P18", "share of orders returned when all is as expected")
    cover: Duration = param("0d", "", "time one unit covers a household; 0d: not stored", low="0d", high="60d")
    expansion: Share = param("33.3%", "P06", "share of a stocked-up unit that is used up faster (flexible consumption)")
    sensitivity: float = param(1.0, "", "multiplies the shopper's price sensitivity", low=0.5, high=1.6)
    weight: float = param(0.8, "", "median parcel weight, kg", low=0.1, high=15.0)


class Catalogue(Section):
    """The goods: generated from a compact description."""

    categories: dict[str, Category] = param(
        {
            "apparel": {"need": 2.0, "price": "129 CNY", "returns": "22%", "margin": "38%", "weight": 0.5},
            "beauty": {"need": 1.4, "price": "99 CNY", "returns": "8%", "margin": "36%", "cover": "25d", "weight": 0.3},
            "food": {"need": 1.6, "price": "49 CNY", "returns": "3%", "margin": "22%", "cover": "10d", "weight": 1.5},
            "household": {
                "need": 1.4,
                "price": "39 CNY",
                "returns": "6%",
                "margin": "26%",
                "cover": "21d",
                "weight": 1.2,
            },
            "appliances": {"need": 0.7, "price": "599 CNY", "returns": "9%", "margin": "24%", "weight": 6.0},
            "phones": {"need": 0.6, "price": "1499 CNY", "returns": "8%", "margin": "16%", "weight": 0.5},
            "baby": {"need": 0.8, "price": "119 CNY", "returns": "7%", "margin": "25%", "cover": "21d", "weight": 1.5},
            "sports": {"need": 0.8, "price": "159 CNY", "returns": "15%", "margin": "34%", "weight": 0.9},
        },
        "",
        "categories by name; at most 12",
    )
    skus: Count = Field(2000, description="stock keeping units, at least one a category")
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
    table: str | None = Field(None, description="CSV or Parquet file with one row a SKU instead of generated goods")


class Discount(Section):
    """A price cut on some SKUs for a time."""

    kind: Literal["discount", "flash", "member_price"] = Field(description="what it is")
    off: Share = Field(description="share of the list price taken off")
    skus: str = Field("all", description="all, hero, flash, exclusive, category:NAME, top N% or random N%")
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


class FullReduction(Section):
    """Every so much spent, so much off, across the shop."""

    kind: Literal["full_reduction"]
    every: Money = Field(description="each full amount of eligible goods in a basket …")
    off: Money = Field(description="… takes this off")
    times: int = Field(100, ge=1, description="at most so many times an order")
    skus: str = Field("all", description="which SKUs take part")
    start: When = Field(alias="from")
    to: When
    announced: When | None = None


class Presale(Section):
    """A deposit now, the balance later."""

    kind: Literal["presale"]
    deposit: Share = Field(description="share of the price paid at once")
    off: Share = param("0%", "", "share of the list price taken off for presale orders")
    skus: str = Field("hero", description="which SKUs are presold")
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
    room: str = Field("", description="category shown, or empty for the hero SKUs")
    at: When
    lasts: Duration = Field("4h", alias="for")  # type: ignore[assignment]
    off: Share = param("10%", "", "room price below the list price", low="0%", high="30%")
    exposure: float = param(1.0, "", "added utility of being shown and explained", low=0.3, high=2.0)
    impulse: float = param(0.5, "", "added utility at checkout from the room's urgency", low=0.0, high=1.5)
    commission: Share = param("20%", "", "host's share of the room's sales", low="10%", high="30%")
    fee: Money = param("100000 CNY", "", "slot fee of the host", low="10000 CNY", high="1000000 CNY")
    announced: When | None = None


Promotion = Annotated[Discount | FullReduction | Presale | Coupons | Livestream, Field(discriminator="kind")]


class Ranking(Section):
    """How the consideration set of a visit is drawn."""

    policy: Literal["popularity", "personalised", "random"] = "personalised"
    quality: Share = param(
        "35%", "", "chance that a place goes to the best of three for this shopper", low="0%", high="90%"
    )
    promoted: float = param(0.7, "", "log weight added to promoted SKUs", low=0.0, high=2.0)


class PriceMatching(Section):
    """Whether we follow a cheaper rival."""

    policy: Literal["none", "match"] = "none"
    every: Duration = param("1h", "K04", "how often rivals' pages are read", low="10min", high="24h", ge=1.0)
    floor: Percent = param("5%", "", "least margin over the unit cost", low="-5%", high="15%")


class Shelf(Section):
    """What shoppers see."""

    catalogue: Catalogue = Field(default_factory=Catalogue)
    promotions: list[Promotion] = Field(default_factory=list)
    announce: Duration = param("3d", "", "how long before its opening a promotion is known", low="1d", high="14d")
    ranking: Ranking = Field(default_factory=Ranking)
    price_matching: PriceMatching = Field(default_factory=PriceMatching)
    consideration: int = param(8, "", "SKUs looked at in a visit", low=4, high=8, ge=1, le=8)
    price_change_limit: Share = param("60%", "", "no SKU is sold below this share off", low="40%", high="80%")
