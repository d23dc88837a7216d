"""The journal: what happened, when, to whom, and how large it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Journal:
    """Events in the order in which they happened. ``now``: gives the present minute."""

    now: Callable[[], float]
    rows: list[tuple[float, str, str, str, float]] = field(default_factory=list)

    def record(self, side: str, kind: str, subject: str = "", size: float = 0.0) -> None:
        """Write down that ``kind`` happened to ``subject`` on ``side``; ``size`` in the event's own unit."""
        self.rows.append((float(self.now()), side, kind, subject, float(size)))

    def of(self, side: str, kind: str = "") -> list[tuple[float, str, str, str, float]]:
        """Rows of one side, of one kind if given."""
        return [row for row in self.rows if row[1] == side and (not kind or row[2] == kind)]
