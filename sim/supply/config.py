"""What the `supply` section of a scenario file may say: suppliers, replenishment, sourcing, stock."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from sim.core.added import Added
from sim.core.arguments import Category
from sim.core.arguments import Region as RegionName
from sim.core.arguments import Supplier as SupplierName
from sim.core.config import Section, Slot, param
from sim.core.units import Count, Cover, Duration, Money, Percent, Rate, Share, When

#: suppliers made up where a file names none
GENERATED = 20


class LeadTime(Section):
    """Time from shipping to the warehouse's door, drawn for each shipment."""

    mean: Duration = param("7d", "S14", "mean lead time", low="3d", high="21d")
    cv: float = param(0.4, "S14", "coefficient of variation; 0: constant", low=0.3, high=0.5, ge=0, le=3)
    distribution: Literal["gamma", "lognormal", "normal"] = param("gamma", "S14", "shape; normal is cut off at 0")


class Spell(Section):
    """A length of time that is drawn anew each time."""

    mean: Duration = Field(description="mean length")
    distribution: Literal["exponential", "lognormal", "geometric", "constant"] = Field(
        "exponential", description="geometric: a whole number (1, 2, ...) of `step`s"
    )
    sigma: float = param(0.8, "S08", "log standard deviation of a lognormal spell", low=0.4, high=1.2, ge=0)
    step: Duration = Field("1d", description="unit of a geometric spell")  # type: ignore[assignment]


class Disruptions(Section):
    """An alternating process: up for a spell, down for a spell."""

    up: Spell = param({"mean": "1351d"}, "S01", "time between disruptions: 3.7 years for a chain")
    down: Spell = param(
        {"mean": "29d", "distribution": "lognormal", "sigma": 0.8}, "S08", "time to recover: median 3 weeks, sigma 0.8"
    )
    holds_shipments: bool = param(False, "", "shipments on the road wait until the disruption is over", assumption=True)


class Supplier(Section):
    """One supplier. Quantities are real units, prices relative to the SKU's unit cost."""

    role: Literal["main", "backup", "emergency", "component"] = Field(
        "main",
        description="main: SKUs are assigned to it; backup, emergency: second sources; component: for suppliers only",
    )
    region: RegionName | None = Field(None, description="where it stands; shares that region's disruptions. Left out: drawn")
    share: float = Field(1.0, gt=0, description="weight with which SKUs are assigned to it")
    serves: list[Category] = Field(default_factory=list, description="categories it makes; left out: all")
    lead_time: LeadTime = Field(default_factory=LeadTime)
    capacity: Rate | None = Field(None, description="units it can ship, such as 1000/d; left out: unlimited")
    rationing: Literal["proportional", "oldest_first", "priority"] = Field(
        "oldest_first", description="who gets scarce output: all in proportion, the oldest order, or hero SKUs first"
    )
    yield_: Share = param("100%", "", "share of ordered units that is delivered", low="90%", high="100%", alias="yield")
    defects: Share = param("2%", "S13", "share of delivered units that is not as described")
    price: Percent | None = param(
        None, "S15", "of the SKU's unit cost; left out: 100% for a main supplier, 105% for a second source"
    )
    moq: Count = param(0, "", "smallest order of a SKU, units", low=0, high=1000)
    ramp_up: Duration = param("5d", "S16", "time to full rate once a second source is activated", low="2d", high="14d")
    switch_within: Duration = param("48h", "Q07", "time from activation to the first output, when qualified")
    qualified: bool = Field(True, description="qualified beforehand; if not, `qualify` passes before the first output")
    qualify: Duration = param("15w", "S16", "time to qualify a new supplier", low="6w", high="24w")
    reserve: Percent = param("0%", "S15", "yearly fee for standing by, of the value of a year's reserved capacity")
    disruptions: Disruptions | None = Field(
        None, description="random failures; left out: none but those of the timeline"
    )
    monitored: bool = Field(False, description="its machines and trucks report: see `monitoring`")
    depends_on: list[SupplierName] = Field(default_factory=list, description="its own suppliers, by name")
    component_cover: Duration = param("7d", "", "how long it can go on when one of those fails", low="1d", high="30d")


