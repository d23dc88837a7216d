"""What a drill's replications come to: losses with intervals, objectives against what was reached, a verdict."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engine.metrics import unit_of
from sim.engine.playbook import Done
from sim.study import stats
from sim.study.drill_config import Drill
from sim.study.drill_run import Rehearsal

BLAST = ("release_people", "release_value")  # of faulty releases: figures of a verdict, and measures of a run
MET, NOT_MET, STOPPED = "met", "not_met", "stopped"


@dataclass(frozen=True)
class Loss:
    """One replication against the same seed without the fault."""

    orders: float
    gmv: float
    profit: float
    deferred: float
    """orders that were missing at the worst moment and came after all"""


def loss(control: Rehearsal, drill: Rehearsal) -> Loss:
    """Orders, GMV and profit missing at the drill's last tick, and what was missing before but came back."""
    n = len(drill.minutes)
    missing = np.array(control.orders[:n]) - np.array(drill.orders)
    money = control.gmv[n - 1] - drill.gmv[-1]
    deferred = max(0.0, missing.max()) - max(0.0, missing[-1])
    return Loss(float(missing[-1]), float(money), float(control.profit[n - 1] - drill.profit[-1]), float(deferred))


def objectives_of(drill: Drill) -> list[tuple[str, str, float]]:
    """(name, unit, bound asked) of every objective stated; times in minutes, rpo in seconds."""
    asked = drill.objectives
    found: list[tuple[str, str, float]] = []
    for name in ("rto", "mttd", "mttr"):
        if getattr(asked, name) is not None:
            found.append((name, "min", float(getattr(asked, name))))
    if asked.rpo is not None:
        found.append(("rpo", "s", asked.rpo * 60.0))
    if asked.max_lost_orders is not None:
        found.append(("lost_orders", "orders", float(asked.max_lost_orders)))
    if asked.max_lost_gmv is not None:
        found.append(("lost_gmv", "CNY", float(asked.max_lost_gmv)))
    if asked.max_lost_profit is not None:
        found.append(("lost_profit", "CNY", float(asked.max_lost_profit)))
    if asked.min_score is not None:
        found.append(("score", "share", asked.min_score))
    return found


def values_of(
    runs: Sequence[Rehearsal], losses: Sequence[Loss], controls: Sequence[Rehearsal]
) -> dict[str, np.ndarray]:
    """Every figure of every replication, float64[replications]; times in minutes, rpo in seconds.

    The blast radius, people and CNY, is there where a faulty release went out.
    """
    blast = {name: np.array([getattr(run, name) for run in runs]) for name in BLAST}
    return {
        "rto": np.array([run.rto for run in runs]),
        "mttd": np.array([run.mttd for run in runs]),
        "mttr": np.array([run.mttr for run in runs]),
        "rpo": np.array([run.rpo - control.rpo for run, control in zip(runs, controls, strict=True)]),
        "lost_orders": np.array([one.orders for one in losses]),
        "lost_gmv": np.array([one.gmv for one in losses]),
        "lost_profit": np.array([one.profit for one in losses]),
        "deferred_recovered": np.array([one.deferred for one in losses]),
        "void_orders": np.array([run.void_orders - c.void_orders for run, c in zip(runs, controls, strict=True)]),
        "score": np.array([run.score for run in runs]),
        **{name: values for name, values in blast.items() if not np.isnan(values).all()},
    }


def _estimate(values: np.ndarray) -> dict[str, Any]:
    """Mean with interval of the finite values, how many are not, and the worst."""
    finite = values[np.isfinite(values)]
    told = stats.mean(finite).as_dict()
    known = values[~np.isnan(values)]
    return {**told, "worst": float(known.max()) if len(known) else math.nan, "never": int(np.isinf(values).sum())}


