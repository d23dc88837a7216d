"""What a waiting person sees: runs done, rate, time left and the present estimate, on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any


class Progress:
    """Counts runs. This base shows nothing; :class:`Bar` shows a bar."""

    def __init__(self) -> None:
        self.done = 0
        self.stored = 0
        self.total = 0
        self.started = time.monotonic()

    def expect(self, runs: int) -> None:
        """``runs`` more will be asked for."""
        self.total += runs

    def advance(self, runs: int = 1, stored: int = 0) -> None:
        """``runs`` more are there, ``stored`` of them from the store."""
        self.done += runs
        self.stored += stored

    def estimate(self, text: str) -> None:
        """The answer as it stands."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class Bar(Progress):
    """A bar on standard error; silent where that is not a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Bar:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(
                TextColumn("runs"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[estimate]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("runs", total=None, rate="", estimate="")
        return self

    def expect(self, runs: int) -> None:
        """``runs`` more will be asked for."""
        super().expect(runs)
        if self._bar is not None:
            self._bar.update(self._task, total=self.total)

    def advance(self, runs: int = 1, stored: int = 0) -> None:
        """``runs`` more are there, ``stored`` of them from the store."""
        super().advance(runs, stored)
        if self._bar is not None:
            made = self.done - self.stored
            rate = made / max(1e-9, time.monotonic() - self.started)
            shown = f"{rate:.1f}/s" if rate >= 1 else f"{60 * rate:.1f}/min"
            self._bar.update(self._task, completed=self.done, rate=shown if made else "from the store")

    def estimate(self, text: str) -> None:
        """The answer as it stands."""
        if self._bar is not None:
            self._bar.update(self._task, estimate=text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
