"""`sim618 study`, `sim618 compare` and `sim618 drill`: what is studied, from a file or from the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from sim.cli.faults import RefusedError, say
from sim.cli.options import overrides, writable
from sim.cli.study_options import STORE, StoreAt, StudyOptions, shared_options, told
from sim.core.cache import tell_if_new

Replications = Annotated[
    int | None, typer.Option("--replications", min=2, max=1_000_000, help="Replications of each design.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("study")(study)
    app.command("compare")(compare)
    app.command("drill")(drill)


@shared_options
def study(
    file: Annotated[Path, typer.Argument(metavar="STUDY", help="Study file.", show_default=False, readable=False)],
    replications: Replications = None,
    store: StoreAt = STORE,
    *,
    options: StudyOptions,
) -> None:
    """Run a study file: compare, sweep, sensitivity, optimise, break, discover, ab, cases, register.

    Example: sim618 study experiments/compare_replenishment.yaml --executor processes:2
    """
    tell_if_new(None if options.quiet else say, here=options.executor == "local")
    from sim.study.files import load_study

    with told(options.quiet):
        _run(load_study(file), file.parent, file.stem, replications, store, options)


@shared_options
def compare(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file.", show_default=False, readable=False)],
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
        int, typer.Option("--max-replications", min=2, max=1_000_000, help="Most replications with --until or --best.")
    ] = 200,
    replications: Replications = None,
    store: StoreAt = STORE,
    *,
    options: StudyOptions,
) -> None:
    """Compare policies on the same shoppers, minutes and moods.

    Example: sim618 compare scenarios/618.yaml --policy fixed: --policy dynamic:supply.replenishment.policy=dynamic
    """
    tell_if_new(None if options.quiet else say, here=options.executor == "local")
    from sim.scenario.kinds import expect
    from sim.study import api
    from sim.study.config import CompareStudy

    expect(scenario, "scenario")
    with told(options.quiet):
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
        _run(api.checked(CompareStudy, section, "command line"), scenario.parent, scenario.stem, None, store, options)


@shared_options
def drill(
    files: Annotated[list[Path], typer.Argument(metavar="DRILL…", help="Drill files; several or a calendar: a suite.", readable=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and print the plan, rehearse nothing.")] = False,
    replications: Annotated[
        int | None,
        typer.Option("--replications", min=1, max=1_000_000, help="Replications, each with and without the fault."),
    ] = None,
    quarter: Annotated[
        Literal["Q1", "Q2", "Q3", "Q4"] | None,
        typer.Option("--quarter", help="Of a calendar, only the drills due then."),
    ] = None,
    *,
    options: StudyOptions,
) -> None:
    """Rehearse faults and what is done about them: a verdict, and exit code 0 met, 1 not met, 2 stopped.

    Example: sim618 drill scenarios/drills/payment_database_crash.yaml --replications 5
    """
    from sim.study.drill_commands import rehearse

    with told(options.quiet):
        changes = options.checked()
        rows = changes.pop("crowd.shoppers", None) if options.shoppers is not None else None
        if not dry_run:
            writable(options.out or Path("results"), "--out")
        code = rehearse(
            files, dry_run, options.out, options.seed, replications, changes, rows, options.executor, options.lang,
            options.json_, options.quiet, quarter,
        )  # fmt: skip
    raise typer.Exit(code)


def _run(spec: Any, folder: Path, name: str, replications: int | None, store: Path, options: StudyOptions) -> None:
    from sim.study import api
    from sim.study.outcome import folder_name, rows
    from sim.study.progress import Bar, Progress

    changes = options.checked()
    named = spec if spec.name else spec.model_copy(update={"name": name})
    asked = api.adjusted(named, folder, None, options.seed, changes, replications)
    target = options.out or Path("results") / folder_name(asked.name) / api.study_id(asked)
    writable(target, "--out")
    writable(store, "--store")
    with Progress() if options.quiet or options.json_ else Bar() as progress:
        outcome = api.run(asked, folder, executor=options.executor, store=store, progress=progress)
    outcome.save(target, {"hash": api.study_id(asked), "seed": asked.seed}, options.lang)
    if options.json_:
        told_of = {
            "answer": outcome.answer.get(options.lang),
            "met": outcome.met,
            "runs": outcome.runs,
            "out": str(target),
            "table": rows(outcome.table),
        }
        print(json.dumps(told_of, ensure_ascii=False))
    elif not options.quiet:
        _show(outcome, options.lang, target)


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


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise RefusedError(f"{option}: found {text!r}, accepted: name=value, such as profit=1%")
    return name.strip(), value.strip()


def _value(text: str) -> Any:
    """A number where the text is one, else the text (a quantity with its unit)."""
    try:
        return float(text)
    except ValueError:
        return text


def _named(option: str, texts: list[str]) -> dict[str, dict[str, Any]]:
    """``NAME:path=value`` texts as name to overrides, in order; ``NAME`` or ``NAME:`` alone changes nothing."""
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, _, assignment = text.partition(":")
        if not name.strip() or ("=" in name):
            raise RefusedError(
                f"{option}: found {text!r}, accepted: NAME:path=value, such as dynamic:supply.replenishment.policy=dynamic"
            )
        changes = found.setdefault(name.strip(), {})
        if assignment.strip():
            changes.update(overrides([assignment], option=option))
    return found
