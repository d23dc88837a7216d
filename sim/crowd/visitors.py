"""Who may come in a minute, and the draws of their visits, made for many visitors at once.

A draw depends on nothing but its name, so those that every visit needs are made in loops over visitors that do
nothing else: the processor then works on several at a time.
"""

from __future__ import annotations

from sim.core.compiled import inlined, inner
from sim.core.rng import decision, philox
from sim.crowd.arrivals import candidate, height

THIN = decision("visit.thin")
LEAVE = decision("visit.leave")
LOOK = decision("visit.look")
SET = decision("visit.set")
CHOICE = decision("visit.choice")

#: rows of CrowdState.moods
LEAVING, LOOKING, SET_FIRST, SET_SECOND, CHOOSING = range(5)


@inlined
def second_of(word):  # type: ignore[no-untyped-def]
    """Second of the minute in which a visit begins."""
    return (word >> 8) * 60 >> 24


@inner
def gather(crowd, day, first, last, reach):  # type: ignore[no-untyped-def]
    """Candidates ``first`` to ``last`` (exclusive, at most CHUNK) of ``day`` whose level lies below ``reach``.

    Writes ``who``, ``when``, ``needed`` and ``seconds``; returns their number. The level is all that can be asked
    without a look at the shopper's row, and spares most of those who do not come one.
    """
    k0, k1 = crowd.keys[0], crowd.keys[1]
    who, when, needed, seconds = crowd.who, crowd.when, crowd.needed, crowd.seconds
    level, second = crowd.moods[0, 0], crowd.moods[0, 1]
    candidates = crowd.candidates
    for j in range(last - first):
        shopper, occurrence = candidate(candidates[first + j], day)
        level[j], second[j], _, _ = philox(k0, k1, shopper, occurrence, THIN, 0)
    n = 0
    for j in range(last - first):
        shopper, occurrence = candidate(candidates[first + j], day)
        least = height(level[j], occurrence)
        who[n], when[n], needed[n], seconds[n] = shopper, occurrence, least, second_of(second[j])
        n += least < reach
    return n


@inner
def fill(crowd, row, number, slot, first, last):  # type: ignore[no-untyped-def]
    """The four words of decision ``number`` of visitors ``first`` to ``last`` (exclusive), into a row of ``moods``."""
    k0, k1 = crowd.keys[0], crowd.keys[1]
    who, when = crowd.who, crowd.when
    w0, w1, w2, w3 = crowd.moods[row, 0], crowd.moods[row, 1], crowd.moods[row, 2], crowd.moods[row, 3]
    for j in range(first, last):
        w0[j], w1[j], w2[j], w3[j] = philox(k0, k1, who[j], when[j], number, slot)


@inner
def draw_look(crowd, need, first, last):  # type: ignore[no-untyped-def]
    """The draws of a look at one more ``need`` (the first is 0), for visitors ``first`` to ``last`` (exclusive)."""
    fill(crowd, LOOKING, LOOK, need, first, last)
    fill(crowd, SET_FIRST, SET, need * 2, first, last)
    fill(crowd, SET_SECOND, SET, need * 2 + 1, first, last)
    fill(crowd, CHOOSING, CHOICE, need, first, last)


@inner
def draw_moods(crowd, first, last):  # type: ignore[no-untyped-def]
    """All draws that every visit needs, for visitors ``first`` to ``last`` (exclusive) of ``who`` and ``when``."""
    fill(crowd, LEAVING, LEAVE, 0, first, last)
    draw_look(crowd, 0, first, last)
