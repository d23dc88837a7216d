"""What people write as arguments of events: their types, and durations, magnitudes, shares and money as numbers.

The parameters of an event's function declare what a file may say: annotated with the types of :mod:`sim.core.units` and
those below, they are checked when a file is loaded. The function gets them as written. To read them, each of the functions
takes a number, a text with its unit, or nothing, which stands for ``usual``; a text that is no such quantity raises
UnitError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, ValidationError, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError

from sim.core.config import Slot
from sim.core.errors import SimError, UnitError
from sim.core.quantities import NUMBER
from sim.core.units import Duration, Share, parse_duration, parse_money, parse_percent, parse_share

MOST = 1_000.0
RATIO_ACCEPTED = f"a number or a percentage, such as 2 or 200%, from 0 to {MOST:g}"


@dataclass(frozen=True, slots=True)
class Names:
    """Marks a text as a name of something in the scenario.

    ``of`` says of what kind (see `sim.scenario.names`), ``words`` say it to people.
    """

    of: str
    words: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A text that says what it names."""
        return {**handler(schema), "description": self.words}


def _ratio(value: object) -> float:
    try:
        number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else parse_percent(value)
    except (UnitError, OverflowError):
        number = -1.0
    if not 0.0 <= number <= MOST:
        raise PydanticCustomError("unit", "accepted: {accepted}", {"accepted": RATIO_ACCEPTED})
    return number


Ratio: TypeAlias = Annotated[
    float,
    BeforeValidator(_ratio),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number", "minimum": 0, "maximum": MOST}, {"type": "string", "pattern": f"^[+]?{NUMBER} ?%$"}],
            "description": RATIO_ACCEPTED,
        }
    ),
]
"""So many times, or so much more: `2` or `200%`."""
Part: TypeAlias = Share
"""A part of a whole: `30%`."""
BelowAll: TypeAlias = Annotated[Share, Field(lt=1.0)]
"""A part of a whole that is not all of it."""
SomeTime: TypeAlias = Annotated[Duration, Field(gt=0.0)]
"""A length of time above nought."""
Number: TypeAlias = Annotated[int, Field(ge=0, le=100_000)]
"""A whole number of things."""

AnyCategory: TypeAlias = Annotated[str, Names("any_category", "a category")]
"""A category, or nothing for all."""
Category: TypeAlias = Annotated[str, Names("categories", "a category")]
Goods: TypeAlias = Annotated[str, Names("goods", "goods: all, hero, flash, exclusive, category:NAME, top N% or random N%")]
SupplyGoods: TypeAlias = Annotated[str, Names("supply_goods", "goods: all, hero, exclusive or supplier:NAME")]
SupplierOrRegion: TypeAlias = Annotated[str, Names("suppliers", "a supplier, a region of suppliers, or all")]
Supplier: TypeAlias = Annotated[str, Names("supplier", "a supplier")]
Region: TypeAlias = Annotated[str, Names("regions", "a region of suppliers")]
MainSupplier: TypeAlias = Annotated[str, Names("main_supplier", "a main supplier")]
Licensed: TypeAlias = Annotated[str, Names("main_suppliers", "a main supplier, or all")]
Warehouses: TypeAlias = Annotated[str, Names("warehouses", "a warehouse, a kind (central, regional, front), or all")]
Warehouse: TypeAlias = Annotated[str, Names("warehouse", "a warehouse")]
Stations: TypeAlias = Annotated[str, Names("stations", "a warehouse, a kind of warehouses, or the couriers of a region")]
Couriers: TypeAlias = Annotated[str, Names("couriers", "the couriers of a region, or all")]
Node: TypeAlias = Annotated[str, Names("nodes", "a service, a dependency, or a database such as order.db.primary")]
Service: TypeAlias = Annotated[str, Names("services", "a service")]
Cached: TypeAlias = Annotated[str, Names("caches", "a service with a cache")]
Database: TypeAlias = Annotated[str, Names("databases", "a service with a database, or the database")]
Primary: TypeAlias = Annotated[str, Names("primaries", "a service whose database has a primary, or the database")]
Place: TypeAlias = Annotated[str, Names("places", "a database, site, or city")]
Degradable: TypeAlias = Annotated[str, Names("degradable", "a user action, or a node of the machine room")]
UserAction: TypeAlias = Annotated[str, Names("actions", "a user action, such as search or order")]
Defence: TypeAlias = Annotated[str, Slot("threats.defences")]
Detector: TypeAlias = Literal["waf", "fingerprint", "behaviour"]
AttackerKind: TypeAlias = Literal["coupon_abuse", "scalpers", "price_bug", "card_fraud", "return_fraud"]
Rival: TypeAlias = Annotated[str, Names("rivals", "a rival, or all")]
Role: TypeAlias = Annotated[str, Names("roles", "a role of oversight.privacy")]


def _read(given: Any, usual: float, parse: Callable[[str], float]) -> float:
    """What was written, text through ``parse``; ``usual`` where nothing was."""
    if given is None:
        return usual
    return parse(given) if isinstance(given, str) else float(given)


def minutes(given: Any, usual: float) -> float:
    """A duration in minutes: a number, a text with its unit (`48h`), or ``usual`` where nothing was written."""
    return _read(given, usual, parse_duration)


def size(given: Any, usual: float) -> float:
    """A magnitude: a number, a ratio in percent (`30%`, `120%`), or ``usual`` where nothing was written."""
    return _read(given, usual, parse_percent)


def share(given: Any, usual: float) -> float:
    """A part of a whole: a number, `0%` to `100%`, or ``usual`` where nothing was written. Numbers are not bounded."""
    return _read(given, usual, parse_share)


def money(given: Any, usual: float) -> float:
    """CNY: a number, a text with its currency (`20 CNY`), or ``usual`` where nothing was written."""
    return _read(given, usual, parse_money)


def refusal(place: str, error: ValidationError) -> SimError:
    """The first of what is wrong with arguments that are keys of a section; ``place``: the event or section."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return SimError(f"{place}: {where}: {first['msg']}")