class Region(Section):
    """Where suppliers stand; a disruption here stops all of them at once."""

    weight: float = Field(1.0, gt=0, description="weight with which suppliers without a region are placed here")
    disruptions: Disruptions | None = None


class Monitoring(Section):
    """When the planner learns that a supplier is down."""

    unmonitored: Duration = param(
        "3d", "", "delay when nobody watches: the delivery that does not come", low="1d", high="7d"
    )
    monitored: Duration = param("2h", "", "delay for a monitored supplier", low="10min", high="12h")
    warns: Share = param(
        "60%", "", "share of random failures of a monitored supplier with a warning before", low="20%", high="80%"
    )
    ahead: Duration = param("4d", "", "how long before the failure that warning comes", low="1d", high="14d")
    false_alarms: Rate = param(
        "0.5/w", "", "warnings without a failure, of each monitored supplier", low="0.05/w", high="2/w"
    )
    alarm_lasts: Duration = param("5d", "", "how long a warning is believed", low="1d", high="14d")
    on_warning: Literal["ignore", "prebuild", "switch"] = Field(
        "prebuild", description="prebuild: order `prebuild` more; switch: activate the second source"
    )
    prebuild: Cover = param(
        "5d of cover", "", "stock added for SKUs of a supplier warned about", low="2d of cover", high="14d of cover"
    )


class Forecast(Section):
    """How the planner foresees demand from what was sold."""

    policy: Annotated[str, Slot("supply.forecast")] = Field(
        "exponential_smoothing", description="registered under supply.forecast"
    )
    window: Duration = param("28d", "", "days looked at by the moving average", low="5d", high="56d")
    smoothing: float = param(0.1, "", "weight of the newest day", low=0.05, high=0.3, gt=0, le=1)
    sees: Literal["served", "demand"] = Field(
        "served", description="served: sales only, censored by stock-outs; demand: also what was asked for in vain"
    )
    uncensor: bool = Field(True, description="days with a stock-out are left out of the estimate")
    prior_error: float = param(
        0.2, "", "log standard deviation of the planner's error at the start", low=0.0, high=0.5, ge=0
    )
    prior_days: Duration = param("14d", "", "weight of the estimate the planner starts with", low="3d", high="56d")
    elasticity: float = param(
        -2.42, "P03, P01", "promotion-aware: elasticity to the planned discount", low=-3.6, high=-1.5, le=0
    )
    lift_days: dict[When, float] = Field(
        default_factory=dict,
        description="promotion-aware: days on which demand is expected to be so many times the usual",
    )
    mean: float | None = Field(None, ge=0, description="given: units a day and SKU")
    sd: float | None = Field(None, ge=0, description="given: standard deviation of a day's units")


class Levels(Section):
    """Echelon levels by echelon, in units of each SKU."""

    central: float | None = Field(None, ge=0)
    regional: float | None = Field(None, ge=0)
    front: float | None = Field(None, ge=0)


