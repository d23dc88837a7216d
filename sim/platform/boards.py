"""From the effects in force to the boards the kernel reads.

Injects and actions only ever write rows of `effects`; the boards are made anew from all rows in force. So
effects overlap in any order, and when the last has ended the boards are what they were, bit for bit.
"""

from __future__ import annotations

import numpy as np

from sim.core.compiled import inner
from sim.platform import station
from sim.platform.state import (
    ACTION_OFF,
    ACTIONS,
    BREAKER,
    CAPACITY,
    ERROR,
    FAULT,
    FLOOR,
    FLUSH,
    FREE,
    HERD,
    KILL,
    LAG,
    LOSS,
    OFF,
    SLOW,
    SURGE,
    UNREACHABLE,
)


@inner
def apply_effects(effects, used, board, live, cohorts, work, action_off, surge, herd, mix, second):  # type: ignore[no-untyped-def]
    """Write the boards for the second that starts at `second`; one-off effects happen and are over."""
    for v in range(board.shape[0]):
        b = board[v]
        b.capacity = 1.0
        b.slow = 1.0
        b.error = 0.0
        b.fault = 0.0
        b.loss = 0.0
        b.unreachable = 0.0
        b.off = 0.0
        b.lag = 0.0
        b.breaker = 0.0
        b.floor = 0.0
    for a in range(ACTIONS):
        action_off[a] = 0.0
        surge[a] = 1.0
        herd[a] = 0.0
    for i in range(used):
        f = effects[i]
        if f.kind == FREE or second < f.start:
            continue
        if f.kind == FLUSH:
            live[f.target].warm *= 1.0 - f.size
            f.kind = FREE
        elif f.kind == KILL:
            station.kill_queue(live[f.target], cohorts[f.target], work[f.target], np.int64(second), f.size)
            f.kind = FREE
        elif second < f.end:
            if f.kind == ACTION_OFF or f.kind == SURGE or f.kind == HERD:
                for a in range(ACTIONS):
                    if f.target >= 0 and f.target != a:
                        continue
                    if f.kind == ACTION_OFF:
                        action_off[a] = max(action_off[a], f.size)
                    elif f.kind == SURGE:
                        surge[a] *= 1.0 + f.size
                    else:
                        herd[a] += f.size if f.target >= 0 else f.size * mix[a]
            else:
                for v in range(board.shape[0]):
                    if f.target < 0 or f.target == v:
                        _add(board[v], f.kind, f.size)


@inner
def _add(b, kind, size):  # type: ignore[no-untyped-def]
    """Shares combine as independent causes, factors multiply, the strongest switch holds."""
    if kind == CAPACITY:
        b.capacity *= 1.0 - size
    elif kind == SLOW:
        b.slow *= 1.0 + size
    elif kind == ERROR:
        b.error = 1.0 - (1.0 - b.error) * (1.0 - size)
    elif kind == FAULT:
        b.fault = 1.0 - (1.0 - b.fault) * (1.0 - size)
    elif kind == LOSS:
        b.loss = 1.0 - (1.0 - b.loss) * (1.0 - size)
    elif kind == UNREACHABLE:
        b.unreachable = 1.0 - (1.0 - b.unreachable) * (1.0 - size)
    elif kind == OFF:
        b.off = max(b.off, size)
    elif kind == LAG:
        b.lag += size
    elif kind == BREAKER:
        b.breaker = max(b.breaker, size)
    elif kind == FLOOR:
        b.floor = max(b.floor, size)


@inner
def effects_change(effects, used, after, before):  # type: ignore[no-untyped-def]
    """Whether an effect starts or ends later than second `after` and earlier than `before`."""
    for i in range(used):
        f = effects[i]
        if f.kind != FREE and (after < f.start < before or after < f.end < before):
            return True
    return False
