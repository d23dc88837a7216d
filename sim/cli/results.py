"""`sim618 results`: runs that are stored, listed, shown, asked in SQL, exported, pruned, verified."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.faults import RefusedError
from sim.cli.options import Json
from sim.cli.study_options import STORE, StoreAt, told
from sim.core.errors import Exit
from sim.core.units import parse_duration

results = typer.Typer(help="Stored runs: list, show, query, export, prune, verify.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(results, name="results")


@results.command("list")
def list_runs(
    studies: Annotated[bool, typer.Option("--studies", help="Studies instead of runs.")] = False,
    where: Annotated[str, typer.Option("--where", help="SQL condition, such as \"label LIKE '%dual%'\".")] = "true",
    limit: Annotated[int, typer.Option("--limit", min=1)] = 50,
    store: StoreAt = STORE,
    json_: Json = False,
) -> None:
    """List stored runs, newest first.

    Example: sim618 results list --where "seed = 1" --limit 20
    """
    if studies:
        columns = "study, kind, name, created, runs, status"
        sql = f"SELECT {columns} FROM studies WHERE {where} ORDER BY created DESC LIMIT {limit}"
    else:
        sql = (
            "SELECT substr(key, 1, 12) AS run, label, substr(scenario, 1, 12) AS scenario, seed, replication, version, "
            f"round(wall_seconds, 3) AS seconds FROM runs WHERE {where} ORDER BY created DESC, replication DESC "
            f"LIMIT {limit}"
        )
    _table(store, sql, json_)


@results.command("show")
def show(
    run: Annotated[str, typer.Argument(help="Key of a run, or its first digits.")],
    store: StoreAt = STORE,
    json_: Json = False,
) -> None:
    """Show one run: where it comes from, what changed against its base, its measures.

    Example: sim618 results show 3fa9c1
    """
    from sim.study.store import FIELDS, Store
    from sim.study.views import select

    with told():
        if not re.fullmatch(r"[0-9a-f]{4,64}", run):
            raise RefusedError(f"run: found {run!r}, accepted: 4 to 64 hexadecimal digits")
        with _opened(store) as opened:
            assert isinstance(opened, Store)
            found = select(opened, f"SELECT * FROM runs WHERE key LIKE '{run}%' LIMIT 2")
        if len(found) != 1:
            raise RefusedError(f"run: {'no run' if found.empty else 'several runs'} with a key that begins with {run}")
        row = {k: v for k, v in found.iloc[0].to_dict().items() if v is not None and v == v}
        record = {k: row[k] for k in FIELDS if k in row}
        record["changes"] = {
            ".".join(map(str, entry[0])): (entry[1] if len(entry) > 1 else None) for entry in json.loads(row["changes"])
        }
        record["kpis"] = {k: v for k, v in row.items() if k not in FIELDS}
        from sim.study.outcome import plain

        print(json.dumps(plain(record), ensure_ascii=False, indent=None if json_ else 1))


@results.command("query")
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT over the views runs, kpis, studies, study_runs.")],
    store: StoreAt = STORE,
    json_: Json = False,
) -> None:
    """Ask stored runs in SQL, read-only.

    Example: sim618 results query "SELECT label, avg(profit) FROM runs GROUP BY label"
    """
    _table(store, sql, json_)


@results.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="File to write: .csv or .parquet.")],
    sql: Annotated[str, typer.Option("--sql", help="What to export.")] = "SELECT * FROM runs",
    store: StoreAt = STORE,
) -> None:
    """Export stored runs, or the answer to a query, to CSV or Parquet.

    Example: sim618 results export runs.csv --sql "SELECT key, seed, profit FROM runs"
    """
    from sim.study.views import select

    with told():
        if file.suffix not in (".csv", ".parquet"):
            raise RefusedError(f"file: found {file.name!r}, accepted: a name that ends in .csv or .parquet")
        with _opened(store) as opened:
            table = select(opened, sql)
        try:
            if file.suffix == ".csv":
                table.to_csv(file, index=False)
            else:
                table.to_parquet(file, index=False)
        except OSError as error:
            raise RefusedError(f"file: cannot write {file}: {error.strerror or error}") from None
        print(f"{len(table)} rows in {file}", file=sys.stderr)


@results.command("prune")
def prune(
    where: Annotated[str | None, typer.Option("--where", help="SQL condition over the view runs.")] = None,
    other_versions: Annotated[
        bool, typer.Option("--other-versions", help="Runs of other versions of the model.")
    ] = False,
    older_than: Annotated[str | None, typer.Option("--older-than", help="Runs older than, such as 30d.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    store: StoreAt = STORE,
) -> None:
    """Remove stored runs. At least one condition is needed; several must all hold.

    Example: sim618 results prune --other-versions --older-than 30d
    """
    import time

    from sim.study.model import code_version

    with told():
        conditions = [f"({where})"] if where else []
        if other_versions:
            conditions.append(f"model = 'sim618' AND version <> '{code_version()}'")
        if older_than:
            conditions.append(f"created < {time.time() - 60.0 * parse_duration(older_than)!r}")
        if not conditions:
            raise RefusedError("prune: found no condition, accepted: --where, --other-versions, --older-than")
        with _opened(store) as opened:
            count = opened.prune(" AND ".join(conditions), dry_run)
        print(f"{count} runs {'would be ' if dry_run else ''}removed", file=sys.stderr)


@results.command("verify")
def verify(
    rerun: Annotated[int, typer.Option("--rerun", min=0, help="Runs to make again and compare bit for bit.")] = 3,
    store: StoreAt = STORE,
) -> None:
    """Check that stored runs are readable, are what their key says, and come out the same when made again.

    Example: sim618 results verify --rerun 10
    """
    from sim.study.verify import verify as check

    with told(), _opened(store) as opened:
        report = check(opened, rerun)
        for line in report.lines:
            print(line)
        if not report.sound:
            raise typer.Exit(Exit.NOT_MET)


def _table(store: Path, sql: str, json_: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from sim.study.outcome import rows
    from sim.study.views import select

    with told():
        with _opened(store) as opened:
            answer = select(opened, sql)
        if json_:
            print(json.dumps(rows(answer), ensure_ascii=False))
            return
        table = Table(box=None, pad_edge=False)
        for column in answer.columns:
            table.add_column(str(column), overflow="fold")
        for row in answer.itertuples(index=False):
            table.add_row(*("" if v is None or v != v else f"{v:.6g}" if isinstance(v, float) else str(v) for v in row))
        Console(width=None if sys.stdout.isatty() else 10_000).print(table)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """An existing store, never one made by looking."""
    from sim.study.store import Store

    if not (path / "runs").is_dir():
        raise RefusedError(f"--store: found no stored runs in {path}")
    with Store(path) as store:
        yield store
