"""A folder of scenario files to write into, and the problems of loading one."""

import textwrap

import pytest

from sim.core.errors import ScenarioError
from sim.scenario import load

HEAD = "name: test\nstart: 2026-06-01\ndays: 24\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder `scenarios` in an otherwise empty working folder."""
    (tmp_path / "scenarios").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """Write a file below the working folder; indentation of the literal is removed."""

    def put(name, text):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return name

    return put


@pytest.fixture
def problems():
    """The messages of loading a scenario, none when it is right."""

    def told(path, overrides=None):
        try:
            load(path, overrides)
        except ScenarioError as error:
            return [str(problem) for problem in error.problems]
        return []

    return told


@pytest.fixture
def head():
    """The three keys every scenario needs."""
    return HEAD
