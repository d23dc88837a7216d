"""The documentation runs: Python blocks are executed, `sim618` commands are known and their overrides resolve."""

from __future__ import annotations

import ast
import itertools
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from experiments.docs import draw_festival
from sim.cli.main import app
from sim.cli.options import overrides
from sim.core.errors import ScenarioError
from sim.scenario import load

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
INDENTED = re.compile(r"^    sim618 (?:.*\\\n)*.*$", re.M)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


def blocks(language: str) -> list[tuple[str, str]]:
    """(place, text) of every block of a language."""
    found = []
    for page in PAGES:
        for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
            if match[1] == language:
                line = page.read_text(encoding="utf-8")[: match.start()].count("\n") + 1
                found.append((f"{page.relative_to(ROOT)}:{line}", match[2]))
    return found


def test_there_are_blocks_to_run_and_commands_to_know() -> None:
    assert len(blocks("python")) >= 3
    assert {"run", "study", "compare", "drill"} <= {shlex.split(line)[1] for _, line in commands()}


@pytest.mark.slow
@pytest.mark.parametrize(("place", "text"), blocks("python"), ids=lambda value: value.split("\n")[0][:60])
def test_a_python_block_runs(place: str, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    block = ast.parse(text, place)
    names = [node.module or "" for node in ast.walk(block) if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in ast.walk(block) if isinstance(node, ast.Import) for alias in node.names]
    assert "sim" in {name.partition(".")[0] for name in names}, f"{place}: shows nothing of the package"
    exec(compile(block, place, "exec"), {"__name__": "docs"})


def commands() -> list[tuple[str, str]]:
    found = []
    for language in ("sh", "bash", "console"):
        for place, text in blocks(language):
            found += [(place, line) for line in joined(text) if line.startswith("sim618 ")]
    for page in PAGES:
        text = BLOCK.sub(lambda match: "\n" * match[0].count("\n"), page.read_text(encoding="utf-8"))
        for match in INDENTED.finditer(text):
            place = f"{page.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}"
            found += [(place, line) for line in joined(match[0])]
    return found


def joined(text: str) -> list[str]:
    """Lines, those that end with a backslash together with the next."""
    return [line.strip() for line in text.replace("\\\n", " ").splitlines()]


def given(words: list[str], option: str) -> list[str]:
    """What a command gives to an option, in order."""
    found = [value for name, value in itertools.pairwise(words) if name == option]
    return found + [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]


def changes(line: str) -> list[dict[str, object]]:
    """The overrides of each design that a command names: of `--set`, alone or under each `--policy` and `--scenario`."""
    words = shlex.split(line, comments=True)
    shared = overrides(given(words, "--set"), next(iter(given(words, "--shoppers")), None))
    designs: dict[str, list[str]] = {}
    for text in [*given(words, "--policy"), *given(words, "--scenario")]:
        name, _, pair = text.partition(":")
        designs.setdefault(name, []).extend([pair] if pair else [])
    return [{**shared, **overrides(pairs, option="--policy")} for pairs in designs.values()] or [shared]


def resolve(line: str) -> None:
    """Check each design of a documented command against the scenario it names, running nothing. Raises ScenarioError."""
    words = shlex.split(line, comments=True)
    if len(words) > 2 and words[1] in ("run", "compare", "validate", "explain"):
        for design in changes(line):
            load(ROOT / words[2], design)


@pytest.mark.parametrize(("place", "line"), commands(), ids=lambda value: value.strip()[:60])
def test_a_command_of_the_documentation_exists(place: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    named = list(itertools.takewhile(lambda word: not word.startswith("-"), words[1:]))
    result = CliRunner().invoke(app, [*named, "--help"])
    assert result.exit_code == 0, place
    known = set(re.findall(r"--[a-z][a-z-]*", result.output))
    for option in (word.split("=")[0] for word in words[2:] if word.startswith("--")):
        assert option in known, f"{place}: {option}"


@pytest.mark.parametrize(("place", "line"), commands(), ids=lambda value: value.strip()[:60])
def test_what_a_command_of_the_documentation_changes_is_accepted(place: str, line: str) -> None:
    resolve(line)


@pytest.mark.parametrize(
    "line",
    [
        'sim618 compare scenarios/618.yaml --policy "fixed:supply.replenishment.policy=s_S"',
        "sim618 run scenarios/618.yaml --set shelf.anounce=5d",
    ],
)
def test_a_command_with_a_mistake_would_be_noticed(line: str) -> None:
    with pytest.raises(ScenarioError):
        resolve(line)


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_the_festival_s_picture_marks_promotions_and_groups_thousands(tmp_path: Path) -> None:
    hours = pd.date_range("2026-06-01", periods=48, freq="h")
    series = pd.DataFrame({"hour": range(48), "time": hours, "visits": 30_000.0, "orders": 2_000.0})
    promotions = pd.DataFrame({"kind": ["flash"], "opens": [hours[20]], "closes": [hours[21]]})
    draw_festival(series, promotions, tmp_path / "festival.svg")
    drawn = (tmp_path / "festival.svg").read_text(encoding="utf-8")
    assert ">flash<" in drawn and ">30,000<" in drawn
