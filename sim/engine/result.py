"""What a run leaves behind: figures, hourly series, events, and how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.books.state import MONEY, SERIES

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Result:
    """A finished run, in real units (people, orders, CNY)."""

    kpis: dict[str, float]
    manifest: dict[str, Any]
    market: Any  # the marketplace at its end

    @property
    def series(self) -> pd.DataFrame:
        """One row an hour, the warm-up included (``hour`` is negative there)."""
        return hourly(self.market)

    @property
    def events(self) -> pd.DataFrame:
        """The journal: time, minute, side, kind, subject, size."""
        import pandas as pd

        rows = self.market.journal.rows
        frame = pd.DataFrame(rows, columns=["minute", "side", "kind", "subject", "size"])
        frame.insert(0, "time", pd.DatetimeIndex([self.market.calendar.moment(row[0]) for row in rows]))
        return frame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Small tables by name: ledger, stock, actions, services, promotions, deliveries (see sim.engine.tables)."""
        from sim.engine.tables import tables

        return tables(self.market)

    @property
    def orders(self) -> pd.DataFrame:
        """Every order of a run with ``orders=True`` that something was paid for, else those of them still open at the end (see
        sim.engine.orders)."""
        from sim.engine.orders import orders

        return orders(self.market)


def hourly(market: Any) -> pd.DataFrame:
    """Books' hourly series in real units, with stock and machine-room columns added."""
    import pandas as pd

    from sim.platform.state import A_FAILED, A_LATENCY, A_OFFERED, A_SHED, ORDER

    books, calendar = market.world.books, market.calendar
    hours = len(books.series)
    data: dict[str, Any] = {
        "time": [calendar.moment(60.0 * hour) for hour in range(hours)],
        "hour": np.arange(hours) - calendar.warmup // 60,
    }
    for column, name in enumerate(SERIES):
        data[name] = books.series[:, column] * market.weight * (0.01 if name in MONEY else 1.0)
    actions = market.world.platform.actions
    if len(actions) >= hours * 60:
        by_hour = actions[: hours * 60].reshape(hours, 60, *actions.shape[1:])
        offered = by_hour[:, :, :, A_OFFERED].astype(float)
        data["requests"] = offered.sum(axis=(1, 2))
        data["requests_peak"] = offered.sum(axis=2).max(axis=1) / 60.0
        data["requests_failed"] = by_hour[:, :, :, A_FAILED].sum(axis=(1, 2), dtype=float)
        data["requests_shed"] = by_hour[:, :, :, A_SHED].sum(axis=(1, 2), dtype=float)
        data["order_latency"] = by_hour[:, :, ORDER, A_LATENCY].max(axis=1).astype(float)
    stock = market.world.supply.closing
    units = stock.sum(axis=1).astype(float) * market.weight
    data["stock_units"] = np.repeat(units, 24)[:hours] if len(units) * 24 >= hours else np.full(hours, np.nan)
    return pd.DataFrame(data)