class Replenishment(Section):
    """When to order how much from suppliers."""

    policy: Annotated[str, Slot("supply.replenishment")] = Field("dynamic", description="registered under supply.replenishment")
    review: Annotated[Duration, Field(ge=1.0)] | Literal["continuous"] = Field(
        "1d",  # type: ignore[arg-type]
        description="time between reviews; continuous: whenever a position reaches its reorder point",  # type: ignore[arg-type]
    )
    service_level: Share = param("97%", "", "chance of no stock-out before the next delivery", low="90%", high="99.5%")
    cycle: Duration = param("7d", "", "(s,S), (r,Q): demand that one order is to cover", low="1d", high="30d")
    reorder: float | None = Field(None, description="units: s or r; left out: computed from the forecast")
    up_to: float | None = Field(None, ge=0, description="units: S; left out: computed from the forecast")
    lot: float | None = Field(None, gt=0, description="units: Q; left out: `cycle` of forecast demand")
    levels: Levels | None = Field(None, description="base_stock: echelon levels for a chain of warehouses")
    critical_ratio: Share | None = Field(
        None, description="newsvendor: left out, from costs or from margin and `overage`"
    )
    overage: Share = param("20%", "", "newsvendor: loss on a unit left over, of its cost", low="10%", high="60%")
    fixed: bool = Field(False, description="levels computed at the start stay as they are")
    horizon: Duration = param(
        "21d", "", "dynamic: how far it looks for peaks above supplier capacity", low="7d", high="60d"
    )


class Festival(Section):
    """One large order for a festival, by the newsvendor's rule."""

    order_at: When
    start: When = Field(alias="from")
    to: When
    skus: Literal["all", "hero"] = "all"
    error: float = param(0.4, "", "coefficient of variation of the festival forecast", low=0.2, high=0.8, ge=0)
    overage: Share = param("20%", "", "loss on a unit left over, of its cost", low="10%", high="60%")


class Sourcing(Section):
    """From whom to order."""

    policy: Annotated[str, Slot("supply.sourcing")] = Field("single", description="registered under supply.sourcing")
    switch_below: Cover = param(
        "3d of cover", "", "backup, emergency pool: used below this cover", low="1d of cover", high="14d of cover"
    )
    switch_back: Cover = param(
        "10d of cover", "", "… until cover is above this again", low="3d of cover", high="30d of cover"
    )
    base_share: Share = param(
        "80%", "", "dual: share of forecast demand that always comes from the main source", low="50%", high="100%"
    )
    base: float | None = Field(None, ge=0, description="dual: units per review always ordered from the main source")
    expedite_level: float | None = Field(
        None, description="units: position the fast source raises to; left out: computed"
    )
    cap: float | None = Field(
        None, ge=0, description="capped dual index: most units ordered from the main source at once"
    )


class BuyOut(Section):
    """A whole harvest bought at once at a lower price; nothing further is ordered of it."""

    kind: Literal["buy_out"]
    at: When
    skus: str = Field("exclusive", description="exclusive, hero, all, or supplier:NAME")
    cover: Cover = Field("60d of cover", description="how much is bought")  # type: ignore[assignment]
    price: Percent = param("85%", "", "of the unit cost", low="70%", high="95%")

    @field_validator("skus")
    @classmethod
    def _chooses(cls, rule: str) -> str:
        if rule not in ("all", "hero", "exclusive") and not (rule.startswith("supplier:") and rule[9:]):
            raise ValueError(f"found {rule!r}, accepted: all, hero, exclusive or supplier:NAME")
        return rule


class C2m(Section):
    """Produce against presale orders: what deposits promise is ordered, at a factory's lead time and price."""

    kind: Literal["c2m"]
    start: When = Field(alias="from")
    to: When
    default: Share = param("8%", "", "deposits expected to lapse", low="3%", high="20%")
    price: Percent = param("94%", "", "of the unit cost: no stock risk for the factory", low="85%", high="100%")


Contract = Annotated[Annotated[BuyOut | C2m, Field(discriminator="kind")], Added("supply.contract", "kind")]


class Transfers(Section):
    """Central → regional → front."""

    regional_lead: Duration = param("36h", "", "on the road from central to regional", low="12h", high="72h")
    front_lead: Duration = param("12h", "", "on the road from regional to front", low="4h", high="24h")
    regional_cover: Cover = param(
        "7d of cover",
        "",
        "demand a regional warehouse and its fronts are kept at",
        low="3d of cover",
        high="14d of cover",
    )
    front_cover: Cover = param(
        "3d of cover", "", "demand a front warehouse is kept at", low="1d of cover", high="7d of cover"
    )


