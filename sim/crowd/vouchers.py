"""Personal vouchers: given by a programme, held by a shopper, paid from a budget that is never overdrawn.

A voucher is a coupon kind that nobody can claim. Its face value leaves the budget when it is given and comes back when
it lapses unused. Its cost is booked as a discount when it is used, as any coupon's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books.state import COUPONS_CLAIMED
from sim.core.calendar import DAY
from sim.core.clock import FAULTS, wait
from sim.core.errors import SimError
from sim.crowd.programmes_config import DayVoucher
from sim.shelf.state import C_BUDGET, C_CLAIM, C_CLAIMED, C_FROM, C_OFF, C_THRESHOLD, C_TO, C_USED, COUPON_KINDS


class Vouchers:
    """The drawer of vouchers of one market: kinds are taken from the end of the shelf's table."""

    def __init__(self, market: Any) -> None:
        self.market = market
        self.kinds: dict[tuple[str, int, int], int] = {}
        self.names: dict[int, str] = {}
        self.given = 0

    @property
    def _table(self) -> np.ndarray:
        table: np.ndarray = self.market.world.shelf.coupons
        return table

    def kind(self, programme: str, voucher: DayVoucher, budget: float) -> int:
        """The kind of ``programme``'s voucher, made with ``budget`` (real CNY) when it is first asked for."""
        key = (programme, round(voucher.off * 100), round(voucher.threshold * 100))
        if key not in self.kinds:
            number = COUPON_KINDS - 1 - len(self.kinds)
            if number < 0 or self._table[number, C_OFF] > 0:
                raise SimError(f"crowd: more than {COUPON_KINDS} kinds of coupons and vouchers")
            if not self.kinds:
                self.market.env.process(self._lapse())
            row = self._table[number]
            row[:] = 0
            row[C_THRESHOLD], row[C_OFF] = key[2], key[1]
            row[C_BUDGET] = round(budget * 100 / self.market.weight)
            row[C_FROM], row[C_TO], row[C_CLAIM] = 0, self.market.calendar.end, 0
            self.kinds[key] = number
            self.names[number] = programme
        return self.kinds[key]

    def give(self, kind: int, shoppers: np.ndarray, valid: float) -> np.ndarray:
        """Give the voucher to ``shoppers`` (rows) who hold none, in their order, while the budget lasts.

        ``valid``: minutes; a voucher is good to the end of its last day. Returns the rows that got one.
        """
        rows, table = self.market.world.crowd.rows, self._table
        now = int(self.market.env.now)
        shoppers = np.asarray(shoppers, np.int64)
        shoppers = shoppers[rows["coupon_day"][shoppers] < now // DAY]
        face = int(table[kind, C_OFF])
        shoppers = shoppers[: max(0, int(table[kind, C_BUDGET]) // face)]
        table[kind, C_BUDGET] -= face * len(shoppers)
        table[kind, C_CLAIMED] += len(shoppers)
        rows["coupon"][shoppers] = kind
        rows["coupon_day"][shoppers] = (now + int(valid) - 1) // DAY
        self.given += len(shoppers)
        self.market.world.books.series[now // 60, COUPONS_CLAIMED] += len(shoppers)
        return shoppers

    def _lapse(self) -> Any:
        """At midnight what lapsed the day before goes back into its budget, before anybody is given another in its place."""
        while True:
            yield wait(self.market.env, DAY - self.market.env.now % DAY, FAULTS)
            rows, today = self.market.world.crowd.rows, int(self.market.env.now) // DAY
            for kind in self.names:
                lapsed = np.flatnonzero((rows["coupon"] == kind) & (rows["coupon_day"] >= 0) & (rows["coupon_day"] < today))
                rows["coupon_day"][lapsed] = -1
                self._table[kind, C_BUDGET] += int(self._table[kind, C_OFF]) * len(lapsed)

    def used(self) -> tuple[float, float]:
        """(vouchers used, vouchers given), real numbers, the warm-up included."""
        kinds = list(self.names)
        return (
            float(self._table[kinds, C_USED].sum() * self.market.weight),
            float(self._table[kinds, C_CLAIMED].sum() * self.market.weight),
        )


def vouchers(market: Any) -> Vouchers:
    """The market's drawer of vouchers."""
    drawer: Vouchers = market.notices.setdefault("vouchers", None) or Vouchers(market)
    market.notices["vouchers"] = drawer
    return drawer
