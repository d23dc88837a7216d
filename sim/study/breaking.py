"""``break``: the smallest shock at which a policy fails, a reverse stress test.

Replication r of a policy has its own breaking point: the shock at which its objective first fails. On
common random numbers the same replication is rerun with larger and smaller shocks, so a bisection per
replication finds it within the tolerance, and the smallest shock that fails with probability p is the
p-quantile of the breaking points, with the distribution-free interval of a quantile. The empirical
distribution of the breaking points is the whole curve. Runs at shared sizes of shock are shared: all
replications bisect on one dyadic grid.

Bisection presumes that a larger shock is no better. That is checked, not assumed: all replications are
run just below and just above the breaking point, and the report says whether they agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.study import quantity, stats
from sim.study.config import BreakStudy
from sim.study.parts import Fails, Shock
from sim.study.quantity import Range
from sim.study.runner import Runner, Trial, pick
from sim.study.stats import Estimate


@dataclass(frozen=True)
class Grid:
    """The sizes of shock looked at: ``cells + 1`` points from low to high, a power of two apart."""

    span: Range
    cells: int

    @classmethod
    def of(cls, shock: Shock) -> Grid:
        """The grid fine enough for the shock's tolerance (default 1% of the range)."""
        span = shock.range()
        width = span.high - span.low
        step = quantity.read(shock.tolerance)[1] if shock.tolerance is not None else width / 100.0
        wanted = math.log(span.high / span.low) / math.log(1.0 + step / span.high) if span.log else width / step
        if span.whole:
            wanted = min(wanted, width)
        return cls(span, 1 << max(1, math.ceil(math.log2(max(2.0, wanted)))))

    def at(self, index: int) -> float:
        """The size at a grid point."""
        return self.span.at(index / self.cells)

    @property
    def tolerance(self) -> float:
        """The largest step."""
        return self.at(self.cells) - self.at(self.cells - 1)


@dataclass(frozen=True)
class Breaking:
    """Breaking points of one policy."""

    points: np.ndarray  # float64[replications]; low where it fails already, inf where it never fails
    estimate: Estimate  # the p-quantile, with its interval; infinite where the policy does not break in the range
    tolerance: float
    below: Estimate  # probability of failure one step below the estimate, from all replications
    above: Estimate  # and at or one step above it
    consistent: bool  # whether those two agree with p

    def curve(self, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Probability of failure against size: the empirical distribution of the points."""
        known = np.sort(self.points[np.isfinite(self.points)])
        n = self.points.size
        x = np.concatenate([[grid.span.low], known, [grid.span.high]])
        y = np.concatenate([[0.0], np.arange(1, known.size + 1) / n, [known.size / n]])
        return x, y


def failed(values: np.ndarray, fails: Fails) -> np.ndarray:
    """Which replications failed; an undefined measure counts as failed, since nothing is left to measure."""
    broken = values < fails.below if fails.below is not None else values > fails.above
    return np.asarray(broken | np.isnan(values))


class Prober:
    """Runs one policy at sizes of one shock and remembers what failed."""

    def __init__(
        self, runner: Runner, study: BreakStudy, policy: str, shock: Shock, fixed: dict[str, object] | None = None
    ) -> None:
        self.runner, self.study, self.policy, self.shock = runner, study, policy, shock
        self.grid = Grid.of(shock)
        self.fixed = dict(fixed or {})
        self._known: dict[tuple[int, int], bool] = {}

    def ask(self, questions: Sequence[tuple[int, int]]) -> None:
        """Run (replication, grid index) pairs that are not known yet, in one batch."""
        fresh = sorted({q for q in questions if q not in self._known})
        designs = {}
        for _, index in fresh:
            if index not in designs:
                written = self.grid.span.write(self.grid.at(index))
                changes = {
                    **self.study.policies.get(self.policy, {}),
                    **self.fixed,
                    **dict.fromkeys(self.shock.paths, written),
                }
                designs[index] = self.runner.design(f"{self.policy} · {written}".strip(" ·"), changes)
        trials = [Trial(designs[index], self.runner.seed, replication) for replication, index in fresh]
        self.runner.progress.expect(len(trials))
        kpi = [self.study.fails_when.kpi]
        values = [pick(result, kpi, self.runner.measures)[0] for result in self.runner.evaluate(iter(trials), kpi)]
        for question, broken in zip(fresh, failed(np.array(values), self.study.fails_when), strict=True):
            self._known[question] = bool(broken)

    def failed(self, replication: int, index: int) -> bool:
        """Whether a replication failed at a grid point; run it first."""
        return self._known[replication, index]


def breaking(prober: Prober, replications: int, probability: float, confidence: float = stats.CONFIDENCE) -> Breaking:
    """Bisect every replication of the prober's policy."""
    grid, everyone = prober.grid, range(replications)
    prober.ask([(r, end) for r in everyone for end in (0, grid.cells)])
    low = {r: 0 for r in everyone}  # passes here, unless it fails at the very start
    high = {r: grid.cells for r in everyone}
    open_ = [r for r in everyone if not prober.failed(r, 0) and prober.failed(r, grid.cells)]
    while any(high[r] - low[r] > 1 for r in open_):
        questions = [(r, (low[r] + high[r]) // 2) for r in open_ if high[r] - low[r] > 1]
        prober.ask(questions)
        for r, middle in questions:
            if prober.failed(r, middle):
                high[r] = middle
            else:
                low[r] = middle
    points = np.empty(replications)
    for r in everyone:
        if prober.failed(r, 0):
            points[r] = grid.span.low
        elif not prober.failed(r, grid.cells):
            points[r] = math.inf
        else:  # the middle of the last bracket; whole numbers break at the first that fails
            points[r] = grid.at(high[r]) if grid.span.whole else (grid.at(low[r]) + grid.at(high[r])) / 2.0
    estimate = stats.quantile(points, probability, confidence)
    return _audited(prober, points, estimate, replications, probability)


def _audited(prober: Prober, points: np.ndarray, estimate: Estimate, replications: int, probability: float) -> Breaking:
    """Run everyone just below and just above the estimate, to see whether larger shocks really are worse."""
    grid = prober.grid
    sizes = np.array([grid.at(i) for i in range(grid.cells + 1)])
    if math.isinf(estimate.value):
        under = over = grid.cells
    else:
        under = max(0, int(np.searchsorted(sizes, estimate.value)) - 1)
        over = min(grid.cells, int(np.searchsorted(sizes, estimate.value)))
    prober.ask([(r, index) for r in range(replications) for index in (under, over)])
    below, above = (
        stats.proportion(sum(prober.failed(r, index) for r in range(replications)), replications)
        for index in (under, over)
    )
    starts_broken = estimate.value <= grid.span.low
    never = math.isinf(estimate.value)
    fits = (starts_broken or below.low <= probability) and (never or above.high >= probability)
    return Breaking(points, estimate, grid.tolerance, below, above, fits)
