"""A document together with the files it builds on: `extends: base.yaml` and `from: part.yaml`.

`extends` at the top merges this file over another; `from` inside any mapping merges that mapping over
the mapping in another file (`segments: {from: calibrated/my_shop.yaml}`). In both, mappings are joined
and everything else, lists included, is replaced by the nearer file.

A file that is named ten times is read ten times, so the limits of one file (bytes, values, nesting) hold over all
that is read for one document, and so many readings are the most.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from sim.core.errors import Problem, shown
from sim.scenario import source
from sim.scenario.folder import FileRefusedError, inside, read, tree_of
from sim.scenario.nodes import Node, dotted, mapping, merge
from sim.scenario.nodes import Path as KeyPath

MAX_FILES = 16
MAX_READINGS = 256
YAML_SUFFIXES = (".yaml", ".yml")


@dataclass
class Tree:
    """A merged document. `whole` is False when a file of the chain could not be read."""

    node: Node | None
    top: Path
    folder: Path
    whole: bool = True
    files: dict[str, Path] = field(default_factory=dict)  # label in messages -> real path, in order of reading
    problems: list[Problem] = field(default_factory=list)
    readings: int = 0
    bytes: int = 0
    values: int = 0
    full: bool = False  # a limit was passed, and told of


def read_tree(path: str | Path) -> Tree:
    """Read a document and all it builds on; problems are collected, never raised."""
    top = Path(path)
    tree = Tree(None, top, tree_of(top))
    try:
        tree.node = _read(top, str(path), (), tree, 0)
    except FileRefusedError as error:
        tree.problems.append(Problem(str(path), 0, 0, "", str(error)))
        tree.whole = False
    return tree


def label(path: Path, tree: Tree) -> str:
    """How a file of the tree is called in messages: relative to the working folder like the top file."""
    try:
        return os.path.join(os.path.dirname(str(tree.top)), os.path.relpath(path, tree.top.resolve().parent))
    except ValueError:
        return str(path)


def _spend(tree: Tree, what: str, most: int) -> None:
    """Refuse what goes beyond a limit on all that is read for one document. Raises FileRefusedError."""
    tree.full = True
    raise FileRefusedError(f"found a document of more than {most} {what} in all its files, accepted: at most {most}")


def _read(path: Path, name: str, chain: tuple[Path, ...], tree: Tree, level: int) -> Node | None:
    """The node of a file that stands `level` keys deep in the document."""
    tree.readings += 1
    if tree.readings > MAX_READINGS:
        _spend(tree, "readings of files", MAX_READINGS)
    data = read(path, source.MAX_BYTES)
    tree.bytes += len(data)
    if tree.readings > 1 and tree.bytes > source.MAX_BYTES:
        _spend(tree, "bytes", source.MAX_BYTES)
    real = path.resolve()
    name = os.path.normpath(name)
    tree.files[name] = real
    node, problems = source.parse(data, name)
    tree.problems += problems
    if node is None:
        tree.whole = False
        return None
    if node.kind != "map":
        found = "an empty file" if node.kind == "scalar" and node.value is None else shown(node.plain())
        tree.problems.append(Problem(*node.mark, "", f"found {found}, accepted: a mapping of keys and values"))
        tree.whole = False
        return None
    tree.values += node.size
    if tree.values > source.MAX_NODES:
        _spend(tree, "values", source.MAX_NODES)
    if level + source.depth(node) > source.MAX_DEPTH:
        _spend(tree, "levels of nesting", source.MAX_DEPTH)
    node = _include(node, real, (*chain, real), tree, (), level)
    if "extends" not in node.value:
        return node
    reference = node.value["extends"]
    node = mapping({key: child for key, child in node.value.items() if key != "extends"}, node.mark)
    base = _named(reference, real, (*chain, real), tree, ("extends",), level)
    return node if base is None else merge(base, node)


def _named(
    reference: Node, holder: Path, chain: tuple[Path, ...], tree: Tree, at: KeyPath, level: int
) -> Node | None:
    """The node of a file named by another; a refusal is noted where the name stands."""
    if reference.kind == "bad" or tree.full:
        tree.whole = False
        return None
    try:
        if not isinstance(reference.value, str):
            raise FileRefusedError(f"found {shown(reference.plain())}, accepted: the name of a file")
        path = inside(reference.value, holder, tree.folder, YAML_SUFFIXES)
        if path in chain:
            circle = " -> ".join(part.name for part in (*chain[chain.index(path) :], path))
            raise FileRefusedError(f"found a circle {circle}, accepted: files that do not build on themselves")
        if len(chain) >= MAX_FILES:
            raise FileRefusedError(f"found a chain of more than {MAX_FILES} files, accepted: at most {MAX_FILES}")
        return _read(path, label(path, tree), chain, tree, level)
    except FileRefusedError as error:
        tree.problems.append(Problem(*reference.mark, dotted(at), str(error)))
        tree.whole = False
        return None


def _include(node: Node, holder: Path, chain: tuple[Path, ...], tree: Tree, at: KeyPath, level: int) -> Node:
    """Replace every mapping that has `from: file.yaml` by that file with the mapping merged over it."""
    if node.kind == "list":
        items = [_include(child, holder, chain, tree, (*at, index), level) for index, child in enumerate(node.value)]
        return Node("list", items, node.mark, node.key_mark, node.size)
    if node.kind != "map":
        return node
    children = {key: _include(child, holder, chain, tree, (*at, key), level) for key, child in node.value.items()}
    named = children.get("from")
    if at and named is not None and isinstance(named.value, str) and named.value.endswith(YAML_SUFFIXES):
        del children["from"]
        part = _named(named, holder, chain, tree, (*at, "from"), level + len(at))
        own = mapping(children, node.mark, node.key_mark)
        return own if part is None else merge(part, own)
    return mapping(children, node.mark, node.key_mark)
