"""Commands about files: check, explain, publish the schema, list assumptions."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.faults import RefusedError
from sim.cli.options import Json, Quiet, ScenarioFile, Set, overrides
from sim.core.errors import Exit, Problem, ScenarioError

if TYPE_CHECKING:
    from sim.scenario.assumptions import Assumption


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.command("validate")(validate)
    app.command("explain")(explain)
    app.command("schema")(schema)
    app.command("assumptions")(assumptions)


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scenario, study or drill files.", readable=False)],
    set_: Set = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check files and tell every mistake at once.

    Example: sim618 validate scenarios/*.yaml
    """
    changes = overrides(set_)
    found: dict[str, list[Problem]] = {str(file): _problems(file, changes) for file in files}
    problems = [problem for group in found.values() for problem in group]
    if json_:
        rows = [
            {"file": file, "valid": not group, "problems": [problem.as_dict() for problem in group]}
            for file, group in found.items()
        ]
        print(json.dumps({"files": rows}, ensure_ascii=False))
    else:
        for problem in dict.fromkeys(problems):
            print(problem, file=sys.stderr)
        if not quiet:
            wrong = sum(1 for group in found.values() if group)
            print(f"{len(found) - wrong} of {len(found)} files are valid", file=sys.stderr)
    if problems:
        raise typer.Exit(Exit.USAGE)


def _problems(file: Path, changes: dict[str, Any]) -> list[Problem]:
    """Everything wrong with a file; one sentence where it is of no kind that can be checked."""
    from sim.scenario.documents import problems_of
    from sim.scenario.kinds import expect, told_kind

    problems = problems_of(file, changes)
    if problems and told_kind(file) in ("fits", "other"):
        try:
            expect(file, "scenario", "study", "drill", "calendar", "playbook")
        except ScenarioError as error:
            return list(error.problems)
    return problems


def explain(
    file: ScenarioFile,
    set_: Set = None,
    only: Annotated[str, typer.Option("--only", metavar="PATH", help="Only values below this path.")] = "",
    json_: Json = False,
) -> None:
    """Show every resolved value and where it comes from.

    That is a file and line, an override, or a default with its source.

    Example: sim618 explain scenarios/618.yaml --only supply
    """
    from sim.scenario import load
    from sim.scenario.explain import explain as lines_of

    lines = lines_of(load(file, overrides(set_)))
    if only:
        lines = [line for line in lines if line.path == only or line.path.startswith(f"{only}.")]
        if not lines:
            raise RefusedError(f"--only: the scenario has nothing at {only!r}")
    if json_:
        keys = ("path", "value", "origin", "source", "assumption", "description")
        print(json.dumps([{key: getattr(line, key) for key in keys} for line in lines], ensure_ascii=False))
        return
    rows = []
    for line in lines:
        origin = line.origin
        if line.origin == "default":
            origin += f" [{line.source}]" if line.source else ""
            origin += " (assumption)" if line.assumption else ""
        rows.append((line.path, _written(line.value), origin))
    print_table(("value", "is", "from"), rows)


def schema(
    kind: Annotated[str, typer.Argument(metavar="[scenario|study|drill]", help="The kind of file.")] = "scenario",
) -> None:
    """Print the JSON Schema of a kind of file, for editors that complete and check while typing.

    Example: sim618 schema scenario > scenario.json
    """
    from sim.scenario.schema import DOCUMENTS, model_of, schema_text

    if kind not in DOCUMENTS or model_of(kind) is None:
        raise RefusedError(f"schema: found {kind!r}, accepted: {', '.join(DOCUMENTS)}")
    print(schema_text(kind), end="")


def assumptions(file: ScenarioFile, set_: Set = None, json_: Json = False) -> None:
    """List the values no source supports, with the range in which each may lie.

    Example: sim618 assumptions scenarios/618.yaml
    """
    from sim.scenario import load
    from sim.scenario.assumptions import assumptions as found_in

    found = found_in(load(file, overrides(set_)))
    if json_:
        keys = ("path", "value", "low", "high", "nominal", "source", "description", "written")
        print(json.dumps([{key: getattr(item, key) for key in keys} for item in found], ensure_ascii=False))
        return
    rows = [
        (
            item.path,
            _written(item.value),
            _span(item),
            item.source or "–",
            item.description,
        )
        for item in found
    ]
    print_table(("assumption", "is", "range", "source", "meaning"), rows)


def _span(item: Assumption) -> str:
    if not item.ranged:
        return "no range stated"
    return f"{_written(item.low)} … {_written(item.high)}" + (" (nominal)" if item.nominal else "")


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def print_table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A table for people on a terminal, tab-separated lines for a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(cell.replace("[", "\\[") for cell in row))
    Console().print(table)
