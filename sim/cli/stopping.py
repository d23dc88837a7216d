"""Ctrl-C and SIGTERM stop a command, also where an interrupt is lost on its way.

An interrupt that arrives while compiled kernels are being loaded is raised inside a callback from C, which can only
ignore it. So it is remembered too, and asked for wherever progress is told.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

_asked = False


def _stop(number: int, frame: FrameType | None) -> None:
    global _asked
    _asked = True
    raise KeyboardInterrupt


def listen() -> dict[int, Any]:
    """Let both signals unwind, so that temporary folders are removed; returns the former handlers for `restore`.

    An ignored SIGINT (of a command in the background of a shell) stays ignored. Outside the main thread signals belong
    to the embedding program, and nothing is done.
    """
    global _asked
    _asked = False
    former: dict[int, Any] = {}
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
                former[number] = signal.signal(number, _stop)
    except ValueError:
        pass
    return former


def restore(former: dict[int, Any]) -> None:
    """Put former handlers back."""
    for number, handler in former.items():
        signal.signal(number, handler)


def check() -> None:
    """Raise KeyboardInterrupt where one of the signals has come since `listen`."""
    if _asked:
        raise KeyboardInterrupt
