"""Where the shop runs and how it survives the loss of a site: one section for each disaster recovery pattern.

Orders of magnitude of the times to recover: AWS, *Disaster recovery options in the cloud*; two cities and three
centres: synchronous within 30 to 100 km, asynchronous to the far city. The values inside those orders are
assumptions.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from sim.core.config import Section, default, param
from sim.core.units import Duration, Percent, Share

Pattern: TypeAlias = Literal[
    "single",
    "backup_restore",
    "pilot_light",
    "warm_standby",
    "hot_standby",
    "active_active",
    "two_cities_three_centres",
]
DR = "AWS disaster recovery options"
_AUTOMATIC = "failover without a person's decision"
_DETECT = "until the loss is certain"
_SWITCH = "from the decision to the first answer elsewhere"
_WARM = "from the first answer elsewhere to full capacity"
_LAG = "replication lag towards the other site: writes that are only on the lost one"
_CAPACITY = "capacity elsewhere when it starts answering"
_COST = "cost of the other sites, as a share of the first"
_FAILBACK = "interruption of a planned switch back: connections move, nothing is lost"


class Single(Section):
    """One site: the shop is down until it is back."""

    pattern: Literal["single"] = "single"


class BackupRestore(Section):
    """New machines, then the last log backup: hours."""

    pattern: Literal["backup_restore"] = "backup_restore"
    automatic: bool = default(False, description=_AUTOMATIC)
    detect: Duration = param("5min", DR, _DETECT, low="1min", high="15min", assumption=True)
    switch: Duration = param("4h", DR, _SWITCH, low="1h", high="24h", assumption=True)
    warm_up: Duration = param("30min", DR, _WARM, low="0min", high="2h", assumption=True)
    lag: Duration = param("1h", DR, _LAG, low="15min", high="24h", assumption=True)
    capacity: Share = param("100%", DR, _CAPACITY, low="50%", high="100%", assumption=True)
    cost: Percent = param("5%", DR, _COST, low="2%", high="10%", assumption=True)
    failback: Duration = param("10s", "", _FAILBACK, low="1s", high="60s")


class PilotLight(Section):
    """Data is live elsewhere, services are switched off there: tens of minutes."""

    pattern: Literal["pilot_light"] = "pilot_light"
    automatic: bool = default(False, description=_AUTOMATIC)
    detect: Duration = param("2min", DR, _DETECT, low="1min", high="10min", assumption=True)
    switch: Duration = param("30min", DR, _SWITCH, low="10min", high="1h", assumption=True)
    warm_up: Duration = param("10min", DR, _WARM, low="0min", high="30min", assumption=True)
    lag: Duration = param("30s", DR, _LAG, low="1s", high="5min", assumption=True)
    capacity: Share = param("50%", DR, _CAPACITY, low="20%", high="100%", assumption=True)
    cost: Percent = param("15%", DR, _COST, low="10%", high="25%", assumption=True)
    failback: Duration = param("10s", "", _FAILBACK, low="1s", high="60s")


class WarmStandby(Section):
    """A small copy runs elsewhere and grows: minutes."""

    pattern: Literal["warm_standby"] = "warm_standby"
    automatic: bool = default(False, description=_AUTOMATIC)
    detect: Duration = param("1min", DR, _DETECT, low="20s", high="5min", assumption=True)
    switch: Duration = param("4min", DR, _SWITCH, low="1min", high="15min", assumption=True)
    warm_up: Duration = param("10min", DR, _WARM, low="0min", high="20min", assumption=True)
    lag: Duration = param("5s", DR, _LAG, low="1s", high="60s", assumption=True)
    capacity: Share = param("50%", DR, _CAPACITY, low="30%", high="100%", assumption=True)
    cost: Percent = param("40%", DR, _COST, low="25%", high="60%", assumption=True)
    failback: Duration = param("10s", "", _FAILBACK, low="1s", high="60s")


class HotStandby(Section):
    """A full copy waits: seconds to a minute."""

    pattern: Literal["hot_standby"] = "hot_standby"
    automatic: bool = default(True, description=_AUTOMATIC)
    detect: Duration = param("20s", DR, _DETECT, low="5s", high="60s", assumption=True)
    switch: Duration = param("25s", DR, _SWITCH, low="5s", high="60s", assumption=True)
    warm_up: Duration = param("30s", DR, _WARM, low="0s", high="5min", assumption=True)
    lag: Duration = param("1s", DR, _LAG, low="0s", high="10s", assumption=True)
    capacity: Share = param("100%", DR, _CAPACITY, low="80%", high="100%", assumption=True)
    cost: Percent = param("100%", DR, _COST, low="80%", high="110%", assumption=True)
    failback: Duration = param("10s", "", _FAILBACK, low="1s", high="60s")


class ActiveActive(Section):
    """Both sites serve; one takes all once health checks have noticed: about nought, for half of the traffic."""

    pattern: Literal["active_active"] = "active_active"
    automatic: bool = default(True, description=_AUTOMATIC)
    detect: Duration = param("5s", DR, _DETECT, low="1s", high="15s", assumption=True)
    switch: Duration = param("5s", DR, _SWITCH, low="0s", high="15s", assumption=True)
    warm_up: Duration = param("0s", DR, _WARM, low="0s", high="60s", assumption=True)
    lag: Duration = param("0s", DR, _LAG, low="0s", high="1s", assumption=True)
    capacity: Share = param("75%", DR, _CAPACITY, low="50%", high="100%", assumption=True)
    cost: Percent = param("50%", DR, _COST, low="20%", high="100%", assumption=True)
    share_lost: Share = param("50%", DR, "traffic that the lost site served", low="30%", high="70%", assumption=True)
    failback: Duration = param("10s", "", _FAILBACK, low="1s", high="60s")


class FarCity(Section):
    """The third centre, in another city: used when both centres of the first city are lost."""

    automatic: bool = default(False, description=_AUTOMATIC)
    detect: Duration = param("2min", DR, _DETECT, low="1min", high="10min", assumption=True)
    switch: Duration = param("1h", DR, _SWITCH, low="20min", high="4h", assumption=True)
    warm_up: Duration = param("30min", DR, _WARM, low="0min", high="2h", assumption=True)
    lag: Duration = param("60s", DR, _LAG, low="10s", high="10min", assumption=True)
    capacity: Share = param("60%", DR, _CAPACITY, low="30%", high="100%", assumption=True)


class TwoCities(Section):
    """Two centres in one city, replicating synchronously, and a third in another, replicating asynchronously."""

    pattern: Literal["two_cities_three_centres"] = "two_cities_three_centres"
    automatic: bool = default(True, description=_AUTOMATIC)
    detect: Duration = param("10s", DR, _DETECT, low="5s", high="60s", assumption=True)
    switch: Duration = param("20s", DR, _SWITCH, low="5s", high="60s", assumption=True)
    warm_up: Duration = param("30s", DR, _WARM, low="0s", high="5min", assumption=True)
    lag: Duration = param("0s", DR, _LAG, low="0s", high="1s", assumption=True)
    capacity: Share = param("100%", DR, _CAPACITY, low="80%", high="100%", assumption=True)
    cost: Percent = param("160%", DR, _COST, low="120%", high="200%", assumption=True)
    far: FarCity = FarCity()
    failback: Duration = param("10s", "", _FAILBACK, low="1s", high="60s")


_Tagged: TypeAlias = Annotated[
    Single | BackupRestore | PilotLight | WarmStandby | HotStandby | ActiveActive | TwoCities,
    Field(discriminator="pattern"),
]


def _name_alone(value: Any) -> Any:
    """A pattern's name stands for its usual values; values without a pattern are those of a hot standby."""
    if isinstance(value, str):
        return {"pattern": value}
    return {"pattern": "hot_standby", **value} if isinstance(value, dict) else value


Sites: TypeAlias = Annotated[_Tagged, BeforeValidator(_name_alone, json_schema_input_type=_Tagged | Pattern)]
"""A disaster recovery pattern with its values, or its name alone."""
