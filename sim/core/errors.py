"""What can go wrong, and how it is told.

A user's mistake becomes a `Problem` (file, line, column, path, found, accepted) inside a
`ScenarioError`, which carries *all* problems of a document at once. A fault of the simulator
itself becomes a `LawBroken` or any other exception; the command line maps the two kinds to
different exit codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    NOT_MET = 1
    STOPPED = 2
    USAGE = 64
    INTERNAL = 70
    INTERRUPTED = 130


class SimError(Exception):
    """Base of every error this package raises on purpose."""


class UnitError(SimError, ValueError):
    """A text is not a quantity of the unit asked for.

    `found` is what was written, `accepted` describes what would be right.
    """

    def __init__(self, found: object, accepted: str) -> None:
        self.found = found
        self.accepted = accepted
        super().__init__(f"found {shown(found)}, accepted: {accepted}")


class RegistryError(SimError):
    """A policy or an event is declared twice, is unknown, or its plug-in cannot be loaded."""


class LawBroken(SimError):  # noqa: N818  (the sentence a report says)
    """A conservation law does not hold at the end of a run. `law` is its name."""

    def __init__(self, law: str, detail: str) -> None:
        self.law = law
        self.detail = detail
        super().__init__(f"law broken: {law}: {detail}")


def suggestion(found: object, known: Iterable[str]) -> str:
    """The known name nearest to what was written, or an empty text."""
    import difflib

    close = difflib.get_close_matches(str(found), [str(name) for name in known], n=1, cutoff=0.6)
    return close[0] if close else ""


def shown(value: object, limit: int = 60) -> str:
    """A short one-line rendering of a user's value for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        text = "a mapping with " + (", ".join(str(key) for key in value) or "no keys")
    elif isinstance(value, (list, tuple)):
        text = f"a list of {len(value)}"
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable(text: str) -> str:
    """The text with control characters escaped, so that a user's data can neither break a line nor a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in one place of one file.

    `line` and `column` count from 1; 0 means unknown. `file` is the path as the user wrote it, or
    the name of another origin such as ``--set``.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.line:
            place += f":{self.line}:{self.column}"
        where = f"  {self.path}: " if self.path else "  "
        hint = f" (did you mean {self.suggestion!r}?)" if self.suggestion else ""
        return printable(f"{place}{where}{self.message}{hint}")

    def as_dict(self) -> dict[str, str | int]:
        """The problem as plain data, for ``--json``."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "message": self.message,
            "suggestion": self.suggestion,
        }


class ScenarioError(SimError):
    """A file people write is wrong. `problems` holds every mistake found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
