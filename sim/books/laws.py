"""Conservation laws, checked at the end of every run: nothing is lost or invented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.core.errors import LawBroken

_laws: dict[str, Callable[[Any], None]] = {}


def law(name: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register a law: a function of the marketplace that raises :class:`LawBroken` when it does not hold."""

    def register(function: Callable[[Any], None]) -> Callable[[Any], None]:
        _laws[name] = function
        return function

    return register


def require(name: str, what: str, left: float, right: float, tolerance: float = 0.0) -> None:
    """Raise :class:`LawBroken` unless ``left`` equals ``right`` within ``tolerance`` (absolute)."""
    if not abs(left - right) <= tolerance:
        raise LawBroken(name, f"{what}: {left:.15g} against {right:.15g}")


def check_all(market: Any) -> dict[str, str]:
    """Check every registered law; returns name -> "holds". The first broken one raises."""
    state = {}
    for name, function in _laws.items():
        function(market)
        state[name] = "holds"
    return state
