"""``discover``: which combinations of uncertainties make a policy fail.

Scenario discovery (Bryant & Lempert 2010) with the patient rule induction method (Friedman & Fisher
1999) of ema_workbench: boxes in the space of uncertainties that hold many of the failures (coverage) and
little else (density). A restriction whose quasi-p-value is above 5% may be chance and is dropped.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim.study import planes, quantity, words
from sim.study.breaking import failed
from sim.study.config import DiscoverStudy
from sim.study.designs import Space
from sim.study.measures import columns
from sim.study.outcome import Block, Outcome, Picture
from sim.study.parts import Kpi
from sim.study.runner import Runner
from sim.study.sweeping import evaluate
from sim.study.words import Text, both

CHANCE = 0.05
BOXES = 3


@dataclass(frozen=True)
class Box:
    """A region of the uncertainties, as limits on some of them."""

    limits: dict[str, tuple[float, float]]  # restricted factors only; NaN on an open side
    coverage: float  # share of all failures inside
    density: float  # share of failures among the points inside
    mass: float  # share of all points inside
    chance: dict[str, float]  # quasi-p-value of each restriction
    trajectory: pd.DataFrame = field(repr=False)  # peeling: coverage, density, mass, restricted factors
    levels: dict[str, set[Any]] = field(default_factory=dict)  # categories kept, of restricted categorical factors


def prim(
    x: pd.DataFrame,
    y: np.ndarray,
    density: float = 0.8,
    peel: float = 0.05,
    boxes: int = BOXES,
    minimum_mass: float = 0.05,
) -> list[Box]:
    """Boxes of failure found by PRIM, the first holding most.

    ``x``: uncertainties, a row a point; ``y``: bool[points], failed. On each peeling trajectory the box is the one
    with the largest coverage among those that reach ``density`` (the densest where none does).
    """
    ema = _ema()
    y = np.asarray(y).astype(bool)
    if y.all() or not y.any():
        return []
    algorithm = ema.Prim(x, y, threshold=min(density, 0.999), peel_alpha=peel, mass_min=minimum_mass)
    found: list[Box] = []
    for _ in range(boxes):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                box = algorithm.find_box()
            except Exception as error:  # ema_workbench raises its own bare exception when nothing is left
                if type(error).__name__ not in ("PrimException", "EMAError"):
                    raise
                break
        if box is None:
            break
        found.append(_chosen(box, x, density))
        if found[-1].density <= y.mean() or not (found[-1].limits or found[-1].levels):
            found.pop()
            break
    return found


def _chosen(box: Any, x: pd.DataFrame, density: float) -> Box:
    """The box with the most coverage among those dense enough on a trajectory, without restrictions by chance."""
    trajectory = box.peeling_trajectory
    dense = trajectory[trajectory["density"] >= density]
    at = int(dense["coverage"].idxmax()) if len(dense) else int(trajectory["density"].idxmax())
    while True:
        chance = {str(name): float(np.max(values)) for name, values in box.qp[at].items()}
        worst = max(chance, key=chance.__getitem__, default="")
        if not worst or chance[worst] <= CHANCE or len(chance) == 1:
            break
        box.drop_restriction(worst, at)
        at = len(box.box_lims) - 1
    box.select(at)
    trajectory = box.peeling_trajectory
    limits: dict[str, tuple[float, float]] = {}
    levels: dict[str, set[Any]] = {}
    lims = box.box_lims[at]
    for name in x.columns:
        if isinstance(lims[name].iloc[0], (set, frozenset)):
            kept = set(lims[name].iloc[0])
            if kept != set(x[name].unique()):
                levels[name] = kept
            continue
        low, high = float(lims[name].iloc[0]), float(lims[name].iloc[1])
        bottom, top = float(x[name].min()), float(x[name].max())
        if low > bottom or high < top:
            limits[name] = (low if low > bottom else math.nan, high if high < top else math.nan)
    row = trajectory.loc[at]
    return Box(limits, float(row["coverage"]), float(row["density"]), float(row["mass"]), chance, trajectory, levels)


def _ema() -> Any:
    """PRIM of ema_workbench, quiet about connectors that are not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench.analysis import prim as module
    return module


def discover(runner: Runner, study: DiscoverStudy) -> Outcome:
    """Sample the uncertainties, see where the policy fails, and describe it by boxes."""
    space = Space(study.factors, study.constraints)
    asked = columns([Kpi(kpi=study.fails_when.kpi)], runner.measures)
    rows = []
    points = space.lhs(study.samples, study.seed)
    for values, point, _ in evaluate(runner, space, points, {"": study.policy}, asked, study.replications.min):
        share = float(failed(values[:, 0], study.fails_when).mean())
        rows.append(
            {
                **point.numbers,
                asked[0].name: float(np.nanmean(values[:, 0])) if not np.isnan(values).all() else math.nan,
                "failing": share,
                "failed": share >= 0.5,
            }
        )
    table = pd.DataFrame(rows)
    boxes = prim(table[space.names], table["failed"].to_numpy(bool), study.density)
    kpi = asked[0].measure
    return Outcome(
        kind="discover",
        name=study.name,
        table=table,
        answer=_answer(table, boxes, space),
        effects=[_block(boxes, space)],
        pictures=_pictures(table, boxes, space),
        sure=_sure(table, boxes, study, kpi.label, kpi.label_zh),
        settings={
            "scenario": study.scenario,
            "set": study.set,
            "policy": study.policy,
            "seed": runner.seed,
            "fails when": study.fails_when.model_dump(exclude_none=True),
            "density": study.density,
            "version": runner.version,
        },
        runs=len(runner.members),
        runs_made=runner.runs_made,
        met=bool(boxes),
        extra={"boxes": boxes},
    )


