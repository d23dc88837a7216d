"""Writing effects from Python: the only way injects, actions and releases touch the machine room."""

from __future__ import annotations

import math

import numpy as np

from sim.core.errors import SimError
from sim.platform import state as st


def add(platform: st.PlatformState, kind: int, target: int, size: float, start: float, end: float = math.inf) -> int:
    """Put an effect in force from second `start` to `end` (exclusive); returns its row, -1 where it would do nothing.

    `target`: a node, an action, or -1 for all. Raises SimError when the table is full.
    """
    if size == 0.0 or end <= start:
        return -1
    effects = platform.effects
    # a row may be taken again once its effect has ended and the kernel has passed its end
    passed = platform.setting[st.NOW] * 60.0
    free = np.flatnonzero((effects["kind"] == st.FREE) | (effects["end"] < min(passed, start)))
    if not len(free):
        raise SimError(f"platform: more than {st.EFFECTS} effects at once")
    row = int(free[0])
    effects[row] = (kind, target, size, start, end)
    platform.setting[st.EFFECTS_USED] = max(platform.setting[st.EFFECTS_USED], row + 1)
    return row


def end(platform: st.PlatformState, rows: list[int], at: float) -> None:
    """End effects at second `at` instead of later."""
    for row in rows:
        if row >= 0:
            platform.effects[row]["end"] = min(platform.effects[row]["end"], at)


def held(platform: st.PlatformState, row: int) -> tuple[int, np.void]:
    """An effect and its row, to tell later whether the row still holds it."""
    return row, platform.effects[row].copy()


def still(platform: st.PlatformState, row: int, mine: np.void) -> bool:
    """Whether a row holds the effect it held: it may have been given to another since, or have happened."""
    return all(platform.effects[row][name] == mine[name] for name in ("kind", "target", "size", "start"))


def in_force(platform: st.PlatformState, kind: int, target: int, at: float) -> list[int]:
    """Rows of the effects of one kind on one target that hold at second `at` or later."""
    effects = platform.effects
    found = (effects["kind"] == kind) & (effects["target"] == target) & (effects["end"] > at)
    return [int(row) for row in np.flatnonzero(found)]


def lag_of(platform: st.PlatformState, primary: int, at: float) -> float:
    """Seconds by which a primary's replicas are behind at second `at`."""
    effects = platform.effects
    held = (effects["kind"] == st.LAG) & ((effects["target"] == primary) | (effects["target"] < 0))
    held &= (effects["start"] <= at) & (at < effects["end"])
    # added lag builds up second by second: it cannot exceed the time since replication fell behind
    extra = sum(min(float(row["size"]), at - float(row["start"])) for row in effects[held])
    return float(platform.nodes[primary]["lag"]) + extra


def lose_writes(platform: st.PlatformState, primaries: list[int], at: float, lag: float, voids: bool) -> float:
    """Book the writes acknowledged in the last `lag` seconds before second `at` as lost; returns their number.

    With `voids` the seconds also go to `lost_seconds`, where the engine voids the orders paid in them.
    """
    lag = min(lag, at)
    lost = 0.0
    minutes = len(platform.lost_seconds)
    first = max(0, math.floor((at - lag) / 60.0))
    for minute in range(first, min(minutes, math.ceil(at / 60.0))):
        inside = min(at, (minute + 1) * 60.0) - max(at - lag, minute * 60.0)
        if inside <= 0.0:
            continue
        if voids:
            platform.lost_seconds[minute] = min(60.0, max(float(platform.lost_seconds[minute]), inside))
        for v in primaries:
            h = platform.history[minute, v]
            lost += max(0.0, float(h[st.H_ARRIVED] - h[st.H_FAILED])) * inside / 60.0
    platform.setting[st.LOST_WRITES] += lost
    return lost
