"""One queue of impatient people driven alone, through the same recursion as the shop's: M/M/c+M, Erlang A."""

from __future__ import annotations

import numpy as np

from sim.care.config import Arrivals
from sim.care.kernel import queue_alone
from sim.core.intervals import half_width
from sim.core.rng import Draws, decision

GAP, CHAT, PATIENCE = (
    decision("care_reference.gap"),
    decision("care_reference.chat"),
    decision("care_reference.patience"),
)
BATCHES, CHUNK = 64, 262_144


def run(config: Arrivals, draws: Draws) -> dict[str, float]:
    """`care.queue.wait_mean` (minutes, of all who came, served or not), `.abandoned_share`, `.delayed_share` (who did not
    begin at once), each with the `_half_width` of its 99% interval by batch means."""
    total = config.warmup + config.contacts
    free, sums, clock = np.zeros(config.servers), np.zeros((BATCHES, 4)), 0.0
    for first in range(0, total, CHUNK):
        number = np.arange(first, min(first + CHUNK, total))
        gaps = draws.exponential(GAP, number) / (config.rate * 60.0)
        chats = draws.exponential(CHAT, number) * config.handle
        patience = np.full(len(number), 1e15)
        if config.patience != "endless":
            patience = draws.exponential(PATIENCE, number) * config.patience
        batch = np.minimum((number - config.warmup) * BATCHES // config.contacts, BATCHES - 1)
        batch[number < config.warmup] = -1
        clock = queue_alone(gaps, chats, patience, config.servers, free, clock, sums, batch)
    kpis: dict[str, float] = {}
    for column, key in ((2, "wait"), (1, "abandoned"), (3, "delayed")):
        ratios = sums[:, column] / sums[:, 0]
        name = f"care.queue.{key}"
        kpis[f"{name}_{'mean' if key == 'wait' else 'share'}"] = float(sums[:, column].sum() / sums[:, 0].sum())
        kpis[f"{name}_half_width"] = half_width(ratios)
    return kpis
