"""The command line `sim618`.

Every command lives in a module `commands.py` (or in this folder) with two things: a literal table
`COMMANDS = {name: one-line help}` and a function `register(app)` that adds them to a Typer app. The
table is read without importing the module, so that `--help` and `validate` stay quick.
"""

from __future__ import annotations

from sim.cli.main import main

__all__ = ["main"]
