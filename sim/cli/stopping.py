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
def listening(*, last: bool = False) -> Iterator[None]:
    """Let both signals unwind, so that temporary folders are removed; afterwards everything is as it was.

    Where it is the `last` thing that the process does, signals are ignored from then on instead: its end must not tell
    of an interrupt that came too late, or that was obeyed already.

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
        for changed, handler in former.items():
            signal.signal(changed, signal.SIG_IGN if last else handler)
        if former and not last:
            sys.unraisablehook = hook
        if last:
            # An interrupt within `exec` of a text (named tuples, data classes) makes `python -m` end by the signal even
            # where it was caught; the next text evaluated takes that back.
            eval("None")


def asked() -> bool:
    """Whether one of the signals has come since `listening` began."""
    return _asked


def check() -> None:
    """Raise KeyboardInterrupt where one of the signals has come since `listening` began."""
    if _asked:
        raise KeyboardInterrupt
