"""An exogenous load on the machine room: a rate, stages, or a recorded trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sim.core.errors import Problem, ScenarioError, shown
from sim.platform import state as st
from sim.platform.config import Load


def load_of(load: Load, ctx: Any) -> np.ndarray:
    """Requests a second of an exogenous load, for every second of the run: float64[seconds]."""
    seconds = int(ctx.minutes) * st.SECONDS
    if load.rate is not None:
        return np.full(seconds, load.rate)
    if load.trace is not None:
        counts = read_trace(Path(getattr(ctx, "folder", None) or ".") / load.trace)
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


def read_trace(path: Path) -> np.ndarray:
    """Column `count` of a table, one row a minute: float64[rows]. Raises ScenarioError naming file and line."""
    import pandas as pd

    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except Exception as error:
        raise _wrong(path, 0, f"found a table that cannot be read ({error}), accepted: csv or parquet") from None
    if "count" not in frame.columns:
        raise _wrong(path, 1, f"found the columns {', '.join(map(str, frame.columns))}, accepted: a column named count")
    counts = pd.to_numeric(frame["count"], errors="coerce").to_numpy("f8")
    wrong = np.flatnonzero(~((counts >= 0.0) & (counts < 1e12)))
    if len(wrong):
        found = shown(frame["count"].iloc[wrong[0]])
        raise _wrong(path, int(wrong[0]) + 2, f"count: found {found}, accepted: a number of 0 or more")
    return counts


def _wrong(path: Path, line: int, message: str) -> ScenarioError:
    return ScenarioError([Problem(path.name, line, 1 if line else 0, "platform.load.trace", message)])
