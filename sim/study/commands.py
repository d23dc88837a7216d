"""The commands of studies: ``sim618 study``, ``sim618 compare``, ``sim618 drill``, ``sim618 results``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.core.errors import Exit, Problem, ScenarioError, SimError, UnitError
from sim.core.units import parse_count, parse_duration

STORE = typer.Option("--store", help="Folder of stored runs.", show_default=True)
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the results; default results/<name>/<hash>.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the random draws.")]
Replications = Annotated[int | None, typer.Option("--replications", min=2, help="Replications of each design.")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Override a value; repeatable.")]
Shoppers = Annotated[
    str | None, typer.Option("--shoppers", metavar="N", help="Shopper rows to simulate, such as 20_000.")
]
ExecutorName = Annotated[str, typer.Option("--executor", help="local, processes:N or tcp://host:port.")]
Lang = Annotated[str, typer.Option("--lang", help="Language of the report: en or zh.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable result on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no messages.")]
StoreAt = Annotated[Path, STORE]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("study")(study)
    app.command("compare")(compare)
    app.command("drill")(drill)
    app.add_typer(results, name="results")


def study(
    file: Annotated[Path, typer.Argument(help="Study file.")],
    out: Out = None,
    seed: Seed = None,
    replications: Replications = None,
    set_: Set = None,
    shoppers: Shoppers = None,
    executor: ExecutorName = "local",
    store: StoreAt = Path("results/store"),
    lang: Lang = "en",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a study file: compare, sweep, sensitivity, optimise, break, discover, ab, cases.

    Example: sim618 study experiments/compare_replenishment.yaml --executor processes:2
    """
    from sim.study.files import load_study

    with _told(quiet):
        spec = load_study(file)
        _run(
            spec, file.parent, file.stem, out, seed, replications, set_, shoppers, executor, store, lang, as_json, quiet
        )


