"""Names of policies and events: declared by a decorator, found by name, extended by installed packages.

A *policy* fills a slot of a scenario (`supply.replenishment`) and writes its side's board. An *event*
is something that befalls a side (`kind="inject"`) or that people do (`kind="action"`)::

    @policy("supply.replenishment", "dynamic")
    class Dynamic:
        '''Order up to a forecast of demand over lead time and review period.'''

    @event("supply.fail", kind="inject")
    def fail(market, target=None, **args):
        '''A supplier stops shipping.'''

A package adds its own by naming a module in the entry-point group `sim618.policies`; importing that
module runs its decorators. Registering alone never changes a run.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sim.core.errors import RegistryError

GROUP = "sim618.policies"

Kind = Literal["inject", "action"]
_T = TypeVar("_T")
_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    """A policy class under its slot and name."""

    slot: str
    name: str
    factory: Any
    description: str
    module: str
    package: str = ""  # `name==version` of the distribution whose entry point brought it

    @property
    def built_in(self) -> bool:
        """Whether it is of this package."""
        return _is_built_in(self.module)


@dataclass(frozen=True, slots=True)
class EventEntry:
    """An event function under its dotted name; the first part of the name is the side."""

    name: str
    kind: Kind
    function: Callable[..., Any]
    description: str
    module: str
    like: str = ""
    needs: str = ""
    forbids: str = ""
    requires: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    package: str = ""  # as of a policy

    @property
    def built_in(self) -> bool:
        """Whether it is of this package."""
        return _is_built_in(self.module)

    @property
    def arguments(self) -> tuple[str, ...] | None:
        """The keys an entry of a file may write beside `at` and `do`: the function's parameters. None: any (`**args`)."""
        parameters = list(inspect.signature(self.function).parameters.values())
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            return None
        return tuple(key_of(parameter.name) for parameter in parameters[1:])

    def takes(self, key: str) -> bool:
        """Whether the event has a use for a key of an entry, such as `target` or `for`."""
        return self.arguments is None or key in self.arguments


def key_of(parameter: str) -> str:
    """The key in a file of a parameter of an event's function: `for` of `for_minutes`."""
    return "for" if parameter == "for_minutes" else parameter


_policies: dict[tuple[str, str], PolicyEntry] = {}
_events: dict[str, EventEntry] = {}
_plugins_loaded = False
_loading = ""  # `name==version` of the distribution whose entry point is being loaded


def _is_built_in(module: str) -> bool:
    return module.partition(".")[0] == "sim"


def policy(slot: str, name: str) -> Callable[[_T], _T]:
    """Register the decorated class as the policy `name` for `slot`. Raises RegistryError on a duplicate."""
    _check_name(slot)
    _check_name(name)

    def register(factory: _T) -> _T:
        entry = PolicyEntry(slot, name, factory, _first_line(factory), factory.__module__, _loading)
        old = _policies.get((slot, name))
        if old is not None and not _same_origin(old.factory, factory):
            raise RegistryError(f"policy {name!r} of {slot} is declared twice: in {old.module} and {entry.module}")
        _policies[slot, name] = entry
        return factory

    return register


def event(
    name: str,
    *,
    kind: Kind = "inject",
    like: str = "",
    needs: str = "",
    forbids: str = "",
    requires: tuple[str, ...] = (),
    one_of: tuple[str, ...] = (),
) -> Callable[[_T], _T]:
    """Register the decorated function as the event `name`. Raises RegistryError on a duplicate.

    The parameters are the keys a file may write, and nothing else: an event that has no target or that does not last
    leaves `target` or `for_minutes` out. Annotations say what each may be. Both are checked when the file is loaded.
    `like` names a section (`threats.config.Waf`) whose keys the parameters of the same names are. `needs` is a key that
    the scenario must have (`oversight.licences`, or with its values, `supply.sourcing.policy=backup,emergency_pool`),
    `forbids` one that it must not have. Arguments that `requires` names must be written, and exactly one of `one_of`.
    All are literals: the catalogue reads them from the source text.
    """
    _check_name(name)
    if kind not in ("inject", "action"):
        raise RegistryError(f"event {name!r}: kind must be 'inject' or 'action', found {kind!r}")

    def register(function: _T) -> _T:
        entry = EventEntry(
            name, kind, function, _first_line(function), function.__module__,  # type: ignore[arg-type]
            like, needs, forbids, requires, one_of, _loading,
        )  # fmt: skip
        old = _events.get(name)
        if old is not None and not _same_origin(old.function, function):
            raise RegistryError(f"event {name!r} is declared twice: in {old.module} and {entry.module}")
        _events[name] = entry
        return function

    return register


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise RegistryError(f"{name!r} is no name: lower-case words of letters, digits and _, joined by dots")


