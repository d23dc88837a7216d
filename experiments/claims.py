"""Show the table of practitioners' claims in the README, from the study's result.

    sim618 study experiments/cases.yaml --executor processes:2 --out results/cases
    python -m experiments.claims results/cases
"""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path

import pandas as pd

from sim.core.wording import number
from sim.study import words

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- claims: written by experiments/claims.py -->", "<!-- end of claims -->"


def shown(row: pd.Series, value: float, unit: str, *, signed: bool = False) -> str:
    """A value in the words of its row: a relative change in percent, else in the measure's unit."""
    if math.isnan(value):
        return "–"
    if row["effect_kind"] == "relative":
        return words.percent(value, "en", signed=signed)
    return number(value, unit, signed=signed and row["effect_kind"] == "difference")


def table(rows: pd.DataFrame, units: dict[str, str]) -> list[str]:
    """Markdown lines of the table."""
    lines = ["| case | claim | simulated (95%) | runs | literature | |", "|---|---|---|---|---|---|"]
    for _, row in rows.iterrows():
        unit = units.get(row["kpi"], "")
        low, value, high = (shown(row, row[name], unit, signed=True) for name in ("low", "effect", "high"))
        allowed = [shown(row, row[name], unit) for name in ("literature_low", "literature_high")]
        verdict = row["verdict"] if row["verdict"] == "within" else f"**{row['verdict']}**"
        lines.append(
            f"| {row['case']} | {row['claim']} | {value} ({low} … {high}) | {row['replications']} | "
            f"{allowed[0]} … {allowed[1]} | {verdict}{'' if row['sure'] else ' (open)'} |"
        )
    return lines


def main() -> None:
    """Write the table between its two marks in the README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the study's result")
    from sim.books.measures import all_measures

    rows = pd.read_parquet(parser.parse_args().folder / "table.parquet")
    lines = table(rows, {name: measure.unit for name, measure in all_measures().items()})
    page = ROOT / "README.md"
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.S)
    text = "\n".join([BEGIN, *lines, END])
    page.write_text(pattern.sub(lambda _: text, page.read_text(encoding="utf-8")), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
