"""Order on the SimPy clock: what comes first among events of one minute."""

from __future__ import annotations

from collections.abc import Callable

import simpy

# faults, then actions, then arrivals of goods, then reviews; the crowd's minute comes after all of them
FAULTS, ACTIONS, ARRIVALS, REVIEWS = range(4)


def wait(env: simpy.Environment, delay: float, priority: int) -> simpy.Event:
    """An event after ``delay`` minutes that comes in the order of ``priority`` among those of its minute."""
    event = simpy.Event(env)
    event._ok = True
    event._value = None
    env.schedule(event, priority=priority, delay=max(0.0, delay))  # type: ignore[arg-type]
    return event


def call_after(env: simpy.Environment, delay: float, priority: int, function: Callable[[], None]) -> None:
    """Call ``function`` after ``delay`` minutes, in the order of ``priority``."""
    event = wait(env, delay, priority)
    assert event.callbacks is not None
    event.callbacks.append(lambda _: function())
