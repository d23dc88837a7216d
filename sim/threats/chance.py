"""Draws of the threats side, and whole numbers out of fractions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import bdtr, bdtrik

from sim.core.rng import decision

SCREEN = decision("threats.screen")  # entity: attacker, occurrence: its screenings so far, slot: defence
SUCCESS = decision("threats.success")
OPTION = decision("threats.option")
TELL = decision("threats.tell")
LENGTH = decision("threats.flood_length")
PAUSE = decision("threats.flood_pause")
NEIGHBOUR = decision("threats.neighbour")
BUYER = decision("threats.buyer")
VICTIM = decision("threats.victim")
NOTICED = decision("threats.card_noticed")
ARTICLE = decision("threats.article")


def binomial(draws: Any, name: np.uint32, n: int, p: float, entity: int, occurrence: int, slot: int = 0) -> int:
    """A binomial number of ``n`` with probability ``p``, by inversion of one named uniform."""
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    u = float(draws.uniform(name, entity, occurrence, slot))
    if u <= bdtr(0, n, p):
        return 0
    k = math.ceil(float(bdtrik(u, n, p)))
    while k > 0 and bdtr(k - 1, n, p) >= u:
        k -= 1
    return min(n, max(0, k))


class Carry:
    """Turns a stream of fractions into whole numbers whose sum never differs from theirs by one or more."""

    def __init__(self) -> None:
        self.rest = 0.0

    def take(self, amount: float) -> int:
        """The whole part of ``amount`` and of what was left before."""
        total = self.rest + amount
        whole = math.floor(total + 1e-9)
        self.rest = max(0.0, total - whole)
        return whole
