"""The progress bar of a run on standard error: moment of the festival, orders since the warm-up, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from sim.cli import stopping
from sim.core.calendar import Calendar

_EVERY_SECONDS = 0.1


class Report(Protocol):
    """What the engine calls while it runs."""

    def __call__(self, minute: float, end_minute: float, orders: float) -> None:
        """The run has reached `minute` of `end_minute`, with so many orders taken."""


def _silent(minute: float, end_minute: float, orders: float) -> None:
    """No progress wanted."""
    stopping.check()


class Counted:
    """Orders of the days that count: those taken up to the last call within the warm-up are left out."""

    def __init__(self, warmup: float, lang: str) -> None:
        self.warmup, self.lang, self.before = warmup, lang, 0.0

    def __call__(self, minute: float, orders: float) -> str:
        """What the bar says of the orders taken so far."""
        if minute < self.warmup:
            self.before = orders
            return "暖机" if self.lang == "zh" else "warm-up"
        return f"{orders - self.before:,.0f} {'单' if self.lang == 'zh' else 'orders'}"


@contextmanager
def progress(calendar: Calendar, label: str, *, quiet: bool, lang: str = "en") -> Iterator[Report]:
    """A bar that vanishes when the run ends; nothing at all when standard error is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[moment]}  {task.fields[orders]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
    )
    with bar:
        task = bar.add_task(label, total=float(calendar.end), moment="", orders="")
        last = 0.0
        count = Counted(calendar.warmup, lang)

        def report(minute: float, end_minute: float, orders: float) -> None:
            nonlocal last
            stopping.check()
            told = count(minute, orders)
            now = time.monotonic()
            if now - last >= _EVERY_SECONDS or minute >= end_minute:
                last = now
                moment = calendar.text(minute)
                bar.update(task, completed=float(minute), total=float(end_minute), moment=moment, orders=told)

        yield report
