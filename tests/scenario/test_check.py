"""Validation tells every mistake at once: file, line, column, path, found, accepted, and the nearest name."""

import textwrap
from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from sim.core.config import Section
from sim.core.errors import ScenarioError
from sim.core.units import COUNT_ACCEPTED, Count, Duration, Money, Share, When
from sim.scenario import load, load_document


class Flash(Section):
    """A kind of promotion."""

    kind: Literal["flash"]
    off: Share
    lasts: Duration = Field("1h", alias="for", gt=0, le=1_440)


class Presale(Section):
    """Another kind."""

    kind: Literal["presale"]
    deposit: Share
    balance: When


class Sourcing(Section):
    """A section with a policy."""

    policy: Literal["single", "backup", "dual"] = "single"
    switch: Duration | Literal["never"] = "never"
    price: Money | None = None


class Shop(Section):
    """A document of every shape."""

    name: str
    sourcing: Sourcing = Field(default_factory=Sourcing)
    promotions: list[Annotated[Flash | Presale, Field(discriminator="kind")]] = Field(default_factory=list)
    suppliers: dict[str, Sourcing] = Field(default_factory=dict)
    skus: Count = 10
    weights: tuple[float, float] = (1.0, 2.0)
    rate: float = Field(0.5, ge=0, lt=1)
    tags: list[str] = Field(default_factory=list, max_length=2)
    low: int = 0
    high: int = 1

    @model_validator(mode="after")
    def _ordered(self):
        if self.low > self.high:
            raise ValueError(f"found low {self.low} above high {self.high}, accepted: low at most high")
        return self


@pytest.fixture
def told(tmp_path, monkeypatch):
    """The messages of a document, without the file's name."""
    monkeypatch.chdir(tmp_path)

    def messages(text):
        (tmp_path / "x.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
        try:
            load_document("x.yaml", Shop)
        except ScenarioError as error:
            return [str(problem).removeprefix("x.yaml:") for problem in error.problems]
        return []

    return messages


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: x\nsourcing:\n  policy: duall\n",
            "3:11  sourcing.policy: found 'duall', accepted: single, backup, dual (did you mean 'dual'?)",
        ),
        (
            "name: x\nsourcing: {polcy: dual}\n",
            ("2:12  sourcing.polcy: found the unknown key 'polcy', accepted: policy, switch, price "
            "(did you mean 'policy'?)"),
        ),
        ("skus: 5\n", "1:1  name: found nothing, accepted: a text"),
        ("name: 5\n", "1:7  name: found 5, accepted: a text"),
        ("name: x\nskus: -1", f"2:7  skus: found -1, accepted: {COUNT_ACCEPTED}"),
        ("name: x\nrate: 1\n", "2:7  rate: found 1, accepted: below 1"),
        ("name: x\nrate: fast\n", "2:7  rate: found 'fast', accepted: a number"),
        ("name: x\nlow: 1.5\n", "2:6  low: found 1.5, accepted: a whole number"),
        ("name: x\nlow: true\n", "2:6  low: found true, accepted: a whole number"),
        ("name: x\ntags: [a, b, c]\n", "2:7  tags: found a list of 3, accepted: at most 2 entries"),
        ("name: x\ntags: a\n", "2:7  tags: found 'a', accepted: a list"),
        ("name: x\ntags: [a, 2]\n", "2:11  tags.1: found 2, accepted: a text"),
        ("name: x\nsourcing: dual\n", "2:11  sourcing: found 'dual', accepted: a mapping with policy, switch, price"),
        (
            "name: x\nsuppliers: {甲: {policy: one}}\n",
            "2:25  suppliers.甲.policy: found 'one', accepted: single, backup, dual",
        ),
        ("name: x\nlow: 5\n", "1:1  found low 5 above high 1, accepted: low at most high"),
        (
            "name: x\nsourcing: {price: 5}\n",
            "2:19  sourcing.price: found 5, accepted: money with its currency, such as 300 CNY, 1.2M CNY or 50元",
        ),
        (
            "name: x\nsourcing: {switch: nevr}\n",
            ("2:20  sourcing.switch: found 'nevr', accepted: a duration with a unit (ms, s, min, h, d, w), such as "
            "15min, 48h or 7d, or never (did you mean 'never'?)"),
        ),
        (
            "name: x\npromotions:\n  - {kind: flush, off: 5%}\n",
            "3:12  promotions.0.kind: found 'flush', accepted: flash, presale (did you mean 'flash'?)",
        ),
        ("name: x\npromotions:\n  - {off: 5%}\n", "3:5  promotions.0.kind: found nothing, accepted: flash, presale"),
        (
            "name: x\npromotions: [{kind: flash, off: 5%, for: 2d}]\n",
            "2:42  promotions.0.for: found '2d', accepted: at most 1d",
        ),
        (
            "name: x\npromotions: [{kind: presale, deposit: 5%, balance: 06-31}]\n",
            ("2:52  promotions.0.balance: found '06-31', accepted: a date with or without year and time, such as "
            "06-18, 06-18 20:00, 06-18 24:00 or 2026-06-18 20:00, on a day the calendar has"),
        ),
        (
            "name: x\npromotions: [{kind: flash, off: 5%, fro: 2h}]\n",
            "2:37  promotions.0.fro: found the unknown key 'fro', accepted: kind, off, for (did you mean 'for'?)",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_exactly(told, text, message):
    assert told(text) == [message]


def test_a_right_document_loads(told):
    assert told("name: x\npromotions: [{kind: flash, off: 5%}]\nsuppliers: {a: {switch: 3d}}\nweights: [1, 2.5]") == []


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(told):
    messages = told(
        """\
        name: 5
        sourcing: {policy: on, price: 3, extra: 1}
        promotions:
          - {kind: flash, off: 130%}
          - {kind: presale}
        skus: many
        rate: .nan
        skus: 5
        """
    )
    assert [message.split("  ")[0] for message in messages] == [
        "1:7", "2:20", "2:31", "2:34", "4:24", "5:5", "5:5", "6:7", "7:7", "8:1",
    ]  # fmt: skip
    assert sum("finite" in message for message in messages) == 1


def test_a_value_refused_while_reading_is_not_told_twice(told):
    assert len(told("name: !!str x\n")) == 1
    assert len(told("name: x\nsourcing: !!map {policy: 7}\n")) == 1


SENTENCES = [
    ("care:\n  staff: {shifts: [{opens: 08:30, closes: 12:00}]}\n", "2:20  care.staff.shifts.0: found a mapping with opens, closes, accepted: shifts that"),
    ("platform:\n  autoscaler:\n    target: 0%\n", "3:13  platform.autoscaler.target: found 0%, accepted: more than 0%"),
    ("platform:\n  entry: nobody\n", "2:10  platform.entry: found 'nobody', accepted: "),
    ("platform:\n  load: {arrivals: smooth}\n", "2:3  platform.load: found a mapping with arrivals, accepted: exactly one of rate, stages, trace"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), SENTENCES)
def test_a_section_s_own_sentence_says_what_was_found_where(tmp_path, text, words):
    path = tmp_path / "x.yaml"
    path.write_text(f"{text}name: x\nstart: 2026-06-01\ndays: 2\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert any(str(problem).startswith(f"{path}:{words}") for problem in caught.value.problems), str(caught.value)
