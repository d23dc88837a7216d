"""What a model says about a place in a document: its fields, its unit, its default."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, PlainSerializer
from pydantic.fields import FieldInfo

from sim.core.added import Added, OpenSection
from sim.scenario.nodes import Key, Path


@dataclass(frozen=True, slots=True)
class Kind:
    """One type a place may have: the bare annotation, its metadata, and the field that declares it."""

    annotation: Any
    metadata: tuple[Any, ...] = ()
    field: FieldInfo | None = None

    @property
    def model(self) -> type[BaseModel] | None:
        """The model class, where the place holds a mapping with fixed keys."""
        is_model = isinstance(self.annotation, type) and issubclass(self.annotation, BaseModel)
        return self.annotation if is_model else None

    def has(self, unit: Any) -> bool:
        """Whether the type was declared with the unit type `unit` of `sim.core.units`."""
        return any(mine is other for mine in self.metadata for other in unit.__metadata__)


def kinds(annotation: Any, metadata: Iterable[Any] = (), field: FieldInfo | None = None) -> Iterator[Kind]:
    """The alternatives of an annotation, with unions, `Annotated` and type aliases taken apart."""
    metadata = tuple(metadata)
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        yield from kinds(inner, (*metadata, *more), field)
        for mark in more:
            if isinstance(mark, Added):
                yield from (Kind(model, metadata, field) for model in mark.models().values())
    elif origin is Union or origin is types.UnionType:
        for member in get_args(annotation):
            yield from kinds(member, metadata, field)
    elif hasattr(annotation, "__value__"):
        yield from kinds(annotation.__value__, metadata, field)
    else:
        yield Kind(annotation, metadata, field)


def field_key(name: str, field: FieldInfo) -> str:
    """The key of a field in a file."""
    return field.alias or name


def extra(field: FieldInfo | None) -> dict[str, Any]:
    """What `param` notes with a field: source, low, high, assumption; empty for a field without."""
    noted = field.json_schema_extra if field is not None else None
    return dict(noted) if isinstance(noted, dict) else {}


def step(kind: Kind, key: Key) -> Iterator[Kind]:
    """The kinds of what lies under `key`; none where the type has no such key."""
    if kind.model is not None:
        for name, field in kind.model.model_fields.items():
            if key in (field_key(name, field), name):
                yield from kinds(field.annotation, field.metadata, field)
        if issubclass(kind.model, OpenSection) and key in kind.model.added():
            yield Kind(kind.model.added()[str(key)])
        return
    origin, arguments = get_origin(kind.annotation), get_args(kind.annotation)
    if origin is tuple and isinstance(key, int) and arguments:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            yield from kinds(arguments[0])
        elif key < len(arguments):
            yield from kinds(arguments[key])
    elif isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) == 2:
        yield from kinds(arguments[1])
    elif isinstance(origin, type) and issubclass(origin, (Sequence, set, frozenset)) and arguments:
        yield from kinds(arguments[0])


def at(model: type[BaseModel], path: Path, data: Any = None) -> list[Kind]:
    """The kinds a model allows at a path. With `data` (the plain document) tagged unions narrow to one member."""
    here = list(kinds(model))
    for key in path:
        here = [kind for kind in narrow(here, data) for kind in step(kind, key)]
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            data = None
    return narrow(here, data)


def narrow(here: list[Kind], data: Any) -> list[Kind]:
    """Of several models keep those whose literal fields (`kind: flash`) agree with `data`, if any does."""
    models = [kind for kind in here if kind.model is not None]
    if len(models) < 2 or not isinstance(data, Mapping):
        return here
    agreeing = [kind for kind in models if _tags_agree(kind.model, data)]
    return agreeing or here


def _tags_agree(model: type[BaseModel] | None, data: Mapping[Any, Any]) -> bool:
    assert model is not None
    tagged = False
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) is Literal and field_key(name, field) in data:
            tagged = True
            if data[field_key(name, field)] not in get_args(field.annotation):
                return False
    return tagged


def keys(here: Iterable[Kind]) -> list[str]:
    """The keys people may write in every model among the kinds, in declared order, each once."""
    found: dict[str, None] = {}
    for kind in here:
        if kind.model is not None:
            for name, field in kind.model.model_fields.items():
                if not extra(field).get("filled_in"):
                    found[field_key(name, field)] = None
            if issubclass(kind.model, OpenSection):
                found |= dict.fromkeys(kind.model.added())
    return list(found)


def writer(here: Iterable[Kind]) -> Callable[[Any], str] | None:
    """The function that writes a number of this place as text with its unit, if it has a unit."""
    for kind in here:
        for item in kind.metadata:
            if isinstance(item, PlainSerializer):
                write: Callable[[Any], str] = item.func  # type: ignore[assignment]
                return write
    return None
