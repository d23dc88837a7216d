"""Sections are strict and frozen, and defaults know their source and range."""

from enum import StrEnum
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from sim.core.config import DataFile, Section, param
from sim.core.parameters import parameter, parameters
from sim.core.units import Duration, Percent, Share


class Mood(StrEnum):
    """Two moods."""

    GOOD = "good"
    BAD = "bad"


class Inner(Section):
    """A nested section."""

    share: Share = "10%"


class Example(Section):
    """Scalars, containers and nested sections."""

    number: float = 1.0
    whole: int = 1
    flag: bool = False
    text: str = ""
    word: Literal["a", "b"] = "a"
    mood: Mood = Mood.GOOD
    several: tuple[int, ...] = ()
    table: dict[str, Inner] = Field(default_factory=dict)
    file: DataFile | None = None


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"number": "1.5"}, "a text is no number"),
        ({"number": True}, "a truth value is no number"),
        ({"number": float("nan")}, "numbers are finite"),
        ({"number": float("inf")}, "numbers are finite"),
        ({"whole": 1.0}, "a number with a point is not whole"),
        ({"whole": "1"}, "a text is no number"),
        ({"flag": "yes"}, "yes is a text"),
        ({"flag": 1}, "one is a number"),
        ({"text": 618}, "a number is no text"),
        ({"word": "c"}, "not among the words"),
        ({"several": 3}, "a number is no list"),
        ({"several": "12"}, "a text is no list"),
        ({"table": {"x": {"shore": "1%"}}}, "unknown key inside"),
        ({"unknown": 1}, "unknown key"),
        ({"file": "/etc/passwd.csv"}, "absolute path"),
        ({"file": "a.yaml"}, "no table"),
    ],
)
def test_what_does_not_fit_is_refused(values, reason):
    with pytest.raises(ValidationError):
        Example(**values)


def test_lists_fill_tuples_words_fill_enumerations_and_whole_numbers_fill_numbers():
    example = Example(number=2, several=[1, 2], mood="bad", table={"x": {"share": "5%"}}, file="traces/demand.csv")
    assert (example.number, example.several, example.mood) == (2.0, (1, 2), Mood.BAD)
    assert example.table["x"].share == 0.05


def test_a_section_cannot_be_changed():
    with pytest.raises(ValidationError):
        Example().number = 3.0


def test_defaults_are_checked_like_written_values():
    class Wrong(Section):
        share: Share = "130%"

    with pytest.raises(ValidationError):
        Wrong()


def noted(field):
    """What `param` noted with the field `x` of a section made of it."""

    class Holder(Section):
        x: Duration | Share | Percent | float | list[float] = field

    return Holder.model_fields["x"].json_schema_extra


def test_a_sourced_default_takes_its_range_from_the_table_in_its_own_unit():
    note = noted(param("70.19%", "T09", "world mean"))
    assert note == {"source": "T09", "low": "55%", "high": "84%", "assumption": False}
    assert noted(param("7d", "S14"))["low"] == "3d"
    assert noted(param(0.7019, "T09"))["high"] == 0.84


def test_a_range_given_wins_over_the_table():
    assert noted(param("70%", "T09", low="60%", high="80%"))["low"] == "60%"


@pytest.mark.parametrize(
    ("field", "assumed", "reason"),
    [
        (param("70.19%", "T09"), False, "sourced and measured"),
        (param("88%", "T16"), True, "the table tags its source [a]"),
        (param("5%"), True, "no source at all"),
        (param("5%", "T09", assumption=True), True, "declared an assumption"),
        (param(1.0, "textbook convention"), False, "a source that is no parameter id"),
    ],
)
def test_an_assumption_is_told_from_a_sourced_value(field, assumed, reason):
    assert noted(field)["assumption"] is assumed, reason


def test_an_unknown_parameter_id_is_refused_at_once():
    with pytest.raises(ValueError, match="Z99"):
        param("5%", "Z99")


def test_a_default_list_is_not_shared():
    class Holder(Section):
        x: list[float] = param([1.0, 2.0], "T17")

    Holder().x.append(3.0)
    assert Holder().x == [1.0, 2.0]


def test_the_table_of_parameters_is_whole():
    table = parameters()
    assert len(table) == 251
    assert parameter("T09").number == 0.7019
    assert parameter("T17").number is None
    assert sum(row.assumption for row in table.values()) >= 19
    for row in table.values():
        assert row.low is None or row.high is None or row.low <= row.high, row.id
    with pytest.raises(KeyError, match="T99"):
        parameter("T99")


KEYS = st.sampled_from(list(Example.model_fields)) | st.text(max_size=8)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["a", "good"]) | st.text(max_size=8)


@given(st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=2), max_size=4))
def test_any_mapping_is_refused_with_a_validation_error_or_kept_as_it_was_written(values):
    try:
        found = Example.model_validate(values)
    except ValidationError as error:
        assert {item["loc"][0] for item in error.errors()} <= set(values), "nothing is required"
    else:
        assert set(values) <= set(Example.model_fields)
        for name, value in values.items():
            kept = getattr(found, name)
            assert kept == (tuple(value) if isinstance(value, list) else value)
