"""The base of every section of a scenario file, and defaults that know where they come from.

A side's `config.py` derives its sections from `Section` and gives each quantity a unit type from
`sim.core.units`. `param` sets a default together with its source in `parameters.csv`::

    class Basket(Section):
        abandonment: Share = param("70.19%", "T09", "world mean of cart abandonment")
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, PydanticUndefined

from sim.core.errors import UnitError
from sim.core.parameters import parameters
from sim.core.quantities import parse_money, parse_money_rate, parse_rate
from sim.core.tables import Fault

DATA_SUFFIXES = (".csv", ".parquet")
DATA_ACCEPTED = "the name of a .csv or .parquet file inside the scenario's folder, such as traces/demand.csv"

_STRICT_SCALARS = {"int", "float", "bool", "str"}
_ID = re.compile(r"[A-Z][0-9]{2}")


def _make_scalars_strict(node: Any) -> None:
    """Set `strict` on every scalar of a core schema and leave containers lax, so that a YAML list fits a tuple."""
    if isinstance(node, dict):
        if node.get("type") in _STRICT_SCALARS:
            node["strict"] = True
        for value in node.values():
            if isinstance(value, (dict, list, tuple)):
                _make_scalars_strict(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            _make_scalars_strict(value)


class Section(BaseModel):
    """One mapping of a scenario file: unknown keys refused, values frozen, scalars strict, numbers finite.

    Scalars are strict (`"5"` is no number, `true` is no 1); a list fills a list, tuple or set.
    Defaults are validated like written values, so they are written with units too.

    A field's default may give a section other values than the section's own defaults: a regional warehouse keeps 30% of the
    goods, a warehouse of no special kind all of them. Who writes some keys of that section leaves the others as the field
    gives them. See `given`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _make_scalars_strict(schema)
        return schema

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema notes what is given; who publishes it shows these values where the section's own would stand."""
        found = handler(schema)
        properties = handler.resolve_ref_schema(found).get("properties", {})
        for key, one in given(cls).items():
            if key in properties:
                properties[key]["given"] = dict(one.values)
        return found

    @model_validator(mode="before")
    @classmethod
    def _keep_what_is_given(cls, data: Any) -> Any:
        """Keys of a section that are not written stay as the default of the field that holds the section gives them."""
        if not isinstance(data, dict):
            return data
        kept = {key: kept_with(one, data[key]) for key, one in given(cls).items() if key in data}
        return {**data, **kept} if kept else data

    def arrange(self) -> None:
        """Put every mapping of names below into the order of its names.

        What a file says must not depend on the order in which it says it: entries of a mapping are numbered, and
        numbers name draws.
        """
        for name, value in self.__dict__.items():
            self.__dict__[name] = _arranged(value)

    def faults(self, field: str, frame: Any) -> Iterable[Fault]:
        """What is wrong with the table (a DataFrame) that the `DataFile` called `field` of this section names."""
        return ()


def _arranged(value: Any) -> Any:
    """The value of a field with its mappings in the order of their names."""
    if isinstance(value, Section):
        value.arrange()
    elif isinstance(value, dict):
        return {name: _arranged(inner) for name, inner in sorted(value.items())}
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _arranged(inner)
    return value


@dataclass(frozen=True, slots=True)
class Given:
    """What the default of a field says of the section it holds: the values, as a file would write them."""

    model: type[BaseModel]
    values: Mapping[str, Any]


@cache
def given(model: type[BaseModel]) -> dict[str, Given]:
    """What the defaults of a model's fields give to the sections they hold, by key.

    Mappings by names of the user's and lists are no sections, and a default in a short form (`3` for `{min: 3, max: 3}`)
    stands for the whole: neither gives anything.
    """
    found: dict[str, Given] = {}
    for name, field in model.model_fields.items():
        one = _given(field)
        if one is not None and one.values:
            found[field.alias or name] = one
    return found


