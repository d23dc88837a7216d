"""What people write as arguments of events: durations and magnitudes, as numbers."""

from __future__ import annotations

from typing import Any

from sim.core.units import parse_duration, parse_percent


def minutes(given: Any, usual: float) -> float:
    """A duration in minutes: a number, a text with its unit (`48h`), or ``usual`` where nothing was written."""
    if given is None:
        return usual
    return parse_duration(given) if isinstance(given, str) else float(given)


def size(given: Any, usual: float) -> float:
    """A magnitude: a number, a share (`30%`), or ``usual`` where nothing was written."""
    if given is None:
        return usual
    return parse_percent(given) if isinstance(given, str) else float(given)
