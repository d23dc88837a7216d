"""An exogenous load on the machine room: a rate, stages, or a recorded trace."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.platform import state as st
from sim.platform.config import Load


def load_of(load: Load, ctx: Any) -> np.ndarray:
    """Requests a second of an exogenous load, for every second of the run: float64[seconds]."""
    seconds = int(ctx.minutes) * st.SECONDS
    if load.rate is not None:
        return np.full(seconds, load.rate)
    if load.trace is not None:
        counts = ctx.table(load.trace)["count"].to_numpy("f8")
        out = np.zeros(seconds)
        rate = np.repeat(counts / st.SECONDS * load.scale, st.SECONDS)[:seconds]
        out[: len(rate)] = rate
        return out
    # each second takes the rate at its middle; after the last stage its target holds
    ends = np.cumsum([stage.duration * 60.0 for stage in load.stages])
    points = np.concatenate([[0.0], ends])
    rates = np.array([load.start_rate, *(stage.target for stage in load.stages)])
    # a stage of no length is a step: keep it one by nudging its start
    points = points + np.arange(len(points)) * 1e-9
    return np.interp(np.arange(seconds) + 0.5, points, rates)
