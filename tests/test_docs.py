"""The documentation runs: every Python block is executed, every `sim618` command of a shell block is known."""

from __future__ import annotations

import ast
import itertools
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli.main import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
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
            joined = text.replace("\\\n", " ")
            found += [(place, line) for line in joined.splitlines() if line.strip().startswith("sim618 ")]
    return found


@pytest.mark.parametrize(("place", "line"), commands(), ids=lambda value: value.strip()[:60])
def test_a_command_of_the_documentation_exists(place: str, line: str) -> None:
    words = shlex.split(line.split("#")[0])
    named = list(itertools.takewhile(lambda word: not word.startswith("-"), words[1:]))
    result = CliRunner().invoke(app, [*named, "--help"])
    assert result.exit_code == 0, place
    known = set(re.findall(r"--[a-z][a-z-]*", result.output))
    for option in (word.split("=")[0] for word in words[2:] if word.startswith("--")):
        assert option in known, f"{place}: {option}"


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"
