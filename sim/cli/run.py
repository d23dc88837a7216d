"""`sim618 run`: one replay of a scenario, written whole; `sim618 report`: its picture drawn again."""

from __future__ import annotations

import gc
import json
import re
import unicodedata
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli import faults, stopping
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
_OF_A_RUN = frozenset({"hash", "laws", "version"})  # what the manifest of a run has, and no other
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
    orders: Annotated[
        bool, typer.Option("--orders", help="Also write every order that was paid, or its deposit (312 bytes of memory each).")
    ] = False,
    json_: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Replay a scenario shopper by shopper and write its result and report.

    Example: sim618 run scenarios/618.yaml --shoppers 20_000
    """
    from sim.core.page import language_of
    from sim.engine.writer import PAGE, whole_folder
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
        lacking = _lacking(folder, digest, orders)
        existed = not fresh and lacking == ""
        if not existed:
            if lacking and not quiet:
                faults.say(f"found a stored result of this run in {folder}, but {lacking}: running again")
            _refuse_foreign(writable(folder, "--out"), fresh, digest)
            everything = orders or (lacking is not None and (folder / "orders.parquet").is_file())
            allowed = partial(_refuse_foreign, folder, fresh, digest)
            with whole_folder(folder, allowed) as temporary:
                fault = _run_into(
                    temporary, scenario, used_seed, replication, digest, version, everything, lang, quiet or json_
                )
            if fault is not None:
                faults.say(f"the result is kept in {folder}; its report could not be drawn")
                raise fault
        elif language_of(folder / PAGE) != lang:
            if not quiet:
                faults.say(f"the report of this run is drawn again in {'Chinese' if lang == 'zh' else 'English'}")
            _draw(writable(folder, "--out"), lang)
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
    from sim.engine.writer import damage, is_result, read_manifest

    language(lang)
    if not is_result(folder):
        raise RefusedError(f"found no result in {folder}, accepted: a folder that `sim618 run` has written")
    harm = damage(folder)
    with suppress(OSError, ValueError):
        manifest = read_manifest(folder)
        if not set(manifest) >= _OF_A_RUN:
            raise RefusedError(f"found the manifest of something else in {folder}, accepted: what `sim618 run` has written")
        harm = harm if "files" in manifest else ""  # of an earlier version: what can be read is drawn
    if harm:
        raise RefusedError(f"{folder}: {harm}; `sim618 run` with the same scenario and seed writes it again")
    page = _draw(writable(folder, "DIR"), lang)
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


def _lacking(folder: Path, digest: str, orders: bool) -> str | None:
    """What a stored result of this very run lacks, as words: nothing where it is whole, None where there is no such run."""
    from sim.engine.writer import damage, read_manifest

    if not folder.is_dir():
        return None
    try:
        ours = read_manifest(folder).get("hash") == digest
    except (OSError, ValueError):
        ours = folder.name == digest and any(folder.iterdir())
    if not ours:
        return None
    if orders and not (folder / "orders.parquet").is_file():
        return damage(folder) or "it was written without its orders"
    return damage(folder)


def _refuse_foreign(folder: Path, fresh: bool, digest: str) -> None:
    """Never replace a folder with other files than a run writes, and another run's result only when asked to."""
    from sim.engine.writer import FILES, MANIFEST, PAGE, read_manifest

    if not folder.is_dir() or not any(folder.iterdir()):
        return
    names = {path.name for path in folder.iterdir() if not path.name.startswith(f".{PAGE}.")}
    others = sorted(names - set(FILES))
    try:
        manifest = read_manifest(folder)
        result = set(manifest) >= _OF_A_RUN
    except (OSError, ValueError):
        manifest, result = {}, bool({"kpis.json", "series.parquet"} & names) or folder.name == digest
    if others or not result:
        told = ", ".join(others[:3]) + (", …" if len(others) > 3 else "") if others else MANIFEST
        raise RefusedError(f"--out: found other files in {folder} ({told}), accepted: a new or empty folder")
    if not fresh and digest not in (manifest.get("hash"), folder.name):
        what = "the result of another run" if manifest else "a damaged result"
        raise RefusedError(f"--out: found {what} in {folder}, accepted: a new folder, or --fresh")


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
) -> Exception | None:
    """Simulate and write the result with its report into a folder; returns the fault where it could not be drawn."""
    from sim.engine import run as simulate
    from sim.engine.writer import frames, write_files

    notice = None if quiet else faults.say
    with progress(calendar_of(scenario), scenario.name, quiet=quiet, lang=lang) as step:
        result = simulate(scenario, seed=seed, replication=replication, progress=step, notice=notice, orders=orders)
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
    kpis, tables = result.kpis, frames(result, orders=orders)
    del result
    gc.collect()  # the crowd is not in memory beside what writes and draws
    write_files(folder, kpis, tables, manifest)
    fault = None
    try:
        _draw(folder, lang)
    except (RefusedError, OSError):
        raise
    except Exception as error:
        fault = error  # of the page: what was simulated is not lost for it
    stopping.check()  # lost since progress was last told; nothing is in its place yet
    return fault


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
