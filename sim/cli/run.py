"""`sim618 run`: one replay of a scenario, written whole; `sim618 report`: its picture drawn again."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli import faults
from sim.cli.faults import RefusedError
from sim.cli.options import (
    Json,
    Lang,
    Out,
    Quiet,
    Replications,
    ScenarioFile,
    Seed,
    Set,
    Shoppers,
    language,
    overrides,
    writable,
)
from sim.cli.progress import progress
from sim.core.calendar import DAY, Calendar
from sim.core.units import parse_when

HEADLINE = ("gmv", "orders", "cvr", "fill_rate", "on_time_rate", "return_rate", "profit")
COLUMN = 32  # in which the values begin


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.command("run")(run)
    app.command("report")(report)


def run(
    scenario_file: ScenarioFile,
    out: Out = None,
    seed: Seed = None,
    replications: Replications = 1,
    set_: Set = None,
    shoppers: Shoppers = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again even if the result exists.")] = False,
    orders: Annotated[bool, typer.Option("--orders", help="Also write every order.")] = False,
    json_: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Replay a scenario shopper by shopper and write its result and report.

    Example: sim618 run scenarios/618.yaml --shoppers 20_000
    """
    from sim.scenario import load, run_hash
    from sim.study.model import code_version

    language(lang)
    scenario = load(scenario_file, overrides(set_, shoppers))
    used_seed = seed if seed is not None else scenario.config.seed if scenario.config.seed is not None else 1
    version = code_version()
    rows = []
    for replication in range(replications):
        digest = run_hash(scenario, used_seed, replication, version)
        folder = folder_of(out, scenario.name, digest, many=replications > 1)
        existed = not fresh and _exists(folder, digest, orders)
        if not existed:
            _refuse_foreign(writable(folder, "--out"), fresh)
            _run_into(folder, scenario, used_seed, replication, digest, version, orders, lang, quiet or json_)
        kpis = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))
        rows.append(
            {
                "folder": str(folder),
                "hash": digest,
                "seed": used_seed,
                "replication": replication,
                "existed": existed,
                "kpis": kpis,
            }
        )
        if not json_ and not quiet:
            _tell(rows[-1], lang)
    if json_:
        print(json.dumps(rows[0] if replications == 1 else rows, ensure_ascii=False))


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a result.", show_default=False)],
    lang: Lang = "en",
    quiet: Quiet = False,
) -> None:
    """Draw the report of a result again.

    Example: sim618 report results/618-mid-year-festival/1f3c5b7d9e0a2b4c
    """
    from sim.engine.writer import is_result

    language(lang)
    if not is_result(folder):
        raise RefusedError(f"found no result in {folder}, accepted: a folder that `sim618 run` has written")
    page = _draw(folder, lang)
    if not quiet:
        print(page)


def folder_of(out: Path | None, name: str, digest: str, *, many: bool) -> Path:
    """Where a result goes: `--out` itself, or a folder per run below it when there are several."""
    if out is None:
        return Path("results") / slug(name) / digest
    return out / digest if many else out


def slug(name: str) -> str:
    """A scenario's name as the name of a folder: letters (of any script), digits and hyphens."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", name).lower())
    return "-".join(words)[:80].strip("-") or "scenario"


def calendar_of(scenario: Any) -> Calendar:
    """The calendar of a scenario's run."""
    start = parse_when(scenario.config.start)
    assert start.year is not None
    return Calendar(date(start.year, start.month, start.day), scenario.config.days, int(scenario.config.warmup // DAY))


def _exists(folder: Path, digest: str, orders: bool) -> bool:
    from sim.engine.writer import is_result, read_manifest

    if not is_result(folder) or (orders and not (folder / "orders.parquet").is_file()):
        return False
    try:
        return read_manifest(folder).get("hash") == digest
    except (OSError, ValueError):
        return False


def _only_a_result(folder: Path) -> bool:
    """Whether a folder holds the manifest of a run and no other files than a run writes."""
    from sim.engine.writer import read_manifest

    try:
        manifest = read_manifest(folder)
    except (OSError, ValueError):
        return False
    plain = {"manifest.json", "kpis.json", "report.html"}
    others = [path for path in folder.iterdir() if path.name not in plain and path.suffix != ".parquet"]
    return {"hash", "laws", "version"} <= set(manifest) and not others


def _refuse_foreign(folder: Path, fresh: bool) -> None:
    """Never replace a folder that is not a result, and another run's result only when asked to."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not _only_a_result(folder):
        raise RefusedError(f"--out: found other files in {folder}, accepted: a new or empty folder")
    if not fresh:
        raise RefusedError(f"--out: found the result of another run in {folder}, accepted: a new folder, or --fresh")


def _run_into(
    folder: Path,
    scenario: Any,
    seed: int,
    replication: int,
    digest: str,
    version: str,
    orders: bool,
    lang: str,
    quiet: bool,
) -> None:
    """Simulate and write the result with its report, whole or not at all."""
    from sim.engine import run as simulate
    from sim.engine.writer import whole_folder, write_files

    notice = (lambda text: None) if quiet else faults.say
    with whole_folder(folder) as temporary:
        with progress(calendar_of(scenario), scenario.name, quiet=quiet, lang=lang) as step:
            result = simulate(scenario, seed=seed, replication=replication, progress=step, notice=notice)
        manifest = {
            **result.manifest,
            "name": scenario.name,
            "scenario": scenario.resolved,
            "seed": seed,
            "replication": replication,
            "hash": digest,
            "version": version,
            "versions": faults.versions(),
        }
        write_files(temporary, result, manifest, orders=orders)
        _draw(temporary, lang)


def _draw(folder: Path, lang: str) -> Path:
    from sim.report import draw
    from sim.report.folder import ReportError

    try:
        return draw(folder, lang=lang)
    except ReportError as error:
        raise RefusedError(str(error)) from error


def _tell(row: dict[str, Any], lang: str) -> None:
    """Headline figures and where the rest is."""
    if row["existed"]:
        faults.say(f"this run exists already: {row['folder']} (--fresh runs again)")
    for label, value in headline(row["kpis"], lang):
        print(f"{label}{' ' * max(1, COLUMN - _columns(label))}{value}")
    print(Path(row["folder"]) / "report.html")


def headline(kpis: dict[str, float], lang: str) -> list[tuple[str, str]]:
    """(label, value) of what a run is about: trade where somebody shops, else stock, else stations."""
    from sim.books.measures import all_measures
    from sim.report import alone
    from sim.report.headline import label_of, value_of
    from sim.report.words import Words

    table, words = all_measures(), Words(lang)
    told = {name: value for name, value in kpis.items() if value is not None}
    names = [name for name in HEADLINE if name in told] if told.get("visits") else alone.chosen(told, table)
    return [
        (label_of(name, table, words), value_of(name, told[name], table, words))
        if name in table
        else (alone.label(name, words), alone.value(name, told, words))
        for name in names
    ]


def _columns(text: str) -> int:
    """Columns a text takes in a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
