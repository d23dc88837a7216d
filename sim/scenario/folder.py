"""Which files a document may name: only regular files inside its own tree.

The tree is the nearest folder called `scenarios` above the document, so that `scenarios/cases/x.yaml`
may extend `../618.yaml`; without such a folder it is the folder of the document itself. Links are
resolved before the check, so a link cannot lead out either.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sim.core.errors import shown


class FileRefusedError(Exception):
    """A named file cannot be used; the text says what is accepted."""


def tree_of(document: Path) -> Path:
    """The folder that bounds what `document` may name."""
    try:
        folder = Path(os.path.realpath(document)).parent
    except (OSError, ValueError):  # a name that no file can have is told when it is read
        folder = document.parent
    for parent in (folder, *folder.parents):
        if parent.name == "scenarios":
            return parent
    return folder


def inside(reference: str, holder: Path, tree: Path, suffixes: tuple[str, ...]) -> Path:
    """The real path of the file that `holder` names by `reference`. Raises FileRefusedError."""
    accepted = f"a file ending in {' or '.join(suffixes)} inside the folder {tree.name}"
    if not reference or "\0" in reference or "\\" in reference or len(reference) > 1_000:
        raise FileRefusedError(f"found {shown(reference)}, accepted: {accepted}")
    if os.path.isabs(reference) or not reference.endswith(suffixes):
        raise FileRefusedError(f"found {shown(reference)}, accepted: {accepted}, given relative to this file")
    try:
        path = (holder.resolve().parent / reference).resolve()
    except (OSError, RuntimeError, ValueError):
        raise FileRefusedError(f"found {shown(reference)}, accepted: {accepted}") from None
    if not path.is_relative_to(tree):
        raise FileRefusedError(f"found {shown(reference)}, which leaves the folder {tree.name}, accepted: {accepted}")
    check_regular(path, reference)
    return path


def check_regular(path: Path, reference: str) -> None:
    """Raise FileRefusedError unless `path` is an existing regular file (no folder, device or pipe)."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        raise FileRefusedError(f"found {shown(reference)}, which does not exist, accepted: an existing file") from None
    if not stat.S_ISREG(mode):
        raise FileRefusedError(f"found {shown(reference)}, which is no regular file, accepted: an existing file")


def read(path: Path, limit: int) -> bytes:
    """At most `limit` + 1 bytes of a file. Raises FileRefusedError when it cannot be read."""
    check_regular(path, str(path))
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise FileRefusedError(f"cannot be read: {error.strerror or error}, accepted: a readable file") from None
