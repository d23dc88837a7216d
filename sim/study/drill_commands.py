"""What `sim618 drill` does once its options are read."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.core.wording import number
from sim.study.outcome import plain


def rehearse(
    files: Sequence[Path],
    dry_run: bool,
    out: Path | None,
    seed: int | None,
    replications: int | None,
    overrides: dict[str, Any],
    shoppers: int | None,
    executor: str,
    lang: str,
    as_json: bool,
    quiet: bool,
    quarter: str | None = None,
) -> int:
    """Rehearse, write, tell; returns the exit code of the worst verdict. Every file is checked before any runs.

    Raises ScenarioError for wrong files and where no drill is due in the ``quarter``.
    """
    from sim.core.cache import tell_if_new
    from sim.core.errors import Problem, ScenarioError

    notice = None if quiet or as_json else lambda text: print(f"sim618: {text}", file=sys.stderr)
    tell_if_new(notice, here=executor == "local")
    from sim.study import executors
    from sim.study.drill_files import due, load_drill
    from sim.study.drills import CODES, run_case, save_all, worst
    from sim.study.progress import Bar, Progress

    overrides = _plain(overrides)
    asked = due(files, quarter)
    if not asked:
        message = f"found {quarter!r}, accepted: a quarter of a calendar of drills in which one is due"
        raise ScenarioError([Problem(str(files[0]), 0, 0, "--quarter", message)])
    cases = []
    problems: list[Any] = []
    for item in asked:
        try:
            cases.append(load_drill(item.path, overrides, shoppers))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    if dry_run:
        plans = [plan(case, replications) for case in cases]
        if as_json:
            print(json.dumps(plain(plans), ensure_ascii=False))
        else:
            for told in plans:
                print("\n".join(told["lines"]))
        return 0
    results = []
    workers = executors.make(executor)
    try:
        with Progress() if quiet or as_json else Bar() as progress:
            for item in asked:
                result = run_case(
                    item.path, seed=seed, set=overrides, shoppers=shoppers, replications=replications,
                    executor=workers, progress=progress,
                )  # fmt: skip
                result.due = item
                results.append(result)
    finally:
        workers.shutdown(wait=True, cancel_futures=True)
    target = out or _folder(results, files)
    save_all(results, target, lang)
    if as_json:
        verdicts = [result.verdict for result in results]
        print(json.dumps(plain(verdicts[0] if len(verdicts) == 1 else verdicts), ensure_ascii=False))
    elif not quiet:
        _show(results, target, lang)
    return int(CODES[worst([result.status for result in results])])


def plan(case: Any, replications: int | None = None) -> dict[str, Any]:
    """What would happen, in order."""
    from sim.study.drill_report import minutes
    from sim.study.drill_run import span
    from sim.study.drills import calendar_of

    drill, calendar = case.drill, calendar_of(case.scenario.config)
    first, last = span(drill, calendar)
    count = replications or drill.replications
    lines = [f"{drill.drill}: {case.scenario.name}, {count} replications, with and without the fault"]
    lines.append(f"  {calendar.text(first)}  watch begins: " + "; ".join(_probe(probe) for probe in drill.steady_state))
    for event in sorted(drill.inject, key=lambda event: calendar.minute(event.at)):
        length = f" for {minutes(event.lasts)}" if event.lasts is not None else ""
        lines.append(
            f"  {calendar.text(calendar.minute(event.at))}  inject {event.do} {event.target or ''}{length}".rstrip()
        )
    if drill.stop_when is not None:
        side = "above" if drill.stop_when.above is not None else "below"
        bound = drill.stop_when.above if side == "above" else drill.stop_when.below
        lines.append(f"  stop when {drill.stop_when.metric} is {side} {bound} for {minutes(drill.stop_when.lasting)}")
    for name, response in drill.responses.items():
        steps = ", ".join(f"{step.do} {step.target or ''}".strip() for step in case.steps[name]) or "nothing"
        decide = f"decided in {minutes(response.decide.median)} (median), {minutes(response.decide.p90)} (p90)"
        lines.append(f"  {name}: {steps}; {decide}")
    if drill.afterwards:
        lines.append("  afterwards: " + ", ".join(step.do for step in drill.afterwards))
    lines.append(f"  {calendar.text(last)}  end at the latest")
    return {"drill": drill.drill, "lines": lines, "first": first, "last": last}


def _probe(probe: Any) -> str:
    bounds = [f"at least {probe.at_least}"] if probe.at_least is not None else []
    bounds += [f"at most {probe.at_most}"] if probe.at_most is not None else []
    return f"{probe.metric} {' and '.join(bounds)} ({probe.mode})"


def _plain(overrides: dict[str, Any]) -> dict[str, Any]:
    """Texts of the command line as the values a file would hold, so that they can travel to workers."""
    from sim.core.errors import ScenarioError
    from sim.scenario import source

    found: dict[str, Any] = {}
    for path, text in overrides.items():
        node, problems = source.parse_value(text, f"--set {path}")
        if problems or node is None:
            raise ScenarioError(problems)
        found[path] = node.plain()
    return found


def _folder(results: Sequence[Any], files: Sequence[Path]) -> Path:
    from sim.study.outcome import folder_name

    if len(results) == 1:
        return Path("results") / folder_name(results[0].name) / results[0].verdict["hash"]
    name = files[0].stem if len(files) == 1 else "drills"
    import hashlib

    text = "".join(result.verdict["hash"] for result in results)
    return Path("results") / folder_name(name) / hashlib.sha256(text.encode()).hexdigest()[:12]


def _show(results: Sequence[Any], target: Path, lang: str) -> None:
    """The verdicts, as text."""
    from rich.console import Console
    from rich.table import Table

    from sim.study.drill_report import NAMES, WORDS, answer, between, said

    console = Console()
    words = WORDS[lang]
    for result in results:
        told = result.verdict
        console.print(f"{result.name}: {words[told['status']]} {answer(told, lang)}", style="bold", highlight=False)
        table = Table(box=None, pad_edge=False)
        for key in ("objective", "asked", "reached", "share", "verdict"):
            table.add_column(words[key], overflow="fold")
        for row in told["objectives"]:
            table.add_row(
                NAMES[row["objective"]][int(lang == "zh")], said(row["asked"], row["unit"], lang),
                between(row["achieved"], row["unit"], lang), number(row["met_in"]["value"], "share", lang),
                words["yes"] if row["met"] else words["no"],
            )  # fmt: skip
        console.print(table)
    print(f"Report: {target / 'drill.html'}", file=sys.stderr)
