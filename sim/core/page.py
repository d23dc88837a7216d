"""One look for every page: fonts and colours as CSS, light and dark, and a file that appears whole."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

FONT = (
    '"Segoe UI","Helvetica Neue",Arial,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",'
    '"WenQuanYi Zen Hei",sans-serif'
)
#: CSS variable -> light, dark
COLOURS = {
    "ink": ("#1f2933", "#e6eaee"),
    "soft": ("#5b6673", "#a3aebb"),
    "line": ("#cbd2d9", "#3c4651"),
    "wash": ("#f0f4f8", "#1e252d"),
    "paper": ("#ffffff", "#14191f"),
    "accent": ("#1a5fd6", "#6aa5ff"),
    "bad": ("#c2410c", "#ff8a57"),
    "good": ("#15803d", "#4cc27b"),
    "violet": ("#7c3aed", "#b494ff"),
    "amber": ("#b45309", "#e8a04a"),
    "teal": ("#0e7490", "#4fc0dc"),
    "pink": ("#be185d", "#ff7fb4"),
    "olive": ("#4d7c0f", "#a3cf58"),
}


def variables(selector: str = ":root") -> str:
    """CSS of the colours for a selector: light, dark where the reader prefers it, light on paper."""
    light = ";".join(f"--{name}:{pair[0]}" for name, pair in COLOURS.items())
    dark = ";".join(f"--{name}:{pair[1]}" for name, pair in COLOURS.items())
    return (
        f"{selector}{{{light};--font:{FONT}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{{selector}{{{dark}}}}}"
    )


def sealed(text: str) -> str:
    """The text of a page with a last line that tells whether it is still what was written."""
    return f"{text.rstrip()}\n<!-- sha256 {hashlib.sha256(text.rstrip().encode()).hexdigest()} -->\n"


def language_of(path: Path) -> str:
    """`en` or `zh`, the language of a sealed page; empty where there is none or it is not what was written."""
    try:
        text, _, seal = path.read_text(encoding="utf-8").rstrip().rpartition("\n")
    except (OSError, ValueError):
        return ""
    if seal != f"<!-- sha256 {hashlib.sha256(text.encode()).hexdigest()} -->":
        return ""
    found = re.search(r'<html lang="(en|zh)', text[:200])
    return found.group(1) if found else ""


def write_page(path: Path, text: str) -> Path:
    """Write a page so that it appears whole or not at all. Raises OSError when the folder cannot be written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
