"""The fulfilment pipeline alone, here and in SimPy, side by side in one process.

    python experiments/benchmarks/bench_fulfilment.py [--orders N] [--rounds N]

Poisson arrivals, 20 pickers first come first served with exponential times (utilisation 0.9), then a gamma delivery.
Both sides measure the wait for a picker and the time to the door; their 99% intervals must overlap before a ratio is
printed. SimPy runs fewer orders, since its time is proportional to them; rounds alternate and the median counts.
Time is the processor's, so that other work on the machine weighs on neither.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time

import numpy as np
import simpy
from scipy.stats import t as student

from sim.core.rng import Draws
from sim.fulfilment.config import Arrivals
from sim.fulfilment.reference import run

PICKERS, PICK, LOAD = 20, 2.0, 0.9  # people, mean minutes, utilisation
DELIVERY, DELIVERY_SHAPE = 600.0, 4.0  # mean minutes, shape of the gamma
WARMUP = 2_000
BATCHES = 32

LINE = Arrivals.model_validate(
    {
        "rate": f"{LOAD * PICKERS / PICK:g}/min",
        "parcels": 1_000,
        "stations": [
            {"name": "pickers", "servers": PICKERS, "service": {"mean": f"{PICK:g}min"}},
            {"name": "delivery", "servers": "unlimited",
             "service": {"mean": f"{DELIVERY:g}min", "distribution": "gamma", "cv2": 1.0 / DELIVERY_SHAPE}},
        ],
    }
)  # fmt: skip


def in_simpy(orders: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(waits, times to the door) of orders, as one would plainly write it with processes and a resource."""
    rng = random.Random(seed)
    env = simpy.Environment()
    pickers = simpy.Resource(env, PICKERS)
    waits, doors = np.zeros(orders), np.zeros(orders)

    def order(number: int) -> object:
        placed = env.now
        with pickers.request() as request:
            yield request
            waits[number] = env.now - placed
            yield env.timeout(rng.expovariate(1.0 / PICK))
        yield env.timeout(rng.gammavariate(DELIVERY_SHAPE, DELIVERY / DELIVERY_SHAPE))
        doors[number] = env.now - placed

    def arrivals() -> object:
        for number in range(orders):
            yield env.timeout(rng.expovariate(LOAD * PICKERS / PICK))
            env.process(order(number))

    env.process(arrivals())
    env.run()
    return waits[WARMUP:], doors[WARMUP:]


def interval(values: np.ndarray) -> tuple[float, float]:
    """(mean, half-width of its 99% interval) by batch means."""
    batches = values[: len(values) // BATCHES * BATCHES].reshape(BATCHES, -1).mean(axis=1)
    return float(values.mean()), float(student.ppf(0.995, BATCHES - 1) * batches.std(ddof=1) / np.sqrt(BATCHES))


def _ours(kpis: dict[str, float], name: str) -> tuple[float, float]:
    return kpis[f"fulfilment.{name}_mean"], kpis[f"fulfilment.{name}_half_width"]


def main() -> int:
    """Print the table; 1 where statistics differ or the ratio is below 200."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--orders", type=int, default=60_000, help="orders of a SimPy round; here a hundred times as many"
    )
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    many = args.orders * 100
    config = LINE.model_copy(update={"parcels": many, "warmup": WARMUP})
    run(LINE, Draws(0))  # compile
    ours, theirs = [], []
    for seed in range(1, args.rounds + 1):
        began = time.process_time()
        kpis = run(config, Draws(seed))
        ours.append((time.process_time() - began) / (many + WARMUP))
        began = time.process_time()
        waits, doors = in_simpy(args.orders + WARMUP, seed)
        theirs.append((time.process_time() - began) / (args.orders + WARMUP))
    rows = {
        "wait for a picker, min": (_ours(kpis, "pickers.wait"), interval(waits)),
        "time to the door, min": (_ours(kpis, "line.sojourn"), interval(doors)),
    }
    print(f"{'':28}{'sim618':>22}{'SimPy':>22}")
    same = True
    for name, ((mean, half), (other, other_half)) in rows.items():
        print(f"{name:28}{f'{mean:.4g} ± {half:.2g}':>22}{f'{other:.4g} ± {other_half:.2g}':>22}")
        same &= abs(mean - other) <= half + other_half
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(f"{'per order, µs':28}{statistics.median(ours) * 1e6:>22.3f}{statistics.median(theirs) * 1e6:>22.1f}")
    print(f"{'as many orders a second':28}{f'{ratio:.0f} times':>22}")
    print("statistics agree" if same else "statistics differ: the ratio means nothing")
    return 0 if same and ratio >= 200 else 1


if __name__ == "__main__":
    raise SystemExit(main())
