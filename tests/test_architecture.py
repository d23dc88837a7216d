"""The house: imports run downward only, and a side imports no other side's policies, actors or config."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sim

ROOT = Path(sim.__file__).parent
SIDES = ["crowd", "shelf", "supply", "fulfilment", "care", "platform", "threats", "rivals", "oversight", "books"]
FLOORS = [["core"], SIDES, ["engine"], ["scenario"], ["study"], ["report"], ["room", "cli"]]
FLOOR = {name: level for level, names in enumerate(FLOORS) for name in names}
PRIVATE = {"policies", "actors", "config"}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT)


def imports(path: Path) -> list[str]:
    """Dotted names a module imports when it is imported (not inside functions, not for type checkers)."""
    found: list[str] = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in found if name.startswith("sim.")]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downward_only(path: Path) -> None:
    mine = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if mine not in FLOOR:
        return
    for name in imports(path):
        other = name.split(".")[1]
        if other in FLOOR:
            allowed = FLOOR[other] <= FLOOR[mine] or (mine, other) == ("engine", "scenario")
            assert allowed, f"{mine} imports {name}"
        if mine in SIDES and other in SIDES and other != mine:
            assert name.split(".")[2] not in PRIVATE, f"{mine} imports {name}"
