"""`sim618 list`: what there is, each with a one-line description."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.faults import RefusedError
from sim.cli.files import print_table
from sim.cli.options import Json, Lang, language
from sim.scenario.nodes import Node

Row = dict[str, str]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("list")(list_)


def list_(
    what: Annotated[
        str, typer.Argument(metavar="policies|events|kpis|scenarios|drills", help="What to list.", show_default=False)
    ],
    json_: Json = False,
    lang: Lang = "en",
) -> None:
    """List policies, events, KPIs, scenarios or drills with a one-line description.

    Example: sim618 list policies
    """
    language(lang)
    listers: dict[str, Callable[[str], list[Row]]] = {
        "policies": _policies,
        "events": _events,
        "kpis": _kpis,
        "scenarios": _scenarios,
        "drills": _drills,
    }
    if what not in listers:
        raise RefusedError(f"list: found {what!r}, accepted: {', '.join(listers)}")
    rows = listers[what](lang)
    if json_:
        print(json.dumps(rows, ensure_ascii=False))
    elif rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])


def _policies(lang: str) -> list[Row]:
    from sim.scenario.catalogue import policies

    return [
        {"slot": item.slot, "policy": item.name, "description": item.description, "from": item.package or "built in"}
        for item in policies()
    ]


def _events(lang: str) -> list[Row]:
    from sim.scenario.catalogue import events

    return [{"event": item.name, "kind": item.kind, "description": item.description} for item in events()]


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
            rows.append({"file": path.as_posix(), "name": _text(node, key)})
    return rows


def _text(node: Node, key: str) -> str:
    value = node.value.get(key)
    return str(value.value) if value is not None and value.kind == "scalar" else ""
