"""Where compiled kernels are kept: a folder named by a hash of all their sources.

Numba notices a changed function in its own file but not a changed callee in another, so every version of
the sources gets a folder of its own. Old folders are removed when a new one is begun.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

KEPT = 12  # versions; a few tens of megabytes each
_prepared = _new = False


def prepare() -> None:
    """Point Numba at this version's folder, before it is imported; once in a process.

    Nothing is done where the user has set ``NUMBA_CACHE_DIR``.
    """
    global _prepared, _new
    if _prepared or "NUMBA_CACHE_DIR" in os.environ or "numba" in sys.modules:
        return
    _prepared = True
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(sys.version.encode())
    for source in sorted(root.rglob("*.py")):
        text = source.read_bytes()
        if b"numba" in text or b"core.compiled" in text or source.name == "state.py":
            digest.update(source.relative_to(root).as_posix().encode())
            digest.update(text)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sim618"
    folder = home / digest.hexdigest()[:16]
    if not folder.is_dir():
        _new = True
        try:
            _forget_old(home)
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


def tell_if_new(notice: Callable[[str], None] | None) -> None:
    """Say once that kernels have to be compiled, where they have."""
    global _new
    if _new and notice is not None:
        _new = False
        notice("first run of this version: compiling the kernels, which takes about a minute")


def _forget_old(home: Path) -> None:
    """Keep the newest versions: several trees of the sources may be in use side by side."""
    if not home.is_dir():
        return
    folders = sorted((path for path in home.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for folder in folders[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
