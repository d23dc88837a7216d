"""What a scenario file may say: the sections of all sides under one roof."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, field_validator

from sim.care.config import Care
from sim.core.config import Section, default
from sim.core.units import Count, Duration, When, parse_when
from sim.crowd.config import Crowd
from sim.engine.plans import Response
from sim.fulfilment.config import Fulfilment
from sim.oversight.config import Oversight
from sim.platform.config import Platform
from sim.rivals.config import Rivals
from sim.shelf.config import Shelf
from sim.supply.config import Supply
from sim.threats.config import Threats

SIDES = ("crowd", "shelf", "supply", "fulfilment", "care", "platform", "threats", "rivals", "oversight")


class Books(Section):
    """What the books measure beyond the fixed table."""

    repurchase_window: Duration = default(
        "30d",
        gt=0,
        description="repurchase_rate: a purchase counts as repurchase if it follows within this time of the buyer's first purchase "
        "in the scenario's days",
    )


class Event(Section):
    """Something that befalls the marketplace, or that people do about it, at a given moment.

    Keys beside these are the event's own arguments and reach it as written.
    """

    model_config = ConfigDict(extra="allow")

    at: When = Field(description="when it happens")
    do: str = Field(description="the event's name, such as supply.fail (see `sim618 list events`)")
    target: str | None = Field(None, description="what it happens to, such as a supplier or a service")
    lasts: Duration | None = Field(None, alias="for", description="how long it lasts")

    @property
    def arguments(self) -> dict[str, Any]:
        """The event's own arguments as written."""
        return dict(self.model_extra or {})


class ScenarioModel(Section):
    """A marketplace and what befalls it."""

    name: str = Field(description="what the scenario is called; it names the folder of its results", min_length=1)
    start: When = Field(description="first day that counts, with its year")
    days: int = Field(description="days that count", ge=1, le=400)
    warmup: Duration = default("7d", description="days simulated before the start, whole days", le=60 * 1_440.0)
    seed: Count | None = Field(None, description="seed used unless the command names another; 1 if none does")

    crowd: Crowd = Field(default_factory=Crowd, description="shoppers")
    shelf: Shelf = Field(default_factory=Shelf, description="catalogue, prices, promotions")
    supply: Supply = Field(default_factory=Supply, description="suppliers, replenishment, stock")
    fulfilment: Fulfilment = Field(default_factory=Fulfilment, description="warehouses and parcels")
    care: Care = Field(default_factory=Care, description="enquiries, complaints, refunds")
    platform: Platform = Field(default_factory=Platform, description="services and capacity")
    threats: Threats = Field(default_factory=Threats, description="attackers and defences")
    rivals: Rivals = Field(default_factory=Rivals, description="competing platforms")
    oversight: Oversight = Field(default_factory=Oversight, description="regulator, licences, privacy")
    books: Books = Field(default_factory=Books, description="measures")
    events: tuple[Event, ...] = Field((), description="the timeline of what happens and what is done about it")
    plans: dict[str, Response] = Field(
        default_factory=dict, description="contingency plans that stand ready: alert, decision, playbook"
    )

    @field_validator("plans")
    @classmethod
    def _plans_act_on_an_alert(cls, plans: dict[str, Response]) -> dict[str, Response]:
        for name, plan in plans.items():
            if plan.detect.after is not None:
                raise ValueError(f"{name}: found detect.after, accepted: burn_rate, above or below; nobody knows of a fault")
        return plans

    data: dict[str, str] = Field(
        default_factory=dict,
        description="content of the tables named in the file (SHA-256), filled in on loading",
        json_schema_extra={"filled_in": True},
    )
    plugins: dict[str, str] = Field(
        default_factory=dict,
        description="packages of the policies and events in use that are not built in, filled in on loading",
        json_schema_extra={"filled_in": True},
    )

    @field_validator("start")
    @classmethod
    def _start_has_its_year(cls, text: str) -> str:
        moment = parse_when(text)
        if moment.year is None or moment.minute_of_day:
            raise ValueError(f"found '{text}', accepted: a day with its year, such as 2026-06-01")
        return text

    @field_validator("warmup")
    @classmethod
    def _warmup_is_whole_days(cls, minutes: float) -> float:
        if minutes % 1_440:
            raise ValueError("found a part of a day, accepted: whole days, such as 7d")
        return minutes

    @field_validator("name")
    @classmethod
    def _name_is_one_line(cls, text: str) -> str:
        if len(text) > 120 or not text.strip() or not text.isprintable():
            raise ValueError("found a name that is no short line, accepted: one line of at most 120 characters")
        return text.strip()
