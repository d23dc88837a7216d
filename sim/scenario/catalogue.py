"""The names of all policies and events, found without importing the code behind them.

Checking a file must be quick, while importing the sides compiles kernels. So the decorators
`@policy(slot, name)` and `@event(name, kind=...)` of the package are read from its source text; policies of
installed packages (entry points) are imported, for nobody knows their names otherwise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

import sim
from sim.core import registry

_SIDES = (
    "crowd",
    "shelf",
    "supply",
    "fulfilment",
    "care",
    "platform",
    "threats",
    "rivals",
    "oversight",
    "books",
    "engine",
)


@dataclass(frozen=True, slots=True)
class Named:
    """A policy (`slot` set) or an event (`slot` empty) by name. `package` is empty for what is built in."""

    name: str
    slot: str
    kind: str
    description: str
    package: str = ""
    arguments: tuple[str, ...] | None = None  # keys an event takes beside `at` and `do`, None: any


@cache
def _built_in() -> tuple[Named, ...]:
    root = Path(sim.__file__).parent
    found: list[Named] = []
    for side in _SIDES:
        for file in sorted((root / side).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if "@policy(" in text or "@event(" in text:
                found += _declared(text, str(file))
    return tuple(found)


def _declared(text: str, file: str) -> Iterator[Named]:
    """What the decorators of one source file declare."""
    for node in ast.walk(ast.parse(text, file)):
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            continue
        description = (ast.get_docstring(node) or "").strip().partition("\n")[0].strip()
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Name):
                continue
            words = [argument.value for argument in decorator.args if isinstance(argument, ast.Constant)]
            if decorator.func.id == "policy" and len(words) == 2:
                yield Named(str(words[1]), str(words[0]), "policy", description)
            elif decorator.func.id == "event" and words and isinstance(node, ast.FunctionDef):
                kinds = [keyword.value for keyword in decorator.keywords if keyword.arg == "kind"]
                kind = str(kinds[0].value) if kinds and isinstance(kinds[0], ast.Constant) else "inject"
                yield Named(str(words[0]), "", kind, description, arguments=_arguments(node))


def _arguments(function: ast.FunctionDef) -> tuple[str, ...] | None:
    """The keys an event takes, as written in a file, or None where the function takes any (`**args`)."""
    if function.args.kwarg is not None:
        return None
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    return tuple({"for_minutes": "for"}.get(name, name) for name in names[1:])


@cache
def _of_package(module: str) -> str:
    """`name==version` of the distribution that holds a module."""
    owners = packages_distributions().get(module.partition(".")[0], [])
    return f"{owners[0]}=={version(owners[0])}" if owners else module


def _plugged_in() -> Iterator[Named]:
    for policy in registry.policies():
        if policy.module.partition(".")[0] != "sim":
            yield Named(policy.name, policy.slot, "policy", policy.description, _of_package(policy.module))
    for event in registry.events():
        if event.module.partition(".")[0] != "sim":
            yield Named(event.name, "", event.kind, event.description, _of_package(event.module))


def policies(slot: str | None = None) -> list[Named]:
    """Every policy, of one slot or all, sorted by slot and name. Raises RegistryError for a broken plug-in."""
    found = {(item.slot, item.name): item for item in (*_built_in(), *_plugged_in()) if item.slot}
    return [found[key] for key in sorted(found) if slot is None or key[0] == slot]


def events() -> list[Named]:
    """Every event, sorted by name. Raises RegistryError for a broken plug-in."""
    found = {item.name: item for item in (*_built_in(), *_plugged_in()) if not item.slot}
    return [found[name] for name in sorted(found)]