def _first_line(thing: Any) -> str:
    return (thing.__doc__ or "").strip().partition("\n")[0].strip()


def _same_origin(old: Any, new: Any) -> bool:
    """True where the same source is executed again (a reload), which replaces instead of clashing."""
    return (old.__module__, old.__qualname__) == (new.__module__, new.__qualname__)


def load_plugins() -> None:
    """Import every module named by an installed package in the group `sim618.policies`, once.

    Raises RegistryError naming the package when one cannot be imported.
    """
    global _plugins_loaded, _loading
    if _plugins_loaded:
        return
    _plugins_loaded = True
    points = sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    for point in points:
        try:
            _loading = f"{point.dist.name}=={point.dist.version}" if point.dist is not None else ""
            point.load()
        except Exception as error:
            _plugins_loaded = False
            owner = point.dist.name if point.dist is not None else point.value
            raise RegistryError(f"plug-in {point.name!r} of package {owner} cannot be loaded: {error}") from error
        finally:
            _loading = ""


def policies(slot: str | None = None) -> list[PolicyEntry]:
    """Registered policies, of one slot or all, sorted by slot and name."""
    load_plugins()
    return [_policies[key] for key in sorted(_policies) if slot is None or key[0] == slot]


def events(side: str | None = None) -> list[EventEntry]:
    """Registered events, of one side or all, sorted by name."""
    load_plugins()
    return [_events[name] for name in sorted(_events) if side is None or name.split(".")[0] == side]


def get_policy(slot: str, name: str) -> Any:
    """The policy class of this name.

    Raises RegistryError listing what there is, or saying what a package's policy lacks that its slot asks for.
    """
    load_plugins()
    entry = _policies.get((slot, name))
    if entry is None:
        known = ", ".join(entry.name for entry in policies(slot)) or "none"
        raise RegistryError(f"no policy {name!r} for {slot}; there is: {known}")
    if not entry.built_in:
        check_interface(entry)
    return entry.factory


@dataclass(frozen=True, slots=True)
class Interface:
    """What a slot asks of a policy, read from the built-in ones."""

    slot: str
    arguments: tuple[str, ...] | None  # which the class is made with, in this order; None: not known
    members: dict[str, Any]  # methods and class attributes by name, as the first class that has them defines them
    module: str = ""  # of a built-in policy, to learn from


def interface(slot: str) -> Interface:
    """What all built-in policies of a slot have in common: how they are made, and their public methods and attributes.

    Only those count whose modules are imported; with none of them nothing is asked.
    """
    built_in = [entry.factory for entry in policies(slot) if entry.built_in]
    if not built_in:
        return Interface(slot, None, {})
    members: dict[str, Any] = {}
    for base in reversed(built_in[0].__mro__[:-1]):
        for name in vars(base):
            if not name.startswith("_") and all(hasattr(one, name) for one in built_in):
                members.setdefault(name, getattr(base, name))
    longest = max((tuple(inspect.signature(one).parameters) for one in built_in), key=len)
    return Interface(slot, longest, members, built_in[0].__module__)


def check_interface(entry: PolicyEntry) -> None:
    """Raise RegistryError where a package's policy lacks what its slot asks of it."""
    asked = interface(entry.slot)
    whose = f"policy {entry.name!r} of {entry.slot} ({entry.package or entry.module})"
    lacking = [name for name in asked.members if not hasattr(entry.factory, name)]
    if lacking:
        raise RegistryError(f"{whose}: found no {', '.join(lacking)}, accepted: a class with {', '.join(asked.members)}")
    if asked.arguments is None:
        return
    try:
        inspect.signature(entry.factory).bind(*asked.arguments)
    except TypeError:
        given = ", ".join(asked.arguments)
        raise RegistryError(
            f"{whose}: found a class made with {inspect.signature(entry.factory)}, accepted: one made with ({given})"
        ) from None


def get_event(name: str) -> EventEntry:
    """The event of this name. Raises RegistryError listing the events of the same side."""
    load_plugins()
    entry = _events.get(name)
    if entry is None:
        known = ", ".join(entry.name for entry in events(name.split(".")[0])) or "none"
        raise RegistryError(f"no event {name!r}; there is: {known}")
    return entry
