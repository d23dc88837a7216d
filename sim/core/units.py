"""Types of fields for models of files: each reads a quantity as people write it and writes it back.

`Duration` and the others publish their pattern in the JSON Schema. Their parsers and texts, of
:mod:`sim.core.quantities` and :mod:`sim.core.moments`, are offered here too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from sim.core.errors import UnitError
from sim.core.moments import CLOCK, CLOCK_ACCEPTED, WHEN, WHEN_ACCEPTED, clock_text, parse_clock, when_text
from sim.core.moments import Moment as Moment
from sim.core.moments import parse_when as parse_when
from sim.core.quantities import (
    COUNT_ACCEPTED,
    COVER,
    COVER_ACCEPTED,
    DURATION,
    DURATION_ACCEPTED,
    MAX_COUNT,
    MONEY,
    MONEY_ACCEPTED,
    NUMBER,
    PERCENT,
    PERCENT_ACCEPTED,
    RATE,
    RATE_ACCEPTED,
    SHARE,
    SHARE_ACCEPTED,
    SIZE,
    SIZE_ACCEPTED,
    SPEED,
    SPEED_ACCEPTED,
    WAGE_ACCEPTED,
    cover_text,
    duration_text,
    money_rate_text,
    money_text,
    parse_count,
    parse_cover,
    parse_duration,
    parse_money,
    parse_money_rate,
    parse_percent,
    parse_rate,
    parse_share,
    parse_size,
    parse_speed,
    rate_text,
    share_text,
    size_text,
    speed_text,
)


def _read(parse: Callable[[object], Any]) -> BeforeValidator:
    def validate(value: object) -> Any:
        try:
            return parse(value)
        except UnitError as error:
            raise PydanticCustomError("unit", "accepted: {accepted}", {"accepted": error.accepted}) from None

    return BeforeValidator(validate, json_schema_input_type=str)


def _unit(
    parse: Callable[[object], Any], write: Callable[[Any], str], pattern: str, accepted: str, *examples: str
) -> tuple[BeforeValidator, PlainSerializer, WithJsonSchema]:
    """What makes a number a quantity: read by `parse`, written by `write`, told to editors as a text of `pattern`."""
    plain = re.sub(r"\(\?P<[a-z_]+>", "(", pattern)
    schema = {"type": "string", "pattern": f"^{plain}$", "description": accepted, "examples": list(examples)}
    return _read(parse), PlainSerializer(write, return_type=str, when_used="json-unless-none"), WithJsonSchema(schema)


Duration: TypeAlias = Annotated[
    float, *_unit(parse_duration, duration_text, DURATION.pattern, DURATION_ACCEPTED, "15min", "48h", "7d")
]
"""Minutes (float), written `48h`."""

Share: TypeAlias = Annotated[float, *_unit(parse_share, share_text, SHARE.pattern, SHARE_ACCEPTED, "30%", "2.5%")]
"""A share between 0 and 1 (float), written `30%`."""

Percent: TypeAlias = Annotated[
    float, *_unit(parse_percent, share_text, PERCENT.pattern, PERCENT_ACCEPTED, "120%", "-5%")
]
"""A signed or large ratio (float), written `120%`."""

Money: TypeAlias = Annotated[
    float, *_unit(parse_money, money_text, f"(?:{MONEY.pattern})", MONEY_ACCEPTED, "300 CNY", "1.2M CNY")
]
"""CNY (float), written `1.2M CNY`."""

MoneyRate: TypeAlias = Annotated[
    float,
    *_unit(parse_money_rate, money_rate_text, rf"(?:{MONEY.pattern}) ?/ ?(?:s|min|h|d|w)", WAGE_ACCEPTED, "30 CNY/h"),
]
"""CNY per hour (float), written `30 CNY/h`."""

Rate: TypeAlias = Annotated[float, *_unit(parse_rate, rate_text, RATE.pattern, RATE_ACCEPTED, "200/s", "1000/d")]
"""Events per second (float), written `200/s`."""

Count: TypeAlias = Annotated[
    int,
    _read(parse_count),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MAX_COUNT},
                {"type": "string", "pattern": f"^{NUMBER} ?[kMB万亿]?$"},
            ],
            "description": COUNT_ACCEPTED,
            "examples": [2000, "20M"],
        }
    ),
]
"""A whole number (int), written `2000` or `20M`."""

When: TypeAlias = Annotated[
    str, *_unit(when_text, when_text, WHEN.pattern, WHEN_ACCEPTED, "06-18 20:00", "2026-06-18")
]
"""A date kept as text, written `06-18 20:00`; the calendar turns it into minutes."""

Clock: TypeAlias = Annotated[float, *_unit(parse_clock, clock_text, CLOCK.pattern, CLOCK_ACCEPTED, "11:00")]
"""Minutes since midnight (float), written `11:00`."""

Cover: TypeAlias = Annotated[float, *_unit(parse_cover, cover_text, COVER.pattern, COVER_ACCEPTED, "3d of cover")]
"""Days of demand a stock covers (float), written `3d of cover`."""

Size: TypeAlias = Annotated[float, *_unit(parse_size, size_text, SIZE.pattern, SIZE_ACCEPTED, "900 kB", "1.6 MB")]
"""Bytes (float), written `1.6 MB`."""

Speed: TypeAlias = Annotated[float, *_unit(parse_speed, speed_text, SPEED.pattern, SPEED_ACCEPTED, "12 Mbit/s")]
"""Bits a second (float), written `12 Mbit/s`."""
