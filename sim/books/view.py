"""Reading the books of a finished run: real units, the warm-up left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.books import state as b


def total(market: Any, name: str) -> float:
    """Sum of an hourly series since the scenario's start, in real units (money in CNY)."""
    column = b.COLUMN[name]
    start = market.calendar.warmup // 60
    value = float(market.world.books.series[start:, column].sum()) * market.weight
    return value / 100.0 if name in b.MONEY else value


def hours(market: Any, name: str) -> np.ndarray:
    """float64[hours]: an hourly series since the scenario's start, in real units (money in CNY)."""
    start = market.calendar.warmup // 60
    values = market.world.books.series[start:, b.COLUMN[name]] * market.weight
    return np.asarray(values / 100.0 if name in b.MONEY else values)


def ledger(market: Any) -> dict[str, float]:
    """CNY by account since the scenario's start: debits less credits (assets and expenses positive)."""
    day = market.calendar.warmup // 1440
    books = market.world.books
    balance = (books.debit[day:].sum(axis=0) - books.credit[day:].sum(axis=0)) * market.weight / 100.0
    return dict(zip(b.ACCOUNTS, balance.tolist(), strict=True))


def ratio(numerator: float, denominator: float) -> float:
    """The quotient, nan where there is nothing to divide by."""
    return numerator / denominator if denominator > 0 else float("nan")
