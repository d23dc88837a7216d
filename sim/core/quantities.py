"""Numbers with units as people write them, read and written: `48h`, `30%`, `1.2M CNY`, `200/s`, `1.6 MB`.

Each quantity has a strict parser from text to a number (`parse_duration`) and a canonical text that parses back to
exactly the same number (`duration_text`). A bare number where a unit is needed is an error. Numbers are decimal, ASCII,
bounded and finite; arithmetic is decimal until the last step, so `70.19%` is the float nearest to 0.7019.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from sim.core.errors import UnitError

NUMBER = r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?"
_MAX_TEXT = 64
_LEAST = 1e-15

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
MAX_DATA = 1e15


def match(pattern: re.Pattern[str], value: object, accepted: str) -> re.Match[str]:
    """The whole of a short text as the pattern has it. Raises UnitError."""
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
    if 0.0 < abs(value) < _LEAST:  # its digits would not fit a text
        raise UnitError(found, f"{accepted}, nothing or no less than {_LEAST:g}")
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


# Durations ----------------------------------------------------------------------------------------

DURATION = re.compile(rf"(?P<number>{NUMBER}) ?(?P<unit>ms|s|min|h|d|w)")
DURATION_ACCEPTED = "a duration with a unit (ms, s, min, h, d, w), such as 15min, 48h or 7d"


def parse_duration(value: object) -> float:
    """Minutes of a duration such as `1.5s`, `15min`, `48h`, `7d`, `2w`. Raises UnitError."""
    found = match(DURATION, value, DURATION_ACCEPTED)
    minutes = float(_decimal(found["number"]) * _DURATION_MINUTES[found["unit"]])
    return _bounded(minutes, 0.0, MAX_DURATION_MINUTES, value, DURATION_ACCEPTED)


def duration_text(minutes: float) -> str:
    """Canonical text of a duration in minutes; parses back to the same float."""
    units = [(_DURATION_MINUTES[unit], unit) for unit in ("d", "h", "min", "s", "ms")]
    return _shortest(minutes, [*units, (Decimal(1), "min")], parse_duration)


# Shares and percentages ---------------------------------------------------------------------------

SHARE = re.compile(rf"(?P<number>{NUMBER}) ?%")
PERCENT = re.compile(rf"(?P<number>[+-]?{NUMBER}) ?%")
SHARE_ACCEPTED = "a share in percent from 0% to 100%, such as 30%"
PERCENT_ACCEPTED = "a percentage, which may be negative or above 100%, such as 120% or -5%"


def parse_share(value: object) -> float:
    """A share between 0 and 1 written in percent, such as `30%`. Raises UnitError."""
    found = match(SHARE, value, SHARE_ACCEPTED)
    share = float(_decimal(found["number"]) / 100)
    if not 0.0 <= share <= 1.0:
        raise UnitError(value, SHARE_ACCEPTED)
    return share


def share_text(share: float) -> str:
    """Canonical text of a share; parses back to the same float."""
    return _plain(Decimal(repr(float(share))) * 100) + "%"


def parse_percent(value: object) -> float:
    """A ratio written in percent that may be negative or above 100%, such as `120%`. Raises UnitError."""
    found = match(PERCENT, value, PERCENT_ACCEPTED)
    ratio = float(_decimal(found["number"].lstrip("+")) / 100)
    return _bounded(ratio, -MAX_PERCENT / 100, MAX_PERCENT / 100, value, PERCENT_ACCEPTED)


# Money --------------------------------------------------------------------------------------------

MONEY = re.compile(
    rf"(?P<number>{NUMBER}) ?(?P<scale>[kMB]?) ?CNY|(?P<zh>{NUMBER}) ?(?P<zh_scale>[万亿]?)元|¥(?P<sign>{NUMBER})"
)
MONEY_ACCEPTED = "money with its currency, such as 300 CNY, 1.2M CNY or 50元"


def parse_money(value: object) -> float:
    """CNY of an amount such as `300 CNY`, `1.2M CNY`, `50元`, `3万元`, `¥99`. Raises UnitError."""
    found = match(MONEY, value, MONEY_ACCEPTED)
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
    found = match(_WAGE, value, WAGE_ACCEPTED)
    try:
        money = parse_money(found["money"])
    except UnitError:
        raise UnitError(value, WAGE_ACCEPTED) from None
    per_hour = float(Decimal(repr(money)) * _HOUR_SECONDS / _PER_SECONDS[found["unit"]])
    return _bounded(per_hour, 0.0, MAX_MONEY_CNY * _HOUR_SECONDS, value, WAGE_ACCEPTED)


def money_rate_text(cny_per_hour: float) -> str:
    """Canonical text of money per hour; parses back to the same float."""
    units = [(Decimal(_HOUR_SECONDS) / _PER_SECONDS[unit], f" CNY/{unit}") for unit in ("h", "d", "min", "s")]
    return _shortest(cny_per_hour, [*units, (Decimal(1), " CNY/h")], parse_money_rate)


# Rates --------------------------------------------------------------------------------------------

RATE = re.compile(rf"(?P<number>{NUMBER})(?P<scale>[kMB]?) ?/ ?(?P<unit>s|min|h|d|w)")
RATE_ACCEPTED = "a rate per time (/s, /min, /h, /d, /w), such as 200/s or 1000/d"


def parse_rate(value: object) -> float:
    """Events per second of a rate such as `200/s`, `3/min`, `1000/d`, `583k/s`. Raises UnitError."""
    found = match(RATE, value, RATE_ACCEPTED)
    rate = float(_decimal(found["number"]) * _SCALE[found["scale"]] / _PER_SECONDS[found["unit"]])
    return _bounded(rate, 0.0, MAX_RATE_PER_SECOND, value, RATE_ACCEPTED)


def rate_text(per_second: float) -> str:
    """Canonical text of a rate per second; parses back to the same float."""
    units = [(Decimal(1) / _PER_SECONDS[unit], f"/{unit}") for unit in ("s", "min", "h", "d")]
    return _shortest(per_second, [*units, (Decimal(1), "/s")], parse_rate)


# Counts -------------------------------------------------------------------------------------------

_COUNT = re.compile(rf"(?P<number>{NUMBER}) ?(?P<scale>[kMB万亿]?)")
COUNT_ACCEPTED = "a whole number of 0 or more, such as 2000, 200_000 or 20M"


def parse_count(value: object) -> int:
    """A whole number such as `2000`, `200_000`, `1.5M`, `20万`. Raises UnitError."""
    if isinstance(value, bool):
        raise UnitError(value, COUNT_ACCEPTED)
    if isinstance(value, int):
        count = value
    else:
        found = match(_COUNT, value, COUNT_ACCEPTED)
        scaled = _decimal(found["number"]) * {**_SCALE, **_CHINESE_SCALE}[found["scale"]]
        if scaled != scaled.to_integral_value():
            raise UnitError(value, COUNT_ACCEPTED)
        count = int(scaled)
    if count < 0:
        raise UnitError(value, COUNT_ACCEPTED)
    if count > MAX_COUNT:
        raise UnitError(value, f"{COUNT_ACCEPTED}, at most {MAX_COUNT}")
    return count


# Cover --------------------------------------------------------------------------------------------

COVER = re.compile(rf"(?P<number>{NUMBER}) ?(?P<unit>h|d|w) of cover")
COVER_ACCEPTED = "stock expressed in time, such as 3d of cover"


def parse_cover(value: object) -> float:
    """Days of demand a stock covers, from `3d of cover`. Raises UnitError."""
    found = match(COVER, value, COVER_ACCEPTED)
    days = float(_decimal(found["number"]) * _DURATION_MINUTES[found["unit"]] / 1_440)
    return _bounded(days, 0.0, 3_660.0, value, COVER_ACCEPTED)


def cover_text(days: float) -> str:
    """Canonical text of a cover in days; parses back to the same float."""
    return _plain(Decimal(repr(float(days)))) + "d of cover"


# Data --------------------------------------------------------------------------------------------

_DATA_SCALE = {"k": Decimal(1_000), "M": Decimal(1_000_000)}
SIZE = re.compile(rf"(?P<number>{NUMBER}) ?(?P<scale>[kM])B")
SPEED = re.compile(rf"(?P<number>{NUMBER}) ?(?P<scale>[kM])bit/s")
SIZE_ACCEPTED = "a size, such as 900 kB or 1.6 MB"
SPEED_ACCEPTED = "a speed of transfer, such as 12 Mbit/s"


def parse_size(value: object) -> float:
    """Bytes of a size such as `900 kB` or `1.6 MB`. Raises UnitError."""
    found = match(SIZE, value, SIZE_ACCEPTED)
    size = float(_decimal(found["number"]) * _DATA_SCALE[found["scale"]])
    return _bounded(size, 0.0, MAX_DATA, value, SIZE_ACCEPTED)


def size_text(size: float) -> str:
    """Canonical text of a size in bytes; parses back to the same float."""
    return _plain(Decimal(repr(float(size))) / 1_000) + " kB"


def parse_speed(value: object) -> float:
    """Bits a second of a speed of transfer such as `12 Mbit/s`. Raises UnitError."""
    found = match(SPEED, value, SPEED_ACCEPTED)
    speed = float(_decimal(found["number"]) * _DATA_SCALE[found["scale"]])
    return _bounded(speed, 0.0, MAX_DATA, value, SPEED_ACCEPTED)


def speed_text(bits_per_second: float) -> str:
    """Canonical text of a speed of transfer in bits a second; parses back to the same float."""
    return _plain(Decimal(repr(float(bits_per_second))) / 1_000) + " kbit/s"
