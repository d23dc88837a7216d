"""Visit, choice, stock, picking, delivery: here and with Mesa agents and SimPy processes, side by side in one process.

    python -m experiments.benchmarks.bench_marketplace [--shoppers N] [--scaling N ...]

First table: one reduced model. Every shopper visits as a Poisson process; a visit chooses between nothing and 8 SKUs
by a logit; a bought unit leaves the stock (a sold-out SKU loses the sale), is picked first come first served by a crew
of pickers with exponential times, and delivered after a gamma time. Written plainly (a Mesa agent and a SimPy process
for each shopper, one process for each order), and with the draws, the agenda and compiled loops of sim618. Buyers per
visit, lost sales, waits for a picker and times to the door must agree within 99% intervals.

Second table: scenarios/618.yaml whole, by shoppers: processor time per visit, the most memory that the command had, and the
exponent of time over shoppers. Time is the processor's, so that other work on the machine weighs on neither side.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import mesa
import numpy as np
import simpy
from numba import njit
from scipy.stats import t as student

from sim.books import state as books
from sim.core import agenda as calendar
from sim.core.rng import decision, exponential, gamma, philox, uniform
from sim.engine.marketplace import Marketplace
from sim.scenario import load

DAYS = 2
PER_DAY = 1.0  # visits of a shopper a day
UTILITY = np.array([-4.2, -4.0, -3.8, -3.6, -3.4, -3.2, -3.0, -2.8])
STOCK_SHARE = 0.9  # units of each SKU at hand, of what is expected to be asked for
PICK, LOAD = 2.0, 0.9  # mean minutes of picking, utilisation of the crew
DELIVERY, DELIVERY_SHAPE = 600.0, 4.0
BATCHES = 32

ARRIVAL = decision("benchmark.arrival")
CHOICE = decision("benchmark.choice")
ROAD = decision("benchmark.road")


class Seen(NamedTuple):
    """What one run measured."""

    visits: int
    chosen: float  # share of visits that chose something
    lost: float  # share of those that found it sold out
    waits: np.ndarray  # minutes until a picker began, in order of arrival
    doors: np.ndarray  # minutes from order to door


def crew(shoppers: int) -> int:
    """Pickers that are busy for the stated share of their time."""
    share = np.exp(UTILITY).sum() / (1.0 + np.exp(UTILITY).sum())
    return max(1, math.ceil(shoppers * PER_DAY / 1440.0 * share * STOCK_SHARE * PICK / LOAD))


def stock(shoppers: int) -> np.ndarray:
    """Units of each SKU at the start."""
    shares = np.exp(UTILITY) / (1.0 + np.exp(UTILITY).sum())
    return (shares * shoppers * PER_DAY * DAYS * STOCK_SHARE).astype(np.int64)


class Visitor(mesa.Agent):  # type: ignore[misc]
    """One shopper as a Mesa agent whose life is a SimPy process."""

    def live(self) -> Any:
        """Come, choose, perhaps order."""
        shop = self.model
        while True:
            yield shop.env.timeout(shop.rng_plain.expovariate(PER_DAY / 1440.0))
            shop.visits += 1
            weights = [math.exp(u) for u in UTILITY]
            target = shop.rng_plain.random() * (1.0 + sum(weights))
            for sku, weight in enumerate(weights):
                target -= weight
                if target < 0.0:
                    shop.chosen += 1
                    if shop.stock[sku] > 0:
                        shop.stock[sku] -= 1
                        shop.env.process(shop.order())
                    else:
                        shop.lost += 1
                    break


class PlainShop(mesa.Model):  # type: ignore[misc]
    """The reduced model as one would plainly write it."""

    def __init__(self, shoppers: int, seed: int) -> None:
        super().__init__(seed=seed)
        self.rng_plain = random.Random(seed)
        self.env = simpy.Environment()
        self.pickers = simpy.Resource(self.env, crew(shoppers))
        self.stock = list(stock(shoppers))
        self.visits = self.chosen = self.lost = 0
        self.waits: list[float] = []
        self.doors: list[float] = []
        for _ in range(shoppers):
            self.env.process(Visitor(self).live())

    def order(self) -> Any:
        """Picked, then delivered."""
        placed = self.env.now
        with self.pickers.request() as request:
            yield request
            self.waits.append(self.env.now - placed)
            yield self.env.timeout(self.rng_plain.expovariate(1.0 / PICK))
        yield self.env.timeout(self.rng_plain.gammavariate(DELIVERY_SHAPE, DELIVERY / DELIVERY_SHAPE))
        self.doors.append(self.env.now - placed)


def plain(shoppers: int, seed: int) -> Seen:
    """Run the plain model."""
    shop = PlainShop(shoppers, seed)
    shop.env.run(until=DAYS * 1440.0)
    return Seen(
        shop.visits, shop.chosen / shop.visits, shop.lost / max(1, shop.chosen),
        np.array(shop.waits), np.array(shop.doors),
    )  # fmt: skip


@njit(cache=True)
def _compiled(agenda, utility, stock, free, waits, doors, seed, end, shoppers):  # type: ignore[no-untyped-def]
    """(visits, chosen, lost, orders, delivered): a minute at a time, visits inside a minute in order of their time."""
    visits, chosen, lost, orders, delivered = 0, 0, 0, 0, 0
    weight = np.exp(utility)
    total = 1.0 + weight.sum()
    times = np.empty(64 + 4 * shoppers // 60)
    who = np.empty(times.shape[0], np.int64)
    next_at = np.empty(shoppers)
    for i in range(shoppers):
        w0 = philox(seed, 0, i, 0, ARRIVAL, 0)[0]
        next_at[i] = exponential(w0) * 1440.0 / PER_DAY
        calendar.appoint(agenda, int(next_at[i]), 0, i, 1)
    for minute in range(end):
        n = 0
        found, kind, subject, turn = calendar.take(agenda, minute)
        while found:
            if kind == 1:
                delivered += 1
            else:
                time = next_at[subject]
                j = n
                while j > 0 and times[j - 1] > time:
                    times[j], who[j] = times[j - 1], who[j - 1]
                    j -= 1
                times[j], who[j] = time, subject * 64 + turn
                n += 1
                w0 = philox(seed, 0, subject, turn, ARRIVAL, 0)[0]
                next_at[subject] = time + exponential(w0) * 1440.0 / PER_DAY
                calendar.appoint(agenda, int(next_at[subject]), 0, subject, turn + 1)
            found, kind, subject, turn = calendar.take(agenda, minute)
        for j in range(n):
            visits += 1
            subject, turn, time = who[j] // 64, who[j] % 64, times[j]
            w0, w1, _, _ = philox(seed, 0, subject, turn, CHOICE, 0)
            target = uniform(w0) * total
            for sku in range(weight.shape[0]):
                target -= weight[sku]
                if target < 0.0:
                    chosen += 1
                    if stock[sku] == 0:
                        lost += 1
                        break
                    stock[sku] -= 1
                    best = 0
                    for server in range(free.shape[0]):
                        if free[server] < free[best]:
                            best = server
                    start = max(time, free[best])
                    free[best] = start + PICK * exponential(w1)
                    road = DELIVERY / DELIVERY_SHAPE * gamma(seed, 0, subject, turn, ROAD, 0, DELIVERY_SHAPE)
                    if start < end:
                        waits[orders] = start - time
                        orders += 1
                    if free[best] + road < end:
                        doors[delivered] = free[best] + road - time
                        delivered += 1
                    break
    return visits, chosen, lost, orders, delivered


def compiled(shoppers: int, seed: int) -> Seen:
    """The same model in compiled loops."""
    end = int(DAYS * 1440)
    room = int(shoppers * PER_DAY * DAYS * 1.5) + 1000
    waits, doors = np.zeros(room), np.zeros(room)
    agenda = calendar.build(end, shoppers + 16)
    visits, chosen, lost, orders, delivered = _compiled(
        agenda, UTILITY, stock(shoppers), np.zeros(crew(shoppers)), waits, doors, np.uint32(seed), end, shoppers
    )
    return Seen(visits, chosen / visits, lost / max(1, chosen), waits[:orders], doors[:delivered])


def interval(values: np.ndarray) -> tuple[float, float]:
    """(mean, half-width of its 99% interval) over runs."""
    half = student.ppf(0.995, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return float(values.mean()), float(half)


def compare(shoppers: int, runs: int) -> bool:
    """Print the first table; True where statistics agree and visits per second are a hundredfold."""
    compiled(500, 0)
    ours, theirs, our_time, their_time = [], [], 0.0, 0.0
    for seed in range(1, runs + 1):
        began = time.process_time()
        ours.append(compiled(shoppers, seed))
        our_time += time.process_time() - began
        began = time.process_time()
        theirs.append(plain(shoppers, seed + 1000))
        their_time += time.process_time() - began
    print(f"{shoppers:,} shoppers, {DAYS} days, {runs} runs each")
    print(f"{'':32}{'sim618':>20}{'Mesa + SimPy':>20}")
    rows = {
        "visits": lambda seen: seen.visits,
        "share that chose": lambda seen: seen.chosen,
        "share sold out": lambda seen: seen.lost,
        "wait for a picker, min": lambda seen: seen.waits.mean(),
        "time to the door, min": lambda seen: seen.doors.mean(),
    }
    same = True
    for name, get in rows.items():
        mean, half = interval(np.array([get(seen) for seen in ours], float))
        other, other_half = interval(np.array([get(seen) for seen in theirs], float))
        agrees = abs(mean - other) <= half + other_half
        same &= agrees
        shown = f"{f'{mean:.5g} ± {half:.2g}':>20}{f'{other:.5g} ± {other_half:.2g}':>20}"
        print(f"{name:32}{shown}{'' if agrees else '  differs'}")
    fast = sum(seen.visits for seen in ours) / our_time
    slow = sum(seen.visits for seen in theirs) / their_time
    print(f"{'visits a second':32}{fast:>20,.0f}{slow:>20,.0f}")
    print(f"{'as many visits a second':32}{f'{fast / slow:.0f} times':>20}")
    return same and fast / slow >= 100.0


def peak_memory(scenario: Path, shoppers: int) -> int:
    """Bytes that the command `sim618 run` had at most, libraries, kernels and the drawing of the report included.

    Its own record is read while it runs: what the system tells when it has ended begins with this process's peak.
    0 where there is no such record.
    """
    peak = 0
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sim", "run", str(scenario), "--shoppers", str(shoppers), "--out", f"{folder}/run"]
        with subprocess.Popen([*command, "--quiet"], stdout=subprocess.DEVNULL) as process:
            record = Path(f"/proc/{process.pid}/status")
            while process.poll() is None:
                with suppress(OSError):
                    found = re.search(r"VmHWM:\s*(\d+) kB", record.read_text())
                    peak = int(found[1]) * 1024 if found else peak
                time.sleep(0.02)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return peak


def scale(sizes: list[int]) -> None:
    """Print the second table."""
    scenario = Path(__file__).resolve().parents[2] / "scenarios" / "618.yaml"
    warm = Marketplace(load(scenario, {"crowd.shoppers": "1000"}), seed=1)
    warm.run()
    print("\nscenarios/618.yaml")
    print(f"{'shoppers':>12}{'visits':>14}{'seconds':>10}{'µs a visit':>12}{'MB in all':>11}")
    seconds, peaks = [], []
    for shoppers in sizes:
        market = Marketplace(load(scenario, {"crowd.shoppers": str(shoppers)}), seed=1)
        began = time.process_time()
        market.run()
        seconds.append(time.process_time() - began)
        visits = float(market.world.books.series[:, books.VISITS].sum())
        del market
        peaks.append(peak_memory(scenario, shoppers))
        print(
            f"{shoppers:>12,}{visits:>14,.0f}{seconds[-1]:>10.2f}{seconds[-1] / visits * 1e6:>12.2f}{peaks[-1] / 1e6:>11,.0f}",
            flush=True,
        )
    if len(sizes) > 1:
        slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
        grown = (peaks[-1] - peaks[0]) / (sizes[-1] - sizes[0])
        marginal = np.log(seconds[-1] / seconds[-2]) / np.log(sizes[-1] / sizes[-2])
        print(f"time grows as shoppers to the power {slope:.2f}; last step {marginal:.2f}")
        print(f"{grown:.0f} bytes for each further shopper")


def main() -> int:
    """Both tables; 1 where the first misses its target."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shoppers", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scaling", type=int, nargs="*", default=[10_000, 100_000], help="numbers of shoppers")
    asked = parser.parse_args()
    good = compare(asked.shoppers, asked.runs)
    if asked.scaling:
        scale(asked.scaling)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
