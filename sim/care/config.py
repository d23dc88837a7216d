"""What the `care` section of a scenario file may say: who asks, who answers, what is given back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sim.core.config import Section, Slot, default, param
from sim.core.units import Clock, Count, Duration, Money, MoneyRate, Percent, Rate, Share

Cause = Literal[
    "where_is_it", "late", "price_protection", "return", "fault", "lost", "cancelled", "order_failed"
]  # fmt: skip


Team = Literal["staff", "complaints"]


class Asking(Section):
    """How likely an event of the run makes a shopper contact the shop."""

    under_way: Share = param("4%", "", "a day, of orders not overdue: where is it", low="1%", high="10%")
    overdue: Share = param("30%", "", "a day, of orders past their promise: where is it", low="15%", high="60%")
    price_protection: Share = param(
        "10%", "", "of orders placed within a week of a price cut on what was bought", low="2%", high="30%"
    )
    sending_back: Share = param("20%", "", "of returns: how to send it back, where is the refund", low="8%", high="40%")
    loss: Share = param("60%", "C01", "of those who lost money: faulty goods, a lost or damaged parcel")
    late: Share = param("15%", "C02", "of those whose order came late, once it is there")
    cancelled: Share = param("10%", "", "of those who cancelled: where is the refund", low="2%", high="30%")
    order_failed: Share = param(
        "20%", "", "of those who gave up after the shop refused their order", low="5%", high="40%"
    )
    again: Share = param(
        "60%", "", "of those who gave up waiting, share that contacts again later", low="30%", high="80%"
    )
    again_after: Duration = param("2h", "", "mean delay of that beyond one hour", low="30min", high="12h")
    tries: int = param(3, "", "contacts for one matter at the most", low=1, high=5, ge=1, le=8)


class Coverage(Section):
    """Share of enquiries of an intent that the bot's knowledge and rights cover."""

    where_is_it: Share = param("95%", "", "the parcel's way can be looked up", low="80%", high="99%")
    price_protection: Share = param("90%", "", "a rule with a yes or no", low="70%", high="97%")
    sending_back: Share = param("92%", "", "a form and a refund's state", low="75%", high="98%")
    cancelled: Share = param("92%", "", "a refund's state", low="75%", high="98%")
    order_failed: Share = param(
        "35%", "", "a blocked account or a payment needs somebody's decision", low="10%", high="60%"
    )
    complaint: Share = param("15%", "", "fault, loss, lateness: somebody must decide", low="0%", high="40%")


class Bot(Section):
    """A service bot that answers by intent; what it does not understand goes to staff or is given up."""

    policy: Annotated[str, Slot("care.bot")] = default("none", description="none, by_intent")
    first: Share = param("90%", "C11", "share of contacts it sees first; the others ask for a person at once")
    understands: Share = param(
        "85%", "", "chance that it recognises the intent at the first try", low="70%", high="95%"
    )
    rephrased: Share = param(
        "50%", "", "chance that a second, rephrased try is recognised when the first was not", low="20%", high="70%"
    )
    covers: Coverage = Coverage()
    accepted: Share = param(
        "95%", "", "of covered answers, share accepted without asking for a person", low="80%", high="99%"
    )
    gives_up: Share = param(
        "10%", "", "of those it could not help, share that gives up rather than wait for a person", low="3%", high="30%"
    )
    takes: Duration = param("2min", "", "length of a session", low="0.5min", high="5min")
    cost: Money = param("0.1 CNY", "", "of a session", low="0.02 CNY", high="0.5 CNY")


class Shift(Section):
    """People present every day from one time to another; may lie past midnight."""

    opens: Clock
    closes: Clock
    staff: float = param(1.0, "", "people present, times the number of the staff", low=0.1, high=2.0, ge=0.0)

    @model_validator(mode="after")
    def _whole_hours(self) -> Shift:
        if self.opens % 60.0 or self.closes % 60.0:
            raise PydanticCustomError("shift", "accepted: shifts that open and close on the hour, such as 08:00")
        return self


