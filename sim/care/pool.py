"""A team and its queue: contacts in the order of their arrival, people by the hour, exact waiting.

A contact here stands for `grain` real ones, and the team's c real places are c' = max(1, round(c ÷ grain)) servers,
each c'·grain ÷ c times as slow: its capacity is exactly the real one.
"""

from __future__ import annotations

import numpy as np

from sim.care.kernel import ABANDONED, SERVED, STAYS, serve

#: one contact (or case) in a queue
PIECE = np.dtype(
    [
        ("at", "f8"),  # minute it joins the queue
        ("gives_up", "f8"),  # minute its patience ends
        ("service", "f8"),  # minutes of work, for a real place
        ("case", "i4"),  # row of what it belongs to
        ("tries", "u1"),  # contacts made for this matter before this one
        ("number", "u1"),  # of the piece in its case
    ]
)
ENDLESS = 1e15


def sort_pieces(pieces: np.ndarray) -> np.ndarray:
    """By time, equal times in the order given."""
    return np.asarray(pieces[np.argsort(pieces["at"], kind="stable")])


def _joined(first: np.ndarray, then: np.ndarray) -> np.ndarray:
    """Both, one after the other; like `np.concatenate`, which takes long to compare the two types."""
    if not len(then):
        return first
    if not len(first):
        return then
    both = np.empty(len(first) + len(then), first.dtype)
    both[: len(first)], both[len(first) :] = first, then
    return both


class Pool:
    """People who serve one queue, first come first served.

    `grain`: real contacts of a piece. `places`: float64[24], real chats that can be held at once by hour of the day;
    None: without limit, nobody ever waits.
    """

    def __init__(self, grain: float, places: np.ndarray | None) -> None:
        self.grain, self.places = grain, places
        self.factor = 1.0  # share of places that are there: sickness, further people
        self.clock = 0.0
        self.free = np.zeros(0)  # binary heap: minutes at which servers are free
        self.slower = 1.0  # length of a service of a server over that of a real place
        self.queue = np.zeros(0, PIECE)  # waiting, in order
        self.ahead = np.zeros(0, PIECE)  # joining later
        # for the laws, whole run, in pieces and minutes
        self.arrived = self.served = self.abandoned = self.withdrawn = 0
        self.sojourn = 0.0  # sum of minutes waited by those no longer waiting
        self.busy = 0.0  # server·minutes of work begun
        self.worked = 0.0  # the same in real place·minutes
        self.there = 0.0  # real place·minutes of those who were there, busy or not
        self.area = 0.0  # integral over time of the number waiting, from counts

    def add(self, pieces: np.ndarray) -> None:
        """Pieces that will join at their time, not before the clock."""
        self.ahead = _joined(self.ahead, pieces)

    def withdraw(self, which: np.ndarray, now: float) -> np.ndarray:
        """Take pieces (bool[waiting]) out of the queue at minute `now`, the clock: they join another from now on."""
        taken = self.queue[which].copy()
        self.queue = self.queue[~which]
        self.withdrawn += len(taken)
        self.sojourn += float((now - taken["at"]).sum())
        taken["at"] = now
        return taken

    @property
    def waiting(self) -> int:
        """Pieces in the queue now."""
        return len(self.queue)

    def present(self, minute: float) -> float:
        """Real places there at a minute."""
        if self.places is None:
            return float("inf")
        return float(self.places[int(minute // 60) % 24]) * max(self.factor, 0.0)

    def work(self, until: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Serve up to minute `until`: (pieces that left the queue, their fate, the minute it befell them).

        The caller calls at every hour at the least, and before the staff changes.
        """
        if until <= self.clock:
            return np.zeros(0, PIECE), np.zeros(0, np.int8), np.zeros(0)
        self._staff()
        if self.places is not None:
            self.there += self.present(self.clock) * (until - self.clock)
        joins = self.ahead["at"] < until
        if not len(self.queue) and not joins.any():
            self.clock = until
            return np.zeros(0, PIECE), np.zeros(0, np.int8), np.zeros(0)
        joining = sort_pieces(self.ahead[joins])
        self.ahead = self.ahead[~joins]
        self.arrived += len(joining)
        present = _joined(self.queue, joining)
        begins = np.zeros(len(present))
        fate = np.zeros(len(present), np.int8)
        if self.places is None:
            begins[:], fate[:] = present["at"], SERVED
            self.busy += float(present["service"].sum())
        elif len(present):
            servers = len(self.free)
            busy = serve(
                present["at"].copy(), present["gives_up"].copy(), present["service"] * self.slower, self.free, servers,
                until, begins, fate,
            )  # fmt: skip
            self.busy += busy
            self.worked += busy * self.grain / self.slower
        gone = fate != STAYS
        self._integrate(joining["at"], begins[gone], until)
        self.queue = present[~gone]
        self.served += int((fate == SERVED).sum())
        self.abandoned += int((fate == ABANDONED).sum())
        self.sojourn += float((begins[gone] - present["at"][gone]).sum())
        self.clock = until
        return present[gone], fate[gone], begins[gone]

    def _integrate(self, joined: np.ndarray, left: np.ndarray, until: float) -> None:
        """Add to the area under the number waiting, event by event, from the clock to `until`."""
        times = np.concatenate([joined, left])
        steps = np.ones(len(times))
        steps[len(joined) :] = -1.0
        order = np.argsort(times, kind="stable")
        times, number = times[order], len(self.queue) + np.cumsum(steps[order])
        # from the clock on the queue as it was, then as many as each event leaves until the next
        self.area += len(self.queue) * (float(times[0]) - self.clock if len(times) else until - self.clock)
        if len(times):
            self.area += float(number[:-1] @ (times[1:] - times[:-1])) + float(number[-1]) * (until - float(times[-1]))

    def _staff(self) -> None:
        """Servers for the stretch that begins now: further ones are free at once, idle ones leave first."""
        if self.places is None:
            return
        real = self.present(self.clock)
        wanted = 0 if real <= 0.0 else max(1, round(real / self.grain))
        self.slower = wanted * self.grain / real if wanted else 1.0
        if wanted == len(self.free):
            return
        if wanted > len(self.free):
            self.free = np.sort(np.concatenate([self.free, np.full(wanted - len(self.free), self.clock)]))
        else:
            # who is busy longest stays in the books of the fewer; the others finish their chat and go
            self.free = np.sort(self.free)[len(self.free) - wanted :]
