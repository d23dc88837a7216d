"""Ctrl-C and SIGTERM stop a command, also where an interrupt is lost on its way.

An interrupt that arrives while compiled kernels are being loaded, or while an object is being destroyed, is raised
where Python can only print it and go on. So it is remembered too and asked for wherever progress is told, and what
Python would print of it is left out.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

_asked = False


def _stop(number: int, frame: FrameType | None) -> None:
    global _asked
    _asked = True
    raise KeyboardInterrupt


def _unraisable(former: Any, lost: Any) -> None:
    """Say nothing of an interrupt that is remembered; leave anything else to the former hook."""
    if not (_asked and lost.exc_type is KeyboardInterrupt):
        former(lost)


@contextmanager
def listening() -> Iterator[None]:
    """Let both signals unwind, so that temporary folders are removed; afterwards everything is as it was.

    An ignored SIGINT (of a command in the background of a shell) stays ignored. Outside the main thread signals belong
    to the embedding program, and nothing is done.
    """
    global _asked
    _asked = False
    hook = sys.unraisablehook
    former: dict[int, Any] = {}
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
                former[number] = signal.signal(number, _stop)
        sys.unraisablehook = partial(_unraisable, hook)
    except ValueError:
        pass
    try:
        yield
    finally:
        if former:
            sys.unraisablehook = hook
        for number, handler in former.items():
            signal.signal(number, handler)


def check() -> None:
    """Raise KeyboardInterrupt where one of the signals has come since `listening` began."""
    if _asked:
        raise KeyboardInterrupt
