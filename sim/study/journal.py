"""The run journal: every finished run is on its way to disk before the next one is asked for.

A journal is a text file, one run a line, each line with a checksum. It belongs to one process, which
holds a lock on it; when that process is gone, whoever opens the store next takes its lines over. A
line torn by a crash or a full disk fails its checksum and is dropped: that run is made again.
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import IO, Any


def lock(handle: IO[Any], wait: bool = False) -> bool:
    """Take an exclusive lock on an open file; False when another process holds it and ``wait`` is not set."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def encode(row: dict[str, Any]) -> bytes:
    """A row as one line; floats keep every bit (shortest repr), undefined ones are NaN."""
    text = json.dumps(row, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def decode(line: bytes) -> dict[str, Any] | None:
    """The row of a line, or None for a torn one."""
    if not line.endswith(b"\n") or len(line) < 10:
        return None
    try:
        if int(line[:8], 16) != zlib.crc32(line[9:-1]):
            return None
        row = json.loads(line[9:-1])
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


class Journal:
    """The journal of this process, opened with the first line written."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.jsonl"
        self._handle: IO[bytes] | None = None
        self._size = 0

    def append(self, row: dict[str, Any]) -> None:
        """Write one row and hand it to the operating system. Raises OSError (disk full), leaving whole lines only."""
        if self._handle is None:
            self._handle = open(self.path, "ab", buffering=0)  # noqa: SIM115 (it stays open as long as the store)
            lock(self._handle)
        line = encode(row)
        try:
            written = self._handle.write(line)
            if written != len(line):
                raise OSError(28, os.strerror(28))
        except OSError:
            self._handle.truncate(self._size)
            raise
        self._size += len(line)

    def clear(self) -> None:
        """Forget all rows: they are in a part now."""
        if self._handle is not None:
            self._handle.truncate(0)
            self._size = 0

    def close(self) -> None:
        """Close and remove the journal if it is empty; its rows stay for the next opener otherwise."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None
            if self._size == 0:
                self.path.unlink(missing_ok=True)


def orphans(folder: Path) -> list[tuple[Path, list[dict[str, Any]]]]:
    """Journals whose owner is gone, with the rows that survived."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        try:
            with open(path, "r+b") as handle:
                if lock(handle):
                    found.append((path, [row for row in map(decode, handle) if row is not None]))
        except OSError:
            continue
    return found
