"""The page about scenario files is true: its example loads, its quantities parse, its limits are the code's."""

import re
from pathlib import Path

import pytest

from sim.core import units
from sim.scenario import extends, load, source

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "scenario.md").read_text(encoding="utf-8")
KINDS = {
    "duration": units.parse_duration,
    "share": units.parse_share,
    "percentage": units.parse_percent,
    "money": units.parse_money,
    "money per time": units.parse_money_rate,
    "rate": units.parse_rate,
    "count": units.parse_count,
    "date": units.parse_when,
    "time of day": units.parse_clock,
    "cover": units.parse_cover,
}


def test_the_example_loads(write):
    example = re.search(r"```yaml\n(# yaml-language-server.*?)```", PAGE, re.DOTALL)[1]
    write("scenarios/example.yaml", example)
    assert load("scenarios/example.yaml").config.crowd.shoppers == 20_000


@pytest.mark.parametrize("kind", KINDS)
def test_every_quantity_shown_parses(kind):
    row = re.search(rf"^\| {kind} \| (.*?) \|", PAGE, re.MULTILINE)[1]
    shown = re.findall("`([^`]+)`", row)
    assert shown
    for text in shown:
        KINDS[kind](text)


def test_the_limits_shown_are_the_limits_held():
    assert "512 KiB" in PAGE
    assert source.MAX_BYTES == 512 * 1024
    assert f"| nesting | {source.MAX_DEPTH} levels |" in PAGE
    assert f"expanded | {source.MAX_NODES:,} |" in PAGE
    assert f"{source.MAX_SCALAR:,} and {source.MAX_KEY} characters" in PAGE
    assert f"more than {extends.MAX_FILES} files" in PAGE
    assert source.MAX_NUMBER == 10**18
