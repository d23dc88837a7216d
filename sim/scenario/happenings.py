"""Checks of events: entries of a timeline, injects and steps of playbooks, against what their functions declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from sim.core.config import Slot
from sim.core.errors import Problem, shown, suggestion
from sim.scenario import catalogue, names, types
from sim.scenario.check import listed, problem_at, validate
from sim.scenario.model import SIDES, ScenarioModel
from sim.scenario.nodes import Node, Path, dotted, mapping

#: a demand for goods drives these alone
ALONE = ("supply",)
#: keys of an entry that are not its event's: a drill itself reads how long its faults last
TIMELINE = ("at", "do")
INJECT = ("at", "do", "for")
STEP = ("do", "after")


def sections_of(node: Node) -> Callable[[str], Any]:
    """The checked section of a side of a document; None for one that is itself wrong."""
    found: dict[str, Any] = {}

    def section(side: str) -> Any:
        if side not in found:
            written = node.child(side)
            model: Any = ScenarioModel.model_fields[side].annotation
            try:
                found[side] = model.model_validate((written.plain() if written else None) or {})
            except ValidationError:
                found[side] = None
        return found[side]

    return section


def sections_in(config: ScenarioModel) -> Callable[[str], Any]:
    """The sections of a checked scenario."""
    return lambda side: getattr(config, side)


def problems(item: Node, path: Path, event: catalogue.Named, own: tuple[str, ...], section: Callable[[str], Any]) -> Iterator[Problem]:
    """What is wrong with the arguments of an event written at `path`; `own` are keys of the entry itself, such as `at`."""
    if event.arguments is None:
        return
    given: dict[str, Node] = {}
    for key, value in item.value.items() if item.kind == "map" else ():
        if key in ("target", "for") and value.kind == "scalar" and value.value is None:
            continue  # a resolved scenario writes out what is not said
        if key not in own and key not in event.arguments:
            known = [*own, *event.arguments]
            common = key in ("target", "for")
            found = f"{shown(key)}, of which {event.name} makes no use" if common else f"the unknown key {shown(key)} for {event.name}"
            hint = "" if common else suggestion(key, known)
            yield _placed(problem_at(item, (key,), f"found {found}, accepted: {listed(known)}", hint, at_key=True), path)
        elif key not in own and key != "for":
            given[key] = value
    written = mapping(given, item.mark, item.key_mark)
    _, wrong = validate(written, event.model)
    yield from (_placed(problem, path) for problem in wrong)
    if not wrong:
        yield from (_placed(problem, path) for problem in _names(written, event, section))
    if event.one_of and sum(key in given for key in event.one_of) != 1:
        message = f"found {listed(key for key in event.one_of if key in given)}, accepted: exactly one of {listed(event.one_of)}"
        yield _placed(problem_at(item, (), message), path)
    yield from (_placed(problem_at(item, ("do",) if item.kind == "map" else (), words), path) for words in _setting(event, section))


def _placed(problem: Problem, path: Path) -> Problem:
    return replace(problem, path=".".join(part for part in (dotted(path), problem.path) if part))


def _names(written: Node, event: catalogue.Named, section: Callable[[str], Any]) -> Iterator[Problem]:
    """Arguments that name something there is not, a policy or a thing of the scenario."""
    for path, leaf in written.leaves():
        kinds = types.at(event.model, path)
        slot = _slot(kinds)
        if slot is not None and isinstance(leaf.value, str):
            there = [policy.name for policy in catalogue.policies(slot)]
            if leaf.value not in there:
                message = f"found {shown(leaf.value)}, accepted: {listed(there)}"
                yield problem_at(written, path, message, suggestion(leaf.value, there))
        of = names.kind_of(kinds)
        if of is None or not isinstance(leaf.value, str):
            continue
        known = names.accepted(of, section, leaf.value)
        if known is not None:
            message = f"found {shown(leaf.value)}, accepted: {listed(sorted(known))}"
            yield problem_at(written, path, message, suggestion(leaf.value, known))


def _slot(kinds: Iterable[types.Kind]) -> str | None:
    """The slot whose policy a place names, if it names one."""
    return next((item.name for kind in kinds for item in kind.metadata if isinstance(item, Slot)), None)


def named_in(entries: Iterable[Any]) -> set[str]:
    """The events of entries and steps, and `slot.name` of the policies that their targets and arguments name."""
    known = {event.name: event for event in catalogue.events()}
    found: set[str] = set()
    for entry in entries:
        found.add(entry.do)
        event = known[entry.do]
        for key, value in {"target": entry.target, **entry.arguments}.items():
            slot = _slot(types.at(event.model, (key,))) if event.arguments else None
            if slot is not None:
                found.add(f"{slot}.{value}")
    return found


def _setting(event: catalogue.Named, section: Callable[[str], Any]) -> Iterator[str]:
    """Why an event cannot befall this scenario at all."""
    crowd = section("crowd")
    if crowd is not None and crowd.demand is not None and event.side in SIDES and event.side not in ALONE:
        yield f"found {event.name}, accepted with crowd.demand: events of {listed(ALONE)}, for nothing else runs"
        return
    if event.needs:
        key, _, values = event.needs.partition("=")
        told, value = _value(key, section)
        if told and value in (None, {}, ()):
            yield f"found {event.name} without {key}, accepted: {key} in the file"
        elif told and values and value not in values.split(","):
            yield f"found {event.name} with {key} {shown(value)}, accepted with: {values.replace(',', ', ')}"
    if event.forbids:
        told, value = _value(event.forbids, section)
        if told and value is not None:
            yield f"found {event.name} with {event.forbids}, accepted: one of them"


def _value(key: str, section: Callable[[str], Any]) -> tuple[bool, Any]:
    """Whether a key can be looked at, and what it holds."""
    side, *keys = key.split(".")
    here = section(side)
    if here is None:
        return False, None
    for name in keys:
        here = getattr(here, name)
    return True, here
