"""The planner's page says what the study's table says."""

from __future__ import annotations

from typing import Any

from experiments.planner import COLUMNS, cell, page


def row(policy: str, kpi: str, value: float, change: tuple[float, float, float] | None) -> dict[str, Any]:
    names = ("difference", "difference_low", "difference_high")
    found: dict[str, Any] = {"policy": policy, "kpi": kpi, "value": value, "replications": 5}
    return found | dict(zip(names, change or (None, None, None), strict=True))


def test_a_difference_is_bold_only_where_its_interval_is_clear_of_zero() -> None:
    assert cell(row("a", "profit", 5e6, (-3e6, -4e6, -2e6)), 1e6, 1) == "**−3.0** (−4.0 … −2.0)"
    assert cell(row("a", "profit", 5e6, (1e6, -1e6, 3e6)), 1e6, 1) == "+1.0 (−1.0 … +3.0)"


def test_the_page_has_every_mix_and_measure_and_states_its_size() -> None:
    rows = [row("nothing", kpi, 2e6, None) for kpi, *_ in COLUMNS]
    rows += [row("cut", kpi, 3e6, (1e6, 5e5, 2e6)) for kpi, *_ in COLUMNS]
    text = page(rows, "20,000")
    table = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|")]
    assert [line[0].strip() for line in table[2:]] == ["nothing", "cut"]
    assert all(len(line) == len(COLUMNS) + 1 for line in table)
    assert "20,000 shoppers, 5 paired replications" in text
