"""The entry point: finds commands by name, runs one, and turns every outcome into an exit code."""

from __future__ import annotations

import ast
import gc
import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import sim
from sim.cli import faults, stopping, streams
from sim.core import cache
from sim.core.errors import Exit

_ORDER = (
    "run",
    "validate",
    "explain",
    "schema",
    "assumptions",
    "list",
    "study",
    "compare",
    "drill",
    "calibrate",
    "doctor",
    "results",
    "report",
    "room",
)


def command_table() -> dict[str, tuple[str, str]]:
    """Name of every command to (module, one-line help), read from the source text of the modules that register them."""
    root = Path(sim.__file__).parent
    table: dict[str, tuple[str, str]] = {}
    for file in (*sorted((root / "cli").glob("*.py")), *sorted(root.glob("*/**/commands.py"))):
        text = file.read_text(encoding="utf-8")
        if "def register(app" not in text:
            continue
        module = ".".join(("sim", *file.relative_to(root).with_suffix("").parts))
        for name, summary in _registered(ast.parse(text, str(file))):
            table.setdefault(name, (module, summary))
    position = {name: index for index, name in enumerate(_ORDER)}
    return dict(sorted(table.items(), key=lambda item: (position.get(item[0], len(position)), item[0])))


def _registered(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Name and help of what `register` adds: `app.command(name)(function)` and `app.add_typer(group, name=name)`."""
    helps: dict[str, str] = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            helps[node.name] = (ast.get_docstring(node) or "").partition("\n")[0]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    helps[target.id] = _keyword(node.value, "help")
    for node in module.body:
        if not isinstance(node, ast.FunctionDef) or node.name != "register":
            continue
        for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
            added = call.args[0].id if call.args and isinstance(call.args[0], ast.Name) else ""
            if isinstance(call.func, ast.Call) and getattr(call.func.func, "attr", "") == "command":
                name = call.func.args[0] if call.func.args else None
                if isinstance(name, ast.Constant):
                    yield str(name.value), helps.get(added, "")
            elif getattr(call.func, "attr", "") == "add_typer":
                yield _keyword(call, "name"), helps.get(added, "")


def _keyword(call: ast.Call, name: str) -> str:
    values = [keyword.value for keyword in call.keywords if keyword.arg == name]
    return str(values[0].value) if values and isinstance(values[0], ast.Constant) else ""


class LazyGroup(TyperGroup):
    """A group that imports the module of a command only when that command is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.table = command_table()
        self.commands = {
            name: TyperCommand(name, callback=None, help=summary) for name, (_, summary) in self.table.items()
        }

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the documentation."""
        return list(self.table)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The real command, imported now; an unknown name is refused with the nearest one."""
        name, stub, rest = super().resolve_command(ctx, args)
        if name in self.table:
            sub = typer.Typer(add_completion=False)
            importlib.import_module(self.table[name][0]).register(sub)
            # A second, hidden command keeps Typer from collapsing an app of one command.
            sub.command("-", hidden=True)(lambda: None)
            group: Any = typer.main.get_command(sub)
            return name, group.commands[name], rest
        return name, stub, rest


# What is imported stays: looking for garbage in it is a tenth of a start.
_RARELY = (100_000, 50, 100)

app = typer.Typer(cls=LazyGroup, name="sim618", add_completion=False, no_args_is_help=True)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"sim618 {sim.__version__}")
        raise typer.Exit(Exit.DONE)


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Rehearse an e-commerce festival before it happens.

    Example: sim618 run scenarios/618.yaml
    """


def command() -> None:
    """The process `sim618`: `main`, and once its work is done a signal no longer changes its exit code."""
    gc.set_threshold(*_RARELY)
    cache.may_fork = True
    with stopping.listening(last=True):
        code = _dispatch(sys.argv[1:])
    sys.exit(code)


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; a traceback never reaches the user."""
    collected = gc.get_threshold()
    gc.set_threshold(*_RARELY)
    try:
        with stopping.listening():
            return _dispatch(list(sys.argv[1:] if args is None else args))
    finally:
        gc.set_threshold(*collected)


def _dispatch(arguments: list[str]) -> int:
    streams.prepare(arguments)
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="sim618", standalone_mode=False)
        streams.flush()
        if code == Exit.INTERRUPTED:  # the library has turned an interrupt into an exit
            return _interrupted()
        return int(code) if isinstance(code, int) else int(Exit.DONE)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except BrokenPipeError:
        # The reader (`head`, a pager) has gone; nothing more can be said on this stream.
        streams.drop()
        return int(Exit.DONE)
    except SystemExit as stopped:
        # click itself turns a reader that has gone into an exit with 1
        if isinstance(stopped.__context__, BrokenPipeError):
            streams.drop()
            return int(Exit.DONE)
        raise
    except Exception as error:
        # a serializer and others make an error of their own of an interrupt that comes while they call back
        return _interrupted() if stopping.asked() else faults.exit_code(error, arguments)


def _interrupted() -> int:
    faults.say("interrupted; nothing half-written is left behind")
    return int(Exit.INTERRUPTED)
