"""What the programmes of the `crowd` section may say: winning shoppers, keeping them, and writing to them.

Every programme is off until its section is written.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, model_validator

from sim.core.arguments import AnyCategory, Category
from sim.core.config import Section, Slot, default, param
from sim.core.units import Duration, Money, Share, When

#: segments of RFM, from the best customers to those who have not been seen for long
RFM = ("champions", "loyal", "promising", "new", "at_risk", "lost")


class Social(Section):
    """Who knows whom: a small world (Watts and Strogatz 1998), computed, never stored."""

    degree: int = param(10, "", "acquaintances of a shopper, an even number", low=4, high=20, ge=2, le=40, multiple_of=2)
    rewired: Share = param("5%", "", "share of acquaintances that are far away instead of near", low="1%", high="30%")


_BOUGHT = frozenset({"cost", "curve", "hill", "ceiling"})
_POSTS = frozenset({"fee", "trust", "lives"})
#: the keys of a channel that only some policies use, by policy
OF_POLICY: dict[str, frozenset[str]] = {
    "broad": _BOUGHT,
    "look_alike": _BOUGHT | {"top"},
    "kol": _POSTS | {"tail", "followers"},
    "koc": _POSTS,
    "community_leaders": frozenset({"ceiling", "trust", "group", "keep", "commission", "pick_up", "direct"}),
}


class Channel(Section):
    """A way of reaching people who are not yet customers, or who are."""

    policy: Annotated[str, Slot("crowd.acquisition")] = Field(
        description="whom the channel reaches and how"
    )
    budget: Money = Field(description="spent a day, while the channel runs")
    start: When | None = Field(None, alias="from", description="first day; left out: the scenario's start")
    to: When | None = Field(None, description="end; left out: the scenario's end")
    category: AnyCategory = Field("", description="category that the advertisement shows; left out: the whole shop")
    audience: Literal["prospects", "customers", "everyone"] = default("everyone", description="who may be addressed")
    cost: Money = param("0.06 CNY", "", "price of one contact at the start of the cost curve", low="0.02 CNY", high="0.3 CNY", gt=0)
    curve: Literal["exponential", "hill"] = default("exponential", description="how reach saturates with spend")
    hill: float = param(1.5, "", "exponent of the Hill curve", low=1.0, high=3.0, ge=1)
    ceiling: Share = param("60%", "", "share of the audience that any spend can reach in a day", low="20%", high="90%", gt=0)
    click: Share = param("1.2%", "", "chance that a contact of average need leads to a visit", low="0.3%", high="5%")
    registers: Share = param("30%", "", "chance that a prospect who visits registers and comes back", low="10%", high="60%")
    lift: float = param(0.05, "", "share by which a contact raises the rate of visits at first", low=0.0, high=0.2, ge=0)
    half_life: Duration = param("5d", "", "time in which that memory halves (adstock)", low="1d", high="21d", gt=0)
    # look-alike
    top: Share = param("20%", "", "share of the audience with the highest score that is addressed", low="5%", high="50%", gt=0)
    # content seeding
    fee: Money = param("50000 CNY", "", "fee of one post of a KOL, or of one KOC", low="500 CNY", high="1000000 CNY", gt=0)
    tail: float = param(1.2, "T36", "Pareto index of KOLs' audiences", low=1.1, high=1.3, gt=1)
    followers: Share = param("2%", "", "mean share of people that follow a KOL", low="0.5%", high="10%", gt=0)
    trust: float = param(2.0, "", "a recommendation counts so many times an advertisement", low=1.0, high=4.0, ge=0)
    lives: Duration = param("2d", "", "time in which a post's attention halves", low="12h", high="7d", gt=0)
    # community leaders
    group: int = param(200, "", "people in a leader's group", low=50, high=500, ge=1)
    keep: Money = param("30 CNY", "", "fixed cost of a leader a day", low="5 CNY", high="100 CNY", gt=0)
    commission: Share = param("10%", "", "leader's share of what the shoppers they won pay", low="5%", high="15%")
    pick_up: bool = default(
        False, description="the shoppers they won collect their orders at the leader's the next day (`fulfilment.pick_up`)"
    )
    direct: Share = param(
        "0%", "", "share of unit cost saved on goods of the category that go straight from the producer to the leaders: the "
        "intermediary's margin", low="0%", high="25%", le=0.9,
    )  # fmt: skip

    @model_validator(mode="after")
    def _of_its_policy(self) -> Channel:
        """What a built-in policy makes no use of stays at its default; a package's policy may use anything."""
        used = OF_POLICY.get(self.policy)
        usual = type(self).model_fields
        for name in sorted(set().union(*OF_POLICY.values()) - used) if used is not None else ():
            if getattr(self, name) != _plain(name, usual[name].default):
                others = [policy for policy, names in OF_POLICY.items() if name in names]
                raise ValueError(f"found {name} with the policy {self.policy}, accepted: with {' or '.join(others)}")
        if self.direct > 0.0 and not self.pick_up:
            raise ValueError("found direct without pick_up, accepted: both, for such goods go with the leaders' truck")
        return self


