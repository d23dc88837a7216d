"""Types of fields read a quantity, keep a number, write a text that loads again, and publish their pattern."""

import json
import re

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from sim.core import units
from sim.core.config import Section


class Every(Section):
    """One field of each unit type."""

    duration: units.Duration = "48h"
    share: units.Share = "30%"
    percent: units.Percent = "-5%"
    money: units.Money = "1.2M CNY"
    wage: units.MoneyRate = "30 CNY/h"
    rate: units.Rate = "1000/d"
    count: units.Count = "20M"
    when: units.When = "06-18T20:00"
    clock: units.Clock = "23:00"
    cover: units.Cover = "3d of cover"
    size: units.Size = "1.6 MB"
    speed: units.Speed = "12 Mbit/s"
    maybe: units.Money | None = None
    several: tuple[units.Duration, ...] = ("1h", "80ms")
    short: units.Duration = Field("1h", gt=0, le=600)


def test_a_section_holds_numbers_and_dumps_text_that_loads_to_the_same_section():
    section = Every(maybe="50元", several=["1.5s"])
    assert (section.duration, section.share, section.when) == (2_880.0, 0.3, "06-18 20:00")
    dumped = section.model_dump(mode="json")
    assert dumped["maybe"] == "50 CNY"
    assert Every(**json.loads(json.dumps(dumped))) == section


def test_a_limit_beside_a_unit_holds_in_the_base_unit():
    with pytest.raises(ValidationError):
        Every(short="11h")
    with pytest.raises(ValidationError):
        Every(short="0h")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (units.Duration, "1.5s"),
        (units.Share, "30%"),
        (units.Percent, "-5%"),
        (units.Money, "1.2M CNY"),
        (units.Money, "3万元"),
        (units.MoneyRate, "30 CNY/h"),
        (units.Rate, "583k/s"),
        (units.When, "2026-06-18 20:00"),
        (units.Clock, "11:00"),
        (units.Cover, "3d of cover"),
        (units.Size, "1.6 MB"),
        (units.Speed, "12 Mbit/s"),
    ],
)
def test_the_published_pattern_accepts_what_the_parser_accepts(kind, text):
    schema = TypeAdapter(kind).json_schema()
    assert schema["type"] == "string"
    assert schema["description"]
    assert re.search(schema["pattern"], text)
    assert not re.search(schema["pattern"], "48")
    for example in schema["examples"]:
        assert re.search(schema["pattern"], example)
        TypeAdapter(kind).validate_python(example)


def test_a_count_is_published_as_a_number_or_a_text():
    whole, text = TypeAdapter(units.Count).json_schema()["anyOf"]
    assert whole["type"] == "integer"
    assert re.search(text["pattern"], "20M")
