"""The difference of two plain documents, so that a store keeps a base once and changes many times."""

from __future__ import annotations

import copy
from typing import Any

Step = str | int
Diff = list[list[Any]]
"""Each entry ``[path, value]`` sets a path (a list of keys); ``[path]`` alone removes it."""


def difference(base: Any, other: Any) -> Diff:
    """The entries that turn ``base`` into ``other``. Lists of equal length are compared item by item."""
    entries: Diff = []
    _compare(base, other, [], entries)
    return entries


def _compare(base: Any, other: Any, path: list[Step], entries: Diff) -> None:
    if isinstance(base, dict) and isinstance(other, dict):
        for key in sorted(base.keys() - other.keys()):
            entries.append([[*path, key]])
        for key in sorted(other):
            if key in base:
                _compare(base[key], other[key], [*path, key], entries)
            else:
                entries.append([[*path, key], other[key]])
    elif isinstance(base, list) and isinstance(other, list) and len(base) == len(other):
        for index, (before, after) in enumerate(zip(base, other, strict=True)):
            _compare(before, after, [*path, index], entries)
    elif type(base) is not type(other) or base != other:
        entries.append([path, other])


def apply(base: Any, entries: Diff) -> Any:
    """``base`` with ``entries`` applied, as a new document."""
    result = copy.deepcopy(base)
    for entry in entries:
        path = entry[0]
        if not path:
            result = copy.deepcopy(entry[1])
            continue
        node = result
        for step in path[:-1]:
            node = node[step]
        if len(entry) == 1:
            del node[path[-1]]
        else:
            node[path[-1]] = copy.deepcopy(entry[1])
    return result
