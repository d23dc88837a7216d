"""Standard streams as they are found: closed, of a terminal that knows only ASCII, of a reader that has gone."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

_PLAIN = {
    "–": "-", "—": "-", "−": "-", "…": "...", "•": "*", "·": ".", "×": "x", "±": "+/-", "≤": "<=", "≥": ">=",
    "“": '"', "”": '"', "‘": "'", "’": "'", "→": "->", "¥": "CNY", "█": "#", "━": "-", "─": "-", "│": "|", "⋯": "...",
    "α": "alpha", "β": "beta", "ρ": "rho", "σ": "sigma", "λ": "lambda", "μ": "mu", "µ": "u", "²": "2", "\xa0": " ",
}  # fmt: skip


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""As JSON writes what is not ASCII: ``\uXXXX``, in pairs where one is not enough."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)), error.end


codecs.register_error("sim618.plainer", _plainer)
codecs.register_error("sim618.escaped", _escaped)


def prepare(arguments: Sequence[str]) -> None:
    """Let nothing that is written fail for its letters or for a stream that is not there."""
    for name, descriptor in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            # the number too, or the next file that is opened would get it and all that is printed
            opened = os.open(os.devnull, os.O_RDONLY if name == "stdin" else os.O_WRONLY)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            setattr(sys, name, open(descriptor, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
    json = "--json" in arguments or list(arguments[:1]) == ["schema"] or list(arguments[:2]) == ["results", "show"]
    for stream, errors in ((sys.stdout, "escaped" if json else "plainer"), (sys.stderr, "plainer")):
        if hasattr(stream, "reconfigure") and getattr(stream, "errors", "") in ("strict", "surrogateescape"):
            stream.reconfigure(errors=f"sim618.{errors}")


def drop() -> None:
    """Nobody reads standard output any more: what is still to be written goes nowhere."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def flush() -> None:
    """Write what is buffered now, while a failure can still be told. Raises OSError."""
    sys.stdout.flush()
