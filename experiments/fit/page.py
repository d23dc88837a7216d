"""The page of figures: ``docs/fits/README.md`` and one SVG per fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.fit.plan import WITHOUT_DATA
from experiments.fit.record import Fitted, Study
from experiments.fit.table import short

INTRO = """\
# What the baseline rests on: fits on real data

Each figure sets what was observed against the form fitted to it; the distance between the two is stated beneath,
with the estimates and their 95% intervals. The numbers are also in `scenarios/fitted/fits.yaml`. To repeat
everything, or to fit a later or another part of the same data sets:

    python -m experiments.fit --data DIR              # writes the table and this page
    python -m experiments.fit --data DIR --out OTHER  # leaves them alone and compares with them

`DIR` holds the files named under each figure (`.csv` or `.csv.gz`). A file that is missing skips its fit and says so.
KS is the largest distance between observed and fitted cumulative shares; RMSE is in the unit of the figure.
"""


def words(name: str) -> str:
    """A name as words."""
    return name.replace("_", " ")


def section(study: Study, fitted: Fitted) -> str:
    """One fit: figure, distance, estimates, note, source."""
    distance = "; ".join(f"{words(name)} {short(value)}" for name, value in fitted.distance.items())
    rows = []
    for name, e in fitted.estimates.items():
        interval = f"{short(e.low)} … {short(e.high)}" if e.low is not None and e.high is not None else "–"
        rows.append(f"| {words(name)} | {short(e.value)} | {interval} | {e.unit} |")
    files = ", ".join(f"`{name}`" for name in study.needs)
    if study.helped_by:
        files += " and, if there, " + ", ".join(f"`{name}`" for name in study.helped_by)
    return "\n".join(
        [
            f"## {study.title}",
            "",
            f"![{study.title}: observed and fitted]({study.key}.svg)",
            "",
            f"**Distance:** {distance}. n = {fitted.n:,} {fitted.n_unit}.",
            "",
            "| estimate | value | 95% interval | unit |",
            "|---|---:|---:|---|",
            *rows,
            "",
            fitted.note,
            "",
            f"Source: {study.source}. Licence: {study.licence}. Files: {files}.",
            "",
        ]
    )


def page(results: Sequence[tuple[Study, Fitted]], skipped: Mapping[str, str]) -> str:
    """The whole page as Markdown."""
    parts = [INTRO]
    parts.append("**No public data exist here for:**\n\n" + "\n".join(f"- {line}." for line in WITHOUT_DATA) + "\n")
    if skipped:
        parts.append("**Skipped:**\n\n" + "\n".join(f"- `{key}`: {why}" for key, why in skipped.items()) + "\n")
    parts += [section(study, fitted) for study, fitted in results]
    return "\n".join(parts).rstrip("\n") + "\n"
