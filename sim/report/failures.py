"""User actions that came to nothing, failed on the way or turned away before it, as the measures of availability count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.report.folder import Run

if TYPE_CHECKING:
    import pandas as pd

BUYING = ("order", "pay")
#: an hour with a smaller share of an action's mean hour says nothing about it
FEWEST = 0.01


@dataclass(frozen=True)
class Worst:
    """The hour in which the greatest share of an action came to nothing."""

    action: str
    hour: int  # since the scenario's start
    share: float


def share_by_hour(run: Run) -> np.ndarray:
    """Share of all user actions that failed or were turned away, by hour of the series: 1 − availability."""
    return shares(run.series)


def shares(table: pd.DataFrame) -> np.ndarray:
    """(failed + turned away) ÷ asked of each row with ``requests``; 0 where nothing was asked."""
    names = ("requests_failed", "requests_shed") if "requests_failed" in table else ("failed", "shed")
    bad = sum(table[name].to_numpy(float) for name in names if name in table)
    asked = table["requests"].to_numpy(float)
    return np.divide(bad, asked, out=np.zeros_like(asked), where=asked > 0.0)


def buying_by_hour(run: Run) -> tuple[np.ndarray, np.ndarray] | None:
    """(hours, share of orders and payments that came to nothing); None where the run tells no actions."""
    table = run.tables.get("actions")
    if table is None:
        return None
    sums = table[table["action"].isin(BUYING)].groupby("hour")[["requests", "failed", "shed"]].sum()
    return (sums.index.to_numpy(float), shares(sums)) if len(sums) else None


def worst_action(run: Run) -> Worst | None:
    """The action and hour with the greatest share; None where no action came to nothing."""
    table = run.table("actions")
    if table is None:
        return None
    found = None
    for action, part in table.groupby("action", sort=False):
        enough = part[part["requests"] >= FEWEST * part["requests"].mean()]
        share = shares(enough)
        at = int(share.argmax())
        if share[at] > (found.share if found else 0.0):
            found = Worst(str(action), int(enough["hour"].iloc[at]), float(share[at]))
    return found


def buying_between(run: Run, first: float, last: float) -> tuple[float, float]:
    """(orders and payments asked, of them failed or turned away) in the hours that [first, last) touches."""
    table = run.tables.get("actions")
    if table is None:
        return 0.0, 0.0
    inside = table["action"].isin(BUYING) & (table["hour"] > first - 1.0) & (table["hour"] < last)
    part = table[inside]
    return float(part["requests"].sum()), float((part["failed"] + part["shed"]).sum())
