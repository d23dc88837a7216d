"""A document as a tree that remembers where every value was written.

Nodes are never changed after parsing: merging and overriding build new ones, so a subtree may be shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Key = str | int
Path = tuple[Key, ...]


class Mark(NamedTuple):
    """A place in a file; line and column count from 1, 0 where there is none (an override)."""

    file: str
    line: int
    column: int


NOWHERE = Mark("", 0, 0)


@dataclass(frozen=True, slots=True)
class Node:
    """A mapping, a list or a scalar of a document.

    `value` is a dict of nodes, a list of nodes, or a plain scalar. `key_mark` is where the key stands
    that holds this node. A `bad` node stands for a value already reported as a problem.
    """

    kind: Literal["map", "list", "scalar", "bad"]
    value: Any
    mark: Mark
    key_mark: Mark = NOWHERE
    size: int = field(default=1, compare=False)  # nodes of the subtree with every alias expanded

    def keyed(self, mark: Mark) -> Node:
        """The same node under another key."""
        return Node(self.kind, self.value, self.mark, mark, self.size)

    def plain(self) -> Any:
        """The tree as plain Python data; a bad node becomes None."""
        if self.kind == "map":
            return {key: child.plain() for key, child in self.value.items()}
        if self.kind == "list":
            return [child.plain() for child in self.value]
        return None if self.kind == "bad" else self.value

    def child(self, key: Key) -> Node | None:
        """The node under a key or a list index, or None."""
        if self.kind == "map":
            return self.value.get(key) if isinstance(key, str) else self.value.get(str(key))
        if self.kind == "list" and isinstance(key, int) and 0 <= key < len(self.value):
            return self.value[key]
        return None

    def leaves(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """Every scalar (and every empty mapping or list) with its path, in file order."""
        if self.kind == "map" and self.value:
            for key, child in self.value.items():
                yield from child.leaves((*path, key))
        elif self.kind == "list" and self.value:
            for index, child in enumerate(self.value):
                yield from child.leaves((*path, index))
        else:
            yield path, self


def mapping(children: dict[str, Node], mark: Mark, key_mark: Mark = NOWHERE) -> Node:
    """A mapping node of these children."""
    return Node("map", children, mark, key_mark, 1 + sum(child.size for child in children.values()))


def listing(children: list[Node], mark: Mark, key_mark: Mark = NOWHERE) -> Node:
    """A list node of these children."""
    return Node("list", children, mark, key_mark, 1 + sum(child.size for child in children))


def dotted(path: Path) -> str:
    """`("supply", "suppliers", 0, "name")` as `supply.suppliers.0.name`."""
    return ".".join(str(key) for key in path)


def merge(base: Node, over: Node) -> Node:
    """Deep merge: mappings are joined key by key, anything else of `over` replaces what `base` has."""
    if base.kind != "map" or over.kind != "map":
        return over
    children = dict(base.value)
    for key, child in over.value.items():
        children[key] = merge(children[key], child) if key in children else child
    return mapping(children, over.mark, over.key_mark)