class Stock(Section):
    """What is there at the start, and what happens when it is gone."""

    initial: Cover = param("31d of cover", "F01", "stock at the start", low="15d of cover", high="60d of cover")
    units: float | None = Field(None, ge=0, description="stock of each SKU at the start, instead of a cover")
    units_by: Levels | None = Field(None, description="the same by kind of warehouse (each)")
    spread: Share = param(
        "0%", "", "SKUs start anywhere in their cycle: uniform within this share around it", low="0%", high="50%"
    )
    policy: Literal["lost_sales", "backorder"] = Field(
        "lost_sales", description="what becomes of demand that finds no stock"
    )
    slow_mover: Cover = param(
        "90d of cover",
        "",
        "a SKU above this cover raises an alert and is not reordered",
        low="45d of cover",
        high="180d of cover",
    )


class Costs(Section):
    """What stock costs. The first three rates are per unit and `per`."""

    per: Duration = Field("1d", description="time unit of the rates and of supply.cost_per_period")  # type: ignore[assignment]
    holding: Money = Field("0 CNY", description="holding a unit")  # type: ignore[assignment]
    holding_by: dict[Literal["central", "regional", "front"], Money] = Field(
        default_factory=dict, description="holding a unit, by kind of warehouse"
    )
    penalty: Money = Field("0 CNY", description="a unit backordered, for so long; a unit lost, once")  # type: ignore[assignment]
    order: Money = Field("0 CNY", description="fixed cost of an order of one SKU")  # type: ignore[assignment]
    purchase: bool = Field(False, description="count the goods' price in supply.cost_per_period too")
    transit: bool = Field(False, description="goods in transfer are held at the rate of where they come from")
    carrying: Percent = param("20%", "", "yearly cost of stock in the ledger, of its value", low="12%", high="30%")
    inbound: Percent = param("3%", "", "freight and receiving, of the value received", low="1%", high="8%")
    expedite: Percent = param("15%", "", "fee for speeding up a shipment, of its value", low="5%", high="40%")


class Supply(Section):
    """Suppliers, sourcing, forecasting, replenishment, stock."""

    suppliers: dict[str, Supplier] = Field(default_factory=dict, description="suppliers by name")
    supplier_count: Count | None = Field(
        None,
        le=5_000,
        description="main suppliers in all; missing ones are made up as supplier-1, … Left out: 20 if none is named",
    )
    generated: Supplier = Field(default_factory=Supplier, description="what made-up suppliers are like")
    assignment: Literal["drawn", "in_turn"] = Field(
        "drawn", description="how SKUs find their supplier: by `share`, or in turn"
    )
    regions: dict[str, Region] = param(
        {"yangtze_delta": {"weight": 4}, "pearl_delta": {"weight": 3}, "bohai": {"weight": 2}, "inland": {"weight": 1}},
        "", "where suppliers stand",
    )  # fmt: skip
    stock: Stock = Field(default_factory=Stock)
    forecast: Forecast = Field(default_factory=Forecast)
    replenishment: Replenishment = Field(default_factory=Replenishment)
    festival: Festival | None = None
    sourcing: Sourcing = Field(default_factory=Sourcing)
    contracts: list[Contract] = Field(default_factory=list)
    transfers: Transfers = Field(default_factory=Transfers)
    monitoring: Monitoring = Field(default_factory=Monitoring)
    costs: Costs = Field(default_factory=Costs)

    def roster(self) -> dict[str, Supplier]:
        """All suppliers by name: the file's own first, then those made up."""
        suppliers = dict(self.suppliers)
        mains = sum(supplier.role == "main" for supplier in suppliers.values())
        wanted = self.supplier_count if self.supplier_count is not None else (mains or GENERATED)
        number = 0
        while mains < max(wanted, 1):
            number += 1
            name = f"supplier-{number}"
            if name not in suppliers:
                suppliers[name] = self.generated
                mains += 1
        return suppliers
