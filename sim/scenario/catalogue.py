"""The names of all policies and events, found without importing the code behind them.

Checking a file must be quick, while importing the sides compiles kernels. So the decorators
`@policy(slot, name)` and `@event(name, kind=...)` of the package are read from its source text; policies of
installed packages (entry points) are imported, for nobody knows their names otherwise.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_type_hints

from pydantic import Field, TypeAdapter, create_model
from pydantic.errors import PydanticUserError

import sim
from sim.core import arguments, registry, units
from sim.core.config import Section

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
    module: str = ""  # that declares a built-in one
    arguments: tuple[str, ...] | None = None  # keys an event takes beside `at` and `do`, None: any
    types: tuple[tuple[str, str], ...] = ()  # key and annotation of each argument, as in the source
    defaults: tuple[tuple[str, Any], ...] = ()  # key and default of each argument that states one
    function: Callable[..., Any] | None = None  # of an event of a package, which is imported anyway
    like: str = ""
    needs: str = ""
    forbids: str = ""
    requires: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()

    @property
    def side(self) -> str:
        """The side an event befalls."""
        return self.name.partition(".")[0]

    def takes(self, key: str) -> bool:
        """Whether an event has a use for a key of its entry, such as `target` or `for`."""
        return self.arguments is None or key in self.arguments

    @property
    def model(self) -> type[Section]:
        """What an event's arguments may be, as a section; empty for a policy."""
        return _model(self)


@cache
def _built_in() -> tuple[Named, ...]:
    root = Path(sim.__file__).parent
    found: list[Named] = []
    for side in _SIDES:
        for file in sorted((root / side).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if "@policy(" in text or "@event(" in text:
                found += _declared(text, ".".join(("sim", *file.relative_to(root).with_suffix("").parts)))
    return tuple(found)


def _declared(text: str, module: str) -> Iterator[Named]:
    """What the decorators of one source file declare."""
    for node in ast.walk(ast.parse(text, module)):
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            continue
        description = (ast.get_docstring(node) or "").strip().partition("\n")[0].strip()
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Name):
                continue
            words = [argument.value for argument in decorator.args if isinstance(argument, ast.Constant)]
            if decorator.func.id == "policy" and len(words) == 2:
                yield Named(str(words[1]), str(words[0]), "policy", description, module=module)
            elif decorator.func.id == "event" and words and isinstance(node, ast.FunctionDef):
                kinds = [keyword.value for keyword in decorator.keywords if keyword.arg == "kind"]
                kind = str(kinds[0].value) if kinds and isinstance(kinds[0], ast.Constant) else "inject"
                yield Named(
                    str(words[0]), "", kind, description, arguments=_arguments(node), types=_types(node),
                    defaults=_defaults(node), **_told(decorator)
                )  # fmt: skip


def _told(decorator: ast.Call) -> dict[str, Any]:
    """What a decorator says of an event beside its name and kind."""
    return {
        keyword.arg: ast.literal_eval(keyword.value)
        for keyword in decorator.keywords
        if keyword.arg in ("like", "needs", "forbids", "requires", "one_of")
    }


def _types(function: ast.FunctionDef) -> tuple[tuple[str, str], ...]:
    """Annotations of an event's arguments by key; `for` is read with the event itself."""
    given = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)[1:]
    return tuple(
        (argument.arg, ast.unparse(argument.annotation) if argument.annotation is not None else "Any")
        for argument in given
        if argument.arg != "for_minutes"
    )


def _defaults(function: ast.FunctionDef) -> tuple[tuple[str, Any], ...]:
    """The defaults of an event's arguments that are not None, by key: what is so if the key is left out."""
    named = [*function.args.posonlyargs, *function.args.args]
    pairs = [*zip(reversed(named), reversed(function.args.defaults), strict=False)][::-1]
    pairs += [(key, value) for key, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if value]
    found = [(registry.key_of(key.arg), ast.literal_eval(value)) for key, value in pairs]
    return tuple((key, value) for key, value in found if value is not None)


def _written(kind: Any) -> Any:
    """A kind of argument without nothing."""
    parts = get_args(kind)
    return Union[tuple(part for part in parts if part is not type(None))] if type(None) in parts else kind  # noqa: UP007


