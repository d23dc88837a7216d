"""JUnit XML of drills, for CI systems: a suite for each drill, a case for each objective."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any


def junit(results: Sequence[Any]) -> str:
    """The document; a stopped drill is an error, an objective not met a failure."""
    root = ET.Element("testsuites", name="sim618 drills")
    tests = failures = errors = 0
    for result in results:
        told = result.verdict
        bad = [row for row in told["objectives"] if not row["met"]]
        stopped = told["status"] == "stopped"
        count = len(told["objectives"]) + 1
        suite = ET.SubElement(
            root,
            "testsuite",
            name=clean(result.name),
            tests=str(count),
            failures=str(len(bad)),
            errors=str(int(stopped)),
        )
        end = ET.SubElement(suite, "testcase", classname=clean(result.name), name="not stopped")
        if stopped:
            text = f"stopped in {told['stopped']} of {told['replications']} replications"
            ET.SubElement(end, "error", message=text)
        for row in told["objectives"]:
            case = ET.SubElement(suite, "testcase", classname=clean(result.name), name=row["objective"])
            if not row["met"]:
                reached = row["achieved"]["value"]
                text = (
                    f"asked {row['asked']:g} {row['unit']}, reached {reached:g} on average, "
                    f"met in {row['met_in']['value']:.0%} of replications"
                )
                ET.SubElement(case, "failure", message=text)
        tests, failures, errors = tests + count, failures + len(bad), errors + int(stopped)
    root.set("tests", str(tests))
    root.set("failures", str(failures))
    root.set("errors", str(errors))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def clean(text: str) -> str:
    """Text without the control characters XML forbids."""
    return "".join(c if c.isprintable() else " " for c in text)
