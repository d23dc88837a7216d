"""Drill files: read, checked against the scenario they rehearse, and their playbooks found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.errors import Problem, ScenarioError, shown
from sim.engine.playbook import Playbook, Response, Step
from sim.study.drill_config import Drill, DrillCalendar


@dataclass(frozen=True)
class Case:
    """A checked drill: its file, its scenario, and the steps of each of its responses."""

    path: Path
    drill: Drill
    scenario: Any
    overrides: dict[str, Any]
    steps: dict[str, tuple[Step, ...]]

    @property
    def plugins(self) -> dict[str, str]:
        """The package of every fault and step of the drill that is not built in; the scenario notes its own."""
        from sim.scenario import catalogue, happenings

        steps = [*self.drill.afterwards, *(step for steps in self.steps.values() for step in steps)]
        return catalogue.packages(lambda: happenings.named_in([*self.drill.inject, *steps]))


@dataclass(frozen=True)
class Due:
    """A drill to be rehearsed: its file, and where a calendar asks for it, when and the calendar's name."""

    path: Path
    quarter: str = ""
    calendar: str = ""


def due(paths: Iterable[Path], quarter: str | None = None) -> list[Due]:
    """The drills named, calendars replaced by the drills they list, in order. Raises ScenarioError.

    ``quarter``: only those a calendar asks for then.
    """
    from sim.scenario import load_document
    from sim.scenario.extends import read_tree

    found: list[Due] = []
    for path in paths:
        node = read_tree(path).node
        if node is not None and node.kind == "map" and "drills" in node.value:
            calendar = load_document(path, DrillCalendar).config
            found += [Due(path.parent / item.run, item.quarter or "", calendar.calendar) for item in calendar.drills]
        else:
            found.append(Due(path))
    return [item for item in found if quarter is None or item.quarter == quarter]


def drill_files(paths: Iterable[Path]) -> list[Path]:
    """Paths of the drills named, calendars replaced by the drills they list. Raises ScenarioError."""
    return [item.path for item in due(paths)]


def load_drill(path: str | Path, overrides: Mapping[str, Any] | None = None, shoppers: int | None = None) -> Case:
    """The drill of a file. `overrides` go to the scenario, over the drill's own `set`. Raises ScenarioError."""
    from sim.scenario import load, load_document
    from sim.scenario.kinds import expect

    path = Path(path)
    try:
        document = load_document(path, Drill)
    except ScenarioError:
        expect(path, "drill", "calendar")
        raise
    drill = document.config
    given = {**(overrides or {}), **({} if shoppers is None else {"crowd.shoppers": shoppers})}
    changes = {**drill.set, **given}
    try:
        scenario = load(path.parent / drill.scenario, changes)
    except ScenarioError as error:
        named = str(path.parent / drill.scenario)
        own = {key: value for key, value in drill.set.items() if key not in given}
        raise ScenarioError(_led(document.node, item, named, own) for item in error.problems) from None
    written = {name: _steps(path, name, response, document.node) for name, response in drill.responses.items()}
    steps = {name: found for name, (found, _, _) in written.items()}
    problems = [*_injects(document.node, drill, scenario), *_actions(document.node, drill, written, scenario)]
    problems += _metrics(document.node, drill, scenario)
    if problems:
        raise ScenarioError(problems)
    return Case(path, drill, scenario, changes, steps)


Written = tuple[tuple[Step, ...], Any, tuple[Any, ...]]
"""Steps with the document they stand in, and where there."""


def _steps(path: Path, name: str, response: Response, node: Any) -> Written:
    """The steps of a response: its own, or those of the playbook file it names."""
    from sim.scenario import load_document, playbooks
    from sim.scenario.folder import FileRefusedError

    keys = ("response", "playbook") if name == "response" else ("plans", name, "playbook")
    if not isinstance(response.playbook, str):
        return response.playbook, node, keys
    try:
        file = playbooks.find(response.playbook, path)
    except FileRefusedError as error:
        raise ScenarioError([_problem(node, keys, str(error))]) from None
    document = load_document(file, Playbook)
    return document.config.steps, document.node, ("steps",)


