"""Small expressions over parameter names: ``supply.safety.z * 2 + spend / 1000 <= 5 and z > 0``.

A study file is data, never code: an expression is parsed by Python's grammar and only arithmetic,
comparisons, ``and``/``or``/``not``, ``min``, ``max``, ``abs``, numbers and known names are accepted.
Anything else is refused before it is evaluated. Sizes are bounded, powers too.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sim.core.errors import SimError

MAX_LENGTH = 500
MAX_DEPTH = 20
MAX_POWER = 16

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_CALLS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "abs": abs}
ACCEPTED = "arithmetic and comparisons over the study's parameters, and, or, not, min, max, abs"


class ExpressionError(SimError):
    """An expression is not of the accepted form."""


class Expression:
    """A checked expression. ``names`` are the parameters it uses."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        """Parse ``text``; ``known`` are the names it may use. Raises ExpressionError."""
        self.text = text
        if len(text) > MAX_LENGTH:
            raise ExpressionError(f"an expression of {len(text)} characters; accepted: at most {MAX_LENGTH}")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise ExpressionError(f"{text!r} is no expression; accepted: {ACCEPTED}") from None
        self._known = set(known)
        self.names: set[str] = set()
        self._check(self._tree, 0)

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The value for these parameters. Raises ExpressionError for a division by zero or a text in a sum."""
        try:
            return self._value(self._tree, values)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise ExpressionError(f"{self.text!r}: {error}") from error

    def _refuse(self, node: ast.AST) -> ExpressionError:
        part = ast.get_source_segment(self.text.strip(), node) or type(node).__name__
        return ExpressionError(f"{part!r} in {self.text!r} is not accepted; accepted: {ACCEPTED}")

    def _check(self, node: ast.AST, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"{self.text!r} is nested too deeply")
        children: list[ast.AST] = []
        if isinstance(node, ast.BoolOp):
            children = list(node.values)
        elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            children = [node.left, node.right]
            if isinstance(node.op, ast.Pow) and not (
                isinstance(node.right, ast.Constant)
                and isinstance(node.right.value, (int, float))
                and abs(node.right.value) <= MAX_POWER
            ):
                raise ExpressionError(f"a power in {self.text!r} must be a number up to {MAX_POWER}")
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd, ast.Not)):
            children = [node.operand]
        elif isinstance(node, ast.Compare) and all(type(op) in _COMPARE for op in node.ops):
            children = [node.left, *node.comparators]
        elif isinstance(node, ast.Call):
            if not (isinstance(node.func, ast.Name) and node.func.id in _CALLS) or node.keywords or not node.args:
                raise self._refuse(node)
            children = list(node.args)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            self.names.add(self._name(node))
        elif isinstance(node, ast.Constant):
            if type(node.value) not in (int, float, str, bool) or (
                isinstance(node.value, (int, float)) and abs(node.value) > 1e15
            ):
                raise self._refuse(node)
        else:
            raise self._refuse(node)
        for child in children:
            self._check(child, depth + 1)

    def _name(self, node: ast.AST) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            raise self._refuse(node)
        name = ".".join([node.id, *reversed(parts)])
        if name not in self._known:
            import difflib

            near = difflib.get_close_matches(name, self._known, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else f"; known: {', '.join(sorted(self._known)) or 'none'}"
            raise ExpressionError(f"no parameter {name!r} in {self.text!r}{hint}")
        return name

    def _value(self, node: ast.AST, values: Mapping[str, Any]) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, (ast.Name, ast.Attribute)):
            return values[self._name(node)]
        if isinstance(node, ast.BoolOp):
            wanted = isinstance(node.op, ast.Or)
            return wanted if any(bool(self._value(v, values)) is wanted for v in node.values) else not wanted
        if isinstance(node, ast.UnaryOp):
            value = self._value(node.operand, values)
            return (not value) if isinstance(node.op, ast.Not) else -value if isinstance(node.op, ast.USub) else +value
        if isinstance(node, ast.BinOp):
            left, right = self._value(node.left, values), self._value(node.right, values)
            if isinstance(left, str) or isinstance(right, str):
                raise TypeError("a text cannot be calculated with")
            return _BINARY[type(node.op)](left, right)
        if isinstance(node, ast.Compare):
            left = self._value(node.left, values)
            for op, comparator in zip(node.ops, node.comparators, strict=True):
                right = self._value(comparator, values)
                if not _COMPARE[type(op)](left, right):
                    return False
                left = right
            return True
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        return _CALLS[node.func.id](*(self._value(argument, values) for argument in node.args))
