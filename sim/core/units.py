"""Quantities with units, as people write them in files: `48h`, `30%`, `1.2M CNY`, `200/s`, `06-18 20:00`.

Each quantity has three faces: a strict parser from text to a number (`parse_duration`), a canonical
text that parses back to exactly the same number (`duration_text`), and an annotated type for
pydantic models (`Duration`) that uses both and publishes its pattern in the JSON Schema.

A bare number where a unit is needed is an error. Numbers are decimal, ASCII, bounded and finite;
arithmetic is decimal until the last step, so `70.19%` is the float nearest to 0.7019.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from sim.core.errors import UnitError

_NUMBER = r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?"
_SIGNED = rf"-?{_NUMBER}"
_MAX_TEXT = 64

_DURATION_MINUTES = {
    "ms": Decimal(1) / Decimal(60_000),
    "s": Decimal(1) / Decimal(60),
    "min": Decimal(1),
    "h": Decimal(60),
    "d": Decimal(1_440),
    "w": Decimal(10_080),
}
_PER_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_HOUR_SECONDS = 3_600
_SCALE = {"": Decimal(1), "k": Decimal(1_000), "M": Decimal(1_000_000), "B": Decimal(1_000_000_000)}
_CHINESE_SCALE = {"": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000)}

MAX_DURATION_MINUTES = 100 * 366 * 1_440.0
MAX_MONEY_CNY = 1e13
MAX_RATE_PER_SECOND = 1e9
MAX_COUNT = 10**12
MAX_PERCENT = 1_000_000


def _match(pattern: re.Pattern[str], value: object, accepted: str) -> re.Match[str]:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise UnitError(value, accepted)
    found = pattern.fullmatch(value.strip())
    if found is None:
        raise UnitError(value, accepted)
    return found


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace("_", ""))


def _bounded(value: float, low: float, high: float, found: object, accepted: str) -> float:
    if not low <= value <= high:
        raise UnitError(found, f"{accepted}, between {low:g} and {high:g}")
    return value


def _plain(value: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shortest(value: float, candidates: list[tuple[Decimal, str]], parse: Callable[[str], float]) -> str:
    """The shortest of `value / factor + suffix` that parses back to exactly `value`; ties go to the earlier.

    The last candidate must have a factor of 1, so that the digits of the float itself are a way out.
    """
    exact = Decimal(repr(float(value)))
    best = ""
    for factor, suffix in candidates:
        quotient = exact / factor
        for rounded in (Decimal(f"{quotient:.12g}"), quotient):
            text = _plain(rounded)
            if len(text) > 24:
                continue
            text += suffix
            try:
                same = parse(text) == value
            except UnitError:
                same = False
            if same and (not best or len(text) < len(best)):
                best = text
    return best or _plain(exact) + candidates[-1][1]


# Durations ---------------------------------------------------------------------------------------

_DURATION = re.compile(rf"(?P<number>{_NUMBER}) ?(?P<unit>ms|s|min|h|d|w)")
DURATION_ACCEPTED = "a duration with a unit (ms, s, min, h, d, w), such as 15min, 48h or 7d"


def parse_duration(value: object) -> float:
    """Minutes of a duration such as `1.5s`, `15min`, `48h`, `7d`, `2w`. Raises UnitError."""
    found = _match(_DURATION, value, DURATION_ACCEPTED)
    minutes = float(_decimal(found["number"]) * _DURATION_MINUTES[found["unit"]])
    return _bounded(minutes, 0.0, MAX_DURATION_MINUTES, value, DURATION_ACCEPTED)


def duration_text(minutes: float) -> str:
    """Canonical text of a duration in minutes; parses back to the same float."""
    units = [(_DURATION_MINUTES[unit], unit) for unit in ("d", "h", "min", "s", "ms")]
    return _shortest(minutes, [*units, (Decimal(1), "min")], parse_duration)


# Shares and percentages ---------------------------------------------------------------------------

_SHARE = re.compile(rf"(?P<number>{_NUMBER}) ?%")
_PERCENT = re.compile(rf"(?P<number>[+-]?{_NUMBER}) ?%")
SHARE_ACCEPTED = "a share in percent from 0% to 100%, such as 30%"
PERCENT_ACCEPTED = "a percentage, which may be negative or above 100%, such as 120% or -5%"


def parse_share(value: object) -> float:
    """A share between 0 and 1 written in percent, such as `30%`. Raises UnitError."""
    found = _match(_SHARE, value, SHARE_ACCEPTED)
    share = float(_decimal(found["number"]) / 100)
    if not 0.0 <= share <= 1.0:
        raise UnitError(value, SHARE_ACCEPTED)
    return share


def share_text(share: float) -> str:
    """Canonical text of a share; parses back to the same float."""
    return _plain(Decimal(repr(float(share))) * 100) + "%"


def parse_percent(value: object) -> float:
    """A ratio written in percent that may be negative or above 100%, such as `120%`. Raises UnitError."""
    found = _match(_PERCENT, value, PERCENT_ACCEPTED)
    ratio = float(_decimal(found["number"].lstrip("+")) / 100)
    return _bounded(ratio, -MAX_PERCENT / 100, MAX_PERCENT / 100, value, PERCENT_ACCEPTED)


# Money -------------------------------------------------------------------------------------------

_MONEY = re.compile(
    rf"(?P<number>{_NUMBER}) ?(?P<scale>[kMB]?) ?CNY|(?P<zh>{_NUMBER}) ?(?P<zh_scale>[万亿]?)元|¥(?P<sign>{_NUMBER})"
)
MONEY_ACCEPTED = "money with its currency, such as 300 CNY, 1.2M CNY or 50元"


def parse_money(value: object) -> float:
    """CNY of an amount such as `300 CNY`, `1.2M CNY`, `50元`, `3万元`, `¥99`. Raises UnitError."""
    found = _match(_MONEY, value, MONEY_ACCEPTED)
    if found["number"] is not None:
        amount = _decimal(found["number"]) * _SCALE[found["scale"]]
    elif found["zh"] is not None:
        amount = _decimal(found["zh"]) * _CHINESE_SCALE[found["zh_scale"]]
    else:
        amount = _decimal(found["sign"])
    return _bounded(float(amount), 0.0, MAX_MONEY_CNY, value, MONEY_ACCEPTED)


def money_text(cny: float) -> str:
    """Canonical text of an amount in CNY; parses back to the same float."""
    plain = (Decimal(1), " CNY")
    units = [plain, (_SCALE["M"], "M CNY"), (_SCALE["B"], "B CNY"), plain] if cny >= 1e6 else [plain]
    return _shortest(cny, units, parse_money)


_WAGE = re.compile(r"(?P<money>.+?) ?/ ?(?P<unit>s|min|h|d|w)")
WAGE_ACCEPTED = "money per time, such as 30 CNY/h or 200 CNY/d"


def parse_money_rate(value: object) -> float:
    """CNY per hour of an amount such as `30 CNY/h` or `200 CNY/d`. Raises UnitError."""
    found = _match(_WAGE, value, WAGE_ACCEPTED)
    try:
        money = parse_money(found["money"])
    except UnitError:
        raise UnitError(value, WAGE_ACCEPTED) from None
    return float(Decimal(repr(money)) * _HOUR_SECONDS / _PER_SECONDS[found["unit"]])


def money_rate_text(cny_per_hour: float) -> str:
    """Canonical text of money per hour; parses back to the same float."""
    units = [(Decimal(_HOUR_SECONDS) / _PER_SECONDS[unit], f" CNY/{unit}") for unit in ("h", "d", "min", "s")]
    return _shortest(cny_per_hour, [*units, (Decimal(1), " CNY/h")], parse_money_rate)


# Rates -------------------------------------------------------------------------------------------

_RATE = re.compile(rf"(?P<number>{_NUMBER})(?P<scale>[kMB]?) ?/ ?(?P<unit>s|min|h|d|w)")
RATE_ACCEPTED = "a rate per time (/s, /min, /h, /d, /w), such as 200/s or 1000/d"


def parse_rate(value: object) -> float:
    """Events per second of a rate such as `200/s`, `3/min`, `1000/d`, `583k/s`. Raises UnitError."""
    found = _match(_RATE, value, RATE_ACCEPTED)
    rate = float(_decimal(found["number"]) * _SCALE[found["scale"]] / _PER_SECONDS[found["unit"]])
    return _bounded(rate, 0.0, MAX_RATE_PER_SECOND, value, RATE_ACCEPTED)


def rate_text(per_second: float) -> str:
    """Canonical text of a rate per second; parses back to the same float."""
    units = [(Decimal(1) / _PER_SECONDS[unit], f"/{unit}") for unit in ("s", "min", "h", "d")]
    return _shortest(per_second, [*units, (Decimal(1), "/s")], parse_rate)


# Counts ------------------------------------------------------------------------------------------

_COUNT = re.compile(rf"(?P<number>{_NUMBER}) ?(?P<scale>[kMB万亿]?)")
COUNT_ACCEPTED = "a whole number of 0 or more, such as 2000, 200_000 or 20M"


def parse_count(value: object) -> int:
    """A whole number such as `2000`, `200_000`, `1.5M`, `20万`. Raises UnitError."""
    if isinstance(value, bool):
        raise UnitError(value, COUNT_ACCEPTED)
    if isinstance(value, int):
        count = value
    else:
        found = _match(_COUNT, value, COUNT_ACCEPTED)
        scaled = _decimal(found["number"]) * {**_SCALE, **_CHINESE_SCALE}[found["scale"]]
        if scaled != scaled.to_integral_value():
            raise UnitError(value, COUNT_ACCEPTED)
        count = int(scaled)
    if count < 0:
        raise UnitError(value, COUNT_ACCEPTED)
    if count > MAX_COUNT:
        raise UnitError(value, f"{COUNT_ACCEPTED}, at most {MAX_COUNT}")
    return count


# Dates and times of day ---------------------------------------------------------------------------

_TIME = r"(?P<hour>[01][0-9]|2[0-4]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?"
_WHEN = re.compile(rf"(?:(?P<year>[0-9]{{4}})-)?(?P<month>[01][0-9])-(?P<day>[0-3][0-9])(?:[ T]{_TIME})?")
_CLOCK = re.compile(_TIME)
WHEN_ACCEPTED = "a date with or without year and time, such as 06-18, 06-18 20:00, 06-18 24:00 or 2026-06-18 20:00"
CLOCK_ACCEPTED = "a time of day from 00:00 to 24:00, such as 11:00"


@dataclass(frozen=True, slots=True)
class Moment:
    """A date in a file, taken apart. `year` is None where the file leaves it to the scenario's start."""

    year: int | None
    month: int
    day: int
    minute_of_day: float  # 0 .. 1440; 1440 is the midnight that ends the day


