"""What care did, hour by hour: watched from outside, so that the desk itself keeps only its daily numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.care import cases as c
from sim.core.clock import wait
from sim.engine.playbook import WATCHERS

if TYPE_CHECKING:
    import pandas as pd

HOUR = 60.0
#: the desk finds the contacts of the coming hour at its beginning, and whom the bot answers
AHEAD = (c.D_OPENED, c.D_BOT, c.D_DROPPED)
#: it works what people answer when the hour is over
BEHIND = (c.D_STAFF, c.D_GAVE_UP, c.D_WAIT)


class CareHours:
    """Reads the desk's numbers at every full hour, after its round."""

    def __init__(self, market: Any, desk: Any) -> None:
        self.market, self.desk = market, desk
        self.totals: list[np.ndarray] = []  # float64[columns] each: AHEAD, BEHIND, summed since minute 0
        self.waiting: list[tuple[float, float]] = []  # real people waiting for staff, for the complaint office
        market.env.process(self._watch())

    def _watch(self) -> Iterator[Any]:
        while True:
            self.totals.append(self._sums())
            self.waiting.append((self._in(self.desk.staff), self._in(self.desk.office.team, self.desk.office.late_team)))
            yield wait(self.market.env, HOUR, WATCHERS)

    def _sums(self) -> np.ndarray:
        return np.asarray(self.desk.cases.totals[[*AHEAD, *BEHIND]])

    def _in(self, *pools: Any) -> float:
        return float(sum(pool.waiting for pool in pools) * self.desk.grain)

    def table(self) -> pd.DataFrame:
        """A row for each whole hour of the run; ``hour`` counts from the scenario's start. Contacts are real ones.

        ``wait``: minutes waited on average by those a person answered, nan where nobody waits because staff is without
        limit; ``waiting``, ``complaints``: people waiting when the hour began, ``complaints`` nan without an office.
        """
        import pandas as pd

        hours = int(self.market.minute // HOUR)
        totals = np.array([*self.totals[:hours], self._sums()])
        began = np.vstack([np.zeros(totals.shape[1]), totals])
        at_start, at_end = np.diff(began, axis=0)[:hours], np.diff(totals, axis=0)[:hours]
        opened, bot, dropped = at_start[:, : len(AHEAD)].T
        staff, left, waited = at_end[:, len(AHEAD) :].T
        queue = np.array(self.waiting[:hours]).reshape(hours, 2)
        limited, office = not self.desk.unlimited, self.desk.office.policy.handles
        mean = np.divide(waited, staff, out=np.full(hours, np.nan), where=staff > 0.0) if limited else np.full(hours, np.nan)
        found = pd.DataFrame(
            {
                "hour": np.arange(hours) - self.market.calendar.warmup_days * 24,
                "opened": opened,
                "bot": bot,
                "staff": staff,
                "gave_up": dropped + left,
                "wait": mean,
                "waiting": queue[:, 0],
                "complaints": queue[:, 1] if office else np.full(hours, np.nan),
            }
        )
        return found if opened.sum() > 0.0 else found.iloc[:0]
