"""Playbooks named in a document: found, read, and put in as the steps they are.

A playbook is named like the file without its ending (`db_failover`), which lies in the folder `playbooks` of the tree, beside
the document or in a folder `playbooks` there; or by the file itself, from the document's folder
(`../playbooks/db_failover.yaml`). What a run does so depends on the content of the file and not on its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sim.core.errors import Problem, shown, suggestion
from sim.scenario.check import listed, placed
from sim.scenario.folder import FileRefusedError, inside, tree_of
from sim.scenario.nodes import Node, mapping

SUFFIXES = (".yaml", ".yml")


def known(holder: Path) -> dict[str, Path]:
    """The playbooks that `holder` may name without a path, the nearest first."""
    folders = [tree_of(holder) / "playbooks", holder.parent / "playbooks", holder.parent]
    return {file.stem: file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.yaml"))}


def find(named: str, holder: Path) -> Path:
    """The file of the playbook that `holder` names. Raises FileRefusedError."""
    if named.endswith(SUFFIXES):
        return inside(named, holder, tree_of(holder), SUFFIXES)
    found = known(holder).get(named)
    if found is None:
        folder = tree_of(holder) / "playbooks"
        there = sorted(file.stem for file in folder.glob("*.yaml")) if folder.is_dir() else []
        raise FileRefusedError(f"found {shown(named)}, accepted: {listed(there or ['steps'])}")
    return found


def put_in(node: Node, top: Path, files: Mapping[str, Path]) -> tuple[Node, list[Problem]]:
    """The document with the steps of every playbook its `plans` name, and what is wrong with those."""
    from sim.engine.plans import Playbook
    from sim.scenario.check import validate
    from sim.scenario.extends import Tree, read_tree
    from sim.scenario.source import MAX_NODES

    plans = node.child("plans")
    if plans is None or plans.kind != "map":
        return node, []
    problems: list[Problem] = []
    changed = dict(plans.value)
    trees: dict[Path, Tree] = {}
    values = node.size
    for name, plan in plans.value.items():
        leaf = plan.child("playbook") if plan.kind == "map" else None
        if leaf is None or leaf.kind != "scalar" or not isinstance(leaf.value, str):
            continue
        path = f"plans.{name}.playbook"
        try:
            file = find(leaf.value, files.get(leaf.mark.file, top))
        except FileRefusedError as error:
            problems.append(placed(leaf.mark, path, str(error), suggestion(leaf.value, known(top))))
            continue
        if file not in trees:
            trees[file] = read_tree(file)
            problems += trees[file].problems
        tree = trees[file]
        if tree.node is None:
            continue
        _, wrong = validate(tree.node, Playbook, whole=tree.whole)
        problems += wrong
        steps = tree.node.child("steps")
        values += steps.size if steps is not None else 0
        if values > MAX_NODES:
            message = f"found more than {MAX_NODES} values with the steps of all playbooks, accepted: at most {MAX_NODES}"
            problems.append(placed(leaf.mark, path, message))
            break
        if steps is not None and not wrong:
            changed[name] = mapping({**plan.value, "playbook": steps.keyed(leaf.key_mark)}, plan.mark, plan.key_mark)
    return mapping({**node.value, "plans": mapping(changed, plans.mark, plans.key_mark)}, node.mark, node.key_mark), problems
