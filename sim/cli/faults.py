"""What the user is told when something goes wrong, and the exit code that says it to a script."""

from __future__ import annotations

import errno
import json
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import typer

import sim
from sim.core.errors import Exit, LawBroken, RegistryError, ScenarioError, UnitError


class RefusedError(Exception):
    """A command cannot do what is asked; the text says why and what would do. Exit code 64."""


#: what the machine or its user refuses, and no fault of the simulator
_REFUSED_BY_THE_SYSTEM = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE,
    errno.ENFILE, errno.ENAMETOOLONG, errno.ENOMEM, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ELOOP,
}  # fmt: skip


def say(text: str) -> None:
    """One line to standard error; none where nobody reads it."""
    with suppress(OSError):
        print(f"sim618: {text}", file=sys.stderr, flush=True)


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
    told = _of_the_system(error)
    if told:
        say(told)
        return int(Exit.USAGE)
    where = report_fault(error, arguments)
    if isinstance(error, LawBroken):
        say(f"{error}\nThis is a fault of the simulator, not of your file. A report to send: {where}")
    else:
        say(f"internal fault: {type(error).__name__}: {_first_line(error)}\nA report to send: {where}")
    return int(Exit.INTERNAL)


def _of_the_system(error: BaseException) -> str:
    """What to say of a disk, a folder or a memory that does not do what is asked; empty for anything else."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError):
            return "found not enough memory, accepted: fewer --shoppers, or a machine with more; nothing half-written is left"
        if isinstance(seen, OSError) and seen.errno in _REFUSED_BY_THE_SYSTEM:
            reason = os.strerror(seen.errno)
            where = f" {seen.filename}" if seen.filename else ""
            return f"cannot read or write{where} ({reason}); what was there before is unchanged, nothing half-written is left"
        seen = seen.__cause__
    return ""


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
