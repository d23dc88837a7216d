"""Multi-server FIFO stations: exact waiting by recursion, with shifts, outages and Little's law.

A row starts at ``max(arrival, earliest free server)``, not before the shift opens and not during an
outage; the servers are a binary heap of the minutes at which they are free. That is the Kiefer–Wolfowitz
recursion of the G/G/c queue, exact for any arrivals and service times. It runs minute by minute, so that
an event between two minutes may change what has not yet begun.
"""

from __future__ import annotations

import math

import numpy as np

from sim.core.compiled import inner, prefetch
from sim.core.heap import replace_first
from sim.core.rng import exponential, gamma, philox, uniform
from sim.fulfilment.state import C_QUEUED

DAY = 1440.0
NEVER = 1e15


@inner
def in_shift(opens, closes, time):  # type: ignore[no-untyped-def]
    """The first moment from ``time`` on inside the shift [opens, closes) of a day; may wrap past midnight."""
    if opens == 0.0 and closes == DAY:
        return time
    day = math.floor(time / DAY) * DAY
    at = time - day
    if opens <= closes:
        if at < opens:
            return day + opens
        return time if at < closes else day + DAY + opens
    return time if at < closes or at >= opens else day + opens


@inner
def shift_end(opens, closes, time, work):  # type: ignore[no-untyped-def]
    """The moment at which ``work`` minutes inside the shift [opens, closes) have passed since ``time``."""
    now = in_shift(opens, closes, time)
    if opens == 0.0 and closes == DAY:
        return now + work
    length = closes - opens if closes > opens else closes - opens + DAY
    # the shift that `now` lies in ends within its length
    since = (now - opens) - math.floor((now - opens) / DAY) * DAY
    left = length - since
    while work > left:
        work -= left
        now = in_shift(opens, closes, now + left)
        left = length
    return now + work


def minutes_on_shift(opens: float, closes: float, time: float) -> float:
    """Minutes inside the shift [opens, closes) from minute 0 to ``time``."""
    day = math.floor(time / DAY)
    at = time - day * DAY
    if opens < closes:
        return day * (closes - opens) + min(max(at - opens, 0.0), closes - opens)
    return day * (closes - opens + DAY) + min(at, closes) + max(at - opens, 0.0)


on_shift = inner(minutes_on_shift)


@inner
def beyond_shift(station, start, end):  # type: ignore[no-untyped-def]
    """Minutes from ``start`` to ``end`` outside the station's shift."""
    inside = on_shift(station.opens, station.closes, end) - on_shift(station.opens, station.closes, start)
    return max(0.0, end - start - inside)


@inner
def work_of(station, rows, units):  # type: ignore[no-untyped-def]
    """Minutes of shift that ``rows`` rows of ``units`` units in all keep a station's present servers busy, on average."""
    work = rows * station.service + (units - rows) * station.per_unit
    return work / (station.servers * max(station.speed, 0.05))


@inner
def queue_ends(ful, number, time):  # type: ignore[no-untyped-def]
    """Minute at which the rows now waiting at a station will have been served, ``time`` itself where none waits: what
    anybody can see who counts them and their units, no outage foreseen."""
    station = ful.stations[number]
    if station.waiting <= 0 or station.servers <= 0:
        return time
    return shift_end(station.opens, station.closes, time, work_of(station, station.waiting, station.units))


@inner
def service_noise(key0, key1, entity, occurrence, decision, cv2):  # type: ignore[no-untyped-def]
    """Mean 1 and squared coefficient of variation ``cv2``: constant (0), exponential (1), else gamma.

    A gamma of shape 2, 3 or 4 (cv2 1/2, 1/3, 1/4) is a sum of as many exponentials, from the words of one block.
    """
    if cv2 == 0.0:
        return 1.0
    if cv2 == 1.0:
        return exponential(philox(key0, key1, entity, occurrence, decision, 0)[0])
    shape = 1.0 / cv2
    if shape == 2.0 or shape == 3.0 or shape == 4.0:
        w0, w1, w2, w3 = philox(key0, key1, entity, occurrence, decision, 0)
        product = uniform(w0) * uniform(w1)
        if shape > 2.0:
            product *= uniform(w2)
        if shape > 3.0:
            product *= uniform(w3)
        return -math.log(product) * cv2
    return gamma(key0, key1, entity, occurrence, decision, 0, shape) * cv2


@inner
def integrate(station, minute):  # type: ignore[no-untyped-def]
    """Bring the area under the number in the system up to the start of the whole minute ``minute``."""
    now = int(minute)
    if now > station.clock:
        station.area += station.inside * float(now - station.clock)
        station.clock = now


