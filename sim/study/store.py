"""The run store: every run under the hash of what determines it, never computed twice.

A run's key is the SHA-256 of (model, version, digest of the resolved scenario, seed, replication).
Runs live in Parquet parts, written whole and renamed into place; between parts they live in a
journal (:mod:`sim.study.journal`). Whatever kills a study, what it had finished is still there.

    runs/part-*.parquet     one row a run: key, scenario, seed, replication, ..., one column a measure
    runs/merge-*.parquet    several parts made one; names those it replaces
    scenarios/<digest>.json base documents; a run keeps its difference from one of them
    studies/<id>.json       what studies were made; <id>.parquet the runs each used
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.core.errors import SimError
from sim.study import document, journal
from sim.study.model import digest_of

FIELDS = {
    "key": pa.string(),
    "model": pa.string(),
    "version": pa.string(),
    "scenario": pa.string(),
    "base": pa.string(),
    "changes": pa.string(),
    "label": pa.string(),
    "seed": pa.int64(),
    "replication": pa.int64(),
    "wall_seconds": pa.float64(),
    "created": pa.float64(),
}
KPI = "kpi:"
ROWS_IN_A_PART = 1000
PARTS_BEFORE_MERGE = 24
ROWS_WORTH_MERGING = 100_000


class StoreError(SimError):
    """The store cannot be read or written; the message says what to do."""


@dataclass(frozen=True)
class Run:
    """One finished run."""

    key: str
    model: str
    version: str
    scenario: str
    base: str
    changes: str
    label: str
    seed: int
    replication: int
    wall_seconds: float
    kpis: dict[str, float]


def run_key(model: str, version: str, scenario: str, seed: int, replication: int) -> str:
    """The address of a run, 64 hexadecimal digits."""
    text = json.dumps([model, version, scenario, seed, replication], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Store:
    """A folder of runs. Several processes may use one at the same time."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        with self._disk():
            for name in ("runs", "scenarios", "studies"):
                (self.root / name).mkdir(parents=True, exist_ok=True)
        name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._journal = journal.Journal(self.root / "runs", name)
        self._fresh: dict[str, Run] = {}
        self._known_bases: set[str] = set()
        self._name = name
        self._parts_written = 0
        self._recover()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing ------------------------------------------------------------------------------------

    def put(self, run: Run) -> None:
        """Keep a finished run. Raises StoreError when the disk is full; earlier runs stay."""
        if run.key in self._fresh:
            return
        with self._disk():
            self._journal.append(_row(run))
        self._fresh[run.key] = run
        if len(self._fresh) >= ROWS_IN_A_PART:
            self.flush()

    def put_base(self, resolved: Mapping[str, Any]) -> str:
        """Keep a base document; returns its digest."""
        digest = digest_of(resolved)
        if digest not in self._known_bases:
            path = self.root / "scenarios" / f"{digest}.json"
            if not path.exists():
                with self._disk():
                    write_whole(path, json.dumps(resolved, sort_keys=True, ensure_ascii=False).encode())
            self._known_bases.add(digest)
        return digest

    def put_study(self, record: Mapping[str, Any], members: pa.Table) -> None:
        """Keep what a study was (a JSON-able record with ``id``) and its runs (study, design, replication, key)."""
        folder = self.root / "studies"
        with self._disk():
            temporary = folder / f".{record['id']}.{self._name}"
            pq.write_table(members, temporary, compression="zstd")
            os.replace(temporary, folder / f"{record['id']}.parquet")
            write_whole(folder / f"{record['id']}.json", json.dumps(dict(record), ensure_ascii=False).encode())

    def flush(self) -> None:
        """Turn the journal into a part; merge parts when there are many."""
        if self._fresh:
            with self._disk():
                self._write_part([_row(run) for run in self._fresh.values()])
                self._journal.clear()
            self._fresh.clear()
        if len(self._parts()) > PARTS_BEFORE_MERGE:
            self.merge()

    def close(self) -> None:
        """Flush and release the journal."""
        self.flush()
        self._journal.close()

    def _write_part(self, rows: Sequence[dict[str, Any]], kind: str = "part", replaces: Sequence[str] = ()) -> None:
        schema = _schema(sorted({name for row in rows for name in row["kpis"]}), replaces)
        with self._part_writer(schema, kind) as writer:
            writer.write_table(_table(rows, schema))

    @contextmanager
    def _part_writer(self, schema: pa.Schema, kind: str) -> Iterator[pq.ParquetWriter]:
        """A writer whose file appears under its name only when it is complete."""
        self._parts_written += 1
        name = f"{kind}-{time.time_ns():020d}-{self._name}-{self._parts_written:06d}.parquet"
        temporary = self.root / "runs" / f".{name}"
        try:
            with pq.ParquetWriter(temporary, schema, compression="zstd", write_page_checksum=True) as writer:
                yield writer
            with open(temporary, "rb") as handle:
                os.fsync(handle.fileno())
            os.replace(temporary, self.root / "runs" / name)
        finally:
            temporary.unlink(missing_ok=True)  # gone already, unless something went wrong

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"cannot write to {self.root}: {error.strerror or error}; what was finished is kept, "
                "and the same command goes on from there"
            ) from error

    # Upkeep -------------------------------------------------------------------------------------

    def _recover(self) -> None:
        """Take over what crashed processes left: journals, half-made merges, temporary files."""
        with self._maintenance(wait=False) as held:
            if not held:
                return
            for path, rows in journal.orphans(self.root / "runs"):
                if rows:
                    with self._disk():
                        self._write_part(list({row["key"]: row for row in rows}.values()))
                path.unlink(missing_ok=True)
            for part in self._parts("merge"):
                for name in _replaced(part):
                    (self.root / "runs" / name).unlink(missing_ok=True)
            for stale in (self.root / "runs").glob(".*.parquet"):
                if time.time() - stale.stat().st_mtime > 3600:
                    stale.unlink(missing_ok=True)

    def merge(self) -> None:
        """Make one part of the small ones, dropping runs that two processes both computed."""
        with self._maintenance(wait=False) as held:
            if not held:
                return
            small = [part for part in self._parts() if pq.read_metadata(part).num_rows < ROWS_WORTH_MERGING]
            if len(small) > 1:
                self._rewrite(small, keep=None)

    def _rewrite(self, parts: Sequence[Path], keep: Any, label: str = "merge") -> int:
        """Write ``parts`` as one, each key once, rows chosen by ``keep(table) -> mask``; returns rows dropped."""
        names = sorted({n for part in parts for n in pq.read_schema(part).names if n.startswith(KPI)})
        schema = _schema([name[len(KPI) :] for name in names], [part.name for part in parts])
        seen: set[bytes] = set()
        dropped = 0
        with self._disk(), self._part_writer(schema, label) as writer:
            for part in parts:
                for batch in pq.ParquetFile(part).iter_batches(batch_size=5000):
                    table = pa.Table.from_batches([batch])
                    keys = [bytes.fromhex(key) for key in table["key"].to_pylist()]
                    mask = [True] * len(keys) if keep is None else list(keep(table))
                    for index, key in enumerate(keys):
                        if mask[index] and key in seen:
                            mask[index] = False
                        elif mask[index]:
                            seen.add(key)
                    dropped += len(mask) - sum(mask)
                    writer.write_table(_aligned(table.filter(pa.array(mask)), schema))
        for part in parts:
            part.unlink(missing_ok=True)
        return dropped

    def prune(self, condition: str, dry_run: bool = False) -> int:
        """Remove the runs for which the SQL ``condition`` over view ``runs`` holds; returns how many."""
        self.flush()
        with self._maintenance(wait=True):
            doomed = {row[0] for row in self.query(f"SELECT key FROM runs WHERE {condition}").fetchall()}
            if doomed and not dry_run:
                self._rewrite(self._parts(), keep=lambda table: [key not in doomed for key in table["key"].to_pylist()])
        return len(doomed)

    @contextmanager
    def _maintenance(self, wait: bool) -> Iterator[bool]:
        with open(self.root / "lock", "a+b") as handle:
            yield journal.lock(handle, wait)

    def _parts(self, kind: str = "") -> list[Path]:
        return sorted((self.root / "runs").glob(f"{kind or '*'}-*.parquet" if kind else "[!.]*.parquet"))

    # Reading ------------------------------------------------------------------------------------

    def find(self, keys: Sequence[str]) -> dict[str, dict[str, float]]:
        """The measures of those runs that are stored, by key."""
        found = {key: self._fresh[key].kpis for key in keys if key in self._fresh}
        missing = [key for key in keys if key not in found]
        if missing and self._parts():
            for attempt in range(3):
                try:
                    found.update(self._find(missing))
                    break
                except FileNotFoundError:  # a part was merged away by another process meanwhile
                    if attempt == 2:
                        raise
        return found

    def _find(self, keys: Sequence[str]) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        wanted = pa.array(sorted(keys))
        for part in self._parts():
            try:
                found.update(self._find_in(part, wanted))
            except (OSError, pa.ArrowException) as error:
                if not part.exists():
                    raise FileNotFoundError(part) from error
                raise StoreError(f"{part} is damaged ({error}); remove it and its runs are made again") from error
        return found

    @staticmethod
    def _find_in(part: Path, wanted: pa.Array) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        reader = pq.ParquetFile(part)
        names = [name for name in reader.schema_arrow.names if name.startswith(KPI)]
        for group in range(reader.num_row_groups):
            held = reader.read_row_group(group, columns=["key"])["key"]
            rows = pc.indices_nonzero(pc.is_in(held, value_set=wanted))
            if len(rows) == 0:
                continue
            table = reader.read_row_group(group, columns=["key", *names]).take(rows)
            columns = [(name[len(KPI) :], table[name].to_pylist()) for name in names]
            for index, key in enumerate(table["key"].to_pylist()):
                found[key] = {name: values[index] for name, values in columns if values[index] is not None}
        return found

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        """Run one read-only statement over the views ``runs``, ``kpis``, ``studies``, ``study_runs``."""
        from sim.study.views import connect

        return connect(self).execute(sql, list(parameters))

    def base(self, digest: str) -> dict[str, Any]:
        """A base document. Raises StoreError when it is gone."""
        path = self.root / "scenarios" / f"{digest}.json"
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise StoreError(f"{path} is missing or damaged: {error}") from error

    def resolved(self, base: str, changes: str) -> dict[str, Any]:
        """The resolved scenario of a run from its base and its changes."""
        return dict(document.apply(self.base(base), json.loads(changes)))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is either absent or complete."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)  # gone already, unless something went wrong


def _row(run: Run) -> dict[str, Any]:
    row = {name: getattr(run, name) for name in FIELDS if name != "created"}
    return {**row, "created": time.time(), "kpis": run.kpis}


def _schema(kpis: Sequence[str], replaces: Sequence[str] = ()) -> pa.Schema:
    fields = [pa.field(name, kind) for name, kind in FIELDS.items()]
    fields += [pa.field(KPI + name, pa.float64()) for name in kpis]
    return pa.schema(fields, metadata={"replaces": json.dumps(list(replaces))})


def _table(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    columns = []
    for field in schema:
        name = field.name
        values: Iterable[Any]
        if name.startswith(KPI):
            values = [row["kpis"].get(name[len(KPI) :]) for row in rows]
        else:
            values = [row[name] for row in rows]
        columns.append(pa.array(values, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _aligned(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [table[f.name] if f.name in table.column_names else pa.nulls(table.num_rows, f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _replaced(part: Path) -> list[str]:
    return list(json.loads((pq.read_schema(part).metadata or {}).get(b"replaces", b"[]")))
