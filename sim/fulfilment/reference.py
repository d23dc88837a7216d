"""Stations driven alone: parcels come from outside and pass a line of queues, as in a textbook.

The recursion is the network's own (`replace_first` over a heap of the minutes at which servers are free),
with continuous times and nothing else: no shifts, no days. Confidence intervals are by batch means over
consecutive parcels.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.core.compiled import inner
from sim.core.heap import replace_first
from sim.core.intervals import half_width
from sim.core.rng import Draws, decision
from sim.fulfilment.config import Arrivals
from sim.fulfilment.stations import service_noise

ARRIVAL, SERVICE = decision("reference.arrival"), decision("reference.service")
BATCHES = 64
CHUNK = 65_536

# columns of what is summed: minutes waited, services that had to wait, waits within the target, lost, all, service
WAIT, DELAYED, WITHIN, LOST, ALL, WORK = range(6)


def run(config: Arrivals, draws: Draws) -> dict[str, float]:
    """KPIs of the line: for each station its mean wait (minutes), with the half-width of its 99% interval, and more.

    `fulfilment.<station>.wait_mean`, `.wait_half_width`, `.delayed_share` (of those who had to wait), `.within_share`
    (waited at most `within`), `.lost_share`, `.busy` servers, `.utilisation`, each share with its `_half_width`, and
    `fulfilment.line.sojourn_mean` from the first arrival to the last departure, with `.sojourn_half_width`.
    """
    stations = config.stations
    sums, sojourns, span = drive(
        draws.key0,
        draws.key1,
        1.0 / (config.rate * 60.0),
        config.noise,
        np.array([0 if s.servers == "unlimited" else s.servers for s in stations], np.int64),
        np.array([s.service.mean for s in stations], np.float64),
        np.array([s.service.noise for s in stations], np.float64),
        np.array([s.queue == "none" for s in stations]),
        config.parcels,
        config.warmup,
        config.within,
    )
    kpis: dict[str, float] = {}
    for station, rows in zip(stations, sums, strict=True):
        name = f"fulfilment.{station.name}"
        served = rows[:, ALL] - rows[:, LOST]
        for key, over, under in (
            ("wait", rows[:, WAIT], served), ("delayed", rows[:, DELAYED], served),
            ("within", rows[:, WITHIN], served), ("lost", rows[:, LOST], rows[:, ALL]),
        ):  # fmt: skip
            mean, half = interval(over, under)
            kpis[f"{name}.{key}_{'mean' if key == 'wait' else 'share'}"] = mean
            kpis[f"{name}.{key}_half_width"] = half
        busy = float(rows[:, WORK].sum() / span)  # servers at work on average
        kpis[f"{name}.busy"] = busy
        if station.servers != "unlimited":
            kpis[f"{name}.utilisation"] = busy / station.servers
    mean, half = interval(sojourns[:, 0], sojourns[:, 1])
    kpis["fulfilment.line.sojourn_mean"], kpis["fulfilment.line.sojourn_half_width"] = mean, half
    return kpis


def interval(over: np.ndarray, under: np.ndarray) -> tuple[float, float]:
    """(ratio of sums, half-width of its 99% interval) from the ratios of batches."""
    used = under > 0
    if used.sum() < 2:
        return float("nan"), float("nan")
    return float(over.sum() / under.sum()), half_width(over[used] / under[used])


@inner
def _serve(  # type: ignore[no-untyped-def]
    key0, key1, k, free, servers, mean, cv2, lossy, times, born, ids, sums, sojourns, last, warmup, scale, within
):
    """Let station ``k`` serve arrivals in order; ``times`` become departures, in place. Returns how many."""
    kept = 0
    for i in range(times.shape[0]):
        number, arrival = ids[i], times[i]
        batch = min(int((number - warmup) * scale), BATCHES - 1) if number >= warmup else -1
        wait = max(free[0] - arrival, 0.0) if servers > 0 else 0.0
        if lossy and wait > 0.0:
            if batch >= 0:
                sums[batch, ALL] += 1.0
                sums[batch, LOST] += 1.0
            continue
        service = mean * service_noise(key0, key1, number, k, SERVICE, cv2)
        leaves = arrival + wait + service
        if servers > 0:
            replace_first(free, None, servers, leaves, 0)
        if batch >= 0:
            sums[batch, WAIT] += wait
            sums[batch, DELAYED] += wait > 0.0
            sums[batch, WITHIN] += wait <= within
            sums[batch, ALL] += 1.0
            sums[batch, WORK] += service
            if last:
                sojourns[batch, 0] += leaves - born[i]
                sojourns[batch, 1] += 1.0
        times[kept] = leaves
        born[kept] = born[i]
        ids[kept] = number
        kept += 1
    return kept


@inner
def _arrive(key0, key1, made, clock, gap, gap_cv2, times, born, ids):  # type: ignore[no-untyped-def]
    """Fill a chunk with arrivals from number ``made`` on, after the minute ``clock``; returns the last one's minute."""
    for i in range(times.shape[0]):
        clock += gap * service_noise(key0, key1, made + i, 0, ARRIVAL, gap_cv2)
        times[i] = clock
        born[i] = clock
        ids[i] = made + i
    return clock