class Staff(Section):
    """People who answer: first come first served, as many chats at a time as they can hold."""

    number: Annotated[Count, Field(le=100_000)] | Literal["auto", "unlimited"] = default(
        "unlimited",
        description="people on an average hour; `auto`: enough for an ordinary day; `unlimited`: every enquiry is "
        "answered at once and nothing is booked, so care is counted only",
    )
    contacts_per_order: float = param(0.25, "", "contacts with a person that `auto` is sized for", low=0.1, high=0.5)
    utilisation: Share = param("75%", "", "of `auto` staff on an ordinary day", low="60%", high="90%", gt=0)
    handle: Duration = param("6min", "C17", "length of a chat")
    variation: float = param(0.9, "C17", "coefficient of variation of that length, lognormal", low=0.8, high=1.0)
    chats: int = param(2, "C17", "chats a person holds at a time", low=2, high=3, ge=1, le=8)
    patience: Duration = param("3min", "C19", "mean time somebody waits before giving up, exponential")
    shifts: list[Shift] = default(
        [
            {"opens": "00:00", "closes": "08:00", "staff": 0.35},
            {"opens": "08:00", "closes": "16:00", "staff": 1.15},
            {"opens": "16:00", "closes": "24:00", "staff": 1.5},
        ],
        min_length=1,
        max_length=24,
        description="who is there when; shares follow the hours of the day [T17]",
    )
    wage: MoneyRate = param("32 CNY/h", "", "of a person on shift, busy or not", low="22 CNY/h", high="45 CNY/h")
    overhead: Share = param("40%", "", "of wages: seats, systems, supervision", low="20%", high="80%")
    abandoned: Share = param(
        "40%", "", "disappointment of somebody who never got an answer, of 1", low="15%", high="80%"
    )
    waiting: Share = param("15%", "", "disappointment of a very long wait, of 1", low="5%", high="30%")
    waiting_scale: Duration = param("10min", "", "wait that is 63% of a very long one", low="3min", high="30min")


class Refunds(Section):
    """When a return is paid back."""

    policy: Annotated[str, Slot("care.refunds")] = default("after_inspection", description="after_inspection, instant")
    delay: Duration = param("30min", "", "instant: from the request to the money", low="1min", high="2h")
    trust: Share = param("60%", "", "instant: observed trust score that is enough", low="40%", high="80%")
    claim_weight: float = param(
        3.0, "", "a refund whose goods never came back counts as so many returns in the trust score", low=1.0, high=10.0
    )
    prior: float = param(
        3.0, "", "orders by which nobody is known: weight of the prior in the trust score", low=1.0, high=10.0
    )
    keeps: Share = param(
        "1%", "", "of returns refunded at once, share whose goods are never sent", low="0.2%", high="5%"
    )
    written_off: Duration = param("10d", "", "from the request until goods not sent are given up", low="3d", high="30d")


class Complaints(Section):
    """What happens to a complaint somebody has listened to."""

    policy: Annotated[str, Slot("care.complaints")] = default("none", description="none, first_come, clock")
    close_within: Duration = param(
        "72h", "", "the clock: every complaint is to be closed by then", low="24h", high="7d"
    )
    handlers: Annotated[Count, Field(le=100_000)] | Literal["auto"] = default("auto", description="people who investigate and decide, or `auto`")
    per_order: float = param(0.02, "", "complaints per order that `auto` is sized for", low=0.005, high=0.05)
    utilisation: Share = param("75%", "", "of `auto` handlers on an ordinary day", low="60%", high="95%", gt=0)
    handle: Duration = param("45min", "", "work on one complaint", low="15min", high="2h")
    variation: float = param(0.8, "", "its coefficient of variation, lognormal", low=0.5, high=1.2)
    opens: Clock = default("09:00", description="beginning of the handlers' day")
    closes: Clock = default("18:00", description="its end")
    margin: Duration = param("24h", "", "clock: escalated so long before the deadline", low="4h", high="48h")
    overtime: Percent = param(
        "100%", "", "clock: most overtime for what is escalated, of the handlers", low="20%", high="200%"
    )
    satisfied: Share = param("50%", "", "share satisfied with an answer that gives nothing", low="30%", high="70%")
    quick: Duration = param("24h", "C04, C05", "scale on which the worth of a quick answer fades", low="6h", high="72h", gt=0)
    small_loss: Money = param("35 CNY", "C04", "a small loss: 5 USD", low="30 CNY", high="40 CNY", gt=0)
    large_loss: Money = param("700 CNY", "C05", "a large loss: 100 USD", low="600 CNY", high="800 CNY", gt=0)
    revised: Share = param(
        "30%", "", "of satisfied complainers with a bad review, share that revises it", low="10%", high="60%"
    )
    loud: float = param(2.0, "C08", "reviews of the unsatisfied over those of the satisfied", low=1.0, high=3.0)

    @model_validator(mode="after")
    def _whole_hours(self) -> Complaints:
        if self.opens % 60.0 or self.closes % 60.0:
            raise PydanticCustomError("shift", "accepted: a day that opens and closes on the hour, such as 09:00")
        return self

    @model_validator(mode="after")
    def _losses_in_order(self) -> Complaints:
        if self.small_loss >= self.large_loss:
            raise PydanticCustomError("losses", "accepted: a small_loss below the large_loss")
        return self


