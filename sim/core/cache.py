"""Where compiled kernels are kept: a folder named by a hash of all their sources.

Numba notices a changed function in its own file but not a changed callee in another, so every version of
the sources gets a folder of its own. Old folders are removed when a new one is begun. Where the user's folder of
caches is missing or cannot be written, a temporary folder of this user takes its place.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEPT = 12  # versions; a few tens of megabytes each
COMPILES = "first run of this version: compiling the kernels, which takes about a minute"
#: whether compiling may be shared with a forked process: only a command knows that nobody else is in its process
may_fork = False
_prepared = _told = _listening = False
_elsewhere = ""  # why the kernels are not kept where they should be


def prepare() -> None:
    """Point Numba at this version's folder, whether it is imported already or not; once in a process.

    A ``NUMBA_CACHE_DIR`` that the user has set holds, if it can be written.
    """
    global _prepared, _elsewhere
    if _prepared:
        return
    _prepared = True
    own = os.environ.get("NUMBA_CACHE_DIR")
    name = _digest() if own is None else ""
    reason = ""
    for home in ([Path(own)] if own is not None else [_user_caches()]) + [_temporary()]:
        if home is None:
            reason = reason or "there is no home folder"
            continue
        folder = home / name if name else home
        try:
            if name and not folder.is_dir():
                _forget_old(home)
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            reason = reason or f"cannot write into {folder} ({error.strerror or error})"
            continue
        if reason:
            _elsewhere = f"{reason}: compiled kernels are kept in {folder}"
        os.environ["NUMBA_CACHE_DIR"] = str(folder)
        if "numba.core.config" in sys.modules:  # which has read the environment already
            sys.modules["numba.core.config"].CACHE_DIR = str(folder)  # type: ignore[attr-defined]
        return


def _digest() -> str:
    """Names this version of Python and of all sources with compiled functions."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(sys.version.encode())
    for source in sorted(root.rglob("*.py")):
        text = source.read_bytes()
        if b"numba" in text or b"core.compiled" in text or source.name == "state.py":
            digest.update(source.relative_to(root).as_posix().encode())
            digest.update(text)
    return digest.hexdigest()[:16]


def _user_caches() -> Path | None:
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sim618"
    except RuntimeError:  # no HOME, and nobody knows this user
        return None


def _temporary() -> Path | None:
    """A folder of this user alone below the system's temporary folder: code is loaded from there."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    try:
        folder = Path(tempfile.gettempdir()) / f"sim618-kernels-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if hasattr(os, "getuid") and (found.st_uid != user or found.st_mode & 0o022 or folder.is_symlink()):
            return Path(tempfile.mkdtemp(prefix="sim618-kernels-"))
        return folder
    except OSError:
        return None


def tell_if_new(say: Callable[[str], None] | None, *, here: bool = True) -> None:
    """Say once that kernels are compiled, as soon as one really is, and where they are kept if not where they should.

    With ``here`` False other processes compile: it is said now where the kernel of every shop is not there yet.
    """
    global _elsewhere, _listening
    if say is None:
        return
    notice = say
    if _elsewhere:
        say(_elsewhere)
        _elsewhere = ""
    if _told or _listening:
        return
    if not here:
        place = os.environ.get("NUMBA_CACHE_DIR")
        if place is None or next(Path(place).glob("**/advance.advance-*.nbi"), None) is None:
            _say_compiling(notice)
        return
    from numba.core import event

    class Compiling(event.Listener):  # type: ignore[misc]
        """Hears of every function that is compiled; only those that are kept take long."""

        def on_start(self, event: Any) -> None:
            kept = getattr(getattr(event.data.get("dispatcher"), "_cache", None), "cache_path", None)
            if kept is not None:
                _say_compiling(notice)

        def on_end(self, event: Any) -> None:
            pass

    event.register("numba:compile", Compiling())
    _listening = True


def _say_compiling(notice: Callable[[str], None]) -> None:
    global _told
    if not _told:
        _told = True
        notice(COMPILES)


def _forget_old(home: Path) -> None:
    """Keep the newest versions: several trees of the sources may be in use side by side."""
    if not home.is_dir():
        return
    folders = sorted((path for path in home.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for folder in folders[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
