"""Reports: a result folder drawn as one self-contained page."""

from __future__ import annotations

from pathlib import Path

__all__ = ["draw"]


def draw(folder: Path | str, lang: str = "en") -> Path:
    """Draw ``report.html`` into a result folder and return its path; see :func:`sim.report.page.draw`."""
    from sim.report.page import draw as draw_page

    return draw_page(Path(folder), lang)
