"""Ranges of quantities: between ``12h`` and ``14d`` there are values, and each can be written in a file.

A study varies a parameter between two written values. Both are read as numbers in one unit, and a
number in between is written back in that unit, so that the scenario file's own checks apply to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.core import quantities
from sim.core.errors import UnitError, shown

_KINDS: list[tuple[str, Callable[[object], float], Callable[[float], str]]] = [
    ("duration", quantities.parse_duration, quantities.duration_text),
    ("percent", quantities.parse_percent, quantities.share_text),
    ("money", quantities.parse_money, quantities.money_text),
    ("money rate", quantities.parse_money_rate, quantities.money_rate_text),
    ("rate", quantities.parse_rate, quantities.rate_text),
    ("cover", quantities.parse_cover, quantities.cover_text),
    ("size", quantities.parse_size, quantities.size_text),
    ("speed", quantities.parse_speed, quantities.speed_text),
    ("count", quantities.parse_count, lambda value: str(round(value))),
]
ACCEPTED = "a number, or a quantity with a unit such as 12h, 30%, 1.2M CNY or 200/s"


def read(value: object) -> tuple[str, float]:
    """Kind and number of a written value; the kind of a plain number is ``number`` or ``integer``. Raises UnitError."""
    if isinstance(value, bool):
        raise UnitError(value, ACCEPTED)
    if isinstance(value, int):
        return "integer", float(value)
    if isinstance(value, float):
        return "number", value
    for kind, parse, _ in _KINDS:
        try:
            return kind, float(parse(value))
        except UnitError:
            continue
    raise UnitError(value, ACCEPTED)


def amount(value: object) -> float:
    """The number of a written value in its base unit (minutes, CNY, shares ...). Raises UnitError."""
    return read(value)[1]


@dataclass(frozen=True)
class Range:
    """All values from ``low`` to ``high`` (both included) of one kind, as numbers in the kind's base unit."""

    kind: str
    low: float
    high: float
    log: bool = False
    multiple: int = 1  # whole numbers are multiples of it

    @classmethod
    def of(cls, low: object, high: object, log: bool = False, multiple: int = 1) -> Range:
        """The range between two written values. Raises UnitError when they are of different kinds or reversed."""
        kind_low, a = read(low)
        kind_high, b = read(high)
        kinds = {kind_low, kind_high}
        if kinds == {"integer", "number"}:
            kinds = {"number"}
        if len(kinds) > 1 and "integer" in kinds and "count" in kinds:
            kinds = {"count"}
        if len(kinds) != 1:
            raise UnitError(high, f"the same kind of quantity as {shown(low)}")
        if not a < b:
            raise UnitError(high, f"more than {shown(low)}")
        if log and a <= 0.0:
            raise UnitError(low, "more than zero on a logarithmic scale")
        return cls(kinds.pop(), a, b, log, multiple)

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are in the range."""
        return self.kind in ("integer", "count")

    def at(self, share: float) -> float:
        """The number a ``share`` (0 to 1) of the way from low to high, on the range's scale."""
        if self.log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        return self.nearest(min(max(value, self.low), self.high))

    def nearest(self, value: float) -> float:
        """The number of the range's kind nearest to ``value``: of whole ones a multiple."""
        return float(self.multiple * round(value / self.multiple)) if self.whole else value

    def write(self, value: float) -> Any:
        """The number as a scenario file would have it."""
        return write(self.kind, value)


def write(kind: str, value: float) -> Any:
    """A number of a kind as a file would have it: text with a unit, or a plain number. Twelve digits are kept."""
    if kind == "integer":
        return round(value)
    rounded = float(f"{value:.12g}")
    if kind == "number":
        return rounded
    if kind == "count":
        return round(value)
    writer = next(text for name, _, text in _KINDS if name == kind)
    return writer(rounded)


def short(kind: str, value: float) -> str:
    """A number of a kind for reading: at most four significant digits."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if kind == "duration":
        if value == 0.0:
            return "0"
        for size, unit in ((1440.0, "d"), (60.0, "h"), (1.0, "min"), (1 / 60, "s")):
            if abs(value) >= size:
                return f"{value / size:.4g} {unit}"
        return f"{value * 60:.4g} s"
    if kind == "percent":
        return f"{value * 100:.4g}%"
    if kind == "money":
        return f"{value:,.0f} CNY" if abs(value) >= 100 else f"{value:.4g} CNY"
    if kind == "rate":
        return f"{value:.4g}/s"
    if kind == "cover":
        return f"{value:.4g} d of cover"
    if kind in ("size", "speed"):
        return f"{value / 1000:,.4g} k{BASE_UNITS[kind]}"
    if kind in ("integer", "count"):
        return f"{value:,.0f}"
    return f"{value:.4g}"


def in_chinese(text: str) -> str:
    """A quantity as :func:`short` writes it, its unit in Chinese: `30天供应量`, `12小时`."""
    number, _, unit = text.partition(" ")
    return number + UNITS_ZH[unit] if unit in UNITS_ZH else text


UNITS_ZH = {"d of cover": "天供应量", "d": "天", "h": "小时", "min": "分钟", "s": "秒", "CNY": "元"}
BASE_UNITS = {
    "duration": "min",
    "percent": "share",
    "money": "CNY",
    "money rate": "CNY/h",
    "rate": "/s",
    "cover": "d of cover",
    "size": "B",
    "speed": "bit/s",
}


class Axis:
    """How the numbers of a kind are written along an axis: ticks fall on round values of the unit shown."""

    def __init__(self, kind: str, high: float) -> None:
        self.kind = kind
        self.scale, self.unit = 1.0, ""
        if kind == "duration":
            self.scale, self.unit = next(
                ((size, unit) for size, unit in ((1440.0, "d"), (60.0, "h"), (1.0, "min")) if high >= 2 * size),
                (1 / 60, "s"),
            )

    def __call__(self, value: float) -> str:
        """The number as its tick says it."""
        return f"{value / self.scale:.4g} {self.unit}" if self.unit else short(self.kind, value)
