"""Designs of experiments: full factorial, Latin hypercube, Sobol', with constraints.

A design is a list of points; a point gives each path a value as a scenario file would have it, and
the number behind it for tables and expressions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import qmc

from sim.core.errors import UnitError
from sim.study import quantity, streams
from sim.study.expressions import Expression
from sim.study.parts import Factor
from sim.study.quantity import Range

TRIES = 200


@dataclass(frozen=True)
class Point:
    """One setting of all factors."""

    written: dict[str, Any]  # path -> value as in a file
    numbers: dict[str, Any]  # path -> number in the base unit, or the text of a level that is no number


class Space:
    """The factors, as a function from the unit cube to points."""

    def __init__(self, factors: Mapping[str, Factor], constraints: Sequence[str] = ()) -> None:
        """Raises ExpressionError for a constraint that is no expression over the factors."""
        self.factors = dict(factors)
        self.names = list(factors)
        self.constraints = [Expression(text, self.names) for text in constraints]
        self._axes = [_axis(factor) for factor in factors.values()]

    def point(self, shares: Sequence[float]) -> Point:
        """The point a share (0 to 1) of the way along each factor."""
        pairs = [axis(float(share)) for axis, share in zip(self._axes, shares, strict=True)]
        return Point(
            {name: pair[0] for name, pair in zip(self.names, pairs, strict=True)},
            {name: pair[1] for name, pair in zip(self.names, pairs, strict=True)},
        )

    def allowed(self, point: Point) -> bool:
        """Whether every constraint holds."""
        return all(bool(constraint(point.numbers)) for constraint in self.constraints)

    def full(self) -> Iterator[Point]:
        """Every combination of levels, the last factor varying fastest."""
        levels = [_levels(factor) for factor in self.factors.values()]
        for combination in itertools.product(*levels):
            point = Point(
                {name: pair[0] for name, pair in zip(self.names, combination, strict=True)},
                {name: pair[1] for name, pair in zip(self.names, combination, strict=True)},
            )
            if self.allowed(point):
                yield point

    def lhs(self, samples: int, seed: int) -> Iterator[Point]:
        """A Latin hypercube; points a constraint forbids are replaced by points of further hypercubes."""
        return self._filled(
            lambda attempt: qmc.LatinHypercube(len(self.names), rng=streams.generator(streams.DESIGN, seed, attempt)).random(samples), samples
        )

    def sobol(self, samples: int, seed: int) -> Iterator[Point]:
        """The scrambled Sobol' sequence; forbidden points are skipped and the sequence goes on."""
        sequence = qmc.Sobol(len(self.names), scramble=True, rng=streams.generator(streams.DESIGN, seed, 0))
        block = 1 << max(0, (samples - 1).bit_length())
        return self._filled(lambda attempt: sequence.random(block), samples)

    def _filled(self, draw: Callable[[int], np.ndarray], samples: int) -> Iterator[Point]:
        found = 0
        for attempt in range(TRIES if self.constraints else 1):
            for row in draw(attempt):
                point = self.point(row)
                if self.allowed(point):
                    yield point
                    found += 1
                    if found == samples:
                        return

    def problem(self) -> dict[str, Any]:
        """The SALib problem on the unit cube."""
        return {"num_vars": len(self.names), "names": self.names, "bounds": [[0.0, 1.0]] * len(self.names)}


def _number(value: Any) -> Any:
    try:
        return quantity.amount(value)
    except UnitError:
        return value if isinstance(value, bool) else str(value)


def _levels(factor: Factor) -> list[tuple[Any, Any]]:
    if factor.levels is not None:
        return [(level, _number(level)) for level in factor.levels]
    span = factor.range()
    numbers = dict.fromkeys(span.at(step / (factor.steps - 1)) for step in range(factor.steps))
    return [(span.write(number), number) for number in numbers]


def _axis(factor: Factor) -> Callable[[float], tuple[Any, Any]]:
    if factor.levels is not None:
        levels = _levels(factor)
        return lambda share: levels[min(len(levels) - 1, int(share * len(levels)))]
    span: Range = factor.range()

    def along(share: float) -> tuple[Any, Any]:
        if span.whole and not span.log:  # equal chances for every whole number, the ends included
            count = (span.high - span.low) // span.multiple + 1
            value = float(min(span.high, span.low + span.multiple * int(share * count)))
        else:
            value = span.at(share)
        return span.write(value), value

    return along
