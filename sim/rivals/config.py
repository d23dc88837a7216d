"""What the `rivals` section of a scenario file may say: other platforms, their prices, festivals and reactions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.core.arguments import Category
from sim.core.config import Section, Slot, param
from sim.core.units import Duration, Percent, Share, When


class RivalPromotion(Section):
    """A festival of the rival's own."""

    start: When = Field(alias="from", description="when it opens")
    to: When = Field(description="when it ends")
    off: Share = Field(description="share taken off the rival's own price")
    category: Category | None = Field(None, description="a category of our catalogue; left out: all")


class Reaction(Section):
    """What the rival does about our prices."""

    policy: Annotated[str, Slot("rivals.reaction")] = Field(
        "none", description="registered under rivals.reaction: nothing, our price, a little less, or a price war"
    )
    lag: Duration = param(
        "6h", "K04", "median time from our price change to the answer, lognormal", low="15min", high="24h"
    )
    lag_sigma: float = param(1.2, "K04", "log standard deviation of that time", low=0.5, high=1.8, ge=0)
    watch: Duration = param("1h", "K04", "how often our pages are read", low="10min", high="7d", ge=1.0)
    threshold: Share = param("3%", "", "price cut of ours that is answered", low="1%", high="10%")
    undercut: Share = param("3%", "", "undercut: share below our price", low="1%", high="10%")
    step: Share = param("5%", "", "war: share by which each round goes below the lower of both prices", low="2%", high="15%", lt=1)
    floor: Percent = param("0%", "", "margin over the rival's cost of goods below which no answer goes", low="-10%", high="10%")
    lasts: Duration = param("7d", "", "war: time after which the rival gives up", low="2d", high="30d")


class Rival(Section):
    """One competing platform."""

    price: Percent = param("100%", "", "its usual prices, of our list prices", low="90%", high="110%", gt=0)
    cost: Percent = param("100%", "", "what goods cost it, of what they cost us", low="90%", high="110%", gt=0)
    service: float = param(0.0, "", "utility of its service and delivery above ours", low=-1.0, high=1.0)
    range: Share = param("100%", "", "share of our goods that it has too, exclusive ones left out", low="50%", high="100%")
    promotions: list[RivalPromotion] = Field(default_factory=list, description="its own festivals")
    reaction: Reaction = Field(default_factory=Reaction)


class Rivals(Section):
    """Competing platforms. Without any, those who use several platforms meet one at our list prices that never moves."""

    platforms: dict[str, Rival] = Field(default_factory=dict, description="rivals by name; at most 8", max_length=8)