@njit(cache=True)
def drive(key0, key1, gap, gap_cv2, servers, means, cv2s, lossy, parcels, warmup, within):  # type: ignore[no-untyped-def]
    """Send ``warmup + parcels`` parcels down the line; sums over batches of the measured ones.

    `gap`: mean minutes between arrivals, `gap_cv2` its squared coefficient of variation. `servers`: int64[S], 0 for
    unlimited. `means`, `cv2s`: float64[S], service times. `lossy`: bool[S], no waiting room. Returns
    (float64[S, BATCHES, 6], float64[BATCHES, 2] with the sums and counts of sojourns, minutes between the first and the
    last measured arrival).
    """
    lines = servers.shape[0]
    most = max(servers.max(), 1)
    free = np.zeros((lines, most))
    sums = np.zeros((lines, BATCHES, 6))
    sojourns = np.zeros((BATCHES, 2))
    total = parcels + warmup
    # departures that must wait for what may still come before them: minutes, minutes of first arrival, numbers
    held_time = [np.zeros(0) for _ in range(lines)]
    held_born = [np.zeros(0) for _ in range(lines)]
    held_id = [np.zeros(0, np.int64) for _ in range(lines)]
    clock, first_time, made = 0.0, 0.0, 0
    while made < total:
        count = min(CHUNK, total - made)
        times = np.empty(count)
        ids = np.empty(count, np.int64)
        born = np.empty(count)
        clock = _arrive(key0, key1, made, clock, gap, gap_cv2, times, born, ids)
        if made <= warmup < made + count:
            first_time = times[warmup - made]
        made += count
        horizon = clock if made < total else np.inf
        for k in range(lines):
            kept = _serve(
                key0, key1, k, free[k], servers[k], means[k], cv2s[k], lossy[k], times, born, ids,
                sums[k], sojourns, k == lines - 1, warmup, BATCHES / parcels, within,
            )  # fmt: skip
            times, born, ids = times[:kept], born[:kept], ids[:kept]
            if k == lines - 1 or servers[k + 1] == 0:
                continue  # where nobody waits the order of arrivals does not matter
            times = np.concatenate((held_time[k], times))
            born = np.concatenate((held_born[k], born))
            ids = np.concatenate((held_id[k], ids))
            order = np.argsort(times)
            times, born, ids = times[order], born[order], ids[order]
            # what comes later leaves later than the last arrival so far: up to there the order is settled
            settled = np.searchsorted(times, horizon, side="right")
            held_time[k], held_born[k], held_id[k] = times[settled:].copy(), born[settled:].copy(), ids[settled:].copy()
            times, born, ids = times[:settled].copy(), born[:settled].copy(), ids[:settled].copy()
    return sums, sojourns, clock - first_time