def parse_when(value: object) -> Moment:
    """The parts of a date such as `06-18 20:00`; a day that no calendar has is refused. Raises UnitError."""
    found = _match(_WHEN, value, WHEN_ACCEPTED)
    year = int(found["year"]) if found["year"] else None
    month, day = int(found["month"]), int(found["day"])
    # Without a year any February may have 29 days; the calendar settles it with the scenario's year.
    if year is not None and not 1970 <= year <= 2200:
        raise UnitError(value, f"{WHEN_ACCEPTED}, with a year from 1970 to 2200")
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(year or 2024, month)[1]:
        raise UnitError(value, f"{WHEN_ACCEPTED}, on a day the calendar has")
    minute = _minute_of_day(found, value, WHEN_ACCEPTED) if found["hour"] else 0.0
    return Moment(year, month, day, minute)


def _minute_of_day(found: re.Match[str], value: object, accepted: str) -> float:
    seconds = int(found["hour"]) * 3_600 + int(found["minute"]) * 60 + int(found["second"] or 0)
    if seconds > 86_400:
        raise UnitError(value, accepted)
    return seconds / 60.0


def when_text(value: object) -> str:
    """The date as checked text: one blank between date and time."""
    parse_when(value)
    return str(value).strip().replace("T", " ")


def parse_clock(value: object) -> float:
    """Minutes since midnight of a time of day such as `11:00`. Raises UnitError."""
    return _minute_of_day(_match(_CLOCK, value, CLOCK_ACCEPTED), value, CLOCK_ACCEPTED)


