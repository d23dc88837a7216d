"""What the user is told when something goes wrong, and the exit code that says it to a script."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

import sim
from sim.core.errors import Exit, LawBroken, RegistryError, ScenarioError, UnitError


class RefusedError(Exception):
    """A command cannot do what is asked; the text says why and what would do. Exit code 64."""


def say(text: str) -> None:
    """One line to standard error."""
    print(f"sim618: {text}", file=sys.stderr)


def exit_code(error: Exception, arguments: Sequence[str]) -> int:
    """Tell of an error and return its exit code."""
    as_json = "--json" in arguments
    if isinstance(error, ScenarioError):
        if as_json:
            print(json.dumps({"problems": [problem.as_dict() for problem in error.problems]}, ensure_ascii=False))
        else:
            for problem in error.problems:
                print(problem, file=sys.stderr)
            count = len(error.problems)
            say(f"{count} problem{'s' if count != 1 else ''} found; nothing was run")
        return int(Exit.USAGE)
    if isinstance(error, (RefusedError, RegistryError, UnitError)):
        say(str(error))
        return int(Exit.USAGE)
    if isinstance(error, typer.TyperException):
        # `sim618` alone shows the help and ends like any other incomplete command line.
        from typer import rich_utils

        if type(error).__name__ == "NoArgsIsHelpError":
            print(getattr(error, "message", ""))
        else:
            rich_utils.rich_format_error(error)  # type: ignore[arg-type]
        return int(Exit.USAGE)
    where = report_fault(error, arguments)
    if isinstance(error, LawBroken):
        say(f"{error}\nThis is a fault of the simulator, not of your file. A report to send: {where}")
    else:
        say(f"internal fault: {type(error).__name__}: {_first_line(error)}\nA report to send: {where}")
    return int(Exit.INTERNAL)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:300]


def report_fault(error: Exception, arguments: Sequence[str]) -> Path | str:
    """Write what is needed to find the fault into a file and return its path."""
    lines = [
        f"sim618 {sim.__version__} fault report",
        f"time       {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}",
        f"command    sim618 {' '.join(arguments)}",
        f"python     {platform.python_version()} on {platform.platform()}",
        *(f"{name:<10} {version}" for name, version in versions().items()),
        "",
        "".join(traceback.format_exception(error)),
    ]
    name = f"sim618-fault-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            (folder / name).write_text("\n".join(lines), encoding="utf-8")
            return folder / name
        except OSError:
            continue
    return "(no folder to write the report into)"


def versions() -> dict[str, str]:
    """Versions of the libraries a run depends on, without importing them."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"sim618": sim.__version__, "python": platform.python_version()}
    for name in ("numpy", "numba", "pandas", "pyarrow", "mesa", "simpy", "pydantic", "scipy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