def _led(node: Any, item: Problem, named: str, own: Mapping[str, Any]) -> Problem:
    """A problem of the scenario where the drill's file leads to it: by its `set`, or by the scenario it names."""
    from sim.study.precheck import Layer, placed

    if item.file.startswith("--set ") and item.file.removeprefix("--set ") in own:
        return placed(node, item, [Layer(("set",), own)])
    if item.file == named and not item.line:
        return _problem(node, ("scenario",), item.message)
    return item


def _problem(node: Any, keys: tuple[Any, ...], message: str, hint: str = "") -> Problem:
    """A problem at the place in the file, as near as the file has it."""
    from sim.scenario.check import problem_at

    return problem_at(node, keys, message, hint)


def _known(do: str, kind: str | None) -> tuple[Any, str]:
    """The event and, where there is none of that kind, what is accepted."""
    from sim.scenario import catalogue

    events = {item.name: item for item in catalogue.events()}
    event = events.get(do)
    if event is not None and (kind is None or event.kind == kind):
        return event, ""
    names = [n for n, item in events.items() if kind is None or item.kind == kind]
    side = [n for n in names if n.split(".")[0] == do.split(".")[0]]
    return None, f"found {shown(do)}, accepted: {', '.join(side or names)}"


def _injects(node: Any, drill: Drill, scenario: Any) -> list[Problem]:
    from datetime import date

    from sim.core.calendar import DAY, Calendar
    from sim.core.units import parse_when
    from sim.scenario import happenings

    section = happenings.sections_in(scenario.config)
    first = parse_when(scenario.config.start)
    calendar = Calendar(date(first.year or 2026, first.month, first.day), scenario.config.days,
                        int(scenario.config.warmup // DAY))  # fmt: skip
    problems = []
    for number, event in enumerate(drill.inject):
        entry, message = _known(event.do, None)
        if entry is None:
            problems.append(_problem(node, ("inject", number, "do"), message))
            continue
        minute = calendar.minute(event.at)
        if not 0 <= minute < calendar.end:
            span = f"{calendar.moment(0):%Y-%m-%d %H:%M} to {calendar.moment(calendar.end):%Y-%m-%d %H:%M}"
            message = f"found {shown(event.at)}, accepted: a moment of the run, {span}"
            problems.append(_problem(node, ("inject", number, "at"), message))
        keys = ("inject", number)
        problems += happenings.problems(_at(node, keys), keys, entry, happenings.INJECT, section)
    return problems


def _at(node: Any, keys: tuple[Any, ...]) -> Any:
    """The node at a place of a document that holds one."""
    for key in keys:
        node = node.child(key) or node
    return node


def _actions(node: Any, drill: Drill, written: Mapping[str, Written], scenario: Any) -> list[Problem]:
    """Steps that are no actions, or whose arguments are wrong; those of a playbook file are told there."""
    from sim.scenario import happenings

    section = happenings.sections_in(scenario.config)
    problems = []
    for steps, document, keys in [(drill.afterwards, node, ("afterwards",)), *written.values()]:
        listing = _at(document, keys)
        for number, step in enumerate(steps):
            place = (*keys, number) if listing.kind == "list" else keys
            entry, message = _known(step.do, "action")
            if entry is None:
                problems.append(_problem(document, place, message))
            else:
                problems += happenings.problems(_at(document, place), place, entry, happenings.STEP, section)
    return problems


def _metrics(node: Any, drill: Drill, scenario: Any) -> list[Problem]:
    """Names of actions and nodes of the machine room in metrics."""
    from sim.platform.graph import plan
    from sim.platform.state import ACTION_NAMES

    known = {*ACTION_NAMES, *plan(scenario.config.platform).aliases}
    named: list[tuple[tuple[Any, ...], str | None]] = [
        (("steady_state", number, "metric"), probe.metric) for number, probe in enumerate(drill.steady_state)
    ]
    if drill.stop_when is not None:
        named.append((("stop_when", "metric"), drill.stop_when.metric))
    for name, response in drill.responses.items():
        keys = ("response", "detect", "metric") if name == "response" else ("plans", name, "detect", "metric")
        named.append((keys, response.detect.metric))
    problems = []
    for keys, metric in named:
        if metric is None or not metric.startswith("platform."):
            continue
        subject = metric.removeprefix("platform.").rpartition(".")[0]
        if subject not in known:
            problems.append(_problem(node, keys, f"found {shown(subject)}, accepted: {', '.join(sorted(known))}"))
    return problems
