"""The machine room alone: 24 days of the usual eight services with their databases, one second at a time.

    python experiments/benchmarks/bench_platform.py [--days N] [--peak RATE] [--rounds N]

Three loads: an ordinary one, where almost every minute is quiet and served at once; a festival with a burst of six
times the peak in four hours of each day, where shedding, queues and the autoscaler are at work; and the
ordinary one with every second served for itself, which must give the same availability. Time is processor time of
the calls alone, compiled before; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from types import SimpleNamespace

import numpy as np
from numba import njit

from sim.platform import state as st
from sim.platform.config import Platform
from sim.platform.kernel import serve_minute

HOURS = np.array([3.5, 1.6, 0.9, 0.6, 0.5, 0.6, 1.3, 2.5, 3.4, 4.3, 4.9, 4.7, 4.9, 5.3, 5.3, 5.4, 5.3, 4.7, 4.8, 5.9,
                  7.2, 8.2, 8.1, 5.7])  # fmt: skip
BURST, BURST_HOURS = 6.0, (0, 1, 20, 21)


def build(days: int, peak: float, burst: bool) -> st.PlatformState:
    """A machine room driven by a daily curve with the given peak."""
    context = SimpleNamespace(minutes=days * 1440, calendar=None, expected_peak=peak)
    platform = st.build(Platform.model_validate({"load": {"rate": "1/s"}}), context)
    curve = HOURS / HOURS.max() * peak
    if burst:
        curve[list(BURST_HOURS)] *= BURST
    platform.load[:] = np.tile(np.repeat(curve, 3600), days)
    return platform


def serve(platform: st.PlatformState, days: int) -> float:
    """Processor seconds to serve all minutes."""
    began = time.process_time()
    serve_all(platform, days * 1440, np.uint32(1), np.uint32(0))
    return time.process_time() - began


@njit
def serve_all(platform, minutes, key0, key1):  # type: ignore[no-untyped-def]
    """Serve minute after minute from compiled code, as the engine does."""
    for minute in range(minutes):
        serve_minute(platform, minute, key0, key1)


def main() -> None:
    """Print a table of the three loads."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=24)
    parser.add_argument("--peak", type=float, default=2000.0, help="user actions a second")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    serve(build(1, asked.peak, True), 1)
    print(f"{asked.days} days, peak {asked.peak:g}/s, {len(build(1, asked.peak, False).nodes)} nodes")
    for name, burst, exact in (("ordinary", False, 0.0), ("festival", True, 0.0), ("second by second", False, 1.0)):
        seconds = []
        for _ in range(asked.rounds if not exact else 1):
            platform = build(asked.days, asked.peak, burst)
            platform.setting[st.EXACT] = exact
            seconds.append(serve(platform, asked.days))
        offered, _, _, answered = platform.balance.sum(axis=0)
        slow = platform.setting[st.SLOW_MINUTES] / (asked.days * 1440)
        print(
            f"{name:17s} {statistics.median(seconds):7.2f} s   of minutes second by second {slow:6.1%}"
            f"   availability {answered / offered:.9f}"
        )


if __name__ == "__main__":
    main()
