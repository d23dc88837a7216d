"""What a fit is: numbers with intervals, a distance from what was observed, and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
from matplotlib.figure import Figure

Kind = Literal["number", "text", "time", "day"]
"""How a column is read: number, text, timestamp, or a day written as 19970101."""

Tables = Mapping[str, pd.DataFrame]
"""Data sets by the name of their file without ``.csv`` or ``.csv.gz``."""


class CannotFitError(Exception):
    """These data do not allow this fit; the message says why in the reader's words."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval (`low`, `high` are None where no interval can be claimed)."""

    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Fitted:
    """The result of one fit.

    `observed` holds small aggregates (curves, quantiles) against which a simulation can be set;
    `distance` says how far the fitted form is from the observed one, by named measure.
    """

    estimates: Mapping[str, Estimate]
    n: int
    n_unit: str
    distance: Mapping[str, float]
    observed: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    def __getitem__(self, name: str) -> float:
        return self.estimates[name].value


@dataclass(frozen=True)
class Study:
    """One fit: the tables and columns it reads, how it is computed and how it is drawn."""

    key: str
    title: str
    needs: Mapping[str, Mapping[str, Kind]]
    source: str
    licence: str
    fit: Callable[[Tables], Fitted]
    draw: Callable[[Figure, Tables, Fitted], None]
    helped_by: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict)


def need(count: int, least: int, what: str) -> None:
    """Raise CannotFitError unless there are at least `least` usable `what`."""
    if count < least:
        raise CannotFitError(f"only {count} usable {what}, at least {least} are needed")


def checked(fitted: Fitted) -> Fitted:
    """Return `fitted`, or raise CannotFitError naming the estimates that are not finite."""
    lost = [name for name, estimate in fitted.estimates.items() if not math.isfinite(estimate.value)]
    if lost:
        raise CannotFitError(f"these rows do not determine {', '.join(lost)}")
    return fitted
