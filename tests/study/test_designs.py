"""Designs hold the points they promise."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import UnitError
from sim.study.designs import Space
from sim.study.expressions import ExpressionError
from sim.study.parts import Factor
from sim.study.quantity import Range


def factor(**keys):
    return Factor.model_validate(keys)


SPACE = {
    "lead": factor(**{"from": "12h", "to": "2d", "steps": 4}),
    "policy": factor(levels=["single", "dual"]),
    "cover": factor(**{"from": 1, "to": 4}),
}


def test_a_full_factorial_holds_every_combination_once():
    points = list(Space(SPACE).full())
    assert len(points) == 4 * 2 * 4, "cover has four whole numbers, however many steps are asked"
    assert len({tuple(p.written.values()) for p in points}) == len(points)
    assert points[0].written == {"lead": "12h", "policy": "single", "cover": 1}
    assert points[0].numbers["lead"] == 720.0, "minutes"


def test_values_are_written_with_their_unit_as_a_file_would_have_them():
    assert Range.of("10%", "50%").write(0.3) == "30%"
    assert Range.of("1M CNY", "3M CNY").write(2e6) == "2M CNY"
    assert Range.of("12h", "14d").write(1440.0) == "1d"
    assert Range.of("100/s", "400/s").write(250.0) == "250/s"
    assert Range.of(1, 9).write(3.7) == 4
    assert Range.of(0.5, 2).write(1.25) == 1.25


@pytest.mark.parametrize(
    ("low", "high", "why"),
    [
        ("1h", "30%", "different kinds"),
        ("2d", "1d", "reversed"),
        ("1h", 5, "a bare number"),
        ("soon", "late", "no quantity"),
    ],
)
def test_ends_that_make_no_range_are_refused(low, high, why):
    with pytest.raises(UnitError):
        Range.of(low, high)


def test_a_logarithmic_range_is_even_in_ratios():
    span = Range.of(1.0, 100.0, log=True)
    assert span.at(0.5) == pytest.approx(10.0)
    with pytest.raises(UnitError):
        Range.of(0.0, 100.0, log=True)


@pytest.mark.parametrize("design", ["lhs", "sobol"])
def test_samples_are_reproducible_and_fill_the_space(design):
    space = Space(SPACE)
    first, again = (list(getattr(space, design)(64, seed=3)) for _ in range(2))
    assert first == again
    assert len(first) == 64
    leads = np.array([p.numbers["lead"] for p in first])
    assert leads.min() < 760 and leads.max() > 2800
    counts = [sum(p.numbers["policy"] == name for p in first) for name in ("single", "dual")]
    assert min(counts) >= 28
    assert {p.numbers["cover"] for p in first} == {1.0, 2.0, 3.0, 4.0}


def test_a_latin_hypercube_has_one_point_in_each_row():
    space = Space({"x": factor(**{"from": 0.0, "to": 1.0}), "y": factor(**{"from": 0.0, "to": 1.0})})
    x = sorted(p.numbers["x"] for p in space.lhs(50, seed=1))
    assert [int(v * 50) for v in x] == list(range(50))


def test_constraints_are_kept_and_the_number_of_samples_too():
    space = Space(SPACE, ["lead <= 1440 or policy == 'dual'", "cover >= 2"])
    for points in (list(space.lhs(40, seed=2)), list(space.sobol(40, seed=2))):
        assert len(points) == 40
        assert all(
            (p.numbers["lead"] <= 1440 or p.numbers["policy"] == "dual") and p.numbers["cover"] >= 2 for p in points
        )
    assert len(list(space.full())) < 32


def test_a_constraint_over_something_else_is_refused():
    with pytest.raises(ExpressionError):
        Space(SPACE, ["price > 3"])
