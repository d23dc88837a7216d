"""The command line `sim618`.

A command lives in a module `commands.py` of its part of the house (or in this folder) whose function
`register(app)` adds it by name: `app.command("study")(study)`, `app.add_typer(results, name="results")`. Names and
the first lines of docstrings are read from the source text, so that `--help` and `validate` import nothing else.
"""

from __future__ import annotations

from sim.cli.main import command, main

__all__ = ["command", "main"]
