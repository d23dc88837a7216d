"""Options that several commands share, and how they become overrides."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.faults import RefusedError
from sim.core.errors import UnitError
from sim.core.units import parse_count
from sim.scenario.overrides import split_assignment

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file (YAML).", show_default=False, readable=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Override a value, such as crowd.shoppers=20_000. Repeatable."),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed; default: the file's, else 1.")]
Replications = Annotated[int, typer.Option("--replications", min=1, max=100_000, help="Runs with the same seed.")]
Shoppers = Annotated[
    str | None, typer.Option("--shoppers", metavar="N", help="Rows simulated, short for --set crowd.shoppers=N.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for the result; default results/NAME/HASH.")
]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable to standard output, nothing else there.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no messages.")]
Lang = Annotated[str, typer.Option("--lang", metavar="en|zh", help="Language of labels and of the report.")]


def overrides(assignments: list[str] | None, shoppers: str | None = None, *, option: str = "--set") -> dict[str, Any]:
    """Overrides of `--set` (or another option) and `--shoppers`. Raises RefusedError for a malformed or repeated one."""
    found: dict[str, Any] = {}
    for assignment in assignments or []:
        try:
            path, value = split_assignment(assignment)
        except ValueError as error:
            raise RefusedError(f"{option}: {error}") from None
        if path in found:
            raise RefusedError(f"{option}: {path} is set twice")
        found[path] = value
    if shoppers is not None:
        try:
            rows = parse_count(int(shoppers) if shoppers.isdecimal() else shoppers)
        except UnitError as error:
            raise RefusedError(f"--shoppers: {error}") from None
        if "crowd.shoppers" in found and not _same_count(found["crowd.shoppers"], rows):
            raise RefusedError(
                f"--shoppers: found {shoppers}, and {option} crowd.shoppers={found['crowd.shoppers']}, accepted: one of them"
            )
        found["crowd.shoppers"] = rows
    return found


def _same_count(written: Any, rows: int) -> bool:
    text = str(written)
    try:
        return parse_count(int(text) if text.isdecimal() else text) == rows
    except UnitError:
        return False


def writable(folder: Path, option: str) -> Path:
    """The folder, after trying to write where it is or will be. Raises RefusedError."""
    there = next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path("/"))
    if not there.is_dir():
        raise RefusedError(f"{option}: found a file at {there}, accepted: a folder")
    try:
        with tempfile.TemporaryFile(dir=there):
            return folder
    except OSError as error:
        reason = error.strerror or str(error)
        raise RefusedError(
            f"{option}: cannot write into {there} ({reason}), accepted: a folder to write into"
        ) from None


def language(lang: str) -> str:
    """`en` or `zh`. Raises RefusedError for another."""
    if lang not in ("en", "zh"):
        raise RefusedError(f"--lang: found {lang!r}, accepted: en, zh")
    return lang
