"""A binary heap of the minutes at which servers are free: the earliest is its root."""

from __future__ import annotations

from sim.core.compiled import inner


@inner
def replace_first(times, rows, servers, time, row):  # type: ignore[no-untyped-def]
    """The earliest free server is busy until ``time``.

    ``times``: float64[at least ``servers`` > 0], the heap. ``rows``: what each server works at, kept in the order of
    ``times``, which the server now busy works at ``row``; None where nobody asks.
    """
    i = 0
    while True:
        child = 2 * i + 1
        if child >= servers:
            break
        if child + 1 < servers and times[child + 1] < times[child]:
            child += 1
        if times[child] >= time:
            break
        times[i] = times[child]
        if rows is not None:
            rows[i] = rows[child]
        i = child
    times[i] = time
    if rows is not None:
        rows[i] = row
