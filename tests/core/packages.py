"""Packages as an installer leaves them, and an interpreter that finds them: for tests of plug-ins."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def install(folder: Path, module: str, body: str, version: str = "1.0", *, editable: bool = False) -> None:
    """A package of one ``module``, which its entry point names, at a version; `lot_plugin` makes the package `lot-plugin`.

    An editable one lists no files of its own, so that nobody can tell from a module of which distribution it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{module}.py").write_text(textwrap.dedent(body), encoding="utf-8")
    name = module.replace("_", "-")
    info = folder / (f"{module}.dist-info" if editable else f"{module}-{version}.dist-info")
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[sim618.policies]\n{module.removesuffix('_plugin')} = {module}\n", encoding="utf-8")
    if not editable:
        (info / "RECORD").write_text(f"{module}.py,,\n", encoding="utf-8")


def python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter with `folder` on its path, as site-packages would be."""
    script = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(folder)!r}]\n" + textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=400, check=False)
