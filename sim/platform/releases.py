"""Releases: how a new version reaches users, how its fault is noticed, how it is taken back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import Any

from sim.core.clock import ACTIONS, FAULTS, wait
from sim.core.rng import decision
from sim.platform import control
from sim.platform import state as st
from sim.platform.blast import Blast
from sim.platform.config import CanaryChecks, Release, Releases
from sim.platform.queueing import gamma_quantile

RELEASE_FAULTY = decision("platform.release_faulty")
RELEASE_CHECK = decision("platform.release_check")

RUNNING, PROMOTED, ROLLED_BACK = range(3)


def canary_after_check(share: float, failures: int, healthy: bool, checks: CanaryChecks) -> tuple[float, int, int]:
    """(share of traffic, unhealthy checks so far, RUNNING | PROMOTED | ROLLED_BACK) after one check.

    A healthy check lets the share grow by a step; at `up_to` the release is complete. An unhealthy one holds it;
    the given number of them rolls back.
    """
    if not healthy:
        failures += 1
        return (0.0, failures, ROLLED_BACK) if failures >= checks.failures else (share, failures, RUNNING)
    if share >= checks.up_to - 1e-12:
        return 1.0, failures, PROMOTED
    return min(checks.up_to, share + checks.step), failures, RUNNING


def is_healthy(success: float, p99: float, checks: CanaryChecks) -> bool:
    """Success ratio and 99th percentile (s) within the bounds."""
    return success >= checks.success and p99 <= checks.latency_p99 * 60.0


def two_sample_z(failed_a: float, n_a: float, failed_b: float, n_b: float) -> float:
    """z of the difference of two failure shares, pooled; 0 where nothing can be told."""
    if n_a <= 0.0 or n_b <= 0.0:
        return 0.0
    pooled = (failed_a + failed_b) / (n_a + n_b)
    spread = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n_a + 1.0 / n_b))
    return (failed_a / n_a - failed_b / n_b) / spread if spread > 0.0 else 0.0


def harm(rate: float, share: float, added_error: float, detect: float, rollback: float) -> float:
    """Requests failed by a faulty release: rate (1/s) * share * added error * (time to detect + to roll back, s)."""
    return rate * share * added_error * (detect + rollback)


def checks_to_tell(share: float, rate: float, errors: float, base: float, confidence: float) -> float:
    """Seconds until a two-sample test can tell a failure share of `errors` from `base` at a canary of `share`.

    From n = z^2 * p(1 - p) / difference^2 requests of the canary; a small share needs longer.
    """
    difference = errors - base
    if difference <= 0.0 or share * rate <= 0.0:
        return math.inf
    z = NormalDist().inv_cdf(confidence)
    return z * z * errors * (1.0 - errors) / (difference * difference) / (share * rate)


class Rollout:
    """One release on its way."""

    def __init__(self, operations: Any, number: int, release: Release, faulty: bool) -> None:
        self.operations, self.number, self.release, self.faulty = operations, number, release, faulty
        self.config: Releases = operations.config.releases
        self.node: int = operations.node(release.service)
        self.rows: list[int] = []
        self.share = 0.0
        self.over = False
        self.harmed = 0.0
        self.began = float(operations.market.env.now)
        self.blast = Blast(operations.market, self.node, release)
        self.checks = 0

    def expose(self, share: float) -> None:
        """Send `share` of the service's traffic to the new version from now on."""
        now = self.operations.second
        control.end(self.operations.platform, self.rows, now)
        self.share = share
        if self.faulty:
            self.rows = [
                control.add(self.operations.platform, st.FAULT, self.node, share * self.release.errors, now),
                control.add(self.operations.platform, st.SLOW, self.node, share * self.release.slower, now),
            ]

    def finish(self, kind: str) -> None:
        """The release is complete, or gone."""
        self.over = True
        self.operations.tell(kind, self.release.service, self.share)
        if kind == "release_rolled_back":
            self.operations.tell("release_harm", self.release.service, self.harmed)
            if self.blast.hit:
                self.operations.tell("release_people", self.release.service, self.blast.people)
                self.operations.tell("release_orders_given_up", self.release.service, self.blast.given_up)

    def roll_back(self) -> Iterator[Any]:
        """Back to the old version everywhere; while it takes time the fault goes on."""
        if self.over or self.share <= 0.0:
            return
        self.over = True
        if self.share >= 1.0:
            self.operations.tell("release_rolling_back", self.release.service, self.share)
            yield wait(self.operations.market.env, self.config.rollback, ACTIONS)
        self.expose(0.0)
        self.finish("release_rolled_back")

    def watch(self) -> Iterator[Any]:
        """Minute by minute, before anything changes in it: what the fault did in the minute before."""
        env = self.operations.market.env
        yield wait(env, math.floor(env.now) + 1.0 - env.now, FAULTS)
        while self.share > 0.0 or not self.over:
            arrived, _ = self.operations.arrived(self.node, 1.0)
            self.harmed += arrived * self.share * self.release.errors
            self.blast.look(self.share)
            yield wait(env, 1.0, FAULTS)

    def run(self) -> Iterator[Any]:
        """The process of one release."""
        env = self.operations.market.env
        self.operations.tell(
            "release_started", self.release.service, 1.0 if self.release.strategy == "big_bang" else 0.0
        )
        if self.faulty:
            env.process(self.watch())
        if self.release.strategy == "canary":
            yield from self._canary(env)
        if self.over:
            return
        self.expose(1.0)
        self.operations.tell("release_complete", self.release.service, float(self.faulty))
        if not self.faulty:
            self.over = True
            return
        waited = 0.0
        while self.config.automatic_rollback and waited < self.config.detect and not self.over:
            step = min(1.0, self.config.detect - waited)
            yield wait(env, step, ACTIONS)
            waited += step
        if self.config.automatic_rollback:
            yield from self.roll_back()

    def _canary(self, env: Any) -> Iterator[Any]:
        checks = self.config.canary
        failures, status = 0, RUNNING
        self.expose(checks.share if checks.mode == "fixed" else checks.step)
        seen = [0.0, 0.0, 0.0, 0.0]  # canary: failed, requests; control: failed, requests
        began = env.now
        while status == RUNNING and not self.over:
            every = max(checks.every, 1.0)
            yield wait(env, every, ACTIONS)
            if self.over:
                return
            sample = self._observe(every)
            if checks.mode == "fixed":
                seen = [a + b for a, b in zip(seen, sample, strict=True)]
                if env.now - began >= checks.duration - 1e-9:
                    z = two_sample_z(*seen)
                    status = ROLLED_BACK if z > NormalDist().inv_cdf(checks.confidence) else PROMOTED
            elif sample[1] >= 1.0:
                # without traffic there is nothing to judge: wait
                healthy = is_healthy(1.0 - sample[0] / sample[1], self._p99(), checks)
                share, failures, status = canary_after_check(self.share, failures, healthy, checks)
                if status == RUNNING and share != self.share:
                    self.expose(share)
        if status == ROLLED_BACK:
            self.operations.tell("release_fault_found", self.release.service, env.now - began)
            yield from self.roll_back()

    def _observe(self, minutes: float) -> list[float]:
        """Failed and all requests of the new and of the old version, as the checks of the last minutes saw them."""
        arrived, _ = self.operations.arrived(self.node, minutes)
        share = self.share
        if arrived <= 0.0:
            return [0.0, 0.0, 0.0, 0.0]
        old = float(self.operations.platform.live[self.node]["failing"])
        new = 1.0 - (1.0 - old) * (1.0 - (self.release.errors if self.faulty else 0.0))
        out = []
        for arm, (probability, part) in enumerate(((new, share), (old, 1.0 - share))):
            count = arrived * part
            drawn = self.operations.market.draws.poisson(
                RELEASE_CHECK, count * probability, self.number, self.checks, slot=arm * 500_000
            )
            out += [min(float(drawn), count), count]
        self.checks += 1
        return out

    def _p99(self) -> float:
        """99th percentile (s) of the new version's latency in the last minute."""
        platform = self.operations.platform
        minute = max(0, int(platform.setting[st.NOW]))
        row = platform.history[min(minute, len(platform.history) - 1), self.node]
        mean = float(row[st.H_LATENCY])
        variance = max(0.0, float(row[st.H_MOMENT]) - mean * mean)
        factor = 1.0 + (self.release.slower if self.faulty else 0.0)
        return float(gamma_quantile(mean * factor, variance * factor * factor, 2.326348))