def compare(
    scenario: Annotated[Path, typer.Argument(help="Scenario file.")],
    policy: Annotated[
        list[str],
        typer.Option(
            "--policy", metavar="NAME:PATH=VALUE", help="A policy; repeat for more, or for more values of one."
        ),
    ],
    kpi: Annotated[
        list[str] | None, typer.Option("--kpi", help="Measure to report; repeatable, the first leads.")
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="NAME:PATH=VALUE", help="A variant of the scenario; repeatable."),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="Policy to compare with; default the first.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="KPI=WIDTH", help="Replicate until differences are this exact, such as profit=1%."
        ),
    ] = None,
    best: Annotated[
        str | None,
        typer.Option("--best", metavar="KPI=ZONE", help="Select the best policy; leads below the zone do not matter."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--max-replications", min=2, help="Most replications with --until or --best.")
    ] = 200,
    out: Out = None,
    seed: Seed = None,
    replications: Replications = None,
    set_: Set = None,
    shoppers: Shoppers = None,
    executor: ExecutorName = "local",
    store: StoreAt = Path("results/store"),
    lang: Lang = "en",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare policies on the same shoppers, minutes and moods.

    Example: sim618 compare scenarios/618.yaml --policy fixed: --policy dynamic:supply.replenishment.policy=dynamic
    """
    from sim.study.config import CompareStudy

    with _told(quiet):
        count = replications or 10
        section: dict[str, Any] = {
            "study": "compare",
            "name": scenario.stem,
            "scenario": scenario.name,
            "policies": _named("--policy", policy),
            "scenarios": _named("--scenario", variant or []),
            "replications": {"min": count, "max": max(limit, count)},
        }
        if kpi:
            section["kpis"] = kpi
        if baseline is not None:
            section["baseline"] = baseline
        if until:
            name, width = _pair("--until", until)
            section["replications"]["until"] = {"kpi": name, "half_width": _value(width)}
        if best:
            name, zone = _pair("--best", best)
            section["best"] = {"kpi": name, "indifference": _value(zone)}
        spec = _checked(CompareStudy, section)
        _run(
            spec, scenario.parent, scenario.stem, out, seed, None, set_, shoppers, executor, store, lang, as_json, quiet
        )


def drill(
    files: Annotated[list[Path], typer.Argument(metavar="DRILL…", help="Drill files; several or a calendar: a suite.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and print the plan, rehearse nothing.")] = False,
    out: Out = None,
    seed: Seed = None,
    replications: Annotated[
        int | None, typer.Option("--replications", min=1, help="Replications, each with and without the fault.")
    ] = None,
    set_: Set = None,
    shoppers: Shoppers = None,
    executor: ExecutorName = "local",
    lang: Lang = "en",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Rehearse faults and what is done about them: a verdict, and exit code 0 met, 1 not met, 2 stopped.

    Example: sim618 drill scenarios/drills/payment_database_crash.yaml --replications 5
    """
    from sim.study.drill_commands import rehearse

    with _told(quiet):
        if lang not in ("en", "zh"):
            raise _usage("--lang", f"found {lang!r}, accepted: en, zh")
        rows = None if shoppers is None else parse_count(int(shoppers) if shoppers.isdecimal() else shoppers)
        code = rehearse(
            files, dry_run, out, seed, replications, _assignments(set_ or []), rows, executor, lang, as_json, quiet
        )
    raise typer.Exit(code)


def _run(
    spec: Any,
    folder: Path,
    name: str,
    out: Path | None,
    seed: int | None,
    replications: int | None,
    set_: list[str] | None,
    shoppers: str | None,
    executor: str,
    store: Path,
    lang: str,
    as_json: bool,
    quiet: bool,
) -> None:
    from sim.study import api, executors
    from sim.study.outcome import rows
    from sim.study.progress import Bar, Progress

    if lang not in ("en", "zh"):
        raise _usage("--lang", f"found {lang!r}, accepted: en, zh")
    executors.check(executor)
    overrides = _assignments(set_ or [])
    if shoppers is not None:
        overrides["crowd.shoppers"] = parse_count(int(shoppers) if shoppers.isdecimal() else shoppers)
    named = spec if spec.name else spec.model_copy(update={"name": name})
    asked = api.adjusted(named, folder, None, seed, overrides, replications)
    target = out or Path("results") / _folder_name(asked.name) / api.study_id(asked)
    with Progress() if quiet or as_json else Bar() as progress:
        outcome = api.run(asked, folder, executor=executor, store=store, progress=progress)
    outcome.save(target, {"hash": api.study_id(asked), "seed": asked.seed}, lang)
    if as_json:
        print(
            json.dumps(
                {
                    "answer": outcome.answer.get(lang),
                    "met": outcome.met,
                    "runs": outcome.runs,
                    "out": str(target),
                    "table": rows(outcome.table),
                },
                ensure_ascii=False,
            )
        )
    elif not quiet:
        _show(outcome, lang, target)


def _show(outcome: Any, lang: str, target: Path) -> None:
    """The answer and the effects, as text."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(outcome.answer.get(lang), style="bold")
    for block in outcome.effects:
        table = Table(title=block.title.get(lang) or None, title_justify="left", box=None, pad_edge=False)
        for heading in block.headings:
            table.add_column(heading.get(lang), overflow="fold")
        for row in block.rows:
            table.add_row(*(cell.get(lang) for cell in row))
        console.print(table)
    for sentence in outcome.sure:
        console.print("• " + sentence.get(lang), style="dim")
    stored = outcome.runs - outcome.runs_made
    print(f"{outcome.runs} runs ({stored} from the store). Report: {target / 'study.html'}", file=sys.stderr)


# results ------------------------------------------------------------------------------------------

results = typer.Typer(help="Stored runs: list, show, query, export, prune, verify.", no_args_is_help=True)


@results.command("list")
def list_runs(
    studies: Annotated[bool, typer.Option("--studies", help="Studies instead of runs.")] = False,
    where: Annotated[str, typer.Option("--where", help="SQL condition, such as \"label LIKE '%dual%'\".")] = "true",
    limit: Annotated[int, typer.Option("--limit", min=1)] = 50,
    store: StoreAt = Path("results/store"),
    as_json: AsJson = False,
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
    _table(store, sql, as_json)


@results.command("show")
def show(
    run: Annotated[str, typer.Argument(help="Key of a run, or its first digits.")],
    store: StoreAt = Path("results/store"),
    as_json: AsJson = False,
) -> None:
    """Show one run: where it comes from, what changed against its base, its measures.

    Example: sim618 results show 3fa9c1
    """
    from sim.study.store import FIELDS, Store
    from sim.study.views import select

    with _told(False):
        if not re.fullmatch(r"[0-9a-f]{4,64}", run):
            raise _usage("run", f"found {run!r}, accepted: 4 to 64 hexadecimal digits")
        with _opened(store) as opened:
            assert isinstance(opened, Store)
            found = select(opened, f"SELECT * FROM runs WHERE key LIKE '{run}%' LIMIT 2")
        if len(found) != 1:
            raise _usage("run", f"{'no run' if found.empty else 'several runs'} with a key that begins with {run}")
        row = {k: v for k, v in found.iloc[0].to_dict().items() if v is not None and v == v}
        record = {k: row[k] for k in FIELDS if k in row}
        record["changes"] = {
            ".".join(map(str, entry[0])): (entry[1] if len(entry) > 1 else None) for entry in json.loads(row["changes"])
        }
        record["kpis"] = {k: v for k, v in row.items() if k not in FIELDS}
        from sim.study.outcome import plain

        print(json.dumps(plain(record), ensure_ascii=False, indent=None if as_json else 1))


@results.command("query")
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT over the views runs, kpis, studies, study_runs.")],
    store: StoreAt = Path("results/store"),
    as_json: AsJson = False,
) -> None:
    """Ask stored runs in SQL, read-only.

    Example: sim618 results query "SELECT label, avg(profit) FROM runs GROUP BY label"
    """
    _table(store, sql, as_json)


@results.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="File to write: .csv or .parquet.")],
    sql: Annotated[str, typer.Option("--sql", help="What to export.")] = "SELECT * FROM runs",
    store: StoreAt = Path("results/store"),
) -> None:
    """Export stored runs, or the answer to a query, to CSV or Parquet.

    Example: sim618 results export runs.csv --sql "SELECT key, seed, profit FROM runs"
    """
    from sim.study.views import select

    with _told(False):
        if file.suffix not in (".csv", ".parquet"):
            raise _usage("file", f"found {file.name!r}, accepted: a name that ends in .csv or .parquet")
        with _opened(store) as opened:
            table = select(opened, sql)
        try:
            if file.suffix == ".csv":
                table.to_csv(file, index=False)
            else:
                table.to_parquet(file, index=False)
        except OSError as error:
            raise _usage("file", f"cannot write {file}: {error.strerror or error}") from None
        print(f"{len(table)} rows in {file}", file=sys.stderr)


@results.command("prune")
def prune(
    where: Annotated[str | None, typer.Option("--where", help="SQL condition over the view runs.")] = None,
    other_versions: Annotated[
        bool, typer.Option("--other-versions", help="Runs of other versions of the model.")
    ] = False,
    older_than: Annotated[str | None, typer.Option("--older-than", help="Runs older than, such as 30d.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    store: StoreAt = Path("results/store"),
) -> None:
    """Remove stored runs. At least one condition is needed; several must all hold.

    Example: sim618 results prune --other-versions --older-than 30d
    """
    import time

    from sim.study.model import code_version

    with _told(False):
        conditions = [f"({where})"] if where else []
        if other_versions:
            conditions.append(f"model = 'sim618' AND version <> '{code_version()}'")
        if older_than:
            conditions.append(f"created < {time.time() - 60.0 * parse_duration(older_than)!r}")
        if not conditions:
            raise _usage("prune", "found no condition, accepted: --where, --other-versions, --older-than")
        with _opened(store) as opened:
            count = opened.prune(" AND ".join(conditions), dry_run)
        print(f"{count} runs {'would be ' if dry_run else ''}removed", file=sys.stderr)


@results.command("verify")
def verify(
    rerun: Annotated[int, typer.Option("--rerun", min=0, help="Runs to make again and compare bit for bit.")] = 3,
    store: StoreAt = Path("results/store"),
) -> None:
    """Check that stored runs are readable, are what their key says, and come out the same when made again.

    Example: sim618 results verify --rerun 10
    """
    from sim.study.verify import verify as check

    with _told(False), _opened(store) as opened:
        report = check(opened, rerun)
        for line in report.lines:
            print(line)
        if not report.sound:
            raise typer.Exit(Exit.NOT_MET)


def _table(store: Path, sql: str, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from sim.study.outcome import rows
    from sim.study.views import select

    with _told(False):
        with _opened(store) as opened:
            answer = select(opened, sql)
        if as_json:
            print(json.dumps(rows(answer), ensure_ascii=False))
            return
        table = Table(box=None, pad_edge=False)
        for column in answer.columns:
            table.add_column(str(column), overflow="fold")
        for row in answer.itertuples(index=False):
            table.add_row(*("" if v is None or v != v else f"{v:.6g}" if isinstance(v, float) else str(v) for v in row))
        Console(width=None if sys.stdout.isatty() else 10_000).print(table)


# plumbing -----------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """An existing store, never one made by looking."""
    from sim.study.store import Store

    if not (path / "runs").is_dir():
        raise _usage("--store", f"found no stored runs in {path}")
    with Store(path) as store:
        yield store


@contextmanager
def _told(quiet: bool) -> Iterator[None]:
    """Tell users' mistakes as problems, an interruption as such; faults go up to the entry point."""
    from sim.study.runner import RunError
    from sim.study.store import StoreError

    try:
        yield
    except (ScenarioError, UnitError):
        raise
    except RunError as error:
        error.add_note(error.trace)
        raise
    except StoreError as error:
        print(f"sim618: {error}", file=sys.stderr)
        raise typer.Exit(Exit.INTERNAL) from None
    except KeyboardInterrupt:
        if not quiet:
            print("sim618: interrupted; finished runs are kept, the same command goes on from there", file=sys.stderr)
        raise typer.Exit(Exit.INTERRUPTED) from None
    except SimError as error:
        raise _usage("", str(error)) from None


def _usage(path: str, message: str) -> ScenarioError:
    return ScenarioError([Problem("command line", 0, 0, path, message)])


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise _usage(option, f"found {text!r}, accepted: name=value, such as profit=1%")
    return name.strip(), value.strip()


def _value(text: str) -> Any:
    """A number where the text is one, else the text (a quantity with its unit)."""
    try:
        return float(text)
    except ValueError:
        return text


def _assignments(texts: list[str]) -> dict[str, Any]:
    from sim.scenario.overrides import split_assignment

    found = {}
    for text in texts:
        try:
            path, value = split_assignment(text)
        except ValueError as error:
            raise _usage("--set", str(error)) from None
        found[path] = value
    return found


def _named(option: str, texts: list[str]) -> dict[str, dict[str, Any]]:
    """``NAME:path=value`` texts as name to overrides, in order; ``NAME`` or ``NAME:`` alone changes nothing."""
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, _, assignment = text.partition(":")
        if not name.strip() or ("=" in name):
            raise _usage(
                option,
                f"found {text!r}, accepted: NAME:path=value, such as dynamic:supply.replenishment.policy=dynamic",
            )
        changes = found.setdefault(name.strip(), {})
        if assignment.strip():
            changes.update(_assignments([assignment]))
    return found


def _checked(model: Any, section: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    try:
        return model.model_validate(section)
    except ValidationError as error:
        raise ScenarioError(
            Problem("command line", 0, 0, ".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()
        ) from None


def _folder_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "study"