def _describe(box: Box, space: Space, lang: str = "en") -> str:
    from sim.study.sweeping import _shown

    parts = []
    for name, (low, high) in box.limits.items():
        if math.isfinite(low) and math.isfinite(high):
            parts.append(f"{name} {_shown(space, name, low)} … {_shown(space, name, high)}")
        else:
            parts.append(
                f"{name} {'≥' if math.isfinite(low) else '≤'} "
                f"{_shown(space, name, low if math.isfinite(low) else high)}"
            )
    parts += [f"{name} ∈ {{{', '.join(map(str, sorted(kept, key=str)))}}}" for name, kept in box.levels.items()]
    return ("且" if lang == "zh" else " and ").join(parts) if lang == "zh" else " and ".join(parts)


def _answer(table: pd.DataFrame, boxes: Sequence[Box], space: Space) -> Text:
    share = float(table["failed"].mean())
    if not boxes:
        return Text(
            f"The policy fails in {words.percent(share)} of the futures looked at, and no region of them explains it.",
            f"策略在所考察情景的 {words.percent(share)} 中失效，没有区域能解释。",
        )
    box = boxes[0]
    return Text(
        f"The policy fails mainly where {_describe(box, space)}: {words.percent(box.density)} of those futures "
        "fail, against "
        f"{words.percent(share)} of all, and they hold {words.percent(box.coverage)} of the failures.",
        f"策略主要在 {_describe(box, space, 'zh')} 时失效：其中 {words.percent(box.density)} 失效（全部情景为 "
        f"{words.percent(share)}），"
        f"涵盖 {words.percent(box.coverage)} 的失效。",
    )


def _block(boxes: Sequence[Box], space: Space) -> Block:
    rows = [
        [
            both(str(i + 1)),
            Text(_describe(box, space), _describe(box, space, "zh")),
            both(words.percent(box.coverage)),
            both(words.percent(box.density)),
            both(words.percent(box.mass)),
            both(", ".join(f"{n} {p:.2g}" for n, p in box.chance.items()) or "–"),
        ]
        for i, box in enumerate(boxes)
    ]
    return Block(
        Text("Regions of failure", "失效区域"),
        [
            Text("box", "区域"),
            Text("where", "条件"),
            Text("failures inside", "涵盖失效"),
            Text("failing inside", "区域内失效率"),
            Text("share of futures", "占全部情景"),
            Text("chance (quasi-p)", "偶然性（准 p 值）"),
        ],
        rows,
    )


def _pictures(table: pd.DataFrame, boxes: Sequence[Box], space: Space) -> list[Picture]:
    if not boxes:
        return []
    names = [n for n in boxes[0].limits if pd.api.types.is_numeric_dtype(table[n])]
    names += [n for n in space.names if n not in names and pd.api.types.is_numeric_dtype(table[n])]
    if len(names) < 2:
        return []
    from sim.study.sweeping import _kind, _top

    a, b = names[:2]
    return [
        Picture(
            Text("Where it fails", "失效之处"),
            lambda lang: planes.boxes(
                table[a].to_numpy(float),
                table[b].to_numpy(float),
                table["failed"].to_numpy(bool),
                [(box.limits.get(a, (math.nan, math.nan)), box.limits.get(b, (math.nan, math.nan))) for box in boxes],
                (
                    quantity.Axis(_kind(space, a), _top(table, a)),
                    quantity.Axis(_kind(space, b), _top(table, b)),
                ),
                (a, b),
                ("失效", "未失效") if lang == "zh" else ("fails", "holds"),
            ),
            Text(
                "Rectangles are the boxes, seen on their two leading factors.", "矩形为各区域在两个主要因素上的投影。"
            ),
        )
    ]


def _sure(table: pd.DataFrame, boxes: Sequence[Box], study: DiscoverStudy, label: str, label_zh: str) -> list[Text]:
    n = int(table["failed"].sum())
    said = [
        Text(
            f"{len(table)} futures from a Latin hypercube, {study.replications.min} replications each; {n} of "
            f"them failed on {label}.",
            f"拉丁超立方抽取 {len(table)} 个情景，每个重复 {study.replications.min} 次；其中 {n} "
            f"个在{label_zh}上失效。",
        )
    ]
    weak = sorted({name for box in boxes for name, p in box.chance.items() if p > CHANCE})
    if weak:
        said.append(Text(f"The limits on {', '.join(weak)} may be chance.", f"{'、'.join(weak)} 的界限可能只是偶然。"))
    return said
