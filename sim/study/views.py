"""SQL over stored runs: read-only DuckDB views.

runs        one row a run: key, label, scenario, seed, replication, ..., one column a measure
kpis        one row a run and measure: key, name, value
studies     one row a study: study, kind, name, created, runs, status
study_runs  one row a study and run: study, design, replication, key
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from sim.core.errors import SimError

if TYPE_CHECKING:
    from sim.study.store import Store


class QueryError(SimError):
    """The SQL statement cannot be run."""


def _quoted(name: str, mark: str = '"') -> str:
    return mark + name.replace(mark, mark * 2) + mark


def connect(store: Store) -> duckdb.DuckDBPyConnection:
    """A connection with the views over everything that is in parts (call ``flush`` first to see the latest runs).

    It can read the store's folder and nothing else, and its settings are locked.
    """
    from sim.study.store import FIELDS, KPI

    database = duckdb.connect(":memory:")
    database.execute("SET threads = 2")
    parts = store._parts()
    names = sorted({name for part in parts for name in _names(part) if name.startswith(KPI)})
    if parts:
        files = "[" + ", ".join(_quoted(str(part), "'") for part in parts) + "]"
        source = f"read_parquet({files}, union_by_name = true)"
        columns = list(FIELDS) + [
            f"{_quoted(name)} AS {_quoted(name[len(KPI) :] if name[len(KPI) :] not in FIELDS else name)}"
            for name in names
        ]
        try:
            counted = database.execute(f"SELECT count(*), count(DISTINCT key) FROM {source}").fetchone()
        except duckdb.InvalidInputException as error:
            raise QueryError(f"a stored part is damaged (`sim618 results verify` names it): {error}") from error
        twice = counted is not None and counted[0] != counted[1]
        once = " QUALIFY row_number() OVER (PARTITION BY key) = 1" if twice else ""
        database.execute(f"CREATE VIEW runs AS SELECT {', '.join(columns)} FROM {source}{once}")
    else:
        empty = ", ".join(f"CAST(NULL AS {_sql_type(kind)}) AS {name}" for name, kind in FIELDS.items())
        database.execute(f"CREATE VIEW runs AS SELECT {empty} WHERE false")
    shown = [name[len(KPI) :] if name[len(KPI) :] not in FIELDS else name for name in names]
    if shown:
        listed = ", ".join(_quoted(name) for name in shown)
        database.execute(
            f"CREATE VIEW kpis AS SELECT key, name, value FROM (SELECT key, {listed} FROM runs) "
            f"UNPIVOT (value FOR name IN ({listed}))"
        )
    else:
        database.execute("CREATE VIEW kpis AS SELECT '' AS key, '' AS name, 0.0 AS value WHERE false")
    folder = store.root / "studies"
    if any(folder.glob("[!.]*.json")):
        pattern = _quoted(str(folder / "*.json"), "'")
        database.execute(
            "CREATE VIEW studies AS SELECT id AS study, kind, name, created, runs, status "
            f"FROM read_json({pattern}, columns = {{id: 'VARCHAR', kind: 'VARCHAR', name: 'VARCHAR', "
            "created: 'VARCHAR', runs: 'BIGINT', status: 'VARCHAR'})"
        )
    else:
        database.execute(
            "CREATE VIEW studies AS SELECT '' AS study, '' AS kind, '' AS name, '' AS created, 0 AS runs, "
            "'' AS status WHERE false"
        )
    if any(folder.glob("[!.]*.parquet")):
        pattern = _quoted(str(folder / "*.parquet"), "'")
        database.execute(f"CREATE VIEW study_runs AS SELECT * FROM read_parquet({pattern})")
    else:
        database.execute(
            "CREATE VIEW study_runs AS SELECT '' AS study, '' AS design, 0 AS replication, '' AS key WHERE false"
        )
    root = str(store.root.resolve()).replace("'", "''")
    database.execute(f"SET allowed_directories = ['{root}', '{store.root}']")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database


def _names(part: Path) -> list[str]:
    """Columns of a part. Raises QueryError where it is damaged."""
    try:
        return list(pq.read_schema(part).names)
    except (OSError, pa.ArrowException) as error:
        raise QueryError(f"{part} is damaged ({error}); remove it and its runs are made again") from error


def select(store: Store, sql: str) -> Any:
    """The answer to one SELECT as a pandas table. Raises QueryError with DuckDB's own words for a wrong statement."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(str(error)) from error
    if len(statements) != 1 or statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise QueryError("results are read-only: one SELECT statement is accepted")
    store.flush()
    try:
        return connect(store).execute(sql).df()
    except duckdb.Error as error:
        raise QueryError(str(error)) from error


def _sql_type(kind: Any) -> str:
    return {"string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE"}[str(kind)]
