"""Disaster recovery patterns: how long the loss of a site lasts, what is lost, what it costs.

Time to recover = detect + (decide) + switch; then `warm_up` with part of the capacity. With
asynchronous replication the writes of the last min(lag, time since replication began) are lost.
Orders of magnitude of the patterns: AWS *Disaster recovery options in the cloud*; the values inside
those orders are assumptions, listed as such.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.platform.config import Sites


@dataclass(frozen=True)
class Usual:
    """The usual values of a pattern. Times in seconds."""

    automatic: bool
    detect: float
    switch: float  # from the decision to the first answer
    warm_up: float  # from the first answer to full capacity
    lag: float  # seconds of writes that are only on the lost site
    capacity: float  # share of capacity there is at the first answer
    share_lost: float  # share of traffic that was served by the lost site
    cost: float  # of the other sites, as a share of the first
    low: float  # s, plausible least and most time to recover, for studies
    high: float


USUAL: dict[str, Usual] = {
    # nowhere to go: the shop is down until the site is back
    "single": Usual(False, 60.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0),
    # hours: new machines, then restore the last hourly log backup
    "backup_restore": Usual(False, 300.0, 4 * 3600.0, 1800.0, 3600.0, 1.0, 1.0, 0.05, 3600.0, 86400.0),
    # tens of minutes: data is live elsewhere, services are switched off there
    "pilot_light": Usual(False, 120.0, 1800.0, 600.0, 30.0, 0.5, 1.0, 0.15, 600.0, 3600.0),
    # minutes: a small copy runs elsewhere and grows
    "warm_standby": Usual(False, 60.0, 240.0, 600.0, 5.0, 0.5, 1.0, 0.4, 120.0, 900.0),
    # seconds to a minute: a full copy waits
    "hot_standby": Usual(True, 20.0, 25.0, 30.0, 1.0, 1.0, 1.0, 1.0, 10.0, 60.0),
    # about nought: both sites serve, one takes all once health checks have noticed
    "active_active": Usual(True, 5.0, 5.0, 0.0, 0.0, 0.75, 0.5, 0.5, 0.0, 15.0),
    # the second centre of the same city: synchronous, full copy
    "two_cities_three_centres": Usual(True, 10.0, 20.0, 30.0, 0.0, 1.0, 1.0, 1.6, 10.0, 60.0),
}

#: the far city of two cities three centres, used when both centres of the first city are lost
FAR_CITY = Usual(False, 120.0, 3600.0, 1800.0, 60.0, 0.6, 1.0, 1.6, 1200.0, 14400.0)


def usual(sites: Sites, target: str | None = None) -> Usual:
    """The recovery in force for the loss of `target`: a site (default) or `city`, the section's values filled in."""
    base = FAR_CITY if sites.pattern == "two_cities_three_centres" and target == "city" else USUAL[sites.pattern]

    def given(value: float | None, default: float, factor: float = 60.0) -> float:
        return default if value is None else value * factor

    return Usual(
        automatic=base.automatic if sites.automatic is None else sites.automatic,
        detect=given(sites.detect, base.detect),
        switch=given(sites.switch, base.switch),
        warm_up=given(sites.warm_up, base.warm_up),
        lag=given(sites.lag, base.lag),
        capacity=given(sites.capacity, base.capacity, 1.0),
        share_lost=base.share_lost,
        cost=base.cost,
        low=base.low,
        high=base.high,
    )


def extra_cost(sites: Sites) -> float:
    """Cost of the other sites, as a share of the first."""
    return USUAL[sites.pattern].cost if sites.cost is None else sites.cost