@cache
def _plain(name: str, default: Any) -> Any:
    """A default of a channel as the value that it stands for."""
    field = Channel.model_fields[name]
    return TypeAdapter[Any](Annotated[field.annotation, Field(), *field.metadata]).validate_python(default)  # type: ignore[valid-type, arg-type]


class Acquisition(Section):
    """Channels by name, each with its own money and curve."""

    channels: dict[str, Channel] = Field(min_length=1, max_length=16, description="channels by name")
    accuracy: Share = param("75%", "", "chance that a stranger's profile tag names the right segment", low="50%", high="95%")
    holdout: Share = param("0%", "", "share of people never addressed, to measure against", low="0%", high="20%")
    most: float = param(0.5, "", "share by which all channels together can raise the rate of visits", low=0.2, high=1.0, gt=0, le=3)


class DayVoucher(Section):
    """Money off one order of that day, for one shopper."""

    off: Money = Field(description="amount off", ge=0.01)
    threshold: Money = Field("0 CNY", validate_default=True, description="basket needed")


class Voucher(DayVoucher):
    """Money off one order, for one shopper."""

    valid: Duration = Field("7d", validate_default=True, description="how long")


class TriggeredCoupons(Section):
    """Vouchers given to shoppers by what the platform has observed of them."""

    policy: Annotated[str, Slot("crowd.coupons")] = default("rfm", description="by RFM segment, or the same for every customer")
    vouchers: dict[str, Voucher] = param(
        {
            "at_risk": {"off": "15 CNY", "threshold": "99 CNY"},
            "new": {"off": "10 CNY", "threshold": "79 CNY"},
        },
        "",
        "voucher of each segment (rfm), or of `all` (everyone)",
    )
    every: Duration = param("7d", "", "time between rounds", low="1d", high="30d", ge=60)
    budget: Money = Field(description="face value that may be given out in all; what lapses comes back")
    tell: bool = default(True, description="a message goes with the voucher")

    @model_validator(mode="after")
    def _known(self) -> TriggeredCoupons:
        known = {"rfm": RFM, "everyone": ("all",)}.get(self.policy)  # a policy of a package names its own segments
        for name in self.vouchers:
            if known is not None and name not in known:
                raise ValueError(f"found the segment {name!r}, accepted with {self.policy}: {', '.join(known)}")
        return self


class MemberDay(Section):
    """A day on which members have their own offer."""

    every: Duration = param("7d", "", "time between member days, whole days", low="7d", high="30d", ge=1440)
    first: When | None = Field(None, description="the first one; left out: the scenario's start")
    voucher: DayVoucher | None = Field(None, description="given to every member who holds none, valid that day")
    budget: Money = Field("0 CNY", validate_default=True, description="face value of its vouchers in all; what lapses comes back")
    points: float = param(2.0, "", "points count so many times on that day", low=1.0, high=5.0, ge=1)


class Adviser(Section):
    """A person who looks through the shop for a member."""

    categories: list[Category] = Field(default_factory=list, description="categories advised on; empty: all")
    looks: int = param(3, "", "further articles weighed for each one shown", low=1, high=6, ge=0, le=12)
    skill: Share = param("70%", "", "chance that a look judges the match rightly", low="40%", high="95%")
    cost: Money = param("8 CNY", "", "cost of the adviser, per member and month", low="2 CNY", high="40 CNY")


class FreeReturns(Section):
    """Members send back without paying for it."""

    confidence: float = param(0.1, "", "utility at checkout of a purchase that can be undone", low=0.0, high=0.3)
    ease: float = param(0.2, "", "log odds of sending back what costs nothing to send back", low=0.0, high=0.6)
    fee: Money = param("8 CNY", "", "freight of a return that the shop bears", low="5 CNY", high="15 CNY")


class Tier(Section):
    """A rank of members: those with at least so many orders."""

    orders: int = Field(ge=0, description="orders of a member so far, at the least")
    points: float = param(1.0, "", "points count so many times", low=1.0, high=3.0, ge=0)
    benefits: list[Literal["day", "adviser", "free_returns"]] = Field(
        default_factory=list, description="which of the club's benefits the tier has"
    )


class Membership(Section):
    """A club: those who are members at the start, and those who have ordered often enough."""

    policy: Annotated[str, Slot("crowd.membership")] = default("club", description="who gets what")
    joins: int | None = Field(None, ge=1, description="orders after which a shopper becomes a member; left out: nobody joins")
    tiers: dict[str, Tier] = Field(
        default_factory=dict, description="ranks by name; without any, all members have every benefit there is"
    )
    fee: Money = param("0 CNY", "R11", "what a member pays a year", low="0 CNY", high="888 CNY")
    points: Share = param("1%", "", "of what members pay, given back as vouchers", low="0%", high="5%")
    redeem: Money = param("10 CNY", "", "points are paid out in vouchers of this size", low="5 CNY", high="50 CNY", ge=0.01)
    day: MemberDay | None = Field(None, description="member day")
    adviser: Adviser | None = Field(None, description="personal adviser")
    free_returns: FreeReturns | None = Field(None, description="returns at the shop's cost")