def _given(field: FieldInfo) -> Given | None:
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined or not isinstance(default, (BaseModel, dict)):
        return None
    choices = list(_models(field.annotation))
    if not choices:
        return None
    kind: type[BaseModel] | None = type(default) if isinstance(default, BaseModel) else None
    if kind is None:
        held = TypeAdapter[Any](field.annotation).validate_python(default)  # type: ignore[arg-type]
        kind = type(held) if isinstance(held, BaseModel) else None
    if kind is None:
        return None
    values = default if isinstance(default, dict) else default.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if len(choices) > 1:
        # the key that tells alternatives apart goes without saying too
        values = {**{key: word for key, word in _tags(kind).items() if isinstance(word, str)}, **values}
    return Given(kind, values)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models among the alternatives of an annotation; not those inside its lists and mappings."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is Annotated:
        yield from _models(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for member in get_args(annotation):
            yield from _models(member)


def _tags(model: type[BaseModel]) -> dict[str, Any]:
    """The keys that say of what kind a section is, with what the model itself says: a word that is its only one, a policy."""
    return {
        field.alias or name: field.default
        for name, field in model.model_fields.items()
        if (get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1)
        or any(isinstance(item, Slot) for item in field.metadata)
    }


def kept_with(one: Given, written: Any) -> Any:
    """What is written of a section, with the values given that it does not name; of another kind only what is written."""
    if not isinstance(written, dict):
        return written
    for key, word in _tags(one.model).items():
        if key in written and written[key] != one.values.get(key, word):
            return written
    merged = {**one.values, **written}
    for name, field in one.model.model_fields.items():
        key = field.alias or name
        inner, outer = written.get(key), one.values.get(key)
        if isinstance(inner, dict) and isinstance(outer, dict):
            kinds = list(_models(field.annotation))
            if len(kinds) == 1:
                merged[key] = kept_with(Given(kinds[0], outer), inner)
    return merged


def _data_file(value: object) -> str:
    if isinstance(value, str) and len(value) <= 1_000 and value.endswith(DATA_SUFFIXES):
        path = PurePosixPath(value)
        if not path.is_absolute() and "\\" not in value:
            return str(path)
    raise PydanticCustomError("file", "accepted: {accepted}", {"accepted": DATA_ACCEPTED})


DataFile: TypeAlias = Annotated[
    str,
    BeforeValidator(_data_file, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[^/\\][^\\]*\.(csv|parquet)$", "description": DATA_ACCEPTED}),
]
"""A table beside the scenario, written `traces/demand.csv`; `Scenario.table` reads it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Marks a field that names a policy of this slot: `policy: Annotated[str, Slot("supply.sourcing")]`.

    Any policy registered there is accepted, those of installed packages too; loading tells an unknown name.
    """

    name: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema notes the slot; who publishes it puts the names there are."""
        return {**handler(schema), "policy_slot": self.name}


def default(value: Any, **field: Any) -> Any:
    """A default that is a choice of this model, not a quantity of the world: a window, a length, a switch."""
    return Field(default=value, **field)


def param(
    default: Any,
    source: str = "",
    note: str = "",
    *,
    low: Any = None,
    high: Any = None,
    assumption: bool = False,
    **field: Any,
) -> Any:
    """A field default with its source.

    `source` names one or more ids of `parameters.csv` ("T09", "S13, S14") or another citation.
    `low` and `high` bound what is plausible, written like the default; left out, they are taken from the
    table and converted to the default's unit where that is possible. The default counts as an
    assumption when asked so, when it has no source, or when the table tags its source `[a]`.
    `field` passes on to pydantic's `Field` (`gt`, `description`, ...). A side that it leaves open is closed far beyond
    what is plausible, where arithmetic would end: see `_far`.

    Raises ValueError for an id that the table does not have.
    """
    ids = [word for word in re.split(r"[,;\s\[\]]+", source) if _ID.fullmatch(word)]
    table = parameters()
    for id in ids:
        if id not in table:
            raise ValueError(f"param: no parameter {id!r} in parameters.csv")
    rows = [table[id] for id in ids]
    if rows and low is None and high is None:
        low, high = rows[0].low, rows[0].high
        low = None if low is None else _in_unit_of(default, low, rows[0].unit, rows[0].number)
        high = None if high is None else _in_unit_of(default, high, rows[0].unit, rows[0].number)
    extra = {
        "source": source,
        "low": low,
        "high": high,
        "assumption": bool(assumption or not source or any(row.assumption for row in rows)),
    }
    if note:
        field.setdefault("description", note)
    least, most = _far(default, low, high)
    if least is not None and not {"ge", "gt"} & field.keys():
        field["ge"] = least
    if most is not None and not {"le", "lt"} & field.keys():
        field["le"] = most
    if isinstance(default, (list, dict, set)):
        return Field(default_factory=lambda: default.copy(), json_schema_extra=extra, **field)
    return Field(default=default, json_schema_extra=extra, **field)


def _far(default: Any, low: Any, high: Any) -> tuple[float | None, float | None]:
    """The least and the most that is accepted at all of a quantity with a plausible range.

    A number without a unit may be ten times its plausible bound, for it is often an exponent, and below 0 only where that
    is plausible; whole numbers, money and rates a thousand times. Other quantities are bounded by their units.
    """
    if isinstance(default, bool) or low is None or high is None:
        return None, None
    if isinstance(default, int):
        return (0 if low >= 0 else 1_000 * low), 1_000 * max(high, default)
    if isinstance(default, float):
        return (0.0 if low >= 0.0 else 10.0 * low), 10.0 * max(abs(high), abs(low), abs(default))
    for parse in (parse_money, parse_money_rate, parse_rate):
        try:
            return None, 1_000.0 * max(parse(high), parse(default))
        except UnitError:
            continue
    return None, None


def _in_unit_of(default: Any, number: float, unit: str, centre: float | None) -> Any:
    """A table's number written in the unit of `default`, or None where the two cannot be matched."""
    if isinstance(default, bool):
        return None
    if isinstance(default, (int, float)):
        return number
    if not isinstance(default, str):
        return None
    found = re.fullmatch(r"(-?[0-9][0-9_]*(?:\.[0-9]+)?)(.*)", default)
    if found is None:
        return None
    written, suffix = float(found[1].replace("_", "")), found[2]
    for factor in (1.0, 100.0, 0.01):
        if centre is not None and abs(written - centre * factor) <= 1e-9 * max(1.0, abs(written)):
            return f"{number * factor:.12g}{suffix}"
    if suffix.strip() == "%":
        return f"{number * (1.0 if 'percent' in unit else 100.0):.12g}%"
    return None