@cache
def _model(event: Named) -> type[Section]:
    """The annotations of an event's function as a section."""
    space: dict[str, Any] = {**vars(importlib.import_module(f"sim.{event.side}.config"))} if event.side in _SIDES[:9] else {}
    space |= {"Any": Any, "Annotated": Annotated, "Literal": Literal, "Field": Field, **vars(units), **vars(arguments)}
    alike: dict[str, Any] = {}
    if event.like:
        module, _, name = event.like.rpartition(".")
        alike = getattr(importlib.import_module(f"sim.{module}"), name).model_fields
    fields: dict[str, Any] = {}
    stated = event.types if event.function is None else _hints(event.function)
    for key, annotation in stated:
        if key in alike:
            field = alike[key]
            kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        else:
            kind = eval(annotation, space) if isinstance(annotation, str) else annotation  # our own source text
        fields[key] = (_written(kind) if key in event.requires else kind, ... if key in event.requires else Field(default=None, validate_default=False))
    return create_model(event.name, __base__=Section, **fields)


def _arguments(function: ast.FunctionDef) -> tuple[str, ...] | None:
    """The keys an event takes, as written in a file, or None where the function takes any (`**args`)."""
    if function.args.kwarg is not None:
        return None
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    return tuple(registry.key_of(name) for name in names[1:])


def _hints(function: Callable[..., Any]) -> tuple[tuple[str, Any], ...]:
    """What a package's event takes, by key without `for`. What no file can be checked against is left to the event."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError):
        hints = {}
    found = []
    for parameter in parameters:
        if registry.key_of(parameter.name) == "for" or parameter.kind is parameter.VAR_KEYWORD:
            continue
        kind = hints.get(parameter.name, Any)
        try:
            TypeAdapter(kind)
        except PydanticUserError:
            kind = Any
        found.append((parameter.name, kind))
    return tuple(found)


@cache
def _of_package(module: str) -> str:
    """`name==version` of the distribution that holds a module."""
    owners = packages_distributions().get(module.partition(".")[0], [])
    return f"{owners[0]}=={version(owners[0])}" if owners else module


def _plugged_in() -> Iterator[Named]:
    for policy in registry.policies():
        if not policy.built_in:
            package = policy.package or _of_package(policy.module)
            yield Named(policy.name, policy.slot, "policy", policy.description, package)
    for event in registry.events():
        if not event.built_in:
            yield Named(
                event.name, "", event.kind, event.description, event.package or _of_package(event.module),
                arguments=event.arguments, function=event.function, like=event.like, needs=event.needs, forbids=event.forbids,
                requires=event.requires, one_of=event.one_of,
            )  # fmt: skip


def packages(names: Callable[[], set[str]]) -> dict[str, str]:
    """The package (`name==version`) of each policy and event in use that is not built in. Raises RegistryError.

    Policies are named `slot.name`, events `side.name`: no event has the name of a slot with one word more. `names` is
    asked only where packages add any.
    """
    plugged = {f"{item.slot}.{item.name}": item.package for item in policies() if item.package}
    plugged |= {item.name: item.package for item in events() if item.package}
    return {name: plugged[name] for name in sorted(names() & set(plugged))} if plugged else {}


def _all() -> dict[tuple[str, str], Named]:
    """Every policy and event by slot and name. Raises RegistryError for a broken plug-in, or one that takes a name there is."""
    found = {(item.slot, item.name): item for item in _built_in()}
    for item in _plugged_in():
        old = found.get((item.slot, item.name))
        if old is not None:
            what = f"policy {item.name!r} of {item.slot}" if item.slot else f"event {item.name!r}"
            raise registry.RegistryError(f"{what} is declared twice: in {old.module} and {item.package}")
        found[item.slot, item.name] = item
    return found


def policies(slot: str | None = None) -> list[Named]:
    """Every policy, of one slot or all, sorted by slot and name. Raises RegistryError for a broken plug-in."""
    found = {key: item for key, item in _all().items() if item.slot}
    return [found[key] for key in sorted(found) if slot is None or key[0] == slot]


def interfaces() -> list[registry.Interface]:
    """What each slot asks of a policy, in the order of their names."""
    return [interface(slot) for slot in sorted({item.slot for item in _built_in() if item.slot})]


def interface(slot: str) -> registry.Interface:
    """What a slot asks of a policy. Imports the modules of its built-in ones."""
    for item in _built_in():
        if item.slot == slot:
            importlib.import_module(item.module)
    return registry.interface(slot)


def events() -> list[Named]:
    """Every event, sorted by name. Raises RegistryError for a broken plug-in."""
    found = {item.name: item for item in _all().values() if not item.slot}
    return [found[name] for name in sorted(found)]
