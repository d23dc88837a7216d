"""What must hold of requests and queues at any whole minute, whatever has happened.

Requests are fractional flows in float64. A sum of n terms of one sign is off by at most n * 1.1e-16 of itself;
24 days of seconds make n about 2e6, so 1e-9 of the larger side is a bound with room, and no real loss of a
request hides in it: one in a billion.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.laws import law, require
from sim.platform.state import NOW, RING, SECONDS, PlatformState

TOLERANCE = 1e-9


def law_requests(platform: PlatformState) -> None:
    """Attempts = refused + served + dropped + waiting at every node; user actions = shed + failed + answered."""
    for v, live in enumerate(platform.live):
        arrived = float(live["arrived"])
        known = float(live["refused"] + live["served"] + live["dropped"] + live["queue"])
        require("requests", f"attempts at node {v}", arrived, known, TOLERANCE * max(1.0, arrived))
        waiting = float(platform.cohorts[v].sum())
        require("requests", f"waiting at node {v}", float(live["queue"]), waiting, TOLERANCE * max(1.0, arrived))
    for a, (offered, shed, failed, answered) in enumerate(platform.balance):
        require("requests", f"user action {a}", offered, shed + failed + answered, TOLERANCE * max(1.0, offered))


def law_little(platform: PlatformState) -> None:
    """Little: the area under each queue = what those who left it waited + what those in it have waited so far."""
    end = int((platform.setting[NOW] + 1) * SECONDS)
    for v, live in enumerate(platform.live):
        waited = float(live["waited"])
        if live["queue"] > 0.0:
            seconds = np.arange(int(live["oldest"]), end)
            waiting = platform.cohorts[v, seconds % RING].sum(axis=1)
            waited += float((waiting * (end - seconds)).sum())
        area = float(live["queue_area"])
        require("little of services", f"queue of node {v}", area, waited, TOLERANCE * max(1.0, area))


@law("requests")
def requests(market: Any) -> None:
    """No request is lost or invented."""
    law_requests(market.world.platform)


@law("little of services")
def little(market: Any) -> None:
    """Little's law holds at every service's queue."""
    law_little(market.world.platform)