@inner
def join(ful, number, parcel, time, state):  # type: ignore[no-untyped-def]
    """A parcel arrives at a station at ``time`` (float minutes) and goes to the end of its queue.

    Arrivals come in order of whole minutes; those of one minute may come in any order: `arrange` puts them in order
    when the minute is over.
    """
    station = ful.stations[number]
    integrate(station, time)
    p = ful.parcels[parcel]
    p.arrived = time
    p.sequence = station.arrived
    p.state = state
    last = np.int64(station.tail)
    if last >= 0 and ful.parcels[last].arrived > time:
        station.mixed = 1
    _insert(ful, station, parcel, last)
    station.inside += 1
    station.arrived += 1
    station.area -= time - station.clock


@inner
def arrange(ful, minute):  # type: ignore[no-untyped-def]
    """Order those who came to each station within ``minute`` by time, equal times as they came."""
    for number in range(ful.stations.shape[0]):
        station = ful.stations[number]
        if station.mixed:
            station.mixed = 0
            first = np.int64(station.tail)
            before = np.int64(ful.parcels[first].previous)
            while before >= 0 and ful.parcels[before].arrived >= minute:
                first = before
                before = np.int64(ful.parcels[first].previous)
            first, last = _sorted(ful.parcels, first)
            if before < 0:
                station.head = first
            else:
                ful.parcels[before].next = first
            station.tail = last
            while first >= 0:
                ful.parcels[first].previous = before
                before = first
                first = np.int64(ful.parcels[first].next)


@inner
def _sorted(parcels, first):  # type: ignore[no-untyped-def]
    """(first, last) of the parcels linked by `next` from ``first`` on, ordered by arrival: a merge sort from the bottom up.

    Runs of ``width`` are merged two by two, until there is one. `previous` is left to the caller.
    """
    last = first
    width = 1
    while True:
        left, first, last = first, np.int64(-1), np.int64(-1)
        merged = 0
        while left >= 0:
            merged += 1
            right, lefts = left, 0
            while lefts < width and right >= 0:
                lefts += 1
                right = np.int64(parcels[right].next)
            rights = width
            while lefts > 0 or (rights > 0 and right >= 0):
                if lefts > 0 and (rights == 0 or right < 0 or not _earlier(parcels[right], parcels[left])):
                    taken = left
                    left = np.int64(parcels[left].next)
                    lefts -= 1
                else:
                    taken = right
                    right = np.int64(parcels[right].next)
                    rights -= 1
                if last < 0:
                    first = taken
                else:
                    parcels[last].next = taken
                last = taken
            left = right
        parcels[last].next = -1
        if merged <= 1:
            return first, last
        width *= 2


@inner
def _insert(ful, station, parcel, after):  # type: ignore[no-untyped-def]
    """Link a parcel into the queue behind ``after`` (-1: at the head)."""
    p = ful.parcels[parcel]
    p.previous = after
    if after < 0:
        p.next = station.head
        station.head = parcel
    else:
        p.next = ful.parcels[after].next
        ful.parcels[after].next = parcel
    if p.next < 0:
        station.tail = parcel
    else:
        ful.parcels[p.next].previous = parcel
    station.waiting += 1
    station.units += p.units
    ful.cursor[C_QUEUED] += 1


@inner
def unlink(ful, number, parcel):  # type: ignore[no-untyped-def]
    """Take a waiting parcel out of its queue; it stays in the system until `leave`."""
    station = ful.stations[number]
    p = ful.parcels[parcel]
    if p.previous < 0:
        station.head = p.next
    else:
        ful.parcels[p.previous].next = p.next
    if p.next < 0:
        station.tail = p.previous
    else:
        ful.parcels[p.next].previous = p.previous
    p.next = -1
    p.previous = -1
    station.waiting -= 1
    station.units -= p.units
    ful.cursor[C_QUEUED] -= 1


@inner
def leave(ful, number, parcel, time):  # type: ignore[no-untyped-def]
    """A parcel leaves a station at ``time``."""
    station = ful.stations[number]
    integrate(station, time)
    station.inside -= 1
    station.departed += 1
    station.area += time - station.clock
    station.sojourn += time - ful.parcels[parcel].arrived


@inner
def withdraw(ful, number, parcel, time):  # type: ignore[no-untyped-def]
    """A waiting parcel leaves the station unserved (cancelled, or its warehouse burns)."""
    unlink(ful, number, parcel)
    leave(ful, number, parcel, time)
    ful.stations[number].withdrawn += 1


