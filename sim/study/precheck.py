"""What a study file says about its scenario, checked before anything runs: overrides resolve and measures exist."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim.core.errors import Problem, ScenarioError, shown, suggestion
from sim.scenario import load
from sim.scenario.check import problem_at
from sim.scenario.nodes import Key, Node, dotted
from sim.study.config import RegisterStudy, Study, written
from sim.study.measures import base_of
from sim.study.model import book_measures
from sim.study.parts import Factor

MOST = 256
"""Designs looked at; of a larger study the first ones."""


class Layer(NamedTuple):
    """Overrides, and where in the study file they stand: under a key each, or all at ``place`` itself."""

    place: tuple[Key, ...]
    overrides: Mapping[str, Any]
    whole: bool = False


def problems_of(study: Study, node: Node, folder: Path) -> list[Problem]:
    """Every mistake of a study whose own form is right. ``node`` is its file, ``folder`` where paths start."""
    found: list[Problem] = []
    sound: dict[str, bool] = {}
    for scenario, place, layers in itertools.islice(_designs(study), MOST):
        if scenario not in sound:
            problems = _scenario(node, folder, scenario, place)
            sound[scenario] = not problems
            found += problems
        if sound[scenario]:
            found += _resolved(node, folder / scenario, [Layer(("set",), study.set), *layers])
    if isinstance(study, RegisterStudy) and sound.get(study.scenario):
        found += _risks(study, node, folder / study.scenario)
    return [*dict.fromkeys(found), *_unknown_measures(node)]


def _designs(study: Any) -> Iterator[tuple[str, tuple[Key, ...], list[Layer]]]:
    """What runs: a scenario file, where the study names it, and the overrides over it, in order."""
    for index, case in enumerate(getattr(study, "cases", [])):
        scenario, place = (
            (case.scenario, ("cases", index, "scenario")) if case.scenario else (study.scenario, ("scenario",))
        )
        for side in ("off", "on"):
            yield scenario, place, [Layer(("cases", index, side), getattr(case, side))]
    if not study.scenario:
        return
    arms = [Layer((key,), getattr(study, key, None) or {}) for key in ("test", "all_a", "all_b", "no_effect", "policy")]
    policies = [Layer(("policies", key), item) for key, item in getattr(study, "policies", {}).items()]
    scenarios = [Layer(("scenarios", key), item) for key, item in getattr(study, "scenarios", {}).items()]
    nothing = [Layer((), {})]
    for future in scenarios or nothing:
        for policy in policies or [arm for arm in arms if arm.overrides] or nothing:
            for point in [*_points(study)] or [[]]:
                yield study.scenario, ("scenario",), [future, policy, *point]


def _points(study: Any) -> Iterator[list[Layer]]:
    """All factors, parameters or shocks at their lowest and at their highest."""
    axes: list[tuple[tuple[Key, ...], list[str], Factor]] = [
        ((section, path), [path], factor)
        for section in ("factors", "parameters")
        for path, factor in getattr(study, section, {}).items()
    ]
    axes += [(("shocks", i), shock.paths, shock) for i, shock in enumerate(getattr(study, "shocks", []))]
    for end in (0, -1) if axes else ():
        yield [Layer(place, dict.fromkeys(paths, _end(factor, end)), whole=True) for place, paths, factor in axes]


def _end(factor: Factor, end: int) -> Any:
    if factor.levels is not None:
        return factor.levels[end]
    span = factor.range()
    return span.write(span.high if end else span.low)


def _scenario(node: Node, folder: Path, scenario: str, place: tuple[Key, ...]) -> list[Problem]:
    try:
        load(folder / scenario)
    except ScenarioError as error:
        return [
            item if item.line or item.file != str(folder / scenario) else problem_at(node, place, item.message)
            for item in error.problems
        ]
    return []


def _resolved(node: Node, scenario: Path, layers: list[Layer]) -> list[Problem]:
    try:
        load(scenario, _joined(layers))
    except ScenarioError as error:
        return [placed(node, item, layers) for item in error.problems]
    return []


def _risks(study: RegisterStudy, node: Node, scenario: Path) -> list[Problem]:
    """What is wrong with the risks under each policy: their overrides, and the events they add to the scenario's own."""
    found: list[Problem] = []
    events: dict[str, list[Any]] = {}  # of the scenario under a policy
    for policy, name in itertools.islice(itertools.product(study.policies, study.risks), MOST):
        risk = study.risks[name]
        layers = [
            Layer(("set",), study.set),
            Layer(("policies", policy), study.policies[policy]),
            Layer(("risks", name, "set"), risk.set),
            Layer(("risks", name, "changes"), risk.changes),
        ]
        own = any(key.split(".")[0] == "events" for layer in layers[2:] for key in layer.overrides)
        if not risk.inject or own:
            wrong = _resolved(node, scenario, layers)
            if wrong or not risk.inject:
                found += wrong
                continue
        if policy not in events or own:
            try:
                now = load(scenario, _joined(layers if own else layers[:2])).resolved.get("events") or []
            except ScenarioError:  # the policy is wrong by itself, and that has been told
                continue
        else:
            now = events[policy]
        if not own:
            events[policy] = now
        try:
            load(scenario, {**_joined(layers), "events": [*map(written, now), *risk.inject]})
        except ScenarioError as error:
            found += [_injected(node, item, ("risks", name, "inject"), len(now), layers) for item in error.problems]
    return found


def _joined(layers: list[Layer]) -> dict[str, Any]:
    """All overrides, the later layers over the earlier."""
    return {key: value for layer in layers for key, value in layer.overrides.items()}


def _injected(node: Node, item: Problem, place: tuple[Key, ...], before: int, layers: list[Layer]) -> Problem:
    """The problem of an added event where the study file writes it; `before`: events the scenario has of its own."""
    head, _, rest = item.path.removeprefix("events.").partition(".")
    if not item.path.startswith("events.") or not head.isdigit() or int(head) < before:
        return placed(node, item, layers)
    keys = [int(key) if key.isdigit() else key for key in rest.split(".")] if rest else []
    return problem_at(node, (*place, int(head) - before, *keys), item.message, item.suggestion, at_key=not rest)


def placed(node: Node, item: Problem, layers: list[Layer]) -> Problem:
    """The problem of an override where the study file writes it; of anything else where it is, with what led to it."""
    named = item.file.removeprefix("--set ")
    for layer in reversed(layers):
        if item.file.startswith("--set ") and named in layer.overrides:
            at = problem_at(node, layer.place if layer.whole else (*layer.place, named), "", at_key=True)
            path = layer.place if layer.whole else (*layer.place, item.path or named)
            message = f"{item.path}: {item.message}" if layer.whole and named not in layer.place else item.message
            return Problem(at.file, at.line, at.column, dotted(path), message, item.suggestion)
    led = ", ".join(dotted(layer.place) for layer in layers if layer.overrides)
    return Problem(item.file, item.line, item.column, item.path, f"{item.message} (with {led})", item.suggestion)


def _unknown_measures(node: Node) -> Iterator[Problem]:
    known = book_measures()
    for path, leaf in node.leaves():
        asked = path[-1:] == ("kpi",) or (len(path) == 2 and path[0] in ("kpis", "objectives"))
        if asked and isinstance(leaf.value, str) and base_of(leaf.value, known) not in known:
            message = f"found {shown(leaf.value)}, accepted: a measure that `sim618 list kpis` names"
            yield problem_at(node, path, message, suggestion(leaf.value, known))