def verdict(
    drill: Drill, name: str, runs: Sequence[Rehearsal], controls: Sequence[Rehearsal], steps_asked: int
) -> dict[str, Any]:
    """The verdict on one response, as plain data."""
    losses = [loss(control, run) for control, run in zip(controls, runs, strict=True)]
    values = values_of(runs, losses, controls)
    stopped = sum(run.status == "stopped" for run in runs)
    need = drill.objectives.met_in
    rows = []
    for key, unit, asked in objectives_of(drill):
        x = values[key]
        good = x >= asked - 1e-9 if key == "score" else x <= asked + 1e-9
        if key == "mttd":  # nobody needs to be told of what disturbed nothing
            good |= np.isnan(x)
        share = stats.proportion(int(good.sum()), len(runs))
        rows.append(
            {"objective": key, "unit": unit, "asked": asked, "achieved": _estimate(x), "met_in": share.as_dict(),
             "met": bool(share.value >= need - 1e-12)}
        )  # fmt: skip
    steady = [all(p.after is not False for p in run.probes) for run in runs]
    share = stats.proportion(sum(steady), len(runs))
    rows.append(
        {"objective": "steady_state_afterwards", "unit": "share", "asked": 1.0, "achieved": share.as_dict(),
         "met_in": share.as_dict(), "met": bool(share.value >= need - 1e-12)}
    )  # fmt: skip
    status = STOPPED if stopped else MET if all(row["met"] for row in rows) else NOT_MET
    ran = [sum(not done.error for done in run.afterwards) for run in runs]
    return {
        "response": name,
        "status": status,
        "replications": len(runs),
        "stopped": stopped,
        "objectives": rows,
        "achieved": {key: _estimate(x) for key, x in values.items()},
        "metastable": stats.proportion(sum(run.metastable for run in runs), len(runs)).as_dict(),
        "disturbed": sum(run.disturbed for run in runs),
        "steady_before": sum(all(p.before is not False for p in run.probes) for run in runs),
        "probes": [_probe(runs, number) for number in range(len(drill.steady_state))],
        "actions": _actions(runs),
        "afterwards": {
            "steps": steps_asked,
            "ran_in": sum(len(run.afterwards) == steps_asked for run in runs),
            "succeeded_in": sum(n == steps_asked for n in ran),
        },
        "values": {key: [float(v) for v in x] for key, x in values.items()},
    }


def _probe(runs: Sequence[Rehearsal], number: int) -> dict[str, Any]:
    seen = [run.probes[number] for run in runs]
    return {
        "metric": seen[0].metric,
        "mode": seen[0].mode,
        "weight": seen[0].weight,
        "held": _estimate(np.array([one.percent for one in seen])),
        "before": sum(one.before is True for one in seen),
        "before_known": sum(one.before is not None for one in seen),
        "after": sum(one.after is True for one in seen),
        "after_known": sum(one.after is not None for one in seen),
        "unit": unit_of(seen[0].metric),
        "reading": _estimate(np.array([one.worst for one in seen])),
    }


def _actions(runs: Sequence[Rehearsal]) -> list[dict[str, Any]]:
    """Steps of the playbook: in how many replications each was taken, when, what went wrong, and what changed nothing.

    A step that says the same as an earlier one is told apart by ``time``: the second, the third of its kind.
    """
    found: dict[tuple[str, str, int], list[tuple[float, str, str]]] = {}
    for run in runs:
        taken: Counter[tuple[str, str]] = Counter()
        for done in run.actions:
            taken[done.do, done.target] += 1
            key = (done.do, done.target, taken[done.do, done.target])
            found.setdefault(key, []).append((done.minute - run.fault_at, done.error, _without_effect(run, done)))
    return [
        {"do": do, "target": target, "time": nth, "taken_in": len(list_),
         "after": _estimate(np.array([t for t, _, _ in list_])), "errors": sorted({error for _, error, _ in list_ if error}),
         "without_effect": dict(sorted(Counter(why for _, _, why in list_ if why).items()))}
        for (do, target, nth), list_ in found.items()
    ]  # fmt: skip


def _without_effect(run: Rehearsal, done: Done) -> str:
    """Why a step that was taken changed nothing, as the journal says at its minute: `not_needed`, `not_possible`."""
    for minute, _, kind, subject, _ in run.journal:
        if minute == done.minute and subject == done.target:
            for why in ("not_needed", "not_possible"):
                if kind.endswith(f"_{why}"):
                    return why
    return ""


def compare_plans(verdicts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each further plan against the response the verdict is about: paired differences on the same seeds."""
    if not verdicts:
        return []
    base, *others = verdicts
    rows = []
    for other in others:
        row: dict[str, Any] = {"plan": other["response"], "status": other["status"]}
        for key in ("lost_orders", "lost_gmv", "lost_profit", "rto", "mttr"):
            with np.errstate(invalid="ignore"):  # never less never is not known
                difference = np.array(other["values"][key]) - np.array(base["values"][key])
            row[key] = stats.mean(difference[np.isfinite(difference)]).as_dict()
        rows.append(row)
    return rows
