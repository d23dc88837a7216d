"""The values of a scenario that no source supports, each with the range in which it may lie.

They are the default factors of a sensitivity study. A default counts when its source in the table of
parameters is tagged `[a]`, when it names no source, or when it is declared an assumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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

    @property
    def ranged(self) -> bool:
        """Whether there is a range to sweep."""
        return self.low is not None and self.high is not None


def assumptions(scenario: Scenario) -> list[Assumption]:
    """Every assumption in force, in the order of the model."""
    origins = scenario.origins
    return list(_walk(scenario.config, scenario.resolved, "", origins))


def _walk(value: Any, resolved: Any, prefix: str, origins: Mapping[str, Any]) -> Iterator[Assumption]:
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            key = types.field_key(name, field)
            path = f"{prefix}{key}"
            inner, text = getattr(value, name), resolved[key]
            note = types.extra(field)
            if note.get("assumption") and not isinstance(text, (dict, list)):
                low, high = _as_written(field, note.get("low")), _as_written(field, note.get("high"))
                written = path in origins
                source, description = str(note.get("source", "")), field.description or ""
                yield Assumption(path, text, low, high, source, description, written)
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


def _annotated(field: Any) -> Any:
    from typing import Annotated

    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