class Compensation(Section):
    """What is given for a failure beside the refund."""

    policy: Annotated[str, Slot("care.compensation")] = default("none", description="none, fixed, share, coupon")
    amount: Money = param(
        "10 CNY", "C09", "fixed and coupon: for each order", low="5 CNY", high="50 CNY", assumption=True
    )
    share: Share = param("10%", "", "share: of the value concerned", low="5%", high="30%")
    most: Money = param("100 CNY", "", "share: at the most", low="20 CNY", high="500 CNY")
    threshold: Money = default("20 CNY", description="coupon: least value of the next order")
    valid: Duration = default("14d", description="coupon: how long it can be used")
    budget: Money = default("100M CNY", description="coupon: face value given at the most; what lapses comes back")
    to: Literal["complainers", "affected"] = default(
        "complainers", description="those who complained, when it is closed; or all who were affected, without asking"
    )
    delay: Duration = param("2h", "", "affected: from the failure to the compensation", low="10min", high="24h")
    causes: tuple[Cause, ...] = default(
        ("late", "fault", "lost"), min_length=1, description="failures it is given for, those of the shop"
    )
    trouble: Share = param(
        "10%", "", "what a failure costs the shopper beside the refund, of the value: what is to be made good",
        low="3%", high="30%",
    )  # fmt: skip


class FollowUp(Section):
    """Dedicated follow-up: the shop contacts those affected who have not complained."""

    policy: Annotated[str, Slot("care.follow_up")] = default("none", description="none, affected")
    reaches: Share = param("40%", "", "affected: share of the silent that is reached", low="20%", high="70%")
    after: Duration = param("24h", "", "from the failure to the contact", low="2h", high="72h")


class Arrivals(Section):
    """Care driven alone: contacts arrive from outside at one queue with impatient customers, as in a textbook."""

    rate: Rate = Field(gt=0.0, le=10_000.0, description="contacts, a Poisson stream")
    servers: Annotated[Count, Field(ge=1, le=4096)] = Field(description="people, one chat each")
    handle: Duration = Field(description="mean length of a chat, exponential", gt=0.0)
    patience: Duration | Literal["endless"] = Field(description="mean patience, exponential")
    contacts: Count = Field(2_000_000, ge=10_000, le=1_000_000_000, description="contacts measured")
    warmup: Count = Field(100_000, ge=0, le=10_000_000, description="contacts before the first that is measured")

    @model_validator(mode="after")
    def _keeps_up(self) -> Arrivals:
        if self.patience == "endless" and self.rate * 60.0 * self.handle >= self.servers:
            raise PydanticCustomError("load", "accepted: with endless patience, a load below the number of servers")
        return self


class Care(Section):
    """After the sale. By itself every enquiry is answered at once and only counted."""

    asking: Asking = Asking()
    bot: Bot = Bot()
    staff: Staff = Staff()
    refunds: Refunds = Refunds()
    complaints: Complaints = Complaints()
    compensation: Compensation = Compensation()
    follow_up: FollowUp = FollowUp()
    arrivals: Arrivals | None = Field(None, description="drive one queue alone, as in a textbook")
