"""Parts that several kinds of study share: measures, replications, limits, factors, shocks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from sim.core.config import Section
from sim.core.errors import UnitError
from sim.core.units import Share
from sim.study import quantity


def _amount(value: object) -> float:
    try:
        return quantity.amount(value)
    except UnitError:
        raise PydanticCustomError("unit", "accepted: {accepted}", {"accepted": quantity.ACCEPTED}) from None


def _replications(value: object) -> object:
    return {"min": value, "max": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _levels(value: object) -> object:
    return {"levels": value} if isinstance(value, list) else value


def named(value: object) -> object:
    """A measure written by its name alone."""
    return {"kpi": value} if isinstance(value, str) else value


Amount = Annotated[float, BeforeValidator(_amount, json_schema_input_type=Any)]
"""A number or a quantity with any unit, as a number in its base unit (minutes, CNY, shares)."""

Overrides = dict[str, Any]
Replicate = Annotated["Replications", BeforeValidator(_replications)]


class Until(Section):
    """When there are enough replications: the 95% interval of every difference is this narrow."""

    kpi: str
    half_width: Any = Field(description="1% (of the first policy's mean), or an amount in the measure's unit")

    @model_validator(mode="after")
    def _readable(self) -> Until:
        if self.relative is None and self.absolute is None:
            raise ValueError(f"found {self.half_width!r}, accepted: a percentage above 0%, or an amount above zero")
        return self

    @property
    def relative(self) -> float | None:
        """The half-width as a share of the first policy's mean."""
        kind, value = self._read()
        return value if kind == "percent" and value > 0.0 else None

    @property
    def absolute(self) -> float | None:
        """The half-width in the measure's unit."""
        kind, value = self._read()
        return value if kind not in ("percent", "") and value > 0.0 else None

    def _read(self) -> tuple[str, float]:
        try:
            return quantity.read(self.half_width)
        except UnitError:
            return "", 0.0


class Replications(Section):
    """How many replications of each design: ``min``, and up to ``max`` until the asked precision."""

    min: int = Field(10, ge=2, le=1_000_000)
    max: int = Field(200, ge=2, le=1_000_000)
    until: Until | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Replications:
        if self.max < self.min:
            raise ValueError(f"found max {self.max}, accepted: at least min, which is {self.min}")
        return self


class Kpi(Section):
    """A measure with its direction where the measure does not declare one."""

    kpi: str
    better: Literal["higher", "lower"] | None = None


Kpis = Annotated[
    list[Annotated[Kpi, BeforeValidator(named)]], Field(min_length=1, description="measures, the first leads")
]


class Best(Section):
    """Ask for the best policy with a guarantee (ranking and selection)."""

    kpi: str
    indifference: Any = Field(description="a lead below this does not matter: 1% or an amount")
    confidence: Share = Field("95%", gt=0.5, lt=1.0)  # type: ignore[assignment]

    def delta(self, reference: float) -> float:
        """The indifference zone in the measure's unit, given the first policy's mean."""
        kind, value = quantity.read(self.indifference)
        return value * abs(reference) if kind == "percent" else value

    @model_validator(mode="after")
    def _readable(self) -> Best:
        try:
            value = quantity.amount(self.indifference)
        except UnitError as error:
            raise ValueError(str(error)) from None
        if value <= 0.0:
            raise ValueError(f"found {self.indifference!r}, accepted: more than zero")
        return self


def _one_of(**sides: Any) -> None:
    """Raise ValueError unless exactly one of two keys is written."""
    written = sum(value is not None for value in sides.values())
    if written != 1:
        raise ValueError(f"found {'both' if written else 'neither'}, accepted: one of {', '.join(sides)}")


class Limit(Section):
    """A measure that must stay on one side of a value."""

    kpi: str
    at_least: Amount | None = None
    at_most: Amount | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Limit:
        _one_of(at_least=self.at_least, at_most=self.at_most)
        return self


class Fails(Section):
    """When a replication counts as failed."""

    kpi: str
    below: Amount | None = None
    above: Amount | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Fails:
        _one_of(below=self.below, above=self.above)
        return self

    @property
    def limit(self) -> float:
        """The value at the edge."""
        return self.below if self.below is not None else self.above  # type: ignore[return-value]


class Factor(Section):
    """What a parameter may be: ``levels`` (a list), or everything ``from`` … ``to``."""

    levels: list[Any] | None = Field(None, min_length=1)
    low: Any = Field(None, alias="from")
    high: Any = Field(None, alias="to")
    steps: int = Field(5, ge=2, le=10_000, description="levels of a full factorial design")
    scale: Literal["linear", "log"] = "linear"
    multiple: int = Field(1, ge=1, description="whole numbers are multiples of it; from and to must be")

    @model_validator(mode="after")
    def _complete(self) -> Factor:
        if self.levels is not None:
            if self.low is not None or self.high is not None:
                raise ValueError("found levels and from/to, accepted: one of them")
            return self
        if self.low is None or self.high is None:
            raise ValueError("accepted: a list of levels, or from and to")
        try:
            found = self.range()
        except UnitError as error:
            raise ValueError(str(error)) from None
        if self.multiple > 1 and (not found.whole or found.low % self.multiple or found.high % self.multiple):
            raise ValueError(f"found from {self.low} to {self.high}, accepted: multiples of {self.multiple}")
        return self

    def range(self) -> quantity.Range:
        """The range between ``from`` and ``to``."""
        return quantity.Range.of(self.low, self.high, self.scale == "log", self.multiple)


Factors = dict[str, Annotated[Factor, BeforeValidator(_levels)]]


class Shock(Factor):
    """A stress that grows from nothing to disaster: one or several paths set to the same value."""

    path: str | list[str]
    name: str = ""
    tolerance: Any = Field(None, description="how exactly the breaking point is wanted; default 1% of the range")

    @property
    def paths(self) -> list[str]:
        """The paths set."""
        return [self.path] if isinstance(self.path, str) else list(self.path)

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.paths[0]

    @model_validator(mode="after")
    def _a_range(self) -> Shock:
        if self.levels is not None:
            raise ValueError("found levels, accepted: from and to: a shock grows continuously")
        if self.tolerance is not None and quantity.read(self.tolerance)[1] <= 0.0:
            raise ValueError(f"found {self.tolerance!r}, accepted: a tolerance above zero")
        return self
