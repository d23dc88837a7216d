"""Small tables of a finished run beside its hourly series, in real units (people, units, CNY).

    ledger      day, account, debit, credit
    stock       day, category, units, value (at cost), skus, out (SKUs without stock)
    actions     hour, action, requests, failed, shed (turned away; none is counted as both)
    services    hour, service, own, requests, failed, utilisation, replicas, queue
    promotions  number, kind, announced, opens, closes, skus
    deliveries  day, orders, door_p50, door_p95 (hours from payment to door)
    care        hour, opened, bot, staff, gave_up (contacts), wait (minutes), waiting, complaints (people)
    exposure    supplier, region, tts, ttr (days), daily_value, at_risk (CNY), the worst failure first
    customers   channel, week, won, buyers, orders, margin, spent (only with channels or invitations)

Days and hours count from the scenario's start; those of the warm-up are negative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.books.state import ACCOUNTS

if TYPE_CHECKING:
    import pandas as pd


def tables(market: Any) -> dict[str, pd.DataFrame]:
    """Every table that has a row in this run, by name."""
    found = {
        "ledger": ledger(market),
        "stock": stock(market),
        "actions": actions(market),
        "services": services(market),
        "promotions": promotions(market),
        "deliveries": deliveries(market),
        "care": care(market),
        "exposure": exposure(market),
        "customers": customers(market),
    }
    return {name: table for name, table in found.items() if len(table)}


def ledger(market: Any) -> pd.DataFrame:
    """Postings of each day and account that has any, CNY."""
    import pandas as pd

    books, scale = market.world.books, market.weight * 0.01
    day, account = np.nonzero((books.debit != 0) | (books.credit != 0))
    return pd.DataFrame(
        {
            "day": day - market.calendar.warmup_days,
            "account": [ACCOUNTS[number] for number in account],
            "debit": books.debit[day, account] * scale,
            "credit": books.credit[day, account] * scale,
        }
    )


def stock(market: Any) -> pd.DataFrame:
    """Stock of each category when a day closed."""
    import pandas as pd

    supply, skus = market.world.supply, market.world.shelf.skus
    days = len(supply.closing)
    frames = []
    for number, name in enumerate(market.category_names):
        mine = np.flatnonzero(skus["category"][: supply.closing.shape[1]] == number)
        if not len(mine):
            continue
        units = supply.closing[:, mine].astype(float) * market.weight
        frames.append(
            pd.DataFrame(
                {
                    "day": np.arange(days) - market.calendar.warmup_days,
                    "category": name,
                    "units": units.sum(axis=1),
                    "value": units @ (skus["unit_cost"][mine] * 0.01),
                    "skus": len(mine),
                    "out": supply.out[:, mine].astype(bool).sum(axis=1),
                }
            )
        )
    whole = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return whole if len(whole) and (whole["units"].any() or whole["out"].any()) else whole.iloc[:0]


def actions(market: Any) -> pd.DataFrame:
    """User actions of each kind and hour that saw any: asked, failed on the way, turned away before it.

    Neither failed nor shed is counted in the other, so 1 − (failed + shed) ÷ requests is the availability.
    """
    import pandas as pd

    from sim.platform.state import A_FAILED, A_OFFERED, A_SHED, ACTION_NAMES

    by_hour = _by_hour(market, market.world.platform.actions)
    if by_hour is None:
        return pd.DataFrame()
    hours = len(by_hour)
    sums = by_hour.sum(axis=1, dtype=np.float64)
    table = pd.DataFrame(
        {
            "hour": np.repeat(np.arange(hours) - market.calendar.warmup // 60, len(ACTION_NAMES)),
            "action": np.tile(np.array(ACTION_NAMES, dtype=object), hours),
            "requests": sums[..., A_OFFERED].ravel(),
            "failed": sums[..., A_FAILED].ravel(),
            "shed": sums[..., A_SHED].ravel(),
        }
    )
    return table[table["requests"] > 0.0].reset_index(drop=True)


def services(market: Any) -> pd.DataFrame:
    """Load of each service and hour that saw any: sums of requests, the worst minute's utilisation and queue.

    ``own``: a service or database of the shop, no dependency. ``failed`` holds those refused by a full queue; what the
    front door or an open breaker turns away never arrives and is in none of its numbers (see :func:`actions`).
    """
    import pandas as pd

    from sim.platform.graph import node_names
    from sim.platform.state import DEPENDENCY, H_ARRIVED, H_FAILED, H_QUEUE, H_READY, H_UTILISATION

    by_hour = _by_hour(market, market.world.platform.history)
    if by_hour is None:
        return pd.DataFrame()
    names = node_names(market.config.platform)
    own = market.world.platform.nodes["kind"] != DEPENDENCY
    hours = len(by_hour)
    table = pd.DataFrame(
        {
            "hour": np.repeat(np.arange(hours) - market.calendar.warmup // 60, len(names)),
            "service": np.tile(np.array(names, dtype=object), hours),
            "own": np.tile(own, hours),
            "requests": by_hour[..., H_ARRIVED].sum(axis=1, dtype=np.float64).ravel(),
            "failed": by_hour[..., H_FAILED].sum(axis=1, dtype=np.float64).ravel(),
            "utilisation": by_hour[..., H_UTILISATION].max(axis=1).astype(np.float64).ravel(),
            "replicas": by_hour[..., H_READY].max(axis=1).astype(np.int64).ravel(),
            "queue": by_hour[..., H_QUEUE].max(axis=1).astype(np.float64).ravel(),
        }
    )
    return table[table["requests"] > 0.0].reset_index(drop=True)


def promotions(market: Any) -> pd.DataFrame:
    """Every window of the promotion calendar, in its order; a flash sale has one row an opening."""
    import pandas as pd

    rows = [
        {
            "number": window.number,
            "kind": window.spec.kind,
            "announced": market.calendar.moment(window.announced),
            "opens": market.calendar.moment(window.opens),
            "closes": market.calendar.moment(window.closes),
            "skus": int(window.mask.sum()),
        }
        for window in market.windows
    ]
    return pd.DataFrame(rows)


def deliveries(market: Any) -> pd.DataFrame:
    """Orders delivered on each day and how long they took from payment to door (upper ends of half-hour bins)."""
    import pandas as pd

    from sim.fulfilment.state import DOOR_STEP

    doors = market.world.fulfilment.doors
    reached = doors.cumsum(axis=1)
    count = reached[:, -1]
    days = np.flatnonzero(count)

    def quantile(q: float) -> np.ndarray:
        return ((reached[days] < q * count[days, None]).sum(axis=1) + 1) * DOOR_STEP / 60.0

    return pd.DataFrame(
        {
            "day": days - market.calendar.warmup_days,
            "orders": count[days] * market.weight,
            "door_p50": quantile(0.5),
            "door_p95": quantile(0.95),
        }
    )


def care(market: Any) -> pd.DataFrame:
    """Contacts of each hour and who ended them, waiting, complaints under way; none where nobody contacts the shop."""
    import pandas as pd

    watch = market.notices.get("care_hours")
    return pd.DataFrame() if watch is None else watch.table()


def exposure(market: Any) -> pd.DataFrame:
    """What the failure of each main supplier would do, the worst first: time to survive, to recover, and what lies between."""
    import pandas as pd

    from sim.supply.exposure import exposures

    return pd.DataFrame(exposures(market) if getattr(market, "supply", None) is not None else ())


def customers(market: Any) -> pd.DataFrame:
    """Buyers by channel of origin and week of their first order, and what each channel cost (CNY, once a channel).

    ``week`` counts from the scenario's start; −1: first order before it. ``margin`` is what their orders earned since the
    start: paid less cost of goods and refunds. A channel's CAC is its ``spent`` ÷ its ``won``, a cohort's LTV so far its
    ``margin`` ÷ its ``buyers``.
    """
    import pandas as pd

    team = market.notices.get("acquirer")
    if team is None and "crowd.invitations" not in market.notices:
        return pd.DataFrame()
    accounts = {} if team is None else team.accounts
    rows, warm = market.world.crowd.rows, market.calendar.warmup_days
    bought = rows["orders"] > 0
    week = np.where(rows["first_day"] < warm, -1, (rows["first_day"] - warm) // 7)
    found = []
    for channel in sorted({0, *accounts, *np.unique(rows["channel"]).tolist()}):
        account = accounts.get(channel)
        name = account.name if account else "own" if channel == 0 else "invitations"
        mine = bought & (rows["channel"] == channel)
        for number, cohort in enumerate(np.unique(week[mine]) if mine.any() else [-1]):
            part = mine & (week == cohort)
            found.append(
                {
                    "channel": name,
                    "week": int(cohort),
                    "won": account.won * market.weight if account and number == 0 else 0.0,
                    "buyers": float(part.sum() * market.weight),
                    "orders": float(rows["window_orders"][part].sum() * market.weight),
                    "margin": float(rows["margin"][part].sum() * market.weight / 100.0),
                    "spent": account.spent * market.weight / 100.0 if account and number == 0 else 0.0,
                }
            )
    return pd.DataFrame(found)


def _by_hour(market: Any, minutes: np.ndarray) -> np.ndarray | None:
    """A per-minute array [minutes, …] as [hours, 60, …]; None where the machine room was not driven."""
    hours = len(market.world.books.series)
    if len(minutes) < hours * 60:
        return None
    return minutes[: hours * 60].reshape(hours, 60, *minutes.shape[1:])
