"""What the `fulfilment` section of a scenario file may say: network, staff, waves, promise, returns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sim.core.config import Section, Slot, default, param
from sim.core.units import Clock, Count, Duration, Money, MoneyRate, Rate, Share

Noise = Literal["constant", "exponential", "gamma"]


class Network(Section):
    """How many warehouses of each kind, over how many regions."""

    regions: Count = Field(6, ge=1, le=64, description="regions; the first holds the central warehouse")
    central: Count = Field(1, ge=1, le=8, description="central warehouses, keep every SKU")
    regional: Count = Field(6, ge=0, le=64, description="regional warehouses, one a region in turn")
    front: Count = Field(20, ge=0, le=400, description="front warehouses, spread over regions by demand")
    speed: float = param(60.0, "", "km/h of line-haul on the road", low=45.0, high=75.0, gt=0)
    detour: float = param(1.3, "", "road kilometres per kilometre as the crow flies", low=1.15, high=1.45)
    sorting: Duration = param("4h", "", "sorting on the way between two regions", low="2h", high="12h")
    local_haul: Duration = param("3h", "", "from a warehouse to the couriers of its own region", low="1h", high="8h")
    front_haul: Duration = param("30min", "", "from a front warehouse to its couriers", low="10min", high="1h")
    haul_variation: float = param(0.25, "", "coefficient of variation of a haul", low=0.1, high=0.5)


class Staff(Section):
    """Staff of one kind of warehouse, each of that kind alike unless sized by its share of demand."""

    pickers: Count | Literal["auto"] = default("auto", description="pick-and-pack places of each warehouse, or `auto`")
    opens: Clock = default("07:00", description="beginning of the shift")
    closes: Clock = default("01:00", description="end of the shift, may lie past midnight; 00:00 to 24:00: no shifts")
    inspectors: Count | Literal["auto"] = default("auto", description="places that inspect returns, or `auto`")


class Site(Staff):
    """A kind of warehouse that keeps a part of the goods; central ones keep them all."""

    assortment: Share = default("100%", description="share of SKUs kept there, the most popular first")


class Picking(Section):
    """Work on one parcel."""

    rate: Rate = param("100/h", "F06", "units picked by one person", low="60/h", high="180/h", gt=0)
    pack_rate: Rate = param(
        "80/h", "F09", "parcels packed by one person; single-item packing is quicker than the catalogue's 25-30",
        low="25/h", high="120/h", assumption=True, gt=0,
    )  # fmt: skip
    variation: float = param(0.6, "", "coefficient of variation of the time of one parcel", low=0.0, high=1.2)
    wage: MoneyRate = param(
        "30 CNY/h", "", "of a picker, on shift whether busy or not", low="20 CNY/h", high="45 CNY/h"
    )
    overhead: Share = param("45%", "", "of wages: space, equipment and supervision", low="25%", high="90%")
    material: Money = param("1.2 CNY", "", "packaging of a parcel", low="0.5 CNY", high="2.5 CNY")


class Couriers(Section):
    """The last mile."""

    count: Count | Literal["auto"] = default("auto", description="couriers in all, shared by demand of the regions")
    parcels_per_day: float = param(110.0, "F17", "parcels a courier delivers in a shift", gt=0)
    variation: float = param(0.8, "", "coefficient of variation of the time of one delivery", low=0.2, high=1.2)
    opens: Clock = default("08:00", description="beginning of the shift")
    closes: Clock = default("21:00", description="end of the shift; what is not begun waits for the next day")
    last_mile: Duration = param("45min", "", "further time on the tour before the door", low="10min", high="3h")
    last_mile_variation: float = param(0.7, "", "its coefficient of variation", low=0.2, high=1.5)


class Shipping(Section):
    """What carrying costs and what goes wrong."""

    base: Money = param(
        "2.6 CNY", "F14", "a parcel inside its region; contract merchants pay 2-4 CNY", low="2 CNY", high="9.14 CNY",
        assumption=True,
    )  # fmt: skip
    per_1000_km: Money = param("0.72 CNY", "F16", "line-haul and sorting of a parcel", low="0.65 CNY", high="0.8 CNY")
    lost: Share = param("0.05%", "", "parcels lost", low="0.01%", high="0.2%")
    damaged: Share = param("0.3%", "", "parcels that arrive damaged", low="0.05%", high="1%")
    missed_after: Duration = param("6d", "", "from dispatch until a lost parcel is given up", low="3d", high="15d")


class PickUp(Section):
    """Pick-up points of community leaders: used by channels of shoppers that say `pick_up`."""

    cutoff: Clock = default("23:00", description="ordered by then, it is promised for the next day")
    tour: Clock = default("07:00", description="the leaders' truck leaves the region's depot")
    drop: Duration = param("3h", "", "from there to a leader", low="1h", high="6h", gt=0)
    ready: Clock = default("16:00", description="time of the day that is promised for collecting")
    parcel: Money = param(
        "0.5 CNY", "", "sorting and handing over a parcel, in place of `shipping.base`", low="0.2 CNY", high="1 CNY"
    )
    stop: Money = param(
        "12 CNY", "", "one stop of the truck, for each leader with an order that day", low="6 CNY", high="25 CNY"
    )
    hassle: float = param(0.1, "", "utility at checkout lost by having to collect", low=0.0, high=0.4, ge=0)


class Promise(Section):
    """The delivery time the page promises: what the network has lately done, nearly always."""

    quantile: Share = param("94%", "", "share of parcels that would have kept it", low="85%", high="99%")
    memory: Duration = param("5d", "", "time after which a past day weighs 1/e", low="2d", high="14d", gt=0)
    slack: Duration = param("10h", "", "above plan, nearly always kept, before anything is known", low="2h", high="36h")
    first: Duration = default("4d", description="from the start until it is first learned from deliveries")


class Returns(Section):
    """The way back."""

    collect: Duration = param("30h", "", "from the request to the parcel on the road", low="6h", high="3d")
    variation: float = param(0.8, "", "coefficient of variation of the collection time", low=0.3, high=1.2)
    inspect_rate: Rate = param("30/h", "", "parcels inspected by one person", low="15/h", high="60/h", gt=0)
    opens: Clock = default("09:00", description="beginning of the inspectors' shift")
    closes: Clock = default("18:00", description="end of the inspectors' shift")
    restock: Share = param("85%", "", "share of returned lines good enough to be sold again", low="60%", high="97%")
    fee: Money = param("6 CNY", "", "freight and handling of a returned parcel", low="3 CNY", high="15 CNY")
    expected: Share = param("15%", "P18", "returns the inspectors are staffed for", low="8%", high="30%")


class Cancelling(Section):
    """Second thoughts while nothing has left."""

    hazard: Share = param("2%", "F22", "a day, of orders with something unshipped")
    late_factor: float = param(3.0, "F22", "multiplies it once the promise is missed", low=1.0, high=6.0)


class Service(Section):
    """A service time."""

    mean: Duration = Field(description="mean time of one service")
    distribution: Noise = default("exponential", description="constant, exponential or gamma")
    cv2: float = Field(0.5, gt=0.0, le=16.0, description="squared coefficient of variation of a gamma")

    @property
    def noise(self) -> float:
        """Squared coefficient of variation."""
        return {"constant": 0.0, "exponential": 1.0, "gamma": self.cv2}[self.distribution]


class Station(Section):
    """One queue of a line of queues that is driven alone."""

    name: str = Field(pattern="^[a-z][a-z0-9_]{0,30}$", description="name in the results")
    servers: Annotated[Count, Field(ge=1, le=4096)] | Literal["unlimited"] = Field(
        description="parallel servers, first come first served; `unlimited`: a delay without waiting"
    )
    service: Service
    queue: Literal["fifo", "none"] = default("fifo", description="`none`: who finds no free server is lost")


class Arrivals(Section):
    """Fulfilment driven alone: parcels arrive from outside and pass a line of stations, nothing else runs."""

    rate: Rate = Field(gt=0.0, le=10_000.0, description="arrivals at the first station")
    distribution: Noise = default("exponential", description="of the time between two: exponential is a Poisson stream")
    cv2: float = Field(0.5, gt=0.0, le=16.0, description="squared coefficient of variation of a gamma")
    stations: list[Station] = Field(min_length=1, max_length=16, description="passed one after the other")
    parcels: Count = Field(2_000_000, ge=1_000, le=1_000_000_000, description="parcels measured")
    warmup: Count = Field(100_000, ge=0, le=10_000_000, description="parcels before the first that is measured")
    within: Duration = default("20s", description="target of the share that waits no longer")

    @property
    def noise(self) -> float:
        """Squared coefficient of variation of the time between arrivals."""
        return {"constant": 0.0, "exponential": 1.0, "gamma": self.cv2}[self.distribution]

    @model_validator(mode="after")
    def _keeps_up(self) -> Arrivals:
        for station in self.stations:
            load = self.rate * 60.0 * station.service.mean
            if station.queue == "fifo" and station.servers != "unlimited" and load >= station.servers:
                raise PydanticCustomError(
                    "load",
                    "station {name} can never keep up: {load} servers' work arrives, it has {servers}",
                    {"name": station.name, "load": f"{load:.3g}", "servers": station.servers},
                )
        return self


class Fulfilment(Section):
    """Warehouses, parcels and the roads between them."""

    network: Network = Network()
    central: Staff = Staff()
    regional: Site = default({"assortment": "30%"})
    front: Site = default({"assortment": "3%", "opens": "07:00", "closes": "23:00"})
    sized_for: Rate | Literal["expected"] = default(
        "expected", description="parcels that staff set to `auto` is enough for; `expected`: those of an ordinary day"
    )
    utilisation: Share = param("70%", "", "of `auto` staff when just that many come", low="55%", high="90%", gt=0)
    spill: Share = param(
        "20%", "", "for sizing `auto` staff: share of a front or regional warehouse's demand that the next kind serves",
        low="5%", high="40%",
    )  # fmt: skip
    picking: Picking = Picking()
    cutoffs: list[Clock] = default(
        ["11:00", "23:00"], min_length=1, max_length=4, description="order by then: the first is delivered the same day"
    )
    wave_after: Duration = param("2h", "", "from the cut-off to the departure of its wave", low="30min", high="4h")
    front_trucks: Duration = default("1h", gt=0.0, le=1440.0, description="a front warehouse sends every so often")
    couriers: Couriers = Couriers()
    shipping: Shipping = Shipping()
    pick_up: PickUp = PickUp()
    promise: Promise = Promise()
    returns: Returns = Returns()
    cancelling: Cancelling = Cancelling()
    allocation: Annotated[str, Slot("fulfilment.allocation")] = default(
        "nearest", description="policy of allocation: nearest, front_first, split_averse, look_ahead"
    )
    protect: Duration = default("1d", description="look_ahead: demand of its own region a warehouse keeps stock for")
    arrivals: Arrivals | None = Field(None, description="drive stations alone, as in a textbook")


def warehouse_names(config: Fulfilment) -> list[str]:
    """Names of the warehouses in the order of their rows: central-1, regional-1, ..., front-20."""
    network = config.network
    counts = {"central": network.central, "regional": network.regional, "front": network.front}
    return [f"{kind}-{i + 1}" for kind, count in counts.items() for i in range(count)]


def courier_names(config: Fulfilment) -> list[str]:
    """Names of the courier stations: couriers-1, ..., one a region."""
    return [f"couriers-{i + 1}" for i in range(config.network.regions)]