def clock_text(minute_of_day: float) -> str:
    """Canonical text of a time of day in minutes since midnight."""
    hours, seconds = divmod(round(minute_of_day * 60), 3_600)
    minutes, seconds = divmod(seconds, 60)
    return f"{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")


# Cover -------------------------------------------------------------------------------------------

_COVER = re.compile(rf"(?P<number>{_NUMBER}) ?(?P<unit>h|d|w) of cover")
COVER_ACCEPTED = "stock expressed in time, such as 3d of cover"


def parse_cover(value: object) -> float:
    """Days of demand a stock covers, from `3d of cover`. Raises UnitError."""
    found = _match(_COVER, value, COVER_ACCEPTED)
    days = float(_decimal(found["number"]) * _DURATION_MINUTES[found["unit"]] / 1_440)
    return _bounded(days, 0.0, 3_660.0, value, COVER_ACCEPTED)


def cover_text(days: float) -> str:
    """Canonical text of a cover in days; parses back to the same float."""
    return _plain(Decimal(repr(float(days)))) + "d of cover"


# Types for pydantic models -------------------------------------------------------------------------


def _before(parse: Callable[[object], Any], accepted: str) -> BeforeValidator:
    def validate(value: object) -> Any:
        try:
            return parse(value)
        except UnitError as error:
            raise PydanticCustomError("unit", "accepted: {accepted}", {"accepted": error.accepted}) from None

    return BeforeValidator(validate, json_schema_input_type=str)


