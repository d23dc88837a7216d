"""Messages say file, line, column, path, what was found and what is accepted."""

import pytest

from sim.core.errors import LawBroken, Problem, ScenarioError, SimError, UnitError, shown


def test_a_problem_reads_as_documented():
    problem = Problem(
        "scenarios/x.yaml", 12, 5, "supply.sourcing.policy", "found 'duall', accepted: single, backup, dual", "dual"
    )
    assert str(problem) == (
        "scenarios/x.yaml:12:5  supply.sourcing.policy: "
        "found 'duall', accepted: single, backup, dual (did you mean 'dual'?)"
    )
    assert problem.as_dict()["line"] == 12


def test_a_problem_without_a_place_names_its_origin_only():
    assert str(Problem("--set days", 0, 0, "days", "found 'x'")) == "--set days  days: found 'x'"
    assert str(Problem("a.yaml", 1, 1, "", "found an empty file")) == "a.yaml:1:1  found an empty file"


def test_a_scenario_error_lists_every_problem_on_its_own_line():
    error = ScenarioError([Problem("a", 1, 1, "x", "m"), Problem("b", 2, 2, "y", "n")])
    assert str(error).splitlines() == ["a:1:1  x: m", "b:2:2  y: n"]


@pytest.mark.parametrize("error", [UnitError(3, "a duration"), LawBroken("stock", "1 unit lost"), ScenarioError([])])
def test_every_error_of_the_package_has_one_base(error):
    assert isinstance(error, SimError)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "true"),
        ("dual", "'dual'"),
        (0.3, "0.3"),
        ([1, 2], "a list of 2"),
        ({"a": 1}, "a mapping with a"),
        ("x" * 500, "'" + "x" * 58 + "…"),
        ("a\nb", r"'a\nb'"),
    ],
)
def test_a_users_value_is_shown_short_and_on_one_line(value, text):
    assert shown(value) == text
