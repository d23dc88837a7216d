"""Constraints are data: what is arithmetic is evaluated, everything else is refused."""

from __future__ import annotations

import pytest

from sim.study.expressions import Expression, ExpressionError

NAMES = {"a": 2.0, "b": 3.0, "supply.safety.z": 1.5, "policy": "dual"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b * 2", 8.0),
        ("a ** 2 / 4 - -1", 2.0),
        ("supply.safety.z * 2 <= 3", True),
        ("1 < a < b", True),
        ("a > b or not b > 5", True),
        ("a > 1 and b > 5", False),
        ("min(a, b, 1) + max(a, 7) + abs(-a)", 10.0),
        ("policy == 'dual'", True),
        ("b % 2", 1.0),
    ],
)
def test_arithmetic_and_comparisons_mean_what_they_say(text, value):
    assert Expression(text, NAMES)(NAMES) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("__import__('os').system('x')", "a call of anything but min, max, abs"),
        ("a.__class__", "attributes are only parts of a parameter's name"),
        ("[a for a in (1,)]", "comprehension"),
        ("lambda: 1", "lambda"),
        ("a if b else 1", "conditional"),
        ("(a := 1)", "assignment"),
        ("a[0]", "subscript"),
        ("f'{a}'", "format string"),
        ("9 ** 9 ** 9", "a power of powers"),
        ("a ** b", "a power that is not a small number"),
        ("1e300 * a", "a huge constant"),
        ("open", "an unknown name"),
        ("min(a, key=b)", "keyword argument"),
        ("a; b", "two statements"),
        ("", "nothing"),
        ("(" * 90 + "a" + ")" * 90 + "+ " * 300, "no expression"),
        ("a + " * 200 + "a", "too long"),
        ("b'x' == a", "bytes"),
        ("a is b", "identity"),
    ],
)
def test_everything_else_is_refused_when_read(text, why):
    with pytest.raises(ExpressionError):
        Expression(text, NAMES)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ExpressionError, match=r"supply\.safety\.z"):
        Expression("supply.safety.zz > 1", NAMES)


@pytest.mark.parametrize("text", ["a / 0", "policy * 3 > 1", "a < policy"])
def test_what_cannot_be_calculated_says_so(text):
    with pytest.raises(ExpressionError):
        Expression(text, NAMES)(NAMES)