def _schema(pattern: str, description: str, *examples: str) -> WithJsonSchema:
    plain = re.sub(r"\(\?P<[a-z_]+>", "(", pattern)
    return WithJsonSchema(
        {"type": "string", "pattern": f"^{plain}$", "description": description, "examples": list(examples)}
    )


def _text(write: Callable[[Any], str]) -> PlainSerializer:
    return PlainSerializer(write, return_type=str, when_used="json-unless-none")


Duration: TypeAlias = Annotated[
    float,
    _before(parse_duration, DURATION_ACCEPTED),
    _text(duration_text),
    _schema(_DURATION.pattern, DURATION_ACCEPTED, "15min", "48h", "7d"),
]
"""Minutes (float), written `48h`."""

Share: TypeAlias = Annotated[
    float,
    _before(parse_share, SHARE_ACCEPTED),
    _text(share_text),
    _schema(_SHARE.pattern, SHARE_ACCEPTED, "30%", "2.5%"),
]
"""A share between 0 and 1 (float), written `30%`."""

Percent: TypeAlias = Annotated[
    float,
    _before(parse_percent, PERCENT_ACCEPTED),
    _text(share_text),
    _schema(_PERCENT.pattern, PERCENT_ACCEPTED, "120%", "-5%"),
]
"""A signed or large ratio (float), written `120%`."""

Money: TypeAlias = Annotated[
    float,
    _before(parse_money, MONEY_ACCEPTED),
    _text(money_text),
    _schema(f"(?:{_MONEY.pattern})", MONEY_ACCEPTED, "300 CNY", "1.2M CNY"),
]
"""CNY (float), written `1.2M CNY`."""

MoneyRate: TypeAlias = Annotated[
    float,
    _before(parse_money_rate, WAGE_ACCEPTED),
    _text(money_rate_text),
    _schema(rf"(?:{_MONEY.pattern}) ?/ ?(?:s|min|h|d|w)", WAGE_ACCEPTED, "30 CNY/h"),
]
"""CNY per hour (float), written `30 CNY/h`."""

Rate: TypeAlias = Annotated[
    float,
    _before(parse_rate, RATE_ACCEPTED),
    _text(rate_text),
    _schema(_RATE.pattern, RATE_ACCEPTED, "200/s", "1000/d"),
]
"""Events per second (float), written `200/s`."""

Count: TypeAlias = Annotated[
    int,
    _before(parse_count, COUNT_ACCEPTED),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MAX_COUNT},
                {"type": "string", "pattern": f"^{_NUMBER} ?[kMB万亿]?$"},
            ],
            "description": COUNT_ACCEPTED,
            "examples": [2000, "20M"],
        }
    ),
]
"""A whole number (int), written `2000` or `20M`."""

When: TypeAlias = Annotated[
    str,
    _before(when_text, WHEN_ACCEPTED),
    _schema(_WHEN.pattern, WHEN_ACCEPTED, "06-18 20:00", "2026-06-18"),
]
"""A date kept as text, written `06-18 20:00`; the calendar turns it into minutes."""

Clock: TypeAlias = Annotated[
    float,
    _before(parse_clock, CLOCK_ACCEPTED),
    _text(clock_text),
    _schema(_CLOCK.pattern, CLOCK_ACCEPTED, "11:00"),
]
"""Minutes since midnight (float), written `11:00`."""

Cover: TypeAlias = Annotated[
    float,
    _before(parse_cover, COVER_ACCEPTED),
    _text(cover_text),
    _schema(_COVER.pattern, COVER_ACCEPTED, "3d of cover"),
]
"""Days of demand a stock covers (float), written `3d of cover`."""
