"""JUnit XML of drills, for CI systems: a suite for each drill, a case for each objective.

The elements and attributes are those CI systems agree on: counts and seconds on every level, and on a failure or an
error a type, a message, and the same as text. A drill's seconds are those of its first case; judging takes none.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

from sim.core.wording import number
from sim.study.drill_report import NAMES, said


def junit(results: Sequence[Any]) -> str:
    """The document; a stopped drill is an error, an objective not met a failure."""
    root = ET.Element("testsuites", name="sim618 drills")
    counts = [0, 0, 0]
    for order, result in enumerate(results):
        told = result.verdict
        bad = [row for row in told["objectives"] if not row["met"]]
        stopped = told["status"] == "stopped"
        mine = [len(told["objectives"]) + 1, len(bad), int(stopped)]
        counts = [sum(pair) for pair in zip(counts, mine, strict=True)]
        suite = ET.SubElement(root, "testsuite", name=clean(result.name), id=str(order))
        if result.quarter:
            suite.set("package", result.quarter)
        _count(suite, mine, result.seconds)
        group = clean(f"{result.quarter}.{result.name}" if result.quarter else result.name)
        end = ET.SubElement(suite, "testcase", classname=group, name="not stopped", time=f"{result.seconds:.3f}")
        if stopped:
            _say(end, "error", "stopped", f"stopped in {told['stopped']} of {told['replications']} replications")
        for row in told["objectives"]:
            case = ET.SubElement(suite, "testcase", classname=group, name=row["objective"], time="0.000")
            if not row["met"]:
                _say(case, "failure", "objective", missed(row))
    _count(root, counts, sum(result.seconds for result in results))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def missed(row: dict[str, Any], lang: str = "en") -> str:
    """An objective that was not met, as a sentence."""
    name = NAMES[row["objective"]][int(lang == "zh")]
    asked, reached = said(row["asked"], row["unit"], lang), said(row["achieved"]["value"], row["unit"], lang)
    if row["achieved"]["n"] == 0:
        reached = "从未" if lang == "zh" else "never"
    share = number(row["met_in"]["value"], "share", lang)
    if lang == "zh":
        return f"{name}：要求 {asked}，平均实际 {reached}，在 {share} 的重复中达标"
    return f"{name}: asked {asked}, reached {reached} on average, met in {share} of replications"


def _count(element: ET.Element, counts: Sequence[int], seconds: float) -> None:
    for name, count in zip(("tests", "failures", "errors"), counts, strict=True):
        element.set(name, str(count))
    element.set("skipped", "0")
    element.set("time", f"{seconds:.3f}")


def _say(case: ET.Element, kind: str, type_: str, message: str) -> None:
    ET.SubElement(case, kind, type=type_, message=clean(message)).text = clean(message)


def clean(text: str) -> str:
    """Text without the control characters XML forbids."""
    return "".join(c if c.isprintable() else " " for c in text)
