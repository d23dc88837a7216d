"""The values of a scenario that no source supports, each with the range in which it may lie.

They are the default factors of a sensitivity study. The default of a quantity counts when its source in the
table of parameters is tagged `[a]`, when it names no source, or when it is declared an assumption. A choice
(a policy, a word, yes or no) is no assumption: it is what a scenario compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import MultipleOf
from pydantic import BaseModel, TypeAdapter, ValidationError

from sim.scenario import types
from sim.scenario.load import Scenario


@dataclass(frozen=True, slots=True)
class Assumption:
    """A value nobody measured. `value`, `low` and `high` are written as in a file; a range may be absent."""

    path: str
    value: Any
    low: Any
    high: Any
    source: str
    description: str
    written: bool  # True where the scenario states the value itself instead of taking the default
    nominal: bool  # True where nobody stated a range and half to double stands in for one
    multiple: int = 1  # whole numbers are multiples of it

    @property
    def ranged(self) -> bool:
        """Whether there is a range to sweep."""
        return self.low is not None and self.high is not None


def assumptions(scenario: Scenario) -> list[Assumption]:
    """Every assumption in force, in the order of the model."""
    return in_force(scenario.config, scenario.resolved, scenario.origins)


def in_force(config: BaseModel, resolved: Mapping[str, Any], origins: Mapping[str, Any]) -> list[Assumption]:
    """The same of a checked document, with what it resolves to and what a file or an override states."""
    return list(_walk(config, resolved, "", origins))


def _walk(value: Any, resolved: Any, prefix: str, origins: Mapping[str, Any]) -> Iterator[Assumption]:
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            key = types.field_key(name, field)
            path = f"{prefix}{key}"
            inner, text = getattr(value, name), resolved[key]
            note = types.extra(field)
            if note.get("assumption") and isinstance(inner, (int, float)) and not isinstance(inner, bool):
                low, high = _as_written(field, note.get("low")), _as_written(field, note.get("high"))
                nominal = low is None or high is None
                if nominal:
                    low, high = _half_to_double(field, inner, text)
                source, description = str(note.get("source", "")), field.description or ""
                yield Assumption(path, text, low, high, source, description, path in origins, nominal, _multiple(field))
            else:
                yield from _walk(inner, text, f"{path}.", origins)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, resolved[str(key)], f"{prefix}{key}.", origins)
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _walk(inner, resolved[index], f"{prefix}{index}.", origins)


def _as_written(field: Any, bound: Any) -> Any:
    """The bound in the field's own canonical text, or None where the field would not accept it."""
    if bound is None:
        return None
    adapter: TypeAdapter[Any] = TypeAdapter(_annotated(field))
    try:
        return adapter.dump_python(adapter.validate_python(bound), mode="json")
    except ValidationError:
        return None


def _multiple(field: Any) -> int:
    """What the field's whole numbers are multiples of."""
    found: list[Any] = [item.multiple_of for item in field.metadata if isinstance(item, MultipleOf)]
    return int(found[0]) if found else 1


def _half_to_double(field: Any, value: float, text: Any) -> tuple[Any, Any]:
    """Half and double a number, nearer to it where the field allows no more; nothing for a number of zero."""
    if value == 0:
        return None, None
    write = types.writer(types.kinds(field.annotation, field.metadata)) if isinstance(text, str) else None

    def furthest(*tries: float) -> Any:
        for number in tries:
            whole = round(number) if isinstance(value, int) else number
            bound = _as_written(field, write(whole) if write is not None else whole)
            if bound is not None and bound != text:
                return bound
        return text

    return furthest(value / 2, value * 0.75), furthest(value * 2, value * 1.5, (1 + value) / 2, value * 1.25)


def _annotated(field: Any) -> Any:
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
