"""0-yuan trials: units given away by lot among those who come to a livestream room for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.state import LIVESTREAM_VISITS, TRIALS, note
from sim.core.rng import decision
from sim.crowd.state import ALIVE, REMOVED
from sim.shelf.promotions import Window
from sim.shelf.state import TRIAL_REVIEW

ENTRANT = decision("trial.entrant")
ENTERS = decision("trial.enters")
PRIZE = decision("trial.prize")


def hold(market: Any, window: Window) -> None:
    """Bring the entrants to the room over its hours, and send the units to the winners.

    An entrant comes as a visitor by appointment and sees the shop as it is while the room is open; whether they buy is
    decided as in any visit. A unit costs the shop its cost and its parcel; nothing is paid for it. Only what
    is in stock is given away.
    """
    spec, world, draws = window.spec, market.world, market.draws
    world.shelf.setting[TRIAL_REVIEW] = max(world.shelf.setting[TRIAL_REVIEW], spec.trial_reviews)
    shoppers = len(world.crowd.rows)
    units = spec.zero_yuan_trials / market.weight
    # rows are whole: the rest is drawn, so that the expected number is exact
    lot = float(draws.uniform(PRIZE, window.number, window.opens))
    prizes = int(np.floor(units + lot))
    wanted = min(shoppers, round(units * spec.entrants))
    if wanted == 0:
        return
    flags = world.crowd.rows["flags"]
    here = np.flatnonzero((flags & ALIVE > 0) & (flags & REMOVED == 0))
    order = draws.uniform(ENTRANT, here, window.number, window.opens)
    entrants = here[np.argsort(order, kind="stable")[:wanted]]
    when = draws.uniform(ENTERS, entrants, window.number, window.opens)
    minutes = window.opens + 1 + np.floor(when * max(1, window.closes - window.opens - 1)).astype(np.int64)
    kept = market.appoint_visits(entrants, minutes)
    note(world.books, window.opens, LIVESTREAM_VISITS, float(kept))
    stock = world.supply.stock
    free = (stock["on_hand"] - stock["allocated"]).sum(axis=0) > 0
    goods = np.flatnonzero(window.mask & free)
    prizes = min(prizes, len(entrants))
    if prizes and len(goods):
        drawn = draws.uniform(PRIZE, entrants[:prizes], window.opens, window.number)
        given = market.give_away(entrants[:prizes], goods[np.floor(drawn * len(goods)).astype(np.int64)])
        note(world.books, window.opens, TRIALS, float(given))
        market.journal.record("shelf", "zero_yuan_trials", spec.room, given * market.weight)
