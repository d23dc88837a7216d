"""What people write as arguments of events: durations, magnitudes, shares and money, as numbers.

Each is a number, a text with its unit, or nothing, which stands for ``usual``. A text that is no such quantity raises
UnitError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from sim.core.errors import SimError
from sim.core.units import parse_duration, parse_money, parse_percent, parse_share


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
