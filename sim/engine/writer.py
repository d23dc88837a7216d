"""Results appear whole or not at all.

A result is written into a temporary folder beside its final place, flushed to disk, and renamed. Killing the
process at any moment leaves either the former state or the new one, and at most a temporary folder that the
next writer removes.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
PAGE = "report.html"
#: every file a run may write, its tables (sim.engine.tables) included
FILES = (
    MANIFEST, "kpis.json", PAGE,
    *(
        f"{name}.parquet"
        for name in (
            "series", "events", "orders", "ledger", "stock", "actions", "services", "promotions", "deliveries", "care",
            "exposure", "customers",
        )
    ),
)  # fmt: skip
_TEMPORARY = ".writing-"
_REPLACED = ".replaced-"
_STALE_SECONDS = 86_400.0


@contextmanager
def whole_folder(target: Path, may_replace: Callable[[], object] | None = None) -> Iterator[Path]:
    """A temporary folder that becomes `target` when the block ends without an error.

    An existing `target` is replaced; ``may_replace`` is asked just before, while no other writer can get between, and
    raises where it must stay. Raises OSError when a folder cannot be written.
    """
    target = Path(target)
    parent = target.resolve().parent
    parent.mkdir(parents=True, exist_ok=True)
    remove_stale(parent)
    temporary = parent / _name(_TEMPORARY)
    temporary.mkdir()
    try:
        yield temporary
        _flush_tree(temporary)
        _put_in_place(temporary, target, may_replace)
        _flush_folder(parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if not target.exists():
            with suppress(OSError):
                parent.rmdir()  # empty: nothing was ever written here


def _put_in_place(temporary: Path, target: Path, may_replace: Callable[[], object] | None = None) -> None:
    """Rename `temporary` to `target` in one step; what was there is exchanged for it and then removed."""
    parent = target.resolve().parent
    with _locked(parent):
        if not target.exists():
            os.rename(temporary, target)
            return
        if may_replace is not None:
            may_replace()
        replaced = parent / _name(_REPLACED)
        if _exchange(temporary, target):
            os.rename(temporary, replaced)
        else:
            os.rename(target, replaced)
            os.rename(temporary, target)
    shutil.rmtree(replaced, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other writers from renaming in the same folder, where the system can lock a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except (ImportError, OSError):
            pass
        yield
    finally:
        os.close(descriptor)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two paths atomically (Linux `renameat2`). False where the system cannot."""
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    here, swap = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(rename(here, os.fsencode(one.absolute()), here, os.fsencode(other.absolute()), swap) == 0)


def _name(prefix: str) -> str:
    return f"{prefix}{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def remove_stale(parent: Path) -> None:
    """Remove temporary folders whose writer is gone: dead on this host, or silent for a day elsewhere."""
    for folder in parent.glob(".*"):
        prefix = next((prefix for prefix in (_TEMPORARY, _REPLACED) if folder.name.startswith(prefix)), None)
        if prefix is None or not folder.is_dir() or folder.is_symlink():
            continue
        host, _, rest = folder.name.removeprefix(prefix).rpartition("-")[0].rpartition("-")
        try:
            silent = time.time() - folder.stat().st_mtime > _STALE_SECONDS
        except OSError:
            continue
        if silent or (host == socket.gethostname() and rest.isdecimal() and not _alive(int(rest))):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    """Whether a process of this machine goes on; one that has ended does not, even if nobody has asked after it yet."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    with suppress(OSError, IndexError):  # where the system keeps such records: the state stands behind the name
        return Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    return True


def _flush_tree(folder: Path) -> None:
    """Force every file and folder of a tree to disk."""
    for place, _, names in os.walk(folder):
        for name in names:
            descriptor = os.open(os.path.join(place, name), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        _flush_folder(Path(place))


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:  # some network file systems cannot flush a folder
        pass
    finally:
        os.close(descriptor)


def is_result(folder: Path) -> bool:
    """Whether a folder holds a finished result."""
    return (folder / MANIFEST).is_file()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a result. Raises OSError or ValueError when there is none to read."""
    found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{folder / MANIFEST} holds no mapping")
    return found


def damage(folder: Path) -> str:
    """What of a result is missing or is not what was written, as words; empty where it is whole.

    The report is left out: it is drawn from the rest.
    """
    try:
        manifest = read_manifest(folder)
    except FileNotFoundError:
        return f"{MANIFEST} is missing"
    except (OSError, ValueError):
        return f"{MANIFEST} cannot be read"
    files = manifest.get("files")
    if not isinstance(files, dict):
        return f"{MANIFEST} does not say which files belong to it"
    for name, digest in files.items():
        try:
            if _sha256(folder / name) != digest:
                return f"{name} is not what the run has written"
        except FileNotFoundError:
            return f"{name} is missing"
        except OSError as error:
            return f"{name} cannot be read ({error.strerror or error})"
    return ""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, data: Any) -> None:
    """Sorted, indented JSON; a number that is not finite is written as null, which every reader understands."""
    text = json.dumps(finite(data), ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def finite(data: Any) -> Any:
    """Plain data for JSON: NumPy numbers as numbers, tuples as lists, NaN and infinity as None."""
    if isinstance(data, Mapping):
        return {str(key): finite(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [finite(value) for value in data]
    if hasattr(data, "item") and getattr(data, "ndim", 0) == 0 and not isinstance(data, (str, bytes)):
        data = data.item()
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data


def frames(result: Any, *, orders: bool = False) -> dict[str, Any]:
    """Hourly series, events, small tables and, if asked for, orders of a run, by the names of their files.

    With these nothing of the run itself is needed to write its files.
    """
    found = {"series": result.series, "events": result.events, **getattr(result, "tables", {})}
    return {**found, "orders": result.orders} if orders else found


def write_files(folder: Path, kpis: Mapping[str, float], tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    """The files of one run: manifest, KPIs, and its data frames (`frames`)."""
    write_json(folder / "kpis.json", kpis)
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet")
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    write_json(folder / MANIFEST, {**manifest, "files": files})
