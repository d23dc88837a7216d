"""The table of orders: one row an order, those that are closed included where the run was asked to keep them.

    order          number of the order in this run, in the order in which they were placed
    shopper        row of the crowd; `purchase` is the number of this order among the shopper's, from 0
    weight         real orders this one stands for
    placed, paid_at, promised, delivered   moments; none where there was none; what is paid at once is paid when placed, a
                   balance on a whole minute
    warmup         whether it was placed before the scenario's start
    region, origin (search, livestream, group buy, presale, flash, attacker)
    open           whether something of it was still to come when the run ended
    lines, units   of one real order
    list_value, payable, deposit, refunded   CNY of one real order; payable is after all discounts
    first, topped_up, late, split, pick_up, given, fraud
    sku_0, quantity_0, list_value_0, payable_0, refunded_0, warehouse_0, state_0, sku_1, ...   of each line

An order that was placed and never paid for has no row: rows are orders paid, presale orders whose deposit is paid (also where
the balance is not), and orders in a group that paid and waits or was paid back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.fulfilment.state import (
    ALLOCATED,
    C_SERIAL,
    DEPOSIT,
    FLAG_FIRST,
    FLAG_FRAUD,
    FLAG_LATE,
    FLAG_PICK_UP,
    FLAG_SPLIT,
    FLAG_TOPPED_UP,
    FLAG_TRIAL,
    LINES,
    SHIPPED,
    WAITING,
)

if TYPE_CHECKING:
    import pandas as pd

ORIGINS = ("search", "livestream", "group buy", "presale", "flash", "attacker")
STATES = (
    "",
    "deposit paid",
    "waiting",
    "allocated",
    "shipped",
    "delivered",
    "returning",
    "returned",
    "cancelled",
    "defaulted",
    "lost",
)
FLAGS = {
    "first": FLAG_FIRST,
    "topped_up": FLAG_TOPPED_UP,
    "late": FLAG_LATE,
    "split": FLAG_SPLIT,
    "pick_up": FLAG_PICK_UP,
    "given": FLAG_TRIAL,
    "fraud": FLAG_FRAUD,
}
LINE = {"list_value": "list_value", "payable": "paid", "refunded": "refunded"}


def orders(market: Any) -> pd.DataFrame:
    """One row an order that something was paid for, by number. Raises RuntimeError where one of those to be kept is missing."""
    import pandas as pd

    ful, calendar = market.world.fulfilment, market.calendar
    still = ful.orders[ful.orders["shopper"] >= 0]
    closed = ful.closed[: int(ful.cursor[C_SERIAL])]
    closed = closed[closed["serial"] >= 0]
    if len(ful.closed) and len(still) + len(closed) != int(ful.cursor[C_SERIAL]):
        raise RuntimeError(f"{int(ful.cursor[C_SERIAL])} orders were made, {len(still) + len(closed)} are kept")
    rows = np.concatenate([closed, still])
    open_ = np.arange(len(rows)) >= len(closed)
    by_number = np.argsort(rows["serial"], kind="stable")
    rows, open_ = rows[by_number], open_[by_number]
    start, nat = np.datetime64(calendar.moment(0.0), "ms"), np.datetime64("NaT")

    def moment(name: str, *, always: bool = False) -> Any:
        found = start + np.rint(rows[name] * 60_000.0).astype("timedelta64[ms]")
        return found if always else np.where(rows[name] > 0.0, found, nat)

    used = np.arange(LINES) < rows["lines"][:, None]
    data: dict[str, Any] = {
        "order": rows["serial"],
        "shopper": rows["shopper"],
        "purchase": np.where(rows["flags"] & FLAG_TRIAL > 0, -1, rows["turn"]),
        "weight": np.full(len(rows), float(market.weight)),
        "placed": moment("placed", always=True),
        # payment is kept to the minute; nothing is paid before it is placed
        "paid_at": np.where(rows["paid_at"] > 0.0, np.maximum(moment("paid_at", always=True), moment("placed", always=True)), nat),
        "promised": moment("promised"),
        # a row holds when its latest parcel came: the order is delivered with its last one
        "delivered": np.where((used & np.isin(rows["line_state"], (DEPOSIT, WAITING, ALLOCATED, SHIPPED))).any(axis=1), nat, moment("delivered")),
        "warmup": rows["placed"] < calendar.warmup,
        "region": rows["region"],
        "origin": np.array(ORIGINS)[np.minimum(rows["origin"], len(ORIGINS) - 1)],
        "open": open_,
        "lines": rows["lines"],
        "units": np.where(used, rows["quantity"], 0).sum(axis=1),
    }
    for name, field in LINE.items():
        data[name] = np.where(used, rows[field], 0).sum(axis=1) / 100.0
    data["deposit"] = rows["deposit"] / 100.0
    for name, flag in FLAGS.items():
        data[name] = (rows["flags"] & flag) != 0
    for line in range(LINES):
        there = used[:, line]
        for name in ("sku", "quantity", "warehouse"):
            data[f"{name}_{line}"] = np.where(there, rows[name][:, line], -1 if name != "quantity" else 0)
        for name, field in LINE.items():
            data[f"{name}_{line}"] = np.where(there, rows[field][:, line], 0) / 100.0
        data[f"state_{line}"] = np.where(there, np.array(STATES)[rows["line_state"][:, line]], "")
    return pd.DataFrame(data)
