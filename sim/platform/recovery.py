"""Disaster recovery: how long the loss of a site lasts, what is lost, what it costs.

Time to recover = detect + (decide) + switch; then `warm_up` with part of the capacity. With
asynchronous replication the writes of the last min(lag, time since replication began) are lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.platform.sites import FarCity, Single, Sites, TwoCities


@dataclass(frozen=True)
class Recovery:
    """What follows the loss of a site. Times in seconds."""

    automatic: bool
    detect: float
    switch: float  # from the decision to the first answer
    warm_up: float  # from the first answer to full capacity
    lag: float  # seconds of writes that are only on the lost site
    capacity: float  # share of capacity there is at the first answer; 0: nowhere to go
    share_lost: float  # share of traffic that was served by the lost site


NOWHERE = Recovery(False, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def recovery(sites: Sites, target: str | None = None) -> Recovery:
    """What follows the loss of `target`: a site (default) or `city`, both centres of the first city."""
    if isinstance(sites, Single):
        return NOWHERE
    chosen: Any = sites
    if isinstance(sites, TwoCities) and target == "city":
        chosen = sites.far
    return _of(chosen)


def _of(section: Any | FarCity) -> Recovery:
    return Recovery(
        automatic=section.automatic,
        detect=section.detect * 60.0,
        switch=section.switch * 60.0,
        warm_up=section.warm_up * 60.0,
        lag=section.lag * 60.0,
        capacity=section.capacity,
        share_lost=getattr(section, "share_lost", 1.0),
    )


def extra_cost(sites: Sites) -> float:
    """Cost of the other sites, as a share of the first."""
    return 0.0 if isinstance(sites, Single) else float(sites.cost)
