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
_prepared = False


def prepare(notice: Callable[[str], None] | None = None) -> Path | None:
    """Point Numba at this version's cache before any kernel is imported; say so when it has to compile.

    Returns the folder, or None where the user has set ``NUMBA_CACHE_DIR`` or kernels were imported before.
    """
    global _prepared
    if _prepared or "NUMBA_CACHE_DIR" in os.environ or "numba" in sys.modules:
        return None
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
        if notice is not None:
            notice("first run of this version: compiling the kernels, which takes under a minute")
        try:
            _forget_old(home)
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return None
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    return folder


def _forget_old(home: Path) -> None:
    """Keep the newest versions: several trees of the sources may be in use side by side."""
    if not home.is_dir():
        return
    folders = sorted((path for path in home.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for folder in folders[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
