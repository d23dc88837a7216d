"""`sim618 list`: what there is, each with a one-line description."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.faults import RefusedError
from sim.cli.files import print_table
from sim.cli.options import Json, Lang, language
from sim.scenario.nodes import Node

Row = dict[str, Any]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("list")(list_)


def list_(
    what: Annotated[
        str, typer.Argument(metavar="policies|slots|events|kpis|scenarios|drills", help="What to list.", show_default=False)
    ],
    only: Annotated[str, typer.Option("--only", metavar="NAME", help="Only what begins so: supply, supply.fail.")] = "",
    json_: Json = False,
    lang: Lang = "en",
) -> None:
    """List policies, slots, events, KPIs, scenarios or drills with a one-line description.

    A slot is a place for a policy: what a package's policy must have. Events are listed with their arguments: what each
    may be, and what is so if it is left out.

    Example: sim618 list events --only supply
    """
    language(lang)
    listers: dict[str, Callable[[str], list[Row]]] = {
        "policies": _policies,
        "slots": _slots,
        "events": _events,
        "kpis": _kpis,
        "scenarios": _scenarios,
        "drills": _drills,
    }
    if what not in listers:
        raise RefusedError(f"list: found {what!r}, accepted: {', '.join(listers)}")
    rows = [row for row in listers[what](lang) if next(iter(row.values())).startswith(only)]
    if only and not rows:
        raise RefusedError(f"--only: found {only!r}, and no {what} that begin so")
    if json_:
        print(json.dumps(rows, ensure_ascii=False))
    elif what == "events":
        print_table(("event", "kind", "description"), _lines(rows))
    elif what == "slots":
        print_table(("slot", "asks for", "which"), _members(rows))
    elif rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        print(f"no {what} below scenarios/ of this folder", file=sys.stderr)


def _policies(lang: str) -> list[Row]:
    from sim.scenario.catalogue import policies

    return [
        {"slot": item.slot, "policy": item.name, "description": item.description, "from": item.package or "built in"}
        for item in policies()
    ]


def _slots(lang: str) -> list[Row]:
    from sim.scenario.catalogue import interfaces

    return [
        {
            "slot": one.slot,
            "made_with": list(one.arguments or ()),
            "as_in": one.module,
            "members": [
                {"member": f"{name}{_signature(value)}", "description": _first_line(value)}
                for name, value in sorted(one.members.items())
            ],
        }
        for one in interfaces()
    ]


def _signature(member: Any) -> str:
    """Parameters of a method as written, without `self`; nothing for an attribute."""
    if not callable(member) or isinstance(member, type):
        return ""
    given = inspect.signature(member)
    parameters = [one for name, one in given.parameters.items() if name != "self"]
    return str(given.replace(parameters=parameters)).replace("'", "")


def _first_line(member: Any) -> str:
    """What a member is for."""
    told = callable(member) and not isinstance(member, type)
    text = member.fget.__doc__ if isinstance(member, property) else member.__doc__ if told else "an attribute of the class"
    return (text or "").strip().partition("\n")[0]


def _members(rows: list[Row]) -> list[tuple[str, ...]]:
    """A slot's class and below it its members."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        lines.append((row["slot"], f"class({', '.join(row['made_with'])})", f"as in {row['as_in']}"))
        lines += [("", one["member"], one["description"]) for one in row["members"]]
    return lines


def _events(lang: str) -> list[Row]:
    from sim.scenario.catalogue import events
    from sim.scenario.entries import arguments

    return [
        {
            "event": item.name, "kind": item.kind, "description": item.description, "from": item.package or "built in",
            "arguments": [
                {"argument": one.key, "accepts": one.words, "default": one.default, "required": one.required}
                for one in arguments(item)
            ],
        }
        for item in events()
    ]  # fmt: skip


def _lines(rows: list[Row]) -> list[tuple[str, ...]]:
    """Events with their arguments: below the event on a terminal, in its line for a pipe."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        told = [(one["argument"], _accepted(one)) for one in row["arguments"]]
        event = (row["event"], row["kind"], row["description"])
        if not sys.stdout.isatty():
            lines.append((*event, "; ".join(f"{key}: {words}" for key, words in told)))
            continue
        lines += [event, *((f"  {key}", "", words) for key, words in told)]
    return lines


def _accepted(argument: Row) -> str:
    """What an argument may be, and what is so without it."""
    default = argument["default"]
    without = "" if default is None else f"; default {default if isinstance(default, str) else json.dumps(default)}"
    return argument["accepts"] + ("; required" if argument["required"] else without)


def _kpis(lang: str) -> list[Row]:
    from sim.books.measures import all_measures

    return [
        {"kpi": item.name, "label": item.label_zh if lang == "zh" else item.label, "unit": item.unit,
         "better": item.better, "formula": item.formula}
        for item in all_measures().values()
    ]  # fmt: skip


def _scenarios(lang: str) -> list[Row]:
    return _documents("scenario", "name")


def _drills(lang: str) -> list[Row]:
    return _documents("drill", "drill")


def _documents(kind: str, key: str) -> list[Row]:
    """YAML files below `scenarios/` of the working folder that are of a kind."""
    from sim.scenario.extends import read_tree

    rows = []
    for path in sorted(Path("scenarios").rglob("*.yaml")):
        node = read_tree(path).node
        if node is None:
            continue
        kinds = ("study", "drill", "calendar", "playbook")
        found = next((name for name in kinds if name in node.value), "scenario")
        if found == kind and _text(node, key):
            row = {"file": path.as_posix(), "name": _text(node, key)}
            rows.append({**row, "description": _text(node, "summary")} if kind == "drill" else row)
    return rows


def _text(node: Node, key: str) -> str:
    value = node.value.get(key)
    return str(value.value) if value is not None and value.kind == "scalar" else ""