@inner
def next_start(ful, number):  # type: ignore[no-untyped-def]
    """Minute at which the head of the queue can start, `NEVER` where nobody waits or nothing works."""
    station = ful.stations[number]
    if station.head < 0 or station.servers <= 0 or station.speed <= 0.0:
        return NEVER
    start = max(ful.parcels[station.head].arrived, ful.free_at[number, 0])
    if start < station.down_until:
        start = station.down_until
    return in_shift(station.opens, station.closes, start)


@inner
def start_head(ful, key0, key1, number, start, state, decision):  # type: ignore[no-untyped-def]
    """The head of the queue begins its service at ``start``; returns the parcel, whose `completes` is set."""
    station = ful.stations[number]
    parcel = np.int64(station.head)
    unlink(ful, number, parcel)
    if station.head >= 0:  # the next parcel was asked for when this one began to be served, its order is now
        following = ful.parcels[station.head]
        prefetch(ful.orders, np.int64(following.order))
        prefetch(ful.parcels, np.int64(following.next))
    p = ful.parcels[parcel]
    order = ful.orders[p.order]
    mean = (station.service + station.per_unit * (p.units - 1)) / station.speed
    noise = service_noise(key0, key1, order.shopper, occurrence(order.turn, p.ordinal), decision, station.cv2)
    p.completes = start + mean * noise
    p.began = start
    p.state = state
    replace_first(ful.free_at[number], ful.serving[number], station.servers, p.completes, parcel)
    station.started += 1
    station.waited += start - p.arrived
    station.busy += p.completes - start
    station.overtime += beyond_shift(station, start, p.completes)
    return parcel


@inner
def occurrence(turn, ordinal):  # type: ignore[no-untyped-def]
    """Occurrence of a draw: which order of the shopper, which parcel (or line) of the order."""
    return turn * 256 + ordinal


@inner
def stop(ful, number, minute, until, queued):  # type: ignore[no-untyped-def]
    """A station is down from the whole minute ``minute`` (before its work) until ``until``.

    Unfinished work goes back to the head of the queue in its original order (by arrival) and has state
    ``queued`` again; its service starts anew, with the same named draw. Servers are free at ``until``.
    """
    station = ful.stations[number]
    now = float(minute)
    for column in range(station.servers):
        if ful.free_at[number, column] <= now:
            continue
        parcel = np.int64(ful.serving[number, column])
        if parcel < 0:
            continue
        p = ful.parcels[parcel]
        p.state = queued
        after = np.int64(-1)
        ahead = np.int64(station.head)
        while ahead >= 0 and _earlier(ful.parcels[ahead], p):
            after = ahead
            ahead = np.int64(ful.parcels[ahead].next)
        station.started -= 1
        station.waited -= p.began - p.arrived
        station.busy -= p.completes - now  # what was worked so far is lost but was worked
        station.overtime -= beyond_shift(station, now, p.completes)
        _insert(ful, station, parcel, after)
    for column in range(station.servers):
        if ful.free_at[number, column] > now:
            ful.free_at[number, column] = now
        ful.serving[number, column] = -1
    _heapify(ful.free_at[number], ful.serving[number], station.servers)
    if until > station.down_until:
        station.down_until = until


@inner
def _earlier(p, q):  # type: ignore[no-untyped-def]
    """Whether parcel ``p`` came to the station before ``q``."""
    return p.arrived < q.arrived or (p.arrived == q.arrived and p.sequence < q.sequence)


@inner
def _heapify(times, rows, servers):  # type: ignore[no-untyped-def]
    """Order ``times`` (with their ``rows``) as a heap; for a few servers insertion sort is one."""
    for i in range(1, servers):
        time, row = times[i], rows[i]
        j = i
        while j > 0 and times[j - 1] > time:
            times[j] = times[j - 1]
            rows[j] = rows[j - 1]
            j -= 1
        times[j] = time
        rows[j] = row


@inner
def staff(ful, number, servers, factor):  # type: ignore[no-untyped-def]
    """From now on ``servers`` columns serve, and each service takes ``factor`` times as long.

    Work in hand goes on; of more servers the new ones are free at once, of fewer the earliest free go.
    """
    station = ful.stations[number]
    times, rows = ful.free_at[number], ful.serving[number]
    _heapify(times, rows, station.servers)
    if servers < station.servers:
        drop = station.servers - servers
        for i in range(servers):
            times[i] = times[i + drop]
            rows[i] = rows[i + drop]
    else:
        for i in range(station.servers, servers):
            times[i] = 0.0
            rows[i] = -1
        _heapify(times, rows, servers)
    station.servers = servers
    station.service *= factor
    station.per_unit *= factor
