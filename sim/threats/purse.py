"""An attacker's own money: nothing in it comes from nowhere."""

from __future__ import annotations

from collections import defaultdict


class Purse:
    """Whole fen of real money: capital + income − spending = what is left, never below nought."""

    def __init__(self, capital: float) -> None:
        self.capital = round(capital * 100)
        self.income: dict[str, int] = defaultdict(int)
        self.spent: dict[str, int] = defaultdict(int)
        self.left = self.capital

    @property
    def cny(self) -> float:
        """What is left, CNY."""
        return self.left / 100.0

    @property
    def profit(self) -> float:
        """CNY earned so far: income less spending."""
        return (sum(self.income.values()) - sum(self.spent.values())) / 100.0

    def pay(self, what: str, cny: float) -> float:
        """Spend; returns the CNY spent, to the fen. Raises ValueError where the purse does not hold that much."""
        fen = round(cny * 100)
        if fen < 0 or fen > self.left:
            raise ValueError(f"an attacker cannot pay {fen} of {self.left} fen for {what}")
        self.left -= fen
        self.spent[what] += fen
        return fen / 100.0

    def earn(self, what: str, cny: float) -> float:
        """Take money in; returns the CNY, to the fen."""
        fen = round(cny * 100)
        if fen < 0:
            raise ValueError("income is not negative")
        self.left += fen
        self.income[what] += fen
        return fen / 100.0