class PrivateDomain(Section):
    """Groups in a messenger that the shop runs itself: posts reach more of their members than messages do."""

    policy: Annotated[str, Slot("crowd.private_domain")] = default("groups", description="how they are run")
    joins: Share = param("20%", "", "share of those who order that follow the invitation into a group", low="5%", high="40%")
    posts: int = param(3, "", "posts a week", low=1, high=14, ge=0, le=70)
    opens: Share = param("60%", "", "share of members who see a post", low="40%", high="80%")
    voucher: Voucher | None = Field(None, description="given with the first post of a week")
    budget: Money = Field("0 CNY", validate_default=True, description="face value of vouchers in all")
    cost: Money = param("2 CNY", "", "cost of the group's keeper, per member and month", low="0.5 CNY", high="6 CNY")


class Messages(Section):
    """How messages work, and which are sent by themselves."""

    policy: Annotated[str, Slot("crowd.messages")] = default("none", description="triggered: messages follow what shoppers do")
    open: Share = param("41%", "R15", "chance that a message is opened")
    click: Share = param(
        "33%", "R15, R16", "chance that an opened one leads to a visit: 13.6% click of the first, 41% open", low="15%", high="33%"
    )
    wear: float = param(
        0.131, "R16", "log of response lost per message of the last week: 13.6% at the first, 6.2% after seven", low=0.05, high=0.2
    )
    per_week: int = param(7, "", "no more than so many messages a week to one shopper", low=0, high=21, ge=0, le=100)
    bother: list[float] = param(
        [0.10, 0.47, 0.80], "R19", "shares who mind one, five and ten messages a week", min_length=3, max_length=3
    )
    opt_out: float = param(
        0.0037, "R21", "chance that a message to one who minds makes them opt out: 6.5% a week at 21", low=0.0028, high=0.005
    )
    delay: Duration = param("3h", "", "mean time from a message to the visit it brings", low="30min", high="12h")
    cost: Money = param("0.04 CNY", "", "price of one message", low="0.005 CNY", high="0.08 CNY")
    review: Duration = param("3h", "", "time between looks for occasions", low="1h", high="1d", ge=60)
    abandoned: bool = default(True, description="a cart left alone")
    abandoned_after: Duration = param("2h", "", "how long a cart is left alone before the message", low="1h", high="24h")
    reminders: int = param(1, "", "messages about one cart", low=1, high=3, ge=1, le=5)
    expiring: bool = default(True, description="a coupon on its last day")
    back_in_stock: bool = default(True, description="an article in the cart that had been sold out")


class WinBack(Section):
    """Offers to those who have not been seen for long."""

    policy: Annotated[str, Slot("crowd.win_back")] = default("lapsed", description="whom it addresses")
    lapsed: Duration = param("30d", "", "neither order nor visit for so long", low="14d", high="90d")
    every: Duration = param("7d", "", "time between rounds", low="1d", high="30d", ge=60)
    voucher: Voucher = param({"off": "20 CNY", "threshold": "99 CNY", "valid": "14d"}, "", "what they are offered")
    budget: Money = Field(description="face value that may be given out in all; what lapses comes back")
    accepts: Share = param("3%", "", "chance that one who had left comes back for an average offer", low="1%", high="8%")
    again: int = param(2, "", "offers to one shopper at the most", low=1, high=4, ge=1, le=20)


class Invitations(Section):
    """Satisfied buyers bring acquaintances."""

    policy: Annotated[str, Slot("crowd.invitations")] = default("small_world", description="along which ties invitations go")
    sends: int = param(2, "", "invitations of a buyer who takes part", low=1, high=5, ge=0, le=40)
    takes_part: Share = param("10%", "", "share of satisfied buyers who invite", low="2%", high="30%")
    accepts: Share = param("10%", "T39", "chance that an invitation leads to a visit")
    registers: Share = param("50%", "", "chance that an invited prospect registers", low="20%", high="80%")
    reward: Money = param("10 CNY", "", "given to the one who invited, for every acquaintance who registers", low="0 CNY", high="50 CNY")


class Programmes(Section):
    """The programmes' part of the `crowd` section."""

    prospects: Share = default("0%", le=0.9, description="share of rows that are no customers yet: they come only once won")
    social: Social = Field(default_factory=Social, description="who knows whom")
    acquisition: Acquisition | None = Field(None, description="channels that win shoppers")
    coupons: TriggeredCoupons | None = Field(None, description="vouchers by observed behaviour")
    membership: Membership | None = Field(None, description="the club")
    private_domain: PrivateDomain | None = Field(None, description="the shop's own groups")
    messages: Messages = Field(default_factory=Messages, description="messages, fatigue and opting out")
    win_back: WinBack | None = Field(None, description="offers to the lapsed")
    invitations: Invitations | None = Field(None, description="acquaintances brought by buyers")


