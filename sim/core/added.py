"""Sections of their own that policies of packages bring: entries of a union, or keys of a section.

Most slots are filled by a name. In two places each policy has a section of its own: a list whose entries say their `kind`
(`Added`), and a section with a key for each (`OpenSection`). A package's policy names its section by the class attribute
`section`; the built-in ones stand in the models themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, PydanticKnownError, core_schema

from sim.core import registry
from sim.core.config import Section, Slot
from sim.core.errors import RegistryError


def sections(slot: str) -> dict[str, type[Section]]:
    """The section of each policy that packages add to a slot, by name. A package that cannot be loaded adds none."""
    try:
        entries = registry.policies(slot)
    except RegistryError:
        return {}  # told where the names of policies are checked
    own = {entry.name: getattr(entry.factory, "section", None) for entry in entries if not entry.built_in}
    return {name: one for name, one in own.items() if isinstance(one, type) and issubclass(one, Section)}


@cache
def _tagged(section: type[Section], slot: str, tag: str, name: str) -> type[Section]:
    """A package's section with the key that says its name."""
    word: Any = Annotated[Literal[name], Slot(slot)]  # type: ignore[valid-type]
    fields: dict[str, Any] = {tag: (word, ...)}
    return create_model(section.__name__, __base__=section, __doc__=section.__doc__, **fields)


@dataclass(frozen=True, slots=True)
class Added:
    """Marks a union of sections told apart by the key `tag` to which packages add: `Annotated[BuyOut | C2m, Added(...)]`."""

    slot: str
    tag: str

    def models(self) -> dict[str, type[Section]]:
        """What packages add, by name."""
        return {name: _tagged(section, self.slot, self.tag, name) for name, section in sections(self.slot).items()}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def choose(value: Any, built_in: Any) -> Any:
            name = value.get(self.tag) if isinstance(value, Mapping) else getattr(value, self.tag, None)
            models = self.models() if isinstance(name, str) else {}
            if name in models:
                return models[name].model_validate(value)
            try:
                return built_in(value)
            except ValidationError as error:
                unknown = next((one for one in error.errors() if one["type"] == "union_tag_invalid" and not one["loc"]), None)
                if unknown is None or not models:
                    raise
                known = ", ".join((unknown["ctx"]["expected_tags"], *(f"'{one}'" for one in sorted(models))))
                raise PydanticKnownError("union_tag_invalid", {**unknown["ctx"], "expected_tags": known}) from None

        def write(value: Section, info: Any) -> Any:
            return value.model_dump(mode=info.mode, by_alias=info.by_alias)

        serialization = core_schema.plain_serializer_function_ser_schema(write, info_arg=True)
        return core_schema.no_info_wrap_validator_function(choose, handler(source), serialization=serialization)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Editors check the built-in kinds and let pass those of packages."""
        built_in = handler(schema)
        names = list(built_in["discriminator"]["mapping"])
        other = {"type": "object", "required": [self.tag], "properties": {self.tag: {"type": "string", "not": {"enum": names}}}}
        return {"anyOf": [built_in, other]}


class OpenSection(Section):
    """A section with a key for each policy of its `slot`; those of packages are checked by the sections they bring."""

    model_config = ConfigDict(extra="allow")

    slot: ClassVar[str]

    @classmethod
    def added(cls) -> dict[str, type[Section]]:
        """The keys that packages add."""
        return sections(cls.slot)

    @property
    def others(self) -> dict[str, Section]:
        """The sections of packages' policies that are written, in the order of their names."""
        return {name: value for name, value in sorted((self.model_extra or {}).items()) if value is not None}

    @model_validator(mode="after")
    def _added_by_packages(self) -> OpenSection:
        written = self.model_extra or {}
        known = self.added() if written else {}
        wrong: list[InitErrorDetails] = []
        for name, value in written.items():
            if name not in known:
                wrong.append(InitErrorDetails(type="extra_forbidden", loc=(name,), input=value))
            elif value is not None and not isinstance(value, known[name]):
                try:
                    written[name] = known[name].model_validate(value)
                except ValidationError as error:
                    wrong += [
                        InitErrorDetails(
                            type=PydanticCustomError(one["type"], one["msg"], one.get("ctx")),  # type: ignore[arg-type]
                            loc=(name, *one["loc"]),
                            input=one["input"],
                        )
                        for one in error.errors(include_url=False)
                    ]
        if wrong:
            raise ValidationError.from_exception_data(type(self).__name__, wrong)
        return self


def used(value: Any) -> Iterator[str]:
    """`slot.name` of every policy of a package whose section is written in an open section at or below `value`."""
    if isinstance(value, OpenSection):
        yield from (f"{value.slot}.{name}" for name in value.others)
    if isinstance(value, Section):
        for inner in value.__dict__.values():
            yield from used(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from used(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from used(inner)
