"""What a factor may be: whole numbers that are multiples of one stay so, wherever a study draws them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.study.designs import _axis
from sim.study.model import ScenarioModel
from sim.study.parts import Factor


@given(st.floats(0.0, 1.0), st.sampled_from(["linear", "log"]))
def test_a_factor_of_multiples_gives_nothing_between_them(share: float, scale: str) -> None:
    factor = Factor.model_validate({"from": 4, "to": 20, "multiple": 2, "scale": scale})
    for value in (_axis(factor)(share)[1], factor.range().at(share)):
        assert value % 2 == 0
        assert 4 <= value <= 20


def test_every_multiple_has_the_same_chance_on_a_linear_scale() -> None:
    along = _axis(Factor.model_validate({"from": 4, "to": 20, "multiple": 2}))
    values = [along((i + 0.5) / 900)[1] for i in range(900)]
    assert {value: values.count(value) for value in set(values)} == {float(v): 100 for v in range(4, 21, 2)}


def test_bounds_that_are_no_multiples_are_refused() -> None:
    with pytest.raises(ValidationError, match="accepted: multiples of 2"):
        Factor.model_validate({"from": 5, "to": 20, "multiple": 2})


def test_an_assumption_brings_what_divides_it() -> None:
    listed = {path: (low, high, multiple) for path, low, high, multiple in ScenarioModel("scenarios/618.yaml", {}).assumptions()}
    assert listed["crowd.social.degree"] == (4, 20, 2)
