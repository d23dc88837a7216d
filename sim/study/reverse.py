"""What a reverse stress test says: breaking points of all policies side by side, or their frontier under two shocks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from sim.study import planes, quantity, words
from sim.study.breaking import Breaking, Grid, Prober, breaking
from sim.study.config import BreakStudy
from sim.study.model import Measure
from sim.study.outcome import Block, Outcome, Picture
from sim.study.runner import Runner
from sim.study.stats import Estimate
from sim.study.words import Text, both


def break_(runner: Runner, study: BreakStudy) -> Outcome:
    """Find the breaking points; with two shocks, of the second at each size of the first."""
    return _frontier(runner, study) if len(study.shocks) == 2 else _single(runner, study)


def _single(runner: Runner, study: BreakStudy) -> Outcome:
    shock = study.shocks[0]
    grid = Grid.of(shock)
    found: dict[str, Breaking] = {}
    for policy in study.policies or {"": {}}:
        found[policy] = breaking(Prober(runner, study, policy, shock), study.replications.min, study.probability)
        runner.progress.estimate(f"{policy}: {_size(grid, found[policy].estimate.value)}")
    kpi = _measure(runner, study)
    rows = []
    for policy, result in found.items():
        e = result.estimate
        rows.append(
            {
                "policy": policy,
                "shock": shock.label,
                "breaks_at": e.value,
                "low": e.low,
                "high": e.high,
                "shown": _size(grid, e.value),
                "unit": quantity.BASE_UNITS.get(grid.span.kind, ""),
                "probability": study.probability,
                "replications": e.n,
                "tolerance": result.tolerance,
                "failing_below": result.below.value,
                "failing_above": result.above.value,
                "consistent": result.consistent,
            }
        )
    labels = [policy or study.name or shock.label for policy in found]
    return Outcome(
        kind="break",
        name=study.name,
        table=pd.DataFrame(rows),
        answer=_answer(found, grid, study, kpi),
        effects=[_block(found, grid, study)],
        pictures=[
            Picture(
                Text("Probability of failure as the shock grows", "冲击增大时的失效概率"),
                lambda lang: planes.breaking_curve(
                    labels,
                    [result.curve(grid) for result in found.values()],
                    [(r.estimate.value, r.estimate.low, r.estimate.high) for r in found.values()],
                    study.probability,
                    quantity.Axis(grid.span.kind, grid.span.high),
                    (shock.label, "失效概率" if lang == "zh" else "probability of failure"),
                    (grid.span.low, grid.span.high),
                ),
                Text(
                    "Each step is a replication that broke; dots are breaking points with 95% intervals.",
                    "每一级为一次失效的重复；圆点为临界点及 95% 区间。",
                ),
            )
        ],
        sure=_sure(found, grid, study),
        settings=_settings(runner, study),
        runs=len(runner.members),
        runs_made=runner.runs_made,
        met=all(math.isfinite(r.estimate.value) and r.consistent for r in found.values()),
        extra={"breaking": found, "grid": grid},
    )


def _frontier(runner: Runner, study: BreakStudy) -> Outcome:
    first, second = study.shocks
    span, grid = first.range(), Grid.of(second)
    sizes = list(dict.fromkeys(span.at(step / (study.steps - 1)) for step in range(study.steps)))
    rows: list[dict[str, Any]] = []
    found: dict[str, list[Breaking]] = {policy: [] for policy in study.policies or {"": {}}}
    for policy in found:
        for size in sizes:
            fixed: dict[str, object] = dict.fromkeys(first.paths, span.write(size))
            result = breaking(Prober(runner, study, policy, second, fixed), study.replications.min, study.probability)
            found[policy].append(result)
            e = result.estimate
            rows.append(
                {
                    "policy": policy,
                    first.label: size,
                    "breaks_at": e.value,
                    "low": e.low,
                    "high": e.high,
                    "shock": second.label,
                    "probability": study.probability,
                    "replications": e.n,
                    "tolerance": result.tolerance,
                    "consistent": result.consistent,
                }
            )
    labels = [policy or study.name or second.label for policy in found]
    names = (first.label, second.label)
    curves = [
        (np.array(sizes), *(np.array([getattr(r.estimate, end) for r in results]) for end in ("value", "low", "high")))
        for results in found.values()
    ]
    return Outcome(
        kind="break",
        name=study.name,
        table=pd.DataFrame(rows),
        answer=_frontier_answer(found, sizes, span, grid, study),
        effects=[
            Block(
                Text(
                    f"{second.label} that breaks it, by {first.label}", f"不同 {first.label} 下的 {second.label} 临界点"
                ),
                [Text("policy", "策略"), *(both(quantity.short(span.kind, s)) for s in sizes)],
                [
                    [
                        both(label),
                        *(Text(_size(grid, r.estimate.value), _size(grid, r.estimate.value, "zh")) for r in results),
                    ]
                    for label, results in zip(labels, found.values(), strict=True)
                ],
            )
        ],
        pictures=[
            Picture(
                Text("Frontier of two shocks", "双重冲击的临界前沿"),
                lambda lang: planes.frontier(
                    labels,
                    curves,  # type: ignore[arg-type]
                    (quantity.Axis(span.kind, span.high), quantity.Axis(grid.span.kind, grid.span.high)),
                    names,
                    ((span.low, span.high), (grid.span.low, grid.span.high)),
                ),
                Text(
                    "Above its line a policy fails; a triangle at the top means it holds throughout the range.",
                    "线以上策略失效；顶端三角表示在整个范围内都能承受。",
                ),
            )
        ],
        sure=_sure({f"{p} {i}": r for p, results in found.items() for i, r in enumerate(results)}, grid, study),
        settings=_settings(runner, study),
        runs=len(runner.members),
        runs_made=runner.runs_made,
        met=all(r.consistent for results in found.values() for r in results),
        extra={"breaking": found, "grid": grid},
    )


def _measure(runner: Runner, study: BreakStudy) -> Measure:
    kpi = study.fails_when.kpi
    return runner.measures.get(kpi) or Measure(kpi, kpi, kpi)


def _settings(runner: Runner, study: BreakStudy) -> dict[str, Any]:
    return {
        "scenario": study.scenario,
        "set": study.set,
        "policies": study.policies,
        "shocks": [s.model_dump(exclude_none=True, by_alias=True) for s in study.shocks],
        "fails when": study.fails_when.model_dump(exclude_none=True),
        "probability": study.probability,
        "seed": runner.seed,
        "version": runner.version,
    }


def _size(grid: Grid, value: float, lang: str = "en") -> str:
    if value == -math.inf:
        low = quantity.short(grid.span.kind, grid.span.low)
        return f"低于 {low}" if lang == "zh" else f"below {low}"
    if math.isinf(value):
        top = quantity.short(grid.span.kind, grid.span.high)
        return f"超过 {top}" if lang == "zh" else f"beyond {top}"
    return quantity.short(grid.span.kind, value)


def _interval(grid: Grid, estimate: Estimate, lang: str) -> str:
    """The ends of an interval; so few replications may tell neither."""
    if math.isinf(estimate.low) and math.isinf(estimate.high) and math.isfinite(estimate.value):
        return "重复次数太少，无法给出" if lang == "zh" else "too few replications for one"
    return f"{_size(grid, estimate.low, lang)} … {_size(grid, estimate.high, lang)}"


def _failing(study: BreakStudy, kpi: Measure, lang: str) -> str:
    fails, label = study.fails_when, kpi.label_zh if lang == "zh" else kpi.label
    limit = words.number(fails.limit, kpi.unit, lang)
    if lang == "zh":
        return f"{label}{'低于' if fails.below is not None else '高于'} {limit}"
    return f"{label} {'below' if fails.below is not None else 'above'} {limit}"


def _answer(found: dict[str, Breaking], grid: Grid, study: BreakStudy, kpi: Measure) -> Text:
    order = sorted(found, key=lambda p: found[p].estimate.value)
    label, chance = study.shocks[0].label, words.percent(study.probability)
    if all(math.isinf(result.estimate.value) for result in found.values()):
        top = quantity.short(grid.span.kind, grid.span.high)
        return Text(
            f"Nothing breaks: even with {label} at {top}, {_failing(study, kpi, 'en')} stays less than {chance} likely.",
            f"没有策略失效：即使 {label} 达到 {top}，{_failing(study, kpi, 'zh')}的概率仍低于 {chance}。",
        )
    if len(order) == 1:
        e = found[order[0]].estimate
        return Text(
            f"With {label} at {_size(grid, e.value)} ({_size(grid, e.low)} to {_size(grid, e.high)}), "
            f"{_failing(study, kpi, 'en')} "
            f"becomes at least {chance} likely.",
            f"当 {label} 达到 {_size(grid, e.value, 'zh')}（{_size(grid, e.low, 'zh')} 至 "
            f"{_size(grid, e.high, 'zh')}）时，"
            f"{_failing(study, kpi, 'zh')}的概率达到 {chance}。",
        )
    weak, strong = order[0], order[-1]
    if found[weak].estimate.value == found[strong].estimate.value:
        size = found[weak].estimate.value
        return Text(
            f"All policies break alike, at {label} {_size(grid, size)} ({_failing(study, kpi, 'en')} with "
            f"probability {chance}).",
            f"所有策略的临界点相同：{label} {_size(grid, size, 'zh')}（{_failing(study, kpi, 'zh')}的概率达到 {chance}）。",
        )
    return Text(
        f"{strong} holds out longest: it breaks at {label} {_size(grid, found[strong].estimate.value)}, {weak} "
        "already at "
        f"{_size(grid, found[weak].estimate.value)} ({_failing(study, kpi, 'en')} with probability {chance}).",
        f"“{strong}”最能承受：临界点为 {label} {_size(grid, found[strong].estimate.value, 'zh')}，而“{weak}”在 "
        f"{_size(grid, found[weak].estimate.value, 'zh')} 即失效（{_failing(study, kpi, 'zh')}的概率达到 {chance}）。",
    )


def _frontier_answer(
    found: dict[str, list[Breaking]], sizes: list[float], span: Any, grid: Grid, study: BreakStudy
) -> Text:
    first, second = study.shocks

    def ends(policy: str, lang: str) -> str:
        a, b = found[policy][0].estimate.value, found[policy][-1].estimate.value
        name = policy or ("该方案" if lang == "zh" else "It")
        if lang == "zh":
            return (
                f"{name}在 {first.label} 为 {quantity.short(span.kind, sizes[0])} 时可承受 {second.label} "
                f"{_size(grid, a, lang)}，为 {quantity.short(span.kind, sizes[-1])} 时仅 {_size(grid, b, lang)}"
            )
        return (
            f"{name} bears {second.label} up to {_size(grid, a)} at {first.label} "
            f"{quantity.short(span.kind, sizes[0])} "
            f"and {_size(grid, b)} at {quantity.short(span.kind, sizes[-1])}"
        )

    return Text("; ".join(ends(p, "en") for p in found) + ".", "；".join(ends(p, "zh") for p in found) + "。")


def _block(found: dict[str, Breaking], grid: Grid, study: BreakStudy) -> Block:
    rows = []
    for policy, result in found.items():
        e = result.estimate
        rows.append(
            [
                both(policy or study.name or study.shocks[0].label),
                Text(_size(grid, e.value), _size(grid, e.value, "zh")),
                Text(*(_interval(grid, e, lang) for lang in ("en", "zh"))),
                both(f"{words.percent(result.below.value)} → {words.percent(result.above.value)}"),
            ]
        )
    return Block(
        Text("Breaking points", "临界点"),
        [
            Text("policy", "策略"),
            Text(f"breaks at ({study.shocks[0].label})", f"临界点（{study.shocks[0].label}）"),
            Text("95% interval", "95% 区间"),
            Text("failing just below → at it", "略低于 → 达到时的失效概率"),
        ],
        rows,
    )


def _sure(found: dict[str, Breaking], grid: Grid, study: BreakStudy) -> list[Text]:
    n, step = study.replications.min, quantity.short(grid.span.kind, grid.tolerance)
    said = [
        Text(
            f"Each of {n} replications was rerun with larger and smaller shocks until its own breaking point "
            f"was known to {step}.",
            f"{n} 次重复各自在更大或更小的冲击下重跑，直至其临界点精确到 {step}。",
        )
    ]
    odd = [policy for policy, result in found.items() if not result.consistent]
    if odd:
        said.append(
            Text(
                f"Not monotone: for {', '.join(odd)} a larger shock does not always hurt more, so the breaking "
                "point is not sharp.",
                f"非单调：{'、'.join(odd)} 的较大冲击并不总是更坏，临界点不明确。",
            )
        )
    else:
        said.append(
            Text(
                "All replications were also run just below and at the breaking point, and agree with it.",
                "所有重复均在临界点附近复核，结果一致。",
            )
        )
    if any(math.isinf(result.estimate.value) for result in found.values()):
        said.append(
            Text(
                "Where it says “beyond”, the range of the shock was too short to break the policy.",
                "“超过”表示冲击范围不足以使该策略失效。",
            )
        )
    return said
