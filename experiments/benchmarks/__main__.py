"""Run every benchmark of this folder at its default size: `python -m experiments.benchmarks [name ...]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    """Each benchmark in a process of its own, one after another; the number of those that missed their target."""
    missed = 0
    for path in sorted(FOLDER.glob("bench_*.py")):
        if names and path.stem.removeprefix("bench_") not in names:
            continue
        print(f"\n== {path.stem}", flush=True)
        command = [sys.executable, "-m", f"experiments.benchmarks.{path.stem}"]
        missed += subprocess.run(command, check=False).returncode != 0
    return missed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
